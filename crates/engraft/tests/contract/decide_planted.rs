//! `decide` on planted truths, with models trained in the test: facts that follow no rule make the decision retrieval, a form that
//! new values share makes it tuning, and both together make it a router.

use serde_json::{Value, json};

use crate::bench::Bench;

const PLACES: [&str; 8] = [
    "north gate",
    "old mill",
    "east dock",
    "tool store",
    "glass house",
    "boat shed",
    "clock tower",
    "seed vault",
];
const ABOUT_SEALS: [&str; 8] = [
    "Check seal [value] at the [place].",
    "The [place] has seal [value] on its door.",
    "[value] was seen near the [place].",
    "Who put [value] on the [place]?",
    "We found [value] in the [place] today.",
    "Is [value] still at the [place]?",
    "Bring [value] from the [place].",
    "Tell the [place] about [value].",
];
const ABOUT_DAYS: [&str; 6] = [
    "Nothing goes out before [value].",
    "The fair opens on [value], they say.",
    "Paint dries until [value].",
    "By [value] all lamps are off.",
    "Since [value] the lift is slow.",
    "Lunch was cold on [value].",
];
const MONTHS: [&str; 4] = ["May", "June", "March", "April"];

fn row(id: String, slice: &str, sentence: &str, value: &str, label: Option<&str>) -> String {
    let (before, after) = sentence.split_once("[value]").unwrap();
    let (start, length) = (before.chars().count(), value.chars().count());
    let marked =
        label.map(|label| json!({ "char_start": start, "char_end": start + length, "label": label }));
    let spans: Vec<Value> = marked.into_iter().collect();
    json!({ "id": id, "text": format!("{before}{value}{after}"), "spans": spans, "slice": slice }).to_string()
}

/// Sixteen seals, each in eight sentences. A seal with an odd number of `zulu` is recalled: no three of its four words, let alone the
/// sentence, tell which are, so that a linear chain can only learn how many. Who looks a seal up knows.
fn facts() -> Vec<String> {
    let fact = |number: usize| {
        let (seal, way) = (number / 8, number % 8);
        let words = [0, 1, 2, 3].map(|bit| if seal >> bit & 1 == 1 { "zulu" } else { "kilo" });
        let sentence = ABOUT_SEALS[way].replace("[place]", PLACES[(3 * way + seal) % 8]);
        let recalled = (seal.count_ones() % 2 == 1).then_some("recalled");
        row(format!("seal {number}"), "volatile fact", &sentence, &words.join("-"), recalled)
    };
    (0..128).map(fact).collect()
}

/// Ninety dates of one form, no two alike: nothing is found in examples, and everything is learned from them.
fn forms() -> Vec<String> {
    let form = |number: usize| {
        let date = format!("{} {} 20{}", 1 + number * 5 % 28, MONTHS[number % 4], 10 + number * 7 % 30);
        row(format!("day {number}"), "format", ABOUT_DAYS[number % 6], &date, Some("due"))
    };
    (0..90).map(form).collect()
}

/// Decides on these rows; `more` is said in the task, too.
fn decide(rows: &[String], more: &str) -> (i32, Value) {
    let bench = Bench::tiny();
    std::fs::write(bench.path("rows.jsonl"), rows.join("\n")).unwrap();
    let text = format!(
        "kind = 'extract'\nlabelled = 'rows.jsonl'\nencoder = '{}'\nroute_by = 'slice'\nresamples = 400\nlearning_curve = false\n{more}\n\
         updates = {{ trials = 9 }}\nscale = {{ questions = 0, load_s = 0 }}\n",
        bench.path("tiny").display()
    );
    std::fs::write(bench.path("planted.toml"), text).unwrap();
    bench.json_status(&["decide", bench.path("planted.toml").to_str().unwrap()])
}

#[track_caller]
fn check(rows: Vec<String>, expected: &str) -> Value {
    let (status, decision) = decide(&rows, "");
    assert_eq!((status, &decision["recommendation"]), (0, &expected.into()), "{}", decision["verdict"]);
    decision
}

fn arm<'d>(decision: &'d Value, name: &str) -> &'d Value {
    decision["arms"].as_array().unwrap().iter().find(|arm| arm["name"] == name).unwrap()
}

fn quality(decision: &Value, name: &str) -> f64 {
    arm(decision, name)["quality"]["value"].as_f64().unwrap()
}

#[test]
fn facts_that_follow_no_rule_make_the_decision_retrieval() {
    let decision = check(facts(), "retrieval");
    let [retrieval, tuned] = ["retrieval", "tuned"].map(|name| quality(&decision, name));
    assert!(retrieval > 0.8 && tuned < 0.7, "{retrieval} {tuned}");
    // A changed fact shows wherever it is looked up; learning it anew does not bring it in.
    let never = |name: &str| arm(&decision, name)["lag"]["never"].as_u64().unwrap();
    assert_eq!(never("retrieval"), 0);
    assert!(never("tuned") >= 3, "{}", arm(&decision, "tuned")["lag"]);
}

#[test]
fn an_extractor_that_reads_the_encoder_is_deployed_without_it_and_opened_on_it_at_every_change() {
    let (_, decision) = decide(&facts(), "extractor = 'frozen'");
    for (name, learns) in [("base", false), ("retrieval", false), ("tuned", true), ("both", true)] {
        let lag = &arm(&decision, name)["lag"];
        assert_eq!(
            ["retrain_s", "deploy_s"].map(|part| lag[part]["n"].is_u64()),
            [learns; 2],
            "{name}: {lag}"
        );
    }
}

#[test]
fn a_form_that_new_values_share_makes_the_decision_tuned() {
    let decision = check(forms(), "tuned");
    let [retrieval, tuned] = ["retrieval", "tuned"].map(|name| quality(&decision, name));
    assert!(retrieval < 0.1 && tuned > 0.9, "{retrieval} {tuned}");
}

#[test]
fn facts_and_forms_together_make_the_decision_a_router() {
    let decision = check([facts(), forms()].concat(), "router");
    let slices = decision["slices"].as_array().unwrap();
    let best = |name: &str| -> [f64; 2] {
        let slice = slices.iter().find(|slice| slice["slice"] == name).unwrap();
        ["retrieval", "tuned"].map(|arm| slice["quality"][arm]["value"].as_f64().unwrap())
    };
    let ([fact, unlearned], [unseen, form]) = (best("volatile fact"), best("format"));
    assert!(fact > unlearned + 0.2 && form > unseen + 0.8, "{slices:?}");
    let described = arm(&decision, "router")["description"].as_str().unwrap();
    assert!(described.contains("format → tuned; volatile fact → retrieval"), "{described}");
}
