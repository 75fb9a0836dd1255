//! `CommandSet`: the elements of group 0000 that make up a DIMSE command (PS3.7 6.3).

use std::collections::BTreeMap;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::status::Status;
use super::uid::Uid;

/// The longest command set that is read; those of C-STORE have about 250 bytes.
pub(crate) const MAX_COMMAND_BYTES: usize = 16 << 10;
/// Command Data Set Type (0000,0800) where no data set follows.
pub(crate) const NO_DATA_SET: u16 = 0x0101;
/// Any other value says that one follows.
pub(crate) const DATA_SET_FOLLOWS: u16 = 0x0000;

/// Values of Command Field (0000,0100).
pub(crate) mod command {
    pub(crate) const C_STORE_RQ: u16 = 0x0001;
    pub(crate) const C_STORE_RSP: u16 = 0x8001;
    pub(crate) const C_ECHO_RQ: u16 = 0x0030;
    pub(crate) const C_ECHO_RSP: u16 = 0x8030;
    pub(crate) const C_CANCEL_RQ: u16 = 0x0FFF;
    pub(crate) const N_EVENT_REPORT_RQ: u16 = 0x0100;
    pub(crate) const N_ACTION_RQ: u16 = 0x0130;
    pub(crate) const N_ACTION_RSP: u16 = 0x8130;
    /// Set in every response.
    pub(crate) const RESPONSE: u16 = 0x8000;
}

/// A command set, written in Implicit VR Little Endian.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CommandSet(BTreeMap<Tag, Vec<u8>>);

/// Bytes that are no command set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the command set is malformed at byte {at}: {what}")]
pub struct MalformedCommandSet {
    /// Where, in bytes from the start of the command set.
    pub at: usize,
    /// What is wrong.
    pub what: &'static str,
}

impl CommandSet {
    /// Reads a whole command set.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, MalformedCommandSet> {
        let mut elements = BTreeMap::new();
        let mut at = 0;
        while at < bytes.len() {
            let malformed = |what| MalformedCommandSet { at, what };
            let Some(&[a, b, c, d, e, f, g, h]) = bytes.get(at..at + 8).and_then(|head| head.first_chunk()) else {
                return Err(malformed("an element header is cut off"));
            };
            let tag = Tag(u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
            if tag.group() != 0 {
                return Err(malformed("an element is not of group 0000"));
            }
            let length = u32::from_le_bytes([e, f, g, h]) as usize;
            let value = bytes.get(at + 8..).and_then(|rest| rest.get(..length));
            let value = value.ok_or(malformed("an element is longer than the command set"))?;
            if elements.insert(tag, value.to_vec()).is_some() {
                return Err(malformed("an element occurs twice"));
            }
            at += 8 + length;
        }
        Ok(Self(elements))
    }

