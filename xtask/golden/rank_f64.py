"""Writes crates/eval/tests/golden/rank_f64.json: runs whose scores differ only beyond 32 bits, with what they are worth in 64.

    python -m venv venv && venv/bin/pip install pytrec_eval-terrier==0.5.11 && venv/bin/python xtask/golden/rank_f64.py

trec_eval 10 compares scores as 64-bit numbers; no package on PyPI holds it, and pytrec_eval compares 32 bits. So the order is
worked out here, by Python's own numbers: the better score first, of equal scores the last id in byte order. pytrec_eval then gets
whole numbers that are all different and in that order, which 32 bits hold, and says what every measure of that order is.

Interpolated precision alone depends on the version beyond the order: trec_eval 10 takes the nearest number of relevant documents
for a share of them. It is counted out here from its definition, rank by rank.
"""

import importlib.metadata
import json
import math
import pathlib
import random

import numpy
import pytrec_eval

from rank_random import ASKED, PLAIN

CASES = 50
INTERPOLATED = {"IPrec@0.3": 0.3, "IPrec@0.7": 0.7, "IPrec@1": 1.0}
MEASURES = {ours: theirs for ours, theirs in PLAIN.items() if not ours.startswith("IPrec")}


def case(rng):
    """Grades, some below 0, and scores that are multiples of 10^-11 apart, some of them the same."""
    docs = [f"d{i}" for i in range(rng.randint(6, 25))]
    top = rng.choice([1, 1, 3])
    judged = {doc: rng.randint(-1, top) for doc in rng.sample(docs, rng.randint(4, len(docs)))}
    # One relevant document at least: without any most measures are undefined here.
    judged[rng.choice(docs)] = top
    near = rng.choice([0.1, 0.7, 3.3, -2.6])
    ranked = rng.sample(docs, rng.randint(4, len(docs)))
    return judged, {doc: near + rng.randint(0, 2 * len(ranked)) * 1e-11 for doc in ranked}


def best_first(scores, number):
    return sorted(scores, key=lambda doc: (number(scores[doc]), doc.encode()), reverse=True)


def interpolated(judged, order, recall):
    """The best precision at any rank by which that share of the relevant documents is found; 0 when it never is."""
    relevant = {doc for doc, grade in judged.items() if grade >= 1}
    wanted = math.floor(recall * len(relevant) + 0.5)
    best, found = 0.0, 0
    for rank, doc in enumerate(order, 1):
        found += doc in relevant
        if found >= wanted:
            best = max(best, found / rank)
    return best


def expected(judged, order):
    distinct = {doc: float(len(order) - place) for place, doc in enumerate(order)}
    result = pytrec_eval.RelevanceEvaluator({"q": judged}, ASKED).evaluate({"q": distinct})["q"]
    values = {ours: result[theirs] for ours, theirs in MEASURES.items()}
    values |= {name: interpolated(judged, order, recall) for name, recall in INTERPOLATED.items()}
    values["IPrec"] = sum(interpolated(judged, order, tenth / 10) for tenth in range(11)) / 11
    return {name: {"q": value} for name, value in values.items()}


def main():
    rng = random.Random(20260610)
    cases = []
    while len(cases) < CASES:
        judged, scores = case(rng)
        values, of_32_bits = (expected(judged, best_first(scores, number)) for number in (float, numpy.float32))
        # The 64 bits are told by the runs that 32 would score otherwise.
        if values["AP"] != of_32_bits["AP"]:
            cases.append({"qrels": {"q": judged}, "run": {"q": scores}, "expected": values})
    root = pathlib.Path(__file__).resolve().parents[2]
    path = root / "crates/eval/tests/golden/rank_f64.json"
    versions = {"pytrec_eval-terrier": importlib.metadata.version("pytrec_eval-terrier")}
    lines = ",\n".join(json.dumps(one, sort_keys=True, separators=(",", ":")) for one in cases)
    path.write_text(f'{{"versions":{json.dumps(versions)},"cases":[\n{lines}\n]}}\n')
    print(path.stat().st_size, len(cases[0]["expected"]))


if __name__ == "__main__":
    main()
