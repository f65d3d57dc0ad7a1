//! Where people disagree: their answers side by side without names, what they agree on merged, the rest to be decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::annotate::{Answer, Answers, Question, QuestionKind, Schema, is_asked, says_same};
use engraft_app::dataset;
use engraft_app::people::Act;
use engraft_app::review::{self, ConflictView, Conflicts, Decision};
use engraft_app::work::ItemView;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::figures::{count, seconds};
use crate::extract::Asked;
use crate::guard::Who;
use crate::item::{Reading, Voice};
use crate::page::{Frame, Page, Part, Place, address, encoded};
use crate::problem::Problem;
use crate::studio::Studio;
use crate::{item, sheet};

const ROWS: usize = 50;
const OVERTAKEN: &str = "Somebody decided this, or answered it, after you opened the page: your decision was not kept. This is how it is now.";

#[derive(Deserialize)]
pub(crate) struct Slice {
    #[serde(default)]
    after: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Way {
    /// Answer it oneself instead of picking somebody's answer.
    #[serde(default)]
    own: bool,
}

/// The conflicts that are left.
pub(crate) async fn list(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
    Asked(slice): Asked<Slice>,
) -> Result<Response, Problem> {
    let (principal, of) = (who.principal.clone(), name.clone());
    let (conflicts, dataset) = studio
        .call(move |context, app| {
            let dataset = dataset::show(context, app, &principal, &of)?;
            Ok((review::conflicts(context, app, &principal, &of, slice.after.as_deref(), ROWS)?, dataset))
        })
        .await?;
    let page = frame.page(Page {
        title: &format!("{name}: review"),
        place: Place::Dataset(&name, Part::Review),
        scripts: &["lead.js"],
        class: "review",
        body: overview(&name, &conflicts, &dataset.schema.questions),
    });
    Ok(page.into_response())
}

/// One conflict.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path((name, id)): Path<(String, String)>,
    Asked(way): Asked<Way>,
) -> Result<Response, Problem> {
    let (principal, of) = (who.principal.clone(), name.clone());
    let view = studio.call(move |context, app| review::conflict(context, app, &principal, &of, &id)).await?;
    let page = frame.page(Page {
        title: &format!("{name}: decide {}", view.item),
        place: Place::Dataset(&name, Part::Review),
        scripts: if way.own { &["lead.js", "alone.js"] } else { &["lead.js"] },
        class: "adjudicate",
        body: case(&frame, &view, way.own),
    });
    Ok(page.into_response())
}

/// Decides it and goes on to the next.
pub(crate) async fn decide(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path((name, id)): Path<(String, String)>,
    body: String,
) -> Result<Response, Problem> {
    let (principal, of, again) = (who.principal.clone(), name.clone(), id.clone());
    // Whoever answered it herself goes back to what she typed.
    let is_picked = !body.split('&').any(|pair| pair == "how=own");
    let decided = studio
        .call(move |context, app| {
            let view = review::conflict(context, app, &principal, &of, &id)?;
            let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&body).unwrap_or_default();
            let field =
                |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            let answers = match field("how") {
                Some("own") => match sheet::answers(&view.questions, &body) {
                    Ok(answers) => answers,
                    Err(problem) => return Ok(Err(problem)),
                },
                _ => match picked(&dataset::show(context, app, &principal, &of)?.schema, &view, field) {
                    Ok(answers) => Value::Object(answers),
                    Err(problem) => return Ok(Err(problem)),
                },
            };
            let version = field("version").and_then(|version| version.parse().ok());
            let (decision, known) = (Decision { item: id, answers, version }, field("known").is_some());
            let decided = review::decide(context, app, &principal, &of, &decision)?;
            if known {
                let resolution = review::item(context, app, &principal, &of, &decision.item)?.resolution;
                let right = resolution.and_then(|resolution| serde_json::to_value(resolution.answers).ok());
                dataset::set_gold(context, app, &principal, &of, &decision.item, right.as_ref())?;
            }
            Ok(Ok(decided))
        })
        .await
        .and_then(|decided| decided);
    let words = match &decided {
        Err(problem) if problem.status == StatusCode::CONFLICT => OVERTAKEN.to_string(),
        Err(problem) if is_mistake(problem.status) && is_picked => {
            format!("{}: {}.", problem.message, problem.hint.as_deref().unwrap_or("look at it again"))
        }
        _ => String::new(),
    };
    let decided = match decided {
        Ok(decided) => decided,
        Err(problem) if !words.is_empty() => {
            let page = once_more(&studio, &frame, who, name, again, &words).await?;
            return Ok((problem.status, page).into_response());
        }
        Err(problem) => return Err(problem),
    };
    let next = match decided.next {
        Some(next) => case_address(&name, &next),
        None => address(&name, Part::Review),
    };
    Ok(Redirect::to(&next).into_response())
}

