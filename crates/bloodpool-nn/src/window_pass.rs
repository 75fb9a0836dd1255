//! `WindowPass`: the output of a network for some frames in one window, and the position of the left ventricle in it.

use bloodpool_core::{GatedStudy, Landmarks, Mask, Recognition};
use bloodpool_stats::overlap;
use ndarray::Array2;

use crate::engine::EngineOutput;
use crate::network::scene::{self, LANDMARKS};
use crate::window::{Resampler, Window};

/// Side of the window of the refined pass, in square roots of the LV's end-diastolic area.
const REFINED_SIDE: f64 = 3.2;
/// The refined pass is repeated once when the LV is larger, smaller or further off centre than expected by this factor.
const TOLERATED: f64 = 1.25;
/// Smallest side of the window of the refined pass, in widths of a study pixel.
const SMALLEST_SIDE: f64 = 8.0;
/// A landmark's position is the mean over so many grid pixels around the most probable one, so that a second, lower
/// maximum elsewhere does not move it.
const LANDMARK_REACH: usize = 5;

/// The output of a network for some frames in one window. Planes are `[frame, row, column]` of its grid; those that the
/// network does not predict are empty.
#[derive(Debug)]
pub(crate) struct WindowPass {
    pub(crate) window: Window,
    /// Frames of the pass, from 0.
    pub(crate) frames: Vec<usize>,
    /// Probability of LV.
    pub(crate) probability: Vec<f32>,
    /// Fraction of the counts that come from LV blood.
    pub(crate) fraction: Vec<f32>,
    /// Probability of RV.
    pub(crate) rv: Vec<f32>,
    /// Fraction of the counts that come from RV blood.
    pub(crate) rv_fraction: Vec<f32>,
    /// Positions of the landmarks of each frame, grid coordinates.
    positions: Vec<[[f64; 2]; LANDMARKS]>,
    /// Logits of the recognition, a sum over frames, and their number.
    recognition: (Vec<f32>, usize),
}

/// Where the LV is, in study pixels, and the square root of its area in widths of a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LvPosition {
    x: f64,
    y: f64,
    root_area: f64,
    aspect: f64,
}

impl WindowPass {
    /// A pass over a window without any output yet.
    pub(crate) fn new(window: Window, frames: &[usize]) -> Self {
        Self {
            window,
            frames: frames.to_vec(),
            probability: Vec::new(),
            fraction: Vec::new(),
            rv: Vec::new(),
            rv_fraction: Vec::new(),
            positions: Vec::new(),
            recognition: (Vec::new(), 0),
        }
    }

    /// Adds the output for the next frames, so many.
    pub(crate) fn add(&mut self, output: EngineOutput, frames: usize) {
        let EngineOutput { lv, lv_fraction, rv, rv_fraction, landmarks, recognition } = output;
        self.probability.extend(lv);
        self.fraction.extend(lv_fraction);
        self.rv.extend(rv);
        self.rv_fraction.extend(rv_fraction);
        let grid = self.window.grid;
        for of_frame in landmarks.chunks_exact(LANDMARKS * grid * grid) {
            let position = |index: usize| position_of(&of_frame[index * grid * grid..][..grid * grid], grid);
            self.positions.push(std::array::from_fn(position));
        }
        let (sums, count) = &mut self.recognition;
        sums.resize(recognition.len(), 0.0);
        sums.iter_mut().zip(&recognition).for_each(|(sum, logit)| *sum += logit * frames as f32);
        *count += frames;
    }

    /// The LV by its largest area over the frames, and its centre over the cycle; `None` where no LV is predicted.
    pub(crate) fn lv_position(&self) -> Option<LvPosition> {
        let grid = self.window.grid;
        let largest = (self.probability.chunks_exact(grid * grid))
            .map(|frame| mask_of(frame, grid, grid).largest_component())
            .max_by_key(Mask::area)
            .filter(|mask| !mask.is_empty())?;
        let (mut sum, mut u, mut v) = (0.0, 0.0, 0.0);
        for frame in self.probability.chunks_exact(grid * grid) {
            for (row, column) in largest.inside() {
                let weight = f64::from(frame[row * grid + column]);
                sum += weight;
                u += weight * (column as f64 + 0.5);
                v += weight * (row as f64 + 0.5);
            }
        }
        let (x, y) = self.window.to_study(u / sum, v / sum);
        let root_area = (largest.area() as f64).sqrt() * self.window.step();
        Some(LvPosition { x, y, root_area, aspect: self.window.aspect })
    }

