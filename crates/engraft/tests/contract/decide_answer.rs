//! `decide` on answers: a search that is tuned on questions in words that the documents do not use, how that grows with questions,
//! gold in several documents, and questions of which nobody said what is right.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::bench::Bench;

/// What the team says, what the pages say, and where it is.
const THINGS: [(&str, &str, &str); 12] = [
    ("zorble", "meeting rooms", "at the front desk"),
    ("quimp", "travel expenses", "in the finance portal"),
    ("fandle", "parental leave", "with the people team"),
    ("glorp", "laptop repairs", "in the workshop"),
    ("snarfit", "visitor badges", "at the gate"),
    ("wumple", "parking permits", "in the garage office"),
    ("drizzen", "language courses", "with the training team"),
    ("blonk", "broken windows", "with the janitor"),
    ("trovik", "legal contracts", "in the law office"),
    ("yapsel", "press inquiries", "in the news room"),
    ("kremble", "medical check-ups", "at the clinic"),
    ("ostrel", "catering orders", "in the kitchen"),
];
const WAYS: [&str; 10] = [
    "Where do I go about a {}?",
    "Who looks after the {}?",
    "I need a {} by tomorrow, whom do I ask?",
    "What is the right place for a {}?",
    "My {} is late, who can tell me more?",
    "Is there somebody responsible for {} matters?",
    "How does one get a new {}?",
    "The {} does not work, what now?",
    "Can you point me to the {} people?",
    "Which office deals with any {}?",
];

/// What no page says anything about.
const NOWHERE: [&str; 12] = [
    "How high is the moon tonight?",
    "Which river is the longest in Asia?",
    "What did the baker sing last Sunday?",
    "How many legs do ten spiders have?",
    "Why is copper red and silver white?",
    "Did it snow in the year of the comet?",
    "What colour had the horse of Alexander?",
    "How old does a tortoise become?",
    "When will the cherry trees blossom?",
    "Is there salt in every ocean?",
    "How far can an owl see at night?",
    "What do whales dream of in winter?",
];

