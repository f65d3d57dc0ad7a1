//! The bundled handbook: its questions asked through the binary, the tour of the README, and the whole demonstration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engraft_core::sentences;
use engraft_testkit::nulls::{IN_A_DECISION, unexplained};
use serde_json::Value;

use crate::bench::Bench;
use crate::studio::Studio;

/// Of the questions the handbook does not answer, at most this share may be answered: 2 of 24 are.
const MOST_FALSE: f64 = 0.10;
/// Of those it answers, at least this share must be answered with the gold words in the quotes.
const LEAST_RIGHT: f64 = 0.50;

/// An answer quotes at most so many sentences.
const MOST_SENTENCES: usize = 4;

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn quotes(answer: &Value) -> Vec<String> {
    let citations = answer["citations"].as_array().unwrap();
    citations.iter().map(|citation| flat(citation["quote"].as_str().unwrap())).collect()
}

#[test]
fn the_sample_is_answered_from_its_own_words_and_what_it_lacks_is_not() {
    let Some(bench) = Bench::full() else { return };
    let sample = engraft_testkit::repository().join("sample");
    bench.json(&["ingest", sample.join("handbook").to_str().unwrap()]);
    let questions = std::fs::read_to_string(sample.join("questions.jsonl")).unwrap();
    let questions: Vec<Value> = questions.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let run = bench.run(&["--json", "ask", "--batch", sample.join("questions.jsonl").to_str().unwrap()]);
    let answers: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), questions.len());

    let mut texts: BTreeMap<String, Vec<char>> = BTreeMap::new();
    let (mut right, mut answerable, mut wrong) = (0, 0, 0);
    for (question, answer) in questions.iter().zip(&answers) {
        assert_eq!(question["id"], answer["id"]);
        for citation in answer["citations"].as_array().unwrap() {
            let text = texts.entry(citation["doc_id"].as_str().unwrap().to_string()).or_insert_with(|| {
                let shown = bench.json(&["docs", "show", citation["doc_id"].as_str().unwrap()]);
                shown["text"].as_str().unwrap().chars().collect()
            });
            let at = |name: &str| citation[name].as_u64().unwrap() as usize;
            let span: String = text[at("char_start")..at("char_end")].iter().collect();
            assert_eq!(citation["quote"], span.as_str(), "{}", question["question"]);
        }
        marked(answer);
        assert!(sentences_of(answer) <= MOST_SENTENCES, "{answer}");
        if question["kind"] == "conflict" && !question["gold"].to_string().contains("archive/") {
            shows_both(question, answer);
        }
        let given = quotes(answer);
        if question["answerable"] == false {
            wrong += usize::from(answer["answerable"] == true);
            continue;
        }
        answerable += 1;
        let golds = question["gold"].as_array().unwrap().iter();
        let mut golds = golds.map(|gold| flat(gold["quote"].as_str().unwrap()));
        right += usize::from(
            golds.any(|gold| given.iter().any(|quote| quote.contains(&gold) || gold.contains(quote))),
        );
    }
    let unanswerable = questions.len() - answerable;
    let (right, wrong) = (right as f64 / answerable as f64, wrong as f64 / unanswerable as f64);
    assert!(wrong <= MOST_FALSE, "{wrong:.3} of the unanswerable questions are answered");
    assert!(right >= LEAST_RIGHT, "only {right:.3} of the questions have the gold words in their quotes");
}

/// Each citation says where its words stand in the answer, with its number behind them.
#[track_caller]
fn marked(answer: &Value) {
    let message: Vec<char> = answer["answer"].as_str().unwrap().chars().collect();
    for citation in answer["citations"].as_array().unwrap() {
        let at = |name: &str| citation[name].as_u64().unwrap() as usize;
        let words: String = message[at("message_start")..at("message_end")].iter().collect();
        assert_eq!(citation["quote"], words.as_str(), "{answer}");
        let behind: String = message[at("message_end")..].iter().collect();
        assert!(behind.starts_with(&format!(" [{}]", citation["n"])), "{answer}");
    }
}

