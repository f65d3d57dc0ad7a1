//! `eval judge` against a scripted language model: verdicts, the kept rulings, budgets, labels, and what goes wrong.

use engraft_testkit::endpoint::{Asked, Said, Scripted, completion};
use engraft_testkit::nulls::unexplained;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::decide_failing::failing;

/// A workspace whose endpoint is that server.
pub(crate) fn bench(server: &Scripted, more: &str) -> Bench {
    let bench = Bench::lexical();
    let path = bench.path("kb").join("engraft.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let endpoint = format!(
        "\n[endpoint]\nurl = '{}'\nmodel = 'small'\ntries = 2\nprice_in = 1.0\nprice_out = 2.0\n{more}",
        server.url
    );
    std::fs::write(&path, text + &endpoint).unwrap();
    bench
}

/// `n` answers of two claims each; the second claim of every fourth answer is not in its passage.
pub(crate) fn answers(bench: &Bench, n: usize) -> String {
    let line = |at: usize| {
        let second = if at.is_multiple_of(4) { "Bread is free." } else { "Tea is free." };
        json!({ "id": format!("q{at}"), "question": "What is free?",
            "answer": format!("Room {at} is open [1]. {second}"),
            "evidence": [{ "id": format!("p{at}"), "text": format!("Room {at} is open. Tea is free.") }] })
    };
    let text: String = (0..n).map(|at| format!("{}\n", line(at))).collect();
    let path = bench.path("answers.jsonl");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

/// An honest judge: a claim is supported when its words are in the passages.
pub(crate) fn judge(asked: &Asked) -> Said {
    let (passages, claims) = asked.last().split_once("Claims:\n").unwrap();
    let verdict = |(at, line): (usize, &str)| {
        let claim = line.split_once(". ").unwrap().1;
        match passages.contains(claim) {
            true => json!({ "claim": at + 1, "verdict": "supported", "evidence": 1 }),
            false => json!({ "claim": at + 1, "verdict": "no_evidence", "evidence": null }),
        }
    };
    let verdicts: Vec<Value> = claims.lines().enumerate().map(verdict).collect();
    Said::Text(json!({ "verdicts": verdicts }).to_string())
}

#[test]
fn claims_are_judged_kept_and_not_shown_as_quality_without_people() {
    let server = Scripted::start(|asked, _| judge(asked)).unwrap();
    let bench = bench(&server, "");
    let file = answers(&bench, 8);
    let plan = bench.json(&["eval", "judge", &file, "--dry-run"]);
    assert_eq!((&plan["requests"], &plan["claims"]), (&8.into(), &16.into()), "{plan}");
    assert!(plan["tokens_in"].as_u64().unwrap() > 1000 && plan["cost"].as_f64().unwrap() > 0.0, "{plan}");
    assert!(server.asked().is_empty(), "a plan asks nothing");

    let report = bench.json(&["eval", "judge", &file]);
    assert_eq!(
        report["verdicts"],
        json!({ "supported": 14, "partly": 0, "not": 0, "no_evidence": 2, "unparsed": 0 }),
        "{report}"
    );
    assert_eq!(report["status"], "unvalidated, 0 of 100 labels");
    assert!(report["quality"].is_null() && report["card"].is_null());
    let items = report["items"].as_array().unwrap();
    let first = items.iter().find(|item| item["id"] == "q0").unwrap();
    assert_eq!(first["claims"][0]["evidence"], "p0");
    assert_eq!(
        first["claims"][1],
        json!({ "id": "q0#2", "text": "Bread is free.", "verdict": "no_evidence", "evidence": null })
    );
    assert_eq!((&report["spent"]["requests"], &report["spent"]["tokens_in"]), (&8.into(), &800.into()));
    let request = &server.asked()[0].body;
    assert_eq!((&request["temperature"], &request["model"]), (&0.into(), &"small".into()));
    assert_eq!(request["response_format"]["type"], "json_schema");

    let again = bench.json(&["eval", "judge", &file]);
    assert_eq!((&again["cached"], &again["spent"]["requests"]), (&8.into(), &0.into()));
    assert_eq!((&again["verdicts"], &again["items"]), (&report["verdicts"], &report["items"]));
    assert_eq!(server.asked().len(), 8, "what was ruled is not asked again");
}

#[test]
fn a_hundred_labels_make_a_score_with_its_card() {
    let server = Scripted::start(|asked, _| judge(asked)).unwrap();
    let bench = bench(&server, "");
    let file = answers(&bench, 200);
    let sheet = bench.path("sheet.jsonl");
    let written = bench.json(&["eval", "judge", &file, "--sheet", sheet.to_str().unwrap()]);
    assert_eq!((&written["rows"], server.asked().len()), (&400.into(), 0));
    // People find bread free as well, in every second case: the judge is too strict there.
    let lines = std::fs::read_to_string(&sheet).unwrap();
    let label = |line: &str| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        let bread = row["claim"].as_str().unwrap().contains("Bread");
        let number: usize = row["id"].as_str().unwrap()[1..].split('#').next().unwrap().parse().unwrap();
        row["label"] = if bread && number.is_multiple_of(8) { "not" } else { "supported" }.into();
        format!("{row}\n")
    };
    let labelled = |n: usize| {
        let path = bench.path("people.jsonl");
        std::fs::write(&path, lines.lines().take(n).map(label).collect::<String>()).unwrap();
        bench.json(&["eval", "judge", &file, "--labels", path.to_str().unwrap()])
    };
    let few = labelled(99);
    assert_eq!((&few["status"], &few["quality"]), (&"unvalidated, 99 of 100 labels".into(), &Value::Null));
    let enough = labelled(150);
    assert_eq!(enough["status"], "checked against 150 labels");
    let needed = |report: &Value| [&report["labels"], &report["labels_needed"]].map(|n| n.as_u64().unwrap());
    assert_eq!((needed(&few), needed(&enough)), ([99, 1], [150, 0]));
    assert_eq!((&few["prompt"], few["prompt"].as_str().unwrap().len()), (&enough["prompt"], 64));
    let quality = &enough["quality"];
    // 25 of 400 claims are bad for people and 50 for the judge: .9375, where the judge alone says .875.
    assert!((quality["value"].as_f64().unwrap() - 0.9375).abs() < 0.03, "{quality}");
    assert!(quality["low"].as_f64() < quality["value"].as_f64() && quality["n"] == 150);
    for name in ["kappa", "ac1", "sensitivity", "specificity", "agreement"] {
        assert!(
            enough["card"][name]["value"].is_number() && enough["card"][name].get("low").is_some(),
            "{name}: {enough}"
        );
    }
    assert_eq!(enough["card"]["specificity"]["value"], 1.0);
}

