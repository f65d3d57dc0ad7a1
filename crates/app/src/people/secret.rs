//! Secrets: fresh random bytes come in from the edge, several independent values are drawn from them, hashes are kept.

use engraft_core::content_hash;

/// Fresh random bytes; never use the same ones twice.
pub type Secret = [u8; 32];

/// 64 hex digits that only somebody with these bytes can know; another purpose gives others.
pub(crate) fn derive(random: &Secret, purpose: &str) -> String {
    content_hash(&[random, purpose.as_bytes()].concat())
}

/// What is kept of a secret. Its 256 random bits need no slow hash.
pub(crate) fn kept(secret: &str) -> String {
    content_hash(secret.as_bytes())
}
