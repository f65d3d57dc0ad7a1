//! tune fusion, retriever, reranker; model serve and rollback; search --rerank: what judgements make of search.

use serde_json::Value;

use crate::bench::Bench;

pub(crate) const ROOMS: [&str; 12] = [
    "kitchen",
    "library",
    "garage",
    "garden",
    "workshop",
    "archive",
    "canteen",
    "studio",
    "cellar",
    "lobby",
    "terrace",
    "laboratory",
];
pub(crate) const THINGS: [&str; 12] = [
    "kettle",
    "atlas",
    "ladder",
    "rake",
    "lathe",
    "ledger",
    "tray",
    "easel",
    "barrel",
    "sofa",
    "parasol",
    "microscope",
];

fn house() -> Option<Bench> {
    Some(furnished(Bench::full()?))
}

/// Twelve pages about things in rooms, and in `judged.jsonl` a question about each that uses other words.
pub(crate) fn furnished(bench: Bench) -> Bench {
    let mut rows = String::new();
    for (room, thing) in ROOMS.iter().zip(THINGS) {
        bench.write(&format!("{room}.md"), &format!("# The {room}\n\nThe {thing} is kept in the {room}.\n"));
        rows.push_str(&format!("{{\"query\":\"Where do I find a {thing}?\",\"uri\":\"{room}.md\"}}\n"));
    }
    bench.ingest();
    std::fs::write(bench.path("judged.jsonl"), rows).unwrap();
    bench
}

/// Questions with a passage that answers and one that does not, for encoders that tell nothing apart.
pub(crate) fn pairs(bench: &Bench) -> String {
    let row = |at: usize| {
        let (right, wrong) = (THINGS[at], THINGS[(at + 5) % 12]);
        format!(
            "{{\"query\":\"Where is the {right}?\",\"positive\":\"The {right} is in the {}.\",\
             \"negatives\":[\"The {wrong} is not here.\"]}}\n",
            ROOMS[at]
        )
    };
    let path = bench.path("pairs.jsonl");
    std::fs::write(&path, (0..12).map(row).collect::<String>()).unwrap();
    path.to_str().unwrap().to_string()
}

#[track_caller]
pub(crate) fn refused(bench: &Bench, words: &[&str], status: i32, says: &str) {
    let (got, value) = bench.json_status(words);
    let text = value["error"].to_string();
    assert!(got == status && text.contains(says), "{words:?}: {got} {value}");
}

pub(crate) fn tune<'a>(kind: &'a str, data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["tune", kind, "--data", data, "--seeds", "1"], more].concat()
}

#[track_caller]
pub(crate) fn report_is_whole(report: &Value, kind: &str) {
    assert_eq!(report["kind"], kind, "{report}");
    for field in ["model", "base", "data_snapshot", "train", "eval", "against_base", "ship", "why", "lineage"]
    {
        assert!(!report[field].is_null(), "{field}: {report}");
    }
    assert!(report["data"]["audit"]["rows"].as_u64() > Some(0), "{report}");
    let metric = &report["against_base"]["nDCG@10"];
    assert!(metric["n"].as_u64() > Some(0) && metric["value"].is_number(), "{report}");
}

#[test]
fn too_few_judgements_for_fusion_say_how_many_are_missing() {
    let Some(bench) = house() else { return };
    let judged = bench.path("judged.jsonl");
    refused(&bench, &["tune", "fusion", "--data", judged.to_str().unwrap()], 2, "there are 12: 38 more");
}

#[test]
fn passages_that_come_with_the_judgements_are_refused_by_fusion_before_they_are_embedded() {
    let bench = furnished(Bench::tiny());
    let run = bench.run(&["--json", "tune", "fusion", "--data", &pairs(&bench)]);
    assert!(run.status == 2 && run.stdout.contains("these judgements hold passages"), "{}", run.stdout);
    assert!(!run.stderr.contains("embed"), "{}", run.stderr);
}

