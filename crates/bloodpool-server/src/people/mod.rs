//! People: accounts and roles, passwords, sessions and tokens, and the audit trail of what they do.

pub mod account;
pub mod audit;
pub mod document;
pub mod login;
pub mod password;
pub mod secret;
