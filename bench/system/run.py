"""The whole program on one machine: how fast a folder comes in, how fast nothing is done, how soon a change is seen.

Run with `cargo xtask bench system`. Reads ENGRAFT_TEST_DATA (default ../shared/data); writes bench/results/system.json.
Every number is the wall time of the released binary as a process, medians of five where a run is short. `peak_rss_MB` is the most
memory that a command had resident, the weights it maps among it, or one of its parse workers where that had more.
"""

import array
import json
import os
import pathlib
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", ROOT / "target/release/engraft"))
PAGES = 10_000
ROUNDS = 5
CROWD = 100_000
# Replaces documents and looks whether they are seen (crates/app/examples/visible.rs).
VISIBLE = pathlib.Path(os.environ.get("ENGRAFT_VISIBLE", ROOT / "target/release/examples/visible"))
CHANGES = 1_000
SEED = 0


# Starts a command and says behind its output what it took. Linux counts for a child what its parent held when it was started; this
# parent holds ten megabytes, where the process that keeps the results and blends the vectors holds hundreds.
STARTER = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "peak_rss_MB": round(used.ru_maxrss / 1024)}))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measured(command):
    """What a command writes, a JSON object a line, and what it took: wall seconds, CPU seconds, most resident megabytes."""
    run = subprocess.run([sys.executable, "-I", "-S", "-c", STARTER, *map(str, command)], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        raise SystemExit(f"{command}: {run.stdout}{run.stderr}")
    *lines, took = run.stdout.splitlines()
    return [json.loads(line) for line in lines], json.loads(took)


def engraft(workspace, *words):
    return measured([BINARY, "--workspace", workspace, "--json", "--quiet", *words])


def seconds(workspace, *words):
    return engraft(workspace, *words)[1]["seconds"]


def pages(folder, count):
    """Pages of about 2 KB, cut from real abstracts."""
    words = (DATA / "rag-scifact/corpus.jsonl").read_text(encoding="utf-8").split()
    dice = random.Random(SEED)
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
    (report,), took = engraft(workspace, "ingest", docs)
    size = sum(path.stat().st_size for path in docs.rglob("*.md"))
    out = {"pages": PAGES, "MB": round(size / 1e6, 1), "chunks": report["chunks"]["total"],
           "ingest_seconds": round(took["seconds"], 2), "pages_per_second": round(PAGES / took["seconds"])}
    out["unchanged_sync_ms"] = median_ms(lambda: seconds(workspace, "sync"))
    out["search_process_ms"] = median_ms(lambda: seconds(workspace, "search", "cell growth", "--mode", "lexical"))
    out["peak_rss_MB"] = {"ingest": took["peak_rss_MB"]} | peaks(workspace, ["index", "rebuild"], ["sync"])
    watcher = subprocess.Popen([BINARY, "--workspace", workspace, "--json", "--quiet", "watch"], stdout=subprocess.PIPE, text=True)
    time.sleep(3)
    lags = []
    for number in range(20):
        (docs / "0/page0.md").write_text(f"# Page 0\n\nEdition {number} of this page.\n", encoding="utf-8")
        lags.append(json.loads(watcher.stdout.readline())["lag_ms"])
    watcher.kill()
    out["watch_lag_ms_median"] = round(statistics.median(lags), 1)
    return out


def peaks(workspace, *commands):
    return {" ".join(words[:2]): engraft(workspace, *words)[1]["peak_rss_MB"] for words in commands}


def hybrid(folder):
    docs, workspace = folder / "handbook", folder / "kb"
    shutil.copytree(DATA / "kb-18f-handbook/t1", docs)
    time.sleep(3)
    engraft(workspace, "init", workspace)
    (report,), took = engraft(workspace, "ingest", docs)
    out = {"pages": report["documents"]["added"], "chunks": report["chunks"]["total"],
           "ingest_seconds": round(took["seconds"], 2),
           "passages_embedded_per_second": round(report["embedded"] / took["seconds"])}
    out["search_process_ms"] = median_ms(lambda: seconds(workspace, "search", "who approves travel"))
    out["ask_process_ms"] = median_ms(lambda: seconds(workspace, "ask", "who approves travel"))
    out["peak_rss_MB"] = {"ingest": took["peak_rss_MB"]} | peaks(workspace, ["index", "rebuild"])
    return out | warm_asks(folder, workspace)


def warm_asks(folder, workspace):
    """Answering on a warm process: each answer's own milliseconds, and what one more question costs the whole process,
    in wall and in CPU time, with the trace it writes; the first question, which opens everything, is taken off."""
    rows = [json.loads(line) for line in open(DATA / "kb-18f-handbook/faq.jsonl", encoding="utf-8")]
    rows = [json.dumps({"id": row["id"], "question": row["question"]}) for row in rows]

    def batch(lines):
        questions = folder / "questions.jsonl"
        questions.write_text("\n".join(lines), encoding="utf-8")
        answers, took = engraft(workspace, "ask", "--batch", questions)
        return took["seconds"], took["cpu"], answers

    batch(rows)
    first, all_of_them = batch(rows[:1]), batch(rows)
    took = sorted(answer["took_ms"] for answer in all_of_them[2])
    one_more = [round((all_of_them[at] - first[at]) / (len(rows) - 1) * 1e3, 1) for at in (0, 1)]
    return {"ask_warm_ms": {"p50": round(took[len(took) // 2], 1), "p99": round(took[int(len(took) * 0.99)], 1),
                            "n": len(took)},
            "ask_wall_ms_mean": one_more[0], "ask_cpu_ms_mean": one_more[1], "load": round(os.getloadavg()[0], 1)}


def crowded(folder):
    """A real handbook among pages made of its sentences, whose vectors are blends of its vectors."""
    docs, more, workspace = folder / "handbook", folder / "more", folder / "kb"
    shutil.copytree(DATA / "kb-18f-handbook/t1", docs)
    engraft(workspace, "init", workspace)
    engraft(workspace, "ingest", docs)
    mixed_pages(docs, more)
    config = (workspace / "engraft.toml").read_text(encoding="utf-8")
    without = config.replace('model = "all-MiniLM-L6-v2"', 'model = "none"')
    assert without != config
    (workspace / "engraft.toml").write_text(without, encoding="utf-8")
    (report,), took = engraft(workspace, "ingest", more)
    blend_vectors(workspace / ".engraft/truth.sqlite")
    (workspace / "engraft.toml").write_text(config, encoding="utf-8")
    asked = {"peak_rss_MB": {"ingest without an encoder": took["peak_rss_MB"]} | peaks(workspace, ["index", "rebuild"])}
    asked |= warm_asks(folder, workspace)
    # From nothing to an answer: the process starts, opens the store and the index, and ends.
    asked["cold_search_process_ms"] = median_ms(lambda: seconds(workspace, "search", "approves travel", "--mode", "lexical"))
    asking = [["ask", "--batch", folder / "questions.jsonl"], ["search", "who approves travel"]]
    asked["peak_rss_MB"] |= {"ask --batch": engraft(workspace, *asking[0])[1]["peak_rss_MB"],
                             "search": engraft(workspace, *asking[1])[1]["peak_rss_MB"]}
    seen = subprocess.run([VISIBLE, workspace, str(CHANGES)], capture_output=True, text=True)
    if seen.returncode:
        raise SystemExit(seen.stderr)
    return {"chunks": report["chunks"]["total"]} | asked | {"a change": json.loads(seen.stdout)}


def mixed_pages(docs, out):
    """So many pages of the handbook's sentences, put together anew, that there are about CROWD chunks."""
    dice = random.Random(SEED)
    sentences = []
    for path in sorted(docs.rglob("*.md")):
        for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
            if paragraph[:1].isalpha():
                sentences.extend(part.strip() + "." for part in paragraph.split(". ") if len(part) > 20)
    for page in range(CROWD // 25):
        words = [f"# Page {page}"]
        for section in range(10):
            words.append(f"## {dice.choice(sentences)[:50]}")
            words.extend(" ".join(dice.choices(sentences, k=5)) for _ in range(3))
        place = out / str(page % 100)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"page{page}.md").write_text("\n\n".join(words) + "\n", encoding="utf-8")


def blend_vectors(path):
    """Gives every chunk without a vector the mean of two that are there."""
    dice = random.Random(SEED)
    store = sqlite3.connect(path)
    (model,) = store.execute("SELECT id FROM model").fetchone()
    real = [array.array("f", body) for (body,) in store.execute("SELECT body FROM vector ORDER BY hash")]
    lacking = store.execute("SELECT DISTINCT embed_hash FROM chunk WHERE embed_hash NOT IN (SELECT hash FROM vector)")
    for (name,) in lacking.fetchall():
        blend = [a + b for a, b in zip(*dice.sample(real, 2))]
        norm = sum(x * x for x in blend) ** 0.5
        body = array.array("f", [x / norm for x in blend]).tobytes()
        store.execute("INSERT INTO vector (hash, model, body) VALUES (?, ?, ?)", (name, model, body))
    store.commit()


def main():
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    if "ENGRAFT_VISIBLE" not in os.environ:
        example = ["cargo", "build", "--release", "--quiet", "-p", "engraft-app", "--example", "visible"]
        subprocess.run(example, cwd=ROOT, check=True)
    results = {**about(SEED), "binary_MB": round(BINARY.stat().st_size / 1e6, 1)}
    parts = {"without an encoder": lexical, "with all-MiniLM-L6-v2, f32": hybrid, "among 100,000 chunks": crowded}
    for name, part in parts.items():
        with tempfile.TemporaryDirectory() as folder:
            results[name] = part(pathlib.Path(folder))
            print(name, json.dumps(results[name], indent=1), flush=True)
    (ROOT / "bench/results/system.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