/// A page about each, and a task that asks in the team's words, in so many ways, and twelve times what no page answers.
fn task(bench: &Bench, encoder: &str, ways: usize, more: &str) -> PathBuf {
    let mut rows = String::new();
    for (at, (word, page, place)) in THINGS.into_iter().enumerate() {
        let says = format!("Anything about {page} is settled {place}.");
        bench.write(&format!("{at}.md"), &format!("# About {page}\n\n{says}\n"));
        for (way, asked) in WAYS.iter().enumerate().take(ways) {
            rows.push_str(&format!(
                "{}\n",
                json!({ "id": format!("{word}{way}"), "question": asked.replace("{}", word),
                    "gold": [{ "quote": says, "uri": format!("{at}.md") }], "group": format!("{word}{way}") })
            ));
        }
    }
    for (at, question) in NOWHERE.into_iter().enumerate() {
        let row = json!({ "id": format!("nowhere{at}"), "question": question, "answerable": false });
        rows.push_str(&format!("{row}\n"));
    }
    std::fs::write(bench.path("questions.jsonl"), rows).unwrap();
    let text = format!(
        "kind = 'answer'\nlabelled = 'questions.jsonl'\ndocuments = 'docs'\nencoder = '{encoder}'\nresamples = 300\n{more}\n\
         [updates]\ntrials = 4\n[scale]\nquestions = 12\nmade_up = 0\nload_s = 0\n"
    );
    let path = bench.path("words.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn arm<'d>(decision: &'d Value, name: &str) -> &'d Value {
    decision["arms"].as_array().unwrap().iter().find(|arm| arm["name"] == name).unwrap()
}

#[test]
fn a_retriever_tuned_on_the_teams_words_takes_part_and_is_not_tuned_again() {
    let Some(bench) = Bench::full() else { return };
    let encoder = engraft_testkit::model().unwrap();
    let task = task(&bench, encoder.to_str().unwrap(), 10, "tuned = ['fusion', 'retriever']");
    let out = bench.path("out");
    let words = ["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let plan = bench.json(&[&words[..], &["--dry-run"]].concat());
    assert_eq!(plan["tuned"], json!(["retriever", "fusion"]));

    let (_, decision) = bench.json_status(&words);
    let quality = |name: &str| arm(&decision, name)["quality"]["value"].as_f64().unwrap();
    assert!(quality("both") > quality("retrieval") + 0.2, "{} {}", quality("both"), quality("retrieval"));
    assert_eq!(arm(&decision, "both")["tuned"], true);
    // What the tuned parts find is held against what they should find.
    assert!(quality("perfect-retrieval-both") >= quality("both"), "{decision}");
    let growing: Vec<&Value> =
        decision["growth"].as_array().unwrap().iter().map(|growth| &growth["arm"]).collect();
    assert_eq!((growing, &decision["loads"]), (vec![&json!("retrieval"), &json!("both")], &Value::Null));
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("Tuned part retriever: takes part; nDCG@10 is better"), "{report}");
    assert!(report.contains("Tuned part fusion:") && !report.contains("Tuned part reader"), "{report}");

    let record = out.join("record.json");
    assert_eq!(bench.json(&["decide", "--replay", record.to_str().unwrap()])["identical"], true);
    // Neither questions nor parts are done again.
    let models = || std::fs::read_dir(out.join("work/library/.engraft/models")).unwrap().count();
    let before = models();
    let (_, again) = bench.json_status(&words);
    assert_eq!((&again["asked"], models()), (&json!(0), before));
    assert_eq!(arm(&again, "both")["quality"], arm(&decision, "both")["quality"]);
}

#[test]
fn parts_that_need_an_encoder_say_so_where_there_is_none() {
    let bench = Bench::lexical();
    let task = task(&bench, "none", 10, "tuned = ['retriever', 'reranker', 'reader']");
    let out = bench.path("out");
    let (_, decision) =
        bench.json_status(&["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    for part in ["retriever", "reranker", "reader"] {
        let note = format!("Tuned part {part}: takes no part; it needs an encoder");
        assert!(report.contains(&note), "{report}");
    }
    let absent = arm(&decision, "both")["absent"].as_str().unwrap();
    assert!(absent.contains("no part of it was proven to help"), "{absent}");
}

const WINGS: [&str; 4] = ["east wing", "west wing", "annex", "tower"];

/// 48 desks, and five questions about each of which search finds the answer and says that it is hardly supported: 160 to learn from, 40
/// to ask. In place of eight of those to learn from there may be some in words that no page has.
fn desks(bench: &Bench, nonsense: bool, more: &str) -> PathBuf {
    let (mut training, mut evaluation) = (String::new(), String::new());
    for (number, ((_, page, _), wing)) in
        THINGS.iter().flat_map(|thing| WINGS.map(|wing| (thing, wing))).enumerate()
    {
        let place = format!("{page} in the {wing}");
        let says = format!("Anything about {place} is settled at desk {}.", number + 10);
        bench.write(&format!("{number}.md"), &format!("# {page}\n\n{says}\n"));
        for way in 0..5 {
            let id = format!("{number}-{way}");
            let question = WAYS[(number + 3 * way) % 10].replace("{}", &place);
            let at = 5 * number + way;
            let row = match nonsense && at % 30 == 1 {
                true => {
                    let [first, second] = [0, 4].map(|on| THINGS[at / 30 + on].0);
                    json!({ "id": id, "question": format!("{first} {second}?"), "answerable": false })
                }
                false => json!({ "id": id, "question": question, "gold": [{ "quote": says }], "group": id }),
            };
            match at % 6 {
                0 => evaluation += &format!("{row}\n"),
                5 => {}
                _ => training += &format!("{row}\n"),
            }
        }
    }
    std::fs::write(bench.path("training.jsonl"), training).unwrap();
    std::fs::write(bench.path("evaluation.jsonl"), evaluation).unwrap();
    let text = format!(
        "kind = 'answer'\ntraining = 'training.jsonl'\nevaluation = 'evaluation.jsonl'\ndocuments = 'docs'\nencoder = 'none'\n\
         resamples = 300\ndiagnostics = false\n{more}\n[updates]\ntrials = 0\n[scale]\nquestions = 0\nload_s = 0\n"
    );
    let path = bench.path("desks.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn what_fewer_questions_would_have_brought_is_measured_as_far_as_the_budget_goes() {
    let bench = Bench::lexical();
    let out = bench.path("out");
    let decide = |more: &str| {
        let task = desks(&bench, true, more);
        bench.json(&["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()])
    };
    let none = decide("curve_budget_s = 0");
    assert_eq!(none["recommendation"], "both");
    assert_eq!(none["curves"], json!([]));
    assert!(none["assumptions"].to_string().contains("rests on 0 of 9 smaller trainings"), "{none}");

    // With more time the same run goes on where it was.
    let decision = decide("");
    assert_eq!((&decision["asked"], decision["curves"].as_array().unwrap().len()), (&json!(0), 1));
    let curve = &decision["curves"][0];
    let sizes = curve["measured"].as_array().unwrap();
    let many: Vec<(u64, u64)> = sizes
        .iter()
        .map(|mean| (mean["labels"].as_u64().unwrap(), mean["seeds"].as_u64().unwrap()))
        .collect();
    assert_eq!((&curve["arm"], many), (&json!("both"), vec![(20, 3), (40, 3), (80, 3), (160, 1)]));
    let quality = |name: &str| arm(&decision, name)["quality"]["value"].as_f64().unwrap();
    let reached: Vec<f64> = sizes.iter().map(|mean| mean["quality"].as_f64().unwrap()).collect();
    assert!((reached[3] - quality("both")).abs() < 1e-9, "{reached:?}");
    assert!(reached.iter().all(|&reached| reached > quality("retrieval") + 0.1), "{reached:?}");
    assert!(curve["at_four_times"]["value"].as_f64().unwrap() > 0.8, "{curve}");
    let said = decision["assumptions"].to_string();
    assert!(said.contains("tunes the parts that take part: fusion") && !said.contains("smaller trainings"));
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("Twice the labels (320)"), "{report}");
}

#[test]
fn where_every_question_has_an_answer_the_support_stays_and_false_answers_are_said_to_be_unknown() {
    let bench = Bench::lexical();
    let out = bench.path("out");
    let task = desks(&bench, false, "learning_curve = false");
    let (_, decision) =
        bench.json_status(&["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    // Without an encoder there is nothing to tune but the support, and that would only ever be lowered.
    let absent = arm(&decision, "both")["absent"].as_str().unwrap();
    assert!(absent.contains("no part of it was proven to help"), "{absent}");
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    let stays = "Tuned part fusion: takes no part; the usual weight and threshold are the best (160 questions chose); the support \
                 below which it abstains stays 0.500, because none of them is unanswerable";
    assert!(report.contains(stays), "{report}");
    assert!(decision["needs"].to_string().contains("no question was unanswerable"), "{}", decision["needs"]);
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("False answers: not measured, no question was unanswerable."));

    // Every desk that is asked about is asked about in training, too: in other words, so that it is not refused.
    let shared = "40 of 40 questions rest on a document that training names";
    assert!(report.contains(&format!("- Documents in common: {shared}\n")), "{report}");
    assert!(page.contains(&format!("<li>Documents in common: {shared}</li>")));
    assert!(decision["assumptions"].to_string().contains(shared), "{}", decision["assumptions"]);
}

#[test]
fn what_is_not_proven_is_asked_all_the_same_held_against_retrieval_and_never_chosen() {
    let Some(bench) = Bench::full() else { return };
    let encoder = format!("encoder = '{}'", engraft_testkit::model().unwrap().display());
    // Search finds every desk by the words of the question: there is nothing to gain.
    let task = desks(&bench, false, "learning_curve = false\ntuned = ['retriever']");
    let text = std::fs::read_to_string(&task).unwrap().replace("encoder = 'none'", &encoder);
    std::fs::write(&task, text.replace("diagnostics = false", "diagnostics = true")).unwrap();
    let out = bench.path("out");
    let words = ["decide", task.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let (_, decision) = bench.json_status(&words);
    let tried = arm(&decision, "tuned (not proven)");
    assert_eq!((&tried["candidate"], &tried["tuned"]), (&json!(false), &json!(true)));
    let absent = arm(&decision, "both")["absent"].as_str().unwrap();
    assert!(absent.ends_with("and `tuned (not proven)` what it does all the same"), "{absent}");

    let contrasts = decision["diagnostics"].as_array().unwrap();
    let contrast = contrasts.iter().find(|one| one["diagnostic"] == "tuned (not proven)").unwrap();
    assert_eq!((&contrast["beside"], &contrast["difference"]["n"]), (&json!("retrieval"), &json!(40)));
    let quality = |name: &str| arm(&decision, name)["quality"]["value"].as_f64().unwrap();
    let gained = quality("tuned (not proven)") - quality("retrieval");
    assert!((contrast["difference"]["value"].as_f64().unwrap() - gained).abs() < 1e-9, "{contrast}");

    // What was tried, with its difference; the comparison; and that one training was measured.
    let report = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("Tuned part retriever: takes no part; nDCG@10"), "{report}");
    assert!(report.split_once("## Diagnostics").unwrap().1.contains("`tuned (not proven)`"), "{report}");
    assert!(decision["assumptions"].to_string().contains("was trained once, with seed 0"));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("Trained once: <code>tuned (not proven)</code>."));
    assert!(page.contains("What was tuned and is not proven to help, asked all the same:"));
    let (_, again) = bench.json_status(&words);
    assert_eq!((&again["asked"], &again["diagnostics"]), (&json!(0), &decision["diagnostics"]));
}

#[test]
fn quotes_are_their_own_evidence_and_gold_longer_than_a_passage_is_left_out_of_what_passages_hold() {
    let bench = Bench::lexical();
    let mut rows = String::new();
    for (number, (word, ..)) in THINGS.iter().enumerate() {
        // A section of many sentences, which is cut into passages.
        let seats = |room: usize| format!("The {word} room number {room} seats {} people.", 100 + 3 * room);
        let says: Vec<String> = (0..240).map(seats).collect();
        let long = says.join(" ");
        bench.write(&format!("{number}.md"), &format!("# Rooms of {word}\n\n{long}\n"));
        for way in 0..3 {
            let room = 7 * way + 1;
            let question = format!("How many people does the {word} room number {room} seat?");
            let gold = if way == 0 { &long } else { &says[room] };
            let row = json!({ "id": format!("{number}-{way}"), "question": question,
                "gold": [{ "quote": gold, "uri": format!("{number}.md") }], "group": format!("{number}-{way}") });
            rows += &format!("{row}\n");
        }
    }
    std::fs::write(bench.path("questions.jsonl"), rows).unwrap();
    let text = "kind = 'answer'\nevaluation = 'questions.jsonl'\ndocuments = 'docs'\nencoder = 'none'\nresamples = 300\n\
                updates = { trials = 0 }\nscale = { questions = 0, load_s = 0 }\n";
    let task = bench.path("sections.toml");
    std::fs::write(&task, text).unwrap();
    let (_, decision) = bench.json_status(&["decide", task.to_str().unwrap()]);
    let measure = |name: &str, measure: &str| arm(&decision, name)["measures"][measure].clone();
    // Perfect search is perfect, since what it could not hold does not count.
    let recall = measure("perfect-retrieval", "recall@k");
    assert_eq!((&recall["value"], &recall["n"]), (&json!(1.0), &json!(24)), "{recall}");
    assert_eq!(measure("perfect-retrieval", "evidence_recall")["n"], 36);
    let report = std::fs::read_to_string(bench.path("sections.decision/report.md")).unwrap();
    assert!(report.contains("Gold that no passage holds whole: 12 of 36 questions with gold"), "{report}");

    for name in ["groundedness", "citation_recall", "citation_precision", "citation_precision_alce"] {
        assert_eq!(measure("retrieval", name)["value"], 1.0, "{name}");
    }
    let page = std::fs::read_to_string(bench.path("sections.decision/report.html")).unwrap();
    assert!(page.contains(
        "<p>By construction and no finding: <code>groundedness</code>, <code>citation_recall</code>,"
    ));
    assert!(page.contains("1.000, by construction") && !page.contains("not backed by what was retrieved"));
}

#[test]
fn gold_in_several_documents_is_a_slice_and_missing_gold_leaves_the_comparison_by_name() {
    let bench = Bench::lexical();
    let mut rows = Vec::new();
    let mut says = Vec::new();
    for (number, (_, page, _)) in THINGS.iter().enumerate() {
        says.push(format!("The office for {page} opened in {}.", 1980 + number));
        bench.write(&format!("{number}.md"), &format!("# About {page}\n\n{}\n", says[number]));
    }
    for (number, (_, page, _)) in THINGS.iter().enumerate() {
        let (next, gold) = ((number + 1) % 12, |at: usize| json!({ "quote": says[at] }));
        let other = THINGS[next].1;
        let mut ask = |what: &str, question: String, row: Value| {
            let mut row = row;
            row["id"] = format!("{what}-{number}").into();
            row["question"] = question.into();
            rows.push(row.to_string());
        };
        let one = json!({ "gold": [gold(number)] });
        ask("where", format!("When did the office for {page} open?"), one.clone());
        ask("who", format!("In which year did the office for {page} open?"), one);
        let both = json!({ "gold": [gold(number), gold(next)], "needs": "all" });
        ask(
            "two",
            format!("When did the office for {page} open, and when did the office for {other} open?"),
            both,
        );
        // Either page answers: one is enough, however many say it.
        let either = json!({ "gold": [gold(number), gold(next)] });
        ask("any", format!("When did the office for {page} or the office for {other} open?"), either);
        if number < 3 {
            ask("unsaid", format!("How long does it take to settle {page}?"), json!({}));
        }
    }
    std::fs::write(bench.path("questions.jsonl"), rows.join("\n")).unwrap();
    let text = "kind = 'answer'\nevaluation = 'questions.jsonl'\ndocuments = 'docs'\nencoder = 'none'\nresamples = 300\n\
                slices = 'hops'\ndiagnostics = false\nupdates = { trials = 0 }\nscale = { questions = 0, load_s = 0 }\n";
    let task = bench.path("hops.toml");
    std::fs::write(&task, text).unwrap();
    let (_, decision) = bench.json_status(&["decide", task.to_str().unwrap()]);

    let slices = decision["slices"].as_array().unwrap();
    let found: Vec<(&str, u64)> =
        slices.iter().map(|slice| (slice["slice"].as_str().unwrap(), slice["n"].as_u64().unwrap())).collect();
    assert_eq!(found, [("multi-hop", 12), ("one document", 36)]);

    // What takes two passages is wrong where one is quoted; where any one will do that is right.
    let record: Value =
        serde_json::from_slice(&std::fs::read(bench.path("hops.decision/record.json")).unwrap()).unwrap();
    let rows = arm(&record, "retrieval")["runs"][0]["rows"].as_array().unwrap();
    let mut halves = [0, 0];
    for (row, question) in rows.iter().zip(record["questions"].as_array().unwrap()) {
        let (what, number) = question["id"].as_str().unwrap().split_once('-').unwrap();
        let number: usize = number.parse().unwrap();
        let quoted = |at: usize| row["evidence"].to_string().contains(&says[at % 12]);
        let (held, answered) = ([quoted(number), quoted(number + 1)], row["state"] == "scored");
        let right = match what {
            "two" => held[0] && held[1],
            "any" => held[0] || held[1],
            _ => continue,
        };
        assert_eq!(row["values"][0] == 1.0, answered && right, "{row}");
        // What is quoted was found: as much of the gold as an answer takes.
        let found = (&row["values"][5], &row["values"][6]);
        assert!(!right || found == (&json!(1.0), &json!(1.0)), "{row}");
        halves[usize::from(what == "any")] += usize::from(answered && held[0] != held[1]);
    }
    assert!(halves[0] > 0 && halves[1] > 0, "{halves:?}: one passage was never quoted alone");

    // Nobody said what is right of three: they count for no arm, and are listed.
    assert_eq!((&decision["questions"], &decision["clusters"]), (&json!(48), &json!(48)));
    let missing = decision["missing"].as_array().unwrap().iter().filter(|row| row["arm"] == "retrieval");
    let named: Vec<&str> = missing.clone().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(named, ["unsaid-0", "unsaid-1", "unsaid-2"]);
    for row in missing {
        let (state, why) = (&row["state"], &row["why"]);
        assert_eq!((state, why), (&json!("undefined"), &json!("nobody said what is right")), "{row}");
    }
    let report = std::fs::read_to_string(bench.path("hops.decision/report.md")).unwrap();
    assert!(report.contains("Without a right answer: 3 questions; they leave the comparison"), "{report}");
    let several = "With several gold passages: 24 questions; an answer to 12 of them takes every passage, to 12 any one";
    assert!(report.contains(several), "{report}");
}
