//! `cohort` as a user runs it: rows of every input, runs that go on, identities, and kills at random moments.
//!
//! `COHORT_KILLS=20 COHORT_STUDIES=200 COHORT_ROWS=1000000 cargo test --release --workspace --test suite -- cohort:: --nocapture` has the full counts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bloodpool_cohort::CohortRow;
use bloodpool_cohort::output::part_files;
use bloodpool_cohort::part::Part;
use predicates::str::contains;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::program::{self, STUDIES, bloodpool, documents, simulated};

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn rows(folder: &Path) -> Vec<CohortRow> {
    // A run that was killed at its very beginning has made no folder.
    let parts = if folder.exists() { part_files(folder).unwrap() } else { Vec::new() };
    let mut rows: Vec<CohortRow> = parts.iter().flat_map(|path| Part::open(path).unwrap().all().unwrap()).collect();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

/// A folder with the simulated studies, a file that is not DICOM, and one that is cut off.
fn archive(folder: &Path) {
    let archive = folder.join("archive");
    fs::create_dir(&archive).unwrap();
    for entry in fs::read_dir(simulated().join("sim/studies")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, archive.join(path.file_name().unwrap())).unwrap();
    }
    fs::write(archive.join("letter.txt"), "dear").unwrap();
    let whole = fs::read(archive.join("sim-0001.dcm")).unwrap();
    fs::write(archive.join("cut.dcm"), &whole[..whole.len() / 2]).unwrap();
}

#[test]
fn each_study_has_one_row_with_the_numbers_of_analyze() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    archive(folder);
    let cohort = ["cohort", "archive", "--out", "rows", "--identity", "plain"];
    let said = contains("4 studies: 4 rows written, 1 failed, 1 skipped as not DICOM");
    bloodpool(folder).args(cohort).assert().code(1).stderr(said);
    let found = rows(&folder.join("rows"));
    assert_eq!(found.len(), STUDIES + 1);
    let (failed, measured): (Vec<_>, Vec<_>) = found.iter().partition(|row| row.error_code.is_some());
    assert_eq!((failed.len(), failed[0].status.as_deref()), (1, Some("failed")));
    let output = bloodpool(folder).args(["analyze", "archive", "--json", "--no-compare"]).output().unwrap();
    for document in documents(&output.stdout) {
        let source = document["source"].as_str().unwrap_or_default();
        if document["schema"] == "bloodpool.error/1" {
            assert_eq!(failed[0].error_code.as_deref(), document["code"].as_str());
            assert!(!failed[0].error_message.as_ref().unwrap().contains("cut.dcm"));
        }
        let Some(row) = measured.iter().find(|row| row.source.as_deref() == Some(source)) else { continue };
        assert_eq!(row.lvef_percent, document["lvef_percent"].as_f64());
        assert_eq!(row.interval_low_percent, document["interval"]["low"].as_f64());
        let standard = document["lvef_by_protocol"]["standard"].as_f64();
        assert_eq!(row.lvef_standard_percent, standard);
        let peak = &document["function"]["peak_filling_rate_edv_per_s"]["value"];
        assert_eq!(row.peak_filling_rate_edv_per_s, peak.as_f64());
        assert_eq!(row.sha256.as_deref(), document["source_files"][0]["sha256"].as_str());
        assert_eq!(row.ed_frame, document["end_diastole"]["frame"].as_i64());
        assert_eq!(row.model_sha256.as_deref(), document["model"]["sha256"].as_str());
    }
    assert!(measured.iter().any(|row| row.lvef_percent.is_some()));

    // Again: nothing to do. Then a new file, a copy under another name by a list, and another protocol.
    let before = part_files(&folder.join("rows")).unwrap();
    bloodpool(folder).args(cohort).assert().success().stderr(contains("0 rows written, 4 had rows already"));
    assert_eq!(part_files(&folder.join("rows")).unwrap(), before);
    fs::copy(folder.join("archive/sim-0001.dcm"), folder.join("copy.dcm")).unwrap();
    fs::write(folder.join("list.txt"), "# more\ncopy.dcm\narchive\nmissing.dcm\n").unwrap();
    let listed = ["cohort", "--list", "list.txt", "--out", "rows", "--identity", "plain"];
    let said = contains("0 rows written, 4 had rows already, 1 skipped as copies, 1 could not be read");
    bloodpool(folder).args(listed).assert().code(1).stderr(said).stderr(contains("missing.dcm"));
    let paper = ["cohort", "archive", "--out", "rows", "--identity", "plain", "--protocol", "paper"];
    bloodpool(folder).args(paper).assert().code(1).stderr(contains("4 rows written"));
    let known = ["cohort", "archive", "--out", "parts/b", "--known", "rows", "--known", "parts", "--protocol", "paper"];
    bloodpool(folder).args(known).assert().success().stderr(contains("0 rows written, 4 had rows already"));
    let keys: BTreeSet<_> = rows(&folder.join("rows")).into_iter().map(|row| row.key).collect();
    assert_eq!(keys.len(), 8);
}

