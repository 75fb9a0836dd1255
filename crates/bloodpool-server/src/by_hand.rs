//! Files that a person names: found, sent to an archive (tried again where that may help), or taken into the inbox.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bloodpool_dicom::net::{
    AeAddress, Delivered, InstanceFile, InstanceFileError, RetryPolicy, SendError, SendSettings, StorageScu,
    StoreFileError, TlsError,
};

use crate::inbox::Inbox;

/// How often a pause looks whether to stop.
const LOOK: Duration = Duration::from_millis(100);

/// DICOM files that were found.
#[derive(Debug, Default)]
pub struct FoundFiles {
    /// The files, those of a folder sorted by path.
    pub files: Vec<InstanceFile>,
    /// Files that were named, or that the operating system does not give, and that cannot be sent.
    pub failed: Vec<InstanceFileError>,
    /// Files in folders that are not DICOM.
    pub skipped: usize,
}

/// The DICOM files among these files and in these folders, with their subfolders. Hidden files and links are left out of
/// folders.
#[must_use]
pub fn find_files(named: &[PathBuf]) -> FoundFiles {
    let mut found = FoundFiles::default();
    for path in named {
        if !path.is_dir() {
            match InstanceFile::open(path) {
                Ok(file) => found.files.push(file),
                Err(error) => found.failed.push(error),
            }
            continue;
        }
        let mut paths = Vec::new();
        if let Err(error) = collect(path, &mut paths) {
            found.failed.push(InstanceFileError::Unreadable { path: path.clone(), error });
        }
        paths.sort();
        for path in paths {
            match InstanceFile::open(&path) {
                Ok(file) => found.files.push(file),
                Err(error @ InstanceFileError::Unreadable { .. }) => found.failed.push(error),
                Err(_) => found.skipped += 1,
            }
        }
    }
    found
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// What became of files that were taken into an inbox.
#[derive(Debug, Default)]
pub struct TakenFiles {
    /// Files that are in the data folder now. Those that were there before count, too.
    pub taken: usize,
    /// Files that were named, or that cannot be read or stored.
    pub failed: Vec<TakeError>,
    /// Files in folders that are not DICOM.
    pub skipped: usize,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TakeError {
    /// It is not DICOM, or cannot be read.
    #[error(transparent)]
    Unusable(#[from] InstanceFileError),
    /// It was not stored.
    #[error("{}: {error}", path.display())]
    NotStored {
        /// The file.
        path: PathBuf,
        /// Why.
        error: StoreFileError,
    },
}

/// Takes the DICOM files among these files and in these folders into an inbox, as copies.
#[must_use]
pub fn take_files(inbox: &Inbox, named: &[PathBuf]) -> TakenFiles {
    let found = find_files(named);
    let failed = found.failed.into_iter().map(TakeError::Unusable).collect();
    let mut all = TakenFiles { taken: 0, failed, skipped: found.skipped };
    for file in &found.files {
        let opened = std::fs::File::open(&file.path).map_err(StoreFileError::from);
        match opened.and_then(|mut bytes| inbox.receive(&mut bytes, "file")) {
            Ok(_) => all.taken += 1,
            Err(error) => all.failed.push(TakeError::NotStored { path: file.path.clone(), error }),
        }
    }
    all
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendFilesError {
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The operating system.
    #[error("the network cannot be used: {0}")]
    Runtime(#[source] std::io::Error),
}

/// Sends files over one association, and those that failed for a reason that may pass again, after a pause, as the policy
/// says. `pause` is told before each pause how many files are left, why, and for how long. `stop` ends it early; files that
/// were not sent are then [`SendError::NotAttempted`].
///
/// # Errors
/// [`SendFilesError`]; what became of each file is in the list, in the order of the files.
pub fn send_files(
    settings: SendSettings,
    peer: &AeAddress,
    files: &[InstanceFile],
    policy: &RetryPolicy,
    mut pause: impl FnMut(usize, &SendError, Duration),
    stop: impl Fn() -> bool,
) -> Result<Vec<Result<Delivered, SendError>>, SendFilesError> {
    let scu = StorageScu::new(settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(SendFilesError::Runtime)?;
    let mut outcomes: Vec<Result<Delivered, SendError>> = files.iter().map(|_| Err(SendError::NotAttempted)).collect();
    let mut failures = 0;
    loop {
        let again = |outcome: &Result<Delivered, SendError>| matches!(outcome, Err(error) if error.is_transient());
        let left: Vec<usize> = (0..files.len()).filter(|&index| again(&outcomes[index])).collect();
        if left.is_empty() || stop() {
            return Ok(outcomes);
        }
        let batch: Vec<InstanceFile> = left.iter().map(|&index| files[index].clone()).collect();
        for (index, outcome) in left.iter().zip(runtime.block_on(scu.send(peer, &batch))) {
            outcomes[*index] = outcome;
        }
        // What was not attempted failed with the file before it.
        let why = |outcome: &&Result<Delivered, SendError>| {
            again(outcome) && !matches!(outcome, Err(SendError::NotAttempted))
        };
        let left = outcomes.iter().filter(|outcome| again(outcome)).count();
        let reason = outcomes.iter().find(why).and_then(|outcome| outcome.as_ref().err());
        failures += 1;
        let Some(wait) = policy.delay(failures).filter(|_| left > 0) else { return Ok(outcomes) };
        pause(left, reason.unwrap_or(&SendError::NotAttempted), wait);
        let until = Instant::now() + wait;
        while Instant::now() < until && !stop() {
            std::thread::sleep(LOOK.min(wait));
        }
    }
}
