//! Key frames in place of a cine, from worker to a Storage SCP that takes single-frame Secondary Captures alone.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bloodpool_dicom::net::{
    AeAddress, AeTitle, Arrival, NotRecorded, ReceiveSettings, Received, ReceivedFolder, SendSettings, Status, Stop,
    StopToken, StorageClasses, StorageScp, StorageScu, StoredInstance, Timeouts, Uid,
};
use bloodpool_dicom::objects::{
    Algorithm, CompositeObject, CreationTime, Equipment, MultiframeTrueColorSecondaryCapture, ResultContext, ResultKey,
    RgbFrames, SecondaryCaptureImage, encode_object,
};
use bloodpool_dicom::{Selection, read_source_study};
use bloodpool_server::{
    Analyse, AnalysisError, AnalysisIdentity, Deliver, DeliveryRow, DeliveryState, DicomDeliver, NotDelivered,
    ObjectKind, Produced, ResultStatus, Route, Sender, SenderSettings, Store, StudyInput, UtcTime, Worker,
    WorkerSettings,
};

use crate::support::{inbox, open, study};

const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";

/// A cine and, where they are wanted, its key frames.
struct Pictures {
    key_frames: bool,
}

impl Analyse for Pictures {
    fn identity(&self) -> AnalysisIdentity {
        AnalysisIdentity { model: "none@0".into(), protocol: "standard".into(), version: "0.1.0".into() }
    }

    fn analyse(&self, input: &StudyInput) -> Result<Vec<Produced>, AnalysisError> {
        let picture = |frames| RgbFrames::new(frames, 4, 4, vec![9; frames * 48]).unwrap();
        let context = ResultContext {
            source: read_source_study(&input.files, &Selection::default()).unwrap(),
            algorithm: Algorithm::new("test", "0", &[], None).unwrap(),
            equipment: Equipment::new("test", "test", "1", "0").unwrap(),
            key: ResultKey::new(input.uid.as_bytes(), 0),
            created: CreationTime::new(1_767_225_600, 0).unwrap(),
        };
        let produced = |kind, object: &dyn CompositeObject| Produced {
            kind,
            sop_instance_uid: Uid::new(&object.instance().reference().sop_uid).ok(),
            bytes: encode_object(object).unwrap(),
        };
        let cine = MultiframeTrueColorSecondaryCapture::new(&context, 40.0, picture(8)).unwrap();
        let mut made = vec![produced(ObjectKind::Cine, &cine)];
        for number in 1..=if self.key_frames { 2 } else { 0 } {
            let frame = SecondaryCaptureImage::key_frame(&context, number, picture(1)).unwrap();
            made.push(produced(ObjectKind::KeyFrames, &frame));
        }
        Ok(made)
    }
}

/// What the archive received.
#[derive(Default)]
struct Archive(Mutex<Vec<StoredInstance>>);

impl Received for Archive {
    fn stored(&self, instance: &StoredInstance) -> Result<(), NotRecorded> {
        self.0.lock().unwrap().push(instance.clone());
        Ok(())
    }
}

async fn listen(folder: PathBuf, classes: StorageClasses, archive: Arc<Archive>, stopped: StopToken) -> AeAddress {
    let mut settings = ReceiveSettings::new(AeTitle::new("ARCHIVE").unwrap());
    settings.storage_classes = classes;
    settings.limits.free_space_reserve_bytes = 1 << 20;
    let scp = StorageScp::new(settings, ReceivedFolder::open(&folder).unwrap(), archive).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ARCHIVE@{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { scp.serve(listener, stopped, Duration::from_secs(5)).await });
    address
}

fn scu() -> StorageScu {
    let calling_ae_title = AeTitle::new("BLOODPOOL").unwrap();
    StorageScu::new(SendSettings { calling_ae_title, timeouts: Timeouts::default(), tls: None }).unwrap()
}

fn worked(store: &Arc<Store>, number: u64, key_frames: bool, destinations: &[String]) {
    inbox(store, None, 0).receive(&mut &study(number, 32)[..], "test").unwrap();
    let routes = destinations.iter().map(|destination| Route {
        destination: destination.clone(),
        kinds: vec![ObjectKind::Cine],
        statuses: vec![ResultStatus::Automatic],
    });
    let settings = WorkerSettings { routes: routes.collect(), ..WorkerSettings::default() };
    let (_stop, stopped) = Stop::new();
    assert!(
        Worker::new(store.clone(), Arc::new(Pictures { key_frames }), settings)
            .work_due(UtcTime::now(), &stopped)
            .unwrap()
    );
}

fn send(store: &Arc<Store>, deliver: Arc<dyn Deliver>) {
    let sender = Sender::new(store.clone(), deliver, None, SenderSettings::default());
    while sender.send_due(UtcTime::now()).unwrap() > 0 {}
}

