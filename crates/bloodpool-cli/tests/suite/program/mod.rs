//! The program as a user runs it, and a few simulated studies to run it on.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// Number of studies that [`simulated`] holds.
pub(crate) const STUDIES: usize = 3;

/// The program, in a folder of its own, with none of the settings of whoever runs the tests.
pub(crate) fn bloodpool(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("bloodpool").unwrap();
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BLOODPOOL_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).env_remove("RUST_LOG");
    command
}

/// A simulation that all tests share; nothing may be written into it.
pub(crate) fn simulated() -> &'static Path {
    static SIMULATION: OnceLock<TempDir> = OnceLock::new();
    let folder = SIMULATION.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let studies = STUDIES.to_string();
        let arguments = ["simulate", "sim", "--studies", &studies, "--seed", "11", "--ef", "40..70", "--matrix", "64"];
        bloodpool(folder.path()).args(arguments).assert().success();
        folder
    });
    folder.path()
}

/// One of the simulated studies, from 1.
pub(crate) fn study(number: usize) -> PathBuf {
    simulated().join(format!("sim/studies/sim-{number:04}.dcm"))
}

/// What a run printed, as JSON documents, one a line.
pub(crate) fn documents(stdout: &[u8]) -> Vec<Value> {
    String::from_utf8(stdout.to_vec()).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every file below a folder, relative to it, with its bytes, sorted.
pub(crate) fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push((path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}
