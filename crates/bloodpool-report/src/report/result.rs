//! The result: LVEF by the named protocol, large, the other protocols beside it, and what is known of their bias.

use bloodpool_core::analysis::FrameSource;
use maud::{Markup, html};

use super::Report;
use crate::{Language, figures};

/// The LVEF and what must be read with it.
#[derive(Debug)]
pub(super) struct Headline {
    /// The number without its unit, or that it is withheld.
    pub(super) value: String,
    /// In brackets, where one is known.
    pub(super) interval: Option<String>,
    pub(super) withheld: bool,
    /// The interval's source and the LVEF without corrections.
    pub(super) notes: Vec<String>,
    /// Before and after the name of the protocol.
    pub(super) by: [String; 2],
    /// What is known of the bias.
    pub(super) known: String,
}

impl Headline {
    /// Of one report.
    pub(super) fn of(report: &Report<'_>, language: Language) -> Self {
        let analysis = report.analysis;
        let named = analysis.protocol.name.as_str();
        let (value, interval, note) = match (analysis.usable_lvef_percent(), &analysis.interval) {
            (Some(lvef), Some(interval)) => (
                format!("{lvef:.0}"),
                Some(format!("({:.0}\u{2013}{:.0})", interval.low, interval.high)),
                language.interval_source(interval.level_percent, &interval.source),
            ),
            (Some(lvef), None) => (format!("{lvef:.1}"), None, language.no_interval_known().to_owned()),
            (None, _) => (language.withheld().to_owned(), None, language.measured_not_used(analysis.lvef_percent)),
        };
        let withheld = analysis.validity.withholds();
        let before = analysis.uncorrected_lvef_percent.filter(|_| !withheld);
        let source = match analysis.frame_source {
            FrameSource::Automatic => language.found_automatically(),
            FrameSource::Override => language.set_by_hand(),
        };
        Self {
            value,
            interval,
            withheld,
            notes: std::iter::once(note).chain(before.map(|before| language.without_correction(before))).collect(),
            by: language.by_protocol(analysis.end_diastole.frame, analysis.end_systole.frame, source),
            known: match report.known_bias.and_then(|known| Some((known, known.of(named)?))) {
                Some((known, bias)) => language.known_bias(&known.data, bias),
                None => language.bias_not_measured().to_owned(),
            },
        }
    }
}

/// One protocol of the table.
#[derive(Debug)]
pub(super) struct ProtocolRow {
    pub(super) named: bool,
    pub(super) name: String,
    pub(super) description: &'static str,
    /// `None`: not computed.
    pub(super) lvef: Option<String>,
    /// Bias with its SD, and studies within 5 points; `None`: not measured.
    pub(super) bias: Option<[String; 2]>,
}

/// Every protocol.
pub(super) fn protocol_rows(report: &Report<'_>, language: Language) -> Vec<ProtocolRow> {
    let row = |row: &bloodpool_core::ProtocolResult| ProtocolRow {
        named: row.key == report.analysis.protocol.name,
        name: language.protocol_name(row),
        description: language.protocol_description(row),
        lvef: row.lvef_percent.map(|lvef| language.percent(lvef)),
        bias: report.known_bias.and_then(|known| known.of(row.key)).map(|bias| {
            [format!("{} ({:.1})", figures::signed(bias.bias), bias.sd), language.whole_percent(bias.within_5)]
        }),
    };
    report.analysis.results.iter().map(row).collect()
}

/// The LVEF block.
pub(super) fn section(report: &Report<'_>, language: Language) -> Markup {
    let headline = Headline::of(report, language);
    html! {
        section.result aria-labelledby="lvef-heading" {
            div.lvef {
                h2 #lvef-heading { (language.lv_ejection_fraction()) }
                @if headline.withheld {
                    p.value.withheld { (headline.value) }
                } @else {
                    p.value { (headline.value) span.unit { "%" }
                        @if let Some(interval) = &headline.interval { span.unit.interval { (interval) } } }
                }
                @for note in &headline.notes { p.error { (note) } }
                p.by { (headline.by[0]) strong { (report.analysis.protocol.name) } (headline.by[1]) }
                p.known { (headline.known) }
            }
            (by_protocol(report, language))
        }
    }
}

fn by_protocol(report: &Report<'_>, language: Language) -> Markup {
    let withheld = report.analysis.validity.withholds();
    html! {
        table.protocols {
            caption { (language.by_every_protocol()) }
            thead { tr {
                th scope="col" { (language.protocol()) }
                th.number scope="col" { (language.lvef()) }
                @if report.known_bias.is_some() {
                    th.number scope="col" { (language.bias()) " " span.nowrap { (language.sd_in_brackets()) } }
                    th.number scope="col" { (language.within_5()) }
                }
            } }
            tbody { @for row in protocol_rows(report, language) {
                tr.named[row.named] {
                    th scope="row" { (row.name) span.what { (row.description) } }
                    td.number.withheld[withheld] { @match &row.lvef {
                        Some(lvef) => (lvef),
                        None => span.missing { (language.not_computed()) },
                    } }
                    @if report.known_bias.is_some() {
                        @match &row.bias {
                            Some([bias, within]) => { td.number { (bias) } td.number { (within) } }
                            None => { td.number.missing { "\u{2013}" } td.number.missing { "\u{2013}" } }
                        }
                    }
                }
            } }
        }
        @if let Some(known) = report.known_bias { p.note { (language.bias_note(&known.data)) } }
    }
}
