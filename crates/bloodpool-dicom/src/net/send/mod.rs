//! A Storage, Verification and Storage Commitment SCU: sends files in the transfer syntax that they have.

pub(crate) mod association;
pub(crate) mod commitment;
pub(crate) mod error;
pub(crate) mod instance_file;
pub(crate) mod retry;
pub(crate) mod settings;

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::ae_address::AeAddress;
use super::ae_title::AeTitle;
use super::commitment::request::CommitmentRequest;
use super::tls::{TlsClient, TlsError};
use super::uid::Uid;
use association::{ByteStream, MAX_CONTEXTS, SendAssociation, Syntaxes};
use commitment::AwaitedReport;
use error::SendError;
use instance_file::InstanceFile;
use settings::{Delivered, SendSettings};

/// A Storage, Verification and Storage Commitment SCU.
#[derive(Clone)]
pub struct StorageScu {
    settings: SendSettings,
    tls: Option<TlsConnector>,
}

impl StorageScu {
    /// Reads the certificates, where there is TLS.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(settings: SendSettings) -> Result<Self, TlsError> {
        let tls = settings.tls.as_ref().map(TlsClient::connector).transpose()?;
        Ok(Self { settings, tls })
    }

    /// Verifies that a peer answers (C-ECHO).
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn echo(&self, peer: &AeAddress) -> Result<(), SendError> {
        let stream = self.connect(peer).await?;
        let verification = verification();
        let proposed = [verification.clone()];
        let mut association = SendAssociation::open(stream, &peer.ae_title, &self.settings, &proposed).await?;
        let answered = association.echo(&verification).await;
        association.release().await;
        answered
    }

    /// Sends files, and says of each in turn what became of it.
    ///
    /// One association is opened for all of them, or several where more than 128 pairs of SOP class and transfer syntax
    /// occur. Where it breaks, the files that were not sent are [`SendError::NotAttempted`].
    pub async fn send(&self, peer: &AeAddress, files: &[InstanceFile]) -> Vec<Result<Delivered, SendError>> {
        let mut results = Vec::with_capacity(files.len());
        for group in groups(files) {
            match self.open(peer, group).await {
                Ok(mut association) => {
                    for file in group {
                        results.push(association.store(file).await);
                    }
                    association.release().await;
                }
                Err(error) => {
                    results.push(Err(error));
                    results.extend(group.iter().skip(1).map(|_| Err(SendError::NotAttempted)));
                }
            }
        }
        results
    }

    /// Opens an association for these files, of at most 128 pairs of SOP class and transfer syntax.
    ///
    /// # Errors
    /// [`SendError`]; files whose presentation context is not accepted have their error in [`SendAssociation::store`].
    pub async fn open(&self, peer: &AeAddress, files: &[InstanceFile]) -> Result<SendAssociation, SendError> {
        let stream = self.connect(peer).await?;
        SendAssociation::open(stream, &peer.ae_title, &self.settings, &pairs(files)).await
    }

    /// As [`Self::open`], over a byte stream of any kind.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        called: &AeTitle,
        files: &[InstanceFile],
    ) -> Result<SendAssociation, SendError> {
        SendAssociation::open(Box::new(stream), called, &self.settings, &pairs(files)).await
    }

    /// Asks a peer to keep instances that it was sent (N-ACTION of the Storage Commitment Push Model). Its report comes over
    /// this association within `longest`, or later over one that the peer opens.
    ///
    /// # Errors
    /// [`SendError`]: the peer was not asked, or does not take the request.
    pub async fn commit(
        &self,
        peer: &AeAddress,
        request: &CommitmentRequest,
        longest: Duration,
        awaited: &dyn AwaitedReport,
    ) -> Result<(), SendError> {
        let stream = self.connect(peer).await?;
        self.commit_over(stream, &peer.ae_title, request, longest, awaited).await
    }

    /// As [`Self::commit`], over a byte stream of any kind.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub async fn commit_over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        called: &AeTitle,
        request: &CommitmentRequest,
        longest: Duration,
        awaited: &dyn AwaitedReport,
    ) -> Result<(), SendError> {
        let proposed = [commitment::syntaxes()];
        let mut association = SendAssociation::open(Box::new(stream), called, &self.settings, &proposed).await?;
        let asked = association.commit(request, longest, awaited).await;
        association.release().await;
        asked
    }

    async fn connect(&self, peer: &AeAddress) -> Result<Box<dyn ByteStream>, SendError> {
        let unreachable = |error| SendError::Connect { peer: peer.clone(), error };
        let timeouts = &self.settings.timeouts;
        let connect = TcpStream::connect((peer.host.as_str(), peer.port));
        let stream = match tokio::time::timeout(timeouts.connect, connect).await {
            Ok(stream) => stream.map_err(unreachable)?,
            Err(_) => return Err(unreachable(io::ErrorKind::TimedOut.into())),
        };
        // Answers are short and awaited.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let failed = |problem: String| SendError::Tls { peer: peer.clone(), problem };
        let name = ServerName::try_from(peer.host.clone()).map_err(|error| failed(error.to_string()))?;
        match tokio::time::timeout(timeouts.negotiation, tls.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(format!("it was not complete after {} s", timeouts.negotiation.as_secs_f64()))),
        }
    }
}

/// Verification in Implicit VR Little Endian.
fn verification() -> Syntaxes {
    (Uid::of_standard("1.2.840.10008.1.1"), Uid::of_standard("1.2.840.10008.1.2"))
}

/// The presentation contexts that these files need.
fn pairs(files: &[InstanceFile]) -> Vec<Syntaxes> {
    let pairs: BTreeSet<Syntaxes> =
        files.iter().map(|file| (file.sop_class.clone(), file.transfer_syntax.clone())).collect();
    pairs.into_iter().collect()
}

/// The files, cut where an association has no more presentation contexts.
fn groups(files: &[InstanceFile]) -> Vec<&[InstanceFile]> {
    let mut groups = Vec::new();
    let (mut start, mut pairs) = (0, BTreeSet::new());
    for (index, file) in files.iter().enumerate() {
        let pair = (&file.sop_class, &file.transfer_syntax);
        if pairs.len() == MAX_CONTEXTS && !pairs.contains(&pair) {
            groups.push(&files[start..index]);
            start = index;
            pairs.clear();
        }
        pairs.insert(pair);
    }
    if start < files.len() {
        groups.push(&files[start..]);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_cut_where_presentation_contexts_run_out() {
        let file = |class: usize| InstanceFile {
            path: "a.dcm".into(),
            sop_class: Uid::new(&format!("1.2.{class}")).unwrap(),
            sop_instance: Uid::new("1.2.3").unwrap(),
            transfer_syntax: Uid::new("1.2.840.10008.1.2.1").unwrap(),
            start: 0,
            data_set_bytes: 0,
        };
        let files: Vec<InstanceFile> = (0..300).flat_map(|index| [file(index / 2), file(index / 2)]).collect();
        let lengths: Vec<usize> = groups(&files).iter().map(|group| group.len()).collect();
        assert_eq!(lengths, [512, 88]);
        assert_eq!(pairs(&files[..512]).len(), 128);
        assert!(groups(&[]).is_empty());
    }
}
