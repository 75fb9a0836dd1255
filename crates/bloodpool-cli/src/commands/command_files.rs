//! `command-files`: completions for shells and manual pages, made of the command line itself; not in the main help.

use std::path::Path;

use bloodpool_files::IfExists;
use clap::{Command, CommandFactory, ValueEnum};
use clap_complete::{Generator, Shell};
use clap_mangen::Man;

use crate::cli::{Cli, CommandFilesFlags};
use crate::outcome::Outcome;
use crate::outputs;

/// What a run ends with, for scripts.
const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "All was done."),
    ("1", "Some input failed; an error named it, and the rest is done."),
    ("2", "Wrong usage; nothing was done."),
    ("130", "Interrupted; finished files are complete, the others are missing."),
];

/// Writes `completions/` and `man/` into a folder.
pub(crate) fn run(flags: &CommandFilesFlags) -> anyhow::Result<Outcome> {
    let mut command = visible();
    let name = command.get_name().to_owned();
    for shell in Shell::value_variants() {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut command.clone(), &name, &mut script);
        outputs::write(&flags.out.join("completions").join(shell.file_name(&name)), &script, IfExists::Refuse)?;
    }
    command = command.disable_help_subcommand(true);
    command.build();
    pages(&command, &flags.out.join("man"), &flags.date)?;
    Ok(Outcome::Done)
}

/// The command line without its hidden verbs, which a completion would offer.
fn visible() -> Command {
    let command = Cli::command();
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    Command::new("bloodpool")
        .about(command.get_about().cloned().unwrap_or_default())
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .subcommand_required(true)
        .args(command.get_arguments().cloned())
        .subcommands(verbs)
}

/// One page for a command and for each verb below it: `bloodpool.1`, `bloodpool-analyze.1`.
fn pages(command: &Command, folder: &Path, date: &str) -> anyhow::Result<()> {
    let made_of = concat!("bloodpool ", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command.clone()).date(date).source(made_of).manual("bloodpool");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    // What clap_mangen writes before possible values: mandoc warns of line breaks beside a blank line.
    let mut text = String::from_utf8(text)?.replace("\n.br\n\n.br\n", "\n.sp\n").into_bytes();
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    // clap_mangen would fill these lines into one paragraph.
    if let Some(notes) = command.get_after_help() {
        let notes = notes.to_string();
        let (heading, lines) =
            notes.strip_prefix("Examples:\n").map_or(("NOTES", notes.as_str()), |lines| ("EXAMPLES", lines));
        text.extend(format!(".SH {heading}\n.nf\n{}.fi\n", unfilled(lines)).bytes());
    }
    text.extend(exit_status().bytes());
    if command.get_display_name().is_some_and(|name| name != "bloodpool") {
        text.extend(b".SH \"SEE ALSO\"\n.BR bloodpool (1)\n");
    }
    outputs::write(&folder.join(page.get_filename()), &text, IfExists::Refuse)?;
    command.get_subcommands().filter(|verb| !verb.is_hide_set()).try_for_each(|verb| pages(verb, folder, date))
}

fn exit_status() -> String {
    let lines = EXIT_STATUS.map(|(code, meaning)| format!(".TP\n{code}\n{}", unfilled(meaning)));
    format!(".SH \"EXIT STATUS\"\n{}", lines.concat())
}

/// Lines as they are, in roff: no letter of theirs is a request or an escape.
fn unfilled(lines: &str) -> String {
    let escaped = |line: &str| format!("\\&{}\n", line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq"));
    lines.lines().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_roff_are_escaped() {
        assert_eq!(unfilled(".x\n'y\na\\b --c"), "\\&.x\n\\&\\(aqy\n\\&a\\eb \\-\\-c\n");
    }

    #[test]
    fn hidden_verbs_are_left_out_and_all_others_kept() {
        let names = |command: &Command| -> Vec<String> {
            command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect()
        };
        let (all, kept) = (names(&Cli::command()), names(&visible()));
        assert!(kept.contains(&"analyze".to_owned()) && !kept.contains(&"time-network".to_owned()));
        let hidden = Cli::command().get_subcommands().filter(|verb| verb.is_hide_set()).count();
        assert_eq!(kept.len() + hidden, all.len());
        visible().debug_assert();
    }
}
