//! What holds for every answer.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::read::samples::{self, answers, any_json, fields, schema};
use crate::read::{Stage, read_answers};
use crate::{Answer, canonical_json};

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in any_json(), name in 0usize..14, fields in any_json()) {
        let schema = schema();
        let question = &schema.questions[name];
        let _ = Answer::read(question, &value, &samples::fields());
        let _ = Answer::read_draft(question, &value, &samples::fields());
        let _ = read_answers(&schema, &samples::fields(), &value, Stage::Submit);
        if let Some(fields) = fields.as_object() {
            let _ = Answer::read(question, &value, fields);
            let _ = crate::check_item(&schema, fields);
        }
    }

    #[test]
    fn an_answer_with_one_value_changed_is_refused_or_reads_back_as_itself(
        name in 0usize..14, at in 0usize..30, change in any_json(), draft: bool,
    ) {
        let schema = schema();
        let question = &schema.questions[name];
        let mut value = answers()[&question.name].clone();
        change_leaf(&mut value, &mut { at }, &change);
        let read = if draft { Answer::read_draft } else { Answer::read };
        if let Ok(answer) = read(question, &value, &fields()) {
            let again: Value = serde_json::from_str(&canonical_json(&answer)).unwrap();
            prop_assert_eq!(read(question, &again, &fields()), Ok(answer));
        }
    }

    #[test]
    fn spans_quote_any_text_to_the_letter(
        text in "(\\PC|\r\n|[\u{590}-\u{6ff}]|[\u{4e00}-\u{4eff}]|\u{1f468}\u{200d}\u{1f469}|a\u{301}|a){1,60}",
        cuts in prop::collection::vec((0usize..70, 1usize..9), 1..8),
    ) {
        let schema = crate::Schema::read(r#"{"fields":[{"name":"t","type":"text"}],"questions":[
            {"name":"q","type":"spans","field":"t","options":["X"],"overlapping":true}]}"#).unwrap();
        let fields = json!({"t": text}).as_object().unwrap().clone();
        let given: Value = cuts.iter().map(|(start, len)| json!({"char_start": start, "char_end": start + len, "label": "X"})).collect();
        let inside = cuts.iter().all(|(start, len)| start + len <= text.chars().count());
        match Answer::read(&schema.questions[0], &given, &fields) {
            Ok(Answer::Spans(spans)) => {
                prop_assert!(inside);
                for span in &spans {
                    let slow: String = text.chars().skip(span.char_start).take(span.char_end - span.char_start).collect();
                    prop_assert_eq!(&span.quote, &slow);
                    let wrong = crate::LabelledSpan { quote: format!("{slow}!"), ..span.clone() };
                    let refused = Answer::read(&schema.questions[0], &json!([wrong]), &fields).is_err();
                    prop_assert!(refused);
                }
                prop_assert!(spans.is_sorted_by_key(|span| (span.char_start, span.char_end)));
            }
            Ok(_) => prop_assert!(false),
            // Two equal cuts are refused as well.
            Err(_) => prop_assert!(!inside || cuts.iter().enumerate().any(|(at, cut)| cuts[..at].contains(cut))),
        }
    }
}

/// Puts `change` in place of the `at`th scalar, counted in order.
fn change_leaf(value: &mut Value, at: &mut usize, change: &Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| change_leaf(value, at, change)),
        Value::Object(entries) => entries.values_mut().for_each(|value| change_leaf(value, at, change)),
        leaf => {
            if *at == 0 {
                *leaf = change.clone();
            }
            *at = at.wrapping_sub(1);
        }
    }
}
