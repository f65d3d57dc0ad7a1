//! `decide`: a small task with the real encoder, the shape of its JSON, replay, resume, and what is refused.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::bench::Bench;

const TOPICS: [(&str, [&str; 4]); 4] = [
    (
        "delivery",
        ["Where is my parcel with the", "My order of the", "When will you send the", "The courier lost the"],
    ),
    (
        "refund",
        [
            "I want my money back for the",
            "Please refund the",
            "You charged me twice for the",
            "Cancel and repay the",
        ],
    ),
    (
        "repair",
        [
            "The display is dark on my",
            "Something rattles inside the",
            "Who can mend the",
            "It no longer starts, the",
        ],
    ),
    (
        "advice",
        [
            "How do I clean the",
            "Which battery fits the",
            "What is the best place for the",
            "How do I read the",
        ],
    ),
];
const THINGS: [&str; 10] = [
    "rain gauge",
    "wind vane from May",
    "small barometer",
    "old thermometer",
    "snow sensor",
    "weather mast",
    "blue display unit",
    "solar panel",
    "radio mast in the garden",
    "spare cable",
];

/// 160 labelled messages, and a task that halves them.
fn task(bench: &Bench, more: &str) -> PathBuf {
    let mut rows = String::new();
    for (label, openings) in TOPICS {
        for opening in openings {
            for thing in THINGS {
                rows.push_str(&format!(
                    "{}\n",
                    json!({ "text": format!("{opening} {thing}?"), "label": label })
                ));
            }
        }
    }
    std::fs::write(bench.path("messages.jsonl"), rows).unwrap();
    let encoder = engraft_testkit::model().unwrap();
    let text = format!(
        "kind = 'classify'\nlabelled = 'messages.jsonl'\nencoder = '{}'\nresamples = 500\n{more}\n[updates]\ntrials = 10\n\
         [scale]\nquestions = 20\nload_s = 0.5\n",
        encoder.display()
    );
    let path = bench.path("topics.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn fields(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_labelled_file_is_enough_for_a_decision_that_can_be_replayed() {
    let Some(bench) = Bench::full() else { return };
    let task = task(&bench, "");
    let out = bench.path("out");
    let words = ["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let plan = bench.json(&[&words[..], &["--dry-run"]].concat());
    assert!(plan["questions"].as_u64().unwrap() >= 70 && !out.exists(), "{plan}");

    let (status, decision) = bench.json_status(&words);
    assert_eq!(status == 0, decision["recommendation"].is_string(), "{decision}");
    for field in [
        "recommendation",
        "p_best",
        "expected_regret",
        "arms",
        "effects",
        "flip_points",
        "need_n",
        "constraints",
        "assumptions",
    ] {
        assert!(fields(&decision).contains(&field), "{field} is missing");
    }
    let arms = decision["arms"].as_array().unwrap();
    for arm in arms {
        for field in
            ["quality", "latency_ms", "cost_per_1k", "cost_per_month", "update_lag_s", "groundedness"]
        {
            let metric = &arm[field];
            assert!(
                ["value", "low", "high", "n"].iter().all(|part| metric.get(part).is_some()),
                "{field}: {metric}"
            );
        }
        assert!(arm["retrieval"].is_boolean() && arm["tuned"].is_boolean());
    }
    let named: Vec<&str> = arms.iter().map(|arm| arm["name"].as_str().unwrap()).collect();
    assert!(["base", "retrieval", "tuned", "both"].iter().all(|cell| named.contains(cell)), "{named:?}");
    assert!(
        ["rag", "tuning", "interaction"].iter().all(|effect| decision["effects"][effect]["low"].is_number())
    );
    // Time among fewer and more examples, of the arms that look any up; load on all that could be chosen.
    let arms_of = |what: &str| -> Vec<&str> {
        decision[what].as_array().unwrap().iter().map(|one| one["arm"].as_str().unwrap()).collect()
    };
    assert_eq!((arms_of("growth"), arms_of("loads")), (vec!["retrieval", "both"], named[..4].to_vec()));
    let sizes = decision["growth"][0]["sizes"].as_array().unwrap();
    assert!(sizes.len() > 2 && sizes.last().unwrap()["made_up"].as_u64() > Some(0), "{sizes:?}");
    // Every example carries a label, and so is judged; arms that look none up have no ranks.
    let ranks = |at: usize| ["nDCG@10", "Judged@10"].map(|name| arms[at]["measures"][name]["value"].as_f64());
    assert!(ranks(1)[0] > Some(0.3) && ranks(1)[1] == Some(1.0), "{}", arms[1]);
    assert_eq!((ranks(0), ranks(2), ranks(3)), ([None; 2], [None; 2], ranks(1)));
    // Knowing the examples helps: that much is certain on topics like these.
    assert!(arms[1]["quality"]["value"].as_f64() > arms[0]["quality"]["value"].as_f64(), "{decision}");
    let written: Value = serde_json::from_slice(&std::fs::read(out.join("decision.json")).unwrap()).unwrap();
    assert_eq!(written["verdict"], decision["verdict"]);
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(["<script", "http:", "https:"].iter().all(|elsewhere| !page.contains(elsewhere)));

    // Again from the record alone: the same bytes, here and elsewhere.
    let record = out.join("record.json");
    let replay = ["decide", "--replay", record.to_str().unwrap()];
    assert_eq!(bench.json(&replay)["identical"], true);
    let other = bench.path("other");
    bench.json(&[&replay[..], &["--out", other.to_str().unwrap(), "--threads", "1"]].concat());
    for file in ["decision.json", "report.html", "report.md", "record.json"] {
        assert!(
            std::fs::read(out.join(file)).unwrap() == std::fs::read(other.join(file)).unwrap(),
            "{file} differs"
        );
    }
    std::fs::write(out.join("report.md"), "changed").unwrap();
    let (status, changed) = bench.json_status(&replay);
    assert_eq!((status, &changed["differing"]), (1, &json!(["report.md"])));

    // What was measured is not measured again.
    let (_, again) = bench.json_status(&words);
    assert_eq!(again["asked"], 0, "{}", again["reused"]);
    assert!(again["reused"].as_u64().unwrap() > 400);
    // A torn row and a lost one are measured again, alone.
    let rows = std::fs::read_dir(out.join("work")).unwrap().flatten();
    let rows =
        rows.map(|entry| entry.path()).find(|path| path.to_string_lossy().contains("rows-both-0")).unwrap();
    let text = std::fs::read_to_string(&rows).unwrap();
    let whole: Vec<&str> = text.lines().collect();
    std::fs::write(&rows, format!("{}\n{{\"state\":", whole[..whole.len() - 2].join("\n"))).unwrap();
    let (_, again) = bench.json_status(&words);
    assert_eq!(again["asked"], 2);
}

#[track_caller]
fn refused(more: &str, change: impl Fn(&Bench), expected: &str) {
    let Some(bench) = Bench::full() else { return };
    let task = task(&bench, more);
    change(&bench);
    let (status, error) = bench.json_status(&["decide", task.to_str().unwrap()]);
    let said = format!("{} {}", error["error"]["message"], error["error"]["hint"]);
    assert!(status == 2 && said.contains(expected), "{status} {error}");
    assert!(!bench.path("topics.decision/decision.json").exists());
}

#[test]
fn a_question_known_from_training_is_refused_with_its_pair() {
    let training = |bench: &Bench| {
        let rows = std::fs::read(bench.path("messages.jsonl")).unwrap();
        std::fs::write(bench.path("train.jsonl"), rows).unwrap();
    };
    refused(
        "training = 'train.jsonl'\nevaluation = 'messages.jsonl'",
        training,
        "160 questions nearly repeat a training example",
    );
}

#[test]
fn too_few_questions_say_how_many_there_should_be() {
    refused("limit = 20", |_| (), "at least 30 are needed");
}

#[test]
fn constraints_that_contradict_each_other_are_named() {
    let more = "must = { p95_ms = 100 }\nnice = { p95_ms = 400 }";
    refused(more, |_| (), "nice.p95_ms (400) is worse than must.p95_ms (100)");
}

#[test]
fn a_key_that_does_not_exist_is_named() {
    refused("evaluations = 'x'", |_| (), "evaluations");
}

#[test]
fn writing_without_a_language_model_is_refused_and_says_why() {
    let bench = Bench::lexical();
    std::fs::write(bench.path("letters.toml"), "kind = 'write'").unwrap();
    let (status, error) = bench.json_status(&["decide", bench.path("letters.toml").to_str().unwrap()]);
    assert_eq!(status, 3);
    assert!(error["error"]["message"].as_str().unwrap().contains("needs a language model"), "{error}");
}

#[test]
fn what_is_no_record_cannot_be_replayed() {
    let bench = Bench::lexical();
    std::fs::write(bench.path("record.json"), "{}").unwrap();
    let (status, error) =
        bench.json_status(&["decide", "--replay", bench.path("record.json").to_str().unwrap()]);
    assert_eq!(status, 2);
    assert!(error["error"]["message"].as_str().unwrap().contains("no record of a decision"), "{error}");
}

#[test]
fn answers_from_documents_are_decided_with_cells_that_need_a_model_shown_as_absent() {
    let bench = Bench::lexical();
    let (mut rows, rooms) =
        (String::new(), ["red", "green", "blue", "white", "black", "brown", "grey", "pink"]);
    for (floor, room) in (0..80).map(|at| (at / 8, rooms[at % 8])) {
        let says = format!("The {room} room on floor {floor} seats {} people.", 10 + floor);
        bench
            .write(&format!("{room}-{floor}.md"), &format!("# The {room} room on floor {floor}\n\n{says}\n"));
        let question = format!("How many people does the {room} room on floor {floor} seat?");
        rows.push_str(&format!(
            "{}\n",
            json!({ "id": format!("{room}{floor}"), "question": question, "gold": [{ "quote": says }] })
        ));
    }
    for gauge in 0..20 {
        let says = format!("Rain gauge {gauge} is read at dawn. What it shows goes into book {gauge}.");
        bench.write(&format!("gauge-{gauge}.md"), &format!("{says}\n"));
    }
    for subject in ["dogs", "parking", "lifts", "music", "plants"] {
        let question = format!("What does the house order say about {subject}?");
        rows.push_str(&format!("{}\n", json!({ "id": subject, "question": question, "answerable": false })));
    }
    std::fs::write(bench.path("questions.jsonl"), rows).unwrap();
    let text = "kind = 'answer'\nlabelled = 'questions.jsonl'\ndocuments = 'docs'\nencoder = 'none'\nresamples = 300\n\
                leakage = 'drop'\n[updates]\ntrials = 6\n[scale]\nquestions = 30\nmade_up = 60\nload_s = 1\n";
    std::fs::write(bench.path("rooms.toml"), text).unwrap();
    let task = bench.path("rooms.toml");
    let (_, decision) = bench.json_status(&["decide", task.to_str().unwrap(), "--seed", "3"]);
    let record = std::fs::read(bench.path("rooms.decision/record.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    let again = format!("engraft decide {} --seed 3", task.display());
    assert_eq!((&record["seed"], &record["command"]), (&3.into(), &again.into()));
    let arms = decision["arms"].as_array().unwrap();
    for cell in [0, 2] {
        assert!(arms[cell]["absent"].as_str().unwrap().contains("needs a language model"), "{}", arms[cell]);
        assert!(arms[cell]["quality"]["value"].is_null());
    }
    assert!(arms[1]["quality"]["value"].as_f64().unwrap() > 0.5, "{}", arms[1]);
    assert!(arms[1]["update_lag_s"]["value"].as_f64().unwrap() < 10.0, "{}", arms[1]);
    // What was cited was current, in the answers and after every edit.
    let fresh = (&arms[1]["measures"]["citation_freshness"]["value"], &arms[1]["lag"]["fresh_citations"]);
    assert_eq!((fresh.0, &fresh.1["value"]), (&json!(1.0), &json!(1.0)), "{}", arms[1]);
    assert!((1..=6).contains(&fresh.1["n"].as_u64().unwrap()), "{}", arms[1]["lag"]);
    assert!(decision["effects"]["interaction"]["value"].is_null());

    // The same reader with the right passages and with those of another question.
    let quality = |name: &str| {
        let arm = arms.iter().find(|arm| arm["name"] == name).unwrap();
        assert_eq!(arm["candidate"], name == "retrieval");
        arm["quality"]["value"].as_f64().unwrap()
    };
    let [found, perfect, random] = ["retrieval", "perfect-retrieval", "random-passages"].map(quality);
    assert!(perfect >= found && random < 0.3, "{found} {perfect} {random}");

    // How much of the gold was found, whatever was made of it; questions without an answer have none.
    let held = |name: &str| {
        let arm = arms.iter().find(|arm| arm["name"] == name).unwrap();
        ["recall@k", "evidence_recall"].map(|measure| arm["measures"][measure]["value"].as_f64().unwrap())
    };
    assert_eq!((held("perfect-retrieval"), held("random-passages")), ([1.0, 1.0], [0.0, 0.0]));
    assert!(held("retrieval").iter().all(|share| (0.5..=1.0).contains(share)), "{:?}", held("retrieval"));
    let (of_gold, of_all) = (&arms[1]["measures"]["recall@k"]["n"], &arms[1]["quality"]["n"]);
    assert!(of_gold.as_u64() < of_all.as_u64(), "{of_gold} {of_all}");

    // How high the documents with it stand, beside how many of those read are judged, which only the ones with gold are.
    let ranks = |name: &str| {
        let arm = arms.iter().find(|arm| arm["name"] == name).unwrap();
        assert_eq!(&arm["measures"]["nDCG@10"]["n"], of_gold);
        ["nDCG@10", "Judged@10"].map(|measure| arm["measures"][measure]["value"].as_f64().unwrap())
    };
    assert_eq!((ranks("perfect-retrieval"), ranks("random-passages")), ([1.0, 1.0], [0.0, 0.0]));
    let ([ndcg, judged], [recall, _]) = (ranks("retrieval"), held("retrieval"));
    assert!(0.0 < ndcg && ndcg <= recall && 0.0 < judged && judged < 1.0, "{ndcg} {recall} {judged}");
    let page = std::fs::read_to_string(bench.path("rooms.decision/report.html")).unwrap();
    assert!(page.contains("<th scope=col class=num>nDCG@10</th><th scope=col class=num>Judged@10</th>"));

    // Fewer documents, all of them, and some made up beside them; and questions that come at random.
    let growth = &decision["growth"][0];
    let sizes: Vec<u64> =
        growth["sizes"].as_array().unwrap().iter().map(|mean| mean["size"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [31, 100, 160]);
    assert_eq!((&growth["unit"], &growth["sizes"][2]["made_up"]), (&json!("passages"), &json!(60)));
    assert!(
        growth["lost_per_tenfold"]["value"].is_number() && growth["exponent"]["low"].is_number(),
        "{growth}"
    );
    let load = &decision["loads"][0];
    assert_eq!((&load["limit_ms"], &load["limit_basis"]), (&json!(2000.0), &json!("assumed")));
    let arrived = |trial: &Value| trial["arrived"].as_u64().unwrap() >= 20;
    assert!(load["trials"].as_array().unwrap().iter().all(arrived), "{load}");
    assert!(load["most_per_second"].is_number() || load["too_many_per_second"].is_number(), "{load}");
    let report = std::fs::read_to_string(bench.path("rooms.decision/report.md")).unwrap();
    assert!(report.contains("## As it grows"), "{report}");
    let record = bench.path("rooms.decision/record.json");
    assert_eq!(bench.json(&["decide", "--replay", record.to_str().unwrap()])["identical"], true);
    let (_, again) = bench.json_status(&["decide", task.to_str().unwrap(), "--seed", "3"]);
    assert_eq!((&again["growth"], &again["loads"]), (&decision["growth"], &decision["loads"]));
    // What building took is what it took the first time, when there was something to read.
    assert_eq!(
        (&again["arms"][1]["ledger"], &again["arms"][1]["deployment"]),
        (&arms[1]["ledger"], &arms[1]["deployment"])
    );
    // The documents themselves are left as they were.
    assert!(
        !std::fs::read_dir(bench.docs())
            .unwrap()
            .flatten()
            .any(|file| file.path().to_string_lossy().contains("scripted"))
    );
}
