//! The JSON Schema of an answer, for the documentation of the API.

use serde_json::{Map, Value, json};

use crate::{LabelOption, Question, QuestionKind, TaxonomyNode};

/// The JSON Schema (2020-12) of a complete answer to this question.
///
/// What depends on the item – ids of passages, places in a text – is said in words only.
pub fn answer_schema(question: &Question) -> Value {
    let mut schema = match &question.kind {
        QuestionKind::Label { options } => json!({"enum": values(options)}),
        QuestionKind::Labels { options } => {
            json!({"type": "array", "items": {"enum": values(options)}, "uniqueItems": true})
        }
        QuestionKind::Taxonomy { options, multiple } => {
            let most = if *multiple { json!({}) } else { json!({"maxItems": 1}) };
            let paths = json!({
                "type": "array", "minItems": 1, "uniqueItems": true, "items": {"enum": paths(options)},
                "description": "paths from a root"
            });
            joined(paths, most)
        }
        QuestionKind::Spans { options, discontinuous, .. } => {
            let parts =
                json!({"type": "array", "items": range(), "description": "the parts of a span with gaps"});
            let mut properties = json!({
                "char_start": {"type": "integer", "minimum": 0, "description": "in Unicode code points"},
                "char_end": {"type": "integer", "minimum": 1, "description": "one past the last"},
                "label": {"enum": values(options)},
                "quote": {"type": "string", "description": "verified when given, filled in when not"},
                "id": {"type": "string", "description": "given by order when not there"}
            });
            if *discontinuous {
                properties["parts"] = parts;
            }
            list_of(properties, &["char_start", "char_end", "label"])
        }
        QuestionKind::Relations { options, spans } => {
            let id = json!({"type": "string", "description": format!("the id of a span of `{spans}`")});
            list_of(
                json!({"from": id, "to": id, "label": {"enum": values(options)}}),
                &["from", "to", "label"],
            )
        }
        QuestionKind::Rating { min, max, .. } => json!({"type": "integer", "minimum": min, "maximum": max}),
        QuestionKind::Ranking { options, field } => {
            let value = match field {
                Some(field) => json!({"type": "string", "description": format!("an id of `{field}`")}),
                None => json!({"enum": values(options)}),
            };
            let rank = json!({"type": "integer", "minimum": 1, "description": "1 is best; equal for ties"});
            list_of(json!({"value": value, "rank": rank}), &["value", "rank"])
        }
        QuestionKind::Preference { field, strength, tie, both_bad } => {
            preference(field, *strength, *tie, *both_bad)
        }
        QuestionKind::Text { max_chars } => {
            let most = max_chars.map_or(json!({}), |most| json!({"maxLength": most}));
            joined(json!({"type": "string", "minLength": 1}), most)
        }
        QuestionKind::Correction { field } => {
            json!({"type": "string", "minLength": 1, "description": format!("the better version of `{field}`")})
        }
        QuestionKind::Turns { options, multiple, .. } => {
            let most = if *multiple { json!({}) } else { json!({"maxItems": 1}) };
            let labels = json!({"type": "array", "minItems": 1, "items": {"enum": values(options)}, "uniqueItems": true});
            let turn = json!({"type": "integer", "minimum": 0, "description": "counted from 0"});
            list_of(json!({"turn": turn, "labels": joined(labels, most)}), &["turn", "labels"])
        }
        QuestionKind::Relevance { field, .. } => list_of(
            json!({
                "id": {"type": "string", "description": format!("an id of `{field}`, each once")},
                "grade": {"enum": [0, 1, 2, 3], "description": "0 not relevant, 1 related, 2 relevant, 3 perfect"},
                "evidence": {"type": "array", "items": range()}
            }),
            &["id", "grade"],
        ),
        QuestionKind::Support { answer, passages } => list_of(
            json!({
                "char_start": {"type": "integer", "minimum": 0, "description": format!("of a sentence of `{answer}`, each once")},
                "char_end": {"type": "integer", "minimum": 1},
                "quote": {"type": "string"},
                "verdict": {"enum": ["supported", "partly", "not", "no_citation"]},
                "passages": {"type": "array", "items": {"type": "string", "description": format!("an id of `{passages}`")}}
            }),
            &["char_start", "char_end", "verdict"],
        ),
        QuestionKind::Form { schema } => schema.clone(),
    };
    let title = question.title.as_ref().unwrap_or(&question.name);
    if let Some(entries) = schema.as_object_mut() {
        entries.entry("title").or_insert_with(|| Value::from(title.as_str()));
    }
    schema
}

fn values(options: &[LabelOption]) -> Value {
    options.iter().map(|option| option.value.as_str()).collect()
}

fn paths(nodes: &[TaxonomyNode]) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    for node in nodes {
        found.push(vec![node.value.as_str()]);
        found.extend(
            paths(&node.children).into_iter().map(|below| [vec![node.value.as_str()], below].concat()),
        );
    }
    found
}

fn range() -> Value {
    json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}], "minItems": 2, "maxItems": 2})
}

fn list_of(properties: Value, required: &[&str]) -> Value {
    let item = json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    json!({"type": "array", "items": item})
}

