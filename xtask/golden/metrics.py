"""Writes crates/eval/tests/golden/metrics.json: texts, labels, tags, confidences and citations with what the references say.

    python -m venv venv
    venv/bin/pip install rouge-score==0.1.2 sacrebleu==2.6.0 scikit-learn==1.9.1 seqeval==1.2.2 ppi-python==0.2.3
    venv/bin/python xtask/golden/metrics.py

Most inputs are not stored: crates/eval/tests/metrics.rs draws the same from the same generator, SplitMix64. Sums are over
blocks of draws. SQuAD's and ALCE's scripts are no packages; their functions are written here as published.
"""

import collections
import importlib.metadata
import json
import pathlib
import re
import string

import nltk
import numpy
import ppi_py
import sacrebleu
import seqeval.metrics
import seqeval.scheme
import sklearn.metrics
from rouge_score import rouge_scorer

from rank_random import SplitMix

POOL = (
    "the a an The cat cats running run quickly happily U.S. 3,500.50 5-6 (not fairly, &amp; &lt;b&gt; naïve Straße 東京 it's "
    '"quoted" generalizations relational hopping hopped flies skies dying agreement. end! why? co-op e.g. $12 50% a/b x_y '
    "theatre – … operators operating news innings succeed controlling university universal И мир и"
).split(" ")
ROOTS = "run happ relat operat general univers control commun act form sens feudal electr hope adjust depend triplic valid bounc geo".split()
SUFFIXES = "s es ies ed ing y er ers ize izing ization izations al alli ally ality ational fulness ful fully ness ousness ive iveness able ibly ation ator ated ement ment ments ent ence ance ic ical icate logi bli ion tional e eed ied ying ll".split()


def text(rng):
    words = [POOL[rng.below(len(POOL))] for _ in range(rng.below(14))]
    return join(rng, words)


def join(rng, words):
    spaces = [" ", " ", " ", " ", "  ", "\n"]
    return "".join(word + spaces[rng.below(6)] for word in words)


def changed(rng, said):
    """Another text with most of the words of one, in order."""
    words = [w if rng.below(4) else POOL[rng.below(len(POOL))] for w in said.split() if rng.below(8)]
    return join(rng, words)


def pair(number):
    rng = SplitMix(number)
    said = text(rng)
    return said, [changed(rng, said) for _ in range(1 + rng.below(2))]


# evaluate-v2.0.py of SQuAD.
def normalize_answer(s):
    s = "".join(ch for ch in s.lower() if ch not in set(string.punctuation))
    return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", s).split())


def compute_f1(a_gold, a_pred):
    gold_toks, pred_toks = normalize_answer(a_gold).split(), normalize_answer(a_pred).split()
    num_same = sum((collections.Counter(gold_toks) & collections.Counter(pred_toks)).values())
    if len(gold_toks) == 0 or len(pred_toks) == 0:
        return int(gold_toks == pred_toks)
    if num_same == 0:
        return 0
    precision, recall = num_same / len(pred_toks), num_same / len(gold_toks)
    return (2 * precision * recall) / (precision + recall)


def blocks(count, size, values):
    """For each name, the sum over every `size` numbers of (1 + place / 64) times the value."""
    sums = collections.defaultdict(list)
    for first in range(0, count, size):
        block = collections.defaultdict(float)
        for place in range(size):
            for name, value in values(first + place).items():
                block[name] += (1 + place / 64) * value
        for name, value in block.items():
            sums[name].append(value)
    return sums


def squad(number):
    said, right = pair(number)
    return {
        "em": max(int(normalize_answer(r) == normalize_answer(said)) for r in right),
        "f1": max(compute_f1(r, said) for r in right),
    }


KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
SCORER = rouge_scorer.RougeScorer(KINDS, use_stemmer=True)


def overlaps(number):
    said, right = pair(number)
    scores = SCORER.score_multi(right, said)
    found = {name: score.fmeasure for name, score in scores.items()}
    found["bleu"] = sacrebleu.sentence_bleu(said, right).score
    found["chrf"] = sacrebleu.sentence_chrf(said, right).score
    return found


def corpora(number):
    """BLEU and chrF of 40 pairs together."""
    pairs = [pair(1000 * number + at) for at in range(40)]
    said = [one for one, _ in pairs]
    # One reference each: sacrebleu wants as many for every item.
    right = [[references[0] for _, references in pairs]]
    return {"bleu": sacrebleu.corpus_bleu(said, right).score, "chrf": sacrebleu.corpus_chrf(said, right).score}


def labelled(number):
    rng = SplitMix(number)
    count = 2 + rng.below(5)
    gold = [rng.below(count) for _ in range(50)]
    return gold, [one if rng.below(3) else rng.below(count) for one in gold]


def labels(number):
    gold, said = labelled(number)
    found = {"accuracy": sklearn.metrics.accuracy_score(gold, said), "mcc": sklearn.metrics.matthews_corrcoef(gold, said)}
    for average in ("micro", "macro", "weighted"):
        of = sklearn.metrics.precision_recall_fscore_support(gold, said, average=average, zero_division=0)
        found |= {f"{average}_{part}": value for part, value in zip(("precision", "recall", "f1"), of)}
    each = sklearn.metrics.precision_recall_fscore_support(gold, said, labels=[0], zero_division=0)
    return found | {f"label_{part}": value[0] for part, value in zip(("precision", "recall", "f1"), each)}


