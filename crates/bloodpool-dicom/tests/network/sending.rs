//! The SCU: what it delivers, and what it says where a peer does not take an instance.

use std::path::PathBuf;
use std::time::Duration;

use bloodpool_dicom::net::{
    AeTitle, Arrival, Delivered, InstanceFile, InstanceFileError, SendError, SendSettings, Status, StorageScu, Timeouts,
};
use dicom_dictionary_std::tags;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::peer::{ABORT, COMMAND, LAST, NM, command_set, p_data, pdu};
use crate::scp::Scp;
use crate::support::{Scratch, beating_disc, object};

fn scu() -> StorageScu {
    let timeouts = Timeouts { response: Duration::from_millis(300), ..Timeouts::default() };
    let settings = SendSettings { calling_ae_title: AeTitle::new("CAMERA").unwrap(), timeouts, tls: None };
    StorageScu::new(settings).unwrap()
}

fn file(scratch: &Scratch, name: &str) -> InstanceFile {
    let path = scratch.path(name);
    object(&beating_disc(8, 32, 300.0)).write_to_file(&path).unwrap();
    InstanceFile::open(&path).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[tokio::test]
async fn files_of_every_transfer_syntax_arrive_with_their_data_sets_unchanged() {
    let scp = Scp::new(|_| ());
    let (address, _task) = scp.listen().await;
    let peer = format!("BLOODPOOL@localhost:{}", address.port()).parse().unwrap();
    scu().echo(&peer).await.unwrap();
    let names = ["implicit", "big-endian", "deflated", "rle", "jpeg-1", "jpeg-sv1"];
    let mut files: Vec<InstanceFile> =
        names.iter().map(|name| InstanceFile::open(&fixture(&format!("disc16-{name}.dcm"))).unwrap()).collect();
    let scratch = Scratch::new();
    files.push(file(&scratch, "explicit"));
    for result in scu().send(&peer, &files).await {
        assert_eq!(result.unwrap(), Delivered::Stored);
    }
    let stored = scp.stored();
    assert_eq!(stored.len(), 7);
    for (file, stored) in files.iter().zip(&stored) {
        assert_eq!(stored.transfer_syntax_uid, file.transfer_syntax.as_str());
        let sent = std::fs::read(&file.path).unwrap();
        let received = std::fs::read(&stored.path).unwrap();
        let length = stored.data_set_bytes as usize;
        let start = sent.len() - length + sent.len() % 2;
        assert!(sent[start..] == received[received.len() - length..][..sent.len() - start], "{}", file.path.display());
    }
    // The fixtures are one instance in several transfer syntaxes.
    assert!(matches!(stored[1].arrival, Arrival::Differing { .. }));
    assert_eq!(scu().send(&peer, &files[..1]).await.remove(0).unwrap(), Delivered::Stored);
    assert_eq!(scp.stored()[7].arrival, Arrival::Duplicate);
}

#[tokio::test]
async fn what_a_peer_does_not_take_is_said_and_the_rest_is_sent() {
    let scratch = Scratch::new();
    let good = file(&scratch, "good.dcm");
    // A file whose meta information says that it is JPEG 2000, which the SCP does not take.
    let mut bytes = std::fs::read(&good.path).unwrap();
    let at = bytes.windows(20).position(|window| window == b"1.2.840.10008.1.2.1\0").unwrap();
    let syntax = b"1.2.840.10008.1.2.4.90";
    bytes.splice(at - 2..at + 20, [&22u16.to_le_bytes()[..], syntax].concat());
    let jpeg2000 = InstanceFile::open(&scratch.file("jpeg2000.dcm", &bytes)).unwrap();
    let ct = scratch.path("ct.dcm");
    let mut object = object(&beating_disc(8, 32, 300.0));
    crate::support::text(&mut object, tags::SOP_CLASS_UID, dicom_core::VR::UI, "1.2.840.10008.5.1.4.1.1.2");
    object.write_to_file(&ct).unwrap();
    let files = [jpeg2000, InstanceFile::open(&ct).unwrap(), good];
    let scp = Scp::new(|_| ());
    let (address, _task) = scp.listen().await;
    let peer = format!("BLOODPOOL@127.0.0.1:{}", address.port()).parse().unwrap();
    let results = scu().send(&peer, &files).await;
    let message = |index: usize| results[index].as_ref().unwrap_err().to_string();
    assert_eq!(
        message(0),
        format!("the peer does not accept SOP class {NM} in transfer syntax 1.2.840.10008.1.2.4.90")
    );
    assert_eq!(message(1), "the peer does not accept SOP class 1.2.840.10008.5.1.4.1.1.2");
    assert_eq!(*results[2].as_ref().unwrap(), Delivered::Stored);
    // Called by another title, and not there at all.
    let other = format!("OTHER@127.0.0.1:{}", address.port()).parse().unwrap();
    let error = scu().echo(&other).await.unwrap_err();
    assert_eq!(error.to_string(), "the association was rejected (permanent): called AE title not recognized");
    let error = scu().echo(&"BLOODPOOL@127.0.0.1:1".parse().unwrap()).await.unwrap_err();
    assert!(error.to_string().starts_with("BLOODPOOL@127.0.0.1:1 cannot be reached: "), "{error}");
    assert!(error.is_transient());
}

/// Accepts every proposed context of an association, with this maximum length of PDUs.
async fn accept(stream: &mut DuplexStream, max_length: u32) {
    let mut head = [0; 6];
    stream.read_exact(&mut head).await.unwrap();
    let mut request = vec![0; u32::from_be_bytes([head[2], head[3], head[4], head[5]]) as usize];
    stream.read_exact(&mut request).await.unwrap();
    let item = |item_type: u8, body: &[u8]| [&[item_type, 0], &(body.len() as u16).to_be_bytes()[..], body].concat();
    let context = [&[1, 0, 0, 0][..], &item(0x40, b"1.2.840.10008.1.2.1")].concat();
    let user = item(0x51, &max_length.to_be_bytes());
    let items = [item(0x10, b"1.2.840.10008.3.1.1.1"), item(0x21, &context), item(0x50, &user)].concat();
    stream.write_all(&pdu(2, &[&request[..68], &items].concat())).await.unwrap();
}

/// Reads PDUs to the last fragment of a data set, and gives the longest length.
async fn read_message(stream: &mut DuplexStream) -> u32 {
    let mut longest = 0;
    loop {
        let mut head = [0; 6];
        stream.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([head[2], head[3], head[4], head[5]]);
        let mut body = vec![0; length as usize];
        stream.read_exact(&mut body).await.unwrap();
        longest = longest.max(length);
        assert_eq!(head[0], 4);
        if body[5] == LAST {
            return longest;
        }
    }
}

fn answer(field: u16, message: u16, status: u16) -> Vec<u8> {
    let numbers = [
        (tags::COMMAND_FIELD, field),
        (tags::MESSAGE_ID_BEING_RESPONDED_TO, message),
        (tags::COMMAND_DATA_SET_TYPE, 0x0101),
        (tags::STATUS, status),
    ];
    p_data(1, COMMAND | LAST, &command_set(&numbers, &[]))
}

/// The result of a C-STORE that is answered by these bytes, and of one after it.
async fn answered(bytes: Vec<u8>) -> (Result<Delivered, SendError>, Result<Delivered, SendError>) {
    let scratch = Scratch::new();
    let file = file(&scratch, "a.dcm");
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let peer = tokio::spawn(async move {
        accept(&mut far, 1000).await;
        let longest = read_message(&mut far).await;
        assert!(longest <= 1000 && longest > 990, "{longest}");
        far.write_all(&bytes).await.unwrap();
        far
    });
    let files = std::slice::from_ref(&file);
    let mut association = scu().open_over(near, &AeTitle::new("PACS").unwrap(), files).await.unwrap();
    let first = association.store(&file).await;
    // The peer answers once.
    let second = match first {
        Ok(_) | Err(SendError::Refused(_)) => Ok(Delivered::Stored),
        Err(_) => association.store(&file).await,
    };
    drop(peer.await.unwrap());
    association.release().await;
    (first, second)
}

#[tokio::test]
async fn statuses_are_told_apart() {
    for (status, expected) in [
        (0x0000, Delivered::Stored),
        (0x0111, Delivered::Known),
        (0xB000, Delivered::WithWarning(Status(0xB000))),
        (0xB007, Delivered::WithWarning(Status(0xB007))),
    ] {
        assert_eq!(answered(answer(0x8001, 1, status)).await.0.unwrap(), expected);
    }
    for (status, transient) in [(0xA700, true), (0x0110, true), (0xA900, false), (0xC000, false), (0x0122, false)] {
        let error = answered(answer(0x8001, 1, status)).await.0.unwrap_err();
        assert_eq!(error.to_string(), format!("the peer answered with status 0x{status:04X}"));
        assert_eq!(error.is_transient(), transient);
    }
}

#[tokio::test]
async fn answers_that_are_none_end_the_association() {
    for (bytes, message) in [
        (ABORT.to_vec(), "the peer aborted the association"),
        (answer(0x8001, 2, 0), "the peer sent an answer to something that was not asked"),
        (answer(0x8030, 1, 0), "the peer sent an answer to something that was not asked"),
        (p_data(1, LAST, b"data"), "the peer sent a fragment that is none of the answer"),
        (pdu(6, &[0; 4]), "the peer sent a PDU that is no answer"),
        (p_data(1, COMMAND | LAST, b"?"), "the answer of the peer cannot be read: the command set is malformed"),
        (vec![4, 0, 255, 0, 0, 0], "a PDU of type 04 has 4278190080 bytes; the limit is 16384"),
        (Vec::new(), "nothing was received for 0.3 s"),
    ] {
        let (first, second) = answered(bytes).await;
        let first = first.unwrap_err().to_string();
        assert!(first.starts_with(message), "{first}");
        assert!(matches!(second, Err(SendError::NotAttempted)));
    }
}

#[test]
fn a_file_that_cannot_be_sent_says_why() {
    let scratch = Scratch::new();
    let message = |path: &std::path::Path| InstanceFile::open(path).unwrap_err().to_string();
    let missing = scratch.path("missing.dcm");
    assert!(message(&missing).contains("missing.dcm: cannot be read: "));
    assert!(message(&scratch.file("text.dcm", b"no DICOM")).contains("is not a DICOM file"));
    let whole = std::fs::read(fixture("disc16-implicit.dcm")).unwrap();
    let cut = scratch.file("cut.dcm", &whole[..400]);
    assert!(matches!(InstanceFile::open(&cut), Err(InstanceFileError::NotDicom(_))));
}
