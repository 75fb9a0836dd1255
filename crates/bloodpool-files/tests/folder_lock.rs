//! Two processes and one output folder: one is refused, and what a killed one left is found and removed.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bloodpool_files::folder_lock::{CutOffRun, LOCK_FILE};
use bloodpool_files::{FolderLock, LockError, cut_off_run};

/// The folder that a child is to lock.
const FOLDER: &str = "BLOODPOOL_TEST_FOLDER";

/// Not a test by itself: what a child does. It locks the folder, leaves a temporary file, and waits until it is told to
/// end.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    match FolderLock::take(folder, &[], "child 1") {
        Ok(_lock) => {
            std::fs::write(folder.join(".bloodpool-abc123.tmp"), "half a file").unwrap();
            std::fs::write(folder.join("whole.txt"), "whole").unwrap();
            println!("\nLOCKED");
            std::io::stdout().flush().unwrap();
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            std::fs::remove_file(folder.join(".bloodpool-abc123.tmp")).unwrap();
        }
        Err(error) => println!("\nREFUSED {error}"),
    }
}

/// Starts a child.
fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // It is closed before the child ends, and the test runner complains.
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a child says: that it has the lock, or why not.
fn answer(child: &mut Child) -> String {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map(Result::unwrap).find(|line| line.starts_with("LOCKED") || line.starts_with("REFUSED")).unwrap()
}

/// Lets a child end.
fn end(mut child: Child) {
    drop(child.stdin.take());
    child.wait().unwrap();
}

fn take(folder: &Path) -> Result<FolderLock, LockError> {
    FolderLock::take(folder, &[], "parent 1")
}

#[test]
fn a_folder_that_another_process_writes_into_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = start(folder.path());
    assert_eq!(answer(&mut holder), "LOCKED");
    let error = take(folder.path()).unwrap_err();
    let LockError::Held { owner: Some(owner), .. } = &error else { panic!("{error}") };
    assert_eq!((owner.pid, owner.program.as_str()), (holder.id(), "child 1"));
    assert!(!owner.host.is_empty());
    assert!(error.to_string().contains(&format!("child 1 (process {} on {}", holder.id(), owner.host)), "{error}");
    assert_eq!(cut_off_run(folder.path()), None);
    let mut second = start(folder.path());
    assert!(answer(&mut second).starts_with("REFUSED"));
    end(second);
    assert!(folder.path().join(".bloodpool-abc123.tmp").exists());
    end(holder);
    assert!(take(folder.path()).unwrap().cut_off().is_none());
    assert!(!folder.path().join(LOCK_FILE).exists());
}

#[test]
fn after_a_kill_the_next_run_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut killed = start(folder.path());
    assert_eq!(answer(&mut killed), "LOCKED");
    let pid = killed.id();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let pid_of = |run: Option<&CutOffRun>| run.and_then(|run| run.owner.as_ref()).map(|owner| owner.pid);
    assert_eq!(pid_of(cut_off_run(folder.path()).as_ref()), Some(pid));
    let lock = take(folder.path()).unwrap();
    assert_eq!(pid_of(lock.cut_off()), Some(pid));
    assert_eq!(lock.cut_off().unwrap().removed, [folder.path().join(".bloodpool-abc123.tmp")]);
    assert_eq!(std::fs::read_to_string(folder.path().join("whole.txt")).unwrap(), "whole");
    drop(lock);
    assert!(take(folder.path()).unwrap().cut_off().is_none());
}

#[test]
fn of_two_that_start_together_one_is_refused() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let mut children = [start(&out), start(&out)];
        let answers = children.each_mut().map(answer);
        assert_eq!(answers.iter().filter(|answer| *answer == "LOCKED").count(), 1, "{answers:?}");
        children.into_iter().for_each(end);
        assert_eq!(std::fs::read_to_string(out.join("whole.txt")).unwrap(), "whole");
    }
}
