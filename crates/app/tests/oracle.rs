//! Random puts, edits, deletions and access changes of pages of one to five parts against a naive oracle: nothing stale, deleted or forbidden is ever found
//! or cited; ten thousand by words, a thousand by words, by meaning and by both with the reference encoder.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engraft_app::{
    AskRequest, Context, IngestRequest, Isolation, Parsers, SearchRequest, Workspace, ask, ingest, init,
    search, sync,
};
use engraft_core::{Cancel, Mode, Silent};

/// Operations between two looks at what search finds.
const BURST: usize = 20;
const PAGES: u64 = 40;
const READERS: [&str; 3] = ["anna", "ben", "cleo"];

/// A small generator (SplitMix64), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What a page holds: a mark, the same in each of its parts.
#[derive(Clone, Copy)]
struct Page {
    mark: u64,
    parts: u64,
}

impl Page {
    fn text(self, number: u64) -> String {
        let part = |part: u64| {
            format!("## Part {part}\n\nPart {part} of this page holds mark{} and beacons.\n\n", self.mark)
        };
        format!("# Page {number}\n\n{}", (0..self.parts).map(part).collect::<String>())
    }
}

/// What should be true: what each page of each shelf holds now, and who may read each shelf.
#[derive(Default)]
struct Oracle {
    pages: BTreeMap<(usize, u64), Page>,
    readers: Vec<BTreeSet<&'static str>>,
}

fn share(
    workspace: &Workspace,
    context: Context,
    parsers: &Parsers,
    root: &Path,
    shelf: usize,
    acl: &BTreeSet<&str>,
) {
    let request = IngestRequest {
        paths: vec![root.join(format!("shelf{shelf}")).display().to_string()],
        source: Some(format!("shelf{shelf}")),
        acl: Some(acl.iter().map(ToString::to_string).collect()),
        ..IngestRequest::default()
    };
    ingest(context, workspace, parsers, &request).unwrap();
}

#[test]
fn nothing_stale_deleted_or_forbidden_is_ever_found_or_cited() {
    run("none", 10_000, &[Mode::Lexical]);
}

#[test]
fn nothing_stale_deleted_or_forbidden_is_ever_found_or_cited_by_meaning() {
    let Some(model) = engraft_testkit::model() else { return };
    run(model.to_str().unwrap(), 1_000, &[Mode::Lexical, Mode::Dense, Mode::Hybrid]);
}

/// So many operations on a workspace with that encoder, looked at in each of the modes.
fn run(encoder: &str, operations: u64, modes: &[Mode]) {
    let folder = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    let now = || "2026-01-01T00:00:00.000Z".to_string();
    let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| 0, now: &now };
    let parsers = Parsers::new(Isolation::InProcess, Default::default());
    let kb = folder.path().join("kb");
    init(&kb, None, Some(encoder)).unwrap();
    let mut workspace = Workspace::open(&kb, 1).unwrap();
    let mut oracle = Oracle { readers: vec![BTreeSet::new(); 3], ..Oracle::default() };
    for shelf in 0..3 {
        std::fs::create_dir(folder.path().join(format!("shelf{shelf}"))).unwrap();
        share(&workspace, context, &parsers, folder.path(), shelf, &oracle.readers[shelf]);
    }
    let mut dice = Dice(7);
    let (mut marks, mut cited) = (Vec::new(), 0);
    for operation in 0..operations {
        let (shelf, page) = (dice.roll(3) as usize, dice.roll(PAGES));
        let path = folder.path().join(format!("shelf{shelf}/page{page}.md"));
        match dice.roll(10) {
            0..=1 => {
                oracle.pages.remove(&(shelf, page));
                let _ = std::fs::remove_file(&path);
            }
            2 if operation % 10 == 0 => {
                oracle.readers[shelf] = READERS.into_iter().filter(|_| dice.roll(2) == 0).collect();
                share(&workspace, context, &parsers, folder.path(), shelf, &oracle.readers[shelf]);
            }
            _ => {
                // A quarter of the pages has parts that come and go.
                let parts = if page % 4 == 0 { 1 + dice.roll(5) } else { 1 };
                let now = Page { mark: operation, parts };
                std::fs::write(&path, now.text(page)).unwrap();
                marks.push(operation);
                oracle.pages.insert((shelf, page), now);
            }
        }
        if operation % BURST as u64 != BURST as u64 - 1 {
            continue;
        }
        sync(context, &workspace, &parsers, None, false).unwrap();
        if dice.roll(8) == 0 {
            workspace = Workspace::open(&kb, 1).unwrap();
        }
        modes.iter().for_each(|mode| check(&workspace, context, &oracle, *mode));
        // A mark that is there, was there, or is not to be seen.
        let mark = marks[marks.len() - 1 - dice.roll(marks.len().min(200) as u64) as usize];
        for principal in READERS.into_iter().map(Some).chain([None]) {
            cited += check_citations(&workspace, context, &oracle, principal, mark);
        }
    }
    assert!(cited as u64 > operations / 100, "only {cited} answers cited anything");
}

/// Asks for a page by its mark: every citation is of a page that is there now, as it is now, and may be read. How many there are.
fn check_citations(
    workspace: &Workspace,
    context: Context,
    oracle: &Oracle,
    principal: Option<&str>,
    mark: u64,
) -> usize {
    let request = AskRequest {
        question: format!("Which page holds mark{mark} and beacons?"),
        principals: principal.map(|name| vec![name.to_string()]),
        ..AskRequest::default()
    };
    let citations = ask(context, workspace, &request).unwrap().citations;
    for citation in &citations {
        let stands = oracle.pages.iter().any(|((shelf, page), held)| {
            principal.is_none_or(|name| oracle.readers[*shelf].contains(name))
                && citation.uri == format!("page{page}.md")
                && citation.quote.contains(&format!("mark{} ", held.mark))
        });
        assert!(stands, "{principal:?} was given a stale or forbidden page: {}", citation.quote);
    }
    citations.len()
}

fn check(workspace: &Workspace, context: Context, oracle: &Oracle, mode: Mode) {
    for principal in READERS.into_iter().map(Some).chain([None]) {
        let may = |shelf: usize| principal.is_none_or(|name| oracle.readers[shelf].contains(name));
        let seen = oracle.pages.iter().filter(|((shelf, _), _)| may(*shelf));
        // Each part is a passage of its own.
        let expected: u64 = seen.map(|(_, page)| page.parts).sum();
        let request = SearchRequest {
            query: "beacons".into(),
            k: 1_000,
            mode,
            principals: principal.map(|name| vec![name.to_string()]),
            ..SearchRequest::default()
        };
        let hits = search(context, workspace, &request).unwrap().hits;
        assert_eq!(hits.len() as u64, expected, "{mode:?}: {principal:?} sees too little or too much");
        if mode != Mode::Lexical {
            assert!(hits.iter().all(|hit| hit.legs.dense.is_some()), "{mode:?} takes no part in finding");
        }
        for hit in hits {
            let stands = oracle.pages.iter().any(|((shelf, page), held)| {
                may(*shelf)
                    && hit.uri == format!("page{page}.md")
                    && hit.text.contains(&format!("mark{} ", held.mark))
            });
            assert!(stands, "{mode:?}: {principal:?} found a stale or forbidden page: {}", hit.text);
        }
    }
}
