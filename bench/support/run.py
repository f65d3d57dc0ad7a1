"""What support is fitted on and what it reaches: the sets are searched by the released binary, then `examples/fit` of the crate
`engraft-answer` fits the reader's constants and prints them beside what they reach where they were not fitted.

Run with `cargo xtask bench support`. Reads ENGRAFT_TEST_DATA (default ../shared/data) and sample/; writes
bench/results/support.json, the lines as they were printed. A folder named behind it holds what was found before.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIT = os.environ.get("ENGRAFT_FIT", ROOT / "target/release/examples/fit")


def main():
    results = about(None)
    if "ENGRAFT_FIT" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet", "--workspace", "--bins", "--examples"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as scratch:
        found = sys.argv[1] if sys.argv[1:] else scratch
        if not sys.argv[1:]:
            subprocess.run([sys.executable, ROOT / "crates/answer/examples/fit/hits.py", found], cwd=ROOT, check=True)
        told = subprocess.run([FIT, found], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    results["told"] = [line for line in told.splitlines() if line]
    print(told)
    (ROOT / "bench/results/support.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
