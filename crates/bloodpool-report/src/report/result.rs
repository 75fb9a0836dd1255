//! The result: LVEF by the named protocol, large, the other protocols beside it, and what is known of their bias.

use bloodpool_core::Analysis;
use bloodpool_core::analysis::FrameSource;
use maud::{Markup, html};

use super::Report;
use crate::figures;

/// The LVEF block.
pub(super) fn section(report: &Report<'_>) -> Markup {
    let analysis = report.analysis;
    let named = analysis.protocol.name.as_str();
    html! {
        section.result aria-labelledby="lvef-heading" {
            div.lvef {
                h2 #lvef-heading { "LV ejection fraction" }
                @match (analysis.usable_lvef_percent(), &analysis.interval) {
                    (Some(lvef), Some(interval)) => {
                        p.value { (format!("{lvef:.0}")) span.unit { "%" }
                            span.unit.interval { (format!("({:.0}\u{2013}{:.0})", interval.low, interval.high)) } }
                        p.error { (format!("{:.0} % interval, ", interval.level_percent)) (interval.source) }
                    }
                    (Some(lvef), None) => {
                        p.value { (format!("{lvef:.1}")) span.unit { "%" } }
                        p.error { "No interval is known for this protocol with this model" }
                    }
                    (None, _) => {
                        p.value.withheld { "withheld" }
                        p.error { "measured " (figures::percent(analysis.lvef_percent)) ", which must not be used" }
                    }
                }
                @if let Some(before) = analysis.uncorrected_lvef_percent.filter(|_| !analysis.validity.withholds()) {
                    p.error { (figures::percent(before)) " without the correction of counts" }
                }
                p.by { "by protocol " strong { (named) } ", ED frame " (analysis.end_diastole.frame) ", ES frame "
                    (analysis.end_systole.frame) " (" (frame_source(analysis)) ")" }
                @match report.known_bias.and_then(|known| Some((known, known.of(named)?))) {
                    Some((known, bias)) => p.known { "On " (known.data) ", this protocol with this model read "
                        (bias.in_words()) ". Not measured on patients." },
                    None => p.known { "Its bias with this model has not been measured, neither on simulated studies nor on patients." },
                }
            }
            (by_protocol(report, named))
        }
    }
}

fn by_protocol(report: &Report<'_>, named: &str) -> Markup {
    let analysis = report.analysis;
    html! {
        table.protocols {
            caption { "The same study by every protocol" }
            thead { tr {
                th scope="col" { "Protocol" }
                th.number scope="col" { "LVEF" }
                @if report.known_bias.is_some() {
                    th.number scope="col" { "Bias " span.nowrap { "(SD)" } }
                    th.number scope="col" { "Within 5" }
                }
            } }
            tbody { @for row in analysis.results.iter() {
                tr.named[row.key == named] {
                    th scope="row" { (figures::in_words(row)) span.what { (row.description) } }
                    td.number.withheld[analysis.validity.withholds()] { @match row.lvef_percent {
                        Some(lvef) => (figures::percent(lvef)),
                        None => span.missing { "not computed" },
                    } }
                    @if let Some(known) = report.known_bias {
                        @match known.of(row.key) {
                            Some(bias) => {
                                td.number { (figures::signed(bias.bias)) " (" (format!("{:.1}", bias.sd)) ")" }
                                td.number { (format!("{:.0} %", bias.within_5)) }
                            }
                            None => { td.number.missing { "\u{2013}" } td.number.missing { "\u{2013}" } }
                        }
                    }
                }
            } }
        }
        @if let Some(known) = report.known_bias {
            p.note { "Bias: LVEF minus true LVEF, points, on " (known.data) ". Within 5: studies within 5 points of the truth." }
        }
    }
}

fn frame_source(analysis: &Analysis) -> &'static str {
    match analysis.frame_source {
        FrameSource::Automatic => "found automatically",
        FrameSource::Override => "set by hand",
    }
}
