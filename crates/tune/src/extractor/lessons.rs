//! Training texts cut where no span is, so that a long document never has to pass the encoder as a whole.

use std::ops::Range;

use crate::TuneError;
use crate::extractor::states::States;
use crate::extractor::tags;
use crate::extractor::text::Text;
use crate::extractor::tuned::Lesson;

/// Words of a lesson, where there is a place to cut.
const WORDS: usize = 800;
/// Tokens of one step, about, where texts are short and many.
const STEP_TOKENS: usize = 512;
/// So many lessons are learned in fewer passes: with three, eight thousand sentences took 20 minutes on two busy cores.
const MANY: usize = 4000;
/// Steps of one pass, at least, before short texts are put together.
const STEPS: usize = 100;

/// The lessons of texts; `said` are words × tags of each text, from a chain that never saw it.
pub(crate) fn lessons<'a>(
    texts: &[&'a Text],
    said: &[&'a [f32]],
    states: &States,
    tags: usize,
) -> Result<Vec<Lesson<'a>>, TuneError> {
    let mut lessons = Vec::with_capacity(texts.len());
    for (text, said) in texts.iter().zip(said) {
        for range in stretches(&text.gold, WORDS) {
            lessons.push(Lesson {
                pieced: states.pieced(&text.words[range.clone()], &text.row.context)?,
                gold: &text.gold[range.clone()],
                said: &said[range.start * tags..range.end * tags],
            });
        }
    }
    Ok(lessons)
}

/// Lessons of one step: `least`, or more where they are so short and so many that a step would cost more for the weights it
/// moves than for the texts it reads.
pub(crate) fn batch(lessons: &[Lesson], least: usize) -> usize {
    let tokens: usize = lessons.iter().map(|lesson| lesson.pieced.tokens()).sum();
    let full = STEP_TOKENS * lessons.len() / tokens.max(1);
    least.max(full.min(lessons.len() / STEPS))
}

/// Passes over the lessons: one less than `most` where there are so many that it would take longer than people wait.
pub(crate) fn passes(lessons: &[Lesson], most: usize) -> usize {
    if lessons.len() < MANY { most } else { most - 1 }
}

/// Stretches of at most `most` words that tear no span apart; a longer span makes a longer stretch.
fn stretches(gold: &[usize], most: usize) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut from = 0;
    while from < gold.len() {
        let may_cut = |at: &usize| tags::may_begin(gold[*at]);
        let wanted = from + most;
        let to = match wanted >= gold.len() {
            true => gold.len(),
            false => (from + 1..=wanted)
                .rev()
                .find(may_cut)
                .or_else(|| (wanted..gold.len()).find(may_cut))
                .unwrap_or(gold.len()),
        };
        stretches.push(from..to);
        from = to;
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractor::pieces::Pieced;

    #[test]
    fn a_long_text_is_cut_where_no_span_is() {
        let gold = tags::path(10, &[(2..5, 0), (7..10, 0)]);
        assert_eq!(stretches(&gold, 4), [0..2, 2..6, 6..10]);
        assert_eq!(stretches(&gold, 2), [0..2, 2..5, 5..7, 7..10]);
        assert_eq!(stretches(&gold, 99).len(), 1);
        assert_eq!(stretches(&[], 4), []);
    }

    #[test]
    fn short_texts_share_a_step_only_where_there_are_many() {
        let read = |tokens: usize, count: usize| {
            let pieced = Pieced { windows: vec![vec![0; tokens]], words: Vec::new() };
            batch(&vec![Lesson { pieced, gold: &[], said: &[] }; count], 16)
        };
        assert_eq!(read(10, 8000), 51, "as many as hold 512 tokens");
        assert_eq!(read(10, 3000), 30, "a pass has at least a hundred steps");
        assert_eq!(read(10, 200), 16);
        assert_eq!(read(64, 8000), 16, "long texts fill a step as they are");
        assert_eq!(batch(&[], 16), 16);
    }

    #[test]
    fn many_lessons_take_fewer_passes() {
        let lesson = Lesson { pieced: Pieced::default(), gold: &[], said: &[] };
        assert_eq!(passes(&vec![lesson.clone(); 3999], 3), 3);
        assert_eq!(passes(&vec![lesson; 4000], 3), 2);
    }
}
