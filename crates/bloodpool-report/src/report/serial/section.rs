//! The section of a serial comparison, of the page of it and of the report of one study: plot, studies, changes and rules.

use bloodpool_core::validity::Rank;
use maud::{Markup, html};

use super::plot;
use crate::Language;
use crate::serial::SerialComparison;
use crate::serial::words::{ChangeRow, RuleCell, StudyRow, rule_texts};

/// All of it; `current`: source of the study that the report is of.
pub(in crate::report) fn sections(serial: &SerialComparison<'_>, current: Option<&str>, language: Language) -> Markup {
    html! {
        (warnings(serial, language))
        section.serial aria-labelledby="serial-heading" {
            h2 #serial-heading { (language.serial_plot()) span.sub { (serial.baseline_in_words(language)) } }
            (plot::drawing(serial, language).svg(Some("serial-plot"), &language.serial_plot_alt(serial.studies().len())))
            p.legend { @for (class, text) in plot::legend(serial, language) { span.key.serial-key.(class) { (text) } } }
            p.note { (language.serial_plot_note()) }
        }
        section.serial-studies aria-labelledby="serial-studies-heading" {
            h2 #serial-studies-heading { (language.serial_studies()) span.sub { (language.studies_of_patient()) } }
            (studies(serial, current, language))
        }
        section.serial-changes aria-labelledby="serial-changes-heading" {
            h2 #serial-changes-heading { (language.changes_from_baseline()) }
            (changes(serial, current, language))
        }
        section.serial-rules aria-labelledby="serial-rules-heading" {
            h2 #serial-rules-heading { (language.cardiotoxicity_rules()) span.sub { (language.rules_remark()) } }
            (rules(serial, current, language))
        }
    }
}

/// What a reader must know before the studies are compared, and how their settings differ.
fn warnings(serial: &SerialComparison<'_>, language: Language) -> Markup {
    let changes = serial.change_rows(language);
    let differ = changes.iter().any(|change| !change.differences.is_empty());
    let warnings = serial.warnings_in_words(language);
    html! {
        section.validity.(if differ || !warnings.is_empty() { "look" } else { "sound" }) aria-labelledby="serial-warnings-heading" {
            h2 #serial-warnings-heading { (language.serial_warnings()) }
            @for warning in &warnings { p { (warning) } }
            @if differ {
                table {
                    caption { (language.serial_settings_differ()) }
                    tbody { @for change in changes.iter().filter(|change| !change.differences.is_empty()) {
                        tr { th.nowrap scope="row" { (change.number) " \u{b7} " (change.date) } td { (change.differences.join(" ")) } }
                    } }
                }
            } @else {
                p { (language.serial_no_difference()) }
            }
        }
    }
}

fn studies(serial: &SerialComparison<'_>, current: Option<&str>, language: Language) -> Markup {
    let rows = serial.study_rows(language);
    let signed = rows.iter().any(|row| row.signed.is_some());
    html! {
        table.serial-table {
            thead { tr {
                th.number-first scope="col" { (language.number_sign()) }
                th scope="col" { (language.study_date()) }
                th scope="col" { (language.lvef()) }
                @if signed { th scope="col" { (language.signed_then()) } }
                th scope="col" { (language.findings()) }
                th.number scope="col" { (language.lv_counts()) }
                th scope="col" { (language.acquired_with()) }
            } }
            tbody { @for row in &rows { (study(row, signed, current, language)) } }
        }
    }
}

fn study(row: &StudyRow, signed: bool, current: Option<&str>, language: Language) -> Markup {
    html! {
        tr.named[current == Some(row.source.as_str())] {
            th scope="row" { (row.number) }
            td {
                span.nowrap { (row.date) @if let Some(time) = &row.time { " " span.what { (time) } } }
                @if row.is_baseline { " " span.tag { (language.baseline()) } }
                span.file { (row.source) }
            }
            td.nowrap.alarm[row.withheld] { strong { (row.lvef) } }
            @if signed {
                td { @match &row.signed {
                    Some([lvef, by]) => { span.nowrap { (lvef) } span.file { (by) } },
                    None => span.missing { (language.nothing_signed()) },
                } }
            }
            td.rank.(rank_class(row.rank)) {
                (row.rank_in_words)
                @for finding in &row.findings { span.file { (finding) } }
            }
            td.number { (row.lv_counts) }
            td { (row.acquired) }
        }
    }
}

