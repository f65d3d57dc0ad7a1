//! A fixed set of small numbers, one bit each: which chunks are dead, which documents pass a filter.

/// A set of numbers below `len`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    // Bits at and past `len` are always zero.
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    pub(crate) fn none(len: usize) -> Bits {
        Bits { words: vec![0; len.div_ceil(64)], len }
    }

    pub(crate) fn all(len: usize) -> Bits {
        let mut bits = Bits { words: vec![!0; len.div_ceil(64)], len };
        bits.trim();
        bits
    }

    /// From words as [`Bits::words`] gives them; missing ones are zero, excess ones dropped.
    pub(crate) fn from_words(words: &[u64], len: usize) -> Bits {
        let mut own = words.to_vec();
        own.resize(len.div_ceil(64), 0);
        let mut bits = Bits { words: own, len };
        bits.trim();
        bits
    }

    fn trim(&mut self) {
        let tail = self.len % 64;
        if let Some(last) = self.words.last_mut().filter(|_| tail != 0) {
            *last &= (1 << tail) - 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// False for numbers past the end.
    pub(crate) fn has(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Ignores numbers past the end.
    pub(crate) fn set(&mut self, at: usize) {
        if at < self.len {
            self.words[at / 64] |= 1 << (at % 64);
        }
    }

    /// Sets `start..end`, cut at the end of the set.
    pub(crate) fn set_range(&mut self, start: usize, end: usize) {
        let end = end.min(self.len);
        if start >= end {
            return;
        }
        let (first, last) = (start / 64, (end - 1) / 64);
        let head = !0u64 << (start % 64);
        let tail = !0u64 >> (63 - (end - 1) % 64);
        if first == last {
            self.words[first] |= head & tail;
            return;
        }
        self.words[first] |= head;
        self.words[first + 1..last].fill(!0);
        self.words[last] |= tail;
    }

    pub(crate) fn keep(&mut self, other: &Bits) {
        for (at, word) in self.words.iter_mut().enumerate() {
            *word &= other.words.get(at).copied().unwrap_or(0);
        }
    }

    pub(crate) fn join(&mut self, other: &Bits) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
        self.trim();
    }

    pub(crate) fn drop_all(&mut self, other: &Bits) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    pub(crate) fn invert(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.trim();
    }

    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| Ones(word).map(move |bit| at * 64 + bit))
    }
}

/// The positions of the set bits of a word, ascending.
pub(crate) struct Ones(pub(crate) u64);

impl Iterator for Ones {
    type Item = usize;
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Bits;

    proptest! {
        #[test]
        fn bits_behave_like_a_set(len in 0usize..200, ranges in prop::collection::vec((0usize..220, 0usize..220), 0..6)) {
            let (mut bits, mut set) = (Bits::none(len), BTreeSet::new());
            for (start, end) in ranges {
                bits.set_range(start, end);
                set.extend(start..end.min(len));
            }
            prop_assert_eq!(bits.iter().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(bits.count(), set.len());
            let mut rest = bits.clone();
            rest.invert();
            prop_assert_eq!(rest.count(), len - set.len());
            rest.join(&bits);
            prop_assert_eq!(rest, Bits::all(len));
        }
    }
}
