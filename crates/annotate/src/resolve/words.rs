//! Texts: how alike two are, and the one most like all others.

use crate::distance::edit_distance;

/// The most words of a text that are compared; two texts of this length take a few milliseconds.
const COMPARED: usize = 2000;

/// 1 minus the edit distance in words over the longer text's words. 1 exactly when the texts are equal.
///
/// Of texts of more than 2,000 words the first 2,000 are compared.
pub(super) fn likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (a, b) = (words(a), words(b));
    let longest = a.len().max(b.len()).max(1);
    (1.0 - edit_distance(&a, &b) as f64 / longest as f64).min(0.999)
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().take(COMPARED).collect()
}

/// The place of the medoid and its mean likeness to the others; the text that sorts first among equals. `None` of nothing.
///
/// A single text is its own medoid at 1.
pub(super) fn medoid(texts: &[&str]) -> Option<(usize, f64)> {
    let n = texts.len();
    let mean = |at: usize| {
        let others = texts.iter().enumerate().filter(|(other, _)| *other != at);
        let sum: f64 = others.map(|(_, other)| likeness(texts[at], other)).sum();
        if n < 2 { 1.0 } else { sum / (n - 1) as f64 }
    };
    let scored = (0..n).map(|at| (mean(at), at));
    let best = scored
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| texts[b.1].cmp(texts[a.1])).then(b.1.cmp(&a.1)));
    best.map(|(mean, at)| (at, mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_medoid_is_the_text_most_like_the_others() {
        assert_eq!(medoid(&["the cat sat", "a dog ran off", "the cat sits"]).unwrap().0, 0);
        assert_eq!(medoid(&["b", "a", "b"]), Some((0, 0.5)));
        assert_eq!(medoid(&["only"]), Some((0, 1.0)));
        assert_eq!(medoid(&[]), None);
    }

    #[test]
    fn only_equal_texts_are_wholly_alike() {
        assert!(likeness("a  b", "a b") < 1.0);
        assert!((likeness("one two three four", "one two three") - 0.75).abs() < 1e-12);
        assert!(likeness("", "a") < 1e-12);
    }
}
