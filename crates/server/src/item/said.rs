//! An answer as the single things it says, so that what two people said can be laid side by side part by part.

use std::collections::BTreeMap;

use engraft_app::annotate::{
    Answer, Answers, Choice, Graded, LabelledSpan, Question, QuestionKind, Relation, Supported, Turn,
};
use engraft_core::{CharMap, Span};
use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value};

use super::compare::degree;
use super::field::{letter, text_of};
use super::grade::{GRADES, VERDICTS};
use super::marked::Places;
use super::markup::{exact, list, prose, string};
use super::show::{filled, option};

/// The most characters of a turn that stand beside its labels.
const SNIPPET: usize = 60;

/// What answers are read with.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// What was asked.
    pub(crate) questions: &'a [Question],
    /// What it was asked about.
    pub(crate) fields: &'a Map<String, Value>,
    /// In which order the reader sees the answers of a field; as they are stored where it does not say.
    pub(crate) presented: &'a BTreeMap<String, Vec<String>>,
}

/// The parts of an answer, as HTML: two that say the same are the same text.
pub(crate) enum Said {
    /// Words in a row.
    Chips(Vec<String>),
    /// One line each.
    Lines(Vec<String>),
    /// One line each, of a kind that grows so long that only what differs is worth reading.
    Marks(Vec<String>),
    /// Names with values.
    Pairs(Vec<(String, String)>),
    /// What has no parts.
    Whole(String),
}

/// What a response says to a question; `None` when it does not answer it.
pub(crate) fn said(reading: &Reading, question: &Question, answers: &Answers) -> Option<Said> {
    let given = answers.get(&question.name)?;
    let text = |markup: Markup| markup.into_string();
    Some(match given {
        Answer::Label(value) => Said::Chips(vec![option(question, value).to_string()]),
        Answer::Labels(values) => {
            Said::Chips(values.iter().map(|value| option(question, value).to_string()).collect())
        }
        Answer::Taxonomy(paths) => Said::Chips(paths.iter().map(|path| path.join(" › ")).collect()),
        Answer::Spans(spans) => {
            let places = Places::of(reading, question, spans);
            let line = |span: &LabelledSpan| html! { span.chip { (option(question, &span.label)) } " " (places.show(span)) };
            Said::Marks(spans.iter().map(line).map(text).collect())
        }
        Answer::Relations(arrows) => {
            let marked = match &question.kind {
                QuestionKind::Relations { spans, .. } => {
                    reading.questions.iter().find(|question| question.name == *spans)
                }
                _ => None,
            };
            let spans = match marked.and_then(|question| answers.get(&question.name)) {
                Some(Answer::Spans(spans)) => spans.as_slice(),
                _ => &[],
            };
            let places = marked.map(|question| Places::of(reading, question, spans));
            let end = |id: &str| match (spans.iter().find(|span| span.id == id), &places) {
                (Some(span), Some(places)) => places.show(span),
                _ => html! { (id) },
            };
            let line = |one: &Relation| {
                html! { (end(&one.from)) " → " (end(&one.to)) " " span.chip { (option(question, &one.label)) } }
            };
            Said::Marks(arrows.iter().map(line).map(text).collect())
        }
        Answer::Rating(rating) => {
            Said::Whole(text(html! { b { (rating) } " " (meaning(question, *rating)) }))
        }
        Answer::Ranking(placed) => Said::Lines(
            placed
                .iter()
                .map(|one| text(html! { (one.rank) ". " (thing(reading, question, &one.value)) }))
                .collect(),
        ),
        Answer::Preference(preference) => {
            let words = match &preference.choice {
                Choice::Tie => "equally good".to_string(),
                Choice::BothBad => "all bad".to_string(),
                Choice::Id(id) => format!("{} is better", thing(reading, question, id)),
            };
            let much = preference.strength.map(|strength| much(question, strength)).unwrap_or_default();
            Said::Whole(text(html! { (words) (much) }))
        }
        Answer::Text(words) => Said::Whole(text(prose(words))),
        Answer::Correction(words) => Said::Whole(text(corrected(reading, question, words))),
        Answer::Turns(turns) => {
            Said::Lines(turns.iter().map(|one| text(turn(reading, question, one))).collect())
        }
        Answer::Relevance(graded) => {
            Said::Lines(graded.iter().map(|one| text(grade(reading, question, one))).collect())
        }
        Answer::Support(supported) => {
            Said::Lines(supported.iter().map(|one| text(verdict(reading, question, one))).collect())
        }
        Answer::Form(record) => Said::Pairs(match &question.kind {
            QuestionKind::Form { schema } => filled(schema, record),
            _ => filled(&Value::Null, record),
        }),
    })
}

impl Said {
    fn parts(&self) -> Vec<String> {
        match self {
            Said::Chips(parts) | Said::Lines(parts) | Said::Marks(parts) => parts.clone(),
            Said::Pairs(pairs) => pairs.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
            Said::Whole(part) => vec![part.clone()],
        }
    }

