//! Pages and PDFs of serial comparisons of simulated studies.

use std::path::Path;

use bloodpool_core::function::comparison::{BaselineChoice, ComparisonChoices, PairCalibration};
use bloodpool_files::IfExists;

use super::files;
use crate::report::tests::cells;
use crate::serial::tests::{Analysed, analysed, choices, compared, three};
use crate::{ComparisonDocument, Language, Report};

fn figures(cells: Vec<String>) -> Vec<String> {
    let figures = |cell: String| {
        let mut found: Vec<String> = cell
            .split(|letter: char| !letter.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .map(|part| part.trim_start_matches('0').to_owned())
            .collect();
        found.sort_unstable();
        found.join(" ")
    };
    cells.into_iter().map(figures).collect()
}

#[test]
fn the_page_stands_alone_and_has_what_was_compared() {
    compared(&three(), &choices(), |serial| {
        let page = serial.html(Language::English).unwrap();
        for outside in ["http://", "https://", "//cdn", "url(", "@import", "<link", "<script", "NaN"] {
            assert!(!page.contains(outside), "{outside}");
        }
        for inside in [
            "Kim, Younghee",
            "Research use only",
            "Simulated study",
            "2023-01-05 to 2024-03-01",
            "44.0 % (40\u{2013}48)",
            "62.5 % (56\u{2013}64)",
            "\u{2212}16.0",
            "The camera differs:",
            "HERA trial",
            "PMC9075223",
            "The baseline is the earliest study.",
            "class=\"band\"",
            "class=\"beyond\"",
            "simulated patients, acquired again",
        ] {
            assert!(page.contains(inside), "{inside}");
        }
    });
}

#[test]
fn the_korean_page_has_the_numbers_of_the_english_one() {
    compared(&three(), &choices(), |serial| {
        let [english, korean] = Language::ALL.map(|language| serial.html(language).unwrap());
        assert!(korean.contains("<html lang=\"ko\">") && korean.contains("김영희"));
        let found = [figures(cells(&english)), figures(cells(&korean))];
        assert!(found[0].len() > 25, "{}", found[0].len());
        assert_eq!(found[0].len(), found[1].len());
        let different: Vec<_> = found[0].iter().zip(&found[1]).filter(|(a, b)| a != b).collect();
        assert!(different.is_empty(), "{different:?}");
        let body = korean.split("<body>").nth(1).unwrap().split("<div class=\"choices\">").next().unwrap();
        let text: Vec<&str> =
            body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim()).collect();
        let english = |text: &&&str| {
            text.split(' ').filter(|word| word.len() > 3 && word.chars().all(|c| c.is_ascii_lowercase())).count() > 1
        };
        // Sources, and what the file says, are not translated.
        let kept =
            ["et al.", "PMC9075223", "prescribing information", "Guideline for", "simulator", "acquired again", "원문"];
        let left: Vec<_> =
            text.iter().filter(english).filter(|text| !kept.iter().any(|kept| text.contains(kept))).collect();
        assert!(left.is_empty(), "{left:?}");
    });
}

#[test]
fn hostile_names_and_files_stay_text() {
    let mut studies = three();
    for study in &mut studies {
        study.study.identity.patient_name = Some("<script>alert(1)</script>".into());
    }
    studies[0].source = "<img src=x onerror=alert(1)>.dcm".into();
    compared(&studies, &choices(), |serial| {
        let page = serial.html(Language::English).unwrap();
        assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("&lt;img src=x"));
        assert!(!page.contains("<script") && !page.contains("<img"));
        assert!(serial.pdf(Language::Korean, "{}").is_ok());
    });
}

#[test]
fn the_pdf_is_the_same_each_time_and_has_the_document() {
    compared(&three(), &choices(), |serial| {
        let document = serde_json::to_string(&ComparisonDocument::new(serial).unwrap()).unwrap();
        for language in Language::ALL {
            let pdf = serial.pdf(language, &document).unwrap();
            assert!(pdf.starts_with(b"%PDF-1.7") && pdf == serial.pdf(language, &document).unwrap());
            let contains = |text: &str| pdf.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(contains("<pdfaid:part>3</pdfaid:part>") && contains("comparison.json"));
        }
    });
}

