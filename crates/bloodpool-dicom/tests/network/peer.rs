//! A peer that writes its PDUs byte by byte, so that it can write wrong ones.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::support::bytes::{long, short};

pub(crate) const NM: &str = "1.2.840.10008.5.1.4.1.1.20";
pub(crate) const VERIFICATION: &str = "1.2.840.10008.1.1";
pub(crate) const IMPLICIT: &str = "1.2.840.10008.1.2";
pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1";
/// Message control header: a command, data, and the last fragment of either.
pub(crate) const COMMAND: u8 = 1;
pub(crate) const LAST: u8 = 2;

/// A presentation context: ID, abstract syntax, transfer syntaxes.
pub(crate) type Context<'a> = (u8, &'a str, &'a [&'a str]);

/// Two that are accepted: 1 for Nuclear Medicine in Explicit VR, 3 for Verification.
pub(crate) const CONTEXTS: [Context<'static>; 2] = [(1, NM, &[EXPLICIT]), (3, VERIFICATION, &[IMPLICIT])];

pub(crate) fn pdu(pdu_type: u8, body: &[u8]) -> Vec<u8> {
    [&[pdu_type, 0], &(body.len() as u32).to_be_bytes()[..], body].concat()
}

pub(crate) fn item(item_type: u8, body: &[u8]) -> Vec<u8> {
    [&[item_type, 0], &(body.len() as u16).to_be_bytes()[..], body].concat()
}

/// SCP/SCU Role Selection of a class: whether the requestor may be SCU, and SCP.
pub(crate) fn roles(class: &str, scu: bool, scp: bool) -> Vec<u8> {
    let class_length = (class.len() as u16).to_be_bytes();
    item(0x54, &[&class_length[..], class.as_bytes(), &[u8::from(scu), u8::from(scp)]].concat())
}

/// A-ASSOCIATE-RQ with a maximum length of 16 KiB.
pub(crate) fn associate_rq(called: &str, calling: &str, contexts: &[Context<'_>]) -> Vec<u8> {
    associate_rq_with(called, calling, contexts, &[])
}

/// The same with more items of user information.
pub(crate) fn associate_rq_with(called: &str, calling: &str, contexts: &[Context<'_>], more: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 1, 0, 0];
    body.extend(format!("{called:16}{calling:16}").into_bytes());
    body.extend([0; 32]);
    body.extend(item(0x10, b"1.2.840.10008.3.1.1.1"));
    for (id, class, syntaxes) in contexts {
        let mut context = vec![*id, 0, 0, 0];
        context.extend(item(0x30, class.as_bytes()));
        syntaxes.iter().for_each(|syntax| context.extend(item(0x40, syntax.as_bytes())));
        body.extend(item(0x20, &context));
    }
    let user = [&item(0x51, &16_384u32.to_be_bytes()), &item(0x52, b"1.2.3.4"), more].concat();
    body.extend(item(0x50, &user));
    pdu(1, &body)
}

/// A presentation data value item.
pub(crate) fn pdv(context: u8, control: u8, data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32 + 2).to_be_bytes()[..], &[context, control], data].concat()
}

/// A P-DATA-TF of one fragment.
pub(crate) fn p_data(context: u8, control: u8, data: &[u8]) -> Vec<u8> {
    pdu(4, &pdv(context, control, data))
}

/// A command set of numbers and UIDs.
pub(crate) fn command_set(numbers: &[(Tag, u16)], uids: &[(Tag, &str)]) -> Vec<u8> {
    let mut elements: Vec<(Tag, Vec<u8>)> =
        numbers.iter().map(|(tag, number)| (*tag, number.to_le_bytes().to_vec())).collect();
    elements.extend(uids.iter().map(|(tag, uid)| {
        let mut value = uid.as_bytes().to_vec();
        value.resize(value.len().next_multiple_of(2), 0);
        (*tag, value)
    }));
    elements.sort();
    let encode = |(tag, value): &(Tag, Vec<u8>)| crate::support::bytes::implicit(*tag, value.len() as u32, value);
    let body: Vec<u8> = elements.iter().flat_map(encode).collect();
    let length = (tags::COMMAND_GROUP_LENGTH, (body.len() as u32).to_le_bytes().to_vec());
    [encode(&length), body].concat()
}

pub(crate) fn echo_rq(message: u16) -> Vec<u8> {
    command_set(
        &[(tags::COMMAND_FIELD, 0x30), (tags::MESSAGE_ID, message), (tags::COMMAND_DATA_SET_TYPE, 0x0101)],
        &[(tags::AFFECTED_SOP_CLASS_UID, VERIFICATION)],
    )
}

pub(crate) fn store_rq(message: u16, class: &str, instance: &str) -> Vec<u8> {
    command_set(
        &[(tags::COMMAND_FIELD, 1), (tags::MESSAGE_ID, message), (tags::PRIORITY, 0), (tags::COMMAND_DATA_SET_TYPE, 1)],
        &[(tags::AFFECTED_SOP_CLASS_UID, class), (tags::AFFECTED_SOP_INSTANCE_UID, instance)],
    )
}

/// A data set in Explicit VR Little Endian with a patient and so many bytes of pixels.
pub(crate) fn data_set(class: &str, instance: &str, pixels: usize) -> Vec<u8> {
    let uid = |text: &str| {
        let mut value = text.as_bytes().to_vec();
        value.resize(value.len().next_multiple_of(2), 0);
        value
    };
    [
        short(tags::SOP_CLASS_UID, b"UI", &uid(class)),
        short(tags::SOP_INSTANCE_UID, b"UI", &uid(instance)),
        short(tags::MODALITY, b"CS", b"NM"),
        short(tags::PATIENT_NAME, b"PN", b"Secret^Person "),
        short(tags::PATIENT_ID, b"LO", b"SECRET-4711 "),
        long(tags::PIXEL_DATA, b"OW", pixels as u32, &vec![7; pixels]),
    ]
    .concat()
}

/// The whole message of a C-STORE on context 1, in PDUs of one fragment of at most 4 KiB each.
pub(crate) fn store_message(message: u16, instance: &str, data_set: &[u8]) -> Vec<u8> {
    let mut bytes = p_data(1, COMMAND | LAST, &store_rq(message, NM, instance));
    let chunks = data_set.chunks(4096);
    let count = chunks.len();
    for (index, chunk) in chunks.enumerate() {
        bytes.extend(p_data(1, if index + 1 == count { LAST } else { 0 }, chunk));
    }
    bytes
}

pub(crate) const RELEASE_RQ: [u8; 10] = [5, 0, 0, 0, 0, 4, 0, 0, 0, 0];
pub(crate) const ABORT: [u8; 10] = [7, 0, 0, 0, 0, 4, 0, 0, 0, 0];

/// What came from the other side.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Presentation context IDs and results.
    Accepted(Vec<(u8, u8)>),
    /// Result, source and reason.
    Rejected(u8, u8, u8),
    /// Command field, message ID and status.
    Response(u16, u16, u16),
    Released,
    /// Source and reason.
    Aborted(u8, u8),
    /// The end of the stream.
    End,
}