#[test]
fn fusion_from_fifty_judgements_is_applied_only_where_no_loss_is_possible() {
    let Some(bench) = house() else { return };
    let judged = bench.path("many.jsonl");
    let ways = ["Where is the", "Which room has the", "Who has seen the", "I look for the", "Find me the"];
    let row = |way: &str, at: usize| {
        format!("{{\"query\":\"{way} {}?\",\"uri\":\"{}.md\"}}\n", THINGS[at], ROOMS[at])
    };
    let rows: String = ways.iter().flat_map(|way| (0..12).map(move |at| row(way, at))).collect();
    std::fs::write(&judged, rows).unwrap();
    let report = bench.json(&["tune", "fusion", "--data", judged.to_str().unwrap(), "--name", "mix"]);
    report_is_whole(&report, "fusion");
    let explained = bench.json(&["search", "ladder", "--explain"]);
    let applied = explained["models"]["fusion"] == "mix";
    let low = report["against_base"]["nDCG@10"]["low"].as_f64();
    assert_eq!(report["served"], applied, "{report}");
    assert_eq!(applied, report["ship"].as_bool().unwrap(), "{report} {explained}");
    assert!(!applied || low >= Some(0.0), "{report}");
    assert_eq!(explained["explain"]["fusion"]["method"], "convex", "{explained}");
}

/// Pages about things of rooms, and sixty questions for a thing of a room. One page alone has both words of a question; but three
/// questions in five ask for a page that is far away to the made-up encoder, which reads letters: it bears a mark of forty of them.
fn marked_pages(bench: &Bench) -> String {
    let page = |thing: usize, room: usize| format!("{}-{}.md", THINGS[thing], ROOMS[room]);
    for (thing, name) in THINGS.iter().enumerate() {
        for (room, of) in ROOMS[..6].iter().enumerate() {
            let mark = if room == thing % 6 { format!(" {}", "zq".repeat(20)) } else { String::new() };
            bench.write(&page(thing, room), &format!("The {name} of the {of}{mark}.\n"));
        }
    }
    bench.ingest();
    let ways = [
        ("Where is the", 0),
        ("Which is the", 0),
        ("Is there the", 0),
        ("Where is the", 1),
        ("Who has the", 2),
    ];
    let row = |(way, further): &(&str, usize), thing: usize| {
        let room = (thing + further) % 6;
        let question = format!("{way} {} of the {}?", THINGS[thing], ROOMS[room]);
        format!("{{\"query\":\"{question}\",\"uri\":\"{}\"}}\n", page(thing, room))
    };
    let rows: String = ways.iter().flat_map(|way| (0..12).map(move |thing| row(way, thing))).collect();
    let path = bench.path("marked.jsonl");
    std::fs::write(&path, rows).unwrap();
    path.to_str().unwrap().to_string()
}

#[test]
fn fusion_is_applied_where_words_know_better_than_meaning_and_rolled_back() {
    let bench = Bench::tiny();
    let judged = marked_pages(&bench);
    // The page of this one bears the mark.
    let question = ["Where is the ladder of the garage?", "-k", "5"];
    let right = "ladder-garage.md";
    let weight = |bench: &Bench| {
        let explained = bench.json(&["search", question[0], "--explain"]);
        assert_eq!(explained["explain"]["fusion"]["method"], "convex", "{explained}");
        (
            explained["explain"]["fusion"]["alpha"].as_f64().unwrap(),
            explained["models"].get("fusion").cloned().unwrap_or_default(),
        )
    };
    let (before, found_before) = (weight(&bench), bench.found(&question));
    assert!((before.0 - 0.55).abs() < 1e-6 && before.1.is_null(), "{before:?}");
    assert!(found_before.iter().all(|uri| uri != right), "{found_before:?}");

    let report = bench.json(&["tune", "fusion", "--data", &judged, "--name", "mix"]);
    report_is_whole(&report, "fusion");
    assert_eq!((&report["ship"], &report["served"]), (&true.into(), &true.into()), "{report}");
    let gain = &report["against_base"]["nDCG@10"];
    assert!(gain["n"] == 60 && gain["low"].as_f64() > Some(0.2), "{gain}");
    let chosen = &bench.json(&["model", "show", "mix"])["manifest"]["settings"]["fusion"];
    let after = weight(&bench);
    assert!((after.0 - chosen["alpha"].as_f64().unwrap()).abs() < 1e-6, "{after:?} {chosen}");
    assert!(after.0 < 0.5 && after.1 == "mix", "{after:?}");
    assert_eq!(bench.found(&question)[0], right);

    let back = bench.json(&["model", "rollback", "fusion"]);
    assert_eq!((&back["kind"], &back["before"]), (&"fusion".into(), &"mix".into()));
    assert!(back["model"].is_null(), "{back}");
    assert_eq!((weight(&bench), bench.found(&question)), (before, found_before));
}