#[test]
fn rows_are_the_same_by_one_worker_and_by_several() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    archive(folder);
    for (out, more) in [("one", &["--workers", "1"][..]), ("three", &["--workers", "3", "--rows-per-file", "1"])] {
        let cohort = ["cohort", "archive", "--identity", "plain", "--out", out];
        bloodpool(folder).args(cohort).args(more).assert().code(1);
    }
    assert_eq!(rows(&folder.join("one")), rows(&folder.join("three")));
    assert_eq!(part_files(&folder.join("three")).unwrap().len(), STUDIES + 1);
}

#[test]
fn rows_say_of_the_patient_what_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    archive(folder);
    let run = |more: &[&str]| bloodpool(folder).args(["cohort", "archive/sim-0001.dcm"]).args(more).assert();
    run(&["--out", "none"]).success();
    let keyed = ["--out", "keyed", "--identity", "pseudonym", "--key", "keys/key.json"];
    run(&keyed).success();
    run(&["--out", "plain", "--identity", "plain"]).success();
    let one = |out: &str| rows(&folder.join(out)).pop().unwrap();
    let (none, keyed_row, plain) = (one("none"), one("keyed"), one("plain"));
    assert_eq!((&none.key, &none.lvef_percent), (&plain.key, &plain.lvef_percent));
    assert_eq!((&none.patient, &none.study_date, &none.source), (&None, &None, &None));
    assert!(plain.patient.is_some() && plain.source.is_some() && plain.sop_uid.is_some());
    assert!(keyed_row.patient.is_some() && keyed_row.patient != plain.patient && keyed_row.sop_uid.is_none());
    // Nothing of the file's identity is in the bytes of the rows.
    let id = plain.patient.unwrap();
    for out in ["none", "keyed"] {
        for part in part_files(&folder.join(out)).unwrap() {
            let bytes = fs::read(part).unwrap();
            for secret in [id.as_bytes(), plain.sop_uid.as_ref().unwrap().as_bytes(), b"sim-0001"] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{out}");
            }
        }
    }
    // The same key file in another folder: the same pseudonym.
    run(&["--out", "again", "--identity", "pseudonym", "--key", "keys/key.json"]).success();
    assert_eq!(one("again"), keyed_row);
    for (more, said) in [
        (&["--out", "a", "--identity", "pseudonym"][..], "--key FILE"),
        (&["--out", "a", "--identity", "pseudonym", "--key", "a/key.json"], "keep it elsewhere"),
        (&["--out", "a", "--key", "key.json"], "--key is for"),
        (&["--out", "plain"], "the identity `plain`, not `none`"),
        (&["--out", "archive"], "not a cohort folder"),
        (&["--out", "a", "--workers", "0"], "--workers must be 1 or greater"),
        (&["--out", "a", "--model", "large"], "large"),
    ] {
        run(more).code(2).stderr(contains(said));
    }
    assert!(!folder.join("a").exists());
}

#[test]
fn a_report_is_one_page() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    archive(folder);
    bloodpool(folder).args(["cohort", "archive", "--out", "rows"]).assert().code(1);
    bloodpool(folder).args(["cohort", "report", "rows"]).assert().success().stderr(contains("rows/_report.html"));
    let page = fs::read_to_string(folder.join("rows/_report.html")).unwrap();
    assert!(page.contains("4 studies") && page.contains("Research use only") && page.contains("<svg"));
    assert!(!page.contains("NaN") && !page.contains("http://") && !page.contains("https://"));
    bloodpool(folder).args(["cohort", "report", "rows"]).assert().code(2).stderr(contains("exists already"));
    bloodpool(folder).args(["cohort", "report", "rows", "--force"]).assert().success();
    bloodpool(folder).args(["cohort", "report", "archive"]).assert().code(2).stderr(contains("no rows of a cohort"));
}

/// Process IDs of the workers of a run.
#[cfg(target_os = "linux")]
fn workers_of(run: u32) -> Vec<u32> {
    let parent = |process: u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|&process| parent(process) == Some(run)).collect()
}

#[cfg(target_os = "linux")]
fn kill(signal: &str, process: u32) {
    // It may have ended already.
    let _ = Command::new("kill").args([signal, &process.to_string()]).stderr(Stdio::null()).status();
}

