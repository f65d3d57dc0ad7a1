"""Other libraries on the same files as Engraft, one file a process, bounded as Engraft bounds its own: ten seconds, 512 MiB.

`run.py --rivals` runs this. It builds bench/parse/rivals and makes a virtual environment for PDFium under target/bench.
"""

import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import tempfile
import threading
import time
import venv

HERE = pathlib.Path(__file__).resolve().parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parents[1] / "target"))
PROGRAM = TARGET / "rivals/release/rivals"
SECONDS, MEMORY, RESAMPLES, SEED = 10, 512 << 20, 10_000, 0
PARTS = ("f1", "ordered", "recall", "precision")
# Fewer words are a page number or a stamp, and say little about a reader.
LEAST_WORDS = 10
# Which files of the collection each library is asked about: their kind there, and how their names end.
ASKED = [
    ("pdf", ["pdf-extract", "lopdf", "unpdf"], {"pdf"}),
    ("html", ["dom_smoothie", "rs-trafilatura", "html2text"], {"html"}),
    ("docx", ["undoc plain_text", "undoc to_text"], {"docx", "doc"}),
    ("pptx", ["undoc plain_text", "undoc to_text"], {"pptx", "ppt"}),
    ("xlsx", ["undoc plain_text", "undoc to_text"], {"xlsx", "xlsm", "xls"}),
    ("eml", ["mailparse"], {"eml"}),
]


