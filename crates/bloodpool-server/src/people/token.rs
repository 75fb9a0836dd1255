//! Tokens of programs: they read and send studies, each with a role, an expiry and an account of its own that nobody can log in to.

use std::time::Duration;

use bloodpool_files::sha256;
use rusqlite::{OptionalExtension, params};

use super::account::{AccountError, Person, PersonRole, is_account_name};
use super::audit::append;
use super::secret::random_text;
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// What the accounts of tokens are called before the name of the token; the name of no person can begin so.
pub(crate) const PREFIX: &str = "token:";

/// Roles that a token can have: one that sends and reads, and one that reads. None of them signs.
pub const TOKEN_ROLES: [PersonRole; 2] = [PersonRole::Technologist, PersonRole::Administrator];

/// A token, without the secret that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: PersonRole,
    /// When it was made.
    pub created: UtcTime,
    /// When it was used last, to about a minute; its creation where it never was.
    pub used: UtcTime,
    /// When it ends.
    pub expires: UtcTime,
}

/// A token that was just made. Its secret is shown now and never again.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewToken {
    /// What a program sends as `Authorization: Bearer SECRET`.
    pub secret: String,
    /// When it ends, milliseconds since 1970-01-01T00:00:00Z.
    pub expires_ms: i64,
}

impl Person {
    /// Whether it is a program with a token.
    #[must_use]
    pub fn is_token(&self) -> bool {
        self.name.starts_with(PREFIX)
    }
}

impl Store {
    /// Makes a token. `by`: who made it, for the audit trail. Its SHA-256 is kept.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn add_token(&self, name: &str, role: PersonRole, valid: Duration, by: &str) -> Result<NewToken, AccountError> {
        if !is_account_name(name) {
            return Err(AccountError::Name);
        }
        if !TOKEN_ROLES.contains(&role) {
            return Err(AccountError::TokenRole);
        }
        let secret = random_text().map_err(StoreError::io(self.folder(), "a secret cannot be made"))?;
        let now = UtcTime::now();
        let (account, expires) = (format!("{PREFIX}{name}"), now.after(valid));
        let added = self.write("a token cannot be recorded", |transaction| {
            transaction.execute("DELETE FROM secret WHERE expires_ms <= ?1", [now.0])?;
            let known = "SELECT count(*) FROM secret JOIN person ON person.id = person_id WHERE name = ?1";
            if transaction.query_row(known, [&account], |row| row.get::<_, i64>(0))? > 0 {
                return Ok(false);
            }
            // The account stays where a token ends: the audit trail and what was received name it.
            transaction.execute(
                "INSERT INTO person (name, role, created_ms) VALUES (?1, ?2, ?3)
                    ON CONFLICT (name) DO UPDATE SET role = excluded.role",
                params![account, role.name(), now.0],
            )?;
            transaction.execute(
                "INSERT INTO secret (sha256, kind, person_id, label, created_ms, used_ms, expires_ms)
                    SELECT ?1, 'token', id, ?2, ?3, ?3, ?4 FROM person WHERE name = ?5",
                params![sha256(secret.as_bytes()), name, now.0, expires.0, account],
            )?;
            append(transaction, by, "token_add", &account, &format!("{} until {expires}", role.name()), now)?;
            Ok(true)
        })?;
        if added { Ok(NewToken { secret, expires_ms: expires.0 }) } else { Err(AccountError::TokenExists) }
    }

    /// Ends a token at once.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn revoke_token(&self, name: &str, by: &str) -> Result<(), AccountError> {
        let account = format!("{PREFIX}{name}");
        let revoked = self.write("a token cannot be revoked", |transaction| {
            let of_account = "DELETE FROM secret WHERE person_id = (SELECT id FROM person WHERE name = ?1)";
            let revoked = transaction.execute(of_account, [&account])?;
            if revoked > 0 {
                append(transaction, by, "token_revoke", &account, "", UtcTime::now())?;
            }
            Ok(revoked)
        })?;
        if revoked == 0 { Err(AccountError::TokenUnknown) } else { Ok(()) }
    }
}

impl Reader {
    /// The tokens that are valid, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tokens(&self, now: UtcTime) -> Result<Vec<TokenRow>, StoreError> {
        self.read("the tokens cannot be read", |transaction| {
            let mut rows = transaction.prepare(
                "SELECT label, role, secret.created_ms, used_ms, expires_ms
                    FROM secret JOIN person ON person.id = person_id
                    WHERE kind = 'token' AND expires_ms > ?1 AND disabled = 0 ORDER BY label",
            )?;
            let rows = rows.query_map([now.0], |row| {
                let role: String = row.get(1)?;
                Ok(TokenRow {
                    name: row.get(0)?,
                    role: PersonRole::of_name(&role).unwrap_or(PersonRole::Rater),
                    created: UtcTime(row.get(2)?),
                    used: UtcTime(row.get(3)?),
                    expires: UtcTime(row.get(4)?),
                })
            })?;
            rows.collect()
        })
    }

    /// The account of a person whom a proxy has let in. The accounts of tokens and of whoever started the program are nobody's
    /// there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn signed_on(&self, name: &str) -> Result<Option<Person>, StoreError> {
        let found = self.read("an account cannot be read", |transaction| {
            let sql = "SELECT id, name, role, disabled FROM person WHERE name = ?1 AND disabled = 0";
            transaction.query_row(sql, [name], super::account::person_of_row).optional()
        })?;
        Ok(found.filter(|person| person.role != PersonRole::Local && !person.is_token()))
    }
}
