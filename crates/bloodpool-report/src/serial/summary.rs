//! A short summary of a serial comparison for a person at a terminal.

use std::fmt::Write;

use super::comparison::SerialComparison;
use crate::Language;

impl SerialComparison<'_> {
    /// The summary in a language; `report` says where the report was written, `None`: it was not; `bold` marks the changes for a
    /// terminal.
    ///
    /// # Errors
    /// Never in practice: writing into memory does not fail.
    pub fn summary(&self, language: Language, report: Option<&str>, bold: bool) -> Result<String, std::fmt::Error> {
        let (on, off) = if bold { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        let mut text = String::new();
        let simulated = if self.simulated() { format!("   {}", language.simulated_mark()) } else { String::new() };
        writeln!(text, "{}{simulated}", language.serial_comparison())?;
        writeln!(text, "  {}", self.baseline_in_words(language))?;
        for warning in self.warnings_in_words(language) {
            writeln!(text, "  ! {warning}")?;
        }
        writeln!(text)?;
        let changes = self.change_rows(language);
        for row in self.study_rows(language) {
            let baseline = if row.is_baseline { format!("   [{}]", language.baseline()) } else { String::new() };
            writeln!(text, "  {}  {}   {on}LVEF {}{off}   {}{baseline}", row.number, row.date, row.lvef, row.source)?;
            if row.rank >= Some(bloodpool_core::Rank::Look) {
                writeln!(text, "     [{}] {}", row.rank_in_words, row.findings.join(" "))?;
            }
            if let Some([signed, by]) = &row.signed {
                writeln!(text, "     {}: {signed}, {by}", language.signed_then())?;
            }
            let Some(change) = changes.iter().find(|change| change.number == row.number) else { continue };
            match &change.value {
                Ok(value) => {
                    let interval = value.interval.as_ref().map_or_else(String::new, |ends| format!(" {ends}"));
                    let (name, points) = (language.summary_change(), &value.points);
                    let verdict = format!("{}: {}", value.verdict, value.reason);
                    writeln!(text, "     {on}{name} {points}{interval}{off}   {}   {verdict}", change.since)?;
                }
                Err(reason) => writeln!(text, "     {reason}")?,
            }
            for difference in &change.differences {
                writeln!(text, "     ! {difference}")?;
            }
        }
        if let Some(change) = self.latest_change() {
            writeln!(text, "\n  {}", language.conclusion_draft())?;
            for sentence in self.conclusion(change, language) {
                writeln!(text, "  {sentence}")?;
            }
        }
        let report = report.unwrap_or(language.summary_comparison_not_written());
        writeln!(text, "\n  {} {report}", language.summary_report())?;
        writeln!(text, "  {}.", language.research_use_only())?;
        Ok(text)
    }
}