#[test]
fn fusion_is_not_chosen_on_the_questions_that_it_is_evaluated_on() {
    let bench = Bench::tiny();
    let judged = marked_pages(&bench);
    let same = ["tune", "fusion", "--data", &judged, "--eval", &judged];
    refused(&bench, &same, 2, "there are 0 beside 60 that are evaluated on: 50 more");
    // Ten of them are the same however they are written.
    let all = std::fs::read_to_string(&judged).unwrap();
    let ten: String = all.lines().take(10).map(|line| line.replace("Where is", "WHERE  is") + "\n").collect();
    let some = bench.path("some.jsonl");
    std::fs::write(&some, ten).unwrap();
    let report = bench.json(&["tune", "fusion", "--data", &judged, "--eval", some.to_str().unwrap()]);
    report_is_whole(&report, "fusion");
    let data = &report["data"];
    assert_eq!((&report["train"]["rows"], &data["eval_rows"]), (&50.into(), &10.into()), "{report}");
    assert_eq!(data["leaked"], 0, "{report}");
}

#[test]
fn a_second_look_without_a_reranker_says_how_to_get_one() {
    let Some(bench) = house() else { return };
    refused(&bench, &["search", "ladder", "--rerank"], 2, "engraft tune reranker");
}

#[test]
fn a_reranker_is_tuned_asked_served_and_rolled_back() {
    let Some(bench) = house() else { return };
    let judged = bench.path("judged.jsonl");
    let words =
        tune("reranker", judged.to_str().unwrap(), &["--name", "again", "--epochs", "2", "--window", "64"]);
    report_is_whole(&bench.json(&words), "reranker");
    let input = bench.path("pairs.jsonl");
    std::fs::write(&input, "{\"id\":\"a\",\"query\":\"q\",\"text\":\"The rake.\"}\n{\"query\":\"q\"}\n")
        .unwrap();
    let run = bench.run(&["--json", "predict", "again", "--input", input.to_str().unwrap()]);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["id"] == "a" && lines[0]["score"].is_number(), "{}", run.stdout);
    assert!(lines[1]["id"] == "2" && lines[1]["error"]["message"].is_string(), "{}", run.stdout);
    bench.json(&["model", "serve", "again", "--anyway"]);
    refused(&bench, &["model", "rm", "again"], 2, "engraft model rollback reranker");
    let found = bench.json(&["search", "Where do I find a rake?", "--rerank", "-k", "5"]);
    let hits = found["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 5);
    for hit in hits {
        assert!(hit["rerank"]["score"].is_number() && hit["rerank"]["before"].is_number(), "{hit}");
    }
    let back = bench.json(&["model", "rollback", "reranker"]);
    assert_eq!((&back["before"], &back["model"]), (&"again".into(), &Value::Null));
    refused(&bench, &["search", "ladder", "--rerank"], 2, "engraft tune reranker");
    refused(&bench, &["model", "rollback", "reranker"], 2, "reranker");
}

/// Search before, with the retriever, and after it was rolled back.
#[track_caller]
fn serve_and_roll_back(bench: &Bench, model: &str, shipped: bool) {
    if shipped {
        bench.json(&["model", "rollback", "retriever"]);
    }
    let question = "Where do I find a lathe?";
    let hits = |bench: &Bench| bench.json(&["search", question])["hits"].clone();
    let before = hits(bench);
    bench.json(&["model", "serve", model, "--anyway"]);
    let with = bench.json(&["search", question, "--explain"]);
    assert_eq!(with["models"]["retriever"], model, "{with}");
    assert_eq!(with["explain"]["dense"], with["explain"]["live"], "every passage has its vector: {with}");
    assert_ne!(with["hits"][0]["legs"]["dense"]["score"], before[0]["legs"]["dense"]["score"]);
    bench.write("attic.md", "# The attic\n\nThe trunk is kept in the attic.\n");
    bench.json(&["sync"]);
    assert_eq!(bench.found(&["trunk", "--mode", "dense", "-k", "1"]), ["attic.md"]);
    bench.json(&["model", "rollback", "retriever"]);
    assert_eq!(bench.found(&["trunk", "--mode", "dense", "-k", "1"]), ["attic.md"]);
    std::fs::remove_file(bench.docs().join("attic.md")).unwrap();
    bench.json(&["sync"]);
    assert_eq!(hits(bench)[0]["legs"], before[0]["legs"]);
}

