//! The quality of the acquisition: its grade, counts, beats and gating, camera and injection, as far as the file records them.

use bloodpool_core::FrameIndex;
use bloodpool_core::measure::drop_off::DropOff;
use bloodpool_core::study::acquisition::Radiopharmaceutical;
use bloodpool_core::validity::Rank;
use maud::{Markup, html};

use super::Report;
use crate::{Language, figures};

/// Label and value of each row of the table.
pub(super) fn rows(report: &Report<'_>, language: Language) -> Vec<(&'static str, String)> {
    let (study, gating, analysis) = (report.study, &report.study.gating, report.analysis);
    let acquired = &study.acquisition;
    let not_recorded = || language.not_recorded().to_owned();
    let spacing =
        study.pixel_spacing_mm().map_or_else(not_recorded, |[row, column]| format!("{row:.2} \u{d7} {column:.2} mm"));
    let mut totals = study.totals();
    let total: f64 = totals.iter().sum();
    totals.sort_by(f64::total_cmp);
    let frame_counts = match (totals.first(), totals.get(totals.len() / 2)) {
        (Some(&least), Some(&median)) => language.frame_counts_of(median, least),
        _ => not_recorded(),
    };
    let (ed, es) = (analysis.end_diastole.net_counts, analysis.end_systole.net_counts);
    let view = study.identity.view.as_deref().map(str::trim).filter(|view| !view.is_empty());
    let angle = acquired.camera_angle_degrees.as_ref();
    let view = language.view_and_angle_of(view, study.identity.is_lao(), angle);
    let mut rows = vec![
        (language.grade(), grade(analysis.validity.rank(), language).to_owned()),
        (language.lv_net_counts(), format!("{}, {}", figures::counts(ed), figures::counts(es))),
        (language.total_counts(), figures::counts(total)),
        (language.counts_per_frame(), frame_counts),
        (language.beats(), language.beats_of(gating.beats_accepted, gating.beats_rejected)),
        (language.rr_interval(), language.rr_interval_of(gating.rr_interval_ms)),
        (language.rr_window(), language.rr_window_of(gating.rr_low_ms, gating.rr_high_ms, gating.rr_interval_ms)),
        (language.drop_off(), drop_off(&DropOff::of(study), language)),
        (
            language.frames_and_time(),
            format!("{}, {}", study.frames(), language.recorded(gating.frame_time_ms, 1, "ms")),
        ),
        (language.matrix_and_spacing(), format!("{} \u{d7} {}, {spacing}", study.rows(), study.columns())),
        (language.view_and_angle(), view),
        (
            language.collimator(),
            acquired.collimator.as_deref().map_or_else(not_recorded, |name| language.collimator_of(name)),
        ),
    ];
    let none = [Radiopharmaceutical::default()];
    let drugs = if acquired.radiopharmaceuticals.is_empty() { &none[..] } else { &acquired.radiopharmaceuticals };
    for drug in drugs {
        rows.extend([
            (language.radiopharmaceutical(), language.radiopharmaceutical_of(drug)),
            (language.administered_activity(), language.activity_of(drug.activity_mbq.as_ref())),
            (language.injection_to_acquisition(), language.time_since_injection(drug.minutes_from_injection.as_ref())),
        ]);
    }
    // An indication is with the patient, where a long text has room.
    if acquired.indication.is_none() {
        rows.push((language.indication(), not_recorded()));
    }
    rows
}

/// The table of quality.
pub(super) fn table(report: &Report<'_>, language: Language) -> Markup {
    html! {
        table.quality {
            caption { (language.quality()) }
            tbody {
                @for (label, value) in rows(report, language) {
                    tr { th scope="row" { (label) } td.number.missing[value == language.not_recorded()] { (value) } }
                }
            }
        }
    }
}

fn grade(rank: Option<Rank>, language: Language) -> &'static str {
    match rank {
        None => language.no_finding(),
        Some(Rank::Note) => language.grade_notes(),
        Some(Rank::Look) => language.grade_look(),
        Some(Rank::DoNotUse | Rank::Refused) => language.do_not_use(),
    }
}

fn drop_off(drop_off: &DropOff, language: Language) -> String {
    let frames = FrameIndex::all(drop_off.kept.len()).zip(&drop_off.kept);
    let least = frames.filter(|(_, kept)| **kept < 1.0).min_by(|a, b| a.1.total_cmp(b.1));
    match least {
        Some((frame, kept)) => language.drop_off_of(drop_off.frames(), frame, *kept),
        None => language.none().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_off_names_the_frame_that_lost_most() {
        let kept = vec![1.0, 1.0, 0.9, 0.42];
        let lost = DropOff { totals: vec![1.0; 4], kept };
        assert_eq!(drop_off(&lost, Language::English), "2 frames; frame 4 kept 42 %");
        assert_eq!(drop_off(&lost, Language::Korean), "프레임 2개, 프레임 4에 42% 남음");
        assert_eq!(drop_off(&DropOff { totals: vec![1.0; 4], kept: vec![1.0; 4] }, Language::English), "none");
    }
}
