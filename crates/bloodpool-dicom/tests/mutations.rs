//! Thousands of damaged files of 16 frames of 64 x 64: no panic, no panic message, no slow file, memory in bounds.
//!
//! `MUTATIONS=1000000` sets their number; each follows from its number alone. `MUTATIONS_READ=FOLDER` keeps up to 2,000 of
//! those that still read, each as NUMBER.dcm. `MUTATION=NUMBER` writes that file to the current folder and reads it alone.

#![allow(clippy::unwrap_used)]

#[path = "suite/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use bloodpool_core::GatedStudy;
use bloodpool_dicom::objects::{EncapsulatedPdf, encode_object};
use bloodpool_dicom::{Selection, StudyFile, encode_study, open_study, read_source_study, read_study};
use support::mutated::{FORMS, FRAMES, SIDE, fixtures, heart, mutated, mutated_fixture, sources};
use support::results::context_of;
use support::{Scratch, acquisition, beating_disc};

const DEFAULT_MUTATIONS: u64 = 2000;
const LONGEST: Duration = Duration::from_secs(1);
const MOST_MEMORY_KB: u64 = 1 << 20;
/// One fixture of another encoder is damaged for so many files of 16 frames of 64 x 64.
const PER_FIXTURE: u64 = 16;
/// Files that `MUTATIONS_READ` keeps at most.
const MOST_KEPT: u64 = 2000;

/// Set in the environment of a process that runs one test alone.
const CHILD: &str = "MUTATIONS_CHILD";

/// What a study that was read must be, whatever its file is.
fn check(file: &StudyFile, about: &str) {
    let StudyFile { study, notes, .. } = file;
    assert!(study.counts().iter().all(|count| count.is_finite() && *count >= 0.0), "{about}");
    assert_eq!(study.counts().len(), study.frames() * study.rows() * study.columns(), "{about}");
    let gating = &study.gating;
    let times = [gating.frame_time_ms, gating.rr_interval_ms, gating.rr_low_ms, gating.rr_high_ms];
    let spacing = study.pixel_spacing_mm().into_iter().flatten();
    let numbers = times.into_iter().flatten().chain(spacing).chain(study.saturation.map(f64::from));
    numbers.for_each(|number| assert!(number.is_finite() && number > 0.0, "{about}: {number}"));
    for note in notes {
        assert!(!note.code.is_empty() && !note.message.chars().any(char::is_control), "{about}: {note:?}");
    }
}

/// A study whose counts can be written is read again as it was.
fn check_written(study: &GatedStudy, scratch: &Scratch, name: &str, about: &str) {
    if let Ok(bytes) = encode_study(study, &acquisition()) {
        let again = open_study(&scratch.file(name, &bytes), &Selection::default());
        let again = again.unwrap_or_else(|error| panic!("{about}: {error}")).study;
        assert_eq!(again.counts(), study.counts(), "{about}");
        assert_eq!(again.pixel_spacing_mm().is_some(), study.pixel_spacing_mm().is_some(), "{about}");
    }
}

/// A study that was read has results that can be written, or no UIDs to which they could refer.
fn check_results(file: &StudyFile, about: &str) {
    match read_source_study(std::slice::from_ref(&file.path), &Selection::default()) {
        Ok(source) => {
            let study = &file.study;
            assert_eq!(
                (source.frames(), source.matrix()),
                (study.frames(), [study.rows(), study.columns()]),
                "{about}"
            );
            let pdf = EncapsulatedPdf::new(&context_of(source), "Report", false, b"%PDF-1.4".to_vec()).unwrap();
            let bytes = encode_object(&pdf).unwrap_or_else(|error| panic!("{about}: {error}"));
            dicom_object::from_reader(&bytes[..]).unwrap_or_else(|error| panic!("{about}: {error}"));
        }
        Err(error) => {
            assert!(matches!(error.code(), "missing_attribute" | "invalid_attribute"), "{about}: {error}");
            assert!(error.to_string().contains("UID"), "{about}: {error}");
        }
    }
}

/// What threads found together.
#[derive(Default)]
struct Found {
    outcomes: BTreeMap<String, u64>,
    longest: Duration,
    longest_file: String,
}

impl Found {
    fn add(&mut self, other: Self) {
        other.outcomes.into_iter().for_each(|(code, count)| *self.outcomes.entry(code).or_default() += count);
        if other.longest > self.longest {
            (self.longest, self.longest_file) = (other.longest, other.longest_file);
        }
    }
}

