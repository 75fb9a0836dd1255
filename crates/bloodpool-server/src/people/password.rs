//! Passwords: argon2id with 19 MiB and 2 passes, at most two at a time, since each takes that memory.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Memory, KiB: the least that OWASP recommends for argon2id (Password Storage Cheat Sheet, 19 MiB with 2 passes).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
/// How many are computed at the same time.
const AT_ONCE: usize = 2;
/// Fewest characters (NIST SP 800-63B-4 requires 15 where a password is all there is; 12 is what OWASP ASVS 4.0 2.1.1 requires).
pub(crate) const FEWEST_CHARACTERS: usize = 12;
/// Most bytes, so that nobody makes the program hash a file.
const MOST_BYTES: usize = 512;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too short.
    #[error("a password has {FEWEST_CHARACTERS} characters or more")]
    TooShort,
    /// Too long.
    #[error("a password has at most {MOST_BYTES} bytes")]
    TooLong,
    /// The operating system gives no random numbers, or there is no memory.
    #[error("the password cannot be hashed")]
    NotHashed,
}

static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// One of the places of what is computed at the same time.
struct Place;

impl Place {
    fn take() -> Self {
        let running = RUNNING.0.lock().unwrap_or_else(PoisonError::into_inner);
        let free = RUNNING.1.wait_while(running, |running| *running >= AT_ONCE);
        *free.unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *RUNNING.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        RUNNING.1.notify_one();
    }
}

/// The hash of a password in PHC form, with a salt of its own.
///
/// # Errors
/// [`PasswordError`].
pub(crate) fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < FEWEST_CHARACTERS {
        return Err(PasswordError::TooShort);
    }
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|_| PasswordError::NotHashed)?;
    let hash = derived(password, &salt, MEMORY_KIB, PASSES)?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${hash}"))
}

/// Whether a password is the one of a hash. Without a hash it takes as long and is never right, so that nobody learns from the time
/// which accounts there are.
#[must_use]
pub(crate) fn verify(password: &str, phc: Option<&str>) -> bool {
    let known = phc.and_then(parsed);
    let (salt, wanted, memory, passes) = known.unwrap_or(([0; SALT_BYTES], [0; HASH_BYTES], MEMORY_KIB, PASSES));
    let Ok(found) = derived(password, &salt, memory, passes) else { return false };
    // Every byte is compared, whichever differs.
    let differing = found.iter().zip(wanted).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
    differing == 0 && known.is_some()
}

fn derived(password: &str, salt: &[u8], memory: u32, passes: u32) -> Result<[u8; HASH_BYTES], PasswordError> {
    if password.len() > MOST_BYTES {
        return Err(PasswordError::TooLong);
    }
    let _place = Place::take();
    let parameters = Params::new(memory, passes, 1, Some(HASH_BYTES)).map_err(|_| PasswordError::NotHashed)?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .map_err(|_| PasswordError::NotHashed)?;
    Ok(hash)
}

fn parsed(phc: &str) -> Option<([u8; SALT_BYTES], [u8; HASH_BYTES], u32, u32)> {
    let rest = phc.strip_prefix("$argon2id$v=19$m=")?;
    let (memory, rest) = rest.split_once(",t=")?;
    let (passes, rest) = rest.split_once(",p=1$")?;
    let (salt, hash) = rest.split_once('$')?;
    let bytes = |text: &str| STANDARD_NO_PAD.decode(text).ok();
    Some((bytes(salt)?.try_into().ok()?, bytes(hash)?.try_into().ok()?, memory.parse().ok()?, passes.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified_and_another_is_not() {
        let phc = hash("correct horse battery").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("correct horse battery", Some(&phc)));
        assert!(!verify("correct horse batterz", Some(&phc)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("correct horse battery", Some("$argon2id$v=19$broken")));
        assert_ne!(hash("correct horse battery").unwrap(), phc);
    }

    #[test]
    fn hashes_are_those_of_the_reference_program() {
        // echo -n "password of anna" | argon2 saltsaltsaltsalt -id -t 2 -k 19456 -p 1 -l 32 -e (argon2 of Debian, 20190702)
        let phc = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$Jb4lSQkwECTP6EoFUJsUT1L8yrMZ1G3p/HJ5StKr7/s";
        assert!(verify("password of anna", Some(phc)));
    }

    #[test]
    fn short_and_long_passwords_are_refused() {
        assert_eq!(hash("eleven char"), Err(PasswordError::TooShort));
        assert_eq!(hash(&"a".repeat(513)), Err(PasswordError::TooLong));
        assert!(!verify(&"a".repeat(100_000), None));
    }
}
