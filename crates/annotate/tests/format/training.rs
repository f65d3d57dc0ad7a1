//! Training rows: what becomes a pair, what a verdict, what a chat – and what does not.

use engraft_annotate::format::{ExportOptions, Exporter, Format, FormatError, Voices};
use engraft_annotate::{Record, Schema};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::{export_with, record, schema, told};

fn compared() -> Schema {
    schema(&json!({
        "fields": [{ "name": "question", "type": "text" }, { "name": "replies", "type": "answers" }],
        "questions": [
            { "name": "better", "type": "preference", "field": "replies", "strength": 3, "required": false },
            { "name": "order", "type": "ranking", "field": "replies", "required": false },
            { "name": "fix", "type": "correction", "field": "replies", "required": false },
        ],
    }))
}

fn answered(schema: &Schema, answers: &Value) -> Record {
    several(schema, std::slice::from_ref(answers))
}

fn several(schema: &Schema, given: &[Value]) -> Record {
    let responses: Vec<Value> = (1..)
        .zip(given)
        .map(|(n, answers)| json!({ "user": format!("u{n}"), "status": "submitted", "answers": answers }))
        .collect();
    let replies = json!([{ "id": "a", "text": "A" }, { "id": "b", "text": "B" }, { "id": "c", "text": "C" }]);
    record(
        schema,
        &json!({ "id": "i", "fields": { "question": "Q", "replies": replies }, "responses": responses }),
    )
}

#[track_caller]
fn check_with(format: Format, records: &[Record], options: &ExportOptions, expected: Expect) {
    let exported = export_with(format, &compared(), records, options);
    expected.assert_eq(&format!("{}{}", exported.text(), told(&exported.report.losses)));
}

#[track_caller]
fn check(format: Format, answers: &Value, expected: Expect) {
    check_with(format, &[answered(&compared(), answers)], &ExportOptions::default(), expected);
}

