//! tune reader, predict with it, ask with it, and how it leaves: questions whose answers stand in their passages, or not.

use expect_test::expect;
use serde_json::{Value, json};

use crate::bench::{Bench, cut, shape};

const ROOMS: [&str; 6] = ["kitchen", "garage", "archive", "canteen", "cellar", "lobby"];
const THINGS: [&str; 6] = ["kettle", "ladder", "ledger", "tray", "barrel", "sofa"];

/// Houses with a thing in a room; every third question asks for another thing.
pub(crate) fn rows(count: usize) -> Vec<Value> {
    let row = |n: usize| {
        let (room, thing) = (ROOMS[n % 6], THINGS[n / 6 % 6]);
        let passage = format!("Züri house {n}: the {thing} stands in the {room} by the door.");
        let start = passage[..passage.find(room).unwrap()].chars().count();
        let answer = json!({ "char_start": start, "char_end": start + room.len(), "quote": room });
        let (wanted, answers) = match n % 3 {
            0 => (THINGS[(n / 6 + 1) % 6], json!([])),
            _ => (thing, json!([answer])),
        };
        json!({ "id": format!("h{n}"), "question": format!("Where does the {wanted} stand?"), "passage": passage,
            "answers": answers, "document": format!("house {n}") })
    };
    (0..count).map(row).collect()
}

fn file(bench: &Bench, name: &str, rows: &[Value]) -> String {
    let path = bench.path(name);
    std::fs::write(&path, rows.iter().map(|row| row.to_string() + "\n").collect::<String>()).unwrap();
    path.to_str().unwrap().to_string()
}

#[test]
fn marked_answers_become_a_reader_that_quotes_to_the_letter_and_leaves() {
    let Some(bench) = Bench::full() else { return };
    let data = file(&bench, "answers.jsonl", &rows(90));
    let report = bench.json(&["tune", "reader", "--data", &data, "--seeds", "1", "--name", "faq"]);
    assert_eq!((&report["kind"], &report["method"]), (&"reader".into(), &"full".into()));
    assert_eq!(report["against"], "the reader of sentences");
    assert!(report["data"]["audit"]["rows"] == 90, "{report}");
    for measure in ["right", "f1", "em", "answerable_auroc"] {
        assert!(report["against_base"][measure]["n"].as_u64() > Some(0), "{report}");
        assert!(report["eval"][measure]["value"].is_number(), "{report}");
    }
    assert!(report["calibration"]["temperature"].as_f64() > Some(0.0), "{report}");
    let told = report["train"]["rows"].as_u64().unwrap() + report["data"]["eval_rows"].as_u64().unwrap();
    assert_eq!(told, 90);

    let mut asked = rows(6);
    asked.push(json!({ "id": "long", "question": "why ".repeat(100), "passage": "Because." }));
    asked.push(json!({ "id": "bare", "question": "Who?" }));
    let run = bench.run(&["predict", "faq", "--input", &file(&bench, "asked.jsonl", &asked)]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let said: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), 8);
    for (said, row) in said.iter().zip(&asked).take(6) {
        assert_eq!(
            (&said["id"], said["answerable"].as_bool()),
            (&row["id"], Some(said["spans"][0].is_object()))
        );
        let passage = row["passage"].as_str().unwrap();
        for span in said["spans"].as_array().unwrap() {
            let at = |name: &str| span[name].as_u64().unwrap() as usize;
            let quote: String =
                passage.chars().skip(at("char_start")).take(at("char_end") - at("char_start")).collect();
            assert_eq!(span["quote"], quote.as_str());
        }
    }
    let answered = said.iter().find(|said| said["answerable"] == true).unwrap();
    expect!["{answerable id score spans[{char_end char_start label quote score}]}"]
        .assert_eq(&shape(answered));
    assert_eq!((&said[6]["id"], &said[6]["error"]["kind"]), (&"long".into(), &"too_long".into()));
    assert_eq!(said[7]["error"]["kind"], "no_text");

    let shown = bench.json(&["model", "show", "faq"]);
    let probe = &shown["manifest"]["probes"][0];
    let again =
        bench.run(&["predict", "faq", "--input", &file(&bench, "probe.jsonl", &[probe["input"].clone()])]);
    let again: Value = serde_json::from_str(again.stdout.trim()).unwrap();
    assert_eq!(again["spans"], probe["output"]["spans"]);

    let to = bench.path("left");
    bench.json(&["model", "export", "faq", to.to_str().unwrap(), "--format", "transformers"]);
    let config: Value = serde_json::from_slice(&std::fs::read(to.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["architectures"], json!(["BertForQuestionAnswering"]));
    let note: Value =
        serde_json::from_slice(&std::fs::read(to.join("engraft-export.json")).unwrap()).unwrap();
    expect!["{engraft format kind losses[] model probes[{input[] output[]}] within}"]
        .assert_eq(&shape(&note));
    for format in ["peft", "sentence-transformers"] {
        let to = bench.path("not-left");
        let (status, error) =
            bench.json_status(&["model", "export", "faq", to.to_str().unwrap(), "--format", format]);
        assert!(status == 2 && !to.exists(), "{error}");
    }
}

