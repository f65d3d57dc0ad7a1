//! Every file of the messy-files collection has an outcome: no panic, valid spans, a hint with every failure.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use engraft_core::{CharMap, Fault};
use engraft_ingest::parse::{Limits, ParseError, parse};

#[test]
fn every_messy_file_has_an_outcome() {
    let Some(folder) = engraft_testkit::data("messy-files") else { return };
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl")).unwrap();
    let files: Vec<String> = manifest
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["file"].as_str().unwrap().to_string()
        })
        .collect();
    assert!(files.len() > 700);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let read = || {
        let mut good = 0;
        while let Some(file) = files.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            good += usize::from(check(&folder.join("files").join(file)));
        }
        good
    };
    let good: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(read)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert!(good * 100 > files.len() * 80, "only {good} of {} files give text", files.len());
}

/// Whether the file gave a document; panics where a law is broken.
fn check(path: &std::path::Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    match parse(&path.to_string_lossy(), &bytes, &Limits::default()) {
        Ok(outcome) => {
            for parsed in &outcome.documents {
                let map = CharMap::new(&parsed.content.text);
                let mut end = 0;
                for block in &parsed.content.blocks {
                    assert!(block.span.start() >= end, "{} overlaps", path.display());
                    end = block.span.end();
                    assert!(
                        map.quote(block.span).is_some_and(|quote| !quote.trim().is_empty()),
                        "{}",
                        path.display()
                    );
                }
            }
            assert!(outcome.failures.iter().all(|failure| !failure.hint.is_empty()), "{}", path.display());
            let said = outcome.documents.len() + outcome.failures.len();
            assert!(said > 0, "{} gives nothing and says nothing", path.display());
            !outcome.documents.is_empty()
        }
        Err(error) => {
            assert!(error.hint().is_some());
            assert!(!error.to_string().contains("gave up"), "{} panicked", path.display());
            false
        }
    }
}

#[test]
fn an_archive_without_anything_in_it_is_empty() {
    let archive = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    assert_eq!(parse("none.zip", &archive, &Limits::default()), Err(ParseError::Empty));
}
