//! A comparison whose figures are known by hand: masks from a table instead of from a network.

use bloodpool_core::{
    FrameIndex, GatedStudy, Mask, ModelIdentity, Protocol, Segmentation, SegmentationError, Segmenter,
};
use bloodpool_dataset::{RatedCase, RatedImage, RatedPhase, RaterRecord, RecordedRater};
use ndarray::Array3;

use super::material::{FramePair, Material, RatedFrame, RoiProtocol};
use super::reading::StudyReading;
use super::result::EvaluationResult;
use super::table_one::{CORRECTED_EF, EF_TO_THE_LETTER, FrameSet};
use super::{csv_tables, sentences, tables};

const SIDE: usize = 256;
/// ED, its second frame, ES, its second frame.
const FRAMES: [usize; 4] = [0, 1, 6, 7];

/// Finds what it was told to find, on the frames of [`FRAMES`].
struct Told([Mask; 4]);

impl Segmenter for Told {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let mut masks = vec![Mask::empty(SIDE, SIDE); study.frames()];
        for (frame, mask) in FRAMES.into_iter().zip(&self.0) {
            masks[frame].clone_from(mask);
        }
        Ok(Segmentation { masks, ..Segmentation::default() })
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: "told".into(), sha256: String::new() }
    }
}

/// Fails on every study.
struct Broken;

impl Segmenter for Broken {
    fn segment(&self, _: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Err(SegmentationError::Failed("out of order".into()))
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: "broken".into(), sha256: String::new() }
    }
}

/// 40 rows from row 112, so many columns from column 112.
fn block(columns: usize) -> Mask {
    Mask::from_fn(SIDE, SIDE, |row, column| (112..152).contains(&row) && (112..112 + columns).contains(&column))
}

/// 20 counts per pixel, 60 where ED ROIs lie at ED, and 25 more in 32 x 32 pixels that lie within every ES ROI on the other frames.
///
/// The matrix is the grid of the raters. An ED ROI of 1600 pixels holds 40 net counts per pixel, 64,000 in all, and the ES ROI
/// 25,600, so that its EF is 60 %.
fn study(spacing: Option<[f64; 2]>) -> GatedStudy {
    let largest = block(50);
    let counts = Array3::from_shape_fn((16, SIDE, SIDE), |(frame, row, column)| match frame {
        0 | 1 if largest.contains(row, column) => 60.0,
        2.. if (116..148).contains(&row) && (116..148).contains(&column) => 45.0,
        _ => 20.0,
    });
    GatedStudy::new(counts, spacing).unwrap()
}

fn material(case: &str, spacing: Option<f64>) -> Material {
    let image = |(phase, frame)| RatedFrame {
        phase,
        frame: FrameIndex::new(frame),
        consensus: block(40),
        silhouette: Some(block(40)),
    };
    Material {
        case: case.to_owned(),
        patient: format!("of {case}"),
        simulated: true,
        study: study(spacing.map(|spacing| [spacing; 2])),
        images: RatedPhase::ALL.into_iter().zip(FRAMES).map(image).collect(),
        true_lvef_percent: Some(58.0),
    }
}

fn paper() -> RoiProtocol {
    RoiProtocol::new(Protocol::paper()).unwrap()
}

/// A study whose ED ROI the model draws so many columns wide.
fn read(case: &str, ed_columns: usize) -> StudyReading {
    let (ed, es) = (block(ed_columns), block(40));
    StudyReading::new(&material(case, Some(1.0)), &Told([ed.clone(), ed, es.clone(), es]), &paper())
}

fn near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-4, "{value} is not {expected}");
}

#[test]
fn perfect_masks_agree_wholly() {
    let studies: Vec<StudyReading> = ["a", "b", "c"].map(|case| read(case, 40)).into();
    let result = EvaluationResult::new(studies, None);
    assert!(result.failures.is_empty());
    for table in &result.table_one {
        for row in &table.rows {
            let expected: f64 = match (&*row.figure, &*row.unit) {
                (_, "mm") => 0.0,
                (CORRECTED_EF | EF_TO_THE_LETTER, _) => 60.0,
                (_, "%") => 100.0,
                ("ROI size", _) => 1600.0,
                _ if row.phase == "ED" => 60.0 * 1600.0,
                // 20 per pixel, and what 1024 pixels hold above that.
                _ => 20.0 * 1600.0 + 1024.0 * 25.0,
            };
            let model = row.model.known().unwrap();
            near(model.mean / expected.max(1.0), if expected > 0.0 { 1.0 } else { 0.0 });
            if let Some(consensus) = &row.consensus {
                assert_eq!(consensus.known().unwrap().mean, model.mean);
                assert_eq!(row.wilcoxon.as_ref().unwrap().known().unwrap().p, 1.0);
                near(row.by_patient.known().unwrap().mean, 0.0);
            }
        }
    }
    let parts = &result.ef_error_parts[0];
    assert!(parts.parts().iter().all(|(_, part, _)| part.mean.known().unwrap().mean == 0.0));
    near(result.ef_of_first().unwrap().limits.known().unwrap().bias, 0.0);
    // Differences that are all equal have no t and no equivalence; that is said, and nothing becomes NaN.
    assert!(result.ef_of_first().unwrap().paired_t.problem().is_some());
    assert!(sentences::sentences(&result)[0].contains("nothing was left out"));
}

