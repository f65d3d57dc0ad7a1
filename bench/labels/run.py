"""Agreement and aggregation of 300,000 labels, beside crowd-kit and krippendorff in the same run.

    python -m venv venv
    venv/bin/pip install -r bench/labels/requirements.txt
    venv/bin/python bench/labels/run.py

Writes bench/results/labels.json. Times are CPU seconds, medians of the rounds with their range: they hide waiting, not
crowded caches. Reading the table is left out on both sides; what crowd-kit and krippendorff get is what they ask for.
"""

import importlib.metadata
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import krippendorff
import numpy
import pandas
from crowdkit.aggregation import DawidSkene, OneCoinDawidSkene

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TASKS, EACH, WORKERS, LABELS, ROUNDS, SEED = 100_000, 3, 50, 5, 5, 0


def crowd():
    """Rows and right labels; a worker is right with a skill of their own, else gives any label."""
    rng = random.Random(SEED)
    skills = [rng.uniform(0.5, 0.95) for _ in range(WORKERS)]
    rows, right = [], {}
    for task in range(TASKS):
        name = f"t{task:06}"
        right[name] = str(rng.randrange(LABELS))
        for worker in rng.sample(range(WORKERS), EACH):
            label = right[name] if rng.random() < skills[worker] else str(rng.randrange(LABELS))
            rows.append((name, f"w{worker:02}", label))
    return rows, right


def timed(work):
    """Median, least and most CPU seconds, and the last result."""
    seconds = []
    for _ in range(ROUNDS):
        before = time.process_time()
        result = work()
        seconds.append(time.process_time() - before)
    return summary(seconds), result


def summary(seconds):
    return {"cpu_s": round(statistics.median(seconds), 4), "range": [round(min(seconds), 4), round(max(seconds), 4)]}


def ours(rows, folder):
    build = ["cargo", "build", "--release", "--quiet", "-p", "engraft-eval", "--example", "crowd"]
    subprocess.run(build, cwd=ROOT, check=True)
    file = folder / "labels.csv"
    file.write_text("task,worker,label\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    run = subprocess.run([TARGET / "release/examples/crowd", file, str(ROUNDS)], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def main():
    whence = about(SEED)
    rows, right = crowd()
    with tempfile.TemporaryDirectory() as folder:
        found = ours(rows, pathlib.Path(folder))
    # Whole numbers: crowd-kit takes several times as long with strings.
    numbers = [(int(task[1:]), int(worker[1:]), int(label)) for task, worker, label in rows]
    frame = pandas.DataFrame(numbers, columns=["task", "worker", "label"])
    matrix = frame.astype({"label": float}).pivot(index="worker", columns="task", values="label").to_numpy()
    alpha_time, alpha = timed(lambda: krippendorff.alpha(reliability_data=matrix, level_of_measurement="nominal"))
    skene_time, skene = timed(lambda: DawidSkene().fit_predict(frame))
    coin_time, _ = timed(lambda: OneCoinDawidSkene().fit_predict(frame))

    theirs = {f"t{task:06}": str(label) for task, label in skene.items()}

    def accuracy(labels):
        return sum(labels[task] == label for task, label in right.items()) / len(right)

    measures = found["measures"]
    packages = ["crowd-kit", "krippendorff", "numpy", "pandas"]
    results = {
        **whence,
        "load_after": load(),
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "rounds": ROUNDS,
        "table": {"tasks": TASKS, "labels": len(rows), "workers": WORKERS, "classes": LABELS},
        "engraft": {name: summary(one["cpu_s"]) for name, one in measures.items()},
        "krippendorff alpha": alpha_time,
        "crowd-kit dawid-skene": skene_time,
        "crowd-kit one-coin": coin_time,
        "alpha": {"engraft": measures["alpha with interval"]["value"], "krippendorff": float(alpha)},
        "accuracy of dawid-skene": {"engraft": accuracy(found["dawid-skene"]), "crowd-kit": accuracy(theirs)},
        "same dawid-skene label": float(numpy.mean([found["dawid-skene"][task] == theirs[task] for task in right])),
    }
    text = json.dumps(results, indent=1) + "\n"
    (ROOT / "bench/results/labels.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
