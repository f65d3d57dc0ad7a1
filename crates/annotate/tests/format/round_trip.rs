//! What a format holds comes back as it was: every probe, through every format that is both read and written.

use engraft_annotate::format::{Format, Loss};
use engraft_annotate::{Record, Schema};
use serde_json::{Value, json};

use crate::probes::PROBES;
use crate::{export, import_with, record, schema, told};

/// Exports without a loss of the records – but for who responded, where a format has no place for that –, imports without a
/// rejection, and both are equal. What a configuration cannot say of the schema is for `schemas.rs`.
#[track_caller]
fn check(format: Format, schema: &Schema, records: &[Record]) {
    let exported = export(format, schema, records);
    let anonymous = "who responded";
    let of_records = |loss: &&Loss| loss.what != anonymous && !loss.what.starts_with("in the schema: ");
    let lost: Vec<_> = exported.report.losses.iter().filter(of_records).cloned().collect();
    assert_eq!(told(&lost), "", "{format} lost something going out");
    let (back, report) = import_with(
        format,
        schema,
        engraft_annotate::format::Input::Path(&exported.path),
        &Default::default(),
    );
    assert_eq!(told(&report.losses), "", "{format} lost something coming in");
    assert_eq!(report.rejected, [], "{format}");
    assert_eq!(report.repaired, 0, "{format}");
    let sorted = |records: &[Record]| {
        let mut records = records.to_vec();
        records.sort_by(|a, b| a.id.cmp(&b.id));
        for record in &mut records {
            record.responses.sort_by(|a, b| a.user.cmp(&b.user));
        }
        records
    };
    for (back, sent) in sorted(&back).iter().zip(&sorted(records)) {
        assert_eq!(back.canonical(), sent.canonical(), "{format}");
    }
    assert_eq!(back.len(), records.len(), "{format}");
}

fn spans_schema(relations: bool, more: &[Value]) -> Schema {
    let labels = json!(["ORG", "PER", "LOC"]);
    let mut questions = vec![json!({
        "name": "entities", "type": "spans", "field": "text", "options": labels, "overlapping": true, "discontinuous": true,
    })];
    if relations {
        questions.push(
            json!({ "name": "links", "type": "relations", "spans": "entities", "options": ["in", "owns"] }),
        );
    }
    questions.extend(more.iter().cloned());
    schema(&json!({ "fields": [{ "name": "text", "type": "text" }], "questions": questions }))
}

/// Every probe with one submitted response of `user`; relations join its first two spans both ways.
fn marked(schema: &Schema, user: &str, relations: bool, extra: &Value) -> Vec<Record> {
    let one = |(number, probe): (usize, &crate::probes::Probe)| {
        let mut answers = json!({ "entities": probe.spans() });
        if relations {
            let joined = probe.spans.len() > 1;
            let links = json!([{ "from": "s1", "to": "s2", "label": "in" }, { "from": "s2", "to": "s1", "label": "owns" }]);
            answers["links"] = if joined { links } else { json!([]) };
        }
        for (name, value) in extra.as_object().unwrap() {
            answers[name] = value.clone();
        }
        record(
            schema,
            &json!({
                "id": format!("{number}"), "fields": { "text": probe.text },
                "responses": [{ "user": user, "status": "submitted", "answers": answers }],
            }),
        )
    };
    PROBES.iter().enumerate().map(one).collect()
}

/// A span with a gap: `North … America` of `North and South America`.
fn with_a_gap(schema: &Schema) -> Record {
    let answers = json!({ "entities": [
        { "char_start": 0, "char_end": 23, "label": "LOC", "parts": [[0, 5], [16, 23]], "quote": "North … America" },
        { "char_start": 10, "char_end": 23, "label": "LOC" },
    ]});
    record(
        schema,
        &json!({
            "id": "gap", "fields": { "text": "North and South America" },
            "responses": [{ "user": "imported", "status": "submitted", "answers": answers }],
        }),
    )
}

