//! Bias, SD and interval coverage of every number of function, over all studies and by counts and frames, as Markdown.

use std::fmt::Write as _;

use bloodpool_stats::{mean_sd, proportion};

use super::number::Number;
use super::{Measured, StudyFunction};

/// Fewest studies of a cell.
const FEWEST: usize = 5;

/// A column: its title, and which studies are in it.
type Slice = (&'static str, fn(&StudyFunction) -> bool);

const SLICES: [Slice; 6] = [
    ("below 150,000 counts", |study| study.counts_per_frame < 150e3),
    ("150,000 to 300,000", |study| (150e3..300e3).contains(&study.counts_per_frame)),
    ("from 300,000", |study| study.counts_per_frame >= 300e3),
    ("16 frames", |study| study.frames == 16),
    ("24 frames", |study| study.frames == 24),
    ("32 frames", |study| study.frames == 32),
];

/// Errors of one number.
struct Errors {
    pairs: usize,
    truth: (f64, f64),
    bias: f64,
    sd: f64,
}

fn errors(pairs: &[(Measured, f64)]) -> Option<Errors> {
    if pairs.len() < FEWEST {
        return None;
    }
    let truth = mean_sd(&pairs.iter().map(|(_, truth)| *truth).collect::<Vec<f64>>()).ok()?;
    let error = mean_sd(&pairs.iter().map(|(measured, truth)| measured.value - truth).collect::<Vec<f64>>()).ok()?;
    Some(Errors { pairs: pairs.len(), truth: (truth.mean, truth.sd), bias: error.mean, sd: error.sd })
}

fn pairs_of<'a>(studies: impl Iterator<Item = &'a StudyFunction>, number: Number) -> Vec<(Measured, f64)> {
    studies.flat_map(|study| study.pairs(number)).collect()
}

