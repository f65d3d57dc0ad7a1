"""Decides one of the tasks here again, and says which digits come out otherwise than those that are kept beside it.

    python3 docs/decisions/run.py NAME                     # such as banking77-10-shots; -h lists them
    python3 docs/decisions/run.py NAME --engraft PATH      # with a program that is built, instead of `cargo run --release`
    python3 docs/decisions/run.py NAME --compare FOLDER    # with a decision that was made before, instead of making one
    python3 docs/decisions/run.py NAME --check             # only looks whether the data is there, to the byte

The public data lies in ENGRAFT_TEST_DATA (by default ../shared/data beside the repository), in the folders and with the hashes of
data.sha256; what is missing there or differs is listed, and nothing is measured. The decision is written to
target/decisions/again/NAME, with record.json for `engraft decide --replay`; an interrupted run goes on there.

Exit status: 0, all digits are the same; 1, some are not; 2, it could not be decided or compared.

Compared is what follows from the data and the seed: qualities, measures, effects, slices, curves, and how many rows have which
state. Times, and costs, utilities and verdicts that follow from them, are those of a machine; they are not compared.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
MADE = ROOT / "target/decisions"
# The data set of each task that reads what prepare.py makes of it.
PREPARED = {"handbook": "kb-18f-handbook", "scifact": "rag-scifact", "sec-filings": "ner-sec-filings"}
# What follows from the data and the seed alone.
WHOLE = ["questions", "clusters", "resamples", "seed", "effects", "slices", "diagnostics", "curves"]
OF_ARM = ["quality", "quality_bounds", "groundedness", "measures", "states", "labels", "seeds"]
SHOWN = 20


def stop(message):
    print(message, file=sys.stderr)
    sys.exit(2)


def hash_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_of_pages(folder):
    """The sha256 of a folder's Markdown files: of the lines `sha256  path`, in order of path."""
    pages = sorted(page.relative_to(folder).as_posix() for page in folder.rglob("*.md"))
    lines = "".join(f"{hash_of(folder / page)}  {page}\n" for page in pages)
    return hashlib.sha256(lines.encode()).hexdigest()


def wrong_data(name):
    """What is missing or another in the data that a task reads, a line each."""
    task = (HERE / f"{name}.toml").read_text(encoding="utf-8")
    wrong = []
    for line in (HERE / "data.sha256").read_text(encoding="utf-8").splitlines():
        expected, path = line.split("  ", 1)
        if path.split("/")[0] != PREPARED.get(name) and f"shared/data/{path}" not in task:
            continue
        there = DATA / path
        if not there.exists():
            wrong.append(f"{path} is missing; its sha256 is {expected}")
            continue
        found = hash_of_pages(there) if path.endswith("/") else hash_of(there)
        if found != expected:
            wrong.append(f"{path} has the sha256 {found} and should have {expected}")
    return wrong


def decide(name, engraft):
    """Makes the decision anew, and returns its folder."""
    if name in PREPARED:
        subprocess.run([sys.executable, str(HERE / "prepare.py"), name], check=True)
    out = MADE / "again" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    # The same task, wherever the data lies.
    task = (HERE / f"{name}.toml").read_text(encoding="utf-8")
    task = task.replace("../../../shared/data", DATA.as_posix()).replace("../../target/decisions", MADE.as_posix())
    moved = out.with_name(f"{name}.toml")
    moved.write_text(task, encoding="utf-8")
    program = [engraft] if engraft else ["cargo", "run", "--release", "--locked", "--"]
    done = subprocess.run([*program, "decide", str(moved), "--out", str(out), "--threads", "1"], cwd=ROOT)
    # 1: nothing is recommended, which is a decision too.
    if done.returncode not in (0, 1):
        stop(f"`engraft decide` ended with {done.returncode}")
    return out


def read(folder):
    path = folder / "decision.json"
    if not path.is_file():
        stop(f"there is no {path}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as why:
        stop(f"{path} is no decision: {why}")


def figures(value, place=""):
    """Every number below a value, with its place in words such as `both.quality.low`."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from figures(inside, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for at, inside in enumerate(value):
            named = inside.get("slice", at) if isinstance(inside, dict) else at
            yield from figures(inside, f"{place}[{named}]")
    elif value is None or isinstance(value, (int, float)):
        yield place, value


def compared(decision):
    """The numbers of a decision that the data and the seed decide."""
    found = dict(figures({name: decision[name] for name in WHOLE if name in decision}))
    for arm in decision["arms"]:
        found.update(figures({name: arm[name] for name in OF_ARM if name in arm}, arm["name"]))
    return found


def same(a, b):
    # Beyond the twelfth digit a number depends on how it was written and read.
    return a == b or (a is not None and b is not None and abs(a - b) <= 1e-12 * max(abs(a), abs(b)))


def said(number):
    return "none" if number is None else f"{number:.6g}"


def compare(name, out):
    """Says what differs, and returns the exit status."""
    kept, now = read(HERE / name), read(out)
    before, after = compared(kept), compared(now)
    both = [place for place in before if place in after]
    differ = [place for place in both if not same(before[place], after[place])]
    gone, new = [place for place in before if place not in after], len(after.keys() - before.keys())
    for place in differ[:SHOWN]:
        print(f"{place}: kept {said(before[place])}, now {said(after[place])}")
    for place in gone[:SHOWN]:
        print(f"{place}: kept {said(before[place])}, not there now")
    if max(len(differ), len(gone)) > SHOWN:
        print(f"… {SHOWN} of each at most are shown")
    print(f"{len(both) - len(differ)} of {len(before)} numbers are the same, {len(differ)} differ, {len(gone)} are gone; {new} are new.")
    print(f"Recommended: kept {kept['recommendation']}, now {now['recommendation']} (this hangs on times, too).")
    return 1 if differ or gone else 0


def main():
    names = sorted(folder.parent.name for folder in HERE.glob("*/decision.json"))
    words = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    words.add_argument("name", metavar="NAME", choices=names, help=", ".join(names))
    # The program is started from the repository's root, wherever the path was said.
    words.add_argument("--engraft", metavar="PATH", type=os.path.abspath, help="the program; by default it is built")
    words.add_argument("--compare", metavar="FOLDER", type=pathlib.Path, help="a decision that was made before")
    words.add_argument("--check", action="store_true", help="only look at the data")
    asked = words.parse_args()
    if asked.compare:
        sys.exit(compare(asked.name, asked.compare))
    wrong = wrong_data(asked.name)
    if wrong:
        advice = "README.md beside this file says where the data comes from; ENGRAFT_TEST_DATA names where it lies."
        stop("\n".join([f"The data in {DATA} is not what was decided on:", *wrong, advice]))
    print(f"The data in {DATA} is what was decided on.", flush=True)
    if not asked.check:
        sys.exit(compare(asked.name, decide(asked.name, asked.engraft)))


try:
    main()
except (OSError, subprocess.CalledProcessError) as why:
    # Python would end with 1, which means that digits differ.
    stop(f"It could not be decided or compared: {why}")
