//! The JSON of the commands that hold knowledge, name by name. Scripts read these: a name that goes or changes fails here.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::bench::{Bench, shape};

fn handbook() -> Bench {
    let bench = Bench::lexical();
    bench.write("leave.md", "# Leave\n\nEverybody has 28 days of annual leave.\n");
    bench
}

#[track_caller]
fn check(bench: &Bench, words: &[&str], expected: Expect) -> Value {
    let (status, report) = bench.json_status(words);
    assert!(status <= 1, "{report}");
    expected.assert_eq(&shape(&report));
    report
}

#[test]
fn init_says_where_and_whether_it_made_anything() {
    let bench = Bench::lexical();
    let place = bench.path("team");
    let words = ["init", place.to_str().unwrap(), "--name", "Our team", "--encoder", "none"];
    let made = check(&bench, &words, expect!["{created workspace}"]);
    assert_eq!((&made["created"], made["workspace"].as_str()), (&true.into(), place.to_str()));
    let config = std::fs::read_to_string(place.join("engraft.toml")).unwrap();
    assert!(config.contains("name = \"Our team\""), "{config}");
    let again = check(&bench, &words, expect!["{created workspace}"]);
    assert_eq!(again["created"], false);
    assert_eq!(std::fs::read_to_string(place.join("engraft.toml")).unwrap(), config);
}

const INGESTED: &str = "{bytes chunks{added removed total} documents{added failed removed unchanged updated} \
    duplicates embedded failures[{hint kind message uri}] index_version seconds warnings}";

#[test]
fn ingest_sync_and_import_report_alike_and_name_each_failure() {
    let bench = handbook();
    bench.write("broken.docx", "PK\u{3}\u{4}nothing");
    let ingested = bench.ingest();
    let failure = &ingested["failures"][0];
    assert_eq!((&failure["uri"], &failure["kind"]), (&"broken.docx".into(), &"malformed".into()));
    for report in [&ingested, &bench.json(&["sync"]), &bench.json(&["sync", "docs", "--retry"])] {
        assert_eq!(shape(report), INGESTED);
    }
    let corpus = bench.path("mini");
    std::fs::create_dir(&corpus).unwrap();
    std::fs::write(
        corpus.join("corpus.jsonl"),
        "{\"_id\":\"d1\",\"title\":\"Cats\",\"text\":\"Cats purr.\"}\n",
    )
    .unwrap();
    let bare = INGESTED.replace("failures[{hint kind message uri}]", "failures");
    let imported = bench.json(&["import", "beir", corpus.to_str().unwrap()]);
    assert_eq!(shape(&imported), bare);
    assert_eq!(bench.found(&["purr"]), ["d1"]);
}

#[test]
fn ingest_takes_files_and_folders_together_with_who_may_read_them_and_what_is_known_of_them() {
    let bench = handbook();
    bench.write("news/today.md", "The canteen opens again.\n");
    let (file, folder) = (bench.docs().join("leave.md"), bench.docs().join("news"));
    let paths = [file.to_str().unwrap(), folder.to_str().unwrap()];
    let more = ["--source", "ours", "--acl", "anna,board", "--metadata", "year=2024"];
    let report = bench.json(&[&["ingest"], &paths[..], &more].concat());
    assert_eq!(report["documents"]["added"], 2, "{report}");
    let listed = bench.json(&["docs", "list", "--source", "ours"]);
    for document in listed["documents"].as_array().unwrap() {
        assert_eq!(document["acl"], serde_json::json!(["anna", "board"]));
        assert_eq!(document["metadata"]["year"], 2024, "{document}");
    }
    std::fs::remove_file(file).unwrap();
    let report = bench.json(&["ingest", folder.to_str().unwrap(), "--source", "ours"]);
    assert_eq!((&report["documents"]["removed"], &report["documents"]["unchanged"]), (&1.into(), &1.into()));
}

#[test]
fn every_command_on_documents_gives_documents() {
    let bench = handbook();
    bench.ingest();
    bench.write("leave.md", "# Leave\n\nEverybody has 30 days of annual leave.\n");
    bench.json(&["sync"]);
    const ONE: &str = "acl chars chunks doc_id language metadata{} mime source";
    let documents = format!("documents[{{{ONE} title updated_at uri version}}]");
    let listed = bench.json(&["docs", "list"]);
    assert_eq!(shape(&listed), format!("{{{documents}}}"));

    let shown = bench.json(&["docs", "show", "leave.md"]);
    let with_text = documents.replace("title", "text title");
    assert_eq!(shape(&shown["documents"]), with_text["documents".len()..]);
    assert_eq!(shown["documents"][0]["text"], "# Leave\n\nEverybody has 30 days of annual leave.\n");
    assert_eq!((&shown["text"], &shown["version"]), (&shown["documents"][0]["text"], &2.into()));

    let doc_id = listed["documents"][0]["doc_id"].as_str().unwrap();
    let history = bench.json(&["docs", "history", doc_id]);
    let versions = "versions[{chars created_at hash superseded_at version}]";
    assert_eq!(shape(&history), format!("{{{documents} uri {versions}}}"));
    assert_eq!((&history["uri"], &history["documents"]), (&"leave.md".into(), &listed["documents"]));
    let versions = history["versions"].as_array().unwrap();
    assert!(versions.len() == 2 && versions[0]["superseded_at"].is_string(), "{history}");
    assert!(versions[1]["superseded_at"].is_null(), "{history}");

    let removed = bench.json(&["docs", "rm", "leave.md"]);
    assert_eq!(shape(&removed), format!("{{chunks {documents} index_version purged returns uri}}"));
    assert_eq!((&removed["documents"], &removed["purged"]), (&listed["documents"], &false.into()));
    let history = bench.json(&["docs", "history", "leave.md"]);
    assert_eq!((history["documents"].as_array().unwrap().len(), &history["uri"]), (0, &"leave.md".into()));
}

