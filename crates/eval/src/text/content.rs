//! Words that carry meaning: stop words left out, the rest stemmed.

use super::overlap::Overlap;
use super::stop;
use super::words::stemmed;
use unicode_segmentation::UnicodeSegmentation;

/// Precision (how much of the prediction the reference says), recall (how much of the reference was said) and F1 of content
/// words. Two texts without any are compared by all their words; without words at all, by whether both are empty.
pub(super) fn overlap(prediction: &str, reference: &str) -> Overlap {
    let (prediction, reference) = (prediction.to_lowercase(), reference.to_lowercase());
    let content = |text: &str| -> Vec<String> {
        text.unicode_words().filter(|word| !stop::is_stop(word)).map(stemmed).collect()
    };
    let (said, wanted) = (content(&prediction), content(&reference));
    if !said.is_empty() || !wanted.is_empty() {
        return Overlap::of_bags(said, wanted);
    }
    let (said, wanted): (Vec<_>, Vec<_>) =
        (prediction.unicode_words().collect(), reference.unicode_words().collect());
    if said.is_empty() && wanted.is_empty() {
        let same = f64::from(prediction.trim() == reference.trim());
        return Overlap { precision: same, recall: same, f1: same };
    }
    Overlap::of_bags(said, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_and_endings_do_not_count() {
        let found = overlap("You may return the shoes", "Returning shoes is free");
        assert_eq!((found.precision, found.recall), (1.0, 2.0 / 3.0));
    }

    #[test]
    fn a_text_is_like_itself_whatever_it_is_made_of() {
        for text in ["yes", "it is", "东京", "", "?!", "Ünïcödé"] {
            assert_eq!(overlap(text, text).f1, 1.0, "{text}");
        }
        assert_eq!(overlap("it is", "东京").f1, 0.0);
    }
}
