"""What the released binary finds for the questions the reader is fitted on and measured with, as JSONL: input of `main.rs`.

Run as `python3 crates/answer/examples/fit/hits.py OUT [SET …]` from the workspace root after `cargo build --release`. Reads
sample/ and ENGRAFT_TEST_DATA (default ../shared/data); writes SET.jsonl into OUT, one line a question with its passages and
the stored texts they are a part of.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[4]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
BINARY = os.environ.get("ENGRAFT_BINARY", str(ROOT / "target/release/engraft"))
AT_ONCE = int(os.environ.get("ENGRAFT_AT_ONCE", os.cpu_count()))
DEPTH = 24  # passages a question: enough that some remain when those of a whole document are taken away


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def engraft(workspace, *words):
    run = subprocess.run([BINARY, "--workspace", workspace, "--json", "--quiet", "--threads", "1", *map(str, words)],
                         capture_output=True, text=True)
    if run.returncode > 1:
        raise SystemExit(f"{words}: {run.stdout}{run.stderr}")
    return json.loads(run.stdout.splitlines()[0]) if run.stdout.strip() else None


def standing(hit, explain):
    """The score `ask` hands to the reader: each leg from its worst candidate to its best, then weighed."""
    alpha = explain["fusion"]["alpha"]

    def share(name):
        leg, reach = hit["legs"].get(name), explain.get(f"{name}_scores")
        if not leg or not reach:
            return 0.0
        low, high = reach["low"], reach["high"]
        return min(max((leg["score"] - low) / (high - low), 0.0), 1.0) if high > low else float(leg["score"] >= high)

    return alpha * share("dense") + (1 - alpha) * share("lexical")


def find(workspace, questions, out):
    texts = {}

    def ask(question):
        found = engraft(workspace, "search", "--explain", "-k", DEPTH, "--", question["question"])
        keep = ("uri", "doc_id", "title", "heading", "page", "char_start", "char_end", "legs")
        hits = [{**{key: hit.get(key) for key in keep}, "score": standing(hit, found["explain"])} for hit in found["hits"]]
        return {**question, "hits": hits}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = list(pool.map(ask, questions))
    for row in rows:
        for hit in row["hits"]:
            uri, doc = hit["uri"], hit.pop("doc_id")
            if uri not in texts:
                texts[uri] = engraft(workspace, "docs", "show", doc)["text"]
    out.write_text("\n".join(json.dumps(row) for row in [{"texts": texts}, *rows]), encoding="utf-8")


def handbook(folder, source, blanked=()):
    """A workspace with the files of `source`; `blanked` names lines that are emptied: file, line from 1."""
    docs, workspace = folder / "handbook", folder / "kb"
    shutil.copytree(source, docs)
    subprocess.run(["chmod", "-R", "u+w", docs], check=True)
    for name, line in blanked:
        text = (docs / name).read_text(encoding="utf-8").split("\n")
        text[line - 1] = ""
        (docs / name).write_text("\n".join(text), encoding="utf-8")
    engraft(workspace, "init", workspace)
    engraft(workspace, "ingest", docs)
    return workspace


def collection(folder, rows):
    """A workspace with documents given as `_id`, `title` and `text`."""
    workspace, beir = folder / "kb", folder / "beir"
    beir.mkdir()
    (beir / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    engraft(workspace, "init", workspace)
    engraft(workspace, "import", "beir", beir)
    return workspace


def sample(folder, out):
    questions = [{"id": row["id"], "question": row["question"], "gold": row.get("gold", [])}
                 for row in lines(ROOT / "sample/questions.jsonl")]
    find(handbook(folder, ROOT / "sample/handbook"), questions, out)


def updates(folder, out):
    base = DATA / "kb-18f-handbook"
    questions = [{"id": row["id"], "question": row["question"],
                  "gold": [{"uri": row["file_t1"], "quote": row["evidence_t1"]}]}
                 for row in lines(base / "update_questions.jsonl")]
    find(handbook(folder, base / "t1"), questions, out)


def faq(folder, out):
    """Headings that are questions, emptied where they stand: what is below them answers."""
    base = DATA / "kb-18f-handbook"
    rows = lines(base / "faq.jsonl")
    questions = [{"id": row["id"], "question": row["question"],
                  "gold": [{"uri": row["file"], "quote": row["answer_md"]}]} for row in rows]
    find(handbook(folder, base / "t1", [(row["file"], row["line"]) for row in rows]), questions, out)


def reports(folder, out):
    """TAT-QA: annual reports, with the questions whose answer stands in its report just once."""
    rows, questions = [], []
    for row in lines(DATA / "rag-tatqa/tatqa.jsonl"):
        table = "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |" for cells in row["table"])
        text = "\n\n".join([*(part["text"] for part in row["paragraphs"]), table])
        rows.append({"_id": row["_id"], "title": "", "text": text})
        for asked in row["questions"]:
            answer = asked["answer"][0] if asked["answer_type"] == "span" else ""
            if answer and text.count(answer) == 1:
                gold = {"uri": row["_id"], "quote": answer, "start": text.index(answer)}
                questions.append({"id": asked["uid"], "question": asked["question"], "gold": [gold]})
    find(collection(folder, rows), questions, out)


def claims(folder, out):
    """SciFact: every third claim with the sentences that bear on it; for four in ten there are none."""
    workspace = folder / "kb"
    engraft(workspace, "init", workspace)
    engraft(workspace, "import", "beir", DATA / "rag-scifact")
    sentences = {}
    for row in lines(DATA / "rag-scifact/corpus.jsonl"):
        starts = [0, *row["sent_ends"]]
        sentences[row["_id"]] = [row["text"][start:end].strip() for start, end in zip(starts, row["sent_ends"])]
    questions = []
    for row in (lines(DATA / "rag-scifact/claims_train.jsonl") + lines(DATA / "rag-scifact/claims_dev.jsonl"))[::3]:
        gold = [{"uri": one["doc_id"], "quote": sentences[one["doc_id"]][at]}
                for one in row["evidence"] for at in one["sentences"]]
        questions.append({"id": row["id"], "question": row["claim"], "gold": gold})
    find(workspace, questions, out)


def xquad(language):
    def run(folder, out):
        workspace = collection(folder, lines(DATA / f"rag-xquad/{language}.passages.jsonl"))
        questions = [{"id": row["_id"], "question": row["text"],
                      "gold": [{"uri": row["passage"], "quote": row["answer"], "start": row["start"]}]}
                     for row in lines(DATA / f"rag-xquad/{language}.questions.jsonl")]
        find(workspace, questions, out)
    return run


SETS = {"sample": sample, "updates": updates, "faq": faq, "reports": reports, "claims": claims,
        **{f"xquad-{language}": xquad(language) for language in ("en", "de", "es")}}

if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or SETS:
        with tempfile.TemporaryDirectory() as scratch:
            SETS[name](pathlib.Path(scratch), target / f"{name}.jsonl")
            print(name, flush=True)
