//! N-EVENT-REPORT as its invoker's peer: a report of Storage Commitment is recorded by the caller, and answered then.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::association::Association;
use super::association_error::AssociationError;
use super::incoming_file::blocking;
use super::negotiation::PresentationContext;
use super::received::Event;
use crate::net::command_set::CommandSet;
use crate::net::commitment::MAX_REPORT_BYTES;
use crate::net::commitment::event::{EventRefusal, report};
use crate::net::status::Status;

impl<S: AsyncRead + AsyncWrite + Unpin> Association<S> {
    /// Takes a report, and answers it.
    pub(super) async fn event_report(
        &mut self,
        id: u8,
        context: &PresentationContext,
        request: &CommandSet,
    ) -> Result<(), AssociationError> {
        let data_set = if request.has_data_set() { Some(self.short_data_set(id).await?) } else { None };
        let data_set = data_set.as_ref().map(|read| read.as_ref().map(Vec::as_slice).map_err(|refusal| *refusal));
        let taken = match report(request, &context.abstract_syntax, context.transfer_syntax, data_set) {
            Ok(report) => {
                let (committed, failed) = (report.committed.len(), report.failed.len());
                let received = Arc::clone(&self.provider.received);
                let recorded = blocking(move || Ok(received.committed(&report)))
                    .await
                    .unwrap_or(Err(crate::net::commitment::report::ReportNotTaken::NotRecorded));
                recorded.map(|()| (committed, failed)).map_err(EventRefusal::from)
            }
            Err(refusal) => Err(refusal),
        };
        match taken {
            Ok((committed, failed)) => {
                let sender = self.negotiated.sender.clone();
                self.provider.received.event(&Event::Committed { sender, committed, failed });
                self.respond(id, request, Status::SUCCESS, "").await
            }
            Err(refusal) => self.respond(id, request, refusal.status, refusal.comment).await,
        }
    }

    /// Reads the data set of a request to its end, and keeps it where it is no longer than reports may be.
    async fn short_data_set(&mut self, id: u8) -> Result<Result<Vec<u8>, EventRefusal>, AssociationError> {
        let limit = self.provider.settings.limits.max_data_set_bytes;
        let (mut bytes, mut length) = (Vec::new(), 0);
        loop {
            let fragment = self.data_fragment(id).await?;
            length += fragment.data.len() as u64;
            if length > limit {
                return Err(AssociationError::TooLarge { what: "data set", limit });
            }
            if length <= MAX_REPORT_BYTES as u64 {
                bytes.extend(fragment.data);
            }
            if fragment.is_last {
                let whole = length <= MAX_REPORT_BYTES as u64;
                return Ok(if whole { Ok(bytes) } else { Err(EventRefusal::TOO_LARGE) });
            }
        }
    }
}