fn rows(store: &Store, state: DeliveryState) -> Vec<DeliveryRow> {
    store.reader().unwrap().deliveries(Some(state), 100).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_without_multi_frame_captures_gets_key_frames_and_another_the_cine() {
    let scratch = tempfile::tempdir().unwrap();
    let (_stop, stopped) = Stop::new();
    let (single, any) = (Arc::new(Archive::default()), Arc::new(Archive::default()));
    let classes = StorageClasses::NuclearMedicineAnd(vec![Uid::new(SECONDARY_CAPTURE).unwrap()]);
    let first = listen(scratch.path().join("single"), classes, single.clone(), stopped.clone()).await.to_string();
    let second =
        listen(scratch.path().join("any"), StorageClasses::All, any.clone(), stopped.clone()).await.to_string();
    let store = open(&scratch.path().join("data"));
    let runtime = tokio::runtime::Handle::current();
    let (working, destinations) = (store.clone(), [first.clone(), second]);
    let work = move || {
        worked(&working, 1, true, &destinations);
        send(&working, Arc::new(DicomDeliver::new(scu(), runtime.clone())));
        // They are sent once more: the archive knows their bytes.
        for row in rows(&working, DeliveryState::Delivered) {
            assert!(!working.retry_delivery(row.id, UtcTime::now()).unwrap(), "what is delivered is not sent again");
        }
        let files: Vec<PathBuf> = std::fs::read_dir(working.folder().join("objects"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| std::fs::read(path).unwrap().windows(26).any(|it| it == b"1.2.840.10008.5.1.4.1.1.7\0"))
            .collect();
        let again = DicomDeliver::new(scu(), runtime).deliver(&destinations[0], &files);
        assert!(again.len() == 2 && again.iter().all(|answer| *answer == Ok(Status::SUCCESS)), "{again:?}");
    };
    tokio::task::spawn_blocking(work).await.unwrap();

    let replaced = rows(&store, DeliveryState::Replaced);
    assert_eq!((replaced.len(), &replaced[0].destination, replaced[0].kind), (1, &first, Some(ObjectKind::Cine)));
    let why = "the peer does not accept SOP class 1.2.840.10008.5.1.4.1.1.7.4; key frames are sent in its place";
    assert_eq!(replaced[0].error.as_deref(), Some(why));
    let delivered = rows(&store, DeliveryState::Delivered);
    let frames: Vec<&DeliveryRow> = delivered.iter().filter(|row| row.kind == Some(ObjectKind::KeyFrames)).collect();
    assert!(delivered.len() == 3 && frames.len() == 2 && frames.iter().all(|row| row.destination == first));
    assert!(rows(&store, DeliveryState::Failed).is_empty() && rows(&store, DeliveryState::Waiting).is_empty());

    let received = single.0.lock().unwrap().clone();
    assert!(received.iter().all(|it| it.sop_class_uid.as_str() == SECONDARY_CAPTURE), "{received:?}");
    let arrivals: Vec<&Arrival> = received.iter().map(|it| &it.arrival).collect();
    assert_eq!(arrivals, [&Arrival::First, &Arrival::First, &Arrival::Duplicate, &Arrival::Duplicate]);
    let mut sent: Vec<&str> = frames.iter().filter_map(|row| row.sop_instance_uid.as_deref()).collect();
    let mut came: Vec<&str> = received[..2].iter().map(|it| it.sop_instance_uid.as_str()).collect();
    sent.sort_unstable();
    came.sort_unstable();
    assert_eq!(sent, came);
    let received = any.0.lock().unwrap().clone();
    assert_eq!(
        received.iter().map(|it| it.sop_class_uid.as_str()).collect::<Vec<_>>(),
        ["1.2.840.10008.5.1.4.1.1.7.4"]
    );
}

/// Answers to each file what it is told, by its kind of refusal.
struct Refuses(NotDelivered);

impl Deliver for Refuses {
    fn deliver(&self, _: &str, files: &[PathBuf]) -> Vec<Result<Status, NotDelivered>> {
        files.iter().map(|_| Err(self.0.clone())).collect()
    }
}

#[test]
fn without_key_frames_or_for_another_reason_a_cine_has_failed() {
    let refused = |sop_class_refused| NotDelivered {
        reason: "the peer answered".into(),
        status: Some(Status(0x0122)),
        may_pass: false,
        sop_class_refused,
    };
    for (number, key_frames, sop_class_refused, replaced) in
        [(1, true, true, 1), (2, false, true, 0), (3, true, false, 0)]
    {
        let scratch = tempfile::tempdir().unwrap();
        let store = open(scratch.path());
        worked(&store, number, key_frames, &["PACS@localhost:104".to_owned()]);
        send(&store, Arc::new(Refuses(refused(sop_class_refused))));
        assert_eq!(rows(&store, DeliveryState::Replaced).len(), replaced, "{number}");
        // The key frames are refused, too, and have failed: nothing is sent in their place.
        let failed = rows(&store, DeliveryState::Failed);
        assert_eq!(failed.len(), if replaced == 1 { 2 } else { 1 }, "{number}");
        assert!(failed.iter().all(|row| row.error.as_deref() == Some("the peer answered")), "{failed:?}");
    }
}
