//! Writing tasks.

use std::collections::BTreeMap;

use engraft_core::short_id;
use serde_json::{Map, Value, json};

use crate::format::answer_fit;
use crate::format::export::RowWriter;
use crate::format::label_studio::tags::has_stars;
use crate::format::label_studio::{GIVEN, ID, LACKS, bucket, shown_as, sides};
use crate::format::report::Losses;
use crate::{
    Answer, Answers, Choice, FieldKind, Given, Graded, LabelledSpan, Placed, Preference, Question,
    QuestionKind, Record, Relation, ResponseStatus, Schema, Supported, Turn, is_asked,
};

/// Writes one JSON array of tasks, one a line.
pub(crate) struct Tasks {
    schema: Schema,
    written: u64,
}

impl Tasks {
    pub(crate) fn new(schema: &Schema) -> Tasks {
        Tasks { schema: schema.clone(), written: 0 }
    }
}

impl RowWriter for Tasks {
    fn head(&self) -> String {
        "[\n".to_string()
    }

    fn between(&self) -> &'static str {
        ",\n"
    }

    fn tail(&self) -> &'static str {
        "\n]\n"
    }

    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        self.written += 1;
        // Label Studio numbers tasks; ours may have any name.
        let number = record.id.parse::<u32>().map_or(self.written, u64::from);
        let (data, lacks) = data(&self.schema, record);
        let mut results = Results { schema: &self.schema, record, losses, regions: 0 };
        let (mut annotations, mut drafts, mut given) = (Vec::new(), Vec::new(), Map::new());
        for response in &record.responses {
            let mut annotation = results.annotation(response);
            let number = numbered(record, &response.user);
            annotation["id"] = json!(number);
            let mut told = json!({ "user": response.user });
            if let Some(at) = &response.at {
                told["at"] = json!(at);
            }
            given.insert(number.to_string(), told);
            let list = if response.status == ResponseStatus::Draft { &mut drafts } else { &mut annotations };
            list.push(annotation);
        }
        if let Some(gold) = &record.gold {
            let number = numbered(record, "");
            given.insert(number.to_string(), json!({ "gold": true }));
            let result = results.of(gold, &[], false);
            annotations.push(json!({ "id": number, "ground_truth": true, "result": result }));
        }
        let mut predictions = Vec::new();
        for suggestion in &record.suggestions {
            let result = results.of(&suggestion.answers, &[], false);
            let mut prediction = json!({ "model_version": suggestion.model, "result": result });
            if let Some(score) = suggestion.score {
                prediction["score"] = json!(score);
            }
            predictions.push(prediction);
        }
        results.losses.add_many("a resolution", NO_PLACE, u64::from(record.resolution.is_some()));
        let mut meta: Map<String, Value> = record.metadata.clone().into_iter().collect();
        meta.insert(ID.to_string(), json!(record.id));
        if !given.is_empty() {
            meta.insert(GIVEN.to_string(), Value::Object(given));
        }
        if !lacks.is_empty() {
            meta.insert(LACKS.to_string(), json!(lacks));
        }
        let parts = [
            ("id", json!(number)),
            ("data", Value::Object(data)),
            ("meta", Value::Object(meta)),
            ("annotations", Value::Array(annotations)),
            ("drafts", Value::Array(drafts)),
            ("predictions", Value::Array(predictions)),
        ];
        let task = Map::from_iter(parts.map(|(name, part)| (name.to_string(), part)));
        vec![Value::Object(task).to_string()]
    }
}

