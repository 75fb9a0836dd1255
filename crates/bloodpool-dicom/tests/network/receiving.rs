//! Instances that come by C-STORE: what is written, what is answered, and what is told to the caller.

use std::sync::atomic::Ordering::Relaxed;

use bloodpool_dicom::net::{Arrival, StorageClasses};
use bloodpool_dicom::{Selection, read_study};
use dicom_dictionary_std::tags;

use crate::peer::{
    ABORT, Answer, COMMAND, EXPLICIT, LAST, NM, RELEASE_RQ, VERIFICATION, associate_rq, command_set, data_set, echo_rq,
    p_data, pdu, pdv, store_message, store_rq,
};
use crate::scp::Scp;
use crate::support::{beating_disc, object};

#[tokio::test]
async fn an_echo_is_answered() {
    let scp = Scp::new(|_| ());
    let mut client = scp.associated().await;
    client.send(&p_data(3, COMMAND | LAST, &echo_rq(9))).await;
    assert_eq!(client.answer().await, Answer::Response(0x8030, 9, 0));
    client.send(&p_data(1, COMMAND | LAST, &echo_rq(10))).await;
    assert_eq!(client.answer().await, Answer::Response(0x8030, 10, 0x0122));
    client.release().await;
}

#[tokio::test]
async fn an_instance_is_on_disk_byte_for_byte_before_it_is_acknowledged() {
    let scp = Scp::new(|_| ());
    let mut client = scp.associated().await;
    let data_set = data_set(NM, "1.2.3", 300_000);
    assert_eq!(client.store("1.2.3", &data_set).await, 0);
    let stored = scp.stored();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].arrival, Arrival::First);
    assert_eq!(stored[0].sop_class_uid.as_str(), NM);
    assert_eq!(stored[0].sop_instance_uid.as_str(), "1.2.3");
    assert_eq!(stored[0].transfer_syntax_uid, EXPLICIT);
    assert_eq!(stored[0].data_set_bytes, data_set.len() as u64);
    assert_eq!(stored[0].data_set_sha256, bloodpool_files::sha256(&data_set));
    assert_eq!(stored[0].sender.calling_ae_title.as_str(), "CAMERA");
    assert_eq!(stored[0].sender.address.unwrap().to_string(), "10.0.0.7");
    let bytes = std::fs::read(&stored[0].path).unwrap();
    assert!(bytes.ends_with(&data_set));
    assert_eq!(bytes.get(128..132), Some(&b"DICM"[..]));
    assert_eq!(scp.files(), (vec!["1.2.3.dcm".to_string()], Vec::new()));
    client.release().await;
}

#[tokio::test]
async fn a_received_study_is_read() {
    let study = beating_disc(16, 64, 300.0);
    let file = object(&study);
    let instance = file.meta().media_storage_sop_instance_uid().to_string();
    let mut bytes = Vec::new();
    file.into_inner()
        .write_dataset_with_ts(&mut bytes, &dicom_transfer_syntax_registry::entries::EXPLICIT_VR_LITTLE_ENDIAN.erased())
        .unwrap();
    let scp = Scp::new(|_| ());
    let mut client = scp.associated().await;
    assert_eq!(client.store(&instance, &bytes).await, 0);
    let read = read_study(&scp.stored()[0].path, &Selection::default()).unwrap();
    assert_eq!(read.counts(), study.counts());
    client.release().await;
}

