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
    let function = analysis.function(&study);
    let report = Report {
        source: "a.dcm",
        source_files: &source_files,
        set_aside: &set_aside,
        study: &study,
        analysis: &analysis,
        function: function.as_ref(),
        known_bias: known_bias.as_ref(),
        document: "{}",
        serial: None,
        review: None,
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

/// Gives the report of an ordinary simulated study with true outlines, fraction, RV and landmarks, and an interval as a calibrated
/// model gives, to `of`.
pub(super) fn with_ordinary<T>(
    index: u64,
    change: impl FnOnce(&mut GatedStudy, &mut Segmentation),
    of: impl FnOnce(&Report<'_>) -> T,
) -> T {
    let simulated = Population::ordinary(Family::Own, 31).study(index).unwrap().labelled;
    let (mut study, mut outlines) = (simulated.study.clone(), simulated.perfect_segmentation());
    change(&mut study, &mut outlines);
    let model = ModelIdentity { name: "perfect".into(), sha256: "0".repeat(64) };
    let mut analysis =
        measure(&study, outlines, model, &Protocol::default_for(&simulated.perfect_segmentation())).unwrap();
    let lvef = analysis.lvef_percent;
    let source = "5000 simulated studies, seed 41".to_owned();
    analysis.interval = Some(Interval { low: lvef - 4.0, high: lvef + 4.0, level_percent: 95.0, source });
    let function = analysis.function(&study);
    let document = crate::AnalysisDocument::new("a.dcm", &study, &analysis, function.as_ref()).unwrap();
    let document = serde_json::to_string(&document).unwrap();
    let known = KnownBias::parse(
        r#"{"data": "5000 simulated studies, seed 41", "protocols": {"background_image": {"bias": 1.0, "sd": 3.5, "within_5": 85.0},
            "standard": {"bias": -3.6, "sd": 6.0, "within_5": 55.0}}}"#,
    );
    let known_bias = known.unwrap();
    let source_files = [SourceFileFields { file: "a.dcm".into(), sha256: "f".repeat(64) }];
    of(&Report {
        source: "a.dcm",
        source_files: &source_files,
        set_aside: &[],
        study: &study,
        analysis: &analysis,
        function: function.as_ref(),
        known_bias: known_bias.as_ref(),
        document: &document,
        serial: None,
        review: None,
    })
}

/// The English page of it.
fn ordinary(index: u64, change: impl FnOnce(&mut GatedStudy, &mut Segmentation)) -> String {
    with_ordinary(index, change, |report| report.html().unwrap())
}

/// Nothing beats: every frame is the first one.
pub(super) fn still(study: &mut GatedStudy, outlines: &mut Segmentation) {
    let first = study.frame(bloodpool_core::FrameIndex::FIRST).to_owned();
    let counts = ndarray::Array3::from_shape_fn(study.counts().dim(), |(_, row, column)| first[[row, column]]);
    let still = GatedStudy::new(counts, study.pixel_spacing_mm()).unwrap();
    outlines.masks = vec![outlines.masks[0].clone(); still.frames()];
    let share = outlines.lv_fraction.take().unwrap();
    let still_share = |(_, row, column)| share[[0, row, column]];
    outlines.lv_fraction = Some(ndarray::Array3::from_shape_fn(share.dim(), still_share));
    *study = still;
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
    let page = ordinary(2, still);
    assert!(page.contains("Not given: the LVEF is withheld"));
    assert!(!page.contains("Amplitude and phase") && !page.contains("EDV/s"));
}

/// The text of every cell of the tables of a page, without the raised numbers of sources.
pub(super) fn cells(page: &str) -> Vec<String> {
    let page: String =
        page.split("<sup>").map(|part| part.split_once("</sup>").map_or(part, |(_, rest)| rest)).collect();
    let cells = page.split("<td").skip(1).filter_map(|cell| cell.split_once('>')?.1.split("</td").next());
    let text = |cell: &str| {
        let parts: Vec<&str> =
            cell.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest)).collect();
        parts.join(" ").replace("&lt;", "<").replace("&amp;", "&")
    };
    cells.map(text).collect()
}

/// Those of them that hold a number, without spaces.
pub(super) fn numbers_of_cells(page: &str) -> Vec<String> {
    let numbers = cells(page).into_iter().filter(|cell| cell.chars().any(|c| c.is_ascii_digit()));
    numbers.map(|cell| cell.split_whitespace().collect()).collect()
}

#[test]
fn the_korean_page_has_the_numbers_of_the_english_one() {
    let (english, korean) =
        with_ordinary(2, |_, _| {}, |report| (report.html().unwrap(), report.html_in(Language::Korean).unwrap()));
    assert!(korean.contains("<html lang=\"ko\">") && english.contains("<html lang=\"en\">"));
    let numbers = |page: &str| -> Vec<String> {
        let digits = |cell: String| {
            let mut found: Vec<&str> =
                cell.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
            found.sort_unstable();
            found.join(" ")
        };
        cells(page).into_iter().map(digits).collect()
    };
    let (of_english, of_korean) = (numbers(&english), numbers(&korean));
    assert_eq!(of_english.len(), of_korean.len());
    let different: Vec<_> = of_english.iter().zip(&of_korean).filter(|(a, b)| a != b).collect();
    assert!(different.is_empty(), "{different:?}");
    assert_eq!(english.matches("<circle").count(), korean.matches("<circle").count());
}

