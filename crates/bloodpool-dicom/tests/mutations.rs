//! Thousands of damaged files: no panic, no panic message, no hang, memory in bounds.
//!
//! `BLOODPOOL_MUTATIONS=10000` sets the number; each mutation follows from its number alone.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use bloodpool_dicom::{Selection, encode_study, read_study};
use support::{Lcg, Scratch, acquisition, beating_disc};

const DEFAULT_MUTATIONS: u64 = 2000;
const LONGEST: Duration = Duration::from_secs(5);
const MOST_MEMORY_KB: u64 = 1 << 20;

/// Set in the environment of a process that runs one test alone.
const CHILD: &str = "BLOODPOOL_MUTATIONS_CHILD";

/// Values that lengths and counts are replaced by.
const EXTREME: [u32; 10] = [0, 1, 2, 0x7F, 0xFF, 0xFFFE, 0xFFFF, 0x7FFF_FFFF, 0xDD00_0000, 0xFFFF_FFFF];

fn sources() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut sources: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dcm"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    sources.push(("written".into(), encode_study(&beating_disc(16, 64, 300.0), &acquisition()).unwrap()));
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
        2 => overwrite(bytes, structure, &EXTREME[random.below(EXTREME.len())].to_le_bytes()),
        3 => overwrite(bytes, structure, &EXTREME[random.below(EXTREME.len())].to_be_bytes()[2..]),
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
        let value = EXTREME[random.below(EXTREME.len())].to_le_bytes();
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
        let value = if random.below(2) == 0 { EXTREME[random.below(EXTREME.len())] } else { random.next() };
        overwrite(bytes, within, &value.to_le_bytes()[..1 + random.below(4)]);
    }
}

/// Peak resident memory of this process, kB; `None` where the system does not tell.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

/// The body of [`damaged_files_never_panic_hang_or_fill_memory`], in a process of its own.
#[test]
fn read_damaged_files() {
    if !in_child() {
        return;
    }
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
    // The files are small: memory that they do not need is memory that a length made up.
    assert!(peak.is_none_or(|peak| peak < MOST_MEMORY_KB / 10), "{peak:?} kB");
    assert!(outcomes.len() > 10, "mutations reach few kinds of damage: {outcomes:?}");
}

/// The body of [`small_files_that_ask_for_much_memory_stay_below_a_gigabyte`], in a process of its own.
#[test]
fn read_files_that_ask_for_much_memory() {
    if !in_child() {
        return;
    }
    let scratch = Scratch::new();
    let bytes = encode_study(&beating_disc(8, 32, 300.0), &acquisition()).unwrap();
    let pixels = bytes.windows(4).position(|window| window == [0xE0, 0x7F, 0x10, 0x00]).unwrap();
    let with = |element: Vec<u8>| [&bytes[..pixels], &element, &bytes[pixels..]].concat();
    let element = |vr: &[u8; 2], tag: u16, value: &[u8]| {
        let mut element = [0x52, 0x00].to_vec();
        element.extend(tag.to_le_bytes());
        element.extend(vr);
        element.extend([0, 0]);
        element.extend((value.len() as u32).to_le_bytes());
        element.extend(value);
        element
    };
    // Text of a million values, many times; a sequence of a hundred thousand items; 200 MB in one element.
    let values: Vec<u8> = (1..=20).flat_map(|tag| element(b"UC", tag, &vec![b'\\'; (1 << 20) - 64])).collect();
    let items = element(b"SQ", 1, &[0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0].repeat(130_000));
    let huge = element(b"OB", 1, &vec![0; 200 << 20]);
    for (name, bytes, expected) in [
        ("values", with(values), Ok(())),
        ("items", with(items), Ok(())),
        ("huge", with(huge), Ok(())),
        ("inflates", deflated_zeros(&bytes), Err("too_large")),
    ] {
        let path = scratch.file(name, &bytes);
        drop(bytes);
        let outcome = read_study(&path, &Selection::default()).map(|_| ()).map_err(|error| error.code());
        assert_eq!(outcome, expected, "{name}");
        println!("{name}: peak memory {:?} kB with the file that the test holds", peak_memory());
    }
    assert!(peak_memory().is_none_or(|peak| peak < MOST_MEMORY_KB), "{:?} kB", peak_memory());
}

/// A deflated data set of 600 MB of zeros.
fn deflated_zeros(bytes: &[u8]) -> Vec<u8> {
    let plain = b"1.2.840.10008.1.2.1\0";
    let at = bytes.windows(plain.len()).position(|window| window == plain).unwrap();
    let mut file = [&bytes[..at - 8], &[2, 0, 16, 0, b'U', b'I', 22, 0], b"1.2.840.10008.1.2.1.99"].concat();
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..600).for_each(|_| encoder.write_all(&[0; 1 << 20]).unwrap());
    file.extend(encoder.finish().unwrap());
    file
}

#[test]
fn small_files_that_ask_for_much_memory_stay_below_a_gigabyte() {
    in_own_process("read_files_that_ask_for_much_memory");
}

#[test]
fn damaged_files_never_panic_hang_or_fill_memory() {
    let said = in_own_process("read_damaged_files");
    assert!(said.contains("damaged files in"), "{said}");
}

/// Whether this process was started by [`in_own_process`].
fn in_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs one test in a process of its own, so that its memory and what it prints on stderr are its alone. It must pass and
/// print no panic.
fn in_own_process(test: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    said.into_owned()
}
