//! Random and damaged streams of PDUs into the Storage SCP: no panic, no file of half an instance, memory in bounds.
//!
//! `NETWORK_STREAMS=1000000` sets their number in memory, `TCP_STREAMS=10000` that over TCP.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::peer::{
    ABORT, COMMAND, CONTEXTS, EXPLICIT, IMPLICIT, LAST, NM, RELEASE_RQ, VERIFICATION, associate_rq, data_set, echo_rq,
    p_data, pdu, pdv, store_message, store_rq,
};
use crate::scp::Scp;

const DEFAULT_STREAMS: u32 = 400;
const DEFAULT_TCP_STREAMS: u32 = 400;
/// All tests of this file run in one process.
const MOST_MEMORY_KB: u64 = 400 << 10;

static PANICS: AtomicU64 = AtomicU64::new(0);

/// Panics in tasks are caught by the runtime: they are counted where they happen.
fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Relaxed);
            default(info);
        }));
    });
}

/// One PDU that a peer might send, or bytes that are none.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let instance = prop_oneof![3 => Just("1.2.3"), 3 => Just("1.2.4"), 1 => Just(""), 1 => Just("../x")];
    let class = prop_oneof![4 => Just(NM), 1 => Just(VERIFICATION), 1 => Just("1.2")];
    let fragment = (0u8..5, 0u8..4, prop::collection::vec(any::<u8>(), 0..600));
    prop_oneof![
        12 => (instance.clone(), 0usize..40_000)
            .prop_map(|(instance, pixels)| store_message(1, instance, &data_set(NM, instance, pixels & !1))),
        2 => (class, instance).prop_map(|(class, instance)| p_data(1, COMMAND | LAST, &store_rq(7, class, instance))),
        2 => any::<u16>().prop_map(|message| p_data(3, COMMAND | LAST, &echo_rq(message))),
        2 => prop::collection::vec(fragment, 0..5).prop_map(|fragments| {
            let items: Vec<u8> = fragments.iter().flat_map(|(id, control, data)| pdv(*id, *control, data)).collect();
            pdu(4, &items)
        }),
        1 => Just(data_set(NM, "1.2.3", 100)).prop_map(|bytes| p_data(1, LAST, &bytes)),
        1 => (any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)).prop_map(|(kind, body)| pdu(kind % 9, &body)),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => prop::sample::select(vec![RELEASE_RQ.to_vec(), ABORT.to_vec()]),
        1 => Just(associate_rq("BLOODPOOL", "CAMERA", &CONTEXTS)),
    ]
}

/// A request, parts, and bytes of these that are changed; it may be cut off.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let syntaxes = prop::sample::subsequence(vec![EXPLICIT, IMPLICIT, "1.2.840.10008.1.2.1.99", "1.2"], 0..4);
    let request = syntaxes.prop_map(|syntaxes| {
        associate_rq("BLOODPOOL", "CAMERA", &[(1, NM, &syntaxes), (3, VERIFICATION, &[IMPLICIT])])
    });
    let request = prop_oneof![
        8 => request,
        1 => prop::collection::vec(any::<u8>(), 0..400).prop_map(|body| pdu(1, &body)),
        1 => Just(Vec::new()),
    ];
    let changes = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ];
    let cut = prop_oneof![3 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    (request, prop::collection::vec(part(), 0..6), changes, cut).prop_map(|(request, parts, changes, cut)| {
        let mut bytes = request;
        parts.iter().for_each(|part| bytes.extend(part));
        for (at, byte) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        bytes
    })
}

/// The most memory that this process has used, KiB.
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("VmHWM: 0 kB");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How many streams the environment asks for.
fn streams(variable: &str, default: u32) -> u32 {
    std::env::var(variable).map_or(default, |number| number.parse().unwrap())
}

