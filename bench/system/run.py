"""The whole program on one machine: how fast a folder comes in, how fast nothing is done, how soon a change is seen.

Run with `cargo xtask bench system`. Reads ENGRAFT_TEST_DATA (default ../shared/data); writes bench/results/system.json.
Every number is the wall time of the released binary as a process, medians of five where a run is short.
"""

import json
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", ROOT / "target/release/engraft"))
PAGES = 10_000
ROUNDS = 5


def engraft(workspace, *words):
    began = time.perf_counter()
    run = subprocess.run([BINARY, "--workspace", workspace, "--json", "--quiet", *map(str, words)],
                         capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if run.returncode > 1:
        raise SystemExit(f"{words}: {run.stdout}{run.stderr}")
    return seconds, [json.loads(line) for line in run.stdout.splitlines()]


def pages(folder, count):
    """Pages of about 2 KB, cut from real abstracts."""
    words = (DATA / "rag-scifact/corpus.jsonl").read_text(encoding="utf-8").split()
    dice = random.Random(0)
    for number in range(count):
        place = folder / str(number % 100)
        place.mkdir(parents=True, exist_ok=True)
        start = dice.randrange(len(words) - 400)
        text = " ".join(words[start:start + 400])[:1950]
        paragraphs = [text[at:at + 480] for at in range(0, len(text), 480)]
        (place / f"page{number}.md").write_text(f"# Page {number}\n\n" + "\n\n".join(paragraphs) + "\n", encoding="utf-8")


def median_ms(run, rounds=ROUNDS):
    return round(statistics.median(run() for _ in range(rounds)) * 1e3, 1)


def lexical(folder):
    docs, workspace = folder / "docs", folder / "kb"
    pages(docs, PAGES)
    time.sleep(3)  # Files written a moment ago are read again, as they may still change.
    engraft(workspace, "init", workspace, "--encoder", "none")
    seconds, (report,) = engraft(workspace, "ingest", docs)
    size = sum(path.stat().st_size for path in docs.rglob("*.md"))
    out = {"pages": PAGES, "MB": round(size / 1e6, 1), "chunks": report["chunks"]["total"],
           "ingest_seconds": round(seconds, 2), "pages_per_second": round(PAGES / seconds)}
    out["unchanged_sync_ms"] = median_ms(lambda: engraft(workspace, "sync")[0])
    out["search_process_ms"] = median_ms(lambda: engraft(workspace, "search", "cell growth", "--mode", "lexical")[0])
    watcher = subprocess.Popen([BINARY, "--workspace", workspace, "--json", "--quiet", "watch"], stdout=subprocess.PIPE, text=True)
    time.sleep(3)
    lags = []
    for number in range(20):
        (docs / "0/page0.md").write_text(f"# Page 0\n\nEdition {number} of this page.\n", encoding="utf-8")
        lags.append(json.loads(watcher.stdout.readline())["lag_ms"])
    watcher.kill()
    out["watch_lag_ms_median"] = round(statistics.median(lags), 1)
    return out


def hybrid(folder):
    docs, workspace = folder / "handbook", folder / "kb"
    shutil.copytree(DATA / "kb-18f-handbook/t1", docs)
    time.sleep(3)
    engraft(workspace, "init", workspace)
    seconds, (report,) = engraft(workspace, "ingest", docs)
    out = {"pages": report["documents"]["added"], "chunks": report["chunks"]["total"], "ingest_seconds": round(seconds, 2),
           "passages_embedded_per_second": round(report["embedded"] / seconds)}
    out["search_process_ms"] = median_ms(lambda: engraft(workspace, "search", "who approves travel")[0])
    out["ask_process_ms"] = median_ms(lambda: engraft(workspace, "ask", "who approves travel")[0])
    questions = folder / "questions.jsonl"
    questions.write_text("".join(json.dumps({"id": row["id"], "question": row["question"]}) + "\n" for row in map(
        json.loads, open(DATA / "kb-18f-handbook/faq.jsonl", encoding="utf-8"))), encoding="utf-8")
    answers = engraft(workspace, "ask", "--batch", questions)[1]
    took = sorted(answer["took_ms"] for answer in answers)
    out["ask_warm_ms"] = {"p50": round(took[len(took) // 2], 1), "p99": round(took[int(len(took) * 0.99)], 1), "n": len(took)}
    return out


def main():
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    results = {"commit": commit.strip(), "cores": os.cpu_count(), "binary_MB": round(BINARY.stat().st_size / 1e6, 1),
               "load_before": os.getloadavg()[0]}
    for name, part in [("without an encoder", lexical), ("with all-MiniLM-L6-v2, f32", hybrid)]:
        with tempfile.TemporaryDirectory() as folder:
            results[name] = part(pathlib.Path(folder))
            print(name, json.dumps(results[name], indent=1), flush=True)
    results["most_memory_MB"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    (ROOT / "bench/results/system.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