/// The sentences that are quoted; rows of tables come with the row that names their columns and are not counted.
fn sentences_of(answer: &Value) -> usize {
    let citations = answer["citations"].as_array().unwrap().iter();
    let quotes = citations.map(|citation| citation["quote"].as_str().unwrap());
    quotes
        .filter(|quote| !quote.contains(" | ") && !quote.contains('\t'))
        .map(|quote| sentences(quote).len())
        .sum()
}

/// Pages that disagree are all cited, but for superseded ones, and a note tells how old each is.
#[track_caller]
fn shows_both(question: &Value, answer: &Value) {
    let cited: BTreeSet<&str> = answer["citations"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|citation| citation["uri"].as_str())
        .collect();
    let golds = question["gold"].as_array().unwrap().iter();
    for gold in golds.filter_map(|gold| gold["uri"].as_str()) {
        assert!(cited.contains(gold), "{gold} is not cited: {answer}");
    }
    let notes = answer["notes"].as_array().unwrap().iter().filter_map(Value::as_str);
    let dates = |note: &str| note.matches("20").count() >= 2;
    assert!(notes.into_iter().any(dates), "no note tells the dates: {answer}");
}

#[test]
fn a_hit_says_its_page_its_cells_and_the_headings_above_it() {
    let Some(bench) = Bench::full() else { return };
    let sample = engraft_testkit::repository().join("sample");
    bench.json(&["ingest", sample.join("handbook").to_str().unwrap()]);
    let questions = std::fs::read_to_string(sample.join("questions.jsonl")).unwrap();
    let (mut pages, mut cells, mut headings) = ([0, 0], [0, 0], 0);
    for (at, line) in questions.lines().enumerate() {
        let question: Value = serde_json::from_str(line).unwrap();
        // Of the pages without cells or pages, a fifth will do.
        let told = |gold: &&Value| at % 5 == 0 || !gold["page"].is_null() || !gold["cell"].is_null();
        for gold in question["gold"].as_array().unwrap().iter().filter(told) {
            let quote = flat(gold["quote"].as_str().unwrap());
            let report = bench.json(&["search", question["question"].as_str().unwrap(), "-k", "30"]);
            let hits = report["hits"].as_array().unwrap().iter();
            let mut holding = hits.filter(|hit| {
                hit["uri"] == gold["uri"] && flat(hit["text"].as_str().unwrap()).contains(&quote)
            });
            if let Some(page) = gold["page"].as_u64() {
                pages[1] += 1;
                pages[0] += usize::from(holding.any(|hit| hit["page"] == page));
            } else if let Some((sheet, cell)) = gold["cell"].as_str().and_then(|cell| cell.split_once('!')) {
                cells[1] += 1;
                cells[0] +=
                    usize::from(holding.any(|hit| holds(hit["place"].as_str().unwrap(), sheet, cell)));
            } else if gold["uri"].as_str().unwrap().ends_with(".md") {
                headings += holding.filter(|hit| stands_under_its_headings(&bench, hit)).count();
            }
        }
    }
    // What is missing was not among the first thirty.
    assert!(pages[0] >= 11 && pages[1] == 13, "{pages:?}");
    assert!(cells[0] >= 7 && cells[1] == 9, "{cells:?}");
    assert!(headings >= 10, "{headings}");
}

/// Whether a place such as `'Company dates'!A5:C7` holds the row of a cell.
fn holds(place: &str, sheet: &str, cell: &str) -> bool {
    let Some((of, range)) = place.rsplit_once('!') else { return false };
    let row = |cell: &str| -> u32 { cell.trim_start_matches(char::is_alphabetic).parse().unwrap() };
    let (from, to) = range.split_once(':').unwrap_or((range, range));
    of.trim_matches('\'') == sheet && (row(from)..=row(to)).contains(&row(cell))
}

/// Whether a hit tells headings; each must stand above it or at its head.
#[track_caller]
fn stands_under_its_headings(bench: &Bench, hit: &Value) -> bool {
    let shown = bench.json(&["docs", "show", hit["doc_id"].as_str().unwrap()]);
    let text: Vec<char> = shown["text"].as_str().unwrap().chars().collect();
    let above: String = text[..hit["char_end"].as_u64().unwrap() as usize].iter().collect();
    let headings: Vec<&str> =
        hit["heading"].as_str().unwrap().split(" > ").filter(|part| !part.is_empty()).collect();
    for heading in &headings {
        assert!(above.lines().any(|line| line.trim_matches(['#', ' ']) == *heading), "{heading}: {hit}");
    }
    !headings.is_empty()
}