def measured(collection):
    """Outcomes, CPU, memory and likeness of each library beside Engraft, by kind of file."""
    build()
    rows = [json.loads(line) for line in (collection / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    kinds = {}
    for kind, libraries, endings in ASKED:
        files = [row["file"] for row in rows if row["kind"] == kind and row["file"].rpartition(".")[2].lower() in endings]
        read = {library: readings(library, collection, files) for library in ["engraft", *libraries]}
        pdfium = readings("pdfium", collection, files) if kind == "pdf" else {}
        wanted = {file: reading["text"] for file, reading in pdfium.items() if words(reading["text"]) >= LEAST_WORDS}
        likeness = {library: compared(collection, each, wanted) for library, each in read.items()}
        kinds[kind] = {
            "files": len(files),
            "libraries": {library: summary(each, wanted) for library, each in read.items()},
            "likeness": {sort: beside(likeness, sort) for sort in sorted({sort for sort, _ in likeness["engraft"]})},
        }
        if pdfium:
            kinds[kind]["pdfium_reads"] = len(wanted)
    return {"libraries": about_libraries(), "kinds": kinds}


def build():
    line = ["cargo", "build", "--release", "--quiet", "--target-dir", TARGET / "rivals"]
    subprocess.run(line, cwd=HERE / "rivals", check=True)
    if not python().exists():
        venv.create(python().parents[1], with_pip=True)
        install = [python(), "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"]
        subprocess.run(install, check=True)


def python():
    return TARGET / "bench/venv-parse/bin/python"


def about_libraries():
    """Version, licence, and how many crates each would bring that Engraft's parsers do not need already."""

    def asked(*words):
        line = ["cargo", *words, "--locked", "--offline"]
        return subprocess.run(line, cwd=HERE / "rivals", capture_output=True, text=True, check=True).stdout

    def tree(package):
        lines = asked("tree", "-e", "normal", "--prefix", "none", "--format", "{p}", "-p", package).splitlines()
        return {" ".join(line.split()[:2]) for line in lines if line}

    told = json.loads(asked("metadata", "--format-version", "1"))
    direct = {need["pkg"] for node in told["resolve"]["nodes"] if node["id"] == told["resolve"]["root"] for need in node["deps"]}
    packages = {one["name"]: one for one in told["packages"] if one["id"] in direct}
    ours = tree("engraft-ingest")
    found = {}
    for library in sorted({library.split()[0] for _, libraries, _ in ASKED for library in libraries}):
        version, licence = packages[library]["version"], packages[library]["license"]
        found[library] = {"version": version, "licence": licence, "more_crates": len(tree(f"{library}@{version}") - ours)}
    return found


def readings(library, collection, files):
    """What `library` reads in each file: outcome, text, CPU seconds of its process, peak memory."""
    command = [python(), HERE / "pdfium.py"] if library == "pdfium" else [PROGRAM, "read", library]
    found = {file: reading([*command, collection / "files" / file]) for file in files}
    for file, one in found.items():
        print(json.dumps({"library": library, "file": file} | {key: one[key] for key in ("outcome", "why", "cpu_s", "peak_mib")}), flush=True)
    return found


def reading(command):
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, preexec_fn=limit)
        late = threading.Timer(SECONDS, child.kill)
        late.start()
        _, status, usage = os.wait4(child.pid, 0)
        late.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        told = json.loads(output.read()) if child.returncode == 0 else {}
    text = told.get("text") or ""
    if time.monotonic() - began >= SECONDS:
        outcome = "hang"
    elif child.returncode:
        outcome = "panic" if child.returncode == 101 else "crash"
    elif told["error"] is not None:
        outcome = "error"
    else:
        outcome = "text" if words(text) else "no words"
    why = told.get("error") or (str(child.returncode) if child.returncode else None)
    peak = round((told.get("peak_kib") or 0) / 1024)
    return {"outcome": outcome, "why": why, "text": text, "cpu_s": round(usage.ru_utime + usage.ru_stime, 4), "peak_mib": peak}


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def words(text):
    """How many words hold a letter or a digit."""
    return sum(any(sign.isalnum() for sign in word) for word in text.split())


def compared(collection, read, wanted):
    """The likeness of every file that has a reference, by sort of reference and file."""
    asked = [{"file": file, "text": one["text"]} for file, one in read.items()]
    asked += [{"file": file, "text": read[file]["text"], "wanted": text} for file, text in wanted.items()]
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    run = subprocess.run([PROGRAM, "compare", collection], input=lines, capture_output=True, text=True, encoding="utf-8", check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    return {(answer[0], one["file"]): answer[1] for one, answer in zip(asked, answers, strict=True) if answer}


def summary(read, wanted):
    outcomes = [one["outcome"] for one in read.values()]
    slowest = max(read, key=lambda file: read[file]["cpu_s"])
    found = {
        "outcomes": {name: outcomes.count(name) for name in sorted(set(outcomes))},
        "cpu_s": round(sum(one["cpu_s"] for one in read.values()), 2),
        "slowest": slowest,
        "slowest_cpu_s": read[slowest]["cpu_s"],
        "peak_mib": max(one["peak_mib"] for one in read.values()),
    }
    if wanted:
        found["no_words_where_pdfium_reads"] = [file for file in wanted if not words(read[file]["text"])]
    return found


def beside(likeness, sort):
    """Means over the files with this sort of reference, and by how much Engraft is ahead, file by file."""
    files = [file for kept, file in likeness["engraft"] if kept == sort]
    found = {"files": len(files)}
    for library, each in likeness.items():
        found[library] = {part: round(statistics.fmean(each[sort, file][part] for file in files), 4) for part in PARTS}
        if library != "engraft":
            differences = {file: likeness["engraft"][sort, file]["f1"] - each[sort, file]["f1"] for file in files}
            found[library]["engraft_ahead"] = ahead(differences)
    return found


def ahead(differences):
    """The mean difference of F1 and its 95 % interval (percentiles of means of files drawn again), and the files that differ."""
    draw, each = random.Random(SEED), list(differences.values())
    means = sorted(statistics.fmean(draw.choices(each, k=len(each))) for _ in range(RESAMPLES))
    low, high = means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]
    return {
        "f1": round(statistics.fmean(each), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "files_ahead": sum(one > 0.01 for one in each),
        "behind": [file for file, one in differences.items() if one < -0.01],
    }
