"""Writes crates/nn/src/tokenizer/unicode.rs: how the reference tokenizer classes every code point.

Run with `cargo xtask golden unicode`.

The reference carries its own Unicode tables, older than those of any crate in use here, so each code point is put to
the reference itself: is it dropped, stripped as an accent, or split off as punctuation?
"""

import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench/encode"))
import environment

environment.enter()

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

OUT = Path(__file__).parents[2] / "crates/nn/src/tokenizer/unicode.rs"
OFF = {"handle_chinese_chars": False, "lowercase": False}
CLEAN = BertNormalizer(clean_text=True, strip_accents=False, **OFF)
STRIP = BertNormalizer(clean_text=False, strip_accents=True, **OFF)
SPLIT = BertPreTokenizer()

TABLES = [
    ("DROPPED", "Removed by cleaning: controls, format characters, private use and U+FFFD.",
     lambda c: CLEAN.normalize_str(f"a{c}b") == "ab"),
    ("ACCENTS", "Non-spacing marks, removed when accents are stripped.",
     lambda c: STRIP.normalize_str(c) == ""),
    ("PUNCTUATION", "Each a word of its own.",
     lambda c: len(SPLIT.pre_tokenize_str(f"a{c}b")) == 3),
]


def ranges(holds) -> list[tuple[int, int]]:
    out: list[list[int]] = []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or not holds(chr(code)):
            continue
        if out and out[-1][1] == code - 1:
            out[-1][1] = code
        else:
            out.append([code, code])
    return [(first, last) for first, last in out]


def table(name: str, doc: str, holds) -> str:
    items = [f"({first:#x}, {last:#x})" for first, last in ranges(holds)]
    rows, row = [], "   "
    for item in items:
        if len(row) + len(item) + 2 > 110:
            rows.append(row)
            row = "   "
        row += f" {item},"
    rows.append(row)
    return f"/// {doc}\n#[rustfmt::skip]\npub(super) const {name}: [(u32, u32); {len(items)}] = [\n" + "\n".join(rows) + "\n];\n"


OUT.write_text(
    "//! How the reference tokenizer classes code points: inclusive ranges, ascending.\n//!\n"
    f"//! Written by `xtask/golden/unicode.py`, which asks `tokenizers` {version('tokenizers')} about each code point.\n\n"
    + "\n".join(table(*one) for one in TABLES),
    encoding="utf-8",
)