#[test]
fn a_budget_ends_it_with_what_is_done_and_the_rest_follows() {
    let server = Scripted::start(|asked, _| judge(asked)).unwrap();
    let bench = bench(&server, "max_tokens = 100\nconcurrency = 1"); // One at a time, so that the count is exact.
    let file = answers(&bench, 8);
    let part = bench.json(&["eval", "judge", &file, "--budget-tokens", "1000"]);
    let done = part["spent"]["requests"].as_u64().unwrap();
    let used = part["spent"]["tokens_in"].as_u64().unwrap() + part["spent"]["tokens_out"].as_u64().unwrap();
    assert!((1..8).contains(&done) && used <= 1000 && part["stopped"] == "budget", "{part}");
    assert_eq!(part["states"]["skipped"].as_u64().unwrap(), 8 - done);
    assert!(part["failures"][0]["hint"].as_str().unwrap().contains("larger budget"));
    let cheap = bench.json(&["eval", "judge", &file, "--budget", "0.0000001"]);
    assert_eq!((&cheap["spent"]["requests"], &cheap["cached"]), (&0.into(), &done.into()));
    let whole = bench.json(&["eval", "judge", &file]);
    assert_eq!((&whole["cached"], &whole["spent"]["requests"]), (&done.into(), &(8 - done).into()));
    assert!(whole["stopped"].is_null());
}

/// Tokens of a text, by an endpoint that counts one for two letters of a word and one for every other sign.
fn tokens(text: &str) -> usize {
    let words = text.split(|sign: char| !sign.is_alphanumeric()).map(|word| word.len().div_ceil(2));
    let signs = text.chars().filter(|sign| !sign.is_alphanumeric() && !sign.is_whitespace());
    words.sum::<usize>() + signs.count()
}

