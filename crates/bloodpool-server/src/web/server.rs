//! `WebServer`: the review page on an address, from binding it to the last request.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use bloodpool_dicom::net::StopToken;
use tokio::net::TcpListener;

use super::app::{App, Counters};
use super::settings::WebSettings;
use super::upload::MOST_FILE_BYTES;
use super::{
    assets, edit, entry, guard, health, indexer, picture, sign, stow, study_data, study_page, upload, worklist,
};
use crate::people::account::PersonRole;
use crate::people::secret::SecretKind;
use crate::review::program::ReviewAnalysis;
use crate::service::{Parts, Role, RoleError};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// Files that are taken at the same time; each is in memory as a whole.
const UPLOADS: usize = 2;
/// Logins that are looked at or wait for it.
const LOGINS: usize = 32;
/// How long the first link of a server without accounts is valid.
const LINK_VALID: Duration = Duration::from_secs(15 * 60);

/// Why the page is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Without TLS, passwords and images would pass the network in the clear.
    #[error(
        "{0} is reached from other machines, and the page would be served without TLS; \
            use a loopback address, or a proxy with TLS before it"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
}

/// The review page, bound to its address; a role of the process that owns the data folder.
pub struct WebServer {
    program: Arc<dyn ReviewAnalysis>,
    settings: WebSettings,
    listener: std::net::TcpListener,
    address: SocketAddr,
}

impl WebServer {
    /// Binds the address. `program`: what analyses.
    ///
    /// # Errors
    /// [`ServeError`]; an address that other machines reach is refused unless the settings say that it is behind TLS.
    pub fn bind(program: Arc<dyn ReviewAnalysis>, mut settings: WebSettings) -> Result<Self, ServeError> {
        if !settings.address.ip().is_loopback() && !settings.secure {
            return Err(ServeError::NotLoopback(settings.address));
        }
        let cannot = |source| ServeError::Bind { address: settings.address, source };
        let listener = std::net::TcpListener::bind(settings.address).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let port = address.port();
        let own = [format!("{address}"), format!("localhost:{port}"), format!("127.0.0.1:{port}")];
        settings.hosts = settings.hosts.iter().map(|host| host.to_ascii_lowercase()).chain(own).collect();
        Ok(Self { program, settings, listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    async fn serve(self, parts: Parts, stop: StopToken) -> Result<(), RoleError> {
        let Parts { store, inbox, .. } = parts;
        let (reader, indexed) = (store.reader()?, store.reader()?);
        let indexing = (Arc::clone(&store), stop.clone());
        // It waits for news of the store, which is no work for a thread of the network.
        let index = tokio::task::spawn_blocking(move || indexer::index(&indexing.0, &indexed, &indexing.1));
        let app = Arc::new(App {
            store,
            reader,
            inbox,
            program: self.program,
            settings: self.settings,
            live: super::live::LiveStudies::default(),
            counters: Counters::default(),
            uploads: tokio::sync::Semaphore::new(UPLOADS),
            logins: tokio::sync::Semaphore::new(LOGINS),
        });
        let listener = TcpListener::from_std(self.listener)?;
        let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
        let mut stopping = stop;
        let served = axum::serve(listener, service).with_graceful_shutdown(async move { stopping.stopped().await });
        tracing::info!(event = "page_served", address = %self.address);
        served.await?;
        index.await?;
        Ok(())
    }
}

impl Role for WebServer {
    fn name(&self) -> &'static str {
        "web"
    }

    fn run(
        self: Box<Self>,
        parts: Parts,
        stop: StopToken,
    ) -> Pin<Box<dyn Future<Output = Result<(), RoleError>> + Send>> {
        Box::pin(self.serve(parts, stop))
    }
}

/// What to open in a browser. Where the data folder has no accounts: an address that lets whoever started the program in, once
/// and within 15 minutes, as the local user, who may edit and may not sign. Otherwise the page of the login.
///
/// # Errors
/// [`StoreError`].
pub fn first_link(store: &Store, page: SocketAddr) -> Result<String, StoreError> {
    let people = store.reader()?.people()?;
    if people.iter().any(|person| person.role != PersonRole::Local) {
        return Ok(format!("http://{page}/login"));
    }
    let person = store.local_person()?;
    let token = store.add_secret(SecretKind::Link, person.id, None, LINK_VALID, UtcTime::now())?;
    // Behind `#`, so that it is neither sent nor logged.
    Ok(format!("http://{page}/enter#{token}"))
}

fn router(app: Arc<App>) -> Router {
    let behind_login = Router::new()
        .route("/", get(entry::start))
        .route("/studies", get(worklist::worklist))
        .route("/study/{id}", get(study_page::study_page))
        .route("/study/{id}/signed/{version}", get(sign::signed_page))
        .route("/study/{id}/signed/{version}/document.json", get(sign::signed_document))
        .route("/study/{id}/report.html", get(super::report::report))
        .route("/study/{id}/report.pdf", get(super::report::report_pdf))
        .route("/api/studies", post(upload::upload).layer(DefaultBodyLimit::max(MOST_FILE_BYTES)))
        .route("/api/next/{id}", get(worklist::next))
        .route("/api/study/{id}", get(study_data::study))
        .route("/api/study/{id}/revision", get(study_data::revision))
        .route("/api/study/{id}/counts", get(picture::counts))
        .route("/api/study/{id}/thumbnail.png", get(picture::thumbnail))
        .route("/api/study/{id}/function", get(super::report::function))
        .route("/api/study/{id}/preview", post(edit::preview))
        .route("/api/study/{id}/edit", post(edit::edit))
        .route("/api/study/{id}/undo", post(edit::undo))
        .route("/api/study/{id}/redo", post(edit::redo))
        .route("/api/study/{id}/accept", post(sign::accept))
        .route("/api/study/{id}/sign", post(sign::sign))
        .route("/dicom-web/studies", post(stow::store).layer(DefaultBodyLimit::max(MOST_FILE_BYTES)))
        .route("/metrics", get(health::metrics))
        .layer(from_fn_with_state(Arc::clone(&app), guard::require_person));
    Router::new()
        .merge(behind_login)
        .route("/login", get(entry::login_page).post(entry::login))
        .route("/enter", get(entry::enter_page).post(entry::enter))
        .route("/logout", post(entry::logout))
        .route("/language/{code}", post(entry::choose_language))
        .route("/healthz", get(health::health))
        .route("/assets/{name}", get(assets::asset))
        .fallback(|| async { super::refusal::Refusal::not_found() })
        .layer(from_fn_with_state(Arc::clone(&app), guard::guard))
        .with_state(app)
}
