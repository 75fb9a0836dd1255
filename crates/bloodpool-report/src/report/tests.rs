//! The report of a simulated study, measured with perfect masks.

use bloodpool_core::analysis::measure;
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::{GatedStudy, ModelIdentity, Protocol, Segmentation};
use bloodpool_phantom::{Family, PaperCohort, Population};

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

/// The page of an ordinary simulated study with true outlines, fraction, RV and landmarks, and an interval as a calibrated model gives.
fn ordinary(index: u64, change: impl FnOnce(&mut GatedStudy, &mut Segmentation)) -> String {
    let simulated = Population::ordinary(Family::Own, 31).study(index).unwrap().labelled;
    let (mut study, mut outlines) = (simulated.study.clone(), simulated.perfect_segmentation());
    change(&mut study, &mut outlines);
    let model = ModelIdentity { name: "perfect".into(), sha256: "0".repeat(64) };
    let mut analysis =
        measure(&study, outlines, model, &Protocol::default_for(&simulated.perfect_segmentation())).unwrap();
    let lvef = analysis.lvef_percent;
    let source = "example interval".to_owned();
    analysis.interval = Some(Interval { low: lvef - 4.0, high: lvef + 4.0, level_percent: 95.0, source });
    let report = Report {
        source: "a.dcm",
        source_files: &[],
        set_aside: &[],
        study: &study,
        analysis: &analysis,
        known_bias: None,
        document: "{}",
    };
    report.html().unwrap()
}

#[test]
fn function_stands_after_the_lvef_with_its_ranges() {
    let page = ordinary(2, |_, _| {});
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    let order = [
        "LV ejection fraction",
        "Time-activity curve",
        "Quality of the acquisition",
        "Peak ejection rate",
        "Amplitude and phase",
        "Regional function",
        "Right ventricle",
        "Every choice of protocol",
    ];
    let places: Vec<usize> = order.iter().map(|text| place(text)).collect();
    assert!(places.is_sorted(), "{places:?}");
    for inside in [
        "Published with other programs, not validated for this one",
        "2.2 \u{b1} 0.6 EDV/s",
        "n 20, age 57",
        "Muntinga et al.",
        "class=\"experimental\"",
        "PER ",
        "PFR ",
        "no agreed range",
        "Phase histogram",
    ] {
        assert!(page.contains(inside), "{inside}");
    }
    // Pictures are text of random letters.
    let without = page.split("data:image/png;base64,").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest));
    assert!(!without.collect::<String>().contains("NaN"));
}

#[test]
fn what_cannot_be_computed_is_said() {
    let page = ordinary(2, |study, outlines| {
        study.gating.frame_time_ms = None;
        outlines.rv = None;
        outlines.landmarks = None;
    });
    for inside in [
        "Not given: the frame time is not recorded.",
        "Not given: the segmentation has no right ventricle.",
        "Sectors not given: the segmentation has no landmarks of valve plane and apex.",
    ] {
        assert!(page.contains(inside), "{inside}");
    }
    assert!(!page.contains("PER ") && page.matches("Not given: the frame time is not recorded.").count() == 1);
}

#[test]
fn a_withheld_lvef_has_no_function() {
    let page = ordinary(2, |study, outlines| {
        // Every frame is the first one: nothing beats.
        let first = study.frame(bloodpool_core::FrameIndex::FIRST).to_owned();
        let counts = ndarray::Array3::from_shape_fn(study.counts().dim(), |(_, row, column)| first[[row, column]]);
        let still = GatedStudy::new(counts, study.pixel_spacing_mm()).unwrap();
        outlines.masks = vec![outlines.masks[0].clone(); still.frames()];
        let share = outlines.lv_fraction.take().unwrap();
        let still_share = |(_, row, column)| share[[0, row, column]];
        outlines.lv_fraction = Some(ndarray::Array3::from_shape_fn(share.dim(), still_share));
        *study = still;
    });
    assert!(page.contains("Not given: the LVEF is withheld"));
    assert!(!page.contains("Amplitude and phase") && !page.contains("EDV/s"));
}

/// Kept for looking at: `LOOK=/tmp/look cargo test ... report_to_look_at` writes reports of two simulated studies.
#[test]
fn report_to_look_at() {
    if let Some(folder) = std::env::var_os("LOOK") {
        let folder = Path::new(&folder);
        write(folder, &Protocol::standard(), "Example^Edith");
        for index in [2, 5] {
            std::fs::write(folder.join(format!("ordinary-{index}.html")), ordinary(index, |_, _| {})).unwrap();
        }
    }
}
