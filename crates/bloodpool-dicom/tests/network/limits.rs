//! How much is taken: associations, data sets, and space on disk.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bloodpool_dicom::net::{AeTitle, InstanceFile, SendSettings, StorageScu, Timeouts};

use crate::peer::{
    Answer, COMMAND, CONTEXTS, Client, LAST, NM, associate_rq, data_set, p_data, store_message, store_rq,
};
use crate::scp::Scp;
use crate::support::{Scratch, beating_disc, object, text};

#[tokio::test]
async fn associations_beyond_the_limit_are_rejected_as_transient() {
    let scp = Scp::new(|settings| settings.limits.max_associations = 2);
    let (address, _task) = scp.listen().await;
    let connect = || async { Client(tokio::net::TcpStream::connect(address).await.unwrap()) };
    let (mut one, mut two) = (connect().await, connect().await);
    one.associate().await;
    two.associate().await;
    let mut three = connect().await;
    three.send(&associate_rq("BLOODPOOL", "CAMERA", &CONTEXTS)).await;
    assert_eq!(three.answer().await, Answer::Rejected(2, 3, 2));
    two.release().await;
    // The task of the released one may still be ending.
    for _ in 0..100 {
        let mut again = connect().await;
        again.send(&associate_rq("BLOODPOOL", "CAMERA", &CONTEXTS)).await;
        match again.answer().await {
            Answer::Accepted(_) => return,
            other => assert_eq!(other, Answer::Rejected(2, 3, 2)),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("an association that was released still counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_associations_at_once_lose_nothing() {
    let scp = Scp::new(|_| ());
    let (address, task) = scp.listen().await;
    let scratch = Scratch::in_memory();
    let study = object(&beating_disc(8, 32, 300.0));
    let sent: Vec<_> = (0..50)
        .map(|sender| {
            let files: Vec<InstanceFile> = (0..4)
                .map(|number| {
                    let mut file = study.clone();
                    let instance = format!("1.2.{sender}.{number}");
                    text(&mut file, dicom_dictionary_std::tags::SOP_INSTANCE_UID, dicom_core::VR::UI, &instance);
                    let path = scratch.path(&instance);
                    file.write_to_file(&path).unwrap();
                    InstanceFile::open(&path).unwrap()
                })
                .collect();
            let settings = SendSettings {
                calling_ae_title: AeTitle::new("CAMERA").unwrap(),
                timeouts: Timeouts::default(),
                tls: None,
            };
            let peer = format!("BLOODPOOL@127.0.0.1:{}", address.port()).parse().unwrap();
            tokio::spawn(async move { StorageScu::new(settings).unwrap().send(&peer, &files).await })
        })
        .collect();
    for results in sent {
        assert!(results.await.unwrap().iter().all(Result::is_ok));
    }
    scp.stop.stop();
    task.await.unwrap();
    let mut instances: Vec<_> = scp.stored().into_iter().map(|instance| instance.sop_instance_uid).collect();
    instances.sort();
    instances.dedup();
    assert_eq!((instances.len(), scp.files().0.len()), (200, 200));
}

#[tokio::test]
async fn a_data_set_beyond_the_limit_is_refused_and_one_without_end_is_aborted() {
    let scp = Scp::new(|settings| settings.limits.max_data_set_bytes = 100_000);
    let mut client = scp.associated().await;
    assert_eq!(client.store("1.2.3", &data_set(NM, "1.2.3", 150_000)).await, 0xA700);
    assert_eq!(client.store("1.2.3", &data_set(NM, "1.2.3", 90_000)).await, 0);
    let message = store_message(1, "1.2.4", &data_set(NM, "1.2.4", 300_000));
    client.send(&message).await;
    assert_eq!(client.answer().await, Answer::Aborted(2, 0));
    scp.nothing_incoming().await;
    assert_eq!(scp.files().0, ["1.2.3.dcm"]);
}

#[tokio::test]
async fn without_space_nothing_is_accepted_and_the_reserve_stays() {
    let scp = Scp::new(|settings| settings.limits.free_space_reserve_bytes = 1 << 20);
    let mut client = scp.associated().await;
    let large = data_set(NM, "1.2.3", 600_000);
    scp.space.0.store((1 << 20) - 1, Relaxed);
    assert_eq!(client.store("1.2.3", &large).await, 0xA700);
    // Space for the beginning alone.
    scp.space.0.store((1 << 20) + 1000, Relaxed);
    assert_eq!(client.store("1.2.3", &large).await, 0xA700);
    assert_eq!((scp.files(), scp.stored()), ((Vec::new(), Vec::new()), Vec::new()));
    // It ends in mid-transfer.
    scp.space.0.store(1 << 30, Relaxed);
    client.send(&p_data(1, COMMAND | LAST, &store_rq(1, NM, "1.2.3"))).await;
    for chunk in large.chunks(60_000) {
        client.send(&p_data(1, 0, chunk)).await;
        scp.space.0.store(0, Relaxed);
    }
    client.send(&p_data(1, LAST, b"")).await;
    assert_eq!(client.status().await, 0xA700);
    assert_eq!((scp.files(), scp.stored()), ((Vec::new(), Vec::new()), Vec::new()));
    scp.space.0.store(1 << 30, Relaxed);
    assert_eq!(client.store("1.2.3", &large).await, 0);
    client.release().await;
}
