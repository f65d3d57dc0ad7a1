"""Measures our encoder and tokenizer beside sentence-transformers, ONNX Runtime and `tokenizers`, in one run.

Usage: python3 bench/encode/run.py [--rounds 5] [--parts tokenizer quality speed questions] [--into FILE] [--model DIR] [--data DIR]

Makes its own virtual environment from requirements.txt, builds our examples in release mode, then lets every engine
encode the same ids in turn, round by round, so that a busy moment hits all alike. Writes bench/results/encode.json and
bench/results/tokenizer.json and prints the tables of them. What each number means is in bench/README.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import environment
from environment import DATA, HERE, MODEL, REPOSITORY, TARGET

RESULTS = REPOSITORY / "bench/results"
SEED = 20240229
WINDOW = 256
OURS = ["f32", "bf16", "int8"]
PARTS = ["tokenizer", "quality", "speed", "questions"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="measure these only; keep the rest as it was")
    parser.add_argument("--into", default="encode.json", help="the file of bench/results for the encoder: one for each kind of processor")
    parser.add_argument("--work", type=Path, default=TARGET / "bench/encode")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--data", type=Path, default=DATA)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    build = ["cargo", "build", "--release", "-p", "engraft-nn", "--example"]
    for example in ["passes", "throughput", "tokenize"]:
        subprocess.run([*build, example], cwd=REPOSITORY, check=True)
    from texts import Texts

    texts = Texts(options.model, options.data / "rag-scifact", options.work, SEED, WINDOW)
    about = provenance(options)
    if "tokenizer" in options.parts:
        tokenizer_results(texts, options, about)
    encoder_results(texts, options, about)


# --- the tokenizer ---------------------------------------------------------------------------------------------------


def tokenizer_results(texts, options, about: dict) -> None:
    rows: dict[str, list[dict]] = {}
    for name, strings in texts.tokenizer_sets(options.data).items():
        lines = "".join(json.dumps(text) + "\n" for text in strings)
        path = options.work / f"strings-{name}.jsonl"
        path.write_text(lines)
        for _ in range(options.rounds):
            with path.open() as source:
                ours = subprocess.run([example("tokenize"), options.model, "1"], stdin=source, check=True, capture_output=True)
            rows.setdefault(name, []).append(
                json.loads(ours.stdout) | texts.reference_tokenizer_seconds(strings) | {"texts": len(strings)}
            )
    sets = {}
    for name, rounds in rows.items():
        tokens = rounds[0]["tokens"]
        assert all(row["reference_tokens"] == tokens for row in rounds), f"{name}: token counts differ"
        rate = lambda key: tokens / median([row[key] for row in rounds])
        sets[name] = {
            "texts": rounds[0]["texts"],
            "tokens": tokens,
            "ours_encode": rate("encode_s"),
            "ours_count": rate("count_s"),
            "tokenizers_encode_batch": rate("reference_batch_s"),
            "tokenizers_encode_batch_fast": rate("reference_fast_s"),
        }
    opening = median([row["open_s"] for rounds in rows.values() for row in rounds])
    save("tokenizer.json", about | {"unit": "tokens per CPU second, one thread", "open_seconds": opening, "sets": sets})
    table = [
        [name, it["tokens"], mega(it["ours_encode"]), mega(it["ours_count"]), mega(it["tokenizers_encode_batch"]),
         mega(it["tokenizers_encode_batch_fast"]), f"{it['ours_encode'] / it['tokenizers_encode_batch_fast']:.0f}×"]
        for name, it in sets.items()
    ]
    show("Tokenizer, million tokens per CPU second",
         ["text", "tokens", "ours, encode", "ours, count", "tokenizers, batch", "tokenizers, batch fast", "encode / fast"], table)


# --- the encoder -----------------------------------------------------------------------------------------------------


class Engine:
    """A process that answers one request at a time."""

    def __init__(self, command: list):
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, ids: Path, batch: int, vectors: Path | None = None) -> dict:
        request = {"ids": str(ids), "batch": batch} | ({"vectors": str(vectors)} if vectors else {})
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def commands(options, threads: int) -> dict[str, list]:
    python = [sys.executable, HERE / "worker.py"]
    onnx = {f"onnxruntime {name}": [*python, "onnx", options.work / f"{file}.onnx", threads]
            for name, file in [("f32", "f32"), ("f32 fused", "f32-fused"), ("int8", "int8"), ("int8 fused", "int8-fused")]}
    peers = {f"sentence-transformers {dtype}": [*python, f"torch-{dtype}", options.model, threads] for dtype in ["f32", "bf16"]}
    return peers | onnx | {f"engraft {name}": [example("passes"), options.model, name, threads] for name in OURS}


def encoder_results(texts, options, about: dict) -> None:
    if not (options.work / "int8-fused.onnx").exists():
        export = [sys.executable, HERE / "export.py", options.model, options.work]
        subprocess.run(export, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = RESULTS / options.into
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def keep(part: str, values: dict) -> None:
        """What is measured so far is on disk, should the rest be interrupted."""
        result[part] = about | values | {"load_average_after": os.getloadavg()}
        save(options.into, result)

    if "speed" in options.parts:
        workloads = texts.workloads()
        found = {
            "unit": "tokens per second, padding not counted; medians of the rounds",
            "workloads": {name: texts.describe(path) for name, path in workloads.items()},
        }
        for name, measure in [
            ("one_thread", lambda: speed(options, workloads, 1)),
            ("query", lambda: latency(options, texts.queries_file(every=6))),
            ("gemm_peak", lambda: {name: peak(options, name) for name in OURS}),
            ("two_threads", lambda: speed(options, workloads, 2)),
        ]:
            found[name] = measure()
            keep("speed", found)
        report_speed(found)
    if "questions" in options.parts:
        found = questions(texts, options)
        keep("questions", found)
        for name, of in found.items():
            tokens = of["tokens"]
            show_latency(f"One of the {name}, median {tokens['median']} tokens, p90 {tokens['p90']},", of["engines"])
    if "quality" in options.parts:
        for found in quality(texts, options):
            keep("quality", found)
        report_quality(found)


def speed(options, workloads: dict[str, Path], threads: int) -> dict:
    engines = {name: Engine(command) for name, command in commands(options, threads).items()
               if threads == 1 or "fused" not in name}
    rounds: dict[str, dict[str, list]] = {name: {it: [] for it in workloads} for name in engines}
    for engine in engines.values():
        engine.ask(workloads["128"], 32)
    for number in range(options.rounds):
        for workload, path in workloads.items():
            for name, engine in engines.items():
                rounds[name][workload].append(engine.ask(path, 32))
        print(f"{threads} thread(s), round {number + 1} of {options.rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    for engine in engines.values():
        engine.close()
    return {name: {workload: rates(answers) for workload, answers in of.items()} for name, of in rounds.items()}


def rates(answers: list[dict]) -> dict:
    per_cpu = [it["tokens"] / it["cpu_s"] for it in answers]
    per_wall = [it["tokens"] / it["wall_s"] for it in answers]
    return {
        "per_cpu_second": median(per_cpu), "per_cpu_second_range": [min(per_cpu), max(per_cpu)],
        "per_second": median(per_wall), "per_second_best": max(per_wall),
    }


def latency(options, queries: Path) -> dict:
    """Milliseconds for one text at a time, over a file of them, engines in turn."""
    engines = {name: Engine(command) for name, command in commands(options, 1).items()}
    calls: dict[str, list[float]] = {name: [] for name in engines}
    busy: dict[str, list[float]] = {name: [] for name in engines}
    for number in range(options.rounds + 1):
        for name, engine in engines.items():
            answer = engine.ask(queries, 1)
            # The first round warms up.
            if number:
                calls[name] += answer["call_ms"]
                busy[name].append(answer["cpu_s"] * 1e3 / len(answer["call_ms"]))
    for engine in engines.values():
        engine.close()
    quantile = lambda values, share: sorted(values)[int(share * (len(values) - 1))]
    return {name: {"p50_ms": quantile(ms, 0.5), "p99_ms": quantile(ms, 0.99), "cpu_ms": median(busy[name])}
            for name, ms in calls.items()}


def questions(texts, options) -> dict:
    """What `latency` says of questions as people ask them, shorter than SciFact's claims, and how many tokens they have."""
    files = texts.question_files(options.data)
    return {name: {"tokens": texts.describe(path), "engines": latency(options, path)} for name, path in files.items()}


