//! Two runs at once into one folder, and runs that are killed: one is refused, and the next run goes on or starts clean.
//!
//! `LOCK_TRIALS` sets how often each verb is tried (`.ci/long`: 50).

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::program::{bloodpool, tree};

/// A verb on its smallest settings.
struct Verb {
    arguments: &'static [&'static str],
    /// What goes on with a run that was killed; empty: the same command.
    resume: &'static [&'static str],
    /// The folder that it writes.
    out: &'static str,
    /// The file in it that is written last.
    last_file: &'static str,
}

const fn verb(arguments: &'static [&'static str], out: &'static str, last_file: &'static str) -> Verb {
    Verb { arguments, resume: &[], out, last_file }
}

const SIMULATE: Verb = verb(
    &["simulate", "sim", "--studies", "6", "--raters", "2", "--matrix", "64", "--ef", "50..70", "--seed", "5"],
    "sim",
    "truth.csv",
);
const EXTRACT: Verb =
    verb(&["dataset", "extract", "sim/studies", "--frames", "sim/truth.csv", "--out", "work"], "work", "extract.json");
const CONSENSUS: Verb =
    verb(&["dataset", "consensus", "work", "--raters", "sim/raters"], "work", "consensus/consensus.json");
const BUILD: Verb = verb(&["dataset", "build", "work", "--out", "data", "--studies", "2/2/2"], "data", "dataset.json");
const TRAIN: Verb = Verb {
    resume: &["train", "--resume", "run"],
    ..verb(&["train", "--config", "train.toml", "--dataset", "data", "--out", "run"], "run", "model.json")
};
const EVALUATE: Verb = verb(&["evaluate", "run", "--split", "validation", "--out", "result"], "result", "index.html");
const ANALYZE: Verb = Verb {
    // Reports of earlier runs may be in the same folder, so that they are never replaced unasked.
    resume: &["analyze", "sim/studies", "--report", "reports", "--force"],
    ..verb(&["analyze", "sim/studies", "--report", "reports"], "reports", "sim-0006/report.html")
};
/// In the order in which each finds what it needs.
const CHAIN: [Verb; 7] = [SIMULATE, EXTRACT, CONSENSUS, BUILD, TRAIN, EVALUATE, ANALYZE];
const REPRODUCE: Verb = Verb {
    resume: &["reproduce", "--out", "study"],
    ..verb(
        &["reproduce", "--out", "study", "--studies", "10", "--raters", "2", "--network", "unet@32/8", "--epochs", "1"],
        "study",
        "index.html",
    )
};

const TINY: &str = "\
name = \"tiny\"
steps = 6
steps_per_epoch = 2
studies_per_step = 1
frames_per_view = 2
validation_studies = 1

[network]
architecture = \"compact\"
widths = [8, 8]
block = 4
groups = 4
";

fn trials(usual: usize) -> usize {
    std::env::var("LOCK_TRIALS").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin("bloodpool"))
        .current_dir(folder)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a verb left is whole: its last file is there, and neither a lock nor a temporary file.
fn is_whole(folder: &Path, verb: &Verb) {
    let out = folder.join(verb.out);
    assert!(out.join(verb.last_file).is_file(), "{:?}: {} is missing", verb.arguments, verb.last_file);
    for (path, _) in tree(&out) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let left = name.ends_with(".tmp") || name == ".bloodpool.lock" || path.to_string_lossy().contains(".partial");
        assert!(!left, "{:?} left {}", verb.arguments, path.display());
    }
}

/// What later runs read must not depend on who wrote it, apart from the clock.
fn same_but_for_times(folder: &Path, verb: &Verb) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    // Parameters in training have random identifiers, which key the state of the optimiser.
    let timed = [
        "metrics.jsonl",
        "curves.svg",
        "evaluation.json",
        "index.html",
        "report.html",
        "report.md",
        "analysis.json",
        "test-evaluations.jsonl",
        // They state the day and time of the evaluation.
        "methods.md",
        "claim.md",
        "tripod-ai.md",
        "model-card.md",
    ];
    let identified = ["network.bpk", "optimizer.bpk", "state.json"];
    let timeless =
        |(path, _): &(std::path::PathBuf, Vec<u8>)| !timed.iter().chain(&identified).any(|name| path.ends_with(name));
    tree(&folder.join(verb.out)).into_iter().filter(timeless).collect()
}

fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train.toml"), TINY).unwrap();
    folder
}

fn clear(folder: &Path, verb: &Verb) {
    let out = if verb.out == "work" && verb.last_file.starts_with("consensus") { "work/consensus" } else { verb.out };
    let _ = fs::remove_dir_all(folder.join(out));
}

/// Both at once: one is done, the other is refused by the lock, or by what the first has written when it was faster.
fn two_at_once(folder: &Path, verb: &Verb) {
    let both = [start(folder, verb.arguments), start(folder, verb.arguments)];
    let ended = both.map(|child| child.wait_with_output().unwrap());
    let done = ended.iter().filter(|output| output.status.success()).count();
    let words: Vec<String> = ended.iter().map(said).collect();
    assert_eq!(done, 1, "{:?}: {words:#?}", verb.arguments);
    let refused = ended.iter().find(|output| !output.status.success()).unwrap();
    let words = said(refused);
    // The holder may just have ended, so that nobody is named.
    let why = ["is in use by", "is not empty", "exists already", "begun with other choices"];
    assert!(why.iter().any(|why| words.contains(why)), "{:?}: {words}", verb.arguments);
    is_whole(folder, verb);
}