#[test]
fn three_cases_are_as_computed_by_hand() {
    // ED ROIs of 1600, 2000 and 1200 pixels, the consensus 1600 within or around them; ES alike.
    let result = EvaluationResult::new(vec![read("a", 40), read("b", 50), read("c", 30)], None);
    let table = result.table(FrameSet::First).unwrap();
    let model = |figure, phase| table.row(figure, phase).unwrap().model.known().copied().unwrap();
    let (b, c) = (2.0 * 1600.0 / 3600.0, 2.0 * 1200.0 / 2800.0);
    near(model("Dice", "ED").mean, 100.0 * (1.0 + b + c) / 3.0);
    near(model("Dice", "ES").mean, 100.0);
    near(model("IoU of the LV", "ED").mean, 100.0 * (1.0 + 0.8 + 0.75) / 3.0);
    near(model("IoU of the LV", "ED").sd, 100.0 * ((0.15f64.powi(2) + 0.05f64.powi(2) + 0.1f64.powi(2)) / 2.0).sqrt());
    near(model("Pixel accuracy", "ED").mean, 100.0 * (1.0 - 800.0 / 3.0 / 65_536.0));
    near(model("ROI size", "ED").mean, 1600.0);
    near(model("ROI size", "ED").sd, 400.0);
    near(model("Pixel value", "ED").mean, 60.0 * 1600.0);
    // EF 1 - 25,600 / 64,000, 1 - 25,600 / 80,000 and 1 - 25,600 / 48,000.
    let ef = table.row(CORRECTED_EF, "ED and ES").unwrap();
    let efs = [60.0, 68.0, 100.0 * (1.0 - 1600.0 / 3000.0)];
    near(ef.model.known().unwrap().mean, efs.iter().sum::<f64>() / 3.0);
    near(ef.consensus.as_ref().unwrap().known().unwrap().mean, 60.0);
    near(ef.by_patient.known().unwrap().mean, efs.iter().sum::<f64>() / 3.0 - 60.0);
    // Differences 0, 8 and -13.3: one zero is dropped, and no pair of signs of two is rare.
    let test = ef.wilcoxon.as_ref().unwrap().known().unwrap();
    assert_eq!((test.zeros, test.used, test.p), (1, 2, 1.0));
    // The whole error is that of the ED ROI.
    let parts = &result.ef_error_parts[0].by_study[1];
    near(parts.end_diastole_roi, 8.0);
    near(parts.end_systole_roi.abs() + parts.background.abs(), 0.0);
    // Against the truth, the method's own 60 - 58 stands beside it.
    let against_truth = &result.ef_error_parts[1].by_study[1];
    near(against_truth.method.unwrap(), 2.0);
    near(against_truth.total, 10.0);
    let statistics = result.ef_of_first().unwrap();
    near(statistics.within_5_points_percent.unwrap(), 100.0 / 3.0);
    assert!(statistics.concordance.problem().unwrap().contains("at least 4"));
    // 46 a phase there, 6 here, and still three patients.
    let both = result.table(FrameSet::All).unwrap().row("Dice", "ED").unwrap();
    assert_eq!((both.readings, both.by_patient.known().unwrap().patients), (6, 3));
}

/// Finds the same on every frame.
struct Everywhere(Mask);

impl Segmenter for Everywhere {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Ok(Segmentation { masks: vec![self.0.clone(); study.frames()], ..Segmentation::default() })
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: "everywhere".into(), sha256: String::new() }
    }
}

/// The study, whose last frame is the first one with 0.6 of its counts, is read with the last frame as ED.
fn on_drop_off(case: &str) -> StudyReading {
    let mut material = material(case, Some(1.0));
    let mut counts = material.study.counts().clone();
    let lost = counts.index_axis(ndarray::Axis(0), 0).mapv(|count| 0.6 * count);
    counts.index_axis_mut(ndarray::Axis(0), 15).assign(&lost);
    material.study = GatedStudy::new(counts, Some([1.0; 2])).unwrap();
    material.images[0].frame = FrameIndex::new(15);
    StudyReading::new(&material, &Everywhere(block(40)), &paper())
}

