"""A million items over HTTP and on the command line: in, looked at, filtered, and out again as a whole.

Run with `cargo xtask bench million [--items N]`; writes bench/results/million.json. Takes some minutes and 3 GB of disk.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/studio"))

import tasks  # noqa: E402
from engraft import Engraft, command  # noqa: E402
from people import annotate  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", TARGET / "release/engraft")).resolve()
LABELS, PEOPLE, SEED, ASKS = ["law", "games", "other"], 32, 0, 30
THINKING, WORKING_S = (0.5, 1.5), 60
SCHEMA = {
    "fields": [{"name": "text", "type": "text"}],
    "questions": [{"name": "topic", "type": "label", "options": LABELS}],
    "distribution": {"overlap": 2},
}


def write(path, count):
    """Items of about 150 bytes; one of four has two answers, one of four has one, by 32 people."""
    dice = random.Random(SEED)
    known = tasks.words(dice, 5000)
    with open(path, "w", encoding="utf-8") as out:
        for number in range(count):
            text = " ".join(dice.choices(known, k=16))
            if number % 1000 == 500:
                text += " " + tasks.RARE
            said = []
            for person in dice.sample(range(PEOPLE), [2, 1, 0, 0][number % 4]):
                day, hour = divmod(number * 700 // count, 24)
                said.append({"user": f"person{person:02}", "status": "submitted", "active_ms": 4000,
                             "at": f"2026-09-{day + 1:02}T{hour:02}:00:00.000Z",
                             "answers": {"topic": dice.choice(LABELS)}})
            record = {"id": f"i{number:07}", "fields": {"text": text}} | ({"responses": said} if said else {})
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def waits(side, ask):
    """What a client waits, and the server's own processor time, which hides that others use the machine too."""
    seconds, cpu = [], side.server.cpu()
    for _ in range(ASKS):
        began = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - began)
    cpu = (side.server.cpu() - cpu) / ASKS
    seconds.sort()
    p50, p95 = (round(seconds[int(len(seconds) * share)] * 1e3, 1) for share in (0.5, 0.95))
    return {"n": ASKS, "p50_ms": p50, "p95_ms": p95, "cpu_ms": round(cpu * 1e3, 1)}


def page(side, path):
    status, _, body = side.lead.call("GET", path)
    assert status == 200, body[:300]


def measure(folder, words, results):
    file = folder / "items.jsonl"
    write(file, words.items)
    results["file_mb"] = round(file.stat().st_size / 1e6, 1)
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    side = Engraft(BINARY, folder)
    try:
        command(BINARY, folder, "dataset", "create", "large", "--schema", folder / "schema.json")
        _, results["import"] = command(BINARY, folder, "dataset", "import", "large", file, "--format", "jsonl")
        results["import"]["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(json.dumps(results["import"]), flush=True)
        lists = {
            "dashboard, JSON": "/api/v1/datasets/large/dashboard",
            "dashboard, page": "/d/large/dashboard",
            "a page of 50 items": "/api/v1/datasets/large/items?limit=50",
            "by state": "/api/v1/datasets/large/items?limit=50&state=conflict",
            "by person": "/api/v1/datasets/large/items?limit=50&user=person07",
            "by answer": "/api/v1/datasets/large/items?limit=50&question=topic&label=law",
            "by a rare word": f"/api/v1/datasets/large/items?limit=50&text={tasks.RARE}",
            "by a word, a person and an answer":
                "/api/v1/datasets/large/items?limit=50&text=ba*&user=person07&question=topic&label=law",
        }
        for name, path in lists.items():
            page(side, path)
            results.setdefault("over HTTP", {})[name] = waits(side, lambda path=path: page(side, path))
            print(name, json.dumps(results["over HTTP"][name]), flush=True)
        at_work = [side.person(f"worker{number:02}") for number in range(PEOPLE)]
        results["32 people who think"] = annotate(side, at_work, "large", THINKING, WORKING_S)
        print(json.dumps(results["32 people who think"]), flush=True)
        results["server"] = side.server.memory()
        for form in ("jsonl", "label-studio", "csv"):
            out = folder / f"out-{form}"
            (report,), took = command(BINARY, folder, "dataset", "export", "large", out, "--format", form)
            results.setdefault("export", {})[form] = took | {"rows": report["rows"], "mb": round(out.stat().st_size / 1e6, 1)}
            print(form, json.dumps(results["export"][form]), flush=True)
            out.unlink()
        results["database_mb"] = round(sum(one.stat().st_size for one in (folder / ".engraft").glob("truth*")) / 1e6)
    finally:
        side.server.stop()


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--items", type=int, default=1_000_000)
    words = words.parse_args()
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "engraft"], cwd=ROOT, check=True)
    results = {**about(SEED), "items": words.items}
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        measure(pathlib.Path(folder), words, results)
    results["load_after"] = load()
    print(json.dumps(results, indent=1))
    (ROOT / "bench/results/million.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
