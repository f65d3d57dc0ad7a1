"""The annotation queue under load: is every item answered exactly as often as wanted, and how long does anybody wait?

Run with `cargo xtask bench queue [ITEMS [SECONDS]]`. Writes bench/results/queue.json. The store is the released one
(`crates/store/examples/annotators.rs`). Exactness runs on simulated time, in memory where the system has /dev/shm;
waiting is measured on the disk, every answer synced.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def annotators(*words):
    run = subprocess.run([TARGET / "release/examples/annotators", *map(str, words)], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{words}: {run.stderr}")
    found = json.loads(run.stdout)
    print(json.dumps(found, indent=1), flush=True)
    return found


def main():
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    build = ["cargo", "build", "--release", "--quiet", "-p", "engraft-store", "--example", "annotators"]
    subprocess.run(build, cwd=ROOT, check=True)
    results = about(0)
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        results["load"] = annotators("load", pathlib.Path(folder) / "load.db", 32, items, seconds)
    results["load_after"] = load()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else TARGET) as folder:
        results["exact"] = [annotators("exact", pathlib.Path(folder) / "exact.db", 64, 10_000, k) for k in (1, 2, 3)]
    (ROOT / "bench/results/queue.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