#[test]
fn search_gives_hits_and_the_state_that_was_searched() {
    let bench = handbook();
    let ingested = bench.ingest();
    let report = check(
        &bench,
        &["search", "annual leave"],
        expect![
            "{hits[{char_end char_start chunk_id doc_id doc_version heading legs{dense lexical{rank score}} page place rank score text title uri}] index_version took_ms}"
        ],
    );
    assert_eq!(report["index_version"], ingested["index_version"]);
    assert!(report["took_ms"].as_f64() > Some(0.0));
    let none = check(&bench, &["search", "volcano"], expect!["{hits index_version took_ms}"]);
    assert_eq!(none["hits"].as_array().unwrap().len(), 0);
    let (status, _) = bench.json_status(&["search", "volcano"]);
    assert_eq!(status, 1);
    check(
        &bench,
        &["search", "annual leave", "--explain"],
        expect![
            "{explain{allowed damaged dense dropped_by_acl dropped_by_filter lexical lexical_scores{high low} live terms[{count df idf term}]} hits[{char_end char_start chunk_id doc_id doc_version heading legs{dense lexical{rank score}} page place rank score text title uri}] index_version took_ms}"
        ],
    );
}

#[test]
fn a_model_is_shown_like_the_one_that_is_listed() {
    let Some(folder) = engraft_testkit::model() else { return };
    let bench = Bench::lexical();
    check(&bench, &["model", "list"], expect!["{models}"]);
    const ONE: &str = "{base bytes dim kind lineage name path source}";
    let words = ["model", "pull", "mini", "--from", folder.to_str().unwrap()];
    let pulled = bench.json(&words);
    let one = &pulled["models"][0];
    assert_eq!(shape(one), ONE);
    assert_eq!((&one["name"], &one["kind"], &one["dim"]), (&"mini".into(), &"encoder".into(), &384.into()));
    assert!(one["base"].is_null() && one["source"] == "cache" && one["bytes"].as_u64() > Some(1 << 20));
    assert_eq!(pulled["name"], "mini");
    let listed = check(
        &bench,
        &["model", "list"],
        expect!["{models[{base bytes dim kind lineage name path source}]}"],
    );
    let shown = bench.json(&["model", "show", "mini"]);
    assert_eq!((&listed["models"], &shown["models"]), (&pulled["models"], &pulled["models"]));
}

#[test]
fn answers_of_a_batch_are_answers_with_an_id() {
    let Some(bench) = Bench::full() else { return };
    bench.write("leave.md", "# Leave\n\nEvery employee has 28 days of annual leave.\n");
    bench.ingest();
    let file = bench.path("questions.jsonl");
    let questions = [("a", "How many days of annual leave do I get?"), ("b", "Who paints the bridge?")];
    let line =
        |(id, question): (&str, &str)| serde_json::json!({"id": id, "question": question}).to_string() + "\n";
    std::fs::write(&file, questions.map(line).concat()).unwrap();
    let run = bench.run(&["--json", "ask", "--batch", file.to_str().unwrap()]);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let alone = bench.json(&["ask", questions[0].1]);
    assert_eq!(shape(&lines[0]), shape(&alone).replace(" index_version", " id index_version"));
    expect!["{answer answerable arm citations id index_version notes support took_ms trace_id}"]
        .assert_eq(&shape(&lines[1]));
    for (line, (id, _)) in lines.iter().zip(questions) {
        assert_eq!(line["id"], id);
    }
    assert_eq!((&lines[0]["answer"], &lines[0]["citations"]), (&alone["answer"], &alone["citations"]));
    assert_eq!(
        (&lines[0]["answerable"], &lines[1]["answerable"]),
        (&true.into(), &false.into()),
        "{}",
        run.stdout
    );
    let (status, error) = bench.json_status(&["ask", questions[0].1, "--arm", "oracle"]);
    assert_eq!((status, &error["error"]["kind"]), (2, &"missing".into()), "{error}");
}
