//! However often a little changes, the index stays in few parts, and finds what is there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::Path;

use engraft_app::{
    Context, IngestRequest, Isolation, Parsers, SearchRequest, Workspace, ingest, init, search, sync,
};
use engraft_core::{Cancel, Mode, Silent};

/// A word that no other number has, nor a part of it.
fn word(n: u32) -> String {
    let letter = |at: u32| char::from(b'a' + (at % 26) as u8);
    format!("qx{}{}v", letter(n / 26), letter(n))
}

/// Files of the index below a folder that hold passages.
fn parts(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true => parts(&path),
            false => usize::from(path.file_name().unwrap().to_string_lossy().starts_with("segment-")),
        })
        .sum()
}

#[test]
fn many_small_syncs_leave_few_parts() {
    let folder = tempfile::tempdir().unwrap();
    let (kb, docs) = (folder.path().join("kb"), folder.path().join("docs"));
    std::fs::create_dir(&docs).unwrap();
    let cancel = Cancel::default();
    let now = || "2026-01-01T00:00:00.000Z".to_string();
    let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
    let parsers = Parsers::new(Isolation::InProcess, Default::default());
    init(&kb, None, Some("none")).unwrap();
    let request = IngestRequest { paths: vec![docs.display().to_string()], ..IngestRequest::default() };
    ingest(context, &Workspace::open(&kb, 1).unwrap(), &parsers, &request).unwrap();
    // Two processes that stay, and take turns, as `watch` and a `sync` by hand do.
    let both = [(); 2].map(|()| Workspace::open(&kb, 1).unwrap());
    for n in 0..60u32 {
        std::fs::write(docs.join(format!("{n}.md")), format!("A rule: the code is {}.", word(n))).unwrap();
        let report = sync(context, &both[n as usize / 3 % 2], &parsers, None, false).unwrap();
        assert_eq!(report.documents.added, 1);
    }
    let files = parts(&kb.join(".engraft"));
    assert!((1..=20).contains(&files), "{files} parts after 60 syncs");
    for workspace in both.into_iter().chain([Workspace::open(&kb, 1).unwrap()]) {
        for n in 0..60 {
            let request =
                SearchRequest { query: word(n), k: 10, mode: Mode::Lexical, ..SearchRequest::default() };
            let hits = search(context, &workspace, &request).unwrap().hits;
            assert_eq!(hits.len(), 1, "{n}");
            assert_eq!(hits[0].uri, format!("{n}.md"));
        }
    }
}
