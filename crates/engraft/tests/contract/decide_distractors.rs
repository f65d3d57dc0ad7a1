//! `decide` on answers where hearsay stands beside every notice: a reader is proven to help, and what having learned that hearsay answers
//! nothing brought it is told, whichever way that went.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::bench::Bench;

const THINGS: [&str; 11] = [
    "meeting rooms",
    "travel expenses",
    "parental leave",
    "laptop repairs",
    "visitor badges",
    "parking permits",
    "language courses",
    "broken windows",
    "legal contracts",
    "press inquiries",
    "catering orders",
];
const WINGS: [&str; 6] = ["east wing", "west wing", "annex", "tower", "depot", "pavilion"];
const WAYS: [&str; 5] = [
    "Where do I go about {}?",
    "Who looks after {}?",
    "Which desk is right for {}?",
    "I need help with {}, where do I ask?",
    "What is the place for {}?",
];
/// Questions to learn from; the other thirty are asked.
const LEARNED: usize = 36;

/// 66 notices that say at which desk a thing is settled, as many pages of hearsay that name another, and a task.
fn task(bench: &Bench, more: &str) -> PathBuf {
    let encoder = engraft_testkit::model().unwrap();
    let (mut training, mut evaluation) = (String::new(), String::new());
    let topics = WINGS.iter().flat_map(|wing| THINGS.map(|thing| format!("{thing} in the {wing}")));
    for (number, topic) in topics.enumerate() {
        let (desk, other) = (format!("desk {}", 10 + number), format!("desk {}", 10 + (7 * number + 3) % 90));
        let says = format!("Notice on {topic}: it is settled at {desk}.");
        bench.write(&format!("n{number}.md"), &format!("# Notice\n\n{says}\n"));
        bench.write(
            &format!("h{number}.md"),
            &format!("# Hearsay\n\nSomebody said about {topic}: it is settled at {other}.\n"),
        );
        let row = json!({ "id": format!("q{number}"), "question": WAYS[number % 5].replace("{}", &topic), "answer": desk,
            "gold": [{ "quote": says, "uri": format!("n{number}.md") }] });
        let side = if number < LEARNED { &mut training } else { &mut evaluation };
        *side += &format!("{row}\n");
    }
    std::fs::write(bench.path("training.jsonl"), training).unwrap();
    std::fs::write(bench.path("evaluation.jsonl"), evaluation).unwrap();
    let text = format!(
        "kind = 'answer'\ntraining = 'training.jsonl'\nevaluation = 'evaluation.jsonl'\ndocuments = 'docs'\nencoder = '{}'\n\
         tuned = ['reader']\nresamples = 300\nlearning_curve = false\nleakage = 'drop'\n{more}\n[updates]\ntrials = 0\n\
         [scale]\nquestions = 0\nload_s = 0\n",
        encoder.display()
    );
    let path = bench.path("hearsay.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_reader_takes_part_where_it_is_proven_and_what_distractors_brought_it_is_told() {
    let Some(bench) = Bench::full() else { return };
    let out = bench.path("out");
    let decide = |more: &str| -> (Value, String) {
        let task = task(&bench, more);
        let words = ["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let (_, decision) = bench.json_status(&words);
        (decision, std::fs::read_to_string(out.join("report.md")).unwrap())
    };
    let (decision, report) = decide("");
    assert!(report.contains("Tuned part reader: takes part; the share that is right is better"), "{report}");
    assert!(report.contains("Reader without distractors: trained in"), "{report}");
    let arms = decision["arms"].as_array().unwrap();
    let arm = |name: &str| arms.iter().find(|arm| arm["name"] == name).unwrap();
    let quality = |name: &str| arm(name)["quality"]["value"].as_f64().unwrap();
    let plain = "both-without-distractors";
    assert_eq!((&arm(plain)["candidate"], &arm(plain)["tuned"]), (&json!(false), &json!(true)));

    let contrasts = decision["diagnostics"].as_array().unwrap();
    let contrast = contrasts.iter().find(|one| one["diagnostic"] == plain).unwrap();
    let difference = &contrast["difference"];
    assert_eq!((&contrast["beside"], &difference["n"]), (&json!("both"), &json!(30)));
    let value = difference["value"].as_f64().unwrap();
    assert!((value - (quality(plain) - quality("both"))).abs() < 1e-9, "{contrast}");
    // Another reader: it answers otherwise, and how surely so is told.
    let [low, high] = ["low", "high"].map(|end| difference[end].as_f64().unwrap());
    assert!(low < value && value < high && quality(plain) != quality("both"), "{contrast}");
    let told = report.split_once("## Diagnostics").unwrap().1;
    assert!(told.contains("`both-without-distractors`"), "{report}");
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("against <code>both</code>"));

    // Nothing is trained or asked again; a budget that the reader went beyond leaves the diagnostic out.
    let (again, _) = decide("");
    assert_eq!((&again["asked"], &again["diagnostics"]), (&json!(0), &decision["diagnostics"]));
    let (without, report) = decide("curve_budget_s = 0");
    assert!(
        report.contains("Reader without distractors: not trained, because the reader of `both` took"),
        "{report}"
    );
    let names: Vec<&str> =
        without["arms"].as_array().unwrap().iter().map(|arm| arm["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"both") && !names.contains(&plain), "{names:?}");
}
