//! What holds for every input: parsing ends, and every block and chunk quotes the stored text in order.

use std::io::{Cursor, Write};

use engraft_core::{CharMap, Content, CountTokens};
use engraft_ingest::parse::{Limits, parse};
use engraft_ingest::{ChunkLimits, chunk, sitemap};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Limits small enough for thousands of runs a second.
fn limits() -> Limits {
    Limits { max_expanded_bytes: 8 << 20, max_text_chars: 1 << 20, max_cells: 100_000, ..Limits::default() }
}

/// Parses `bytes` under `name` and checks what comes back.
pub fn check(name: &str, bytes: &[u8]) {
    match parse(name, bytes, &limits()) {
        Ok(outcome) => outcome.documents.iter().for_each(|parsed| check_content(&parsed.content)),
        // A parser of ours that panics is caught and says so: here that is a find.
        Err(error) => assert!(!error.to_string().contains("gave up"), "{error}"),
    }
}

/// Parses a package of `parts` under `name`.
pub fn check_package(name: &str, parts: &[(&str, &[u8])]) {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (part, bytes) in parts {
        writer.start_file(*part, SimpleFileOptions::default()).expect("writing to memory");
        writer.write_all(bytes).expect("writing to memory");
    }
    let bytes = writer.finish().expect("writing to memory").into_inner();
    check(name, &bytes);
}

/// Parses a compound file of `streams`, each with the storage it lies in, under `name`.
pub fn check_compound(name: &str, streams: &[(&str, &[u8])]) {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("writing to memory");
    for (path, bytes) in streams {
        let storage = path.rsplit_once('/').map_or("/", |(storage, _)| storage);
        file.create_storage_all(format!("/{}", storage.trim_start_matches('/'))).expect("writing to memory");
        file.create_stream(path).and_then(|mut stream| stream.write_all(bytes)).expect("writing to memory");
    }
    file.flush().expect("writing to memory");
    check(name, &file.into_inner().into_inner());
}

/// Reads `bytes` as a sitemap: what it lists are addresses of the web, and no more than the bytes can hold.
pub fn check_sitemap(bytes: &[u8]) {
    let listed = sitemap(bytes).unwrap_or_default();
    assert!(listed.iter().map(String::len).sum::<usize>() <= bytes.len());
    for address in listed {
        assert!(address.starts_with("http://") || address.starts_with("https://"), "{address}");
        assert!(address.trim() == address, "{address:?}");
    }
}

fn check_content(content: &Content) {
    let map = CharMap::new(&content.text);
    let mut end = 0;
    for block in &content.blocks {
        assert!(block.span.start() >= end && map.quote(block.span).is_some(), "{block:?}");
        end = block.span.end();
    }
}

/// Counts words, as a stand-in for an encoder's tokens.
struct Words;

impl CountTokens for Words {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

/// Cuts the Markdown `bytes` into chunks for a window of `window` words and checks that each quotes the text.
pub fn check_chunks(bytes: &[u8], window: usize) {
    let Ok(outcome) = parse("a.md", bytes, &limits()) else { return };
    for parsed in &outcome.documents {
        let map = CharMap::new(&parsed.content.text);
        let limits = ChunkLimits { window: window.max(8), ..ChunkLimits::default() };
        for piece in chunk(&parsed.content, &Words, &limits) {
            assert!(map.quote(piece.span).is_some(), "{piece:?}");
        }
    }
}