#[test]
fn a_preference_beats_every_other_answer_and_its_strength_is_the_margin() {
    let better = json!({ "better": { "choice": { "id": "b" }, "strength": 2 } });
    check(
        Format::TrlDpo,
        &better,
        expect![[r#"
        {"chosen":[{"content":"B","role":"assistant"}],"margin":2.0,"prompt":[{"content":"Q","role":"user"}],"rejected":[{"content":"A","role":"assistant"}]}
        {"chosen":[{"content":"B","role":"assistant"}],"margin":2.0,"prompt":[{"content":"Q","role":"user"}],"rejected":[{"content":"C","role":"assistant"}]}
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::TrlReward,
        &better,
        expect![[r#"
        {"chosen":[{"content":"Q","role":"user"},{"content":"B","role":"assistant"}],"margin":2.0,"rejected":[{"content":"Q","role":"user"},{"content":"A","role":"assistant"}]}
        {"chosen":[{"content":"Q","role":"user"},{"content":"B","role":"assistant"}],"margin":2.0,"rejected":[{"content":"Q","role":"user"},{"content":"C","role":"assistant"}]}
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::TrlKto,
        &better,
        expect![[r#"
        {"completion":[{"content":"A","role":"assistant"}],"label":false,"prompt":[{"content":"Q","role":"user"}]}
        {"completion":[{"content":"B","role":"assistant"}],"label":true,"prompt":[{"content":"Q","role":"user"}]}
        {"completion":[{"content":"C","role":"assistant"}],"label":false,"prompt":[{"content":"Q","role":"user"}]}
        1 × the name of an item: the format has no place for it
        1 × the strength of a preference: an answer is good or not
        1 × who responded: the format has no place for it"#]],
    );
}

#[test]
fn a_tie_is_no_pair_and_no_verdict() {
    let tie = json!({ "better": { "choice": "tie" } });
    check(
        Format::TrlDpo,
        &tie,
        expect![[r#"
            1 × a tie: it prefers no answer
            1 × the name of an item: the format has no place for it
            1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::TrlReward,
        &tie,
        expect![[r#"
            1 × a tie: it prefers no answer
            1 × the name of an item: the format has no place for it
            1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::TrlKto,
        &tie,
        expect![[r#"
            1 × a tie: it calls no answer good or bad
            1 × the name of an item: the format has no place for it
            1 × who responded: the format has no place for it"#]],
    );
}

#[test]
fn both_bad_is_no_pair_but_a_negative_each() {
    let bad = json!({ "better": { "choice": "both_bad" } });
    check(
        Format::TrlDpo,
        &bad,
        expect![[r#"
            1 × an answer "both bad": it prefers no answer
            1 × the name of an item: the format has no place for it
            1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::TrlKto,
        &bad,
        expect![[r#"
        {"completion":[{"content":"A","role":"assistant"}],"label":false,"prompt":[{"content":"Q","role":"user"}]}
        {"completion":[{"content":"B","role":"assistant"}],"label":false,"prompt":[{"content":"Q","role":"user"}]}
        {"completion":[{"content":"C","role":"assistant"}],"label":false,"prompt":[{"content":"Q","role":"user"}]}
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
}

#[test]
fn a_ranking_is_all_its_strict_pairs() {
    let order = |ranks: [u32; 3]| {
        json!({ "order": [
            { "value": "a", "rank": ranks[0] }, { "value": "b", "rank": ranks[1] }, { "value": "c", "rank": ranks[2] },
        ]})
    };
    check(
        Format::TrlDpo,
        &order([2, 1, 3]),
        expect![[r#"
        {"chosen":[{"content":"B","role":"assistant"}],"margin":0.0,"prompt":[{"content":"Q","role":"user"}],"rejected":[{"content":"A","role":"assistant"}]}
        {"chosen":[{"content":"B","role":"assistant"}],"margin":0.0,"prompt":[{"content":"Q","role":"user"}],"rejected":[{"content":"C","role":"assistant"}]}
        {"chosen":[{"content":"A","role":"assistant"}],"margin":0.0,"prompt":[{"content":"Q","role":"user"}],"rejected":[{"content":"C","role":"assistant"}]}
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::TrlDpo,
        &order([1, 1, 2]),
        expect![[r#"
        {"chosen":[{"content":"A","role":"assistant"}],"margin":0.0,"prompt":[{"content":"Q","role":"user"}],"rejected":[{"content":"C","role":"assistant"}]}
        {"chosen":[{"content":"B","role":"assistant"}],"margin":0.0,"prompt":[{"content":"Q","role":"user"}],"rejected":[{"content":"C","role":"assistant"}]}
        1 × a tie: it prefers no answer
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::TrlKto,
        &order([2, 1, 3]),
        expect![[r#"
        {"completion":[{"content":"B","role":"assistant"}],"label":true,"prompt":[{"content":"Q","role":"user"}]}
        {"completion":[{"content":"C","role":"assistant"}],"label":false,"prompt":[{"content":"Q","role":"user"}]}
        1 × an answer in the middle of a ranking: it is neither good nor bad
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
}

#[test]
fn a_correction_beats_what_it_corrects_and_is_a_chat_to_imitate() {
    let fix = json!({ "fix": "A, better" });
    check(
        Format::TrlDpo,
        &fix,
        expect![[r#"
        {"chosen":[{"content":"A, better","role":"assistant"}],"margin":0.0,"prompt":[{"content":"Q","role":"user"}],"rejected":[{"content":"A","role":"assistant"}]}
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::TrlKto,
        &fix,
        expect![[r#"
        {"completion":[{"content":"A, better","role":"assistant"}],"label":true,"prompt":[{"content":"Q","role":"user"}]}
        {"completion":[{"content":"A","role":"assistant"}],"label":false,"prompt":[{"content":"Q","role":"user"}]}
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::SftMessages,
        &fix,
        expect![[r#"
        {"messages":[{"content":"Q","role":"user"},{"content":"A, better","role":"assistant"}]}
        1 × the field `replies`: a row is a prompt and the answer to imitate
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::Sharegpt,
        &fix,
        expect![[r#"
        {"conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A, better"}]}
        1 × the field `replies`: a row is a prompt and the answer to imitate
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
    check(
        Format::Alpaca,
        &fix,
        expect![[r#"
        {"input":"","instruction":"Q","output":"A, better"}
        1 × the field `replies`: a row is a prompt and the answer to imitate
        1 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]],
    );
}

#[test]
fn one_set_of_answers_is_written_unless_every_one_is_asked_for() {
    let said = |id: &str| json!({ "better": { "choice": { "id": id }, "strength": 1 } });
    let mut item = several(&compared(), &[said("a"), said("b"), said("b")]);
    let kto = |record: &Record, voices| {
        let options = ExportOptions { voices, ..ExportOptions::default() };
        let exported = export_with(Format::TrlKto, &compared(), std::slice::from_ref(record), &options);
        let good: Vec<String> = exported
            .text()
            .lines()
            .filter(|line| line.contains("true"))
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["completion"][0]["content"].to_string())
            .collect();
        good.join(" ")
    };
    assert_eq!(kto(&item, Voices::Settled), "", "they do not agree");
    assert_eq!(kto(&item, Voices::Aggregated), r#""B""#, "most say b");
    assert_eq!(kto(&item, Voices::Every), r#""A" "B" "B""#);
    let answers = item.responses[0].answers.clone();
    let source = engraft_annotate::ResolutionSource::Adjudicated;
    item.resolution = Some(engraft_annotate::Resolution { answers, source, by: None, posterior: None });
    assert_eq!(kto(&item, Voices::Settled), r#""A""#, "somebody decided");
    assert_eq!(kto(&item, Voices::Aggregated), r#""A""#, "the resolution goes before the majority");
    let drafts = several(&compared(), &[said("c")]);
    let mut drafts = drafts;
    drafts.responses[0].status = engraft_annotate::ResponseStatus::Draft;
    assert_eq!(kto(&drafts, Voices::Aggregated), "", "a draft counts for nothing");
}

#[test]
fn chats_keep_their_turns_in_each_shape() {
    let schema = schema(&json!({
        "fields": [{ "name": "system", "type": "text" }, { "name": "chat", "type": "chat" }, { "name": "draft", "type": "text" }],
        "questions": [{ "name": "fix", "type": "correction", "field": "draft" }],
    }));
    let chat = json!([
        { "role": "user", "content": "u1" }, { "role": "assistant", "content": "a1" }, { "role": "user", "content": "u2" },
    ]);
    let record = record(
        &schema,
        &json!({
            "id": "i", "fields": { "system": "Be brief.", "chat": chat, "draft": "a2" },
            "responses": [{ "user": "u", "status": "submitted", "answers": { "fix": "a2!" } }],
        }),
    );
    let mut all = String::new();
    for format in [Format::SftMessages, Format::Sharegpt, Format::Alpaca, Format::TrlDpo] {
        let exported = export_with(format, &schema, std::slice::from_ref(&record), &ExportOptions::default());
        all += &exported.text();
        let losses: Vec<&str> = exported.report.losses.iter().map(|loss| loss.what.as_str()).collect();
        let always = ["the name of an item", "who responded"];
        let corrected = (format != Format::TrlDpo).then_some("the field `draft`");
        assert_eq!(losses, corrected.into_iter().chain(always).collect::<Vec<_>>(), "{format}");
    }
    expect![[r#"
        {"messages":[{"content":"Be brief.","role":"system"},{"content":"u1","role":"user"},{"content":"a1","role":"assistant"},{"content":"u2","role":"user"},{"content":"a2!","role":"assistant"}]}
        {"conversations":[{"from":"human","value":"u1"},{"from":"gpt","value":"a1"},{"from":"human","value":"u2"},{"from":"gpt","value":"a2!"}],"system":"Be brief."}
        {"history":[["u1","a1"]],"input":"","instruction":"u2","output":"a2!","system":"Be brief."}
        {"chosen":[{"content":"a2!","role":"assistant"}],"prompt":[{"content":"Be brief.","role":"system"},{"content":"u1","role":"user"},{"content":"a1","role":"assistant"},{"content":"u2","role":"user"}],"rejected":[{"content":"a2","role":"assistant"}]}
    "#]].assert_eq(&all);
}

#[test]
fn llama_factory_is_told_of_the_files_and_nothing_it_knows_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dataset_info.json"), r#"{"other": {"file_name": "o.json"}}"#).unwrap();
    let only_better = schema(&json!({
        "fields": [{ "name": "question", "type": "text" }, { "name": "replies", "type": "answers" }],
        "questions": [{ "name": "better", "type": "preference", "field": "replies" }],
    }));
    let item = answered(&only_better, &json!({ "better": { "choice": { "id": "a" } } }));
    for (format, name) in [(Format::Alpaca, "pairs.jsonl"), (Format::Sharegpt, "chats.jsonl")] {
        let path = folder.path().join(name);
        let mut exporter = Exporter::create(format, &only_better, &path, &ExportOptions::default()).unwrap();
        exporter.write(&item).unwrap();
        exporter.finish().unwrap();
    }
    let info = std::fs::read_to_string(folder.path().join("dataset_info.json")).unwrap();
    let info: Value = serde_json::from_str(&info).unwrap();
    expect![[r#"{"chats":{"columns":{"chosen":"chosen","messages":"conversations","rejected":"rejected","system":"system"},"file_name":"chats.jsonl","formatting":"sharegpt","ranking":true,"tags":{"assistant_tag":"gpt","content_tag":"value","role_tag":"from","user_tag":"human"}},"other":{"file_name":"o.json"},"pairs":{"columns":{"chosen":"chosen","history":"history","prompt":"instruction","query":"input","rejected":"rejected","system":"system"},"file_name":"pairs.jsonl","formatting":"alpaca","ranking":true}}"#]].assert_eq(&format!("{info}"));
}

#[test]
fn judgements_are_written_for_what_was_judged_only() {
    let schema = schema(&json!({
        "fields": [{ "name": "query", "type": "text" }, { "name": "found", "type": "passages" }],
        "questions": [{ "name": "relevance", "type": "relevance", "field": "found", "query": "query" }],
    }));
    let passages: Vec<Value> =
        (0..5).map(|n| json!({ "id": format!("d{n}"), "text": format!("text {n}") })).collect();
    let given = |user: &str, grades: &[u8]| {
        let graded: Vec<Value> = grades
            .iter()
            .enumerate()
            .map(|(n, grade)| json!({ "id": format!("d{n}"), "grade": grade }))
            .collect();
        json!({ "user": user, "status": "submitted", "answers": { "relevance": graded } })
    };
    let fields = json!({ "query": "Q?", "found": passages });
    let responses =
        [given("a", &[3, 0, 1, 2, 0]), given("b", &[3, 0, 2, 2, 1]), given("c", &[1, 0, 1, 3, 2])];
    let whole = record(&schema, &json!({ "id": "q1", "fields": fields, "responses": responses }));
    // A resolution may know only some of them.
    let mut partial = whole.clone();
    partial.id = "q2".to_string();
    partial.responses.clear();
    let answers = serde_json::from_value::<Vec<Value>>(json!([{ "id": "d1", "grade": 2 }])).unwrap();
    let graded = answers.iter().map(|g| engraft_annotate::Graded {
        id: g["id"].as_str().unwrap().into(),
        grade: 2,
        evidence: vec![],
    });
    let answers = engraft_annotate::Answers::from([(
        "relevance".to_string(),
        engraft_annotate::Answer::Relevance(graded.collect()),
    )]);
    let source = engraft_annotate::ResolutionSource::Aggregated;
    partial.resolution = Some(engraft_annotate::Resolution { answers, source, by: None, posterior: None });
    let mut unjudged = whole.clone();
    (unjudged.id, unjudged.responses) = ("q3".to_string(), Vec::new());
    let records = [whole, partial, unjudged];
    let options = ExportOptions { voices: Voices::Aggregated, ..ExportOptions::default() };
    let qrels = export_with(Format::TrecQrels, &schema, &records, &options);
    expect![[r#"
        q1 0 d0 3
        q1 0 d1 0
        q1 0 d2 1
        q1 0 d3 2
        q1 0 d4 0
        q2 0 d1 2
        4 × a passage that nobody judged: not judged is not the same as not relevant
        2 × a response that says something else: one answer an item is written: the known one, else what was decided or agreed on
        1 × an item without an answer to write: rows are made of answers
        1 × how a resolution came about: the format has no place for it
        2 × the text of a query and its passages: qrels hold names, not texts
        1 × who responded: the format has no place for it"#]]
    .assert_eq(&format!("{}{}", qrels.text(), told(&qrels.report.losses)));
    let triplets = export_with(Format::RerankTriplets, &schema, &records, &options);
    expect![[r#"
        {"negatives":["text 1","text 4"],"positive":"text 0","query":"Q?"}
        {"negatives":["text 1","text 4"],"positive":"text 3","query":"Q?"}
        {"negatives":[],"positive":"text 1","query":"Q?"}
        1 × a passage of grade 1: it is neither relevant nor a negative
        4 × a passage that nobody judged: not judged is not the same as not relevant
        2 × a response that says something else: one answer an item is written: the known one, else what was decided or agreed on
        1 × an item without an answer to write: rows are made of answers
        1 × how a resolution came about: the format has no place for it
        6 × the `id` of a passage: the format has no place for it
        2 × the name of an item: the format has no place for it
        1 × who responded: the format has no place for it"#]]
    .assert_eq(&format!("{}{}", triplets.text(), told(&triplets.report.losses)));
    let beir = export_with(Format::Beir, &schema, &records, &options);
    let file = |name: &str| std::fs::read_to_string(beir.path.join(name)).unwrap();
    expect![[r#"
        {"_id":"d0","text":"text 0","title":""}
        {"_id":"d1","text":"text 1","title":""}
        {"_id":"d2","text":"text 2","title":""}
        {"_id":"d3","text":"text 3","title":""}
        {"_id":"d4","text":"text 4","title":""}
        {"_id":"q1","text":"Q?"}
        {"_id":"q2","text":"Q?"}
        query-id	corpus-id	score
        q1	d0	3
        q1	d1	0
        q1	d2	1
        q1	d3	2
        q1	d4	0
        q2	d1	2
    "#]]
    .assert_eq(&(file("corpus.jsonl") + &file("queries.jsonl") + &file("qrels/test.tsv")));
}

#[test]
fn a_schema_without_the_question_a_format_needs_is_refused() {
    let schema = schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "mood", "type": "label", "options": ["a", "b"] }],
    }));
    let folder = tempfile::tempdir().unwrap();
    let refused = |format: Format, question: Option<&str>| {
        let options = ExportOptions { question: question.map(str::to_string), ..ExportOptions::default() };
        let path = folder.path().join(format.name());
        Exporter::create(format, &schema, &path, &options)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let formats = Format::ALL.map(|format| format!("{format}: {}", refused(format, None)));
    expect![[r#"
        label-studio: 
        argilla: 
        doccano: 
        prodigy: 
        brat: brat needs a question that marks spans; this dataset has none
        conll: conll needs a question that marks spans; this dataset has none
        jsonl: 
        csv: 
        trl-dpo: trl-dpo needs a preference, ranking or correction question about answers; this dataset has none
        trl-kto: trl-kto needs a preference, ranking or correction question about answers; this dataset has none
        trl-reward: trl-reward needs a preference, ranking or correction question about answers; this dataset has none
        sft-messages: sft-messages needs a correction question, or a required text question; this dataset has none
        sharegpt: sharegpt needs a preference, ranking or correction question about answers; this dataset has none
        alpaca: alpaca needs a preference, ranking or correction question about answers; this dataset has none
        beir: beir needs a question for the relevance of passages; this dataset has none
        trec-qrels: trec-qrels needs a question for the relevance of passages; this dataset has none
        rerank-triplets: rerank-triplets needs a question for the relevance of passages; this dataset has none"#]].assert_eq(&formats.join("\n"));
    assert_eq!(refused(Format::Conll, Some("mood")), "conll cannot be made of a question `mood`");
    assert_eq!(refused(Format::Jsonl, Some("nought")), "jsonl cannot be made of a question `nought`");
    assert!(matches!("lable-studio".parse::<Format>(), Err(FormatError::Unknown { .. })));
}