/// Writes a stream and reads the answers to their end; the number of their bytes.
async fn exchange(peer: impl AsyncRead + AsyncWrite, bytes: &[u8]) -> usize {
    let (mut reader, mut writer) = tokio::io::split(peer);
    let write = async {
        // The other side may close before all is written.
        let _ = writer.write_all(bytes).await;
        let _ = writer.shutdown().await;
    };
    let read = async {
        let mut answers = Vec::new();
        let _ = reader.read_to_end(&mut answers).await;
        answers.len()
    };
    tokio::join!(write, read).1
}

/// Sends `streams` streams by `send`, which ends when the association is over, and looks at what is left after each.
fn try_streams(about: &str, streams: u32, scp: &Scp, runtime: &Runtime, send: impl AsyncFn(&[u8]) -> usize) {
    count_panics();
    // Found cases are kept as tests of their own, not in a file.
    let config = Config { cases: streams, failure_persistence: None, ..Config::default() };
    let panics = PANICS.load(Relaxed);
    let (accepted, stored) = (AtomicU64::new(0), AtomicU64::new(0));
    // The same streams in every run; more of them begin with these.
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(&stream(), |bytes| {
            let answers = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), send(&bytes)).await });
            let answers = answers.map_err(|_| TestCaseError::fail("not over after 10 s"))?;
            // Answers are shorter than what asks for them.
            prop_assert!(answers <= 1000 + 2 * bytes.len(), "{answers} bytes of answers");
            prop_assert_eq!(PANICS.load(Relaxed), panics);
            let (files, incoming) = scp.files();
            prop_assert!(incoming.is_empty(), "{incoming:?}");
            let expected = |name: &String| name.starts_with("1.2.3.") || name.starts_with("1.2.4.");
            prop_assert!(files.iter().all(expected), "{files:?}");
            if files.len() > 50 {
                files.iter().for_each(|name| std::fs::remove_file(scp.scp.folder().join(name)).unwrap());
            }
            let events = std::mem::take(&mut *scp.recorder.events.lock().unwrap());
            accepted.fetch_add(events.iter().filter(|event| event.starts_with("Accepted")).count() as u64, Relaxed);
            stored.fetch_add(std::mem::take(&mut *scp.recorder.stored.lock().unwrap()).len() as u64, Relaxed);
            Ok(())
        })
        .unwrap();
    let (accepted, stored) = (accepted.into_inner(), stored.into_inner());
    let peak = peak_memory_kb();
    println!(
        "{streams} streams {about}: {accepted} associations accepted, {stored} instances stored; the most memory used is {} MiB",
        peak >> 10
    );
    // Streams that are all refused at once would test little.
    assert!(accepted > u64::from(streams) / 3 && stored > u64::from(streams) / 8, "{accepted}, {stored}");
    assert!(peak < MOST_MEMORY_KB, "{peak} KiB");
}

#[test]
fn no_stream_of_bytes_panics_or_leaves_half_an_instance() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scp = Scp::new(|settings| settings.limits.max_data_set_bytes = 1 << 20);
    try_streams("in memory", streams("NETWORK_STREAMS", DEFAULT_STREAMS), &scp, &runtime, async |bytes| {
        let (near, far) = tokio::io::duplex(4096);
        let served = scp.scp.serve_association(far, None, scp.stopped.clone());
        tokio::join!(served, exchange(near, bytes)).1
    });
}

#[test]
fn no_stream_of_bytes_over_tcp_panics_or_leaves_half_an_instance() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let scp = Scp::new(|settings| settings.limits.max_data_set_bytes = 1 << 20);
    let (address, listening) = runtime.block_on(scp.listen());
    try_streams("over TCP", streams("TCP_STREAMS", DEFAULT_TCP_STREAMS), &scp, &runtime, async |bytes| {
        let answers = exchange(TcpStream::connect(address).await.unwrap(), bytes).await;
        // A connection that was reset may end here before it has ended there.
        scp.nothing_incoming().await;
        answers
    });
    scp.stop.stop();
    runtime.block_on(listening).unwrap();
}
