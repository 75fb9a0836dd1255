//! From a Storage SCU to the Storage SCP, through queue and outbox, to the Storage SCP of another.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bloodpool_dicom::net::{
    AeAddress, AeTitle, FileSystemSpace, FreeSpace, InstanceFile, NotRecorded, ReceiveSettings, Received,
    ReceivedFolder, SendSettings, Status, Stop, StopToken, StorageScp, StorageScu, StoredInstance, Timeouts, Uid,
};
use bloodpool_server::{
    Analyse, AnalysisError, AnalysisIdentity, DeliveryState, DicomDeliver, Inbox, InboxSettings, JobState, ObjectKind,
    Others, Produced, ResultStatus, Route, Sender, SenderSettings, Store, StudyInput, UtcTime, Worker, WorkerSettings,
};

use crate::support::{open, study};

/// What the other one received.
#[derive(Default)]
struct Archive(Mutex<Vec<String>>);

impl Received for Archive {
    fn stored(&self, instance: &StoredInstance) -> Result<(), NotRecorded> {
        self.0.lock().unwrap().push(instance.sop_instance_uid.as_str().to_owned());
        Ok(())
    }
}

/// Its object is a study of its own, so that it is a DICOM file.
struct Copied;

impl Analyse for Copied {
    fn identity(&self) -> AnalysisIdentity {
        AnalysisIdentity { model: "none@0".into(), protocol: "standard".into(), version: "0.1.0".into() }
    }

    fn analyse(&self, input: &StudyInput) -> Result<Vec<Produced>, AnalysisError> {
        let number: u64 = input.uid.rsplit('.').next().unwrap().parse().unwrap();
        let sop_instance_uid = Uid::new(&format!("1.2.{}", number + 1000)).ok();
        Ok(vec![Produced { kind: ObjectKind::SecondaryCapture, sop_instance_uid, bytes: study(number + 1000, 32) }])
    }
}

/// No space at all.
struct Full;

impl FreeSpace for Full {
    fn available_bytes(&self, _folder: &Path) -> std::io::Result<u64> {
        Ok(0)
    }
}

