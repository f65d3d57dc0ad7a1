//! A text with what several people marked in it, to be read: who marked what, where, and what not all of them did.

use std::collections::{BTreeMap, BTreeSet};

use engraft_app::annotate::{Answer, Answers, LabelledSpan, Question, QuestionKind};
use engraft_core::{CharMap, Span};
use maud::{Markup, html};

use super::field::text_of;
use super::markup::exact;
use super::said::Reading;
use super::show::option;

/// How many characters stand on either side of words that stand in the text more than once.
const AROUND: usize = 24;

/// Somebody's answers, under the name a reader knows them by.
pub(crate) struct Voice<'a> {
    pub(crate) name: String,
    pub(crate) answers: &'a Answers,
}

/// Whether a question is about parts of this field.
pub(crate) fn is_marked(questions: &[Question], field: &str) -> bool {
    questions.iter().any(|question| is_about(question, field))
}

fn is_about(question: &Question, name: &str) -> bool {
    matches!(&question.kind, QuestionKind::Spans { field, .. } if field == name)
}

/// Where each piece of a marked part begins and ends, in code points.
type Parts = Vec<(usize, usize)>;

/// A part of the text, and who marked it.
struct Mark {
    parts: Parts,
    label: String,
    who: BTreeSet<usize>,
    by_all: bool,
}

/// The text of a field with every part that one of `voices` marked.
pub(crate) fn render(reading: &Reading, field: &str, voices: &[Voice]) -> Markup {
    let text = reading.fields.get(field).map_or("", text_of);
    let map = CharMap::new(text);
    let about = reading.questions.iter().filter(|question| is_about(question, field));
    let marks: Vec<Mark> = about.flat_map(|question| marks(question, voices)).collect();
    let ends = marks.iter().flat_map(|mark| &mark.parts).flat_map(|(start, end)| [*start, *end]);
    let cuts: BTreeSet<usize> = ends.chain([0, map.chars()]).filter(|at| *at <= map.chars()).collect();
    let cuts: Vec<usize> = cuts.into_iter().collect();
    html! {
        div.written.marked dir="auto" {
            @for cut in cuts.windows(2) {
                @let (from, to) = (cut[0], cut[1]);
                @let words = Span::new(from, to).and_then(|span| map.quote(span)).unwrap_or_default();
                @let here: Vec<&Mark> = marks.iter().filter(|mark| covers(mark, from, to)).collect();
                @if here.is_empty() { (exact(words)) } @else {
                    mark .differs[here.iter().any(|mark| !mark.by_all)] { (exact(words)) }
                    @for mark in here.iter().filter(|mark| mark.parts.last().is_some_and(|part| part.1 == to)) { (tag(mark, voices)) }
                }
            }
        }
    }
}

fn covers(mark: &Mark, from: usize, to: usize) -> bool {
    mark.parts.iter().any(|(start, end)| *start <= from && to <= *end)
}

/// What a part is, and who says so where not all do.
fn tag(mark: &Mark, voices: &[Voice]) -> Markup {
    let names: Vec<&str> =
        mark.who.iter().filter_map(|who| voices.get(*who)).map(|voice| voice.name.as_str()).collect();
    html! { small.tag .differs[!mark.by_all] { bdi { (mark.label) } @if !mark.by_all { " " (names.join(", ")) } } }
}

fn marks(question: &Question, voices: &[Voice]) -> Vec<Mark> {
    let mut found: BTreeMap<(Parts, &str), BTreeSet<usize>> = BTreeMap::new();
    let mut answered = 0;
    for (who, voice) in voices.iter().enumerate() {
        let Some(Answer::Spans(spans)) = voice.answers.get(&question.name) else { continue };
        answered += 1;
        for span in spans {
            found.entry((parts(span), span.label.as_str())).or_default().insert(who);
        }
    }
    let each = found.into_iter().map(|((parts, label), who)| Mark {
        parts,
        label: option(question, label).to_string(),
        by_all: who.len() == answered,
        who,
    });
    each.collect()
}

fn parts(span: &LabelledSpan) -> Parts {
    if span.parts.is_empty() { vec![(span.char_start, span.char_end)] } else { span.parts.clone() }
}

/// Marked parts by their words, and by what stands around them where the text says these words more than once.
pub(crate) struct Places<'a> {
    map: CharMap<'a>,
    often: BTreeSet<String>,
}

impl<'a> Places<'a> {
    pub(crate) fn of(reading: &Reading<'a>, question: &Question, spans: &[LabelledSpan]) -> Places<'a> {
        let text = match &question.kind {
            QuestionKind::Spans { field, .. } => reading.fields.get(field).map_or("", text_of),
            _ => "",
        };
        let is_often = |quote: &&String| text.matches(quote.as_str()).nth(1).is_some();
        let often = spans.iter().map(|span| &span.quote).filter(is_often).cloned().collect();
        Places { map: CharMap::new(text), often }
    }

    pub(crate) fn show(&self, span: &LabelledSpan) -> Markup {
        let place = format!("{}-{}", span.char_start, span.char_end);
        let quote = html! { q dir="auto" data-place=(place) { (span.quote) } };
        if !self.often.contains(&span.quote) {
            return quote;
        }
        let around = |from: usize, to: usize| {
            Span::new(from, to).and_then(|span| self.map.quote(span)).unwrap_or_default()
        };
        let (before, after) = (span.char_start.saturating_sub(AROUND), span.char_end + AROUND);
        let after = after.min(self.map.chars());
        html! {
            span.muted { @if before > 0 { "…" } (around(before, span.char_start)) } (quote)
            span.muted { (around(span.char_end, after)) @if after < self.map.chars() { "…" } }
        }
    }
}
