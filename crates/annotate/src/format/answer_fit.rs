//! One answer in a file's terms made our JSON for it, which [`crate::Answer::read`] then checks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::format::found::{FoundSpan, What};
use crate::format::report::Losses;
use crate::format::{OffsetUnit, label_studio, number, spans};
use crate::{Question, QuestionKind, text_of};

impl What {
    /// How well a question of this kind can take it: 0 not at all, 3 is made for it, 4 has its options.
    pub(crate) fn suits(&self, kind: &QuestionKind) -> u8 {
        use QuestionKind as Kind;
        match (self, kind) {
            (What::Ours(_), _) => 3,
            (What::Choices(chosen), Kind::Label { options } | Kind::Labels { options }) => {
                3 + u8::from(chosen.iter().all(|word| options.iter().any(|option| option.value == *word)))
            }
            (What::Choices(_), Kind::Preference { .. } | Kind::Rating { .. } | Kind::Taxonomy { .. }) => 2,
            (What::Choices(chosen), Kind::Spans { .. }) => u8::from(chosen.is_empty()),
            (What::Choices(chosen), Kind::Text { .. } | Kind::Correction { .. }) => {
                u8::from(chosen.len() == 1)
            }
            (What::Paths(_), Kind::Taxonomy { .. }) => 3,
            (What::Spans(spans), Kind::Spans { options, .. }) => {
                3 + u8::from(spans.iter().all(|span| options.iter().any(|option| option.value == span.label)))
            }
            (What::Spans(_), Kind::Support { .. }) => 2,
            (What::Arrows(_), Kind::Relations { .. }) => 3,
            (What::Number(_), Kind::Rating { .. }) => 3,
            (What::Number(given), Kind::Form { schema }) => {
                2 * u8::from(number::answer(schema, *given).is_some())
            }
            (What::Order(_), Kind::Ranking { .. }) => 3,
            (What::Buckets(_), Kind::Relevance { .. } | Kind::Ranking { .. }) => 3,
            (What::Side(..), Kind::Preference { .. }) => 3,
            (What::Turns(_), Kind::Turns { .. }) => 3,
            (What::Text(_), Kind::Text { .. } | Kind::Correction { .. }) => 3,
            (What::Text(_), Kind::Form { .. }) => 2,
            _ => 0,
        }
    }

    /// Whether leaving it out loses nothing.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            What::Choices(chosen) => chosen.is_empty(),
            What::Spans(spans) => spans.is_empty(),
            What::Arrows(arrows) => arrows.is_empty(),
            What::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// What it is, in a word for reports.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            What::Choices(_) => "choices",
            What::Paths(_) => "paths",
            What::Spans(_) => "spans",
            What::Arrows(_) => "relations",
            What::Number(_) => "a number",
            What::Order(_) => "an order",
            What::Buckets(_) => "groups",
            What::Side(..) => "a side",
            What::Turns(_) => "labels of turns",
            What::Text(_) => "a text",
            What::Ours(_) => "a value",
        }
    }
}

/// The field a question is about, if it is about one.
pub(crate) fn field_of(kind: &QuestionKind) -> Option<&str> {
    match kind {
        QuestionKind::Spans { field, .. }
        | QuestionKind::Preference { field, .. }
        | QuestionKind::Correction { field }
        | QuestionKind::Turns { field, .. }
        | QuestionKind::Relevance { field, .. } => Some(field),
        QuestionKind::Support { answer, .. } => Some(answer),
        QuestionKind::Ranking { field, .. } => field.as_deref(),
        _ => None,
    }
}

/// The names of spans here, by question and by their names in the file.
pub(crate) type SpanNames = BTreeMap<String, BTreeMap<String, String>>;

/// Where an answer goes.
pub(crate) struct Place<'a> {
    pub(crate) question: &'a Question,
    pub(crate) fields: &'a Map<String, Value>,
    pub(crate) unit: OffsetUnit,
    pub(crate) names: &'a mut SpanNames,
}