#[test]
fn both_readings_of_equation_6_are_printed_where_ed_lost_counts() {
    let reading = on_drop_off("d");
    let ef = reading.ef(FramePair::First).unwrap();
    // By hand: ED holds 0.6 x 60 x 1600 = 57,600, ES 32,000 + 1024 x 25 = 57,600, and the level of ES is 20 per pixel. To the letter
    // both lose 32,000: EF 0. Frame 16 holds 834,432 counts where the mean of frames 15 and 1, 1,363,520, is expected, and loses that
    // share of 32,000 by the corrected equation.
    let net = 57_600.0 - 32_000.0 * 834_432.0 / 1_363_520.0;
    assert!((ef.both().unwrap()[0] - 100.0 * (1.0 - 25_600.0 / net)).abs() < 1e-2, "{:?}", ef.both());
    assert!(ef.both_of_one_level().unwrap().iter().all(|lvef| lvef.abs() < 1e-3), "{:?}", ef.both_of_one_level());
    assert!(ef.is_corrected());
    let whole = read("a", 40);
    assert!(!whole.ef(FramePair::First).unwrap().is_corrected());

    let result = EvaluationResult::new(vec![whole, read("b", 40), on_drop_off("c")], None);
    let table = result.table(FrameSet::First).unwrap();
    let mean = |figure| table.row(figure, "ED and ES").unwrap().model.known().unwrap().mean;
    near(mean(EF_TO_THE_LETTER), 40.0);
    near(mean(CORRECTED_EF) - 40.0, 100.0 * (1.0 - 25_600.0 / net) / 3.0);
    let markdown = tables::sheets(&result)[0].markdown();
    assert!(markdown.contains("On 1 of 3 studies (c) a frame lost counts"), "{markdown}");
}

#[test]
fn what_failed_is_named_and_in_no_mean() {
    let empty = || Mask::empty(SIDE, SIDE);
    let told = Told([block(40), block(40), empty(), block(40)]);
    let no_es = StudyReading::new(&material("d", None), &told, &paper());
    let all_failed = StudyReading::new(&material("e", Some(1.0)), &Broken, &paper());
    assert!(no_es.image(RatedPhase::EndDiastole).unwrap().surface.problem().unwrap().contains("pixel spacing"));
    assert!(no_es.ef(FramePair::Second).unwrap().both().is_some());
    near(no_es.rank_dice(), 0.5);
    let result = EvaluationResult::new(vec![read("a", 40), read("b", 50), read("c", 30), no_es, all_failed], None);
    let of = |case: &str| result.failures.iter().filter(|failure| failure.case == case).collect::<Vec<_>>();
    let d = of("d");
    assert_eq!(d.iter().map(|failure| failure.what.as_str()).collect::<Vec<_>>(), ["mask, ES", "EF, ED and ES"]);
    assert!(d[0].reason.contains("no left ventricle on frame 7"), "{}", d[0].reason);
    assert_eq!(of("e").len(), 6);
    assert!(of("e")[0].reason.contains("out of order"));
    let row = result.table(FrameSet::First).unwrap().row("Dice", "ES").unwrap();
    assert_eq!((row.readings, row.left_out), (3, 2));
    near(row.model.known().unwrap().mean, 100.0);
    near(result.dice_with_failures_percent[1].unwrap(), 60.0);
    let sheets = tables::sheets(&result);
    let failed = sheets.last().unwrap().markdown();
    assert!(failed.contains("Failed readings: 8") && failed.contains("mask, ES, second frame"), "{failed}");
    assert!(sheets[0].markdown().contains("Left out, since a side has no figure"));
    assert!(sentences::sentences(&result)[0].starts_with("8 readings failed"));
}

#[test]
fn tables_have_their_forms() {
    let result = EvaluationResult::new(vec![read("a", 40), read("b", 50), read("c", 30)], None);
    let markdown = tables::sheets(&result)[0].markdown();
    assert!(markdown.contains("3 simulated studies of 3 patients"), "{markdown}");
    assert!(markdown.contains("| ROI size, px | ED | 3 | 1600.00 ± 0.00 | 1600.00 ± 400.00 |"), "{markdown}");
    assert!(markdown.contains("| 94.65 ± 1.45 |") && markdown.contains("| 578,067 | - |"), "{markdown}");
    assert!(markdown.contains("60.37 ± 7.32 | 58.68 ± 7.22"), "{markdown}");
    let latex = tables::sheets(&result)[0].latex();
    assert!(latex.contains("ROI size, px & ED & 3 & 1600.00 $\\pm$ 0.00 &"), "{latex}");
    let rows = |bytes: Vec<u8>| -> Vec<csv::StringRecord> {
        csv::Reader::from_reader(bytes.as_slice()).records().map(Result::unwrap).collect()
    };
    assert_eq!(rows(csv_tables::table(&result).unwrap()).len(), 2 * 18);
    let cases = rows(csv_tables::cases(&result).unwrap());
    assert_eq!(cases.len(), 12);
    assert_eq!((&cases[4][0], &cases[4][3], &cases[4][6]), ("b", "ed", "0.888889"));
    let text = sheets_in_json(&result);
    assert!(!text.contains("null,null") && text.contains("\"not_computed\""), "{text}");
}

