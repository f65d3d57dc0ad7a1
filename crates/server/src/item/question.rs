//! A question: its words, whether it is asked, what models suggest, and the controls of its type.

use engraft_app::annotate::{Answer, Answers, Question, QuestionKind, Suggestion, is_asked};
use engraft_app::work::ItemView;
use maud::{Markup, html};
use serde_json::Value;

use super::said::{Reading, said};
use super::{Sheet, choice, compare, form, grade, record, span, write};

/// One question as a fieldset; hidden and disabled while its condition does not hold, so that it posts nothing.
pub(crate) fn render(sheet: &Sheet, question: &Question) -> Markup {
    let none = Answers::new();
    let answers = sheet.view.answers.as_ref().unwrap_or(&none);
    let asked = is_asked(&sheet.schema, question, &sheet.view.fields, answers);
    let always = Question { visible_when: None, ..question.clone() };
    if !is_asked(&sheet.schema, &always, &sheet.view.fields, answers) {
        return html! {};
    }
    let when = question.visible_when.as_ref();
    let any_of = when.map(|when| Value::from(when.any_of.clone()).to_string());
    html! {
        fieldset.question data-question=(question.name) data-type=(question.kind.name())
            data-required[question.required] data-when=[when.map(|when| &when.question)] data-any-of=[any_of]
            hidden[!asked] disabled[!asked || sheet.view.read_only] {
            legend { (question.title()) @if !question.required { " " span.muted { "optional" } } }
            @if let Some(help) = &question.help { p.help { (help) } }
            @for suggestion in &sheet.view.suggestions { (suggested(sheet, question, suggestion)) }
            (controls(sheet, question))
            (meanings(question))
            p.error data-error hidden {}
        }
    }
}

fn controls(sheet: &Sheet, question: &Question) -> Markup {
    match &question.kind {
        QuestionKind::Label { options } => choice::options(sheet, question, options, false),
        QuestionKind::Labels { options } => choice::options(sheet, question, options, true),
        QuestionKind::Taxonomy { options, multiple } => choice::taxonomy(sheet, question, options, *multiple),
        QuestionKind::Rating { min, max, meaning } => choice::rating(sheet, question, *min, *max, meaning),
        QuestionKind::Turns { field, options, multiple, role } => {
            choice::turns(sheet, question, field, options, *multiple, role.as_deref())
        }
        QuestionKind::Spans { field, options, overlapping, discontinuous } => {
            span::spans(sheet, question, field, options, *overlapping, *discontinuous)
        }
        QuestionKind::Relations { spans, options } => span::relations(sheet, question, spans, options),
        QuestionKind::Ranking { field, options } => {
            compare::ranking(sheet, question, field.as_deref(), options)
        }
        QuestionKind::Preference { field, strength, tie, both_bad } => {
            compare::preference(sheet, question, field, *strength, (*tie, *both_bad))
        }
        QuestionKind::Text { max_chars } => write::text(sheet, question, *max_chars),
        QuestionKind::Correction { field } => write::correction(sheet, question, field),
        QuestionKind::Relevance { field, query } => grade::relevance(sheet, question, field, query),
        QuestionKind::Support { answer, passages } => grade::support(sheet, question, answer, passages),
        QuestionKind::Form { schema } => record::render(sheet, question, schema),
    }
}

/// What the options mean, for those who cannot point at them.
fn meanings(question: &Question) -> Markup {
    let told = question.meanings();
    html! {
        @if !told.is_empty() {
            details.meanings {
                summary { "What they mean" }
                dl.answers { @for (option, meaning) in told { dt dir="auto" { (option) } dd dir="auto" { (meaning) } } }
            }
        }
    }
}

/// A model's answer with its name and score, and the pairs that accepting it would set.
fn suggested(sheet: &Sheet, question: &Question, suggestion: &Suggestion) -> Markup {
    let Some(answer) = suggestion.answers.get(&question.name) else { return html! {} };
    let pairs = form::write(question, answer);
    let by_parts = matches!(answer, Answer::Spans(_));
    let ItemView { questions, fields, presented, .. } = sheet.view;
    let reading = Reading { questions, fields, presented };
    html! {
        div.suggestion data-suggestion=(form::encode(&pairs)) {
            p {
                b { (suggestion.model) }
                @if let Some(score) = suggestion.score {
                    " " meter min="0" max="1" value=(score) aria-label="Score" {} " " (format!("{score:.2}"))
                }
                " suggests"
            }
            div.value dir="auto" tabindex="0" role="group" aria-label="Suggested answer" {
                @if let Some(said) = said(&reading, question, &suggestion.answers) { (said.draw(&[])) }
            }
            div.row {
                button.button.small type="button" data-do="accept" { @if by_parts { "Accept all" } @else { "Accept" } kbd data-command="accept" {} }
                @if by_parts { button.button.small type="button" data-press="nextSuggestion" { "Part by part" kbd data-command="nextSuggestion" {} } }
            }
        }
    }
}
