//! Who asks while models are served and rolled back gets the answers of one set of models, and never waits for a restart.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use engraft_app::people::Principal;
use engraft_app::tune::{RetrieverMethod, RetrieverRequest, TuneRequest, tune_retriever};
use engraft_app::{
    Context, IngestRequest, Isolation, Parsers, SearchRequest, Standing, Workspace, ingest, init,
    rollback_model, search, serve_model, sync,
};
use engraft_core::{Cancel, Mode, Progress};

const THINGS: [(&str, &str); 12] = [
    ("kettle", "kitchen"),
    ("atlas", "library"),
    ("ladder", "garage"),
    ("rake", "garden"),
    ("lathe", "workshop"),
    ("ledger", "archive"),
    ("tray", "canteen"),
    ("easel", "studio"),
    ("barrel", "cellar"),
    ("sofa", "lobby"),
    ("parasol", "terrace"),
    ("microscope", "laboratory"),
];

/// Keeps what is remarked.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _units: u64) {}
    fn say(&self, remark: &str) {
        self.0.lock().unwrap().push(remark.to_string());
    }
}

/// A workspace whose encoder was tuned as `own`, which is not in use.
struct Bench {
    folder: tempfile::TempDir,
    heard: Heard,
    cancel: Cancel,
}

/// The retriever that took part, and the scores of all passages.
type Answer = (Option<String>, Vec<(String, f32)>);

impl Bench {
    fn new() -> Bench {
        let bench = Bench {
            folder: tempfile::tempdir().unwrap(),
            heard: Heard::default(),
            cancel: Cancel::default(),
        };
        let (tiny, docs) = (bench.path("tiny"), bench.path("docs"));
        engraft_testkit::tiny_encoder(&tiny).unwrap();
        std::fs::create_dir(&docs).unwrap();
        init(&bench.path("kb"), None, tiny.to_str()).unwrap();
        let mut judged = String::new();
        for (thing, room) in THINGS {
            let page = format!("# The {room}\n\nThe {thing} is kept in the {room}.\n");
            std::fs::write(docs.join(format!("{room}.md")), page).unwrap();
            judged.push_str(&format!("{{\"query\":\"Where is the {thing}?\",\"uri\":\"{room}.md\"}}\n"));
        }
        std::fs::write(bench.path("judged.jsonl"), judged).unwrap();
        let parsers = Parsers::new(Isolation::InProcess, Default::default());
        let request = IngestRequest { paths: vec![docs.display().to_string()], ..IngestRequest::default() };
        bench.with(|context| ingest(context, &bench.open(), &parsers, &request)).unwrap();
        let asked = bench.retriever();
        let tuned = bench.with(|context| tune_retriever(context, &bench.open(), &me(), &asked)).unwrap();
        if tuned.served {
            bench.go_back();
        }
        bench
    }