#[test]
fn sentences_look_at_the_numbers() {
    let result = EvaluationResult::new(vec![read("a", 40), read("b", 50), read("c", 30)], None);
    let all = sentences::sentences(&result).join("\n");
    // Differences of 0, 8 and -13.3 points: one patient of three is close; two that are not zero cannot give a small p.
    assert!(all.contains("1 of 3 patients (33.3 %, 95 % CI 0.8 to 90.6) lie within 5 points"), "{all}");
    assert!(all.contains("cannot give a p below 0.500 with 2 differences"), "{all}");
    assert!(all.contains("Primary endpoint") && all.contains("not met"), "{all}");
    assert!(all.contains("on study c, within 3 SDs of the bias"), "{all}");
    let endpoints = super::endpoints::Endpoints::new(&result);
    assert!(
        endpoints.multiplicity.contains(&format!("of the {} p values", endpoints.tests)),
        "{}",
        endpoints.multiplicity
    );
    assert!(endpoints.tests > 10);
}

#[test]
fn intervals_of_dice_and_distance_stay_within_their_range() {
    // Dice of 100, 100 and 85.7 %: Student's t would reach beyond 100.
    let result = EvaluationResult::new(vec![read("a", 40), read("b", 40), read("c", 30)], None);
    for row in result.table_one.iter().flat_map(|table| &table.rows).filter(|row| row.consensus.is_none()) {
        let Some(mean) = row.by_patient.known() else { continue };
        let [low, high] = mean.mean_ci95;
        let most = if row.unit == "%" { 100.0 } else { f64::INFINITY };
        assert!(0.0 <= low && low <= mean.mean && mean.mean <= high && high <= most, "{} {:?}", row.figure, mean);
    }
    let dice = result.table(FrameSet::First).unwrap().row("Dice", "ED").unwrap().by_patient.known().unwrap();
    assert!(dice.mean > 95.0 && dice.mean_ci95[1] < 100.0);
}

fn sheets_in_json(result: &EvaluationResult) -> String {
    serde_json::to_string(result).unwrap()
}

#[test]
fn the_model_is_placed_among_the_raters() {
    let rater = |name: &str| RecordedRater { rater: name.into(), group: Some("students".into()), left_out: false };
    let case = |case: &str| RatedCase {
        case: case.into(),
        consensus_lvef_percent: Some(60.0),
        lvef_percent: vec![Some(61.0), Some(90.0), None],
        images: vec![
            RatedImage { phase: RatedPhase::EndDiastole, dice: vec![Some(0.99), Some(0.5), None] },
            RatedImage { phase: RatedPhase::EndSystole, dice: vec![Some(0.99), Some(0.5), None] },
        ],
    };
    let record = RaterRecord {
        schema: String::new(),
        consensus_sha256: String::new(),
        raters: ["anna", "ben", "carl"].map(rater).into(),
        cases: ["a", "b", "z"].map(case).into(),
    };
    let result = EvaluationResult::new(vec![read("a", 40), read("b", 50), read("c", 30)], Some(&record));
    let baseline = result.raters.as_ref().unwrap();
    assert_eq!((baseline.studies, baseline.below_model_dice, baseline.above_model_ef_error), (2, [1, 2], 1));
    near(baseline.raters[1].ef_absolute_error_points.unwrap(), 30.0);
    assert!(baseline.raters[2].dice_percent[0].problem().is_some());
    near(baseline.model.dice_percent[1].known().unwrap().mean, 100.0);
}

#[test]
fn every_plot_is_drawn_and_says_what_is_simulated() {
    let result = EvaluationResult::new(vec![read("a", 40), read("b", 50), read("c", 30)], None);
    let plots = super::plots::plots(&result).unwrap();
    assert_eq!(plots.len(), 4, "no raters, no plot of them");
    for plot in &plots {
        let (svg, pdf) = (&plot.figure.svg, &plot.figure.pdf);
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{}", plot.file);
        assert!(!svg.contains("NaN") && svg.contains("simulated"), "{}", plot.file);
        assert!(svg.matches("<circle").count() >= 3, "{}", plot.file);
        assert!(pdf.starts_with(b"%PDF-1.7") && pdf.len() > 10_000, "{}", plot.file);
        assert_eq!(super::plots::pdf_file(plot.file), plot.file.replace(".svg", ".pdf"));
    }
    let nothing = EvaluationResult::new(Vec::new(), None);
    assert!(super::plots::plots(&nothing).unwrap().is_empty());
}
