//! What people and programs read, pinned: help of every verb, messages, the summary, the shape of documents and of the report.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test --release -p bloodpool-cli --test suite -- snapshots::`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::bloodpool;

const VERBS: [&str; 24] = [
    "",
    "analyze",
    "cohort",
    "cohort report",
    "compare",
    "calibrate",
    "export",
    "send",
    "listen",
    "serve",
    "user",
    "token",
    "audit",
    "jobs",
    "backup",
    "restore",
    "simulate",
    "dataset extract",
    "dataset consensus",
    "dataset build",
    "train",
    "evaluate",
    "export-model",
    "reproduce",
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../bloodpool/tests/fixtures").join(name)
}

/// A folder with a study and the small model in it, so that no path of this machine is printed.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fixture("normal.dcm"), folder.path().join("study.dcm")).unwrap();
    let run = folder.path().join("small");
    std::fs::create_dir(&run).unwrap();
    for name in ["model.json", "model.safetensors"] {
        std::fs::copy(fixture("small-run").join(name), run.join(name)).unwrap();
    }
    folder
}

fn output(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let output = bloodpool(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn help_of_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    for verb in VERBS {
        let mut arguments: Vec<&str> = verb.split_whitespace().collect();
        arguments.push("--help");
        let (help, _, code) = output(folder.path(), &arguments);
        assert_eq!(code, 0);
        insta::assert_snapshot!(format!("help-{}", verb.replace(' ', "-")), help);
    }
}

#[test]
fn messages_of_what_cannot_be_done() {
    let folder = folder();
    std::fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    std::fs::write(folder.path().join("bad.toml"), "modle = \"x\"\n").unwrap();
    let commands: [&[&str]; 14] = [
        &["analyze", "missing.dcm"],
        &["analyze", "letter.txt"],
        &["analyze", "study.dcm", "--model", "large"],
        &["analyze", "study.dcm", "--protocol", "nobodys"],
        &["analyze", "study.dcm", "--ed", "3", "--es", "3"],
        &["analyze", "study.dcm", "--device", "abacus"],
        &["analyze", "study.dcm", "--model", "small", "--masks", "letter.txt"],
        &["--settings", "bad.toml", "analyze", "study.dcm"],
        &["simulate", "sim", "--studies", "0"],
        &["simulate", "sim", "--studies", "1", "--cohort", "paper", "--matrix", "64"],
        &["train"],
        &["dataset", "consensus", "small", "--raters", "none"],
        &["evaluate", "letter.txt"],
        &["reproduce", "--out", "study", "--studies", "9"],
    ];
    let mut text = String::new();
    for arguments in commands {
        let (stdout, stderr, code) = output(folder.path(), arguments);
        assert!(stdout.is_empty(), "{arguments:?} printed {stdout}");
        let _ = writeln!(text, "$ bloodpool {}\n{stderr}exit {code}\n", arguments.join(" "));
    }
    insta::assert_snapshot!("messages", text);
}

#[test]
fn the_summary_of_a_study() {
    let folder = folder();
    // The small model is not sure that it sees a heart, so that its numbers are withheld.
    for (name, model) in [("summary", "compact"), ("summary-withheld", "small")] {
        let (summary, _, code) = output(folder.path(), &["analyze", "study.dcm", "--model", model]);
        assert_eq!(code, 0);
        insta::assert_snapshot!(name, summary);
    }
}

/// Keys and kinds of values; of a list, what its first entry is.
fn shape(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "yes or no",
                    Value::Number(_) => "number",
                    Value::String(_) => "text",
                    Value::Array(_) => "list",
                    Value::Object(_) => "fields",
                };
                let _ = writeln!(text, "{:indent$}{key}: {kind}", "");
                shape(value, indent + 2, text);
            }
        }
        Value::Array(entries) => {
            if let Some(first) = entries.first() {
                shape(first, indent, text);
            }
        }
        _ => {}
    }
}

#[test]
fn the_shape_of_documents() {
    let folder = folder();
    let documents = [
        ("analysis", "study.dcm", "compact"),
        ("analysis-withheld", "study.dcm", "small"),
        ("error", "missing.dcm", "compact"),
    ];
    for (name, study, model) in documents {
        let (document, _, _) = output(folder.path(), &["analyze", study, "--model", model, "--json"]);
        let mut text = String::new();
        shape(&serde_json::from_str(&document).unwrap(), 0, &mut text);
        insta::assert_snapshot!(format!("shape-{name}"), text);
    }
}

#[test]
fn the_skeleton_of_the_report() {
    let folder = folder();
    let (_, _, code) = output(folder.path(), &["analyze", "study.dcm", "--report", "report"]);
    assert_eq!(code, 0);
    let page = std::fs::read_to_string(folder.path().join("report/report.html")).unwrap();
    // Tags with class and id alone, one per line; text, pictures, style and script change with every study.
    let mut skeleton = String::new();
    let mut depth = 0_usize;
    for tag in page.split('<').skip(1).filter_map(|part| part.split('>').next()) {
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        if matches!(
            name,
            "path" | "line" | "circle" | "rect" | "polyline" | "text" | "g" | "tr" | "td" | "th" | "option"
        ) {
            continue;
        }
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
            continue;
        }
        let attribute = |key: &str| {
            let start = tag.find(&format!(" {key}=\""))? + key.len() + 3;
            Some(format!(" {key}={}", &tag[start..start + tag[start..].find('"')?]))
        };
        let named = [attribute("class"), attribute("id")].into_iter().flatten().collect::<String>();
        let _ = writeln!(skeleton, "{:depth$}{name}{named}", "");
        if !matches!(name, "meta" | "img" | "br" | "input" | "!DOCTYPE" | "hr") && !tag.ends_with('/') {
            depth += 1;
        }
    }
    insta::assert_snapshot!("report", skeleton);
}