#[test]
fn brat_brings_every_span_and_relation_back() {
    let schema = spans_schema(true, &[]);
    check(Format::Brat, &schema, &marked(&schema, "imported", true, &json!({})));
    let schema = spans_schema(false, &[]);
    check(Format::Brat, &schema, &[with_a_gap(&schema)]);
}

#[test]
fn brat_brings_back_odd_names_and_items_nobody_marked() {
    let schema = spans_schema(false, &[]);
    let ids = ["../up", ".hidden", "a b/c\\d", "ü%41", "x.y", "~2", "👍"];
    let item = |id: &str| record(&schema, &json!({ "id": id, "fields": { "text": "Ann" } }));
    check(Format::Brat, &schema, &ids.map(item));
}

#[test]
fn doccano_brings_each_of_its_shapes_back() {
    let schema = spans_schema(false, &[]);
    check(Format::Doccano, &schema, &marked(&schema, "imported", false, &json!({})));
    let schema = spans_schema(true, &[]);
    check(Format::Doccano, &schema, &marked(&schema, "imported", true, &json!({})));
    let mood = json!({ "name": "mood", "type": "labels", "options": ["glad", "sad"], "required": false });
    let schema = spans_schema(false, &[mood]);
    check(Format::Doccano, &schema, &marked(&schema, "imported", false, &json!({ "mood": ["glad", "sad"] })));
    check(Format::Doccano, &schema, &marked(&schema, "imported", false, &json!({ "mood": [] })));
}

#[test]
fn doccano_brings_classes_words_and_metadata_back() {
    let check_one = |question: Value, answer: Value| {
        let name = question["name"].as_str().unwrap().to_string();
        let schema =
            schema(&json!({ "fields": [{ "name": "text", "type": "text" }], "questions": [question] }));
        let records: Vec<Record> = PROBES
            .iter()
            .map(|probe| {
                record(&schema, &json!({
                    "id": probe.name, "fields": { "text": probe.text }, "metadata": { "lang": "xx", "n": 3, "deep": { "a": [1.5] } },
                    "responses": [{ "user": "imported", "status": "submitted", "answers": { name.clone(): answer } }],
                }))
            })
            .collect();
        check(Format::Doccano, &schema, &records);
    };
    check_one(json!({ "name": "mood", "type": "label", "options": ["glad", "sad"] }), json!("sad"));
    check_one(json!({ "name": "mood", "type": "labels", "options": ["glad", "sad"] }), json!([]));
    check_one(json!({ "name": "summary", "type": "text" }), json!("one\r\ntwo 👩‍👧"));
}

#[test]
fn prodigy_brings_responses_skips_and_suggestions_back() {
    let more = [
        json!({ "name": "mood", "type": "labels", "options": ["glad", "sad"], "required": false }),
        json!({ "name": "why", "type": "text", "required": false }),
    ];
    let schema = spans_schema(true, &more);
    let mut records = marked(&schema, "ann", true, &json!({ "mood": ["sad"], "why": "because 🤷🏽" }));
    for (number, record) in records.iter_mut().enumerate() {
        let mut second = record.responses[0].clone();
        second.user = "ben".to_string();
        second.at = Some("2026-02-28T23:59:59Z".to_string());
        if number % 3 == 0 {
            second.status = engraft_annotate::ResponseStatus::Skipped;
            second.answers.clear();
        }
        let answers = record.responses[0].answers.clone();
        record.responses.push(second);
        let model = "ner-v2".to_string();
        record.suggestions.push(engraft_annotate::Suggestion { model, score: Some(0.875), answers });
        record.metadata.insert("source file".to_string(), json!("a.txt"));
    }
    check(Format::Prodigy, &schema, &records);
}

#[test]
fn prodigys_rejected_lines_come_back_as_what_was_turned_down() {
    let verdict = json!({ "name": "answer", "type": "label", "options": ["accept", "reject"] });
    let schema = spans_schema(false, &[verdict]);
    let mut records = marked(&schema, "ann", false, &json!({ "answer": "accept" }));
    for record in &mut records {
        let mut shown = record.responses[0].answers.clone();
        shown.remove("answer");
        record.responses[0].answers.retain(|question, _| question == "answer");
        record.responses[0].answers.insert("answer".into(), engraft_annotate::Answer::Label("reject".into()));
        record.suggestions.push(engraft_annotate::Suggestion {
            model: "prodigy".into(),
            score: None,
            answers: shown,
        });
    }
    check(Format::Prodigy, &schema, &records);
}

