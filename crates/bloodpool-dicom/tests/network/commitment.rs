//! Storage Commitment: reports over associations that a peer opens, and requests with and without a report on their own.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use bloodpool_dicom::net::{
    AeTitle, AwaitedReport, CommitmentReport, CommitmentRequest, FailureReason, ReceiveSettings, ReportNotTaken,
    SendError, SendSettings, SopReference, StorageScu, Timeouts, Uid,
};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use tokio::io::DuplexStream;

use crate::peer::{
    Answer, COMMAND, Client, Context, EXPLICIT, IMPLICIT, LAST, associate_rq_with, command_set, item, p_data, pdu,
    results, roles,
};
use crate::scp::Scp;
use crate::support::bytes::implicit;

const COMMITMENT: &str = "1.2.840.10008.1.20.1";
const INSTANCE: &str = "1.2.840.10008.1.20.1.1";
const CONTEXT: Context<'static> = (1, COMMITMENT, &[EXPLICIT, IMPLICIT]);

fn uid(text: &str) -> Uid {
    Uid::new(text).unwrap()
}

fn awaited(settings: &mut ReceiveSettings) {
    settings.commitment_peers = vec![AeTitle::new("ARCHIVE").unwrap()];
}

fn event(event_type: u16, class: &str, instance: &str, data_set: u16) -> Vec<u8> {
    command_set(
        &[
            (tags::COMMAND_FIELD, 0x100),
            (tags::MESSAGE_ID, 5),
            (tags::COMMAND_DATA_SET_TYPE, data_set),
            (tags::EVENT_TYPE_ID, event_type),
        ],
        &[(tags::AFFECTED_SOP_CLASS_UID, class), (tags::AFFECTED_SOP_INSTANCE_UID, instance)],
    )
}

