//! A serial comparison in the PDF: warnings, plot, studies, changes and rules.

use bloodpool_core::validity::Rank;

use super::canvas::{
    ACCENT, ALARM, Align, BREAK, Canvas, Colour, INK, LINE, MARGIN, Run, Style, WARN, WARN_GROUND, WARN_LINE, WHITE,
    WIDTH, plain, run,
};
use super::drawn::{self, Looks};
use super::framed;
use super::page_parts::boxed;
use super::table::{Cell, Row, Table, cell, left, rich, right};
use crate::Language;
use crate::report::serial::plot;
use crate::serial::SerialComparison;
use crate::serial::words::{ChangeRow, RuleCell, StudyRow, rule_texts};

/// All of it; `current`: source of the study that the report is of.
pub(super) fn sections(
    canvas: &mut Canvas<'_>,
    serial: &SerialComparison<'_>,
    current: Option<&str>,
    language: Language,
) {
    warnings(canvas, serial, language);
    course(canvas, serial, language);
    studies(canvas, serial, current, language);
    changes(canvas, serial, current, language);
    rules(canvas, serial, current, language);
}

/// What a reader must know before the studies are compared, and how their settings differ.
pub(super) fn warnings(canvas: &mut Canvas<'_>, serial: &SerialComparison<'_>, language: Language) {
    let style = plain(7.8);
    let warnings = serial.warnings_in_words(language);
    let changes = serial.change_rows(language);
    let differing: Vec<&ChangeRow> = changes.iter().filter(|change| !change.differences.is_empty()).collect();
    let calm = warnings.is_empty() && differing.is_empty();
    let ink = if calm { INK } else { WARN };
    let mut paragraphs = vec![vec![run(language.serial_warnings(), plain(9.0).bold().in_colour(ink))]];
    paragraphs.extend(warnings.into_iter().map(|warning| vec![run(warning, style)]));
    for change in &differing {
        let study = format!("{} \u{b7} {}  ", change.number, change.date);
        paragraphs.push(vec![run(study, style.bold()), run(change.differences.join(" "), style)]);
    }
    if differing.is_empty() {
        paragraphs.push(vec![run(language.serial_no_difference(), style)]);
    }
    boxed(canvas, &paragraphs, if calm { [ACCENT, WHITE, LINE] } else { [WARN_LINE, WARN_GROUND, WARN_LINE] });
}

/// The plot with its legend.
pub(super) fn course(canvas: &mut Canvas<'_>, serial: &SerialComparison<'_>, language: Language) {
    let drawing = plot::drawing(serial, language);
    canvas.heading(language.serial_plot(), serial.baseline_in_words(language), drawn::height(&drawing, WIDTH) + 30.0);
    let top = canvas.y;
    drawn::draw(canvas, &drawing, [MARGIN, top], WIDTH, 7.2, Looks::Chart);
    canvas.y += drawn::height(&drawing, WIDTH) + 4.0;
    let keys: Vec<(Colour, bool, String)> = plot::legend(serial, language)
        .into_iter()
        .map(|(class, text)| {
            let (colour, dashed) = drawn::key(class);
            (colour, dashed, text.to_owned())
        })
        .collect();
    let top = canvas.y;
    canvas.y += framed::legend(canvas, [MARGIN, top], WIDTH, &keys) + 1.0;
    canvas.flow_paragraph(&[run(language.serial_plot_note(), plain(6.5).soft())], 7.0);
}

fn ink(rank: Option<Rank>) -> Colour {
    match rank {
        None | Some(Rank::Note) => INK,
        Some(Rank::Look) => WARN,
        Some(Rank::DoNotUse | Rank::Refused) => ALARM,
    }
}

const SMALL: Style = plain(6.5).soft();
const TEXT: Style = plain(7.4);

fn heads(texts: &[&str]) -> Vec<Cell> {
    texts.iter().map(|text| cell(*text, plain(6.6).soft())).collect()
}

fn push(table: &mut Table, cells: Vec<Cell>, shaded: bool) {
    table.rows.push(Row { cells, shaded });
}

