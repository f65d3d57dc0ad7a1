//! Identity: content hashes and the numbers rows go by.

/// The row number of a chunk in the store: never reused, the key of every derived index.
pub type ChunkNo = u32;

/// The row number of a document in the store: never reused.
pub type DocNo = u32;

/// The content address of some bytes: BLAKE3, 64 lower-case hex digits.
pub fn content_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// A 16-digit hex id that the given parts always lead to; parts are kept apart, so `["ab","c"]` is not `["a","bc"]`.
pub fn short_id(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(short_id(&["ab", "c"]), short_id(&["a", "bc"]));
        assert_eq!(short_id(&["ab", "c"]).len(), 16);
    }
}