#[test]
fn conll_brings_words_with_one_space_between_back() {
    let schema = spans_schema(false, &[]);
    let texts: [(&str, &[(&str, &str)]); 11] = [
        ("Sony bought Bandai in Tokyo .", &[("ORG", "Sony"), ("ORG", "Bandai"), ("LOC", "Tokyo")]),
        ("University of Oslo", &[("ORG", "University of Oslo")]),
        ("Ann Bob met", &[("PER", "Ann"), ("PER", "Bob")]),
        ("one line\nAnn met\nBob", &[("PER", "Ann"), ("PER", "Bob")]),
        ("a 👩‍👩‍👧‍👦 of 👍🏽 Ann", &[("ORG", "👩‍👩‍👧‍👦"), ("PER", "Ann")]),
        ("דוד בן גוריון נולד", &[("PER", "דוד בן גוריון")]),
        ("東 京 都", &[("LOC", "東 京")]),
        ("Jose\u{301} und Zoe\u{308}", &[("PER", "Jose\u{301}")]),
        ("It rained .", &[]),
        ("𝔅𝔢𝔯𝔩𝔦𝔫 𝟙𝟚", &[("LOC", "𝔅𝔢𝔯𝔩𝔦𝔫")]),
        ("- DOCSTART - # = O", &[("ORG", "- DOCSTART -")]),
    ];
    let one = |(text, spans): &(&'static str, &'static [(&'static str, &'static str)])| {
        let probe = crate::probes::Probe { name: "", text, spans };
        record(
            &schema,
            &json!({
                "fields": { "text": text },
                "responses": [{ "user": "imported", "status": "submitted", "answers": { "entities": probe.spans() } }],
            }),
        )
    };
    let records: Vec<Record> = texts.iter().map(one).collect();
    let exported = export(Format::Conll, &schema, &records);
    assert!(
        exported.report.losses.iter().all(|loss| loss.what.contains("who responded")),
        "{:?}",
        exported.report.losses
    );
    let input = engraft_annotate::format::Input::Path(&exported.path);
    let (back, report) = import_with(Format::Conll, &schema, input, &Default::default());
    assert_eq!(report.rejected, []);
    assert_eq!(back, records);
}