/// Reads the mutations that `next` gives out, in one thread: so many, and then damaged fixtures.
fn read_some([next, keeping]: [&AtomicU64; 2], mutations: u64, kept: Option<&Path>) -> Found {
    let scratch = Scratch::in_memory();
    let (sources, fixtures) = (sources(), fixtures());
    let apart = (mutations / (3 * MOST_KEPT)).max(1);
    let mut found = Found::default();
    loop {
        let number = next.fetch_add(1, Relaxed);
        if number >= mutations + mutations / PER_FIXTURE {
            return found;
        }
        let (about, bytes) =
            if number < mutations { mutated(number, &sources) } else { mutated_fixture(number, &fixtures) };
        let path = scratch.file("damaged.dcm", &bytes);
        let read = || {
            let before = Instant::now();
            let outcome = open_study(&path, &Selection::default());
            (outcome, before.elapsed())
        };
        let (outcome, mut took) = read();
        // Other work on the machine may have paused this process: a slow file is slow again.
        if took >= LONGEST {
            took = took.min(read().1);
        }
        assert!(took < LONGEST, "{about} took {took:?}");
        if took > found.longest {
            (found.longest, found.longest_file) = (took, about.clone());
        }
        let code = match outcome {
            Ok(file) => {
                check(&file, &about);
                if number % 16 == 0 {
                    check_written(&file.study, &scratch, "written.dcm", &about);
                    check_results(&file, &about);
                }
                // Far apart, so that every kind is among those that are kept.
                if let Some(folder) = kept.filter(|_| number % apart == 0 && keeping.fetch_add(1, Relaxed) < MOST_KEPT)
                {
                    std::fs::write(folder.join(format!("{number:07}.dcm")), &bytes).unwrap();
                }
                "read"
            }
            Err(error) => {
                let text = error.to_string();
                assert!(!text.contains('\n') && text.contains("damaged.dcm"), "{about}: {text}");
                if text.contains("the header parser failed") { "parser panic, caught" } else { error.code() }
            }
        };
        *found.outcomes.entry(code.to_owned()).or_default() += 1;
    }
}

/// The body of [`damaged_files_never_panic_hang_or_fill_memory`], in a process of its own.
#[test]
fn read_damaged_files() {
    if !in_child() {
        return;
    }
    if let Ok(number) = std::env::var("MUTATION") {
        return read_one(number.parse().unwrap());
    }
    let mutations = std::env::var("MUTATIONS").map_or(DEFAULT_MUTATIONS, |number| number.parse().unwrap());
    let kept = std::env::var_os("MUTATIONS_READ").map(PathBuf::from);
    kept.iter().for_each(|folder| std::fs::create_dir_all(folder).unwrap());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let (start, next, keeping) = (Instant::now(), AtomicU64::new(0), AtomicU64::new(0));
    let mut found = Found::default();
    std::thread::scope(|scope| {
        let read = || read_some([&next, &keeping], mutations, kept.as_deref());
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(read)).collect();
        all.into_iter().for_each(|thread| found.add(thread.join().unwrap()));
    });
    let peak = peak_memory();
    println!(
        "{mutations} damaged files of {FRAMES} frames of {SIDE} x {SIDE} and {} smaller ones in {:.1?} with {threads} threads; \
         peak memory {} MB",
        mutations / PER_FIXTURE,
        start.elapsed(),
        peak.map_or("unknown".into(), |kilobytes| (kilobytes / 1024).to_string())
    );
    println!("the slowest took {:.1?}: {}", found.longest, found.longest_file);
    println!("{:?}", found.outcomes);
    // The files are small: memory that they do not need is memory that a length made up.
    assert!(peak.is_none_or(|peak| peak < MOST_MEMORY_KB / 4), "{peak:?} kB");
    assert!(found.outcomes.len() > 10, "mutations reach few kinds of damage: {:?}", found.outcomes);
    let read = found.outcomes.get("read").copied().unwrap_or_default();
    assert!(read > mutations / 10 && read < mutations / 10 * 9, "{read} of {mutations} still read");
}

/// Keeps one mutation in the current folder and says how it is read.
fn read_one(number: u64) {
    let (about, bytes) = mutated(number, &sources());
    let path = PathBuf::from(format!("{number:07}.dcm"));
    std::fs::write(&path, bytes).unwrap();
    let before = Instant::now();
    let outcome = open_study(&path, &Selection::default()).map(|file| file.notes);
    println!("{about} took {:.1?}: {outcome:?}\n{} holds it", before.elapsed(), path.display());
}

/// Peak resident memory of this process, kB; `None` where the system does not tell.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

#[test]
fn sources_are_valid_in_every_form() {
    let scratch = Scratch::new();
    let heart = heart();
    for source in sources() {
        let name = source.name;
        // The form of 8 bits is compressed as if it had 16.
        let forms = if name == "8 bits" { 4 } else { FORMS.len() };
        for (form, (syntax, _)) in FORMS.iter().enumerate().take(forms) {
            let path = scratch.file("valid.dcm", &source.file(form));
            let study = read_study(&path, &Selection::default());
            let study = study.unwrap_or_else(|error| panic!("{name}, {syntax}: {error}"));
            if matches!(name, "plain" | "signed" | "palette" | "padded" | "from zero" | "odd elements") {
                assert_eq!(study.counts(), heart.counts(), "{name}, {syntax}");
            }
        }
    }
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
    assert!(said.contains("damaged files of"), "{said}");
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