/// A report in Implicit VR Little Endian.
fn report(transaction: &str, committed: &[&str], failed: &[(&str, u16)]) -> Vec<u8> {
    let element = |tag: Tag, text: &str| {
        let mut value = text.as_bytes().to_vec();
        value.resize(value.len().next_multiple_of(2), 0);
        implicit(tag, value.len() as u32, &value)
    };
    let item = |elements: Vec<u8>| implicit(Tag(0xFFFE, 0xE000), elements.len() as u32, &elements);
    let refers = |instance: &str| {
        let class = element(tags::REFERENCED_SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.7");
        [class, element(tags::REFERENCED_SOP_INSTANCE_UID, instance)].concat()
    };
    let kept: Vec<u8> = committed.iter().flat_map(|instance| item(refers(instance))).collect();
    let lost = failed.iter().flat_map(|(instance, reason)| {
        item([refers(instance), implicit(tags::FAILURE_REASON, 2, &reason.to_le_bytes())].concat())
    });
    let lost: Vec<u8> = lost.collect();
    [
        element(tags::TRANSACTION_UID, transaction),
        implicit(tags::FAILED_SOP_SEQUENCE, lost.len() as u32, &lost),
        implicit(tags::REFERENCED_SOP_SEQUENCE, kept.len() as u32, &kept),
    ]
    .concat()
}

#[tokio::test]
async fn the_requestor_may_be_the_provider_and_nothing_else() {
    let proposed = |scu, scp| roles(COMMITMENT, scu, scp);
    for (peers, calling, more, expected) in [
        (true, "ANYONE", proposed(false, true), (0, Some(1))),
        (true, "ANYONE", proposed(true, true), (0, Some(1))),
        (true, "ANYONE", proposed(true, false), (3, None)),
        (true, "ANYONE", Vec::new(), (3, None)),
        // Some archives leave the proposal out, and are asked for nothing else than their reports.
        (true, "ARCHIVE", Vec::new(), (0, None)),
        (true, "ARCHIVE", proposed(true, false), (3, None)),
        // Nobody is asked.
        (false, "ARCHIVE", proposed(false, true), (3, None)),
    ] {
        let scp = Scp::new(|settings| {
            if peers {
                awaited(settings);
            }
        });
        let mut client = scp.connect();
        client.send(&associate_rq_with("BLOODPOOL", calling, &[CONTEXT], &more)).await;
        let (pdu_type, body) = client.raw().await.unwrap();
        assert_eq!(pdu_type, 2);
        let result = results(&body[68..])[0].1;
        let accepted = roles(COMMITMENT, false, true);
        let role = body.windows(accepted.len()).any(|window| window == accepted).then_some(1);
        assert_eq!((result, role), expected, "{peers} {calling} {more:?}");
        // 0x54 occurs nowhere else: there is no other role item.
        assert_eq!(body.windows(2).filter(|window| *window == [0x54, 0]).count(), usize::from(role.is_some()));
    }
    // A data set that is compressed or deflated is none of a report.
    let scp = Scp::new(awaited);
    let mut client = scp.connect();
    let compressed: Context<'_> = (1, COMMITMENT, &["1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.99"]);
    client.send(&associate_rq_with("BLOODPOOL", "ARCHIVE", &[compressed], &[])).await;
    assert_eq!(client.answer().await, Answer::Accepted(vec![(1, 4)]));
}

#[tokio::test]
async fn a_report_is_recorded_and_answered_by_what_it_says() {
    let scp = Scp::new(awaited);
    let mut client = scp.connect();
    let context: Context<'_> = (1, COMMITMENT, &[IMPLICIT]);
    let more = roles(COMMITMENT, false, true);
    client.send(&associate_rq_with("BLOODPOOL", "ARCHIVE", &[context], &more)).await;
    assert_eq!(client.answer().await, Answer::Accepted(vec![(1, 0)]));
    let good = report("2.25.7", &["1.2.3"], &[("1.2.4", 0x0112)]);
    let unknown = report("2.25.8", &["1.2.3"], &[]);
    let nothing = report("2.25.7", &[], &[]);
    let is = |event_type, class, instance| event(event_type, class, instance, 0);
    for (command, data_set, status) in [
        (is(2, COMMITMENT, INSTANCE), &good, 0x0000),
        (is(1, COMMITMENT, INSTANCE), &unknown, 0x0115),
        (is(1, COMMITMENT, INSTANCE), &nothing, 0x0115),
        (is(3, COMMITMENT, INSTANCE), &good, 0x0113),
        (is(2, "1.2.840.10008.1.1", INSTANCE), &good, 0x0118),
        (is(2, COMMITMENT, "1.2.3"), &good, 0x0112),
        (is(2, COMMITMENT, INSTANCE), &b"no data set".to_vec(), 0x0115),
        (is(2, COMMITMENT, INSTANCE), &vec![0; (1 << 20) + 2], 0x0213),
    ] {
        client.send(&p_data(1, COMMAND | LAST, &command)).await;
        let chunks: Vec<&[u8]> = data_set.chunks(16_000).collect();
        for (index, chunk) in chunks.iter().enumerate() {
            client.send(&p_data(1, if index + 1 == chunks.len() { LAST } else { 0 }, chunk)).await;
        }
        assert_eq!(client.answer().await, Answer::Response(0x8100, 5, status));
    }
    client.send(&p_data(1, COMMAND | LAST, &event(2, COMMITMENT, INSTANCE, 0x0101))).await;
    assert_eq!(client.answer().await, Answer::Response(0x8100, 5, 0x0114), "without a data set");
    scp.recorder.fails.store(true, std::sync::atomic::Ordering::Relaxed);
    client.send(&[p_data(1, COMMAND | LAST, &is(2, COMMITMENT, INSTANCE)), p_data(1, LAST, &good)].concat()).await;
    let (_, response) = client.raw().await.unwrap();
    // Event Type ID is repeated (PS3.7 Table 10.1-1).
    let event_type = implicit(tags::EVENT_TYPE_ID, 2, &2u16.to_le_bytes());
    let refused = implicit(tags::STATUS, 2, &0x0110u16.to_le_bytes());
    for element in [event_type, refused] {
        assert!(response.windows(element.len()).any(|window| window == element), "{response:?}");
    }
    // Nothing is stored on this presentation context, and nobody is given a commitment.
    let numbers = [(tags::COMMAND_FIELD, 0x130), (tags::MESSAGE_ID, 6), (tags::COMMAND_DATA_SET_TYPE, 0x0101)];
    client.send(&p_data(1, COMMAND | LAST, &command_set(&numbers, &[]))).await;
    assert_eq!(client.answer().await, Answer::Response(0x8130, 6, 0x0211));
    client.send(&p_data(1, COMMAND | LAST, &crate::peer::store_rq(7, COMMITMENT, "1.2.3"))).await;
    client.send(&p_data(1, LAST, &crate::peer::data_set(COMMITMENT, "1.2.3", 8))).await;
    assert_eq!(client.status().await, 0xA900);
    client.release().await;

    let reports = scp.recorder.reports.lock().unwrap().clone();
    assert_eq!(reports.len(), 2, "the second was refused after it was given to the caller");
    assert_eq!((reports[0].transaction.as_str(), &reports[0].committed[..]), ("2.25.7", &[uid("1.2.3")][..]));
    assert_eq!(reports[0].failed[0].reason, Some(FailureReason::NO_SUCH_INSTANCE));
    scp.event("Committed { sender").await;
}

/// Keeps what it is told; settled from the beginning, where it says so.
#[derive(Default)]
struct Awaited {
    reports: Mutex<Vec<CommitmentReport>>,
    settled: bool,
}

impl AwaitedReport for Awaited {
    fn report(&self, report: &CommitmentReport) -> Result<(), ReportNotTaken> {
        self.reports.lock().unwrap().push(report.clone());
        Ok(())
    }

    fn is_settled(&self) -> bool {
        self.settled
    }
}

/// Accepts the association, and gives command set and data set of the request.
async fn asked(client: &mut Client<DuplexStream>) -> (Vec<u8>, Vec<u8>) {
    let (_, request) = client.raw().await.unwrap();
    assert!(request.windows(COMMITMENT.len()).any(|window| window == COMMITMENT.as_bytes()));
    let context = [&[1, 0, 0, 0][..], &item(0x40, IMPLICIT.as_bytes())].concat();
    let user = item(0x51, &16_384u32.to_be_bytes());
    let items = [item(0x10, b"1.2.840.10008.3.1.1.1"), item(0x21, &context), item(0x50, &user)].concat();
    client.send(&pdu(2, &[&request[..68], &items].concat())).await;
    let (_, command) = client.raw().await.unwrap();
    let (_, data) = client.raw().await.unwrap();
    assert_eq!((command[5], data[5]), (COMMAND | LAST, LAST));
    (command[6..].to_vec(), data[6..].to_vec())
}

fn response(status: u16) -> Vec<u8> {
    let numbers = [
        (tags::COMMAND_FIELD, 0x8130),
        (tags::MESSAGE_ID_BEING_RESPONDED_TO, 1),
        (tags::COMMAND_DATA_SET_TYPE, 0x0101),
        (tags::STATUS, status),
    ];
    p_data(1, COMMAND | LAST, &command_set(&numbers, &[]))
}

/// Asks a peer that answers with these bytes, and gives the result, what it was told, and what it answered to a report.
async fn commit(bytes: Vec<u8>, awaited: Awaited, ends: bool) -> (Result<(), SendError>, Awaited, Option<Vec<u8>>) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let peer = tokio::spawn(async move {
        let mut client = Client(far);
        let (command, data) = asked(&mut client).await;
        let expected = command_set(
            &[
                (tags::COMMAND_FIELD, 0x130),
                (tags::MESSAGE_ID, 1),
                (tags::COMMAND_DATA_SET_TYPE, 0),
                (tags::ACTION_TYPE_ID, 1),
            ],
            &[(tags::REQUESTED_SOP_CLASS_UID, COMMITMENT), (tags::REQUESTED_SOP_INSTANCE_UID, INSTANCE)],
        );
        assert_eq!(command, expected);
        assert!(data.windows(5).any(|window| window == b"1.2.3"));
        client.send(&bytes).await;
        if ends {
            return None;
        }
        let (pdu_type, body) = client.raw().await?;
        (pdu_type == 4).then_some(body)
    });
    let timeouts = Timeouts { response: Duration::from_millis(500), ..Timeouts::default() };
    let settings = SendSettings { calling_ae_title: AeTitle::new("BLOODPOOL").unwrap(), timeouts, tls: None };
    let instance = SopReference { sop_class: uid("1.2.840.10008.5.1.4.1.1.7"), sop_instance: uid("1.2.3") };
    let request = CommitmentRequest { transaction: uid("2.25.7"), instances: vec![instance] };
    let called = AeTitle::new("ARCHIVE").unwrap();
    let scu = StorageScu::new(settings).unwrap();
    let longest = Duration::from_secs(20);
    let outcome = scu.commit_over(near, &called, &request, longest, &awaited).await;
    (outcome, awaited, peer.await.unwrap())
}

