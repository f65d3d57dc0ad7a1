"""Judges through the binary: groundedness with a hundred local labels and with none, rewards beside "the longer one", speed.

    cargo build --release
    python3 bench/tuning/ground.py                              # about 6 minutes on one core
    python3 bench/tuning/ground.py --parts meaning,encoder      # with the encoder: about 15 minutes more; parts add up

Reads the public sets under ENGRAFT_TEST_DATA (default ../shared/data), writes bench/results/tuning-judges.json. Every number of
the binary is what `engraft tune … --json` printed; means and spreads over draws are made here.
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
DRAWS, LABELS, SEED = 20, 100, 0


class Workspace:
    """A scratch workspace, and the binary run in it on one thread."""

    def __init__(self, folder: pathlib.Path, encoder: str):
        folder.mkdir(parents=True)
        self.folder, self.models, self.files = folder / "kb", 0, folder
        self("init", str(self.folder), "--encoder", encoder)

    def run(self, *words):
        command = [BINARY, "--workspace", self.folder, "--quiet", "--threads", "1", *words]
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
    return {
        "mean": round(statistics.mean(values), 4),
        "sd": round(statistics.stdev(values), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
        "draws": len(values),
    }


def local_labels(workspace, rows, method):
    reports = []
    for seed in range(DRAWS):
        taken, rest = draw(rows, seed)
        reports.append(workspace.tune("groundedness", taken, "--method", method, held=rest))
    measures = ["auroc", "balanced_accuracy", "brier", "ece", "decided", "decided_accuracy"]
    values = {name: [one["eval"][name]["value"] for one in reports] for name in measures}
    found = {name: spread(of) for name, of in values.items() if all(value is not None for value in of)}
    found["auroc_over_coverage"] = spread([one["against_base"]["auroc_over_coverage"]["value"] for one in reports])
    found["auroc_over_shipped"] = spread([one["against_base"]["auroc"]["value"] for one in reports])
    found["shipped_of_draws"] = sum(one["ship"] for one in reports)
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
    words = ["--over-length", "truncate", "--seeds", "1"]
    return {"hh-helpful": brief(workspace.tune("reward", rows, "--method", "encoder", *words))}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="ground,speed,reward", help="ground, speed, reward, meaning, encoder")
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
        encoding = {"meaning": meaning, "encoder": encoder}
        for part in parts:
            began = about(SEED)
            if part in bare:
                found[part] = bare[part](Workspace(pathlib.Path(one) / part, "none"))
            else:
                found[part] = encoding[part](Workspace(pathlib.Path(other) / part, str(MODEL)))
            binary = "release" if "release" in str(BINARY) else "development"
            whence[part] = {**began, "load_after": load(), "draws": DRAWS, "labels": LABELS, "binary": binary}
    found["about"] = whence
    asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