/// Whether what was sent is to be put right, rather than anything here.
fn is_mistake(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY)
}

/// The case as it is now, with why it was not decided.
async fn once_more(
    studio: &Arc<Studio>,
    frame: &Frame,
    who: Who,
    name: String,
    id: String,
    words: &str,
) -> Result<Markup, Problem> {
    let view =
        studio.call(move |context, app| review::conflict(context, app, &who.principal, &name, &id)).await?;
    Ok(frame.page(Page {
        title: &format!("{}: decide {}", view.dataset, view.item),
        place: Place::Dataset(&view.dataset, Part::Review),
        scripts: &["lead.js"],
        class: "adjudicate",
        body: html! {
            p.notice.warn role="alert" { (words) }
            (case(frame, &view, false))
        },
    }))
}

/// The picked side's answer to every open question that the other answers leave asked.
fn picked<'a>(
    schema: &Schema,
    view: &ConflictView,
    field: impl Fn(&str) -> Option<&'a str>,
) -> Result<Map<String, Value>, Problem> {
    let mut answers = view.agreed.clone();
    for question in view.questions.iter().filter(|question| view.open.contains(&question.name)) {
        let side = field(&format!("pick.{}", question.name))
            .and_then(|name| view.sides.iter().find(|side| side.name == name));
        let Some(side) = side else {
            return Err(Problem::user(
                format!("Nothing is picked for “{}”", question.title()),
                "pick an answer for every open question",
            ));
        };
        if let Some(answer) = side.answers.get(&question.name) {
            answers.insert(question.name.clone(), answer.clone());
        }
    }
    for question in &schema.questions {
        if !is_asked(schema, question, &view.fields, &answers) {
            answers.remove(&question.name);
        }
    }
    if let Some(question) = view.questions.iter().find(|question| loose(question, &answers).next().is_some())
    {
        return Err(Problem::user(
            format!("An arrow of “{}” ends at a part that the answer picked does not mark", question.title()),
            "pick the same person for the parts and the arrows, or answer it yourself",
        ));
    }
    let open = answers.iter().filter(|(name, _)| view.open.contains(name));
    let value = |answer| serde_json::to_value(answer).map_err(|error| Problem::bug(error.to_string()));
    open.map(|(name, answer)| Ok((name.clone(), value(answer)?))).collect()
}

/// The arrows that do not join two of the parts that are marked, by their place in the answer.
fn loose<'a>(question: &'a Question, answers: &'a Answers) -> impl Iterator<Item = usize> + 'a {
    let (spans, arrows) = match (&question.kind, answers.get(&question.name)) {
        (QuestionKind::Relations { spans, .. }, Some(Answer::Relations(arrows))) => {
            (answers.get(spans), arrows.as_slice())
        }
        _ => (None, &[][..]),
    };
    let is_marked = move |id: &String| match spans {
        Some(Answer::Spans(spans)) => spans.iter().any(|span| span.id == *id),
        _ => false,
    };
    let is_loose = move |(place, arrow): (usize, &engraft_app::annotate::Relation)| {
        (!is_marked(&arrow.from) || !is_marked(&arrow.to)).then_some(place)
    };
    arrows.iter().enumerate().filter_map(is_loose)
}

