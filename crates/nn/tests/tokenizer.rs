//! The tokenizer against ids written by the reference implementation (`xtask/golden/tokenizer.py`).

use engraft_nn::Tokenizer;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    blocks: Vec<String>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    text: String,
    ids: Vec<u32>,
}

/// Every code point from `first` on, inside a word and alone; as in the script.
const BLOCK: u32 = 0x1000;

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/tokenizer.json")).expect("the golden file is JSON")
}

fn encode(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    let mut ids = Vec::new();
    tokenizer.encode(text, &mut ids);
    assert_eq!(tokenizer.count(text) + tokenizer.specials(), ids.len(), "{text:?}");
    ids
}

#[test]
fn hard_text_has_the_ids_of_the_reference() {
    let Some(model) = engraft_testkit::model() else { return };
    let tokenizer = Tokenizer::open(&model).unwrap();
    for Case { name, text, ids } in golden().cases {
        assert_eq!(encode(&tokenizer, &text), ids, "{name}: {text:?}");
    }
}

#[test]
fn pieces_are_the_ids_without_what_stands_around_them() {
    let Some(model) = engraft_testkit::model() else { return };
    let tokenizer = Tokenizer::open(&model).unwrap();
    let (before, after) = tokenizer.around();
    for Case { text, ids, .. } in golden().cases {
        let mut pieces = before.to_vec();
        tokenizer.pieces(&text, &mut pieces);
        pieces.extend_from_slice(after);
        assert_eq!(pieces, ids, "{text:?}");
    }
}

#[test]
fn all_of_unicode_has_the_ids_of_the_reference() {
    let Some(model) = engraft_testkit::model() else { return };
    let tokenizer = Tokenizer::open(&model).unwrap();
    for (first, expected) in (0u32..).step_by(BLOCK as usize).zip(golden().blocks) {
        let characters = (first..first + BLOCK).filter_map(char::from_u32);
        let text: String = characters.map(|c| format!("a{c}b {c} ")).collect();
        assert_eq!(fnv1a(&encode(&tokenizer, &text)), expected, "the block from U+{first:04X}");
    }
}

#[test]
fn the_older_vocabulary_file_gives_the_same_ids() {
    let Some(model) = engraft_testkit::model() else { return };
    let dir = tempfile::tempdir().unwrap();
    for file in ["vocab.txt", "tokenizer_config.json"] {
        std::fs::copy(model.join(file), dir.path().join(file)).unwrap();
    }
    let tokenizer = Tokenizer::open(dir.path()).unwrap();
    for Case { name, text, ids } in golden().cases {
        assert_eq!(encode(&tokenizer, &text), ids, "{name}: {text:?}");
    }
}

/// Fowler, Noll and Vo's hash, 64 bits, over the ids as little-endian bytes.
fn fnv1a(ids: &[u32]) -> String {
    let bytes = ids.iter().flat_map(|id| id.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{hash:016x}")
}
