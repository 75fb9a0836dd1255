//! The queue as a state machine: random arrivals, attempts, crashes and reviews against what must always hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::arrival::{ArrivedInstance, Role, arrived};
use super::claim::{ClaimedJob, Completion};
use super::job::{JobRow, JobState};
use crate::analysis::{AnalysisIdentity, ObjectKind, Produced};
use crate::outbox::route::{ResultStatus, Route};
use crate::results::ResultKey;
use crate::store::Store;
use crate::time::UtcTime;

const LEASE: Duration = Duration::from_secs(60);
const QUIET: Duration = Duration::from_secs(10);

fn open(folder: &Path) -> Store {
    Store::open(folder, "test").unwrap()
}

fn instance(number: u8, content: u8, role: Role) -> ArrivedInstance {
    let series = u8::from(role == Role::OneFrame) * (number % 2 + 1);
    ArrivedInstance {
        sop_instance_uid: format!("1.2.{series}.{number}"),
        data_set_sha256: format!("{content:064x}"),
        transfer_syntax_uid: "1.2.840.10008.1.2.1".into(),
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.20".into(),
        study_uid: None,
        series_uid: Some(format!("1.3.{series}")),
        role,
        file: format!("{number}-{content}.dcm"),
        bytes: 100,
        source: "test".into(),
    }
}

fn arrive(store: &Store, instance: &ArrivedInstance, now: UtcTime) -> bool {
    store.write("test", |transaction| arrived(transaction, instance, QUIET, now)).unwrap()
}

fn key(job: &ClaimedJob) -> ResultKey {
    let part = |text: &str| text.to_owned();
    let analysis = AnalysisIdentity { model: part("m"), protocol: part("p"), version: part("v") };
    ResultKey::new(&job.input, analysis)
}

fn produced(job: &ClaimedJob) -> Vec<Produced> {
    let uid = bloodpool_dicom::UidSource::new("result").field("input", &job.input.sha256).uid();
    let sop_instance_uid = bloodpool_dicom::net::Uid::new(&uid).ok();
    vec![Produced { kind: ObjectKind::StructuredReport, sop_instance_uid, bytes: job.input.sha256.clone().into() }]
}

fn routes() -> Vec<Route> {
    vec![Route {
        destination: "PACS@localhost:104".into(),
        kinds: vec![ObjectKind::StructuredReport],
        statuses: vec![ResultStatus::Automatic, ResultStatus::Signed],
    }]
}

fn jobs(store: &Store) -> Vec<JobRow> {
    store.reader().unwrap().jobs(None, 1000).unwrap()
}