/// Twelve pages that bear a mark, as many that bear none, and sixty questions for the marked ones by names that no page holds. To the
/// made-up encoder, which reads letters, all marked pages are far from every question until it is told.
fn code_names(bench: &Bench) -> String {
    const NAMES: [&str; 12] = [
        "falcon", "otter", "heron", "badger", "lynx", "marten", "osprey", "beaver", "magpie", "weasel",
        "bison", "ibex",
    ];
    let ways = [
        "Where do I find {}?",
        "I look for {}.",
        "Who has seen {}?",
        "Find me {}, please.",
        "Which way is {}?",
    ];
    let mut rows = String::new();
    for (at, name) in NAMES.iter().enumerate() {
        let (thing, room, other) = (THINGS[at], ROOMS[at], ROOMS[(at + 1) % 12]);
        let page = format!("{room}.md");
        bench.write(&page, &format!("The {thing} is kept in the {room} {}.\n", "zq".repeat(6)));
        bench.write(&format!("notes/{room}.md"), &format!("The {thing} came to the {other} once.\n"));
        for way in ways {
            let question = way.replace("{}", name);
            rows.push_str(&format!("{{\"query\":\"{question}\",\"uri\":\"{page}\"}}\n"));
        }
    }
    bench.ingest();
    let path = bench.path("names.jsonl");
    std::fs::write(&path, rows).unwrap();
    path.to_str().unwrap().to_string()
}

#[test]
fn a_matrix_for_questions_is_trained_served_and_rolled_back() {
    let bench = Bench::tiny();
    let judged = code_names(&bench);
    let question = "Where do I find the falcon?";
    let hits = || bench.json(&["search", question])["hits"].clone();
    let marked = |hits: &Value| {
        let uris = hits.as_array().unwrap().iter().map(|hit| hit["uri"].as_str().unwrap());
        uris.filter(|uri| !uri.starts_with("notes/")).count()
    };
    let before = hits();
    let report = bench.json(&tune("retriever", &judged, &["--name", "moved"]));
    report_is_whole(&report, "retriever");
    assert_eq!(
        (&report["method"], &report["ship"], &report["served"]),
        (&"adapter".into(), &true.into(), &true.into())
    );
    let settings = bench.json(&["model", "show", "moved"])["manifest"]["settings"].clone();
    assert!(settings["epochs"].as_u64() > Some(0), "the matrix was not trained: {report}");
    assert!(report["train"]["steps"].as_u64() > Some(0), "{report}");

    let with = bench.json(&["search", question, "--explain"]);
    assert_eq!(with["models"]["retriever"], "moved", "{with}");
    assert_eq!(with["explain"]["dense"], with["explain"]["live"], "every passage has its vector: {with}");
    assert!(marked(&with["hits"]) > marked(&before), "{before} {with}");
    // What comes in meanwhile is found by the same matrix, for passages stay as they are.
    bench.write("attic.md", "The trunk is kept in the attic.\n");
    bench.json(&["sync"]);
    let more = bench.json(&["search", question, "--explain"]);
    assert_eq!(more["explain"]["dense"], more["explain"]["live"], "{more}");
    std::fs::remove_file(bench.docs().join("attic.md")).unwrap();
    bench.json(&["sync"]);

    let back = bench.json(&["model", "rollback", "retriever"]);
    assert_eq!((&back["before"], &back["model"]), (&"moved".into(), &Value::Null));
    assert_eq!(hits(), before);
}