fn preference(field: &str, strength: u8, tie: bool, both_bad: bool) -> Value {
    let id = json!({"type": "string", "description": format!("the id of the better one of `{field}`")});
    let id = json!({"type": "object", "properties": {"id": id}, "required": ["id"], "additionalProperties": false});
    let mut choices = vec![id];
    choices.extend(tie.then(|| json!({"const": "tie"})));
    choices.extend(both_bad.then(|| json!({"const": "both_bad"})));
    let mut properties = json!({"choice": {"anyOf": choices}});
    if strength > 0 {
        properties["strength"] = json!({
            "type": "integer", "minimum": 1, "maximum": strength,
            "description": "how much better; only, and then always, with an id"
        });
    }
    json!({"type": "object", "properties": properties, "required": ["choice"], "additionalProperties": false})
}

/// `schema` with the keywords of `more` added.
fn joined(mut schema: Value, more: Value) -> Value {
    if let (Some(entries), Value::Object(more)) = (schema.as_object_mut(), more) {
        entries.extend::<Map<String, Value>>(more);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical_json;
    use expect_test::expect;

    #[test]
    fn every_type_describes_its_answer() {
        let schema = crate::read::schema();
        let shown: Vec<String> =
            schema.questions.iter().map(|question| canonical_json(&answer_schema(question))).collect();
        expect![[r#"
            {"enum":["billing","refund","other"],"title":"topic"}
            {"items":{"enum":["angry","happy"]},"title":"moods","type":"array","uniqueItems":true}
            {"description":"paths from a root","items":{"enum":[["Finance"],["Finance","Invoices"],["Finance","Taxes"],["Legal"]]},"minItems":1,"title":"class","type":"array","uniqueItems":true}
            {"items":{"additionalProperties":false,"properties":{"char_end":{"description":"one past the last","minimum":1,"type":"integer"},"char_start":{"description":"in Unicode code points","minimum":0,"type":"integer"},"id":{"description":"given by order when not there","type":"string"},"label":{"enum":["PER","LOC"]},"parts":{"description":"the parts of a span with gaps","items":{"maxItems":2,"minItems":2,"prefixItems":[{"type":"integer"},{"type":"integer"}],"type":"array"},"type":"array"},"quote":{"description":"verified when given, filled in when not","type":"string"}},"required":["char_start","char_end","label"],"type":"object"},"title":"names","type":"array"}
            {"items":{"additionalProperties":false,"properties":{"from":{"description":"the id of a span of `names`","type":"string"},"label":{"enum":["lives in"]},"to":{"description":"the id of a span of `names`","type":"string"}},"required":["from","to","label"],"type":"object"},"title":"links","type":"array"}
            {"maximum":5,"minimum":1,"title":"stars","type":"integer"}
            {"items":{"additionalProperties":false,"properties":{"rank":{"description":"1 is best; equal for ties","minimum":1,"type":"integer"},"value":{"description":"an id of `hits`","type":"string"}},"required":["value","rank"],"type":"object"},"title":"order","type":"array"}
            {"additionalProperties":false,"properties":{"choice":{"anyOf":[{"additionalProperties":false,"properties":{"id":{"description":"the id of the better one of `replies`","type":"string"}},"required":["id"],"type":"object"},{"const":"tie"},{"const":"both_bad"}]},"strength":{"description":"how much better; only, and then always, with an id","maximum":3,"minimum":1,"type":"integer"}},"required":["choice"],"title":"better","type":"object"}
            {"maxLength":20,"minLength":1,"title":"why","type":"string"}
            {"description":"the better version of `replies`","minLength":1,"title":"fixed","type":"string"}
            {"items":{"additionalProperties":false,"properties":{"labels":{"items":{"enum":["asks","thanks"]},"maxItems":1,"minItems":1,"type":"array","uniqueItems":true},"turn":{"description":"counted from 0","minimum":0,"type":"integer"}},"required":["turn","labels"],"type":"object"},"title":"acts","type":"array"}
            {"items":{"additionalProperties":false,"properties":{"evidence":{"items":{"maxItems":2,"minItems":2,"prefixItems":[{"type":"integer"},{"type":"integer"}],"type":"array"},"type":"array"},"grade":{"description":"0 not relevant, 1 related, 2 relevant, 3 perfect","enum":[0,1,2,3]},"id":{"description":"an id of `hits`, each once","type":"string"}},"required":["id","grade"],"type":"object"},"title":"grades","type":"array"}
            {"items":{"additionalProperties":false,"properties":{"char_end":{"minimum":1,"type":"integer"},"char_start":{"description":"of a sentence of `replies`, each once","minimum":0,"type":"integer"},"passages":{"items":{"description":"an id of `hits`","type":"string"},"type":"array"},"quote":{"type":"string"},"verdict":{"enum":["supported","partly","not","no_citation"]}},"required":["char_start","char_end","verdict"],"type":"object"},"title":"proof","type":"array"}
            {"additionalProperties":false,"properties":{"party":{"minLength":1,"type":"string"},"signed":{"format":"date","type":"string"},"sums":{"items":{"minimum":0,"type":"number"},"type":"array"}},"required":["party"],"title":"facts","type":"object"}"#]].assert_eq(&shown.join("\n"));
    }
}