impl Place<'_> {
    /// Our JSON for the answer; `None` where nothing was answered.
    pub(crate) fn value(
        self,
        what: What,
        losses: &mut Losses,
        repaired: &mut u64,
    ) -> Result<Option<Value>, String> {
        use QuestionKind as Kind;
        let kind = &self.question.kind;
        let what = match (kind, what) {
            (Kind::Preference { .. }, What::Choices(chosen)) => side(chosen),
            (_, what) => what,
        };
        Ok(Some(match (kind, what) {
            (Kind::Spans { .. }, What::Ours(value)) => match our_spans(&value) {
                Some(spans) => self.spans(spans, losses, repaired)?,
                None => value,
            },
            (Kind::Labels { options }, What::Ours(Value::String(cell))) => {
                json!(split_cell(&cell, |part| options.iter().any(|option| option.value == part)))
            }
            (
                Kind::Label { .. } | Kind::Text { .. } | Kind::Correction { .. },
                What::Ours(Value::Number(number)),
            ) => {
                json!(number.to_string())
            }
            (
                Kind::Label { .. } | Kind::Text { .. } | Kind::Correction { .. },
                What::Ours(Value::Bool(flag)),
            ) => {
                json!(flag.to_string())
            }
            (Kind::Label { .. }, What::Ours(Value::Array(mut only))) if only.len() == 1 => only.remove(0),
            (Kind::Label { .. } | Kind::Text { .. } | Kind::Correction { .. }, What::Ours(value)) => value,
            (Kind::Preference { .. }, What::Ours(Value::String(word))) if !word.starts_with('{') => {
                self.one_choice(word)?
            }
            (Kind::Relations { .. }, What::Ours(value)) => self.our_arrows(value)?,
            (Kind::Form { schema }, What::Ours(Value::Number(given))) => {
                let answer = given.as_f64().and_then(|given| number::answer(schema, given));
                answer.unwrap_or(Value::Number(given))
            }
            // Elsewhere a string is a table's cell that holds JSON.
            (_, What::Ours(Value::String(cell))) => {
                serde_json::from_str(&cell).map_err(|error| format!("{cell:?} is no JSON: {error}"))?
            }
            (_, What::Ours(value)) => value,
            (Kind::Labels { .. }, What::Choices(chosen)) => json!(chosen),
            (Kind::Taxonomy { .. }, What::Choices(chosen)) => {
                json!(chosen.into_iter().map(|one| vec![one]).collect::<Vec<_>>())
            }
            (Kind::Spans { .. }, What::Choices(_)) => json!([]),
            (_, What::Choices(mut chosen)) => match (chosen.pop(), chosen.is_empty()) {
                (None, _) => return Ok(None),
                (Some(_), false) => return Err("it has several options, the question takes one".to_string()),
                (Some(only), true) => self.one_choice(only)?,
            },
            (_, What::Paths(paths)) => json!(paths),
            (Kind::Support { .. }, What::Spans(spans)) => self.support(spans, repaired)?,
            (_, What::Spans(spans)) => self.spans(spans, losses, repaired)?,
            (_, What::Arrows(arrows)) => self.arrows(arrows)?,
            (Kind::Form { schema }, What::Number(given)) => {
                number::answer(schema, given).ok_or("the form asks for more than a number")?
            }
            (_, What::Number(number)) => whole(number)?,
            (_, What::Order(order)) => {
                json!(
                    order
                        .iter()
                        .map(|(value, rank)| json!({"value": value, "rank": rank}))
                        .collect::<Vec<_>>()
                )
            }
            (Kind::Relevance { .. }, What::Buckets(buckets)) => {
                grouped(&buckets, &self.question.name, ["id", "grade"])?
            }
            (_, What::Buckets(buckets)) => grouped(&buckets, &self.question.name, ["value", "rank"])?,
            (Kind::Preference { field, strength: asked, .. }, What::Side(side, strength)) => {
                let id = self.fields.get(field).and_then(|answers| answers.get(side)?.get("id"));
                let choice = json!({ "id": id.ok_or("there is no answer on that side")? });
                let kept = strength.filter(|_| *asked > 0);
                let lost = u64::from(kept.is_none() && strength.is_some());
                losses.add_many("the strength of a preference", "the question does not ask for it", lost);
                kept.map_or_else(
                    || json!({ "choice": choice }),
                    |kept| json!({ "choice": choice, "strength": kept }),
                )
            }
            (_, What::Side(..)) => return Ok(None),
            (_, What::Turns(labels)) => {
                let mut turns: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
                for (turn, label) in labels {
                    turns.entry(turn).or_default().insert(label);
                }
                let turn = |(turn, labels)| json!({"turn": turn, "labels": labels});
                json!(turns.into_iter().map(turn).collect::<Vec<_>>())
            }
            (Kind::Form { .. }, What::Text(text)) => {
                serde_json::from_str(&text).map_err(|error| format!("the form is no JSON: {error}"))?
            }
            (_, What::Text(text)) => json!(text),
        }))
    }

    fn one_choice(&self, chosen: String) -> Result<Value, String> {
        match &self.question.kind {
            QuestionKind::Preference { .. } if chosen == "tie" || chosen == "both_bad" => {
                Ok(json!({ "choice": chosen }))
            }
            QuestionKind::Preference { .. } => Ok(json!({ "choice": { "id": chosen } })),
            QuestionKind::Rating { .. } => {
                whole(chosen.parse().map_err(|_| format!("`{chosen}` is no number"))?)
            }
            _ => Ok(Value::String(chosen)),
        }
    }

    fn text(&self) -> Result<&str, String> {
        let field = field_of(&self.question.kind).unwrap_or_default();
        text_of(self.fields, field).ok_or_else(|| format!("the item has no text `{field}`"))
    }

    fn spans(self, spans: Vec<FoundSpan>, losses: &mut Losses, repaired: &mut u64) -> Result<Value, String> {
        let (mut located, moved) = spans::locate(self.text()?, self.unit, spans)?;
        *repaired += moved;
        located.iter_mut().for_each(|span| self.known_label(&mut span.label));
        let mut names = BTreeMap::new();
        let mut values: Vec<Value> = Vec::with_capacity(located.len());
        let mut twice = 0;
        let mut before: Option<(Vec<(usize, usize)>, String)> = None;
        for span in &mut located {
            let key = (span.parts.clone(), span.label.clone());
            if before.as_ref() == Some(&key) {
                twice += 1;
            } else {
                let id = format!("s{}", values.len() + 1);
                let parts = if span.parts.len() > 1 { json!(span.parts) } else { json!([]) };
                values.push(json!({
                    "char_start": span.start(), "char_end": span.end(), "label": span.label,
                    "quote": span.quote, "id": id, "parts": parts,
                }));
            }
            before = Some(key);
            if !span.id.is_empty() {
                names.entry(std::mem::take(&mut span.id)).or_insert_with(|| format!("s{}", values.len()));
            }
        }
        losses.add_many(
            format!("a second span with the same place and label in `{}`", self.question.name),
            "one says as much",
            twice,
        );
        self.names.insert(self.question.name.clone(), names);
        Ok(Value::Array(values))
    }

    /// Some formats cannot write a space in a label: gives it back.
    fn known_label(&self, label: &mut String) {
        let (QuestionKind::Spans { options, .. } | QuestionKind::Relations { options, .. }) =
            &self.question.kind
        else {
            return;
        };
        let spaceless = |value: &str| value.replace(char::is_whitespace, "_");
        if !options.iter().any(|option| option.value == *label)
            && let Some(option) = options.iter().find(|option| spaceless(&option.value) == *label)
        {
            label.clone_from(&option.value);
        }
    }

    fn support(self, spans: Vec<FoundSpan>, repaired: &mut u64) -> Result<Value, String> {
        let (located, moved) = spans::locate(self.text()?, self.unit, spans)?;
        *repaired += moved;
        let sentence = |span: &spans::Located| {
            json!({
                "char_start": span.start(), "char_end": span.end(), "quote": span.quote,
                "verdict": span.label, "passages": span.passages,
            })
        };
        Ok(Value::Array(located.iter().map(sentence).collect()))
    }

    /// Arrows of our own, between the names that their spans have here; where none of these had a name, they go by number.
    fn our_arrows(self, value: Value) -> Result<Value, String> {
        let QuestionKind::Relations { spans, .. } = &self.question.kind else { return Ok(value) };
        let mut value = match value {
            Value::String(cell) => {
                serde_json::from_str(&cell).map_err(|error| format!("{cell:?} is no JSON: {error}"))?
            }
            value => value,
        };
        let Some(names) = self.names.get(spans).filter(|names| !names.is_empty()) else { return Ok(value) };
        for arrow in value.as_array_mut().into_iter().flatten() {
            for end in ["from", "to"] {
                if let Some(Value::String(id)) = arrow.get_mut(end) {
                    let name = names.get(id).ok_or_else(|| no_span(id))?;
                    id.clone_from(name);
                }
            }
        }
        Ok(value)
    }

    fn arrows(self, arrows: Vec<(String, String, String)>) -> Result<Value, String> {
        let QuestionKind::Relations { spans, .. } = &self.question.kind else { return Ok(json!([])) };
        let none = BTreeMap::new();
        let names = self.names.get(spans).unwrap_or(&none);
        let named = |id: &String| names.get(id).ok_or_else(|| no_span(id));
        let arrow = |(from, to, mut label): (String, String, String)| {
            self.known_label(&mut label);
            Ok(json!({ "from": named(&from)?, "to": named(&to)?, "label": label }))
        };
        Ok(Value::Array(arrows.into_iter().map(arrow).collect::<Result<_, String>>()?))
    }
}

