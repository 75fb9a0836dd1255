//! The report of a simulated study, measured with perfect masks.

use bloodpool_core::analysis::measure;
use bloodpool_core::{ModelIdentity, Protocol};
use bloodpool_phantom::PaperCohort;

use super::*;

/// Writes the report of a simulated study into a folder, with what a patient's file might hold.
fn write(folder: &Path, protocol: &Protocol, patient_name: &str) -> String {
    let simulated = PaperCohort { seed: 3 }.study(5).unwrap().labelled;
    let mut study = simulated.study.clone();
    study.identity.patient_name = Some(patient_name.into());
    let model = ModelIdentity { name: "perfect".into(), sha256: "0".repeat(64) };
    let analysis = measure(&study, simulated.perfect_segmentation(), model, protocol).unwrap();
    let known = KnownBias::parse(
        r#"{"data": "200 simulated studies", "protocols": {"standard": {"bias": 1.2, "sd": 3.1, "within_5": 88.0},
            "unmixed": {"bias": -0.1, "sd": 2.1, "within_5": 97.0}}}"#,
    );
    let known_bias = known.unwrap();
    let source_files = [SourceFileFields { file: "a.dcm".into(), sha256: "f".repeat(64) }];
    let reason = "another view: Anterior".into();
    let set_aside = [SetAsideRecord { file: Some("b.dcm".into()), code: "another_view".into(), reason }];
    let report = Report {
        source: "a.dcm",
        source_files: &source_files,
        set_aside: &set_aside,
        study: &study,
        analysis: &analysis,
        known_bias: known_bias.as_ref(),
        document: "{}",
    };
    let page = report.write(folder, IfExists::Replace).unwrap();
    std::fs::read_to_string(page).unwrap()
}

#[test]
fn the_page_asks_for_nothing_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let page = write(folder.path(), &Protocol::standard(), "Doe^Jane");
    for outside in ["http://", "https://", "//cdn", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for inside in ["Doe, Jane", "Research use only", "Simulated study", "LV contour", "data:image/png;base64,", "<svg"]
    {
        assert!(page.contains(inside), "{inside}");
    }
    assert!(page.contains(&"f".repeat(64)) && page.contains("<li>b.dcm: another view: Anterior</li>"));
    for file in files(folder.path()) {
        assert!(file.is_file(), "{}", file.display());
    }
}

#[test]
fn a_hostile_name_stays_text() {
    let folder = tempfile::tempdir().unwrap();
    let page = write(folder.path(), &Protocol::standard(), "<script>alert(1)</script>^\"><img src=x onerror=alert(1)>");
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"));
}

#[test]
fn every_protocol_has_a_report() {
    for name in Protocol::NAMES {
        let folder = tempfile::tempdir().unwrap();
        let protocol = Protocol::by_name(name).unwrap();
        let page = write(folder.path(), &protocol, "Doe^Jane");
        assert!(page.contains(&format!("by protocol <strong>{name}</strong>")), "{name}");
        let curve = std::fs::read_to_string(folder.path().join("curve.csv")).unwrap();
        assert!(curve.starts_with("frame,time_ms,gross_counts,net_counts,unmixed_counts,area_px\n1,0.0,"), "{curve}");
    }
}

/// Kept for looking at: `LOOK=/tmp/look cargo test ... report_to_look_at`.
#[test]
fn report_to_look_at() {
    if let Some(folder) = std::env::var_os("LOOK") {
        write(Path::new(&folder), &Protocol::standard(), "Example^Edith");
    }
}
