//! `decide` on answers: a search that is tuned on questions in words that the documents do not use.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::bench::Bench;

/// What the team says, what the pages say, and where it is.
const THINGS: [(&str, &str, &str); 12] = [
    ("zorble", "meeting rooms", "at the front desk"),
    ("quimp", "travel expenses", "in the finance portal"),
    ("fandle", "parental leave", "with the people team"),
    ("glorp", "laptop repairs", "in the workshop"),
    ("snarfit", "visitor badges", "at the gate"),
    ("wumple", "parking permits", "in the garage office"),
    ("drizzen", "language courses", "with the training team"),
    ("blonk", "broken windows", "with the janitor"),
    ("trovik", "legal contracts", "in the law office"),
    ("yapsel", "press inquiries", "in the news room"),
    ("kremble", "medical check-ups", "at the clinic"),
    ("ostrel", "catering orders", "in the kitchen"),
];
const WAYS: [&str; 10] = [
    "Where do I go about a {}?",
    "Who looks after the {}?",
    "I need a {} by tomorrow, whom do I ask?",
    "What is the right place for a {}?",
    "My {} is late, who can tell me more?",
    "Is there somebody responsible for {} matters?",
    "How does one get a new {}?",
    "The {} does not work, what now?",
    "Can you point me to the {} people?",
    "Which office deals with any {}?",
];

/// A page about each, and a task that asks in the team's words, in so many ways.
fn task(bench: &Bench, encoder: &str, ways: usize, more: &str) -> PathBuf {
    let mut rows = String::new();
    for (at, (word, page, place)) in THINGS.into_iter().enumerate() {
        let says = format!("Anything about {page} is settled {place}.");
        bench.write(&format!("{at}.md"), &format!("# About {page}\n\n{says}\n"));
        for (way, asked) in WAYS.iter().enumerate().take(ways) {
            rows.push_str(&format!(
                "{}\n",
                json!({ "id": format!("{word}{way}"), "question": asked.replace("{}", word),
                    "gold": [{ "quote": says, "uri": format!("{at}.md") }], "group": format!("{word}{way}") })
            ));
        }
    }
    std::fs::write(bench.path("questions.jsonl"), rows).unwrap();
    let text = format!(
        "kind = 'answer'\nlabelled = 'questions.jsonl'\ndocuments = 'docs'\nencoder = '{encoder}'\nresamples = 300\n{more}\n\
         [updates]\ntrials = 4\n[scale]\nquestions = 12\nmade_up = 0\nload_s = 0\n"
    );
    let path = bench.path("words.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn arm<'d>(decision: &'d Value, name: &str) -> &'d Value {
    decision["arms"].as_array().unwrap().iter().find(|arm| arm["name"] == name).unwrap()
}

#[test]
fn a_retriever_tuned_on_the_teams_words_takes_part_and_is_not_tuned_again() {
    let Some(bench) = Bench::full() else { return };
    let encoder = engraft_testkit::model().unwrap();
    let task = task(&bench, encoder.to_str().unwrap(), 10, "tuned = ['fusion', 'retriever']");
    let out = bench.path("out");
    let words = ["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let plan = bench.json(&[&words[..], &["--dry-run"]].concat());
    assert_eq!(plan["tuned"], json!(["retriever", "fusion"]));

    let (_, decision) = bench.json_status(&words);
    let quality = |name: &str| arm(&decision, name)["quality"]["value"].as_f64().unwrap();
    assert!(quality("both") > quality("retrieval") + 0.2, "{} {}", quality("both"), quality("retrieval"));
    assert_eq!(arm(&decision, "both")["tuned"], true);
    // What the tuned parts find is held against what they should find.
    assert!(quality("perfect-retrieval-both") >= quality("both"), "{decision}");
    let growing: Vec<&Value> =
        decision["growth"].as_array().unwrap().iter().map(|growth| &growth["arm"]).collect();
    assert_eq!((growing, &decision["loads"]), (vec![&json!("retrieval"), &json!("both")], &Value::Null));
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("Tuned part retriever: takes part; nDCG@10 is better"), "{report}");
    assert!(report.contains("Tuned part fusion:") && !report.contains("Tuned part reader"), "{report}");

    let record = out.join("record.json");
    assert_eq!(bench.json(&["decide", "--replay", record.to_str().unwrap()])["identical"], true);
    // Neither questions nor parts are done again.
    let models = || std::fs::read_dir(out.join("work/library/.engraft/models")).unwrap().count();
    let before = models();
    let (_, again) = bench.json_status(&words);
    assert_eq!((&again["asked"], models()), (&json!(0), before));
    assert_eq!(arm(&again, "both")["quality"], arm(&decision, "both")["quality"]);
}

#[test]
fn a_reader_learns_from_short_answers_and_takes_part_only_where_proven() {
    let Some(bench) = Bench::full() else { return };
    let encoder = engraft_testkit::model().unwrap();
    let task = task(&bench, encoder.to_str().unwrap(), 7, "tuned = ['reader']");
    let out = bench.path("out");
    let (_, decision) =
        bench.json_status(&["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    let told = report.lines().find(|line| line.contains("Tuned part reader:")).unwrap();
    assert!(told.contains("the share that is right"), "{told}");
    // Without a part that was proven there is no such arm.
    let both = arm(&decision, "both");
    assert_eq!(told.contains("takes part;"), both["absent"].is_null(), "{told} {both}");
}

#[test]
fn parts_that_need_an_encoder_say_so_where_there_is_none() {
    let bench = Bench::lexical();
    let task = task(&bench, "none", 10, "tuned = ['retriever', 'reranker', 'reader']");
    let out = bench.path("out");
    let (_, decision) =
        bench.json_status(&["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    for part in ["retriever", "reranker", "reader"] {
        let note = format!("Tuned part {part}: takes no part; it needs an encoder");
        assert!(report.contains(&note), "{report}");
    }
    let absent = arm(&decision, "both")["absent"].as_str().unwrap();
    assert!(absent.contains("no part of it was proven to help"), "{absent}");
}
