"""Search under load: 100,000 and 1,000,000 chunks made from the real chunks and vectors of a staff handbook.

Run with `cargo xtask bench search [CHUNKS…]`. Reads ENGRAFT_TEST_DATA (default ../shared/data); writes
bench/results/search.json. The index is the released one (`crates/search/examples/load.rs`); texts are its sentences put
together anew, vectors are blends of its vectors.
"""

import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()


def real_chunks(folder):
    """The handbook's chunks and vectors, as the released binary makes them."""
    workspace = folder / "kb"
    binary = ROOT / "target/release/engraft"
    for words in (["init", workspace], ["ingest", DATA / "kb-18f-handbook/t1"]):
        subprocess.run([binary, "--workspace", workspace, "--quiet", *words], check=True, stdout=subprocess.DEVNULL)
    store = sqlite3.connect(workspace / ".engraft/truth.sqlite")
    with open(folder / "chunks.f32", "wb") as vectors:
        for (body,) in store.execute("SELECT body FROM vector ORDER BY hash"):
            vectors.write(body)
    with open(folder / "chunks.jsonl", "w", encoding="utf-8") as texts:
        for path in sorted((DATA / "kb-18f-handbook/t1").rglob("*.md")):
            for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
                texts.write(json.dumps({"text": paragraph}) + "\n")


def main():
    sizes = [int(word) for word in sys.argv[1:]] or [100_000, 1_000_000]
    build = ["cargo", "build", "--release", "--quiet", "--workspace", "--bins", "--examples"]
    subprocess.run(build, cwd=ROOT, check=True)
    results = about(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        real_chunks(folder)
        for size in sizes:
            load = [ROOT / "target/release/examples/load", str(size), folder]
            run = subprocess.run(load, capture_output=True, text=True)
            if run.returncode:
                raise SystemExit(run.stderr)
            results[str(size)] = json.loads(run.stdout)
            print(json.dumps(results[str(size)], indent=1), flush=True)
    (ROOT / "bench/results/search.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
