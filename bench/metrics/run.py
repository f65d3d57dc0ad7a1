"""Loading and measuring 10,000 queries x 100 documents, beside pytrec_eval and ranx in the same run.

    python -m venv venv
    venv/bin/pip install -r bench/metrics/requirements.txt
    venv/bin/python bench/metrics/run.py

Writes bench/results/metrics.json. Every measurement is a process of its own: from its start to its end, with the same
two files and the same six measures. Engraft also computes an interval for each, of 2,000 resamples, and what was judged.
ranx is measured with its compiled code in cache, after a process that was not counted.
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", TARGET / "release/engraft"))
QUERIES, RETURNED, JUDGED, SEED = 10_000, 100, 20, 0
ROUNDS = {"engraft": 9, "pytrec_eval": 5, "ranx": 5}

PYTREC = """
import json, sys, pytrec_eval
with open(sys.argv[1]) as qrels, open(sys.argv[2]) as run:
    qrels, run = pytrec_eval.parse_qrel(qrels), pytrec_eval.parse_run(run)
asked = {"ndcg_cut.10", "recall.100", "map", "recip_rank", "P.5", "success.5"}
found = pytrec_eval.RelevanceEvaluator(qrels, asked).evaluate(run)
names = {"nDCG@10": "ndcg_cut_10", "R@100": "recall_100", "AP": "map", "RR": "recip_rank", "P@5": "P_5", "Success@5": "success_5"}
print(json.dumps({ours: sum(of[theirs] for of in found.values()) / len(found) for ours, theirs in names.items()}))
"""

RANX = """
import json, sys
from ranx import Qrels, Run, evaluate
qrels, run = Qrels.from_file(sys.argv[1], kind="trec"), Run.from_file(sys.argv[2], kind="trec")
names = {"nDCG@10": "ndcg@10", "R@100": "recall@100", "AP": "map", "RR": "mrr", "P@5": "precision@5", "Success@5": "hit_rate@5"}
found = evaluate(qrels, run, list(names.values()))
print(json.dumps({ours: float(found[theirs]) for ours, theirs in names.items()}))
"""


def write(folder):
    """Scores with three places, some of them tied; four in ten judged documents are returned."""
    rng = random.Random(SEED)
    qrels, run = folder / "qrels.trec", folder / "run.trec"
    with open(qrels, "w") as judgements, open(run, "w") as results:
        for query in range(QUERIES):
            returned = rng.sample(range(100_000), RETURNED)
            judged = rng.sample(returned, JUDGED * 2 // 5) + rng.sample(range(100_000, 200_000), JUDGED * 3 // 5)
            grades = [3] + [rng.choice([0, 0, 1, 2]) for _ in judged[1:]]
            for doc, grade in zip(judged, grades):
                judgements.write(f"{query} 0 d{doc} {grade}\n")
            scores = sorted((rng.randrange(30_000) / 1000 for _ in returned), reverse=True)
            for rank, (doc, score) in enumerate(zip(returned, scores)):
                results.write(f"{query} Q0 d{doc} {rank} {score:.3f} b\n")
    return qrels, run


def measured(words):
    """Wall and CPU seconds, the most memory in MB, and what it printed."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"{words[0]} failed")
    return {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime, "rss_mb": usage.ru_maxrss / 1024, "out": json.loads(out)}


def summary(rounds):
    found = {"rounds": len(rounds), "rss_mb": round(max(one["rss_mb"] for one in rounds), 1)}
    for key in ("wall_s", "cpu_s"):
        values = [one[key] for one in rounds]
        found[key] = {"median": round(statistics.median(values), 4), "range": [round(min(values), 4), round(max(values), 4)]}
    return found


def main():
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "engraft"], cwd=ROOT, check=True)
    whence = about(SEED)
    with tempfile.TemporaryDirectory() as folder:
        qrels, run = write(pathlib.Path(folder))
        size = {"run_mb": round(run.stat().st_size / 1e6, 1), "qrels": QUERIES * JUDGED}
        engines = {
            "engraft": [BINARY, "metrics", "rank", "--qrels", qrels, "--run", run, "--trec9", "--json", "--threads", "2"],
            "pytrec_eval": [sys.executable, "-c", PYTREC, qrels, run],
            "ranx": [sys.executable, "-c", RANX, qrels, run],
        }
        measured(engines["ranx"])
        rounds = {name: [] for name in engines}
        for turn in range(max(ROUNDS.values())):
            for name, words in engines.items():
                if turn < ROUNDS[name]:
                    rounds[name].append(measured(words))
    ours = {name: metric["value"] for name, metric in rounds["engraft"][0]["out"]["measures"].items()}
    theirs = rounds["pytrec_eval"][0]["out"]
    median = lambda name, key: statistics.median(one[key] for one in rounds[name])
    results = {
        **whence,
        "load_after": load(),
        "build": BINARY.parent.name,
        "versions": {name: importlib.metadata.version(name) for name in ("pytrec_eval-terrier", "ranx", "numba")},
        "files": {"queries": QUERIES, "returned": RETURNED} | size,
        "engines": {name: summary(of) for name, of in rounds.items()},
        "times faster": {
            other: {key: round(median(other, key) / median("engraft", key), 1) for key in ("wall_s", "cpu_s")}
            for other in ("pytrec_eval", "ranx")
        },
        "largest difference from pytrec_eval": max(abs(ours[name] - theirs[name]) for name in theirs),
        "measures": rounds["engraft"][0]["out"]["measures"],
    }
    text = json.dumps(results, indent=1) + "\n"
    (ROOT / "bench/results/metrics.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