/// One end of a stream, used as a peer would.
pub(crate) struct Client<S>(pub(crate) S);

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Opens an association with [`CONTEXTS`].
    pub(crate) async fn associate(&mut self) {
        self.send(&associate_rq("BLOODPOOL", "CAMERA", &CONTEXTS)).await;
        assert_eq!(self.answer().await, Answer::Accepted(vec![(1, 0), (3, 0)]));
    }

    /// Stores an instance on context 1, and gives the status.
    pub(crate) async fn store(&mut self, instance: &str, data_set: &[u8]) -> u16 {
        self.send(&store_message(1, instance, data_set)).await;
        self.status().await
    }

    /// The status of the next answer to a C-STORE.
    pub(crate) async fn status(&mut self) -> u16 {
        match self.answer().await {
            Answer::Response(0x8001, _, status) => status,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn release(mut self) {
        self.send(&RELEASE_RQ).await;
        assert_eq!(self.answer().await, Answer::Released);
        assert_eq!(self.answer().await, Answer::End);
    }

    /// The next PDU, its type and its body; `None` at the end of the stream.
    pub(crate) async fn raw(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 6];
        self.0.read_exact(&mut head).await.ok()?;
        let [pdu_type, _, length @ ..] = head;
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut body).await.unwrap();
        Some((pdu_type, body))
    }

    /// The next PDU, and the whole command set where it is one.
    pub(crate) async fn answer(&mut self) -> Answer {
        let Some((pdu_type, body)) = self.raw().await else { return Answer::End };
        match pdu_type {
            2 => Answer::Accepted(results(&body[68..])),
            3 => Answer::Rejected(body[1], body[2], body[3]),
            4 => {
                // Answers are short: one fragment.
                assert_eq!(body[5], COMMAND | LAST);
                let number = |tag: Tag| {
                    let head = [&tag.group().to_le_bytes()[..], &tag.element().to_le_bytes(), &[2, 0, 0, 0]].concat();
                    let at = body.windows(8).position(|window| window == head).unwrap() + 8;
                    u16::from_le_bytes([body[at], body[at + 1]])
                };
                Answer::Response(
                    number(tags::COMMAND_FIELD),
                    number(tags::MESSAGE_ID_BEING_RESPONDED_TO),
                    number(tags::STATUS),
                )
            }
            6 => Answer::Released,
            7 => Answer::Aborted(body[2], body[3]),
            other => panic!("PDU type {other}"),
        }
    }
}

/// Presentation context IDs and results of the items of an A-ASSOCIATE-AC.
pub(crate) fn results(mut items: &[u8]) -> Vec<(u8, u8)> {
    let mut results = Vec::new();
    while let [item_type, _, high, low, rest @ ..] = items {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if *item_type == 0x21 {
            results.push((rest[0], rest[2]));
        }
        items = &rest[length..];
    }
    results
}
