//! `decide` with a scripted language model: planted truths come out, prices and failures are counted, and what is missing is
//! named.

use engraft_testkit::endpoint::{Asked, Said, Scripted};
use serde_json::{Value, json};

use crate::bench::Bench;

pub(crate) fn bench(server: &Scripted, more: &str) -> Bench {
    let bench = Bench::lexical();
    let path = bench.path("kb").join("engraft.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let endpoint = format!("\n[endpoint]\nurl = '{}'\nmodel = 'small'\ntries = 2\n{more}", server.url);
    std::fs::write(&path, text + &endpoint).unwrap();
    bench
}

pub(crate) fn decide(bench: &Bench, text: &str) -> (i32, Value) {
    std::fs::write(bench.path("task.toml"), text).unwrap();
    bench.json_status(&["decide", bench.path("task.toml").to_str().unwrap()])
}

pub(crate) fn arm<'v>(decision: &'v Value, name: &str) -> &'v Value {
    decision["arms"].as_array().unwrap().iter().find(|arm| arm["name"] == name).unwrap()
}

const COLOURS: [&str; 8] = ["red", "green", "blue", "white", "black", "brown", "grey", "pink"];

/// 80 documents and 85 questions about them, five of which they do not answer.
pub(crate) fn rooms(bench: &Bench) -> String {
    let mut rows = String::new();
    for (floor, room) in (0..80).map(|at| (at / 8, COLOURS[at % 8])) {
        let says = format!("The {room} room on floor {floor} seats {} people.", 100 + 7 * floor);
        bench
            .write(&format!("{room}-{floor}.md"), &format!("# The {room} room on floor {floor}\n\n{says}\n"));
        let question = format!("How many people does the {room} room on floor {floor} seat?");
        let answer = format!("{} people", 100 + 7 * floor);
        let row = json!({ "id": format!("{room}{floor}"), "question": question, "answer": answer, "gold": [{ "quote": says }] });
        rows.push_str(&format!("{row}\n"));
    }
    for subject in ["dogs", "parking", "lifts", "music", "plants"] {
        let question = format!("What does the house order say about {subject}?");
        rows.push_str(&format!("{}\n", json!({ "id": subject, "question": question, "answerable": false })));
    }
    std::fs::write(bench.path("questions.jsonl"), rows).unwrap();
    "kind = 'answer'\ngenerator = 'endpoint'\nlabelled = 'questions.jsonl'\ndocuments = 'docs'\nencoder = 'none'\n\
     resamples = 300\nleakage = 'drop'\n[updates]\ntrials = 3\n"
        .to_string()
}

/// A model that knows nothing by itself and reads well, but for grey rooms.
pub(crate) fn reader(asked: &Asked) -> Said {
    let text = asked.last();
    let question = text.split_once("Question: ").unwrap().1.trim();
    let Some((passages, _)) = text.split_once("\nQuestion: ") else {
        return Said::Text("{\"answerable\":true,\"answer\":\"It seats 12 people.\"}".into());
    };
    let room =
        question.strip_prefix("How many people does the ").and_then(|rest| rest.strip_suffix(" seat?"));
    let says = room.filter(|room| !room.starts_with("grey")).map(|room| format!("The {room} seats "));
    let found = says.and_then(|says| {
        let (before, rest) = passages.split_once(&says)?;
        let number = before.rsplit_once('[')?.1.split_once(']')?.0.parse::<usize>().ok()?;
        Some((number, format!("{says}{}.", rest.split_once('.')?.0)))
    });
    Said::Text(match found {
        Some((passage, quote)) => {
            json!({ "answerable": true, "claims": [{ "text": quote, "passage": passage, "quote": quote }] })
                .to_string()
        }
        None => "{\"answerable\":false,\"claims\":[]}".into(),
    })
}

