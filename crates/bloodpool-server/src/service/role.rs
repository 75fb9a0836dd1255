//! `Role`: another service of the process that owns the data folder, for example one for the web.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bloodpool_dicom::net::StopToken;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::inbox::Inbox;
use crate::outbox::route::Route;
use crate::store::Store;

/// What a role works with.
#[derive(Clone)]
pub struct Parts {
    /// The data folder.
    pub store: Arc<Store>,
    /// Records what is received.
    pub inbox: Arc<Inbox>,
    /// Where objects go.
    pub routes: Vec<Route>,
}

/// Why a role ended.
pub type RoleError = Box<dyn std::error::Error + Send + Sync>;

/// Another service of the process. It runs on the runtime of the network, beside the listener.
pub trait Role: Send + 'static {
    /// Its name in the log.
    fn name(&self) -> &'static str;

    /// Makes what it keeps in the data folder, which is open and owned by now. Where it fails, the service does not start.
    ///
    /// # Errors
    /// What the role cannot be without.
    fn prepare(&mut self, store: &Store) -> Result<(), RoleError> {
        let _ = store;
        Ok(())
    }

    /// Runs until a stop is asked for.
    fn run(
        self: Box<Self>,
        parts: Parts,
        stop: StopToken,
    ) -> Pin<Box<dyn Future<Output = Result<(), RoleError>> + Send>>;
}

/// Starts a role. When it ends with an error, that is logged, and the others go on.
pub(super) fn spawn(runtime: &Handle, role: Box<dyn Role>, parts: Parts, stop: StopToken) -> JoinHandle<()> {
    let name = role.name();
    runtime.spawn(async move {
        if let Err(error) = role.run(parts, stop).await {
            tracing::error!(event = "role_ended", role = name, reason = %error);
        }
    })
}
