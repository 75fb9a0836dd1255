//! `Person`: an account with its role, and what each role may do.

use rusqlite::{OptionalExtension, Row, params};

use super::audit::append;
use crate::annotate::error::AnnotationError;
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// What a person is to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonRole {
    /// Corrects and reviews.
    Technologist,
    /// Corrects, reviews and signs.
    Physician,
    /// Manages accounts; reads studies.
    Administrator,
    /// Draws for research, and sees nothing else.
    Rater,
    /// Whoever started the program on this machine: corrects and reviews, signs nothing.
    Local,
}

impl PersonRole {
    /// All roles that an account can be given.
    pub const ALL: [Self; 4] = [Self::Technologist, Self::Physician, Self::Administrator, Self::Rater];

    /// Its name in the database and in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Technologist => "technologist",
            Self::Physician => "physician",
            Self::Administrator => "administrator",
            Self::Rater => "rater",
            Self::Local => "local",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Local].into_iter().chain(Self::ALL).find(|role| role.name() == name)
    }

    /// Whether studies are shown.
    #[must_use]
    pub fn may_read(self) -> bool {
        self != Self::Rater
    }

    /// Whether outlines, ED and ES may be changed, studies added and accepted.
    #[must_use]
    pub fn may_edit(self) -> bool {
        matches!(self, Self::Technologist | Self::Physician | Self::Local)
    }

    /// Whether the progress of raters is shown, and links for them are made.
    #[must_use]
    pub fn may_oversee(self) -> bool {
        matches!(self, Self::Administrator | Self::Local)
    }

    /// Whether results may be signed.
    #[must_use]
    pub fn may_sign(self) -> bool {
        self == Self::Physician
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Number of the account.
    pub id: i64,
    /// Name of the account.
    pub name: String,
    /// Role.
    pub role: PersonRole,
    /// Whether the account may not be used.
    pub disabled: bool,
}

