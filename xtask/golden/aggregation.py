"""Writes crates/eval/tests/golden/aggregation.json: tables of labels with what crowd-kit, cleanlab and choix make of them.

    python -m venv venv
    venv/bin/pip install crowd-kit==1.4.2 scikit-learn==1.5.2 cleanlab==2.9.0 choix==0.4.1
    venv/bin/python xtask/golden/aggregation.py

Iterating methods run a fixed number of rounds, so that no rule for stopping is compared. MACE starts without chance, all
workers alike; its rows are sorted, because crowd-kit 1.4.2 takes the columns of favourite labels in order of appearance in
one place and sorted in another. GLAD runs until it stands still. Bradley–Terry with ties is compared with Davidson's
likelihood maximised by SciPy.
"""

import importlib.metadata
import json
import pathlib
import random

import choix
import numpy
import pandas
import scipy.optimize
from cleanlab.count import compute_confident_joint
from cleanlab.filter import find_label_issues
from cleanlab.multiannotator import get_label_quality_multiannotator
from cleanlab.rank import get_label_quality_scores
from crowdkit.aggregation import GLAD, MACE, DawidSkene, MajorityVote, OneCoinDawidSkene, Wawa

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["crowd-kit", "cleanlab", "choix", "numpy", "scipy", "pandas", "scikit-learn"]
ROUNDS = 25
NEVER = -1e9
PRIOR = 0.01


class PlainMACE(MACE):
    """Starts with everybody as likely to know as not, and without favourite labels."""

    def _initialize(self, n_workers, n_labels):
        self.spamming_ = numpy.full((n_workers, 2), 0.5)
        self.thetas_ = numpy.full((n_workers, n_labels), 1 / n_labels)
        self.theta_priors_ = numpy.full((n_workers, 2), 0.5)
        self.strategy_priors_ = numpy.full((n_workers, n_labels), 10.0)


def crowd(rng, tasks, workers, labels, a_task):
    """Rows in which workers have a skill each; the first task shows every label in order, the first worker is on it."""
    skills = [rng.uniform(0.4, 0.95) for _ in range(workers)]
    rows = {}
    for task in range(tasks):
        own = rng.randrange(labels)
        chosen = range(workers) if task == 0 else rng.sample(range(workers), rng.randint(1, a_task))
        for worker in chosen:
            label = own if rng.random() < skills[worker] else rng.randrange(labels)
            rows[(task, worker)] = worker % labels if task == 0 else label
    return [[f"t{task:03}", f"w{worker:02}", str(label)] for (task, worker), label in sorted(rows.items())]


def aggregate(rows):
    frame = pandas.DataFrame(rows, columns=["task", "worker", "label"])
    methods = {
        "majority": MajorityVote(),
        "weighted": Wawa(),
        "dawid-skene": DawidSkene(n_iter=ROUNDS, tol=NEVER),
        "one-coin": OneCoinDawidSkene(n_iter=ROUNDS, tol=NEVER),
        "mace": PlainMACE(n_restarts=1, n_iter=ROUNDS),
    }
    # Minutes on a large table: about a hundred rounds until it stands still.
    if len({task for task, _, _ in rows}) <= 30:
        methods["glad"] = GLAD(n_iter=100, tol=NEVER, m_step_tol=1e-7)
    expected = {}
    for name, method in methods.items():
        probabilities = method.fit_predict_proba(frame).fillna(0.0)
        probabilities = probabilities.sort_index()[sorted(probabilities.columns)]
        expected[name] = probabilities.to_numpy().ravel().tolist()
    return {"rows": rows, "rounds": ROUNDS, "expected": expected}


def probabilities_for(rng, labels, truths):
    rows = []
    for truth in truths:
        weights = [rng.random() ** 3 + (rng.random() * 2 if label == truth else 0.0) for label in range(labels)]
        rows.append([weight / sum(weights) for weight in weights])
    return rows


