"""Extractors on three public sets: span F1 with intervals, tier by tier, through the binary.

    cargo build --release -p engraft
    python3 bench/tuning/extract.py [SET …] [--method M] [--seeds K]

Reads the sets from the folder that ENGRAFT_TEST_DATA names (by default ../shared/data) and the encoder that `cargo xtask
fetch` brought. Sets that were not asked for keep their former result. Writes bench/results/tuning-extract.json.
Training is on the train file alone; the test file is only read to be measured.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data"))
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("ENGRAFT_BINARY", str(TARGET / "release/engraft"))
MODEL = os.environ.get("ENGRAFT_TEST_MODEL", str(ROOT / "target/test-assets/all-MiniLM-L6-v2"))
RESULT = ROOT / "bench/results/tuning-extract.json"
# Targets of span F1, and what was measured elsewhere on the same files.
SETS = {
    "ner-sec-filings": {"target": 0.85, "reference": {"feature CRF": 0.831}},
    "ner-wikigold": {"target": 0.65, "reference": {"feature CRF": 0.521}},
    "ext-restaurant8k": {"target": 0.94, "reference": {"Span-ConveRT, arXiv 2005.08866": 0.96}},
}


def rows(path):
    """The rows of a set as `tune extractor` reads them."""
    for number, line in enumerate(path.open(), 1):
        row = json.loads(line)
        if "labels" in row:
            spans = [{"start": s["start"], "end": s["end"], "label": s["slot"]} for s in row["labels"]]
            row = {"text": row["text"], "context": row["requested"], "spans": spans}
        yield {"id": str(number), **row}


def run(name, method, seeds, threads):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for part in ("train", "test"):
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(DATA / name / f"{part}.jsonl"))
            (folder / f"{part}.jsonl").write_text(text)
        base = [BINARY, "--workspace", str(folder / "kb"), "--quiet", "--json", "--threads", str(threads)]
        subprocess.run([BINARY, "--quiet", "init", str(folder / "kb"), "--encoder", MODEL], check=True, capture_output=True)
        before, began = os.times(), time.time()
        words = ["tune", "extractor", "--data", str(folder / "train.jsonl"), "--eval", str(folder / "test.jsonl")]
        words += ["--method", method, "--seeds", str(seeds), "--name", "bench"]
        done = subprocess.run(base + words, capture_output=True, text=True)
        report = json.loads(done.stdout)
        if done.returncode:
            raise SystemExit(f"{name}: {report}")
        after, seconds = os.times(), time.time() - began
        began = time.time()
        subprocess.run(base + ["predict", "bench", "--input", str(folder / "test.jsonl")], check=True, capture_output=True)
        predict = time.time() - began
        size = sum(f.stat().st_size for f in (folder / "kb/.engraft/models/bench").rglob("*") if f.is_file())
    keep = ["method", "seeds", "train", "eval", "against", "against_base", "ship", "why", "tiers", "stopped", "calibration", "unsayable"]
    return {
        **{key: report.get(key) for key in keep},
        "eval_rows": report["data"]["eval_rows"],
        "leaked": report["data"]["leaked"],
        "seconds": round(seconds, 1),
        "cpu_seconds": round(after.children_user + after.children_system - before.children_user - before.children_system, 1),
        "predict_rows_per_second": round(report["data"]["eval_rows"] / predict, 1),
        "bytes": size,
    }


def main():
    words = argparse.ArgumentParser()
    words.add_argument("sets", nargs="*", default=list(SETS))
    words.add_argument("--method", default="auto")
    words.add_argument("--seeds", type=int, default=3)
    words.add_argument("--threads", type=int, default=2)
    asked = words.parse_args()
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {"sets": {}}
    result.pop("machine", None)
    for name in asked.sets:
        whence = about(f"0 to {asked.seeds - 1}")
        measured = run(name, asked.method, asked.seeds, asked.threads)
        value = measured["eval"]["span_f1"]["value"]
        result["sets"][name] = {
            **whence,
            "load_after": load(),
            **SETS[name],
            "met": value >= SETS[name]["target"],
            **measured,
            "threads": asked.threads,
        }
        print(f"{name}: {measured['method']} {value:.4f} in {measured['seconds']} s")
        RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