    /// The answer in words. Beside `others`, what not all of them say too is marked, once they share anything; of marked
    /// parts and arrows only that is listed, and the rest counted.
    pub(crate) fn draw(&self, others: &[Said]) -> Markup {
        let theirs: Vec<Vec<String>> = others.iter().map(Said::parts).collect();
        let is_shared = |part: &String| theirs.iter().all(|parts| parts.contains(part));
        let shared = self.parts().iter().filter(|part| is_shared(part)).count();
        let differs = |part: &String| !others.is_empty() && shared > 0 && !is_shared(part);
        let raw = |part: &String| PreEscaped(part.clone());
        match self {
            Said::Chips(parts) => html! {
                @for part in parts { span.chip .differs[differs(part)] { (part) } " " }
                @if parts.is_empty() { span.muted { "none of these" } }
            },
            Said::Lines(parts) => html! {
                ul.plain { @for part in parts { li class=[differs(part).then_some("differs")] { (raw(part)) } } }
            },
            Said::Marks(parts) => {
                let listed: Vec<&String> =
                    parts.iter().filter(|part| others.is_empty() || !is_shared(part)).collect();
                html! {
                    @if parts.is_empty() { span.muted { "nothing is marked" } }
                    ul.plain { @for part in listed.iter().copied() { li class=[differs(part).then_some("differs")] { (raw(part)) } } }
                    @if !others.is_empty() && shared > 0 {
                        p.muted { @if listed.is_empty() { "Nothing but the " } @else { "And the " } (shared) " that all have" }
                    }
                }
            }
            Said::Pairs(pairs) => html! {
                dl.answers { @for (name, value) in pairs {
                    @let differs = differs(&format!("{name}: {value}"));
                    dt { (name) } dd class=[differs.then_some("differs")] { (PreEscaped(value.clone())) }
                } }
            },
            Said::Whole(part) => raw(part),
        }
    }
}

/// A thing that is ranked or preferred, by the letter that stands above it and its title; an option by its words.
fn thing(reading: &Reading, question: &Question, id: &str) -> String {
    let (QuestionKind::Preference { field, .. } | QuestionKind::Ranking { field: Some(field), .. }) =
        &question.kind
    else {
        return option(question, id).to_string();
    };
    let stored = list(reading.fields.get(field));
    let place = match reading.presented.get(field) {
        Some(order) => order.iter().position(|one| one == id),
        None => stored.iter().position(|one| string(one, "id") == id),
    };
    let title = stored.iter().find(|one| string(one, "id") == id).map_or("", |one| string(one, "title"));
    match place {
        Some(place) if title.is_empty() => letter(place).to_string(),
        Some(place) => format!("{} {title}", letter(place)),
        None => id.to_string(),
    }
}

/// How much better, in words where there are some.
fn much(question: &Question, level: u8) -> String {
    let most = match question.kind {
        QuestionKind::Preference { strength, .. } => strength,
        _ => level,
    };
    match degree(level, most) {
        "" => format!(", {level} of {most}"),
        words => format!(", {words}"),
    }
}

fn meaning(question: &Question, rating: i64) -> &str {
    match &question.kind {
        QuestionKind::Rating { meaning, .. } => meaning.get(&rating).map_or("", String::as_str),
        _ => "",
    }
}

/// A better version with what it is a version of, from which a browser shows what changed.
fn corrected(reading: &Reading, question: &Question, text: &str) -> Markup {
    let original = match &question.kind {
        QuestionKind::Correction { field } => reading.fields.get(field).map(text_of),
        _ => None,
    };
    html! { div.written dir="auto" data-corrects=[original] { (exact(text)) } }
}

fn turn(reading: &Reading, question: &Question, turn: &Turn) -> Markup {
    let chat = match &question.kind {
        QuestionKind::Turns { field, .. } => list(reading.fields.get(field)),
        _ => &[],
    };
    let content = chat.get(turn.turn).map_or("", |turn| string(turn, "content"));
    let snippet: String = content.chars().take(SNIPPET).collect();
    html! {
        "Turn " (turn.turn + 1) " "
        @if !snippet.is_empty() { q dir="auto" { (snippet) @if snippet.len() < content.len() { "…" } } " " }
        @for label in &turn.labels { span.chip { (option(question, label)) } " " }
    }
}

fn grade(reading: &Reading, question: &Question, graded: &Graded) -> Markup {
    let passages = match &question.kind {
        QuestionKind::Relevance { field, .. } => list(reading.fields.get(field)),
        _ => &[],
    };
    let place = passages.iter().position(|passage| string(passage, "id") == graded.id);
    let passage = place.and_then(|place| passages.get(place));
    let map = CharMap::new(passage.map_or("", |passage| string(passage, "text")));
    let quote = |(start, end): &(usize, usize)| Span::new(*start, *end).and_then(|span| map.quote(span));
    html! {
        (named(passages, &graded.id)) ": " b { (GRADES.get(usize::from(graded.grade)).unwrap_or(&"?")) }
        @if !graded.evidence.is_empty() {
            " because of " @for evidence in &graded.evidence { q.because dir="auto" { (quote(evidence).unwrap_or("?")) } " " }
        }
    }
}

fn verdict(reading: &Reading, question: &Question, one: &Supported) -> Markup {
    let passages = match &question.kind {
        QuestionKind::Support { passages, .. } => list(reading.fields.get(passages)),
        _ => &[],
    };
    let words = VERDICTS.iter().find(|(verdict, ..)| *verdict == one.verdict).map_or("", |verdict| verdict.2);
    let by: Vec<String> = one.passages.iter().map(|id| named(passages, id)).collect();
    html! {
        span.chip { (words) } " " q dir="auto" { (one.quote) }
        @if !by.is_empty() { " by " (by.join(", ")) }
    }
}

/// A passage by the number that stands before it, and its title.
fn named(passages: &[Value], id: &str) -> String {
    let place = passages.iter().position(|passage| string(passage, "id") == id);
    let Some(place) = place else { return id.to_string() };
    match string(&passages[place], "title") {
        "" => format!("[{}]", place + 1),
        title => format!("[{}] {title}", place + 1),
    }
}
