//! The data folder: its owner, databases of every earlier schema, backup, restore and retention.

use std::path::Path;
use std::time::Duration;

use bloodpool_server::{
    AnalysisIdentity, CommitmentState, DeliveryState, JobState, ObjectKind, Produced, Reader, ResultKey, ResultStatus,
    RetentionPolicy, Store, StoreError, UtcTime, restore,
};

use crate::support::{drain, inbox, open, study};

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
}

/// A data folder with a database of an earlier version and the files that it names.
fn earlier(folder: &Path, schema: usize) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    std::fs::create_dir_all(folder.join("received")).unwrap();
    std::fs::create_dir_all(folder.join("objects")).unwrap();
    std::fs::copy(fixtures.join(format!("schema-{schema}.sqlite")), folder.join("bloodpool.sqlite")).unwrap();
    for name in ["1.2.1", "1.2.2", "1.2.3", "1.2.4"] {
        std::fs::write(folder.join("received").join(format!("{name}.dcm")), "bytes").unwrap();
    }
    let hash = bloodpool_files::sha256(b"report");
    std::fs::write(folder.join("objects").join(hash), "report").unwrap();
}

#[test]
fn a_database_of_every_schema_is_migrated_with_all_of_its_rows() {
    for schema in 1..=5 {
        let scratch = tempfile::tempdir().unwrap();
        earlier(scratch.path(), schema);
        let store = open(scratch.path());
        let reader = store.reader().unwrap();
        let states: Vec<(i64, JobState, u32)> =
            reader.jobs(None, 10).unwrap().iter().map(|job| (job.id, job.state, job.crashes)).collect();
        for expected in [(1, JobState::Done, 0), (2, JobState::Waiting, 1), (3, JobState::Waiting, 0)] {
            assert!(states.contains(&expected), "schema {schema}: {states:?}");
        }
        let results = reader.results(10).unwrap();
        assert_eq!((results.len(), results[0].key.analysis.model.as_str()), (1, "compact@0"));
        assert_eq!(store.object(&results[0].objects[0].2).unwrap(), b"report");
        // The outbox came with schema 2. What was being sent when the process ended is sent again.
        let deliveries = reader.deliveries(None, 10).unwrap();
        let waiting = deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Waiting).count();
        assert_eq!(waiting, usize::from(schema > 1), "schema {schema}");
        // Storage commitment came with schema 5.
        let kept = deliveries.iter().filter_map(|delivery| delivery.commitment.as_ref()).map(|it| it.state);
        let expected: &[CommitmentState] =
            if schema < 5 { &[] } else { &[CommitmentState::Waiting, CommitmentState::Committed] };
        assert_eq!(kept.collect::<Vec<_>>(), expected, "schema {schema}");
        assert_eq!(deliveries.len(), waiting + usize::from(schema > 4));
        let copy = scratch.path().join(format!("migrations/schema-{schema}.sqlite"));
        assert_eq!(copy.is_file(), schema < 5, "schema {schema}");
        // It works as one that is new.
        inbox(&store, None, 0).receive(&mut &study(9, 32)[..], "test").unwrap();
        assert_eq!(reader.jobs(None, 10).unwrap().len(), 4);
        assert_eq!(store.backup(&scratch.path().join("backup")).unwrap().files, 1 + 5 + 1);
    }
}

#[test]
fn one_process_owns_the_folder_and_others_may_read() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("data");
    let store = open(&folder);
    let error = Store::open(&folder, "second 1").unwrap_err();
    assert!(error.to_string().contains("is in use by test 0"), "{error}");
    inbox(&store, None, 0).receive(&mut &study(1, 32)[..], "test").unwrap();
    assert_eq!(Reader::open(&folder).unwrap().jobs(Some(JobState::Waiting), 10).unwrap().len(), 1);
    drop(store);
    assert_eq!(Reader::open(&folder).unwrap().jobs(None, 10).unwrap().len(), 1);
    open(&folder);
    assert!(Reader::open(&scratch.path().join("nowhere")).is_err());
}

