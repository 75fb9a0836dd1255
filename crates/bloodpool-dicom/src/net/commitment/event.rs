//! How a report of Storage Commitment is answered, on whichever association it comes (N-EVENT-REPORT, PS3.7 10.1.1).

use dicom_dictionary_std::tags;

use super::report::{CommitmentReport, ReportNotTaken};
use super::{STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE};
use crate::TransferSyntax;
use crate::net::command_set::CommandSet;
use crate::net::status::Status;

/// Why a report is not taken, as its sender is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventRefusal {
    pub(crate) status: Status,
    /// At most 64 characters (VR LO).
    pub(crate) comment: &'static str,
}

impl EventRefusal {
    const SOP_CLASS: Self =
        Self { status: Status::NO_SUCH_SOP_CLASS, comment: "only Storage Commitment reports are taken" };
    const SOP_INSTANCE: Self =
        Self { status: Status::NO_SUCH_SOP_INSTANCE, comment: "it is not the Storage Commitment Push Model instance" };
    const EVENT_TYPE: Self =
        Self { status: Status::NO_SUCH_EVENT_TYPE, comment: "Storage Commitment has the event types 1 and 2" };
    const NO_DATA_SET: Self = Self { status: Status::NO_SUCH_ARGUMENT, comment: "there is no data set" };
    const NOT_READABLE: Self =
        Self { status: Status::INVALID_ARGUMENT_VALUE, comment: "the data set is no Storage Commitment report" };
    const UNKNOWN: Self =
        Self { status: Status::INVALID_ARGUMENT_VALUE, comment: "nothing was asked with this transaction UID" };
    const NOT_RECORDED: Self = Self { status: Status::PROCESSING_FAILURE, comment: "the report was not recorded" };
    pub(crate) const TOO_LARGE: Self =
        Self { status: Status::RESOURCE_LIMITATION, comment: "the report is longer than the limit" };
}

impl From<ReportNotTaken> for EventRefusal {
    fn from(reason: ReportNotTaken) -> Self {
        match reason {
            ReportNotTaken::UnknownTransaction => Self::UNKNOWN,
            ReportNotTaken::NotRecorded => Self::NOT_RECORDED,
        }
    }
}

/// The report that a request on this presentation context brings. `data_set`: its bytes, or why they were not kept.
pub(crate) fn report(
    request: &CommandSet,
    abstract_syntax: &str,
    transfer_syntax: TransferSyntax,
    data_set: Option<Result<&[u8], EventRefusal>>,
) -> Result<CommitmentReport, EventRefusal> {
    let is = |tag, uid: &str| request.get_uid(tag).is_some_and(|found| found.as_str() == uid);
    if abstract_syntax != STORAGE_COMMITMENT || !is(tags::AFFECTED_SOP_CLASS_UID, STORAGE_COMMITMENT) {
        return Err(EventRefusal::SOP_CLASS);
    }
    if !is(tags::AFFECTED_SOP_INSTANCE_UID, STORAGE_COMMITMENT_INSTANCE) {
        return Err(EventRefusal::SOP_INSTANCE);
    }
    // 1: all is kept; 2: something is not. The sequences say what.
    if !matches!(request.get_number(tags::EVENT_TYPE_ID), Some(1 | 2)) {
        return Err(EventRefusal::EVENT_TYPE);
    }
    let bytes = data_set.ok_or(EventRefusal::NO_DATA_SET)??;
    CommitmentReport::of_data_set(bytes, transfer_syntax).ok_or(EventRefusal::NOT_READABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_fit_into_their_element() {
        use EventRefusal as It;
        for refusal in [
            It::SOP_CLASS,
            It::SOP_INSTANCE,
            It::EVENT_TYPE,
            It::NO_DATA_SET,
            It::NOT_READABLE,
            It::UNKNOWN,
            It::NOT_RECORDED,
            It::TOO_LARGE,
        ] {
            assert!(!refusal.comment.is_empty() && refusal.comment.len() <= 64, "{}", refusal.comment);
            assert!(!refusal.status.is_warning() && refusal.status != Status::SUCCESS);
        }
    }
}
