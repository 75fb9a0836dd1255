//! `evaluate MODEL`: a model, or the masks of another program, and the consensus of raters on one part of a dataset.

use std::path::{Path, PathBuf};

use anyhow::Context;
use bloodpool::Judged;
use bloodpool_core::Protocol;
use bloodpool_dataset::{AnnotatedDataset, ConsensusManifest, DatasetPart, DatasetStudy, Fold, RaterRecord, Split};
use bloodpool_files::IfExists;

use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::{EvaluateRunSettings, JudgedBy};
use crate::{outputs, progress};
use bloodpool_evaluation::raters::cohort::Cohort;
use bloodpool_evaluation::raters::leakage::Leakage;
use bloodpool_evaluation::raters::material::RoiProtocol;
use bloodpool_evaluation::raters::outputs::{Evaluation, PAGE};
use bloodpool_evaluation::raters::record::{DatasetIdentity, Subject};
use bloodpool_evaluation::raters::result::EvaluationResult;
use bloodpool_evaluation::raters::test_reads::{self, TestRead};

/// Compares, writes all files into the folder, and prints the table.
pub(crate) fn run(settings: &EvaluateRunSettings) -> anyhow::Result<Outcome> {
    let all = match &settings.judged {
        JudgedBy::Models(names) => {
            let load = |name: &PathBuf| Judged::model(&name.display().to_string(), &settings.device).map_err(as_usage);
            names.iter().map(load).collect::<anyhow::Result<Vec<Judged>>>()?
        }
        JudgedBy::Masks(folder) => vec![Judged::masks(folder).map_err(as_usage)?],
    };
    let Some(first) = all.first() else { return Err(wrong_usage("name a MODEL")) };
    let (folder, dataset) = dataset(settings, first)?;
    let lock = outputs::lock(&settings.out, &[])?;
    let if_exists = lock.if_exists(PAGE, outputs::if_exists(settings.force));
    let files = Evaluation::files(&settings.out);
    outputs::refuse_existing(files.iter().map(PathBuf::as_path), if_exists == IfExists::Replace)?;
    let (raters, raters_from) = raters(settings, &dataset)?;
    let own = first.is_trained_on(&dataset);
    let folds = settings.split.is_none() && own && first.fold.is_some();
    let split = if folds { Split::Validation } else { settings.split.unwrap_or(Split::Test) };
    let parts: Vec<DatasetPart> =
        if folds { held_out(&all, &dataset)? } else { only_one(&all).map(|_| vec![dataset.split(split)])? };
    let pairs = || all.iter().zip(&parts);
    let part = if folds { "held-out folds".to_owned() } else { format!("{split} split") };
    if pairs().all(|(_, part)| part.studies().next().is_none()) {
        return Err(wrong_usage(format!("the {part} of {} has no study", folder.display())));
    }
    // Who names the training or validation part of the run's own dataset asks for exactly these studies.
    let compared = folds || !own || split == Split::Test;
    let found = compared.then(|| pairs().map(|(judged, part)| Leakage::of(part, &judged.seen)).collect());
    let leakage = found.and_then(Leakage::joined);
    let left_out = |case: &str| leakage.as_ref().is_some_and(|leakage| leakage.leaves_out(case));
    let studies: Vec<(&Judged, DatasetStudy<'_>)> = pairs()
        .flat_map(|(judged, part)| part.studies().map(move |study| (judged, study)))
        .filter(|(_, study)| !left_out(study.name()))
        .collect();
    if studies.is_empty() {
        return Err(wrong_usage(format!(
            "the model was trained or validated on the patients of all studies in the {part} of {}; nothing was evaluated",
            folder.display()
        )));
    }
    let protocol = RoiProtocol::new(Protocol::paper())?;
    let mut readings = Vec::with_capacity(studies.len());
    let bar = progress::bar(studies.len() as u64, "evaluating");
    for (judged, study) in &studies {
        readings.push(judged.read(study, &protocol)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let result = EvaluationResult::new(readings, raters.as_ref());
    let names: Vec<&str> = studies.iter().map(|(_, study)| study.name()).collect();
    let mut subject = Subject {
        date: test_reads::now(),
        run: Judged::joined(&all),
        dataset: DatasetIdentity {
            folder: folder.display().to_string(),
            name: dataset.manifest().name.clone(),
            sha256: dataset.sha256().to_owned(),
            trained_on: own,
            raters_from,
        },
        split,
        folds: all.iter().filter(|_| folds).filter_map(|judged| judged.fold).map(|fold| fold.to_string()).collect(),
        test_reads: None,
        cohort: Some(Cohort::new(&dataset, &names)),
        leakage: leakage.clone(),
    };
    if split == Split::Test {
        // A model without a run folder is counted where the dataset is.
        let counted_in = if first.run.is_some() { Path::new(&first.identity.folder) } else { &folder };
        // Before anything is shown, so that the evaluation is recorded even if writing fails.
        test_reads::record(counted_in, &TestRead::new(&subject, &settings.out))?;
        subject.test_reads = Some(test_reads::count(counted_in, dataset.sha256())?);
    }
    let evaluation = Evaluation { subject: &subject, result: &result, protocol: &protocol };
    let page = evaluation.write(&settings.out, &dataset.named(&names), if_exists)?;
    print!("{}", evaluation.summary());
    eprintln!("all files are in {}; open {}", settings.out.display(), page.display());
    Ok(Outcome::Done)
}

/// The fold that each run held out; every run must have held out another one of the same dataset.
fn held_out(runs: &[Judged], dataset: &AnnotatedDataset) -> anyhow::Result<Vec<DatasetPart>> {
    let mut before: Vec<Fold> = Vec::new();
    let mut parts = Vec::new();
    for run in runs {
        let name = &run.identity.folder;
        let Some(fold) = run.fold.filter(|_| run.is_trained_on(dataset)) else {
            return Err(wrong_usage(format!("{name} held out no fold of this dataset; evaluate it alone")));
        };
        if let Some(other) = before.iter().find(|other| other.number() == fold.number() || other.of() != fold.of()) {
            return Err(wrong_usage(format!(
                "{name} held out fold {fold}, another run {other}; each fold is evaluated once"
            )));
        }
        before.push(fold);
        parts.push(dataset.fold(fold).map_err(as_usage)?.held_out);
    }
    Ok(parts)
}

fn only_one(all: &[Judged]) -> anyhow::Result<()> {
    if all.len() == 1 {
        return Ok(());
    }
    Err(wrong_usage(
        "several models are evaluated together only where each is a run that held out another fold (train --fold)",
    ))
}

/// The dataset that was named, or that which the run was trained on.
fn dataset(settings: &EvaluateRunSettings, judged: &Judged) -> anyhow::Result<(PathBuf, AnnotatedDataset)> {
    let open = |folder: &Path| {
        AnnotatedDataset::open(folder).context("cannot use the dataset; `bloodpool dataset verify` says what is wrong")
    };
    if let Some(folder) = &settings.dataset {
        return Ok((folder.clone(), open(folder)?));
    }
    let (name, run) = (&judged.identity.folder, Path::new(&judged.identity.folder));
    let of_run = judged.run.as_ref().and_then(|origin| Some((origin, origin.data_folder.as_ref()?)));
    let Some((origin, recorded)) = of_run else {
        return Err(wrong_usage(format!(
            "{name} was trained on no dataset, but on {}; name a dataset with --dataset, or evaluate on simulated studies: \
             bloodpool evaluate --seed S --model {name}",
            judged.identity.training_data
        )));
    };
    // A run may have been trained in another working folder, or may have been moved together with its dataset.
    let beside = |name: &Path| run.parent().map(|parent| parent.join(name));
    let places =
        [Some(recorded.clone()), beside(recorded), recorded.file_name().and_then(|name| beside(Path::new(name)))];
    let found = places.into_iter().flatten().find(|folder| folder.is_dir());
    let Some(folder) = found else {
        return Err(wrong_usage(format!(
            "the dataset of {name} is no longer in {}; say with --dataset where it is",
            recorded.display()
        )));
    };
    let dataset = open(&folder)?;
    if origin.dataset_sha256() != Some(dataset.sha256()) {
        return Err(wrong_usage(format!(
            "{} is not the dataset that {name} was trained on ({}): its dataset.json has the SHA-256 {}. To evaluate on \
             another dataset, name it with --dataset",
            folder.display(),
            origin.training_data,
            dataset.sha256()
        )));
    }
    Ok((folder, dataset))
}

/// How the raters fared, from the dataset or from the folder of its images, and which of them it was.
fn raters(
    settings: &EvaluateRunSettings,
    dataset: &AnnotatedDataset,
) -> anyhow::Result<(Option<RaterRecord>, Option<String>)> {
    let Some(images) = &settings.images else {
        let raters = dataset.raters()?;
        let from = raters.as_ref().map(|_| "the dataset".to_owned());
        return Ok((raters, from));
    };
    let consensus = ConsensusManifest::read(images)?;
    if consensus.sha256 != dataset.manifest().consensus_sha256 {
        return Err(wrong_usage(format!(
            "the consensus in {} is not that of the dataset: its consensus.json has another SHA-256",
            images.display()
        )));
    }
    let raters =
        RaterRecord::of_consensus(&consensus).map_err(|reason| anyhow::anyhow!("{}: {reason}", images.display()))?;
    let from = raters.as_ref().map(|_| images.display().to_string());
    Ok((raters, from))
}
