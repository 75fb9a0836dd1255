//! `Service`: one process that owns a data folder: listener, watched folders, workers, senders, retention, and roles beside them.

mod error;
mod from_section;
mod role;
mod settings;
mod threads;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bloodpool_dicom::net::{FileSystemSpace, Stop, StopToken, StorageScp, StorageScu};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::analysis::Analyse;
#[cfg(unix)]
use crate::control::listen::Control;
use crate::inbox::Inbox;
use crate::outbox::commitment::asker::CommitmentAsker;
use crate::outbox::commitment::dicom::DicomCommitment;
use crate::outbox::dicom::DicomDeliver;
use crate::outbox::route::Route;
use crate::outbox::sender::Sender;
use crate::people::kept_head::audit_heads_file;
use crate::queue::worker::{Worker, WorkerSettings};
use crate::store::Store;
use crate::time::UtcTime;
use crate::watch::WatchFolder;
use threads::Threads;

pub use error::ServiceError;
pub use from_section::{SettingsError, requestor_tls};
pub use role::{Parts, Role, RoleError};
pub use settings::{Destination, ListenerSettings, ServiceSettings};

/// Threads of the runtime: they move bytes and do not compute.
const NETWORK_THREADS: usize = 2;
/// How often a stop looks whether work is left, and how often it is asked whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// A service that runs: the data folder is open, and the listener has its port.
pub struct Service {
    runtime: Runtime,
    store: Arc<Store>,
    inbox: Arc<Inbox>,
    threads: Threads,
    tasks: Vec<JoinHandle<()>>,
    /// Ends what brings new work.
    intake: Stop,
    /// Ends what does the work.
    work: Stop,
    stop_within: Duration,
    port: Option<u16>,
}

impl Service {
    /// Checks all settings, opens the data folder, and starts.
    ///
    /// # Errors
    /// [`ServiceError`]; nothing runs then.
    pub fn start(
        settings: ServiceSettings,
        analyse: Arc<dyn Analyse>,
        mut roles: Vec<Box<dyn Role>>,
    ) -> Result<Self, ServiceError> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(NETWORK_THREADS).enable_io().enable_time().build();
        let runtime = runtime.map_err(ServiceError::Runtime)?;
        let senders = senders(&settings)?;
        for watched in &settings.watched {
            if !watched.folder.is_dir() {
                return Err(ServiceError::NoFolder { folder: watched.folder.clone() });
            }
        }
        let store = Arc::new(Store::open(&settings.data, &settings.program)?);
        for watched in &settings.watched {
            // What is in the data folder would come in again and again.
            let real = |folder: &Path| folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            let (data, folder) = (real(&settings.data), real(&watched.folder));
            if data.starts_with(&folder) || folder.starts_with(&data) {
                return Err(ServiceError::WatchesData { folder: watched.folder.clone() });
            }
        }
        for role in &mut roles {
            role.prepare(&store).map_err(|source| ServiceError::Role { role: role.name(), source })?;
        }
        let inbox = Arc::new(Inbox::new(store.clone(), settings.inbox, Arc::new(FileSystemSpace)));
        // A service that does not listen sends nothing, and changes nothing about destinations.
        if settings.listener.is_some() {
            let asked = settings.destinations.iter().filter(|destination| destination.storage_commitment);
            store.set_committing(&asked.map(|destination| destination.peer.to_string()).collect::<Vec<_>>())?;
        }
        let routes: Vec<Route> = settings.destinations.iter().map(Destination::route).collect();
        let listening = match &settings.listener {
            Some(ListenerSettings { address, receive }) => {
                let scp = StorageScp::new(receive.clone(), store.received().clone(), inbox.clone())?;
                let failed = |error| ServiceError::Listen { address: *address, error };
                let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
                let port = listener.local_addr().map_err(failed)?.port();
                Some((scp, listener, port))
            }
            None => None,
        };
        let port = listening.as_ref().map(|(.., port)| *port);

