"""Writes crates/eval/tests/golden/agreement.json: random and real tables with what the reference packages say of them.

    python -m venv venv
    venv/bin/pip install statsmodels==0.15.0 krippendorff==0.9.0 irrCAC==0.4.4
    venv/bin/python xtask/golden/agreement.py

Definitions followed: percent, AC1 and AC2 are irrCAC's; alpha is krippendorff's; kappa of two is statsmodels', and of more
the mean over pairs weighted by shared items; Fleiss' kappa is statsmodels' on the items of the most common size (irrCAC's
takes items of every size, and those with one label into the chance agreement). AC2's ordinal weights go by the labels in
use, quadratic and ratio ones by their values.
"""

import csv
import importlib.metadata
import itertools
import json
import os
import pathlib
import random

import irrCAC.raw
import krippendorff
import numpy
import pandas
import scipy.stats
from statsmodels.stats import inter_rater

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("ENGRAFT_TEST_DATA", ROOT / "../shared/data")).resolve()
PACKAGES = ["statsmodels", "krippendorff", "irrCAC", "numpy", "scipy", "pandas"]


def table(rng, tasks, workers, labels, missing, noise):
    """Rows (task, worker, label) in which people mostly give a task's own label."""
    rows = []
    for task in range(tasks):
        own = rng.choice(labels)
        for worker in range(workers):
            if rng.random() >= missing:
                rows.append([f"t{task:03}", f"w{worker:02}", rng.choice(labels) if rng.random() < noise else own])
    return rows


def relevance():
    """The first 300 tasks of a real crowd's judgements of search results."""
    with open(DATA / "crowd-labels/relevance/label.csv", newline="", encoding="utf-8") as file:
        rows = [[row["item"], "w" + row["worker"], int(row["label"])] for row in csv.DictReader(file)]
    kept = {}
    for task, worker, label in rows:
        if int(task) < 300:
            kept[(f"t{int(task):03}", worker)] = label
    return [[task, worker, label] for (task, worker), label in sorted(kept.items())]


def cohen(frame, labels, weighting):
    """Mean of statsmodels' kappa over pairs, weighted by shared items; pairs without a kappa are left out."""
    place = {label: at for at, label in enumerate(labels)}
    shared_all, total = 0, 0.0
    for one, other in itertools.combinations(frame.columns, 2):
        both = frame[[one, other]].dropna()
        counts = numpy.zeros((len(labels), len(labels)))
        for a, b in both.itertuples(index=False):
            counts[place[a], place[b]] += 1
        rows, columns = counts.sum(axis=1), counts.sum(axis=0)
        if len(both) == 0 or (numpy.count_nonzero(rows) == 1 and (rows == columns).all()):
            continue
        kappa = inter_rater.cohens_kappa(counts, wt=weighting, return_results=False)
        shared_all += len(both)
        total += len(both) * float(kappa)
    return total / shared_all if shared_all else None


def fleiss(frame, labels):
    sizes = frame.notna().sum(axis=1)
    common = max((count, size) for size, count in sizes[sizes > 1].value_counts().items())[1]
    kept = frame[sizes == common]
    counts = numpy.array([[(row == label).sum() for label in labels] for _, row in kept.iterrows()])
    return float(inter_rater.fleiss_kappa(counts)), int(len(kept))


def measure(rows):
    frame = pandas.DataFrame(rows, columns=["task", "worker", "label"])
    frame = frame.pivot(index="task", columns="worker", values="label")
    labels = sorted({label for _, _, label in rows})
    values = frame.to_numpy(dtype=float).T
    expected = {"percent": irrCAC.raw.CAC(frame, digits=15).gwet()["est"]["pa"]}
    for name, weighting in [("cohen", None), ("cohen_linear", "linear"), ("cohen_quadratic", "quadratic")]:
        expected[name] = cohen(frame, labels, weighting)
    expected["fleiss"], used = fleiss(frame, labels)
    for level in ["nominal", "ordinal", "interval", "ratio"]:
        alpha = krippendorff.alpha(reliability_data=values, level_of_measurement=level)
        expected[f"alpha_{level}"] = float(alpha)
    gwet = {"ac1": "identity", "ac2_ordinal": "ordinal", "ac2_quadratic": "quadratic"}
    if 0 not in labels:
        gwet["ac2_ratio"] = "ratio"
    for name, weights in gwet.items():
        estimate = irrCAC.raw.CAC(frame, weights=weights, categories=labels, digits=15).gwet()["est"]
        expected[name] = float(estimate["coefficient_value"])
    return {"rows": [[task, worker, str(label)] for task, worker, label in rows], "expected": expected, "fleiss_used": used}


def rankings(rng):
    cases = []
    for _ in range(40):
        n = rng.randint(2, 12)
        a, b = ([rng.randint(0, rng.choice([2, 5, 20])) for _ in range(n)] for _ in range(2))
        tau = scipy.stats.kendalltau(a, b, variant="b").statistic
        cases.append({"a": a, "b": b, "tau": None if numpy.isnan(tau) else float(tau)})
    return cases


def main():
    rng = random.Random(20260301)
    tables = []
    for workers, missing in [(2, 0.0), (2, 0.2), (3, 0.0), (4, 0.3), (6, 0.5), (9, 0.7)]:
        for labels in [[0, 1], [1, 2, 3], [1, 2, 4, 8, 16], [0, 2, 3, 7]]:
            rows = table(rng, rng.randint(12, 40), workers, labels, missing, rng.choice([0.2, 0.5, 0.9]))
            tables.append(measure(rows))
    tables.append(measure(relevance()))
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in tables)
    taus = json.dumps(rankings(rng), separators=(",", ":"))
    text = f'{{"versions":{json.dumps(versions)},\n"tables":[\n{lines}\n],\n"rankings":{taus}}}\n'
    (ROOT / "crates/eval/tests/golden/agreement.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
