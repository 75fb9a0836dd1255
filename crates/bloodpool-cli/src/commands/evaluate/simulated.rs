//! `evaluate --seed`: a model and every protocol against the truth of simulated studies.

use std::path::{Path, PathBuf};

use bloodpool::Model;
use bloodpool::serial::ShippedRepeatability;
use bloodpool_core::function::comparison::TechnicalRepeatability;
use bloodpool_core::protocol::Preset;
use bloodpool_core::uncertainty::{Calibration, ShippedFor};
use bloodpool_core::{Protocol, Segmenter};
use bloodpool_files::IfExists;
use bloodpool_phantom::{Family, Population};

use crate::cli::PopulationChoice;
use crate::outcome::{Outcome, as_usage};
use crate::settings::EvaluateSimulatedSettings;
use crate::{outputs, progress};
use bloodpool_evaluation::truth::function::FunctionObserver;
use bloodpool_evaluation::truth::measured_on::{examples, known_bias};
use bloodpool_evaluation::truth::observation::Observer;
use bloodpool_evaluation::truth::{candidates, made_bad, ordinary, repeatability, visits};

/// Name and studies of a population.
fn studies_of(population: PopulationChoice, seed: u64) -> (&'static str, Population) {
    match population {
        PopulationChoice::Own => ("own family", Population::ordinary(Family::Own, seed)),
        PopulationChoice::Repeated => ("repeated", Population::ordinary(Family::Own, seed)),
        PopulationChoice::Visits => ("visits", Population::ordinary(Family::Own, seed)),
        PopulationChoice::Other => ("other family", Population::ordinary(Family::Other, seed)),
        PopulationChoice::MadeBad => ("made-bad", Population::made_bad(Family::Own, seed)),
    }
}

/// Evaluates on simulated studies, prints Markdown, and writes the requested files.
pub(crate) fn run(settings: &EvaluateSimulatedSettings) -> anyhow::Result<Outcome> {
    let written =
        settings.out.iter().chain(&settings.known_bias).chain(&settings.calibration).chain(&settings.repeatability);
    outputs::refuse_existing(written.map(PathBuf::as_path), settings.force)?;
    let model = Model::load(&settings.model, &settings.device).map_err(as_usage)?;
    let segmenter: &dyn Segmenter = &*model.segmenter;
    let chosen = settings.protocol.clone().unwrap_or_else(Protocol::background_image);
    let mut tried: Vec<Protocol> = Preset::ALL.into_iter().map(|preset| preset.protocol()).collect();
    let presets = tried.len();
    if settings.candidates {
        tried.extend(candidates::candidates());
    }
    let names: Vec<String> = tried.iter().map(|protocol| protocol.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let observer = Observer { segmenter, protocol: chosen.clone(), tried, calibration: model.calibration.as_ref() };
    let mut all = Vec::new();
    // What the program ships for this model is judged, unless the same command measures it anew.
    let judged = match settings.populations.contains(&PopulationChoice::Repeated) {
        true => None,
        false => ShippedRepeatability::of_model(&segmenter.identity(), &chosen)?,
    };
    let mut technical = (judged.as_ref())
        .map_or_else(TechnicalRepeatability::counting_noise_alone, |judged| judged.repeatability.clone());
    let mut measured = None;
    for &population in &settings.populations {
        let (name, source) = studies_of(population, settings.seed);
        let bar = progress::bar(settings.studies, name);
        let (studies, seed, model) = (settings.studies, settings.seed, segmenter.identity().name);
        let title = format!("{name}: {studies} simulated studies, seed {seed} ({model})");
        let (indices, done) = (0..settings.studies, || bar.inc(1));
        let text = if settings.function {
            let observer = FunctionObserver { segmenter, protocol: &chosen, calibration: observer.calibration };
            observer.report(&title, &source, settings.studies, population == PopulationChoice::Repeated, done)?
        } else if population == PopulationChoice::Repeated {
            let readings = repeatability::read(&source, indices, segmenter, &chosen, done)?;
            technical = repeatability::technical(&readings, &title).unwrap_or(technical);
            repeatability::markdown(&title, &readings)
        } else if population == PopulationChoice::Visits {
            let changes = visits::read(&source, indices, segmenter, &chosen, done)?;
            let known = judged.as_ref().and_then(|judged| judged.pairs.as_ref());
            measured = Some(ShippedRepeatability {
                model: segmenter.identity(),
                protocol: chosen.clone(),
                repeatability: technical.clone(),
                pairs: visits::calibration(&changes, &technical, &title),
            });
            visits::markdown(&title, &changes, &technical, known)
        } else {
            let observations = observer.observe_all(&source, indices, done)?;
            let text = match population {
                PopulationChoice::MadeBad => made_bad::markdown(&title, &observations),
                _ => ordinary::markdown(&title, &observations, &chosen.name, &names),
            };
            all.push((population, observations));
            text
        };
        bar.finish_and_clear();
        println!("{text}");
    }
    if let Some(path) = &settings.out {
        let mut lines = String::new();
        for observation in all.iter().flat_map(|(_, observations)| observations) {
            lines += &(serde_json::to_string(observation)? + "\n");
        }
        outputs::write(path, lines.as_bytes(), IfExists::Replace)?;
    }
    if let (Some(path), Some(measured)) = (&settings.repeatability, measured) {
        document(path, serde_json::to_string_pretty(&[measured])?)?;
    }
    let own = all.iter().find(|(population, _)| *population == PopulationChoice::Own).map(|(_, own)| own.as_slice());
    let data = format!("{} simulated studies, seed {}", settings.studies, settings.seed);
    if let (Some(path), Some(own)) = (&settings.known_bias, own) {
        document(path, serde_json::to_string_pretty(&known_bias(own, &names[..presets], data.clone()))?)?;
    }
    if let (Some(path), Some(own)) = (&settings.calibration, own) {
        let shipped_for = ShippedFor { model: segmenter.identity(), protocol: chosen, data };
        document(path, serde_json::to_string_pretty(&Calibration::fit(&examples(own), shipped_for)?)?)?;
    }
    Ok(Outcome::Done)
}

fn document(path: &Path, json: String) -> anyhow::Result<()> {
    outputs::write(path, (json + "\n").as_bytes(), IfExists::Replace)
}
