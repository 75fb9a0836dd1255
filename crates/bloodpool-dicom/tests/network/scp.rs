//! A Storage SCP in a folder of its own, and what it was told and told others.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bloodpool_dicom::net::{
    AeTitle, CommitmentReport, Event, FreeSpace, NotRecorded, ReceiveSettings, Received, ReceivedFolder,
    ReportNotTaken, Stop, StopToken, StorageScp, StoredInstance,
};
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;

use super::peer::Client;
use super::support::Scratch;

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) stored: Mutex<Vec<StoredInstance>>,
    pub(crate) events: Mutex<Vec<String>>,
    pub(crate) reports: Mutex<Vec<CommitmentReport>>,
    /// Whether instances and reports cannot be recorded.
    pub(crate) fails: AtomicBool,
}

impl Received for Recorder {
    fn stored(&self, instance: &StoredInstance) -> Result<(), NotRecorded> {
        assert!(instance.path.is_file());
        self.stored.lock().unwrap().push(instance.clone());
        if self.fails.load(Relaxed) { Err(NotRecorded) } else { Ok(()) }
    }

    /// Transactions are known by their last digit.
    fn committed(&self, report: &CommitmentReport) -> Result<(), ReportNotTaken> {
        if !report.transaction.as_str().ends_with('7') {
            return Err(ReportNotTaken::UnknownTransaction);
        }
        self.reports.lock().unwrap().push(report.clone());
        if self.fails.load(Relaxed) { Err(ReportNotTaken::NotRecorded) } else { Ok(()) }
    }

    fn event(&self, event: &Event) {
        self.events.lock().unwrap().push(format!("{event:?}"));
    }
}

/// A file system that has as much space as it is told.
pub(crate) struct Space(pub(crate) AtomicU64);

impl FreeSpace for Space {
    fn available_bytes(&self, _folder: &Path) -> std::io::Result<u64> {
        Ok(self.0.load(Relaxed))
    }
}

/// A Storage SCP called BLOODPOOL.
pub(crate) struct Scp {
    pub(crate) scratch: Scratch,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) space: Arc<Space>,
    pub(crate) scp: StorageScp,
    pub(crate) stop: Stop,
    pub(crate) stopped: StopToken,
}

impl Scp {
    pub(crate) fn new(change: impl FnOnce(&mut ReceiveSettings)) -> Self {
        let scratch = Scratch::in_memory();
        let recorder = Arc::new(Recorder::default());
        let space = Arc::new(Space(AtomicU64::new(1 << 40)));
        let mut settings = ReceiveSettings::new(AeTitle::new("BLOODPOOL").unwrap());
        settings.free_space = space.clone();
        change(&mut settings);
        let folder = ReceivedFolder::open(&scratch.path("received")).unwrap();
        let scp = StorageScp::new(settings, folder, recorder.clone()).unwrap();
        let (stop, stopped) = Stop::new();
        Self { scratch, recorder, space, scp, stop, stopped }
    }

    /// A connection in memory, from 10.0.0.7.
    pub(crate) fn connect(&self) -> Client<DuplexStream> {
        let (near, far) = tokio::io::duplex(64 << 10);
        let (scp, stopped) = (self.scp.clone(), self.stopped.clone());
        let address = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)));
        tokio::spawn(async move { scp.serve_association(far, address, stopped).await });
        Client(near)
    }

    /// As [`Self::connect`], with an association that is open.
    pub(crate) async fn associated(&self) -> Client<DuplexStream> {
        let mut client = self.connect();
        client.associate().await;
        client
    }

    /// Listens on a port of this machine. The task ends when the SCP has stopped.
    pub(crate) async fn listen(&self) -> (std::net::SocketAddr, JoinHandle<()>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (scp, stopped) = (self.scp.clone(), self.stopped.clone());
        (address, tokio::spawn(async move { scp.serve(listener, stopped, Duration::from_secs(5)).await }))
    }

    /// Names of received files, and of files that are being received.
    pub(crate) fn files(&self) -> (Vec<String>, Vec<String>) {
        let names = |folder: &Path| {
            let entries = std::fs::read_dir(folder).unwrap();
            let mut names: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.retain(|name| name != "incoming" && name != "lock");
            names.sort();
            names
        };
        let folder = self.scratch.path("received");
        (names(&folder), names(&folder.join("incoming")))
    }

    /// Waits until nothing is being received any more.
    pub(crate) async fn nothing_incoming(&self) {
        for _ in 0..500 {
            if self.files().1.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("still being received: {:?}", self.files().1);
    }

    pub(crate) fn stored(&self) -> Vec<StoredInstance> {
        self.recorder.stored.lock().unwrap().clone()
    }

    /// Waits for an event in whose text this is.
    pub(crate) async fn event(&self, text: &str) -> String {
        for _ in 0..500 {
            if let Some(event) = self.recorder.events.lock().unwrap().iter().find(|event| event.contains(text)) {
                return event.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no event of {text}: {:?}", self.recorder.events.lock().unwrap());
    }
}
