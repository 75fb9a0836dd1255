//! `reproduce`: the study of Oh et al. 2022 on simulated patients, each step once.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bloodpool::TrainingChoices;
use bloodpool::extraction::Extraction;
use bloodpool::simulation::{Simulation, TRUTH, names};
use bloodpool_dataset::{ConsensusRule, Split, SplitSizes};
use bloodpool_dicom::Selection;
use bloodpool_evaluation::reproduction::{self, PLAN, Part, Plan, PlannedNetwork, Progress};
use bloodpool_files::{FolderLock, IfExists, LockError};
use bloodpool_nn::network::Picture;

use crate::commands::{dataset, evaluate, simulate, train};
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, wrong_usage};
use crate::outputs;
use crate::settings::{
    BuildSettings, ConsensusSettings, EvaluateRunSettings, EvaluateSettings, ExtractSettings, JudgedBy,
    ReproduceSettings, Run, SimulateSettings, TrainSettings,
};

/// One step.
struct Step {
    doing: String,
    part: Part,
    run: Box<dyn Fn() -> anyhow::Result<Outcome>>,
}

/// Runs what is not done yet, and writes the report.
pub(crate) fn run(settings: &ReproduceSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    let ReproduceSettings { out, plan, begun } = settings;
    let lock = outputs::lock(out, &[])?;
    if !begun {
        begin(out, plan, &lock)?;
    }
    let steps = steps(out, plan);
    for (index, step) in steps.iter().enumerate() {
        let number = format!("[{}/{}]", index + 1, steps.len());
        match step.part.progress(out, plan) {
            Progress::ToDo => {}
            Progress::Done => {
                eprintln!("{number} {}: done before", step.doing);
                continue;
            }
            Progress::Foreign { folder, reason } => bail!(
                "the study stopped at: {}: {} is not of this study: {reason}; nothing was written. To run the step again, delete \
                 that folder",
                step.doing,
                folder.display()
            ),
        }
        eprintln!("{number} {}", step.doing);
        let outcome = (step.run)().with_context(|| format!("the study stopped at: {}", step.doing))?;
        if outcome != Outcome::Done || interrupt.seen() {
            eprintln!("resume with: bloodpool reproduce --out {}", bloodpool_files::shell_word(out));
            return Ok(if outcome == Outcome::Done { Outcome::Interrupted } else { outcome });
        }
    }
    let written = reproduction::write(out, plan, &command(out, plan))?;
    println!("{}", written.text);
    eprintln!("the report is in {}; open {}", written.report.display(), written.page.display());
    Ok(Outcome::Done)
}

/// The command that makes this study, with every choice spelt out.
fn command(out: &Path, plan: &Plan) -> String {
    let networks: String = plan.networks.iter().map(|planned| format!(" --network {}", planned.spelt())).collect();
    let picture = if plan.picture == Picture::InCycle { " --picture in-cycle" } else { "" };
    format!(
        "bloodpool reproduce --out {} --studies {} --raters {} --seed {} --cohort {}{networks}{picture} --half-side-epochs {} \
         --epochs {}",
        out.display(),
        plan.studies,
        plan.raters,
        plan.seed,
        plan.cohort.name(),
        plan.half_side_epochs,
        plan.epochs
    )
}

/// Begins a study in a new folder.
fn begin(out: &Path, plan: &Plan, lock: &FolderLock) -> anyhow::Result<()> {
    match lock.claim(None, PLAN, IfExists::Refuse) {
        Err(LockError::Occupied { folder }) => Err(wrong_usage(format!(
            "{} is not empty and not a study folder; nothing was written. Choose another folder",
            folder.display()
        ))),
        Err(error) => Err(error.into()),
        Ok(if_exists) => {
            outputs::write(&out.join(PLAN), (serde_json::to_string_pretty(plan)? + "\n").as_bytes(), if_exists)
        }
    }
}

/// All steps, in order. Each replaces what an interruption left of it; a training run is resumed.
fn steps(out: &Path, plan: &Plan) -> Vec<Step> {
    let (cohort, images, data) = (out.join("cohort"), out.join("images"), out.join("dataset"));
    let mut steps = vec![
        simulate_step(&cohort, plan),
        extract_step(&cohort, &images),
        consensus_step(&cohort, &images, plan),
        build_step(&cohort, &images, &data, plan),
    ];
    for planned in &plan.networks {
        let network = &planned.network;
        let run = reproduction::run_of(out, network);
        let half = (plan.half_side_epochs > 0).then(|| reproduction::half_side_run_of(out, network));
        if let Some(half) = &half {
            let part = Part::HalfSideRun(planned.clone());
            steps.push(train_step(part, &planned.at_half_side(), plan.half_side_epochs, &data, half, None, plan));
        }
        let part = Part::Run(planned.clone());
        steps.push(train_step(part, planned, plan.epochs, &data, &run, half, plan));
        steps.push(evaluate_step(planned, &run, &data, &reproduction::evaluation_of(out, network)));
    }
    steps
}

