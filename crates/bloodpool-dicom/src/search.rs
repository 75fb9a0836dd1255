//! `search`: the files below a folder, and what is not searched or cannot be read.

use std::io;
use std::path::{Path, PathBuf};

use crate::read::error::{Problem, ReadError};
use crate::set_aside::{AsideReason, SetAside, is_dicom_by_name, is_hidden};

/// Folders nested deeper than this are not searched.
const MAX_DEPTH: usize = 32;

/// What is below a folder.
#[derive(Default)]
pub(crate) struct Found {
    /// Files, hidden ones among them, by sorted path within each folder.
    pub(crate) files: Vec<PathBuf>,
    /// Files and folders that the operating system does not open.
    pub(crate) failed: Vec<ReadError>,
    /// Folders and links that are not searched, and what is not a file.
    pub(crate) set_aside: Vec<SetAside>,
}

/// Searches a folder and its subfolders. Hidden folders and links to folders are not searched, so that neither deleted
/// nor temporary copies are found, and a link to a folder above cannot lead round in a circle.
pub(crate) fn search(folder: &Path) -> Found {
    let mut found = Found::default();
    found.enter(folder, 0);
    found
}

impl Found {
    fn enter(&mut self, folder: &Path, depth: usize) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.fail(folder, error),
        };
        let mut paths = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => paths.push(entry.path()),
                Err(error) => self.fail(folder, error),
            }
        }
        paths.sort();
        for path in paths {
            if let Err(error) = self.add(&path, depth) {
                self.fail(&path, error);
            }
        }
    }

    /// One entry of a folder.
    fn add(&mut self, path: &Path, depth: usize) -> io::Result<()> {
        let is_link = path.symlink_metadata()?.is_symlink();
        let metadata = match path.metadata() {
            Err(_) if is_link && !is_dicom_by_name(path) => {
                self.aside(path, AsideReason::BrokenLink);
                return Ok(());
            }
            metadata => metadata?,
        };
        if metadata.is_dir() {
            match (is_hidden(path), is_link, depth < MAX_DEPTH) {
                (true, _, _) => self.aside(path, AsideReason::HiddenFolder),
                (_, true, _) => self.aside(path, AsideReason::LinkedFolder),
                (_, _, false) => self.aside(path, AsideReason::TooDeep { limit: MAX_DEPTH }),
                (false, false, true) => self.enter(path, depth + 1),
            }
        } else if metadata.is_file() {
            self.files.push(path.to_owned());
        } else {
            self.aside(path, AsideReason::NotAFile);
        }
        Ok(())
    }

    fn fail(&mut self, path: &Path, error: io::Error) {
        self.failed.push(ReadError::new(path, Problem::Unreadable(error)));
    }

    fn aside(&mut self, path: &Path, reason: AsideReason) {
        self.set_aside.push(SetAside { path: path.to_owned(), reason });
    }
}
