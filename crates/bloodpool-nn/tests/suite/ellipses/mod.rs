//! Beating ellipses: a source of studies so simple that a network learns it in seconds.

use bloodpool_core::{GatedStudy, LabelledStudy, Mask, SampleError, SampleSource};
use ndarray::Array3;

/// Beating ellipses, in a matrix of `side` pixels.
pub(crate) struct Ellipses {
    pub(crate) side: usize,
    pub(crate) studies: Option<u64>,
}

/// Fixed numbers from 0 to 1, by index and purpose.
fn number(index: u64, purpose: u64) -> f64 {
    let mut z = (index * 31 + purpose).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

impl SampleSource for Ellipses {
    fn len(&self) -> Option<u64> {
        self.studies
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        let (side, frames) = (self.side, 12);
        let unit = side as f64 / 64.0;
        let (x, y) = ((36.0 + 6.0 * number(index, 1)) * unit, (30.0 + 6.0 * number(index, 2)) * unit);
        let size = (8.0 + 3.0 * number(index, 3)) * unit;
        let ef = 0.3 + 0.4 * number(index, 4);
        let volumes: Vec<f64> = (0..frames)
            .map(|frame| {
                let phase = std::f64::consts::TAU * frame as f64 / frames as f64;
                100.0 * (1.0 - ef * 0.5 * (1.0 - phase.cos()))
            })
            .collect();
        // Area goes with volume, so that counts of a flat ventricle do, too.
        let masks: Vec<Mask> = volumes
            .iter()
            .map(|volume| {
                let radius = size * (volume / 100.0).sqrt();
                Mask::from_fn(side, side, |row, column| {
                    let (dx, dy) = (column as f64 + 0.5 - x, (row as f64 + 0.5 - y) / 1.2);
                    dx.hypot(dy) <= radius
                })
            })
            .collect();
        let mut counts = Array3::from_elem((frames, side, side), 20.0_f32);
        let mut fraction = Array3::zeros((frames, side, side));
        for (frame, mask) in masks.iter().enumerate() {
            for (row, column) in mask.inside() {
                counts[[frame, row, column]] = 80.0;
                fraction[[frame, row, column]] = 0.75;
            }
        }
        // A bright neighbour that does not beat.
        for ((_, row, column), value) in counts.indexed_iter_mut() {
            let (dx, dy) = (column as f64 / unit - 16.0, row as f64 / unit - 40.0);
            *value += if dx.hypot(dy) < 9.0 { 70.0 } else { 0.0 };
        }
        let study = GatedStudy::new(counts, None).map_err(|error| SampleError { index, message: error.to_string() })?;
        Ok(LabelledStudy {
            study,
            masks,
            annotated: None,
            lv_fraction: Some(fraction),
            lv_volume_ml: Some(volumes),
            lvef_percent: Some(100.0 * ef),
            scene: None,
            reference: None,
        })
    }

    fn description(&self) -> String {
        format!("beating ellipses in {} pixels", self.side)
    }
}
