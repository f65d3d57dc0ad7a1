//! From one signature to those like it, by bands of four numbers that agree.

use std::collections::{BTreeMap, BTreeSet};

use super::signature::{Signature, similarity};

/// Numbers in a band. With 32 bands of four, two texts of similarity 0.8 share a band with probability 1 − 10⁻⁷, of
/// 0.6 with 0.99, of 0.3 with 0.23.
const BAND: usize = 4;

/// Finds near duplicates among many texts.
#[derive(Clone, Debug)]
pub struct DuplicateIndex {
    threshold: f32,
    signatures: BTreeMap<u32, Signature>,
    // One map per band; ids in the order of their numbers.
    bands: Vec<BTreeMap<[u16; BAND], BTreeSet<u32>>>,
}

impl DuplicateIndex {
    /// An empty index that reports texts with an estimated similarity of at least `threshold`, in `[0, 1]`; 0.8 is
    /// usual. Below 0.5, some that qualify are missed.
    pub fn new(threshold: f32) -> DuplicateIndex {
        DuplicateIndex { threshold, signatures: BTreeMap::new(), bands: Vec::new() }
    }

    /// Adds a text, in the place of what had this id.
    pub fn add(&mut self, id: u32, signature: Signature) {
        self.remove(id);
        self.bands.resize_with(signature.values().len() / BAND, BTreeMap::new);
        for (band, key) in self.bands.iter_mut().zip(keys(&signature)) {
            band.entry(key).or_default().insert(id);
        }
        self.signatures.insert(id, signature);
    }

    /// Forgets a text; an unknown id is no error.
    pub fn remove(&mut self, id: u32) {
        let Some(signature) = self.signatures.remove(&id) else {
            return;
        };
        for (band, key) in self.bands.iter_mut().zip(keys(&signature)) {
            if let Some(ids) = band.get_mut(&key) {
                ids.remove(&id);
                if ids.is_empty() {
                    band.remove(&key);
                }
            }
        }
    }

    /// The texts like this one with their estimated similarity, most alike first, then by id.
    pub fn near(&self, signature: &Signature) -> Vec<(u32, f32)> {
        let agree = self.bands.iter().zip(keys(signature)).filter_map(|(band, key)| band.get(&key));
        let likely: BTreeSet<u32> = agree.flatten().copied().collect();
        let mut found: Vec<(u32, f32)> = likely
            .into_iter()
            .map(|id| (id, similarity(&self.signatures[&id], signature)))
            .filter(|(_, similarity)| *similarity >= self.threshold)
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }
}

fn keys(signature: &Signature) -> impl Iterator<Item = [u16; BAND]> {
    signature.values().chunks_exact(BAND).map(|band| [band[0], band[1], band[2], band[3]])
}

#[cfg(test)]
mod tests {
    use super::super::signature;
    use super::*;

    fn text(topic: usize, words: usize) -> String {
        (0..words).map(|i| format!("w{topic}x{i} ")).collect()
    }

    fn index() -> DuplicateIndex {
        let mut index = DuplicateIndex::new(0.8);
        for topic in 0..50 {
            index.add(topic as u32, signature(&text(topic, 300)).unwrap());
        }
        index
    }

    #[test]
    fn an_edited_copy_is_found_and_strangers_are_not() {
        let edited = text(7, 300).replacen("x1 ", "y1 ", 1);
        let found = index().near(&signature(&edited).unwrap());
        assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [7]);
        assert!(found[0].1 > 0.8);
    }

    #[test]
    fn what_was_removed_or_replaced_is_not_found_again() {
        let mut index = index();
        let seven = signature(&text(7, 300)).unwrap();
        index.remove(7);
        assert!(index.near(&seven).is_empty());
        index.add(8, seven.clone());
        assert_eq!(index.near(&seven), [(8, 1.0)]);
        assert!(index.near(&signature(&text(8, 300)).unwrap()).is_empty());
    }

    #[test]
    fn the_most_alike_come_first_and_ties_by_id() {
        let mut index = index();
        let copy = text(3, 300);
        index.add(90, signature(&format!("{copy} and a few more words behind it")).unwrap());
        index.add(80, signature(&copy).unwrap());
        let ids: Vec<u32> = index.near(&signature(&copy).unwrap()).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [3, 80, 90]);
    }
}
