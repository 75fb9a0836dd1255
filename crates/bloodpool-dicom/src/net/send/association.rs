//! `SendAssociation`: an association that this side opened, over which instances are sent one after the other (PS3.7 9.1.1).

use std::collections::BTreeMap;
use std::io::SeekFrom;
use std::time::Duration;

use dicom_dictionary_std::tags;
use dicom_ul::pdu::{
    AbortRQServiceProviderReason, AssociationAC, AssociationRJResult, AssociationRQ, PDataValueType, Pdu,
    PresentationContextProposed, PresentationContextResultReason, UserVariableItem,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWrite};

use super::error::SendError;
use super::instance_file::{InstanceFile, InstanceFileError};
use super::settings::{Delivered, SendSettings};
use crate::implementation::{IMPLEMENTATION_VERSION_NAME, implementation_class_uid};
use crate::net::ae_title::AeTitle;
use crate::net::command_set::{CommandSet, DATA_SET_FOLLOWS, MAX_COMMAND_BYTES, NO_DATA_SET, command};
use crate::net::pdu_stream::{
    APPLICATION_CONTEXT, MAX_NEGOTIATION_BYTES, PDV_HEADER_BYTES, PduError, PduStream, fragment_bytes,
};
use crate::net::status::Status;
use crate::net::timeouts::from_now;
use crate::net::uid::Uid;

/// Presentation context IDs are the odd numbers of one byte.
pub(crate) const MAX_CONTEXTS: usize = 128;
/// Longest PDU that is taken: answers are short.
const MAX_PDU_LENGTH: u32 = 16 << 10;
/// How long to look for an abort after a connection failed.
const ABORT_WAIT: Duration = Duration::from_millis(200);
/// Priority (0000,0700): medium.
const MEDIUM: u16 = 0;

/// SOP class and transfer syntax of a presentation context.
pub(crate) type Syntaxes = (Uid, Uid);

/// A stream of bytes, in plain text or TLS.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for S {}

/// An association that this side opened.
pub struct SendAssociation {
    pub(super) pdus: PduStream<Box<dyn ByteStream>>,
    pub(super) response_time: Duration,
    pub(super) peer_max_pdu_length: u32,
    contexts: BTreeMap<Syntaxes, (u8, PresentationContextResultReason)>,
    next_message: u16,
    /// Whether another message can be sent.
    pub(super) open: bool,
}

impl SendAssociation {
    /// Opens an association over a stream, and proposes these presentation contexts.
    pub(crate) async fn open(
        stream: Box<dyn ByteStream>,
        called: &AeTitle,
        settings: &SendSettings,
        proposed: &[Syntaxes],
    ) -> Result<Self, SendError> {
        let timeouts = &settings.timeouts;
        let mut pdus = PduStream::new(stream, timeouts.pdu, from_now(timeouts.association));
        let ids = (0..MAX_CONTEXTS as u8).map(|index| 2 * index + 1);
        let numbered: Vec<(u8, &Syntaxes)> = ids.zip(proposed).collect();
        let presentation_contexts = numbered
            .iter()
            .map(|(id, (class, syntax))| PresentationContextProposed {
                id: *id,
                abstract_syntax: class.to_string(),
                transfer_syntaxes: vec![syntax.to_string()],
            })
            .collect();
        pdus.write(&Pdu::AssociationRQ(AssociationRQ {
            protocol_version: 1,
            calling_ae_title: settings.calling_ae_title.to_string(),
            called_ae_title: called.to_string(),
            application_context_name: APPLICATION_CONTEXT.to_string(),
            presentation_contexts,
            user_variables: vec![
                UserVariableItem::MaxLength(MAX_PDU_LENGTH),
                UserVariableItem::ImplementationClassUID(implementation_class_uid()),
                UserVariableItem::ImplementationVersionName(IMPLEMENTATION_VERSION_NAME.to_string()),
            ],
        }))
        .await?;
        let accepted = match pdus.read(timeouts.negotiation, MAX_NEGOTIATION_BYTES, None).await? {
            Pdu::AssociationAC(accepted) => accepted,
            Pdu::AssociationRJ(rejected) => {
                let transient = rejected.result == AssociationRJResult::Transient;
                pdus.close().await;
                return Err(SendError::Rejected { transient, reason: rejected.source.to_string() });
            }
            Pdu::AbortRQ { .. } => return Err(SendError::Aborted),
            _ => {
                pdus.abort(AbortRQServiceProviderReason::UnexpectedPdu).await;
                return Err(SendError::Unexpected("a PDU that is no answer to A-ASSOCIATE-RQ"));
            }
        };
        let peer_max_pdu_length = max_length(&accepted);
        // Nothing fits into less than the header of a fragment.
        if (1..=PDV_HEADER_BYTES + 1).contains(&peer_max_pdu_length) {
            pdus.abort(AbortRQServiceProviderReason::InvalidPduParameter).await;
            return Err(SendError::Unexpected("a maximum length of PDUs into which nothing fits"));
        }
        let result = |id: u8| accepted.presentation_contexts.iter().find(|result| result.id == id);
        let contexts = numbered.into_iter().map(|(id, syntaxes)| {
            let reason = result(id).map_or(PresentationContextResultReason::NoReason, |result| result.reason.clone());
            (syntaxes.clone(), (id, reason))
        });
        Ok(Self {
            pdus,
            response_time: timeouts.response,
            peer_max_pdu_length,
            contexts: contexts.collect(),
            next_message: 1,
            open: true,
        })
    }