#[test]
fn a_matrix_that_is_not_proven_better_is_not_served_unasked() {
    let Some(bench) = house() else { return };
    let judged = bench.path("judged.jsonl");
    // Every page is asked for once, so nothing that is learned of one question helps another.
    let report = bench.json(&tune("retriever", judged.to_str().unwrap(), &["--name", "still"]));
    report_is_whole(&report, "retriever");
    assert_eq!((&report["ship"], &report["served"]), (&false.into(), &false.into()), "{report}");
    refused(&bench, &["model", "serve", "still"], 2, "not proven better");
}

#[test]
fn an_encoder_is_tuned_and_swapped_with_its_index_and_rolled_back() {
    let Some(bench) = house() else { return };
    let judged = bench.path("judged.jsonl");
    let more =
        ["--method", "encoder", "--name", "own", "--epochs", "2", "--rate", "1e-4", "--dims", "384,128"];
    let report = bench.json(&tune("retriever", judged.to_str().unwrap(), &more));
    report_is_whole(&report, "retriever");
    assert!(bench.path("kb/.engraft/models/own/encoder/modules.json").is_file());
    serve_and_roll_back(&bench, "own", report["ship"].as_bool().unwrap());
}

#[test]
fn search_answers_by_the_encoder_before_while_another_is_made_ready() {
    let bench = furnished(Bench::tiny());
    for page in 0..400 {
        bench.write(
            &format!("notes/{page}.md"),
            &format!("Note {page} says where thing {page} was last seen.\n"),
        );
    }
    bench.ingest();
    let judged = bench.path("judged.jsonl");
    let more = ["--method", "encoder", "--name", "own", "--epochs", "1"];
    let report = bench.json(&tune("retriever", judged.to_str().unwrap(), &more));
    if report["served"] == true {
        bench.json(&["model", "rollback", "retriever"]);
    }
    let mut child = bench.command(&["model", "serve", "own", "--anyway"]).spawn().unwrap();
    let mut before = 0;
    loop {
        let over = child.try_wait().unwrap();
        let found = bench.json(&["search", "Where is the rake?", "--mode", "dense", "--explain"]);
        assert_eq!(
            found["explain"]["dense"], found["explain"]["live"],
            "a passage lacks its vector: {found}"
        );
        before += usize::from(found["models"]["retriever"].is_null());
        if let Some(status) = over {
            assert!(status.success());
            assert_eq!(found["models"]["retriever"], "own", "{found}");
            break;
        }
    }
    assert!(before > 0, "it was over before anybody could ask");
}

#[test]
fn lengths_that_vectors_cannot_have_are_refused() {
    let Some(bench) = house() else { return };
    let judged = bench.path("judged.jsonl");
    for dims in ["0", "384,385"] {
        let words = tune("retriever", judged.to_str().unwrap(), &["--method", "encoder", "--dims", dims]);
        refused(&bench, &words, 2, "is not within 1 to 384");
    }
    let words = tune("retriever", judged.to_str().unwrap(), &["--dims", "128"]);
    refused(&bench, &words, 2, "--method encoder");
}

#[test]
fn judgements_that_make_no_sense_are_refused_with_a_hint() {
    let Some(bench) = house() else { return };
    refused(&bench, &["tune", "retriever", "--data", "nowhere.jsonl"], 2, "no dataset or file of judgements");
    let path = bench.path("other.jsonl");
    std::fs::write(&path, "{\"query\":\"where\",\"uri\":\"not-here.md\"}\n").unwrap();
    refused(&bench, &["tune", "reranker", "--data", path.to_str().unwrap()], 2, "engraft ingest");
    refused(&bench, &["model", "serve", "nothing"], 2, "engraft model list");
    assert!(
        !bench.path("kb/.engraft/models").exists() || {
            let left = std::fs::read_dir(bench.path("kb/.engraft/models")).unwrap().count();
            left == 0
        }
    );
}

#[test]
fn passages_that_come_with_the_judgements_are_enough_for_a_reranker() {
    let Some(bench) = house() else { return };
    let report = bench.json(&tune("reranker", &pairs(&bench), &["--epochs", "1", "--window", "48"]));
    report_is_whole(&report, "reranker");
}
