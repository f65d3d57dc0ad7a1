//! What people said of answers becomes judgements that search is tuned by, and every row is accounted for.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::ranking::{self, ROOMS, THINGS};

/// A house that answered a question about each thing, whatever its support; the answers.
fn asked() -> (Bench, Vec<Value>) {
    let bench = ranking::furnished(Bench::tiny());
    let toml = std::fs::read_to_string(bench.path("kb/engraft.toml")).unwrap();
    std::fs::write(bench.path("kb/engraft.toml"), toml.replace("min_support = 0.5", "min_support = 0.0"))
        .unwrap();
    let line = |(at, thing): (usize, &&str)| {
        json!({ "id": at.to_string(), "question": format!("Where is the {thing} kept?") }).to_string() + "\n"
    };
    let questions = bench.path("questions.jsonl");
    std::fs::write(&questions, THINGS.iter().enumerate().map(line).collect::<String>()).unwrap();
    let run = bench.run(&["--json", "ask", "--batch", questions.to_str().unwrap()]);
    let answers: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for answer in &answers {
        assert!(answer["answerable"] == true && answer["citations"][0]["n"] == 1, "{answer}");
    }
    (bench, answers)
}

/// The file of these rows.
fn feedback(bench: &Bench, rows: &[Value]) -> String {
    let path = bench.path("feedback.jsonl");
    std::fs::write(&path, rows.iter().map(|row| format!("{row}\n")).collect::<String>()).unwrap();
    path.to_str().unwrap().to_string()
}

fn thumb(answer: &Value, person: &str, value: bool) -> Value {
    json!({ "inference_id": answer["trace_id"], "metric_name": "thumb", "value": value, "tags": { "user": person } })
}

/// That a document does not answer the question, one that the answer did not cite: this encoder tells nothing apart by itself.
fn away(answer: &Value) -> Value {
    let cited =
        |uri: &String| answer["citations"].as_array().unwrap().iter().any(|one| one["uri"] == uri.as_str());
    let uri = ROOMS.iter().map(|room| format!("{room}.md")).find(|uri| !cited(uri)).unwrap();
    json!({ "inference_id": answer["trace_id"], "metric_name": "opened", "value": false, "tags": { "user": "ana", "uri": uri } })
}

/// All answers are good, and something else is not.
fn good(answers: &[Value]) -> Vec<Value> {
    answers.iter().flat_map(|answer| [thumb(answer, "ana", true), away(answer)]).collect()
}

fn reranker<'a>(data: &'a str, name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let words = ["tune", "reranker", "--data", data, "--name", name, "--seeds", "1", "--epochs", "1"];
    [&words[..], &["--window", "64"], more].concat()
}

#[test]
fn what_people_said_of_answers_tunes_search_and_every_row_is_accounted_for() {
    let (bench, answers) = asked();
    let trace = |at: usize| &answers[at]["trace_id"];
    let mut rows = good(&answers[..10]);
    rows.extend([
        json!({ "inference_id": trace(10), "metric_name": "cites", "value": true, "tags": { "user": "ana", "citation": 1 } }),
        json!({ "inference_id": trace(10), "metric_name": "cites", "value": false, "tags": { "user": "bo", "citation": 1 } }),
        json!({ "inference_id": trace(11), "metric_name": "opened", "value": true, "tags": { "user": "bo", "uri": "cellar.md" } }),
        thumb(&answers[0], "bo", false),
        json!({ "inference_id": trace(0), "metric_name": "comment", "value": "well done" }),
        json!({ "inference_id": trace(0), "metric_name": "rating", "value": 0.7 }),
        json!({ "inference_id": "0", "metric_name": "thumb", "value": true }),
        json!({ "inference_id": trace(0), "metric_name": "cites", "value": true, "tags": { "citation": 99 } }),
    ]);
    let data = feedback(&bench, &rows);
    let report = bench.json(&reranker(&data, "again", &[]));
    let told = &report["data"]["feedback"];
    assert_eq!((&told["rows"], &told["used"]), (&28.into(), &23.into()), "{told}");
    assert_eq!(told["by"], json!({ "ana": 21, "bo": 3, "unnamed": 4 }));
    let unused = json!({ "answer_down": 1, "comment": 1, "no_citation": 1, "scale": 1, "unknown_answer": 1 });
    assert_eq!(told["unused"], unused);
    assert_eq!(told["contradicted"], 1, "{told}");
    // The five rows, and the question whose only judgement is contradicted.
    assert_eq!(report["data"]["rejected_total"], 6, "{report}");
    let data_of = |name: &str| report["data"][name].as_u64().unwrap();
    assert!(data_of("eval_rows") > 0 && data_of("leaked") == 0, "{report}");
    assert!(report["lineage"][0].as_str().unwrap().starts_with("file:feedback.jsonl@"), "{report}");
    // The other two tuners of search read it as well.
    let report = bench.json(&["tune", "retriever", "--data", &data, "--seeds", "1", "--name", "moved"]);
    assert_eq!(report["data"]["feedback"]["used"], 23);
    let (status, error) = bench.json_status(&["tune", "fusion", "--data", &data]);
    assert!(status == 2 && error.to_string().contains("there are 11: 39 more"), "{error}");
}

