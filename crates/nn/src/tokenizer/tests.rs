//! Rules of the tokenizer on a vocabulary small enough to read.

use std::sync::LazyLock;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const VOCAB: &str =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n!\n-\n[\n]\nun\n##aff\n##able\naffable\ncafe\n中\n国\nsep\ni\nß\n";

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| open(VOCAB));

#[track_caller]
fn check(text: &str, expected: Expect) {
    let tokens: Vec<&str> = VOCAB.lines().collect();
    let mut ids = Vec::new();
    TOKENIZER.encode(text, &mut ids);
    assert_eq!(TOKENIZER.count(text) + TOKENIZER.specials(), ids.len());
    let shown: Vec<&str> = ids.iter().map(|&id| tokens[id as usize]).collect();
    expected.assert_eq(&shown.join(" "));
}

fn open(vocab: &str) -> Tokenizer {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("vocab.txt"), vocab).unwrap();
    Tokenizer::open(dir.path()).unwrap()
}

#[test]
fn nothing_is_a_pair_of_special_tokens() {
    check("", expect!["[CLS] [SEP]"]);
    check(" \n\u{200b}\u{1}", expect!["[CLS] [SEP]"]);
}

#[test]
fn a_word_falls_into_the_longest_pieces() {
    check("unaffable affable", expect!["[CLS] un ##aff ##able affable [SEP]"]);
}

#[test]
fn a_word_with_an_unknown_rest_is_unknown_as_a_whole() {
    check("unaffably un", expect!["[CLS] [UNK] un [SEP]"]);
}

#[test]
fn case_and_accents_do_not_matter() {
    check("Café CAFE\u{301} İ ß", expect!["[CLS] cafe cafe i ß [SEP]"]);
}

#[test]
fn punctuation_and_ideographs_stand_alone() {
    check("un-affable!中国un", expect!["[CLS] un - affable ! 中 国 un [SEP]"]);
}

#[test]
fn controls_vanish_inside_a_word() {
    check("a\u{ad}ff\0able caf\u{200d}é", expect!["[CLS] affable cafe [SEP]"]);
}

#[test]
fn a_special_token_in_the_text_is_that_token() {
    check("un[SEP]un [sep] [MASK", expect!["[CLS] un [SEP] un [ sep ] [ [UNK] [SEP]"]);
}

#[test]
fn a_word_over_a_hundred_characters_is_unknown() {
    assert_eq!(TOKENIZER.count(&format!("un{}", "aff".repeat(32))), 33);
    check(&format!("un{}", "aff".repeat(33)), expect!["[CLS] [UNK] [SEP]"]);
    check(&"é".repeat(5000), expect!["[CLS] [UNK] [SEP]"]);
}

#[test]
fn a_missing_folder_says_what_to_do() {
    let error = Tokenizer::open(Path::new("no-such-folder")).unwrap_err();
    expect!["cannot read the tokenizer at no-such-folder/vocab.txt"].assert_eq(&error.to_string());
    assert!(engraft_core::Fault::hint(&error).is_some());
}

#[test]
fn a_tokenizer_of_another_family_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let json =
        r#"{"normalizer":null,"pre_tokenizer":null,"post_processor":null,"model":{"type":"BPE","vocab":{}}}"#;
    std::fs::write(dir.path().join("tokenizer.json"), json).unwrap();
    let error = Tokenizer::open(dir.path()).unwrap_err().to_string();
    assert!(error.ends_with("asks for a BPE vocabulary, which this build cannot do"), "{error}");
}

proptest! {
    #[test]
    fn words_apart_are_tokenised_apart(words in prop::collection::vec("[a-f中é\u{301}\u{1b44}!\u{ad}ß]{0,9}", 0..9)) {
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        TOKENIZER.encode(&words.join(" "), &mut whole);
        parts.extend(&TOKENIZER.before);
        for word in &words {
            TOKENIZER.walk(word, &mut |ids| parts.extend_from_slice(ids));
        }
        parts.extend(&TOKENIZER.after);
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn words_have_the_ids_of_the_whole(text in "([a-f中é\u{301}\u{1b44}!\u{ad}ß İ]|un|aff|\\[SEP\\]|\n){0,24}") {
        let (mut whole, mut parts, mut end) = (Vec::new(), Vec::new(), 0);
        TOKENIZER.pieces(&text, &mut whole);
        for word in TOKENIZER.words(&text) {
            prop_assert!(word.start >= end && !word.is_empty());
            end = word.end;
            TOKENIZER.pieces(&text[word], &mut parts);
        }
        prop_assert_eq!(whole, parts);
    }
}
