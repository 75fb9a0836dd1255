//! `train` as a user runs it: a run folder that is never overwritten, stopped and gone on with.

use std::fs;
use std::path::Path;

use predicates::str::contains;

use crate::program::bloodpool;

const TINY: &str = "\
name = \"tiny\"
steps = 4
steps_per_epoch = 2
studies_per_step = 1
frames_per_view = 2
validation_studies = 1

[network]
architecture = \"compact\"
widths = [8, 8]
block = 4
groups = 4
";

fn configured(folder: &Path, text: &str) {
    fs::write(folder.join("train.toml"), text).unwrap();
}

#[test]
fn a_run_makes_a_model_that_analyze_takes() {
    let folder = tempfile::tempdir().unwrap();
    configured(folder.path(), TINY);
    let train = || {
        let mut command = bloodpool(folder.path());
        command.args(["train", "--config", "train.toml", "--out", "runs/tiny"]);
        command.assert()
    };
    train().success().stderr(contains("step 4/4")).stderr(contains("--model runs/tiny"));
    train().code(2).stderr(contains("runs/tiny"));
    bloodpool(folder.path())
        .args(["analyze", "none.dcm", "--model", "runs/tiny"])
        .assert()
        .code(1)
        .stderr(contains("none.dcm"));
}

#[test]
fn flags_override_the_file_and_what_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    configured(folder.path(), TINY);
    let train = |more: &[&str]| {
        let mut command = bloodpool(folder.path());
        command.args(["train", "--config", "train.toml"]).args(more);
        command.assert()
    };
    train(&["--out", "short", "--steps", "1", "--seed", "9"]).success().stderr(contains("step 1/1"));
    let config = fs::read_to_string(folder.path().join("short/config.toml")).unwrap();
    assert!(config.contains("seed = 9") && config.contains("steps = 1\n"), "{config}");
    train(&[]).code(2).stderr(contains("--out"));
    train(&["--out", "x", "--device", "tpu"]).code(2).stderr(contains("tpu"));
    configured(folder.path(), "stepps = 3\n");
    train(&["--out", "x"]).code(2).stderr(contains("stepps"));
    assert!(!folder.path().join("x").exists());
    bloodpool(folder.path()).args(["train", "--resume", "nowhere"]).assert().code(2).stderr(contains("nowhere"));
    bloodpool(folder.path())
        .args(["train", "--resume", "train.toml"])
        .assert()
        .code(2)
        .stderr(contains("train.toml is a file; name the folder of a run"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    configured(
        folder.path(),
        &TINY.replace("steps = 4", "steps = 60").replace("steps_per_epoch = 2", "steps_per_epoch = 30"),
    );
    let program = assert_cmd::cargo::cargo_bin("bloodpool");
    let child = std::process::Command::new(program)
        .current_dir(folder.path())
        .args(["train", "--config", "train.toml", "--out", "run"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !folder.path().join("run/run.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("resume with: bloodpool train --resume run"), "{stderr}");
    bloodpool(folder.path())
        .args(["analyze", "a.dcm", "--model", "run"])
        .assert()
        .code(2)
        .stderr(contains("not finished"));
    bloodpool(folder.path()).args(["train", "--resume", "run"]).assert().success().stderr(contains("step 60/60"));
}

#[cfg(unix)]
#[test]
fn a_run_killed_at_five_moments_ends_with_the_bits_of_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let config = "keep = \"best\"\n".to_owned()
        + &TINY.replace("steps = 4", "steps = 60").replace("steps_per_epoch = 2", "steps_per_epoch = 6");
    configured(folder.path(), &config);
    let whole = ["train", "--config", "train.toml", "--out", "whole"];
    let start = std::time::Instant::now();
    bloodpool(folder.path()).args(whole).assert().success();
    let length = start.elapsed();

    let program = assert_cmd::cargo::cargo_bin("bloodpool");
    let mut go_on = whole;
    go_on[4] = "killed";
    // Moments that have nothing to do with epochs, in units of a sixth of the whole run.
    for share in [0.71, 1.13, 0.37, 0.89, 1.31] {
        let mut child = std::process::Command::new(&program)
            .current_dir(folder.path())
            .args(go_on)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(length.mul_f64(share / 6.0));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        // A kill before the run folder was whole leaves nothing to go on with.
        if folder.path().join("killed/run.json").exists() {
            go_on = ["train", "--resume", "killed", "--device", "cpu"];
        } else if folder.path().join("killed").exists() {
            fs::remove_dir_all(folder.path().join("killed")).unwrap();
        }
    }
    bloodpool(folder.path()).args(go_on).assert().success();
    let weights = |run: &str| fs::read(folder.path().join(run).join("model.safetensors")).unwrap();
    assert!(weights("whole") == weights("killed"), "the weights differ");
}

#[test]
fn networks_are_chosen_by_name() {
    let folder = tempfile::tempdir().unwrap();
    configured(
        folder.path(),
        "steps = 1\nframes_per_view = 2\nvalidation_studies = 1\n[network]\narchitecture = \"unet\"\nside = 16\nwidth = 2\n",
    );
    let train = |name: &str| {
        let mut command = bloodpool(folder.path());
        command.args(["train", "--config", "train.toml", "--out", "run", "--network", name]);
        command.assert()
    };
    let mut compact = bloodpool(folder.path());
    compact.args(["train", "--out", "run", "--picture", "in-cycle"]);
    compact.assert().code(2).stderr(contains("the input of the compact network is always frames in their cycle"));
    train("resnet").code(2).stderr(contains("\"resnet\"")).stderr(contains("deeplab-v3-resnet50"));
    train("unet").success().stderr(contains("step 1/1"));
    let config = fs::read_to_string(folder.path().join("run/config.toml")).unwrap();
    assert!(config.contains("architecture = \"unet\"") && config.contains("width = 2"), "{config}");
}

#[test]
fn networks_are_timed() {
    let folder = tempfile::tempdir().unwrap();
    let time = |more: &[&str]| {
        let mut command = bloodpool(folder.path());
        command.args(["time-network", "--network", "unet", "--runs", "2", "--size"]).args(more);
        command.assert()
    };
    for mode in ["forward", "train"] {
        let output = time(&["32", "--batch", "2", "--mode", mode, "--json"]).success().get_output().stdout.clone();
        let timing: serde_json::Value = serde_json::from_slice(&output).unwrap();
        let number = |key: &str| timing[key].as_f64().unwrap();
        assert!(number("min_s") > 0.0 && number("min_s") <= number("median_s"));
        assert!(number("threads") >= 1.0 && number("peak_rss_mb") > 0.0);
    }
    time(&["32"]).success().stdout(contains("median"));
    time(&["32", "--weights", "none.safetensors"]).code(2).stderr(contains("none.safetensors"));
    time(&["33"]).code(2).stderr(contains("multiple of 16"));
    time(&["32", "--device", "wgpu"]).failure().stderr(contains("--features wgpu"));
}