#[test]
fn a_question_that_is_evaluated_on_is_not_learned_from_however_it_is_written() {
    let (bench, answers) = asked();
    let data = feedback(&bench, &good(&answers));
    let eval = bench.path("eval.jsonl");
    let line = |at: usize| {
        let question = format!("where is the {} KEPT", THINGS[at]);
        json!({ "query": question, "uri": answers[at]["citations"][0]["uri"] }).to_string() + "\n"
    };
    std::fs::write(&eval, (0..3).map(line).collect::<String>()).unwrap();
    // Feedback names documents by their ids, and a file by their uris: both are known here.
    let report = bench.json(&reranker(&data, "again", &["--eval", eval.to_str().unwrap()]));
    assert_eq!(report["data"]["feedback"]["left_out"], 3, "{report}");
    assert_eq!((&report["data"]["eval_rows"], &report["data"]["leaked"]), (&3.into(), &0.into()));
}

#[test]
fn what_was_changed_since_it_was_judged_is_not_learned_from() {
    let (bench, answers) = asked();
    let cited = answers[0]["citations"][0]["uri"].as_str().unwrap();
    let row = json!({ "trace_id": answers[0]["trace_id"], "value": true, "tags": { "citation": 1 } });
    bench.write(cited, "# Moved\n\nNothing is kept here any more.\n");
    bench.json(&["sync"]);
    let data = feedback(&bench, std::slice::from_ref(&row));
    let (status, error) = bench.json_status(&reranker(&data, "again", &[]));
    let message = error["error"]["message"].as_str().unwrap();
    assert!(status == 2 && message.contains("changed or removed since"), "{error}");
    let data = feedback(&bench, &[&[row], &good(&answers[1..])[..]].concat());
    let report = bench.json(&reranker(&data, "again", &[]));
    assert!(report["data"]["feedback"]["unused"]["changed"].as_u64() >= Some(1), "{report}");
}

#[test]
fn what_people_wrote_in_the_place_of_answers_becomes_a_reward() {
    let (bench, answers) = asked();
    let corrected = |(at, answer): (usize, &Value)| {
        ["ana", "bo"].map(|person| {
            let said = format!("Ask {person}: the {} was lent to room {at}.", THINGS[at]);
            json!({ "inference_id": answer["trace_id"], "metric_name": "demonstration", "value": said, "tags": { "user": person } })
        })
    };
    let mut rows: Vec<Value> = answers.iter().enumerate().flat_map(corrected).collect();
    let same = answers[0]["answer"].clone();
    rows.push(
        json!({ "inference_id": answers[0]["trace_id"], "metric_name": "demonstration", "value": same }),
    );
    rows.push(thumb(&answers[0], "ana", true));
    let data = feedback(&bench, &rows);
    let words = ["tune", "reward", "--data", &data, "--method", "style", "--seeds", "1"];
    let report = bench.json(&words);
    let told = &report["data"]["feedback"];
    assert_eq!(
        (&told["rows"], &told["used"], &told["left_out"]),
        (&26.into(), &24.into(), &0.into()),
        "{told}"
    );
    assert_eq!(told["unused"], json!({ "no_correction": 1, "same": 1 }));
    assert_eq!(told["by"], json!({ "ana": 13, "bo": 12, "unnamed": 1 }));
    // Two people's corrections of one answer are of one question, however an evaluation writes it.
    let question = format!("where is the {} KEPT", THINGS[0]);
    let eval = bench.path("eval.jsonl");
    let pair = json!({ "prompt": question, "chosen": "In the kitchen.", "rejected": "Who knows?" });
    std::fs::write(&eval, pair.to_string()).unwrap();
    let report = bench.json(&[&words[..], &["--eval", eval.to_str().unwrap()]].concat());
    assert_eq!(report["data"]["feedback"]["left_out"], 2, "{report}");
}
