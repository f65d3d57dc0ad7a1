//! Random texts of every script, through every format that holds spans: no span ever changes what it quotes.
//!
//! `cargo run --release -p engraft-annotate --example formats -- unicode 100000` does the same with 100,000 texts.

#[path = "../../examples/formats/random.rs"]
mod random;

#[test]
fn every_span_of_random_texts_comes_back_through_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for (format, texts, spans) in random::through_every_format(400, 7, folder.path()) {
        assert!(spans > 100, "{format}: only {spans} spans in {texts} texts");
    }
}
