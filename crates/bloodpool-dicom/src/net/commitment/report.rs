//! `CommitmentReport`: what a peer commits itself to keep, and what not (N-EVENT-REPORT, PS3.4 J.3.3).

use super::failure_reason::FailureReason;
use crate::TransferSyntax;
use crate::net::uid::Uid;
use crate::read::commitment_items::{CommitmentItems, SopItem};

/// The answer of a peer to a [`CommitmentRequest`](super::request::CommitmentRequest).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentReport {
    /// The request.
    pub transaction: Uid,
    /// SOP Instance UIDs of what the peer keeps.
    pub committed: Vec<Uid>,
    /// What it does not keep. An instance that a peer names in both lists is here alone.
    pub failed: Vec<NotCommitted>,
}

/// An instance that a peer does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCommitted {
    /// SOP Instance UID.
    pub sop_instance: Uid,
    /// Why; `None` where the peer gives no reason, though it must.
    pub reason: Option<FailureReason>,
}

/// A report was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportNotTaken {
    /// Nothing was asked with this transaction UID. The peer gets status 0x0115.
    #[error("nothing was asked with this transaction UID")]
    UnknownTransaction,
    /// The caller could not record it. The peer gets status 0x0110.
    #[error("the report cannot be recorded")]
    NotRecorded,
}

impl CommitmentReport {
    /// Reads the data set of a report; `None` where it is none.
    pub(crate) fn of_data_set(bytes: &[u8], syntax: TransferSyntax) -> Option<Self> {
        let items = CommitmentItems::of_data_set(bytes, syntax).ok()?;
        let uid = |item: &SopItem| Uid::of_value(item.instance.as_deref()?).ok();
        let failed: Option<Vec<NotCommitted>> = items
            .failed
            .iter()
            .map(|item| Some(NotCommitted { sop_instance: uid(item)?, reason: item.failure_reason.map(FailureReason) }))
            .collect();
        let failed = failed?;
        let committed: Option<Vec<Uid>> = items.committed.iter().map(uid).collect();
        let mut committed = committed?;
        committed.retain(|uid| failed.iter().all(|failed| failed.sop_instance != *uid));
        if committed.is_empty() && failed.is_empty() {
            return None;
        }
        Some(Self { transaction: Uid::of_value(items.transaction.as_deref()?).ok()?, committed, failed })
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::{CommitmentRequest, SopReference};
    use super::*;

    const IMPLICIT: &str = "1.2.840.10008.1.2";
    const EXPLICIT: &str = "1.2.840.10008.1.2.1";

    fn syntax(uid: &str) -> TransferSyntax {
        TransferSyntax::of_uid(uid).unwrap()
    }

    fn uid(text: &str) -> Uid {
        Uid::new(text).unwrap()
    }

    #[test]
    fn a_request_has_the_form_of_a_report_in_which_all_is_kept() {
        let instance = |text| SopReference { sop_class: uid("1.2.840.10008.5.1.4.1.1.7"), sop_instance: uid(text) };
        let request =
            CommitmentRequest { transaction: uid("2.25.7"), instances: vec![instance("1.2.3"), instance("1.2.45")] };
        let bytes = request.encode().unwrap();
        // (0008,1195) of 6 bytes, then (0008,1199) of undefined length, little endian.
        assert_eq!(bytes[..14], *b"\x08\0\x95\x11\x06\0\0\x002.25.7");
        assert_eq!(bytes[14..22], *b"\x08\0\x99\x11\xff\xff\xff\xff");
        let report = CommitmentReport::of_data_set(&bytes, syntax(IMPLICIT)).unwrap();
        assert_eq!((report.transaction.as_str(), &report.failed[..]), ("2.25.7", &[][..]));
        assert_eq!(report.committed, [uid("1.2.3"), uid("1.2.45")]);
        for cut in 0..bytes.len() {
            let read = CommitmentReport::of_data_set(&bytes[..cut], syntax(IMPLICIT));
            assert!(read.is_none(), "{cut}: {read:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn damaged_reports_are_refused_or_name_uids(
            changes in proptest::collection::vec((0usize..200, 0u8..), 0..6),
            cut in 0usize..200,
        ) {
            let instance = |text| SopReference { sop_class: uid("1.2.840.10008.5.1.4.1.1.7"), sop_instance: uid(text) };
            let instances = vec![instance("1.2.3"), instance("1.2.45")];
            let request = CommitmentRequest { transaction: uid("2.25.7"), instances };
            let mut bytes = request.encode().unwrap();
            let length = bytes.len();
            for (at, byte) in changes {
                bytes[at % length] = byte;
            }
            bytes.truncate(length - cut.min(length) * usize::from(cut % 3 == 0));
            for syntax in [IMPLICIT, EXPLICIT, "1.2.840.10008.1.2.2"].map(syntax) {
                if let Some(report) = CommitmentReport::of_data_set(&bytes, syntax) {
                    proptest::prop_assert!(report.committed.len() + report.failed.len() <= length / 8);
                }
            }
        }
    }

    #[test]
    fn what_failed_has_its_reason_and_is_not_kept() {
        // As DCMTK writes it, sequences and items with their lengths, Explicit VR.
        let text = |tag: [u8; 4], value: &[u8]| [&tag[..], b"UI", &(value.len() as u16).to_le_bytes(), value].concat();
        let item = |elements: &[u8]| [b"\xfe\xff\0\xe0", &(elements.len() as u32).to_le_bytes()[..], elements].concat();
        let sequence =
            |tag: [u8; 4], items: &[u8]| [&tag[..], b"SQ\0\0", &(items.len() as u32).to_le_bytes(), items].concat();
        let class = text([8, 0, 0x50, 0x11], b"1.2.840.10008.5.1.4.1.1.7\0");
        let refers = |uid: &[u8]| [class.clone(), text([8, 0, 0x55, 0x11], uid)].concat();
        let reason = [&[8, 0, 0x97, 0x11][..], b"US\x02\0\x12\x01"].concat();
        let failed = item(&[refers(b"1.2.5\0"), reason].concat());
        let bytes = [
            text([8, 0, 0x95, 0x11], b"2.25.7"),
            sequence([8, 0, 0x98, 0x11], &[failed, item(&refers(b"1.2.6\0"))].concat()),
            sequence([8, 0, 0x99, 0x11], &[item(&refers(b"1.2.4\0")), item(&refers(b"1.2.5\0"))].concat()),
        ]
        .concat();
        let report = CommitmentReport::of_data_set(&bytes, syntax(EXPLICIT)).unwrap();
        assert_eq!(report.committed, [uid("1.2.4")]);
        let failed: Vec<_> = report.failed.iter().map(|it| (it.sop_instance.as_str(), it.reason)).collect();
        assert_eq!(failed, [("1.2.5", Some(FailureReason::NO_SUCH_INSTANCE)), ("1.2.6", None)]);
        // Without a transaction, or without instances, it is no report.
        assert!(CommitmentReport::of_data_set(&bytes[14..], syntax(EXPLICIT)).is_none());
        assert!(CommitmentReport::of_data_set(&bytes[..14], syntax(EXPLICIT)).is_none());
    }
}