/// One question of each type, on one item.
pub(crate) fn everything() -> (Value, Value, Value) {
    let options = json!(["glad", "sad", "a b"]);
    let schema = json!({
        "fields": [
            { "name": "text", "type": "text" }, { "name": "notes", "type": "markdown", "required": false },
            { "name": "chat", "type": "chat" }, { "name": "page", "type": "document" },
            { "name": "found", "type": "passages" }, { "name": "replies", "type": "answers" },
        ],
        "questions": [
            { "name": "mood", "type": "label", "options": options },
            { "name": "moods", "type": "labels", "options": options },
            { "name": "class", "type": "taxonomy", "multiple": true,
              "options": [{ "value": "Finance", "children": [{ "value": "Invoices" }] }, { "value": "Other" }] },
            { "name": "entities", "type": "spans", "field": "text", "options": options, "overlapping": true },
            { "name": "places", "type": "spans", "field": "page", "options": options, "overlapping": true },
            { "name": "links", "type": "relations", "spans": "entities", "options": options },
            { "name": "stars", "type": "rating", "min": 0, "max": 7 },
            { "name": "order", "type": "ranking", "field": "replies" },
            { "name": "fixed", "type": "ranking", "options": ["x", "y", "z"] },
            { "name": "better", "type": "preference", "field": "replies" },
            { "name": "why", "type": "text" },
            { "name": "fixed_text", "type": "correction", "field": "text" },
            { "name": "acts", "type": "turns", "field": "chat", "options": options, "multiple": true },
            { "name": "relevance", "type": "relevance", "field": "found", "query": "text" },
            { "name": "support", "type": "support", "answer": "replies", "passages": "found" },
            { "name": "facts", "type": "form", "schema": { "type": "object", "properties": { "n": { "type": "integer" } } } },
        ],
    });
    let fields = json!({
        "text": "Ann 👩‍👩‍👧 née Bob\r\nat home",
        "chat": [{ "role": "user", "content": "שלום 👋🏽" }, { "role": "assistant", "content": "hi" }],
        "page": { "text": "Ko\u{308}ln 東京", "uri": "a.md", "title": "T" },
        "found": [{ "id": "d1", "text": "one", "title": "One" }, { "id": "d 2", "text": "two" }],
        "replies": [{ "id": "a", "text": "First. Second." }, { "id": "b", "text": "other", "model": "m" }, { "id": "c", "text": "last" }],
    });
    let answers = json!({
        "mood": "a b", "moods": ["glad", "sad"], "class": [["Finance", "Invoices"], ["Other"]],
        "entities": [
            { "char_start": 0, "char_end": 3, "label": "glad" }, { "char_start": 4, "char_end": 9, "label": "sad" },
            { "char_start": 2, "char_end": 13, "label": "a b" }, { "char_start": 2, "char_end": 13, "label": "glad" },
        ],
        "places": [{ "char_start": 0, "char_end": 5, "label": "sad" }, { "char_start": 6, "char_end": 8, "label": "sad" }],
        "links": [{ "from": "s1", "to": "s4", "label": "sad" }, { "from": "s4", "to": "s2", "label": "glad" }],
        "stars": 0,
        "order": [{ "value": "b", "rank": 1 }, { "value": "a", "rank": 2 }, { "value": "c", "rank": 2 }],
        "fixed": [{ "value": "z", "rank": 1 }, { "value": "x", "rank": 2 }, { "value": "y", "rank": 3 }],
        "better": { "choice": { "id": "b" } }, "why": "two\nlines, \"quoted\"", "fixed_text": "Ann, née Bob",
        "acts": [{ "turn": 0, "labels": ["glad"] }, { "turn": 1, "labels": ["a b", "sad"] }],
        "relevance": [{ "id": "d1", "grade": 3 }, { "id": "d 2", "grade": 0 }],
        "support": [
            { "char_start": 0, "char_end": 6, "verdict": "supported" },
            { "char_start": 7, "char_end": 14, "verdict": "no_citation" },
        ],
        "facts": { "n": 3, "list": ["a", { "b": null }] },
    });
    (schema, fields, answers)
}

/// Records of [`everything`]: one each with all answers, several people, a skip, a draft, a model, gold, nothing at all.
pub(crate) fn of_everything(schema: &Schema, without: &[&str], draft: &Value) -> Vec<Record> {
    let (_, fields, mut answers) = everything();
    for question in without {
        answers.as_object_mut().unwrap().remove(*question);
    }
    let metadata = json!({ "lang": "xx", "nested": { "a": [1, 2.5, null] } });
    let item = |id: &str, more: Value| {
        let mut json = json!({ "id": id, "fields": fields, "metadata": metadata });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record(schema, &json)
    };
    let given = |user: &str, status: &str, answers: &Value| json!({ "user": user, "status": status, "answers": answers });
    let timed = json!({
        "user": "ann@example.org", "status": "submitted", "answers": answers, "at": "2026-03-01T12:10:04.123Z",
        "active_ms": 4288,
    });
    vec![
        item("7", json!({ "responses": [timed] })),
        item(
            "two people",
            json!({ "responses": [given("ann", "submitted", &answers), given("ben", "submitted", &answers)] }),
        ),
        item("a draft", json!({ "responses": [given("ann", "draft", draft)] })),
        item("a skip", json!({ "responses": [given("ann", "skipped", &json!({}))] })),
        item(
            "a model",
            json!({ "suggestions": [{ "model": "m1", "score": 0.1, "answers": answers }, { "model": "m2", "answers": answers }] }),
        ),
        item("gold", json!({ "gold": answers })),
        item(
            "taken over",
            json!({ "responses": [{
                "user": "ann", "status": "submitted", "answers": answers, "accepted": ["entities", "mood"],
            }]}),
        ),
        item("nothing", json!({})),
    ]
}