#[tokio::test]
async fn a_report_on_the_association_of_its_request_is_taken() {
    let event = |transaction| {
        let command = p_data(1, COMMAND | LAST, &event(1, COMMITMENT, INSTANCE, 0));
        [command, p_data(1, LAST, &report(transaction, &["1.2.3"], &[]))].concat()
    };
    // After the answer, as it must be, or before it.
    for bytes in [[response(0), event("2.25.7")].concat(), [event("2.25.7"), response(0)].concat()] {
        let (outcome, awaited, answer) = commit(bytes, Awaited::default(), false).await;
        outcome.unwrap();
        assert_eq!(awaited.reports.lock().unwrap()[0].committed, [uid("1.2.3")]);
        let answer = answer.unwrap();
        let field = implicit(tags::COMMAND_FIELD, 2, &0x8100u16.to_le_bytes());
        let status = implicit(tags::STATUS, 2, &0u16.to_le_bytes());
        assert!([field, status].iter().all(|it| answer.windows(it.len()).any(|window| window == it)), "{answer:?}");
    }
}

#[tokio::test]
async fn without_a_report_the_peer_was_asked_all_the_same() {
    let began = Instant::now();
    // It ends the association after its answer, or asks to release it.
    for (bytes, ends) in [(response(0), true), ([response(0), crate::peer::RELEASE_RQ.to_vec()].concat(), false)] {
        let (outcome, awaited, _) = commit(bytes, Awaited::default(), ends).await;
        outcome.unwrap();
        assert!(awaited.reports.lock().unwrap().is_empty());
    }
    // The report came by another association.
    commit(response(0), Awaited { settled: true, ..Awaited::default() }, false).await.0.unwrap();
    assert!(began.elapsed() < Duration::from_secs(15), "no wait lasted to its end: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_request_that_is_not_taken_says_why() {
    for (bytes, said) in [
        (response(0x0110), "the peer answered with status 0x0110"),
        (Vec::new(), "nothing was received for 0.5 s"),
        (crate::peer::ABORT.to_vec(), "the peer aborted the association"),
        (p_data(3, COMMAND | LAST, b""), "the peer sent a fragment that is none of the answer"),
    ] {
        let error = commit(bytes, Awaited::default(), false).await.0.unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}
