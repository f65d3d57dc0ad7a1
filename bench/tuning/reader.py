"""Readers on XQuAD in English through the binary: exact match, F1 and silence where nothing answers, with intervals, and time.

    cargo build --release -p engraft
    python3 bench/tuning/reader.py [--method full|lora] [--seeds K]

Reads the set from the folder that ENGRAFT_TEST_DATA names (by default ../shared/data) and the encoder that `cargo xtask fetch`
brought. A third of the articles, drawn by SEED, is evaluated on, the others are trained on: no article is on both sides. Every
second question of an article is asked once more, of another passage of the same article that does not have the answer's words:
nothing answers there, which is harder to see than where the passage is about something else. Every figure is what `engraft tune
reader … --json` printed: the mean over the trainings, its interval over whole articles. Methods that were not asked for keep
their former result. Writes bench/results/tuning-reader.json.
"""

import argparse
import json
import os
import pathlib
import random
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
RESULT = ROOT / "bench/results/tuning-reader.json"
SEED = 0
# Measured elsewhere, on all of XQuAD in English, by readers trained on SQuAD; all questions have an answer there.
REFERENCE = {"F1 of mBERT, XQuAD's README": 0.835, "F1 of XLM-R large, XQuAD's README": 0.865}


def lines(path):
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def rows():
    """Questions with the passage they are asked of, answered or not, by article."""
    passages = {one["_id"]: one for one in lines(DATA / "rag-xquad/en.passages.jsonl")}
    chance, articles = random.Random(SEED), {}
    for number, one in enumerate(lines(DATA / "rag-xquad/en.questions.jsonl")):
        own = passages[one["passage"]]
        article = articles.setdefault(own["title"], [])
        row = {"question": one["text"], "group": own["title"]}
        answer = {"char_start": one["start"], "char_end": one["start"] + len(one["answer"]), "quote": one["answer"]}
        article.append({"id": one["_id"], **row, "passage": own["text"], "answers": [answer]})
        silent = [
            other["text"]
            for other in passages.values()
            if other["title"] == own["title"] and one["answer"].lower() not in other["text"].lower()
        ]
        if number % 2 and silent:
            article.append({"id": f"{one['_id']}-unanswered", **row, "passage": chance.choice(silent), "answers": []})
    return articles


def split(articles):
    """Rows to train on, and those of a third of the articles."""
    names = sorted(articles)
    random.Random(SEED).shuffle(names)
    held = len(names) // 3
    return [[row for name in part for row in articles[name]] for part in (names[held:], names[:held])]


def counted(part):
    answered = sum(bool(row["answers"]) for row in part)
    return {"articles": len({row["group"] for row in part}), "answered": answered, "unanswered": len(part) - answered}


def write(path, part):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part), encoding="utf-8")


def run(method, seeds, threads):
    train, test = split(rows())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write(folder / "train.jsonl", train)
        write(folder / "test.jsonl", test)
        base = [BINARY, "--workspace", str(folder / "kb"), "--quiet", "--json", "--threads", str(threads)]
        subprocess.run([BINARY, "--quiet", "init", str(folder / "kb"), "--encoder", MODEL], check=True, capture_output=True)
        before, began = os.times(), time.time()
        words = ["tune", "reader", "--data", str(folder / "train.jsonl"), "--eval", str(folder / "test.jsonl")]
        words += ["--method", method, "--seeds", str(seeds), "--name", "bench"]
        done = subprocess.run(base + words, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{method}: {done.stdout}{done.stderr}")
        report = json.loads(done.stdout)
        after, seconds = os.times(), time.time() - began
        began = time.time()
        subprocess.run(base + ["predict", "bench", "--input", str(folder / "test.jsonl")], check=True, capture_output=True)
        predict = time.time() - began
        size = sum(f.stat().st_size for f in (folder / "kb/.engraft/models/bench").rglob("*") if f.is_file())
    keep = ["method", "seeds", "train", "eval", "against", "against_base", "ship", "why", "calibration"]
    return {
        **{key: report.get(key) for key in keep},
        "data": {"train": counted(train), "eval": counted(test)},
        "leaked": report["data"]["leaked"],
        "over_length": report["data"]["over_length"],
        "seconds": round(seconds, 1),
        "cpu_seconds": round(after.children_user + after.children_system - before.children_user - before.children_system, 1),
        "predict_rows_per_second": round(len(test) / predict, 1),
        "bytes": size,
    }


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--method", default="full")
    words.add_argument("--seeds", type=int, default=3)
    words.add_argument("--threads", type=int, default=2)
    asked = words.parse_args()
    result = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {"methods": {}}
    whence = about(f"articles by {SEED}, trainings 0 to {asked.seeds - 1}")
    measured = run(asked.method, asked.seeds, asked.threads)
    result["reference"] = REFERENCE
    result["methods"][asked.method] = {**whence, "load_after": load(), **measured, "threads": asked.threads}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    told = ["em_where_answered", "f1_where_answered", "right_where_unanswered"]
    values = ", ".join(f"{name} {measured['eval'][name]['value']:.4f}" for name in told)
    print(f"{asked.method}: {values} in {measured['seconds']} s")


if __name__ == "__main__":
    main()
