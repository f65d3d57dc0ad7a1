"""What judgements make of search: fusion, retriever and reranker tuned by the released binary on public collections.

Run with `cargo xtask bench ranking [PART…]`; parts are scifact-adapter, scifact-encoder, scifact-encoder-twice (two passes over
the questions, sixty-four at a time), scifact-encoder-128 (the same on 128 tokens of a passage), scifact-reranker,
cranfield-fusion and handbook-fusion. Reads ENGRAFT_TEST_DATA (default ../shared/data); writes bench/results/ranking.json.
Judgements of SciFact's training questions are learnt from, its 300 test questions are measured once. Fusion is
cross-validated. Every figure is that of the command's own report. ENGRAFT_BENCH_WORKSPACES names a folder that keeps the
workspaces, so that a later part need not embed them anew.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/quality"))
import run as quality  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about  # noqa: E402

BINARY = quality.BINARY
THREADS = os.environ.get("ENGRAFT_BENCH_THREADS", "2")
# As an encoder was trained before: slower, and no better.
TWICE = ["--seeds", "3", "--epochs", "2", "--batch", "64"]
# What each part is asked besides data and evaluation.
PARTS = {
    "scifact-adapter": ("scifact", "retriever", ["--method", "adapter", "--seeds", "3"]),
    "scifact-encoder": ("scifact", "retriever", ["--method", "encoder", "--seeds", "3"]),
    "scifact-encoder-twice": ("scifact", "retriever", ["--method", "encoder", *TWICE]),
    "scifact-encoder-128": ("scifact", "retriever", ["--method", "encoder", *TWICE, "--window", "128"]),
    "scifact-reranker": ("scifact", "reranker", ["--seeds", "3"]),
    "cranfield-fusion": ("cranfield", "fusion", []),
    "handbook-fusion": ("handbook-faq-sections", "fusion", []),
}


def engraft(workspace, *words):
    command = [BINARY, "--workspace", workspace, "--json", "--quiet", "--threads", THREADS, *map(str, words)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{words}: {run.stdout}{run.stderr}")
    return json.loads(run.stdout)


def workspace(folder, name):
    """A workspace with the collection in it, and its judgements as tables."""
    own, beir = folder / name, folder / f"{name}-beir"
    corpus, queries, qrels = quality.COLLECTIONS[name]()
    (beir / "qrels").mkdir(parents=True, exist_ok=True)
    for file, records in [("corpus.jsonl", corpus), ("queries.jsonl", queries)]:
        keep = ("_id", "title", "text")
        rows = (json.dumps({key: record[key] for key in keep if key in record}) for record in records)
        (beir / file).write_text("\n".join(rows), encoding="utf-8")
    table = ["query-id\tcorpus-id\tscore"]
    table += [f"{query}\t{doc}\t{grade}" for query, docs in qrels.items() for doc, grade in docs.items()]
    (beir / "qrels/test.tsv").write_text("\n".join(table) + "\n", encoding="utf-8")
    if name == "scifact":
        shutil.copy(quality.DATA / "rag-scifact/qrels/train.tsv", beir / "qrels/train.tsv")
    if not (own / "engraft.toml").exists():
        engraft(own, "init", own)
        engraft(own, "import", "beir", beir)
    return own, beir


def measure(folder, part):
    collection, kind, more = PARTS[part]
    own, beir = workspace(folder, collection)
    # Each part starts from search as it is out of the box.
    for path in [own / ".engraft/serving.json", own / ".engraft/models"]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if collection == "scifact":
        judgements = ["--data", beir / "qrels/train.tsv", "--eval", beir / "qrels/test.tsv"]
    else:
        judgements = ["--data", beir / "qrels/test.tsv"]
    report = engraft(own, "tune", kind, *judgements, *more)
    keep = ["kind", "method", "base", "train", "eval", "against", "against_base", "ship", "why", "seeds", "data"]
    out = {key: report[key] for key in keep if key in report}
    out["settings"] = engraft(own, "model", "show", report["model"])["manifest"]["settings"]
    return out


def main():
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    target = ROOT / "bench/results/ranking.json"
    results = {"parts": {}}
    if target.exists():
        results = json.loads(target.read_text(encoding="utf-8"))
    kept = os.environ.get("ENGRAFT_BENCH_WORKSPACES")
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(kept or scratch)
        for part in sys.argv[1:] or PARTS:
            whence = about(0)
            found = measure(folder, part)
            found.update(whence, threads=int(THREADS))
            results["parts"][part] = found
            print(part, found["why"], flush=True)
            target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
