//! The texts for a manuscript, from a fixed record of four simulated studies, and from records in which much is missing.
#![allow(clippy::unwrap_used)]

use bloodpool_core::{FrameIndex, GatedStudy, Mask, ModelIdentity, Protocol};
use bloodpool_dataset::{DatasetManifest, RatedCase, RatedImage, RatedPhase, RaterRecord, RecordedRater, Split};
use bloodpool_evaluation::raters::cohort::{Cohort, CohortPart};
use bloodpool_evaluation::raters::csv_statistics;
use bloodpool_evaluation::raters::leakage::Leakage;
use bloodpool_evaluation::raters::manuscript::Manuscript;
use bloodpool_evaluation::raters::manuscript::records::{Records, RunRecord};
use bloodpool_evaluation::raters::material::{Material, RatedFrame, RoiProtocol};
use bloodpool_evaluation::raters::measured::Measured;
use bloodpool_evaluation::raters::reading::StudyReading;
use bloodpool_evaluation::raters::record::{DatasetIdentity, ModelKind, RunIdentity, Subject};
use bloodpool_evaluation::raters::result::EvaluationResult;
use bloodpool_nn::network::{NetworkConfig, Picture};
use bloodpool_nn::run_folder::EpochMetrics;
use bloodpool_nn::{Origin, TrainingConfig, ValidationScores};
use bloodpool_stats::mean_sd;
use ndarray::Array3;
use serde_json::{Value, json};

const SIDE: usize = 256;
/// ED, its second frame, ES, its second frame.
const FRAMES: [usize; 4] = [0, 1, 6, 7];
/// The studies, and how many columns wide the model's ED ROI is; that of the raters is 40.
const STUDIES: [(&str, usize); 4] = [("sim-0001", 40), ("sim-0002", 42), ("sim-0003", 38), ("sim-0004", 41)];

/// 40 rows from row 112, so many columns from column 112.
fn block(columns: usize) -> Mask {
    Mask::from_fn(SIDE, SIDE, |row, column| (112..152).contains(&row) && (112..112 + columns).contains(&column))
}

fn reading((case, ed_columns): (&str, usize), simulated: bool) -> StudyReading {
    let largest = block(50);
    let counts = Array3::from_shape_fn((16, SIDE, SIDE), |(frame, row, column)| match frame {
        0 | 1 if largest.contains(row, column) => 60.0,
        2.. if (116..148).contains(&row) && (116..148).contains(&column) => 45.0,
        _ => 20.0,
    });
    let image = |(phase, frame)| RatedFrame {
        phase,
        frame: FrameIndex::new(frame),
        consensus: block(40),
        silhouette: simulated.then(|| block(40)),
    };
    let material = Material {
        case: case.to_owned(),
        patient: format!("patient of {case}"),
        simulated,
        study: GatedStudy::new(counts, Some([1.0; 2])).unwrap(),
        images: RatedPhase::ALL.into_iter().zip(FRAMES).map(image).collect(),
        true_lvef_percent: simulated.then_some(58.0),
    };
    let columns = [ed_columns, ed_columns, 40, 40];
    let masks =
        RatedPhase::ALL.into_iter().zip(columns).map(|(phase, columns)| (phase, Some(block(columns)))).collect();
    StudyReading::of_masks(&material, &masks, &protocol())
}

fn protocol() -> RoiProtocol {
    RoiProtocol::new(Protocol::paper()).unwrap()
}

fn raters() -> RaterRecord {
    let rater = |(index, group): (usize, &str)| RecordedRater {
        rater: format!("rater {}", index + 1),
        group: Some(group.to_owned()),
        left_out: index == 2,
    };
    let case = |(case, _): (&str, usize)| RatedCase {
        case: case.to_owned(),
        consensus_lvef_percent: Some(60.0),
        lvef_percent: vec![Some(61.0), Some(58.0), Some(70.0)],
        images: [RatedPhase::EndDiastole, RatedPhase::EndSystole]
            .map(|phase| RatedImage { phase, dice: vec![Some(0.97), Some(0.95), Some(0.8)] })
            .into(),
    };
    RaterRecord {
        schema: String::new(),
        consensus_sha256: String::new(),
        raters: ["students", "students", "technologists"].into_iter().enumerate().map(rater).collect(),
        cases: STUDIES.map(case).into(),
    }
}

fn file(name: &str) -> Value {
    json!({"file": name, "sha256": "00"})
}