def peak(options, precision: str) -> dict:
    """What our example says of itself: the bare matrix product's rate in the same run, and the share of it reached."""
    command = [example("throughput"), options.model, "--precision", precision, "--rounds", "3", "--lengths", "128,256,mixed"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    shares = {length: it["share_of_gemm"] for length, it in answer["lengths"].items()}
    return {"gflops": answer["gemm_gflops"], "share": shares, "instructions": answer["instructions"],
            "open_ms": answer["open_ms"], "query_12_tokens_ms": answer["query_12_tokens_ms"]}


def quality(texts, options):
    """Cosine to sentence-transformers on 1,000 passages, and nDCG@10 on SciFact; yields all that is known so far."""
    sample = texts.sample(1000)
    some, everything = texts.passages_file(sample), [texts.corpus_file(), texts.queries_file()]
    vectors, ndcg = {"sentence-transformers f32": encoded(options, "sentence-transformers f32", [some])[0]}, {}
    for name in [*(f"engraft {precision}" for precision in OURS), "onnxruntime int8"]:
        corpus, queries = encoded(options, name, everything)
        vectors[name] = corpus[sample]
        ndcg[name] = ndcg_at_10(texts, queries @ corpus.T)
        yield {"parity": parity(vectors), "scifact": losses(ndcg)}
    for name in ["sentence-transformers bf16", "onnxruntime f32"]:
        vectors[name] = encoded(options, name, [some])[0]
    yield {"parity": parity(vectors), "scifact": losses(ndcg)}


def parity(vectors: dict) -> dict:
    reference = vectors["sentence-transformers f32"]
    cosines = {name: (reference * it).sum(1) for name, it in vectors.items()}
    return {name: {"min": float(it.min()), "mean": float(it.mean()), "n": len(it)} for name, it in cosines.items()}


def ndcg_at_10(texts, scores):
    """Per query, as trec_eval computes it."""
    import numpy as np
    import pytrec_eval

    run = {}
    for query, row in zip(texts.query_ids, scores):
        best = np.argsort(-row, kind="stable")[:100]
        run[query] = {texts.corpus_ids[n]: float(row[n]) for n in best}
    measured = pytrec_eval.RelevanceEvaluator(texts.qrels, {"ndcg_cut.10"}).evaluate(run)
    return np.array([measured[query]["ndcg_cut_10"] for query in texts.query_ids])


def losses(ndcg: dict) -> dict:
    """The mean of each, and what it loses to our f32: mean and 95 % bootstrap interval over queries."""
    import numpy as np

    base = ndcg[f"engraft {OURS[0]}"]
    draws = np.random.default_rng(SEED).integers(0, len(base), (10_000, len(base)))
    rows = {}
    for name, values in ndcg.items():
        lost = base - values
        rows[name] = {"ndcg10": float(values.mean()), "lost": float(lost.mean()), "n": len(base),
                      "lost_ci95": [float(x) for x in np.quantile(lost[draws].mean(1), [0.025, 0.975])]}
    return rows


def encoded(options, name: str, files: list[Path]) -> list:
    """One engine's vectors for each file of ids, of length 1 in f64."""
    import numpy as np

    engine, out, found = Engine(commands(options, 2)[name]), options.work / "vectors.f32", []
    for ids in files:
        engine.ask(ids, 32, out)
        rows = np.fromfile(out, dtype="<f4").reshape(-1, 384).astype("f8")
        found.append(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    engine.close()
    print(f"{name} done", file=sys.stderr)
    return found


def report_speed(it: dict) -> None:
    one, two, names = it["one_thread"], it["two_threads"], list(it["workloads"])
    row = lambda engine, of: [engine, *(f"{of[name]['per_cpu_second']:,.0f}" for name in names)]
    show("Encoder, one thread, tokens per CPU second", ["engine", *names], [row(*pair) for pair in one.items()])
    ratio = lambda engine, name: one[f"engraft {engine}"][name]["per_cpu_second"] / max(
        of[name]["per_cpu_second"] for peer, of in one.items() if peer.startswith(f"onnxruntime {engine}"))
    show("Over the better ONNX Runtime of the same precision", ["engine", *names],
         [[f"engraft {engine}", *(f"{ratio(engine, name):.2f}×" for name in names)] for engine in ["f32", "int8"]])
    scaling = lambda engine, name: two[engine][name]["per_second_best"] / one[engine][name]["per_second_best"]
    show("Encoder, two threads, tokens per second (over one thread, best rounds)", ["engine", *names],
         [[engine, *(f"{of[name]['per_second']:,.0f} ({scaling(engine, name):.2f}×)" for name in names)]
          for engine, of in two.items()])
    show_latency("One SciFact claim", it["query"])
    show("Share of the bare matrix product", ["precision", "GFLOP/s", "at 128", "at 256", "mixed", "instructions"],
         [[name, f"{of['gflops']:.0f}", f"{of['share']['128']:.0%}", f"{of['share']['256']:.0%}", f"{of['share']['mixed']:.0%}", of["instructions"]]
          for name, of in it["gemm_peak"].items()])


def show_latency(title: str, engines: dict) -> None:
    show(f"{title} at a time, one thread", ["engine", "p50 ms", "p99 ms", "CPU ms"],
         [[engine, f"{of['p50_ms']:.2f}", f"{of['p99_ms']:.2f}", f"{of['cpu_ms']:.2f}"] for engine, of in engines.items()])


def report_quality(it: dict) -> None:
    show("Cosine to sentence-transformers f32, 1,000 passages", ["engine", "lowest", "mean"],
         [[name, f"{of['min']:.7f}", f"{of['mean']:.7f}"] for name, of in it["parity"].items()])
    show("SciFact test, dense only", ["engine", "nDCG@10", "lost to engraft f32 [95 % CI]"],
         [[name, f"{of['ndcg10']:.4f}", f"{of['lost']:+.4f} [{of['lost_ci95'][0]:+.4f}, {of['lost_ci95'][1]:+.4f}]"]
          for name, of in it["scifact"].items()])


# --- small parts -----------------------------------------------------------------------------------------------------


def provenance(options) -> dict:
    from importlib.metadata import version

    git = lambda *words: subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True).stdout.strip()
    cpu = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    field = lambda key: next((line.split(":", 1)[1].strip() for line in cpu.splitlines() if line.startswith(key)), "")
    interesting = ("avx", "fma", "amx", "sse4", "f16c")
    packages = ["sentence-transformers", "transformers", "torch", "onnxruntime", "onnx", "tokenizers", "numpy"]
    return {
        "made_by": "bench/encode/run.py",
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(git("status", "--porcelain")),
        "machine": {"cpu": field("model name"), "family": field("cpu family"), "model": field("model\t"),
                    "cores": os.cpu_count(), "system": platform.platform(),
                    "flags": [flag for flag in field("flags").split() if flag.startswith(interesting)]},
        "rustc": subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "seed": SEED,
        "rounds": options.rounds,
        "load_average_before": os.getloadavg(),
    }


def example(name: str) -> Path:
    return TARGET / "release/examples" / name


def median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def mega(rate: float) -> str:
    return f"{rate / 1e6:.2f}"


def save(name: str, value: dict) -> None:
    (RESULTS / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(title: str, head: list[str], rows: list[list]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


if __name__ == "__main__":
    environment.enter()
    main()
