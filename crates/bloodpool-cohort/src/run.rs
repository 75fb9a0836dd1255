//! `Cohort`: from inputs to rows in a folder, each study once, through kills of the run and of its workers.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bloodpool::SetAsideSummary;
use bloodpool::dicom::{Plan, PlannedStudy, ReadError, plan};
use rayon::prelude::*;

use crate::journal::Journal;
use crate::key::{RunIdentity, StudyKey};
use crate::of_study::{RowContext, line};
use crate::output::{CohortFolder, Keys};
use crate::row::{CohortRow, FAILED, WITHHELD};
use crate::worker::{Answer, Task, Worker, WorkerCommand, WorkerSetup};
use crate::{AnalysisChoices, CohortError, Identities};

/// Code of a study that ended its worker again and again.
pub const WORKER_ENDED: &str = "worker_ended";

/// A cohort to analyse.
#[derive(Debug, Clone)]
pub struct Cohort {
    /// Files, and folders that are searched with their subfolders.
    pub inputs: Vec<PathBuf>,
    /// The folder of rows; it may hold those of earlier runs.
    pub out: PathBuf,
    /// Folders of rows that are not made again, where several runs write into folders of their own; they need not exist.
    pub known: Vec<PathBuf>,
    /// By what studies are analysed.
    pub choices: AnalysisChoices,
    /// How rows name patients.
    pub identities: Identities,
    /// How workers are started.
    pub worker: WorkerCommand,
    /// Number of workers, 1 or more; each analyses one study at a time, on one thread. Where there are fewer studies, they share the
    /// threads of all.
    pub workers: usize,
    /// Most rows of one file, 1 or more.
    pub rows_per_file: usize,
    /// Rows wait at most so long for others before their file is written.
    pub longest_wait: Duration,
}

/// What happens during a run, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many studies were found, and so many of them are in rows of earlier runs.
    Found {
        /// All.
        studies: usize,
        /// In rows of earlier runs.
        earlier: usize,
    },
    /// One study more has ended.
    Ended,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct CohortResult {
    /// Studies that were found, without copies and without those whose bytes the system does not give.
    pub studies: usize,
    /// Studies with rows of earlier runs.
    pub earlier: usize,
    /// Rows that this run wrote.
    pub rows: usize,
    /// Those of them without an LVEF.
    pub failed: usize,
    /// Those of them whose LVEF is withheld.
    pub withheld: usize,
    /// Files with the key of another one.
    pub copies: usize,
    /// Files whose bytes the system does not give, with the reason; they have no row, and the next run tries again.
    pub not_read: Vec<(PathBuf, String)>,
    /// What was found in folders and is no study.
    pub set_aside: SetAsideSummary,
    /// Whether it was stopped: the rows written are whole, and the next run goes on.
    pub stopped: bool,
}