#[test]
fn what_judging_will_take_is_told_within_a_tenth_once_some_of_it_was_counted() {
    let server = Scripted::start(|asked, _| match judge(asked) {
        Said::Text(reply) => {
            let mut body = completion(asked.body["model"].as_str().unwrap(), &reply, "stop");
            body["usage"] =
                json!({ "prompt_tokens": tokens(&asked.all()), "completion_tokens": tokens(&reply) });
            Said::Raw(200, Vec::new(), body.to_string())
        }
        said => said,
    })
    .unwrap();
    let bench = bench(&server, "max_tokens = 100\nconcurrency = 1");
    let file = answers(&bench, 60);
    // Passages of all lengths.
    let longer = |(at, line): (usize, &str)| {
        let more = " The garden behind the old house is swept at noon.".repeat(at % 7);
        line.replace("open. Tea is free.\"}]", &format!("open. Tea is free.{more}\"}}]")) + "\n"
    };
    let lines = std::fs::read_to_string(&file).unwrap();
    let lines: String = lines.lines().enumerate().map(longer).collect();
    assert!(lines.contains("at noon."), "{lines}");
    std::fs::write(&file, lines).unwrap();
    let plan = || bench.json(&["eval", "judge", &file, "--dry-run"]);
    let rough = plan();
    assert_eq!((&rough["counted"], &rough["requests"]), (&0.into(), &60.into()));

    let part = bench.json(&["eval", "judge", &file, "--budget-tokens", "12000"]);
    let done = part["spent"]["requests"].as_u64().unwrap();
    assert!((8..52).contains(&done), "{part}");
    let told = plan();
    assert_eq!((&told["counted"], &told["requests"]), (&done.into(), &(60 - done).into()), "{told}");
    let rest = bench.json(&["eval", "judge", &file]);
    let whole = |side: &str| [&part, &rest].map(|report| report["spent"][side].as_f64().unwrap());
    for side in ["tokens_in", "tokens_out"] {
        let [_, took] = whole(side);
        let told = told[side].as_f64().unwrap();
        assert!((told - took).abs() <= 0.1 * took, "{side}: {told} told, {took} taken");
        // Four bytes a token and 16 tokens a verdict are wrong by more here.
        assert!(rough[side].as_f64().unwrap() < 0.9 * whole(side).iter().sum::<f64>(), "{rough}");
    }
    let [told, took] = [&told["cost"], &rest["cost"]].map(|cost| cost.as_f64().unwrap());
    assert!((told - took).abs() <= 0.1 * took, "{told} told, {took} paid");
}

#[test]
fn a_reply_that_is_no_json_is_asked_for_again_and_then_a_state() {
    let server = Scripted::start(|asked, _| {
        let q0 = asked.all().contains("Room 0 ");
        let again = asked.body["messages"].as_array().unwrap().len() > 2;
        match (q0, again) {
            (true, _) => Said::Text("I would say they are all fine.".into()),
            (false, false) => Said::Text("{\"verdicts\":[]}".into()),
            (false, true) => Said::Text(
                json!({ "verdicts": [{ "claim": 1, "verdict": "supported", "evidence": 1 },
                    { "claim": 2, "verdict": "partly", "evidence": 1 }] })
                .to_string(),
            ),
        }
    })
    .unwrap();
    let bench = bench(&server, "");
    let file = answers(&bench, 3);
    let report = bench.json(&["eval", "judge", &file]);
    assert_eq!(
        report["verdicts"],
        json!({ "supported": 2, "partly": 2, "not": 0, "no_evidence": 0, "unparsed": 2 }),
        "{report}"
    );
    assert_eq!((&report["states"]["unparsed"], &report["states"]["scored"]), (&1.into(), &2.into()));
    assert_eq!((&report["failures"][0]["kind"], &report["asked_again"]), (&"unparsed".into(), &3.into()));
    // Too few labels for a card or a quality, as its status says.
    let meant = ["against", "card", "quality", "lambda", "width_ratio", "stopped", "evidence"];
    let unexplained = unexplained(&report, &meant);
    assert!(unexplained.is_empty(), "{unexplained:?}");
    assert_eq!(
        bench.json(&["eval", "judge", &file])["cached"],
        3,
        "not even what could not be read is asked again"
    );
}

#[test]
fn requests_that_fail_are_counted_and_the_rest_goes_on() {
    let server = Scripted::start(|asked, _| match asked.all() {
        all if all.contains("Room 1 ") => {
            Said::Raw(400, Vec::new(), "{\"error\":{\"message\":\"too long\"}}".into())
        }
        all if all.contains("Room 2 ") => Said::Silence,
        _ => judge(asked),
    })
    .unwrap();
    let bench = bench(&server, "timeout_s = 0.5");
    let report = bench.json(&["eval", "judge", &answers(&bench, 6)]);
    let states = &report["states"];
    assert_eq!(
        (&states["scored"], &states["failed"], &states["timeout"]),
        (&4.into(), &1.into(), &1.into()),
        "{report}"
    );
    let messages: Vec<&str> =
        report["failures"].as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap()).collect();
    assert!(messages.iter().any(|message| message.contains("status 400: too long")), "{messages:?}");
}

