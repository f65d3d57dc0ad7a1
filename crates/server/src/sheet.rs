//! Between the app and the item view: a sample item to preview, and posted forms as the JSON that verbs take.

use axum::http::StatusCode;
use engraft_app::annotate::{Question, Schema};
use engraft_app::work::ItemView;
use maud::Markup;
use serde_json::{Map, Value};

use crate::item;
use crate::problem::Problem;

/// A sample item under a schema that is being made: everything works, nothing can be sent.
pub(crate) fn preview(schema: &Schema, fields: &Map<String, Value>) -> Markup {
    let view = ItemView {
        dataset: "preview".into(),
        item: "sample".into(),
        ..ItemView::bare(&schema.fields, &schema.questions, fields)
    };
    item::render(&view, "")
}

/// The answers in a posted form, as a program would have sent them.
pub(crate) fn answers(questions: &[Question], form: &str) -> Result<Value, Problem> {
    // The request is in order, what it says is not: the same as answers that do not fit.
    let unread = |error| Problem { status: StatusCode::UNPROCESSABLE_ENTITY, ..Problem::fault(&error) };
    let answers = item::read_form(questions, form).map_err(unread)?;
    serde_json::to_value(answers).map_err(|error| Problem::bug(error.to_string()))
}
