//! How to answer: the guidelines, and what changed since this person read them.

use engraft_app::work::{GuidelinesView, Meanings};
use maud::{Markup, html};

use crate::markdown;

/// The panel beside an item.
pub(crate) fn panel(guide: &GuidelinesView) -> Markup {
    html! {
        div.row.between {
            h2 { "Guidelines" }
            button.button.quiet type="button" data-action="guidelines" aria-controls="guidelines" { "Close" }
        }
        @if is_unread(guide) {
            div.notice data-guidelines-changed=(guide.version) {
                @match &guide.before {
                    Some(before) => {
                        p { "Changed since your last visit:" }
                        (changes(before, &guide.text))
                    }
                    None => p { "Please read them once before you begin." },
                }
                button.button type="button" data-action="acknowledge" data-version=(guide.version) { "I have read this" }
            }
        }
        @if guide.markdown.trim().is_empty() && guide.meanings.is_empty() {
            p.muted { "This dataset has no guidelines. Ask a lead when you are not sure." }
        } @else {
            label.field.visually-hidden-until-focus { span { "Find in the guidelines" } input type="search" data-action="find-guideline"; }
            div.prose { (markdown::render(&guide.markdown)) }
            @for Meanings { question, options } in &guide.meanings {
                h3 dir="auto" { (question) }
                dl.answers { @for (option, meaning) in options { dt dir="auto" { (option) } dd dir="auto" { (meaning) } } }
            }
        }
    }
}

/// Whether a person has to read them. What options mean stands under each question too, and asks nobody to stop before
/// they begin, unless it changed.
pub(crate) fn is_unread(guide: &GuidelinesView) -> bool {
    guide.changed && (guide.before.is_some() || !guide.markdown.trim().is_empty())
}

/// Lines that went and lines that came, in the order of the text.
fn changes(before: &str, after: &str) -> Markup {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(before), lines(after));
    html! {
        ul.changes {
            @for (came, line) in difference(&old, &new) {
                li class=(if came { "came" } else { "went" }) {
                    span.visually-hidden { (if came { "New: " } else { "Gone: " }) }
                    @if came { ins { (line) } } @else { del { (line) } }
                }
            }
        }
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// The shortest way from `old` to `new`: `true` for a line that came. Longest common subsequence over lines; guidelines
/// are a few hundred lines, so the table of their product is small. Beyond that, everything counts as changed.
fn difference<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(bool, &'a str)> {
    if old.len() * new.len() > 4_000_000 {
        return old.iter().map(|line| (false, *line)).chain(new.iter().map(|line| (true, *line))).collect();
    }
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, was) in old.iter().enumerate().rev() {
        for (j, is) in new.iter().enumerate().rev() {
            common[i][j] =
                if was == is { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        match (old.get(i), new.get(j)) {
            (Some(was), Some(is)) if was == is => (i, j) = (i + 1, j + 1),
            (Some(was), is) if is.is_none() || common[i + 1][j] >= common[i][j + 1] => {
                out.push((false, *was));
                i += 1;
            }
            (_, Some(is)) => {
                out.push((true, *is));
                j += 1;
            }
            (_, None) => break,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        let (old, new) = (lines(old), lines(new));
        let told: Vec<String> = difference(&old, &new)
            .iter()
            .map(|(came, line)| format!("{}{line}", if *came { '+' } else { '-' }))
            .collect();
        assert_eq!(told.join(" "), expected);
    }

    #[test]
    fn only_what_changed_is_told() {
        check("a\nb\nc", "a\nb\nc", "");
        check("a\nb\nc", "a\nx\nc", "-b +x");
        check("a\n\nb", "b", "-a");
        check("", "a\nb", "+a +b");
        check("a\nb", "", "-a -b");
        check("a\nb\nc\nd", "b\nc\ne\nd", "-a +e");
    }
}