    fn retriever(&self) -> RetrieverRequest {
        let tune = TuneRequest {
            data: self.path("judged.jsonl").display().to_string(),
            question: None,
            eval: None,
            base: None,
            name: Some("own".into()),
            seeds: 1,
            seed: 0,
            over_length: "truncate".into(),
        };
        let method = RetrieverMethod::Encoder;
        RetrieverRequest { tune, method, epochs: 2, batch: 8, rate: 1e-3, dims: Vec::new(), window: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The workspace as another process has it.
    fn open(&self) -> Workspace {
        Workspace::open(&self.path("kb"), 1).unwrap()
    }

    fn with<T>(&self, verb: impl FnOnce(Context) -> T) -> T {
        let now = || "2026-11-22T12:00:00.000Z".to_string();
        verb(Context { progress: &self.heard, cancel: &self.cancel, now_ns: &|| 0, now: &now })
    }

    fn serve(&self) {
        self.with(|context| serve_model(context, &self.open(), &me(), "own", true)).unwrap();
    }

    fn go_back(&self) {
        self.with(|context| rollback_model(context, &self.open(), &me(), "retriever")).unwrap();
    }

    fn ask(&self, standing: &Standing) -> Answer {
        let request = SearchRequest {
            query: "Where is the rake?".into(),
            k: THINGS.len() + 1,
            mode: Mode::Dense,
            explain: true,
            ..SearchRequest::default()
        };
        let found = self.with(|context| search(context, &standing.now(context), &request)).unwrap();
        let mut scores: Vec<(String, f32)> =
            found.hits.into_iter().map(|hit| (hit.uri, hit.legs.dense.unwrap().score)).collect();
        scores.sort_by(|a, b| a.0.cmp(&b.0));
        (found.models.get("retriever").cloned(), scores)
    }

    /// What was remarked with these words in it.
    fn said(&self, words: &str) -> usize {
        self.heard.0.lock().unwrap().iter().filter(|remark| remark.contains(words)).count()
    }
}

fn me() -> Principal {
    Principal::at_the_machine()
}

fn append(path: &Path, byte: u8) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.push(byte);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn no_answer_mixes_the_vectors_of_two_encoders() {
    let bench = Bench::new();
    let standing = Standing::new(bench.open());
    let plain = bench.ask(&standing);
    bench.serve();
    let tuned = bench.ask(&standing);
    assert_eq!((&plain.0, tuned.0.as_deref()), (&None, Some("own")));
    assert!(plain.1.len() == THINGS.len() && plain.1 != tuned.1, "{plain:?}");
    let ended = AtomicBool::new(false);
    let asking = || {
        let mut seen = BTreeSet::new();
        while !ended.load(Ordering::Relaxed) {
            let answer = bench.ask(&standing);
            assert!(answer == plain || answer == tuned, "{answer:?}, neither {plain:?} nor {tuned:?}");
            seen.insert(answer.0);
        }
        seen
    };
    let seen: BTreeSet<Option<String>> = std::thread::scope(|threads| {
        let asked: Vec<_> = (0..2).map(|_| threads.spawn(asking)).collect();
        for _ in 0..4 {
            bench.go_back();
            bench.serve();
        }
        // A thread that found a mixture has ended already.
        ended.store(true, Ordering::Relaxed);
        asked.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(seen.len(), 2, "all answers came from one set of models");
    assert_eq!(bench.ask(&standing), tuned);
    bench.go_back();
    assert_eq!(bench.ask(&standing), plain);
}

#[test]
fn a_model_that_cannot_be_opened_leaves_those_before_in_use_and_is_told_of_once() {
    let bench = Bench::new();
    let standing = Standing::new(bench.open());
    let plain = bench.ask(&standing);
    bench.serve();
    let weights = bench.path("kb/.engraft/models/own/encoder/model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    append(&weights, 0);
    for _ in 0..3 {
        assert_eq!(bench.ask(&standing), plain);
    }
    assert_eq!(bench.said("cannot be opened"), 1);
    assert_eq!(bench.said("Those before go on: none that was tuned"), 1);
    // Served once more, now whole.
    std::fs::write(&weights, whole).unwrap();
    bench.serve();
    assert_eq!(bench.ask(&standing).0.as_deref(), Some("own"));
    assert_eq!(bench.said("models in use from now on: retriever own"), 1);
}

#[test]
fn what_comes_in_while_models_are_swapped_has_the_vectors_of_those_in_use() {
    let bench = Bench::new();
    let before = bench.open();
    bench.serve();
    std::fs::write(bench.path("docs/attic.md"), "# The attic\n\nThe trunk is kept in the attic.\n").unwrap();
    let parsers = Parsers::new(Isolation::InProcess, Default::default());
    let report = bench.with(|context| sync(context, &before, &parsers, None, false)).unwrap();
    assert_eq!(report.documents.added, 1);
    let (model, scores) = bench.ask(&Standing::new(bench.open()));
    assert_eq!((model.as_deref(), scores.len()), (Some("own"), THINGS.len() + 1), "{scores:?}");
}