/// Measured times in a text made the same: they are never twice so.
fn timeless(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let is_time = |at: usize| {
        words.get(at + 1).is_some_and(|unit| ["s", "ms"].contains(&unit.lines().next().unwrap_or_default()))
    };
    let shown = words.iter().enumerate().map(|(at, word)| if is_time(at) { "…" } else { word });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_tour_of_the_readme_is_what_the_program_says() {
    let Some(bench) = Bench::full() else { return };
    link_model(&bench);
    let sample = engraft_testkit::repository().join("sample/handbook");
    std::os::unix::fs::symlink(sample.canonicalize().unwrap(), bench.path("handbook")).unwrap();
    let readme = std::fs::read_to_string(engraft_testkit::repository().join("README.md")).unwrap();
    let tour = readme.split("```console\n").nth(1).unwrap().split("```").next().unwrap();
    let (mut steps, mut folder) = (0, bench.path(""));
    std::fs::rename(bench.path("kb"), bench.path("not-this-one")).unwrap();
    for step in tour.split("$ engraft ").skip(1) {
        let (words, expected) = step.split_once('\n').unwrap();
        let (words, status_shown) =
            words.strip_suffix("; echo $?").map_or((words, false), |words| (words, true));
        let (words, enters) =
            words.split_once(" && cd ").map_or((words, None), |(words, to)| (words, Some(to)));
        let mut words: Vec<&str> = words.split('"').map(str::trim).filter(|word| !word.is_empty()).collect();
        // A command and its quoted question, or a command of plain words.
        if words.len() == 1 {
            words = words[0].split(' ').collect();
        }
        let mut command = bench.bare(&words);
        command.current_dir(&folder);
        let run = crate::bench::run(command);
        let status = if status_shown { format!("{}\n", run.status) } else { String::new() };
        let said = run.stdout.replace(bench.path("").to_str().unwrap(), "/home/you/");
        assert_eq!(timeless(&format!("{said}{status}")), timeless(expected), "{words:?}: {}", run.stderr);
        folder = enters.map_or(folder.clone(), |to| folder.join(to));
        steps += 1;
    }
    assert_eq!(steps, 4);
}

/// Makes the test model the one that is known by its name.
fn link_model(bench: &Bench) {
    let models = bench.path("home").join("models");
    std::fs::create_dir_all(&models).unwrap();
    let link = models.join("all-MiniLM-L6-v2");
    std::os::unix::fs::symlink(engraft_testkit::model().unwrap().canonicalize().unwrap(), link).unwrap();
}

#[test]
fn a_workspace_with_a_handbook_of_its_own_is_never_taken_for_a_demonstration() {
    let bench = Bench::lexical();
    let page = bench.path("kb/handbook/ours.md");
    std::fs::create_dir_all(page.parent().unwrap()).unwrap();
    std::fs::write(&page, "Years of work.\n").unwrap();
    let (status, report) = bench.json_status(&["demo", bench.path("kb").to_str().unwrap()]);
    assert_eq!((status, &report["error"]["kind"]), (2, &"user".into()), "{report}");
    assert_eq!(std::fs::read_to_string(page).unwrap(), "Years of work.\n");
}

#[test]
fn the_demonstration_tunes_a_classifier_and_a_reranker_and_says_what_each_gained() {
    let Some(bench) = Bench::full() else { return };
    // The demonstration takes the encoder that is known by name, from the folder of this machine's models.
    link_model(&bench);
    let mut command = bench.bare(&["--json", "demo", bench.path("demo").to_str().unwrap()]);
    command.current_dir(bench.path(""));
    let run = crate::bench::run(command);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    for stage in ["handbook: 65", "ask: 8"] {
        assert!(run.stderr.lines().any(|line| line == stage), "{stage} is not told: {}", run.stderr);
    }
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    tour_is_told(&report);
    // So that the same folder may be made anew, and no other.
    assert!(bench.path("demo/.engraft/demonstration").is_file());
    let annotated = &report["annotated"];
    assert_eq!((&annotated["dataset"], &annotated["items"]), (&"support-topics".into(), &72.into()));
    let agreement = &annotated["agreement"][0];
    assert_eq!(agreement["measure"], "alpha_nominal", "{annotated}");
    assert!(
        agreement["metric"]["value"].is_number() && agreement["metric"]["low"].is_number(),
        "{annotated}"
    );
    for (tuned, measure, before) in
        [("tuned", "accuracy", "/tiers/0/value"), ("reranked", "nDCG@10", "/eval/nDCG@10 before")]
    {
        let tuned = &report[tuned];
        lies_within(tuned.pointer(before).unwrap());
        lies_within(&tuned["eval"][measure]);
        lies_within(&tuned["against_base"][measure]);
        assert!(tuned["why"].as_str().unwrap().contains(measure), "{tuned}");
    }
    let reranked = &report["reranked"];
    assert_eq!((&reranked["served"], &reranked["kind"]), (&reranked["ship"], &"reranker".into()));
    assert!(
        reranked["lineage"][0].as_str().unwrap().starts_with("dataset:handbook-relevance@"),
        "{reranked}"
    );
    assert_eq!((&annotated["judged"], &annotated["to_judge"]), (&100.into(), &8.into()), "{annotated}");
    // Every question that was judged has its document there after the update; the others are left to whoever tries the studio.
    assert_eq!(reranked["data"]["unresolved"], annotated["to_judge"], "{reranked}");
    is_decided(&report);
    look_in_the_studio(&bench, report["workspace"].as_str().unwrap());
    goes_on(&bench, &report);
}

/// A figure has an interval, over more than ten messages or questions, and lies within it; none is there only where a model changes
/// nothing on any of them, which is said.
#[track_caller]
fn lies_within(metric: &Value) {
    if metric["value"] == 0.0 && metric["why"] == "all rows differ alike, so resampling shows no spread" {
        return assert!(metric["n"].as_u64() > Some(10), "{metric}");
    }
    let number = |part: &str| metric[part].as_f64().unwrap_or_else(|| panic!("no {part}: {metric}"));
    let (low, value, high) = (number("low"), number("value"), number("high"));
    assert!(low <= value && value <= high && metric["n"].as_u64() > Some(10), "{metric}");
}

/// The handbook came in, its questions were answered, and what a new policy changes is answered otherwise.
#[track_caller]
fn tour_is_told(report: &Value) {
    let (came, changed) = (&report["ingested"]["documents"], &report["updated"]["documents"]);
    assert_eq!((&came["added"], &came["failed"]), (&67.into(), &0.into()), "{came}");
    assert!(changed["updated"].as_u64() > Some(0) && changed["removed"].as_u64() > Some(0), "{changed}");
    let asked = report["asked"].as_array().unwrap();
    assert_eq!(asked.len(), 8);
    let cited = |asked: &&Value| {
        let report = &asked["report"];
        assert_eq!(report["answerable"] == true, !quotes(report).is_empty(), "{asked}");
        report["answerable"] == true
    };
    assert_eq!(asked.iter().filter(cited).count(), 7, "one has no answer in the handbook");
    let again = report["asked_again"].as_array().unwrap();
    assert_eq!(again.len(), 2);
    for now in again {
        let before = asked.iter().find(|before| before["question"] == now["question"]).unwrap();
        assert!(cited(&now), "{now}");
        assert_ne!(quotes(&now["report"]), quotes(&before["report"]), "{now}");
    }
}

/// The demonstration ends with a verdict on its own messages, and with a report that says it.
#[track_caller]
fn is_decided(report: &Value) {
    let decided = &report["decided"];
    let verdict = decided["verdict"].as_str().unwrap();
    assert!(!verdict.is_empty() && decided["questions"].as_u64() >= Some(30), "{decided}");
    let named: Vec<&str> =
        decided["arms"].as_array().unwrap().iter().map(|arm| arm["name"].as_str().unwrap()).collect();
    assert!(["base", "retrieval", "tuned", "both"].iter().all(|cell| named.contains(cell)), "{named:?}");
    // Diagnostics have no standing among the arms.
    let meant = [&IN_A_DECISION[..], &["utility", "p_best", "expected_regret"]].concat();
    let unexplained = unexplained(decided, &meant);
    assert!(unexplained.is_empty(), "{unexplained:?}");
    let out = Path::new(decided["out"].as_str().unwrap());
    assert!(out.ends_with("decision") && out.join("record.json").is_file(), "{}", out.display());
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    // Names of arms stand apart in it, and some marks are written as HTML writes them.
    let mut parts = verdict.split(['`', '\'', '"', '<', '>', '&']);
    assert!(parts.all(|part| page.contains(part)), "{verdict}: {page}");
}

/// What the demonstration made, as `engraft serve` shows it to somebody who was added as it says.
fn look_in_the_studio(bench: &Bench, workspace: &str) {
    let there = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_engraft"));
        command
            .args(["--workspace", workspace, "--quiet"])
            .args(words)
            .env("ENGRAFT_HOME", bench.path("home"));
        command
    };
    let run = |words: &[&str]| {
        let run = crate::bench::run(there(words));
        assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
        run.stdout
    };
    run(&["user", "add", "kim", "--role", "owner"]);
    let made: Value =
        serde_json::from_str(&run(&["--json", "token", "create", "--as", "kim", "--scope", "read"])).unwrap();
    // Some passages are judged, and there are others to try it on.
    let next = run(&["--json", "queue", "next", "--dataset", "handbook-relevance", "--as", "kim"]);
    let next: Value = serde_json::from_str(&next).unwrap();
    assert_eq!(next["fields"]["passages"].as_array().map(Vec::len), Some(5), "{next}");
    for (name, items, resolved) in [("support-topics", 72, 55), ("handbook-relevance", 108, 100)] {
        let shown: Value = serde_json::from_str(&run(&["--json", "dataset", "show", name])).unwrap();
        assert_eq!((&shown["items"], &shown["resolved"]), (&items.into(), &resolved.into()), "{shown}");
    }
    let studio = Studio::start(there(&["serve", "--addr", "127.0.0.1:0"]));
    let token = made["token"].as_str().unwrap();
    let datasets = studio.get("/api/v1/datasets", token);
    assert!(datasets.contains("support-topics"), "{datasets}");
    let judgements = studio.get("/d/handbook-relevance/dashboard", token);
    assert!(judgements.contains("priya"), "{judgements}");
    let dashboard = studio.get("/d/support-topics/dashboard", token);
    assert!(dashboard.contains("Agreement"), "{dashboard}");
    let decision = studio.get("/decisions/1", token);
    assert!(decision.contains("data-weigh"), "{decision}");
}

