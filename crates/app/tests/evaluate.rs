//! An interrupted evaluation goes on where it stood, and comes to the same run as one that was never interrupted.

use std::sync::atomic::{AtomicU64, Ordering};

use engraft_app::evaluate::{EvalReport, RetrievalRequest, list, retrieval};
use engraft_app::{Context, Error, IngestRequest, Isolation, Parsers, Workspace, ingest, init};
use engraft_core::{Cancel, Mode, Progress};

/// Asks to stop after so many items.
struct StopAfter<'a> {
    cancel: &'a Cancel,
    left: AtomicU64,
}

impl Progress for StopAfter<'_> {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, units: u64) {
        let left = self.left.load(Ordering::Relaxed).saturating_sub(units);
        self.left.store(left, Ordering::Relaxed);
        if left == 0 {
            self.cancel.cancel();
        }
    }
    fn say(&self, _remark: &str) {}
}

fn measure(workspace: &Workspace, request: &RetrievalRequest, stop_after: u64) -> Result<EvalReport, Error> {
    let cancel = Cancel::default();
    let progress = StopAfter { cancel: &cancel, left: AtomicU64::new(stop_after) };
    let now = || "2026-01-01T00:00:00.000Z".to_string();
    let context = Context { progress: &progress, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
    retrieval(context, workspace, request)
}

#[test]
fn an_interrupted_evaluation_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let docs = folder.path().join("docs");
    std::fs::create_dir(&docs).unwrap();
    let words = |at: usize| format!("word{at} and word{} are here", at % 7);
    let (mut queries, mut qrels) = (String::new(), String::new());
    for at in 0..150 {
        std::fs::write(docs.join(format!("{at}.md")), words(at)).unwrap();
        queries += &format!("{{\"_id\":\"q{at}\",\"text\":\"word{at}\"}}\n");
        qrels += &format!("q{at} 0 {at}.md 1\n");
    }
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("queries.jsonl"), queries).unwrap();
    std::fs::write(path("qrels.txt"), qrels).unwrap();
    let request = RetrievalRequest {
        queries: path("queries.jsonl"),
        qrels: path("qrels.txt"),
        mode: Mode::Lexical,
        ..RetrievalRequest::default()
    };
    let open = |name: &str| {
        init(&path(name), None, Some("none")).unwrap();
        let workspace = Workspace::open(&path(name), 1).unwrap();
        let cancel = Cancel::default();
        let now = || "2026-01-01T00:00:00.000Z".to_string();
        let context =
            Context { progress: &engraft_core::Silent, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
        let parsers = Parsers::new(Isolation::InProcess, Default::default());
        let sources = IngestRequest { paths: vec![docs.display().to_string()], ..IngestRequest::default() };
        assert_eq!(ingest(context, &workspace, &parsers, &sources).unwrap().documents.added, 150);
        workspace
    };

    let interrupted = open("interrupted");
    let stopped = measure(&interrupted, &request, 70);
    assert!(matches!(stopped, Err(Error::Cancelled)), "{stopped:?}");
    assert_eq!(list(&interrupted).unwrap()[0].run_id, None);
    let resumed = measure(&interrupted, &request, u64::MAX).unwrap();
    assert_eq!((resumed.resumed, resumed.items, resumed.states.scored), (70, 150, 150));

    let whole = measure(&open("whole"), &request, u64::MAX).unwrap();
    assert_eq!((whole.resumed, &whole.run_id), (0, &resumed.run_id));
    assert_eq!(whole.measures, resumed.measures);
    assert_eq!(list(&interrupted).unwrap().len(), 1);
}
