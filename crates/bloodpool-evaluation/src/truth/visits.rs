//! Simulated patients at two visits: how far the measured change of LVEF is from the true one, and the interval of a change.

use std::fmt::Write as _;

use bloodpool_core::function::comparison::{PairCalibration, PairExample, TechnicalRepeatability};
use bloodpool_core::{Protocol, SampleError, Segmenter, analyze};
use bloodpool_phantom::{Population, SimulatedStudy};
use bloodpool_stats::bland_altman::bland_altman;
use bloodpool_stats::proportion;
use rayon::prelude::*;

/// LVEF of one patient at two visits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Measured LVEF at either visit, percent.
    pub lvef_percent: [f64; 2],
    /// True LVEF of the continuous curve, percent.
    pub true_percent: [f64; 2],
    /// Standard error from counting noise, EF points.
    pub counting_error_points: [f64; 2],
}

impl Change {
    fn measured(&self) -> f64 {
        self.lvef_percent[1] - self.lvef_percent[0]
    }

    fn truth(&self) -> f64 {
        self.true_percent[1] - self.true_percent[0]
    }

    fn limit(&self, technical: &TechnicalRepeatability) -> f64 {
        technical.limit_points(self.counting_error_points[0], self.counting_error_points[1])
    }

    fn example(&self, technical: &TechnicalRepeatability) -> PairExample {
        PairExample {
            difference_points: self.measured(),
            true_difference_points: self.truth(),
            technical_limit_points: self.limit(technical),
        }
    }
}

/// Reads patients `indices`; those with a visit without an LVEF are left out. `done` is called after each.
///
/// # Errors
/// When a study cannot be drawn.
pub fn read(
    population: &Population,
    indices: std::ops::Range<u64>,
    segmenter: &dyn Segmenter,
    protocol: &Protocol,
    done: impl Fn() + Sync,
) -> Result<Vec<Change>, SampleError> {
    let read: Result<Vec<Option<Change>>, SampleError> = indices
        .into_par_iter()
        .map(|index| {
            let visits = population.visits(index)?;
            let analysed = |study: &SimulatedStudy| {
                let analysis = analyze(&study.labelled.study, segmenter, protocol).ok()?;
                let usable = analysis.usable_lvef_percent()?;
                Some((usable, study.truth.lvef?.curve, analysis.counting_error_points))
            };
            let change = analysed(&visits.baseline).zip(analysed(&visits.follow_up));
            done();
            Ok(change.map(|(first, second)| Change {
                lvef_percent: [first.0, second.0],
                true_percent: [first.1, second.1],
                counting_error_points: [first.2, second.2],
            }))
        })
        .collect();
    Ok(read?.into_iter().flatten().collect())
}

/// The interval of a change, fitted to the first half of the patients, so that the second half can test it; `None` for fewer than
/// 300 patients.
#[must_use]
pub fn calibration(changes: &[Change], technical: &TechnicalRepeatability, source: &str) -> Option<PairCalibration> {
    let half = &changes[..changes.len() / 2];
    let examples: Vec<PairExample> = half.iter().map(|change| change.example(technical)).collect();
    PairCalibration::fit(&examples, source.to_owned())
}

