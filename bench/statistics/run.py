"""How often intervals of paired differences hold the truth in forty simulated designs, and how long joint draws take.

Run with `cargo xtask bench statistics`; writes bench/results/statistics.json. No package is needed. Each design is drawn
2,000 times with the seeds 0 to 1,999 (TIMES=… for more), each interval from 1,000 resamples where it resamples.
"""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TIMES, RESAMPLES = os.environ.get("TIMES", "2000"), "1000"


def main():
    binary = os.environ.get("ENGRAFT_COVERAGE")
    if not binary:
        build = ["cargo", "build", "--release", "--quiet", "-p", "engraft-eval", "--example", "coverage"]
        subprocess.run(build, cwd=ROOT, check=True)
        binary = TARGET / "release/examples/coverage"
    whence = about(f"0 to {int(TIMES) - 1}")
    found = json.loads(subprocess.run([binary, TIMES, RESAMPLES], capture_output=True, text=True, check=True).stdout)
    results = {**whence, "load_after": load(), "threads": int(os.environ.get("RAYON_NUM_THREADS", os.cpu_count())), **found}
    path = ROOT / "bench/results/statistics.json"
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: value for name, value in results.items() if name != "designs"}, indent=1))


if __name__ == "__main__":
    main()