def noise(rng, items, labels):
    truths = [rng.randrange(labels) for _ in range(items)]
    given = [truth if rng.random() > 0.25 else rng.randrange(labels) for truth in truths]
    given[:labels] = range(labels)
    probabilities = probabilities_for(rng, labels, truths)
    y, p = numpy.array(given), numpy.array(probabilities)
    return {
        "given": given,
        "probabilities": probabilities,
        "self_confidence": get_label_quality_scores(y, p, method="self_confidence").tolist(),
        "margin": get_label_quality_scores(y, p, method="normalized_margin").tolist(),
        "issues": numpy.flatnonzero(find_label_issues(y, p, n_jobs=1)).tolist(),
        "joint": compute_confident_joint(y, p).tolist(),
    }


def consensus(rng, tasks, workers, labels):
    rows = crowd(rng, tasks, workers, labels, min(4, workers))
    frame = pandas.DataFrame(rows, columns=["task", "worker", "label"]).astype({"label": int})
    wide = frame.pivot(index="task", columns="worker", values="label")
    probabilities = probabilities_for(rng, labels, wide.mode(axis=1)[0].astype(int))
    found = get_label_quality_multiannotator(wide, numpy.array(probabilities), verbose=False, return_weights=True)
    quality, stats = found["label_quality"], found["annotator_stats"].sort_index()
    return {
        "rows": rows,
        "probabilities": probabilities,
        "labels": [str(label) for label in quality["consensus_label"]],
        "quality": quality["consensus_quality_score"].tolist(),
        "agreement": quality["annotator_agreement"].tolist(),
        "model_weight": float(found["model_weight"]),
        "worker_quality": stats["annotator_quality"].tolist(),
        "worker_agreement": stats["agreement_with_consensus"].tolist(),
    }


def davidson(items, games):
    """The most probable strengths and weight of ties, by SciPy; outcomes 0 left, 1 right, 2 tie."""

    def loss(at):
        value, slopes = PRIOR * numpy.sum(at**2), 2 * PRIOR * at
        for left, right, outcome in games:
            half = (at[left] - at[right]) / 2
            logs = numpy.array([half, -half, at[-1]])
            chances = numpy.exp(logs) / numpy.exp(logs).sum()
            value -= numpy.log(chances[outcome])
            pull = (chances[0] - chances[1]) / 2 - [0.5, -0.5, 0.0][outcome]
            slopes[left] += pull
            slopes[right] -= pull
            slopes[-1] += chances[2] - (outcome == 2)
        return value, slopes

    best = scipy.optimize.minimize(loss, numpy.zeros(items + 1), jac=True, method="BFGS", options={"gtol": 1e-9})
    return best.x[:-1].tolist(), float(numpy.exp(best.x[-1]))


def preferences(rng, items, games, ties):
    strengths = [rng.gauss(0, 1) for _ in range(items)]
    played = []
    for _ in range(games):
        left, right = rng.sample(range(items), 2)
        wins = rng.random() < 1 / (1 + numpy.exp(strengths[right] - strengths[left]))
        played.append([left, right, 2 if rng.random() < ties else 0 if wins else 1])
    if ties:
        best, tie = davidson(items, played)
    else:
        won = [(left, right) if outcome == 0 else (right, left) for left, right, outcome in played]
        best, tie = choix.opt_pairwise(items, won, alpha=PRIOR, tol=1e-12).tolist(), 0.0
    return {"games": played, "strengths": best, "tie": tie}


def main():
    rng = random.Random(20260302)
    shapes = [(20, 4, 2, 4), (40, 6, 3, 4), (60, 10, 4, 5), (30, 8, 2, 3)]
    parts = {
        "tables": [aggregate(crowd(rng, *shape)) for shape in shapes],
        "noise": [noise(rng, *shape) for shape in [(40, 2), (120, 3), (300, 5)]],
        "consensus": [consensus(rng, *shape) for shape in [(30, 5, 2), (60, 8, 3), (120, 12, 5)]],
        "preferences": [preferences(rng, *shape) for shape in [(4, 30, 0), (8, 120, 0), (5, 60, 0.3), (9, 200, 0.2)]],
    }
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    lines = [f'"versions":{json.dumps(versions)}']
    for name, cases in parts.items():
        lines.append(f'"{name}":[\n' + ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases) + "\n]")
    text = "{" + ",\n".join(lines) + "}\n"
    (ROOT / "crates/eval/tests/golden/aggregation.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