/// Errors of the change, coverage of its interval, and how often a change is beyond the technical limit, as Markdown. `shipped`, an
/// interval fitted to other patients, is judged by all patients; where there is none, one is fitted to the first half of the patients
/// and judged by the second.
#[must_use]
pub fn markdown(
    title: &str,
    changes: &[Change],
    technical: &TechnicalRepeatability,
    shipped: Option<&PairCalibration>,
) -> String {
    let measured: Vec<f64> = changes.iter().map(Change::measured).collect();
    let truth: Vec<f64> = changes.iter().map(Change::truth).collect();
    let mut text = format!("### {title}\n\n");
    if let Ok(found) = bland_altman(&measured, &truth) {
        let _ = writeln!(
            text,
            "{} patients at two visits. Measured change less true change of LVEF: bias {:+.2}, SD {:.2} points.\n",
            changes.len(),
            found.bias,
            found.sd
        );
    }
    text += &match (shipped, calibration(changes, technical, title)) {
        (Some(shipped), _) => {
            let fitted = format!("shipped with the program ({})", shipped.source);
            coverage(&fitted, shipped, changes, technical)
        }
        (None, Some(fitted)) => {
            coverage("fitted to the first half, on the second half", &fitted, &changes[changes.len() / 2..], technical)
        }
        (None, None) => "Too few patients for an interval of a change: 300 are needed.\n\n".to_owned(),
    };
    text += "| true change | n | beyond the technical limit | and by at least 10 points |\n| --- | --- | --- | --- |\n";
    let groups: [(&str, &dyn Fn(f64) -> bool); 5] = [
        ("fall of 15 or more", &|change| change <= -15.0),
        ("fall of 10 to 15", &|change| change > -15.0 && change <= -10.0),
        ("fall of 5 to 10", &|change| change > -10.0 && change <= -5.0),
        ("within 5", &|change| change > -5.0 && change < 5.0),
        ("rise of 5 or more", &|change| change >= 5.0),
    ];
    for (name, holds) in groups {
        let members: Vec<&Change> = changes.iter().filter(|change| holds(change.truth())).collect();
        let beyond = |least: f64| {
            let found = |change: &&&Change| change.measured().abs() > change.limit(technical).max(least);
            members.iter().filter(found).count()
        };
        let _ = writeln!(text, "| {name} | {} | {} | {} |", members.len(), beyond(0.0), beyond(10.0));
    }
    text
}

/// How many of `tested` an interval holds, as a sentence.
fn coverage(which: &str, interval: &PairCalibration, tested: &[Change], technical: &TechnicalRepeatability) -> String {
    let holds = tested.iter().filter(|change| {
        let interval = interval.interval(change.measured(), change.limit(technical));
        (interval.low..=interval.high).contains(&change.truth())
    });
    let (holds, of) = (holds.count(), tested.len());
    let widths = tested.iter().map(|change| (interval.above + interval.below) * change.limit(technical));
    let width = widths.sum::<f64>() / of.max(1) as f64;
    let share = proportion(holds, of).map_or_else(
        |_| String::new(),
        |share| format!(": {:.1} % ({:.1} to {:.1})", share.percent, share.ci95_percent[0], share.ci95_percent[1]),
    );
    format!(
        "The 95 % interval of a change, {which}, holds the true change in {holds} of {of} patients{share}; mean width {width:.1} \
         points.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_compared_with_the_true_one() {
        let technical = TechnicalRepeatability { noise_factor: 2.0, pose_limit_points: 3.0, source: "test".into() };
        // Errors of the change: alternately + and -, of 1 in the first half and 0.9 in the second; true changes from -20 to +10.
        let change = |index: u32| {
            let truth = -20.0 + f64::from(index % 31);
            let size = if index < 200 { 1.0 } else { 0.9 };
            let error = if index.is_multiple_of(2) { size } else { -size };
            Change {
                lvef_percent: [60.0, 60.0 + truth + error],
                true_percent: [58.0, 58.0 + truth],
                counting_error_points: [0.5, 0.5],
            }
        };
        let changes: Vec<Change> = (0..400).map(change).collect();
        // sqrt((1.96 x 2)^2 x 0.5 + 3^2) = 4.08451 (Python).
        assert!((changes[0].limit(&technical) - 4.08451).abs() < 1e-3);
        let interval = calibration(&changes, &technical, "test").unwrap();
        assert!((interval.above * changes[0].limit(&technical) - 1.0).abs() < 1e-9, "{interval:?}");
        let text = markdown("t", &changes, &technical, None);
        assert!(text.contains("bias +0.00, SD 0.95") && text.contains("200 of 200"), "{text}");
        // One fitted to other patients is judged by all. An error of 1 is inside +-0.95, that is 0.233 of the limit, for none of the
        // first 200; one of 0.9 for all of the last.
        let narrow =
            PairCalibration { below: 0.95 / 4.08451, above: 0.95 / 4.08451, pairs: 300, source: "others".into() };
        let text = markdown("t", &changes, &technical, Some(&narrow));
        assert!(text.contains("shipped with the program (others), holds the true change in 200 of 400"), "{text}");
        // Of true changes of -20 to -15 all are seen, also with an error of one point.
        assert!(text.contains("| fall of 15 or more | 78 | 78 | 78 |"), "{text}");
        assert!(calibration(&changes[..200], &technical, "test").is_none());
    }
}
