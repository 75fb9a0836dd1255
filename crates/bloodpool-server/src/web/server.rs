//! `WebServer`: the review page on an address, from binding it to the last request.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::connect_info::Connected;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::serve::{IncomingStream, Listener};
use bloodpool_dicom::net::{StopToken, TlsError, TlsServer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::app::{App, Counters};
use super::proxy::Peer;
use super::settings::{RATER_LINK_VALID, Transport, WebSettings};
use super::tls::TlsListener;
use super::upload::MOST_FILE_BYTES;
use super::{
    annotate, annotate_page, assets, edit, entry, guard, health, indexer, picture, self_signed, sign, stow, study_data,
    study_page, upload, worklist,
};
use crate::annotate::annotation::Annotation;
use crate::annotate::error::AnnotationError;
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
            use a loopback address, TLS, or a proxy that has TLS"
    )]
    NotLoopback(SocketAddr),
    /// Nobody could reach it: what browsers ask for is refused.
    #[error("name the host that browsers ask for: {0} is none")]
    NoHost(SocketAddr),
    /// Certificate and key.
    #[error(transparent)]
    Tls(#[from] TlsError),
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
    annotation: Option<Arc<Annotation>>,
    listener: std::net::TcpListener,
    address: SocketAddr,
    hosts: Vec<String>,
    acceptor: Option<TlsAcceptor>,
}

impl WebServer {
    /// Binds the address, and reads certificate and key where files are named. `program`: what analyses.
    ///
    /// # Errors
    /// [`ServeError`]; an address that other machines reach is refused without TLS or a proxy.
    pub fn bind(program: Arc<dyn ReviewAnalysis>, settings: WebSettings) -> Result<Self, ServeError> {
        let behind_proxy = matches!(settings.transport, Transport::BehindProxy(_));
        if !settings.address.ip().is_loopback() && !settings.secure() {
            return Err(ServeError::NotLoopback(settings.address));
        }
        if settings.hosts.is_empty() && (behind_proxy || settings.address.ip().is_unspecified()) {
            return Err(ServeError::NoHost(settings.address));
        }
        let acceptor = match &settings.transport {
            Transport::Tls(identity) => {
                Some(TlsServer { identity: identity.clone(), client_authorities: None }.acceptor()?)
            }
            _ => None,
        };
        let cannot = |source| ServeError::Bind { address: settings.address, source };
        let listener = std::net::TcpListener::bind(settings.address).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let hosts = settings.allowed_hosts(address);
        Ok(Self { program, settings, annotation: None, listener, address, hosts, acceptor })
    }

    /// The same, with images that raters draw on.
    #[must_use]
    pub fn annotating(self, annotation: Annotation) -> Self {
        Self { annotation: Some(Arc::new(annotation)), ..self }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What browsers open: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        let own = self.address.to_string();
        format!("{}://{}", self.settings.scheme(), self.hosts.first().unwrap_or(&own))
    }

    async fn serve(self, parts: Parts, stop: StopToken) -> Result<(), RoleError> {
        let Parts { store, inbox, routes } = parts;
        let (reader, indexed) = (store.reader()?, store.reader()?);
        let indexing = (Arc::clone(&store), stop.clone());
        // It waits for news of the store, which is no work for a thread of the network.
        let index = tokio::task::spawn_blocking(move || indexer::index(&indexing.0, &indexed, &indexing.1));
        let app = Arc::new(App {
            store,
            reader,
            inbox,
            program: self.program,
            routes,
            settings: self.settings,
            hosts: self.hosts,
            live: super::live::LiveStudies::default(),
            annotation: self.annotation,
            counters: Counters::default(),
            uploads: tokio::sync::Semaphore::new(UPLOADS),
            logins: tokio::sync::Semaphore::new(LOGINS),
        });
        let listener = TcpListener::from_std(self.listener)?;
        let router = router(app);
        tracing::info!(event = "page_served", address = %self.address, tls = self.acceptor.is_some());
        match self.acceptor {
            None => serve_on(listener, router, stop).await?,
            Some(acceptor) => {
                let listener = TlsListener::new(listener, acceptor, stop.clone())?;
                serve_on(listener, router, stop).await?;
            }
        }
        index.await?;
        Ok(())
    }
}

async fn serve_on<L>(listener: L, router: Router, mut stop: StopToken) -> std::io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
    Peer: for<'a> Connected<IncomingStream<'a, L>>,
{
    let service = router.into_make_service_with_connect_info::<Peer>();
    axum::serve(listener, service).with_graceful_shutdown(async move { stop.stopped().await }).await
}

impl Role for WebServer {
    fn name(&self) -> &'static str {
        "web"
    }

    fn prepare(&mut self, store: &Store) -> Result<(), RoleError> {
        if matches!(self.settings.transport, Transport::SelfSignedTls) {
            let names = self.settings.certificate_names(self.address);
            let identity = self_signed::identity(store.folder(), &names, UtcTime::now())?;
            self.acceptor = Some(TlsServer { identity, client_authorities: None }.acceptor()?);
        }
        Ok(())
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
/// and within 15 minutes, as the local user, who may edit and may not sign. Otherwise the page of the login. `origin`: as
/// [`WebServer::origin`] gives it.
///
/// # Errors
/// [`StoreError`].
pub fn first_link(store: &Store, origin: &str) -> Result<String, StoreError> {
    let people = store.reader()?.people()?;
    // Raters draw and manage nothing.
    if people.iter().any(|person| !matches!(person.role, PersonRole::Local | PersonRole::Rater)) {
        return Ok(format!("{origin}/login"));
    }
    let person = store.local_person()?;
    let token = store.add_secret(SecretKind::Link, person.id, None, LINK_VALID, UtcTime::now())?;
    // Behind `#`, so that it is neither sent nor logged.
    Ok(format!("{origin}/enter#{token}"))
}

/// What each of these raters opens in a browser: an address that lets one person in, once and within 7 days. Raters without an account
/// get one, which has no password; a rater whose account has a password may log in as well.
///
/// # Errors
/// [`AnnotationError`] where an account of the name is not a rater's, or the data folder cannot be written.
pub fn rater_links(store: &Store, origin: &str, raters: &[String]) -> Result<Vec<(String, String)>, AnnotationError> {
    let link = |name: &String| {
        let person = store.rater_person(name)?;
        let token = store.add_secret(SecretKind::Link, person.id, None, RATER_LINK_VALID, UtcTime::now())?;
        Ok((name.clone(), format!("{origin}/enter#{token}")))
    };
    raters.iter().map(link).collect()
}

fn router(app: Arc<App>) -> Router {
    let behind_login = Router::new()
        .route("/", get(entry::start))
        .route("/studies", get(worklist::worklist).post(worklist::search))
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
        .route("/annotate", get(annotate_page::start))
        .route("/annotate/progress", get(annotate_page::progress))
        .route("/annotate/{place}", get(annotate_page::draw))
        .route("/api/annotate/progress", get(annotate::progress))
        .route("/api/annotate/links", post(annotate::link))
        .route("/api/annotate/next/{place}", get(annotate::next))
        .route("/api/annotate/{place}", get(annotate::drawing))
        .route("/api/annotate/{place}/picture", get(annotate::picture))
        .route("/api/annotate/{place}/preview", post(annotate::preview))
        .route("/api/annotate/{place}/edit", post(annotate::edit))
        .route("/api/annotate/{place}/undo", post(annotate::undo))
        .route("/api/annotate/{place}/redo", post(annotate::redo))
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
