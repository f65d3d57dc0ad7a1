//! `decide` on planted truths of labels, with a head trained in the test: what follows from knowing alike messages makes the decision
//! retrieval, a form that alike messages do not share makes it tuning, and both together make it a router.

use serde_json::{Value, json};

use crate::bench::Bench;

/// Rows to learn from, and rows to ask.
#[derive(Default)]
struct Rows {
    training: Vec<String>,
    evaluation: Vec<String>,
}

/// So many made-up words of `syllables`, none of which means anything; others for another `seed`.
fn words(many: usize, syllables: usize, seed: usize) -> String {
    let (consonants, vowels) = (b"bcdfghjklmnprstvwz", b"aeiou");
    let mut state = seed.wrapping_mul(7_919).wrapping_add(104_729) as u32;
    let mut draw = |from: &[u8]| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        from[(state >> 16) as usize % from.len()] as char
    };
    let mut syllable = || [draw(consonants), draw(vowels)];
    let mut word = || (0..syllables).flat_map(|_| syllable()).collect::<String>();
    (0..many).map(|_| word()).collect::<Vec<_>>().join(" ")
}

fn row(id: String, text: String, label: &str, slice: &str) -> String {
    json!({ "id": id, "text": text, "label": label, "slice": slice, "group": id }).to_string()
}

/// Sixty names, each said in six ways and kept in the north or in the south for no reason: whoever saw a name knows where it is, and no
/// line through sixteen dimensions parts them.
fn facts() -> Rows {
    let mut rows = Rows::default();
    for number in 0..60 {
        let name = words(3, 4, number);
        let place = if words(1, 1, 1_000 + number).ends_with(['a', 'e']) { "north" } else { "south" };
        for (way, asked) in
            ["{} ?", "{} please", "open {}", "{} now", "{}: status", "ask {}"].iter().enumerate()
        {
            let side = if way < 4 { &mut rows.training } else { &mut rows.evaluation };
            side.push(row(format!("f{number}-{way}"), asked.replace("{}", &name), place, "stable fact"));
        }
    }
    rows
}

/// Sixty subjects, each always a question or always an order where there is something to learn from, and the other where it is asked:
/// the mark at the end tells, and messages of one subject mislead.
fn forms() -> Rows {
    let mut rows = Rows::default();
    for number in 0..60 {
        let subject = words(4, 3, 2_000 + number);
        for way in 0..5 {
            let learned = way < 4;
            let (label, mark) =
                if (number % 2 == 0) == learned { ("question", "??") } else { ("order", "!!") };
            let text = format!("{subject} {} {mark}", words(1, 2, 3_000 + 5 * number + way));
            let side = if learned { &mut rows.training } else { &mut rows.evaluation };
            side.push(row(format!("g{number}-{way}"), text, label, "format"));
        }
    }
    rows
}

/// The rows in files, and a task that decides on them.
fn decide(bench: &Bench, rows: &[Rows], changes: usize) -> (i32, Value) {
    let side = |of: fn(&Rows) -> &Vec<String>| -> Vec<&str> {
        rows.iter().flat_map(of).map(String::as_str).collect()
    };
    std::fs::write(bench.path("training.jsonl"), side(|rows| &rows.training).join("\n")).unwrap();
    std::fs::write(bench.path("evaluation.jsonl"), side(|rows| &rows.evaluation).join("\n")).unwrap();
    // The encoder is found beside the task, as its other files are.
    let text = format!(
        "kind = 'classify'\ntraining = 'training.jsonl'\nevaluation = 'evaluation.jsonl'\nencoder = 'tiny'\nneighbours = 4\n\
         route_by = 'slice'\nresamples = 400\nlearning_curve = false\nupdates = {{ trials = {changes} }}\nscale = {{ questions = 0, load_s = 0 }}\n"
    );
    std::fs::write(bench.path("planted.toml"), text).unwrap();
    bench.json_status(&["decide", bench.path("planted.toml").to_str().unwrap()])
}

#[track_caller]
fn check(rows: &[Rows], changes: usize, expected: &str) -> Value {
    let (status, decision) = decide(&Bench::tiny(), rows, changes);
    assert_eq!((status, &decision["recommendation"]), (0, &expected.into()), "{}", decision["verdict"]);
    decision
}

fn arm<'d>(decision: &'d Value, name: &str) -> &'d Value {
    decision["arms"].as_array().unwrap().iter().find(|arm| arm["name"] == name).unwrap()
}

/// The quality of `retrieval` and of `tuned`.
fn qualities(decision: &Value) -> [f64; 2] {
    ["retrieval", "tuned"].map(|name| arm(decision, name)["quality"]["value"].as_f64().unwrap())
}

#[test]
fn what_only_alike_messages_tell_makes_the_decision_retrieval() {
    let decision = check(&[facts()], 9, "retrieval");
    let [retrieval, tuned] = qualities(&decision);
    assert!(retrieval > 0.85 && tuned < retrieval - 0.15, "{retrieval} {tuned}");
    // What use of the examples gains is told against the arm beside it, question by question.
    let limits = decision["diagnostics"].as_array().unwrap();
    let against: Vec<(&str, &str)> = limits
        .iter()
        .map(|limit| (limit["diagnostic"].as_str().unwrap(), limit["beside"].as_str().unwrap()))
        .collect();
    assert_eq!(against, [("perfect-reader", "retrieval"), ("random-examples", "retrieval")]);
    assert!(limits[1]["difference"]["high"].as_f64() < Some(-0.15), "{limits:?}");
}

