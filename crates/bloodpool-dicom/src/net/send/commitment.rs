//! Storage Commitment over an association that this side opened: the request (N-ACTION), and a report that comes on it.

use std::time::Duration;

use dicom_dictionary_std::tags;
use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu};
use tokio::time::Instant;

use super::association::{SendAssociation, Syntaxes};
use super::error::SendError;
use crate::TransferSyntax;
use crate::net::command_set::{CommandSet, DATA_SET_FOLLOWS, MAX_COMMAND_BYTES, command};
use crate::net::commitment::event::{EventRefusal, report};
use crate::net::commitment::report::{CommitmentReport, ReportNotTaken};
use crate::net::commitment::request::CommitmentRequest;
use crate::net::commitment::{MAX_REPORT_BYTES, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE};
use crate::net::pdu_stream::{PduError, fragment_bytes};
use crate::net::status::Status;
use crate::net::uid::Uid;

/// Action Type ID (0000,1008): request storage commitment.
const REQUEST_COMMITMENT: u16 = 1;
/// How often the wait for a report looks whether it is still awaited here.
const LOOK: Duration = Duration::from_millis(100);
/// Longest PDU that is taken: reports come in several where they are longer.
const MAX_PDU_LENGTH: u32 = 16 << 10;

/// Where the report of a request goes that comes over the association of the request.
pub trait AwaitedReport: Send + Sync {
    /// Records a report. The peer is told that it was taken when this returns `Ok`. It may block.
    ///
    /// # Errors
    /// [`ReportNotTaken`], which the peer is told.
    fn report(&self, report: &CommitmentReport) -> Result<(), ReportNotTaken>;

    /// Whether the report came by another way, so that the association need not stay open for it.
    fn is_settled(&self) -> bool;
}

/// The presentation context of Storage Commitment, in Implicit VR Little Endian.
pub(super) fn syntaxes() -> Syntaxes {
    (Uid::of_standard(STORAGE_COMMITMENT), Uid::of_standard("1.2.840.10008.1.2"))
}

impl SendAssociation {
    /// Asks the peer to keep instances, and waits for its report on this association, at most for so long after its answer.
    /// A peer that reports by another association, or that ends this one after its answer, has been asked all the same.
    pub(crate) async fn commit(
        &mut self,
        request: &CommitmentRequest,
        longest: Duration,
        awaited: &dyn AwaitedReport,
    ) -> Result<(), SendError> {
        let context = self.context(&syntaxes())?;
        let data_set = request.encode().ok_or(PduError::Encode)?;
        let id = self.message_id();
        let action = CommandSet::default()
            .uid(tags::REQUESTED_SOP_CLASS_UID, &Uid::of_standard(STORAGE_COMMITMENT))
            .number(tags::COMMAND_FIELD, command::N_ACTION_RQ)
            .number(tags::MESSAGE_ID, id)
            .number(tags::COMMAND_DATA_SET_TYPE, DATA_SET_FOLLOWS)
            .uid(tags::REQUESTED_SOP_INSTANCE_UID, &Uid::of_standard(STORAGE_COMMITMENT_INSTANCE))
            .number(tags::ACTION_TYPE_ID, REQUEST_COMMITMENT);
        self.open = false;
        self.pdus.write_command(context, &action.encode(), self.peer_max_pdu_length).await?;
        let mut fragments = data_set.chunks(fragment_bytes(self.peer_max_pdu_length)).peekable();
        while let Some(fragment) = fragments.next() {
            let is_last = fragments.peek().is_none();
            self.pdus.write_fragment(context, PDataValueType::Data, is_last, fragment.to_vec()).await?;
        }
        let mut messages = Messages::default();
        let (mut asked, mut reported, mut until) = (false, false, Instant::now());
        loop {
            if asked && (reported || Instant::now() >= until || awaited.is_settled()) {
                self.open = true;
                return Ok(());
            }
            let wait = if asked { LOOK } else { self.response_time };
            let fragments = match self.pdus.read(wait, MAX_PDU_LENGTH, None).await {
                Ok(Pdu::PData { data }) => data,
                Err(PduError::Idle(_)) if asked => continue,
                // The request was answered: its report comes by another association.
                Ok(Pdu::ReleaseRQ) if asked => {
                    let _ = self.pdus.write(&Pdu::ReleaseRP).await;
                    return Ok(());
                }
                Ok(Pdu::AbortRQ { .. }) | Err(_) if asked => return Ok(()),
                Ok(Pdu::AbortRQ { .. }) => return Err(SendError::Aborted),
                Ok(_) => return Err(SendError::Unexpected("a PDU that is no answer")),
                Err(error) => return Err(error.into()),
            };
            for fragment in fragments {
                if fragment.presentation_context_id != context {
                    return Err(SendError::Unexpected("a fragment that is none of the answer"));
                }
                let Some((command, data)) = messages.add(fragment)? else { continue };
                match command.get_number(tags::COMMAND_FIELD) {
                    Some(command::N_ACTION_RSP) => {
                        let answers = command.get_number(tags::MESSAGE_ID_BEING_RESPONDED_TO) == Some(id);
                        match command.get_number(tags::STATUS).map(Status) {
                            Some(status) if answers && (status == Status::SUCCESS || status.is_warning()) => {
                                (asked, until) = (true, Instant::now() + longest);
                            }
                            Some(status) if answers => {
                                self.open = true;
                                return Err(SendError::Refused(status));
                            }
                            _ => return Err(SendError::Unexpected("an answer to something that was not asked")),
                        }
                    }
                    Some(command::N_EVENT_REPORT_RQ) => {
                        reported |= self.answer_report(context, &command, data, request, awaited).await?;
                    }
                    _ => return Err(SendError::Unexpected("an answer to something that was not asked")),
                }
            }
        }
    }

