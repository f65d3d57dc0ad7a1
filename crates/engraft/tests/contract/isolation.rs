//! A file that takes too long or too much memory ends as a failure with a hint, and the other files come in.

use engraft_app::{Context, IngestRequest, Isolation, Parsers, Workspace, ingest};
use engraft_core::{Cancel, Silent};

use crate::bench::Bench;

/// One risky file is given to a worker that runs `script`; a good file lies beside it.
#[track_caller]
fn check(script: &str, kind: &str, says: &str) {
    let bench = Bench::lexical();
    bench.write("good.md", "The good page.\n");
    bench.write("hostile.pdf", "%PDF-1.7\n");
    let worker =
        Isolation::Process { program: "/bin/sh".into(), args: ["-c", script].map(String::from).to_vec() };
    let parsers = Parsers::new(worker, Default::default());
    let (cancel, now) = (Cancel::default(), || "2026-01-01T00:00:00.000Z".to_string());
    let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
    let workspace = Workspace::open(&bench.path("kb"), 1).unwrap();
    let request = IngestRequest { paths: vec![bench.docs().display().to_string()], ..Default::default() };
    let report = ingest(context, &workspace, &parsers, &request).unwrap();
    assert_eq!((report.documents.added, report.documents.failed), (1, 1));
    let failure = &report.failures[0];
    assert!(failure.uri.ends_with("hostile.pdf") && failure.kind == kind, "{failure:?}");
    assert!(failure.message.contains(says) && failure.hint.contains("convert it"), "{failure:?}");
    assert_eq!(bench.found(&["good"]), ["good.md"]);
}

#[test]
fn a_file_that_takes_too_long_fails_alone() {
    check("exec sleep 600", "timeout", "more than 10 seconds");
}

#[test]
fn a_file_that_kills_its_parser_fails_alone() {
    check("kill -9 $$", "crashed", "512 MiB");
}

/// The real worker reads the file into memory, which is more than it may have.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_needs_too_much_memory_fails_and_the_next_is_read() {
    let program = env!("CARGO_BIN_EXE_engraft").into();
    let worker = Isolation::Process { program, args: vec!["parse-worker".into()] };
    let parsers = Parsers::new(worker, Default::default());
    let mut bytes = vec![0; 600 << 20];
    bytes[..9].copy_from_slice(b"%PDF-1.7\n");
    let reply = parsers.parse("huge.pdf", &bytes);
    let kinds: Vec<&str> = reply.failures.iter().map(|failure| failure.kind.as_str()).collect();
    assert_eq!((reply.documents.len(), kinds), (0, vec!["crashed"]));
    let next = parsers.parse("next.html", b"<html><body><p>All is well.</p></body></html>");
    assert_eq!((next.documents.len(), next.failures.len()), (1, 0), "{next:?}");
}