fn simulate_step(cohort: &Path, plan: &Plan) -> Step {
    let simulation = Simulation {
        out: cohort.to_owned(),
        studies: plan.studies,
        raters: plan.raters,
        cohort: plan.cohort,
        seed: plan.seed,
        lvef_percent: None,
        matrix: None,
    };
    let settings = SimulateSettings { simulation, force: true };
    Step {
        doing: format!("simulating {} patients and {} raters", plan.studies, plan.raters),
        part: Part::Cohort,
        run: Box::new(move || simulate::run(&settings)),
    }
}

/// The frames of ED and ES are the true ones, as the paper found them with the ECG.
fn extract_step(cohort: &Path, images: &Path) -> Step {
    let extraction = Extraction {
        studies: vec![cohort.join("studies")],
        out: images.to_owned(),
        frames: Some(cohort.join(TRUTH)),
        key: None,
        selection: Selection::default(),
        if_exists: IfExists::Replace,
    };
    let settings = ExtractSettings { extraction, prelabel: None, raters: Vec::new(), force: true };
    Step {
        doing: "extracting the images of ED, ED+2, ES and ES+2".to_owned(),
        part: Part::Images,
        run: Box::new(move || dataset::extract::run(&settings)),
    }
}

/// The frames are the true ones, so that they cannot have been exchanged: every LVEF is accepted.
fn consensus_step(cohort: &Path, images: &Path, plan: &Plan) -> Step {
    let settings = ConsensusSettings {
        folder: images.to_owned(),
        raters: vec![cohort.join("raters")],
        groups: None,
        labels: bloodpool_dataset::annotations::DEFAULT_LABELS.map(str::to_owned).to_vec(),
        rule: ConsensusRule::Majority,
        min_raters: 2,
        at_least: None,
        assignments: None,
        leave_out: Vec::new(),
        leave_out_outliers: false,
        accept_lvef: names(plan.studies),
        force: true,
    };
    Step {
        doing: "forming the consensus of the raters".to_owned(),
        part: Part::Consensus,
        run: Box::new(move || dataset::consensus::run(&settings)),
    }
}

fn build_step(cohort: &Path, images: &Path, data: &Path, plan: &Plan) -> Step {
    let settings = BuildSettings {
        folder: images.to_owned(),
        out: data.to_owned(),
        seed: plan.seed,
        sizes: SplitSizes::Percent { parts: [60, 20, 20] },
        truth: Some(cohort.to_owned()),
        reference: None,
        accept_lvef: names(plan.studies),
        force: true,
    };
    Step {
        doing: "splitting by patient into training, validation and test".to_owned(),
        part: Part::Dataset,
        run: Box::new(move || dataset::build::run(&settings)),
    }
}

fn train_step(
    part: Part,
    planned: &PlannedNetwork,
    epochs: usize,
    data: &Path,
    run: &Path,
    start_from: Option<PathBuf>,
    plan: &Plan,
) -> Step {
    let (seed, picture) = (plan.seed, plan.picture);
    let (PlannedNetwork { network, side, width }, data, folder) = (planned.clone(), data.to_owned(), run.to_owned());
    Step {
        doing: format!("training {network} on pictures of {side} pixels for {epochs} epochs"),
        part,
        run: Box::new(move || {
            // A run that was begun is resumed; one that was cut off before its folder was complete is begun again.
            let begun = folder.join("run.json").exists();
            train::run(&TrainSettings {
                config: None,
                run: if begun { Run::Resume(folder.clone()) } else { Run::New(folder.clone()) },
                dataset: Some(data.clone()),
                start_from: start_from.as_ref().map(|run| run.display().to_string()),
                start_from_backbone: None,
                choices: TrainingChoices {
                    network: Some(network.clone()),
                    epochs: Some(epochs),
                    side: Some(side),
                    width,
                    picture: Some(picture),
                    seed: Some(seed),
                    starts_from_weights: start_from.is_some(),
                    ..TrainingChoices::default()
                },
            })
        }),
    }
}

fn evaluate_step(planned: &PlannedNetwork, run: &Path, data: &Path, folder: &Path) -> Step {
    let settings = EvaluateSettings::Run(EvaluateRunSettings {
        judged: JudgedBy::Models(vec![run.to_owned()]),
        dataset: Some(data.to_owned()),
        split: Some(Split::Test),
        images: None,
        device: bloodpool::model::DEFAULT_DEVICE.to_owned(),
        out: folder.to_owned(),
        force: true,
    });
    Step {
        doing: format!("evaluating {} on the test patients", planned.network),
        part: Part::Evaluation(planned.clone()),
        run: Box::new(move || evaluate::run(&settings)),
    }
}
