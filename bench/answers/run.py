"""Answers of the released binary: do the quotes hold the answer, is what the documents do not say left unanswered, is
what changed answered from the new text?

Run with `cargo xtask bench answers`. Reads ENGRAFT_TEST_DATA (default ../shared/data) and sample/; writes
bench/results/answers.json. Every answer goes through `ingest` or `import` and `ask --batch`, as a user's would.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", ROOT / "target/release/engraft"))
VERBOSE = "--verbose" in sys.argv


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def engraft(workspace, *words):
    run = subprocess.run([BINARY, "--workspace", workspace, "--json", "--quiet", *map(str, words)],
                         capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{words}: {run.stdout}{run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def ask(workspace, folder, questions):
    """Answers by id; asserts that every citation reproduces its quote from the stored text."""
    file = folder / "questions.jsonl"
    rows = [json.dumps({"id": question["id"], "question": question["question"]}) for question in questions]
    file.write_text("\n".join(rows), encoding="utf-8")
    answers = {answer["id"]: answer for answer in engraft(workspace, "ask", "--batch", file)}
    texts = {}
    for answer in answers.values():
        for citation in answer["citations"]:
            doc = citation["doc_id"]
            if doc not in texts:
                texts[doc] = engraft(workspace, "docs", "show", doc)[0]["text"]
            span = texts[doc][citation["char_start"]:citation["char_end"]]
            assert span == citation["quote"], (answer["id"], citation)
            assert 0 <= citation["message_start"] < citation["message_end"] <= len(answer["answer"])
    return answers


def flat(text):
    return " ".join(text.split()).casefold()


def holds(answer, quote):
    """Whether a quote of the answer holds these words, or is part of them."""
    wanted = flat(quote)
    cited = [flat(citation["quote"]) for citation in answer["citations"]]
    return any(wanted in words or words in wanted for words in cited)


def share(hits, of):
    return {"value": round(hits / of, 4) if of else None, "hits": hits, "n": of}


def reliability(told):
    """Whether answers with more support are right more often: pairs of support and right, of what was answered. The area under
    the ROC curve, and the expected calibration error in ten bins of equal width."""
    right, wrong = ([support for support, good in told if good == kind] for kind in (True, False))
    above = sum((a > b) + (a == b) / 2 for a in right for b in wrong)
    bins = [[row for row in told if min(int(row[0] * 10), 9) == at] for at in range(10)]
    apart = sum(abs(sum(support for support, _ in rows) - sum(good for _, good in rows)) for rows in bins)
    return {"auroc": round(above / (len(right) * len(wrong)), 4) if right and wrong else None,
            "ece": round(apart / len(told), 4), "n": len(told), "right": len(right)}


def say(kind, question, answer):
    if VERBOSE:
        print(f"  {kind}: {question['question']} -> {answer['support']:.2f} {answer['answer'][:160]!r}")


def sample(folder):
    docs, workspace = folder / "handbook", folder / "kb"
    shutil.copytree(ROOT / "sample/handbook", docs)
    engraft(workspace, "init", workspace)
    engraft(workspace, "ingest", docs)
    questions = lines(ROOT / "sample/questions.jsonl")
    answers = ask(workspace, folder, questions)
    answered, right, false, told = 0, 0, 0, []
    wanted = [question for question in questions if question["answerable"]]
    for question in questions:
        answer = answers[question["id"]]
        if not question["answerable"]:
            false += answer["answerable"]
            if answer["answerable"]:
                told.append((answer["support"], False))
                say("should abstain", question, answer)
            continue
        answered += answer["answerable"]
        golds = [gold["quote"] for gold in question["gold"]]
        good = answer["answerable"] and any(holds(answer, gold) for gold in golds)
        right += good
        if answer["answerable"]:
            told.append((answer["support"], good))
        if not good:
            say("misses" if answer["answerable"] else "abstains", question, answer)
    return {"answerable_answered": share(answered, len(wanted)), "gold_in_quotes": share(right, len(wanted)),
            "unanswerable_answered": share(false, len(questions) - len(wanted)), "support": reliability(told)}


def of_passages(folder, rows):
    """A workspace with these passages alone."""
    workspace, beir = folder / "kb", folder / "beir"
    beir.mkdir(parents=True)
    (beir / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    engraft(workspace, "init", workspace)
    engraft(workspace, "import", "beir", beir)
    return workspace


def xquad(folder):
    passages = lines(DATA / "rag-xquad/en.passages.jsonl")
    questions = [{**question, "id": question["_id"], "question": question["text"]}
                 for question in lines(DATA / "rag-xquad/en.questions.jsonl")]
    answers = ask(of_passages(folder / "all", passages), folder, questions)
    inside, answered, told = 0, 0, []
    for question in questions:
        answer = answers[question["id"]]
        answered += answer["answerable"]
        end = question["start"] + len(question["answer"])
        good = any(citation["uri"] == question["passage"] and citation["char_start"] <= question["start"]
                   and end <= citation["char_end"] for citation in answer["citations"])
        inside += good
        if answer["answerable"]:
            told.append((answer["support"], good))
        if not good:
            say(f"misses {question['answer']!r}", question, answer)
    made_up = []
    for half in (0, 1):
        # Every second passage is there, so that others of the same article are, and those questions are asked that it lacks.
        there = passages[half::2]
        lacks = {row["_id"] for row in passages} - {row["_id"] for row in there}
        asked = [question for question in questions if question["passage"] in lacks]
        given = ask(of_passages(folder / f"half-{half}", there), folder, asked)
        made_up += [(answer["support"], False) for answer in given.values() if answer["answerable"]]
    return {"gold_span_in_quotes": share(inside, len(questions)), "answered": share(answered, len(questions)),
            "answered_without_its_passage": share(len(made_up), len(questions)),
            "support": reliability(told), "support_with_those_without": reliability(told + made_up)}


def updates(folder):
    base = DATA / "kb-18f-handbook"
    docs, workspace = folder / "handbook", folder / "kb"
    shutil.copytree(base / "t0", docs)
    subprocess.run(["chmod", "-R", "u+w", docs], check=True)
    engraft(workspace, "init", workspace)
    engraft(workspace, "ingest", docs)
    questions = lines(base / "update_questions.jsonl")
    before = ask(workspace, folder, questions)
    shutil.rmtree(docs)
    shutil.copytree(base / "t1", docs)
    report = engraft(workspace, "sync")[0]
    after = ask(workspace, folder, questions)
    new, stale, old = 0, 0, 0
    for question in questions:
        old += any(question["evidence_t0"] in citation["quote"] for citation in before[question["id"]]["citations"])
        answer = after[question["id"]]
        for citation in answer["citations"]:
            current = (docs / citation["uri"]).read_text(encoding="utf-8")
            stale += citation["quote"] not in current
        good = any(question["evidence_t1"] in citation["quote"] for citation in answer["citations"])
        new += good
        if not good:
            say(f"misses {question['evidence_t1']!r}", question, answer)
    return {"evidence_t0_cited_at_t0": share(old, len(questions)), "evidence_t1_cited_at_t1": share(new, len(questions)),
            "stale_citations": stale, "sync": report["documents"], "sync_seconds": round(report["seconds"], 2)}


def main():
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    results = about(None)
    parts = {"sample": sample, "xquad-en": xquad, "handbook-updates": updates}
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")] or list(parts)
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            results[name] = parts[name](pathlib.Path(folder))
        print(name, json.dumps(results[name], indent=1), flush=True)
    if wanted == list(parts) and "ENGRAFT_BINARY" not in os.environ:
        (ROOT / "bench/results/answers.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