#[test]
fn with_a_fifth_of_requests_failing_every_answer_has_a_state_and_a_reason() {
    let server = Scripted::start(|asked, before| {
        let again = asked.body["messages"].as_array().unwrap().len() > 2;
        let says = || if again { Said::Text("They are all fine.".into()) } else { judge(asked) };
        failing(before).unwrap_or_else(says)
    })
    .unwrap();
    let bench = bench(&server, "timeout_s = 0.5\nconcurrency = 8");
    let report = bench.json(&["eval", "judge", &answers(&bench, 20)]);
    let states: u64 =
        report["states"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    let (judged, failures) = (&report["states"]["scored"], report["failures"].as_array().unwrap().len());
    assert_eq!((states, judged), (20, &(20 - failures).into()), "{report}");
    assert!(failures > 0, "{report}");
    let meant = ["against", "card", "quality", "lambda", "width_ratio", "stopped", "evidence"];
    let unexplained = unexplained(&report, &meant);
    assert!(unexplained.is_empty(), "{unexplained:?}");
}

#[test]
fn two_runs_are_compared_in_both_orders_and_flips_are_ties() {
    // The judge likes an answer with tea wherever it stands, and whatever is first where neither has any.
    let server = Scripted::start(|asked, _| {
        let (_, answers) = asked.last().split_once("First answer:\n").unwrap();
        let (first, second) = answers.split_once("Second answer:\n").unwrap();
        let better = match (first.contains("Tea"), second.contains("Tea")) {
            (false, true) => "second",
            _ => "first",
        };
        Said::Text(json!({ "better": better }).to_string())
    })
    .unwrap();
    let bench = bench(&server, "");
    let ours = answers(&bench, 8);
    let theirs = bench.path("others.jsonl");
    let line = |at: usize| {
        let answer =
            if at == 7 { "Room 7 is open [1]. Tea is free.".to_string() } else { format!("Room {at}.") };
        format!("{}\n", json!({ "id": format!("q{at}"), "question": "What is free?", "answer": answer }))
    };
    std::fs::write(&theirs, (0..8).map(line).collect::<String>()).unwrap();
    let words = ["eval", "judge", &ours, "--against", theirs.to_str().unwrap()];
    let report = bench.json(&words);
    assert_eq!(
        report["verdicts"],
        json!({ "run": 5, "against": 0, "tie": 1, "flipped": 2, "unparsed": 0 }),
        "{report}"
    );
    assert_eq!(server.asked().len(), 14, "the same words twice are not asked about");
    assert!((report["position_flips"]["value"].as_f64().unwrap() - 2.0 / 7.0).abs() < 1e-9);
    assert!(report["quality"].is_null() && report["status"] == "unvalidated, 0 of 100 labels");
    let sheet = bench.path("pairs.jsonl");
    bench.json(&[&words[..], &["--sheet", sheet.to_str().unwrap()]].concat());
    let lines = std::fs::read_to_string(&sheet).unwrap();
    let turned = lines.lines().filter(|line| line.contains("#turned")).count();
    assert!((1..7).contains(&turned), "{lines}");
}

#[test]
fn an_endpoint_that_cannot_be_asked_is_named_with_what_to_do() {
    let plain = Bench::lexical();
    let (status, error) = plain.json_status(&["eval", "judge", &answers(&plain, 1)]);
    assert_eq!(status, 3);
    assert!(error["error"]["hint"].as_str().unwrap().contains("[endpoint]"), "{error}");

    let busy = Scripted::start(|_, _| Said::Raw(429, vec!["Retry-After: 0".into()], "no more today".into()))
        .unwrap();
    let bench = bench(&busy, "");
    let (status, error) = bench.json_status(&["eval", "judge", &answers(&bench, 2)]);
    assert_eq!(status, 3);
    assert!(error["error"]["message"].as_str().unwrap().contains("no more today"), "{error}");
    assert!(error["error"]["hint"].as_str().unwrap().contains("run the same command again"));
}

#[test]
fn a_run_of_the_workspace_is_judged_by_its_traces() {
    let server = Scripted::start(|asked, _| judge(asked)).unwrap();
    let bench = bench(&server, "");
    bench.write("leave.md", "# Leave\n\nEvery employee has 28 days of annual leave.\n");
    bench.write("keys.md", "# Keys\n\nLost keys are reported to the porter at once.\n");
    bench.ingest();
    let questions = bench.path("questions.jsonl");
    std::fs::write(
        &questions,
        "{\"id\":\"a\",\"question\":\"How many days of annual leave does every employee have?\",\"answer\":\"28 days\"}\n\
         {\"id\":\"b\",\"question\":\"What melts tungsten?\",\"answerable\":false}\n",
    )
    .unwrap();
    let run = bench.json(&["eval", "answers", "--questions", questions.to_str().unwrap()]);
    let id = run["run_id"].as_str().unwrap();
    let report = bench.json(&["eval", "judge", &id[..12]]);
    assert_eq!(
        (&report["states"]["scored"], &report["states"]["abstained"]),
        (&1.into(), &1.into()),
        "{report}"
    );
    assert_eq!(report["verdicts"]["supported"], 1);
    bench.write("leave.md", "# Leave\n\nEvery employee has 30 days of annual leave.\n");
    bench.ingest();
    let stale = bench.json(&["eval", "judge", &id[..12]]);
    assert_eq!(stale["states"]["skipped"], 1, "{stale}");
    assert!(stale["failures"][0]["message"].as_str().unwrap().contains("has changed since"));
}
