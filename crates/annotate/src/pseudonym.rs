//! Names for people whose names must not be seen: stable within an item, different in the next.

use std::collections::BTreeMap;

/// No vowels, so that no word comes out, and nothing that is easily misread.
const LETTERS: &[u8; 24] = b"BCDFGHJKLMNPQRSTVWXZ2479";
const LENGTH: usize = 5;

/// What `user` is called in the adjudication of `item`, such as `K7RPD`.
///
/// It stays the same however many others respond, says nothing about the name, and is another in every item, so that nobody
/// is recognised by their habits. `secret` stays on the server: with it, a list of names could be tried. Two people of one
/// item are called the same once in 8 million (24 to the power of 5).
pub fn pseudonym(item: &str, user: &str, secret: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("engraft annotate pseudonym 1");
    for word in [secret, item, user] {
        hasher.update(&(word.len() as u64).to_le_bytes());
        hasher.update(word.as_bytes());
    }
    let hash = hasher.finalize();
    let mut number =
        hash.as_bytes().iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte));
    let mut name = String::with_capacity(LENGTH);
    for _ in 0..LENGTH {
        name.push(char::from(LETTERS[(number % LETTERS.len() as u128) as usize]));
        number /= LETTERS.len() as u128;
    }
    name
}

/// The pseudonyms of all who responded to an item, in the order of the pseudonyms, which is not that of the names.
pub fn pseudonyms<'a>(item: &str, users: &[&'a str], secret: &str) -> BTreeMap<String, &'a str> {
    users.iter().map(|user| (pseudonym(item, user, secret), *user)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_person_has_one_name_an_item_and_another_in_the_next() {
        assert_eq!(pseudonym("i1", "ann", "s"), pseudonym("i1", "ann", "s"));
        let names: BTreeSet<String> =
            (0..500).map(|item| pseudonym(&format!("i{item}"), "ann", "s")).collect();
        assert_eq!(names.len(), 500);
        assert_ne!(pseudonym("i1", "ann", "s"), pseudonym("i1", "ann", "t"));
        assert_ne!(pseudonym("i1a", "nn", "s"), pseudonym("i1", "ann", "s"));
    }

    #[test]
    fn the_order_of_pseudonyms_is_not_that_of_names() {
        let first = |item: usize| pseudonyms(&format!("i{item}"), &["ann", "bob"], "s").into_values().next();
        let ann = (0..400).filter(|item| first(*item) == Some("ann")).count();
        assert!((160..240).contains(&ann), "{ann} of 400");
    }
}
