//! tune, predict, and the models they make: their JSON, and what becomes of wrong use.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::bench::{Bench, shape};

/// Rows whose words tell their class; every fifth says something else.
pub(crate) fn rows(n: usize, from: usize) -> Vec<Value> {
    let words = [["card", "arrive", "post"], ["transfer", "failed", "money"], ["fee", "charged", "why"]];
    let names = ["card", "transfer", "fee"];
    (from..from + n)
        .map(|place| {
            let class = place % 3;
            let own = words[class];
            let text = format!("about {} {} number {place} {}", own[place % 2], own[2 - place % 2], own[1]);
            json!({ "id": format!("r{place}"), "text": text, "label": names[class] })
        })
        .collect()
}

pub(crate) fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| row.to_string() + "\n").collect()
}

pub(crate) fn file(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

#[track_caller]
pub(crate) fn refused(bench: &Bench, words: &[&str], status: i32, expected: Expect) {
    let (found, value) = bench.json_status(words);
    assert_eq!(found, status, "{value}");
    let error = &value["error"];
    let scratch = bench.path("").to_str().unwrap().to_string();
    let line = |key: &str| error[key].as_str().unwrap_or("-").replace(&scratch, "");
    expected.assert_eq(&format!("{}: {}\nhint: {}", line("kind"), line("message"), line("hint")));
    assert_eq!(tuned_here(bench), 0, "something was registered");
}

/// How many models were tuned in the workspace.
fn tuned_here(bench: &Bench) -> usize {
    let models = bench.json(&["model", "list"]);
    models["models"].as_array().unwrap().iter().filter(|model| model["source"] == "workspace").count()
}

/// The lines of a command that prints JSONL.
pub(crate) fn predicted(bench: &Bench, model: &str, input: &str) -> Vec<Value> {
    let run = bench.run(&["predict", model, "--input", input]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_file_becomes_a_classifier_that_is_listed_asked_and_removed() {
    let bench = Bench::lexical();
    let data = file(&bench, "topics.jsonl", &lines(&rows(90, 0)));
    let eval = file(&bench, "eval.jsonl", &lines(&rows(45, 1000)));
    let words =
        ["tune", "classifier", "--data", &data, "--eval", &eval, "--method", "linear", "--name", "topics"];
    let report = bench.json(&words);
    for key in ["model", "base", "data_snapshot", "train", "eval", "against_base", "ship", "why", "lineage"] {
        assert!(report.get(key).is_some(), "{key} is missing in {report}");
    }
    assert_eq!(
        (&report["model"], &report["train"]["rows"], &report["ship"]),
        (&"topics".into(), &90.into(), &true.into())
    );
    expect!["{high low n value}"].assert_eq(&shape(&report["against_base"]["accuracy"]));
    assert!(report["eval"]["accuracy"]["value"].as_f64().unwrap() > 0.9, "{report}");

    let listed = bench.json(&["model", "list"]);
    let model =
        &listed["models"].as_array().unwrap().iter().find(|model| model["name"] == "topics").unwrap().clone();
    assert_eq!(
        (&model["kind"], &model["dim"], &model["lineage"]),
        (&"classifier".into(), &3.into(), &report["lineage"])
    );
    let shown = bench.json(&["model", "show", "topics"]);
    assert_eq!(shown["manifest"]["why"], report["why"]);

    let input = file(
        &bench,
        "new.jsonl",
        "{\"id\":\"a\",\"text\":\"my card did not arrive\"}\nno json\n{\"text\":\"transfer failed\"}\n",
    );
    let said = predicted(&bench, "topics", &input);
    assert_eq!((&said[0]["id"], &said[0]["label"]), (&"a".into(), &"card".into()));
    expect!["{id label scores{card fee transfer}}"].assert_eq(&shape(&said[0]));
    let sum: f64 = said[0]["scores"].as_object().unwrap().values().map(|score| score.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    expect!["{error{hint kind message} id}"].assert_eq(&shape(&said[1]));
    assert_eq!((&said[2]["id"], &said[2]["label"]), (&"3".into(), &"transfer".into()));

    // It leads back to what it was made from, and on to the runs that it took part in.
    let run = bench.json(&["eval", "model", "topics", "--data", &eval]);
    let behind = bench.json(&["lineage", "topics"]);
    expect!["{base kind lineage[] name}"].assert_eq(&shape(&behind["model"]));
    assert_eq!(
        (&behind["model"]["name"], &behind["model"]["lineage"], &behind["data_snapshot"]),
        (&"topics".into(), &report["lineage"], &report["data_snapshot"])
    );
    let runs = behind["runs"].as_array().unwrap();
    assert!(runs.len() == 1 && runs[0]["run_id"] == run["run_id"], "{behind}");
    let told = bench.run(&["lineage", "topics"]).stdout;
    assert!(told.contains("topics is a classifier\n    from file:topics.jsonl@"), "{told}");
    assert!(told.contains("it took part in 1 runs"), "{told}");
    let (status, error) = bench.json_status(&["lineage", "nothing"]);
    let said = error["error"]["message"].as_str().unwrap();
    assert_eq!((status, said), (2, "there is no run or tuned model `nothing`"));

    // What cannot be written as asked leaves no folder behind.
    let to = bench.path("written");
    let (status, error) =
        bench.json_status(&["model", "export", "topics", to.to_str().unwrap(), "--format", "peft"]);
    assert!(status == 2 && !to.exists(), "{error}");

    bench.json(&["model", "rm", "topics"]);
    assert_eq!(bench.json_status(&["model", "show", "topics"]).0, 2);
}

#[test]
fn the_same_data_and_seed_make_the_same_model() {
    let bench = Bench::lexical();
    let data = file(
        &bench,
        "topics.csv",
        "text,label\nred card,card\nmy card,card\ncard lost,card\nfee due,fee\na fee,fee\nwhy this fee,fee\nblue card,card\nbig fee,fee\nlong fee note,fee\nshort card note,card\n",
    );
    let tune = |name: &str, threads: &str| {
        let words = [
            "--threads",
            threads,
            "tune",
            "classifier",
            "--data",
            &data,
            "--method",
            "linear",
            "--name",
            name,
        ];
        bench.json(&words);
        std::fs::read(bench.path(&format!("kb/.engraft/models/{name}/linear.safetensors"))).unwrap()
    };
    assert_eq!(tune("one", "1"), tune("two", "2"));
}

#[test]
fn resolved_answers_of_a_dataset_are_learned() {
    let bench = Bench::lexical();
    let schema = r#"{"fields":[{"name":"message","type":"text"}],
        "questions":[{"name":"topic","type":"label","options":["card","transfer","fee"]}]}"#;
    let schema = file(&bench, "schema.json", schema);
    bench.json(&["dataset", "create", "support", "--schema", &schema]);
    let items: Vec<Value> = rows(61, 0)
        .into_iter()
        .enumerate()
        .map(|(place, row)| {
            let mut item = json!({ "id": row["id"], "fields": { "message": row["text"] } });
            if place < 60 {
                item["responses"] =
                    json!([{ "user": "ana", "status": "submitted", "answers": { "topic": row["label"] } }]);
            }
            item
        })
        .collect();
    let items = file(&bench, "items.jsonl", &lines(&items));
    bench.json(&["dataset", "import", "support", &items, "--format", "jsonl"]);
    refused(
        &bench,
        &["tune", "classifier", "--data", "support", "--method", "linear"],
        2,
        expect![[r#"
            user: no item of support has a resolved answer to `topic`
            hint: run `engraft resolve support`, or decide the conflicts in the studio"#]],
    );
    bench.json(&["resolve", "support"]);
    let report = bench.json(&["tune", "classifier", "--data", "support", "--method", "linear"]);
    assert_eq!((&report["model"], &report["data"]["unresolved"]), (&"support-linear".into(), &1.into()));
    let snapshot = &bench.json(&["dataset", "show", "support"])["snapshot"];
    assert_eq!(&report["data_snapshot"], snapshot);
    let rows = report["train"]["rows"].as_u64().unwrap() + report["data"]["eval_rows"].as_u64().unwrap();
    assert_eq!(rows, 60);
    // The same again gets a name of its own.
    assert_eq!(
        bench.json(&["tune", "classifier", "--data", "support", "--method", "linear"])["model"],
        "support-linear-2"
    );
}

#[test]
fn texts_of_one_document_of_a_dataset_are_never_parted() {
    let bench = Bench::lexical();
    let schema = r#"{"fields":[{"name":"message","type":"text"}],
        "questions":[{"name":"topic","type":"label","options":["card","transfer","fee"]}]}"#;
    let schema = file(&bench, "schema.json", schema);
    bench.json(&["dataset", "create", "support", "--schema", &schema]);
    let item = |(place, row): (usize, Value)| {
        json!({ "id": row["id"], "fields": { "message": row["text"] },
            "metadata": { "document": format!("mail {}", place / 7) },
            "resolution": { "answers": { "topic": row["label"] }, "source": "adjudicated" } })
    };
    let items: Vec<Value> = rows(84, 0).into_iter().enumerate().map(item).collect();
    let items = file(&bench, "items.jsonl", &lines(&items));
    bench.json(&["dataset", "import", "support", &items, "--format", "jsonl"]);
    let report = bench.json(&["tune", "classifier", "--data", "support", "--method", "linear"]);
    let (train, eval) = (&report["train"]["rows"], &report["data"]["eval_rows"]);
    let (train, eval) = (train.as_u64().unwrap(), eval.as_u64().unwrap());
    // Of each document there are seven texts.
    assert!(train + eval == 84 && eval > 0 && eval % 7 == 0, "{report}");
}

#[test]
fn a_text_may_have_several_labels() {
    let bench = Bench::lexical();
    let several: Vec<Value> = (0..80)
        .map(|place| {
            let has: Vec<&str> = [("card", 1), ("fee", 2)]
                .iter()
                .filter(|(_, bit)| place & bit != 0)
                .map(|(name, _)| *name)
                .collect();
            json!({ "text": format!("note {place} about {}", has.join(" and ")), "label": has })
        })
        .collect();
    let data = file(&bench, "several.jsonl", &lines(&several));
    let report =
        bench.json(&["tune", "classifier", "--data", &data, "--method", "linear", "--name", "several"]);
    assert!(report["eval"]["micro_f1"]["value"].as_f64().unwrap() > 0.9, "{report}");
    // Each label of each row is a decision.
    let decisions = json!(2 * report["data"]["eval_rows"].as_u64().unwrap());
    for measure in ["ece", "ece_uncalibrated"] {
        assert_eq!(report["eval"][measure]["n"], decisions, "{report}");
    }
    let measured = bench.json(&["eval", "model", "several", "--data", &data]);
    assert_eq!(measured["measures"]["ece"]["n"], 160, "{measured}");
    let input = file(&bench, "new.jsonl", "{\"text\":\"about card and fee\"}\n{\"text\":\"about\"}\n");
    let said = predicted(&bench, "several", &input);
    assert_eq!((&said[0]["label"], &said[1]["label"]), (&json!(["card", "fee"]), &json!([])));
}

#[test]
fn wrong_use_is_told_what_to_do_and_registers_nothing() {
    let bench = Bench::lexical();
    let tune = |data: &str| {
        vec![
            "tune".to_string(),
            "classifier".into(),
            "--method".into(),
            "linear".into(),
            "--data".into(),
            data.into(),
        ]
    };
    #[track_caller]
    fn check(bench: &Bench, words: &[String], status: i32, expected: Expect) {
        refused(bench, &words.iter().map(String::as_str).collect::<Vec<_>>(), status, expected);
    }
    check(
        &bench,
        &tune("nowhere"),
        2,
        expect![[r#"
        missing: there is no dataset or file `nowhere`
        hint: run `engraft dataset list`, or name a JSONL or CSV file"#]],
    );
    let empty = file(&bench, "empty.jsonl", "");
    check(
        &bench,
        &tune(&empty),
        2,
        expect![[r#"
        user: there is no row to train on
        hint: bring rows with `text` and `label`"#]],
    );
    let one = file(
        &bench,
        "one.jsonl",
        &"{\"text\":\"a card\",\"label\":\"x\"}\n{\"text\":\"a fee\",\"label\":\"x\"}\n".repeat(3),
    );
    check(
        &bench,
        &tune(&one),
        2,
        expect![[r#"
        user: all 6 rows have the label `x`: there is nothing to tell apart
        hint: bring rows with at least two labels"#]],
    );
    let twice = file(
        &bench,
        "twice.jsonl",
        "{\"id\":1,\"text\":\"a\",\"label\":\"x\"}\n{\"id\":1,\"text\":\"b\",\"label\":\"y\"}\n",
    );
    check(
        &bench,
        &tune(&twice),
        2,
        expect![[r#"
        user: id `1` stands on lines 1 and 2 of twice.jsonl
        hint: give every row an id of its own, or leave ids out"#]],
    );
    let good = file(&bench, "good.jsonl", &lines(&rows(60, 0)));
    let unseen = file(&bench, "unseen.jsonl", "{\"text\":\"a parcel\",\"label\":\"parcel\"}\n");
    let with = |more: &[&str]| -> Vec<String> {
        tune(&good).into_iter().chain(more.iter().map(ToString::to_string)).collect()
    };
    check(
        &bench,
        &with(&["--eval", &unseen]),
        2,
        expect![[r#"
        user: labels that training never saw: `parcel` (1)
        hint: add training rows with these labels or take them out; `--out-of-scope LABEL` names one that means none of the classes"#]],
    );
    check(
        &bench,
        &with(&["--name", "../x"]),
        2,
        expect![[r#"
        user: `../x` cannot be a model's name
        hint: use up to 64 letters a-z, digits and . - _, the first a letter or digit"#]],
    );
    check(
        &bench,
        &with(&["--over-length", "shrug"]),
        2,
        expect![[r#"
        user: --over-length: `shrug` is not one of error, drop, split, truncate
        hint: choose one of those"#]],
    );
    check(
        &bench,
        &with(&["--seeds", "0"]),
        2,
        expect![[r#"
        user: --seeds is 0
        hint: train with at least one"#]],
    );
    let frozen = ["tune", "classifier", "--data", &good, "--method", "frozen"];
    refused(
        &bench,
        &frozen,
        2,
        expect![[r#"
        user: the method frozen needs an encoder, and there is none
        hint: name one: `--base all-MiniLM-L6-v2`, or use `--method linear`"#]],
    );
    let missing = [&frozen[..], &["--base", "no-such-model"]].concat();
    refused(
        &bench,
        &missing,
        2,
        expect![[r#"
        missing: there is no model `no-such-model`
        hint: run `engraft model pull all-MiniLM-L6-v2`"#]],
    );
    refused(
        &bench,
        &["tune", "classifier", "--data", &good, "--method", "magic"],
        2,
        expect![[r#"
        user: --method: `magic` is not one of linear, frozen, setfit, lora, full, auto
        hint: choose one of those"#]],
    );
    refused(
        &bench,
        &["predict", "nothing", "--input", &good],
        2,
        expect![[r#"
        missing: there is no tuned model `nothing`
        hint: run `engraft model list` to see them, or `engraft tune` to make one"#]],
    );
}

#[test]
fn bad_lines_are_reported_and_the_rest_is_learned() {
    let bench = Bench::lexical();
    let text = format!("{}not json\n{{\"text\":\"no label\"}}\n", lines(&rows(60, 0)));
    let data = file(&bench, "some.jsonl", &text);
    let report = bench.json(&["tune", "classifier", "--data", &data, "--method", "linear"]);
    let rejected = report["data"]["rejected"].as_array().unwrap();
    assert_eq!(
        (rejected.len(), &rejected[0]["uri"], &rejected[1]["kind"]),
        (2, &"some.jsonl:61".into(), &"no_label".into())
    );
    assert!(rejected.iter().all(|bad| !bad["hint"].as_str().unwrap().is_empty()));
}

#[test]
fn a_damaged_model_is_refused_and_a_taken_name_is_kept() {
    let bench = Bench::lexical();
    let data = file(&bench, "topics.jsonl", &lines(&rows(60, 0)));
    let words = ["tune", "classifier", "--data", &data, "--method", "linear", "--name", "topics"];
    bench.json(&words);
    let (status, again) = bench.json_status(&words);
    assert_eq!((status, &again["error"]["message"]), (3, &"there is a model `topics` already".into()));
    let weights = bench.path("kb/.engraft/models/topics/linear.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let (status, error) = bench.json_status(&["predict", "topics", "--input", &data]);
    let message = error["error"]["message"].as_str().unwrap();
    assert!(status == 3 && message.ends_with("linear.safetensors was changed or cut short"), "{error}");
}

#[test]
fn of_wrong_labels_as_many_are_listed_as_a_tenth_of_the_rows() {
    let bench = Bench::lexical();
    let mut rows = rows(2000, 0);
    for place in (3..2000).step_by(10) {
        rows[place]["label"] = ["card", "transfer", "fee"][(place + 1) % 3].into();
    }
    let data = file(&bench, "topics.jsonl", &lines(&rows));
    let words = ["tune", "classifier", "--data", &data, "--method", "linear"];
    let report = bench.json(&words);
    let count = |value: &Value| value.as_u64().unwrap() as usize;
    let (total, trained) = (count(&report["data"]["label_issues_total"]), count(&report["train"]["rows"]));
    let listed = report["data"]["label_issues"].as_array().unwrap();
    assert_eq!(listed.len(), total.min(trained / 10), "{total} among {trained}");
    assert!(listed.len() > 100, "{} are listed", listed.len());
    let wrong = listed.iter().filter(|issue| issue["item"].as_str().unwrap().ends_with('3')).count();
    assert!(wrong * 10 >= listed.len() * 9, "{wrong} of {} are wrong", listed.len());
    let told = bench.run(&words).stdout;
    assert!(told.contains(&format!("note: {total} labels are probably wrong\n")), "{told}");
    assert_eq!(told.matches(", or rather `").count(), 10, "{told}");
    assert!(told.contains(&format!("--json lists {} of them\n", listed.len())), "{told}");
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let bench = Bench::lexical();
    let data = file(&bench, "topics.jsonl", &lines(&rows(60, 0)));
    // A file where the folder of models should be: as on a full or read-only disk, nothing can be created there.
    std::fs::write(bench.path("kb/.engraft/models"), "").unwrap();
    let (status, error) = bench.json_status(&["tune", "classifier", "--data", &data, "--method", "linear"]);
    assert_eq!((status, &error["error"]["kind"]), (3, &"unavailable".into()), "{error}");
    std::fs::remove_file(bench.path("kb/.engraft/models")).unwrap();
    assert_eq!(tuned_here(&bench), 0);
}