    /// Answers a report; tells whether it is that of the request, and was taken.
    async fn answer_report(
        &mut self,
        context: u8,
        command: &CommandSet,
        data: Result<Vec<u8>, EventRefusal>,
        request: &CommitmentRequest,
        awaited: &dyn AwaitedReport,
    ) -> Result<bool, SendError> {
        let Some(syntax) = TransferSyntax::of_uid(syntaxes().1.as_str()) else { return Ok(false) };
        let data_set = command.has_data_set().then(|| data.as_ref().map(Vec::as_slice).map_err(|refusal| *refusal));
        let taken = report(command, STORAGE_COMMITMENT, syntax, data_set).and_then(|report| {
            awaited.report(&report)?;
            Ok(report.transaction == request.transaction)
        });
        let response = match taken {
            Ok(_) => command.response(Status::SUCCESS),
            Err(refusal) => command.response(refusal.status).text(tags::ERROR_COMMENT, refusal.comment),
        };
        self.pdus.write_command(context, &response.encode(), self.peer_max_pdu_length).await?;
        Ok(taken == Ok(true))
    }
}

/// A command, and its data set or why that is not taken.
type Message = (CommandSet, Result<Vec<u8>, EventRefusal>);

/// Messages put together from their fragments.
#[derive(Default)]
struct Messages {
    bytes: Vec<u8>,
    /// The command whose data set is being read, and whether that is longer than a report may be.
    command: Option<(CommandSet, bool)>,
}

impl Messages {
    /// Adds a fragment; gives the message that it ends.
    fn add(&mut self, fragment: PDataValue) -> Result<Option<Message>, SendError> {
        let is_command = fragment.value_type == PDataValueType::Command;
        if is_command != self.command.is_none() {
            return Err(SendError::Unexpected("a fragment that is none of the answer"));
        }
        let most = if is_command { MAX_COMMAND_BYTES } else { MAX_REPORT_BYTES };
        if self.bytes.len() + fragment.data.len() <= most {
            self.bytes.extend(fragment.data);
        } else if let Some((_, too_long)) = &mut self.command {
            *too_long = true;
        } else {
            return Err(SendError::Unexpected("an answer that does not end"));
        }
        if !fragment.is_last {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.bytes);
        match self.command.take() {
            Some((command, true)) => Ok(Some((command, Err(EventRefusal::TOO_LARGE)))),
            Some((command, false)) => Ok(Some((command, Ok(bytes)))),
            None => {
                let command = CommandSet::parse(&bytes)?;
                if command.has_data_set() {
                    self.command = Some((command, false));
                    return Ok(None);
                }
                Ok(Some((command, Ok(Vec::new()))))
            }
        }
    }
}
