//! `simulate`: studies whose truth is known, as DICOM, with truth and raters beside them.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::Context;
use bloodpool_core::{Mask, SampleError};
use bloodpool_dicom::{WriteOptions, write_study};
use bloodpool_files::IfExists;
use bloodpool_phantom::{Family, PaperCohort, Population, Rater, SimulatedStudy, Truth, panel};
use rayon::prelude::*;
use serde_json::json;

use super::rater_images;
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::settings::SimulateSettings;
use crate::{outputs, progress};

/// Says how the folder was made; where it stands, the folders beside it are ours to replace.
const RECORD: &str = "simulation.json";
const FOLDERS: [&str; 4] = ["studies", "truth", "images", "raters"];
/// Who drew in which folder.
const RATERS: &str = "raters.csv";

/// The patients and acquisitions that are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cohort {
    /// Hearts with measured anatomy, as in ordinary practice (docs/SIMULATOR.md).
    Ordinary,
    /// Ordinary studies of hearts, chests and a camera of another construction.
    Other,
    /// Like those of Oh et al. 2022, Table 1.
    Paper,
}

impl Cohort {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Other => "other",
            Self::Paper => "paper",
        }
    }

    /// The studies of this cohort and seed.
    pub(crate) fn simulation(self, seed: u64) -> Source {
        match self {
            Self::Paper => Source::Paper(PaperCohort { seed }),
            Self::Ordinary => Source::Population(Population::ordinary(Family::Own, seed)),
            Self::Other => Source::Population(Population::ordinary(Family::Other, seed)),
        }
    }
}

/// Where simulated studies come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Patients like those of Oh et al. 2022.
    Paper(PaperCohort),
    /// A family of hearts.
    Population(Population),
}

impl Source {
    /// The same source with LVEF from this range and this matrix, where they are given; the paper's cohort has its own.
    pub(crate) fn with(mut self, lvef_percent: Option<RangeInclusive<f64>>, matrix: Option<usize>) -> Self {
        if let Self::Population(population) = &mut self {
            population.lvef_percent = lvef_percent.unwrap_or_else(|| population.lvef_percent.clone());
            population.matrix = matrix.or(population.matrix);
        }
        self
    }

    fn seed(&self) -> u64 {
        match self {
            Self::Paper(cohort) => cohort.seed,
            Self::Population(population) => population.seed,
        }
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

/// Simulates studies into a folder.
pub(crate) fn run(settings: &SimulateSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    prepare(&settings.out, settings.force)?;
    let simulation = &settings.simulation;
    let raters = panel(simulation.seed(), settings.raters);
    record(settings, &raters)?;
    if !raters.is_empty() {
        let table = rater_images::rater_table(&raters)?;
        outputs::write(&settings.out.join(RATERS), &table, IfExists::Replace)?;
    }

    let bar = progress::bar(settings.studies, "simulating");
    let rows: Vec<Option<TruthRow>> = (0..settings.studies)
        .into_par_iter()
        .map(|index| {
            if interrupt.seen() {
                return Ok(None);
            }
            let row = one(settings, simulation, &raters, index)?;
            bar.inc(1);
            Ok(Some(row))
        })
        .collect::<anyhow::Result<_>>()?;
    bar.finish_and_clear();
    let done: Vec<TruthRow> = rows.into_iter().flatten().collect();
    if (done.len() as u64) < settings.studies {
        eprintln!("interrupted: the files written are whole, but studies and truth.csv are missing");
        return Ok(Outcome::Interrupted);
    }
    outputs::write(&settings.out.join("truth.csv"), &truth_table(&done)?, IfExists::Replace)?;
    eprintln!(
        "{} simulated studies in {}; try: bloodpool analyze {}",
        done.len(),
        settings.out.display(),
        settings.out.join("studies").display()
    );
    if !raters.is_empty() {
        // Raters drew on the true frames: on those that `extract` finds by itself their outlines would be wrong.
        let out = settings.out.display();
        eprintln!(
            "the raters' files fit: bloodpool dataset extract {out}/studies --out work --frames {out}/truth.csv\n\
             then:                  bloodpool dataset consensus work --raters {out}/raters"
        );
    }
    Ok(Outcome::Done)
}

/// Makes sure that nothing of an earlier simulation, and nothing of anyone else's, gets mixed into this one.
fn prepare(out: &Path, force: bool) -> anyhow::Result<()> {
    outputs::refuse_occupied(out, force)?;
    if out.join(RECORD).is_file() {
        let old = FOLDERS.map(|name| out.join(name)).into_iter().filter(|folder| folder.is_dir());
        for folder in old {
            fs::remove_dir_all(&folder).with_context(|| format!("could not remove {}", folder.display()))?;
        }
        for table in ["truth.csv", RATERS].map(|name| out.join(name)).into_iter().filter(|table| table.exists()) {
            fs::remove_file(&table).with_context(|| format!("could not remove {}", table.display()))?;
        }
    }
    // Made before the threads start, so that each only writes files.
    fs::create_dir_all(out).with_context(|| format!("could not make the folder {}", out.display()))
}

fn record(settings: &SimulateSettings, raters: &[Rater]) -> anyhow::Result<()> {
    let simulation = &settings.simulation;
    let (lvef_percent, matrix) = simulation.choices();
    let record = json!({
        "schema": "bloodpool.simulation/1",
        "software": bloodpool_report::SOFTWARE,
        "studies": settings.studies,
        "seed": simulation.seed(),
        "cohort": settings.cohort.name(),
        "lvef_percent": lvef_percent,
        "matrix": matrix,
        "raters": raters,
    });
    outputs::write(&settings.out.join(RECORD), &pretty(&record)?, IfExists::Replace)
}

/// Simulates and writes one study; its truth is written after its DICOM file.
fn one(settings: &SimulateSettings, simulation: &Source, raters: &[Rater], index: u64) -> anyhow::Result<TruthRow> {
    let study = simulation.study(index)?;
    let name = name(index, settings.studies);
    let out = &settings.out;
    let dicom = out.join("studies").join(format!("{name}.dcm"));
    outputs::make_folder_of(&dicom)?;
    write_study(&study.labelled.study, &dicom, &WriteOptions { overwrite: true })?;
    let truth = out.join("truth");
    outputs::make_folder_of(&truth.join("any"))?;
    let masks = Mask::stack(&study.labelled.masks).context("the masks of one study differ in size")?;
    bloodpool_files::write_npy_u8(&truth.join(format!("{name}.npy")), &masks, IfExists::Replace)?;
    if !raters.is_empty() {
        rater_images::write(out, &name, &study, raters)?;
    }
    outputs::write(
        &truth.join(format!("{name}.json")),
        &pretty(&truth_document(&name, &study.truth))?,
        IfExists::Replace,
    )?;
    Ok(TruthRow::new(name, &study))
}

fn name(index: u64, studies: u64) -> String {
    let digits = studies.to_string().len().max(4);
    format!("sim-{:0digits$}", index + 1)
}

fn truth_document(name: &str, truth: &Truth) -> serde_json::Value {
    json!({
        "schema": "bloodpool.truth/1",
        "study": format!("studies/{name}.dcm"),
        "masks": format!("truth/{name}.npy"),
        "truth": truth,
    })
}

fn pretty(value: &serde_json::Value) -> anyhow::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value)?;
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

fn truth_table(rows: &[TruthRow]) -> anyhow::Result<Vec<u8>> {
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
    table.into_inner().context("could not finish truth.csv")
}
