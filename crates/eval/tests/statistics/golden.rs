//! Parity with SciPy and statsmodels; `xtask/golden/statistics.py` makes the file.

use engraft_eval::{
    Resampling, equivalence_p, holm, normal_quantile, pairs_for_shares, sign_flip, student_below,
    student_quantile,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    permutation: Vec<Permutation>,
    holm: Vec<Holm>,
    tost: Vec<Tost>,
    connor: Vec<Connor>,
    normal: Vec<(f64, f64)>,
    student: Vec<(f64, f64, f64, f64)>,
}

#[derive(Deserialize)]
struct Permutation {
    differences: Vec<f64>,
    two_sided: f64,
    above: f64,
    below: f64,
}

#[derive(Deserialize)]
struct Holm {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

#[derive(Deserialize)]
struct Tost {
    differences: Vec<f64>,
    margin: f64,
    p: f64,
}

#[derive(Deserialize)]
struct Connor {
    difference: f64,
    discordance: f64,
    n: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/statistics.json")).unwrap()
}

#[track_caller]
fn check(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn exact_permutations_are_scipy_s() {
    let golden = golden();
    for case in &golden.permutation {
        let found = sign_flip(&case.differences, &Resampling::default());
        assert!(found.exact);
        check(found.two_sided, case.two_sided, 1e-12);
        check(found.above, case.above, 1e-12);
        check(found.below, case.below, 1e-12);
    }
    assert!(golden.permutation.len() >= 20);
}

#[test]
fn holm_is_statsmodels() {
    let golden = golden();
    assert!(golden.holm.len() >= 4);
    for case in golden.holm {
        let adjusted = holm(&case.p);
        assert_eq!(adjusted.len(), case.adjusted.len());
        for (found, expected) in adjusted.iter().zip(&case.adjusted) {
            check(*found, *expected, 1e-12);
        }
    }
}

#[test]
fn two_one_sided_tests_are_statsmodels() {
    let golden = golden();
    assert!(golden.tost.len() >= 4);
    for case in golden.tost {
        let n = case.differences.len() as f64;
        let mean = case.differences.iter().sum::<f64>() / n;
        let variance = case.differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0);
        check(equivalence_p(mean, (variance / n).sqrt(), n - 1.0, case.margin), case.p, 1e-10);
    }
}

#[test]
fn pairs_needed_are_connor_s() {
    let golden = golden();
    assert!(golden.connor.len() >= 12);
    for case in golden.connor {
        assert_eq!(pairs_for_shares(case.difference, case.discordance) as f64, case.n, "{}", case.difference);
    }
}

#[test]
fn distributions_are_scipy_s() {
    let golden = golden();
    assert!(golden.normal.len() >= 8 && golden.student.len() >= 25);
    for (p, z) in golden.normal {
        check(normal_quantile(p), z, 1e-12);
    }
    for (p, df, t, below) in golden.student {
        check(student_quantile(p, df), t, 1e-9);
        check(student_below(1.3, df), below, 1e-12);
    }
}
