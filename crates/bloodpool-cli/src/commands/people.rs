//! `user`, `token` and `audit`: accounts of the review page, tokens of programs, and the trail of what they did.

use std::io::{BufRead, IsTerminal};

use anyhow::Context;
use bloodpool_server::{
    AccountAct, AuditDocument, AuditFinding, ChangeError, NewToken, Reader, UtcTime, audit_heads_file, change_accounts,
    read_kept_heads,
};

use super::analyze::to_stdout;
use crate::cli::{AuditVerb, DataFlags, TokenFlags, TokenVerb, UserFlags, UserVerb, VerifyAuditFlags};
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::{SettingsFile, data_folder};

/// Rows of the trail that are read at one go.
const ROWS: usize = 1000;

/// Manages accounts.
pub(crate) fn user(verb: UserVerb, file: &SettingsFile) -> anyhow::Result<Outcome> {
    match verb {
        UserVerb::Add(flags) => {
            let (name, role) = (flags.user.name, flags.role);
            let password = password(&name)?;
            change(&flags.user.data, file, &AccountAct::AddPerson { name: name.clone(), role, password })?;
            to_stdout(&format!("{name}: {}", role.name()))?;
        }
        UserVerb::List(flags) => {
            for person in reader(&flags, file)?.people()? {
                let disabled = if person.disabled { "  disabled" } else { "" };
                to_stdout(&format!("{:<24} {}{disabled}", person.name, person.role.name()))?;
            }
        }
        UserVerb::Disable(UserFlags { name, data }) => {
            change(&data, file, &AccountAct::DisablePerson { name: name.clone() })?;
            to_stdout(&format!("{name} cannot log in any longer"))?;
        }
        UserVerb::Reset(UserFlags { name, data }) => {
            let password = password(&name)?;
            change(&data, file, &AccountAct::ResetPassword { name: name.clone(), password })?;
            to_stdout(&format!("{name} has another password"))?;
        }
    }
    Ok(Outcome::Done)
}

/// Manages tokens.
pub(crate) fn token(verb: TokenVerb, file: &SettingsFile) -> anyhow::Result<Outcome> {
    match verb {
        TokenVerb::Add(flags) => {
            let (TokenFlags { name, data }, role, days) = (flags.token, flags.role, flags.days);
            let made = change(&data, file, &AccountAct::AddToken { name, role, days })?;
            let made = made.context("the token was made, and not returned: revoke it and make it again")?;
            eprintln!("valid until {}; it is not shown again:", UtcTime(made.expires_ms));
            to_stdout(&made.secret)?;
        }
        TokenVerb::List(flags) => {
            for token in reader(&flags, file)?.tokens(UtcTime::now())? {
                let (name, role) = (&token.name, token.role.name());
                to_stdout(&format!("{name:<24} {role:<14} until {}, last used {}", token.expires, token.used))?;
            }
        }
        TokenVerb::Revoke(TokenFlags { name, data }) => {
            change(&data, file, &AccountAct::RevokeToken { name: name.clone() })?;
            to_stdout(&format!("{name} is not accepted any longer"))?;
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
    let VerifyAuditFlags { data, head, heads } = flags;
    let reader = reader(&data, file)?;
    let own = audit_heads_file(&data_folder(data.data, file.listen.as_ref())?);
    let mut kept: Vec<String> = Vec::new();
    if let Some(heads) = heads.or_else(|| own.is_file().then_some(own)) {
        kept.extend(read_kept_heads(&heads).map_err(as_usage)?.into_iter().map(|kept| kept.head));
    }
    kept.extend(head);
    let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
    let (words, outcome) = match reader.verify_audit(&kept)? {
        AuditFinding::Whole { rows, head } => {
            (format!("whole: {rows} rows, head {head}; {} kept heads are in it", kept.len()), Outcome::Done)
        }
        AuditFinding::Changed { id } => {
            (format!("row {id} is not what it was when it was written"), Outcome::SomeFailed)
        }
        AuditFinding::Removed { before } => (format!("rows are missing before row {before}"), Outcome::SomeFailed),
        AuditFinding::HeadMissing { head } => {
            let words =
                format!("the kept head {head} is not in the trail: its end was removed, or all of it was written anew");
            (words, Outcome::SomeFailed)
        }
    };
    to_stdout(&words)?;
    Ok(outcome)
}

fn reader(flags: &DataFlags, file: &SettingsFile) -> anyhow::Result<Reader> {
    let data = data_folder(flags.data.clone(), file.listen.as_ref())?;
    Reader::open(&data).map_err(as_usage)
}

/// By the process that owns the data folder, where one does.
fn change(flags: &DataFlags, file: &SettingsFile, act: &AccountAct) -> anyhow::Result<Option<NewToken>> {
    let data = data_folder(flags.data.clone(), file.listen.as_ref())?;
    change_accounts(&data, bloodpool_report::SOFTWARE, act).map_err(|error| match error {
        error @ ChangeError::NoAnswer(_) => error.into(),
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