    /// The bytes, with Command Group Length (0000,0000) first.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (tag, value) in &self.0 {
            if *tag != tags::COMMAND_GROUP_LENGTH {
                push(&mut body, *tag, value);
            }
        }
        let mut bytes = Vec::with_capacity(12 + body.len());
        push(&mut bytes, tags::COMMAND_GROUP_LENGTH, &(body.len() as u32).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// With a number of VR US.
    pub(crate) fn number(mut self, tag: Tag, value: u16) -> Self {
        self.0.insert(tag, value.to_le_bytes().to_vec());
        self
    }

    /// With a UID.
    pub(crate) fn uid(self, tag: Tag, uid: &Uid) -> Self {
        self.padded(tag, uid.as_str(), 0)
    }

    /// With a text of VR LO.
    pub(crate) fn text(self, tag: Tag, text: &str) -> Self {
        self.padded(tag, text, b' ')
    }

    fn padded(mut self, tag: Tag, text: &str, padding: u8) -> Self {
        let mut value = text.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(padding);
        }
        self.0.insert(tag, value);
        self
    }

    /// A number of VR US; `None` where it is missing or is not one of two bytes.
    pub(crate) fn get_number(&self, tag: Tag) -> Option<u16> {
        self.0.get(&tag)?.as_slice().try_into().ok().map(u16::from_le_bytes)
    }

    /// A UID; `None` where it is missing or is none.
    pub(crate) fn get_uid(&self, tag: Tag) -> Option<Uid> {
        Uid::of_value(self.0.get(&tag)?).ok()
    }

    /// Whether a data set follows.
    pub(crate) fn has_data_set(&self) -> bool {
        self.get_number(tags::COMMAND_DATA_SET_TYPE) != Some(NO_DATA_SET)
    }

    /// The response to this request: its command field with the bit of a response, its message ID, its UIDs and, for an event,
    /// its type.
    pub(crate) fn response(&self, status: Status) -> Self {
        let field = self.get_number(tags::COMMAND_FIELD).unwrap_or(0) | command::RESPONSE;
        let mut response = Self::default()
            .number(tags::COMMAND_FIELD, field)
            .number(tags::MESSAGE_ID_BEING_RESPONDED_TO, self.get_number(tags::MESSAGE_ID).unwrap_or(0))
            .number(tags::COMMAND_DATA_SET_TYPE, NO_DATA_SET)
            .number(tags::STATUS, status.0);
        for tag in [tags::AFFECTED_SOP_CLASS_UID, tags::AFFECTED_SOP_INSTANCE_UID] {
            if let Some(uid) = self.get_uid(tag) {
                response = response.uid(tag, &uid);
            }
        }
        match self.get_number(tags::EVENT_TYPE_ID) {
            Some(event_type) => response.number(tags::EVENT_TYPE_ID, event_type),
            None => response,
        }
    }
}

fn push(bytes: &mut Vec<u8>, tag: Tag, value: &[u8]) {
    bytes.extend(tag.group().to_le_bytes());
    bytes.extend(tag.element().to_le_bytes());
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-ECHO-RQ as DCMTK's `echoscu -d` sends it.
    const ECHO: &[u8] =
        b"\0\0\0\0\x04\0\0\0\x38\0\0\0\0\0\x02\0\x12\0\0\x001.2.840.10008.1.1\0\0\0\0\x01\x02\0\0\0\x30\0\
        \0\0\x10\x01\x02\0\0\0\x01\0\0\0\0\x08\x02\0\0\0\x01\x01";

    #[test]
    fn an_echo_request_is_read_and_answered() {
        let request = CommandSet::parse(ECHO).unwrap();
        assert_eq!(request.get_number(tags::COMMAND_FIELD), Some(command::C_ECHO_RQ));
        assert_eq!(request.get_uid(tags::AFFECTED_SOP_CLASS_UID).unwrap().as_str(), "1.2.840.10008.1.1");
        assert!(!request.has_data_set());
        assert_eq!(request.encode(), ECHO);
        let response = request.response(Status::SUCCESS);
        assert_eq!(response.get_number(tags::COMMAND_FIELD), Some(command::C_ECHO_RSP));
        assert_eq!(response.get_number(tags::MESSAGE_ID_BEING_RESPONDED_TO), Some(1));
        assert_eq!(CommandSet::parse(&response.encode()[12..]).unwrap(), response);
    }

    #[test]
    fn a_command_set_that_is_cut_anywhere_is_refused_or_has_whole_elements() {
        for cut in 0..ECHO.len() {
            let read = CommandSet::parse(&ECHO[..cut]);
            let ends = [0, 12, 38, 48, 58];
            assert_eq!(read.is_ok(), ends.contains(&cut), "{cut}");
        }
        let twice = [ECHO, &ECHO[..12]].concat();
        let message = CommandSet::parse(&twice).unwrap_err().to_string();
        assert_eq!(message, "the command set is malformed at byte 68: an element occurs twice");
        let other = CommandSet::parse(b"\x08\0\0\0\0\0\0\0").unwrap_err();
        assert!(other.to_string().contains("not of group 0000"));
        let long = CommandSet::parse(b"\0\0\0\0\xff\xff\xff\xff").unwrap_err();
        assert!(long.to_string().contains("longer than the command set"));
    }
}
