//! Storage commitment in the outbox: asked for, asked for again, sent again, failed in words, and what retention makes of it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bloodpool_dicom::net::{
    AwaitedReport, CommitmentReport, CommitmentRequest, FailureReason, NotCommitted, RetryPolicy, Uid,
};
use bloodpool_server::{
    AskCommitment, CommitmentAsker, CommitmentPolicy, CommitmentRow, CommitmentState, DeliveryState, ObjectKind,
    Produced, ResultStatus, RetentionPolicy, Store, UtcTime,
};

use crate::support::{self, PEER, drain, inbox, open};

const CLASS: &str = "1.2.840.10008.5.1.4.1.1.20";

/// What the peer does with a request.
enum Reaction {
    /// It cannot be asked.
    Refuses,
    /// It takes the request, and reports later or never.
    Silent,
    /// It reports over the same association: instances by their last digit fail with this reason.
    Reports(Vec<(char, Option<u16>)>),
}

/// A peer that does what it is told, and remembers what it was asked for.
struct Peer {
    reaction: Mutex<Reaction>,
    asked: Mutex<Vec<CommitmentRequest>>,
}

impl Peer {
    fn new(reaction: Reaction) -> Arc<Self> {
        Arc::new(Self { reaction: Mutex::new(reaction), asked: Mutex::default() })
    }

    fn now(&self, reaction: Reaction) {
        *self.reaction.lock().unwrap() = reaction;
    }