fn case_address(dataset: &str, id: &str) -> String {
    format!("{}/{}", address(dataset, Part::Review), encoded(id))
}

fn overview(name: &str, conflicts: &Conflicts, questions: &[Question]) -> Markup {
    let titles = |names: &[String]| {
        let disputed = questions.iter().filter(|question| names.contains(&question.name));
        disputed.map(Question::title).collect::<Vec<_>>().join(", ")
    };
    html! {
        h1 { "Review " (name) }
        @if conflicts.items.is_empty() {
            div.empty {
                h2 { "Nothing to decide" }
                p { "Where people agree as far as the merge policy asks, their answers are merged by themselves. Disagreements appear here once enough people answered an item." }
                a.button href=(address(name, Part::Dashboard)) { "To the dashboard" }
            }
        } @else {
            p { (count(conflicts.total, "conflict", "conflicts")) " left. " @if let Some(first) = conflicts.items.first() { a.button.primary href=(case_address(name, &first.item)) { "Begin" } } }
            div.scroll tabindex="0" role="region" aria-label="Conflicts" {
                table.table {
                    thead { tr { th { "Item" } th { "Text" } th { "In dispute" } th.number { "Responses" } } }
                    tbody { @for row in &conflicts.items {
                        tr { th scope="row" { a href=(case_address(name, &row.item)) { (row.item) } } td.title dir="auto" { (row.title) } td { (titles(&row.questions)) } td.number { (row.responses) } }
                    } }
                }
            }
            @if let Some(after) = &conflicts.after { p { a.button href={ (address(name, Part::Review)) "?after=" (encoded(after)) } { "Further conflicts" } } }
        }
    }
}

fn case(frame: &Frame, view: &ConflictView, own: bool) -> Markup {
    html! {
        div.row.between {
            h1 { "Decide " (view.item) }
            @if let Some(next) = &view.next { a.button href=(case_address(&view.dataset, next)) data-key="n" { "Later" kbd { "n" } } }
        }
        @if let Some(resolution) = &view.resolution {
            section.notice {
                p { "This was decided" @if let Some(by) = &resolution.by { " by " (by) } ". Deciding again replaces it; the log keeps both." }
                (item::show_answers(&view.questions, &view.fields, &resolution.answers))
            }
        }
        @if view.barred {
            p.notice.warn { "You answered this item yourself, so somebody else decides it." }
            (reading(view))
        } @else if own {
            form.deciding method="post" action=(case_address(&view.dataset, &view.item)) { (frame.csrf_field()) (by_oneself(frame, view)) }
        } @else {
            div.columns {
                (reading(view))
                form.stack.deciding method="post" action=(case_address(&view.dataset, &view.item)) { (frame.csrf_field()) (by_picking(frame, view)) }
            }
        }
        (agreed(view))
    }
}

/// What people saw, with what each of them marked in it.
fn reading(view: &ConflictView) -> Markup {
    let voices = view
        .sides
        .iter()
        .zip(1..)
        .map(|(side, number)| Voice { name: person(number), answers: &side.answers });
    let voices: Vec<Voice> = voices.collect();
    html! {
        section.reading aria-label="What is shown" {
            (item::show_fields(&view.layout, &view.questions, &view.fields, &voices))
            @for (side, number) in view.sides.iter().zip(1..) {
                @for words in &side.comments { p.notice { b { (person(number)) ": " } span dir="auto" { (words) } } }
            }
        }
    }
}

/// What a side is called: the letters A and B are for answers that stand side by side.
fn person(number: usize) -> String {
    format!("Person {number}")
}

/// For leads: what they decide is the known answer from now on.
fn known(frame: &Frame) -> Markup {
    html! {
        @if frame.may(Act::Manage) {
            label.tick { input type="checkbox" name="known" value="yes"; "Measure people by it: make it the known answer" }
        }
    }
}