/// Every step that the demonstration ends with can be taken.
#[track_caller]
fn goes_on(bench: &Bench, report: &Value) {
    let steps: Vec<&str> =
        report["next"].as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect();
    let handbook = bench.path("demo/handbook");
    assert!(steps.len() == 8 && steps[6].contains(handbook.to_str().unwrap()), "{steps:?}");
    let there = format!("engraft --workspace {}", bench.path("demo").display());
    std::fs::write(handbook.join("news.md"), "The heron nests on the roof.\n").unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_engraft")).parent().unwrap();
    for step in steps {
        if let Some((serve, page)) = step.split_once(", then open http://127.0.0.1:7700") {
            assert_eq!(serve, format!("{there} serve"));
            assert!(page.starts_with("/d/support-topics/dashboard: "), "{step}");
            continue; // That page is looked at by `look_in_the_studio`.
        }
        let step = step.split_once("then: ").map_or(step, |(_, then)| then);
        let step = step.replace("PATH-TO-YOUR-DOCUMENTS", handbook.to_str().unwrap());
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &step]).current_dir(bench.path("")).env("ENGRAFT_HOME", bench.path("home"));
        shell.env("PATH", format!("{}:{}", binary.display(), std::env::var("PATH").unwrap()));
        let did = crate::bench::run(shell);
        // The question is one that the handbook may not answer.
        let fine = if step.contains(" ask ") { 0..=1 } else { 0..=0 };
        assert!(fine.contains(&did.status), "{step}: {}{}", did.stdout, did.stderr);
        if step.ends_with(" sync") {
            assert!(did.stdout.contains("1 added"), "{step}: {}", did.stdout);
        }
    }
}
