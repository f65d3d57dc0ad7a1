//! Writing a labelling configuration for the tasks that an export writes.

use std::fmt::Write;

use serde_json::Value;

use crate::format::answer_fit::field_of;
use crate::format::infer::option;
use crate::format::label_studio::sides::words;
use crate::format::label_studio::{bucket, shown_as};
use crate::format::untold::{Configured, Untold};
use crate::{Field, FieldKind, LabelOption, Question, QuestionKind, Schema, TaxonomyNode};

/// The size of a header that is the title of what stands below it, and of one that is its help.
pub(super) const TITLE: &str = "4";
pub(super) const HELP: &str = "5";

/// A labelling configuration under which Label Studio shows the tasks of an export of a dataset with this schema.
pub fn label_config(schema: &Schema) -> Configured {
    let mut untold = Untold::new("a labelling configuration has no place for it");
    let mut xml = String::from("<View>\n");
    let guidelines = Some(&schema.guidelines).filter(|text| !text.is_empty());
    header(&mut xml, guidelines, None, &mut untold);
    for field in &schema.fields {
        header(&mut xml, field.title.as_ref(), Some(TITLE), &mut untold);
        object(&mut xml, field, &shown_as(schema, &field.name), &mut untold);
    }
    let first = schema.fields.first().map_or("", |field| field.name.as_str());
    for question in &schema.questions {
        header(&mut xml, question.title.as_ref(), Some(TITLE), &mut untold);
        header(&mut xml, question.help.as_ref(), Some(HELP), &mut untold);
        let about = field_of(&question.kind).unwrap_or(first);
        control(&mut xml, schema, question, &shown_as(schema, about));
        settings(schema, question, &mut untold);
    }
    xml.push_str("</View>\n");
    Configured { text: xml, losses: untold.listed() }
}

/// Stars go from 1; every other scale is a number.
pub(super) fn has_stars(min: i64, max: i64) -> bool {
    min == 1 && max <= 10
}

fn header(xml: &mut String, words: Option<&String>, size: Option<&str>, untold: &mut Untold) {
    let Some(words) = words else { return };
    if words.starts_with('$') {
        // It would name data of the task.
        return untold.add("a text that begins with a dollar sign", 1);
    }
    let size = size.map(|size| format!(" size=\"{size}\"")).unwrap_or_default();
    // Line breaks in an attribute are read as spaces, unless they are written so.
    let words = escape(words).replace('\r', "&#13;").replace('\n', "&#10;");
    // Writing to a string cannot fail.
    let _ = writeln!(xml, "  <Header value=\"{words}\"{size}/>");
}

/// Counts what the tag of a question cannot say.
fn settings(schema: &Schema, question: &Question, untold: &mut Untold) {
    untold.settings(question);
    let name = &question.name;
    let mut lacks = |is: bool, what: String| untold.add(what, usize::from(is));
    match &question.kind {
        QuestionKind::Spans { overlapping, .. } => {
            lacks(!overlapping, format!("that spans of `{name}` share no characters"));
        }
        QuestionKind::Turns { multiple, role, .. } => {
            lacks(!multiple, format!("that a turn has one label of `{name}`"));
            lacks(role.is_some(), format!("whose turns `{name}` is about"));
        }
        QuestionKind::Ranking { options, .. } => {
            lacks(!options.is_empty(), format!("the options of `{name}`"))
        }
        QuestionKind::Support { .. } => {
            lacks(true, format!("that `{name}` judges whole sentences by passages"))
        }
        QuestionKind::Relations { .. } => {
            untold.options("the meaning", question, |option| option.description.is_some());
        }
        _ => {}
    }
    let Some(condition) = &question.visible_when else { return };
    let earlier = schema.question(&condition.question).map(|question| &question.kind);
    let is_choice = matches!(earlier, Some(QuestionKind::Label { .. } | QuestionKind::Labels { .. }));
    let has_comma = |value: &Value| value.as_str().is_some_and(|value| value.contains(','));
    let is_told = is_choice
        && !condition.any_of.iter().any(has_comma)
        && !matches!(question.kind, QuestionKind::Relations { .. });
    untold.add(format!("when `{name}` is asked"), usize::from(!is_told));
}

fn object(xml: &mut String, field: &Field, tag: &str, untold: &mut Untold) {
    let (name, tag) = (escape(&field.name), escape(tag));
    let is_other = matches!(field.kind, FieldKind::Markdown | FieldKind::Document);
    untold.add(
        format!("that `{}` is of type {}, not text", field.name, field.kind.name()),
        usize::from(is_other),
    );
    untold.add(format!("that an item may lack `{}`", field.name), usize::from(!field.required));
    // Writing to a string cannot fail.
    let _ = match field.kind {
        FieldKind::Text | FieldKind::Markdown => writeln!(xml, "  <Text name=\"{tag}\" value=\"${name}\"/>"),
        FieldKind::Document => writeln!(xml, "  <Text name=\"{tag}\" value=\"${name}.text\"/>"),
        FieldKind::Chat => writeln!(
            xml,
            "  <Paragraphs name=\"{tag}\" value=\"${name}\" layout=\"dialogue\" nameKey=\"role\" textKey=\"content\"/>"
        ),
        FieldKind::Passages => writeln!(xml, "  <List name=\"{tag}\" value=\"${name}\"/>"),
        FieldKind::Answers => writeln!(
            xml,
            "  <Text name=\"{tag}\" value=\"${name}[0].text\"/>\n  <Text name=\"{tag}-2\" value=\"${name}[1].text\"/>"
        ),
    };
}