    /// The ID of the accepted presentation context, or what the peer has against it.
    pub(super) fn context(&self, (class, syntax): &Syntaxes) -> Result<u8, SendError> {
        use PresentationContextResultReason as Reason;
        let sop_class = class.clone();
        match self.contexts.get(&(class.clone(), syntax.clone())) {
            Some((id, Reason::Acceptance)) => Ok(*id),
            Some((_, Reason::AbstractSyntaxNotSupported)) => Err(SendError::SopClassNotAccepted { sop_class }),
            Some((_, Reason::TransferSyntaxesNotSupported)) => {
                Err(SendError::TransferSyntaxNotAccepted { sop_class, transfer_syntax: syntax.clone() })
            }
            _ => Err(SendError::ContextRejected { sop_class }),
        }
    }

    pub(super) fn message_id(&mut self) -> u16 {
        let id = self.next_message;
        self.next_message = self.next_message.checked_add(1).unwrap_or(1);
        id
    }

    /// C-ECHO on the presentation context with these syntaxes.
    pub(crate) async fn echo(&mut self, syntaxes: &Syntaxes) -> Result<(), SendError> {
        let context = self.context(syntaxes)?;
        let id = self.message_id();
        let request = CommandSet::default()
            .uid(tags::AFFECTED_SOP_CLASS_UID, &syntaxes.0)
            .number(tags::COMMAND_FIELD, command::C_ECHO_RQ)
            .number(tags::MESSAGE_ID, id)
            .number(tags::COMMAND_DATA_SET_TYPE, NO_DATA_SET);
        self.pdus.write_command(context, &request.encode(), self.peer_max_pdu_length).await?;
        match self.response(context, command::C_ECHO_RSP, id).await? {
            Status::SUCCESS => Ok(()),
            status => Err(SendError::Refused(status)),
        }
    }