#[test]
fn a_model_that_is_right_only_with_the_passage_makes_the_decision_retrieval() {
    let server = Scripted::start(|asked, _| reader(asked)).unwrap();
    let bench = bench(&server, "tuned_model = 'small-tuned'\nprice_in = 1.0\nprice_out = 2.0");
    let task = rooms(&bench);
    std::fs::write(bench.path("task.toml"), &task).unwrap();
    let plan = bench.json(&["decide", bench.path("task.toml").to_str().unwrap(), "--dry-run"]);
    assert_eq!(
        plan["arms"],
        json!(["base", "retrieval", "tuned", "both", "perfect-retrieval", "random-passages", "few-shot"])
    );
    assert!(plan["paid_tokens"].as_u64().unwrap() > 0 && server.asked().is_empty(), "{plan}");

    let (status, decision) = decide(&bench, &task);
    assert_eq!((status, &decision["recommendation"]), (0, &"retrieval".into()), "{}", decision["verdict"]);
    let quality = |name: &str| arm(&decision, name)["quality"]["value"].as_f64().unwrap();
    assert!(
        quality("retrieval") > 0.8 && quality("base") < 0.1,
        "{} {}",
        quality("retrieval"),
        quality("base")
    );
    assert_eq!((quality("both"), quality("tuned")), (quality("retrieval"), quality("base")));
    assert_eq!(
        (quality("perfect-retrieval"), arm(&decision, "random-passages")["candidate"].clone()),
        (quality("retrieval"), false.into())
    );
    assert!(quality("random-passages") < 0.2, "{}", quality("random-passages"));
    // Four answered questions tell this model the form and no fact.
    assert_eq!(quality("few-shot"), quality("base"));
    let turns = |asked: &Asked| asked.body["messages"].as_array().unwrap().len();
    let shown = server.asked().into_iter().find(|asked| turns(asked) == 1 + 2 * 4 + 1).unwrap();
    assert!(shown.body["messages"][2]["content"].as_str().unwrap().contains(" people\""), "{}", shown.body);
    // It says its quotes to the letter.
    assert_eq!(arm(&decision, "retrieval")["groundedness"]["value"], 1.0);
    for measure in ["citation_recall", "citation_precision", "quote_exact"] {
        assert_eq!(arm(&decision, "retrieval")["measures"][measure]["value"], 1.0, "{measure}");
        assert!(arm(&decision, "base")["measures"][measure].is_null(), "{measure}");
    }
    assert_eq!(arm(&decision, "base")["measures"]["false_answer"]["value"], 1.0);
    // Gold passages are of no version, and memory cites nothing.
    let fresh = |name: &str| arm(&decision, name)["measures"]["citation_freshness"]["value"].clone();
    assert_eq!(["retrieval", "base", "perfect-retrieval"].map(fresh), [json!(1.0), Value::Null, Value::Null]);
    // What was found is measured as for answers without a model: of cells that look things up, and apart from what is made of it.
    let found = |name: &str| {
        let measures = ["recall@k", "evidence_recall", "nDCG@10", "Judged@10"];
        measures.map(|measure| arm(&decision, name)["measures"][measure]["value"].as_f64())
    };
    let [recall, evidence, ndcg, judged] = found("retrieval");
    assert!(recall > Some(0.5) && evidence >= recall, "{recall:?} {evidence:?}");
    assert!(ndcg > Some(0.3) && ndcg <= recall && judged > Some(0.0), "{ndcg:?} {recall:?} {judged:?}");
    assert_eq!((found("both"), found("base"), found("few-shot")), (found("retrieval"), [None; 4], [None; 4]));
    assert_eq!(found("perfect-retrieval"), [Some(1.0), Some(1.0), None, None]);
    assert!(found("random-passages")[0] < Some(0.4), "{:?}", found("random-passages"));
    assert!(decision["effects"]["rag"]["low"].as_f64().unwrap() > 0.5, "{}", decision["effects"]["rag"]);
    // 100 tokens at 1 and 10 at 2 a million: 0.12 a thousand questions, and the processor time on top.
    let cost = arm(&decision, "base")["cost_per_1k"]["value"].as_f64().unwrap();
    assert!((0.12..0.2).contains(&cost), "{cost}");
    assert!(arm(&decision, "retrieval")["update_lag_s"]["value"].as_f64().unwrap() < 10.0);
    assert_eq!(arm(&decision, "base")["lag"]["never"], 3);
    let models: Vec<Value> = server.asked().iter().map(|asked| asked.body["model"].clone()).collect();
    assert!(models.contains(&"small".into()) && models.contains(&"small-tuned".into()));

    // How long the tuned model took elsewhere is not known; no request is paid for under load that nobody asked for.
    let deployment = |name: &str| arm(&decision, name)["deployment"].clone();
    assert_eq!(deployment("base")["person_min"], deployment("retrieval")["person_min"]);
    assert!(deployment("retrieval")["machine_min"].is_number() && deployment("tuned").is_null());
    assert!(decision["loads"].is_null(), "{}", decision["loads"]);

    let before = server.asked().len();
    let (_, again) = decide(&bench, &task);
    assert_eq!((&again["asked"], server.asked().len()), (&0.into(), before), "nothing is paid for twice");
}