fn no_span(id: &str) -> String {
    format!("a relation joins `{id}`, which is no span")
}

/// One choice that names a side is that side.
fn side(chosen: Vec<String>) -> What {
    match chosen.as_slice() {
        [only] => label_studio::sided(only)
            .map_or(What::Choices(chosen), |(side, strength)| What::Side(side, strength)),
        _ => What::Choices(chosen),
    }
}

/// A table's cell as labels: a JSON list, one label, or labels between `#`.
fn split_cell(cell: &str, known: impl Fn(&str) -> bool) -> Vec<String> {
    if let Ok(labels) = serde_json::from_str(cell) {
        return labels;
    }
    if !known(cell) && cell.split('#').all(known) {
        return cell.split('#').map(str::to_string).collect();
    }
    vec![cell.to_string()]
}

/// Our spans, or those of other tools' rows: `{"start","end","label"}` and `[start,end,label]`.
pub(crate) fn our_spans(value: &Value) -> Option<Vec<FoundSpan>> {
    let parsed;
    let entries = match value {
        Value::String(cell) => {
            parsed = serde_json::from_str::<Value>(cell).ok()?;
            parsed.as_array()?
        }
        other => other.as_array()?,
    };
    entries.iter().map(our_span).collect()
}

fn our_span(entry: &Value) -> Option<FoundSpan> {
    let offset = |value: &Value| usize::try_from(value.as_u64()?).ok();
    let text = |keys: &[&str]| keys.iter().find_map(|key| Some(entry.get(key)?.as_str()?.to_string()));
    if let [start, end, label] = entry.as_array().map_or(&[][..], Vec::as_slice) {
        let parts = vec![(offset(start)?, offset(end)?)];
        return Some(FoundSpan {
            id: String::new(),
            label: label.as_str()?.to_string(),
            parts,
            quote: None,
            passages: Vec::new(),
        });
    }
    let number = |keys: &[&str]| keys.iter().find_map(|key| offset(entry.get(key)?));
    let whole =
        (number(&["char_start", "start", "start_offset"])?, number(&["char_end", "end", "end_offset"])?);
    let parts: Vec<(usize, usize)> =
        entry.get("parts").and_then(|parts| serde_json::from_value(parts.clone()).ok()).unwrap_or_default();
    Some(FoundSpan {
        id: text(&["id"]).unwrap_or_default(),
        label: text(&["label"])?,
        parts: if parts.is_empty() { vec![whole] } else { parts },
        quote: text(&["quote", "text"]),
        passages: Vec::new(),
    })
}

fn whole(number: f64) -> Result<Value, String> {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Ok(json!(number as i64));
    }
    Err(format!("{number} is no whole number"))
}

/// Groups named by numbers, which may stand behind the name of the question, as a list of their members with the number.
fn grouped(
    buckets: &BTreeMap<String, Vec<String>>,
    question: &str,
    [member, number]: [&str; 2],
) -> Result<Value, String> {
    let mut entries = Vec::new();
    let own = format!("{question} ");
    for (name, members) in buckets {
        let value: u64 = name
            .strip_prefix(&own)
            .unwrap_or(name)
            .parse()
            .map_err(|_| format!("the group `{name}` is no number"))?;
        for id in members {
            entries.push(json!({ member: id, number: value }));
        }
    }
    Ok(Value::Array(entries))
}
