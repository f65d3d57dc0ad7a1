//! Products of vectors: quantised ones on the widest instructions this processor has, exact ones the same everywhere.
//!
//! A row is stored as `code + 128`, an unsigned byte; a question as a signed byte. Products are summed in 32-bit
//! integers, so every path gives the same number.

#[cfg(target_arch = "aarch64")]
mod arm;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::OnceLock;

use crate::segment::stride;

/// A question's vector, quantised.
#[derive(Clone, Debug)]
pub(crate) struct Quantised {
    // As long as a row's stride, zero past the vector.
    codes: Vec<i8>,
    scale: f32,
    // What the rows' offset of 128 adds to every product.
    offset: i32,
    /// As [`signs`] gives them.
    pub(crate) signs: Vec<u64>,
}

/// One sum of products per row of `rows`, offset included; `rows.len() == out.len() * codes.len()`, a multiple of 64.
type Dots = fn(codes: &[i8], rows: &[u8], out: &mut [i32]);

fn dots() -> Dots {
    static CHOSEN: OnceLock<Dots> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        if let Some(dots) = x86::best() {
            return dots;
        }
        #[cfg(target_arch = "aarch64")]
        return arm::dots;
        #[cfg(not(target_arch = "aarch64"))]
        portable
    })
}

/// The nearest code of each number, 127 standing for the largest, and what a code of 1 stands for (0: all are zero).
fn code(vector: &[f32]) -> (impl Iterator<Item = i8> + '_, f32) {
    let largest = vector.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    (vector.iter().map(move |x| (x * inverse).round() as i8), largest / 127.0)
}

/// A row's bytes, padded to the stride, and its scale.
pub(crate) fn quantise(vector: &[f32]) -> (Vec<u8>, f32) {
    let (codes, scale) = code(vector);
    let mut bytes: Vec<u8> = codes.map(|code| (i16::from(code) + 128) as u8).collect();
    bytes.resize(stride(vector.len()), 128);
    (bytes, scale)
}

/// One bit a code, set where it is positive; `codes` are a row's bytes, without padding.
pub(crate) fn signs(codes: &[u8]) -> Vec<u64> {
    let word = |codes: &[u8]| {
        codes.iter().enumerate().fold(0, |word, (bit, &code)| word | u64::from(code > 128) << bit)
    };
    codes.chunks(64).map(word).collect()
}

/// How many signs of each row differ from the question's; `rows.len() == out.len() * signs.len()`.
pub(crate) fn differences(signs: &[u64], rows: &[u64], out: &mut [u16]) {
    assert_eq!(rows.len(), out.len() * signs.len(), "rows are whole");
    #[cfg(target_arch = "x86_64")]
    if let Ok(six) = <&[u64; 6]>::try_from(signs) {
        return x86::differences(six, rows.as_chunks().0, out);
    }
    count_differences(signs, rows, out);
}

/// Asks for a row that is read soon; changes nothing.
#[inline(always)]
pub(crate) fn prefetch(row: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    x86::prefetch(row);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

/// A bit for each of up to 64 numbers that is greater than `above`.
#[inline(always)]
pub(crate) fn greater(numbers: &[f32], above: f32) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let Ok(numbers) = numbers.try_into() {
        return x86::greater(numbers, above);
    }
    let bit = |(at, &number): (usize, &f32)| u64::from(number > above) << at;
    numbers.iter().take(64).enumerate().map(bit).fold(0, |bits, bit| bits | bit)
}

#[inline(always)]
fn count_differences(signs: &[u64], rows: &[u64], out: &mut [u16]) {
    for (row, out) in rows.chunks_exact(signs.len()).zip(out) {
        *out = row.iter().zip(signs).map(|(row, sign)| (row ^ sign).count_ones() as u16).sum();
    }
}

impl Quantised {
    pub(crate) fn new(vector: &[f32]) -> Quantised {
        let (codes, scale) = code(vector);
        let mut codes: Vec<i8> = codes.collect();
        let bytes: Vec<u8> = codes.iter().map(|&code| (i16::from(code) + 128) as u8).collect();
        let signs = signs(&bytes);
        let offset = 128 * codes.iter().map(|&code| i32::from(code)).sum::<i32>();
        codes.resize(stride(vector.len()), 0);
        Quantised { codes, scale, offset, signs }
    }

