"""Every file of the messy-files collection, each in a process of its own: outcomes, time, memory, and how close the text comes
to the reference output where there is one.

Run with `cargo xtask bench parse`; reads ENGRAFT_TEST_DATA (default ../shared/data); writes bench/results/parse.json.
With `--rivals` other libraries read the same files instead, beside ours; that writes bench/results/parse-rivals.json.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import beside  # noqa: E402
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()


def main():
    if sys.argv[1:] == ["--rivals"]:
        return keep("parse-rivals", about(beside.SEED) | beside.measured(DATA / "messy-files"))
    subprocess.run(["cargo", "build", "--release", "--quiet", "--workspace", "--examples"], cwd=ROOT, check=True)
    results = about(None)
    with tempfile.TemporaryDirectory() as folder:
        found = pathlib.Path(folder) / "found.json"
        subprocess.run([TARGET / "release/examples/messy", DATA / "messy-files", found], check=True)
        results |= json.loads(found.read_text(encoding="utf-8"))
    keep("parse", results)


def keep(name, results):
    results["load_after"] = load()
    (ROOT / f"bench/results/{name}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
