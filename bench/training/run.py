"""Training steps beside PyTorch, in turns: CPU seconds a step, peak memory, and the losses of fifty steps.

    cargo xtask bench training [--rounds 5]

Writes bench/results/training.json. Both sides train all-MiniLM-L6-v2 by multiple negatives ranking on the same ids with one
thread, dropout off: 32 pairs of 16 and 64 tokens (the speed rows), and 32 pairs of real questions and passages of mixed
lengths (where PyTorch pads). CPU seconds of a step are medians over the steps of all rounds, the first step of each left out.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/encode"), str(ROOT / "bench")]
import environment
from about import about, load

environment.enter()

WORKER = Path(__file__).with_name("worker.py")
STEP = Path(os.environ.get("ENGRAFT_STEP", environment.TARGET / "release/examples/step"))


def fixed(rng, steps):
    ids = lambda n: [101, *(rng.randrange(1000, 30000) for _ in range(n - 2)), 102]
    return [([ids(16) for _ in range(32)], [ids(64) for _ in range(32)]) for _ in range(steps)]


def real(steps, size=32):
    """Questions and their passages from XQuAD's English half, every text within 256 tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(environment.MODEL))
    folder = environment.DATA / "rag-xquad"
    rows = lambda name: [json.loads(line) for line in (folder / name).open(encoding="utf-8")]
    passages = {row["_id"]: row["text"] for row in rows("en.passages.jsonl")}
    questions = {}
    for row in rows("en.questions.jsonl"):
        questions.setdefault(row["passage"], []).append(row["text"])
    names = sorted(questions)
    rng = random.Random(1)
    cut = lambda text: tokenizer(text, truncation=True, max_length=256)["input_ids"]
    batches = []
    for _ in range(steps):
        chosen = rng.sample(names, size)
        queries = [cut(rng.choice(questions[name])) for name in chosen]
        batches.append((queries, [cut(passages[name]) for name in chosen]))
    return batches


def run(command, threads=1):
    env = {**os.environ, "RAYON_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    env.pop("OPENBLAS_CORETYPE", None)
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--steps", type=int, default=6)
    options = options.parse_args()
    if not STEP.exists():
        subprocess.run(["cargo", "build", "--release", "-p", "engraft-nn", "--example", "step"], check=True, cwd=ROOT)
    whence = about(0)
    with tempfile.TemporaryDirectory() as folder:
        workloads = {"32 pairs of 16 and 64 tokens": fixed(random.Random(0), options.steps)}
        workloads["32 real pairs, mixed lengths"] = real(max(3, options.steps // 2))
        result = {}
        for name, batches in workloads.items():
            path = Path(folder) / "batches.json"
            path.write_text(json.dumps(batches))
            sides = {"engraft": [STEP, environment.MODEL, path],
                     "pytorch": [sys.executable, WORKER, environment.MODEL, path]}
            answers = {side: [] for side in sides}
            for _ in range(options.rounds):
                for side, command in sides.items():
                    answers[side].append(run([str(word) for word in command]))
            result[name] = {"tokens": sum(len(t) for side in batches[0] for t in side)}
            for side, given in answers.items():
                seconds = [s for answer in given for s in answer["cpu_seconds"][1:]]
                result[name][side] = {
                    "cpu_seconds_a_step": statistics.median(seconds), "range": [min(seconds), max(seconds)],
                    "n": len(seconds), "peak_mb": statistics.median(a["peak_bytes"] for a in given) / 1e6}
            ours, theirs = result[name]["engraft"], result[name]["pytorch"]
            result[name]["cpu_ratio"] = ours["cpu_seconds_a_step"] / theirs["cpu_seconds_a_step"]
            result[name]["memory_ratio"] = ours["peak_mb"] / theirs["peak_mb"]
            print(name, json.dumps(result[name]), flush=True)
        path.write_text(json.dumps(real(50, 8)))
        curves = {side: run([str(word) for word in command])["losses"] for side, command in
                  {"engraft": [STEP, environment.MODEL, path],
                   "pytorch": [sys.executable, WORKER, environment.MODEL, path]}.items()}
        off = max(abs(a - b) for a, b in zip(curves["engraft"], curves["pytorch"]))
        print("largest difference of losses over 50 steps:", off)
    out = {**whence, "load_after": load(), "threads": 1, "versions": {name: version(name) for name in ["torch", "transformers"]},
           "steps": result, "loss_curve": {"steps": len(curves["engraft"]), "largest_difference": off,
                                           "engraft_first_last": [curves["engraft"][0], curves["engraft"][-1]],
                                           "pytorch_first_last": [curves["pytorch"][0], curves["pytorch"][-1]]}}
    (ROOT / "bench/results/training.json").write_text(json.dumps(out, indent=1) + "\n")


main()
