//! `function` and `right_ventricle` of the analysis document, of simulated studies with true outlines.
#![allow(clippy::unwrap_used)]

use bloodpool_core::analysis::measure;
use bloodpool_core::{Analysis, GatedStudy, ModelIdentity, Protocol, Segmentation};
use bloodpool_phantom::{Family, Population};
use bloodpool_report::AnalysisDocument;
use serde_json::{Value, json};

fn analysed(change: impl FnOnce(&mut GatedStudy, &mut Segmentation)) -> (GatedStudy, Analysis) {
    let simulated = Population::ordinary(Family::Own, 31).study(2).unwrap().labelled;
    let (mut study, mut outlines) = (simulated.study.clone(), simulated.perfect_segmentation());
    change(&mut study, &mut outlines);
    let model = ModelIdentity { name: "perfect".into(), sha256: String::new() };
    let analysis = measure(&study, outlines, model, &Protocol::background_image()).unwrap();
    (study, analysis)
}

fn document(change: impl FnOnce(&mut GatedStudy, &mut Segmentation)) -> AnalysisDocument {
    let (study, analysis) = analysed(change);
    AnalysisDocument::new("a.dcm", &study, &analysis, analysis.function(&study).as_ref()).unwrap()
}

#[test]
fn it_holds_what_the_analysis_computes() {
    let (study, analysis) = analysed(|_, _| {});
    let function = analysis.function(&study).unwrap();
    let document = AnalysisDocument::new("a.dcm", &study, &analysis, Some(&function)).unwrap();
    let json = serde_json::to_value(&document).unwrap();
    let curve = function.curve.value().unwrap();
    let rate = curve.results[0].outcome.value().unwrap();
    let fields = &json["function"]["peak_ejection_rate_edv_per_s"];
    assert_eq!(*fields, json!({"value": rate.value, "reason": null}));
    let unreliable = &json["function"]["time_to_peak_filling_ms"];
    assert_eq!((&unreliable["value"], &unreliable["reason"]["code"]), (&json!(null), &json!("interval_unreliable")));
    assert_eq!(json["function"]["curve"]["value"]["net_counts"], json["time_activity_curve"]["net_counts"]);
    let lv = function.phases.lv.value().unwrap();
    assert_eq!(json["function"]["phase"]["value"]["sd_degrees"], lv.sd_degrees);
    let sectors = json["function"]["sectors"]["value"]["sectors"].as_array().unwrap();
    let first = &function.sectors.value().unwrap().ejection_fractions[0];
    assert_eq!((sectors.len(), &sectors[0]["number"]), (8, &json!(1)));
    assert_eq!(sectors[0]["ef_percent"]["value"], first.outcome.value().unwrap().ef_percent);
    let rv = function.right_ventricle.value().unwrap();
    assert_eq!(json["right_ventricle"]["status"], "experimental");
    assert_eq!(json["right_ventricle"]["rvef_percent"], json!({"value": rv.rvef_percent, "reason": null}));
    assert_eq!(json["right_ventricle"]["end_systole_frame"], rv.end_systole.number());
    assert_eq!(json["right_ventricle"]["net_counts"].as_array().unwrap().len(), study.frames());
    let read: AnalysisDocument = serde_json::from_value(json).unwrap();
    assert_eq!(read, document);
}

#[test]
fn reasons_stand_where_numbers_are_missing() {
    let document = document(|study, outlines| {
        study.gating.frame_time_ms = None;
        outlines.rv = None;
        outlines.landmarks = None;
    });
    let json = serde_json::to_value(&document).unwrap();
    let function = &json["function"];
    let reason = json!({"code": "frame_time_absent", "message": "the frame time is not recorded"});
    assert_eq!(function["time_to_peak_filling_ms"], json!({"value": null, "reason": reason}));
    assert_eq!((&function["marks"], &function["cycle_ms"]), (&Value::Null, &Value::Null));
    assert!(function["curve"]["value"]["smoothed_counts"].is_array());
    assert_eq!(function["sectors"]["reason"]["code"], "no_landmarks");
    assert_eq!(function["septal_phase"]["reason"]["code"], "no_landmarks");
    let rv = &json["right_ventricle"];
    assert_eq!(rv["rvef_percent"]["reason"]["code"], "no_right_ventricle");
    assert_eq!(rv["left_over_right_stroke_counts"]["reason"]["code"], "no_right_ventricle");
    assert_eq!((&rv["counting_error_points"], &rv["net_counts"]), (&Value::Null, &json!([])));
}

#[test]
fn documents_without_them_still_read() {
    let mut json = serde_json::to_value(document(|_, _| {})).unwrap();
    let fields = json.as_object_mut().unwrap();
    fields.remove("function").unwrap();
    fields.remove("right_ventricle").unwrap();
    let read: AnalysisDocument = serde_json::from_value(json).unwrap();
    assert!(read.function.is_none() && read.right_ventricle.is_none());
}

#[test]
fn a_withheld_lvef_has_neither() {
    let document = document(|study, outlines| {
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
    assert!(document.lvef_percent.is_none() && document.withheld.is_some());
    assert!(document.function.is_none() && document.right_ventricle.is_none());
}
