//! `decide` with `kind = "extract"`: the four cells on texts with planted truth, replay, resume, and what is refused.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::bench::Bench;

const SENTENCES: [&str; 6] = [
    "Please send the [part] to [customer] before [due_date], the old one is broken.",
    "On the phone [customer] asked for a [part] and nothing else.",
    "We promised [customer] a [part] by [due_date] at the latest.",
    "The [part] that came back from [customer] goes to the workshop.",
    "Bill the [part] to [customer], who paid for the last one in cash.",
    "Nobody at [customer] has seen the [part] since [due_date], says the driver.",
];
const SILENT: [&str; 5] = [
    "Thank you for your patience this week, said the",
    "The shop stays closed on holidays, wrote the",
    "Coffee is in the kitchen downstairs, shouted the",
    "Nothing came in and nothing went out, noted the",
    "Please keep the gate shut at night, asked the",
];
const PEOPLE: [&str; 8] =
    ["clerk", "driver", "nurse", "guard", "cook", "smith", "teacher with the hat", "man from the yard"];
const SORTS: [&str; 12] = [
    "hinge", "valve", "gasket", "bracket", "spindle", "pulley", "bearing", "flange", "nozzle", "rotor",
    "clamp", "washer",
];
const BUYERS: [&str; 16] = [
    "Ångström",
    "brightwater",
    "Corvell",
    "dunmore",
    "Eastmark",
    "fenwick",
    "Galloway",
    "harrow",
    "Inverness",
    "jessop",
    "Kettler",
    "lomond",
    "Mayfair",
    "norwood",
    "Oxley",
    "pendle",
];

/// A sentence with its values filled in, as a row: offsets count code points.
fn row(id: usize, sentence: &str) -> Value {
    let (mut text, mut spans) = (String::new(), Vec::new());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('[') {
        let (label, after) = after.split_once(']').unwrap();
        let value = match label {
            "part" => format!("{} {}", SORTS[id * 7 % SORTS.len()], 100 + id * 13 % 37),
            "customer" => {
                format!("{} {}", BUYERS[id * 5 % BUYERS.len()], BUYERS[(id * 3 + 1) % BUYERS.len()])
            }
            _ => format!("{} May 20{}", 1 + id % 28, 10 + id % 20),
        };
        text.push_str(before);
        let start = text.chars().count();
        text.push_str(&value);
        spans.push(json!({ "char_start": start, "char_end": text.chars().count(), "label": label }));
        rest = after;
    }
    text.push_str(rest);
    json!({ "id": format!("t{id}"), "text": text, "spans": spans, "group": format!("letter {}", id / 2) })
}

