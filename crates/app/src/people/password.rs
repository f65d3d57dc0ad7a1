//! Passwords: argon2id, one salt each; verifying takes as long for a name that does not exist.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::people::Secret;
use crate::{Error, people::secret};

/// The fewest characters a chosen password may have.
pub(crate) const LEAST: usize = 8;
/// The most bytes: hashing more is work given away.
const MOST: usize = 1024;
/// Letters that are not taken for one another when read from a screen.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What the store keeps of a password, as a PHC string.
pub(crate) fn hash(password: &str, random: &Secret) -> Result<String, Error> {
    if password.chars().count() < LEAST || password.len() > MOST {
        return Err(Error::Request {
            message: "that password cannot be used".into(),
            hint: format!("choose one of {LEAST} characters or more"),
        });
    }
    let salt = secret::derive(random, "salt");
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt.as_bytes()[..16]);
    Ok(hashed.map_err(|error| Error::Bug(format!("a password could not be hashed: {error}")))?.to_string())
}

/// Whether the password is the one that was hashed; `None` for somebody who has none, at the same cost.
pub(crate) fn fits(password: &str, hashed: Option<&str>) -> bool {
    // Hashed once from a random password nobody knows; only the work matters.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$MDAwMDAwMDAwMDAwMDAwMA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    if password.len() > MOST {
        return false;
    }
    let known = Argon2::default().verify_password(password.as_bytes(), hashed.unwrap_or(NOBODY)).is_ok();
    known && hashed.is_some()
}

/// A password nobody chose: four groups of five letters, 100 bits.
pub(crate) fn made_up(random: &Secret) -> String {
    let hex = secret::derive(random, "password");
    let bytes = hex.as_bytes().chunks(2).map(|pair| {
        let digits = std::str::from_utf8(pair).unwrap_or("0");
        usize::from_str_radix(digits, 16).unwrap_or(0)
    });
    let letters: Vec<char> = bytes.take(20).map(|byte| char::from(LETTERS[byte % LETTERS.len()])).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_fits() {
        let kept = hash("correct horse", &[7; 32]).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(fits("correct horse", Some(&kept)));
        assert!(!fits("correct horsf", Some(&kept)));
        assert!(!fits("correct horse", None));
        assert!(!fits("", None));
    }

    #[test]
    fn the_same_password_is_kept_differently_for_everybody() {
        assert_ne!(hash("correct horse", &[1; 32]).unwrap(), hash("correct horse", &[2; 32]).unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(hash("seven77", &[0; 32]).is_err());
        assert!(hash(&"x".repeat(1025), &[0; 32]).is_err());
    }

    #[test]
    fn a_made_up_password_can_be_read_aloud() {
        let password = made_up(&[3; 32]);
        assert_eq!(password.len(), 23);
        assert!(password.split('-').all(|group| group.len() == 5), "{password}");
        assert_ne!(password, made_up(&[4; 32]));
    }
}
