//! Questions about retrieval: how relevant each passage is, and whether each sentence is supported by its sources.

use engraft_app::annotate::{Answer, Graded, Question, Supported, Verdict};
use engraft_core::{CharMap, sentences};
use maud::{Markup, html};
use serde_json::{Value, to_value};

use super::markup::{exact, list, string};
use super::{Sheet, field, matched};

/// What the grades mean, by grade.
pub(crate) const GRADES: [&str; 4] = ["Not relevant", "Related", "Relevant", "Perfect"];

/// What the verdicts mean, in the order of their keys.
pub(crate) const VERDICTS: [(Verdict, &str, &str); 4] = [
    (Verdict::Supported, "supported", "Supported"),
    (Verdict::Partly, "partly", "Partly"),
    (Verdict::Not, "not", "Not supported"),
    (Verdict::NoCitation, "no_citation", "No citation"),
];

/// The query, which stays in sight, and the passages with a grade each.
pub(crate) fn relevance(sheet: &Sheet, question: &Question, passages: &str, query: &str) -> Markup {
    let asked = sheet.view.fields.get(query).map_or("", field::text_of);
    let given = |id: &str| match sheet.given(question) {
        Some(Answer::Relevance(graded)) => graded.iter().find(|one| one.id == id),
        _ => None,
    };
    html! {
        p.query dir="auto" { span.muted { "Query " } (asked) }
        ol.passages data-relevance {
            @for passage in list(sheet.view.fields.get(passages)) {
                (graded(question, asked, passage, given(string(passage, "id"))))
            }
        }
    }
}

fn graded(question: &Question, query: &str, passage: &Value, given: Option<&Graded>) -> Markup {
    let id = string(passage, "id");
    let name = format!("q.{}/{id}", question.name);
    let evidence = to_value(given.map_or(&[][..], |given| &given.evidence)).unwrap_or_default();
    html! {
        li.passage data-unit data-passage=(id) {
            (field::source(passage))
            div.written dir="auto" data-evidence tabindex="0" role="group" aria-label={ "Passage " (id) } {
                (lit(string(passage, "text"), query))
            }
            ul.evidence data-evidence-list aria-label="Evidence" {}
            input type="hidden" name={ "e." (question.name) "/" (id) } value=(evidence) data-json;
            div.options.chips role="radiogroup" aria-label={ "Grade of passage " (id) } {
                @for (grade, words) in GRADES.iter().enumerate() {
                    label.option data-key=(grade) {
                        input type="radio" name=(name) value=(grade)
                            checked[given.is_some_and(|given| usize::from(given.grade) == grade)];
                        span.words { (words) } kbd aria-hidden="true" { (grade) }
                    }
                }
            }
        }
    }
}

/// A passage with what it shares with the query in `<mark>`.
fn lit(text: &str, query: &str) -> Markup {
    html! { @for (piece, shared) in matched::pieces(text, query) { @if shared { mark { (exact(piece)) } } @else { (exact(piece)) } } }
}

/// The sentences of an answer one by one, with the sources beside them.
pub(crate) fn support(sheet: &Sheet, question: &Question, answer: &str, passages: &str) -> Markup {
    let text = sheet.view.fields.get(answer).map_or("", field::text_of);
    let map = CharMap::new(text);
    let sources = list(sheet.view.fields.get(passages));
    let given = |start: usize| match sheet.given(question) {
        Some(Answer::Support(supported)) => supported.iter().find(|one| one.char_start == start),
        _ => None,
    };
    html! {
        div.support data-support {
            ol.sentences {
                @for span in sentences(text) {
                    @let name = format!("{}/{}-{}", question.name, span.start(), span.end());
                    (sentence(&name, map.quote(span).unwrap_or_default(), sources, given(span.start())))
                }
            }
            ol.passages.sources aria-label="Sources" {
                @for (place, passage) in sources.iter().enumerate() {
                    li.passage data-source=(string(passage, "id")) tabindex="0" {
                        span.badge { (place + 1) }
                        (field::source(passage))
                        div.written dir="auto" { (exact(string(passage, "text"))) }
                    }
                }
            }
        }
    }
}

fn sentence(name: &str, text: &str, sources: &[Value], given: Option<&Supported>) -> Markup {
    html! {
        li.sentence data-unit {
            p dir="auto" data-sentence { (exact(text)) }
            div.options.chips role="radiogroup" aria-label="Verdict" {
                @for (place, (verdict, value, words)) in VERDICTS.iter().enumerate() {
                    label.option data-key=(place + 1) {
                        input type="radio" name={ "q." (name) } value=(value) checked[given.is_some_and(|given| given.verdict == *verdict)];
                        span.words { (words) } kbd aria-hidden="true" { (place + 1) }
                    }
                }
            }
            div.by role="group" aria-label="Supported by" {
                @for (place, passage) in sources.iter().enumerate() {
                    @let id = string(passage, "id");
                    label.tick {
                        input type="checkbox" name={ "b." (name) } value=(id)
                            checked[given.is_some_and(|given| given.passages.iter().any(|one| one == id))];
                        "[" (place + 1) "]"
                    }
                }
            }
        }
    }
}