async fn listen(
    folder: impl Into<Arc<ReceivedFolder>>,
    received: Arc<dyn Received>,
    space: Arc<dyn FreeSpace>,
    stopped: StopToken,
) -> AeAddress {
    let mut settings = ReceiveSettings::new(AeTitle::new("BLOODPOOL").unwrap());
    settings.storage_classes = bloodpool_dicom::net::StorageClasses::All;
    settings.limits.free_space_reserve_bytes = 1 << 20;
    settings.free_space = space;
    let scp = StorageScp::new(settings, folder, received).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("BLOODPOOL@{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { scp.serve(listener, stopped, Duration::from_secs(5)).await });
    address
}

fn scu() -> StorageScu {
    let calling_ae_title = AeTitle::new("CAMERA").unwrap();
    StorageScu::new(SendSettings { calling_ae_title, timeouts: Timeouts::default(), tls: None }).unwrap()
}

fn inbox(store: &Arc<Store>, others: Others) -> Arc<Inbox> {
    let settings = InboxSettings { others, ..InboxSettings::default() };
    Arc::new(Inbox::new(store.clone(), settings, Arc::new(FileSystemSpace)))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> InstanceFile {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    InstanceFile::open(&path).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_camera_sends_arrives_once_as_a_result_at_the_archive() {
    let scratch = tempfile::tempdir().unwrap();
    let (_stop, stopped) = Stop::new();
    let archive = Arc::new(Archive::default());
    let archived = ReceivedFolder::open(&scratch.path().join("archive")).unwrap();
    let to = listen(archived, archive.clone(), Arc::new(FileSystemSpace), stopped.clone()).await;

    let store = open(&scratch.path().join("data"));
    let own = inbox(&store, Others::Keep);
    let from = listen(store.received().clone(), own, Arc::new(FileSystemSpace), stopped.clone()).await;
    let files = [write(scratch.path(), "1", &study(1, 32)), write(scratch.path(), "2", &study(2, 32))];
    // The second time they are known.
    for _ in 0..2 {
        assert!(scu().send(&from, &files).await.iter().all(Result::is_ok));
    }
    let mut other = study(1, 32);
    *other.last_mut().unwrap() ^= 1;
    assert!(scu().send(&from, &[write(scratch.path(), "3", &other)]).await.iter().all(Result::is_ok));

    let runtime = tokio::runtime::Handle::current();
    let (state, to) = (stopped.clone(), to.to_string());
    let working = store.clone();
    let work = move || {
        let routes = [(to.as_str(), ResultStatus::Automatic), ("PACS@127.0.0.1:1", ResultStatus::Automatic)]
            .map(|(destination, status)| Route {
                destination: destination.into(),
                kinds: vec![ObjectKind::SecondaryCapture],
                statuses: vec![status],
            })
            .to_vec();
        let worker =
            Worker::new(working.clone(), Arc::new(Copied), WorkerSettings { routes, ..WorkerSettings::default() });
        while worker.work_due(UtcTime::now(), &state).unwrap() {}
        let deliver = Arc::new(DicomDeliver::new(scu(), runtime));
        let sender = Sender::new(working, deliver, None, SenderSettings::default());
        while sender.send_due(UtcTime::now()).unwrap() > 0 {}
    };
    tokio::task::spawn_blocking(work).await.unwrap();

    let reader = store.reader().unwrap();
    let jobs = reader.jobs(None, 10).unwrap();
    assert_eq!(jobs.iter().filter(|job| job.state == JobState::Done).count(), 3);
    assert_eq!(jobs.iter().filter(|job| job.differing).count(), 1);
    // Both results of study 1 have the same object here: the archive gets it twice, and knows it the second time.
    let at_archive = archive.0.lock().unwrap().clone();
    assert_eq!(at_archive, ["1.2.1001", "1.2.1002", "1.2.1001"]);
    let delivered = reader.deliveries(Some(DeliveryState::Delivered), 10).unwrap();
    assert!(delivered.len() == 3 && delivered.iter().all(|row| row.dimse_status == Some(Status::SUCCESS)));
    // The one that does not answer is tried again later, and says why.
    let waiting = reader.deliveries(Some(DeliveryState::Waiting), 10).unwrap();
    assert_eq!(waiting.len(), 3);
    assert!(waiting.iter().all(|row| row.attempts == 1 && row.due > row.changed), "{waiting:?}");
    assert!(waiting.iter().any(|row| row.error.as_ref().unwrap().contains("PACS@127.0.0.1:1 cannot be reached")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_space_nothing_is_taken_and_other_objects_are_no_error() {
    let scratch = tempfile::tempdir().unwrap();
    let (_stop, stopped) = Stop::new();
    let store = open(&scratch.path().join("data"));
    let full = listen(store.received().clone(), inbox(&store, Others::Keep), Arc::new(Full), stopped.clone()).await;
    let file = write(scratch.path(), "1", &study(1, 32));
    let refused = scu().send(&full, std::slice::from_ref(&file)).await.remove(0).unwrap_err();
    assert_eq!(refused.to_string(), "the peer answered with status 0xA700");
    let jobs = || store.reader().unwrap().jobs(None, 10).unwrap().len();
    assert_eq!(jobs(), 0);

    // A tomographic image is kept, or it is acknowledged and not kept.
    let text = |bytes: &[u8], from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    };
    for (number, others, kept) in [(2, Others::Keep, true), (3, Others::Discard, false)] {
        let bytes = text(&study(number, 32), b"\\GATED\\", b"\\TOMO \\");
        let file = write(scratch.path(), "other", &bytes);
        let to = listen(store.received().clone(), inbox(&store, others), Arc::new(FileSystemSpace), stopped.clone());
        assert!(scu().send(&to.await, &[file]).await.remove(0).is_ok());
        assert_eq!(jobs(), 0);
        assert_eq!(scratch.path().join(format!("data/received/1.2.{number}.dcm")).exists(), kept);
    }
}