/// The number of the annotation of a person, or of nobody: so large that no server gives it to another.
fn numbered(record: &Record, user: &str) -> u64 {
    let hash = short_id(&[&record.id, user]);
    // Twelve hexadecimal digits: other tools read numbers as floating point.
    hash.get(..12).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

/// The fields as Label Studio's tags expect them, and those the item lacks: they are there, and empty. The text of a list's
/// items is their `body`.
fn data<'a>(schema: &'a Schema, record: &Record) -> (Map<String, Value>, Vec<&'a str>) {
    let mut data = record.fields.clone();
    let mut lacks = Vec::new();
    for field in schema.fields.iter().filter(|field| !record.fields.contains_key(&field.name)) {
        let nothing = match field.kind {
            FieldKind::Text | FieldKind::Markdown => json!(""),
            FieldKind::Document => json!({ "text": "" }),
            FieldKind::Chat | FieldKind::Passages | FieldKind::Answers => json!([]),
        };
        data.insert(field.name.clone(), nothing);
        lacks.push(field.name.as_str());
    }
    for field in schema.fields.iter().filter(|field| field.kind == FieldKind::Passages) {
        let items = data.get_mut(&field.name).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
            if !item.contains_key("body")
                && let Some(text) = item.remove("text")
            {
                item.insert("body".to_string(), text);
            }
        }
    }
    (data, lacks)
}

const NO_PLACE: &str = "Label Studio has no place for it";

struct Results<'a> {
    schema: &'a Schema,
    record: &'a Record,
    losses: &'a mut Losses,
    // Ids are distinct within a task: regions are numbered through.
    regions: u64,
}

