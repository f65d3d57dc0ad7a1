"""Retrieval quality of the released binary on public collections, scored by pytrec_eval.

Run with `cargo xtask bench quality`. Reads ENGRAFT_TEST_DATA (default ../shared/data); writes
bench/results/quality.json. Every run goes through `import beir` and `search --batch`, as a user's would.
ENGRAFT_BENCH_WORKSPACES names a folder that keeps the workspaces, so that a later run need not embed them anew.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import venv

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", ROOT / "target/release/engraft"))
VENV = ROOT / "target/bench-venv-quality"
REQUIREMENTS = ["numpy==2.4.6", "pytrec_eval-terrier==0.5.11"]
MODES = ["lexical", "dense", "hybrid"]
RESAMPLES = 2000
SEED = 0


def in_venv():
    """Starts this script again inside its own environment."""
    python = VENV / "bin/python"
    if pathlib.Path(sys.prefix) == VENV:
        return
    if not python.exists():
        venv.create(VENV, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
    os.execv(python, [str(python), *sys.argv])


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def tsv(path):
    qrels = {}
    for line in open(path, encoding="utf-8").read().splitlines()[1:]:
        query, document, grade = line.split("\t")
        qrels.setdefault(query, {})[document] = int(grade)
    return qrels


def scifact():
    folder = DATA / "rag-scifact"
    return lines(folder / "corpus.jsonl"), lines(folder / "queries.jsonl"), tsv(folder / "qrels/test.tsv")


def cranfield():
    folder = DATA / "rag-cranfield"
    return lines(folder / "corpus.jsonl"), lines(folder / "queries.jsonl"), tsv(folder / "qrels.tsv")


def xquad(language):
    folder = DATA / "rag-xquad"
    questions = lines(folder / f"{language}.questions.jsonl")
    qrels = {question["_id"]: {question["passage"]: 1} for question in questions}
    return lines(folder / f"{language}.passages.jsonl"), questions, qrels


def handbook():
    """The handbook's sections; the headings that are asked as questions are blanked, as SOURCE.md advises."""
    folder = DATA / "kb-18f-handbook"
    faq = lines(folder / "faq.jsonl")
    blank = {(pair["file"], pair["line"]) for pair in faq}
    corpus = []
    for path in sorted((folder / "t1").rglob("*.md")):
        name = str(path.relative_to(folder / "t1"))
        corpus.extend(sections(name, path.read_text(encoding="utf-8"), blank))
    queries = [{"_id": pair["id"], "text": pair["question"]} for pair in faq]
    qrels = {}
    for pair in faq:
        own = f"{pair['file']}#{pair['line']}"
        # A heading with no words of its own is answered by the sections below it.
        gold = [section["_id"] for section in corpus if own == section["_id"]] or [
            section["_id"] for section in corpus if own in section["above"]
        ]
        assert gold, own
        qrels[pair["id"]] = {section: 1 for section in gold}
    return corpus, queries, qrels


def sections(name, text, blank):
    """Every heading's own text, with page title and heading path as its title."""
    rows = text.splitlines()
    title, start = name, 0
    if rows and rows[0].strip() == "---":
        end = next((at for at, row in enumerate(rows[1:], 1) if row.strip() == "---"), 0)
        for row in rows[1:end]:
            match = re.match(r"title:\s*(.+)", row)
            title = match.group(1).strip("\"' ") if match else title
        start = end + 1
    path, found, line, body, fenced = [], [], 0, [], False

    def close():
        if "".join(body).strip():
            words = " > ".join([title] + [heading for _, heading, _ in path if heading])
            above = [f"{name}#{number}" for _, _, number in path[:-1]]
            section = {"_id": f"{name}#{line}", "title": words, "text": "\n".join(body).strip(), "above": above}
            found.append(section)

    for number, row in enumerate(rows[start:], start + 1):
        fenced ^= row.lstrip().startswith("```")
        match = None if fenced else re.match(r"(#{1,6})\s+(.*?)\s*#*$", row)
        if not match:
            body.append(row)
            continue
        close()
        level, words = len(match.group(1)), match.group(2)
        if (name, number) in blank:
            words = ""
        path = [step for step in path if step[0] < level] + [(level, words, number)]
        line, body = number, []
    close()
    return found


