"""Writes crates/eval/tests/golden/rank.json: random runs with what pytrec_eval says of them.

    python -m venv venv && venv/bin/pip install pytrec_eval-terrier==0.5.11 && venv/bin/python xtask/golden/rank.py
"""

import json
import pathlib
import random

import numpy
import pytrec_eval

MEASURES = {
    "nDCG": "ndcg",
    "nDCG@1": "ndcg_cut_1",
    "nDCG@3": "ndcg_cut_3",
    "nDCG@10": "ndcg_cut_10",
    "R@1": "recall_1",
    "R@5": "recall_5",
    "R@10": "recall_10",
    "AP": "map",
    "AP@5": "map_cut_5",
    "RR": "recip_rank",
    "P@5": "P_5",
    "Success@5": "success_5",
}
ASKED = {"ndcg", "ndcg_cut.1,3,10", "recall.1,5,10", "map", "map_cut.5", "recip_rank", "P.5", "success.5"}


def case(rng):
    docs = [f"d{i}" for i in range(rng.randint(3, 30))]
    queries = [f"q{i}" for i in range(4)]
    qrels, run = {}, {}
    for query in queries:
        judged = rng.sample(docs, rng.randint(1, min(12, len(docs))))
        top = rng.choice([0, 1, 3])
        qrels[query] = {doc: rng.randint(-1, top) for doc in judged}
        if rng.random() < 0.1:
            continue
        ranked = rng.sample(docs, rng.randint(1, min(20, len(docs))))
        # Few distinct scores make ties; a tenth of a billionth apart is a tie of 32-bit numbers.
        kinds = [lambda: rng.randint(0, 4) / 4, lambda: rng.gauss(0, 10), lambda: 0.1 + rng.randint(0, 3) * 1e-10]
        score = rng.choice(kinds)
        run[query] = {doc: score() for doc in ranked}
    return qrels, run


def first(scores, k):
    """The k best in trec_eval's order."""
    order = sorted(scores, key=lambda doc: (float(numpy.float32(scores[doc])), doc.encode()), reverse=True)
    return {doc: scores[doc] for doc in order[:k]}


def main():
    rng = random.Random(20260101)
    cases = []
    for _ in range(50):
        qrels, run = case(rng)
        result = pytrec_eval.RelevanceEvaluator(qrels, ASKED).evaluate(run)
        expected = {
            ours: {query: values[theirs] for query, values in result.items()} for ours, theirs in MEASURES.items()
        }
        cut = {query: first(scores, 3) for query, scores in run.items()}
        result = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate(cut)
        expected["RR@3"] = {query: values["recip_rank"] for query, values in result.items()}
        cases.append({"qrels": qrels, "run": run, "expected": expected})
    root = pathlib.Path(__file__).resolve().parents[2]
    lines = ",\n".join(json.dumps(one, sort_keys=True, separators=(",", ":")) for one in cases)
    (root / "crates/eval/tests/golden/rank.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
