//! ask: cited answers and abstentions, with the real encoder.

use expect_test::expect;

use crate::bench::{Bench, cut, shape};

fn handbook() -> Option<Bench> {
    let bench = Bench::full()?;
    bench.write(
        "leave.md",
        "# Leave\n\nEvery employee has 28 days of annual leave. Requests go to the team lead.\n",
    );
    bench.write(
        "travel.md",
        "# Travel\n\nHotels are booked by the travel desk. The limit is 140 euros a night.\n",
    );
    bench.ingest();
    Some(bench)
}

#[test]
fn an_answer_cites_its_source_to_the_letter() {
    let Some(bench) = handbook() else { return };
    let report = bench.json(&["ask", "How many days of annual leave do I get?"]);
    expect!["{answer answerable arm citations[{char_end char_start doc_id doc_version heading message_end message_start n page quote title updated_at uri}] index_version notes support took_ms trace_id}"]
        .assert_eq(&shape(&report));
    assert_eq!(report["answerable"], true);
    let citation = &report["citations"][0];
    assert_eq!(citation["uri"], "leave.md");
    assert_eq!(citation["quote"], cut(&bench.docs().join("leave.md"), citation).as_str());
    assert!(citation["quote"].as_str().unwrap().contains("28 days"));
}

#[test]
fn what_the_documents_do_not_say_is_not_answered() {
    let Some(bench) = handbook() else { return };
    let (status, report) = bench.json_status(&["ask", "What is the melting point of tungsten?"]);
    assert_eq!((status, &report["answerable"]), (1, &false.into()), "{report}");
    assert_eq!(report["citations"].as_array().unwrap().len(), 0);
}

#[test]
fn an_edit_changes_the_answer() {
    let Some(bench) = handbook() else { return };
    bench.write(
        "leave.md",
        "# Leave\n\nEvery employee has 31 days of annual leave. Requests go to the team lead.\n",
    );
    bench.json(&["sync"]);
    let report = bench.json(&["ask", "How many days of annual leave do I get?"]);
    assert!(report["answer"].as_str().unwrap().contains("31 days"), "{report}");
    assert!(!report.to_string().contains("28 days"), "{report}");
}

#[test]
fn a_batch_answers_one_object_a_line() {
    let Some(bench) = handbook() else { return };
    let file = bench.path("questions.jsonl");
    std::fs::write(&file, "{\"id\":\"a\",\"question\":\"What may a hotel cost?\"}\n{\"id\":\"b\",\"question\":\"Who paints the bridge?\"}\n").unwrap();
    let run = bench.run(&["--json", "ask", "--batch", file.to_str().unwrap()]);
    let lines: Vec<serde_json::Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_forbidden_page_is_not_cited() {
    let Some(bench) = handbook() else { return };
    let (status, report) =
        bench.json_status(&["ask", "How many days of annual leave do I get?", "--as", "stranger"]);
    assert_eq!((status, &report["answerable"]), (1, &false.into()), "{report}");
}

#[test]
fn near_copies_are_cited_once_from_the_newest() {
    let Some(bench) = Bench::full() else { return };
    let page = |day: &str, word: &str| {
        format!(
            "---\ndate: {day}\n---\n# Leave\n\nEvery employee has 28 days of annual leave. Requests go to the team lead, \
             who answers within a week, and {word} are kept in the calendar that everybody in the house can see.\n"
        )
    };
    bench.write("a-old.md", &page("2023-01-01", "they"));
    bench.write("b-new.md", &page("2024-06-01", "these"));
    bench.write("c-older.md", &page("2022-01-01", "all"));
    let report = bench.ingest();
    assert_eq!(report["documents"]["added"], 3, "{report}");
    let found = bench.found(&["annual leave"]);
    assert_eq!(found.len(), 3, "search shows every copy: {found:?}");
    let report = bench.json(&["ask", "How many days of annual leave do I get?"]);
    let citations = report["citations"].as_array().unwrap();
    assert!(!citations.is_empty() && citations.iter().all(|cited| cited["uri"] == "b-new.md"), "{report}");
    assert_eq!(report["answer"].as_str().unwrap().matches("28 days").count(), 1, "{report}");
}

/// Two pages that give different figures for the same thing.
fn disagreeing() -> Option<Bench> {
    let bench = Bench::full()?;
    for (name, day, days) in [("new.md", "2024-06-01", 28), ("old.md", "2023-01-01", 25)] {
        let text = format!(
            "---\ndate: {day}\n---\n# Leave in {name}\n\nEvery employee has {days} days of annual leave.\n"
        );
        bench.write(name, &text);
    }
    bench.ingest();
    Some(bench)
}

fn cited(report: &serde_json::Value) -> Vec<&str> {
    let citations = report["citations"].as_array().unwrap().iter();
    citations.map(|citation| citation["uri"].as_str().unwrap()).collect()
}

#[test]
fn sources_that_disagree_are_both_cited_with_their_dates_unless_only_one_passage_is_read() {
    let Some(bench) = disagreeing() else { return };
    let question = "How many days of annual leave does every employee have?";
    let report = bench.json(&["ask", question]);
    assert_eq!(cited(&report), ["new.md", "old.md"], "{report}");
    let note = report["notes"][0].as_str().unwrap();
    assert!(note.contains("2024-06-01") && note.contains("2023-01-01"), "{note}");
    let report = bench.json(&["ask", question, "-k", "1"]);
    assert_eq!(cited(&report).len(), 1, "{report}");
    assert!(report["notes"].as_array().unwrap().is_empty(), "{report}");
}

#[test]
fn an_arm_is_asked_by_its_name_and_an_unknown_one_is_an_error() {
    let Some(bench) = handbook() else { return };
    let question = "How many days of annual leave do I get?";
    let report = bench.json(&["ask", question, "--arm", "extractive"]);
    assert_eq!((&report["arm"], &report["answerable"]), (&"extractive".into(), &true.into()), "{report}");
    let (status, report) = bench.json_status(&["ask", question, "--arm", "oracle"]);
    assert_eq!((status, &report["error"]["kind"]), (2, &"missing".into()), "{report}");
    assert!(report["error"]["hint"].as_str().unwrap().contains("extractive"), "{report}");
}