#[test]
fn a_backup_taken_in_use_is_restored_whole_and_never_over_data() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let store = open(&at("data"));
    let inbox = inbox(&store, None, 0);
    for number in 0..10 {
        inbox.receive(&mut &study(number, 32)[..], "test").unwrap();
    }
    drain(&store, &at("peer"));
    std::thread::scope(|scope| {
        scope.spawn(|| (10..40).for_each(|number| drop(inbox.receive(&mut &study(number, 32)[..], "test").unwrap())));
        for name in ["first", "second"] {
            let summary = store.backup(&at(name)).unwrap();
            assert!(summary.files >= 1 + 10 + 20, "{summary:?}");
        }
    });
    assert!(matches!(store.backup(&at("first")).unwrap_err(), StoreError::Occupied { .. }));
    assert!(matches!(restore(&at("first"), &at("data")).unwrap_err(), StoreError::Occupied { .. }));
    drop(inbox);

    let restored = restore(&at("second"), &at("again")).unwrap();
    assert!(restored.files >= 31);
    let again = open(&at("again"));
    drain(&again, &at("peer of again"));
    let reader = again.reader().unwrap();
    let (jobs, results) = (reader.jobs(None, 100).unwrap(), reader.results(100).unwrap());
    assert!(jobs.len() >= 10 && jobs.iter().all(|job| job.state == JobState::Done), "{jobs:?}");
    assert_eq!(jobs.len(), results.len());
    assert_eq!(files(&at("again/received")), jobs.len() + 1, "instances and the lock");

    // A byte that changed, a file that is missing, a name that leads elsewhere: nothing is restored.
    let refused = |what: &str| {
        let error = restore(&at("first"), &at("refused")).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
        assert!(!at("refused").exists());
    };
    let file = at("first/received/1.2.3.dcm");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, [&bytes[..bytes.len() - 1], b"x"].concat()).unwrap();
    refused("1.2.3.dcm is not what was recorded: its SHA-256");
    std::fs::remove_file(&file).unwrap();
    refused("1.2.3.dcm: the file cannot be read");
    let manifest = std::fs::read_to_string(at("first/manifest.json")).unwrap();
    std::fs::write(at("first/manifest.json"), manifest.replace("received/1.2.3.dcm", "received/../../x")).unwrap();
    refused("it names a file outside a backup");
    let unnamed = manifest.replace("bloodpool.backup/1", "bloodpool.backup/2");
    std::fs::write(at("first/manifest.json"), unnamed).unwrap();
    refused("it is not a manifest of a backup");
}

#[test]
fn nothing_unsigned_or_undelivered_is_removed() {
    let scratch = tempfile::tempdir().unwrap();
    let store = open(&scratch.path().join("data"));
    let inbox = inbox(&store, None, 0);
    for number in 0..3 {
        inbox.receive(&mut &study(number, 32)[..], "test").unwrap();
    }
    let all = RetentionPolicy { max_age: Some(Duration::ZERO), max_bytes: Some(0) };
    let later = UtcTime::now().after(Duration::from_secs(3600));
    let removed = || store.apply_retention(&all, later).unwrap();
    assert_eq!(removed().instances, 0, "they are not analysed");
    drain(&store, &scratch.path().join("peer"));
    assert_eq!(removed().instances, 0, "they are not signed");
    let reader = store.reader().unwrap();
    let keys: Vec<ResultKey> = reader.results(10).unwrap().into_iter().rev().map(|result| result.key).collect();
    let signed = [Produced { kind: ObjectKind::Pdf, sop_instance_uid: None, bytes: b"signed".to_vec() }];
    let review = |key: &ResultKey, status| store.record_review(key, status, &signed, &[], later).unwrap();
    assert_eq!(review(&keys[0], ResultStatus::Reviewed), Some(1));
    assert_eq!(review(&keys[0], ResultStatus::Signed), Some(2));
    assert_eq!(review(&keys[1], ResultStatus::Signed), Some(1));
    // A later change makes another version, which nobody has signed.
    assert_eq!(review(&keys[1], ResultStatus::Reviewed), Some(2));
    let analysis = AnalysisIdentity { version: "9".into(), ..keys[2].analysis.clone() };
    assert_eq!(review(&ResultKey { analysis, ..keys[2].clone() }, ResultStatus::Signed), None);
    assert_eq!(store.apply_retention(&RetentionPolicy::default(), later).unwrap().instances, 0);
    assert_eq!(removed().instances, 1);
    assert_eq!(files(&scratch.path().join("data/received")), 2 + 1, "instances and the lock");
    assert!(!scratch.path().join("data/received/1.2.0.dcm").exists());
    assert_eq!(reader.jobs(None, 10).unwrap().len(), 2);
    // The signed document was sent nowhere: it is the only one there is.
    assert!(reader.results(10).unwrap().iter().any(|result| result.key == keys[0] && result.review == 2));
    // What was removed may come again.
    inbox.receive(&mut &study(0, 32)[..], "test").unwrap();
    assert!(scratch.path().join("data/received/1.2.0.dcm").is_file());
    assert_eq!(reader.jobs(None, 10).unwrap().len(), 3);
}
