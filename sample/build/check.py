"""Checks the sample: counts, sizes, ids, and that each quote stands in the file it names, before and after the update.

    python sample/build/check.py

Needs the readers from requirements.txt. Prints the counts and exits with 1 after listing everything that is wrong.
"""

import collections
import json
import pathlib
import re
import sys

from readers import folded, holds, read

SAMPLE = pathlib.Path(__file__).resolve().parent.parent
HANDBOOK, UPDATES = SAMPLE / "handbook", SAMPLE / "updates"
KINDS = {"fact", "number", "date", "procedure", "table", "conflict", "update", "multi_page"}
LEAST = {"md": 24, "html": 6, "pdf": 4, "docx": 4, "xlsx": 3, "eml": 4, "csv": 1, "pptx": 1}
LIMIT = 1_500_000


def rows_of(name):
    return [json.loads(line) for line in (SAMPLE / name).read_text("utf-8").splitlines()]


def check_judged(rows, questions, tour, later, expect):
    """What is judged is a question with passages of the handbook after the update, right where its gold stands and nowhere else."""
    for item in rows:
        who, question = f"judged {item['id']}", questions.get(item["id"])
        expect(question and item["id"] not in tour, f"{who}: no question, or one of the demo")
        if not question:
            continue
        shown = item["fields"]["passages"]
        expect(item["fields"]["query"] == question["question"], f"{who}: asks something else")
        expect(len(item["responses"]) == 1, f"{who}: one response is promised")
        graded = item["responses"][0]["answers"]["relevance"]
        expect([p["id"] for p in shown] == [g["id"] for g in graded], f"{who}: the grades are of other passages")
        grades = {g["id"]: g["grade"] for g in graded}
        expect(0 in grades.values(), f"{who}: nothing is wrong")
        gold = [question["after_update"]] if "after_update" in question else question["gold"]
        found = set()
        for p in shown:
            then, suffix = later(p["uri"]), p["uri"].rsplit(".", 1)[1]
            parts = [p["text"]] if suffix == "md" else p["text"].split(" | ")
            expect(then and then.is_file() and all(holds(then, part) for part in parts), f"{who}: not in {p['uri']}: {p['text']}")
            held = {g["quote"] for g in gold if g["uri"] == p["uri"] and folded(g["quote"], suffix) in folded(p["text"], suffix)}
            found |= held
            expect(bool(held) == (grades.get(p["id"], 0) > 0), f"{who}: {p['id']} is graded {grades.get(p['id'])}")
            expect(held or p["uri"] not in {g["uri"] for g in gold + question["gold"]}, f"{who}: {p['uri']} is right and wrong")
        expect(found == {g["quote"] for g in gold}, f"{who}: lacks a passage that answers")


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

    judged = rows_of("annotation/judged.jsonl")
    ids = {item["id"] for item in judged}
    expect(len(judged) >= 80 and len(ids) == len(judged), f"{len(judged)} judged questions, {len(ids)} of them different")
    check_judged(judged, known, {d["id"] for d in demo}, later, expect)
    waiting = [(row["_id"], row["text"]) for row in rows_of("annotation/queries.jsonl")]
    expect(waiting == [(d["id"], d["question"]) for d in demo], "queries.jsonl does not ask what the demo asks")

    cited = {g["uri"] for q in questions for g in q["gold"]}
    kinds = collections.Counter(q["kind"] for q in yes)
    print(f"{len(files)} documents: " + ", ".join(f"{n} {s}" for s, n in sorted(formats.items())))
    print(f"{len(cited)} of them hold an answer; {size:,} bytes with sources, {sum(p.stat().st_size for p in files):,} in handbook/")
    print(f"update: {len(changed)} changed, {len(new) - len(changed)} new, {len(removed)} removed")
    print(f"{len(yes)} answerable ({', '.join(f'{n} {k}' for k, n in sorted(kinds.items()))}), {len(no)} unanswerable, {len(demo)} in the demo")
    print(f"{len(judged)} judged, with {sum(len(item['fields']['passages']) for item in judged)} passages")
    for words in wrong:
        print("wrong:", words, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