#[test]
fn nothing_english_is_left_in_the_korean_page() {
    let page = with_ordinary(2, |_, _| {}, |report| report.html_in(Language::Korean).unwrap());
    let body = page.split("<body>").nth(1).unwrap().split("<script>").next().unwrap();
    // Choices of the protocol, sources, original messages, and what the file says are not translated.
    let body = body.split("<div class=\"choices\">").next().unwrap();
    let text: Vec<&str> =
        body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim()).collect();
    let english = |text: &&&str| {
        text.split(' ').filter(|word| word.len() > 3 && word.chars().all(|c| c.is_ascii_lowercase())).count() > 1
    };
    let left: Vec<_> = text
        .iter()
        .filter(english)
        .filter(|text| !["et al.", "원문", "simulator", "Simulated gated"].iter().any(|kept| text.contains(kept)))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_same_report_gives_the_same_pdf() {
    with_ordinary(
        2,
        |_, _| {},
        |report| {
            for language in Language::ALL {
                let pdf = report.pdf(language).unwrap();
                assert!(pdf.starts_with(b"%PDF-1.7") && pdf == report.pdf(language).unwrap());
                let contains = |text: &str| pdf.windows(text.len()).any(|window| window == text.as_bytes());
                // PDF/A-3b, with an attachment that belongs to the document.
                assert!(
                    contains("<pdfaid:part>3</pdfaid:part>") && contains("<pdfaid:conformance>B</pdfaid:conformance>")
                );
                assert!(contains("/AFRelationship") && contains("analysis.json") && contains("application#2Fjson"));
                assert!(pdf.len() < 1_500_000, "{}", pdf.len());
            }
        },
    );
}

#[test]
fn a_pdf_is_made_of_what_has_no_function_and_of_hostile_names() {
    let name = |study: &mut GatedStudy| study.identity.patient_name = Some("<b>^金\u{0}\n\u{202e}".into());
    with_ordinary(
        2,
        |study, outlines| {
            still(study, outlines);
            name(study)
        },
        |report| {
            assert!(report.pdf(Language::Korean).is_ok());
        },
    );
    with_ordinary(
        2,
        |study, outlines| {
            study.gating.frame_time_ms = None;
            outlines.rv = None;
            outlines.landmarks = None;
            study.identity.patient_name = Some("x".repeat(400));
        },
        |report| assert!(report.pdf(Language::English).is_ok()),
    );
}

#[test]
fn the_acquisition_is_shown_as_far_as_it_is_clear() {
    use bloodpool_core::study::acquisition::{Radiopharmaceutical, Recorded};
    let recorded = |study: &mut GatedStudy, _: &mut Segmentation| {
        study.identity.view = Some("Left anterior oblique".into());
        study.acquisition.camera_angle_degrees = Some(Recorded::Clear(135.0));
        study.acquisition.collimator = Some("PARA".into());
        study.acquisition.radiopharmaceuticals = vec![
            Radiopharmaceutical {
                name: Some("RBC".into()),
                radionuclide: Some("Technetium-99m".into()),
                activity_mbq: Some(Recorded::Clear(740.0)),
                minutes_from_injection: Some(Recorded::Clear(45.0)),
            },
            Radiopharmaceutical {
                activity_mbq: Some(Recorded::Unclear("<25>".into())),
                ..Radiopharmaceutical::default()
            },
        ];
        study.acquisition.indication = Some(format!("<script>alert(1)</script> {}", "long ".repeat(60)));
    };
    with_ordinary(2, recorded, |report| {
        let page = report.html().unwrap();
        for inside in [
            "LAO 45\u{b0} (recorded angle 135\u{b0})",
            "parallel-hole",
            "RBC (Technetium-99m)",
            "740 MBq",
            "45 min",
            "unit unclear, recorded as &quot;&lt;25&gt;&quot;",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ] {
            assert!(page.contains(inside), "{inside}");
        }
        assert!(!page.contains("<script>alert"));
        let korean = report.html_in(Language::Korean).unwrap();
        assert!(korean.contains("투여 방사능") && korean.contains("45분") && korean.contains("평행다공형"));
        for language in Language::ALL {
            assert!(report.pdf(language).is_ok());
        }
    });
    // With its space, since pictures in base64 may hold any three letters.
    let nothing = with_ordinary(2, |study, _| study.acquisition = Default::default(), |report| report.html().unwrap());
    assert!(nothing.contains("Administered activity") && !nothing.contains(" MBq"));
}

/// Kept for looking at: `LOOK=/tmp/look cargo test ... report_to_look_at` writes reports of simulated studies.
#[test]
fn report_to_look_at() {
    if let Some(folder) = std::env::var_os("LOOK") {
        let folder = Path::new(&folder);
        std::fs::create_dir_all(folder).unwrap();
        write(folder, &Protocol::standard(), "Example^Edith");
        let write = |name: &str, report: &Report<'_>| {
            for language in Language::ALL {
                let file = |kind: &str| folder.join(format!("{name}-{language}.{kind}"));
                std::fs::write(file("html"), report.html_in(language).unwrap()).unwrap();
                std::fs::write(file("pdf"), report.pdf(language).unwrap()).unwrap();
            }
            std::fs::write(folder.join(format!("{name}.json")), report.document).unwrap();
        };
        for index in [2, 5, 8] {
            with_ordinary(index, |_, _| {}, |report| write(&format!("ordinary-{index}"), report));
        }
        let named = |study: &mut GatedStudy, _: &mut Segmentation| {
            study.identity.patient_name = Some("Kim^Younghee=金^英姬=김^영희".into());
            study.identity.study_date = Some("20260509".into());
            study.identity.study_time = Some("143059".into());
            study.identity.birth_date = Some("19610203".into());
            study.identity.sex = Some("F".into());
            study.identity.institution = Some("한국대학교병원 核醫學科".into());
            study.gating.beats_accepted = Some(450);
            study.gating.beats_rejected = Some(90);
            study.gating.frame_time_ms = Some(52.0);
        };
        with_ordinary(3, named, |report| write("named", report));
        with_ordinary(2, still, |report| write("withheld", report));
    }
}
