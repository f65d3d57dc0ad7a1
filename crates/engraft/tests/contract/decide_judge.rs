//! `decide` with a judge that its task names: the card of rulings and labels there are, and no score before labels enough.

use engraft_testkit::endpoint::Scripted;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::judging::{answers, bench, judge};

/// 40 documents, a question about each, and a task with that judge.
fn task(bench: &Bench, judge: &str) -> String {
    let mut rows = String::new();
    for room in 0..40 {
        let says = format!("Room {room} seats {} people.", 100 + room);
        bench.write(&format!("{room}.md"), &format!("# Room {room}\n\n{says}\n"));
        let question = format!("How many people does room {room} seat?");
        let row = json!({ "id": format!("r{room}"), "question": question, "gold": [{ "quote": says }] });
        rows.push_str(&format!("{row}\n"));
    }
    std::fs::write(bench.path("questions.jsonl"), rows).unwrap();
    let text = format!(
        "kind = 'answer'\nevaluation = 'questions.jsonl'\ndocuments = 'docs'\nencoder = 'none'\nresamples = 300\ndiagnostics = false\n\
         {judge}\n[updates]\ntrials = 3\n[scale]\nquestions = 0\nload_s = 0\n"
    );
    let path = bench.path("task.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

/// The sheet of claims with the first `n` labelled: bread is free for people in every second case.
fn people(bench: &Bench, file: &str, n: usize) {
    let sheet = bench.path("sheet.jsonl");
    bench.json(&["eval", "judge", file, "--sheet", sheet.to_str().unwrap()]);
    let label = |(at, line): (usize, &str)| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        let bread = row["claim"].as_str().unwrap().contains("Bread");
        let number: usize = row["id"].as_str().unwrap()[1..].split('#').next().unwrap().parse().unwrap();
        let label = if bread && number.is_multiple_of(8) { "not" } else { "supported" };
        row["label"] = if at < n { label.into() } else { Value::Null };
        format!("{row}\n")
    };
    let lines = std::fs::read_to_string(&sheet).unwrap();
    std::fs::write(bench.path("people.jsonl"), lines.lines().enumerate().map(label).collect::<String>())
        .unwrap();
}

/// The section of the report on confidence and judges.
fn told(bench: &Bench) -> String {
    let page = std::fs::read_to_string(bench.path("task.decision/report.html")).unwrap();
    let after = page.split_once("<h2 id=s6>").unwrap().1;
    after.split_once("</section>").unwrap().0.to_string()
}

#[test]
fn a_judge_has_its_card_in_the_report_and_its_score_from_a_hundred_labels_on() {
    let server = Scripted::start(|asked, _| judge(asked)).unwrap();
    let bench = bench(&server, "");
    let file = answers(&bench, 200);
    let report = bench.json(&["eval", "judge", &file]);
    let asked = server.asked().len();

    let task = task(&bench, "judge = { run = 'answers.jsonl', labels = 'people.jsonl' }");
    people(&bench, &file, 99);
    let (status, decision) = bench.json_status(&["decide", &task]);
    assert!(status <= 1, "{decision}");
    let few = &decision["judge"];
    assert_eq!((&few["labels"], &few["labels_needed"], &few["judged"]), (&json!(99), &json!(1), &json!(400)));
    assert!(few["card"].is_null() && few["quality"].is_null(), "{few}");
    let needed = "it takes 100 labels of people on what it judged. There are 99, and 1 more are needed.";
    assert!(told(&bench).contains(needed) && !told(&bench).contains("Kappa"), "{}", told(&bench));

    people(&bench, &file, 150);
    let (_, decision) = bench.json_status(&["decide", &task]);
    assert_eq!(decision["asked"], 0, "a judge is no reason to measure again");
    let card = &decision["judge"];
    let labelled = bench.path("people.jsonl");
    let judged = bench.json(&["eval", "judge", &file, "--labels", labelled.to_str().unwrap()]);
    assert_eq!((&card["model"], &card["prompt"]), (&"small".into(), &report["prompt"]));
    let same = |place: &[&str]| {
        let value = |report: &Value| {
            place.iter().fold(report, |inside, name| &inside[*name])["value"].as_f64().unwrap()
        };
        assert!((value(card) - value(&judged)).abs() < 1e-9, "{place:?}: {card} {judged}");
    };
    for name in ["agreement", "kappa", "ac1", "sensitivity", "specificity"] {
        same(&["card", name]);
    }
    same(&["quality"]);
    // 200 requests of 100 tokens at 1 and 10 at 2 a million, which were paid when they were asked.
    assert_eq!(card["tokens"], json!([20_000, 2_000]));
    assert!((card["cost"].as_f64().unwrap() - 0.024).abs() < 1e-9, "{card}");
    assert_eq!(server.asked().len(), asked, "a decision asks no judge");
    let told = told(&bench);
    for line in [
        "<td>Model</td>",
        "<td>Labels of people</td><td class=num>150</td>",
        "<td>Kappa</td>",
        "<td>AC1</td>",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(told.contains("Supported, as people would say (PPI++)") && told.contains("$0.024"), "{told}");
    let text = std::fs::read_to_string(bench.path("task.decision/report.md")).unwrap();
    assert!(text.contains("## The judge") && text.contains("Beside 150 labels of people"), "{text}");
    let record = bench.path("task.decision/record.json");
    assert_eq!(bench.json(&["decide", "--replay", record.to_str().unwrap()])["identical"], true);
}

#[test]
fn what_is_wrong_with_a_judge_is_told_before_anything_is_measured() {
    let server = Scripted::start(|asked, _| judge(asked)).unwrap();
    let bench = bench(&server, "");
    let file = answers(&bench, 8);
    let refused = |judge: &str, expected: &str, advice: &str| {
        let task = task(&bench, judge);
        for words in [&["decide", task.as_str()][..], &["decide", &task, "--dry-run"]] {
            let (status, error) = bench.json_status(words);
            let said = |part: &str| error["error"][part].as_str().unwrap();
            assert_eq!(status, 2, "{error}");
            assert!(said("message").contains(expected) && said("hint").contains(advice), "{error}");
        }
        assert!(!bench.path("task.decision/work").exists());
    };
    let with = |labels: &str| format!("judge = {{ run = 'answers.jsonl', labels = '{labels}' }}");
    refused("judge = { run = ' ' }", "judge.run is empty", "decide.md");
    refused("judge = { run = 'answers.jsonl', budget = 3 }", "budget", "decide.md");
    refused("judge = { run = 'nowhere.jsonl' }", "nowhere.jsonl", "engraft eval list");
    refused(
        "judge = { run = 'answers.jsonl' }",
        "no ruling of a judge on",
        "engraft eval judge answers.jsonl",
    );
    bench.json(&["eval", "judge", &file]);
    refused(&with("nobody.jsonl"), "nobody.jsonl", "check the path");
    std::fs::write(bench.path("odd.jsonl"), "{\"id\":\"q1#1\",\"label\":\"perhaps\"}\n").unwrap();
    refused(&with("odd.jsonl"), "`perhaps` of q1#1", "supported");
    std::fs::write(bench.path("torn.jsonl"), "{\"id\":\"q1#1\",").unwrap();
    refused(&with("torn.jsonl"), "line 1", "each line is one object");
    std::fs::write(bench.path("other.jsonl"), "{\"id\":\"x#1\",\"label\":\"supported\"}\n").unwrap();
    refused(&with("other.jsonl"), "none of the 1 labels", "--sheet FILE");
    assert_eq!(server.asked().len(), 8);
}