#[test]
#[cfg(target_os = "linux")]
fn after_kills_at_random_moments_nothing_is_there_twice_and_nothing_is_missing() {
    let (kills, studies) = (number("COHORT_KILLS", 5), number("COHORT_STUDIES", 24));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let simulate = ["simulate", "sim", "--studies", &studies.to_string(), "--seed", "5", "--matrix", "64"];
    bloodpool(folder).args(simulate).assert().success();
    let began = Instant::now();
    bloodpool(folder).args(["cohort", "sim/studies", "--out", "whole", "--identity", "plain"]).assert().success();
    let takes = began.elapsed().as_secs_f64();
    let expected = rows(&folder.join("whole"));
    assert_eq!(expected.len(), studies);

    let mut random = ChaCha8Rng::seed_from_u64(12);
    let start = || {
        Command::new(assert_cmd::cargo::cargo_bin("bloodpool"))
            .current_dir(folder)
            .args(["cohort", "sim/studies", "--out", "rows", "--identity", "plain", "--rows-per-file", "3"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut interrupted = 0;
    for round in 0..kills {
        let mut run = start();
        std::thread::sleep(Duration::from_secs_f64(random.random_range(0.0..takes)));
        match round % 3 {
            // A worker, whose study is tried again; then the run.
            0 => {
                workers_of(run.id()).into_iter().take(1).for_each(|worker| kill("-KILL", worker));
                std::thread::sleep(Duration::from_millis(50));
                run.kill().unwrap();
            }
            1 => run.kill().unwrap(),
            _ => kill("-INT", run.id()),
        }
        let status = run.wait().unwrap();
        interrupted += usize::from(status.code() == Some(130));
        let there: Vec<_> = rows(&folder.join("rows")).into_iter().map(|row| row.key).collect();
        assert_eq!(there.iter().collect::<BTreeSet<_>>().len(), there.len(), "twice after kill {round}");
    }
    let status = start().wait().unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(rows(&folder.join("rows")), expected);
    let left: Vec<_> = fs::read_dir(folder.join("rows")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let is_temporary = |name: &std::ffi::OsString| name.to_string_lossy().starts_with('.') || name == "_journal";
    assert!(!left.iter().any(is_temporary), "{left:?}");
    println!("{kills} kills of a run over {studies} studies, {interrupted} of them by Ctrl-C: each study has one row");
}

/// An engine starts one such run per core.
#[test]
#[cfg(target_os = "linux")]
fn one_worker_has_one_thread_on_any_machine() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    archive(folder);
    let mut run = Command::new(assert_cmd::cargo::cargo_bin("bloodpool"))
        .current_dir(folder)
        .args(["cohort", "archive", "--out", "rows", "--workers", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut threads = None;
    while threads.is_none() && run.try_wait().unwrap().is_none() {
        // Empty until the worker has become the program.
        let told = workers_of(run.id()).into_iter().filter_map(|id| fs::read(format!("/proc/{id}/environ")).ok());
        let told: Vec<u8> = told.flatten().collect();
        let mut pairs = told.split(|&byte| byte == 0);
        threads = pairs.find_map(|pair| pair.strip_prefix(b"RAYON_NUM_THREADS=").map(<[u8]>::to_vec));
    }
    run.wait().unwrap();
    assert_eq!(threads.as_deref(), Some(&b"1"[..]));
}

/// Most memory that a process had, MB, as long as it can be seen.
#[cfg(target_os = "linux")]
fn peak_mb(mut run: std::process::Child) -> f64 {
    let path = format!("/proc/{}/status", run.id());
    let mut peak = 0.0f64;
    while run.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() / 1024.0);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(run.wait().unwrap().success());
    peak
}

#[test]
#[cfg(target_os = "linux")]
fn many_rows_need_little_memory() {
    use bloodpool_cohort::part::encode;

    let (count, per_file) = (number("COHORT_ROWS", 20_000), 1000);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("rows")).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let text = |text: String| Some(text);
    for file in 0..count.div_ceil(per_file) {
        let rows: Vec<CohortRow> = (0..per_file.min(count - file * per_file))
            .map(|at| {
                let number = file * per_file + at;
                let lvef = random.random_range(20.0..75.0);
                CohortRow {
                    key: text(bloodpool_files::sha256(number.to_string().as_bytes())),
                    sha256: text(bloodpool_files::sha256(format!("bytes {number}").as_bytes())),
                    software: text("bloodpool 0.1.0".into()),
                    model: text("model".into()),
                    patient: text(bloodpool_files::sha256((number / 3).to_string().as_bytes())[..32].to_owned()),
                    study_date: text(format!("20{:02}-{:02}-15", 10 + number % 14, 1 + number % 12)),
                    camera: text(format!("Camera {}", number % 40)),
                    status: text("measured".into()),
                    findings: text(["", "low_counts", "drop_off;low_counts"][number % 3].into()),
                    lvef_percent: Some(lvef),
                    interval_low_percent: Some(lvef - 5.0),
                    interval_high_percent: Some(lvef + 5.0),
                    counting_error_points: Some(random.random_range(0.5..2.0)),
                    ..CohortRow::default()
                }
            })
            .collect();
        fs::write(folder.join(format!("rows/part-{file}.parquet")), encode(&rows).unwrap()).unwrap();
    }
    let study = program::study(1);
    let commands = [
        ("listed for a report", vec!["cohort", "report", "rows", "--out", "page.html"]),
        ("listed for a run", vec!["cohort", study.to_str().unwrap(), "--out", "new", "--known", "rows"]),
    ];
    for (what, arguments) in commands {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("bloodpool"));
        let began = Instant::now();
        let peak = peak_mb(command.current_dir(folder).args(arguments).stderr(Stdio::null()).spawn().unwrap());
        println!("{count} rows {what}: {peak:.0} MB, {:.1} s", began.elapsed().as_secs_f64());
        assert!(peak > 1.0 && peak <= 500.0, "{peak} MB");
    }
    let page = fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.contains("Serial changes") && page.contains("20 others are left out"));
}