fn by_picking(frame: &Frame, view: &ConflictView) -> Markup {
    html! {
        input type="hidden" name="how" value="pick";
        input type="hidden" name="version" value=(view.version);
        @for question in view.questions.iter().filter(|question| view.open.contains(&question.name)) { (dispute(view, question)) }
        div.row.decide {
            button.button.primary data-key="Enter" { "Decide" kbd { "Enter" } }
            a.button href={ (case_address(&view.dataset, &view.item)) "?own=true" } data-key="o" { "Answer it myself" kbd { "o" } }
            (known(frame))
        }
        p.muted { "A digit picks that person’s answers. Names are hidden, and the order differs from item to item." }
    }
}

fn dispute(view: &ConflictView, question: &Question) -> Markup {
    let reading = Reading { questions: &view.questions, fields: &view.fields, presented: &BTreeMap::new() };
    let said = |place: usize| {
        let others = view.sides.iter().enumerate().filter(|(other, _)| *other != place);
        let others: Vec<&Answers> = others.map(|(_, side)| &side.answers).collect();
        item::show_beside(&reading, question, &view.sides[place].answers, &others)
    };
    html! {
        fieldset.dispute data-type=(question.kind.name()) {
            legend { (question.title()) }
            @for (place, side) in view.sides.iter().enumerate() {
                @let same = same_before(view, question, place);
                label.pick .same[same.is_some()] {
                    input type="radio" name={ "pick." (question.name) } value=(side.name) data-key=(place + 1) required;
                    kbd { (place + 1) }
                    span.who { (person(place + 1)) @if let Some(took) = side.seconds { span.muted { " · " (seconds(took)) } } }
                    @if let Some(other) = same { span.muted { "says the same as " (person(other + 1)) } }
                    div.said { @match said(place) { Some(said) => (said), None => span.muted { "no answer" } } }
                }
            }
        }
    }
}

/// The place of an earlier side that said the same.
fn same_before(view: &ConflictView, question: &Question, place: usize) -> Option<usize> {
    let mine = &view.sides[place].answers;
    view.sides[..place].iter().position(|side| says_same(question, &side.answers, mine))
}

fn by_oneself(frame: &Frame, view: &ConflictView) -> Markup {
    let mut answers = view.agreed.clone();
    if let Some(first) = view.sides.first() {
        for (question, answer) in &first.answers {
            answers.entry(question.clone()).or_insert_with(|| answer.clone());
        }
    }
    for question in &view.questions {
        let loose: Vec<usize> = loose(question, &answers).collect();
        if let Some(Answer::Relations(arrows)) = answers.get_mut(&question.name) {
            let mut place = 0..;
            arrows.retain(|_| place.next().is_none_or(|place| !loose.contains(&place)));
        }
    }
    let sheet = ItemView {
        dataset: view.dataset.clone(),
        item: view.item.clone(),
        answers: Some(answers),
        guideline: view.guideline.clone(),
        ..ItemView::bare(&view.layout, &view.questions, &view.fields)
    };
    html! {
        input type="hidden" name="how" value="own";
        input type="hidden" name="version" value=(view.version);
        (item::controls(&sheet))
        div.row.decide {
            button.button.primary { "Decide" }
            a.button href=(case_address(&view.dataset, &view.item)) { "Pick somebody’s answer" }
            (known(frame))
        }
    }
}

fn agreed(view: &ConflictView) -> Markup {
    let questions: Vec<Question> =
        view.questions.iter().filter(|question| view.agreed.contains_key(&question.name)).cloned().collect();
    html! {
        @if !questions.is_empty() {
            section.panel.agreed { h2 { "Agreed already" } (item::show_answers(&questions, &view.fields, &view.agreed)) }
        }
        @if !view.suggestions.is_empty() {
            details.panel { summary { "What models suggest" }
                @for suggestion in &view.suggestions { h3 { (suggestion.model) } (item::show_answers(&view.questions, &view.fields, &suggestion.answers)) }
            }
        }
    }
}