fn rank_class(rank: Option<Rank>) -> &'static str {
    match rank {
        None | Some(Rank::Note) => "calm",
        Some(Rank::Look) => "look",
        Some(Rank::DoNotUse | Rank::Refused) => "alarm",
    }
}

fn changes(serial: &SerialComparison<'_>, current: Option<&str>, language: Language) -> Markup {
    let rows = serial.change_rows(language);
    html! {
        table.serial-table {
            thead { tr {
                th.number-first scope="col" { (language.number_sign()) }
                th scope="col" { (language.study_date()) }
                th scope="col" { (language.since_baseline()) }
                th.number scope="col" { (language.lvef()) }
                th.number scope="col" { (language.change()) }
                th.number scope="col" { (language.technical_limit()) }
                th.number scope="col" { (language.published_limit()) }
                th.verdict scope="col" { (language.repeat_variation()) }
            } }
            tbody { @for row in &rows { (change(serial, row, current)) } }
        }
        @if rows.iter().any(|row| row.value.as_ref().is_ok_and(|value| value.interval.is_none())) {
            p.note { (language.no_change_interval()) }
        }
        p.note { (language.limits_meaning()) }
        p.note { (language.technical_source()) ": " (serial.comparison().repeatability.source) "." }
    }
}

fn change(serial: &SerialComparison<'_>, row: &ChangeRow, current: Option<&str>) -> Markup {
    let source = serial.studies().get(row.number - 1).map(|study| study.source);
    html! {
        tr.named[current.is_some() && current == source] {
            th scope="row" { (row.number) }
            td.nowrap { (row.date) }
            td.nowrap { (row.since) }
            td.number { (row.lvef) }
            @match &row.value {
                Ok(value) => {
                    td.number.alarm[value.beyond] { strong { (value.points) } @if let Some(interval) = &value.interval { " " (interval) } }
                    td.number { (value.technical_limit) }
                    td.number { (value.published_limit) }
                    td.verdict.alarm[value.beyond] { strong { (value.verdict) } span.file { (value.reason) } }
                }
                Err(reason) => td.reason colspan="4" { (reason) },
            }
        }
    }
}

fn rules(serial: &SerialComparison<'_>, current: Option<&str>, language: Language) -> Markup {
    let texts = rule_texts(language);
    let rows = serial.change_rows(language);
    html! {
        table.serial-table.rules {
            thead { tr {
                th scope="col" { (language.number_sign()) }
                th scope="col" { (language.study_date()) }
                @for text in &texts { th scope="col" { (text.title) } }
            } }
            tbody { @for row in &rows {
                @let source = serial.studies().get(row.number - 1).map(|study| study.source);
                tr.named[current.is_some() && current == source] {
                    th scope="row" { (row.number) }
                    td.nowrap { (row.date) }
                    @match &row.rules {
                        Ok(cells) => @for cell in cells { (rule(cell)) },
                        Err(reason) => td.missing colspan=(texts.len()) { (reason) },
                    }
                }
            } }
        }
        p.note { (language.rules_note()) }
        table.rule-sources {
            caption { (language.rules_sources()) }
            tbody { @for text in &texts {
                tr {
                    th scope="row" { (text.title) }
                    td {
                        p { (text.arms) ": " strong { (text.consequence) } "." @if let Some(note) = &text.note { " " (note) "." } }
                        p.who { (text.source) }
                    }
                }
            } }
        }
    }
}

fn rule(cell: &RuleCell) -> Markup {
    let class = match cell.met {
        Some(true) => "alarm",
        Some(false) => "calm",
        None => "look",
    };
    html! { td.rank.(class) { (cell.text) @if let Some(why) = &cell.why { span.file { (why) } } } }
}
