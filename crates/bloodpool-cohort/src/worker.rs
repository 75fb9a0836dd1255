//! Workers: processes that analyse one study at a time, so that a study that ends one does not end the run.
//!
//! A run writes [`WorkerSetup`] and then one [`Task`] after the other to the standard input of a worker, each as a line of JSON, and reads
//! [`READY`] and then one [`Answer`] per task from its standard output.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bloodpool::dicom::{Note, PlannedStudy, plan};
use bloodpool::{Analyzer, Selection};
use serde::{Deserialize, Serialize};

use crate::key::{RunIdentity, StudyKey, hash};
use crate::of_study::{RowContext, line};
use crate::row::CohortRow;
use crate::{AnalysisChoices, CohortError, Identities};

/// How a worker is started: a program that calls [`serve`] with its standard input and output.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// The line by which a worker says that it can use its setup.
pub const READY: &str = "ready\n";

/// What a worker is told first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSetup {
    /// By what studies are analysed.
    pub choices: AnalysisChoices,
    /// What is the same for all studies of the run.
    pub run: RunIdentity,
    /// How rows name patients.
    pub identities: Identities,
}

/// A study to analyse.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// The file, or the files of one frame each.
    pub files: Vec<PathBuf>,
    /// Whether files of other patients have the same Study Instance UID.
    pub shares_study_uid: bool,
    /// What decides the row.
    pub key: StudyKey,
}

/// What a worker says of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The row.
    Row(Box<CohortRow>),
    /// There is none, since the files are not what they were when the run began, or cannot be read any more.
    NotRead(String),
}

/// Does the work of a worker until its input ends.
///
/// # Errors
/// [`CohortError`] when the setup cannot be used, or the run is gone.
pub fn serve(input: impl BufRead, mut output: impl Write) -> Result<(), CohortError> {
    let gone = CohortError::RunEnded;
    let mut lines = input.lines();
    let Some(setup) = lines.next() else { return Ok(()) };
    let setup: WorkerSetup = serde_json::from_str(&setup.map_err(gone)?)?;
    let analyzer = setup.choices.analyzer()?;
    output.write_all(READY.as_bytes()).and_then(|()| output.flush()).map_err(gone)?;
    for task in lines {
        let task: Task = serde_json::from_str(&task.map_err(gone)?)?;
        let answer = task.answer(&setup, &analyzer);
        output.write_all(line(&answer)?.as_bytes()).and_then(|()| output.flush()).map_err(gone)?;
    }
    Ok(())
}

impl Task {
    /// Analyses the study.
    #[must_use]
    pub fn answer(&self, setup: &WorkerSetup, analyzer: &Analyzer) -> Answer {
        match hash(&self.files) {
            Ok(now) if now == self.key.sha256 => {}
            Ok(_) => return Answer::NotRead("has changed since the run began".to_owned()),
            Err(error) => return Answer::NotRead(format!("cannot be read: {error}")),
        }
        let source = self.files.first().cloned().unwrap_or_default();
        let context = RowContext { run: &setup.run, identities: &setup.identities, key: &self.key, source: &source };
        let failed = |error: &bloodpool::Error, planned: Option<&PlannedStudy>| {
            // What can be read of a study that cannot be measured tells where such studies come from.
            let read = planned.and_then(|planned| planned.read().ok());
            Answer::Row(Box::new(context.failed(error, read.as_ref().map(|read| &read.study))))
        };
        let planned = match self.planned(&setup.choices.selection) {
            Ok(planned) => planned,
            Err(error) => return failed(&error, None),
        };
        match analyzer.analyze_planned(&planned).and_then(|analyzed| context.analyzed(&analyzed)) {
            Ok(row) => Answer::Row(Box::new(row)),
            Err(error) => failed(&error, Some(&planned)),
        }
    }

    /// The study as the run planned it.
    fn planned(&self, selection: &Selection) -> Result<PlannedStudy, bloodpool::Error> {
        let mut studies = plan(&self.files, selection).studies;
        let (last, others) = (studies.pop(), studies.len());
        let mut planned = match last {
            Some(study) if others == 0 => study?,
            _ => return Err(bloodpool::Error::SeveralStudies { studies: others + 1 }),
        };
        if self.shares_study_uid {
            planned.notes.push(Note::shared_study_uid());
        }
        Ok(planned)
    }
}

/// A worker that runs.
pub(crate) struct Worker {
    child: Child,
    /// `None` once it is told that there is no more.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts one with so many threads.
    pub(crate) fn start(command: &WorkerCommand, setup: &str, threads: usize) -> Result<Self, CohortError> {
        let mut child = Command::new(&command.program)
            .args(&command.arguments)
            .env("RAYON_NUM_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(CohortError::Worker)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(CohortError::WorkerEnded("it has no standard input".to_owned()));
        };
        let mut worker = Self { child, input: Some(input), output: BufReader::new(output) };
        let mut said = String::new();
        match worker.write(setup).and_then(|()| worker.output.read_line(&mut said)) {
            Ok(_) if said == READY => Ok(worker),
            _ => Err(CohortError::WorkerEnded(worker.end())),
        }
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The answer to a task; `None` where the worker ended meanwhile.
    pub(crate) fn answer(&mut self, task: &str) -> Option<Answer> {
        self.write(task).ok()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer).ok()?;
        // A line that was cut off is that of a worker that ended while it wrote.
        serde_json::from_str(&answer).ok()
    }

    /// Waits until it has ended, and says how.
    pub(crate) fn end(&mut self) -> String {
        self.input = None;
        self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    fn write(&mut self, line: &str) -> std::io::Result<()> {
        let input = self.input.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        input.write_all(line.as_bytes())?;
        input.flush()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}
