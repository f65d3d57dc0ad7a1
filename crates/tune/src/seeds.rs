//! The seeds of a training that is done more than once.

/// `count` seeds from `first` on; after the greatest comes 0.
pub fn seeds(first: u64, count: usize) -> Vec<u64> {
    (0..count as u64).map(|more| first.wrapping_add(more)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_seed_is_followed_by_zero() {
        assert_eq!(seeds(7, 3), [7, 8, 9]);
        assert_eq!(seeds(u64::MAX, 2), [u64::MAX, 0]);
    }
}
