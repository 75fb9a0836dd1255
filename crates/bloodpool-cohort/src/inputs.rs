//! What is to be analysed: folders, files, and lists of files.

use std::io::Read;
use std::path::{Path, PathBuf};

use bloodpool_files::{FileError, read_text};

use crate::CohortError;

/// The paths in a list: one per line; empty lines and lines that begin with `#` are passed over. `-` is the standard input. A path that is
/// not absolute is relative to the current folder.
///
/// # Errors
/// [`CohortError`] when the list cannot be read, or names nothing.
pub fn read_list(list: &Path) -> Result<Vec<PathBuf>, CohortError> {
    let text = if list == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin().lock().read_to_string(&mut text);
        read.map_err(|source| FileError::Read { path: list.to_owned(), source })?;
        text
    } else {
        read_text(list)?.text
    };
    let lines = text.lines().map(|line| line.trim_end_matches('\r').trim());
    let paths: Vec<PathBuf> =
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(PathBuf::from).collect();
    if paths.is_empty() { Err(CohortError::EmptyList { path: list.to_owned() }) } else { Ok(paths) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_one_path_per_line() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.txt");
        std::fs::write(&list, "# studies\r\na b.dcm\r\n\r\n  c/d.dcm\n").unwrap();
        assert_eq!(read_list(&list).unwrap(), [PathBuf::from("a b.dcm"), PathBuf::from("c/d.dcm")]);
        std::fs::write(&list, "\n# nothing\n").unwrap();
        assert!(read_list(&list).unwrap_err().to_string().contains("list.txt names no file"));
        assert!(read_list(&folder.path().join("gone.txt")).is_err());
    }
}