#[test]
fn label_studio_brings_every_type_of_question_back() {
    let (json, _, _) = everything();
    let schema = schema(&json);
    check(Format::LabelStudio, &schema, &of_everything(&schema, &[], &json!({ "mood": "sad", "stars": 3 })));
}

#[test]
fn label_studio_brings_every_span_and_relation_back() {
    let schema = spans_schema(true, &[]);
    check(Format::LabelStudio, &schema, &marked(&schema, "ann", true, &json!({})));
}

#[test]
fn our_own_lines_bring_everything_back() {
    let (json, _, _) = everything();
    let schema = schema(&json);
    let mut records = of_everything(&schema, &[], &json!({ "mood": "sad" }));
    let answers = records[0].responses[0].answers.clone();
    let source = engraft_annotate::ResolutionSource::Adjudicated;
    let by = Some("lea".to_string());
    records[1].resolution = Some(engraft_annotate::Resolution { answers, source, by, posterior: Some(0.75) });
    records[1].responses[0].guideline = Some("abc".to_string());
    check(Format::Jsonl, &schema, &records);
    let gaps = spans_schema(false, &[]);
    check(Format::Jsonl, &gaps, &[with_a_gap(&gaps)]);
    check(Format::Jsonl, &gaps, &marked(&gaps, "ann", false, &json!({})));
}

#[test]
fn a_table_brings_every_response_back() {
    let (json, _, _) = everything();
    let schema = schema(&json);
    let mut records = of_everything(&schema, &[], &json!({ "mood": "sad" }));
    records
        .retain(|record| record.suggestions.is_empty() && record.gold.is_none() && record.id != "taken over");
    for record in &mut records {
        record.responses.iter_mut().for_each(|response| response.active_ms = None);
    }
    check(Format::Csv, &schema, &records);
    let gaps = spans_schema(true, &[]);
    check(Format::Csv, &gaps, &marked(&gaps, "ann", true, &json!({})));
}

#[test]
fn a_table_keeps_arrows_between_their_spans_whatever_these_are_called() {
    let schema = spans_schema(true, &[]);
    // As somebody leaves them who marked the later one first.
    let answers = json!({
        "entities": [
            { "char_start": 0, "char_end": 3, "label": "PER", "id": "s2" },
            { "char_start": 8, "char_end": 12, "label": "ORG", "id": "s1" },
        ],
        "links": [{ "from": "s2", "to": "s1", "label": "owns" }],
    });
    let said = json!({ "user": "ann", "status": "submitted", "answers": answers });
    let item =
        record(&schema, &json!({ "id": "1", "fields": { "text": "Ann has Sony." }, "responses": [said] }));
    let exported = export(Format::Csv, &schema, &[item]);
    let input = engraft_annotate::format::Input::Path(&exported.path);
    let (back, report) = import_with(Format::Csv, &schema, input, &Default::default());
    assert_eq!(report.rejected, []);
    let json: Value = serde_json::from_str(&back[0].canonical()).unwrap();
    let answers = &json["responses"][0]["answers"];
    let owner = &answers["links"][0]["from"];
    let span = answers["entities"].as_array().unwrap().iter().find(|span| span["id"] == *owner).unwrap();
    assert_eq!((&span["quote"], answers["links"].as_array().unwrap().len()), (&json!("Ann"), 1));
}

