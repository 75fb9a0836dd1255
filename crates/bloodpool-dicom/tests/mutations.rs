//! Thousands of damaged files: no panic, no panic message, no hang, memory in bounds.
//!
//! `BLOODPOOL_MUTATIONS=10000` sets the number; each mutation follows from its number alone.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use bloodpool_dicom::{Selection, encode_study, read_study};
use support::{Lcg, Scratch, beating_disc};

const DEFAULT_MUTATIONS: u64 = 600;
const LONGEST: Duration = Duration::from_secs(5);
const MOST_MEMORY_KB: u64 = 1 << 20;

/// Bytes that lengths and counts are broken with.
const NASTY: [u32; 10] = [0, 1, 2, 0x7F, 0xFF, 0xFFFE, 0xFFFF, 0x7FFF_FFFF, 0xDD00_0000, 0xFFFF_FFFF];

fn sources() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut sources: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dcm"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    sources.push(("written".into(), encode_study(&beating_disc(16, 64, 300.0)).unwrap()));
    sources.sort();
    sources
}

/// Damages `bytes` in one of the ways in which files come damaged, or are damaged on purpose.
fn mutate(bytes: &mut Vec<u8>, random: &mut Lcg) {
    // Half of the damage goes where structure is: the header, or the start of the pixel data.
    let pixels = bytes.windows(4).position(|window| window == [0xE0, 0x7F, 0x10, 0x00]).unwrap_or(bytes.len() / 2);
    let anywhere = random.below(bytes.len());
    let structure = match random.below(3) {
        0 => 128 + random.below(pixels.max(129) - 128),
        1 => (pixels + random.below(600)).min(bytes.len() - 1),
        _ => anywhere,
    };
    match random.below(9) {
        0 => (0..1 + random.below(8)).for_each(|_| {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }),
        1 => bytes[structure] = random.next() as u8,
        2 => overwrite(bytes, structure, &NASTY[random.below(NASTY.len())].to_le_bytes()),
        3 => overwrite(bytes, structure, &NASTY[random.below(NASTY.len())].to_be_bytes()[2..]),
        4 => bytes.truncate(anywhere),
        5 => {
            let run = 1 + random.below(64);
            bytes.drain(structure..(structure + run).min(bytes.len()));
        }
        6 => {
            let run: Vec<u8> = (0..1 + random.below(64)).map(|_| random.next() as u8).collect();
            bytes.splice(structure..structure, run);
        }
        7 => length_field(bytes, random),
        _ => fragment(bytes, random),
    }
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes.iter_mut().skip(at).zip(with).for_each(|(byte, &new)| *byte = new);
}

/// Breaks the length of an element with a short explicit header.
fn length_field(bytes: &mut [u8], random: &mut Lcg) {
    let known = [b"UI", b"US", b"IS", b"DS", b"CS", b"LO", b"SQ", b"OW", b"OB", b"AT", b"PN", b"SH"];
    let fields: Vec<usize> =
        (132..bytes.len().saturating_sub(8)).filter(|&at| known.iter().any(|vr| &bytes[at..at + 2] == *vr)).collect();
    if let Some(&at) = fields.get(random.below(fields.len())) {
        let value = NASTY[random.below(NASTY.len())].to_le_bytes();
        if random.below(2) == 0 { overwrite(bytes, at + 2, &value[..2]) } else { overwrite(bytes, at + 4, &value) }
    }
}

/// Breaks the first bytes of a fragment: an RLE header, JPEG markers, or the length of the fragment.
fn fragment(bytes: &mut [u8], random: &mut Lcg) {
    let starts: Vec<usize> =
        (132..bytes.len()).filter(|&at| bytes[at..].starts_with(&[0xFE, 0xFF, 0x00, 0xE0])).collect();
    if let Some(&at) = starts.get(random.below(starts.len())) {
        let reach = if random.below(2) == 0 { 80 } else { 12 };
        let within = at + 4 + random.below(reach);
        let value = if random.below(2) == 0 { NASTY[random.below(NASTY.len())] } else { random.next() };
        overwrite(bytes, within, &value.to_le_bytes()[..1 + random.below(4)]);
    }
}

/// Peak resident memory of this process, kB; `None` where the system does not tell.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

/// Runs in a process of its own, so that its memory and what it prints on stderr are its alone.
#[test]
#[ignore = "run by damaged_files_never_panic_hang_or_fill_memory"]
fn read_damaged_files() {
    let mutations = std::env::var("BLOODPOOL_MUTATIONS").map_or(DEFAULT_MUTATIONS, |number| number.parse().unwrap());
    let sources = sources();
    let scratch = Scratch::new();
    let mut longest = Duration::ZERO;
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    let start = Instant::now();
    for number in 0..mutations {
        let mut random = Lcg(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (name, bytes) = &sources[number as usize % sources.len()];
        let mut bytes = bytes.clone();
        (0..1 + random.below(3)).for_each(|_| {
            if bytes.len() > 200 {
                mutate(&mut bytes, &mut random);
            }
        });
        let path = scratch.file("damaged.dcm", &bytes);
        let before = Instant::now();
        let outcome = read_study(&path, &Selection::default());
        let took = before.elapsed();
        assert!(took < LONGEST, "mutation {number} of {name} took {took:?}");
        longest = longest.max(took);
        *outcomes.entry(outcome.map_or_else(|error| error.code(), |_| "read")).or_default() += 1;
    }
    let peak = peak_memory();
    println!(
        "{mutations} damaged files in {:.1?}, the longest {longest:.1?}, peak memory {peak:?} kB",
        start.elapsed()
    );
    println!("{outcomes:?}");
    assert!(peak.is_none_or(|peak| peak < MOST_MEMORY_KB), "{peak:?} kB");
    assert!(outcomes.len() > 10, "mutations reach few kinds of damage: {outcomes:?}");
}

#[test]
fn damaged_files_never_panic_hang_or_fill_memory() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "read_damaged_files", "--nocapture"])
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("damaged files in"), "{said}");
    assert!(!errors.contains("panicked"), "{errors}");
}
