//! What the project does to itself: fetch, test, check.

fn main() {}
