"""Judges through the binary: groundedness with a hundred local labels and with none, rewards beside "the longer one", speed.

    cargo build --release
    python3 bench/tuning/ground.py                              # about 6 minutes on one core
    python3 bench/tuning/ground.py --parts meaning,encoder      # with the encoder: about 15 minutes more; parts add up
    python3 bench/tuning/ground.py --parts encoders --threads 2 # an encoder trained to read claims, the longest part

Reads the public sets under ENGRAFT_TEST_DATA (default ../shared/data), writes bench/results/tuning-judges.json. Every number of
the binary is what `engraft tune … --json` printed. Means and spreads over draws of labels are made here, with the 95 % percentile
interval of the mean over the draws (10,000 resamples of them). It tells how much the choice of the labels does: the claims
are the same ones in all draws, and what they do is told by the intervals of the binary.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import claims  # noqa: E402
import pairs  # noqa: E402
from about import about, load  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", ROOT / "target/release/engraft"))
MODEL = pathlib.Path(os.environ.get("ENGRAFT_TEST_MODEL", ROOT / "target/test-assets/all-MiniLM-L6-v2"))
DRAWS, LABELS, SEED, RESAMPLES = 20, 100, 0, 10_000


class Workspace:
    """A scratch workspace, and the binary run in it."""

    def __init__(self, folder: pathlib.Path, encoder: str, threads: int):
        folder.mkdir(parents=True)
        self.folder, self.models, self.files, self.threads = folder / "kb", 0, folder, threads
        self("init", str(self.folder), "--encoder", encoder)

    def run(self, *words):
        command = [BINARY, "--workspace", self.folder, "--quiet", "--threads", str(self.threads), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def __call__(self, *words):
        run = self.run("--json", *words)
        if run.returncode:
            raise SystemExit(f"{words}: {run.stdout}{run.stderr}")
        return json.loads(run.stdout)

    def tune(self, kind, rows, *words, held=None):
        self.models += 1
        data = claims.write(self.files / "data.jsonl", rows)
        more = ["--eval", str(claims.write(self.files / "eval.jsonl", held))] if held else []
        return self("tune", kind, "--data", str(data), "--name", f"m{self.models}", *more, *words)


def draw(rows, seed):
    """About a hundred claims, whole groups of them, of both kinds; and all others."""
    groups = {}
    for one in rows:
        groups.setdefault(one["group"], []).append(one)
    names = sorted(groups)
    random.Random(seed).shuffle(names)
    taken, rest = [], []
    for name in names:
        (taken if len(taken) < LABELS else rest).extend(groups[name])
    return taken, rest


def spread(values):
    """Values over draws: their mean with its percentile interval, and how far they lie apart."""
    chance = random.Random(SEED)
    means = [statistics.fmean(chance.choices(values, k=len(values))) for _ in range(RESAMPLES)]
    ends = statistics.quantiles(means, n=40)
    return {
        "mean": round(statistics.mean(values), 4),
        "low": round(ends[0], 4),
        "high": round(ends[-1], 4),
        "sd": round(statistics.stdev(values), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
        "draws": len(values),
    }


def local_labels(workspace, rows, method):
    reports, began = [], time.monotonic()
    for seed in range(DRAWS):
        taken, rest = draw(rows, seed)
        reports.append(workspace.tune("groundedness", taken, "--method", method, held=rest))
    total = time.monotonic() - began
    measures = ["auroc", "balanced_accuracy", "brier", "ece", "decided", "decided_accuracy"]
    values = {name: [one["eval"][name]["value"] for one in reports] for name in measures}
    found = {name: spread(of) for name, of in values.items() if all(value is not None for value in of)}
    found["auroc_over_coverage"] = spread([one["against_base"]["auroc_over_coverage"]["value"] for one in reports])
    found["auroc_over_shipped"] = spread([one["against_base"]["auroc"]["value"] for one in reports])
    found["shipped_of_draws"] = sum(one["ship"] for one in reports)
    # Of all draws: what the binary calls training (reading, measuring, fitting, judging), and that with start and writing.
    training = [one["train"]["seconds"] for one in reports]
    found["seconds"] = {
        "training": round(sum(training), 1),
        "training_a_draw": round(statistics.mean(training), 3),
        "total": round(total, 1),
    }
    return found


def brief(report):
    keys = ["method", "train", "eval", "against", "against_base", "ship", "why", "stopped"]
    return {key: report[key] for key in keys if key in report}


def ground(workspace):
    sets = {name: claims.read(name, DATA) for name in ["wice", "begin", "qags", "faithbench", "halueval", "scifact"]}
    found = {}
    for name, rows in sets.items():
        positive = sum(one["label"] == "supported" for one in rows)
        one = {"claims": len(rows), "supported": positive, "groups": len({row["group"] for row in rows})}
        if name != "scifact":
            # The shipped weights come from SciFact, so they are judged everywhere else.
            one["no_local_labels"] = brief(workspace.tune("groundedness", sets["scifact"], "--method", "shipped", held=rows))
        if name != "halueval":
            one["cross_fitted"] = {
                method: brief(workspace.tune("groundedness", rows, "--method", method))
                for method in ["coverage", "shipped", "features", "auto"]
            }
        if name in ["wice", "begin", "qags", "faithbench"]:
            one["a_hundred_local_labels"] = {
                method: local_labels(workspace, rows, method) for method in ["features", "shipped", "auto"]
            }
        found[name] = one
        print(name, json.dumps(one)[:300], file=sys.stderr)
    return found


def speed(workspace):
    """Claims a second of `predict`, with start, reading and printing, on one thread: CPU seconds."""
    found = {}
    for name, times in [("begin", 16), ("qags", 8), ("wice", 4)]:
        rows = claims.read(name, DATA)
        model = workspace.tune("groundedness", rows, "--method", "features")["model"]
        many = [{**row, "id": f"{row['id']}-{n}"} for n in range(times) for row in rows]
        path = claims.write(workspace.files / "many.jsonl", many)
        before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        run = workspace.run("predict", model, "--input", str(path))
        wall = time.monotonic() - clock
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert run.stdout.count("\n") == len(many), run.stderr
        words = statistics.mean(sum(len(text.split()) for text in row["evidence"]) for row in rows)
        found[name] = {
            "claims": len(many),
            "evidence_words_a_claim": round(words),
            "cpu_s": round(cpu, 2),
            "wall_s": round(wall, 2),
            "claims_per_cpu_s": round(len(many) / cpu),
            "claims_per_s": round(len(many) / wall),
        }
    return found


def reward(workspace):
    found = {}
    for name, rows in [("hh-helpful", list(pairs.hh(DATA))), ("pandalm", list(pairs.pandalm(DATA)))]:
        methods = ["longer", "style", "words", "auto"]
        one = {"pairs": len(rows)}
        one["cross_fitted"] = {m: brief(workspace.tune("reward", rows, "--method", m)) for m in methods}
        found[name] = one
        print(name, json.dumps(one)[:300], file=sys.stderr)
    return found


def meaning(workspace):
    """What an encoder adds: the tiers that read one, on the same rows as those that do not."""
    found = {"groundedness": {}, "reward": {}}
    for name in ["wice", "begin"]:
        report = workspace.tune("groundedness", claims.read(name, DATA), "--method", "meaning")
        found["groundedness"][name] = brief(report)
    for name, rows in [("hh-helpful", list(pairs.hh(DATA))), ("pandalm", list(pairs.pandalm(DATA)))]:
        found["reward"][name] = {"meaning": brief(workspace.tune("reward", rows, "--method", "meaning"))}
    return found


def encoder(workspace):
    """A pair encoder trained on seven tenths of the prompts, judged on the others."""
    rows = list(pairs.hh(DATA))
    words = ["--over-length", "truncate", "--seeds", "3"]
    return {"hh-helpful": brief(workspace.tune("reward", rows, "--method", "encoder", *words))}


def encoders(workspace):
    """An encoder trained to read claims: judged on all claims while they were held out, and on the rest by the first draw's labels."""
    found = {}
    for name in ["begin", "wice"]:
        rows = claims.read(name, DATA)
        taken, rest = draw(rows, 0)
        found[name] = {
            "cross_fitted": timed(workspace, rows, None),
            "a_hundred_local_labels": timed(workspace, taken, rest),
        }
        print(name, json.dumps(found[name])[:300], file=sys.stderr)
    return found