#[test]
fn quotes_that_are_not_in_the_passage_make_no_answer() {
    // It answers from the passages, and quotes what is not there.
    let server = Scripted::start(|asked, _| match reader(asked) {
        Said::Text(text) if asked.last().contains("Passages:") => {
            Said::Text(text.replace("\"quote\":\"The", "\"quote\":\"Thy"))
        }
        said => said,
    })
    .unwrap();
    let bench = bench(&server, "");
    let (_, decision) = decide(&bench, &rooms(&bench));
    let retrieval = arm(&decision, "retrieval");
    assert!(retrieval["quality"]["value"].as_f64().unwrap() < 0.2, "{retrieval}");
    assert!(retrieval["states"]["abstained"].as_u64().unwrap() >= 30, "{retrieval}");
    assert!(arm(&decision, "tuned")["absent"].as_str().unwrap().contains("endpoint.tuned_model"));
}

#[test]
fn sentences_that_their_quotes_do_not_support_are_neither_grounded_nor_well_cited() {
    // Beside what is right it says something that its passage does not, and something with a quote that is nowhere.
    let server = Scripted::start(|asked, _| match reader(asked) {
        Said::Text(text) if text.contains("\"quote\"") => {
            let mut reply: Value = serde_json::from_str(&text).unwrap();
            let claim = reply["claims"][0].clone();
            let more = |text: &str, quote: &Value| json!({ "text": text, "passage": claim["passage"], "quote": quote });
            let made_up = [
                more("The bishop paints seven boats in Oslo.", &claim["quote"]),
                more("Nobody sings while herons sleep.", &json!("Herons are quiet.")),
            ];
            reply["claims"].as_array_mut().unwrap().extend(made_up);
            Said::Text(reply.to_string())
        }
        said => said,
    })
    .unwrap();
    let bench = bench(&server, "");
    let task = rooms(&bench).replace("kind =", "diagnostics = false\nkind =");
    let (_, decision) = decide(&bench, &task);
    let measure = |name: &str, measure: &str| arm(&decision, name)["measures"][measure]["value"].as_f64();
    let third = |measured: Option<f64>| (measured.unwrap() - 1.0 / 3.0).abs() < 1e-9;
    for name in ["groundedness", "citation_recall", "citation_precision", "citation_recall_alce"] {
        assert!(third(measure("retrieval", name)), "{name}: {:?}", measure("retrieval", name));
        assert_eq!(measure("base", name), None);
    }
    // What is not there is no citation as ALCE counts; of the claims two of three have a quote that is.
    assert_eq!(measure("retrieval", "citation_precision_alce"), Some(0.5));
    assert!((measure("retrieval", "quote_exact").unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert!(arm(&decision, "retrieval")["quality"]["value"].as_f64() > Some(0.8));
    let page = std::fs::read_to_string(bench.path("task.decision/report.html")).unwrap();
    assert!(page.contains("<code>citation_precision</code>:") && !page.contains("by construction"));
}

const KINDS: [&str; 10] =
    ["old", "new", "blue", "heavy", "quiet", "broken", "spare", "second", "borrowed", "tall"];
const THINGS: [&str; 8] =
    ["ladder", "kettle", "printer", "bicycle", "curtain", "lantern", "trolley", "cupboard"];

/// 80 letters in the team's style.
fn letters(bench: &Bench, more: &str) -> String {
    let mut rows = String::new();
    for at in 0..80 {
        let thing = format!("{} {}", KINDS[at % 10], THINGS[at / 10]);
        let row = json!({ "id": format!("l{at}"), "input": format!("Somebody asks for the {thing}."),
            "output": letter(&thing) });
        rows.push_str(&format!("{row}\n"));
    }
    std::fs::write(bench.path("letters.jsonl"), rows).unwrap();
    format!(
        "kind = 'write'\nlabelled = 'letters.jsonl'\nencoder = 'none'\nresamples = 300\nleakage = 'drop'\n\
         [writing]\ninstructions = 'Write the letter.'\nexamples = 3\npattern = '^Dear .*team$'\n{more}"
    )
}

fn letter(thing: &str) -> String {
    format!(
        "Dear friend, we are glad to hand you the {thing} at the side door on Tuesday. Warmly, the garden team"
    )
}

/// The tuned model has the style; the plain one picks some of it up from examples, and else has none.
fn writer(asked: &Asked) -> Said {
    let thing = asked.last().strip_prefix("Somebody asks for the ").unwrap().trim_end_matches('.');
    let shown = asked.body["messages"].as_array().unwrap().len() > 2;
    Said::Text(match (asked.body["model"] == "small-tuned", shown) {
        (true, _) => letter(thing),
        (false, true) => format!("Dear friend, the {thing} is at the side door. Bye"),
        (false, false) => format!("OK: {thing}"),
    })
}

#[test]
fn a_style_that_only_the_tuned_model_has_makes_the_decision_tuned() {
    let server = Scripted::start(|asked, _| writer(asked)).unwrap();
    let bench = bench(&server, "tuned_model = 'small-tuned'\nprice_in = 1.0\nprice_out = 2.0");
    let task = letters(&bench, "");
    let (status, decision) = decide(&bench, &task);
    assert_eq!(status, 0, "{decision}");
    let quality = |name: &str| arm(&decision, name)["quality"]["value"].as_f64().unwrap();
    assert!(quality("base") < quality("retrieval") && quality("retrieval") < quality("tuned"), "{decision}");
    assert!(quality("tuned") > 0.99);
    assert_ne!(decision["recommendation"], "base");
    assert_ne!(decision["recommendation"], "retrieval");
    assert_eq!(
        quality("random-examples"),
        quality("retrieval"),
        "this model learns as much from any example"
    );
    let format = |name: &str| arm(&decision, name)["measures"]["format"]["value"].as_f64().unwrap();
    assert_eq!((format("base"), format("retrieval"), format("tuned")), (0.0, 0.0, 1.0));
    assert!(
        decision["effects"]["tuning"]["low"].as_f64().unwrap() > 0.2,
        "{}",
        decision["effects"]["tuning"]
    );
    let report = std::fs::read_to_string(bench.path("task.decision").join("report.html")).unwrap();
    assert!(report.contains("Style of <code>base</code>") && report.contains("area under the curve"));
    let unjudged = "<code>nDCG@10</code>, <code>Judged@10</code>: not measured, because nobody said which examples are the right ones";
    assert!(report.contains(unjudged));
    // The nearest example is about the same kind of thing, or the same thing.
    let shown = server
        .asked()
        .into_iter()
        .find(|asked| asked.body["messages"].as_array().unwrap().len() > 3)
        .unwrap();
    assert_eq!(shown.body["messages"].as_array().unwrap().len(), 1 + 2 * 3 + 1);
    assert_eq!(shown.body["messages"][0]["content"], "Write the letter.");
    let (_, again) = decide(&bench, &task);
    assert_eq!(again["asked"], 0);

    // People fill in the sheet without knowing whose texts they read, and nothing is asked again for it.
    let style = |name: &str| arm(&decision, name)["style"]["value"].as_f64().unwrap();
    assert!(style("base") > 0.95 && style("tuned") < 0.6, "{} {}", style("base"), style("tuned"));
    let sheet = bench.path("task.decision").join("pairs.jsonl");
    let lines = std::fs::read_to_string(&sheet).unwrap();
    assert!(
        lines.lines().count() >= 30 && !lines.contains("tuned") && !lines.contains("retrieval"),
        "{lines}"
    );
    let labelled = lines.lines().map(|line| {
        let mut pair: Value = serde_json::from_str(line).unwrap();
        let side = if pair["first"].as_str().unwrap().contains("we are glad") { "first" } else { "second" };
        pair["label"] = side.into();
        pair.to_string()
    });
    let labelled: Vec<String> = labelled.collect();
    let firsts = labelled.iter().filter(|line| line.contains(r#""label":"first""#)).count();
    assert!((5..labelled.len() - 5).contains(&firsts), "{firsts} of {}", labelled.len());
    std::fs::write(&sheet, labelled.join("\n")).unwrap();
    let task = task.replace("kind =", "preference = 'task.decision/pairs.jsonl'\nkind =");
    let (_, told) = decide(&bench, &task);
    assert_eq!(told["asked"], 0);
    let preferred = told["preferences"].as_array().unwrap();
    let tuned = preferred.iter().find(|one| one["over"] == "tuned").unwrap();
    assert_eq!(tuned["win_rate"]["value"], 0.0, "{preferred:?}");
    let report = std::fs::read_to_string(bench.path("task.decision").join("report.md")).unwrap();
    assert!(report.contains("## In the team's words") && report.contains("prefer those of"), "{report}");
    std::fs::write(&sheet, r#"{"id":"l1","question":"?","first":"x","second":"y","label":"tie"}"#).unwrap();
    let (status, error) = decide(&bench, &task);
    assert_eq!(status, 2);
    assert!(error["error"]["message"].as_str().unwrap().contains("none of 1 labelled pairs"), "{error}");
}

#[test]
fn arms_that_ask_a_model_are_put_under_load_where_that_may_be_paid_for() {
    let server = Scripted::start(|asked, _| writer(asked)).unwrap();
    let bench = bench(&server, "concurrency = 2");
    let plan = |task: &str| {
        std::fs::write(bench.path("task.toml"), task).unwrap();
        let plan = bench.json(&["decide", bench.path("task.toml").to_str().unwrap(), "--dry-run"]);
        plan["paid_tokens"].as_u64().unwrap()
    };
    let (without, task) = (plan(&letters(&bench, "")), letters(&bench, "[scale]\npaid_load_s = 0.3\n"));
    assert!(plan(&task) > 10 * without, "{without}");

    let (_, decision) = decide(&bench, &task);
    let loads = decision["loads"].as_array().unwrap();
    let arms: Vec<&str> = loads.iter().map(|load| load["arm"].as_str().unwrap()).collect();
    assert_eq!(arms, ["base", "retrieval"]);
    for load in loads {
        assert_eq!((&load["workers"], &load["limit_ms"]), (&json!(2), &json!(2000.0)));
        assert!(load["trials"][0]["arrived"].as_u64().unwrap() >= 20, "{load}");
    }
    let report = std::fs::read_to_string(bench.path("task.decision").join("report.html")).unwrap();
    assert!(report.contains("what others ask of it meanwhile counts too"));
    let before = server.asked().len();
    let (_, again) = decide(&bench, &task);
    assert_eq!((&again["loads"], server.asked().len()), (&decision["loads"], before));
}

#[test]
fn without_a_tuned_model_two_cells_are_absent_and_examples_win() {
    let server = Scripted::start(|asked, _| writer(asked)).unwrap();
    let bench = bench(&server, "");
    let task =
        letters(&bench, "measure = 'content_f1'\n").replace("[writing]", "diagnostics = false\n[writing]");
    let (_, decision) = decide(&bench, &task);
    assert!(!decision["arms"].to_string().contains("random-examples"));
    assert_eq!(decision["recommendation"], "retrieval", "{}", decision["verdict"]);
    for name in ["tuned", "both"] {
        assert!(arm(&decision, name)["absent"].as_str().unwrap().contains("endpoint.tuned_model"));
    }
}

#[test]
fn texts_that_fail_count_as_wrong_with_their_reason() {
    let server = Scripted::start(|asked, _| match asked.last() {
        text if text.contains("ladder") => {
            Said::Raw(400, Vec::new(), "{\"error\":{\"message\":\"no ladders\"}}".into())
        }
        _ => writer(asked),
    })
    .unwrap();
    let bench = bench(&server, "");
    let (_, decision) = decide(&bench, &letters(&bench, ""));
    let failed = arm(&decision, "base")["states"]["failed"].as_u64().unwrap();
    assert!((1..=10).contains(&failed), "{decision}");
    let missing = decision["missing"].to_string();
    assert!(missing.contains("status 400: no ladders"), "{missing}");
}

#[test]
fn an_endpoint_that_goes_away_ends_it_and_the_rest_is_asked_later() {
    let server = Scripted::start(|asked, before| match before {
        20..30 => Said::Raw(429, vec!["Retry-After: 0".into()], "come back later".into()),
        _ => writer(asked),
    })
    .unwrap();
    let bench = bench(&server, "concurrency = 2");
    let task = letters(&bench, "");
    let (status, error) = decide(&bench, &task);
    assert_eq!(status, 3);
    assert!(error["error"]["message"].as_str().unwrap().contains("come back later"), "{error}");
    let mut tries = 0;
    let decision = loop {
        let (_, decision) = decide(&bench, &task);
        tries += 1;
        if decision.get("arms").is_some() || tries > 10 {
            break decision;
        }
    };
    assert!(decision["reused"].as_u64().unwrap() >= 18, "{}", decision["reused"]);
}

#[test]
fn what_a_model_would_need_is_named_before_anything_is_asked() {
    let server = Scripted::start(|asked, _| writer(asked)).unwrap();
    let bench = bench(&server, "price_in = 1.0\nprice_out = 2.0\ncurrency = '€'");
    let (status, error) = decide(&bench, &letters(&bench, "json_schema = 'form.json'\n"));
    assert_eq!((status, &error["error"]["kind"]), (2, &"missing".into()), "{error}");
    std::fs::write(bench.path("form.json"), "{\"anyOf\":[]}").unwrap();
    let (status, error) = decide(&bench, &letters(&bench, "json_schema = 'form.json'\n"));
    assert!(status == 2 && error.to_string().contains("`anyOf` is not known"), "{error}");
    let (status, error) = decide(&bench, &letters(&bench, ""));
    assert!(status == 2 && error.to_string().contains("are in $ and the endpoint's in €"), "{error}");
    assert!(server.asked().is_empty());

    let plain = Bench::lexical();
    let (status, error) = decide(&plain, &rooms(&plain));
    assert_eq!(status, 3);
    assert!(error["error"]["hint"].as_str().unwrap().contains("[endpoint]"), "{error}");
}
