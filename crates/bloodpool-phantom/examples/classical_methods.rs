//! How well classical methods outline the LV of simulated patients, and the LVEF that `standard` reads from their outlines.
//!
//! `cargo run --release -p bloodpool-phantom --example classical_methods -- [STUDIES] [SEED] [own|other|paper]...`
//!
//! Constants were chosen on seeds below 1000.

use std::error::Error;

use bloodpool_core::analysis::segment;
use bloodpool_core::classical::{GrownWithin, PhaseAmplitude, RadialEdges, RegionGrowing, Watershed};
use bloodpool_core::labelled::LabelledStudy;
use bloodpool_core::{
    GatedStudy, Mask, ModelIdentity, Protocol, SampleError, Segmentation, SegmentationError, Segmenter, analysis,
};
use bloodpool_phantom::{Family, PaperCohort, Population, SimulatedStudy};
use bloodpool_stats::overlap::overlap;

/// How far outlines were moved before growing was to move them back, mm.
const OFF_MM: f64 = 4.0;

/// The studies of one table.
type Source = Box<dyn Fn(u64) -> Result<SimulatedStudy, SampleError>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let studies: u64 = arguments.next().map_or(Ok(100), |number| number.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(7), |number| number.parse())?;
    let mut cohorts: Vec<String> = arguments.collect();
    if cohorts.is_empty() {
        cohorts = ["own", "other", "paper"].map(str::to_owned).into();
    }
    for cohort in cohorts {
        let source: Source = match cohort.as_str() {
            "own" => Box::new(move |index| Population::ordinary(Family::Own, seed).study(index)),
            "other" => Box::new(move |index| Population::ordinary(Family::Other, seed).study(index)),
            "paper" => Box::new(move |index| PaperCohort { seed }.study(index)),
            other => return Err(format!("no cohort `{other}`; there are own, other and paper").into()),
        };
        table(&cohort, studies, seed, &source)?;
    }
    Ok(())
}

fn table(cohort: &str, studies: u64, seed: u64, source: &Source) -> Result<(), Box<dyn Error>> {
    let mut rows: Vec<Row> = Vec::new();
    for index in 0..studies {
        let study = source(index)?;
        for (number, segmenter) in methods(&study.labelled).iter().enumerate() {
            if rows.len() <= number {
                rows.push(Row { name: segmenter.identity().name, ..Row::default() });
            }
            rows[number].add(&study, segmenter.as_ref())?;
        }
    }
    println!(
        "\n{studies} simulated studies, cohort `{cohort}`, seed {seed}; LVEF by `standard` less true LVEF, points\n"
    );
    println!("| method | Dice ED | Dice ES | ED < 0.7 | without LVEF | bias | SD | within 5 |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for row in rows {
        row.print();
    }
    Ok(())
}

/// The classical methods, then outlines that are off and what growing makes of them.
fn methods(labelled: &LabelledStudy) -> Vec<Box<dyn Segmenter>> {
    let spacing_mm = labelled.study.pixel_spacing_mm().unwrap_or([4.0; 2]);
    let drawn = |name: &'static str, change: &dyn Fn(&Mask) -> Mask| Drawn {
        name,
        given: Segmentation { masks: labelled.masks.iter().map(change).collect(), ..Segmentation::default() },
    };
    let mut all: Vec<Box<dyn Segmenter>> = vec![
        Box::new(RegionGrowing::default()),
        Box::new(RadialEdges::default()),
        Box::new(PhaseAmplitude::default()),
        Box::new(PhaseAmplitude { emptied_below: None, ..PhaseAmplitude::default() }),
        Box::new(Watershed::default()),
    ];
    let steps = spacing_mm.map(|mm| (OFF_MM / mm).round() as usize);
    for outline in [
        drawn("true outline", &Mask::clone),
        drawn("true outline, 4 mm too large", &|mask| mask.dilated_mm(OFF_MM, spacing_mm)),
        drawn("true outline, 4 mm too small", &|mask| mask.eroded_mm(OFF_MM, spacing_mm)),
        drawn("true outline, moved by 4 mm down and right", &|mask| {
            Mask::from_fn(mask.dim().0, mask.dim().1, |row, column| {
                row >= steps[0] && column >= steps[1] && mask.contains(row - steps[0], column - steps[1])
            })
        }),
    ] {
        all.push(Box::new(outline.clone()));
        all.push(Box::new(GrownWithin::new(outline)));
    }
    all
}

/// Outlines that are given.
#[derive(Clone)]
struct Drawn {
    name: &'static str,
    given: Segmentation,
}

impl Segmenter for Drawn {
    fn segment(&self, _: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Ok(self.given.clone())
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: self.name.into(), sha256: String::new() }
    }
}

#[derive(Default)]
struct Row {
    name: String,
    dice: [Vec<f64>; 2],
    errors: Vec<f64>,
    without: usize,
}

impl Row {
    fn add(&mut self, study: &SimulatedStudy, segmenter: &dyn Segmenter) -> Result<(), Box<dyn Error>> {
        let labelled = &study.labelled;
        let found = segment(&labelled.study, segmenter)?;
        let frames = [study.truth.end_diastole_frame - 1, study.truth.end_systole_frame - 1];
        for (all, frame) in self.dice.iter_mut().zip(frames) {
            all.push(overlap(&found.masks[frame], &labelled.masks[frame])?.dice);
        }
        match analysis::measure(&labelled.study, found, segmenter.identity(), &Protocol::standard()) {
            Ok(analysis) => self.errors.push(analysis.lvef_percent - study.truth.lvef_percent),
            Err(_) => self.without += 1,
        }
        Ok(())
    }

    fn print(&self) {
        let [ed, es] = [&self.dice[0], &self.dice[1]].map(|dice| mean_sd(dice).0);
        let missed = self.dice[0].iter().filter(|&&dice| dice < 0.7).count();
        let (bias, sd) = mean_sd(&self.errors);
        let within = self.errors.iter().filter(|error| error.abs() <= 5.0).count();
        println!(
            "| {} | {:.3} | {:.3} | {missed} | {} | {bias:+.1} | {sd:.1} | {within} |",
            self.name, ed, es, self.without
        );
    }
}

fn mean_sd(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0)).sqrt())
}