impl Cohort {
    /// With the usual size of files.
    #[must_use]
    pub fn new(inputs: Vec<PathBuf>, out: PathBuf, identities: Identities, worker: WorkerCommand) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let choices = AnalysisChoices::default();
        let longest_wait = Duration::from_secs(30);
        Self { inputs, out, known: Vec::new(), choices, identities, worker, workers, rows_per_file: 1000, longest_wait }
    }

    /// Analyses what has no row yet. `progress` is told what happens; after `stop` is set, the studies in work are finished and written.
    ///
    /// # Errors
    /// [`CohortError`] when nothing can be analysed or written. One study that fails is a row.
    pub fn run(&self, progress: &dyn Fn(Progress), stop: &AtomicBool) -> Result<CohortResult, CohortError> {
        let model = self.choices.analyzer()?.segmenter().identity();
        let run = RunIdentity {
            model,
            choices_sha256: self.choices.sha256()?,
            software: bloodpool_report::SOFTWARE.to_owned(),
        };
        let folder = CohortFolder::open(&self.out, &self.identities)?;
        let mut earlier = Keys::default();
        for known in self.known.iter().filter(|known| known.exists()).chain([&self.out]) {
            earlier.add_rows_of(known)?;
        }
        let Plan { studies: planned, set_aside } = plan(&self.inputs, &self.choices.selection);
        let mut result =
            CohortResult { set_aside: SetAsideSummary::of(&planned, &set_aside), ..CohortResult::default() };
        let journal = Journal::in_folder(&self.out)?;
        let found = self.jobs(planned, &run, &earlier, &journal, &mut result)?;
        progress(Progress::Found { studies: result.studies, earlier: result.earlier });

        let setup = WorkerSetup { choices: self.choices.clone(), run, identities: self.identities.clone() };
        let rows = Rows { folder: &folder, journal: &journal, waiting: Vec::new(), since: Instant::now() };
        let mut collector = Collector { rows, result: &mut result, progress };
        self.pass(found.usual, false, &setup, &mut collector, stop)?;
        // Alone, so that it is known which study it was if the run is cut off again.
        self.pass(found.suspicious, true, &setup, &mut collector, stop)?;
        collector.rows.write()?;
        journal.close();
        Ok(result)
    }

    /// What is to be done: keys on all cores, then in the order of the plan, so that copies are told from their originals always alike.
    fn jobs(
        &self,
        planned: Vec<Result<PlannedStudy, ReadError>>,
        run: &RunIdentity,
        earlier: &Keys,
        journal: &Journal,
        result: &mut CohortResult,
    ) -> Result<Jobs, CohortError> {
        let keys: Vec<Option<StudyKey>> =
            planned.par_iter().map(|study| StudyKey::of(study, run)).collect::<Result<_, _>>()?;
        let (mut jobs, mut seen) = (Jobs::default(), Keys::default());
        for (study, key) in planned.into_iter().zip(keys) {
            let Some(key) = key else {
                result.not_read.push(not_read(study));
                continue;
            };
            if !seen.insert(&key.key) {
                result.copies += 1;
                continue;
            }
            result.studies += 1;
            if earlier.contains(&key.key) {
                result.earlier += 1;
                continue;
            }
            let attempts = journal.of(&key.key);
            let queue = if attempts.are_suspicious() { &mut jobs.suspicious } else { &mut jobs.usual };
            queue.push_back(Job::of(study, key));
        }
        Ok(jobs)
    }

    /// Does some jobs, one at a time or by all workers, and collects their rows.
    fn pass(
        &self,
        jobs: VecDeque<Job>,
        alone: bool,
        setup: &WorkerSetup,
        collector: &mut Collector<'_>,
        stop: &AtomicBool,
    ) -> Result<(), CohortError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let workers = if alone { 1 } else { self.workers.clamp(1, jobs.len()) };
        let first = line(setup)?;
        let crew = Crew {
            command: &self.worker,
            setup,
            first: &first,
            // As many threads in all as workers were asked for: an engine that calls for one worker per core has one thread per core.
            threads: (self.workers / workers).max(1),
            journal: collector.rows.journal.clone(),
            alone,
            stop,
            failed: AtomicBool::new(false),
            jobs: Mutex::new(jobs),
        };
        let (sender, ended) = channel();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (crew, sender) = (&crew, sender.clone());
                scope.spawn(move || crew.work(&sender));
            }
            drop(sender);
            let collected = collector.collect(&ended, self.rows_per_file.max(1), self.longest_wait);
            if collected.is_err() {
                crew.failed.store(true, Ordering::SeqCst);
            }
            collected
        })?;
        collector.result.stopped |= !crew.jobs.into_inner().unwrap_or_else(PoisonError::into_inner).is_empty();
        Ok(())
    }
}

/// Puts rows into files, and counts them.
struct Collector<'a> {
    rows: Rows<'a>,
    result: &'a mut CohortResult,
    progress: &'a dyn Fn(Progress),
}

