//! Associations that are accepted, rejected or aborted, and how each is told to the peer.

use std::time::Duration;

use bloodpool_dicom::net::{AeTitle, AllowedPeers, Peer};
use dicom_dictionary_std::tags;

use crate::peer::{
    Answer, COMMAND, CONTEXTS, Client, Context, EXPLICIT, IMPLICIT, LAST, NM, VERIFICATION, associate_rq, command_set,
    data_set, echo_rq, p_data, pdu, store_message, store_rq,
};
use crate::scp::Scp;

#[tokio::test]
async fn titles_and_addresses_are_checked() {
    let listed = |addresses: &[&str]| {
        let addresses = addresses.iter().map(|range| range.parse().unwrap()).collect();
        AllowedPeers::Listed(vec![Peer { ae_title: AeTitle::new("CAMERA").unwrap(), addresses }])
    };
    let called = Answer::Rejected(1, 1, 7);
    let calling = Answer::Rejected(1, 1, 3);
    for (peers, titles, expected) in [
        (AllowedPeers::Any, ("BLOODPOOL", "CAMERA"), None),
        (AllowedPeers::Any, ("BLOODPOOL\0\0", "CAMERA\0"), None),
        (AllowedPeers::Any, ("OTHER", "CAMERA"), Some(&called)),
        (AllowedPeers::Any, ("bloodpool", "CAMERA"), Some(&called)),
        (AllowedPeers::Any, ("BLOODPOOL", ""), Some(&calling)),
        (listed(&[]), ("BLOODPOOL", "CAMERA"), None),
        (listed(&["10.0.0.0/24"]), ("BLOODPOOL", "CAMERA"), None),
        (listed(&["10.0.1.0/24"]), ("BLOODPOOL", "CAMERA"), Some(&calling)),
        (listed(&[]), ("BLOODPOOL", "OTHER"), Some(&calling)),
    ] {
        let scp = Scp::new(|settings| settings.peers = peers);
        let mut client = scp.connect();
        client.send(&associate_rq(titles.0, titles.1, &CONTEXTS)).await;
        let answer = client.answer().await;
        match expected {
            Some(expected) => assert_eq!((&answer, client.answer().await), (expected, Answer::End), "{titles:?}"),
            None => assert_eq!(answer, Answer::Accepted(vec![(1, 0), (3, 0)]), "{titles:?}"),
        }
    }
}

#[tokio::test]
async fn many_contexts_are_each_answered() {
    const JPEG_2000: &str = "1.2.840.10008.1.2.4.90";
    const RLE: &str = "1.2.840.10008.1.2.5";
    let contexts: Vec<Context<'_>> = (0..128u16)
        .map(|index| {
            let id = (2 * index + 1) as u8;
            match index % 4 {
                0 => (id, NM, &[JPEG_2000, RLE, EXPLICIT][..]),
                1 => (id, NM, &[JPEG_2000][..]),
                2 => (id, "1.2.3", &[EXPLICIT][..]),
                _ => (id, VERIFICATION, &[IMPLICIT][..]),
            }
        })
        .collect();
    let scp = Scp::new(|_| ());
    let mut client = scp.connect();
    client.send(&associate_rq("BLOODPOOL", "CAMERA", &contexts)).await;
    let expected = contexts.iter().enumerate().map(|(index, context)| (context.0, [0, 4, 3, 0][index % 4])).collect();
    assert_eq!(client.answer().await, Answer::Accepted(expected));
    client.send(&p_data(255, COMMAND | LAST, &echo_rq(1))).await;
    assert_eq!(client.answer().await, Answer::Response(0x8030, 1, 0));
    // What was rejected cannot be used.
    client.send(&p_data(3, COMMAND | LAST, &store_rq(1, NM, "1.2.3"))).await;
    assert_eq!(client.answer().await, Answer::Aborted(2, 6));
}

#[tokio::test]
async fn odd_requests_are_rejected_aborted_or_accepted_without_contexts() {
    let request = associate_rq("BLOODPOOL", "CAMERA", &CONTEXTS);
    let changed = |at: usize, byte: u8| {
        let mut request = request.clone();
        request[at] = byte;
        request
    };
    let twice: Vec<Context<'_>> = vec![CONTEXTS[0], CONTEXTS[0]];
    let even: Vec<Context<'_>> = vec![(2, NM, &[EXPLICIT])];
    for (bytes, expected) in [
        // Protocol version 0, and 3, of which bit 0 alone counts.
        (changed(7, 0), Answer::Rejected(1, 2, 2)),
        (changed(7, 3), Answer::Accepted(vec![(1, 0), (3, 0)])),
        // The application context name is another.
        (changed(6 + 68 + 4, b'3'), Answer::Rejected(1, 1, 2)),
        (associate_rq("BLOODPOOL", "CAMERA", &twice), Answer::Aborted(2, 6)),
        (associate_rq("BLOODPOOL", "CAMERA", &even), Answer::Accepted(vec![(2, 2)])),
        (associate_rq("BLOODPOOL", "CAMERA", &[]), Answer::Accepted(vec![])),
        (p_data(3, COMMAND | LAST, &echo_rq(1)), Answer::Aborted(2, 2)),
        (pdu(1, b"short"), Answer::Aborted(2, 6)),
        (pdu(0x16, b"\x03\x01"), Answer::Aborted(2, 1)),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), Answer::Aborted(2, 1)),
        // A length of 4 GiB.
        (vec![1, 0, 255, 255, 255, 255], Answer::Aborted(2, 6)),
        (vec![5, 0, 0, 1, 0, 0], Answer::Aborted(2, 6)),
    ] {
        let scp = Scp::new(|_| ());
        let mut client = scp.connect();
        client.send(&bytes).await;
        assert_eq!(client.answer().await, expected, "{bytes:?}");
    }
}

