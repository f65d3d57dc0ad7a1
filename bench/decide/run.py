"""The whole analysis of an experiment and its report: 4 arms, 1,000 questions, 20 measures, 3 seeds, 10,000 resamples.

    cargo build --release -p engraft-decide --example analyse
    python3 bench/decide/run.py

Writes bench/results/decide.json: wall seconds, the best of three within each of two runs, at one and at two threads, with the
load of the machine before and after. The numbers analysed are made up (seed 1); none is read from a file.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROGRAM = TARGET / "release/examples/analyse"
ROUNDS = 2


def run(threads):
    found = subprocess.run([PROGRAM], capture_output=True, text=True, check=True,
                           env={**os.environ, "RAYON_NUM_THREADS": str(threads)})
    return json.loads(found.stdout)


def main():
    whence = about(1)
    rows = {}
    for threads in (1, 2):
        all_runs = [run(threads) for _ in range(ROUNDS)]
        seconds = [one["decide_and_report_s"] for one in all_runs]
        rows[f"{threads} threads"] = {"median_s": statistics.median(seconds), "range": [min(seconds), max(seconds)],
                                      "decide_s": statistics.median(one["decide_s"] for one in all_runs)}
    design = {key: all_runs[0][key] for key in ("arms", "questions", "measures", "seeds", "resamples", "html_bytes")}
    result = {"what": "decide and report", **whence, "load_after": load(), **design, "wall": rows}
    path = ROOT / "bench/results/decide.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(path.read_text())


main()