COLLECTIONS = {
    "scifact": scifact,
    "cranfield": cranfield,
    "handbook-faq-sections": handbook,
    **{f"xquad-{language}": (lambda language=language: xquad(language)) for language in "en de es zh ar hi ru".split()},
}


def engraft(*words, workspace):
    run = subprocess.run(
        [BINARY, "--workspace", workspace, "--json", "--quiet", *map(str, words)], capture_output=True, text=True
    )
    if run.returncode:
        raise SystemExit(f"{words}: {run.stdout}{run.stderr}")
    return json.loads(run.stdout)


def score(run_file, qrels, queries):
    import numpy
    import pytrec_eval

    run = {query["_id"]: {} for query in queries if query["_id"] in qrels}
    for line in open(run_file, encoding="utf-8"):
        # Document ids may hold blanks: the four fields behind them do not.
        query, rest = line.rstrip("\n").split(" Q0 ", 1)
        document, _, value, _ = rest.rsplit(" ", 3)
        if query in run:
            run[query][document] = float(value)
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.100", "recip_rank"})
    results = evaluator.evaluate(run)
    out = {}
    for measure, name in [("ndcg_cut_10", "nDCG@10"), ("recall_100", "R@100"), ("recip_rank", "RR")]:
        values = numpy.array([results.get(query, {}).get(measure, 0.0) for query in sorted(qrels)])
        draws = numpy.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
        low, high = numpy.percentile(values[draws].mean(axis=1), [2.5, 97.5])
        out[name] = {"value": round(float(values.mean()), 4), "low": round(float(low), 4),
                     "high": round(float(high), 4), "n": len(values)}
    return out


def measure(name, config):
    corpus, queries, qrels = COLLECTIONS[name]()
    queries = [query for query in queries if query["_id"] in qrels]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        kept = os.environ.get("ENGRAFT_BENCH_WORKSPACES")
        beir, workspace = folder / name, pathlib.Path(kept) / name if kept else folder / "workspace"
        beir.mkdir()
        for file, records in [("corpus.jsonl", corpus), ("queries.jsonl", queries)]:
            keep = ("_id", "title", "text")
            rows = (json.dumps({key: record[key] for key in keep if key in record}) for record in records)
            (beir / file).write_text("\n".join(rows), encoding="utf-8")
        # What a kept workspace was told or tuned to has no say.
        for path in [workspace / "engraft.toml", workspace / ".engraft/serving.json"]:
            path.unlink(missing_ok=True)
        engraft("init", workspace, workspace=workspace)
        if config:
            (workspace / "engraft.toml").write_text(config, encoding="utf-8")
        report = engraft("import", "beir", beir, workspace=workspace)
        documents = sum(report["documents"][key] for key in ["added", "updated", "unchanged"])
        scores = {"documents": documents, "chunks": report["chunks"]["total"]}
        for mode in MODES:
            run_file = folder / f"{mode}.trec"
            engraft("search", "--batch", beir / "queries.jsonl", "--out", run_file, "--mode", mode, workspace=workspace)
            scores[mode] = score(run_file, qrels, queries)
    return scores


def main():
    in_venv()
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    wanted = sys.argv[1:] or list(COLLECTIONS)
    config = os.environ.get("ENGRAFT_BENCH_CONFIG", "")
    target = ROOT / "bench/results/quality.json"
    results = {**about(SEED), "resamples": RESAMPLES, "scorer": REQUIREMENTS[1],
               "interval": "95 % percentile bootstrap over queries", "collections": {}}
    print("| collection | documents | lexical | dense | hybrid |\n|---|---|---|---|---|")
    for name in wanted:
        scores = measure(name, config)
        results["collections"][name] = scores
        cells = [f"{scores[mode]['nDCG@10']['value']:.3f}" for mode in MODES]
        print(f"| {name} | {scores['documents']} | {' | '.join(cells)} |", flush=True)
    if sys.argv[1:] and target.exists():
        # A part that is measured again takes its place among the rest.
        before = json.loads(target.read_text(encoding="utf-8"))["collections"]
        results["collections"] = before | results["collections"]
    if not config:
        target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
