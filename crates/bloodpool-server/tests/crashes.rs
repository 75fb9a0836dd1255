//! A process that receives, analyses and sends, and is killed at random moments: nothing acknowledged is lost or doubled.
//!
//! `CRASHES` sets how often it is killed.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "suite/support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bloodpool_dicom::net::Stop;
use bloodpool_server::{DeliveryState, JobState, UtcTime};
use support::{drain, inbox, open, sender, study, worker};

/// The folder in which a child process works.
const CHILD: &str = "CRASHES_CHILD";
const DEFAULT_CRASHES: u64 = 20;

/// The numbers of the studies that were acknowledged. A line that was cut off says nothing.
fn acknowledged(folder: &Path) -> BTreeSet<u64> {
    let text = std::fs::read_to_string(folder.join("acknowledged")).unwrap_or_default();
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines.map(|line| line.parse().unwrap()).collect()
}

/// Receives one study after the other, some of them twice, while two threads analyse and one sends. It never ends.
fn child(folder: &Path) -> ! {
    let store = open(&folder.join("data"));
    let (_stop, stopped) = Stop::new();
    let (first, second, sender) = (worker(&store), worker(&store), sender(&store, &folder.join("peer")));
    let mut known = File::options().append(true).create(true).open(folder.join("acknowledged")).unwrap();
    let next = acknowledged(folder).last().map_or(0, |last| last + 1);
    std::thread::scope(|scope| {
        scope.spawn(|| first.run(&stopped));
        scope.spawn(|| second.run(&stopped));
        scope.spawn(|| sender.run(&stopped));
        let inbox = inbox(&store, None, 0);
        for number in next.. {
            inbox.receive(&mut &study(number, 32)[..], "test").unwrap();
            known.write_all(format!("{number}\n").as_bytes()).unwrap();
            if number % 3 == 0 {
                inbox.receive(&mut &study(number / 2, 32)[..], "test").unwrap();
            }
        }
    });
    unreachable!()
}

#[test]
fn after_kills_at_random_moments_every_acknowledged_study_has_one_result_at_its_destination() {
    if let Some(folder) = std::env::var_os(CHILD) {
        child(Path::new(&folder));
    }
    let crashes = std::env::var("CRASHES").map_or(DEFAULT_CRASHES, |number| number.parse().unwrap());
    let scratch = tempfile::tempdir().unwrap();
    let name = "after_kills_at_random_moments_every_acknowledged_study_has_one_result_at_its_destination";
    let (mut random, mut received) = (7u64, Vec::new());
    for _ in 0..crashes {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, scratch.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // From the first study on, so that a loaded machine, which starts it late, sees as many kills in mid-work.
        let before = received.last().copied().unwrap_or(0);
        while acknowledged(scratch.path()).len() == before {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis((random >> 33) % 600));
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        received.push(acknowledged(scratch.path()).len());
    }
    let acknowledged = acknowledged(scratch.path());
    assert!(acknowledged.len() as u64 >= crashes, "{received:?}");

    let store = open(&scratch.path().join("data"));
    let reader = store.reader().unwrap();
    // Two kills during the analysis of one study are taken for its fault. Whoever looks at the list tries it again.
    for job in reader.jobs(Some(JobState::Failed), usize::MAX).unwrap() {
        assert!(job.error.unwrap().starts_with("the program ended during the analysis"));
        assert!(store.retry_job(job.id, UtcTime::now()).unwrap());
    }
    let peer = scratch.path().join("peer");
    drain(&store, &peer);

    let results = reader.results(usize::MAX).unwrap();
    let inputs: BTreeSet<&str> = results.iter().map(|result| result.key.input_uid.as_str()).collect();
    assert_eq!(inputs.len(), results.len(), "a study has several results");
    for number in &acknowledged {
        assert!(inputs.contains(format!("1.2.{number}").as_str()), "{number} has no result");
    }
    // One that was recorded when the process was killed may not have been acknowledged; each kill can leave one.
    assert!(results.len() <= acknowledged.len() + crashes as usize);
    let jobs = reader.jobs(None, usize::MAX).unwrap();
    assert!(jobs.iter().all(|job| job.state == JobState::Done && !job.differing));
    assert_eq!(jobs.len(), results.len());
    let deliveries = reader.deliveries(None, usize::MAX).unwrap();
    assert_eq!(deliveries.len(), results.len());
    assert!(deliveries.iter().all(|delivery| delivery.state == DeliveryState::Delivered));
    let at_peer: BTreeSet<String> = std::fs::read_dir(&peer)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    let sent = results.iter().flat_map(|result| &result.objects).filter_map(|(_, uid, _)| uid.clone());
    assert_eq!(at_peer, sent.collect());
    let tried: u32 = jobs.iter().map(|job| job.attempts).sum();
    println!(
        "{crashes} kills, {} acknowledged, {} jobs with {tried} attempts, {} deliveries",
        acknowledged.len(),
        jobs.len(),
        deliveries.len()
    );
}

