//! `PduStream`: whole PDUs over any byte stream, with a limit on their length and a limit on how long each may take (PS3.8 9.3).

use std::time::Duration;

use dicom_ul::pdu::{
    AbortRQServiceProviderReason, AbortRQSource, MAXIMUM_PDU_SIZE, PDataValue, PDataValueType, Pdu, read_pdu, write_pdu,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::stop::StopToken;
use super::timeouts::from_now;

/// The DICOM application context name (PS3.7 Annex A).
pub(crate) const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";
/// PDU type, a reserved byte, and the length of what follows.
const HEADER_BYTES: usize = 6;
/// Item length, presentation context ID and message control header of a presentation data value.
pub(crate) const PDV_HEADER_BYTES: u32 = 6;
/// The longest A-ASSOCIATE-RQ or -AC; 128 presentation contexts of 20 transfer syntaxes each have 90 KiB.
pub(crate) const MAX_NEGOTIATION_BYTES: u32 = 256 << 10;
/// Longest P-DATA-TF that is sent, whatever a peer would take.
pub(crate) const MAX_SENT_BYTES: u32 = 128 << 10;
/// How much of what a peer still sends is read before the connection is closed, so that it gets our last PDU.
const LINGER_BYTES: u64 = 8 << 20;
/// How long that may take.
const LINGER: Duration = Duration::from_secs(2);

/// Why no PDU was read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PduError {
    /// The peer closed the connection where a PDU could have started.
    #[error("the connection was closed")]
    Closed,
    /// The peer closed the connection within a PDU.
    #[error("the connection was closed within a PDU")]
    CutOff,
    /// The operating system reports an error of the connection.
    #[error("the connection failed: {0}")]
    Io(#[source] std::io::Error),
    /// Nothing came.
    #[error("nothing was received for {} s", .0.as_secs_f64())]
    Idle(Duration),
    /// A PDU took too long.
    #[error("a PDU was not complete after {} s", .0.as_secs_f64())]
    Slow(Duration),
    /// The association took too long.
    #[error("the association lasted longer than it may")]
    AssociationTooLong,
    /// More bytes than the limit.
    #[error("a PDU of type {pdu_type:02X} has {length} bytes; the limit is {limit}")]
    TooLong {
        /// PDU type.
        pdu_type: u8,
        /// Length that the PDU gives.
        length: u32,
        /// The limit.
        limit: u32,
    },
    /// A type that PS3.8 does not have.
    #[error("PDU type {0:02X} is unknown")]
    Unrecognized(u8),
    /// Bytes that are not what the type says. Their content is not repeated: it may be a password.
    #[error("a PDU of type {0:02X} is malformed")]
    Malformed(u8),
    /// A PDU that cannot be encoded.
    #[error("a PDU cannot be encoded")]
    Encode,
    /// A stop was asked for while nothing was being received.
    #[error("the program stops")]
    Stopped,
}

impl PduError {
    /// The reason of the A-ABORT that this calls for; `None` where there is nobody to tell it.
    pub(crate) fn abort_reason(&self) -> Option<AbortRQServiceProviderReason> {
        match self {
            Self::Closed | Self::CutOff | Self::Io(_) => None,
            Self::Unrecognized(_) => Some(AbortRQServiceProviderReason::UnrecognizedPdu),
            Self::TooLong { .. } | Self::Malformed(_) => Some(AbortRQServiceProviderReason::InvalidPduParameter),
            Self::Idle(_) | Self::Slow(_) | Self::AssociationTooLong | Self::Encode | Self::Stopped => {
                Some(AbortRQServiceProviderReason::ReasonNotSpecified)
            }
        }
    }
}

/// PDUs over a byte stream.
pub(crate) struct PduStream<S> {
    stream: S,
    /// For one PDU.
    pdu_time: Duration,
    /// For all of them.
    end: Instant,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> PduStream<S> {
    /// `end`: when the association must be over.
    pub(crate) fn new(stream: S, pdu_time: Duration, end: Instant) -> Self {
        Self { stream, pdu_time, end, buffer: Vec::new() }
    }

    /// Reads one PDU of at most `limit` bytes whose first byte comes within `wait`.
    ///
    /// With a token, a stop ends the wait for the first byte; a PDU that has begun is read to its end.
    pub(crate) async fn read(
        &mut self,
        wait: Duration,
        limit: u32,
        stop: Option<&mut StopToken>,
    ) -> Result<Pdu, PduError> {
        let mut first = [0; 1];
        let until = self.end.min(from_now(wait));
        let read = timeout_at(until, self.stream.read(&mut first));
        let read = match stop {
            Some(stop) => tokio::select! {
                biased;
                () = stop.stopped() => return Err(PduError::Stopped),
                read = read => read,
            },
            None => read.await,
        };
        match read {
            Err(_) if Instant::now() >= self.end => return Err(PduError::AssociationTooLong),
            Err(_) => return Err(PduError::Idle(wait)),
            Ok(Err(error)) => return Err(of_reading(error, PduError::Closed)),
            Ok(Ok(0)) => return Err(PduError::Closed),
            Ok(Ok(_)) => {}
        }
        let until = self.end.min(from_now(self.pdu_time));
        match timeout_at(until, self.rest(first[0], limit)).await {
            Ok(pdu) => pdu,
            Err(_) if Instant::now() >= self.end => Err(PduError::AssociationTooLong),
            Err(_) => Err(PduError::Slow(self.pdu_time)),
        }
    }

    async fn rest(&mut self, pdu_type: u8, limit: u32) -> Result<Pdu, PduError> {
        let mut header = [pdu_type, 0, 0, 0, 0, 0];
        self.stream.read_exact(&mut header[1..]).await.map_err(|error| of_reading(error, PduError::CutOff))?;
        let [_, _, length @ ..] = header;
        let length = u32::from_be_bytes(length);
        if !matches!(pdu_type, 1..=7) {
            return Err(PduError::Unrecognized(pdu_type));
        }
        // The others have 4 bytes.
        let limit = if matches!(pdu_type, 1 | 2 | 4) { limit } else { 4 };
        if length > limit {
            return Err(PduError::TooLong { pdu_type, length, limit });
        }
        self.buffer.clear();
        self.buffer.extend(header);
        self.buffer.resize(HEADER_BYTES + length as usize, 0);
        let body = &mut self.buffer[HEADER_BYTES..];
        self.stream.read_exact(body).await.map_err(|error| of_reading(error, PduError::CutOff))?;
        // An abort is one, whatever its reason; the decoder refuses unknown reasons.
        if pdu_type == 7 {
            return Ok(Pdu::AbortRQ { source: AbortRQSource::ServiceUser });
        }
        let pdu = read_pdu(self.buffer.as_slice(), MAXIMUM_PDU_SIZE, true);
        pdu.ok().flatten().ok_or(PduError::Malformed(pdu_type))
    }

    /// Writes one PDU.
    pub(crate) async fn write(&mut self, pdu: &Pdu) -> Result<(), PduError> {
        let mut bytes = Vec::new();
        write_pdu(&mut bytes, pdu).map_err(|_| PduError::Encode)?;
        self.write_bytes(&bytes).await
    }

    /// Writes one fragment of a message as a PDU of its own.
    pub(crate) async fn write_fragment(
        &mut self,
        context: u8,
        value_type: PDataValueType,
        is_last: bool,
        data: Vec<u8>,
    ) -> Result<(), PduError> {
        let value = PDataValue { presentation_context_id: context, value_type, is_last, data };
        self.write(&Pdu::PData { data: vec![value] }).await
    }

    /// Writes a command set in fragments of at most `max_length` bytes, their headers included.
    pub(crate) async fn write_command(&mut self, context: u8, command: &[u8], max_length: u32) -> Result<(), PduError> {
        let mut fragments = command.chunks(fragment_bytes(max_length)).peekable();
        while let Some(fragment) = fragments.next() {
            let is_last = fragments.peek().is_none();
            self.write_fragment(context, PDataValueType::Command, is_last, fragment.to_vec()).await?;
        }
        Ok(())
    }

    async fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), PduError> {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(self.pdu_time, write).await {
            Ok(written) => written.map_err(PduError::Io),
            Err(_) => Err(PduError::Slow(self.pdu_time)),
        }
    }

    /// Aborts the association, as far as the peer can be told.
    pub(crate) async fn abort(mut self, reason: AbortRQServiceProviderReason) {
        let source = AbortRQSource::ServiceProvider(reason);
        if self.write(&Pdu::AbortRQ { source }).await.is_ok() {
            self.close().await;
        }
    }

    /// Closes the connection after the last PDU was written. What the peer still sends is read for a while: a connection
    /// closed over unread bytes is reset, and the peer would lose that last PDU.
    pub(crate) async fn close(mut self) {
        let Self { stream, buffer, .. } = &mut self;
        let _ = timeout(LINGER, async {
            stream.shutdown().await?;
            buffer.resize(buffer.len().max(4096), 0);
            let mut left = LINGER_BYTES;
            while left > 0 {
                match stream.read(buffer).await? as u64 {
                    0 => break,
                    read => left = left.saturating_sub(read),
                }
            }
            Ok::<(), std::io::Error>(())
        })
        .await;
    }
}

/// Bytes of a message that fit into a P-DATA-TF of `max_length` bytes; 0 stands for any length (PS3.8 D.1).
pub(crate) fn fragment_bytes(max_length: u32) -> usize {
    let length = if max_length == 0 { MAX_SENT_BYTES } else { max_length.min(MAX_SENT_BYTES) };
    // Fragments but the last have an even length, and none is empty.
    (length.saturating_sub(PDV_HEADER_BYTES) as usize & !1).max(2)
}

/// The end of the stream is not an error of the operating system.
fn of_reading(error: std::io::Error, end: PduError) -> PduError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof { end } else { PduError::Io(error) }
}