def timed(workspace, rows, held):
    """A judge with an encoder of its own, judged on `held` or on its own claims when they were held out; and its seconds."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    words = ["--method", "encoder", "--over-length", "truncate"]
    report = workspace.tune("groundedness", rows, *words, held=held)
    wall, after = time.monotonic() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = {"training": round(report["train"]["seconds"], 1), "total": round(wall, 1), "cpu": round(cpu, 1)}
    data = {key: report["data"][key] for key in ["over_length", "rows_unused", "eval_rows"]}
    return {**brief(report), "data": data, "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="ground,speed,reward", help="ground, speed, reward, meaning, encoder, encoders")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "bench/results/tuning-judges.json")
    asked = parser.parse_args()
    parts = asked.parts.split(",")
    found = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    # What was measured at other times keeps where it is from; an older file says it once for all parts.
    kept = [part for part in found if part != "about"]
    known = found.get("about", {})
    whence = known if all(part in known for part in kept) else {part: known for part in kept}
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        bare = {"ground": ground, "speed": speed, "reward": reward}
        encoding = {"meaning": meaning, "encoder": encoder, "encoders": encoders}
        for part in parts:
            began = about(SEED)
            if part in bare:
                found[part] = bare[part](Workspace(pathlib.Path(one) / part, "none", asked.threads))
            else:
                found[part] = encoding[part](Workspace(pathlib.Path(other) / part, str(MODEL), asked.threads))
            binary = "release" if "release" in str(BINARY) else "development"
            scale = {"threads": asked.threads, "draws": DRAWS, "labels": LABELS, "binary": binary}
            whence[part] = {**began, "load_after": load(), **scale}
            if part == "ground":
                # An older file has it under its longer name.
                found.pop("groundedness", None)
                whence.pop("groundedness", None)
            asked.out.write_text(json.dumps({**found, "about": whence}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
