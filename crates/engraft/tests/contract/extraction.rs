//! Extractors: rows in, a verdict and a model out, spans found in new texts.

use serde_json::Value;

use crate::bench::Bench;

/// Rows of a made-up world, as JSONL.
pub(crate) fn rows(from: usize, to: usize) -> String {
    let names = ["Ada", "Boris", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hiro"];
    let firms = ["Acme", "Umbra", "Vertex", "Solis", "Norda", "Quanta"];
    let mut lines = String::new();
    for n in from..to {
        let (name, firm) = (names[n * 5 % 8], firms[n * 7 % 6]);
        let text = match n % 3 {
            0 => format!("Mr. {name} pays {firm} Corp on Monday 😀"),
            1 => format!("please send the bill of {firm} Corp to Ms. {name} today"),
            _ => format!("There is nothing of interest in sentence {n}"),
        };
        let mark = |quote: &str, label: &str| {
            let byte = text.find(quote)?;
            let start = text[..byte].chars().count();
            let end = start + quote.chars().count();
            Some(serde_json::json!({"char_start": start, "char_end": end, "label": label, "quote": quote}))
        };
        let firm = format!("{firm} Corp");
        let spans: Vec<Value> = [mark(name, "STAFF"), mark(&firm, "CLIENT")].into_iter().flatten().collect();
        lines += &serde_json::json!({"id": n, "text": text, "spans": spans}).to_string();
        lines.push('\n');
    }
    lines
}

fn file(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

fn tune(bench: &Bench, data: &str, more: &[&str]) -> (i32, Value) {
    let words = [&["tune", "extractor", "--data", data, "--seeds", "1"], more].concat();
    bench.json_status(&words)
}

#[test]
fn an_extractor_is_tuned_judged_registered_and_asked() {
    let bench = Bench::lexical();
    let train = file(&bench, "train.jsonl", &rows(0, 120));
    // Of what was learned from to the letter nothing would be proven.
    let others = rows(200, 260).replace("on Monday", "on Friday").replace("today", "tomorrow");
    let eval = file(&bench, "eval.jsonl", &others);
    let (status, report) = tune(&bench, &train, &["--eval", &eval, "--name", "parties", "--method", "crf"]);
    assert_eq!(status, 0, "{report}");
    assert_eq!((&report["model"], &report["method"]), (&"parties".into(), &"crf".into()));
    assert_eq!((&report["train"]["rows"], &report["data"]["eval_rows"]), (&120.into(), &60.into()));
    let metric = &report["eval"]["span_f1"];
    assert!(metric["value"].as_f64().unwrap() > 0.9 && metric["n"] == 60, "{report}");
    assert_eq!(report["ship"], true, "{report}");
    assert_eq!(report["against"], "patterns");
    assert_eq!(report["tiers"].as_array().unwrap().len(), 2);
    // The texts come again and again, always marked in the same way.
    let audit = &report["data"]["audit"];
    let classes = serde_json::json!([{ "label": "CLIENT", "rows": 80 }, { "label": "STAFF", "rows": 80 }]);
    assert_eq!((&audit["classes"], &audit["without_label"]), (&classes, &40.into()), "{audit}");
    assert!(audit["duplicates"].as_u64() > Some(0) && audit["conflicts"] == serde_json::json!([]), "{audit}");

    let measured = bench.json(&["eval", "model", "parties", "--data", &eval]);
    assert_eq!(measured["states"]["scored"], 60, "{measured}");
    assert_eq!(measured["measures"]["micro_f1"]["value"], metric["value"], "{measured}");

    let text = "é Ms. Grace pays Solis Corp, Mr. Hiro does not";
    let input = serde_json::json!({"id": 7, "text": text}).to_string() + "\nnonsense\n{\"text\":\"\"}\n";
    let input = file(&bench, "new.jsonl", &input);
    let run = bench.run(&["predict", "parties", "--input", &input]);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((run.status, lines.len()), (0, 3), "{}", run.stderr);
    assert_eq!((&lines[0]["id"], &lines[1]["id"], &lines[2]["id"]), (&7.into(), &"2".into(), &"3".into()));
    let spans = lines[0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 3, "{}", lines[0]);
    for span in spans {
        let (start, end) = (span["char_start"].as_u64().unwrap(), span["char_end"].as_u64().unwrap());
        let quote: String = text.chars().skip(start as usize).take((end - start) as usize).collect();
        assert_eq!(span["quote"], quote);
        assert!((0.0..=1.0).contains(&span["score"].as_f64().unwrap()));
    }
    assert_eq!(lines[1]["error"]["kind"], "no_json");
    assert_eq!(lines[2]["spans"], Value::Array(Vec::new()));
}

#[test]
fn tagged_tokens_are_rows_too_and_a_fifth_is_held_out() {
    let bench = Bench::lexical();
    let line = |n: usize| {
        let name = ["Ada", "Boris", "Elif", "Farid"][n % 4];
        format!(
            "{{\"tokens\":[\"Mr\",\".\",\"{name}\",\"paid\",\"{n}\"],\"tags\":[\"O\",\"O\",\"I-WHO\",\"O\",\"O\"]}}\n"
        )
    };
    let data = file(&bench, "tagged.jsonl", &(0..100).map(line).collect::<String>());
    let (status, report) = tune(&bench, &data, &["--method", "auto"]);
    assert_eq!(status, 0, "{report}");
    let (train, eval) = (&report["train"]["rows"], &report["data"]["eval_rows"]);
    assert_eq!(train.as_u64().unwrap() + eval.as_u64().unwrap(), 100, "{report}");
    assert!(report["stopped"].as_str().unwrap().contains("needs an encoder"), "{report}");
}

#[test]
fn an_encoder_as_it_is_must_be_the_same_when_asked() {
    let Some(bench) = Bench::full() else { return };
    let train = file(&bench, "train.jsonl", &rows(0, 60));
    let (status, report) = tune(&bench, &train, &["--method", "frozen", "--name", "parties"]);
    assert_eq!(status, 0, "{report}");
    assert!(report["base"].as_str().unwrap().contains('@'), "{report}");
    let input = file(&bench, "new.jsonl", "{\"text\":\"Mr. Boris pays Umbra Corp\"}\n");
    let run = bench.run(&["predict", "parties", "--input", &input]);
    let line: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(line["spans"].as_array().unwrap().len(), 2, "{line} {}", run.stderr);
}

#[track_caller]
fn check_refused(bench: &Bench, data: &str, more: &[&str], status: i32, message: &str) {
    let (found, value) = tune(bench, data, more);
    let error = &value["error"];
    assert_eq!(found, status, "{value}");
    assert!(error["message"].as_str().unwrap().contains(message), "{value}");
    assert!(!error["hint"].as_str().unwrap_or_default().is_empty(), "{value}");
    assert!(!bench.path("kb/.engraft/models").join("refused").exists());
}

#[test]
fn what_cannot_be_learned_is_refused_with_a_hint() {
    let bench = Bench::lexical();
    let crf = ["--method", "crf", "--name", "refused"];
    let bare = file(&bench, "bare.jsonl", &"{\"text\":\"Nothing is marked\",\"spans\":[]}\n".repeat(5));
    check_refused(&bench, &bare, &crf, 2, "nothing is marked");
    let train = file(&bench, "train.jsonl", &rows(0, 40));
    let unseen = "{\"text\":\"In Paris\",\"spans\":[{\"start\":3,\"end\":8,\"label\":\"LOC\"}]}\n";
    let unseen = file(&bench, "unseen.jsonl", unseen);
    check_refused(&bench, &train, &[&crf[..], &["--eval", &unseen]].concat(), 2, "`LOC` (1)");
    check_refused(&bench, &train, &["--method", "frozen", "--name", "refused"], 2, "needs an encoder");
    check_refused(&bench, &train, &["--method", "magic", "--name", "refused"], 2, "`magic` is not one of");
    check_refused(&bench, "nowhere.jsonl", &crf, 2, "nowhere.jsonl");
}

#[test]
fn a_span_that_does_not_match_its_quote_is_put_aside_with_its_line() {
    let bench = Bench::lexical();
    let bad = "{\"text\":\"At the Bank, the Bank\",\"spans\":[{\"start\":0,\"end\":4,\"label\":\"CLIENT\",\"quote\":\"Bank\"}]}\n";
    let moved = "{\"text\":\"At the Bank\",\"spans\":[{\"start\":0,\"end\":4,\"label\":\"CLIENT\",\"quote\":\"Bank\"}]}\n";
    let data = file(&bench, "train.jsonl", &(rows(0, 60) + bad + moved));
    let (status, report) = tune(&bench, &data, &["--method", "crf"]);
    assert_eq!((status, &report["repaired"]), (0, &1.into()), "{report}");
    assert_eq!(report["data"]["rejected"][0]["uri"], "train.jsonl:61", "{report}");
    assert_eq!(report["data"]["rejected"][0]["kind"], "quote");
}

#[test]
fn a_damaged_model_is_not_asked() {
    let bench = Bench::lexical();
    let train = file(&bench, "train.jsonl", &rows(0, 60));
    assert_eq!(tune(&bench, &train, &["--method", "crf", "--name", "parties"]).0, 0);
    let weights = bench.path("kb/.engraft/models/parties/chain.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() - 4]).unwrap();
    let (status, value) = bench.json_status(&["predict", "parties", "--input", &train]);
    assert_eq!(status, 3, "{value}");
    assert!(value["error"]["message"].as_str().unwrap().contains("chain.safetensors was changed"), "{value}");
}

#[test]
fn resolved_spans_of_a_dataset_are_learned() {
    let bench = Bench::lexical();
    let schema = serde_json::json!({
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "parties", "type": "spans", "field": "text", "options": ["STAFF", "CLIENT"]}],
    });
    let schema = file(&bench, "schema.json", &schema.to_string());
    bench.json(&["dataset", "create", "deals", "--schema", &schema]);
    let items = rows(0, 60).lines().fold(String::new(), |lines, line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let record = serde_json::json!({
            "id": format!("i{}", row["id"]),
            "fields": {"text": row["text"]},
            "resolution": {"answers": {"parties": row["spans"]}, "source": "adjudicated", "by": "ana"},
        });
        lines + &record.to_string() + "\n"
    });
    let items = file(&bench, "items.jsonl", &items);
    bench.json(&["dataset", "import", "deals", &items, "--format", "jsonl"]);
    let (status, report) = tune(&bench, "deals", &["--method", "crf"]);
    assert_eq!(status, 0, "{report}");
    let rows = report["train"]["rows"].as_u64().unwrap() + report["data"]["eval_rows"].as_u64().unwrap();
    assert_eq!(rows, 60, "{report}");
    assert!(report["lineage"][0].as_str().unwrap().starts_with("dataset:deals@"), "{report}");
}