/// 144 texts with spans and 40 without, and a task that halves them.
fn task(bench: &Bench, more: &str) -> PathBuf {
    let marked = (0..144).map(|id| row(id, SENTENCES[id % SENTENCES.len()]));
    let silent = (0..40)
        .map(|at| row(144 + at, &format!("{} {} of number {}.", SILENT[at % 5], PEOPLE[at / 5], 3 * at)));
    let rows: Vec<String> = marked.chain(silent).map(|row| row.to_string()).collect();
    std::fs::write(bench.path("letters.jsonl"), rows.join("\n")).unwrap();
    let encoder = engraft_testkit::model().unwrap();
    let text = format!(
        "kind = 'extract'\nlabelled = 'letters.jsonl'\nencoder = '{}'\nresamples = 400\n{more}\n[updates]\ntrials = 10\n\
         [scale]\nquestions = 20\nload_s = 0.5\n",
        encoder.display()
    );
    let path = bench.path("orders.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn spans_are_decided_on_with_all_four_cells_and_planted_truth_comes_out() {
    let Some(bench) = Bench::full() else { return };
    let task = task(&bench, "");
    let out = bench.path("out");
    let words = ["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let plan = bench.json(&[&words[..], &["--dry-run"]].concat());
    assert_eq!((&plan["kind"], &plan["labels"]), (&json!("extract"), &json!(3)), "{plan}");

    let (_, decision) = bench.json_status(&words);
    let arms = decision["arms"].as_array().unwrap();
    let quality = |name: &str| -> f64 {
        let arm = arms.iter().find(|arm| arm["name"] == name).unwrap();
        // All right on every question leaves no spread, and says so.
        let told = arm["quality"]["low"].is_number() || arm["quality"]["why"].is_string();
        assert!(told && arm["states"]["scored"].is_u64(), "{arm}");
        arm["quality"]["value"].as_f64().unwrap()
    };
    let [base, retrieval, tuned, both] = ["base", "retrieval", "tuned", "both"].map(quality);
    // Dates are told by form; some values are known from examples; the sentences give all of them away to who learns them.
    assert!(base < retrieval && retrieval < tuned, "{base} {retrieval} {tuned} {both}");
    assert!(base > 0.2 && tuned > 0.9 && both > 0.9, "{base} {retrieval} {tuned} {both}");
    assert!(retrieval <= quality("perfect-reader"), "{decision}");
    assert!(quality("random-examples") <= retrieval + 0.05);
    for effect in ["rag", "tuning", "interaction"] {
        assert!(decision["effects"][effect]["low"].is_number(), "{effect}: {}", decision["effects"]);
    }
    // Two texts a letter: letters are what is drawn anew, and what is exact as a whole.
    let (questions, clusters) =
        (decision["questions"].as_u64().unwrap(), decision["clusters"].as_u64().unwrap());
    assert!(questions >= 80 && clusters < questions, "{questions} {clusters}");
    let of = |name: &str, measure: &str| {
        arms.iter().find(|arm| arm["name"] == name).unwrap()["measures"][measure].clone()
    };
    let exact = of("tuned", "document_exact");
    assert_eq!(exact["n"].as_u64(), Some(clusters), "{exact}");
    assert!(exact["value"].as_f64().unwrap() <= tuned);
    assert!(of("base", "overlap_f1")["value"].as_f64().unwrap() >= base);
    assert!(of("tuned", "false_answer")["n"].as_u64().unwrap() < questions);
    // Examples that mark a value of the text are the ones to look up; where none does, or nothing is marked, there is none.
    assert!(
        of("retrieval", "nDCG@10")["n"].as_u64().unwrap() < questions && of("tuned", "nDCG@10").is_null()
    );
    assert_eq!(of("retrieval", "Judged@10")["value"], 1.0);
    assert!(
        of("random-examples", "nDCG@10")["value"].as_f64() < of("retrieval", "nDCG@10")["value"].as_f64()
    );
    // The texts of a letter stay on one side when one file is halved.
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    let shared = format!(
        "- Documents in common: 0 of {questions} questions come from a document that training names\n"
    );
    assert!(report.contains(&shared), "{report}");
    // Where nothing is marked, finding nothing is right.
    let slices = decision["slices"].as_array().unwrap();
    let silent = slices.iter().find(|slice| slice["slice"] == "nothing to mark").unwrap();
    assert_eq!(silent["quality"]["tuned"]["value"], 1.0, "{silent}");

    // What a change of the annotations takes, for an arm that looks up and for one that learns.
    for arm in &arms[1..3] {
        assert!(arm["update_lag_s"]["value"].as_f64() > Some(0.0), "{arm}");
        assert_eq!(arm["lag"]["trials"], 10, "{arm}");
    }
    let curves: Vec<&str> =
        decision["curves"].as_array().unwrap().iter().map(|curve| curve["arm"].as_str().unwrap()).collect();
    assert_eq!(curves, ["retrieval", "tuned"]);

    let growing: Vec<&str> =
        decision["growth"].as_array().unwrap().iter().map(|growth| growth["arm"].as_str().unwrap()).collect();
    assert_eq!(growing, ["retrieval", "both"]);
    assert_eq!(decision["loads"].as_array().unwrap().len(), 4);

    // The quotes are those of the texts, to the letter.
    let record: Value = serde_json::from_slice(&std::fs::read(out.join("record.json")).unwrap()).unwrap();
    let rows = record["arms"][1]["runs"][0]["rows"].as_array().unwrap();
    for (row, question) in rows.iter().zip(record["questions"].as_array().unwrap()) {
        let said = row["said"].as_str().unwrap();
        for one in said.split("; ").filter_map(|one| one.split_once(": ")) {
            assert!(question["text"].as_str().unwrap().contains(one.1), "{said} | {question}");
        }
    }
    let replay = ["decide", "--replay", out.join("record.json").to_str().unwrap()].map(str::to_string);
    let replay: Vec<&str> = replay.iter().map(String::as_str).collect();
    assert_eq!(bench.json(&replay)["identical"], true);
    let (_, again) = bench.json_status(&words);
    assert_eq!(again["asked"], 0);
}

#[test]
fn texts_without_any_span_teach_nothing() {
    let Some(bench) = Bench::full() else { return };
    let task = task(&bench, "");
    let rows = std::fs::read_to_string(bench.path("letters.jsonl")).unwrap();
    let silent: Vec<String> = rows
        .lines()
        .map(|line| {
            let mut row: Value = serde_json::from_str(line).unwrap();
            row["spans"] = json!([]);
            row.to_string()
        })
        .collect();
    std::fs::write(bench.path("letters.jsonl"), silent.join("\n")).unwrap();
    let (status, error) = bench.json_status(&["decide", task.to_str().unwrap()]);
    assert_eq!(status, 2);
    assert!(error["error"]["message"].as_str().unwrap().contains("0 of the examples used"), "{error}");
}

#[test]
fn an_extractor_that_moves_the_encoder_is_refused_by_name() {
    let Some(bench) = Bench::full() else { return };
    let task = task(&bench, "extractor = 'lora'");
    let (status, error) = bench.json_status(&["decide", task.to_str().unwrap()]);
    assert_eq!(status, 2);
    assert!(error["error"]["message"].as_str().unwrap().contains("extractor is lora"), "{error}");
}