/// What is asked of a house, how its page answers, and with what.
const ASKED: [(&str, &str, [&str; 6]); 4] = [
    ("Where does it stand?", "It stands in the {}.", ROOMS),
    (
        "When is it cleaned?",
        "It is cleaned on {}.",
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Sunday"],
    ),
    ("Who looks after it?", "{} looks after it.", ["Ana", "Bob", "Carla", "David", "Emma", "Frank"]),
    ("What does it cost?", "It costs {} euros.", ["15", "28", "60", "120", "350", "900"]),
];

/// What house `n` says, and the word that answers.
fn says(n: usize) -> (String, &'static str) {
    let (_, says, words) = ASKED[n % 4];
    (says.replace("{}", words[n / 4 % 6]), words[n / 4 % 6])
}

/// Houses that each answer one of the questions; every fifth is asked another.
fn houses() -> Vec<Value> {
    let row = |n: usize| {
        let (said, word) = says(n);
        let passage = format!("House {n}: {said}");
        let start = passage.find(word).unwrap();
        let answer = json!({ "char_start": start, "char_end": start + word.len(), "quote": word });
        let (asked, answers) = match n % 5 {
            0 => ((n + 1 + n / 5 % 3) % 4, json!([])),
            _ => (n % 4, json!([answer])),
        };
        json!({ "id": format!("h{n}"), "question": ASKED[asked].0, "passage": passage, "answers": answers,
            "document": format!("house {n}") })
    };
    (0..80).map(row).collect()
}

/// A page for each of the first three questions: the question, the page, and the sentence that answers.
fn pages(bench: &Bench) -> Vec<(&'static str, String, String)> {
    let page = |n: usize| {
        let (name, said) = (format!("house-{n}.md"), says(n).0);
        let text = format!("# House {n}\n\nThe roof is steep and old. {said} Nobody lives there now.\n");
        bench.write(&name, &text);
        (ASKED[n % 4].0, name, said)
    };
    [1, 2, 4].map(page).to_vec()
}

#[test]
fn the_reader_in_use_chooses_the_sentence_that_ask_quotes() {
    let Some(bench) = Bench::full() else { return };
    let pages = pages(&bench);
    bench.ingest();
    let data = file(&bench, "answers.jsonl", &houses());
    let report = bench.json(&["tune", "reader", "--data", &data, "--seeds", "1", "--name", "faq"]);
    assert_eq!(report["served"], report["ship"], "{report}");
    bench.json(&["model", "serve", "faq", "--anyway"]);

    let (mut right, mut supports) = (0, Vec::new());
    for (question, page, sentence) in &pages {
        let (status, said) = bench.json_status(&["ask", question]);
        assert_eq!((&said["reader"], status == 0), (&"faq".into(), said["answerable"] == true), "{said}");
        supports.push(said["support"].as_f64().unwrap());
        for citation in said["citations"].as_array().unwrap() {
            // Whole sentences, to the letter.
            let quote = citation["quote"].as_str().unwrap();
            assert_eq!(quote, cut(&bench.docs().join(citation["uri"].as_str().unwrap()), citation));
            assert!(quote.ends_with('.'), "{quote}");
            right += usize::from(citation["uri"] == page.as_str() && quote.contains(sentence));
        }
    }
    assert!(right >= 2, "{right} of {}", pages.len());
    // Of what no page says it is less sure.
    let (_, absent) = bench.json_status(&["ask", ASKED[3].0]);
    let mean = supports.iter().sum::<f64>() / supports.len() as f64;
    assert!(absent["reader"] == "faq" && absent["support"].as_f64().unwrap() < mean, "{absent} {supports:?}");

    // By another name, by none, and where it cannot read.
    let question = pages[1].0;
    let (_, plain) = bench.json_status(&["ask", question, "--reader", "none"]);
    assert!(plain["reader"].is_null() && plain["support"] != supports[1], "{plain}");
    let (status, error) = bench.json_status(&["ask", question, "--reader", "nobody"]);
    assert!(status == 2 && error["error"]["message"].as_str().unwrap().contains("nobody"), "{error}");
    let long = format!("{question} {}", "why ".repeat(80));
    let (_, said) = bench.json_status(&["ask", &long]);
    assert!(
        said["reader"].is_null() && said["notes"].to_string().contains("too long for the reader faq"),
        "{said}"
    );

    let asked: Vec<Value> = pages
        .iter()
        .enumerate()
        .map(|(at, (question, page, sentence))| {
            let gold = json!([{ "uri": page, "quote": sentence }]);
            json!({ "id": format!("q{at}"), "question": question, "gold": gold })
        })
        .collect();
    let asked = file(&bench, "questions.jsonl", &asked);
    let run = bench.run(&["ask", "--batch", &asked]);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() == 3 && lines.iter().all(|line| line["reader"] == "faq"), "{}", run.stdout);
    let read = bench.json(&["eval", "answers", "--questions", &asked]);
    let ranked = bench.json(&["eval", "answers", "--questions", &asked, "--reader", "none"]);
    assert_ne!(read["run_id"], ranked["run_id"]);
    assert!(read["measures"]["right"]["value"].as_f64() >= Some(0.6), "{read}");
    // A run leads back to the model, what that was made from, and the documents.
    let behind = bench.json(&["lineage", &read["run_id"].as_str().unwrap()[..12]]);
    assert_eq!(
        (&behind["models"][0]["name"], &behind["models"][0]["kind"]),
        (&"faq".into(), &"reader".into())
    );
    assert!(
        behind["models"][0]["lineage"][0].as_str().unwrap().starts_with("file:answers.jsonl@"),
        "{behind}"
    );
    let documents = behind["documents"].as_array().unwrap();
    assert!(documents.len() == 3 && documents[0]["cited"].as_u64() > Some(0), "{behind}");
    assert!(documents.iter().all(|one| one["current"] == true && one["found"] == 3), "{behind}");
    let plain = bench.json(&["lineage", ranked["run_id"].as_str().unwrap()]);
    assert_eq!(plain["models"], json!([]));
    let (status, error) = bench.json_status(&["lineage", "f00d"]);
    assert!(status == 2 && error.to_string().contains("engraft eval list"), "{error}");

    bench.json(&["model", "rollback", "reader"]);
    assert!(bench.json_status(&["ask", question]).1["reader"].is_null());
    let (status, error) = bench.json_status(&["ask", question, "--rerank"]);
    assert!(status == 2 && error.to_string().contains("engraft tune reranker"), "{error}");
}

