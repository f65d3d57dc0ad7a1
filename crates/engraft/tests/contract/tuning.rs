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

fn file(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

#[track_caller]
fn refused(bench: &Bench, words: &[&str], status: i32, expected: Expect) {
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
fn predicted(bench: &Bench, model: &str, input: &str) -> Vec<Value> {
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
fn what_becomes_of_texts_beyond_the_window_is_chosen_and_counted() {
    let bench = Bench::tiny();
    // The encoder reads 158 letters beside its two marks: of fifty times `card` thirty-nine, of thirty times `transfer` nineteen.
    let long = |word: &str, times: usize| json!({ "id": "long", "text": vec![word; times].join(" "), "label": word });
    let data = file(&bench, "train.jsonl", &lines(&[rows(60, 0), vec![long("card", 50)]].concat()));
    let eval = file(&bench, "eval.jsonl", &lines(&[rows(30, 1000), vec![long("transfer", 30)]].concat()));
    let asked = ["tune", "classifier", "--data", &data, "--eval", &eval, "--method", "frozen"];
    refused(
        &bench,
        &asked,
        2,
        expect![[r#"
            user: 1 of the texts are longer than the model reads (158 tokens); `long` has 200
            hint: say what should become of them: `--over-length drop`, `split` or `truncate`"#]],
    );
    let tuned = |policy: &str| {
        let report = bench.json(&[&asked[..], &["--over-length", policy, "--name", policy]].concat());
        let done = &report["data"]["over_length"];
        let done = ["too_long", "dropped", "split", "truncated", "tokens_lost"].map(|key| done[key].clone());
        (report["train"]["rows"].clone(), report["data"]["eval_rows"].clone(), json!(done))
    };
    assert_eq!(tuned("drop"), (json!(60), json!(30), json!([2, 2, 0, 0, 440])));
    assert_eq!(tuned("split"), (json!(62), json!(31), json!([2, 0, 2, 0, 0])));
    // 44 of 200 tokens of training, 88 of 240 of evaluation.
    assert_eq!(tuned("truncate"), (json!(61), json!(31), json!([2, 0, 0, 2, 132])));
    let input = file(&bench, "long.jsonl", &lines(&[long("card", 50)]));
    assert_eq!(predicted(&bench, "drop", &input)[0]["error"]["kind"], "too_long");
    assert_eq!(predicted(&bench, "truncate", &input)[0]["truncated_tokens"], 44);
    let split = predicted(&bench, "split", &input);
    assert!(split[0]["label"].is_string() && split[0].get("truncated_tokens").is_none(), "{split:?}");
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

#[test]
fn the_encoder_as_it_is_joins_in_and_another_base_is_refused() {
    let Some(bench) = Bench::full() else { return };
    let data = file(&bench, "topics.jsonl", &lines(&rows(60, 0)));
    let report =
        bench.json(&["tune", "classifier", "--data", &data, "--method", "frozen", "--name", "topics"]);
    assert_eq!((&report["method"], &report["against"]), (&"frozen".into(), &"linear".into()));
    assert!(report["base"].as_str().unwrap().contains('@'), "{report}");
    let said = predicted(
        &bench,
        "topics",
        &file(&bench, "new.jsonl", "{\"text\":\"where is the plastic for my account\"}\n"),
    );
    assert!(said[0]["label"].is_string(), "{said:?}");
    let manifest = bench.path("kb/.engraft/models/topics/engraft-model.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let fingerprint = report["base"].as_str().unwrap().rsplit('@').next().unwrap();
    std::fs::write(&manifest, text.replace(fingerprint, "0123456789ab")).unwrap();
    let (status, error) = bench.json_status(&["predict", "topics", "--input", &data]);
    let message = error["error"]["message"].as_str().unwrap();
    assert!(status == 3 && message.starts_with("`topics` was tuned from"), "{error}");
}

#[test]
fn an_encoder_that_was_moved_lies_in_the_model_and_answers_the_same_again() {
    let Some(bench) = Bench::full() else { return };
    let data = file(&bench, "topics.jsonl", &lines(&rows(24, 0)));
    let eval = file(&bench, "eval.jsonl", &lines(&rows(9, 1000)));
    let words =
        ["tune", "classifier", "--data", &data, "--eval", &eval, "--method", "setfit", "--seeds", "1"];
    let report = bench.json(&[&words[..], &["--name", "moved"]].concat());
    assert_eq!((&report["method"], &report["against"]), (&"setfit".into(), &"frozen".into()));
    assert!(report["train"]["steps"].as_u64().unwrap() > 0, "{report}");
    let tiers = report["tiers"].as_array().unwrap().iter().map(|tier| tier["method"].as_str().unwrap());
    assert_eq!(tiers.collect::<Vec<_>>(), ["linear", "frozen", "setfit"]);
    assert!(report["tiers"][2]["parts"]["tuned"].as_f64().unwrap() > 0.0, "{report}");
    assert!(bench.path("kb/.engraft/models/moved/encoder/model.safetensors").is_file());
    says_what_its_probes_say(&bench, "moved");
}

/// Asked for the texts of its probes, a classifier gives the labels and the numbers that were noted when it was registered.
#[track_caller]
fn says_what_its_probes_say(bench: &Bench, model: &str) {
    let probes = bench.json(&["model", "show", model])["manifest"]["probes"].clone();
    let probes = probes.as_array().unwrap();
    let input: Vec<Value> = probes.iter().map(|probe| probe["input"].clone()).collect();
    let said = predicted(bench, model, &file(bench, "probes.jsonl", &lines(&input)));
    assert!(!probes.is_empty() && said.len() == probes.len(), "{said:?}");
    for (said, probe) in said.iter().zip(probes) {
        let noted = &probe["output"];
        assert_eq!(said["label"], noted["label"]);
        let near = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-4;
        for (class, score) in noted["scores"].as_object().unwrap() {
            assert!(near(&said["scores"][class], score), "{said} {probe}");
        }
        assert_eq!(said["out_of_scope"].is_null(), noted["out_of_scope"].is_null());
        assert!(
            noted["out_of_scope"].is_null() || near(&said["out_of_scope"], &noted["out_of_scope"]),
            "{said}"
        );
    }
}

/// Rows about other things, which are out of scope.
fn strange(n: usize, from: usize) -> Vec<Value> {
    let (skies, towns) =
        (["sunny", "windy", "mild", "rainy", "dull"], ["lisbon", "vilnius", "bilbao", "gdynia"]);
    let row = |at: usize| {
        let text =
            format!("in {} we saw {} skies with {} hills {at}", towns[at % 4], skies[at % 5], skies[at % 3]);
        json!({ "id": format!("s{at}"), "text": text, "label": "other" })
    };
    (from..from + n).map(row).collect()
}

#[test]
fn texts_out_of_scope_are_told_measured_and_refused_a_class() {
    let bench = Bench::lexical();
    let data = file(&bench, "topics.jsonl", &lines(&[rows(60, 0), strange(30, 0)].concat()));
    let eval = file(&bench, "eval.jsonl", &lines(&[rows(30, 60), strange(15, 30)].concat()));
    let words = ["tune", "classifier", "--data", &data, "--eval", &eval, "--method", "linear"];
    let report = bench.json(&[&words[..], &["--out-of-scope", "other", "--name", "topics"]].concat());
    let value = |name: &str| report["eval"][name]["value"].as_f64().unwrap_or(f64::NAN);
    assert_eq!(
        (&report["train"]["rows"], &report["eval"]["accuracy"]["n"]),
        (&60.into(), &30.into()),
        "{report}"
    );
    assert_eq!(report["eval"]["out_of_scope_auroc"]["n"], 45, "{report}");
    assert!(value("out_of_scope_auroc") > 0.9 && value("out_of_scope_recall") > 0.8, "{report}");
    assert!(value("false_reject") < 0.2, "{report}");
    let said = predicted(&bench, "topics", &eval);
    expect!["{id label out_of_scope scores{card fee transfer}}"].assert_eq(&shape(&said[0]));
    // It refuses in the lines as often as in the report, and where it does not it names a class.
    let rejected = |lines: &[Value]| lines.iter().filter(|line| line["label"] == "other").count() as f64;
    assert!((rejected(&said[30..]) / 15.0 - value("out_of_scope_recall")).abs() < 1e-9, "{said:?}");
    assert!((rejected(&said[..30]) / 30.0 - value("false_reject")).abs() < 1e-9, "{said:?}");
    assert!(
        said.iter().all(|line| (0.0..=1.0).contains(&line["out_of_scope"].as_f64().unwrap())),
        "{said:?}"
    );
    says_what_its_probes_say(&bench, "topics");
}

#[test]
fn an_encoder_trained_as_a_whole_tells_texts_out_of_scope_and_answers_the_same_again() {
    let Some(bench) = Bench::full() else { return };
    let data = file(&bench, "topics.jsonl", &lines(&[rows(18, 0), strange(6, 0)].concat()));
    let eval = file(&bench, "eval.jsonl", &lines(&[rows(9, 1000), strange(3, 1000)].concat()));
    let words = ["tune", "classifier", "--data", &data, "--eval", &eval, "--method", "full", "--seeds", "1"];
    let report = bench.json(&[&words[..], &["--out-of-scope", "other", "--name", "moved"]].concat());
    assert_eq!((&report["method"], &report["against"]), (&"full".into(), &"frozen".into()));
    let parts = &report["tiers"][2]["parts"];
    assert!(report["train"]["steps"].as_u64() > Some(0) && parts["tuned"].as_f64() > Some(0.0), "{report}");
    assert_eq!(report["eval"]["out_of_scope_auroc"]["n"], 12, "{report}");
    assert!(bench.path("kb/.engraft/models/moved/encoder/model.safetensors").is_file());
    says_what_its_probes_say(&bench, "moved");
}

#[test]
fn an_encoder_moved_by_adapters_gives_a_text_several_labels() {
    let Some(bench) = Bench::full() else { return };
    let several = |from: usize, n: usize| -> Vec<Value> {
        let row = |place: usize| {
            let has: Vec<&str> = [("card", 1), ("fee", 2)]
                .iter()
                .filter(|(_, bit)| place & bit != 0)
                .map(|(name, _)| *name)
                .collect();
            json!({ "id": format!("r{place}"), "text": format!("note {place} about {}", has.join(" and ")), "label": has })
        };
        (from..from + n).map(row).collect()
    };
    let data = file(&bench, "several.jsonl", &lines(&several(0, 24)));
    let eval = file(&bench, "eval.jsonl", &lines(&several(1000, 12)));
    let words = ["tune", "classifier", "--data", &data, "--eval", &eval, "--method", "lora", "--seeds", "1"];
    let report = bench.json(&[&words[..], &["--name", "several"]].concat());
    assert_eq!((&report["method"], &report["against"]), (&"lora".into(), &"frozen".into()));
    assert!(report["tiers"][2]["parts"]["tuned"].as_f64() > Some(0.0), "{report}");
    assert!(report["eval"]["micro_f1"]["value"].as_f64() > Some(0.7), "{report}");
    let adapter = "kb/.engraft/models/several/encoder/adapter/adapter_model.safetensors";
    assert!(bench.path(adapter).is_file());
    let said = predicted(&bench, "several", &eval);
    assert!(said.iter().all(|line| line["label"].is_array()), "{said:?}");
    says_what_its_probes_say(&bench, "several");
}
