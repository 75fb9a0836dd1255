//! Settings as a user gives them: flag over environment over file over default, and nothing ignored in silence.

use std::fs;
use std::path::Path;

use predicates::str::contains;

use crate::program::{bloodpool, documents, study};

fn protocol(folder: &Path, environment: Option<&str>, flag: Option<&str>) -> String {
    let mut command = bloodpool(folder);
    command.arg("analyze").arg(study(1)).arg("--json");
    if let Some(name) = environment {
        command.env("BLOODPOOL_PROTOCOL", name);
    }
    if let Some(name) = flag {
        command.args(["--protocol", name]);
    }
    let run = command.assert().success();
    documents(&run.get_output().stdout)[0]["protocol"]["name"].as_str().unwrap().to_owned()
}

#[test]
fn flag_over_environment_over_file_over_default() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(protocol(folder.path(), None, None), "background_image");
    fs::write(folder.path().join("bloodpool.toml"), "protocol = \"paper\"\n").unwrap();
    assert_eq!(protocol(folder.path(), None, None), "paper");
    assert_eq!(protocol(folder.path(), Some("unmixed"), None), "unmixed");
    assert_eq!(protocol(folder.path(), Some("unmixed"), Some("standard")), "standard");
}

#[test]
fn a_named_file_is_read_instead_of_the_usual_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bloodpool.toml"), "protocol = \"paper\"\n").unwrap();
    fs::write(folder.path().join("other.toml"), "protocol = \"nonsense\"\n").unwrap();
    let analyze = |file: &str| bloodpool(folder.path()).args(["analyze", "a.dcm", "--settings", file]).assert().code(2);
    analyze("other.toml").stderr(contains("`nonsense` is not known"));
    analyze("none.toml").stderr(contains("none.toml"));
}

#[test]
fn unknown_keys_and_values_are_errors_that_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let analyze = || {
        let mut command = bloodpool(folder.path());
        command.args(["analyze", "a.dcm"]);
        command
    };
    analyze().env("BLOODPOOL_PROTOCL", "paper").assert().code(2).stderr(contains("BLOODPOOL_PROTOCL"));
    analyze().env("BLOODPOOL_DETECTOR", "two").assert().code(2).stderr(contains("two"));
    analyze().env("BLOODPOOL_DETECTOR", "0").assert().code(2).stderr(contains("must be 1 or greater"));
    for (text, named) in
        [("protocl = \"paper\"", "protocl"), ("detector = \"two\"", "detector"), ("= 3", "bloodpool.toml")]
    {
        fs::write(folder.path().join("bloodpool.toml"), text).unwrap();
        analyze().assert().code(2).stderr(contains(named));
    }
}
