//! Passing over common words never changes what is found, to the last bit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use engraft_core::Mode;
use engraft_search::{Change, DocFacts, Entry, Index, Request, Settings};
use proptest::prelude::*;

/// A few windows of rows, the last not full.
const CHUNKS: u32 = 40_000;

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    /// The first words are in most texts, the last in few.
    fn word(&mut self) -> u64 {
        let one = self.below(2000) + 1;
        2000 / one + self.below(3)
    }

    fn text(&mut self, words: u64) -> String {
        (0..words).map(|_| format!("w{} ", self.word())).collect()
    }
}

/// Chunks of uneven length, some of which repeat a text of many rare words; a tenth is for the board alone.
fn index(step: u32) -> Index {
    let index = Index::in_memory(&Settings::new(2)).unwrap();
    for (at, from) in (0..CHUNKS).step_by(step as usize).enumerate() {
        let chunks = from..CHUNKS.min(from + step);
        let entry = |chunk: u32| {
            let mut numbers = Numbers(u64::from(chunk) * 7919 + 1);
            let words = 1 + numbers.below(40);
            let mut body = numbers.text(words);
            if chunk % 97 == 5 {
                body.push_str(&Numbers(u64::from(chunk % 13) + 1).text(9));
            }
            Entry { chunk, doc: chunk, body, vector: Some(vec![0.6, 0.8]), ..Entry::default() }
        };
        let acl = |doc: u32| vec![if doc.is_multiple_of(10) { "board" } else { "staff" }.into()];
        let docs = chunks.clone().map(|doc| DocFacts { doc, acl: acl(doc), ..DocFacts::default() });
        let (docs, add) = (docs.collect(), chunks.clone().map(entry).collect());
        // A few die again, so that lists hold rows that must not count.
        let remove = (from.saturating_sub(step)..from).filter(|chunk| chunk % 31 == 3).collect();
        let version = at as u64 + 1;
        index.apply(&Change { version, docs, add, remove, ..Change::default() }).unwrap();
    }
    index
}

#[test]
fn what_is_found_does_not_depend_on_counting() {
    let snapshots = [index(CHUNKS).snapshot(), index(9_000).snapshot()];
    let staff = ["staff".to_string()];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(120));
    // Some as long as a page.
    let words = prop_oneof![4 => 1u64..14, 1 => 200u64..400];
    let question = (any::<u64>(), words, 1usize..40, any::<bool>());
    runner
        .run(&question, |(seed, words, k, owner)| {
            let text = Numbers(seed | 1).text(words) + &Numbers(seed % 13 + 1).text(words / 2);
            for snapshot in &snapshots {
                let principals = (!owner).then_some(&staff[..]);
                let request = Request {
                    text: &text,
                    mode: Mode::Lexical,
                    k,
                    candidates: k,
                    principals,
                    ..Request::default()
                };
                let all = snapshot.search(&Request { count: true, ..request });
                let some = snapshot.search(&request);
                prop_assert!(all.hits == some.hits, "{text}, {k}: {:?} {:?}", all.hits, some.hits);
                prop_assert_eq!(all.hits.len(), k.min(all.explain.lexical.unwrap()));
                prop_assert_eq!(some.explain.lexical, None);
            }
            Ok(())
        })
        .unwrap();
}
