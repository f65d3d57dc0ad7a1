//! The item view: what a person reads, what they are asked, and how their form becomes answers again.
//!
//! The form is the truth. [`render`] draws native controls, so a page works without a script; the browser's modules
//! only make them faster. [`form::read`] turns posted pairs into answers and [`form::write`] turns answers into pairs.

pub(crate) mod bulk;
mod choice;
mod compare;
mod field;
pub(crate) mod form;
mod grade;
mod marked;
mod markup;
mod matched;
mod palette;
mod question;
mod record;
mod said;
mod show;
mod sides;
mod span;
mod text;
mod write;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
pub(crate) mod tests;

use engraft_app::annotate::{Answer, Question, QuestionKind, Schema};
use engraft_app::work::{ItemView, Tab};
use maud::{Markup, html};

pub(crate) use form::{read_accepted, read_form};
pub(crate) use marked::Voice;
pub(crate) use said::Reading;
pub(crate) use show::{show_answers, show_beside, show_fields, words_of};

/// An item in front of a person, with what its parts need to draw themselves.
struct Sheet<'a> {
    view: &'a ItemView,
    schema: Schema,
}

impl<'a> Sheet<'a> {
    fn of(view: &'a ItemView) -> Sheet<'a> {
        let schema = Schema {
            fields: view.layout.clone(),
            questions: view.questions.clone(),
            guidelines: String::new(),
            distribution: Default::default(),
            gold: Default::default(),
            merge: Default::default(),
            hide_suggestions: false,
        };
        Sheet { view, schema }
    }

    /// What the person said to a question so far.
    fn given(&self, question: &Question) -> Option<&'a Answer> {
        self.view.answers.as_ref()?.get(&question.name)
    }
}

/// One item as an `<article>` with its form. Without a `csrf` token everything can be tried and nothing can be sent.
pub(crate) fn render(view: &ItemView, csrf: &str) -> Markup {
    let sheet = &Sheet::of(view);
    let action = format!("/d/{}/work", markup::segment(&view.dataset));
    html! {
        article.item data-item=(view.item) data-lease=[view.lease.as_ref()] data-expires=[view.expires_at.as_ref()]
            data-version=(view.version) data-draft-version=(view.draft_version) data-active-ms=(view.active_ms) data-status=(status(view.status))
            data-guideline=(view.guideline) data-read-only[view.read_only] data-trial[csrf.is_empty()] {
            @if let Some(reason) = &view.returned {
                p.notice.warn { b { "Given back by a reviewer. " } span dir="auto" { (reason) } }
            }
            @if view.read_only { p.notice { "A reviewer has decided this item: your answers stay as they are. A comment is still read." } }
            @if !csrf.is_empty() { (tools(view)) }
            form method="post" action=(action) autocomplete="off" novalidate {
                // The first button is the one that the return key presses in a text field.
                @if !view.read_only {
                    button.visually-hidden name="do" value="submit" tabindex="-1" aria-hidden="true" disabled[csrf.is_empty()] {}
                }
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="item" value=(view.item);
                @if let Some(lease) = &view.lease { input type="hidden" name="lease" value=(lease); }
                input type="hidden" name="version" value=(view.version);
                input type="hidden" name="draft_version" value=(view.draft_version);
                input type="hidden" name="active_ms" value=(view.active_ms);
                (columns(sheet))
                @if !view.read_only { (actions(view, csrf)) }
            }
        }
    }
}

/// The fields and the questions with their controls, for a form of the caller's own.
pub(crate) fn controls(view: &ItemView) -> Markup {
    html! { div.item data-item=(view.item) { (columns(&Sheet::of(view))) } }
}