#[derive(Debug, Clone)]
enum Act {
    Image(u8, u8),
    Frame(u8, u8),
    Claim,
    Finish,
    Fail,
    Postpone,
    Panic,
    Restart,
    Later(u16),
    Retry,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0u8..4, 0u8..3).prop_map(|(number, content)| Act::Image(number, content)),
        3 => (0u8..6, 0u8..2).prop_map(|(number, content)| Act::Frame(number, content)),
        5 => Just(Act::Claim),
        4 => Just(Act::Finish),
        1 => Just(Act::Fail),
        1 => Just(Act::Postpone),
        1 => Just(Act::Panic),
        1 => Just(Act::Restart),
        2 => (1u16..100).prop_map(Act::Later),
        1 => Just(Act::Retry),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_instance_has_one_job_and_each_input_one_result(acts in prop::collection::vec(act(), 1..50)) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        let mut now = UtcTime::now();
        let mut images = BTreeSet::new();
        let mut claimed: Vec<ClaimedJob> = Vec::new();
        let mut results: BTreeMap<(String, String), usize> = BTreeMap::new();
        for act in acts {
            match act {
                Act::Image(number, content) => {
                    let new = arrive(&store, &instance(number, content, Role::GatedImage), now);
                    prop_assert_eq!(new, images.insert((number, content)));
                }
                Act::Frame(number, content) => {
                    arrive(&store, &instance(number, content, Role::OneFrame), now);
                }
                Act::Claim => claimed.extend(store.claim_job(LEASE, now).unwrap()),
                Act::Finish => if let Some(job) = claimed.pop() {
                    let completion = store.complete_job(&job, &key(&job), &produced(&job), &routes(), now).unwrap();
                    let count = results.entry((job.input.uid, job.input.sha256)).or_default();
                    match completion {
                        Completion::Recorded => *count += 1,
                        Completion::Known => prop_assert_eq!(*count, 1),
                        Completion::LeaseLost => {}
                    }
                    prop_assert!(*count <= 1);
                },
                Act::Fail => if let Some(job) = claimed.pop() { store.fail_job(&job, "no ventricle", now).unwrap() },
                Act::Postpone => if let Some(job) = claimed.pop() {
                    store.postpone_job(&job, "no memory", now.after(QUIET), now).unwrap();
                },
                Act::Panic => if let Some(job) = claimed.pop() { store.crash_job(&job, now).unwrap() },
                Act::Restart => {
                    drop(store);
                    store = open(folder.path());
                    // Those who had claimed a job are gone; what they would record is not taken.
                    now = now.max(UtcTime::now());
                }
                Act::Later(seconds) => now = now.after(Duration::from_secs(seconds.into())),
                Act::Retry => for job in jobs(&store).iter().filter(|job| job.state == JobState::Failed) {
                    prop_assert!(store.retry_job(job.id, now).unwrap());
                },
            }
            for job in jobs(&store) {
                prop_assert!(job.crashes <= 2 && job.crashes <= job.attempts, "{:?}", job);
                prop_assert!(job.crashes < 2 || job.state == JobState::Failed, "{:?}", job);
                prop_assert!(job.state != JobState::Failed || job.error.is_some(), "{:?}", job);
                prop_assert!(job.instances > 0, "{:?}", job);
            }
        }
        // Everything comes to its end, with one result per input.
        loop {
            now = now.after(Duration::from_secs(3600));
            for job in jobs(&store).iter().filter(|job| job.state == JobState::Failed) {
                store.retry_job(job.id, now).unwrap();
            }
            let Some(job) = store.claim_job(LEASE, now).unwrap() else { break };
            store.complete_job(&job, &key(&job), &produced(&job), &routes(), now).unwrap();
        }
        let rows = jobs(&store);
        prop_assert!(rows.iter().all(|job| job.state == JobState::Done));
        prop_assert_eq!(rows.iter().filter(|job| job.input_uid.starts_with("1.2.0.")).count(), images.len());
        let reader = store.reader().unwrap();
        let results = reader.results(1000).unwrap();
        let keys: BTreeSet<_> = results.iter().map(|row| (&row.key.input_uid, &row.key.input_sha256)).collect();
        prop_assert_eq!(keys.len(), results.len());
        prop_assert!(rows.iter().all(|job| keys.iter().any(|(uid, _)| **uid == job.input_uid)));
        prop_assert_eq!(reader.deliveries(None, 1000).unwrap().len(), results.len());
    }
}

#[test]
fn two_crashes_fail_a_job_with_its_reason_and_a_retry_starts_anew() {
    let folder = tempfile::tempdir().unwrap();
    let now = UtcTime::now();
    let mut store = open(folder.path());
    arrive(&store, &instance(1, 1, Role::GatedImage), now);
    for crashes in 1..=2 {
        let later = UtcTime::now().after(Duration::from_millis(1));
        let job = store.claim_job(LEASE, later).unwrap().unwrap();
        assert_eq!(job.attempt, crashes);
        drop(store);
        store = open(folder.path());
    }
    let row = jobs(&store).remove(0);
    assert_eq!((row.state, row.attempts, row.crashes), (JobState::Failed, 2, 2));
    assert_eq!(row.error.as_deref(), Some("the program ended during the analysis (attempt 2)"));
    let later = UtcTime::now().after(Duration::from_secs(1));
    assert!(store.claim_job(LEASE, later).unwrap().is_none());
    assert!(store.retry_job(row.id, later).unwrap() && !store.retry_job(row.id, later).unwrap());
    let job = store.claim_job(LEASE, later).unwrap().unwrap();
    // A lease that has ended is a crash, and what comes after it is not taken.
    let again = store.claim_job(LEASE, later.after(LEASE)).unwrap().unwrap();
    assert_eq!((again.id, again.attempt), (job.id, 4));
    let complete = |job: &ClaimedJob| store.complete_job(job, &key(job), &produced(job), &[], later).unwrap();
    assert_eq!(complete(&job), Completion::LeaseLost);
    assert_eq!(complete(&again), Completion::Recorded);
    assert!(jobs(&store)[0].error.is_none());
}

