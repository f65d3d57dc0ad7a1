//! Where the words of a claim stand in it, looked up for every word of its evidence, and which of its neighbours are neighbours there.

use super::words::Lexicon;

/// The place of a word that a claim does not have.
pub(crate) const ABSENT: u16 = u16::MAX;

/// Where the roots and forms of a lexicon stand in the claim at hand, by number; one for many claims.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) roots: Vec<u16>,
    pub(crate) forms: Vec<u16>,
}

impl Places {
    /// Takes down where the roots and forms of a claim stand.
    pub(crate) fn note(&mut self, roots: &[u32], forms: &[u32], lexicon: &Lexicon) {
        let known = lexicon.known();
        self.forms.resize(known.forms, ABSENT);
        self.roots.resize(known.roots, ABSENT);
        roots.iter().zip(0..).for_each(|(&root, place)| self.roots[root as usize] = place);
        forms.iter().zip(0..).for_each(|(&form, place)| self.forms[form as usize] = place);
    }

    /// Forgets them.
    pub(crate) fn forget(&mut self, roots: &[u32], forms: &[u32]) {
        roots.iter().for_each(|&root| self.roots[root as usize] = ABSENT);
        forms.iter().for_each(|&form| self.forms[form as usize] = ABSENT);
    }
}

/// The pairs of neighbours in a claim, and which of them stand side by side in its evidence too.
pub(crate) struct Neighbours {
    /// Where the pairs begin whose first word is at each place of the claim, and where the last of them end.
    starts: Vec<usize>,
    seconds: Vec<u16>,
    found: Vec<bool>,
}

impl Neighbours {
    /// Those in `words`, which are places below `places`.
    pub(crate) fn of(words: &[u16], places: usize) -> Neighbours {
        let mut pairs: Vec<(u16, u16)> = words.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let start = |place| pairs.partition_point(|pair| usize::from(pair.0) < place);
        Neighbours {
            starts: (0..=places).map(start).collect(),
            seconds: pairs.iter().map(|pair| pair.1).collect(),
            found: vec![false; pairs.len()],
        }
    }

    /// Takes down that the evidence has `second` right behind `first`.
    pub(crate) fn note(&mut self, first: u16, second: u16) {
        if let Some(at) = self.at(first, second) {
            self.found[at] = true;
        }
    }

    /// The share of the neighbours in `words` that were found; `without` where there are none.
    pub(crate) fn share(&self, words: &[u16], without: f32) -> f32 {
        let all = words.len().saturating_sub(1);
        let found = |pair: &&[u16]| self.at(pair[0], pair[1]).is_some_and(|at| self.found[at]);
        let there = words.windows(2).filter(found).count();
        if all == 0 { without } else { there as f32 / all as f32 }
    }

    fn at(&self, first: u16, second: u16) -> Option<usize> {
        let first = usize::from(first);
        (self.starts[first]..self.starts[first + 1]).find(|&at| self.seconds[at] == second)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn neighbours_are_found_that_are_neighbours_elsewhere_too(
            words in proptest::collection::vec(0u16..6, 0..12),
            others in proptest::collection::vec(0u16..6, 0..12),
        ) {
            let mut neighbours = Neighbours::of(&words, 6);
            others.windows(2).for_each(|pair| neighbours.note(pair[0], pair[1]));
            let there: BTreeSet<&[u16]> = others.windows(2).collect();
            let found = words.windows(2).filter(|pair| there.contains(pair)).count();
            let share = if words.len() < 2 { -1.0 } else { found as f32 / (words.len() - 1) as f32 };
            prop_assert_eq!(neighbours.share(&words, -1.0), share);
        }
    }
}
