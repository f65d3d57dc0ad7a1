"""Classifier tiers on BANKING77 and CLINC150, and closing the loop on BANKING77: quality with intervals, seconds of processor.

    cargo build --release && cargo build --release -p engraft-app --example closing
    cargo xtask fetch
    python3 bench/tuning/run.py                     # everything; some hours of one core
    python3 bench/tuning/run.py --rows banking-full-linear,noise

Reads the public sets under ENGRAFT_TEST_DATA (default ../shared/data) and writes bench/results/tuning.json; rows that are not
asked for stay as they are. A classifier row is what `engraft tune classifier … --json` printed, on THREADS threads (default 1;
`train.seconds` of the rows `…-full` with THREADS=2 is what the target of 15 minutes is about). Its processor seconds are those of the
process: reading, encoding, every tier below, the folds behind the weights, and the intervals. Few-shot rows draw N rows of every class with Python's generator under the draw's number, one process a draw.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
MODEL = pathlib.Path(os.environ.get("ENGRAFT_TEST_MODEL", ROOT / "target/test-assets/all-MiniLM-L6-v2"))
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", ROOT / "target/release/engraft"))
EXAMPLES = pathlib.Path(os.environ.get("ENGRAFT_EXAMPLES", ROOT / "target/release/examples"))
THREADS = os.environ.get("THREADS", "1")
RESULTS = ROOT / "bench/results/tuning.json"

BANKING = [DATA / "cls-banking77/train.jsonl", DATA / "cls-banking77/test.jsonl"]
CLINC = [DATA / "cls-clinc150/train.jsonl", DATA / "cls-clinc150/test.jsonl"]

# name: (files, method, rows a class or 0 for all, draws, further words)
ROWS = {
    "banking-full-linear": (BANKING, "linear", 0, 1, []),
    "banking-full-frozen": (BANKING, "frozen", 0, 1, []),
    "banking-10-frozen": (BANKING, "frozen", 10, 3, []),
    "banking-5-frozen": (BANKING, "frozen", 5, 3, []),
    "clinc-frozen": (CLINC, "frozen", 0, 1, ["--out-of-scope", "oos"]),
    "banking-5-setfit": (BANKING, "setfit", 5, 3, ["--seeds", "3"]),
    "banking-10-setfit": (BANKING, "setfit", 10, 3, ["--seeds", "3"]),
    "banking-full-full": (BANKING, "full", 0, 1, ["--seeds", "3"]),
    "clinc-full": (CLINC, "full", 0, 1, ["--out-of-scope", "oos", "--seeds", "3"]),
    "banking-10-lora": (BANKING, "lora", 10, 3, ["--seeds", "3"]),
    "banking-full-lora": (BANKING, "lora", 0, 1, ["--seeds", "3"]),
}
# 97.5 % quantiles of Student's distribution, by how many values there are.
STUDENT = {3: 4.303, 10: 2.262}
LOOPS = {"active": ["active", "--seeds", "10"], "noise": ["noise", "--seeds", "3"]}


def finished(words):
    """What a process printed, and its processor seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = {"RAYON_NUM_THREADS": THREADS, **os.environ}
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), round(seconds, 1)


def few(path, shots, draw, into):
    """N rows of every class, drawn."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    random.Random(draw).shuffle(rows)
    taken, kept = {}, []
    for row in rows:
        taken[row["label"]] = taken.get(row["label"], 0) + 1
        if taken[row["label"]] <= shots:
            kept.append(row)
    file = into / f"few-{shots}-{draw}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    return file


def classify(name, folder):
    (train, test), method, shots, draws, words = ROWS[name]
    engraft = [BINARY, "--workspace", folder / "kb", "--json", "--quiet", "--threads", THREADS]
    if not (folder / "kb").exists():
        subprocess.run([BINARY, "init", folder / "kb", "--encoder", MODEL], check=True, capture_output=True)
    runs = []
    for draw in range(draws):
        data = few(train, shots, draw, folder) if shots else train
        tune = ["tune", "classifier", "--data", data, "--eval", test, "--method", method, *words]
        report, seconds = finished([*engraft, *tune])
        kept = ["train", "seeds", "eval", "against", "against_base", "ship", "why", "tiers", "calibration", "data_snapshot"]
        runs.append({"draw": draw, "cpu_s": seconds, **{key: report[key] for key in kept}})
    values = [one["eval"]["accuracy"]["value"] for one in runs]
    row = {"method": method, "accuracy": statistics.mean(values), "runs": runs}
    if len(values) > 1:
        row["accuracy over draws"] = spread(values)
    return row


def loop(name):
    what, *words = LOOPS[name]
    began = time.monotonic()
    report, seconds = finished([EXAMPLES / "closing", what, *BANKING, MODEL, *words])
    told = {"cpu_s": seconds, "seconds": round(time.monotonic() - began, 1)}
    if name == "active":
        shares = [run["chosen"][-1] / report["full"] for run in report["runs"]]
        told["share of full accuracy at the last round"] = spread(shares)
    else:
        told["share found"] = spread([run["share"] for run in report["runs"]])
    return {**told, **report}


def spread(values):
    """The mean over draws with Student's 95 % interval, and how far they lie apart."""
    mean, deviation, n = statistics.mean(values), statistics.stdev(values), len(values)
    half = STUDENT[n] * deviation / n**0.5
    return {"mean": mean, "low": mean - half, "high": mean + half, "least": min(values), "most": max(values), "draws": n}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", help="names, with commas")
    asked = parser.parse_args().rows
    names = asked.split(",") if asked else [*ROWS, *LOOPS]
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"rows": {}}
    for former in ("machine", "busy"):
        results.pop(former, None)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            whence = about("draws 0 and up, trainings by --seeds")
            row = classify(name, pathlib.Path(folder)) if name in ROWS else loop(name)
            results["rows"][name] = {**whence, "load_after": load(), "threads": int(THREADS), "build": BINARY.parent.name, **row}
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            print(name, row.get("accuracy", ""), flush=True)


if __name__ == "__main__":
    main()