    /// Sends one file and waits for the answer.
    ///
    /// After an error of the connection, nothing more is sent over this association.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn store(&mut self, file: &InstanceFile) -> Result<Delivered, SendError> {
        if !self.open {
            return Err(SendError::NotAttempted);
        }
        let context = self.context(&(file.sop_class.clone(), file.transfer_syntax.clone()))?;
        let unreadable = |error| InstanceFileError::Unreadable { path: file.path.clone(), error };
        let mut data_set = tokio::fs::File::open(&file.path).await.map_err(unreadable)?;
        data_set.seek(SeekFrom::Start(file.start)).await.map_err(unreadable)?;
        // Until the answer is read, whatever fails leaves half a message behind.
        self.open = false;
        let status = match self.exchange(context, file, data_set).await {
            Ok(status) => status,
            Err(error) => return Err(self.cause(error).await),
        };
        self.open = true;
        match status {
            Status::SUCCESS => Ok(Delivered::Stored),
            Status::DUPLICATE_SOP_INSTANCE => Ok(Delivered::Known),
            status if status.is_warning() => Ok(Delivered::WithWarning(status)),
            status => Err(SendError::Refused(status)),
        }
    }

    async fn exchange(
        &mut self,
        context: u8,
        file: &InstanceFile,
        mut data_set: tokio::fs::File,
    ) -> Result<Status, SendError> {
        let id = self.message_id();
        let request = CommandSet::default()
            .uid(tags::AFFECTED_SOP_CLASS_UID, &file.sop_class)
            .number(tags::COMMAND_FIELD, command::C_STORE_RQ)
            .number(tags::MESSAGE_ID, id)
            .number(tags::PRIORITY, MEDIUM)
            .number(tags::COMMAND_DATA_SET_TYPE, DATA_SET_FOLLOWS)
            .uid(tags::AFFECTED_SOP_INSTANCE_UID, &file.sop_instance);
        self.pdus.write_command(context, &request.encode(), self.peer_max_pdu_length).await?;
        let mut left = file.data_set_bytes;
        while left > 0 {
            let length = left.min(fragment_bytes(self.peer_max_pdu_length) as u64);
            let mut fragment = vec![0; length as usize];
            let read = data_set.read_exact(&mut fragment).await;
            read.map_err(|error| InstanceFileError::Unreadable { path: file.path.clone(), error })?;
            left -= length;
            // A deflated data set may have an odd length (PS3.5 A.5); a fragment may not.
            if left == 0 && fragment.len() % 2 == 1 {
                fragment.push(0);
            }
            self.pdus.write_fragment(context, PDataValueType::Data, left == 0, fragment).await?;
        }
        self.response(context, command::C_STORE_RSP, id).await
    }

    /// The abort that a peer may have sent before it closed the connection over what we still wrote.
    async fn cause(&mut self, error: SendError) -> SendError {
        if !matches!(error, SendError::Pdu(PduError::Io(_))) {
            return error;
        }
        match self.pdus.read(ABORT_WAIT, MAX_PDU_LENGTH, None).await {
            Ok(Pdu::AbortRQ { .. }) => SendError::Aborted,
            _ => error,
        }
    }

    /// Waits for the answer to a request, and gives its status.
    async fn response(&mut self, context: u8, field: u16, id: u16) -> Result<Status, SendError> {
        let mut bytes = Vec::new();
        loop {
            let fragments = match self.pdus.read(self.response_time, MAX_PDU_LENGTH, None).await? {
                Pdu::PData { data } => data,
                Pdu::AbortRQ { .. } => return Err(SendError::Aborted),
                _ => return Err(SendError::Unexpected("a PDU that is no answer")),
            };
            for fragment in fragments {
                let is_command = fragment.value_type == PDataValueType::Command;
                if !is_command || fragment.presentation_context_id != context {
                    return Err(SendError::Unexpected("a fragment that is none of the answer"));
                }
                if bytes.len() + fragment.data.len() > MAX_COMMAND_BYTES {
                    return Err(SendError::Unexpected("an answer that does not end"));
                }
                bytes.extend(fragment.data);
                if !fragment.is_last {
                    continue;
                }
                let answer = CommandSet::parse(&bytes)?;
                let is_answer = answer.get_number(tags::COMMAND_FIELD) == Some(field)
                    && answer.get_number(tags::MESSAGE_ID_BEING_RESPONDED_TO) == Some(id)
                    && !answer.has_data_set();
                return match answer.get_number(tags::STATUS) {
                    Some(status) if is_answer => Ok(Status(status)),
                    _ => Err(SendError::Unexpected("an answer to something that was not asked")),
                };
            }
        }
    }

    /// Releases the association. What was delivered is delivered, whatever comes of this.
    pub async fn release(mut self) {
        if !self.open {
            return self.pdus.abort(AbortRQServiceProviderReason::ReasonNotSpecified).await;
        }
        if self.pdus.write(&Pdu::ReleaseRQ).await.is_ok() {
            let _ = self.pdus.read(self.response_time, MAX_PDU_LENGTH, None).await;
            self.pdus.close().await;
        }
    }
}

fn max_length(accepted: &AssociationAC) -> u32 {
    let length = accepted.user_variables.iter().find_map(|item| match item {
        UserVariableItem::MaxLength(length) => Some(*length),
        _ => None,
    });
    length.unwrap_or(0)
}
