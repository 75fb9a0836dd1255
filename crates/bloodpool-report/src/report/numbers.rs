//! The numbers behind the result, with their units, and the quality of the acquisition.

use bloodpool_core::analysis::{Background, Phase};
use maud::{Markup, html};

use super::{Report, quality};
use crate::{Language, figures};

/// A row of the table of ED and ES: a value for each, or one for both.
#[derive(Debug)]
pub(super) struct NumberRow {
    pub(super) label: String,
    pub(super) values: Vec<String>,
}

/// What was measured at ED and ES.
pub(super) fn phase_rows(report: &Report<'_>, language: Language) -> Vec<NumberRow> {
    let analysis = report.analysis;
    let both = [&analysis.end_diastole, &analysis.end_systole];
    let frame_time = analysis.curve.frame_time_ms;
    let region = if analysis.background_image.is_some() { language.grown_roi() } else { language.background_roi_row() };
    let start = |phase: &Phase| {
        language
            .start_of_frame(phase.frame, report.study.frames(), frame_time)
            .unwrap_or_else(|| language.not_recorded().to_owned())
    };
    let row = |label: &str, values: Vec<String>| NumberRow { label: label.to_owned(), values };
    let each = |label: &str, value: &dyn Fn(&Phase) -> String| row(label, both.map(value).to_vec());
    let mut rows = vec![
        each(language.frame(), &|phase| phase.frame.to_string()),
        each(language.start_of_the_frame(), &start),
        each(language.lv_area(), &|phase| language.recorded(phase.area_mm2, 0, "mm\u{b2}")),
        each(&language.lv_area_on_grid(both[0].grid), &|phase| format!("{:.0} px", phase.area_px)),
        each(language.counts_in_roi(), &|phase| figures::counts(phase.counts)),
        each(language.net_counts(), &|phase| figures::counts(phase.net_counts)),
        row(language.counting_noise_lvef(), vec![language.noise_points(analysis.counting_error_points)]),
    ];
    match &analysis.background {
        Some(background) => rows.extend([
            each(&language.background_on_grid(background.grid), &|phase| level(background, phase, language)),
            row(region, vec![language.region_on_frame(background.area_px, background.frame)]),
        ]),
        None => rows.push(row(language.background(), vec![language.background_none().to_owned()])),
    }
    rows
}

/// The tables of numbers.
pub(super) fn section(report: &Report<'_>, language: Language) -> Markup {
    html! {
        section.numbers aria-labelledby="numbers-heading" {
            h2 #numbers-heading { (language.numbers()) }
            div.columns {
                (phases(report, language))
                (quality::table(report, language))
            }
        }
    }
}

fn phases(report: &Report<'_>, language: Language) -> Markup {
    html! {
        table {
            caption { (language.measured_by(&report.analysis.protocol.name)) }
            thead { tr { th {} th.number scope="col" { (language.end_diastole()) } th.number scope="col" { (language.end_systole()) } } }
            tbody {
                @for row in phase_rows(report, language) {
                    tr {
                        th scope="row" { (row.label) }
                        @if let [value] = row.values.as_slice() {
                            td.number colspan="2" { (value) }
                        } @else {
                            @for value in &row.values { td.number.missing[value == language.not_recorded()] { (value) } }
                        }
                    }
                }
            }
        }
    }
}

/// What is subtracted from each pixel of the ROI of a phase.
fn level(background: &Background, phase: &Phase, language: Language) -> String {
    let level = background.counts_per_pixel_by_frame.get(phase.frame.index());
    level.map_or_else(|| language.not_recorded().to_owned(), |level| format!("{level:.2}"))
}
