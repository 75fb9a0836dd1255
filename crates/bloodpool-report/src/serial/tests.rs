//! Serial comparisons of simulated studies with true outlines, and what is refused.

use bloodpool_core::analysis::measure;
use bloodpool_core::function::comparison::{
    BaselineChoice, ComparisonChoices, PairCalibration, TechnicalRepeatability,
};
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::{Analysis, GatedStudy, ModelIdentity, Protocol};
use bloodpool_phantom::{Family, Population};

use super::*;
use crate::analysis_document::SourceFileFields;
use crate::{AnalysisDocument, Language};

/// One analysed study that outlives a comparison.
pub(crate) struct Analysed {
    pub(crate) source: String,
    pub(crate) files: Vec<SourceFileFields>,
    pub(crate) study: GatedStudy,
    pub(crate) analysis: Analysis,
    pub(crate) signed: Option<SignedResult>,
}

impl Analysed {
    pub(crate) fn as_serial(&self) -> SerialStudy<'_> {
        SerialStudy {
            source: &self.source,
            source_files: &self.files,
            study: &self.study,
            analysis: &self.analysis,
            signed: self.signed.clone(),
        }
    }
}

/// One simulated study of a patient, measured with true outlines, whose LVEF is then set, so that numbers are known.
pub(crate) fn analysed(source: &str, date: &str, lvef_percent: f64) -> Analysed {
    let simulated = Population::ordinary(Family::Own, 31).study(2).unwrap().labelled;
    let mut study = simulated.study.clone();
    let identity = &mut study.identity;
    identity.patient_name = Some("Kim^Younghee=金^英姬=김^영희".into());
    identity.patient_id = Some("P-17".into());
    identity.birth_date = Some("19610203".into());
    identity.sex = Some("F".into());
    identity.study_date = (!date.is_empty()).then(|| date.to_owned());
    let model = ModelIdentity { name: "perfect".into(), sha256: "0".repeat(64) };
    let mut analysis = measure(&study, simulated.perfect_segmentation(), model, &Protocol::background_image()).unwrap();
    analysis.lvef_percent = lvef_percent;
    analysis.counting_error_points = 1.2;
    let interval_source = "5000 simulated studies, seed 41".to_owned();
    analysis.interval = Some(Interval {
        low: lvef_percent - 4.0,
        high: lvef_percent + 4.0,
        level_percent: 95.0,
        source: interval_source,
    });
    let files = vec![SourceFileFields { file: source.into(), sha256: format!("{source:0>64}") }];
    Analysed { source: source.into(), files, study, analysis, signed: None }
}

/// The technical limit of two studies is then sqrt((1.96 x 1.4)^2 x 2 x 1.2^2 + 2^2) = 5.068 points.
pub(crate) fn choices() -> ComparisonChoices {
    let source = "simulated patients, acquired again".to_owned();
    ComparisonChoices::new(TechnicalRepeatability { noise_factor: 1.4, pose_limit_points: 2.0, source })
}

/// Three studies of a patient who loses 16 points.
pub(crate) fn three() -> Vec<Analysed> {
    let mut studies = vec![
        analysed("2024.dcm", "20240301", 44.0),
        analysed("2023.dcm", "20230105", 60.0),
        analysed("autumn.dcm", "20230901", 57.0),
    ];
    studies[0].study.identity.manufacturer = Some("Another maker".into());
    let document = AnalysisDocument::new("old.json", &studies[1].study, &studies[1].analysis, None).unwrap();
    studies[1].signed =
        SignedResult::of_document("old.json", &AnalysisDocument { lvef_percent: Some(62.5), ..document });
    studies
}