impl Collector<'_> {
    /// Takes what ended until all workers are gone.
    fn collect(
        &mut self,
        ended: &Receiver<Result<Ended, CohortError>>,
        rows_per_file: usize,
        longest_wait: Duration,
    ) -> Result<(), CohortError> {
        loop {
            let left = longest_wait.saturating_sub(self.rows.since.elapsed());
            match ended.recv_timeout(left) {
                Ok(ended) => self.take(ended?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if self.rows.waiting.len() >= rows_per_file || self.rows.since.elapsed() >= longest_wait {
                self.rows.write()?;
            }
        }
    }

    fn take(&mut self, ended: Ended) {
        match ended {
            Ended::Row(row) => {
                self.result.rows += 1;
                self.result.failed += usize::from(row.status.as_deref() == Some(FAILED));
                self.result.withheld += usize::from(row.status.as_deref() == Some(WITHHELD));
                self.rows.waiting.push(*row);
            }
            Ended::NotRead(path, reason) => self.result.not_read.push((path, reason)),
        }
        (self.progress)(Progress::Ended);
    }
}

/// Studies that have no row yet.
#[derive(Default)]
struct Jobs {
    usual: VecDeque<Job>,
    /// At which several runs were cut off.
    suspicious: VecDeque<Job>,
}

/// One study.
enum Job {
    /// To be analysed.
    Task(Task),
    /// What could not be planned, which is a row already.
    Failed(Box<ReadError>, StudyKey),
}

impl Job {
    fn of(study: Result<PlannedStudy, ReadError>, key: StudyKey) -> Self {
        match study {
            Err(error) => Self::Failed(Box::new(error), key),
            Ok(study) => {
                let shares_study_uid = study.notes.iter().any(|note| note.code == SHARED_UID);
                Self::Task(Task { files: study.files().to_vec(), shares_study_uid, key })
            }
        }
    }
}

/// Code of the only note that a plan makes.
const SHARED_UID: &str = "study_uid_shared";

fn not_read(study: Result<PlannedStudy, ReadError>) -> (PathBuf, String) {
    match study {
        Err(error) => (error.path, error.problem.to_string()),
        Ok(study) => (study.path, "cannot be read".to_owned()),
    }
}

/// What a thread reports.
enum Ended {
    Row(Box<CohortRow>),
    NotRead(PathBuf, String),
}

/// What all threads of a pass share: each has one worker.
struct Crew<'a> {
    command: &'a WorkerCommand,
    setup: &'a WorkerSetup,
    first: &'a str,
    threads: usize,
    journal: Journal,
    alone: bool,
    stop: &'a AtomicBool,
    failed: AtomicBool,
    jobs: Mutex<VecDeque<Job>>,
}

impl Crew<'_> {
    fn next(&self) -> Option<Job> {
        if self.stop.load(Ordering::SeqCst) || self.failed.load(Ordering::SeqCst) {
            return None;
        }
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn work(&self, ended: &Sender<Result<Ended, CohortError>>) {
        let mut worker = None;
        while let Some(job) = self.next() {
            let done = match job {
                Job::Failed(error, key) => {
                    let source = error.path.clone();
                    let row = self.context(&key, &source).failed(&bloodpool::Error::Read(error), None);
                    Ok(Ended::Row(Box::new(row)))
                }
                Job::Task(task) => self.analyze(&task, &mut worker),
            };
            let failed = done.is_err();
            if ended.send(done).is_err() || failed {
                return;
            }
        }
    }

    fn context<'a>(&'a self, key: &'a StudyKey, source: &'a std::path::Path) -> RowContext<'a> {
        RowContext { run: &self.setup.run, identities: &self.setup.identities, key, source }
    }

    /// Gives a study to the worker, and to another one where that ends.
    fn analyze(&self, task: &Task, worker: &mut Option<Worker>) -> Result<Ended, CohortError> {
        let key = &task.key.key;
        let source = task.files.first().cloned().unwrap_or_default();
        let mut attempts = self.journal.of(key);
        let mut how = "its run was cut off".to_owned();
        let words = line(task)?;
        while !attempts.are_enough() {
            let mut running = match worker.take() {
                Some(running) => running,
                None => Worker::start(self.command, self.first, self.threads)?,
            };
            self.journal.begin(key, attempts, running.process(), self.alone)?;
            match running.answer(&words) {
                Some(answer) => {
                    *worker = Some(running);
                    self.journal.end(key)?;
                    return Ok(match answer {
                        Answer::Row(row) => Ended::Row(row),
                        Answer::NotRead(reason) => Ended::NotRead(source, reason),
                    });
                }
                None => {
                    how = running.end();
                    attempts = self.journal.died(key, attempts)?;
                    tracing::warn!("a worker ended during a study ({how}); attempt {}", attempts.deaths);
                }
            }
        }
        let message = format!("the program ended again and again while it analysed this study ({how})");
        Ok(Ended::Row(Box::new(self.context(&task.key, &source).without_result(WORKER_ENDED, &message, None))))
    }
}

/// Rows that wait for their file.
struct Rows<'a> {
    folder: &'a CohortFolder,
    journal: &'a Journal,
    waiting: Vec<CohortRow>,
    since: Instant,
}

impl Rows<'_> {
    /// Writes what waits.
    fn write(&mut self) -> Result<(), CohortError> {
        let keys: Vec<String> = self.waiting.iter().filter_map(|row| row.key.clone()).collect();
        self.folder.write(std::mem::take(&mut self.waiting))?;
        self.since = Instant::now();
        // Of studies that were given up.
        keys.iter().try_for_each(|key| Ok(self.journal.end(key)?))
    }
}