    /// Landmarks of each frame in study pixels.
    pub(crate) fn landmarks(&self) -> Option<Vec<Landmarks>> {
        let point = |[u, v]: [f64; 2]| {
            let (x, y) = self.window.to_study(u, v);
            [x - 0.5, y - 0.5]
        };
        let of_frame = |positions: &[[f64; 2]; LANDMARKS]| {
            let [apex, septal, lateral] = positions.map(point);
            Landmarks { apex, valve_plane: [septal, lateral] }
        };
        (!self.positions.is_empty()).then(|| self.positions.iter().map(of_frame).collect())
    }

    /// The recognition, from the mean logits of all frames.
    pub(crate) fn recognition(&self) -> Option<Recognition> {
        let (sums, frames) = &self.recognition;
        let logits: Vec<f32> = sums.iter().map(|sum| sum / *frames as f32).collect();
        scene::recognition(&logits)
    }

    /// Entropy of the LV's probability, bits, divided by its sum; `None` where no LV is predicted.
    pub(crate) fn edge_entropy(&self) -> Option<f64> {
        let (mut entropy, mut area) = (0.0, 0.0);
        for p in self.probability.iter().map(|p| f64::from(*p)) {
            area += p;
            for part in [p, 1.0 - p] {
                if part > 0.0 {
                    entropy -= part * part.log2();
                }
            }
        }
        (area > 0.5).then(|| entropy / area)
    }

    /// Dice of the mean outline over the frames of this pass with that of another pass, which has all frames, over the
    /// same frames; `None` where neither predicts an LV.
    pub(crate) fn dice_with(&self, all: &Self, study: &GatedStudy) -> Option<f64> {
        let outlines = [self, all].map(|pass| {
            let pixels = pass.window.grid * pass.window.grid;
            let mut mean = vec![0.0; pixels];
            for frame in &self.frames {
                let index = pass.frames.iter().position(|one| one == frame)?;
                let probability = pass.probability.get(index * pixels..(index + 1) * pixels)?;
                mean.iter_mut().zip(probability).for_each(|(sum, p)| *sum += p / self.frames.len() as f32);
            }
            let (rows, columns) = (study.rows(), study.columns());
            let back = Resampler::to_study(&pass.window, rows, columns);
            Some(mask_of(&back.apply_all(&mean, pixels), rows, columns))
        });
        let [Some(one), Some(other)] = outlines else { return None };
        overlap(&one, &other).ok().filter(|_| !one.is_empty() || !other.is_empty()).map(|overlap| overlap.dice)
    }
}

/// Mean position of a softmax around its maximum, grid coordinates.
fn position_of(logits: &[f32], grid: usize) -> [f64; 2] {
    let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(0);
    let around = |at: usize| at.saturating_sub(LANDMARK_REACH)..(at + LANDMARK_REACH + 1).min(grid);
    let (mut sum, mut u, mut v) = (0.0, 0.0, 0.0);
    for row in around(best / grid) {
        for column in around(best % grid) {
            let weight = f64::from(logits[row * grid + column] - logits[best]).exp();
            sum += weight;
            u += weight * (column as f64 + 0.5);
            v += weight * (row as f64 + 0.5);
        }
    }
    [u / sum, v / sum]
}

impl LvPosition {
    /// The window of the refined pass, no larger than the field.
    pub(crate) fn window(&self, field: &Window) -> Window {
        let side = (REFINED_SIDE * self.root_area).clamp(SMALLEST_SIDE.min(field.side), field.side);
        Window { x: self.x, y: self.y, side, ..*field }
    }

    /// Whether a window made for `self` also fits `other`.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        let ratio = self.root_area / other.root_area;
        let shift = (self.x - other.x).hypot((self.y - other.y) * self.aspect) / self.root_area;
        (1.0 / TOLERATED..=TOLERATED).contains(&ratio) && shift < TOLERATED - 1.0
    }
}

