//! Compressed lists of (row, term frequency): blocks of 128, each packed with just enough bits, then a short tail.
//!
//! A list of `n` rows is `n / 128` block heads (last row u32, offset of the data u32, bits per gap u8, bits per
//! frequency u8, zero u16), the data of those blocks, and the rest as pairs of variable-length numbers (gap, frequency).
//! A gap is the distance to the row before, less one; frequencies are stored less one.

/// Rows in a packed block.
pub(crate) const BLOCK: usize = 128;
const HEAD: usize = 12;
/// Unpacking reads this many bytes past the last value.
pub(crate) const SLACK: usize = 8;

fn push_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bits_for(max: u32) -> u8 {
    (32 - max.leading_zeros()) as u8
}

fn pack(values: &[u32; BLOCK], bits: u8, out: &mut Vec<u8>) {
    let (mut word, mut filled) = (0u64, 0);
    for &value in values {
        word |= u64::from(value) << filled;
        filled += bits;
        while filled >= 8 {
            out.push(word as u8);
            word >>= 8;
            filled -= 8;
        }
    }
    debug_assert_eq!(filled, 0, "128 values fill whole bytes");
}

/// Encodes a list; `rows` ascend strictly, frequencies are at least 1.
pub(crate) fn encode(list: &[(u32, u32)], out: &mut Vec<u8>) {
    let start = out.len();
    let (blocks, tail) = list.as_chunks::<BLOCK>();
    out.resize(start + blocks.len() * HEAD, 0);
    let mut next = 0;
    for (at, block) in blocks.iter().enumerate() {
        let (mut gaps, mut tfs) = ([0; BLOCK], [0; BLOCK]);
        for (i, &(row, tf)) in block.iter().enumerate() {
            gaps[i] = row - next;
            tfs[i] = tf - 1;
            next = row + 1;
        }
        let (gap_bits, tf_bits) =
            (bits_for(gaps.iter().fold(0, |a, b| a | b)), bits_for(tfs.iter().fold(0, |a, b| a | b)));
        let offset = (out.len() - start - blocks.len() * HEAD) as u32;
        let head = &mut out[start + at * HEAD..][..HEAD];
        head[..4].copy_from_slice(&(next - 1).to_le_bytes());
        head[4..8].copy_from_slice(&offset.to_le_bytes());
        head[8] = gap_bits;
        head[9] = tf_bits;
        pack(&gaps, gap_bits, out);
        pack(&tfs, tf_bits, out);
    }
    for &(row, tf) in tail {
        push_varint(out, row - next);
        push_varint(out, tf - 1);
        next = row + 1;
    }
}

/// Unpacks 128 values of `BITS` bits; `bytes` holds at least `16 * BITS + SLACK` bytes.
fn unpack_bits<const BITS: usize>(bytes: &[u8], out: &mut [u32; BLOCK]) {
    let mask = (1u64 << BITS) - 1;
    // Eight values take BITS whole bytes, so the shifts are the same in every group.
    for (group, values) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let bytes = &bytes[group * BITS..][..BITS + SLACK];
        for (i, value) in values.iter_mut().enumerate() {
            let at = i * BITS / 8;
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            *value = (u64::from_le_bytes(word) >> (i * BITS % 8) & mask) as u32;
        }
    }
}

fn unpack(bytes: &[u8], bits: u8, out: &mut [u32; BLOCK]) -> Option<()> {
    let bytes = bytes.get(..usize::from(bits) * BLOCK / 8 + SLACK)?;
    macro_rules! widths {
        ($($width:literal)*) => {
            match bits {
                0 => out.fill(0),
                $($width => unpack_bits::<$width>(bytes, out),)*
                _ => return None,
            }
        };
    }
    widths!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
    Some(())
}

/// Reads a list block by block.
///
/// A list that does not decode, which a checked file cannot hold, reads as ending there.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    heads: &'a [u8],
    data: &'a [u8],
    total: usize,
    // The next block to decode, and where its rows begin.
    block: usize,
    next: u32,
    /// The rows of the current block, ascending.
    pub(crate) rows: [u32; BLOCK],
    /// Their frequencies.
    pub(crate) tfs: [u32; BLOCK],
    /// How many of them there are.
    pub(crate) filled: usize,
    tail_at: Option<usize>,
}

