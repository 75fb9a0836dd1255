//! Every number of ventricular function of simulated studies against the truth, and how well each repeats.

mod markdown;
mod number;
mod repeats;
mod true_values;

use bloodpool_core::analysis::measure;
use bloodpool_core::function::{Estimate, Outcome, Quantity, VentricularFunction};
use bloodpool_core::uncertainty::{Calibration, Features};
use bloodpool_core::{Analysis, GatedStudy, ModelIdentity, Protocol, SampleError, Segmenter, analyze};
use bloodpool_phantom::{Population, SimulatedStudy};
use rayon::prelude::*;

pub use markdown::markdown;
pub use number::Number;
pub use repeats::{Repeats, read_repeats, repeats_markdown};

/// What function is computed with.
#[derive(Clone, Copy)]
pub struct FunctionObserver<'a> {
    /// What finds the ventricles.
    pub segmenter: &'a dyn Segmenter,
    /// The protocol of the LV curve.
    pub protocol: &'a Protocol,
    /// What the interval of the LVEF comes from, and with it the outline's share of other intervals.
    pub calibration: Option<&'a Calibration>,
}

/// A measured number with its 95 % interval, where it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Which number.
    pub number: Number,
    /// Its value in the number's unit.
    pub value: f64,
    /// Ends of the interval.
    pub interval: Option<[f64; 2]>,
}

/// The function of one simulated study, measured and true.
#[derive(Debug, Clone)]
pub struct StudyFunction {
    /// Mean counts of a frame.
    pub counts_per_frame: f64,
    /// Frames per cycle.
    pub frames: usize,
    /// What was measured; what was refused is missing.
    pub measured: Vec<Measured>,
    /// What is true, in the number's unit; what the heart does not have is missing.
    pub truth: Vec<(Number, f64)>,
    /// What the same counts give with the true outlines, LV fraction and landmarks.
    pub by_true_outlines: Vec<Measured>,
}

impl StudyFunction {
    /// Measured values of a number with what is true of them; several for one with sectors.
    pub(super) fn pairs(&self, of: Number) -> impl Iterator<Item = (Measured, f64)> + '_ {
        self.with_truth(&self.measured, of)
    }

    /// The same for the true outlines.
    pub(super) fn outline_pairs(&self, of: Number) -> impl Iterator<Item = (Measured, f64)> + '_ {
        self.with_truth(&self.by_true_outlines, of)
    }

    fn with_truth<'a>(&'a self, all: &'a [Measured], of: Number) -> impl Iterator<Item = (Measured, f64)> + 'a {
        all.iter().filter(move |measured| measured.number.same_row(of)).filter_map(|measured| {
            let truth = self.truth.iter().find(|(number, _)| *number == measured.number)?;
            Some((*measured, truth.1))
        })
    }
}

impl FunctionObserver<'_> {
    /// Measures studies `indices` of a population on all cores; `done` is called after each. A study without a usable LVEF has no
    /// measured number.
    ///
    /// # Errors
    /// When a study cannot be drawn.
    pub fn read(
        &self,
        population: &Population,
        indices: std::ops::Range<u64>,
        done: impl Fn() + Sync,
    ) -> Result<Vec<StudyFunction>, SampleError> {
        indices
            .into_par_iter()
            .map(|index| {
                let simulated = population.study(index)?;
                let study = &simulated.labelled.study;
                let found = StudyFunction {
                    counts_per_frame: counts_per_frame(study),
                    frames: study.frames(),
                    measured: self.measured(&simulated),
                    truth: true_values::of(&simulated, self.protocol),
                    by_true_outlines: self.by_true_outlines(&simulated),
                };
                done();
                Ok(found)
            })
            .collect()
    }

    fn by_true_outlines(&self, simulated: &SimulatedStudy) -> Vec<Measured> {
        let labelled = &simulated.labelled;
        let model = ModelIdentity { name: "true outlines".into(), sha256: String::new() };
        let measured = measure(&labelled.study, labelled.perfect_segmentation(), model, self.protocol);
        measured.map(|analysis| numbers(&analysis, &labelled.study)).unwrap_or_default()
    }

    /// The first `studies` studies of a population in tables; `repeated`: how well each number of a patient repeats, instead of its
    /// errors. `done` is called after each.
    ///
    /// # Errors
    /// When a study cannot be drawn.
    pub fn report(
        &self,
        title: &str,
        population: &Population,
        studies: u64,
        repeated: bool,
        done: impl Fn() + Sync,
    ) -> Result<String, SampleError> {
        if repeated {
            return Ok(repeats_markdown(title, &read_repeats(self, population, 0..studies, done)?));
        }
        Ok(markdown(title, &self.read(population, 0..studies, done)?))
    }

    /// What the program computes for one study; empty without a usable LVEF.
    fn measured(&self, simulated: &SimulatedStudy) -> Vec<Measured> {
        let study = &simulated.labelled.study;
        let Ok(mut analysis) = analyze(study, self.segmenter, self.protocol) else { return Vec::new() };
        let features = Features::of(analysis.measured_study(study), &analysis);
        let interval = |calibration: &Calibration| calibration.interval(&features, analysis.lvef_percent);
        analysis.interval = self.calibration.and_then(interval);
        numbers(&analysis, study)
    }
}

fn counts_per_frame(study: &GatedStudy) -> f64 {
    f64::from(study.counts().sum()) / study.frames() as f64
}

/// All numbers of an analysis.
fn numbers(analysis: &Analysis, study: &GatedStudy) -> Vec<Measured> {
    let (Some(function), Some(lvef_percent)) = (analysis.function(study), analysis.usable_lvef_percent()) else {
        return Vec::new();
    };
    let interval = analysis.interval.as_ref().map(|interval| [interval.low, interval.high]);
    let lvef = Measured { number: Number::Curve(Quantity::Lvef), value: lvef_percent, interval };
    let curve = analysis.curve_before_tests(study);
    let rates = curve.as_ref().map(|curve| curve.results.as_slice()).unwrap_or_default().iter();
    let rates = rates.filter_map(|result| {
        let &Estimate { value, low, high } = result.outcome.value()?;
        Some(Measured { number: Number::Curve(result.quantity), value, interval: Some([low, high]) })
    });
    let plain = plain_numbers(&function).into_iter().map(|(number, value)| Measured { number, value, interval: None });
    std::iter::once(lvef).chain(rates).chain(plain).collect()
}

/// Numbers without an interval: phases, sectors, right ventricle.
fn plain_numbers(function: &VentricularFunction) -> Vec<(Number, f64)> {
    let mut found = Vec::new();
    if let Outcome::Value(lv) = &function.phases.lv {
        found.extend(number::of_histogram(lv));
    }
    if let Outcome::Value(difference) = &function.phases.septal_less_lateral {
        found.push((Number::SeptalLessLateral, difference.degrees));
    }
    if let Outcome::Value(sectors) = &function.sectors {
        found.extend(number::of_sectors(&sectors.ejection_fractions));
    }
    if let Outcome::Value(right) = &function.right_ventricle {
        found.push((Number::Rvef, right.rvef_percent));
        found.extend(right.left_over_right_stroke_counts.value().map(|ratio| (Number::StrokeRatio, *ratio)));
    }
    found
}
