//! `user` and `audit`: accounts of the review page, and the trail of what people did.

use std::io::{BufRead, IsTerminal};

use anyhow::Context;
use bloodpool_server::{AccountError, AuditDocument, AuditFinding, Reader, Store, StoreError};

use super::analyze::to_stdout;
use crate::cli::{AuditVerb, DataFlags, UserFlags, UserVerb};
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::{SettingsFile, data_folder};

/// Who makes and changes accounts here, for the audit trail.
const BY: &str = "command line";
/// Rows of the trail that are read at one go.
const ROWS: usize = 1000;

/// Manages accounts.
pub(crate) fn user(verb: UserVerb, file: &SettingsFile) -> anyhow::Result<Outcome> {
    match verb {
        UserVerb::Add(flags) => {
            let store = store(&flags.user.data, file)?;
            let (name, role) = (&flags.user.name, flags.role);
            store.add_person(name, role, &password(name)?, BY).map_err(refused)?;
            to_stdout(&format!("{name}: {}", role.name()))?;
        }
        UserVerb::List(flags) => {
            for person in reader(&flags, file)?.people()? {
                let disabled = if person.disabled { "  disabled" } else { "" };
                to_stdout(&format!("{:<24} {}{disabled}", person.name, person.role.name()))?;
            }
        }
        UserVerb::Disable(UserFlags { name, data }) => {
            store(&data, file)?.disable_person(&name, BY).map_err(refused)?;
            to_stdout(&format!("{name} cannot log in any longer"))?;
        }
        UserVerb::Reset(UserFlags { name, data }) => {
            store(&data, file)?.reset_password(&name, &password(&name)?, BY).map_err(refused)?;
            to_stdout(&format!("{name} has another password"))?;
        }
    }
    Ok(Outcome::Done)
}

/// Verifies or prints the audit trail.
pub(crate) fn audit(verb: AuditVerb, file: &SettingsFile) -> anyhow::Result<Outcome> {
    let flags = match verb {
        AuditVerb::Export(flags) => {
            let reader = reader(&flags, file)?;
            let mut last = 0;
            loop {
                let rows = reader.audit(last, ROWS)?;
                let Some(end) = rows.last() else { return Ok(Outcome::Done) };
                last = end.id;
                for row in rows {
                    to_stdout(&serde_json::to_string(&AuditDocument::from(row))?)?;
                }
            }
        }
        AuditVerb::Verify(flags) => flags,
    };
    let (words, outcome) = match reader(&flags.data, file)?.verify_audit(flags.head.as_deref())? {
        AuditFinding::Whole { rows, head } => (format!("whole: {rows} rows, head {head}"), Outcome::Done),
        AuditFinding::Changed { id } => {
            (format!("row {id} is not what it was when it was written"), Outcome::SomeFailed)
        }
        AuditFinding::Removed { before } => (format!("rows are missing before row {before}"), Outcome::SomeFailed),
        AuditFinding::HeadMissing => {
            let words = "the hash of --head is not in the trail: its end was removed, or all of it was written anew";
            (words.to_owned(), Outcome::SomeFailed)
        }
    };
    to_stdout(&words)?;
    Ok(outcome)
}

fn reader(flags: &DataFlags, file: &SettingsFile) -> anyhow::Result<Reader> {
    let data = data_folder(flags.data.clone(), file.listen.as_ref())?;
    Reader::open(&data).map_err(as_usage)
}

fn store(flags: &DataFlags, file: &SettingsFile) -> anyhow::Result<Store> {
    let data = data_folder(flags.data.clone(), file.listen.as_ref())?;
    Store::open(&data, bloodpool_report::SOFTWARE).map_err(|error| match error {
        StoreError::Lock(_) => wrong_usage(format!("{error}; stop `bloodpool serve` or `listen` first")),
        other => as_usage(other),
    })
}

/// From the terminal, where it is not shown, or from the first line of stdin.
fn password(name: &str) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("the password cannot be read from stdin")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let terminal = console::Term::stderr();
    let asked = |words: &str| {
        terminal.write_str(words)?;
        terminal.read_secure_line()
    };
    let first = asked(&format!("Password of {name}: ")).context("the password cannot be read")?;
    let second = asked("The same again: ").context("the password cannot be read")?;
    if first == second { Ok(first) } else { Err(wrong_usage("the passwords differ; nothing was changed")) }
}

fn refused(error: AccountError) -> anyhow::Error {
    match error {
        AccountError::Store(error) => error.into(),
        other => as_usage(other),
    }
}
