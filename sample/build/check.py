"""Checks the sample: counts, sizes, ids, and that each quote stands in the file it names, before and after the update.

    python sample/build/check.py

Needs the readers from requirements.txt. Prints the counts and exits with 1 after listing everything that is wrong.
"""

import collections
import csv
import email
import email.policy
import html.parser
import io
import json
import pathlib
import re
import sys
import unicodedata

import docx
import openpyxl
import pptx
import pypdf

SAMPLE = pathlib.Path(__file__).resolve().parent.parent
HANDBOOK, UPDATES = SAMPLE / "handbook", SAMPLE / "updates"
KINDS = {"fact", "number", "date", "procedure", "table", "conflict", "update", "multi_page"}
LEAST = {"md": 24, "html": 6, "pdf": 4, "docx": 4, "xlsx": 3, "eml": 4, "csv": 1, "pptx": 1}
LIMIT = 1_500_000


class Visible(html.parser.HTMLParser):
    """The text of a page without scripts and styles."""

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style")
        self.parts.append(" " if tag not in ("a", "b", "strong", "em") else "")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def shown(value):
    return "" if value is None else value.date().isoformat() if hasattr(value, "date") else str(value)


def read(data, suffix, spot=None):
    """The text a reader sees; `spot` narrows a PDF to one page and a sheet to one cell."""
    if suffix in ("md", "txt"):
        return data.decode("utf-8")
    if suffix == "html":
        page = Visible()
        page.feed(data.decode("utf-8"))
        return "".join(page.parts)
    if suffix == "pdf":
        pages = pypdf.PdfReader(io.BytesIO(data)).pages
        return "\n".join(p.extract_text() for n, p in enumerate(pages, 1) if spot in (None, n))
    if suffix == "docx":
        doc = docx.Document(io.BytesIO(data))
        cells = [c.text for t in doc.tables for r in t.rows for c in r.cells]
        return "\n".join([p.text for p in doc.paragraphs] + cells)
    if suffix == "pptx":
        frames = [s.text_frame.text for slide in pptx.Presentation(io.BytesIO(data)).slides for s in slide.shapes if s.has_text_frame]
        return "\n".join(frames)
    if suffix == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data))
        if spot:
            sheet, cell = spot.split("!")
            return shown(book[sheet][cell].value)
        return "\n".join(shown(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row)
    if suffix == "csv":
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"))))
        return rows[int(spot[1:]) - 1][ord(spot[0]) - 65] if spot else "\n".join(c for row in rows for c in row)
    if suffix == "eml":
        mail = email.message_from_bytes(data, policy=email.policy.default)
        texts = [mail["Subject"], mail.get_body(("plain",)).get_content()]
        for part in mail.iter_attachments():
            texts.append(read(part.get_payload(decode=True), part.get_filename().rsplit(".", 1)[1]))
        return "\n".join(texts)
    raise ValueError(f"no reader for {suffix}")


def folded(text, suffix):
    """Markdown is compared byte for byte, other formats without regard to line ends, and PDF also without hyphens at them."""
    if suffix == "md":
        return text
    text = unicodedata.normalize("NFKC", text)
    if suffix == "pdf":
        return re.sub(r"[\s\u00ad-]+", "", text)
    return re.sub(r"\s+", " ", text)


def holds(path, quote, spot=None):
    suffix = path.suffix[1:]
    text, wanted = folded(read(path.read_bytes(), suffix, spot), suffix), folded(quote, suffix)
    if spot and suffix in ("xlsx", "csv"):
        return text == wanted
    return wanted in text


def rows_of(name):
    return [json.loads(line) for line in (SAMPLE / name).read_text("utf-8").splitlines()]


def main():
    wrong = []

    def expect(truth, words):
        if not truth:
            wrong.append(words)

    files = sorted(p for p in HANDBOOK.rglob("*") if p.is_file())
    formats = collections.Counter(p.suffix[1:] for p in files)
    for suffix, least in LEAST.items():
        expect(formats[suffix] >= least, f"{formats[suffix]} {suffix} files, at least {least} are promised")
    expect(set(formats) <= set(LEAST), f"unknown formats: {sorted(set(formats) - set(LEAST))}")
    expect(len(files) >= 40, f"only {len(files)} documents")
    size = sum(p.stat().st_size for p in SAMPLE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    expect(size <= LIMIT, f"{size:,} bytes, the limit is {LIMIT:,}")
    for path in files:
        expect(len(read(path.read_bytes(), path.suffix[1:]).strip()) > 200, f"{path.relative_to(SAMPLE)}: hardly any text")

    removed = (UPDATES / "removed.txt").read_text("utf-8").split()
    new = {str(p.relative_to(UPDATES)): p for p in UPDATES.rglob("*") if p.is_file() and p.name != "removed.txt"}
    changed = [u for u in new if (HANDBOOK / u).exists()]
    expect(len(changed) >= 3 and len(new) > len(changed) and removed, "the update changes, adds and removes too little")
    for uri in removed:
        expect((HANDBOOK / uri).exists() and uri not in new, f"removed.txt: {uri} is not a file of version 1 only")
    for uri in changed:
        expect((HANDBOOK / uri).read_bytes() != new[uri].read_bytes(), f"updates/{uri}: same as version 1")

    def later(uri):
        """The file at `uri` after the update, or None."""
        return None if uri in removed else new.get(uri, HANDBOOK / uri)

    for tree, exists in ((HANDBOOK, lambda uri: (HANDBOOK / uri).exists()), (UPDATES, lambda uri: bool(later(uri)) and later(uri).exists())):
        for path in tree.rglob("*.md"):
            for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
                uri = (path.parent / target).resolve().relative_to(tree)
                expect(exists(str(uri)), f"{path.relative_to(SAMPLE)}: broken link {target}")

    questions = rows_of("questions.jsonl")
    for field in ("id", "question"):
        twice = [v for v, n in collections.Counter(q[field] for q in questions).items() if n > 1]
        expect(not twice, f"{field} used twice: {twice}")
    yes = [q for q in questions if q["answerable"]]
    no = [q for q in questions if not q["answerable"]]
    expect(len(yes) >= 60 and len(no) >= 18, f"{len(yes)} answerable and {len(no)} unanswerable questions")
    for q in questions:
        who = q["id"]
        expect(q["kind"] in KINDS, f"{who}: kind {q['kind']}")
        expect(bool(q["gold"]) == q["answerable"], f"{who}: answerable and gold disagree")
        expect(bool(q["answer"]) == q["answerable"], f"{who}: answerable and answer disagree")
        whole = q["kind"] in ("conflict", "multi_page")
        expect(not whole or len(q["gold"]) >= 2, f"{who}: one passage only")
        expect(q.get("needs") == ("all" if whole else None), f"{who}: needs {q.get('needs')}")
        after = q.get("after_update")
        expect(q["kind"] != "update" or after, f"{who}: an update question without a later answer")
        for g in q["gold"]:
            path, spot = HANDBOOK / g["uri"], g.get("page", g.get("cell"))
            expect(path.is_file(), f"{who}: no file {g['uri']}")
            if not path.is_file():
                continue
            expect("\n" not in g["quote"] and holds(path, g["quote"], spot), f"{who}: not in {g['uri']}: {g['quote']}")
            then = later(g["uri"])
            if after is None:
                expect(then and holds(then, g["quote"], spot), f"{who}: {g['uri']} changes, but no later answer is given")
            elif q["kind"] == "update":
                expect(then is None or not holds(then, g["quote"], spot), f"{who}: the old quote survives the update")
        if after:
            then = later(after["uri"])
            expect(then and then.is_file() and holds(then, after["quote"]), f"{who}: not after the update: {after['quote']}")
            then = HANDBOOK / after["uri"]
            expect(not then.is_file() or not holds(then, after["quote"]), f"{who}: the new quote stood there before")

    known = {q["id"]: q for q in questions}
    demo = rows_of("demo.jsonl")
    expect(len(demo) == 8 and all(known.get(d["id"]) == d for d in demo), "demo.jsonl is not eight of the questions")
    suffixes = {g["uri"].rsplit(".", 1)[1] for d in demo for g in d["gold"]}
    expect({"pdf", "xlsx"} <= suffixes, "the demo needs a PDF and a sheet")
    expect(any(d["kind"] == "conflict" for d in demo) and any(not d["answerable"] for d in demo)
           and any("after_update" in d and d["kind"] == "update" for d in demo), "the demo needs a conflict, a refusal and an update")

    cited = {g["uri"] for q in questions for g in q["gold"]}
    kinds = collections.Counter(q["kind"] for q in yes)
    print(f"{len(files)} documents: " + ", ".join(f"{n} {s}" for s, n in sorted(formats.items())))
    print(f"{len(cited)} of them hold an answer; {size:,} bytes with sources, {sum(p.stat().st_size for p in files):,} in handbook/")
    print(f"update: {len(changed)} changed, {len(new) - len(changed)} new, {len(removed)} removed")
    print(f"{len(yes)} answerable ({', '.join(f'{n} {k}' for k, n in sorted(kinds.items()))}), {len(no)} unanswerable, {len(demo)} in the demo")
    for words in wrong:
        print("wrong:", words, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
