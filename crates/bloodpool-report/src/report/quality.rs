//! The quality of the acquisition: its grade, counts, beats and gating, as far as the file records them.

use bloodpool_core::FrameIndex;
use bloodpool_core::measure::drop_off::DropOff;
use bloodpool_core::validity::Rank;
use maud::{Markup, html};

use super::Report;
use crate::figures::{self, NOT_RECORDED, recorded};

/// The table of quality.
pub(super) fn table(report: &Report<'_>) -> Markup {
    let (study, gating, analysis) = (report.study, &report.study.gating, report.analysis);
    let spacing = study
        .pixel_spacing_mm()
        .map_or_else(|| NOT_RECORDED.to_owned(), |[row, column]| format!("{row:.2} \u{d7} {column:.2} mm"));
    let mut totals = study.totals();
    let total: f64 = totals.iter().sum();
    totals.sort_by(f64::total_cmp);
    let frame_counts = match (totals.first(), totals.get(totals.len() / 2)) {
        (Some(&least), Some(&median)) => format!("{} (least {})", figures::counts(median), figures::counts(least)),
        _ => NOT_RECORDED.to_owned(),
    };
    html! {
        table.quality {
            caption { "Quality of the acquisition" }
            tbody {
                (one("Grade", grade(analysis.validity.rank())))
                (one("LV net counts at ED, ES", &format!("{}, {}", figures::counts(analysis.end_diastole.net_counts), figures::counts(analysis.end_systole.net_counts))))
                (one("Total counts", &figures::counts(total)))
                (one("Counts per frame", &frame_counts))
                (one("Beats accepted, rejected", &beats(gating.beats_accepted, gating.beats_rejected)))
                (one("R-R interval", &interval(gating.rr_interval_ms)))
                (one("R-R window", &window(gating.rr_low_ms, gating.rr_high_ms, gating.rr_interval_ms)))
                (one("Count drop-off", &drop_off(&DropOff::of(study))))
                (one("Frames, frame time", &format!("{}, {}", study.frames(), recorded(gating.frame_time_ms, 1, "ms"))))
                (one("Matrix, pixel spacing", &format!("{} \u{d7} {}, {spacing}", study.rows(), study.columns())))
                (one("View, camera angle", &view(study.identity.view.as_deref())))
            }
        }
    }
}

fn grade(rank: Option<Rank>) -> &'static str {
    match rank {
        None => "no finding",
        Some(Rank::Note) => "usable, with notes",
        Some(Rank::Look) => "look at the images first",
        Some(Rank::DoNotUse | Rank::Refused) => "do not use",
    }
}

fn beats(accepted: Option<u32>, rejected: Option<u32>) -> String {
    let number = |number: Option<u32>| number.map_or_else(|| NOT_RECORDED.to_owned(), |n| figures::counts(n.into()));
    match (accepted, rejected) {
        (None, None) => NOT_RECORDED.to_owned(),
        (Some(kept), Some(left)) if kept.saturating_add(left) > 0 => {
            let share = f64::from(left) / f64::from(kept.saturating_add(left)) * 100.0;
            format!("{}, {} ({share:.0} %)", number(accepted), number(rejected))
        }
        _ => format!("{}, {}", number(accepted), number(rejected)),
    }
}

/// The interval and the heart rate that it means.
fn interval(ms: Option<f64>) -> String {
    match ms.filter(|ms| *ms > 0.0) {
        Some(ms) => format!("{ms:.0} ms ({:.0} per minute)", 60_000.0 / ms),
        None => recorded(ms, 0, "ms"),
    }
}

/// The window, and its width as a share of the R-R interval.
fn window(low: Option<f64>, high: Option<f64>, interval: Option<f64>) -> String {
    let (Some(low), Some(high)) = (low, high) else { return NOT_RECORDED.to_owned() };
    match interval.filter(|interval| *interval > 0.0) {
        Some(interval) => {
            let width = (high - low) / interval * 100.0;
            format!("{low:.0} to {high:.0} ms ({width:.0} % wide)")
        }
        None => format!("{low:.0} to {high:.0} ms"),
    }
}

fn drop_off(drop_off: &DropOff) -> String {
    let frames = FrameIndex::all(drop_off.kept.len()).zip(&drop_off.kept);
    let least = frames.filter(|(_, kept)| **kept < 1.0).min_by(|a, b| a.1.total_cmp(b.1));
    match least {
        Some((frame, kept)) => {
            format!("{} frames; frame {frame} kept {:.0} %", drop_off.frames(), kept * 100.0)
        }
        None => "none".to_owned(),
    }
}

fn view(view: Option<&str>) -> String {
    match view.map(str::trim).filter(|view| !view.is_empty()) {
        Some(view) => format!("{view}, angle {NOT_RECORDED}"),
        None => NOT_RECORDED.to_owned(),
    }
}

fn one(label: &str, value: &str) -> Markup {
    html! { tr { th scope="row" { (label) } td.number.missing[value == NOT_RECORDED] { (value) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_all_beats_and_of_the_interval() {
        assert_eq!(beats(Some(450), Some(50)), "450, 50 (10 %)");
        assert_eq!(beats(Some(1450), None), "1,450, not recorded");
        assert_eq!((beats(None, None), beats(Some(0), Some(0))), ("not recorded".into(), "0, 0".into()));
        assert_eq!(window(Some(720.0), Some(880.0), Some(800.0)), "720 to 880 ms (20 % wide)");
        assert_eq!(window(Some(720.0), Some(880.0), None), "720 to 880 ms");
        assert_eq!((interval(Some(800.0)), interval(None)), ("800 ms (75 per minute)".into(), "not recorded".into()));
        assert_eq!(window(None, Some(880.0), Some(800.0)), "not recorded");
    }

    #[test]
    fn drop_off_names_the_frame_that_lost_most() {
        let kept = vec![1.0, 1.0, 0.9, 0.42];
        assert_eq!(drop_off(&DropOff { totals: vec![1.0; 4], kept }), "2 frames; frame 4 kept 42 %");
        assert_eq!(drop_off(&DropOff { totals: vec![1.0; 4], kept: vec![1.0; 4] }), "none");
    }
}
