//! Simulated studies in a folder: DICOM files, their truth, and simulated raters who drew on them.

mod cohort;
mod rater_images;
mod record;

use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use bloodpool_core::{Mask, SampleError};
use bloodpool_dicom::{
    Acquisition, Code, Collimator, EnergyWindow, Framing, GantryRelationship, PatientPosition, Posture, WriteOptions,
    write_study,
};
use bloodpool_files::{FileError, FolderLock, IfExists, write_npy_u8, write_with_folders};
use bloodpool_phantom::{Family, PaperCohort, Population, Rater, SimulatedStudy, Truth, panel};
use rayon::prelude::*;
use serde::Serialize;

use crate::EvaluationError;

pub use cohort::{Cohort, UnknownCohort};
pub use record::{SIMULATION_SCHEMA, SimulationRecord, TRUTH_SCHEMA, TruthDocument};

/// The record of a simulation; where it exists, the folders beside it may be replaced.
/// The record of a simulation, in its folder.
pub const RECORD: &str = "simulation.json";
const FOLDERS: [&str; 4] = ["studies", "truth", "images", "raters"];
/// The truth of every study as a table; written last.
pub const TRUTH: &str = "truth.csv";
/// Who drew in which folder.
const RATERS: &str = "raters.csv";

/// What is simulated, and where it goes.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// Folder to write.
    pub out: PathBuf,
    /// Number of studies.
    pub studies: u64,
    /// Number of raters who draw on ED, ED+2, ES and ES+2 of each.
    pub raters: usize,
    /// Patients and acquisitions.
    pub cohort: Cohort,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// Range of true LVEF, percent; `None`: that of the cohort.
    pub lvef_percent: Option<RangeInclusive<f64>>,
    /// Matrix side; `None`: those of the cohort.
    pub matrix: Option<usize>,
}

/// Where simulated studies come from.
enum Source {
    Paper(PaperCohort),
    Population(Population),
}

impl Source {
    fn of(simulation: &Simulation) -> Self {
        let family = match simulation.cohort {
            Cohort::Paper => return Self::Paper(PaperCohort { seed: simulation.seed }),
            Cohort::Ordinary => Family::Own,
            Cohort::Other => Family::Other,
        };
        let mut population = Population::ordinary(family, simulation.seed);
        population.lvef_percent = simulation.lvef_percent.clone().unwrap_or(population.lvef_percent);
        population.matrix = simulation.matrix.or(population.matrix);
        Self::Population(population)
    }

    fn study(&self, index: u64) -> Result<SimulatedStudy, SampleError> {
        match self {
            Self::Paper(cohort) => cohort.study(index),
            Self::Population(population) => population.study(index),
        }
    }

    /// Range of true LVEF and matrix, where they can be chosen.
    fn choices(&self) -> (Option<[f64; 2]>, Option<usize>) {
        match self {
            Self::Paper(_) => (None, None),
            Self::Population(population) => {
                let range = &population.lvef_percent;
                (Some([*range.start(), *range.end()]), population.matrix)
            }
        }
    }
}

impl Simulation {
    /// Simulates into the folder, which is locked meanwhile. It must be empty unless files may be replaced; then only
    /// files of an earlier simulation are. `done` is called after each study. `false`: `stop` was set; the files written
    /// are whole, but studies and [`TRUTH`] are missing.
    ///
    /// # Errors
    /// [`EvaluationError`] when a study cannot be simulated, or the folder or a file cannot be written.
    pub fn write(
        &self,
        if_exists: IfExists,
        done: &(dyn Fn() + Sync),
        stop: &AtomicBool,
    ) -> Result<bool, EvaluationError> {
        let lock = FolderLock::take(&self.out, &FOLDERS, bloodpool_report::SOFTWARE)?;
        lock.claim(None, TRUTH, if_exists)?;
        self.prepare()?;
        let source = Source::of(self);
        let raters = panel(self.seed, self.raters);
        self.record(&source, &raters)?;
        if !raters.is_empty() {
            write_with_folders(&self.out.join(RATERS), &rater_images::rater_table(&raters)?, IfExists::Replace)?;
        }
        let rows: Vec<Option<TruthRow>> = (0..self.studies)
            .into_par_iter()
            .map(|index| {
                if stop.load(Ordering::SeqCst) {
                    return Ok(None);
                }
                let row = self.one(&source, &raters, index)?;
                done();
                Ok(Some(row))
            })
            .collect::<Result<_, EvaluationError>>()?;
        let rows: Vec<TruthRow> = rows.into_iter().flatten().collect();
        let all = rows.len() as u64 == self.studies;
        if all {
            write_with_folders(&self.out.join(TRUTH), &truth_table(&rows)?, IfExists::Replace)?;
        }
        Ok(all)
    }

    /// Removes the files of an earlier simulation.
    fn prepare(&self) -> Result<(), FileError> {
        let out = &self.out;
        let failed = |path: PathBuf| |source| FileError::Write { path, source };
        if out.join(RECORD).is_file() {
            let old = FOLDERS.map(|name| out.join(name)).into_iter().filter(|folder| folder.is_dir());
            for folder in old {
                fs::remove_dir_all(&folder).map_err(failed(folder))?;
            }
            for table in [TRUTH, RATERS].map(|name| out.join(name)).into_iter().filter(|table| table.exists()) {
                fs::remove_file(&table).map_err(failed(table))?;
            }
        }
        // Made before the threads start, so that each only writes files.
        fs::create_dir_all(out).map_err(failed(out.clone()))
    }

