//! tune classifier on an encoder: texts beyond its window, texts out of scope, and encoders that are moved.

use expect_test::expect;
use serde_json::{Value, json};

use crate::bench::{Bench, shape};
use crate::tuning::{file, lines, predicted, refused, rows};

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