fn studies(canvas: &mut Canvas<'_>, serial: &SerialComparison<'_>, current: Option<&str>, language: Language) {
    let rows = serial.study_rows(language);
    let signed = rows.iter().any(|row| row.signed.is_some());
    let mut widths = vec![left(22.0), left(if signed { 104.0 } else { 130.0 }), left(78.0)];
    let mut texts = vec![language.number_sign(), language.study_date(), language.lvef()];
    if signed {
        widths.push(left(88.0));
        texts.push(language.signed_then());
    }
    widths.extend([left(if signed { 84.0 } else { 104.0 }), right(50.0)]);
    texts.extend([language.findings(), language.lv_counts(), language.acquired_with()]);
    widths.push(left(WIDTH - widths.iter().map(|column| column.width).sum::<f32>()));
    let mut table = Table::new(MARGIN, widths);
    table.head = Some(heads(&texts));
    for row in &rows {
        push(&mut table, study(row, signed, language), current == Some(row.source.as_str()));
    }
    canvas.heading(language.serial_studies(), language.studies_of_patient(), 50.0);
    table.flow(canvas);
    canvas.y += 8.0;
}

fn study(row: &StudyRow, signed: bool, language: Language) -> Vec<Cell> {
    let time = row.time.as_ref().map_or_else(String::new, |time| format!(" {time}"));
    let mut date = vec![run(format!("{}{time}", row.date), TEXT)];
    if row.is_baseline {
        date.push(run(format!("  {}", language.baseline()), TEXT.bold().in_colour(ACCENT)));
    }
    date.extend([run(BREAK, TEXT), run(row.source.as_str(), SMALL)]);
    let lvef = if row.withheld { TEXT.in_colour(ALARM).bold() } else { TEXT.bold() };
    let mut cells = vec![cell(row.number.to_string(), TEXT.bold()), rich(date), cell(row.lvef.as_str(), lvef)];
    if signed {
        cells.push(match &row.signed {
            Some([signed, by]) => rich(vec![run(signed.as_str(), TEXT), run(BREAK, TEXT), run(by.as_str(), SMALL)]),
            None => cell(language.nothing_signed(), TEXT.soft()),
        });
    }
    let mut findings = vec![run(row.rank_in_words, TEXT.in_colour(ink(row.rank)))];
    for finding in &row.findings {
        findings.extend([run(BREAK, TEXT), run(finding.as_str(), SMALL)]);
    }
    cells.extend([rich(findings), cell(row.lv_counts.as_str(), TEXT), cell(row.acquired.as_str(), plain(7.0))]);
    cells
}

fn changes(canvas: &mut Canvas<'_>, serial: &SerialComparison<'_>, current: Option<&str>, language: Language) {
    let rows = serial.change_rows(language);
    let fixed = [22.0, 62.0, 54.0, 72.0, 84.0, 46.0, 77.0];
    let mut widths = vec![left(fixed[0]), left(fixed[1]), left(fixed[2])];
    widths.extend(fixed[3..].iter().map(|&width| right(width)));
    widths.push(left(WIDTH - fixed.iter().sum::<f32>()));
    let mut table = Table::new(MARGIN, widths);
    table.head = Some(heads(&[
        language.number_sign(),
        language.study_date(),
        language.since_baseline(),
        language.lvef(),
        language.change(),
        language.technical_limit(),
        language.published_limit(),
        language.repeat_variation(),
    ]));
    for row in &rows {
        push(&mut table, change(row), is_current(serial, row, current));
    }
    canvas.heading(language.changes_from_baseline(), "", 50.0);
    table.flow(canvas);
    canvas.y += 2.0;
    if rows.iter().any(|row| row.value.as_ref().is_ok_and(|value| value.interval.is_none())) {
        canvas.flow_paragraph(&[run(language.no_change_interval(), SMALL)], 0.0);
    }
    canvas.flow_paragraph(&[run(language.limits_meaning(), SMALL)], 0.0);
    let source = format!("{}: {}.", language.technical_source(), serial.comparison().repeatability.source);
    canvas.flow_paragraph(&[run(source, SMALL)], 7.0);
}