    fn last(&self) -> CommitmentRequest {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

fn report(request: &CommitmentRequest, failures: &[(char, Option<u16>)]) -> CommitmentReport {
    let (mut committed, mut failed) = (Vec::new(), Vec::new());
    for instance in &request.instances {
        let uid = instance.sop_instance.clone();
        match failures.iter().find(|(last, _)| uid.as_str().ends_with(*last)) {
            Some((_, reason)) => failed.push(NotCommitted { sop_instance: uid, reason: reason.map(FailureReason) }),
            None => committed.push(uid),
        }
    }
    CommitmentReport { transaction: request.transaction.clone(), committed, failed }
}

impl AskCommitment for Peer {
    fn ask(&self, destination: &str, request: &CommitmentRequest, awaited: &dyn AwaitedReport) -> Result<(), String> {
        assert_eq!(destination, PEER);
        assert!(request.instances.iter().all(|instance| instance.sop_class.as_str() == CLASS));
        self.asked.lock().unwrap().push(request.clone());
        match &*self.reaction.lock().unwrap() {
            Reaction::Refuses => Err("the peer does not accept SOP class 1.2.840.10008.1.20.1".to_owned()),
            Reaction::Silent => {
                assert!(!awaited.is_settled());
                Ok(())
            }
            Reaction::Reports(failures) => {
                awaited.report(&report(request, failures)).unwrap();
                assert!(awaited.is_settled());
                Ok(())
            }
        }
    }
}

fn policy() -> CommitmentPolicy {
    let again = RetryPolicy { first_delay: Duration::from_secs(100), ..CommitmentPolicy::default().again };
    CommitmentPolicy { again, ..CommitmentPolicy::default() }
}

fn asker(store: &Arc<Store>, peer: &Arc<Peer>) -> CommitmentAsker {
    CommitmentAsker::new(store.clone(), peer.clone(), PEER.into(), policy())
}

/// A store whose results are DICOM files that were delivered: studies 1, 2, ... as reports.
fn delivered(folder: &Path, studies: u64) -> Arc<Store> {
    let store = open(&folder.join("data"));
    let inbox = inbox(&store, None, 0);
    for number in 1..=studies {
        inbox.receive(&mut &support::study(number, 32)[..], "test").unwrap();
    }
    let worker = support::worker_of(&store, Arc::new(support::Copies));
    let (_stop, stopped) = bloodpool_dicom::net::Stop::new();
    while worker.work_due(UtcTime::now(), &stopped).unwrap() {}
    drain(&store, &folder.join("peer"));
    store.set_committing(&[PEER.to_owned()]).unwrap();
    store
}

/// The commitment of the object of study 1, 2, ...
fn of_study(store: &Store, number: u64) -> CommitmentRow {
    let uid = format!("1.2.{}", 1000 + number);
    let rows = store.reader().unwrap().deliveries(None, 100).unwrap();
    rows.into_iter().find(|row| row.sop_instance_uid.as_deref() == Some(&uid)).unwrap().commitment.unwrap()
}

fn later(seconds: u64) -> UtcTime {
    UtcTime::now().after(Duration::from_secs(seconds))
}

#[test]
fn each_instance_is_kept_sent_again_asked_for_again_or_failed_as_the_report_says() {
    let scratch = tempfile::tempdir().unwrap();
    let store = delivered(scratch.path(), 4);
    assert_eq!(of_study(&store, 1).state, CommitmentState::Waiting);
    let failures = vec![('2', Some(0x0112)), ('3', Some(0x0213)), ('4', Some(0x0122))];
    let peer = Peer::new(Reaction::Reports(failures));
    assert_eq!(asker(&store, &peer).ask_due(later(0)).unwrap(), 4);
    assert_eq!(peer.last().instances.len(), 4);
    assert_eq!(asker(&store, &peer).ask_due(later(0)).unwrap(), 0, "nothing is due");

    assert_eq!(of_study(&store, 1).state, CommitmentState::Committed);
    let second = of_study(&store, 2);
    assert_eq!((second.state, second.reason), (CommitmentState::Waiting, Some(FailureReason::NO_SUCH_INSTANCE)));
    assert_eq!(second.error.unwrap(), "it does not have the instance (0x0112); it is sent again");
    let third = of_study(&store, 3);
    assert_eq!((third.state, third.attempts), (CommitmentState::Asked, 1));
    assert_eq!(third.error.unwrap(), "it has not enough resources to keep the instance (0x0213)");
    let fourth = of_study(&store, 4);
    assert_eq!((fourth.state, fourth.due), (CommitmentState::Failed, None));
    assert_eq!(fourth.error.unwrap(), "it gives no commitment for instances of this SOP class (0x0122)");

    // The second goes out once more, with the same bytes: the peer would say if they differed.
    let waiting = store.reader().unwrap().deliveries(Some(DeliveryState::Waiting), 10).unwrap();
    assert_eq!((waiting.len(), waiting[0].sop_instance_uid.as_deref()), (1, Some("1.2.1002")));
    drain(&store, &scratch.path().join("peer"));
    assert!(!scratch.path().join("peer/DIFFERENT").exists());
    peer.now(Reaction::Reports(Vec::new()));
    assert_eq!(asker(&store, &peer).ask_due(later(24 * 3600)).unwrap(), 2, "the second and the third");
    for number in [2, 3] {
        let row = of_study(&store, number);
        assert_eq!((row.state, row.error, row.reason), (CommitmentState::Committed, None, None), "{number}");
    }
    // Somebody asks for the fourth to be tried again.
    let failed = store.reader().unwrap().deliveries(None, 10).unwrap();
    let id = failed.iter().find(|row| row.sop_instance_uid.as_deref() == Some("1.2.1004")).unwrap().id;
    assert!(store.retry_delivery(id, later(0)).unwrap());
    drain(&store, &scratch.path().join("peer"));
    assert_eq!(asker(&store, &peer).ask_due(later(24 * 3600)).unwrap(), 1);
    assert_eq!(of_study(&store, 4).state, CommitmentState::Committed);
    let counts = store.reader().unwrap().commitment_counts().unwrap();
    assert_eq!(counts.map(|(_, count)| count), [0, 0, 4, 0]);
}

#[test]
fn what_a_peer_loses_again_and_again_has_failed() {
    let scratch = tempfile::tempdir().unwrap();
    let store = delivered(scratch.path(), 1);
    let peer = Peer::new(Reaction::Reports(vec![('1', Some(0x0112))]));
    for sent in 1..=4 {
        assert_eq!(asker(&store, &peer).ask_due(later(24 * 3600)).unwrap(), 1);
        let expected = if sent < 4 { CommitmentState::Waiting } else { CommitmentState::Failed };
        assert_eq!(of_study(&store, 1).state, expected, "{sent}");
        drain(&store, &scratch.path().join("peer"));
    }
    assert_eq!(
        of_study(&store, 1).error.unwrap(),
        "it does not have the instance (0x0112), though it was sent 4 times"
    );
}

#[test]
fn a_report_that_never_comes_is_asked_for_again_and_a_late_one_counts() {
    let scratch = tempfile::tempdir().unwrap();
    let store = delivered(scratch.path(), 2);
    let peer = Peer::new(Reaction::Silent);
    assert_eq!(asker(&store, &peer).ask_due(later(0)).unwrap(), 2);
    let first = peer.last();
    assert_eq!(asker(&store, &peer).ask_due(later(45)).unwrap(), 0, "half of the delay has not passed");
    // A restart changes nothing.
    drop(store);
    let store = open(&scratch.path().join("data"));
    peer.now(Reaction::Refuses);
    assert_eq!(asker(&store, &peer).ask_due(later(101)).unwrap(), 2);
    let row = of_study(&store, 1);
    assert_eq!((row.state, row.attempts), (CommitmentState::Asked, 2));
    assert_eq!(row.error.unwrap(), "the peer does not accept SOP class 1.2.840.10008.1.20.1");
    assert!(row.due.unwrap() > later(100 + 90), "the second delay is twice the first: {:?}", row.due);
    let second = peer.last();
    assert_ne!(first.transaction, second.transaction);

    // The report to the first request, which a peer may send hours later. Other transactions are not known.
    let mut late = report(&first, &[('2', Some(0x0110))]);
    let recorded = store.record_commitment(&late, &policy(), later(0)).unwrap().unwrap();
    assert_eq!((recorded.committed, recorded.again, recorded.failed), (1, 1, 0));
    assert_eq!(of_study(&store, 1).state, CommitmentState::Committed);
    assert_eq!(of_study(&store, 2).error.unwrap(), "processing failure (0x0110)");
    // Once more, and after a failure to the second: what is committed stays so.
    assert_eq!(store.record_commitment(&late, &policy(), later(0)).unwrap().unwrap().committed, 0);
    store.record_commitment(&report(&second, &[('1', Some(0x0122))]), &policy(), later(0)).unwrap().unwrap();
    assert_eq!(of_study(&store, 1).state, CommitmentState::Committed);
    late.transaction = Uid::new("2.25.1").unwrap();
    assert_eq!(store.record_commitment(&late, &policy(), later(0)).unwrap(), None);
}

#[test]
fn retention_waits_for_the_commitment_where_it_is_asked_for() {
    let scratch = tempfile::tempdir().unwrap();
    let store = delivered(scratch.path(), 2);
    let keys: Vec<_> = store.reader().unwrap().results(10).unwrap().into_iter().map(|result| result.key).collect();
    let signed = [Produced { kind: ObjectKind::Pdf, sop_instance_uid: None, bytes: b"signed".to_vec() }];
    for key in &keys {
        store.record_review(key, ResultStatus::Signed, &signed, &[], later(0)).unwrap();
    }
    let all = RetentionPolicy { max_age: Some(Duration::ZERO), max_bytes: None };
    let removed = || store.apply_retention(&all, later(3600)).unwrap();
    assert_eq!(removed().instances, 0, "nobody was asked");
    let peer = Peer::new(Reaction::Silent);
    asker(&store, &peer).ask_due(later(0)).unwrap();
    assert_eq!(removed().instances, 0, "no report came");
    store.record_commitment(&report(&peer.last(), &[('2', Some(0x0122))]), &policy(), later(0)).unwrap();
    let gone = removed();
    assert_eq!((gone.instances, gone.results), (1, 1), "the one that the peer keeps");
    // The setting is turned off: what was delivered may go.
    store.set_committing(&[]).unwrap();
    assert_eq!((removed().instances, store.reader().unwrap().deliveries(None, 10).unwrap().len()), (1, 0));
}