    fn record(&self, source: &Source, raters: &[Rater]) -> Result<(), EvaluationError> {
        let (lvef_percent, matrix) = source.choices();
        let record = SimulationRecord {
            schema: SIMULATION_SCHEMA.to_owned(),
            software: bloodpool_report::SOFTWARE.to_owned(),
            studies: self.studies,
            seed: self.seed,
            cohort: self.cohort,
            lvef_percent,
            matrix,
            raters: raters.to_vec(),
        };
        Ok(write_with_folders(&self.out.join(RECORD), &pretty(&record)?, IfExists::Replace)?)
    }

    /// Simulates and writes one study; its truth is written after its DICOM file.
    fn one(&self, source: &Source, raters: &[Rater], index: u64) -> Result<TruthRow, EvaluationError> {
        let study = source.study(index)?;
        let name = name(index, self.studies);
        let studies = self.out.join("studies");
        let made = |path: PathBuf| {
            fs::create_dir_all(&path).map_err(|source| FileError::Write { path: path.clone(), source })?;
            Ok::<PathBuf, FileError>(path)
        };
        write_study(
            &study.labelled.study,
            &acquisition(),
            &made(studies)?.join(format!("{name}.dcm")),
            &WriteOptions { overwrite: true },
        )?;
        let truth = made(self.out.join("truth"))?;
        if let Some(masks) = Mask::stack(&study.labelled.masks) {
            write_npy_u8(&truth.join(format!("{name}.npy")), &masks, IfExists::Replace)?;
        }
        if !raters.is_empty() {
            rater_images::write(&self.out, &name, &study, raters)?;
        }
        let document = pretty(&TruthDocument::new(&name, &study.truth))?;
        write_with_folders(&truth.join(format!("{name}.json")), &document, IfExists::Replace)?;
        Ok(TruthRow::new(name, &study))
    }
}

/// What is simulated: a supine patient, Tc-99m in the blood, a parallel-hole collimator, frames forward from the R wave.
fn acquisition() -> Acquisition {
    Acquisition {
        position: Some(PatientPosition { posture: Posture::Supine, gantry: GantryRelationship::HeadFirst }),
        radionuclide: Some(Code::technetium_99m()),
        energy_window: Some(EnergyWindow { name: Some("Tc99m".into()), lower_kev: 126.0, upper_kev: 154.0 }),
        collimator: Some(Collimator::Parallel),
        framing: Some(Framing::Forward),
        ..Acquisition::original()
    }
}

/// The names of so many simulated studies, as their files, their rows in `truth.csv` and the cases of an extraction have them.
#[must_use]
pub fn names(studies: u64) -> Vec<String> {
    (0..studies).map(|index| name(index, studies)).collect()
}

fn name(index: u64, studies: u64) -> String {
    let digits = studies.to_string().len().max(4);
    format!("sim-{:0digits$}", index + 1)
}

fn pretty(document: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = serde_json::to_vec_pretty(document)?;
    text.push(b'\n');
    Ok(text)
}

/// One line of `truth.csv`.
struct TruthRow {
    name: String,
    frames: usize,
    rows: usize,
    columns: usize,
    pixel_mm: Option<f64>,
    counts_per_frame: f64,
    truth: Truth,
}

impl TruthRow {
    fn new(name: String, simulated: &SimulatedStudy) -> Self {
        let study = &simulated.labelled.study;
        let counts: f64 = study.counts().iter().copied().map(f64::from).sum();
        Self {
            name,
            frames: study.frames(),
            rows: study.rows(),
            columns: study.columns(),
            pixel_mm: study.pixel_spacing_mm().map(|spacing| spacing[0]),
            counts_per_frame: counts / study.frames() as f64,
            truth: simulated.truth.clone(),
        }
    }
}

fn truth_table(rows: &[TruthRow]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "study",
        "lvef_percent",
        "end_diastole_frame",
        "end_systole_frame",
        "end_diastole_ml",
        "end_systole_ml",
        "wall_motion",
        "frames",
        "rows",
        "columns",
        "pixel_mm",
        "counts_per_frame",
        "seed",
        "index",
    ])?;
    for row in rows {
        let truth = &row.truth;
        let volume = |frame: usize| {
            let volume = frame.checked_sub(1).and_then(|index| truth.lv_volume_ml.get(index));
            volume.map(|ml| format!("{ml:.2}")).unwrap_or_default()
        };
        table.write_record([
            format!("studies/{}.dcm", row.name),
            format!("{:.3}", truth.lvef_percent),
            truth.end_diastole_frame.to_string(),
            truth.end_systole_frame.to_string(),
            volume(truth.end_diastole_frame),
            volume(truth.end_systole_frame),
            truth.wall_motion.clone(),
            row.frames.to_string(),
            row.rows.to_string(),
            row.columns.to_string(),
            row.pixel_mm.map(|mm| format!("{mm:.4}")).unwrap_or_default(),
            format!("{:.0}", row.counts_per_frame),
            truth.seed.to_string(),
            truth.index.to_string(),
        ])?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}
