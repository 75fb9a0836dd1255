//! One association that a peer opens, from A-ASSOCIATE-RQ to its end, on any byte stream (PS3.8 9.2, PS3.7 9.3).

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use dicom_dictionary_std::tags;
use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu};
use tokio::io::{AsyncRead, AsyncWrite};

use super::association_error::AssociationError;
use super::negotiation::{Answer, Negotiated, PresentationContext, answer, reject, title};
use super::received::{Event, Received, Rejection};
use super::received_folder::ReceivedFolder;
use super::settings::ReceiveSettings;
use super::storage_classes::VERIFICATION;
use crate::net::command_set::{CommandSet, MAX_COMMAND_BYTES, command};
use crate::net::pdu_stream::{MAX_NEGOTIATION_BYTES, PduError, PduStream};
use crate::net::status::Status;
use crate::net::stop::StopToken;
use crate::net::timeouts::from_now;

/// What all associations of a Storage SCP share.
pub(crate) struct Provider {
    pub(crate) settings: ReceiveSettings,
    pub(crate) folder: Arc<ReceivedFolder>,
    pub(crate) received: Arc<dyn Received>,
}

/// What the next message is.
enum Message {
    Command(u8, CommandSet),
    Release,
}

/// Serves an association from its first byte. `rejection`: reject it, once its request is read.
///
/// Every error has been told to the peer, as far as it can be told, and to [`Received::event`].
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    provider: &Arc<Provider>,
    stream: S,
    address: Option<IpAddr>,
    rejection: Option<Rejection>,
    mut stop: StopToken,
) {
    let timeouts = &provider.settings.timeouts;
    let mut pdus = PduStream::new(stream, timeouts.pdu, from_now(timeouts.association));
    let negotiated = match negotiate(provider, &mut pdus, address, rejection, &mut stop).await {
        Ok(Some(negotiated)) => negotiated,
        // Rejected.
        Ok(None) => return pdus.close().await,
        Err(error) => return broken(provider, pdus, None, address, error).await,
    };
    let sender = negotiated.sender.clone();
    let mut association =
        Association { provider: provider.clone(), pdus, negotiated, fragments: VecDeque::new(), stop };
    match association.serve_messages().await {
        Ok(()) => association.pdus.close().await,
        Err(error) => broken(provider, association.pdus, Some(sender), address, error).await,
    }
}

async fn broken<S: AsyncRead + AsyncWrite + Unpin>(
    provider: &Provider,
    pdus: PduStream<S>,
    sender: Option<super::received::Sender>,
    address: Option<IpAddr>,
    error: AssociationError,
) {
    let reason = error.abort_reason();
    provider.received.event(&Event::Broken { sender, address, error });
    if let Some(reason) = reason {
        pdus.abort(reason).await;
    }
}

/// Reads the request and answers it. `None`: it was rejected.
async fn negotiate<S: AsyncRead + AsyncWrite + Unpin>(
    provider: &Provider,
    pdus: &mut PduStream<S>,
    address: Option<IpAddr>,
    rejection: Option<Rejection>,
    stop: &mut StopToken,
) -> Result<Option<Box<Negotiated>>, AssociationError> {
    let settings = &provider.settings;
    let request = match pdus.read(settings.timeouts.negotiation, MAX_NEGOTIATION_BYTES, Some(stop)).await? {
        Pdu::AssociationRQ(request) => request,
        Pdu::AbortRQ { .. } => return Err(AssociationError::Aborted),
        _ => return Err(AssociationError::Unexpected("a PDU other than A-ASSOCIATE-RQ")),
    };
    let (calling, proposed) = (title(&request.calling_ae_title), request.presentation_contexts.len());
    let rejection = rejection.or(stop.is_stopped().then_some(Rejection::Stopping));
    let answer = match rejection {
        Some(rejection) => Answer::Reject(rejection),
        None => answer(request, address, settings)?,
    };
    match answer {
        Answer::Reject(reason) => {
            provider.received.event(&Event::Rejected { calling, address, reason });
            pdus.write(&reject(reason)).await?;
            Ok(None)
        }
        Answer::Accept(negotiated, pdu) => {
            let accepted = negotiated.contexts.len();
            provider.received.event(&Event::Accepted { sender: negotiated.sender.clone(), proposed, accepted });
            pdus.write(&pdu).await?;
            Ok(Some(negotiated))
        }
    }
}

