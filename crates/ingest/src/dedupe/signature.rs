//! MinHash signatures: 256 bytes that tell how alike two texts are.

use std::hash::Hasher;

/// How many permutations a signature samples.
const PERMUTATIONS: usize = 128;

/// How many words (ideographs and kana count one each) a shingle has.
const SHINGLE: usize = 5;

/// The 16 lowest bits of each permutation's least shingle.
///
/// Sixteen bits collide by chance once in 65,536, which [`similarity`] takes off; Li and König (2010) show that even one
/// bit is unbiased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature([u16; PERMUTATIONS]);

/// Why bytes are not a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signature has {wanted} bytes, these are {found}", wanted = 2 * PERMUTATIONS)]
pub struct SignatureError {
    /// How many bytes there were.
    pub found: usize,
}

impl Signature {
    /// 256 bytes, the same on every machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|least| least.to_le_bytes()).collect()
    }

    /// What [`Self::to_bytes`] made.
    pub fn from_bytes(bytes: &[u8]) -> Result<Signature, SignatureError> {
        if bytes.len() != 2 * PERMUTATIONS {
            return Err(SignatureError { found: bytes.len() });
        }
        let mut least = [0; PERMUTATIONS];
        for (value, pair) in least.iter_mut().zip(bytes.chunks_exact(2)) {
            *value = u16::from_le_bytes([pair[0], pair[1]]);
        }
        Ok(Signature(least))
    }

    /// The signature's numbers, in the order of the permutations.
    pub(super) fn values(&self) -> &[u16] {
        &self.0
    }
}

/// The signature of a text; `None` when it has no words.
///
/// Punctuation and letter case do not count. A text of fewer than five words is one shingle.
pub fn signature(text: &str) -> Option<Signature> {
    let words = words(text);
    let mut least = [u32::MAX; PERMUTATIONS];
    let mut add = |shingle: &[u64]| {
        let mut hasher = Mix::default();
        shingle.iter().for_each(|word| hasher.write_u64(*word));
        let hash = hasher.finish();
        for (value, (factor, addend)) in least.iter_mut().zip(KEYS) {
            // Multiply-shift (Dietzfelbinger 1997): the upper half of an odd multiple.
            *value = (*value).min((hash.wrapping_mul(factor).wrapping_add(addend) >> 32) as u32);
        }
    };
    match words.len() {
        0 => return None,
        1..SHINGLE => add(&words),
        _ => words.windows(SHINGLE).for_each(add),
    }
    Some(Signature(least.map(|value| value as u16)))
}

/// The estimated Jaccard similarity of two texts' shingle sets, in `[0, 1]`; standard error at most 0.045.
pub fn similarity(a: &Signature, b: &Signature) -> f32 {
    let same = a.0.iter().zip(&b.0).filter(|(a, b)| a == b).count() as f32 / PERMUTATIONS as f32;
    let chance = 1.0 / 65_536.0;
    ((same - chance) / (1.0 - chance)).max(0.0)
}

/// The words of a text as hashes: runs of letters and digits in lower case, and each ideograph or kana by itself.
fn words(text: &str) -> Vec<u64> {
    let mut found = Vec::new();
    let mut run: Option<Mix> = None;
    for c in text.chars() {
        let alone = matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}');
        if alone || !c.is_alphanumeric() {
            found.extend(run.take().map(|word| word.finish()));
        }
        if alone {
            let mut word = Mix::default();
            word.write_u32(u32::from(c));
            found.push(word.finish());
        } else if c.is_alphanumeric() {
            let word = run.get_or_insert_default();
            c.to_lowercase().for_each(|c| word.write_u32(u32::from(c)));
        }
    }
    found.extend(run.map(|word| word.finish()));
    found
}

/// A small hash that is the same on every machine and in every release: xor, multiply, shift per number.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = mix(self.0 ^ value.wrapping_add(0x9e37_79b9_7f4a_7c15));
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// An odd factor and an addend for each permutation.
const KEYS: [(u64, u64); PERMUTATIONS] = {
    let mut keys = [(0, 0); PERMUTATIONS];
    let mut i = 0;
    while i < PERMUTATIONS {
        keys[i] = (mix(2 * i as u64 + 1) | 1, mix(2 * i as u64 + 2));
        i += 1;
    }
    keys
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    /// The similarity that signatures estimate.
    fn jaccard(a: &str, b: &str) -> f32 {
        let shingles = |text: &str| -> BTreeSet<Vec<u64>> {
            let words = words(text);
            words.windows(SHINGLE.min(words.len()).max(1)).map(<[u64]>::to_vec).collect()
        };
        let (a, b) = (shingles(a), shingles(b));
        a.intersection(&b).count() as f32 / a.union(&b).count() as f32
    }

    #[track_caller]
    fn check(a: &str, b: &str) {
        let (exact, estimate) = (jaccard(a, b), similarity(&signature(a).unwrap(), &signature(b).unwrap()));
        assert!((exact - estimate).abs() < 0.15, "exactly {exact}, estimated {estimate}");
    }

    fn story(words: std::ops::Range<usize>) -> String {
        words.map(|i| format!("word{} ", mix(i as u64) % 5_000)).collect()
    }

    #[test]
    fn the_estimate_is_near_the_exact_jaccard_similarity() {
        let base = story(0..600);
        for shared in [600, 500, 400, 300, 200, 100, 0] {
            check(&base, &(story(600 - shared..600) + &story(2_000..2_600 - shared)));
        }
    }

    #[test]
    fn case_and_marks_do_not_count() {
        check("Annual leave is thirty days, paid in full!", "annual leave: is THIRTY days paid in full");
    }

    #[test]
    fn chinese_is_compared_by_characters() {
        let text = "员工最多可以将五天年假结转到下一个日历年，并且必须在三月底之前使用完毕。";
        let edited = text.replace("三月底", "四月底");
        check(text, &edited);
        let (a, b) = (signature(text).unwrap(), signature(&edited).unwrap());
        assert!(similarity(&a, &b) > 0.4);
        assert!(similarity(&a, &signature("今天的天气很好我们去公园散步吧").unwrap()) < 0.05);
    }

    #[test]
    fn short_texts_are_alike_only_when_equal_and_wordless_ones_have_no_signature() {
        let of = |text| signature(text).unwrap();
        assert_eq!(similarity(&of("Yes, please"), &of("yes please")), 1.0);
        assert!(similarity(&of("Yes, please"), &of("no thanks")) < 0.05);
        assert_eq!(signature(" -- !"), None);
    }

    #[test]
    fn a_wrong_number_of_bytes_is_refused() {
        assert_eq!(Signature::from_bytes(&[0; 255]), Err(SignatureError { found: 255 }));
    }

    #[test]
    fn signatures_never_change_between_releases() {
        let bytes = signature("the quick brown fox jumps over the lazy dog").unwrap().to_bytes();
        expect_test::expect!["c5d19e58e2d4741a"].assert_eq(&engraft_core::content_hash(&bytes)[..16]);
    }

    proptest! {
        #[test]
        fn estimates_follow_exact_similarity(a in "([a-e] ){0,80}", b in "([a-e] ){0,80}") {
            if let (Some(one), Some(two)) = (signature(&a), signature(&b)) {
                prop_assert!((jaccard(&a, &b) - similarity(&one, &two)).abs() < 0.25);
                prop_assert_eq!(Signature::from_bytes(&one.to_bytes()), Ok(one));
            }
        }
    }
}