#[test]
fn a_form_that_alike_messages_do_not_share_makes_the_decision_tuned() {
    let [retrieval, tuned] = qualities(&check(&[forms()], 9, "tuned"));
    assert!(tuned > 0.75 && retrieval < tuned - 0.15, "{retrieval} {tuned}");
}

#[test]
fn what_is_looked_up_and_what_is_learned_together_make_the_decision_a_router() {
    // Without changes: how fast they show is another matter than who is right.
    let decision = check(&[facts(), forms()], 0, "router");
    let slices = decision["slices"].as_array().unwrap();
    let best = |name: &str| -> [f64; 2] {
        let slice = slices.iter().find(|slice| slice["slice"] == name).unwrap();
        ["retrieval", "tuned"].map(|arm| slice["quality"][arm]["value"].as_f64().unwrap())
    };
    let ([fact, unlearned], [misled, form]) = (best("stable fact"), best("format"));
    assert!(fact > unlearned + 0.15 && form > misled + 0.15, "{slices:?}");
    assert!(arm(&decision, "router")["description"].as_str().unwrap().contains("format → tuned"));
}

#[test]
fn documents_that_training_and_evaluation_have_in_common_are_counted_and_not_refused() {
    let bench = Bench::tiny();
    let mut rows = forms();
    // A subject is a document now, and ten of those asked about name none.
    let grouped = |line: &String, group: bool| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        let id = row["id"].as_str().unwrap().to_string();
        row["group"] = if group { id.split_once('-').unwrap().0.into() } else { Value::Null };
        row.to_string()
    };
    rows.training = rows.training.iter().map(|line| grouped(line, true)).collect();
    let asked = rows.evaluation.iter().enumerate();
    rows.evaluation = asked.map(|(at, line)| grouped(line, at >= 10)).collect();
    let (_, decision) = decide(&bench, &[rows], 0);
    let shared = "50 of 60 questions come from a document that training names";
    let told = |name: &str| std::fs::read_to_string(bench.path("planted.decision").join(name)).unwrap();
    let (report, page) = (told("report.md"), told("report.html"));
    assert!(
        report.contains(&format!("- Documents in common: {shared}; 10 without a document\n")),
        "{report}"
    );
    assert!(page.contains(&format!("<li>Documents in common: {shared}; 10 without a document</li>")));
    assert!(decision["assumptions"].to_string().contains(shared), "{}", decision["assumptions"]);
}

#[test]
fn missing_gold_is_told_by_id_leaves_the_comparison_and_stands_in_the_ledger() {
    let bench = Bench::tiny();
    let mut rows = forms();
    let asked = rows.evaluation.len();
    rows.evaluation.insert(7, json!({ "id": "nobody said", "text": "what is this ?" }).to_string());
    rows.evaluation.push(json!({ "text": "and this !", "label": "" }).to_string());
    let (_, decision) = decide(&bench, &[rows], 0);
    assert_eq!(decision["questions"].as_u64(), Some(asked as u64));
    let missing = decision["missing"].as_array().unwrap();
    let told: Vec<(&str, &str, &str)> = missing
        .iter()
        .map(|row| ["arm", "id", "state"].map(|field| row[field].as_str().unwrap()).into())
        .collect();
    let line = format!("evaluation.jsonl:{}", asked + 2);
    let expected = [
        ("every arm", "nobody said (evaluation.jsonl:8)", "undefined"),
        ("every arm", line.as_str(), "undefined"),
    ];
    assert_eq!(told, expected);
    assert!(missing.iter().all(|row| row["why"].as_str().is_some_and(|why| !why.is_empty())), "{missing:?}");
    let page = std::fs::read_to_string(bench.path("planted.decision/report.html")).unwrap();
    assert!(page.contains("nobody said (evaluation.jsonl:8)"));
    // What was not measured is said with its reason.
    assert!(page.contains("<h3>Under load</h3><p>Not measured, because the task asks for none"), "{page}");
}

#[test]
fn a_label_that_no_row_has_is_named() {
    let bench = Bench::tiny();
    decide(&bench, &[forms()], 0);
    let task = bench.path("planted.toml");
    let text = std::fs::read_to_string(&task).unwrap();
    let decide = |more: &str| {
        std::fs::write(&task, format!("{more}\n{text}")).unwrap();
        bench.json_status(&["decide", task.to_str().unwrap()])
    };
    let (status, refused) = decide("out_of_scope = 'oos'");
    let error = &refused["error"];
    assert_eq!(
        (status, &error["message"]),
        (2, &"out_of_scope names the label `oos`, and no row has it".into())
    );
    assert_eq!(error["hint"], "labels are order, question");
    let (_, decision) = decide("labels = { ordr = 'something is to be done' }");
    assert!(
        decision["assumptions"].to_string().contains("says what ordr means, and no row has it"),
        "{decision}"
    );
}