    /// Approximate inner products with consecutive rows, before each row's own scale.
    pub(crate) fn products(&self, rows: &[u8], sums: &mut [i32], out: &mut [f32]) {
        assert_eq!(rows.len(), sums.len() * self.codes.len(), "rows are whole");
        dots()(&self.codes, rows, sums);
        for (product, sum) in out.iter_mut().zip(sums) {
            *product = (*sum - self.offset) as f32 * self.scale;
        }
    }
}

// Every 64-bit ARM processor has NEON; only the tests ask there.
#[cfg(any(test, not(target_arch = "aarch64")))]
fn portable(codes: &[i8], rows: &[u8], out: &mut [i32]) {
    for (row, sum) in rows.chunks_exact(codes.len()).zip(out) {
        *sum = row.iter().zip(codes).map(|(&row, &code)| i32::from(row) * i32::from(code)).sum();
    }
}

/// The exact inner product, summed in sixteen lanes and then pairwise: the same bits on every processor.
pub(crate) fn inner(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    let (a_lanes, a_tail) = a.as_chunks::<16>();
    let (b_lanes, b_tail) = b.as_chunks::<16>();
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(a_tail.iter().zip(b_tail)) {
        *lane += a * b;
    }
    let mut width = 8;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_gives_the_portable_sums(blocks in 1usize..5, rows in 0usize..11, seed in any::<u64>()) {
            let mut state = seed | 1;
            let mut byte = || { state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1); (state >> 56) as u8 };
            let codes: Vec<i8> = (0..blocks * 64).map(|_| (byte() as i8).max(-127)).collect();
            let bytes: Vec<u8> = (0..codes.len() * rows).map(|_| byte()).collect();
            let (mut expected, mut sums) = (vec![0; rows], vec![0; rows]);
            portable(&codes, &bytes, &mut expected);
            #[cfg(target_arch = "x86_64")]
            for dots in x86::all() {
                dots(&codes, &bytes, &mut sums);
                prop_assert_eq!(&sums, &expected);
            }
            dots()(&codes, &bytes, &mut sums);
            prop_assert_eq!(&sums, &expected);
        }
    }

    proptest! {
        #[test]
        fn differences_of_signs_are_counted(signs in prop::array::uniform6(any::<u64>()), rows in prop::collection::vec(prop::array::uniform6(any::<u64>()), 0..23)) {
            let (mut expected, mut counts) = (vec![0; rows.len()], vec![0; rows.len()]);
            count_differences(&signs, rows.as_flattened(), &mut expected);
            differences(&signs, rows.as_flattened(), &mut counts);
            prop_assert_eq!(&counts, &expected);
            #[cfg(target_arch = "x86_64")]
            {
                x86::narrow(&signs, &rows, &mut counts);
                prop_assert_eq!(&counts, &expected);
            }
        }

        #[test]
        fn greater_numbers_have_a_bit(numbers in prop::collection::vec(-2i8..3, 1..65), above in -2i8..3) {
            let numbers: Vec<f32> = numbers.into_iter().map(f32::from).collect();
            let bits = greater(&numbers, f32::from(above));
            for (at, &number) in numbers.iter().enumerate() {
                prop_assert_eq!(bits >> at & 1 == 1, number > f32::from(above));
            }
            prop_assert_eq!(bits.checked_shr(numbers.len() as u32).unwrap_or(0), 0);
        }
    }

    #[test]
    fn a_quantised_product_is_near_the_exact_one() {
        let vector = |seed: f32| -> Vec<f32> {
            let raw: Vec<f32> = (0..100).map(|i| (i as f32 * seed).sin()).collect();
            let norm = inner(&raw, &raw).sqrt();
            raw.iter().map(|x| x / norm).collect()
        };
        let (a, b) = (vector(0.7), vector(0.9));
        let (codes, scale) = quantise(&b);
        let (mut sums, mut out) = ([0], [0.0]);
        Quantised::new(&a).products(&codes, &mut sums, &mut out);
        assert!((out[0] * scale - inner(&a, &b)).abs() < 0.005);
    }
}