#[tokio::test]
async fn what_must_not_come_at_a_moment_aborts() {
    let long = vec![0; (128 << 10) - 5];
    let endless: Vec<u8> = (0..9).flat_map(|_| p_data(1, COMMAND, &[0; 2048])).collect();
    let response = command_set(
        &[
            (tags::COMMAND_FIELD, 0x8001),
            (tags::MESSAGE_ID_BEING_RESPONDED_TO, 1),
            (tags::COMMAND_DATA_SET_TYPE, 0x0101),
        ],
        &[],
    );
    let no_id = command_set(&[(tags::COMMAND_FIELD, 1), (tags::COMMAND_DATA_SET_TYPE, 1)], &[]);
    for (what, bytes, reason) in [
        ("a second request", associate_rq("BLOODPOOL", "CAMERA", &CONTEXTS), 2),
        ("an answer to a request", pdu(6, &[0; 4]), 2),
        ("data before a command", p_data(1, LAST, b"data"), 2),
        ("an unknown PDU", pdu(8, b""), 1),
        ("a PDU longer than was agreed on", p_data(1, 0, &long), 6),
        ("a PDU without fragments", pdu(4, b""), 6),
        ("a fragment without a header", pdu(4, &[0, 0, 0, 1, 1]), 6),
        ("a fragment longer than its PDU", pdu(4, &[0, 0, 0, 9, 1, 3, 0]), 6),
        ("a context that was not proposed", p_data(9, COMMAND | LAST, &echo_rq(1)), 6),
        ("a command that does not end", endless, 0),
        ("a command that is none", p_data(1, COMMAND | LAST, b"no command"), 0),
        ("a response", p_data(1, COMMAND | LAST, &response), 0),
        ("a command without message ID", p_data(1, COMMAND | LAST, &no_id), 0),
        ("a command without elements", p_data(1, COMMAND | LAST, b""), 0),
    ] {
        let scp = Scp::new(|_| ());
        let mut client = scp.associated().await;
        client.send(&bytes).await;
        assert_eq!(client.answer().await, Answer::Aborted(2, reason), "{what}");
        scp.event("Broken").await;
    }
}

#[tokio::test]
async fn who_is_slow_or_silent_is_aborted() {
    let short = Duration::from_millis(100);
    let connected = Scp::new(|settings| settings.timeouts.negotiation = short);
    assert_eq!(connected.connect().answer().await, Answer::Aborted(2, 0));
    connected.event("Idle(100ms)").await;

    let silent = Scp::new(|settings| settings.timeouts.idle = short);
    assert_eq!(silent.associated().await.answer().await, Answer::Aborted(2, 0));

    let within_a_pdu = Scp::new(|settings| settings.timeouts.pdu = short);
    let mut client = within_a_pdu.associated().await;
    client.send(&[4, 0, 0]).await;
    assert_eq!(client.answer().await, Answer::Aborted(2, 0));
    within_a_pdu.event("Slow(100ms)").await;

    // Each PDU in time, and the association never ends.
    let endless = Scp::new(|settings| settings.timeouts.association = 3 * short);
    let mut client = endless.associated().await;
    client.send(&p_data(1, COMMAND | LAST, &store_rq(1, NM, "1.2.3"))).await;
    let start = std::time::Instant::now();
    let sending = async {
        loop {
            if tokio::io::AsyncWriteExt::write_all(&mut client.0, &p_data(1, 0, b"drop")).await.is_err() {
                return;
            }
            tokio::time::sleep(short / 10).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), sending).await.unwrap();
    assert!(start.elapsed() >= 2 * short);
    endless.event("AssociationTooLong").await;
    endless.nothing_incoming().await;
}

#[tokio::test]
async fn a_stop_lets_the_request_end_that_has_begun_and_aborts_what_waits() {
    let scp = Scp::new(|_| ());
    let (address, task) = scp.listen().await;
    let connect = || async { Client(tokio::net::TcpStream::connect(address).await.unwrap()) };
    let (mut sending, mut waiting) = (connect().await, connect().await);
    sending.associate().await;
    waiting.associate().await;
    let message = store_message(1, "1.2.3", &data_set(NM, "1.2.3", 100_000));
    let (start, end) = message.split_at(message.len() / 2);
    sending.send(start).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    scp.stop.stop();
    assert_eq!(waiting.answer().await, Answer::Aborted(2, 0));
    sending.send(end).await;
    assert_eq!(sending.status().await, 0);
    assert_eq!(sending.answer().await, Answer::Aborted(2, 0));
    drop((sending, waiting));
    task.await.unwrap();
    assert_eq!(scp.files(), (vec!["1.2.3.dcm".to_string()], Vec::new()));
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