impl Results<'_> {
    fn annotation(&mut self, response: &Given) -> Value {
        let draft = response.status == ResponseStatus::Draft;
        let submitted = response.status == ResponseStatus::Submitted;
        let result = self.of(&response.answers, &response.accepted, submitted);
        let mut annotation = json!({ "result": result });
        if draft {
            annotation["user"] = json!(response.user);
        } else {
            // A server refuses people it does not know, and it knows them by their email.
            if response.user.contains('@') {
                annotation["completed_by"] = json!({ "email": response.user });
            }
            annotation["was_cancelled"] = json!(response.status == ResponseStatus::Skipped);
            annotation["ground_truth"] = json!(false);
        }
        if let Some(at) = &response.at {
            annotation["created_at"] = json!(at);
        }
        if let Some(ms) = response.active_ms {
            annotation["lead_time"] = json!(ms as f64 / 1000.0);
        }
        let guideline = u64::from(response.guideline.is_some());
        self.losses.add_many("the guideline version of a response", NO_PLACE, guideline);
        annotation
    }

    /// The results of one set of answers. In a submitted response, no span at all reads as nothing to mark.
    fn of(&mut self, answers: &Answers, accepted: &[String], submitted: bool) -> Vec<Value> {
        let mut results = Vec::new();
        // The region of each span, by question and the span's name.
        let mut regions = BTreeMap::new();
        let is_arrows = |question: &&Question| matches!(question.kind, QuestionKind::Relations { .. });
        let (arrows, others): (Vec<&Question>, Vec<&Question>) =
            self.schema.questions.iter().partition(is_arrows);
        for question in others.into_iter().chain(arrows) {
            let marks = matches!(question.kind, QuestionKind::Spans { .. } | QuestionKind::Relations { .. });
            let Some(answer) = answers.get(&question.name) else {
                if submitted && marks && is_asked(self.schema, question, &self.record.fields, answers) {
                    let what = format!("that `{}` was not answered", question.name);
                    self.losses.add(what, "no result at all reads as nothing to mark");
                }
                continue;
            };
            let from = results.len();
            match (&question.kind, answer) {
                (QuestionKind::Relations { spans, .. }, Answer::Relations(relations)) => {
                    self.arrows(relations, spans, &regions, &mut results);
                }
                (_, Answer::Spans(spans)) => self.spans(question, spans, &mut regions, &mut results),
                (_, answer) => self.answer(question, answer, &mut results),
            }
            let taken_over = accepted.contains(&question.name);
            let origin = if taken_over { "prediction" } else { "manual" };
            // A relation says nothing about where it comes from, not even its question.
            let named = results[from..].iter_mut().filter(|result| result.get("from_name").is_some());
            let count = named.map(|result| result["origin"] = json!(origin)).count();
            let untold = u64::from(taken_over && count == 0);
            self.losses.add_many("that an answer is a model's, unchanged", "no result carries it", untold);
            if is_empty(answer) && !(submitted && marks) {
                self.losses.add(
                    format!("the empty answer to `{}`", question.name),
                    "no result reads as not answered",
                );
            }
        }
        results
    }

    fn region(&mut self) -> String {
        self.regions += 1;
        format!("r{}", self.regions)
    }

    fn result(&mut self, question: &Question, sort: &str, value: Value) -> Value {
        let shown = shown_as(self.schema, self.about(question));
        json!({
            "id": self.region(), "from_name": question.name, "to_name": shown, "type": sort, "value": value,
        })
    }

    /// The field a result is about; of an item as a whole, the first.
    fn about<'q>(&'q self, question: &'q Question) -> &'q str {
        let first = self.schema.fields.first().map_or("", |field| field.name.as_str());
        answer_fit::field_of(&question.kind).unwrap_or(first)
    }

    fn spans(
        &mut self,
        question: &Question,
        spans: &[LabelledSpan],
        regions: &mut BTreeMap<(String, String), String>,
        results: &mut Vec<Value>,
    ) {
        for span in spans {
            if !span.parts.is_empty() {
                let what = format!("a span with gaps in `{}`", question.name);
                self.losses.add(what, "a region has one start and one end");
                continue;
            }
            let value = json!({
                "start": span.char_start, "end": span.char_end, "text": span.quote, "labels": [span.label],
            });
            let result = self.result(question, "labels", value);
            regions.insert(
                (question.name.clone(), span.id.clone()),
                result["id"].as_str().unwrap_or_default().to_string(),
            );
            results.push(result);
        }
    }

    fn arrows(
        &mut self,
        relations: &[Relation],
        spans: &str,
        regions: &BTreeMap<(String, String), String>,
        results: &mut Vec<Value>,
    ) {
        let region = |id: &String| regions.get(&(spans.to_string(), id.clone()));
        for relation in relations {
            match (region(&relation.from), region(&relation.to)) {
                (Some(from), Some(to)) => results.push(json!({
                    "from_id": from, "to_id": to, "type": "relation", "direction": "right",
                    "labels": [relation.label],
                })),
                _ => self.losses.add("a relation of a span with gaps", "a region has one start and one end"),
            }
        }
    }

    fn answer(&mut self, question: &Question, answer: &Answer, results: &mut Vec<Value>) {
        let (sort, value) = match answer {
            Answer::Label(label) => ("choices", json!({ "choices": [label] })),
            Answer::Labels(labels) => ("choices", json!({ "choices": labels })),
            Answer::Taxonomy(paths) => ("taxonomy", json!({ "taxonomy": paths })),
            Answer::Rating(rating) => match &question.kind {
                QuestionKind::Rating { min, max, .. } if !has_stars(*min, *max) => {
                    ("number", json!({ "number": rating }))
                }
                _ => ("rating", json!({ "rating": rating })),
            },
            Answer::Text(text) | Answer::Correction(text) => ("textarea", json!({ "text": [text] })),
            Answer::Form(form) => ("textarea", json!({ "text": [form.to_string()] })),
            Answer::Ranking(placed) => ("ranker", json!({ "ranker": ranks(placed) })),
            Answer::Relevance(graded) => {
                let evidence = graded.iter().filter(|graded| !graded.evidence.is_empty()).count();
                self.losses.add_many("the evidence in a passage", NO_PLACE, evidence as u64);
                let name = |graded: &Graded| bucket(self.schema, &question.name, graded.grade);
                let grades = graded.iter().map(|graded| (name(graded), &graded.id));
                ("ranker", json!({ "ranker": groups(grades) }))
            }
            Answer::Preference(preference) => {
                let Some((sort, value)) = self.compared(question, preference) else { return };
                (sort, value)
            }
            Answer::Support(sentences) => return self.support(question, sentences, results),
            Answer::Turns(turns) => return self.turns(question, turns, results),
            Answer::Spans(_) | Answer::Relations(_) => return,
        };
        let result = self.result(question, sort, value);
        results.push(result);
    }

    /// A side of a pair, or where the comparison may say more, one of its words.
    fn compared(&mut self, question: &Question, preference: &Preference) -> Option<(&'static str, Value)> {
        let QuestionKind::Preference { strength, tie, both_bad, .. } = question.kind else { return None };
        let is_choice = sides::words(strength, tie, both_bad).is_some();
        let answers = self.record.fields.get(self.about(question)).and_then(Value::as_array);
        let place = |id: &String| {
            let is_chosen = |answer: &Value| answer.get("id").and_then(Value::as_str) == Some(id);
            answers.and_then(|answers| answers.iter().position(is_chosen))
        };
        let chosen = |word: String| ("choices", json!({ "choices": [word] }));
        let told = match &preference.choice {
            Choice::Tie => Some(chosen(sides::TIE.to_string())),
            Choice::BothBad => Some(chosen(sides::BOTH_BAD.to_string())),
            Choice::Id(id) if is_choice => {
                place(id).and_then(|side| sides::word(side, preference.strength)).map(chosen)
            }
            Choice::Id(id) => place(id)
                .and_then(|side| ["left", "right"].get(side))
                .map(|side| ("pairwise", json!({ "selected": side }))),
        };
        if told.is_none() {
            let what = format!("a preference in `{}` for none of two", question.name);
            self.losses.add(what, "a side is left or right");
        }
        told
    }

    fn support(&mut self, question: &Question, sentences: &[Supported], results: &mut Vec<Value>) {
        for sentence in sentences {
            let value = json!({
                "start": sentence.char_start, "end": sentence.char_end, "text": sentence.quote,
                "labels": [sentence.verdict.name()],
            });
            let result = self.result(question, "labels", value);
            results.push(result);
            let passages = u64::from(!sentence.passages.is_empty());
            self.losses.add_many("the passages that support a sentence", NO_PLACE, passages);
        }
    }

    fn turns(&mut self, question: &Question, turns: &[Turn], results: &mut Vec<Value>) {
        let chat = self.record.fields.get(self.about(question)).cloned().unwrap_or_default();
        for turn in turns {
            let words =
                chat.get(turn.turn).and_then(|turn| turn.get("content")?.as_str()).unwrap_or_default();
            let at = turn.turn.to_string();
            let value = json!({
                "start": at, "end": at, "startOffset": 0, "endOffset": words.chars().count(), "text": words,
                "paragraphlabels": turn.labels,
            });
            let result = self.result(question, "paragraphlabels", value);
            results.push(result);
        }
    }
}

/// Whether the answer is a list of results without any.
fn is_empty(answer: &Answer) -> bool {
    match answer {
        Answer::Spans(spans) => spans.is_empty(),
        Answer::Relations(relations) => relations.is_empty(),
        Answer::Turns(turns) => turns.is_empty(),
        Answer::Support(sentences) => sentences.is_empty(),
        _ => false,
    }
}

/// `{"rank":[…]}`; with ties, groups by rank.
fn ranks(placed: &[Placed]) -> Value {
    let in_order = placed.iter().zip(1..).all(|(place, rank)| place.rank == rank);
    if in_order {
        return json!({ "rank": placed.iter().map(|place| &place.value).collect::<Vec<_>>() });
    }
    groups(placed.iter().map(|place| (place.rank.to_string(), &place.value)))
}

/// `{"1":["a"],"2":["b","c"]}`.
fn groups<'a>(members: impl Iterator<Item = (String, &'a String)>) -> Value {
    let mut groups: Map<String, Value> = Map::new();
    for (group, member) in members {
        if let Value::Array(list) = groups.entry(group).or_insert_with(|| json!([])) {
            list.push(json!(member));
        }
    }
    Value::Object(groups)
}