/// An association that was accepted.
pub(crate) struct Association<S> {
    pub(crate) provider: Arc<Provider>,
    pdus: PduStream<S>,
    pub(crate) negotiated: Box<Negotiated>,
    /// Fragments of the last P-DATA-TF that were not looked at yet.
    fragments: VecDeque<PDataValue>,
    stop: StopToken,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Association<S> {
    /// Answers requests until the association is released, or, on a stop, until a request was answered.
    async fn serve_messages(&mut self) -> Result<(), AssociationError> {
        loop {
            if self.stop.is_stopped() && self.fragments.is_empty() {
                return Err(PduError::Stopped.into());
            }
            let (id, request) = match self.message().await? {
                Message::Command(id, request) => (id, request),
                Message::Release => {
                    self.pdus.write(&Pdu::ReleaseRP).await?;
                    return Ok(());
                }
            };
            let context = self.context(id)?;
            let field = request.get_number(tags::COMMAND_FIELD);
            let field = field.ok_or(AssociationError::Command("its command field is missing"))?;
            if field == command::C_CANCEL_RQ {
                // There is nothing to cancel: C-STORE and C-ECHO are answered before the next command is read.
                continue;
            }
            if field & command::RESPONSE != 0 {
                return Err(AssociationError::Command("it is a response, and nothing was asked"));
            }
            if request.get_number(tags::MESSAGE_ID).is_none() {
                return Err(AssociationError::Command("its message ID is missing"));
            }
            match field {
                command::N_EVENT_REPORT_RQ => self.event_report(id, &context, &request).await?,
                command::C_STORE_RQ => self.store(id, &context, &request).await?,
                command::C_ECHO_RQ => {
                    let (status, comment) = if context.abstract_syntax == VERIFICATION {
                        (Status::SUCCESS, "")
                    } else {
                        (Status::SOP_CLASS_NOT_SUPPORTED, "C-ECHO on the presentation context of another SOP class")
                    };
                    self.skip_data_set(id, &request).await?;
                    self.respond(id, &request, status, comment).await?;
                }
                _ => {
                    self.skip_data_set(id, &request).await?;
                    let comment = "only C-ECHO, C-STORE and N-EVENT-REPORT are supported";
                    self.respond(id, &request, Status::UNRECOGNIZED_OPERATION, comment).await?;
                }
            }
        }
    }

    /// The accepted presentation context with this ID.
    fn context(&self, id: u8) -> Result<PresentationContext, AssociationError> {
        let context = self.negotiated.contexts.get(&id).cloned();
        context.ok_or(AssociationError::PresentationContext { id, what: "was not accepted" })
    }

    /// Reads the next command, or a release.
    async fn message(&mut self) -> Result<Message, AssociationError> {
        let mut bytes = Vec::new();
        let mut context = None;
        loop {
            let Some(fragment) = self.fragment(context.is_none()).await? else { return Ok(Message::Release) };
            let id = *context.get_or_insert(fragment.presentation_context_id);
            if fragment.value_type != PDataValueType::Command || fragment.presentation_context_id != id {
                return Err(AssociationError::Unexpected("a fragment that is none of the command"));
            }
            if bytes.len() + fragment.data.len() > MAX_COMMAND_BYTES {
                return Err(AssociationError::TooLarge { what: "command set", limit: MAX_COMMAND_BYTES as u64 });
            }
            bytes.extend(fragment.data);
            if fragment.is_last {
                return Ok(Message::Command(id, CommandSet::parse(&bytes)?));
            }
        }
    }

    /// Reads the next fragment of the data set of a message on this presentation context.
    pub(crate) async fn data_fragment(&mut self, id: u8) -> Result<PDataValue, AssociationError> {
        match self.fragment(false).await? {
            Some(it) if it.value_type == PDataValueType::Data && it.presentation_context_id == id => Ok(it),
            _ => Err(AssociationError::Unexpected("a fragment that is none of the data set")),
        }
    }

    /// Reads the next fragment; `None` is a release, which may come between messages alone. A stop ends the wait for a
    /// message, but not for the rest of one.
    async fn fragment(&mut self, between_messages: bool) -> Result<Option<PDataValue>, AssociationError> {
        loop {
            if let Some(fragment) = self.fragments.pop_front() {
                return Ok(Some(fragment));
            }
            let settings = &self.provider.settings;
            let stop = between_messages.then_some(&mut self.stop);
            match self.pdus.read(settings.timeouts.idle, settings.limits.max_pdu_length, stop).await? {
                // One without fragments would keep an association alive that does nothing.
                Pdu::PData { data } if data.is_empty() => return Err(PduError::Malformed(4).into()),
                Pdu::PData { data } => self.fragments = data.into(),
                Pdu::ReleaseRQ if between_messages => return Ok(None),
                Pdu::AbortRQ { .. } => return Err(AssociationError::Aborted),
                Pdu::ReleaseRQ => return Err(AssociationError::Unexpected("A-RELEASE-RQ within a message")),
                _ => return Err(AssociationError::Unexpected("a PDU other than P-DATA-TF")),
            }
        }
    }

    /// Reads the data set of a request and throws it away.
    async fn skip_data_set(&mut self, id: u8, request: &CommandSet) -> Result<(), AssociationError> {
        let limit = self.provider.settings.limits.max_data_set_bytes;
        let mut bytes = 0;
        while request.has_data_set() {
            let fragment = self.data_fragment(id).await?;
            bytes += fragment.data.len() as u64;
            if fragment.is_last {
                break;
            }
            if bytes > limit {
                return Err(AssociationError::TooLarge { what: "data set", limit });
            }
        }
        Ok(())
    }

    /// Answers a request. A status that is not success has a comment, which an administrator of the peer can read.
    pub(crate) async fn respond(
        &mut self,
        id: u8,
        request: &CommandSet,
        status: Status,
        comment: &'static str,
    ) -> Result<(), AssociationError> {
        let mut response = request.response(status);
        if status != Status::SUCCESS {
            response = response.text(tags::ERROR_COMMENT, comment);
            let sender = self.negotiated.sender.clone();
            self.provider.received.event(&Event::Refused { sender, status, comment });
        }
        let max_length = self.negotiated.peer_max_pdu_length;
        Ok(self.pdus.write_command(id, &response.encode(), max_length).await?)
    }
}
