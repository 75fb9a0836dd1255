//! How well each number of function repeats when a simulated patient is acquired again, as Markdown.

use std::fmt::Write as _;

use bloodpool_core::SampleError;
use bloodpool_phantom::{Population, SimulatedStudy};
use bloodpool_stats::repeatability::{RepeatedLvef, repeatability};
use rayon::prelude::*;

use super::number::Number;
use super::{FunctionObserver, Measured};

/// The numbers of one patient, acquired four times.
#[derive(Debug, Clone)]
pub struct Repeats {
    first: Vec<Measured>,
    /// Acquired again in the same way; moved by about 5 mm and turned by about 3 degrees; at another visit.
    again: [Vec<Measured>; 3],
}

/// Reads patients `indices` on all cores; `done` is called after each.
///
/// # Errors
/// When a study cannot be drawn.
pub fn read_repeats(
    observer: &FunctionObserver<'_>,
    population: &Population,
    indices: std::ops::Range<u64>,
    done: impl Fn() + Sync,
) -> Result<Vec<Repeats>, SampleError> {
    indices
        .into_par_iter()
        .map(|index| {
            let repeated = population.repeated(index)?;
            let read = |study: &SimulatedStudy| observer.measured(study);
            let [first, second] = &repeated.alike;
            let again = [read(second), read(&repeated.moved), read(&repeated.revisited)];
            let found = Repeats { first: read(first), again };
            done();
            Ok(found)
        })
        .collect()
}

/// Limits of repeatability of each number: 95 % of the differences between two acquisitions of a patient lie within them.
#[must_use]
pub fn repeats_markdown(title: &str, repeats: &[Repeats]) -> String {
    let mut text = format!(
        "### {title}\n\n{} patients. Limits: 95 % of the differences between two acquisitions of a patient lie within. In brackets: pairs \
         with both values.\n\n| | noise alone | moved by about 5 mm and turned by about 3 degrees | another visit |\n\
         | --- | --- | --- | --- |\n",
        repeats.len()
    );
    for number in Number::rows() {
        let cells: Vec<String> = (0..3).map(|which| cell(repeats, number, which)).collect();
        let _ = writeln!(text, "| {} | {} |", number.title(), cells.join(" | "));
    }
    text
}

fn cell(repeats: &[Repeats], row: Number, which: usize) -> String {
    let pairs = repeats.iter().flat_map(|patient| {
        let first = patient.first.iter().filter(|measured| measured.number.same_row(row));
        first.filter_map(move |first| {
            let second = patient.again[which].iter().find(|second| second.number == first.number)?;
            Some((first.value, second.value))
        })
    });
    let (first, second): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let digits = row.decimals();
    repeatability(RepeatedLvef { first: &first, second: &second }).map_or_else(
        |_| format!("- ({})", first.len()),
        |found| format!("±{:.digits$} ({})", found.limit_points, first.len()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::function::Quantity;

    #[test]
    fn limits_are_those_worked_out_by_hand() {
        let rate = |value: f64| Measured { number: Number::Curve(Quantity::PeakEjectionRate), value, interval: None };
        // Differences 0.2, -0.2, 0.2, -0.2: within-subject variance 0.04 / 2, limit 1.96 sqrt(2 x 0.02) = 0.392.
        let patient = |value: f64, again: f64| Repeats {
            first: vec![rate(value)],
            again: [vec![rate(again)], Vec::new(), vec![rate(value)]],
        };
        let repeats = [patient(3.0, 3.2), patient(2.0, 1.8), patient(4.0, 4.2), patient(3.0, 2.8)];
        let text = repeats_markdown("repeated", &repeats);
        assert!(text.contains("| Peak ejection rate, EDV/s | ±0.39 (4) | - (0) | ±0.00 (4) |"), "{text}");
    }
}
