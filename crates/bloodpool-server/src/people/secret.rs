//! Secrets that identify a person to the page: sessions, links that are used once, and tokens of programs. Only hashes are kept.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bloodpool_files::sha256;
use rusqlite::{OptionalExtension, params};

use super::account::{Person, person_of_row};
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// Without a request for so long, a session ends.
pub(crate) const IDLE: Duration = Duration::from_secs(60 * 60);
/// A session ends after so long in any case.
pub(crate) const ABSOLUTE: Duration = Duration::from_secs(12 * 60 * 60);
/// How often the last use of a session is written down.
const USE_RECORDED: Duration = Duration::from_secs(60);

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A cookie of the page.
    Session,
    /// An address that is opened once.
    Link,
    /// A program's.
    Token,
}

impl SecretKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Link => "link",
            Self::Token => "token",
        }
    }
}

impl Store {
    /// Makes a secret of 256 random bits for a person, valid for so long. It is shown once; its hash is kept.
    ///
    /// # Errors
    /// [`StoreError`], also where the operating system gives no random numbers.
    pub fn add_secret(
        &self,
        kind: SecretKind,
        person: i64,
        label: Option<&str>,
        valid: Duration,
        now: UtcTime,
    ) -> Result<String, StoreError> {
        let secret = random_text().map_err(StoreError::io(self.folder(), "a secret cannot be made"))?;
        self.write("a secret cannot be recorded", |transaction| {
            transaction.execute("DELETE FROM secret WHERE expires_ms <= ?1", [now.0])?;
            transaction.execute(
                "INSERT INTO secret (sha256, kind, person_id, label, created_ms, used_ms, expires_ms)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
                params![sha256(secret.as_bytes()), kind.name(), person, label, now.0, now.after(valid).0],
            )
        })?;
        Ok(secret)
    }

    /// Uses a link: the person whose it is, once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn use_link(&self, secret: &str, now: UtcTime) -> Result<Option<Person>, StoreError> {
        let hash = sha256(secret.as_bytes());
        self.write("a link cannot be used", |transaction| {
            let person = transaction
                .query_row(
                    "SELECT person.id, name, role, disabled FROM secret JOIN person ON person.id = person_id
                        WHERE sha256 = ?1 AND kind = 'link' AND expires_ms > ?2 AND disabled = 0",
                    params![hash, now.0],
                    person_of_row,
                )
                .optional()?;
            transaction.execute("DELETE FROM secret WHERE sha256 = ?1 AND kind = 'link'", [hash])?;
            Ok(person)
        })
    }

    /// Ends a session or revokes a token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_secret(&self, secret: &str) -> Result<(), StoreError> {
        self.write("a session cannot be ended", |transaction| {
            transaction.execute("DELETE FROM secret WHERE sha256 = ?1", [sha256(secret.as_bytes())]).map(drop)
        })
    }

    /// The person whose session or token this is, if it is valid; its use is written down about once per minute.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn person_of(
        &self,
        reader: &Reader,
        kind: SecretKind,
        secret: &str,
        now: UtcTime,
    ) -> Result<Option<Person>, StoreError> {
        let hash = sha256(secret.as_bytes());
        let found = reader.read("a session cannot be read", |transaction| {
            transaction
                .query_row(
                    "SELECT person.id, name, role, disabled, used_ms FROM secret JOIN person ON person.id = person_id
                        WHERE sha256 = ?1 AND kind = ?2 AND expires_ms > ?3 AND disabled = 0",
                    params![hash, kind.name(), now.0],
                    |row| Ok((person_of_row(row)?, UtcTime(row.get(4)?))),
                )
                .optional()
        })?;
        let Some((person, used)) = found else { return Ok(None) };
        if kind == SecretKind::Session && used < now.before(IDLE) {
            self.remove_secret(secret)?;
            return Ok(None);
        }
        if used < now.before(USE_RECORDED) {
            self.write("a session cannot be recorded", |transaction| {
                transaction.execute("UPDATE secret SET used_ms = ?2 WHERE sha256 = ?1", params![hash, now.0])
            })?;
        }
        Ok(Some(person))
    }
}

/// 256 random bits as text that may stand in an address.
pub(crate) fn random_text() -> std::io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
