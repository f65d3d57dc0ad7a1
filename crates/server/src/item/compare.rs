//! Questions that compare: which answer is better, and what order things come in.

use engraft_app::annotate::{Answer, Choice, LabelOption, Preference, Question, free_letters};
use maud::{Markup, html};

use super::field::letter;
use super::markup::string;
use super::{Sheet, sides};

/// A or B, a tie, both bad, and by how much. The answers stand in the order of [`sides`].
pub(crate) fn preference(
    sheet: &Sheet,
    question: &Question,
    field: &str,
    strength: u8,
    (tie, both_bad): (bool, bool),
) -> Markup {
    let given = match sheet.given(question) {
        Some(Answer::Preference(preference)) => Some(preference),
        _ => None,
    };
    let name = format!("q.{}", question.name);
    let answers = sides::order(sheet, field);
    let all_bad = if answers.len() == 2 { "Both bad" } else { "All bad" };
    html! {
        div.options.verdict role="radiogroup" aria-label=(question.title()) data-pair=(field) {
            @for (place, answer) in answers.iter().enumerate() {
                @let id = string(answer, "id");
                @let chosen = matches!(given, Some(Preference { choice: Choice::Id(choice), .. }) if choice == id);
                // A and B by their letters, which are no commands; c and d are.
                (one(&name, &format!("id:{id}"), free_letters().nth(place),
                    &format!("{} is better", letter(place)), chosen))
            }
            @if tie { (one(&name, "tie", Some('='), "Equally good", given.is_some_and(|given| given.choice == Choice::Tie))) }
            @if both_bad { (one(&name, "both_bad", Some('0'), all_bad, given.is_some_and(|given| given.choice == Choice::BothBad))) }
        }
        @if strength > 0 {
            div.options.rating.strength role="radiogroup" aria-label="How much better" {
                @for level in 1..=strength {
                    (one(&format!("s.{}", question.name), &level.to_string(), char::from_digit(level.into(), 10),
                        degree(level, strength), given.is_some_and(|given| given.strength == Some(level))))
                }
            }
        }
        button.button.small type="button" data-do="diff" aria-pressed="false" { "Show differences" kbd data-command="diff" {} }
    }
}

/// What a strength means in words, where words are enough.
pub(crate) fn degree(level: u8, most: u8) -> &'static str {
    match (level, most) {
        (1, _) => "slightly",
        (2, 2) | (3, 3) => "much",
        (2, 3) => "clearly",
        _ => "",
    }
}

fn one(name: &str, value: &str, key: Option<char>, words: &str, given: bool) -> Markup {
    html! {
        label.option data-key=[key] {
            input type="radio" name=(name) value=(value) checked[given];
            span.words { (words) }
            @if let Some(key) = key { kbd aria-hidden="true" { (key) } }
        }
    }
}

/// A rank for each thing; equal ranks are ties.
pub(crate) fn ranking(
    sheet: &Sheet,
    question: &Question,
    field: Option<&str>,
    options: &[LabelOption],
) -> Markup {
    let things: Vec<(String, String)> = match field {
        Some(field) => sides::order(sheet, field)
            .iter()
            .enumerate()
            .map(|(place, answer)| (string(answer, "id").to_string(), label(place, string(answer, "title"))))
            .collect(),
        None => options.iter().map(|option| (option.value.clone(), option.words().to_string())).collect(),
    };
    let rank = |value: &str| match sheet.given(question) {
        Some(Answer::Ranking(placed)) => placed.iter().find(|one| one.value == value).map(|one| one.rank),
        _ => None,
    };
    html! {
        ol.ranking {
            @for (value, words) in &things {
                li data-unit {
                    label {
                        input type="number" data-rank inputmode="numeric" min="1" max=(things.len())
                            name={ "q." (question.name) "/" (value) } value=[rank(value)];
                        span.words dir="auto" { (words) }
                    }
                }
            }
        }
        p.help { "1 is best. Equal numbers are ties. Keys " kbd { "1" } "–" kbd { (things.len().min(9)) } " place the marked one." }
    }
}

fn label(place: usize, title: &str) -> String {
    if title.is_empty() { letter(place).to_string() } else { format!("{} {title}", letter(place)) }
}