fn control(xml: &mut String, schema: &Schema, question: &Question, about: &str) {
    let name = escape(&question.name);
    let mut when = String::new();
    if let Some(condition) = &question.visible_when {
        let values: Vec<String> = condition
            .any_of
            .iter()
            .map(|value| value.as_str().map_or(value.to_string(), str::to_string))
            .collect();
        let _ =
            write!(when, " visibleWhen=\"choice-selected\" whenTagName=\"{}\"", escape(&condition.question));
        if !values.is_empty() {
            let _ = write!(when, " whenChoiceValue=\"{}\"", escape(&values.join(",")));
        }
    }
    let required = if question.required { " required=\"true\"" } else { "" };
    let common = format!("name=\"{name}\" toName=\"{}\"{required}{when}", escape(about));
    let verdicts = || {
        ["supported", "partly", "not", "no_citation"]
            .map(|verdict| format!("    <Label value=\"{verdict}\"/>\n"))
            .concat()
    };
    let tag = match &question.kind {
        QuestionKind::Label { options } => {
            within("Choices", &format!("{common} choice=\"single\""), &children("Choice", options))
        }
        QuestionKind::Labels { options } => {
            within("Choices", &format!("{common} choice=\"multiple\""), &children("Choice", options))
        }
        QuestionKind::Taxonomy { options, multiple } => {
            let most = if *multiple { "" } else { " maxUsages=\"1\"" };
            within("Taxonomy", &format!("{common}{most}"), &nodes(options))
        }
        QuestionKind::Spans { options, .. } => within("Labels", &common, &children("Label", options)),
        QuestionKind::Support { .. } => within("Labels", &common, &verdicts()),
        QuestionKind::Turns { options, .. } => {
            within("ParagraphLabels", &common, &children("Label", options))
        }
        QuestionKind::Relations { options, .. } => {
            within("Relations", &format!("name=\"{name}\""), &children("Relation", options))
        }
        QuestionKind::Rating { min, max, .. } if has_stars(*min, *max) => {
            format!("  <Rating {common} maxRating=\"{max}\"/>\n")
        }
        QuestionKind::Rating { min, max, .. } => {
            format!("  <Number {common} min=\"{min}\" max=\"{max}\"/>\n")
        }
        QuestionKind::Text { .. } | QuestionKind::Correction { .. } | QuestionKind::Form { .. } => {
            format!("  <TextArea {common} maxSubmissions=\"1\"/>\n")
        }
        QuestionKind::Preference { strength, tie, both_bad, .. } => match words(*strength, *tie, *both_bad) {
            Some(words) => {
                let options: Vec<LabelOption> = words.iter().map(|word| option(word)).collect();
                within("Choices", &format!("{common} choice=\"single\""), &children("Choice", &options))
            }
            None => {
                let pair = format!("{0},{0}-2", escape(about));
                format!("  <Pairwise name=\"{name}\" toName=\"{pair}\"{required}{when}/>\n")
            }
        },
        QuestionKind::Ranking { .. } => format!("  <Ranker {common}/>\n"),
        QuestionKind::Relevance { .. } => {
            let named = |grade| escape(&bucket(schema, &question.name, grade));
            let buckets =
                [3, 2, 1, 0].map(|grade| format!("    <Bucket name=\"{}\"/>\n", named(grade))).concat();
            within("Ranker", &common, &buckets)
        }
    };
    xml.push_str(&tag);
}

fn within(tag: &str, attributes: &str, children: &str) -> String {
    format!("  <{tag} {attributes}>\n{children}  </{tag}>\n")
}

fn children(tag: &str, options: &[LabelOption]) -> String {
    let mut xml = String::new();
    for option in options {
        let shown = option.text.as_ref().unwrap_or(&option.value);
        let _ = write!(xml, "    <{tag} value=\"{}\"", escape(shown));
        if option.text.is_some() {
            let _ = write!(xml, " alias=\"{}\"", escape(&option.value));
        }
        if let Some(key) = option.key {
            let _ = write!(xml, " hotkey=\"{}\"", escape(&key.to_string()));
        }
        if let Some(color) = &option.color {
            let _ = write!(xml, " background=\"{color}\"");
        }
        if let Some(meaning) = option.description.as_ref().filter(|_| tag != "Relation") {
            let _ = write!(xml, " hint=\"{}\"", escape(meaning));
        }
        xml.push_str("/>\n");
    }
    xml
}

fn nodes(options: &[TaxonomyNode]) -> String {
    let node = |node: &TaxonomyNode| {
        let value = escape(&node.value);
        if node.children.is_empty() {
            format!("    <Choice value=\"{value}\"/>\n")
        } else {
            format!("    <Choice value=\"{value}\">\n{}    </Choice>\n", nodes(&node.children))
        }
    };
    options.iter().map(node).collect()
}

fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
