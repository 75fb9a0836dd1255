//! `AccountAct`: a change of accounts or tokens as data, so that the process that owns the data folder can be asked for it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::{AccountError, PersonRole};
use super::token::NewToken;
use crate::store::Store;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest validity of a token, days.
pub const MOST_TOKEN_DAYS: u32 = 366;

/// A change of accounts or tokens. It has no `Debug`: passwords are in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum AccountAct {
    /// Makes an account.
    AddPerson {
        /// Its name.
        name: String,
        /// What the person may do.
        role: PersonRole,
        /// Its password.
        password: String,
    },
    /// Lets an account not be used any longer.
    DisablePerson {
        /// Its name.
        name: String,
    },
    /// Gives an account another password.
    ResetPassword {
        /// Its name.
        name: String,
        /// The password.
        password: String,
    },
    /// Makes a token.
    AddToken {
        /// Its name.
        name: String,
        /// What a program with it may do.
        role: PersonRole,
        /// How many days it is valid, 1 to [`MOST_TOKEN_DAYS`].
        days: u32,
    },
    /// Ends a token.
    RevokeToken {
        /// Its name.
        name: String,
    },
}

impl AccountAct {
    /// Makes the change. `by`: who makes it, for the audit trail. Of a new token, what is shown once.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was changed then.
    pub fn perform(&self, store: &Store, by: &str) -> Result<Option<NewToken>, AccountError> {
        match self {
            Self::AddPerson { name, role, password } => store.add_person(name, *role, password, by).map(|_| None),
            Self::DisablePerson { name } => store.disable_person(name, by).map(|()| None),
            Self::ResetPassword { name, password } => store.reset_password(name, password, by).map(|()| None),
            Self::AddToken { days, .. } if !(1..=MOST_TOKEN_DAYS).contains(days) => {
                Err(AccountError::TokenDays { most: MOST_TOKEN_DAYS })
            }
            Self::AddToken { name, role, days } => store.add_token(name, *role, DAY * *days, by).map(Some),
            Self::RevokeToken { name } => store.revoke_token(name, by).map(|()| None),
        }
    }
}