#[test]
fn spans_of_a_dataset_are_answers_and_its_other_texts_are_the_question() {
    let Some(bench) = Bench::full() else { return };
    let schema = bench.path("schema.json");
    let text = r#"{"fields":[{"name":"question","type":"text"},{"name":"passage","type":"text"}],
        "questions":[{"name":"answer","type":"spans","field":"passage","options":[{"value":"answer"}]}],"distribution":{"overlap":1}}"#;
    std::fs::write(&schema, text).unwrap();
    bench.json(&["dataset", "create", "marked", "--schema", schema.to_str().unwrap()]);
    let item = |row: &Value| {
        let mut spans = row["answers"].clone();
        spans.as_array_mut().unwrap().iter_mut().for_each(|span| span["label"] = "answer".into());
        json!({ "id": row["id"], "fields": { "question": row["question"], "passage": row["passage"] },
            "resolution": { "answers": { "answer": spans }, "source": "agreed" } })
    };
    let items: Vec<Value> = rows(60).iter().map(item).collect();
    let items = file(&bench, "items.jsonl", &items);
    bench.json(&["dataset", "import", "marked", &items, "--format", "jsonl"]);
    let words = ["tune", "reader", "--data", "marked", "--seeds", "1", "--method", "lora"];
    let report = bench.json(&words);
    assert_eq!((&report["model"], &report["method"]), (&"marked-reader".into(), &"lora".into()));
    assert_eq!(report["data_snapshot"], bench.json(&["dataset", "show", "marked"])["snapshot"]);
    let told = report["train"]["rows"].as_u64().unwrap() + report["data"]["eval_rows"].as_u64().unwrap();
    assert_eq!(told, 60);
    let to = bench.path("adapter");
    bench.json(&["model", "export", "marked-reader", to.to_str().unwrap(), "--format", "peft"]);
    assert!(to.join("adapter_model.safetensors").is_file() && !to.join("model.safetensors").exists());
}

#[test]
fn what_cannot_be_read_from_is_refused_with_what_to_do() {
    let Some(bench) = Bench::full() else { return };
    let check = |words: &[&str], expected: expect_test::Expect| {
        let (status, value) = bench.json_status(words);
        assert_eq!(status, 2, "{value}");
        let folder = format!("{}/", bench.path("").display()).replace("//", "/");
        let line = |key: &str| value["error"][key].as_str().unwrap_or("-").replace(&folder, "");
        expected.assert_eq(&format!("{}\nhint: {}", line("message"), line("hint")));
    };
    let few = file(&bench, "few.jsonl", &rows(12));
    check(
        &["tune", "reader", "--data", &few],
        expect![[r#"
            5 questions to learn from have an answer, 20 are needed
            hint: mark more answers; some hundreds make a reader"#]],
    );
    check(
        &["tune", "reader", "--data", &few, "--method", "magic"],
        expect![[r#"
            `magic` is no method for a reader
            hint: choose full or lora"#]],
    );
    let bare = file(&bench, "bare.jsonl", &[json!({ "question": "Who?", "passage": "Ana did." })]);
    check(
        &["tune", "reader", "--data", &bare],
        expect![[r#"
            no row of bare.jsonl can be used; bare.jsonl:1: the row does not say what answers its question
            hint: write "answers":[{"char_start","char_end","quote"}], or [] where the passage does not answer"#]],
    );
    let listed = bench.json(&["model", "list"]);
    assert!(
        listed["models"].as_array().unwrap().iter().all(|model| model["source"] != "workspace"),
        "{listed}"
    );
}
