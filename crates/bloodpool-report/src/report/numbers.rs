//! The numbers behind the result, with their units, and the quality of the acquisition.

use bloodpool_core::analysis::{Background, Phase};
use maud::{Markup, html};

use super::{Report, quality};
use crate::figures::{self, NOT_RECORDED, recorded};

/// The tables of numbers.
pub(super) fn section(report: &Report<'_>) -> Markup {
    html! {
        section.numbers aria-labelledby="numbers-heading" {
            h2 #numbers-heading { "Numbers" }
            div.columns {
                (phases(report))
                (quality::table(report))
            }
        }
    }
}

fn phases(report: &Report<'_>) -> Markup {
    let analysis = report.analysis;
    let both = [&analysis.end_diastole, &analysis.end_systole];
    let frame_time = analysis.curve.frame_time_ms;
    let region = if analysis.background_image.is_some() { "Grown ROI at end-systole" } else { "Background ROI" };
    let start = |phase: &Phase| {
        figures::start_of_frame(phase.frame, report.study.frames(), frame_time)
            .unwrap_or_else(|| NOT_RECORDED.to_owned())
    };
    html! {
        table {
            caption { "Measured by protocol " (analysis.protocol.name) }
            thead { tr { th {} th.number scope="col" { "End-diastole" } th.number scope="col" { "End-systole" } } }
            tbody {
                (row("Frame", both.map(|phase| phase.frame.to_string())))
                (row("Start of the frame", both.map(start)))
                (row("LV area", both.map(|phase| recorded(phase.area_mm2, 0, "mm\u{b2}"))))
                (row(&format!("LV area, {} grid", both[0].grid), both.map(|phase| format!("{:.0} px", phase.area_px))))
                (row("Counts in the ROI", both.map(|phase| figures::counts(phase.counts))))
                (row("Net counts", both.map(|phase| figures::counts(phase.net_counts))))
                tr { th scope="row" { "Counting noise, LVEF" } td.number colspan="2" {
                    (format!("{:.1}", analysis.counting_error_points)) " points (standard error), part of the error" } }
                @match &analysis.background {
                    Some(background) => {
                        (row(&format!("Background, counts per pixel, {} grid", background.grid), both.map(|phase| level(background, phase))))
                        tr { th scope="row" { (region) } td.number colspan="2" {
                            (format!("{:.0}", background.area_px)) " px, frame " (background.frame) } }
                    }
                    None => tr { th scope="row" { "Background" } td.number colspan="2" { "none used by this protocol" } },
                }
            }
        }
    }
}

/// What is subtracted from each pixel of the ROI of a phase.
fn level(background: &Background, phase: &Phase) -> String {
    let level = background.counts_per_pixel_by_frame.get(phase.frame.index());
    level.map_or_else(|| NOT_RECORDED.to_owned(), |level| format!("{level:.2}"))
}

fn row(label: &str, values: [String; 2]) -> Markup {
    html! { tr { th scope="row" { (label) } @for value in &values { td.number.missing[value == NOT_RECORDED] { (value) } } } }
}
