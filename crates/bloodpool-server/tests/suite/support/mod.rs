//! Simulated studies, an analysis that copies what it is given into its objects, and a peer that is a folder.
#![allow(dead_code)] // each test binary uses some of it

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bloodpool_core::study::GatedStudy;
use bloodpool_dicom::net::{FileSystemSpace, FreeSpace, InstanceFile, Limits, RetryPolicy, Status, Uid};
use bloodpool_dicom::{Acquisition, UidSource, encode_study};
use bloodpool_server::{
    Analyse, AnalysisError, AnalysisIdentity, Deliver, Inbox, InboxSettings, NotDelivered, ObjectKind, Produced,
    ResultStatus, Route, Sender, SenderSettings, Store, StudyInput, UtcTime, Worker, WorkerSettings,
};

pub(crate) const PEER: &str = "PACS@localhost:104";

/// A DICOM file of 8 frames with the SOP Instance UID 1.2.NUMBER.
pub(crate) fn study(number: u64, side: usize) -> Vec<u8> {
    let counts = ndarray::Array3::from_elem((8, side, side), (number % 1000) as f32 + 1.0);
    let mut study = GatedStudy::new(counts, Some([4.0, 4.0])).unwrap();
    study.identity.sop_uid = Some(format!("1.2.{number}"));
    study.identity.patient_name = Some("Simulated^Patient".into());
    encode_study(&study, &Acquisition::original()).unwrap()
}

/// Its objects name the input, so that one is told from another.
pub(crate) struct Named;

impl Analyse for Named {
    fn identity(&self) -> AnalysisIdentity {
        AnalysisIdentity { model: "none@0".into(), protocol: "standard".into(), version: "0.1.0".into() }
    }

    fn analyse(&self, study: &StudyInput) -> Result<Vec<Produced>, AnalysisError> {
        let known = study.files.iter().all(|file| file.is_file());
        if !known {
            return Err(AnalysisError { reason: "a file is missing".into(), may_pass: false });
        }
        let uid = UidSource::new("test").field("uid", &study.uid).field("sha256", &study.sha256).uid();
        let bytes = format!("{uid}\n{}\n{}", study.uid, study.sha256).into_bytes();
        let document = Produced { kind: ObjectKind::Document, sop_instance_uid: None, bytes: study.uid.clone().into() };
        let report = Produced { kind: ObjectKind::StructuredReport, sop_instance_uid: Uid::new(&uid).ok(), bytes };
        Ok(vec![document, report])
    }
}

/// Its object is a study of its own, so that it is a DICOM file: of study 1.2.N it is 1.2.(N + 1000).
pub(crate) struct Copies;

impl Analyse for Copies {
    fn identity(&self) -> AnalysisIdentity {
        Named.identity()
    }

    fn analyse(&self, input: &StudyInput) -> Result<Vec<Produced>, AnalysisError> {
        let number: u64 = input.uid.rsplit('.').next().unwrap().parse().unwrap();
        let sop_instance_uid = Uid::new(&format!("1.2.{}", number + 1000)).ok();
        Ok(vec![Produced { kind: ObjectKind::StructuredReport, sop_instance_uid, bytes: study(number + 1000, 32) }])
    }
}

/// A peer that keeps what it gets as files named by UID, and sometimes does not answer.
pub(crate) struct Folder {
    pub(crate) folder: PathBuf,
    pub(crate) calls: AtomicU64,
}

impl Deliver for Folder {
    fn deliver(&self, destination: &str, files: &[PathBuf]) -> Vec<Result<Status, NotDelivered>> {
        assert_eq!(destination, PEER);
        let mut answers = Vec::new();
        for file in files {
            if self.calls.fetch_add(1, Relaxed) % 5 == 4 {
                let reason = "the association was aborted".to_owned();
                answers.push(Err(NotDelivered::before_sending(reason, true)));
                // The rest is not tried.
                break;
            }
            let bytes = std::fs::read(file).unwrap();
            let uid = match InstanceFile::open(file) {
                Ok(instance) => instance.sop_instance.to_string(),
                Err(_) => String::from_utf8_lossy(&bytes).lines().next().unwrap().to_owned(),
            };
            let path = self.folder.join(uid);
            answers.push(Ok(match std::fs::read(&path) {
                Ok(known) => {
                    if known != bytes {
                        std::fs::write(self.folder.join("DIFFERENT"), "").unwrap();
                    }
                    Status::DUPLICATE_SOP_INSTANCE
                }
                Err(_) => {
                    bloodpool_files::write_whole(&path, &bytes, bloodpool_files::IfExists::Replace).unwrap();
                    Status::SUCCESS
                }
            }));
        }
        answers
    }
}

pub(crate) fn open(folder: &Path) -> Arc<Store> {
    Arc::new(Store::open(folder, "test 0").unwrap())
}

pub(crate) fn inbox(store: &Arc<Store>, space: Option<Arc<dyn FreeSpace>>, reserve: u64) -> Inbox {
    let limits = Limits { free_space_reserve_bytes: reserve, ..Limits::default() };
    let settings = InboxSettings { limits, ..InboxSettings::default() };
    Inbox::new(store.clone(), settings, space.unwrap_or_else(|| Arc::new(FileSystemSpace)))
}

pub(crate) fn worker(store: &Arc<Store>) -> Worker {
    worker_of(store, Arc::new(Named))
}

pub(crate) fn worker_of(store: &Arc<Store>, analyse: Arc<dyn Analyse>) -> Worker {
    let routes = vec![Route {
        destination: PEER.into(),
        kinds: vec![ObjectKind::StructuredReport],
        statuses: vec![ResultStatus::Automatic],
    }];
    let settings = WorkerSettings { routes, poll: Duration::from_millis(10), ..WorkerSettings::default() };
    Worker::new(store.clone(), analyse, settings)
}

pub(crate) fn sender(store: &Arc<Store>, peer: &Path) -> Sender {
    std::fs::create_dir_all(peer).unwrap();
    let deliver = Arc::new(Folder { folder: peer.to_owned(), calls: AtomicU64::new(0) });
    let retry = RetryPolicy { first_delay: Duration::from_millis(4), ..RetryPolicy::default() };
    let settings = SenderSettings { retry, most: 8, poll: Duration::from_millis(10) };
    Sender::new(store.clone(), deliver, None, settings)
}

/// Analyses and sends until nothing is left to do.
pub(crate) fn drain(store: &Arc<Store>, peer: &Path) {
    let (_stop, stopped) = bloodpool_dicom::net::Stop::new();
    let (worker, sender) = (worker(store), sender(store, peer));
    // Later than every delay.
    let later = || UtcTime::now().after(Duration::from_secs(24 * 3600));
    while worker.work_due(later(), &stopped).unwrap() {}
    while sender.send_due(later()).unwrap() > 0 {}
}
