"""What the released binary finds for the questions the reader is fitted on, as JSONL: input of `main.rs`.

Run as `python3 crates/answer/examples/fit/hits.py OUT` from the workspace root after `cargo build --release`. Reads
sample/ and ENGRAFT_TEST_DATA (default ../shared/data); writes sample.jsonl, updates.jsonl and xquad.jsonl into OUT, one
line a question with its passages and the stored texts they are a part of.
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
DEPTH = 24  # passages a question: enough that some remain when those of a whole document are taken away


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def engraft(workspace, *words):
    run = subprocess.run([BINARY, "--workspace", workspace, "--json", "--quiet", "--threads", "1", *map(str, words)],
                         capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[0]) if run.stdout.strip() else None


def find(workspace, questions, out):
    texts = {}

    def ask(question):
        hits = engraft(workspace, "search", "-k", DEPTH, question["question"])["hits"]
        keep = ("uri", "doc_id", "title", "heading", "page", "char_start", "char_end", "score", "legs")
        return {**question, "hits": [{key: hit.get(key) for key in keep} for hit in hits]}

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(ask, questions))
    for row in rows:
        for hit in row["hits"]:
            uri, doc = hit["uri"], hit.pop("doc_id")
            if uri not in texts:
                texts[uri] = engraft(workspace, "docs", "show", doc)["text"]
    out.write_text("\n".join(json.dumps(row) for row in [{"texts": texts}, *rows]), encoding="utf-8")


def handbook(folder, source):
    docs = folder / "handbook"
    shutil.copytree(source, docs)
    subprocess.run(["chmod", "-R", "u+w", docs], check=True)
    workspace = folder / "kb"
    engraft(workspace, "init", workspace)
    engraft(workspace, "ingest", docs)
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


def xquad(folder, out):
    workspace, beir = folder / "kb", folder / "beir"
    beir.mkdir()
    shutil.copy(DATA / "rag-xquad/en.passages.jsonl", beir / "corpus.jsonl")
    engraft(workspace, "init", workspace)
    engraft(workspace, "import", "beir", beir)
    questions = [{"id": row["_id"], "question": row["text"],
                  "gold": [{"uri": row["passage"], "quote": row["answer"], "start": row["start"]}]}
                 for row in lines(DATA / "rag-xquad/en.questions.jsonl")]
    find(workspace, questions, out)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name, make in {"sample": sample, "updates": updates, "xquad": xquad}.items():
        with tempfile.TemporaryDirectory() as scratch:
            make(pathlib.Path(scratch), target / f"{name}.jsonl")