/// The pixels of a frame whose probability is above one half.
pub(crate) fn mask_of(probability: &[f32], rows: usize, columns: usize) -> Mask {
    Mask::new(Array2::from_shape_fn((rows, columns), |(row, column)| probability[row * columns + column] > 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: usize = 64;

    /// A disc of probability 1 about a point of the grid.
    fn pass_with_disc(window: Window, u: f64, v: f64, radius: f64) -> WindowPass {
        let disc = |pixel: usize| {
            let (du, dv) = ((pixel % GRID) as f64 + 0.5 - u, (pixel / GRID) as f64 + 0.5 - v);
            f32::from(u8::from(du.hypot(dv) <= radius))
        };
        WindowPass {
            probability: (0..2 * GRID * GRID).map(|i| disc(i % (GRID * GRID))).collect(),
            ..WindowPass::new(window, &[0, 1])
        }
    }

    #[test]
    fn the_lv_is_found_in_study_pixels() {
        let found = pass_with_disc(Window::whole(128, 128, GRID), 20.0, 40.0, 8.0).lv_position().unwrap();
        assert!((found.x - 40.0).abs() < 0.1 && (found.y - 80.0).abs() < 0.1);
        assert!((found.root_area - 16.0 * std::f64::consts::PI.sqrt()).abs() < 0.5, "{found:?}");
        assert_eq!(pass_with_disc(Window::whole(64, 64, GRID), 0.0, 0.0, -1.0).lv_position(), None);
    }

    #[test]
    fn the_window_of_the_refined_pass_has_limits() {
        let field = Window::whole(64, 64, GRID);
        let window = |root_area: f64| LvPosition { x: 30.0, y: 30.0, root_area, aspect: 1.0 }.window(&field);
        assert!((window(10.0).side - 10.0 * REFINED_SIDE).abs() < 1e-9);
        assert_eq!((window(0.5).side, window(60.0).side), (SMALLEST_SIDE, 64.0));
    }

    #[test]
    fn a_pass_is_repeated_when_the_lv_is_elsewhere_or_of_another_size() {
        let found = LvPosition { x: 30.0, y: 30.0, root_area: 10.0, aspect: 1.0 };
        assert!(found.agrees_with(&LvPosition { x: 31.0, root_area: 11.0, ..found }));
        assert!(!found.agrees_with(&LvPosition { root_area: 14.0, ..found }));
        assert!(!found.agrees_with(&LvPosition { y: 34.0, ..found }));
    }

    #[test]
    fn the_lv_of_oblong_pixels_is_found_in_millimetres() {
        // 64 rows, each twice as high as a column is wide: a field of 128 widths.
        let window = Window { x: 32.0, y: 32.0, side: 128.0, angle: 0.0, aspect: 2.0, grid: GRID };
        let found = pass_with_disc(window, 32.0, 48.0, 8.0).lv_position().unwrap();
        assert!((found.x - 32.0).abs() < 0.1 && (found.y - 48.0).abs() < 0.1, "{found:?}");
        assert!((found.root_area - 16.0 * std::f64::consts::PI.sqrt()).abs() < 0.5, "{found:?}");
        assert!(!found.agrees_with(&LvPosition { y: found.y + 4.0, ..found })); // 8 widths are a quarter of 28
        assert!(found.agrees_with(&LvPosition { x: found.x + 4.0, ..found }));
    }

    #[test]
    fn a_landmark_is_the_mean_around_the_maximum() {
        let mut logits = vec![-50.0; GRID * GRID];
        (logits[20 * GRID + 10], logits[20 * GRID + 11]) = (0.0, 3.0_f32.ln());
        logits[50 * GRID + 50] = 0.5; // a second maximum far away
        let [u, v] = position_of(&logits, GRID);
        assert!((u - 11.25).abs() < 1e-6 && (v - 20.5).abs() < 1e-6, "{u} {v}");
    }

    #[test]
    fn a_certain_edge_has_no_entropy_and_equal_passes_agree() {
        let study = GatedStudy::new(ndarray::Array3::from_elem((8, 64, 64), 1.0), None).unwrap();
        let sure = pass_with_disc(Window::whole(64, 64, GRID), 20.0, 40.0, 8.0);
        assert_eq!(sure.edge_entropy(), Some(0.0));
        assert_eq!(sure.dice_with(&sure, &study), Some(1.0));
        let doubt = WindowPass { probability: vec![0.5; 2 * GRID * GRID], ..WindowPass::new(sure.window, &[0, 1]) };
        assert!((doubt.edge_entropy().unwrap() - 2.0).abs() < 1e-9); // one bit for each half pixel
        let nothing = pass_with_disc(sure.window, 0.0, 0.0, -1.0);
        assert_eq!((nothing.edge_entropy(), nothing.dice_with(&nothing, &study)), (None, None));
    }
}
