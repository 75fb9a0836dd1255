//! Logging in: who a name and a password belong to, with a limit per account and per address.

use std::time::Duration;

use bloodpool_files::sha256;
use rusqlite::params;

use super::account::Person;
use super::audit::append;
use super::password;
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// Failures within [`WINDOW`] after which an account is not tried any longer.
pub(crate) const PER_ACCOUNT: i64 = 10;
/// Failures within [`WINDOW`] after which an address is not answered any longer: a ward may share one address.
pub(crate) const PER_ADDRESS: i64 = 50;
/// How long a failure counts.
pub(crate) const WINDOW: Duration = Duration::from_secs(15 * 60);

/// What became of an attempt to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginOutcome {
    /// The person.
    Person(Person),
    /// Name or password are wrong, or the account is disabled; which of these is not told.
    Refused,
    /// Too many failures; the password was not looked at.
    Limited,
}

impl Store {
    /// Whose name and password these are. It blocks for about 50 ms.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn log_in(
        &self,
        reader: &Reader,
        name: &str,
        password: &str,
        address: &str,
        now: UtcTime,
    ) -> Result<LoginOutcome, StoreError> {
        let account = sha256(name.to_lowercase().as_bytes());
        let since = now.before(WINDOW).0;
        let (of_account, of_address): (i64, i64) = reader.read("login failures cannot be read", |transaction| {
            transaction.query_row(
                "SELECT count(*) FILTER (WHERE account = ?1), count(*) FILTER (WHERE address = ?2)
                    FROM login_failure WHERE at_ms > ?3",
                params![account, address, since],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        })?;
        if of_account >= PER_ACCOUNT || of_address >= PER_ADDRESS {
            return Ok(LoginOutcome::Limited);
        }
        let known = reader.account(name)?;
        let right = password::verify(password, known.as_ref().and_then(|(_, hash)| hash.as_deref()));
        if let Some((person, _)) = known.filter(|_| right) {
            self.write("a login cannot be recorded", |transaction| {
                transaction.execute("DELETE FROM login_failure WHERE account = ?1", [&account])?;
                append(transaction, &person.name, "login", &person.name, address, now)
            })?;
            return Ok(LoginOutcome::Person(person));
        }
        self.write("a login failure cannot be recorded", |transaction| {
            transaction.execute("DELETE FROM login_failure WHERE at_ms <= ?1", [since])?;
            transaction.execute(
                "INSERT INTO login_failure (account, address, at_ms) VALUES (?1, ?2, ?3)",
                params![account, address, now.0],
            )
        })?;
        Ok(LoginOutcome::Refused)
    }
}