fn columns(sheet: &Sheet) -> Markup {
    let (wide, narrow): (Vec<_>, Vec<_>) =
        sheet.view.questions.iter().partition(|question| is_wide(&question.kind));
    html! {
        div.columns .single[narrow.is_empty()] {
            div.reading {
                @for field in &sheet.view.layout {
                    @if !is_owned(&sheet.view.questions, &field.name) { (field::render(sheet, field)) }
                }
                @for question in &wide { (question::render(sheet, question)) }
            }
            @if !narrow.is_empty() {
                div.asking { @for question in &narrow { (question::render(sheet, question)) } }
            }
        }
    }
}

/// A pile's name as in addresses.
fn status(tab: Tab) -> &'static str {
    match tab {
        Tab::Pending => "pending",
        Tab::Draft => "draft",
        Tab::Submitted => "submitted",
        Tab::Skipped => "skipped",
        Tab::Returned => "returned",
    }
}

/// Whether a question needs the width of a page: its controls stand beside the text they judge.
fn is_wide(kind: &QuestionKind) -> bool {
    use QuestionKind::{Correction, Relevance, Support, Turns};
    matches!(kind, Correction { .. } | Relevance { .. } | Support { .. } | Turns { .. })
}

/// Whether a question draws this field itself, so that it is not drawn twice.
fn is_owned(questions: &[Question], name: &str) -> bool {
    questions.iter().any(|question| match &question.kind {
        QuestionKind::Relevance { field, query } => field == name || query == name,
        QuestionKind::Support { answer, passages } => answer == name || passages == name,
        QuestionKind::Turns { field, .. } => field == name,
        _ => false,
    })
}

/// What else can be done about the item: the way through one's own, what to say about it, what is like it.
fn tools(view: &ItemView) -> Markup {
    let like = format!("/d/{}/bulk?like={}", markup::segment(&view.dataset), markup::segment(&view.item));
    html! {
        div.tools role="group" aria-label="About this item" {
            button.button.small type="button" data-press="previous" { span aria-hidden="true" { "‹" } span.words { "Previous" } kbd data-command="previous" {} }
            button.button.small type="button" data-press="next" { span.words { "Next" } span aria-hidden="true" { "›" } kbd data-command="next" {} }
            button.button.small type="button" data-press="comment" aria-haspopup="dialog" { "Comment" kbd data-command="comment" {} }
            button.button.small type="button" data-press="flag" aria-haspopup="dialog" { "Flag" kbd data-command="flag" {} }
            a.button.small href=(like) { "Similar" }
            // Stands in for the one beside the tabs where those are wider than the screen.
            button.button.small.guide type="button" data-action="guidelines" aria-controls="guidelines" { "Guide" }
            button.button.small.keys type="button" data-press="help" aria-haspopup="dialog" { "Keys" kbd data-command="help" {} }
        }
    }
}

fn actions(view: &ItemView, csrf: &str) -> Markup {
    let reasons = [
        ("unclear", "It is unclear"),
        ("not_my_language", "Not my language"),
        ("broken", "Something is broken"),
        ("conflict_of_interest", "Conflict of interest"),
    ];
    html! {
        div.actions role="group" aria-label="This item" {
            details.skip {
                summary.button { "Skip" kbd data-command="skip" {} }
                fieldset.reasons {
                    legend { "Why? The item goes to somebody else." }
                    select name="reason" aria-label="Reason" {
                        @for (value, words) in reasons { option value=(value) { (words) } }
                    }
                    button.button name="do" value="skip" { "Skip this item" }
                }
            }
            button.button type="button" data-press="discard" hidden { "Discard" kbd data-command="discard" {} }
            button.button type="button" data-press="undo" hidden { "Undo" kbd data-command="undo" {} }
            button.button type="button" data-press="redo" hidden { "Redo" kbd data-command="redo" {} }
            p.state { span data-saved {} span data-timer role="timer" aria-label="Active time" {} }
            button.button name="do" value="draft" { "Save draft" kbd data-command="draft" {} }
            button.button.primary name="do" value="submit" disabled[csrf.is_empty()] {
                @if view.status == Tab::Submitted { "Submit again" } @else { "Submit" }
                kbd data-command="submit" {}
            }
        }
    }
}
