//! `CommitmentItems`: what the data set of a report of Storage Commitment names (PS3.4 J.3.3.1.1), every length checked.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::element::{ElementHeader, Encoding, ITEM, ITEM_END, SEQUENCE_END, UNDEFINED, malformed};
use super::error::Problem;
use super::layout::{Form, header, value_end};
use super::transfer_syntax::TransferSyntax;

/// What a report names; nothing of it is checked but its lengths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CommitmentItems {
    /// Value of Transaction UID (0008,1195).
    pub(crate) transaction: Option<Vec<u8>>,
    /// Items of Referenced SOP Sequence (0008,1199).
    pub(crate) committed: Vec<SopItem>,
    /// Items of Failed SOP Sequence (0008,1198).
    pub(crate) failed: Vec<SopItem>,
}

/// An item that refers to an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SopItem {
    /// Value of Referenced SOP Instance UID (0008,1155).
    pub(crate) instance: Option<Vec<u8>>,
    /// Failure Reason (0008,1197).
    pub(crate) failure_reason: Option<u16>,
}

impl CommitmentItems {
    /// Reads a whole data set, in the transfer syntax of its presentation context.
    pub(crate) fn of_data_set(bytes: &[u8], syntax: TransferSyntax) -> Result<Self, Problem> {
        read(bytes, syntax.encoding)
    }
}

fn read(bytes: &[u8], encoding: Encoding) -> Result<CommitmentItems, Problem> {
    let mut found = CommitmentItems::default();
    elements(bytes, 0, bytes.len(), encoding, 0, |header, end| {
        let value = bytes.get(header.value..end).unwrap_or_default();
        match header.tag {
            tags::TRANSACTION_UID => found.transaction = Some(value.to_vec()),
            tags::REFERENCED_SOP_SEQUENCE => found.committed = items(bytes, header, end)?,
            tags::FAILED_SOP_SEQUENCE => found.failed = items(bytes, header, end)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

/// Visits the elements from `at` to `limit`, or to the end of an item of undefined length, and tells where they end.
fn elements(
    bytes: &[u8],
    mut at: usize,
    limit: usize,
    encoding: Encoding,
    depth: usize,
    mut visit: impl FnMut(&ElementHeader, usize) -> Result<(), Problem>,
) -> Result<usize, Problem> {
    while at < limit {
        let header = header(bytes, at, limit, encoding, depth)?;
        if header.tag == ITEM_END && depth > 0 {
            return Ok(header.value);
        }
        let end = value_end(bytes, &header, limit, encoding, depth, &mut Form::AsStored)?;
        // A header that says nothing would be read again for ever.
        if end <= at {
            return Err(malformed(header.tag, "it has no length"));
        }
        visit(&header, end)?;
        at = end;
    }
    Ok(at)
}

/// The items of a sequence whose end is known.
fn items(bytes: &[u8], sequence: &ElementHeader, end: usize) -> Result<Vec<SopItem>, Problem> {
    let (mut found, mut at) = (Vec::new(), sequence.value);
    while at < end {
        let head = ElementHeader::read(bytes, at, end, sequence.content)?;
        if head.tag == SEQUENCE_END {
            break;
        }
        if head.tag != ITEM {
            return Err(malformed(sequence.tag, "the sequence contains something other than an item"));
        }
        let limit = if head.length == UNDEFINED { end } else { head.defined_end(end)? };
        let mut item = SopItem::default();
        at = elements(bytes, head.value, limit, sequence.content, 1, |header, end| {
            let value = bytes.get(header.value..end).unwrap_or_default();
            match header.tag {
                tags::REFERENCED_SOP_INSTANCE_UID => item.instance = Some(value.to_vec()),
                tags::FAILURE_REASON => item.failure_reason = number(value, header.tag, sequence.content)?,
                _ => {}
            }
            Ok(())
        })?;
        found.push(item);
    }
    Ok(found)
}

/// A number of VR US; `None` where there is none.
fn number(value: &[u8], tag: Tag, encoding: Encoding) -> Result<Option<u16>, Problem> {
    match *value {
        [] => Ok(None),
        [a, b] => Ok(Some(encoding.u16([a, b]))),
        _ => Err(malformed(tag, "it is not one number of two bytes")),
    }
}