pub(crate) fn compared<T>(
    studies: &[Analysed],
    choices: &ComparisonChoices,
    of: impl FnOnce(&SerialComparison<'_>) -> T,
) -> T {
    of(&SerialComparison::new(studies.iter().map(Analysed::as_serial).collect(), choices).unwrap())
}

fn refused(studies: &[Analysed], choices: &ComparisonChoices) -> SerialError {
    SerialComparison::new(studies.iter().map(Analysed::as_serial).collect(), choices).unwrap_err()
}

#[test]
fn the_document_has_the_numbers_worked_out_by_hand() {
    let local = ComparisonChoices { local_limit_percent: Some(50.0), ..choices() };
    compared(&three(), &local, |serial| {
        let document = ComparisonDocument::new(serial).unwrap();
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(json["schema"], "bloodpool.comparison/1");
        assert_eq!(json["same_patient"], "id");
        assert!(!json.to_string().contains("P-17") && !json.to_string().contains("Younghee"));
        assert_eq!(json["baseline"], serde_json::json!({"study": 1, "chosen_by": "earliest"}));
        let sources: Vec<_> = json["studies"].as_array().unwrap().iter().map(|study| study["source"].clone()).collect();
        assert_eq!(sources, ["2023.dcm", "autumn.dcm", "2024.dcm"]);
        assert_eq!(
            (&json["studies"][0]["signed"]["lvef_percent"], &json["studies"][1]["signed"]),
            (&62.5.into(), &().into())
        );
        let last = &json["changes"][1];
        assert_eq!((&last["study"], &last["days"]), (&3.into(), &421.into()));
        assert_eq!(last["difference_points"], serde_json::json!({"value": -16.0, "reason": null}));
        let variation = &last["repeat_variation"]["value"];
        assert!((variation["technical_limit_points"].as_f64().unwrap() - 5.068_043).abs() < 1e-5);
        assert_eq!((&variation["published_limit_points"], &variation["beyond"]), (&10.0.into(), &true.into()));
        let met: Vec<_> = last["rules"].as_array().unwrap().iter().map(|rule| rule["met"]["value"].clone()).collect();
        assert_eq!(met, [true, true, true, true]);
        assert_eq!(last["setting_differences"][0]["code"], "camera");
        assert_eq!(json["changes"][0]["repeat_variation"]["value"]["beyond"], false);
        assert_eq!(serde_json::from_value::<ComparisonDocument>(json).unwrap(), document);
    });
}

#[test]
fn studies_of_different_patients_are_refused_with_both_files() {
    let mut studies = three();
    studies[2].study.identity.patient_id = Some("P-18".into());
    let error = refused(&studies, &choices());
    assert_eq!(
        (error.to_string().as_str(), error.code()),
        ("2024.dcm and autumn.dcm are of different patients: patient ID or its issuer differ", "different_patients")
    );
    studies[2].study.identity.patient_id = Some("P-17".into());
    studies[0].study.identity.patient_id_issuer = Some("A".into());
    studies[1].study.identity.patient_id_issuer = Some("A".into());
    studies[2].study.identity.patient_id_issuer = Some("B".into());
    assert_eq!(refused(&studies, &choices()).code(), "different_patients");
}

#[test]
fn a_study_is_not_compared_with_itself() {
    let mut studies = three();
    studies[2].files = studies[0].files.clone();
    let error = refused(&studies, &choices());
    assert_eq!(
        (error.to_string().as_str(), error.code()),
        ("2024.dcm and autumn.dcm are the same study", "same_study")
    );
    assert_eq!(refused(&studies[..1], &choices()).code(), "few_studies");
}

#[test]
fn what_a_reader_must_know_is_said() {
    let mut studies = three();
    studies[0].study.identity.patient_id = None;
    studies[2].study.identity.birth_date = Some("19610302".into());
    studies[2].study.identity.study_date = Some("20230105".into());
    studies[2].study.identity.simulated = false;
    let noise = ComparisonChoices::new(TechnicalRepeatability::counting_noise_alone());
    compared(&studies, &noise, |serial| {
        let codes: Vec<&str> = serial.warnings().iter().map(SerialWarning::code).collect();
        assert_eq!(
            codes,
            [
                "patient_not_recorded",
                "birth_date_differs",
                "simulated_among_others",
                "same_moment",
                "technical_limit_of_noise_alone"
            ]
        );
        let document = ComparisonDocument::new(serial).unwrap();
        assert_eq!(document.same_patient, document::SamePatientField::NotChecked);
        assert_eq!(
            document.warnings[0].message,
            "2024.dcm has no patient ID. That it is of the same patient was not checked."
        );
        let korean = serial.warnings_in_words(Language::Korean);
        assert!(korean.iter().all(|text| text.chars().any(|c| ('가'..='힣').contains(&c))), "{korean:?}");
    });
}

#[test]
fn a_study_without_a_date_needs_a_named_baseline() {
    let mut studies = three();
    studies[0].study.identity.study_date = None;
    let error = refused(&studies, &choices());
    assert_eq!(
        (error.to_string().as_str(), error.code()),
        ("study `2024.dcm` has no date; the baseline must be named", "no_date")
    );
    let named = ComparisonChoices { baseline: BaselineChoice::Study(1), ..choices() };
    compared(&studies, &named, |serial| {
        let document = ComparisonDocument::new(serial).unwrap();
        // The order is that in which they were given.
        assert_eq!((document.studies[0].source.as_str(), document.baseline.study), ("2024.dcm", 2));
        assert_eq!((document.changes[0].days, document.changes[1].days), (None, Some(239)));
        assert_eq!(serial.warnings(), [SerialWarning::NoDate { file: "2024.dcm".into() }]);
    });
}

#[test]
fn the_acquisition_decides_the_date_and_times_order_one_day() {
    let mut studies = vec![analysed("late.dcm", "20240301", 50.0), analysed("early.dcm", "20240301", 60.0)];
    studies[0].study.identity.study_time = Some("141500".into());
    studies[1].study.identity.study_time = Some("091500.5".into());
    compared(&studies, &choices(), |serial| {
        assert_eq!(serial.studies()[0].source, "early.dcm");
        assert!(serial.warnings().is_empty());
        let rows = serial.change_rows(Language::English);
        assert_eq!((rows[0].since.as_str(), rows[0].lvef.as_str()), ("0 days", "50.0 % (46\u{2013}54)"));
    });
    studies[1].study.identity.acquisition_date = Some("20240302".into());
    compared(&studies, &choices(), |serial| assert_eq!(serial.studies()[0].source, "late.dcm"));
}

#[test]
fn the_conclusion_restates_numbers_and_rules_in_both_languages() {
    compared(&three(), &choices(), |serial| {
        let change = serial.latest_change().unwrap();
        assert_eq!(
            serial.conclusion(change, Language::English),
            [
                "LVEF 44.0 % (40-48) on 2024-03-01, below the limit of 50 %.",
                "Change of \u{2212}16.0 points since the baseline of 2023-01-05 (60.0 %), beyond repeat variation (at least 10 \
                 points, and more than the technical limit of 5.1).",
                "Rules met: HERA trial (a drop of 10 points or more to below 50 %); ASE/EACVI 2014 (a drop of more than 10 points to \
                 below 53 % (an echocardiographic limit)); Anthracyclines, by radionuclide ventriculography (baseline 50 % or more: a \
                 drop of 10 points or more to below 50 %); Trastuzumab, label of the United States (a drop of 16 points or more).",
                "The camera differs: bloodpool simulator, then Another maker.",
            ]
        );
        let korean = serial.conclusion(change, Language::Korean);
        assert_eq!(korean[0], "2024년 3월 1일 LVEF 44.0%(40-48), 정상 하한 50% 미만.");
        assert!(korean[1].contains("2023년 1월 5일, 60.0%") && korean[1].contains("\u{2212}16.0점"), "{korean:?}");
        assert!(korean[2].starts_with("충족한 기준: HERA 임상시험(10점 이상 감소하여 50% 미만)"), "{korean:?}");
        let first = &serial.comparison().changes[0];
        let words = serial.conclusion(first, Language::English);
        assert_eq!(words[2], "No rule is met.");
    });
    let fell = [analysed("a.dcm", "20230105", 62.0), analysed("b.dcm", "20240301", 51.0)];
    compared(&fell, &choices(), |serial| {
        let words = serial.conclusion(serial.latest_change().unwrap(), Language::English);
        assert_eq!(
            words,
            [
                "LVEF 51.0 % (47-55) on 2024-03-01, not below the limit of 50 %.",
                "The interval includes the limit.",
                "Change of \u{2212}11.0 points since the baseline of 2023-01-05 (62.0 %), beyond repeat variation (at least 10 points, and \
                 more than the technical limit of 5.1).",
                "Rules met: ASE/EACVI 2014 (a drop of more than 10 points to below 53 % (an echocardiographic limit)). Not decided: \
                 Trastuzumab, label of the United States (the rule needs the lower limit of normal of this department).",
            ]
        );
    });
}

#[test]
fn a_withheld_number_is_neither_shown_nor_compared() {
    let mut studies = three();
    let reason = bloodpool_core::Reason::new("frames_identical", "Two frames are the same.");
    studies[0].analysis.add([reason.ranked(bloodpool_core::Rank::DoNotUse)]);
    compared(&studies, &choices(), |serial| {
        let document = ComparisonDocument::new(serial).unwrap();
        let last = document.changes.last().unwrap();
        assert_eq!(last.difference_points.reason.as_ref().unwrap().code, "withheld");
        assert!(last.rules.is_empty() && document.studies[2].lvef_percent.is_none());
        for language in Language::ALL {
            let text = serial.summary(language, None, false).unwrap() + &serial.html(language).unwrap();
            assert!(!text.contains("44.0 %") && !text.contains("44.0%"), "{text}");
        }
        let words = serial.conclusion(serial.latest_change().unwrap(), Language::English);
        assert_eq!(
            words,
            [
                "LVEF is withheld and must not be used.",
                "No change is given: the LVEF of one of the studies is withheld.",
                "The camera differs: bloodpool simulator, then Another maker.",
            ]
        );
    });
}

#[test]
fn the_summary_has_every_number_in_both_languages() {
    let calibration = PairCalibration { below: 1.0, above: 1.0, pairs: 2000, source: "2000 simulated pairs".into() };
    let choices = ComparisonChoices { calibration: Some(calibration), ..choices() };
    compared(&three(), &choices, |serial| {
        let [english, korean] =
            Language::ALL.map(|language| serial.summary(language, Some("out.html"), false).unwrap());
        for number in [
            "44.0",
            "60.0",
            "57.0",
            "62.5",
            "\u{2212}16.0",
            "\u{2212}21.1",
            "\u{2212}10.9",
            "5.1",
            "out.html",
            "2024.dcm",
        ] {
            assert!(english.contains(number) && korean.contains(number), "{number}\n{english}\n{korean}");
        }
        assert!(english.contains("[SIMULATED STUDY]") && korean.contains("[모의 검사]"));
        assert!(english.contains("Research use only") && korean.contains("연구용"));
        assert_eq!(english.lines().count(), korean.lines().count());
    });
}

#[test]
fn a_signed_document_is_known_by_its_image_or_its_files() {
    let studies = three();
    let mut document = AnalysisDocument::new("x", &studies[0].study, &studies[0].analysis, None).unwrap();
    let [first, second] = [&studies[0], &studies[1]].map(Analysed::as_serial);
    assert!(!first.is_of(&document));
    document.source_files.clone_from(&studies[1].files);
    assert!(second.is_of(&document) && !first.is_of(&document));
    document.source_files.clear();
    document.study.sop_uid = Some("1.2.3".into());
    let mut other = analysed("c.dcm", "20240101", 50.0);
    other.study.identity.sop_uid = Some("1.2.3".into());
    assert!(other.as_serial().is_of(&document));
    document.lvef_percent = None;
    assert_eq!(SignedResult::of_document("x", &document), None);
}
