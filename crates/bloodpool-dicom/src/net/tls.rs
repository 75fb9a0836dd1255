//! `TlsServer` and `TlsClient`: transport security from files in PEM (PS3.15 B.9, B.12).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsIdentity {
    /// PEM: the certificate, then those that it is signed by.
    pub certificate_chain: PathBuf,
    /// PEM: its private key.
    pub private_key: PathBuf,
}

/// TLS of an acceptor of associations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsServer {
    /// What this side shows.
    pub identity: TlsIdentity,
    /// PEM: authorities, one of which must have signed the certificate of each client. `None`: clients need none.
    pub client_authorities: Option<PathBuf>,
}

/// TLS of a requestor of associations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsClient {
    /// PEM: authorities, one of which must have signed the certificate of the server.
    pub server_authorities: PathBuf,
    /// What this side shows where the server asks for it.
    pub identity: Option<TlsIdentity>,
}

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file is missing, or is not PEM of what is expected.
    #[error("{} has no {what} in PEM that can be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it must hold.
        what: &'static str,
    },
    /// Certificate, key and authorities do not fit each other.
    #[error("certificate and key in {} cannot be used: {problem}", path.display())]
    Unusable {
        /// The file of the certificate or of the authorities.
        path: PathBuf,
        /// What the TLS library says.
        problem: String,
    },
}

impl TlsServer {
    /// What makes a connection of a client one over TLS.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let unusable = |path: &Path, problem: String| TlsError::Unusable { path: path.to_path_buf(), problem };
        let (chain, key) = self.identity.read()?;
        let path = &self.identity.certificate_chain;
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(path, error.to_string()))?;
        let builder = match &self.client_authorities {
            None => builder.with_no_client_auth(),
            Some(authorities) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(roots(authorities)?, provider)
                    .build()
                    .map_err(|error| unusable(authorities, error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let config = builder.with_single_cert(chain, key).map_err(|error| unusable(path, error.to_string()))?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl TlsClient {
    pub(crate) fn connector(&self) -> Result<TlsConnector, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let authorities = &self.server_authorities;
        let unusable = |path: &Path, problem: String| TlsError::Unusable { path: path.to_path_buf(), problem };
        let verifier = WebPkiServerVerifier::builder_with_provider(roots(authorities)?, provider.clone())
            .build()
            .map_err(|error| unusable(authorities, error.to_string()))?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(authorities, error.to_string()))?
            .with_webpki_verifier(verifier);
        let config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity.read()?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| unusable(&identity.certificate_chain, error.to_string()))?
            }
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

impl TlsIdentity {
    fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let path = &self.private_key;
        let key = PrivateKeyDer::from_pem_file(path)
            .map_err(|_| TlsError::File { path: path.clone(), what: "private key" })?;
        Ok((certificates(&self.certificate_chain)?, key))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.ok().filter(|certificates| !certificates.is_empty());
    found.ok_or_else(|| TlsError::File { path: path.to_path_buf(), what: "certificate" })
}

fn roots(path: &Path) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| TlsError::Unusable { path: path.to_path_buf(), problem: error.to_string() })?;
    }
    Ok(Arc::new(roots))
}
