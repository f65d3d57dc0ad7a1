//! Writing a labelling configuration for the tasks that an export writes.

use std::fmt::Write;

use crate::{Field, FieldKind, LabelOption, Question, QuestionKind, Schema, TaxonomyNode};

/// A labelling configuration under which Label Studio shows the tasks of an export of a dataset with this schema.
pub fn label_config(schema: &Schema) -> String {
    let mut xml = String::from("<View>\n");
    for field in &schema.fields {
        object(&mut xml, field);
    }
    let first = schema.fields.first().map_or("", |field| field.name.as_str());
    for question in &schema.questions {
        control(&mut xml, question, first);
    }
    xml.push_str("</View>\n");
    xml
}

fn object(xml: &mut String, field: &Field) {
    let name = escape(&field.name);
    // Writing to a string cannot fail.
    let _ = match field.kind {
        FieldKind::Text | FieldKind::Markdown => writeln!(xml, "  <Text name=\"{name}\" value=\"${name}\"/>"),
        FieldKind::Document => writeln!(xml, "  <Text name=\"{name}\" value=\"${name}.text\"/>"),
        FieldKind::Chat => writeln!(
            xml,
            "  <Paragraphs name=\"{name}\" value=\"${name}\" layout=\"dialogue\" nameKey=\"role\" textKey=\"content\"/>"
        ),
        FieldKind::Passages => writeln!(xml, "  <List name=\"{name}\" value=\"${name}\"/>"),
        FieldKind::Answers => writeln!(
            xml,
            "  <Text name=\"{name}\" value=\"${name}[0].text\"/>\n  <Text name=\"{name}-2\" value=\"${name}[1].text\"/>"
        ),
    };
}

fn control(xml: &mut String, question: &Question, first: &str) {
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
    let about = crate::format::answer_fit::field_of(&question.kind).unwrap_or(first);
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
        QuestionKind::Taxonomy { options, .. } => within("Taxonomy", &common, &nodes(options)),
        QuestionKind::Spans { options, .. } => within("Labels", &common, &children("Label", options)),
        QuestionKind::Support { .. } => within("Labels", &common, &verdicts()),
        QuestionKind::Turns { options, .. } => {
            within("ParagraphLabels", &common, &children("Label", options))
        }
        QuestionKind::Relations { options, .. } => {
            within("Relations", &format!("name=\"{name}\""), &children("Relation", options))
        }
        QuestionKind::Rating { min: 0 | 1, max, .. } if *max <= 10 => {
            format!("  <Rating {common} maxRating=\"{max}\"/>\n")
        }
        QuestionKind::Rating { min, max, .. } => {
            format!("  <Number {common} min=\"{min}\" max=\"{max}\"/>\n")
        }
        QuestionKind::Text { .. } | QuestionKind::Correction { .. } | QuestionKind::Form { .. } => {
            format!("  <TextArea {common} maxSubmissions=\"1\"/>\n")
        }
        QuestionKind::Preference { field, .. } => {
            let pair = format!("{0},{0}-2", escape(field));
            format!("  <Pairwise name=\"{name}\" toName=\"{pair}\"{required}{when}/>\n")
        }
        QuestionKind::Ranking { .. } => format!("  <Ranker {common}/>\n"),
        QuestionKind::Relevance { .. } => {
            let buckets =
                ["3", "2", "1", "0"].map(|grade| format!("    <Bucket name=\"{grade}\"/>\n")).concat();
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
