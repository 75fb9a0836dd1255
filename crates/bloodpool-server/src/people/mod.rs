//! People: accounts and roles, passwords, sessions and tokens, and the audit trail of what they do.

pub(crate) mod account;
pub(crate) mod account_act;
pub(crate) mod audit;
pub(crate) mod document;
pub(crate) mod kept_head;
pub(crate) mod login;
pub(crate) mod password;
pub(crate) mod secret;
pub(crate) mod token;
