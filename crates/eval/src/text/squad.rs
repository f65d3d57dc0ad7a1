//! Exact match and F1 of SQuAD (Rajpurkar et al. 2016), as its script `evaluate-v2.0.py` computes them.

use super::overlap::Overlap;
use super::words::split;

/// Lower case, without ASCII punctuation and the articles a, an, the; one space between words.
pub(super) fn normalised(text: &str) -> String {
    let plain: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let mut kept = String::with_capacity(plain.len());
    let mut word = String::new();
    // A space at the end ends the last word.
    for c in plain.chars().chain([' ']) {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        kept.push_str(if matches!(word.as_str(), "a" | "an" | "the") { " " } else { &word });
        kept.push(c);
        word.clear();
    }
    split(&kept).collect::<Vec<_>>().join(" ")
}

/// 1 when they are the same once normalised, else 0.
pub(super) fn exact(prediction: &str, reference: &str) -> f64 {
    f64::from(normalised(prediction) == normalised(reference))
}

/// F1 of words once normalised; when one has no words, whether both have none.
pub(super) fn f1(prediction: &str, reference: &str) -> f64 {
    let (prediction, reference) = (normalised(prediction), normalised(reference));
    if prediction.is_empty() || reference.is_empty() {
        return f64::from(prediction == reference);
    }
    Overlap::of_bags(prediction.split(' '), reference.split(' ')).f1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_and_articles_do_not_count() {
        assert_eq!(normalised(" The U.S.  and an  apple-pie, a!"), "us and applepie");
        assert_eq!(normalised("theatre – the–cat"), "theatre – –cat");
        assert_eq!(exact("The cat.", "cat"), 1.0);
    }

    #[test]
    fn words_count_as_often_as_both_have_them() {
        assert_eq!(f1("b b c", "b c c"), 2.0 / 3.0);
        assert_eq!((f1("", ""), f1("a", "the"), f1("x", "")), (1.0, 1.0, 0.0));
    }
}