fn is_current(serial: &SerialComparison<'_>, row: &ChangeRow, current: Option<&str>) -> bool {
    let source = serial.studies().get(row.number - 1).map(|study| study.source);
    current.is_some() && source == current
}

fn change(row: &ChangeRow) -> Vec<Cell> {
    let mut cells = vec![
        cell(row.number.to_string(), TEXT.bold()),
        cell(row.date.as_str(), TEXT),
        cell(row.since.as_str(), TEXT),
        cell(row.lvef.as_str(), TEXT),
    ];
    match &row.value {
        Ok(value) => {
            let style = if value.beyond { TEXT.in_colour(ALARM) } else { TEXT };
            let interval = value.interval.as_ref().map_or_else(String::new, |interval| format!(" {interval}"));
            cells.extend([
                rich(vec![run(value.points.as_str(), style.bold()), run(interval, style)]),
                cell(value.technical_limit.as_str(), TEXT),
                cell(value.published_limit.as_str(), plain(7.0)),
                rich(vec![run(value.verdict, style.bold()), run(BREAK, style), run(value.reason.as_str(), SMALL)]),
            ]);
        }
        Err(reason) => cells.push(cell(reason.as_str(), plain(7.0).in_colour(WARN)).over(4)),
    }
    cells
}

fn rules(canvas: &mut Canvas<'_>, serial: &SerialComparison<'_>, current: Option<&str>, language: Language) {
    let texts = rule_texts(language);
    let wide = (WIDTH - 84.0) / texts.len().max(1) as f32;
    let mut widths = vec![left(22.0), left(62.0)];
    widths.extend(texts.iter().map(|_| left(wide)));
    let mut table = Table::new(MARGIN, widths);
    let mut head = vec![language.number_sign(), language.study_date()];
    head.extend(texts.iter().map(|text| text.title));
    table.head = Some(heads(&head));
    for row in serial.change_rows(language) {
        let mut cells = vec![cell(row.number.to_string(), TEXT.bold()), cell(row.date.as_str(), TEXT)];
        match &row.rules {
            Ok(found) => cells.extend(found.iter().map(rule)),
            Err(reason) => cells.push(cell(*reason, TEXT.soft()).over(texts.len())),
        }
        push(&mut table, cells, is_current(serial, &row, current));
    }
    canvas.heading(language.cardiotoxicity_rules(), language.rules_remark(), 50.0);
    table.flow(canvas);
    canvas.y += 2.0;
    canvas.flow_paragraph(&[run(language.rules_note(), SMALL)], 5.0);
    let mut sources = Table::new(MARGIN, vec![left(96.0), left(WIDTH - 96.0)]);
    sources.head = Some(vec![cell(language.rules_sources(), plain(6.6).soft()).over(2)]);
    for text in &texts {
        let style = plain(7.0);
        let note = text.note.as_ref().map_or_else(String::new, |note| format!(" {note}."));
        let runs: Vec<Run> = vec![
            run(format!("{}: ", text.arms), style),
            run(format!("{}.", text.consequence), style.bold()),
            run(note, style),
            run(BREAK, style),
            run(text.source, plain(6.2).soft()),
        ];
        sources.row(vec![cell(text.title, style.bold()), rich(runs)]);
    }
    sources.flow(canvas);
    canvas.y += 8.0;
}

fn rule(found: &RuleCell) -> Cell {
    let style = match found.met {
        Some(true) => TEXT.in_colour(ALARM).bold(),
        Some(false) => TEXT,
        None => TEXT.in_colour(WARN),
    };
    let mut runs = vec![run(found.text, style)];
    if let Some(why) = &found.why {
        runs.extend([run(BREAK, TEXT), run(why.as_str(), SMALL)]);
    }
    Cell { align: Some(Align::Left), ..rich(runs) }
}