/// A dataset of 8 studies, of which the last 4 are those of [`STUDIES`].
fn dataset(simulated: bool) -> DatasetManifest {
    let annotated = |case: usize| -> Vec<Value> {
        let phases = ["end_diastole", "end_diastole_second", "end_systole", "end_systole_second"];
        let of = |(phase, frame): (&str, usize)| {
            json!({"phase": phase, "frame": frame + 1, "raters": 3, "area_px": 1600, "true_silhouette": null,
                "image": file(&format!("i{case}-{phase}")), "mask": file(&format!("m{case}-{phase}"))})
        };
        phases.into_iter().zip(FRAMES).map(of).collect()
    };
    let case = |index: usize| {
        let split = ["train", "train", "train", "validation", "test", "test", "test", "test"][index];
        json!({"case": format!("sim-{index:04}"), "patient": format!("p{index}"), "split": split, "source": null,
            "rows": 64, "columns": 64, "frames": 16, "pixel_spacing_mm": [4.0, 4.0],
            "gating": {"frame_time_ms": null, "rr_interval_ms": null, "rr_low_ms": null, "rr_high_ms": null,
                "beats_accepted": null, "beats_rejected": null},
            "simulated": simulated,
            "transform": {"grid": 256, "interpolation": "bilinear_on_pixel_centres", "rows_per_pixel": 0.25,
                "columns_per_pixel": 0.25},
            "consensus_lvef_percent": 60.0, "stratum_lvef_percent": 60.0, "true_lvef_percent": null,
            "counts": file(&format!("c{index}")), "annotated": annotated(index)})
    };
    let cases: Vec<Value> = (0..8).map(case).collect();
    serde_json::from_value(
        json!({"schema": "bloodpool.dataset/1", "software": "bloodpool 0.1.0", "name": "data", "seed": 1,
        "split": {"kind": "percent", "parts": [40, 10, 50]}, "extract_sha256": "e", "consensus_sha256": "c",
        "consensus_rule": "majority", "pseudonymised": false, "has_truth": false, "cases": cases}),
    )
    .unwrap()
}

fn run(seed: u64, fold: Option<[usize; 2]>) -> RunRecord {
    let network = NetworkConfig::by_name("unet").unwrap().with_side(64).unwrap().with_width(8).unwrap();
    let network = network.with_picture(Picture::InCycle).unwrap();
    let config = TrainingConfig { seed, fold, ..TrainingConfig::for_dataset(network, 12, 1, 3) };
    let epoch = |epoch: usize| {
        let mut metrics = EpochMetrics {
            epoch,
            step: 3 * epoch,
            loss: Default::default(),
            skipped_steps: 0,
            learning_rate: 1e-3,
            validation: ValidationScores { dice_end_diastole: 0.91, dice_end_systole: 0.88, ..Default::default() },
            seconds: 1.0,
            reference_biases: Default::default(),
        };
        (metrics.loss.cross_entropy, metrics.loss.dice) = (0.2, 0.3);
        metrics
    };
    let origin = Origin {
        software: "bloodpool 0.1.0".to_owned(),
        training_data: "dataset data, train, dataset.json sha256 d".to_owned(),
        validation_data: "dataset data, validation, dataset.json sha256 d".to_owned(),
        data_folder: Some("data".into()),
        started_from: None,
        seen: None,
    };
    RunRecord { config, origin, metrics: [1, 2, 3].map(epoch).into(), steps: Some(6) }
}

fn subject() -> Subject {
    let part = |name: &str, studies: usize| CohortPart {
        name: name.to_owned(),
        studies,
        patients: studies,
        simulated_studies: studies,
        lvef_percent: Measured::from(mean_sd(&vec![60.0; studies])),
        lvef_range_percent: Some([60.0; 2]),
        by_lvef: [0, 0, studies],
        without_lvef: 0,
        frames: Some([16, 16]),
        matrices: vec!["64 x 64".to_owned()],
        pixel_spacing_mm: Some([4.0, 4.0]),
        raters: Some([3, 3]),
    };
    Subject {
        date: "2026-05-09T14:30:59Z".to_owned(),
        run: RunIdentity {
            folder: "unet".to_owned(),
            kind: ModelKind::Run,
            model: ModelIdentity { name: "unet-data".to_owned(), sha256: "aa".to_owned() },
            trained_by: "bloodpool 0.1.0".to_owned(),
            training_data: "dataset data, train, dataset.json sha256 d".to_owned(),
            trained_on: None,
            grown_within_mm: None,
        },
        dataset: DatasetIdentity {
            folder: "data".to_owned(),
            name: "data".to_owned(),
            sha256: "d".to_owned(),
            trained_on: true,
            raters_from: Some("the dataset".to_owned()),
        },
        split: Split::Test,
        folds: Vec::new(),
        test_reads: Some(1),
        leakage: Some(Leakage { complete: true, seen_studies: 4, left_out: Vec::new() }),
        cohort: Some(Cohort {
            parts: vec![part("evaluated", 4), part("train", 3), part("validation", 1), part("test", 4)],
        }),
    }
}

