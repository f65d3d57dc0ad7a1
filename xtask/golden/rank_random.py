"""Writes crates/eval/tests/golden/rank_random.json: what pytrec_eval says of 1,000 random runs.

    python -m venv venv && venv/bin/pip install pytrec_eval-terrier==0.5.11 && venv/bin/python xtask/golden/rank_random.py

The runs are not stored: crates/eval/tests/random_runs.rs draws the same from the same generator, SplitMix64. A value of
the file is the sum, over five runs and their queries in order, of (1 + place / 64) times the query's value.
"""

import importlib.metadata
import json
import math
import pathlib

import pytrec_eval

RUNS, BLOCK, QUERIES = 1000, 5, 3
MASK = (1 << 64) - 1
PLAIN = {
    "nDCG": "ndcg", "nDCG@5": "ndcg_cut_5", "R@5": "recall_5", "RR": "recip_rank", "AP": "map", "AP@5": "map_cut_5",
    "P@5": "P_5", "Success@5": "success_5", "RelP@5": "relative_P_5", "Rprec": "Rprec", "Bpref": "bpref", "infAP": "infAP",
    "IPrec": "11pt_avg", "SetP": "set_P", "SetR": "set_recall", "SetF": "set_F", "SetAP": "set_map",
    "SetRelP": "set_relative_P", "Utility": "utility", "G": "G", "BinG": "binG", "NumRet": "num_ret", "NumRel": "num_rel",
    "NumRelRet": "num_rel_ret",
}  # fmt: skip
PLAIN |= {f"IPrec@{share}": f"iprec_at_recall_{share:.2f}" for share in (0.1, 0.5, 1)}
PLAIN |= {f"Rprec@{share}": f"Rprec_mult_{share:.2f}" for share in (0.2, 0.6)}
# These two are logarithms of what is averaged.
LOGS = {"GMAP": "gm_map", "GMBpref": "gm_bpref"}
ASKED = {
    "ndcg", "ndcg_cut.5", "recall.5", "recip_rank", "map", "map_cut.5", "P.5", "success.5", "relative_P.5", "Rprec", "bpref",
    "infAP", "11pt_avg", "set_P", "set_recall", "set_F", "set_map", "set_relative_P", "utility", "G", "binG", "num_ret",
    "num_rel", "num_rel_ret", "iprec_at_recall.0.1,0.5,1.0", "Rprec_mult.0.2,0.6", "gm_map", "gm_bpref",
}  # fmt: skip
LEVEL_2 = {"AP(2)": "map", "Bpref(2)": "bpref", "P@5(2)": "P_5"}


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return mixed ^ (mixed >> 31)

    def below(self, n):
        return (self.next() * n) >> 64


def draw(number):
    """Judgements and a run: grades to 0, 1 or 3, some below 0; ties, ties of 32-bit numbers, or none; queries that
    nobody judged, that the run lacks, or for which it returned nothing."""
    rng = SplitMix(number)
    docs, top, kind = 3 + rng.below(28), [0, 1, 3][rng.below(3)], rng.below(3)
    qrels, run = {}, {}
    for query in range(QUERIES):
        judged, returned = {}, {}
        for doc in range(docs):
            if rng.below(10) < 4:
                judged[f"d{doc}"] = rng.below(top + 2) - 1
        missing = rng.below(10) == 0
        for doc in range(docs):
            if rng.below(3) > 0:
                score = [rng.below(5) / 4, (rng.next() >> 11) / 2**53 * 20 - 10, 0.1 + rng.below(4) * 1e-10]
                returned[f"d{doc}"] = score[kind]
        # Of a query whose grades are all below 0, trec_eval reads memory it never wrote.
        if any(grade >= 0 for grade in judged.values()):
            qrels[f"q{query}"] = judged
        if not missing:
            run[f"q{query}"] = returned
    return qrels, run


def values(qrels, run):
    """By measure, by query."""
    result = pytrec_eval.RelevanceEvaluator(qrels, ASKED).evaluate(run)
    found = {ours: {q: of[theirs] for q, of in result.items()} for ours, theirs in (PLAIN | LOGS).items()}
    # Where nothing was returned, interpolated precision divides nothing by nothing; here it is 0.
    found = {ours: {q: 0.0 if math.isnan(v) else v for q, v in of.items()} for ours, of in found.items()}
    result = pytrec_eval.RelevanceEvaluator(qrels, {"map", "bpref", "P.5"}, relevance_level=2).evaluate(run)
    found |= {ours: {q: of[theirs] for q, of in result.items()} for ours, theirs in LEVEL_2.items()}
    # Exponential gains are plain gains of other grades.
    powers = {q: {d: 2**g - 1 if g > 0 else g for d, g in of.items()} for q, of in qrels.items()}
    result = pytrec_eval.RelevanceEvaluator(powers, {"ndcg_cut.5"}).evaluate(run)
    return found | {"nDCG(dcg='exp-log2')@5": {q: of["ndcg_cut_5"] for q, of in result.items()}}


def main():
    sums = {}
    for first in range(0, RUNS, BLOCK):
        place = 0
        block = {}
        for number in range(first, first + BLOCK):
            qrels, run = draw(number)
            if not qrels:
                continue
            found = values(qrels, run)
            for query in sorted(set(qrels) & set(run)):
                for name, of in found.items():
                    block[name] = block.get(name, 0.0) + (1 + place / 64) * of[query]
                place += 1
        for name, value in block.items():
            sums.setdefault(name, []).append(value)
    text = {
        "versions": {"pytrec_eval-terrier": importlib.metadata.version("pytrec_eval-terrier")},
        "sums": sums,
    }
    root = pathlib.Path(__file__).resolve().parents[2]
    path = root / "crates/eval/tests/golden/rank_random.json"
    path.write_text(json.dumps(text, separators=(",", ":")).replace('],"', '],\n"') + "\n")
    print(path.stat().st_size, {len(blocks) for blocks in sums.values()}, len(sums))


if __name__ == "__main__":
    main()
