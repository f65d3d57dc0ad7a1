"""Compares our tokenizer with the reference on every text of a data folder, on all of Unicode and on random text.

Run with `cargo xtask golden check_tokenizer`.

Every file is taken whole and line by line; strings inside JSON are taken too, unescaped; files that are not UTF-8 are
read both with replacement characters and as Latin-1. Writes what was compared to bench/results/tokenizer-parity.json, prints the
first differences and exits 1 if there are any.
"""

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path[:0] = [str(BENCH), str(BENCH / "encode")]
import environment

environment.enter()

from about import about, load
from environment import DATA, MODEL, REPOSITORY, TARGET
from tokenizer import BLOCK, CASES, block_text, open_reference, random_texts

TEXT = {".jsonl", ".json", ".md", ".txt", ".tsv", ".csv", ".html", ".htm", ".xml", ".eml", ".yml", ".yaml", ""}
RANDOM = 300_000
SEED = 29
RESULTS = BENCH / "results/tokenizer-parity.json"
MAX_CHARS = 4_000_000


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def texts_of(path: Path):
    raw = path.read_bytes()
    try:
        readings = [raw.decode("utf-8")]
    except UnicodeDecodeError:
        readings = [raw.decode("utf-8", "replace"), raw.decode("latin-1")]
    for text in readings:
        yield text[:MAX_CHARS]
        if path.suffix.lower() in TEXT:
            yield from text.splitlines()
    if path.suffix == ".jsonl":
        for line in readings[0].split("\n"):
            try:
                yield from strings(json.loads(line))
            except ValueError:
                continue


def batches(data: Path):
    """Name and texts of each source; those of the data folder by their path under it, the three made here in brackets."""
    yield "<cases>", list(CASES.values())
    yield "<all of Unicode>", [block_text(first) for first in range(0, 0x110000, BLOCK)]
    yield "<random>", random_texts(RANDOM, seed=SEED)
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        # A lone surrogate escaped in JSON is not text.
        yield str(path.relative_to(data)), [t.encode("utf-8", "replace").decode("utf-8") for t in set(texts_of(path))]


def main() -> None:
    build = ["cargo", "build", "--quiet", "--release", "-p", "engraft-nn", "--example", "tokenize"]
    subprocess.run(build, cwd=REPOSITORY, check=True)
    reference = open_reference(MODEL)
    whence = about(SEED)
    files = size = count = tokens = differences = 0
    for name, texts in batches(DATA):
        with tempfile.TemporaryFile("w+", encoding="utf-8") as lines:
            lines.writelines(json.dumps(text) + "\n" for text in texts)
            lines.seek(0)
            ours = subprocess.run([TARGET / "release/examples/tokenize", MODEL], stdin=lines, check=True, capture_output=True)
        answers = ours.stdout.decode("ascii").splitlines()
        assert len(answers) == len(texts), name
        for text, expected, answer in zip(texts, reference.encode_batch(texts), answers):
            ids = [int(word) for word in answer.split()]
            tokens += len(ids)
            if ids != expected.ids:
                differences += 1
                if differences <= 20:
                    at = next((n for n, (a, b) in enumerate(zip(ids, expected.ids)) if a != b), min(len(ids), len(expected.ids)))
                    around = text[max(0, expected.offsets[min(at, len(expected.ids) - 1)][0] - 10):][:40]
                    print(f"{name}: differs at token {at} near {around!r}: {ids[at:at + 5]} not {expected.ids[at:at + 5]}")
        if not name.startswith("<"):
            files += 1
            size += (DATA / name).stat().st_size
        count += len(texts)
    results = {
        **whence,
        "versions": {"tokenizers": version("tokenizers")},
        "files": files,
        "bytes": size,
        "random_texts": RANDOM,
        "longest_text_chars": MAX_CHARS,
        "texts": count,
        "tokens": tokens,
        "differences": differences,
        "load_after": load(),
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"{files} files, {count} texts, {tokens} tokens, {differences} differ")
    sys.exit(differences > 0)


if __name__ == "__main__":
    main()
