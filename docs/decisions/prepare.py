"""Brings public data into the form that the tasks here read.

    python3 docs/decisions/prepare.py [NAME …]

Reads ENGRAFT_TEST_DATA (by default ../shared/data beside the repository) and writes below target/decisions, all or those named:

- handbook: the pages of the TTS / 18F handbook as of 2024-12-31, each heading that is asked as a question blanked, and the
  questions with the section under that heading as their right passage; questions about facts that changed since 2023-06-30 with
  what is right now.
- scifact: an abstract a Markdown file, and the claims with the sentences that are evidence for or against each, as the annotators marked
  them (any one of them is enough); about a third of the claims have none, and an answer to them is wrong.
- sec-filings: the sentences of the loan agreements, ten in a row to a group: the files do not say which sentences are of one
  agreement, and those that stand together mostly are.
"""

import json
import os
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data"))
OUT = ROOT / "target/decisions"
TOGETHER = 10


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def fresh(path):
    if path.exists():
        shutil.rmtree(path)
    path.mkdir(parents=True)
    return path


def handbook():
    source = DATA / "kb-18f-handbook"
    out = fresh(OUT / "handbook")
    for page in (source / "t1").rglob("*.md"):
        copy = out / "pages" / page.relative_to(source / "t1")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(page.read_bytes())
    questions = []
    for row in rows(source / "faq.jsonl"):
        page = out / "pages" / row["file"]
        lines = page.read_text(encoding="utf-8").split("\n")
        lines[row["line"] - 1] = ""
        page.write_text("\n".join(lines), encoding="utf-8")
        slice_ = {"unchanged": "stable fact", "changed": "volatile fact", "new": "new page or section"}[row["since_t0"]]
        questions.append({"id": row["id"], "question": row["question"], "gold": [{"quote": row["answer_md"], "uri": row["file"]}],
                          "group": row["file"], "slice": slice_})
    for row in rows(source / "update_questions.jsonl"):
        questions.append({"id": row["id"], "question": row["question"], "answer": row["answer_t1"],
                          "gold": [{"quote": row["evidence_t1"], "uri": row["file_t1"]}], "group": row["file_t1"], "slice": "volatile fact"})
    write(out / "questions.jsonl", questions)
    print(len(questions), "handbook questions")


def scifact():
    source = DATA / "rag-scifact"
    out = fresh(OUT / "scifact")
    (out / "abstracts").mkdir()
    abstracts = {row["_id"]: row for row in rows(source / "corpus.jsonl")}
    for id_, row in abstracts.items():
        (out / "abstracts" / f"{id_}.md").write_text(f"# {row['title'].strip()}\n\n{row['text'].strip()}\n", encoding="utf-8")
    known = set()
    for part, file in (("train", "claims_train.jsonl"), ("test", "claims_dev.jsonl")):
        questions, several = [], 0
        for row in rows(source / file):
            evidence = sorted((one["doc_id"], place) for one in row["evidence"] for place in one["sentences"])
            several += any(len(one["sentences"]) > 1 for one in row["evidence"])
            holds = {id_ for id_, _ in evidence}
            question = {"id": row["id"], "question": row["claim"], "group": row["cited_doc_ids"][0],
                        "gold": [{"quote": sentence(abstracts[id_], place), "uri": f"{id_}.md"} for id_, place in dict.fromkeys(evidence)]}
            if not holds:
                question |= {"answerable": False, "slice": "no evidence"}
            elif part == "test":
                question["slice"] = "an abstract that training names" if known & holds else "new abstracts"
            if part == "train":
                known.update(holds)
            questions.append(question)
        write(out / f"{part}.jsonl", questions)
        print(len(questions), part, "claims,", sum(not question["gold"] for question in questions), "without evidence,",
              several, "with a rationale of several sentences")


def sentence(abstract, place):
    """The sentence of an abstract at that place, from 0, as its annotators had it."""
    ends = [0, *abstract["sent_ends"]]
    return abstract["text"][ends[place]:ends[place + 1]].strip()


def sec_filings():
    for part in ("train", "test"):
        sentences = rows(DATA / "ner-sec-filings" / f"{part}.jsonl")
        marked = [{"id": f"{part}-{at + 1}", **row, "group": f"{part} {at // TOGETHER}"} for at, row in enumerate(sentences)]
        write(OUT / "sec-filings" / f"{part}.jsonl", marked)
        print(len(marked), part, "sentences")


MAKE = {"handbook": handbook, "scifact": scifact, "sec-filings": sec_filings}
for name in sys.argv[1:] or MAKE:
    MAKE[name]()