#[test]
fn of_two_runs_at_once_one_is_refused_and_the_other_is_whole() {
    let folder = prepared();
    for verb in &CHAIN {
        for _ in 0..trials(2) {
            clear(folder.path(), verb);
            two_at_once(folder.path(), verb);
        }
    }
}

#[test]
fn two_that_resume_one_run_write_every_epoch_once() {
    let folder = prepared();
    for verb in &CHAIN[..4] {
        bloodpool(folder.path()).args(verb.arguments).assert().success();
    }
    for _ in 0..trials(2) {
        clear(folder.path(), &TRAIN);
        let begun = ["train", "--config", "train.toml", "--dataset", "data", "--out", "run", "--steps", "6"];
        let mut child = start(folder.path(), &begun);
        let checkpoint = folder.path().join("run/checkpoint-00000002/state.json");
        let began = Instant::now();
        while !checkpoint.exists() && child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if folder.path().join("run/model.json").exists() {
            continue; // faster than the kill
        }
        let both = [start(folder.path(), TRAIN.resume), start(folder.path(), TRAIN.resume)];
        let ended = both.map(|child| child.wait_with_output().unwrap());
        assert!(
            ended.iter().any(|output| output.status.success()),
            "{:#?}",
            ended.iter().map(said).collect::<Vec<_>>()
        );
        let metrics = fs::read_to_string(folder.path().join("run/metrics.jsonl")).unwrap();
        assert_eq!(metrics.lines().count(), 3, "{metrics}");
        is_whole(folder.path(), &TRAIN);
    }
}

/// Kills a run at a random moment of the time that a whole one takes; then the next one must end well, with the same files.
fn killed(folder: &Path, verb: &Verb, random: &mut ChaCha8Rng) {
    clear(folder, verb);
    let began = Instant::now();
    bloodpool(folder).args(verb.arguments).assert().success();
    let takes = began.elapsed().as_secs_f64();
    let whole = same_but_for_times(folder, verb);
    for _ in 0..trials(2).min(20) {
        clear(folder, verb);
        let mut child = start(folder, verb.arguments);
        std::thread::sleep(Duration::from_secs_f64(random.random_range(0.0..takes)));
        child.kill().unwrap();
        child.wait().unwrap();
        if !folder.join(verb.out).join(verb.last_file).exists() {
            // A run that had not begun cannot be resumed: its command is given again, as its message says.
            let resumable = match verb.out {
                "run" => folder.join("run/run.json").exists(),
                "study" => folder.join("study/plan.json").exists(),
                _ => !verb.resume.is_empty(),
            };
            let next = if resumable { verb.resume } else { verb.arguments };
            let output = start(folder, next).wait_with_output().unwrap();
            assert!(output.status.success(), "{next:?} after a kill: {}", said(&output));
        }
        if folder.join(verb.out).join(".bloodpool.lock").exists() {
            continue; // killed after its last file: the next run into the folder removes the lock
        }
        is_whole(folder, verb);
        let now = same_but_for_times(folder, verb);
        let names =
            |tree: &[(std::path::PathBuf, Vec<u8>)]| tree.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(names(&now), names(&whole), "{:?}", verb.arguments);
        let differ: Vec<_> =
            now.iter().zip(&whole).filter(|(now, whole)| now != whole).map(|(now, _)| &now.0).collect();
        assert!(differ.is_empty(), "{:?}: {differ:?} differ after a kill", verb.arguments);
    }
}

#[test]
fn after_a_kill_the_next_run_goes_on_or_starts_clean() {
    let folder = prepared();
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for verb in &CHAIN {
        killed(folder.path(), verb, &mut random);
        if !folder.path().join(verb.out).join(verb.last_file).exists() {
            bloodpool(folder.path()).args(verb.arguments).assert().success();
        }
    }
}

#[test]
fn a_study_survives_two_at_once_and_kills_and_knows_what_is_not_its_own() {
    let folder = prepared();
    for _ in 0..trials(1) {
        clear(folder.path(), &REPRODUCE);
        two_at_once(folder.path(), &REPRODUCE);
    }
    let mut random = ChaCha8Rng::seed_from_u64(10);
    killed(folder.path(), &REPRODUCE, &mut random);

    // A cohort of another seed in the place of the study's own.
    let study = folder.path().join("study");
    fs::remove_dir_all(study.join("cohort")).unwrap();
    bloodpool(folder.path())
        .args(["simulate", "study/cohort", "--studies", "10", "--raters", "2", "--cohort", "paper", "--seed", "77"])
        .assert()
        .success();
    let output = start(folder.path(), REPRODUCE.resume).wait_with_output().unwrap();
    let words = said(&output);
    assert!(!output.status.success() && words.contains("it has another seed") && words.contains("delete"), "{words}");
    assert!(words.contains("study/cohort is not of this study"), "{words}");
}
