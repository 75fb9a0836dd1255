//! The whole story on a synthetic study whose counts are known by construction.

use bloodpool::analysis::{FrameSource, measure};
use bloodpool::{GatedStudy, Mask, ModelIdentity, Protocol, Segmentation};
use ndarray::Array3;

const SIDE: usize = 64;
const FRAMES: usize = 24;
const BACKGROUND: f32 = 20.0;
/// Net LV counts at ED; at ES 40 % of them are left.
const ED_COUNTS: f64 = 30_000.0;

fn identity() -> ModelIdentity {
    ModelIdentity { name: "truth".into(), sha256: String::new() }
}

/// Net counts of a frame: lowest at frame 9 (from 1).
fn lv_counts(frame: usize) -> f64 {
    let phase = frame as f64 / FRAMES as f64;
    let peak = 8.0 / FRAMES as f64;
    // Rises and falls as half cosines, so that ED is frame 1 and ES frame 9.
    let contraction = if phase < peak {
        (1.0 - (std::f64::consts::PI * phase / peak).cos()) / 2.0
    } else {
        (1.0 + (std::f64::consts::PI * (phase - peak) / (1.0 - peak)).cos()) / 2.0
    };
    ED_COUNTS * (1.0 - 0.6 * contraction)
}

/// A disc of LV counts on an even background, the disc's radius following the counts.
fn study() -> (GatedStudy, Segmentation) {
    let masks: Vec<Mask> = (0..FRAMES)
        .map(|frame| {
            let radius = 8.0 * (lv_counts(frame) / ED_COUNTS).cbrt();
            Mask::from_fn(SIDE, SIDE, |row, column| (row as f64 - 34.0).hypot(column as f64 - 36.0) <= radius)
        })
        .collect();
    let mut counts = Array3::from_elem((FRAMES, SIDE, SIDE), BACKGROUND);
    let mut fraction = Array3::zeros((FRAMES, SIDE, SIDE));
    for (frame, mask) in masks.iter().enumerate() {
        let lv = (lv_counts(frame) / mask.area() as f64) as f32;
        for (row, column) in mask.inside() {
            counts[[frame, row, column]] += lv;
            fraction[[frame, row, column]] = lv / (lv + BACKGROUND);
        }
    }
    (
        GatedStudy::new(counts, Some([4.0, 4.0])).expect("a valid study"),
        Segmentation { masks, lv_fraction: Some(fraction) },
    )
}

#[test]
fn every_protocol_finds_the_known_ejection_fraction() {
    let (study, segmentation) = study();
    for name in Protocol::NAMES {
        let protocol = Protocol::by_name(name).unwrap();
        let analysis = measure(&study, segmentation.clone(), identity(), &protocol).unwrap();
        assert_eq!(analysis.end_diastole.frame, 1, "{name}");
        assert_eq!(analysis.end_systole.frame, 9, "{name}");
        assert_eq!(analysis.frame_source, FrameSource::Automatic);
        let lvef = analysis.lvef_by_protocol;
        // On the study's own grid the ROI holds exactly the LV; the 256 grid blurs a little over its edge, and the
        // four harmonics of `unmixed` round off the corner of the curve at ES.
        assert!((lvef.standard.unwrap() - 60.0).abs() < 0.001, "{lvef:?}");
        assert!((lvef.fixed_roi.unwrap() - 60.0).abs() < 0.001, "{lvef:?}");
        assert!((lvef.paper.unwrap() - 60.0).abs() < 0.5, "{lvef:?}");
        assert!((lvef.unmixed.unwrap() - 60.0).abs() < 0.3, "{lvef:?}");
    }
}
