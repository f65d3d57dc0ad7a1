"""The studio beside Label Studio on the same machine: start, memory, 50,000 tasks in and out, the queue, lists.

Run with `cargo xtask bench studio [--starts N] [--rounds N]`; writes bench/results/studio.json. The parts take turns, so
that a busy moment falls on both. Seconds of processor time are the server's own; milliseconds are what one client waits.
With `--alone` Label Studio is not run: its rows stay as they are in the file, marked with the commit they were measured at.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import tasks
from engraft import Engraft, command
from label_studio import LabelStudio, install
from people import annotate, waits
from server import Server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", TARGET / "release/engraft")).resolve()
VENV = pathlib.Path(os.environ.get("ENGRAFT_BENCH_VENV", TARGET / "bench/label-studio")).absolute()
RESULTS = ROOT / "bench/results/studio.json"
SMALL, SEED = 160, 0
FLAT_OUT, THINKING = (0, 0), (0.5, 1.5)


def median(runs):
    """The median of each number, with the range of wall seconds."""
    walls = [run["wall_s"] for run in runs]
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return middle | {"rounds": len(runs), "wall_range": [min(walls), max(walls)]}


def starts(make, folder, rounds):
    """In an empty folder, and again in the same one; the last is left running."""
    first, again = [], []
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir(parents=True)
        for kept in (first, again):
            side = make(place)
            kept.append(side.server.start)
            if (kept, number) != (again, rounds - 1):
                side.server.stop()
    return side, {"first start": median(first), "next start": median(again)}


def in_and_out(side, annotated, count, rounds):
    imports, exports = [], []
    for number in range(rounds):
        project = side.create(f"annotated-{number}")
        _, took = side.server.timed(lambda: side.take_in(project, annotated))
        imports.append(took)
        print(side.name, "import", took, side.server.memory(), flush=True)
    peak = side.server.memory()["peak_rss_mb"]
    for number in range(rounds):
        out, took = side.server.timed(lambda: side.take_out(project))
        exports.append(took | {"mb": round(len(out) / 1e6, 1)})
        print(side.name, "export", exports[-1], flush=True)
    done = json.loads(out)
    assert len(done) == count and all(len(task["annotations"]) == 1 for task in done)
    return project, {"import": median(imports) | {"peak_rss_mb": peak},
                     "export": median(exports) | {"peak_rss_mb": side.server.memory()["peak_rss_mb"]}}


def lists(side, project, rounds):
    found = {}
    asks = {"a page of 30": lambda: side.page(project), "a rare word": lambda: side.find(project, tasks.RARE)}
    for name, ask in asks.items():
        waited = []
        before = side.server.cpu()
        for _ in range(rounds):
            began = time.perf_counter()
            hits = ask()
            waited.append(time.perf_counter() - began)
        cpu = (side.server.cpu() - before) / rounds
        found[name] = waits(waited) | {"cpu_ms": round(cpu * 1e3, 2), "hits": hits}
    return found


def overlap(side, people, path, think):
    """Eight people share 160 tasks that one answer each is wanted for: who works for nothing?"""
    project = side.create(f"shared-{think[1]}")
    side.take_in(project, path)
    found = annotate(side, people, project, think)
    answers = [len(task["annotations"]) for task in json.loads(side.take_out(project))]
    return found | {"tasks": len(answers), "labelled more than once": sum(n > 1 for n in answers),
                    "answers for nothing": sum(max(n - 1, 0) for n in answers), "never labelled": answers.count(0)}


def alone(annotated, folder, rounds):
    """What only Engraft is held to: an empty folder, the command line, its size."""
    first = []
    for number in range(rounds):
        place = folder / f"new-{number}"
        place.mkdir()
        with open(folder / "log", "a") as log:
            began = time.perf_counter()
            command(BINARY, place, "init", place, "--encoder", "none")
            server = Server([BINARY, "--workspace", place, "serve", "--addr", "127.0.0.1:7714"], 7714, "/healthz", log)
            first.append(round(time.perf_counter() - began, 4))
            server.stop()
    place = folder / "cli"
    command(BINARY, folder, "init", place, "--encoder", "none")
    imports = [command(BINARY, place, "dataset", "import", f"d{number}", annotated, "--format", "label-studio")[1]
               for number in range(rounds)]
    exports = [command(BINARY, place, "dataset", "export", "d0", folder / "out.json", "--format", "label-studio")[1]
               for number in range(rounds)]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    started = {"wall_s": statistics.median(first), "range": [min(first), max(first)], "rounds": rounds}
    return {"init and first start": started, "binary_mb": round(BINARY.stat().st_size / 1e6, 1),
            "dataset import": median(imports), "dataset export": median(exports),
            "peak_rss_mb_of_any_command": peak}


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--starts", type=int, default=3, help="how often each server starts in an empty folder")
    words.add_argument("--rounds", type=int, default=3, help="how often 50,000 tasks go in and out")
    words.add_argument("--tasks", type=int, default=50_000, help="how many tasks the large file has")
    words.add_argument("--alone", action="store_true", help="keep the rows of Label Studio that were measured before")
    words = words.parse_args()
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "engraft"], cwd=ROOT, check=True)
    results = {**about(SEED), "tasks": words.tasks}
    program = None
    if words.alone:
        results["label-studio"] = before()
    else:
        program = install(VENV)
        packages = str(next(VENV.glob("lib/*/site-packages")))
        (package,) = importlib.metadata.distributions(name="label-studio", path=[packages])
        results["label-studio version"] = package.version
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        measure(pathlib.Path(folder), program, words, results)
    write(results | {"load_after": load()})


def before():
    """The rows of Label Studio as they were measured last, with the commit, the machine and the load of that run."""
    past = json.loads(RESULTS.read_text())
    kept = ("commit", "machine", "python", "note", "label-studio version", "load_before", "load_after")
    return {"measured": {name: past[name] for name in kept if name in past}} | past["label-studio"]


def write(results):
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def measure(folder, program, words, results):
    files = {name: folder / f"{name}.json" for name in ("annotated", "plain", "small")}
    tasks.write(files["annotated"], words.tasks, SEED, annotated=True)
    tasks.write(files["plain"], words.tasks, SEED, annotated=False)
    tasks.write(files["small"], SMALL, SEED, annotated=False)
    results["file_mb"] = round(files["annotated"].stat().st_size / 1e6, 1)

    def kept(side, part, found):
        results.setdefault(side.name, {})[part] = found | {"load": round(os.getloadavg()[0], 1)}
        print(side.name, part, json.dumps(found), flush=True)
        write(results)

    sides = []
    makers = {"engraft": lambda place: Engraft(BINARY, place)}
    if program:
        makers["label-studio"] = lambda place: LabelStudio(program, place)
    results["engraft alone"] = alone(files["annotated"], folder, 5) | {"load": round(os.getloadavg()[0], 1)}
    print(json.dumps(results["engraft alone"]), flush=True)
    for name, make in makers.items():
        side, found = starts(make, folder / name, 5 if name == "engraft" else words.starts)
        kept(side, "start", found)
        sides.append(side)
    time.sleep(5)
    try:
        for side in sides:
            kept(side, "idle", side.server.memory())
        projects = {}
        for side in sides:
            rounds = 5 if side.name == "engraft" else words.rounds
            project, found = in_and_out(side, files["annotated"], words.tasks, rounds)
            kept(side, "tasks with answers", found)
            kept(side, "lists", lists(side, project, 20))
        people = {side.name: [side.person(f"person{number}") for number in range(8)] for side in sides}
        for side in sides:
            projects[side.name] = side.create("open")
            _, took = side.server.timed(lambda: side.take_in(projects[side.name], files["plain"]))
            kept(side, "import without answers", took)
        for side in sides:
            kept(side, "one annotator", annotate(side, people[side.name][:1], projects[side.name], FLAT_OUT, each=100))
        for part, think in {"eight annotators": FLAT_OUT, "eight annotators who think": THINKING}.items():
            for side in sides:
                kept(side, part, overlap(side, people[side.name], files["small"], think))
        ours = sides[0]
        many = people["engraft"] + [ours.person(f"more{number}") for number in range(24)]
        for part, think in {"32 annotators": FLAT_OUT, "32 annotators who think": THINKING}.items():
            kept(ours, part, annotate(ours, many, projects["engraft"], think, seconds=20))
        for side in sides:
            kept(side, "at the end", side.server.memory())
    finally:
        for side in sides:
            side.server.stop()


if __name__ == "__main__":
    main()