/// Why an account is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The name is taken.
    #[error("there is an account of this name already")]
    Exists,
    /// There is no such account.
    #[error("there is no account of this name")]
    Unknown,
    /// The name is empty, too long, or has other characters.
    #[error("an account name has 1 to 64 letters, digits, and the characters . _ - @")]
    Name,
    /// A token of this name is valid.
    #[error("there is a token of this name already; revoke it first, or choose another name")]
    TokenExists,
    /// There is no such token.
    #[error("there is no token of this name")]
    TokenUnknown,
    /// The role may not be a token's.
    #[error("a token has the role technologist (reads and sends studies) or administrator (reads)")]
    TokenRole,
    /// The validity of a token.
    #[error("a token is valid for 1 to {most} days")]
    TokenDays {
        /// The longest validity.
        most: u32,
    },
    /// The password.
    #[error(transparent)]
    Password(#[from] super::password::PasswordError),
    /// The data folder.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether an account or a token may have this name.
pub(crate) fn is_account_name(name: &str) -> bool {
    let allowed = |letter: char| letter.is_alphanumeric() || "._-@".contains(letter);
    !name.is_empty() && name.chars().count() <= 64 && name.chars().all(allowed)
}

pub(crate) fn person_of_row(row: &Row<'_>) -> rusqlite::Result<Person> {
    let role: String = row.get(2)?;
    // The table allows no other; one that is not known may do least.
    let role = PersonRole::of_name(&role).unwrap_or(PersonRole::Rater);
    Ok(Person { id: row.get(0)?, name: row.get(1)?, role, disabled: row.get(3)? })
}

impl Store {
    /// Makes an account, and ends what let people in who have none. `by`: who made it, for the audit trail.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn add_person(&self, name: &str, role: PersonRole, password: &str, by: &str) -> Result<Person, AccountError> {
        if !is_account_name(name) {
            return Err(AccountError::Name);
        }
        let hash = super::password::hash(password)?;
        let now = UtcTime::now();
        let added = self.write("an account cannot be recorded", |transaction| {
            let added = transaction.execute(
                "INSERT OR IGNORE INTO person (name, role, password, created_ms) VALUES (?1, ?2, ?3, ?4)",
                params![name, role.name(), hash, now.0],
            )?;
            if added == 0 {
                return Ok(None);
            }
            let id = transaction.last_insert_rowid();
            transaction
                .execute("DELETE FROM secret WHERE person_id IN (SELECT id FROM person WHERE role = 'local')", [])?;
            append(transaction, by, "account_add", name, role.name(), now)?;
            Ok(Some(Person { id, name: name.to_owned(), role, disabled: false }))
        })?;
        added.ok_or(AccountError::Exists)
    }

    /// The account of whoever started the program on this machine, made where it is missing. It has no password.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn local_person(&self) -> Result<Person, StoreError> {
        self.write("the local account cannot be recorded", |transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO person (name, role, created_ms) VALUES ('local', 'local', ?1)",
                [UtcTime::now().0],
            )?;
            transaction.query_row("SELECT id, name, role, disabled FROM person WHERE name = 'local'", [], person_of_row)
        })
    }

    /// The account of a rater, made where it is missing. It then has no password: a link lets the rater in.
    ///
    /// # Errors
    /// [`AnnotationError::OtherAccount`] where the account of this name has another role or is disabled.
    pub fn rater_person(&self, name: &str) -> Result<Person, AnnotationError> {
        let person = self.write("the account of a rater cannot be recorded", |transaction| {
            let now = UtcTime::now();
            let added = transaction.execute(
                "INSERT OR IGNORE INTO person (name, role, created_ms) VALUES (?1, 'rater', ?2)",
                params![name, now.0],
            )?;
            if added > 0 {
                append(transaction, "annotation", "account_add", name, "rater", now)?;
            }
            transaction.query_row("SELECT id, name, role, disabled FROM person WHERE name = ?1", [name], person_of_row)
        })?;
        // Names differ by case alone in no two accounts; the folder of the rater has the name as it was given.
        let fits = person.role == PersonRole::Rater && !person.disabled && person.name == name;
        fits.then_some(person).ok_or_else(|| AnnotationError::OtherAccount(name.to_owned()))
    }

    /// Gives an account another password and ends its sessions.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn reset_password(&self, name: &str, password: &str, by: &str) -> Result<(), AccountError> {
        let hash = super::password::hash(password)?;
        let sql = "UPDATE person SET password = ?2 WHERE name = ?1 AND role <> 'local'";
        self.change_account(name, by, "account_reset", sql, Some(&hash))
    }

    /// Lets an account not be used any longer, and ends its sessions.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn disable_person(&self, name: &str, by: &str) -> Result<(), AccountError> {
        self.change_account(
            name,
            by,
            "account_disable",
            "UPDATE person SET disabled = 1 WHERE name = ?1 AND ?2 IS NULL",
            None,
        )
    }

    fn change_account(
        &self,
        name: &str,
        by: &str,
        action: &str,
        sql: &str,
        value: Option<&str>,
    ) -> Result<(), AccountError> {
        // Accounts of tokens have other names: nobody gives one a password.
        if !is_account_name(name) {
            return Err(AccountError::Unknown);
        }
        let changed = self.write("an account cannot be changed", |transaction| {
            let changed = transaction.execute(sql, params![name, value])?;
            if changed > 0 {
                transaction
                    .execute("DELETE FROM secret WHERE person_id = (SELECT id FROM person WHERE name = ?1)", [name])?;
                append(transaction, by, action, name, "", UtcTime::now())?;
            }
            Ok(changed)
        })?;
        if changed == 0 { Err(AccountError::Unknown) } else { Ok(()) }
    }
}

impl Reader {
    /// All accounts of people, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.read("the accounts cannot be read", |transaction| {
            let mut rows = transaction.prepare("SELECT id, name, role, disabled FROM person ORDER BY name")?;
            let people: rusqlite::Result<Vec<Person>> = rows.query_map([], person_of_row)?.collect();
            Ok(people?.into_iter().filter(|person| !person.is_token()).collect())
        })
    }

    /// An account that may be used, with the hash of its password.
    pub(crate) fn account(&self, name: &str) -> Result<Option<(Person, Option<String>)>, StoreError> {
        self.read("an account cannot be read", |transaction| {
            transaction
                .query_row(
                    "SELECT id, name, role, disabled, password FROM person WHERE name = ?1 AND disabled = 0",
                    [name],
                    |row| Ok((person_of_row(row)?, row.get(4)?)),
                )
                .optional()
        })
    }
}
