//! A file that could not be read is told again by the next `sync`, and read again when it changes or when asked.

use engraft_app::{Context, IngestReport, IngestRequest, Isolation, Parsers, Workspace, ingest, init, sync};
use engraft_core::{Cancel, Silent};

#[test]
fn a_failure_is_remembered_until_the_file_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (kb, docs) = (folder.path().join("kb"), folder.path().join("docs"));
    std::fs::create_dir(&docs).unwrap();
    std::fs::write(docs.join("good.md"), "All is well.").unwrap();
    std::fs::write(docs.join("bad.docx"), "PK\u{3}\u{4} no archive at all").unwrap();
    let cancel = Cancel::default();
    let now = || "2026-01-01T00:00:00.000Z".to_string();
    // Long after the files were written, so that their time stamps are trusted.
    let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
    let parsers = Parsers::new(Isolation::InProcess, Default::default());
    init(&kb, None, Some("none")).unwrap();
    let workspace = Workspace::open(&kb, 1).unwrap();
    let request = IngestRequest { paths: vec![docs.display().to_string()], ..IngestRequest::default() };
    let again = |report: &IngestReport| {
        let hints: Vec<bool> =
            report.failures.iter().map(|failure| failure.hint.contains("sync --retry")).collect();
        (report.documents.unchanged, hints)
    };

    let first = ingest(context, &workspace, &parsers, &request).unwrap();
    assert_eq!((first.documents.added, first.documents.failed), (1, 1));
    assert_eq!(again(&first), (0, vec![false]));

    let second = sync(context, &workspace, &parsers, None, false).unwrap();
    assert_eq!(again(&second), (1, vec![true]));
    assert_eq!((second.bytes, second.documents.failed), (0, 1));
    assert_eq!(second.failures[0].message, first.failures[0].message);

    let retried = sync(context, &workspace, &parsers, None, true).unwrap();
    assert_eq!(again(&retried), (1, vec![false]));
    assert!(retried.bytes > 0);
    assert_eq!(again(&sync(context, &workspace, &parsers, None, false).unwrap()), (1, vec![true]));

    std::fs::write(docs.join("bad.docx"), "PK\u{3}\u{4} still no archive, but another one").unwrap();
    assert_eq!(again(&sync(context, &workspace, &parsers, None, false).unwrap()), (1, vec![false]));

    std::fs::remove_file(docs.join("bad.docx")).unwrap();
    assert_eq!(again(&sync(context, &workspace, &parsers, None, false).unwrap()), (1, vec![]));
}
