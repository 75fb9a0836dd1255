//! `evaluate --seed`: the model and the protocols against the truth of simulated studies.

use std::path::PathBuf;

use bloodpool::{Protocol, Segmenter};
use bloodpool_dataset::IfExists;
use bloodpool_phantom::{Simulation, Slice};
use serde::Serialize;

use super::calibration;
use crate::evaluation::table::{Masks, Summary};
use crate::evaluation::{FIXED_ROI, candidates, evaluate};
use crate::known_bias::{Bias, KnownBias};
use crate::model::Model;
use crate::outcome::Outcome;
use crate::settings::EvaluateSimulatedSettings;
use crate::{outputs, progress};

/// The part of the simulated population that is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// LVEF 10 to 80 %, every camera and disease.
    All,
    /// 60k to 100k counts a frame.
    LowCounts,
    /// LVEF 10 to 35 %.
    LowEf,
    /// A regional wall motion abnormality in every study.
    Akinesis,
    /// A 64 x 64 matrix.
    #[value(name = "matrix-64")]
    Matrix64,
}

impl Part {
    fn simulation(self, seed: u64) -> Simulation {
        let wide = Simulation::wide(seed);
        match self {
            Self::All => wide,
            Self::LowCounts => Simulation { slice: Slice::LowCounts, ..wide },
            Self::LowEf => Simulation { lvef_percent: 10.0..=35.0, ..wide },
            Self::Akinesis => Simulation { slice: Slice::Akinesis, ..wide },
            Self::Matrix64 => Simulation { matrix: Some(64), ..wide },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::LowCounts => "low-counts",
            Self::LowEf => "low-ef",
            Self::Akinesis => "akinesis",
            Self::Matrix64 => "matrix-64",
        }
    }
}

/// Everything that was evaluated, for the record.
#[derive(Serialize)]
struct Record<'a> {
    schema: &'static str,
    software: String,
    model: Option<bloodpool::ModelIdentity>,
    seed: u64,
    summaries: &'a [Summary],
}

/// Evaluates on simulated studies, prints Markdown, and writes JSON where asked to.
pub(crate) fn run(settings: &EvaluateSimulatedSettings) -> anyhow::Result<Outcome> {
    let written = settings.out.iter().chain(&settings.known_bias).chain(&settings.calibration);
    outputs::refuse_existing(written.map(PathBuf::as_path), settings.force)?;
    let model = settings.model.as_deref().map(|name| Model::load(name, &settings.device)).transpose()?;
    let segmenter = model.as_ref().map(|model| &model.segmenter as &dyn Segmenter);
    if let (Some(path), Some(segmenter), Some(part)) = (&settings.calibration, segmenter, settings.parts.first()) {
        let data = format!("{} simulated studies, seed {}", settings.studies, settings.seed);
        return calibration::run(&part.simulation(settings.seed), settings.studies, data, segmenter, path);
    }
    // The fixed ROI is that of the first, which is therefore `standard`.
    let mut protocols =
        vec![Protocol::standard(), Protocol::background_image(), Protocol::paper(), Protocol::unmixed()];
    if settings.candidates {
        protocols.extend(candidates::image_candidates());
        protocols.extend(candidates::candidates());
    }
    let mut summaries = Vec::new();
    for &part in &settings.parts {
        let bar = progress::bar(settings.studies, part.name());
        let cases = evaluate(&part.simulation(settings.seed), settings.studies, segmenter, &protocols, || bar.inc(1))?;
        bar.finish_and_clear();
        let data = format!("{} simulated studies, seed {}", settings.studies, settings.seed);
        let summary = Summary::new(part.name().to_owned(), data, &cases, &protocols);
        println!("{}", summary.markdown());
        summaries.push(summary);
    }
    if let Some(path) = &settings.out {
        let record = Record {
            schema: "bloodpool.evaluation/1",
            software: format!("bloodpool {}", env!("CARGO_PKG_VERSION")),
            model: segmenter.map(Segmenter::identity),
            seed: settings.seed,
            summaries: &summaries,
        };
        outputs::write(path, (serde_json::to_string_pretty(&record)? + "\n").as_bytes(), IfExists::Replace)?;
    }
    if let (Some(path), Some(summary)) = (&settings.known_bias, summaries.first()) {
        let table = serde_json::to_string_pretty(&known_bias(summary))? + "\n";
        outputs::write(path, table.as_bytes(), IfExists::Replace)?;
    }
    Ok(Outcome::Done)
}

/// What the report says of each protocol, to two decimals.
fn known_bias(summary: &Summary) -> KnownBias {
    let of = |protocol: &str| {
        let all = summary.row(protocol, Masks::Network)?.overall?;
        let round = |value: f64| (value * 100.0).round() / 100.0;
        Some(Bias { bias: round(all.bias), sd: round(all.sd), within_5: round(all.within_5_percent) })
    };
    KnownBias {
        data: summary.data.clone(),
        background_image: of("background_image"),
        standard: of("standard"),
        paper: of("paper"),
        unmixed: of("unmixed"),
        fixed_roi: of(FIXED_ROI),
    }
}