#[test]
fn argilla_brings_its_types_of_question_back() {
    let (mut json, _, _) = everything();
    let without = ["class", "links", "acts", "relevance", "support"];
    json["questions"]
        .as_array_mut()
        .unwrap()
        .retain(|question| !without.contains(&question["name"].as_str().unwrap()));
    let schema = schema(&json);
    let mut records = of_everything(&schema, &without, &json!({ "mood": "sad", "entities": [] }));
    records.retain(|record| record.gold.is_none() && record.id != "a skip" && record.id != "taken over");
    for record in &mut records {
        record.suggestions.truncate(1);
        for response in &mut record.responses {
            (response.active_ms, response.at) = (None, None);
        }
    }
    check(Format::Argilla, &schema, &records);
    let schema = spans_schema(false, &[]);
    check(Format::Argilla, &schema, &marked(&schema, "ann", false, &json!({})));
}

#[test]
fn beir_brings_queries_documents_and_grades_back() {
    let schema = schema(&json!({
        "fields": [{ "name": "query", "type": "text" }, { "name": "passages", "type": "passages" }],
        "questions": [{ "name": "relevance", "type": "relevance", "field": "passages", "query": "query" }],
    }));
    let item = |(number, probe): (usize, &crate::probes::Probe)| {
        let id = format!("q {number}");
        record(
            &schema,
            &json!({
                "id": id, "metadata": { "n": number },
                "fields": { "query": probe.text, "passages": [
                    { "id": "shared d", "text": "in every query" },
                    { "id": format!("d{number}"), "text": probe.text, "title": probe.name },
                ]},
                "responses": [{ "user": "imported", "status": "submitted", "answers": {
                    "relevance": [{ "id": "shared d", "grade": number % 4 }, { "id": format!("d{number}"), "grade": 0 }],
                }}],
            }),
        )
    };
    check(Format::Beir, &schema, &PROBES.iter().enumerate().map(item).collect::<Vec<_>>());
}

#[test]
fn a_second_query_of_one_id_is_told_with_its_line_and_the_first_stays() {
    let schema = schema(&json!({
        "fields": [{ "name": "query", "type": "text" }, { "name": "passages", "type": "passages" }],
        "questions": [{ "name": "relevance", "type": "relevance", "field": "passages", "query": "query" }],
    }));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("qrels")).unwrap();
    write("corpus.jsonl", "{\"_id\":\"d\",\"text\":\"Cats purr.\"}\n");
    write("queries.jsonl", "{\"_id\":\"1\",\"text\":\"who purrs\"}\n{\"_id\":1,\"text\":\"who barks\"}\n");
    write("qrels/test.tsv", "query-id\tcorpus-id\tscore\n1\td\t1\n");
    let input = engraft_annotate::format::Input::Path(folder.path());
    let (found, report) = import_with(Format::Beir, &schema, input, &Default::default());
    assert_eq!((found.len(), &found[0].fields["query"]), (1, &json!("who purrs")));
    let told: Vec<(u64, &str)> = report.rejected.iter().map(|one| (one.line, one.message.as_str())).collect();
    assert_eq!(told, [(2, "queries.jsonl: an earlier line has the `_id` `1`")]);
}

#[test]
fn a_table_keeps_fields_and_questions_that_are_called_like_its_columns_or_each_other() {
    let text = |name: &str| json!({ "name": name, "type": "text" });
    let fields = ["id", "user", "status", "at", "metadata", "topic", "fields.id", "answers.at"].map(text);
    let questions = ["topic", "user", "id", "fields.id", "answers.at", "plain"].map(text);
    let schema = schema(&json!({ "fields": fields, "questions": questions }));
    let filled = |of: &str, names: &[Value]| -> Value {
        names
            .iter()
            .map(|one| (one["name"].as_str().unwrap().to_string(), json!(format!("{of} {}", one["name"]))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let said = json!({ "user": "ann", "status": "submitted", "answers": filled("answer", &questions) });
    let item = json!({ "id": "1", "fields": filled("field", &fields), "metadata": { "lang": "en" }, "responses": [said] });
    let item = record(&schema, &item);
    let exported = export(Format::Csv, &schema, std::slice::from_ref(&item));
    let input = engraft_annotate::format::Input::Path(&exported.path);
    let (back, report) = import_with(Format::Csv, &schema, input, &Default::default());
    assert_eq!((report.rejected, exported.report.losses), (Vec::new(), Vec::new()));
    assert_eq!(back, [item]);
}
