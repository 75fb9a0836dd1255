//! `evaluate MODEL`: a model, or the masks of another program, and the consensus of raters on one part of a dataset.

use std::path::{Path, PathBuf};

use bloodpool::judged::OwnDatasetError;
use bloodpool::{Comparison, Judged};
use bloodpool_core::Protocol;
use bloodpool_dataset::{AnnotatedDataset, ConsensusManifest, RaterRecord, Split};
use bloodpool_files::IfExists;

use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::{EvaluateRunSettings, JudgedBy};
use crate::{outputs, progress};
use bloodpool_evaluation::raters::cohort::Cohort;
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
    let comparison =
        Comparison::plan(&all, &dataset, &folder.display().to_string(), settings.split).map_err(as_usage)?;
    let studies = comparison.studies(&all);
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
            trained_on: first.is_trained_on(&dataset),
            raters_from,
        },
        split: comparison.split,
        folds: comparison.folds.iter().map(ToString::to_string).collect(),
        test_reads: None,
        cohort: Some(Cohort::new(&dataset, &names)),
        leakage: comparison.leakage.clone(),
    };
    if comparison.split == Split::Test {
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

/// The dataset that was named, or that which the run was trained on.
fn dataset(settings: &EvaluateRunSettings, judged: &Judged) -> anyhow::Result<(PathBuf, AnnotatedDataset)> {
    judged.dataset(settings.dataset.as_deref()).map_err(|error| match error {
        OwnDatasetError::Unusable(error) => {
            anyhow::Error::new(error).context("cannot use the dataset; `bloodpool dataset verify` says what is wrong")
        }
        OwnDatasetError::None { ref model, .. } => wrong_usage(format!(
            "{error}; name a dataset with --dataset, or evaluate on simulated studies: bloodpool evaluate --seed S \
             --model {model}"
        )),
        OwnDatasetError::Gone { .. } => wrong_usage(format!("{error}; say with --dataset where it is")),
        other => wrong_usage(format!("{other}. To evaluate on another dataset, name it with --dataset")),
    })
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
