"""Writes crates/eval/tests/golden/statistics.json: tests, adjustments and sample sizes as the reference packages have them.

    python -m venv venv
    venv/bin/pip install statsmodels==0.15.0 scipy numpy
    venv/bin/python xtask/golden/statistics.py

Definitions followed: exact sign flips are scipy.stats.permutation_test's (paired "samples", every flip); Holm is
statsmodels' multipletests; two one-sided tests are statsmodels' ttost_paired; Connor's sample size is the formula of
Connor (1987, Biometrics 43:207) on SciPy's normal quantiles.
"""

import importlib.metadata
import json
import math
import pathlib

import numpy
import scipy.stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["numpy", "scipy", "statsmodels"]


def permutation(rng):
    cases = []
    for n in list(range(2, 15)) + [16, 18, 20]:
        for kind in ("graded", "thirds"):
            if kind == "graded":
                differences = rng.normal(0.2, 1.0, n)
            else:
                differences = rng.integers(-3, 4, n) / 3.0
            if n > 14 and kind == "thirds":
                continue
            if len(set(abs(differences))) < 2:
                continue
            found = {}
            for name, alternative in (("two_sided", "two-sided"), ("above", "greater"), ("below", "less")):
                result = scipy.stats.permutation_test((differences,), lambda x, axis: numpy.mean(x, axis=axis),
                                                      permutation_type="samples", vectorized=True, n_resamples=numpy.inf,
                                                      alternative=alternative, batch=1 << 14)
                found[name] = float(result.pvalue)
            cases.append({"differences": differences.tolist(), **found})
    return cases


def main():
    rng = numpy.random.default_rng(5)
    holm = []
    for n in (1, 3, 8, 20):
        p = rng.uniform(0, 0.2, n)
        holm.append({"p": p.tolist(), "adjusted": multipletests(p, method="holm")[1].tolist()})
    tost = []
    for n, shift, margin in ((10, 0.0, 0.5), (40, 0.1, 0.5), (200, 0.2, 0.3), (25, -0.4, 0.2)):
        differences = rng.normal(shift, 1.0, n)
        p = ttost_paired(differences, numpy.zeros(n), -margin, margin)[0]
        tost.append({"differences": differences.tolist(), "margin": margin, "p": float(p)})
    connor = []
    for discordance in (0.05, 0.1, 0.2, 0.4):
        for difference in (0.01, 0.02, 0.05):
            alpha, power = scipy.stats.norm.ppf(0.975), scipy.stats.norm.ppf(0.8)
            root = alpha * math.sqrt(discordance) + power * math.sqrt(discordance - difference**2)
            connor.append({"difference": difference, "discordance": discordance, "n": math.ceil((root / difference) ** 2)})
    normal = [[p, float(scipy.stats.norm.ppf(p))] for p in (1e-9, 1e-3, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999)]
    student = [[p, df, float(scipy.stats.t.ppf(p, df)), float(scipy.stats.t.cdf(1.3, df))]
               for df in (1, 2.5, 9, 40, 312) for p in (0.001, 0.025, 0.4, 0.9, 0.995)]
    golden = {"versions": {name: importlib.metadata.version(name) for name in PACKAGES},
              "permutation": permutation(rng), "holm": holm, "tost": tost, "connor": connor, "normal": normal,
              "student": student}
    path = ROOT / "crates/eval/tests/golden/statistics.json"
    path.write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
