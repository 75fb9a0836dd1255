//! The review of a study in its report, and ventricular function for the page that shows the study.
#![allow(clippy::unwrap_used)]

use bloodpool_core::analysis::measure;
use bloodpool_core::{Analysis, FrameIndex, GatedStudy, ModelIdentity, Protocol};
use bloodpool_phantom::{Family, Population};
use bloodpool_report::{FunctionOverview, Language, Report, ReviewEdit, ReviewRecord, ReviewStatement};

fn analysed() -> (GatedStudy, Analysis) {
    let simulated = Population::ordinary(Family::Own, 31).study(2).unwrap().labelled;
    let model = ModelIdentity { name: "perfect".into(), sha256: String::new() };
    let analysis = measure(&simulated.study, simulated.perfect_segmentation(), model, &Protocol::background_image());
    let analysis = analysis.unwrap();
    (simulated.study, analysis)
}

fn record(changed_since: bool) -> ReviewRecord {
    let statement = ReviewStatement {
        signed: true,
        version: 2,
        person: "<b>doctor</b>".into(),
        at: "2026-11-27 09:30:00 UTC".into(),
        lvef_percent: Some(61.25),
        model: "compact@0123".into(),
        protocol: "default".into(),
        program: "0.1.0".into(),
        document_sha256: "abcd".repeat(16),
        changed_since,
    };
    let edit = |frames: &[usize]| ReviewEdit {
        person: "tech".into(),
        action: "Brush".into(),
        frame: FrameIndex::new(frames[0]),
        frames: frames.iter().map(|&frame| FrameIndex::new(frame)).collect(),
    };
    ReviewRecord {
        statements: vec![statement],
        edits: vec![edit(&[4]), edit(&[8, 7, 4])],
        automatic_lvef_percent: Some(58.0),
        audit_head: "feed".repeat(16),
    }
}

#[test]
fn the_report_says_who_signed_what_and_who_changed_which_frames() {
    let (study, analysis) = analysed();
    let function = analysis.function(&study);
    let (holds, changed) = (record(false), record(true));
    let report = Report {
        source: "a.dcm",
        source_files: &[],
        set_aside: &[],
        study: &study,
        analysis: &analysis,
        function: function.as_ref(),
        known_bias: None,
        document: "{}",
        serial: None,
        review: Some(&holds),
    };
    for (language, frame, since) in [
        (Language::English, "Frame", "the study was changed since"),
        (Language::Korean, "프레임", "이후 검사가 변경됨"),
    ] {
        let page = report.html_in(language).unwrap();
        let parts =
            ["&lt;b&gt;doctor&lt;/b&gt;, 2026-11-27 09:30:00 UTC", "61.2 %", "58.0 %", "compact@0123", "5, 8, 9"];
        for part in parts.into_iter().chain([holds.audit_head.as_str(), holds.statements[0].document_sha256.as_str()]) {
            assert!(page.contains(part), "{part}");
        }
        assert!(page.contains(&format!("tech: Brush ({frame} 9, 8, 5)")) && !page.contains(since));
        let later = Report { review: Some(&changed), ..report };
        assert!(later.html_in(language).unwrap().contains(since));
        // In the PDF a signature that does not hold any longer leaves the place for one by hand empty.
        assert_ne!(report.pdf(language).unwrap(), later.pdf(language).unwrap());
        assert_eq!(report.pdf(language).unwrap(), report.pdf(language).unwrap());
        assert!(!Report { review: None, ..report }.html_in(language).unwrap().contains("review-heading"));
    }
}

#[test]
fn the_overview_has_images_and_quantities_of_the_report() {
    let (study, analysis) = analysed();
    let function = analysis.function(&study).unwrap();
    for language in Language::ALL {
        let found = FunctionOverview::of(&study, &analysis, &function, language).unwrap();
        assert_eq!(found.pictures.len(), 2);
        assert!(found.pictures.iter().all(|picture| picture.png.starts_with(b"\x89PNG") && !picture.alt.is_empty()));
        assert!(found.rows.len() > 5 && found.rows.iter().any(|row| row.value.is_ok()), "{found:?}");
        assert!(found.refused.is_empty());
    }
}