#[test]
fn spans_of_documents_are_learned_and_no_document_is_parted() {
    let bench = Bench::lexical();
    let schema = serde_json::json!({
        "fields": [{"name": "page", "type": "document"}],
        "questions": [{"name": "parties", "type": "spans", "field": "page", "options": ["STAFF", "CLIENT"]}],
    });
    let schema = file(&bench, "schema.json", &schema.to_string());
    bench.json(&["dataset", "create", "deals", "--schema", &schema]);
    let items = rows(0, 84).lines().enumerate().fold(String::new(), |lines, (n, line)| {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = format!("{} (no. {n})", row["text"].as_str().unwrap());
        let record = serde_json::json!({
            "id": format!("i{n}"),
            "fields": {"page": {"text": text, "uri": format!("letters/{}.md", n / 7)}},
            "resolution": {"answers": {"parties": row["spans"]}, "source": "adjudicated"},
        });
        lines + &record.to_string() + "\n"
    });
    let items = file(&bench, "items.jsonl", &items);
    bench.json(&["dataset", "import", "deals", &items, "--format", "jsonl"]);
    let (status, report) = tune(&bench, "deals", &["--method", "crf"]);
    assert_eq!((status, &report["data"]["unresolved"]), (0, &0.into()), "{report}");
    let (train, eval) = (&report["train"]["rows"], &report["data"]["eval_rows"]);
    let (train, eval) = (train.as_u64().unwrap(), eval.as_u64().unwrap());
    // Of each letter there are seven rows.
    assert!(train + eval == 84 && eval > 0 && eval % 7 == 0, "{report}");
}
