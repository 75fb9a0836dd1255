//! Studies that end their worker: this program is also the worker, and aborts at the study whose hash it is told.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bloodpool::IfExists;
use bloodpool::simulation::{Cohort as Patients, Simulation};
use bloodpool_cohort::output::part_files;
use bloodpool_cohort::part::Part;
use bloodpool_cohort::run::WORKER_ENDED;
use bloodpool_cohort::worker::{READY, Task, WorkerCommand, WorkerSetup};
use bloodpool_cohort::{Cohort, CohortResult, CohortRow, Identities};
use bloodpool_files::sha256;

const STUDIES: u64 = 6;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|word| word == "worker") {
        return worker(&arguments[2], arguments.get(3).map(Path::new));
    }
    // The names that `cargo test` lists and filters by.
    if arguments.iter().any(|word| word == "--list") {
        return;
    }
    a_study_that_ends_its_worker_twice_is_a_row_with_an_error();
    println!("3 runs, two of them with studies that end their worker: each study has one row");
}

/// Aborts at the file with this hash: always, or only as long as the file `once` does not exist.
fn worker(hash: &str, once: Option<&Path>) {
    let mut lines = std::io::stdin().lock().lines();
    let setup: WorkerSetup = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let analyzer = setup.choices.analyzer().unwrap();
    print!("{READY}");
    std::io::stdout().flush().unwrap();
    for line in lines {
        let task: Task = serde_json::from_str(&line.unwrap()).unwrap();
        if task.key.sha256 == hash && once.is_none_or(|once| !once.exists()) {
            once.inspect(|once| std::fs::write(once, "").unwrap());
            std::process::abort();
        }
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{}", serde_json::to_string(&task.answer(&setup, &analyzer)).unwrap()).unwrap();
        stdout.flush().unwrap();
    }
}

fn run(folder: &Path, out: &str, worker: &[&str]) -> CohortResult {
    let arguments = ["worker"].iter().chain(worker).map(Into::into).collect();
    let command = WorkerCommand { program: std::env::current_exe().unwrap(), arguments };
    let identities = Identities::without_key(true);
    let cohort = Cohort::new(vec![folder.join("sim/studies")], folder.join(out), identities, command);
    let cohort = Cohort { workers: 2, rows_per_file: 2, longest_wait: Duration::from_secs(600), ..cohort };
    cohort.run(&|_| {}, &AtomicBool::new(false)).unwrap()
}

fn rows(folder: &Path) -> Vec<CohortRow> {
    let parts = part_files(folder).unwrap();
    let mut rows: Vec<CohortRow> = parts.iter().flat_map(|path| Part::open(path).unwrap().all().unwrap()).collect();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

fn a_study_that_ends_its_worker_twice_is_a_row_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let simulation = Simulation {
        out: folder.join("sim"),
        studies: STUDIES,
        raters: 0,
        cohort: Patients::Ordinary,
        seed: 3,
        lvef_percent: Some(40.0..=70.0),
        matrix: Some(64),
    };
    simulation.write(IfExists::Refuse, &|| {}, &AtomicBool::new(false)).unwrap();
    let bad: PathBuf = folder.join("sim/studies/sim-0003.dcm");
    let hash = sha256(&std::fs::read(&bad).unwrap());

    let usual = run(folder, "usual", &["none"]);
    let expected = rows(&folder.join("usual"));
    assert_eq!((usual.studies, usual.rows, usual.failed, usual.stopped), (6, 6, 0, false));
    assert_eq!(expected.len(), 6);

    // Once: the study is tried again, and nothing of it is seen in the rows.
    let marker = folder.join("marker");
    let once = run(folder, "once", &[&hash, marker.to_str().unwrap()]);
    assert!(marker.exists());
    assert_eq!((once.rows, once.failed), (6, 0));
    assert_eq!(rows(&folder.join("once")), expected);

    // Always: it becomes an error, and the others are as they were.
    let always = run(folder, "always", &[&hash]);
    assert_eq!((always.rows, always.failed), (6, 1));
    let found = rows(&folder.join("always"));
    let (failed, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|row| row.sha256.as_ref() == Some(&hash));
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].error_code.as_deref(), Some(WORKER_ENDED));
    assert!(failed[0].error_message.as_ref().unwrap().contains("signal: 6"), "{:?}", failed[0].error_message);
    let without: Vec<_> = expected.into_iter().filter(|row| row.sha256.as_ref() != Some(&hash)).collect();
    assert_eq!(others, without);
    assert!(!folder.join("always/_journal").exists());
    // It stays an error: the next run has nothing to do.
    let again = run(folder, "always", &[&hash]);
    assert_eq!((again.studies, again.earlier, again.rows), (6, 6, 0));
}