#[test]
fn a_folder_gets_page_and_document_once() {
    let folder = tempfile::tempdir().unwrap();
    compared(&three(), &choices(), |serial| {
        let page = serial.write(Language::English, "{}", folder.path(), IfExists::Refuse).unwrap();
        assert!(page.is_file() && files(folder.path()).iter().all(|file| file.is_file()));
        let error = serial.write(Language::English, "{}", folder.path(), IfExists::Refuse).unwrap_err().to_string();
        assert!(error.contains("comparison.json"), "{error}");
    });
}

/// Gives the report of the last of three studies with its comparison to `of`.
fn with_serial<T>(studies: &[Analysed], of: impl FnOnce(&Report<'_>) -> T) -> T {
    compared(studies, &choices(), |serial| {
        let last = &studies[0];
        of(&Report {
            source: &last.source,
            source_files: &last.files,
            set_aside: &[],
            study: &last.study,
            analysis: &last.analysis,
            function: last.analysis.function(&last.study).as_ref(),
            known_bias: None,
            document: "{}",
            serial: Some(serial),
            review: None,
        })
    })
}

#[test]
fn the_report_of_one_study_has_its_comparison_and_a_conclusion() {
    let studies = three();
    with_serial(&studies, |report| {
        let page = report.html().unwrap();
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
        let order =
            ["LV ejection fraction", "Conclusion, draft", "Time-activity curve", "LVEF over time", "Quality of the"];
        assert!(order.map(place).is_sorted());
        assert!(
            page.contains("LVEF 44.0 % (40-48), below the limit of 50 %.")
                && page.contains("points since the baseline of")
        );
        assert!(page.contains("Rules met: HERA trial") && page.contains("class=\"serial-plot\""));
        let korean = report.html_in(Language::Korean).unwrap();
        assert!(korean.contains("LVEF 44.0%(40-48), 정상 하한 50% 미만.") && korean.contains("충족한 기준: HERA"));
        assert!(report.pdf(Language::Korean).is_ok());
    });
}

/// Kept for looking at: `LOOK=/tmp/look cargo test ... comparison_to_look_at` writes pages and PDFs of simulated studies.
#[test]
fn comparison_to_look_at() {
    let Some(folder) = std::env::var_os("LOOK") else { return };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let write = |name: &str, studies: &[Analysed], choices: &ComparisonChoices| {
        compared(studies, choices, |serial| {
            let document = serde_json::to_string_pretty(&ComparisonDocument::new(serial).unwrap()).unwrap();
            for language in Language::ALL {
                let file = |kind: &str| folder.join(format!("{name}-{language}.{kind}"));
                std::fs::write(file("html"), serial.html(language).unwrap()).unwrap();
                std::fs::write(file("pdf"), serial.pdf(language, &document).unwrap()).unwrap();
                std::fs::write(file("txt"), serial.summary(language, None, false).unwrap()).unwrap();
            }
            std::fs::write(folder.join(format!("{name}.json")), document).unwrap();
        });
    };
    write("three", &three(), &choices());
    with_serial(&three(), |report| {
        for language in Language::ALL {
            let file = |kind: &str| folder.join(format!("single-{language}.{kind}"));
            std::fs::write(file("html"), report.html_in(language).unwrap()).unwrap();
            std::fs::write(file("pdf"), report.pdf(language).unwrap()).unwrap();
        }
    });
    let calibration = PairCalibration { below: 1.0, above: 1.2, pairs: 2000, source: "2000 simulated pairs".into() };
    let calibrated = ComparisonChoices { calibration: Some(calibration), local_limit_percent: Some(52.0), ..choices() };
    let lvefs = [66.0, 63.5, 61.0, 58.5, 51.0, 47.5, 49.0, 53.0, 56.5];
    let dates =
        ["20220110", "20220111", "20220402", "20220715", "20221020", "20230118", "20230301", "20230920", "20240805"];
    let many: Vec<Analysed> =
        lvefs.iter().zip(dates).map(|(lvef, date)| analysed(&format!("study-{date}.dcm"), date, *lvef)).collect();
    write("many", &many, &ComparisonChoices { baseline: BaselineChoice::Study(2), ..calibrated });
    let mut odd = three();
    odd[0].study.identity.study_date = None;
    odd[2].study.identity.patient_id = None;
    let reason = bloodpool_core::Reason::new("frames_identical", "Frames 3 and 4 are identical.");
    odd[2].analysis.add([reason.ranked(bloodpool_core::Rank::DoNotUse)]);
    write("odd", &odd, &ComparisonChoices { baseline: BaselineChoice::Study(1), ..choices() });
}