        let ((intake, intake_ends), (work, work_ends)) = (Stop::new(), Stop::new());
        let mut threads = Threads::default();
        for (destination, scu) in senders {
            let name = destination.peer.to_string();
            let deliver = Arc::new(DicomDeliver::new(scu.clone(), runtime.handle().clone()));
            if destination.storage_commitment {
                let ask = Arc::new(DicomCommitment::new(scu.clone(), runtime.handle().clone()));
                let asker = CommitmentAsker::new(store.clone(), ask, name.clone(), settings.inbox.commitment);
                let ends = work_ends.clone();
                threads.spawn("commitment", move || asker.run(&ends))?;
            }
            let sender = Sender::new(store.clone(), deliver, Some(name), settings.sender);
            let ends = work_ends.clone();
            threads.spawn("sender", move || sender.run(&ends))?;
            runtime.spawn(async move { verify(&destination, &scu).await });
        }
        let worker = WorkerSettings { routes: routes.clone(), ..settings.worker };
        for _ in 0..settings.workers.max(1) {
            let worker = Worker::new(store.clone(), analyse.clone(), worker.clone());
            let ends = work_ends.clone();
            threads.spawn("worker", move || worker.run(&ends))?;
        }
        for watched in settings.watched {
            let (inbox, ends) = (inbox.clone(), intake_ends.clone());
            threads.spawn("watch", move || threads::watch(WatchFolder::new(watched), &inbox, &ends))?;
        }
        let (kept, policy, ends) = (store.clone(), settings.retention, intake_ends.clone());
        threads.spawn("retention", move || threads::retain(&kept, &policy, &ends))?;

        let heads = settings.audit_heads.unwrap_or_else(|| audit_heads_file(&settings.data));
        let (kept, ends) = (store.clone(), work_ends.clone());
        threads.spawn("heads", move || threads::keep_heads(&kept, &heads, &ends))?;

        let mut tasks = Vec::new();
        tasks.extend(control(&runtime, &store, &intake_ends));
        if let Some((scp, listener, port)) = listening {
            tracing::info!(event = "listening", port);
            let (ends, grace) = (intake_ends.clone(), settings.stop_within);
            tasks.push(runtime.spawn(async move { scp.serve(listener, ends, grace).await }));
        }
        for role in roles {
            let parts = Parts { store: store.clone(), inbox: inbox.clone(), routes: routes.clone() };
            tasks.push(role::spawn(runtime.handle(), role, parts, intake_ends.clone()));
        }
        tracing::info!(event = "started", program = settings.program, workers = settings.workers);
        Ok(Self { runtime, store, inbox, threads, tasks, intake, work, stop_within: settings.stop_within, port })
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The data folder.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What records what is received.
    #[must_use]
    pub fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// Runs until `asked` says that it is to stop, and then stops.
    pub fn run_until(self, asked: impl Fn() -> bool) {
        while !asked() {
            std::thread::sleep(LOOK);
        }
        self.stop();
    }

    /// Stops: nothing new is received, and what was is analysed and sent, as long as the settings allow. What is left then is
    /// on disk, and continues after the next start.
    pub fn stop(self) {
        let until = Instant::now() + self.stop_within;
        tracing::info!(event = "stopping");
        self.intake.stop();
        for task in self.tasks {
            let _ = self.runtime.block_on(task);
        }
        while Instant::now() < until {
            match self.store.pending(UtcTime::now()) {
                Ok(pending) if pending.jobs + pending.deliveries == 0 => break,
                _ => std::thread::sleep(LOOK),
            }
        }
        self.work.stop();
        self.threads.join();
        match self.store.pending(UtcTime::now()) {
            Ok(left) => tracing::info!(event = "stopped", jobs_left = left.jobs, deliveries_left = left.deliveries),
            Err(error) => tracing::error!(event = "stopped", reason = %error),
        }
    }
}

/// Takes changes of accounts and tokens from the command line, where that can be.
#[cfg(unix)]
fn control(runtime: &Runtime, store: &Arc<Store>, ends: &StopToken) -> Option<JoinHandle<()>> {
    let _within = runtime.enter();
    match Control::bind(store.folder()) {
        Ok(control) => Some(runtime.spawn(control.run(store.clone(), ends.clone()))),
        Err(error) => {
            tracing::warn!(event = "control_not_available", reason = %error);
            None
        }
    }
}

#[cfg(not(unix))]
fn control(_: &Runtime, _: &Arc<Store>, _: &StopToken) -> Option<JoinHandle<()>> {
    None
}

/// The SCU of each destination, its certificates read.
fn senders(settings: &ServiceSettings) -> Result<Vec<(Destination, StorageScu)>, ServiceError> {
    let scu = |destination: &Destination| Ok((destination.clone(), StorageScu::new(destination.send.clone())?));
    settings.destinations.iter().map(scu).collect()
}

/// Says whether a destination answers: what is written wrongly in the settings shows at the start.
async fn verify(destination: &Destination, scu: &StorageScu) {
    let to = destination.peer.to_string();
    match scu.echo(&destination.peer).await {
        Ok(()) => tracing::info!(event = "destination_answers", to),
        Err(error) => tracing::warn!(event = "destination_does_not_answer", to, reason = %error),
    }
}