#[tokio::test]
async fn a_duplicate_is_acknowledged_and_other_bytes_are_kept_beside() {
    let scp = Scp::new(|_| ());
    let mut client = scp.associated().await;
    let (one, two) = (data_set(NM, "1.2.3", 1000), data_set(NM, "1.2.3", 1002));
    for bytes in [&one, &one, &two, &two] {
        assert_eq!(client.store("1.2.3", bytes).await, 0);
    }
    let stored = scp.stored();
    let first = stored[0].path.clone();
    let arrivals: Vec<&Arrival> = stored.iter().map(|instance| &instance.arrival).collect();
    let differing = Arrival::Differing { first: first.clone() };
    assert_eq!(arrivals, [&Arrival::First, &Arrival::Duplicate, &differing, &Arrival::Duplicate]);
    assert_eq!(stored[1].path, first);
    assert_eq!(stored[2].path, stored[3].path);
    assert!(std::fs::read(&first).unwrap().ends_with(&one));
    assert!(std::fs::read(&stored[2].path).unwrap().ends_with(&two));
    assert_eq!(scp.files().0.len(), 2);
    client.release().await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_and_the_association_goes_on() {
    let scp = Scp::new(|_| ());
    let mut client = scp.associated().await;
    let good = data_set(NM, "1.2.3", 100);
    let ct = "1.2.840.10008.5.1.4.1.1.2";
    // SOP class of the command is not that of the context, then not that of the data set; then the instance.
    client.send(&p_data(1, COMMAND | LAST, &store_rq(1, ct, "1.2.3"))).await;
    client.send(&p_data(1, LAST, &good)).await;
    assert_eq!(client.status().await, 0xA900);
    assert_eq!(client.store("1.2.3", &data_set(ct, "1.2.3", 100)).await, 0xA900);
    assert_eq!(client.store("1.2.4", &good).await, 0xA900);
    // Not a data set, an empty one, none at all, and a UID that is a path.
    assert_eq!(client.store("1.2.3", b"this is not a data set").await, 0xC000);
    client.send(&p_data(1, COMMAND | LAST, &store_rq(1, NM, "1.2.3"))).await;
    client.send(&p_data(1, LAST, b"")).await;
    assert_eq!(client.status().await, 0xC000);
    let no_data_set = command_set(
        &[(tags::COMMAND_FIELD, 1), (tags::MESSAGE_ID, 5), (tags::COMMAND_DATA_SET_TYPE, 0x0101)],
        &[(tags::AFFECTED_SOP_CLASS_UID, NM), (tags::AFFECTED_SOP_INSTANCE_UID, "1.2.3")],
    );
    client.send(&p_data(1, COMMAND | LAST, &no_data_set)).await;
    assert_eq!(client.answer().await, Answer::Response(0x8001, 5, 0xC000));
    assert_eq!(client.store("../../etc/passwd", &data_set(NM, "../../etc/passwd", 100)).await, 0xC000);
    // C-FIND is not for this service.
    let find = command_set(
        &[(tags::COMMAND_FIELD, 0x20), (tags::MESSAGE_ID, 6), (tags::COMMAND_DATA_SET_TYPE, 1)],
        &[(tags::AFFECTED_SOP_CLASS_UID, NM)],
    );
    client.send(&p_data(1, COMMAND | LAST, &find)).await;
    client.send(&p_data(1, LAST, &good)).await;
    assert_eq!(client.answer().await, Answer::Response(0x8020, 6, 0x0211));
    assert_eq!((scp.files(), scp.stored()), ((Vec::new(), Vec::new()), Vec::new()));
    assert_eq!(client.store("1.2.3", &good).await, 0);
    client.release().await;
}

#[tokio::test]
async fn other_storage_classes_come_in_by_setting() {
    let ct = "1.2.840.10008.5.1.4.1.1.2";
    for (classes, result) in [(StorageClasses::NuclearMedicine, 3), (StorageClasses::All, 0)] {
        let scp = Scp::new(|settings| settings.storage_classes = classes);
        let mut client = scp.connect();
        client.send(&associate_rq("BLOODPOOL", "CAMERA", &[(1, ct, &[EXPLICIT])])).await;
        assert_eq!(client.answer().await, Answer::Accepted(vec![(1, result)]));
        if result == 0 {
            client.send(&p_data(1, COMMAND | LAST, &store_rq(1, ct, "1.2.3"))).await;
            client.send(&p_data(1, LAST, &data_set(ct, "1.2.3", 100))).await;
            assert_eq!(client.status().await, 0);
        }
        client.release().await;
    }
}

#[tokio::test]
async fn a_message_may_be_cut_at_every_place() {
    let scp = Scp::new(|_| ());
    let mut client = scp.associated().await;
    let (command, data_set) = (store_rq(1, NM, "1.2.3"), data_set(NM, "1.2.3", 40));
    for cut in 0..command.len().max(data_set.len()) {
        let (head, tail) = command.split_at(cut.min(command.len()));
        let (start, end) = data_set.split_at(cut.min(data_set.len()));
        // In PDUs of their own; all in one PDU; and byte for byte.
        let own =
            [p_data(1, COMMAND, head), p_data(1, COMMAND | LAST, tail), p_data(1, 0, start), p_data(1, LAST, end)];
        let one = [pdv(1, COMMAND, head), pdv(1, COMMAND | LAST, tail), pdv(1, 0, start), pdv(1, LAST, end)];
        for bytes in [own.concat(), pdu(4, &one.concat())] {
            client.send(&bytes).await;
            assert_eq!(client.status().await, 0, "{cut}");
        }
    }
    let single: Vec<u8> = data_set.iter().flat_map(|byte| pdv(1, 0, &[*byte])).collect();
    let message = [pdv(1, COMMAND | LAST, &command), single, pdv(1, LAST, b"")].concat();
    for bytes in pdu(4, &message).chunks(1) {
        client.send(bytes).await;
    }
    assert_eq!(client.status().await, 0);
    assert_eq!(scp.files().0, ["1.2.3.dcm"]);
    client.release().await;
}

#[tokio::test]
async fn what_breaks_off_in_mid_transfer_leaves_nothing() {
    let message = store_message(1, "1.2.3", &data_set(NM, "1.2.3", 500_000));
    let half = &message[..message.len() / 2];
    for ending in [&ABORT[..], &RELEASE_RQ, &[], &pdu(9, b"?"), &p_data(3, COMMAND | LAST, &echo_rq(1))] {
        let scp = Scp::new(|_| ());
        let mut client = scp.associated().await;
        // The whole PDUs of the half, so that the ending is a PDU of its own.
        let whole =
            half.len() - (half.len() - p_data(1, COMMAND | LAST, &store_rq(1, NM, "1.2.3")).len()) % (4096 + 12);
        client.send(&half[..whole]).await;
        assert_eq!(scp.stored(), []);
        if ending.is_empty() {
            // A connection that is cut within a PDU.
            client.send(&half[whole..]).await;
        } else {
            client.send(ending).await;
        }
        drop(client);
        scp.event("Broken").await;
        scp.nothing_incoming().await;
        assert_eq!((scp.files().0, scp.stored()), (Vec::new(), Vec::new()));
    }
}

#[tokio::test]
async fn an_instance_that_cannot_be_recorded_is_a_failure_and_comes_again() {
    let scp = Scp::new(|_| ());
    let mut client = scp.associated().await;
    let data_set = data_set(NM, "1.2.3", 100);
    scp.recorder.fails.store(true, Relaxed);
    assert_eq!(client.store("1.2.3", &data_set).await, 0x0110);
    scp.recorder.fails.store(false, Relaxed);
    assert_eq!(client.store("1.2.3", &data_set).await, 0);
    assert_eq!(scp.stored()[1].arrival, Arrival::Duplicate);
    client.release().await;
}

#[tokio::test]
async fn no_event_names_a_patient() {
    let scp = Scp::new(|settings| settings.limits.max_data_set_bytes = 2000);
    let mut client = scp.associated().await;
    assert_eq!(client.store("1.2.3", &data_set(NM, "1.2.3", 100)).await, 0);
    assert_eq!(client.store("1.2.3", &data_set(NM, "1.2.4", 100)).await, 0xA900);
    assert_eq!(client.store("1.2.3", &data_set(NM, "1.2.3", 3000)).await, 0xA700);
    let patient = &data_set(NM, "1.2.3", 100)[60..];
    client.send(&p_data(1, COMMAND | LAST, patient)).await;
    assert_eq!(client.answer().await, Answer::Aborted(2, 0));
    scp.event("Broken").await;
    let mut client = scp.connect();
    client.send(&pdu(1, &data_set(VERIFICATION, "1.2.3", 100))).await;
    assert_eq!(client.answer().await, Answer::Aborted(2, 6));
    scp.event("Malformed(1)").await;
    let all = scp.recorder.events.lock().unwrap().join("\n");
    assert!(!all.contains("Secret") && !all.contains("SECRET"), "{all}");
}