def tagged(number):
    """Twelve sequences; what is said is often no well-formed IOB2."""
    rng = SplitMix(number)
    tags = ["O", "O", "B-x", "I-x", "I-x", "B-y", "I-y", "I-z"]
    gold, said = [], []
    for _ in range(12):
        right = [tags[rng.below(8)] for _ in range(1 + rng.below(12))]
        gold.append(right)
        said.append([tag if rng.below(4) else tags[rng.below(8)] for tag in right])
    return gold, said


def spans(number):
    gold, said = tagged(number)
    found = {}
    for mode, options in {"lenient": {}, "strict": {"mode": "strict", "scheme": seqeval.scheme.IOB2}}.items():
        for average in ("micro", "macro", "weighted"):
            of = seqeval.metrics.f1_score(gold, said, average=average, zero_division=0, **options)
            found[f"{mode}_{average}"] = float(of)
    return found


def confident(number):
    """Confidences with ties, and whether they were right."""
    rng = SplitMix(number)
    confidences = [rng.below(41) / 40 if number % 2 else (rng.next() >> 11) / 2**53 for _ in range(80)]
    return confidences, [int(rng.below(1000) < 1000 * c * 0.9) for c in confidences]


def error(confidences, right, edges):
    bins = numpy.searchsorted(edges, confidences)
    sums = numpy.zeros(len(edges) + 1)
    numpy.add.at(sums, bins, numpy.array(right) - numpy.array(confidences))
    return float(numpy.abs(sums).sum() / len(confidences))


def aurc(confidences, right):
    """The mean risk over coverages, mean over orders of equal confidences: by brute force from the definition."""
    order = sorted(set(confidences), reverse=True)
    seen, wrong, area = 0, 0, 0.0
    for level in order:
        group = [1 - r for c, r in zip(confidences, right) if c == level]
        for step in range(1, len(group) + 1):
            area += (wrong + sum(group) * step / len(group)) / (seen + step)
        seen, wrong = seen + len(group), wrong + sum(group)
    return area / seen


def calibration(number):
    confidences, right = confident(number)
    quantiles = numpy.percentile(confidences, numpy.linspace(0, 1, 16) * 100)[1:-1]
    return {
        "auroc": sklearn.metrics.roc_auc_score(right, confidences),
        "brier": sklearn.metrics.brier_score_loss(right, confidences),
        "ece_equal_width": error(confidences, right, numpy.linspace(0, 1, 16)[1:-1]),
        "ece_equal_mass": error(confidences, right, quantiles),
        "aurc": aurc(confidences, right),
    }


def ppi(number):
    rng = SplitMix(number)
    uniform = lambda: (rng.next() >> 11) / 2**53
    n, others = 20 + rng.below(100), 50 + rng.below(400)
    noise = 0.2 + 2 * uniform()
    labels = numpy.array([float(rng.below(2)) for _ in range(n)])
    scores = numpy.array([label + noise * (uniform() - 0.5) for label in labels])
    unlabelled = numpy.array([float(rng.below(2)) + noise * (uniform() - 0.5) for _ in range(others)])
    low, high = ppi_py.ppi_mean_ci(labels, scores, unlabelled, alpha=0.05)
    return {"low": float(low[0]), "high": float(high[0])}


def entails(number, sentence, passages):
    mask = sum(1 << passage for passage in passages)
    # A sentence that more passages support is likelier to be supported.
    return SplitMix(number * 1_000_003 + sentence * 1009 + mask).below(8) < 2 + len(passages)


def alce(number):
    """compute_autoais of ALCE, with a table for the model. Places from 0."""
    rng = SplitMix(number)
    passages = 1 + rng.below(5)
    answer = [[rng.below(passages + rng.below(2)) for _ in range(rng.below(4))] for _ in range(1 + rng.below(5))]
    # The script takes the same passage twice for two; here an answer cites it once.
    answer = [list(dict.fromkeys(cited)) for cited in answer]
    supported, right, total = 0, 0, 0
    for sentence, ref in enumerate(answer):
        joint = -1
        if len(ref) == 0:
            joint = 0
        elif any(ref_id >= passages for ref_id in ref):
            joint = 0
        else:
            total += len(ref)
        if joint == -1:
            joint = int(entails(number, sentence, ref))
        supported += joint
        if joint and len(ref) > 1:
            for passage in ref:
                if not entails(number, sentence, [passage]):
                    rest = [other for other in ref if other != passage]
                    if not entails(number, sentence, rest):
                        right += 1
                else:
                    right += 1
        else:
            right += joint
    return {"recall": supported / len(answer), "precision": right / total if total else 0}


def main():
    stemmer = nltk.stem.porter.PorterStemmer()
    words = [root + suffix for root in ROOTS for suffix in SUFFIXES]
    packages = ["rouge-score", "nltk", "sacrebleu", "scikit-learn", "seqeval", "ppi-python"]
    golden = {
        "versions": {package: importlib.metadata.version(package) for package in packages},
        "pool": POOL,
        "roots": ROOTS,
        "suffixes": SUFFIXES,
        "stems": " ".join(stemmer.stem(word) for word in words),
        "squad": blocks(10_000, 100, squad),
        "overlaps": blocks(1000, 20, overlaps),
        "corpora": blocks(10, 1, corpora),
        "labels": blocks(200, 4, labels),
        "spans": blocks(200, 4, spans),
        "calibration": blocks(200, 4, calibration),
        "ppi": blocks(60, 2, ppi),
        "alce": blocks(1000, 20, alce),
    }
    path = pathlib.Path(__file__).resolve().parents[2] / "crates/eval/tests/golden/metrics.json"
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    path.write_text(re.sub(r'([\]}]),"', r'\1,\n"', text) + "\n", encoding="utf-8")
    print(path.stat().st_size)


if __name__ == "__main__":
    main()
