//! Every gradient of a loss against the difference of the losses at both sides of each number.
//!
//! All numbers are multiples of one sixteenth, and the step is one of 256, so that nothing is rounded on the way to a loss.

use super::{binary, bradley_terry, cosine_square, cross_entropy, in_batch};

const STEP: f32 = 1.0 / 256.0;

/// Numbers in `[-1, 1)` that only depend on the seed.
fn numbers(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 27) as f32 / 16.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// `loss` gives the loss at a point; `gradient` is the one to be checked, at the point `at`.
#[track_caller]
fn check(at: &[f32], gradient: &[f32], loss: impl Fn(&[f32]) -> f64) {
    assert_eq!(at.len(), gradient.len());
    let most = gradient.iter().fold(0.0, |most: f64, x| most.max(f64::from(x.abs())));
    assert!(most > 0.0, "there is nothing to check");
    for (n, found) in gradient.iter().enumerate() {
        let side = |step: f32| {
            let mut moved = at.to_vec();
            moved[n] += step;
            loss(&moved)
        };
        let slope = (side(STEP) - side(-STEP)) / f64::from(2.0 * STEP);
        // Of a number that hardly counts, the difference is mostly what curves.
        let allowed = 1e-3 * slope.abs().max(0.1 * most);
        assert!((slope - f64::from(*found)).abs() <= allowed, "[{n}]: slope {slope}, gradient {found}");
    }
}

#[test]
fn cross_entropy_with_missing_targets_with_and_without_smoothing() {
    let logits = numbers(1, 4 * 5);
    let targets = [Some(2), None, Some(0), Some(4)];
    for smoothing in [0.0, 0.1] {
        let of = |logits: &[f32]| cross_entropy(logits, &targets, smoothing, 3.0);
        let (_, gradient) = of(&logits);
        check(&logits, &gradient, |logits| of(logits).0);
        assert_eq!(gradient[5..10], [0.0; 5], "a row without a target");
    }
}

#[test]
fn binary_cross_entropy_of_grades_with_a_heavier_side() {
    let logits = numbers(2, 6);
    let targets = [0.0, 1.0, 0.25, 1.0, 0.0, 0.75];
    let of = |logits: &[f32]| binary(logits, &targets, 3.0, 6.0);
    check(&logits, &of(&logits).1, |logits| of(logits).0);
}

#[test]
fn bradley_terry_with_and_without_margins() {
    let (chosen, rejected) = (numbers(3, 5), numbers(4, 5));
    let some = [0.5, 0.0, 1.0, 0.25, 0.0];
    for margins in [&some[..0], &some] {
        let (_, pull, push) = bradley_terry(&chosen, &rejected, margins);
        check(&chosen, &pull, |chosen| bradley_terry(chosen, &rejected, margins).0);
        check(&rejected, &push, |rejected| bradley_terry(&chosen, rejected, margins).0);
    }
}

#[test]
fn negatives_in_the_batch_and_beyond_it() {
    // Three questions, their own documents, and two more.
    let (queries, documents) = (numbers(5, 3 * 4), numbers(6, 5 * 4));
    let (_, of_queries, of_documents) = in_batch(&queries, &documents, 4, 4.0);
    check(&queries, &of_queries, |queries| in_batch(queries, &documents, 4, 4.0).0);
    check(&documents, &of_documents, |documents| in_batch(&queries, documents, 4, 4.0).0);
}

#[test]
fn the_square_off_a_wanted_cosine() {
    let (left, right) = (numbers(7, 3 * 4), numbers(8, 3 * 4));
    let targets = [1.0, 0.0, 0.5];
    let (_, of_left, of_right) = cosine_square(&left, &right, &targets);
    check(&left, &of_left, |left| cosine_square(left, &right, &targets).0);
    check(&right, &of_right, |right| cosine_square(&left, right, &targets).0);
}
