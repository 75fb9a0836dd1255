//! An own segmenter: a threshold in place of a network: `cargo run --release -p bloodpool --example own_segmenter`

use std::error::Error;

use bloodpool::{Analyzer, FrameIndex, GatedStudy, Mask, ModelIdentity, Segmentation, SegmentationError, Segmenter};

/// The hottest part of the middle of each frame. Good enough for a disc, not for a patient.
struct Threshold;

impl Segmenter for Threshold {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let (rows, columns) = (study.rows(), study.columns());
        let largest = study.counts().iter().copied().fold(0.0, f32::max);
        let mask = |frame: FrameIndex| {
            let counts = study.frame(frame);
            Mask::from_fn(rows, columns, |row, column| counts[[row, column]] > 0.5 * largest).largest_component()
        };
        Ok(Segmentation { masks: FrameIndex::all(study.frames()).map(mask).collect(), ..Segmentation::default() })
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: "threshold".into(), sha256: String::new() }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A disc whose counts fall to 0.4 and rise again, over a flat background.
    let counts = ndarray::Array3::from_shape_fn((16, 64, 64), |(frame, row, column)| {
        let inside = (row as f64 - 32.0).hypot(column as f64 - 32.0) < 9.0;
        let filling = 0.7 + 0.3 * (frame as f64 * std::f64::consts::TAU / 16.0).cos();
        if inside { (20.0 + 180.0 * filling) as f32 } else { 20.0 }
    });
    let study = GatedStudy::new(counts, Some([4.0, 4.0]))?;
    let analyzed = Analyzer::with_segmenter(Box::new(Threshold)).analyze_study("disc", study)?;
    println!("LVEF {:.1} % by {}", analyzed.analysis().lvef_percent, analyzed.analysis().protocol.name);
    Ok(())
}