impl<'a> Cursor<'a> {
    /// A cursor before the first block of a list of `total` rows at the start of `bytes`.
    pub(crate) fn new(bytes: &'a [u8], total: usize) -> Cursor<'a> {
        let heads = total / BLOCK * HEAD;
        let (heads, data) = bytes.split_at_checked(heads).unwrap_or((&[], &[]));
        Cursor {
            heads,
            data,
            total,
            block: 0,
            next: 0,
            rows: [0; BLOCK],
            tfs: [0; BLOCK],
            filled: 0,
            tail_at: None,
        }
    }

    fn head(&self, block: usize) -> Option<(u32, usize, u8, u8)> {
        let head = self.heads.get(block * HEAD..(block + 1) * HEAD)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        Some((word(0), word(4) as usize, head[8], head[9]))
    }

    /// Passes over the blocks that end before `row`, so that the next one to decode may hold it.
    pub(crate) fn skip_to(&mut self, row: u32) {
        let heads = self.heads.as_chunks::<HEAD>().0.get(self.block..).unwrap_or(&[]);
        let ends_before = |head: &[u8; HEAD]| u32::from_le_bytes([head[0], head[1], head[2], head[3]]) < row;
        // In strides that double: what is looked for is mostly near.
        let mut stride = 1;
        while stride < heads.len() && ends_before(&heads[stride]) {
            stride *= 2;
        }
        let near = &heads[stride / 2..heads.len().min(stride + 1)];
        let passed = self.block + stride / 2 + near.partition_point(ends_before);
        if passed == self.block {
            return;
        }
        let Some((last, offset, gap_bits, tf_bits)) = self.head(passed - 1) else { return };
        (self.block, self.next) = (passed, last.saturating_add(1));
        self.note_tail(offset, gap_bits, tf_bits);
    }

    /// After the last block: where the tail begins.
    fn note_tail(&mut self, offset: usize, gap_bits: u8, tf_bits: u8) {
        if self.block * HEAD == self.heads.len() {
            self.tail_at = Some(offset + (usize::from(gap_bits) + usize::from(tf_bits)) * BLOCK / 8);
        }
    }

    /// Decodes the next block; false at the end.
    pub(crate) fn advance(&mut self) -> bool {
        self.filled = self.decode().unwrap_or(0);
        self.filled > 0
    }

    fn decode(&mut self) -> Option<usize> {
        let Some((last, offset, gap_bits, tf_bits)) = self.head(self.block) else {
            return self.decode_tail();
        };
        let packed = self.data.get(offset..)?;
        unpack(packed, gap_bits, &mut self.rows)?;
        unpack(packed.get(usize::from(gap_bits) * BLOCK / 8..)?, tf_bits, &mut self.tfs)?;
        let mut next = self.next;
        for (row, tf) in self.rows.iter_mut().zip(&mut self.tfs) {
            *row = next.wrapping_add(*row);
            next = row.wrapping_add(1);
            *tf += 1;
        }
        self.next = last.checked_add(1)?;
        self.block += 1;
        self.note_tail(offset, gap_bits, tf_bits);
        Some(BLOCK)
    }

    fn decode_tail(&mut self) -> Option<usize> {
        let rows = self.total.checked_sub(self.block * BLOCK).filter(|&rows| rows > 0 && rows < BLOCK)?;
        let mut at = self.tail_at.unwrap_or(0);
        for i in 0..rows {
            let gap = self.varint(&mut at)?;
            self.rows[i] = self.next.checked_add(gap)?;
            self.tfs[i] = self.varint(&mut at)?.checked_add(1)?;
            self.next = self.rows[i].checked_add(1)?;
        }
        self.total = 0;
        self.heads = &[];
        self.block = 0;
        Some(rows)
    }

    fn varint(&self, at: &mut usize) -> Option<u32> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let byte = *self.data.get(*at)?;
            *at += 1;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// Calls `see` with every remaining (row, frequency).
    pub(crate) fn each(mut self, mut see: impl FnMut(u32, u32)) {
        while self.advance() {
            self.rows[..self.filled].iter().zip(&self.tfs).for_each(|(&row, &tf)| see(row, tf));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_read_back(gaps in prop::collection::vec((0u32..40_000, 1u32..90), 0..700), dense in any::<bool>()) {
            let mut next = 0;
            let list: Vec<(u32, u32)> = gaps.iter().map(|&(gap, tf)| {
                let row = next + if dense { gap % 2 } else { gap };
                next = row + 1;
                (row, tf)
            }).collect();
            let mut bytes = Vec::new();
            encode(&list, &mut bytes);
            bytes.extend([0xff; SLACK]);
            let mut read = Vec::new();
            Cursor::new(&bytes, list.len()).each(|row, tf| read.push((row, tf)));
            prop_assert_eq!(&read, &list);
            for from in [0, next / 3, next / 2, next.saturating_sub(1), next, next + 9] {
                let mut cursor = Cursor::new(&bytes, list.len());
                cursor.skip_to(from);
                let mut rest = Vec::new();
                cursor.each(|row, tf| rest.push((row, tf)));
                prop_assert!(list.ends_with(&rest));
                let wanted = list.iter().filter(|(row, _)| *row >= from).count();
                prop_assert!(rest.len() >= wanted && rest.len() < wanted + BLOCK, "{} of {wanted}", rest.len());
            }
        }

        #[test]
        fn any_bytes_decode_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), total in 0usize..400, from in any::<u32>()) {
            let mut cursor = Cursor::new(&bytes, total);
            cursor.clone().each(|_, _| {});
            cursor.skip_to(from);
            cursor.each(|_, _| {});
        }
    }
}
