//! Answers that were right when they were given, read by questions that may have changed since.

use serde_json::{Map, Value};

use super::{Stage, read_answers};
use crate::{Answers, QuestionKind, Schema};

/// What of kept answers the questions still hold, and those that they hold no more: the question is gone, or it asks something
/// else. An answer that lacks what is asked now is right all the same.
pub fn read_kept(
    schema: &Schema,
    fields: &Map<String, Value>,
    value: &Value,
) -> (Answers, Map<String, Value>) {
    if let Ok(answers) = read_answers(schema, fields, value, Stage::Draft) {
        return (answers, Map::new());
    }
    let given = value.as_object().cloned().unwrap_or_default();
    let holds = |name: &str, answer: &Value| {
        let mut alone = Map::from_iter([(name.to_string(), answer.clone())]);
        // Arrows are read with the spans they join.
        if let Some(QuestionKind::Relations { spans, .. }) =
            schema.question(name).map(|question| &question.kind)
        {
            alone.extend(given.get(spans).map(|marked| (spans.clone(), marked.clone())));
        }
        read_answers(schema, fields, &Value::Object(alone), Stage::Draft).is_ok()
    };
    let (kept, gone): (Map<String, Value>, Map<String, Value>) =
        given.clone().into_iter().partition(|(name, answer)| holds(name, answer));
    let answers = read_answers(schema, fields, &Value::Object(kept), Stage::Draft).unwrap_or_default();
    (answers, gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_changed_schema_holds_no_more_is_named_and_the_rest_stays() {
        let schema = json!({
            "fields": [{"name": "text", "type": "text"}],
            "questions": [
                {"name": "topic", "type": "label", "options": ["new"]},
                {"name": "names", "type": "spans", "field": "text", "options": ["PER"]},
                {"name": "links", "type": "relations", "spans": "names", "options": ["knows"]},
                {"name": "tone", "type": "label", "options": ["kind"]}
            ]
        });
        let schema = Schema::read(&schema.to_string()).unwrap();
        let fields = json!({"text": "Ann Bob"}).as_object().unwrap().clone();
        let names = json!([
            {"char_start": 0, "char_end": 3, "label": "PER", "id": "s1"},
            {"char_start": 4, "char_end": 7, "label": "PER", "id": "s2"}
        ]);
        let links = json!([{"from": "s1", "to": "s2", "label": "knows"}]);
        let given = json!({"topic": "old", "names": names, "links": links, "mood": "good"});
        let (answers, gone) = read_kept(&schema, &fields, &given);
        assert_eq!(answers.keys().collect::<Vec<_>>(), ["links", "names"]);
        assert_eq!(Value::Object(gone), json!({"topic": "old", "mood": "good"}));
        let (answers, gone) = read_kept(&schema, &fields, &json!({"links": links}));
        assert_eq!((answers.len(), Value::Object(gone)), (0, json!({"links": links})));
    }
}