/// The folder that a child process opens.
const MIGRATING: &str = "CRASHES_MIGRATING";

#[test]
fn a_migration_that_is_killed_leaves_a_whole_database_and_goes_on_at_the_next_start() {
    if let Some(folder) = std::env::var_os(MIGRATING) {
        drop(open(Path::new(&folder)));
        return;
    }
    let name = "a_migration_that_is_killed_leaves_a_whole_database_and_goes_on_at_the_next_start";
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/schema-1.sqlite");
    let mut cut_off = 0;
    for trial in 0..8 {
        let scratch = tempfile::tempdir().unwrap();
        let database = scratch.path().join("bloodpool.sqlite");
        std::fs::copy(&fixture, &database).unwrap();
        // Enough rows that copying them takes a while.
        let connection = rusqlite::Connection::open(&database).unwrap();
        let many = "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 20099)
            INSERT INTO instance SELECT i, '1.9.' || i, hex(zeroblob(32)), '1.2', '1.2', NULL, NULL, 'other', NULL,
                i || '.dcm', 1, 'test', 0, 0 FROM n";
        connection.execute_batch(many).unwrap();
        drop(connection);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(MIGRATING, scratch.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(4 + 9 * trial));
        let _ = child.kill();
        cut_off += u64::from(!child.wait().unwrap().success());
        let store = open(scratch.path());
        assert_eq!(store.reader().unwrap().jobs(None, usize::MAX).unwrap().len(), 3);
        drop(store);
        let count = |path: &Path| -> (i64, i64) {
            let connection = rusqlite::Connection::open(path).unwrap();
            let rows = connection.query_row("SELECT count(*) FROM instance", [], |row| row.get(0)).unwrap();
            (rows, connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap())
        };
        assert_eq!(count(&database), (20_004, 5));
        let copies = std::fs::read_dir(scratch.path().join("migrations")).unwrap();
        let copies: Vec<_> = copies.map(|entry| entry.unwrap().path()).collect();
        let whole = copies.iter().filter(|path| path.extension().is_some_and(|extension| extension == "sqlite"));
        assert!(whole.clone().count() > 0 || cut_off > 0);
        assert!(whole.into_iter().all(|path| count(path).0 == 20_004));
    }
    assert!(cut_off > 0, "no kill came in time");
}

/// The folder from which a child process takes backups.
const BACKING_UP: &str = "CRASHES_BACKING_UP";

#[test]
fn a_backup_that_is_killed_is_whole_or_absent_and_leaves_the_data_as_it_was() {
    if let Some(folder) = std::env::var_os(BACKING_UP) {
        let folder = Path::new(&folder);
        for number in 0.. {
            bloodpool_server::backup(&folder.join("data"), &folder.join(format!("backup-{number}"))).unwrap();
        }
    }
    let name = "a_backup_that_is_killed_is_whole_or_absent_and_leaves_the_data_as_it_was";
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let store = open(&data);
    let inbox = inbox(&store, None, 0);
    (0..20).for_each(|number| drop(inbox.receive(&mut &study(number, 64)[..], "test").unwrap()));
    drain(&store, &scratch.path().join("peer"));
    let backups = || {
        let all = std::fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("backup-")).collect::<Vec<_>>()
    };
    let (mut random, mut whole, mut cut_off) = (5_u64, 0, 0);
    for trial in 0..8 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(BACKING_UP, scratch.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // From the first whole backup on, into the middle of the next ones.
        while backups().is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis((random >> 33) % 120));
        child.kill().unwrap();
        child.wait().unwrap();
        for folder in backups() {
            let to = scratch.path().join(format!("restored-{trial}-{whole}"));
            let restored = bloodpool_server::restore(&folder, &to).unwrap();
            assert_eq!(restored.files, 1 + 20 + 40);
            whole += 1;
            std::fs::remove_dir_all(&to).unwrap();
            std::fs::remove_dir_all(&folder).unwrap();
        }
        let names = std::fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().path());
        for part in names.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".bloodpool-backup-")) {
            cut_off += 1;
            std::fs::remove_dir_all(part).unwrap();
        }
    }
    assert!(whole >= 8 && cut_off > 0, "{whole} whole, {cut_off} cut off");
    // The data are as they were, and the owner goes on.
    inbox.receive(&mut &study(99, 64)[..], "test").unwrap();
    drain(&store, &scratch.path().join("peer"));
    let jobs = store.reader().unwrap().jobs(None, 100).unwrap();
    assert_eq!(jobs.iter().filter(|job| job.state == JobState::Done).count(), 21);
    println!("{whole} whole backups, {cut_off} cut off");
}
