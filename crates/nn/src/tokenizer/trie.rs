//! A double-array trie over bytes: the longest vocabulary piece at the start of some bytes, in one walk.
//!
//! The layout is that of Aoe (1989), "An efficient digital search algorithm by using a double-array structure", with
//! exclusive or in place of addition, so that the children of a node stay within one block of 256.

const BLOCK: usize = 256;
const NONE: u32 = u32::MAX;
// The root's parent: nobody's child, yet not free.
const TAKEN: u32 = u32::MAX - 1;

/// A place in the trie, reached by the bytes read so far.
pub(super) type Node = u32;

/// Byte strings and their numbers.
#[derive(Debug)]
pub(super) struct Trie {
    slots: Vec<Slot>,
    // Per node, the number of the key that ends there, or NONE.
    values: Vec<u32>,
}

/// `parent` says whose child lies here; the child of this node by byte `b` lies at `base ^ b`.
#[derive(Clone, Copy, Debug)]
struct Slot {
    base: u32,
    parent: u32,
}

/// How far the search for free slots has come. An only child fits anywhere and fills the holes that families leave;
/// neither search ever goes back, so that building takes time linear in the number of nodes.
struct Room {
    narrow: usize,
    wide: usize,
}

impl Trie {
    /// Where every walk begins.
    pub(super) const ROOT: Node = 0;
    /// Where a walk ends up once no key goes on as the bytes did; there is no way back.
    pub(super) const DEAD: Node = NONE;

    /// A trie of these keys, which ascend and of which none is empty.
    pub(super) fn new(sorted: &[(Vec<u8>, u32)]) -> Trie {
        let mut trie = Trie { slots: Vec::new(), values: Vec::new() };
        trie.grow();
        trie.slots[0].parent = TAKEN;
        // Breadth first: the nodes near the root, which every word visits, end up side by side.
        let mut level = vec![(Trie::ROOT, 0, sorted.len())];
        let mut room = Room { narrow: 1, wide: 1 };
        let mut depth = 0;
        while !level.is_empty() {
            let mut next_level = Vec::new();
            for (node, from, to) in level {
                let children = branches(sorted, from, to, depth);
                trie.attach(node, &children, &mut room);
                for (byte, from, to) in children {
                    let child = trie.slots[node as usize].base ^ u32::from(byte);
                    if sorted[from].0.len() == depth + 1 {
                        trie.values[child as usize] = sorted[from].1;
                    }
                    next_level.push((child, from, to));
                }
            }
            level = next_level;
            depth += 1;
        }
        trie
    }

    /// The node one byte further.
    #[inline]
    pub(super) fn step(&self, node: Node, byte: u8) -> Node {
        let Some(slot) = self.slots.get(node as usize) else { return Trie::DEAD };
        let child = slot.base ^ u32::from(byte);
        match self.slots.get(child as usize) {
            Some(found) if found.parent == node => child,
            _ => Trie::DEAD,
        }
    }

    /// The number of the key that led from the root to `node`.
    #[inline]
    pub(super) fn value(&self, node: Node) -> Option<u32> {
        self.values.get(node as usize).copied().filter(|&value| value != NONE)
    }

    /// The longest key at the start of `bytes`, walking on from `node`: its length in `bytes`, and its number.
    #[inline]
    pub(super) fn longest(&self, node: Node, bytes: &[u8]) -> Option<(usize, u32)> {
        let mut node = node;
        let mut best = None;
        for (read, &byte) in bytes.iter().enumerate() {
            node = self.step(node, byte);
            if node == Trie::DEAD {
                break;
            }
            if let Some(value) = self.value(node) {
                best = Some((read + 1, value));
            }
        }
        best
    }

    /// Finds a base under which all children of `node` fall on free slots, and takes them.
    fn attach(&mut self, node: Node, children: &[(u8, usize, usize)], room: &mut Room) {
        let Some(&(first, ..)) = children.first() else { return };
        let cursor = if children.len() == 1 { &mut room.narrow } else { &mut room.wide };
        let base = loop {
            if *cursor >= self.slots.len() {
                self.grow();
            }
            let base = *cursor as u32 ^ u32::from(first);
            if children.iter().all(|&(byte, ..)| self.is_free(base ^ u32::from(byte))) {
                break base;
            }
            *cursor += 1;
        };
        self.slots[node as usize].base = base;
        for &(byte, ..) in children {
            self.slots[(base ^ u32::from(byte)) as usize].parent = node;
        }
    }

    fn is_free(&self, slot: u32) -> bool {
        self.slots[slot as usize].parent == NONE
    }

    fn grow(&mut self) {
        let blocks = self.slots.len() + BLOCK;
        self.slots.resize(blocks, Slot { base: 0, parent: NONE });
        self.values.resize(blocks, NONE);
    }
}

/// The bytes that follow at `depth` within `sorted[from..to]`, each with the range of keys that have it.
fn branches(sorted: &[(Vec<u8>, u32)], from: usize, to: usize, depth: usize) -> Vec<(u8, usize, usize)> {
    let mut found: Vec<(u8, usize, usize)> = Vec::new();
    for (at, (key, _)) in sorted.iter().enumerate().take(to).skip(from) {
        let Some(&byte) = key.get(depth) else { continue };
        match found.last_mut() {
            Some((last, _, end)) if *last == byte => *end = at + 1,
            _ => found.push((byte, at, at + 1)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_longest_key_is_the_one_a_scan_over_all_keys_finds(
            keys in prop::collection::btree_set(prop::collection::vec(prop::sample::select(b"\0ab\xff".to_vec()), 1..6), 0..60),
            text in prop::collection::vec(prop::sample::select(b"\0ab\xff".to_vec()), 0..12),
        ) {
            let numbered: Vec<(Vec<u8>, u32)> = keys.into_iter().zip(0..).collect();
            let slow = numbered.iter().filter(|(key, _)| text.starts_with(key)).max_by_key(|(key, _)| key.len());
            let trie = Trie::new(&numbered);
            prop_assert_eq!(trie.longest(Trie::ROOT, &text), slow.map(|(key, value)| (key.len(), *value)));
        }
    }
}
