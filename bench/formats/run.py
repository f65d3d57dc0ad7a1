"""The interchange formats: time and memory on a Label Studio file of 50,000 tasks, and 100,000 random texts through each.

Run with `cargo xtask bench formats`; writes bench/results/formats.json. Only reading, fitting and writing are measured:
what the database adds is measured with it.
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
ROUNDS = 5


def run(*words):
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    result = subprocess.run([target / "release/examples/formats", *words], check=True, capture_output=True, text=True)
    return json.loads(result.stdout) if result.stdout else None


def main():
    build = ["cargo", "build", "--release", "--quiet", "-p", "engraft-annotate", "--example", "formats"]
    subprocess.run(build, cwd=ROOT, check=True)
    results = {**about(0), "tasks": 50_000}
    with tempfile.TemporaryDirectory() as folder:
        tasks, out = pathlib.Path(folder) / "tasks.json", pathlib.Path(folder) / "out"
        run("make", "50000", tasks)
        results["import"] = [run("import", tasks) for _ in range(ROUNDS)]
        results["export"] = [run("export", tasks, out) for _ in range(ROUNDS)]
    results["unicode"] = run("unicode", "100000")
    results["load_after"] = load()
    median = {
        "import_seconds": sorted(one["import_seconds"] for one in results["import"])[ROUNDS // 2],
        "export_seconds": sorted(one["label-studio"]["seconds"] for one in results["export"])[ROUNDS // 2],
        "peak_rss_mb": max(one["peak_rss_mb"] for one in results["import"] + results["export"]),
    }
    results["median"] = median
    print(json.dumps(median, indent=1))
    (ROOT / "bench/results/formats.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