fn result(simulated: bool) -> EvaluationResult {
    EvaluationResult::new(STUDIES.map(|study| reading(study, simulated)).into(), Some(&raters()))
}

fn texts(subject: &Subject, result: &EvaluationResult, records: &Records) -> [(&'static str, String); 4] {
    let texts = Manuscript { subject, result, protocol: protocol().named(), records }.texts();
    for (name, text) in &texts {
        for odd in [
            "{",
            "}",
            "[to be filled in: ]",
            "[author: ]",
            "NaN",
            "inf ",
            "None,",
            "Some(",
            "  ",
            " .",
            "..",
            " ,",
            "()",
            "[]",
            "\"\"",
            "; .",
            " ;",
        ] {
            assert!(!text.contains(odd), "{name} has {odd:?}:\n{text}");
        }
        assert!(text.starts_with("# ") && text.ends_with('\n') && text.contains("Research use only"), "{text}");
        // Every line of a table has as many cells as the line above it.
        let cells = |line: &&str| line.replace("\\|", "").matches('|').count();
        let lines: Vec<&str> = text.lines().collect();
        let uneven = lines
            .windows(2)
            .find(|pair| pair.iter().all(|line| line.starts_with('|')) && cells(&pair[0]) != cells(&pair[1]));
        assert_eq!(uneven, None, "{name}");
    }
    texts
}

fn records() -> Records {
    Records { runs: vec![run(2, None)], dataset: Some(dataset(true)), ..Records::default() }
}

fn text(texts: &[(&'static str, String); 4], file: &str) -> String {
    texts.iter().find(|(name, _)| *name == file).map(|(_, text)| text.clone()).unwrap()
}

#[test]
fn the_texts_of_a_run_on_its_own_test_part() {
    let texts = texts(&subject(), &result(true), &records());
    for (name, text) in &texts {
        insta::assert_snapshot!(name.trim_end_matches(".md"), text);
    }
}

#[test]
fn every_item_of_both_guidelines_is_there_once() {
    let texts = texts(&subject(), &result(true), &records());
    let numbers = |file: &str| -> Vec<String> {
        let of_line = |line: &str| Some(line.strip_prefix("| ")?.split_once(" |")?.0.to_owned());
        let text = text(&texts, file);
        text.lines().filter_map(of_line).filter(|number| number.starts_with(|c: char| c.is_ascii_digit())).collect()
    };
    assert_eq!(numbers("claim.md"), (1..=44).map(|number| number.to_string()).collect::<Vec<_>>());
    // As the statement prints them: 52 parts of 27 items.
    let parts = "1 2 3a 3b 3c 4 5a 5b 6a 6b 6c 7 8a 8b 8c 9a 9b 9c 10 11 12a 12b 12c 12d 12e 12f 12g 13 14 15 16 17 18a 18b 18c 18d 18e 18f \
                 19 20a 20b 20c 21 22 23a 23b 24 25 26 27a 27b 27c";
    assert_eq!(numbers("tripod-ai.md"), parts.split(' ').collect::<Vec<_>>());
    assert_eq!(parts.split(' ').count(), 52);
}

#[test]
fn patients_leave_gaps_that_simulated_studies_do_not() {
    let records = Records { dataset: Some(dataset(false)), ..records() };
    let texts = texts(&subject(), &result(false), &records);
    let methods = text(&texts, "methods.md");
    assert!(methods.contains("[to be filled in: approval of the ethics committee and consent]"), "{methods}");
    assert!(methods.contains("how the studies were de-identified"), "{methods}");
    assert!(!methods.contains("imulated"), "{methods}");
    assert!(text(&texts, "claim.md").contains("| 5 | Prospective or retrospective | [author]"));
    assert!(text(&texts, "tripod-ai.md").contains("| 17 | Ethical approval | [author]"));
    assert!(!text(&texts, "model-card.md").contains("Simulated studies"));
}

#[test]
fn folds_are_described_with_every_seed_and_epoch() {
    let folds = ["1/5", "2/5"].map(str::to_owned).to_vec();
    let subject = Subject { folds, split: Split::Validation, test_reads: None, ..subject() };
    let runs = vec![run(2, Some([1, 5])), run(3, Some([2, 5]))];
    let records = Records { runs, ..records() };
    let methods = text(&texts(&subject, &result(true), &records), "methods.md");
    assert!(
        methods.contains("divided into 5 folds by patient") && methods.contains("trained on the other 3"),
        "{methods}"
    );
    assert!(methods.contains("epoch 2 of 3 and epoch 2 of 3 (in the order of the folds)"), "{methods}");
    assert!(methods.contains("Seeds 2 and 3 decided") && methods.contains("Bengio and Grandvalet"), "{methods}");
    let mut other = run(3, Some([2, 5]));
    other.config.learning_rate = 0.1;
    let records = Records { runs: vec![run(2, Some([1, 5])), other], ..records };
    let methods = text(&texts(&subject, &result(true), &records), "methods.md");
    assert!(methods.contains("The 2 runs were not trained alike. [to be filled in"), "{methods}");
}

#[test]
fn what_is_not_recorded_is_a_gap() {
    let mut subject = Subject { leakage: None, cohort: None, test_reads: None, ..subject() };
    subject.dataset.trained_on = false;
    let result = EvaluationResult::new(STUDIES.map(|study| reading(study, false)).into(), None);
    for kind in [ModelKind::Run, ModelKind::Embedded, ModelKind::Weights, ModelKind::Classical, ModelKind::Masks] {
        subject.run.kind = kind;
        let methods = text(&texts(&subject, &result, &Records::default()), "methods.md");
        let gaps = methods.matches("[to be filled in: ").count();
        // Of a method that is not trained there is less to say.
        let least = if kind == ModelKind::Classical { 5 } else { 8 };
        assert!(gaps >= least && gaps == methods.matches(']').count(), "{methods}");
        assert_eq!(methods.contains("The masks were those of another program"), kind == ModelKind::Masks);
    }
    // Nothing was evaluated with success.
    texts(&subject, &EvaluationResult::new(Vec::new(), None), &records());
}

#[test]
fn the_numbers_of_every_table_are_there_as_csv() {
    let (mut subject, mut result) = (subject(), result(true));
    let raters = result.raters.as_mut().unwrap();
    raters.raters[0].name = "O'Hara, \"Jo\"; =1+1".to_owned();
    raters.raters[1].group = Some("line\nbreak".to_owned());
    subject.cohort.as_mut().unwrap().parts[1].matrices = vec!["64 x 64".to_owned(), "128 x 128".to_owned()];
    let files = csv_statistics::files(&result, subject.cohort.as_ref()).unwrap();
    let mut names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let mut expected = csv_statistics::FILES;
    expected.sort_unstable();
    assert_eq!(names, expected);
    let rows = |file: &str| -> Vec<Vec<String>> {
        let bytes = files.iter().find(|(name, _)| *name == file).map(|(_, bytes)| bytes.as_slice()).unwrap();
        let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
        let fields =
            |record: Result<csv::StringRecord, csv::Error>| record.unwrap().iter().map(str::to_owned).collect();
        reader.into_records().map(fields).collect()
    };
    let raters = rows("raters.csv");
    assert_eq!(raters[0][..2], ["reader", "group"]);
    assert_eq!((raters[1][0].as_str(), raters[2][0].as_str()), ("model", "O'Hara, \"Jo\"; =1+1"));
    assert_eq!((raters[2][4].as_str(), raters[3][1].as_str()), ("97.000000", "line\nbreak"));
    assert_eq!(rows("cohort.csv")[2][14], "64 x 64; 128 x 128");
    // By hand: ED ROIs of 40, 42, 38 and 41 columns give EFs of 60, 61.904762, 57.894737 and 60.975610, of the consensus 60.
    let agreement = rows("agreement.csv");
    let bias = agreement.iter().find(|row| row[2] == "model" && row[3] == "consensus" && row[7] == "bias").unwrap();
    assert!((bias[8].parse::<f64>().unwrap() - 0.193_777).abs() < 2e-5, "{bias:?}");
    assert_eq!((bias[0].as_str(), bias[9].as_str()), ("EF", "95"));
    assert!(agreement.iter().any(|row| row[7].starts_with("equivalence within 5 points") && row[9] == "90"));
    assert!(agreement.iter().any(|row| row[0] == "ROI size, ED" && row[7] == "relative difference, percent"));
    assert!(agreement.iter().all(|row| row.len() == 13 && !row.iter().any(|field| field.contains("NaN"))));
    let parts = rows("ef-error-parts.csv");
    assert_eq!(parts.iter().filter(|row| row[0] == "model - consensus").count(), 4);
    assert_eq!(rows("failures.csv").len(), 1);
    // A result without truth and raters has no files for them.
    let plain = EvaluationResult::new(STUDIES.map(|study| reading(study, false)).into(), None);
    let names: Vec<&str> = csv_statistics::files(&plain, None).unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["agreement.csv", "ef-error-parts.csv", "failures.csv"]);
}
