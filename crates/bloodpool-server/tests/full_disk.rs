//! A disk that is full: what was acknowledged is kept and gets its result when there is space, the rest is refused.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "suite/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bloodpool_dicom::net::{FreeSpace, Stop, StoreFileError};
use bloodpool_server::JobState;
use support::{drain, inbox, open, study, worker};

/// A folder on a small file system, for a child process.
const CHILD: &str = "FULL_DISK_CHILD";

struct Space(AtomicU64);

impl FreeSpace for Space {
    fn available_bytes(&self, _folder: &Path) -> std::io::Result<u64> {
        Ok(self.0.load(Relaxed))
    }
}

#[test]
fn the_reserve_is_kept_before_anything_is_written() {
    let scratch = tempfile::tempdir().unwrap();
    let store = open(&scratch.path().join("data"));
    let space = Arc::new(Space(AtomicU64::new(1 << 20)));
    let inbox = inbox(&store, Some(space.clone()), 1 << 20);
    let error = inbox.receive(&mut &study(1, 32)[..], "test").unwrap_err();
    assert_eq!(error.to_string(), "there is not enough free space");
    assert!(store.reader().unwrap().jobs(None, 10).unwrap().is_empty());
    space.0.store(2 << 20, Relaxed);
    inbox.receive(&mut &study(1, 32)[..], "test").unwrap();
    assert_eq!(store.reader().unwrap().jobs(None, 10).unwrap().len(), 1);
}

/// Fills the file system to the last byte while a worker analyses, and then makes space.
fn child(folder: &Path) {
    let ballast = folder.join("ballast");
    let data = folder.join("data");
    let store = open(&data);
    std::fs::write(&ballast, vec![1; 3 << 20]).unwrap();
    let inbox = inbox(&store, None, 0);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for number in 0..400 {
        match inbox.receive(&mut &study(number, 64)[..], "test") {
            Ok(_) => acknowledged.push(number),
            Err(StoreFileError::NoSpace | StoreFileError::NotRecorded(_)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
        if refused > 3 {
            break;
        }
    }
    assert!(refused > 3 && acknowledged.len() > 10, "{refused} {}", acknowledged.len());
    let (stop, stopped) = Stop::new();
    std::thread::scope(|scope| {
        scope.spawn(|| worker(&store).run(&stopped));
        std::thread::sleep(Duration::from_millis(500));
        std::fs::remove_file(&ballast).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        stop.stop();
    });
    drop((inbox, store));
    let store = open(&data);
    drain(&store, &folder.join("peer"));
    let reader = store.reader().unwrap();
    let results = reader.results(usize::MAX).unwrap();
    for number in &acknowledged {
        let of = results.iter().filter(|result| result.key.input_uid == format!("1.2.{number}")).count();
        assert_eq!(of, 1, "{number}");
    }
    let jobs = reader.jobs(None, usize::MAX).unwrap();
    assert!(jobs.iter().all(|job| job.state == JobState::Done && job.crashes == 0), "{jobs:?}");
    println!("full at {} studies", acknowledged.len());
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    if let Some(folder) = std::env::var_os(CHILD) {
        return child(Path::new(&folder));
    }
    let possible = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    if !possible {
        println!("not run: this system does not allow mount namespaces");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", "mount -t tmpfs -o size=9m tmpfs \"$0\" && exec \"$@\""])
        .arg(scratch.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_loses_nothing_that_was_acknowledged", "--nocapture"])
        .env(CHILD, scratch.path())
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("full at"), "{text}");
}