/// Two tables: all studies, then the same by counts per frame and by frames per cycle.
#[must_use]
pub fn markdown(title: &str, studies: &[StudyFunction]) -> String {
    let without = studies.iter().filter(|study| study.measured.is_empty()).count();
    let mut text = format!(
        "### {title}\n\n{} studies, {without} of them without a usable LVEF. Truth: the continuous volume curve of the simulated heart \
         (LVEF, rates, times, fractions), its RV volumes (RVEF, ratio of strokes), and noise-free counts of LV blood alone in the true \
         silhouette (phases, regional EF). n: values that were given where there is a true one.\n\n\
         | | n | truth, mean ± SD | bias | SD of the error | bias ± SD with true outlines | 95 % interval holds | its mean width |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        studies.len()
    );
    let rows = Number::rows();
    for &number in &rows {
        let pairs = pairs_of(studies.iter(), number);
        let digits = number.decimals();
        let _ = match errors(&pairs) {
            None => writeln!(text, "| {} | {} | - | - | - | - | - | - |", number.title(), pairs.len()),
            Some(Errors { pairs: n, truth, bias, sd }) => writeln!(
                text,
                "| {} | {n} | {:.digits$} ± {:.digits$} | {bias:+.digits$} | {sd:.digits$} | {} | {} |",
                number.title(),
                truth.0,
                truth.1,
                outlines(studies, number),
                coverage(&pairs, digits)
            ),
        };
    }
    let names: Vec<&str> = SLICES.iter().map(|(name, _)| *name).collect();
    let _ = write!(
        text,
        "\nBias ± SD of the error (n):\n\n| | {} |\n|{}\n",
        names.join(" | "),
        " --- |".repeat(names.len() + 1)
    );
    for &number in &rows {
        let digits = number.decimals();
        let cell = |(_, holds): &Slice| {
            let found = errors(&pairs_of(studies.iter().filter(|study| holds(study)), number));
            found.map_or_else(
                || "-".to_owned(),
                |found| format!("{:+.digits$} ± {:.digits$} ({})", found.bias, found.sd, found.pairs),
            )
        };
        let _ = writeln!(text, "| {} | {} |", number.title(), SLICES.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
    text
}

/// Bias and SD where outlines, LV fraction and landmarks are the true ones.
fn outlines(studies: &[StudyFunction], number: Number) -> String {
    let pairs: Vec<(Measured, f64)> = studies.iter().flat_map(|study| study.outline_pairs(number)).collect();
    let digits = number.decimals();
    errors(&pairs).map_or_else(|| "-".to_owned(), |found| format!("{:+.digits$} ± {:.digits$}", found.bias, found.sd))
}

/// Share of the intervals that hold the truth with its own 95 % interval, and their mean width, as two cells.
fn coverage(pairs: &[(Measured, f64)], digits: usize) -> String {
    let with: Vec<([f64; 2], f64)> =
        pairs.iter().filter_map(|(measured, truth)| Some((measured.interval?, *truth))).collect();
    let held = with.iter().filter(|([low, high], truth)| (low..=high).contains(&truth)).count();
    let Ok(share) = proportion(held, with.len()) else { return "- | -".to_owned() };
    let width = with.iter().map(|([low, high], _)| high - low).sum::<f64>() / with.len() as f64;
    format!(
        "{:.1} % ({:.1} to {:.1}) | {width:.digits$}",
        100.0 * held as f64 / with.len() as f64,
        share.ci95_percent[0],
        share.ci95_percent[1]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::function::Quantity;

    const RATE: Number = Number::Curve(Quantity::PeakFillingRate);

    fn study(value: f64, interval: [f64; 2], counts_per_frame: f64) -> StudyFunction {
        let sector = |at: usize, value: f64| Measured { number: Number::RegionalEf(at), value, interval: None };
        StudyFunction {
            counts_per_frame,
            frames: 24,
            measured: vec![
                Measured { number: RATE, value, interval: Some(interval) },
                sector(0, 50.0),
                sector(3, 62.0),
            ],
            by_true_outlines: Vec::new(),
            truth: vec![
                (RATE, 3.0),
                (Number::RegionalEf(0), 48.0),
                (Number::RegionalEf(3), 60.0),
                (Number::Rvef, 50.0),
            ],
        }
    }

    #[test]
    fn rows_have_the_errors_worked_out_by_hand() {
        // Errors -0.5, -0.3, -0.1, 0.1, 0.3: mean -0.1, SD sqrt(0.1) = 0.316; the first interval ends below the truth.
        // 4 of 5: 28.4 to 99.5 % by Clopper and Pearson (scipy.stats.binomtest(4, 5).proportion_ci()).
        let mut studies: Vec<StudyFunction> = [2.5, 2.7, 2.9, 3.1, 3.3]
            .into_iter()
            .map(|value| study(value, [value - 0.45, value + 0.45], 200e3))
            .collect();
        studies.push(StudyFunction { measured: Vec::new(), ..study(0.0, [0.0; 2], 100e3) });
        let text = markdown("ordinary", &studies);
        assert!(text.contains("6 studies, 1 of them without a usable LVEF"), "{text}");
        assert!(
            text.contains(
                "| Peak filling rate, EDV/s | 5 | 3.00 ± 0.00 | -0.10 | 0.32 | - | 80.0 % (28.4 to 99.5) | 0.90 |"
            ),
            "{text}"
        );
        // Sectors are pooled: ten errors of +2.
        assert!(text.contains("| Regional EF, each sector, % | 10 | 54.0 ± 6.3 | +2.0 | 0.0 | - | - | - |"), "{text}");
        assert!(text.contains("| RVEF (experimental), % | 0 | - | - | - | - | - | - |"), "{text}");
        assert!(
            text.contains("| Peak filling rate, EDV/s | - | -0.10 ± 0.32 (5) | - | - | -0.10 ± 0.32 (5) | - |"),
            "{text}"
        );
    }
}