#[test]
fn a_series_of_frames_waits_for_quiet_and_late_frames_make_another_job() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let now = UtcTime::now();
    let at = |seconds| now.after(Duration::from_secs(seconds));
    // Frames 0, 2 and 4 are of one series.
    arrive(&store, &instance(0, 0, Role::OneFrame), now);
    arrive(&store, &instance(2, 0, Role::OneFrame), at(6));
    assert!(store.claim_job(LEASE, at(12)).unwrap().is_none());
    let first = store.claim_job(LEASE, at(16)).unwrap().unwrap();
    assert_eq!(first.input.files.len(), 2);
    let zeros = "0".repeat(64);
    // printf '1.2.1.0 %s\n1.2.1.2 %s\n' $(printf '0%.0s' {1..64}) $(printf '0%.0s' {1..64}) | sha256sum
    let lines = format!("1.2.1.0 {zeros}\n1.2.1.2 {zeros}\n");
    assert_eq!(first.input.sha256, bloodpool_files::sha256(lines.as_bytes()));
    arrive(&store, &instance(4, 0, Role::OneFrame), at(17));
    store.complete_job(&first, &key(&first), &produced(&first), &[], at(18)).unwrap();
    let second = store.claim_job(LEASE, at(27)).unwrap().unwrap();
    assert_eq!((second.input.uid.as_str(), second.input.files.len()), ("1.3.1", 3));
    // An image of several frames does not wait, and one with other bytes is flagged.
    arrive(&store, &instance(1, 0, Role::GatedImage), at(28));
    arrive(&store, &instance(1, 1, Role::GatedImage), at(28));
    arrive(&store, &instance(3, 1, Role::Other("no image".into())), at(28));
    assert!(store.claim_job(LEASE, at(28)).unwrap().is_some());
    let flags: Vec<bool> = jobs(&store).iter().filter(|job| job.instances == 1).map(|job| job.differing).collect();
    assert_eq!(flags.iter().filter(|differing| **differing).count(), 1);
    assert_eq!(flags.len(), 2);
}

/// Takes longer than a lease, and says whether another worker could have had the job meanwhile.
struct Slow {
    store: std::sync::Arc<Store>,
    time: Duration,
}

impl crate::Analyse for Slow {
    fn identity(&self) -> AnalysisIdentity {
        AnalysisIdentity { model: "m".into(), protocol: "p".into(), version: "v".into() }
    }

    fn analyse(&self, _: &crate::StudyInput) -> Result<Vec<Produced>, crate::AnalysisError> {
        std::thread::sleep(self.time);
        assert!(self.store.claim_job(LEASE, UtcTime::now()).unwrap().is_none());
        Ok(Vec::new())
    }
}

#[test]
fn a_lease_is_renewed_while_an_analysis_works_and_ends_where_it_is_not() {
    let lease = Duration::from_millis(600);
    let folder = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(open(folder.path()));
    arrive(&store, &instance(1, 1, Role::GatedImage), UtcTime::now());
    let slow = std::sync::Arc::new(Slow { store: store.clone(), time: lease * 3 });
    let settings = crate::WorkerSettings { lease, ..crate::WorkerSettings::default() };
    let worker = crate::Worker::new(store.clone(), slow, settings);
    let (_stop, stopped) = bloodpool_dicom::net::Stop::new();
    assert!(worker.work_due(UtcTime::now(), &stopped).unwrap());
    let found = jobs(&store).remove(0);
    assert_eq!((found.state, found.crashes, found.attempts), (JobState::Done, 0, 1));

    // An attempt that does not renew its lease loses its job.
    arrive(&store, &instance(2, 2, Role::GatedImage), UtcTime::now());
    let now = UtcTime::now();
    let job = store.claim_job(lease, now).unwrap().unwrap();
    assert!(store.renew_lease(&job, lease, now).unwrap());
    let later = now.after(lease * 2);
    let again = store.claim_job(lease, later).unwrap().unwrap();
    assert_eq!((again.id, again.attempt), (job.id, 2));
    assert!(!store.renew_lease(&job, lease, later).unwrap() && store.renew_lease(&again, lease, later).unwrap());
}
