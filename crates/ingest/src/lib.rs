//! Bytes to text to clean blocks to chunks to duplicates; pure.
