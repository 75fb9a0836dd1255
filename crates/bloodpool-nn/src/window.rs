//! `Window`: the square of a study that is the input of a network pass, and resampling between the two in both directions.

use bloodpool_core::GatedStudy;

/// Largest ratio of the sides of a pixel; beyond that the recorded spacing is taken for an error of the file.
const LONGEST_PIXEL: f64 = 3.0;

/// Height of a study's pixels in widths: above 1 where rows lie further apart than columns; 1 where the spacing is not
/// recorded or cannot be right.
#[must_use]
pub fn pixel_aspect(study: &GatedStudy) -> f64 {
    let aspect = study.pixel_spacing_mm().map_or(1.0, |[rows, columns]| rows / columns);
    let plausible = (1.0 / LONGEST_PIXEL..=LONGEST_PIXEL).contains(&aspect);
    // Files hold rounded spacings: pixels that are square but for rounding are square.
    if plausible && (aspect - 1.0).abs() > 1e-3 { aspect } else { 1.0 }
}

/// A square of the patient, in study pixels; the centre of pixel (row, column) lies at y = row + 0.5, x = column + 0.5.
/// Lengths are in widths of a pixel, so that the square is one in millimetres where pixels are not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Column of the centre.
    pub x: f64,
    /// Row of the centre.
    pub y: f64,
    /// Side of the square, in widths of a pixel.
    pub side: f64,
    /// Height of a pixel in widths.
    pub aspect: f64,
    /// Rotation about the centre, radians.
    pub angle: f64,
    /// Pixels along a side of the network's grid, which covers the window.
    pub grid: usize,
}

impl Window {
    /// The whole field of view of square pixels, padded to a square.
    #[must_use]
    pub fn whole(rows: usize, columns: usize, grid: usize) -> Self {
        Self::whole_of(rows, columns, 1.0, grid)
    }

    /// The whole field of view of a study, padded to a square in millimetres.
    #[must_use]
    pub fn field(study: &GatedStudy, grid: usize) -> Self {
        Self::whole_of(study.rows(), study.columns(), pixel_aspect(study), grid)
    }

    fn whole_of(rows: usize, columns: usize, aspect: f64, grid: usize) -> Self {
        let side = (rows as f64 * aspect).max(columns as f64);
        Self { x: columns as f64 / 2.0, y: rows as f64 / 2.0, side, aspect, angle: 0.0, grid }
    }

    /// Widths of a study pixel to a grid pixel.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.side / self.grid as f64
    }

    /// Study coordinates of a point of the grid.
    #[must_use]
    pub fn to_study(&self, u: f64, v: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let half = self.grid as f64 / 2.0;
        let (dx, dy) = ((u - half) * self.step(), (v - half) * self.step());
        (self.x + cos * dx - sin * dy, self.y + (sin * dx + cos * dy) / self.aspect)
    }

    /// Grid coordinates of a point of the study.
    #[must_use]
    pub fn to_grid(&self, x: f64, y: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let half = self.grid as f64 / 2.0;
        let (dx, dy) = ((x - self.x) / self.step(), (y - self.y) * self.aspect / self.step());
        (half + cos * dx + sin * dy, half - sin * dx + cos * dy)
    }
}

/// A linear map from one raster to another: bilinear where it enlarges, area averages where it shrinks, 0 outside.
#[derive(Debug, Clone)]
pub struct Resampler {
    starts: Vec<usize>,       // [outputs + 1]
    entries: Vec<(u32, f32)>, // input pixel and its weight
}

impl Resampler {
    /// From a study's matrix to the window's grid.
    #[must_use]
    pub fn to_grid(window: &Window, rows: usize, columns: usize) -> Self {
        Self::to_distorted_grid(window, rows, columns, |u, v| (u, v))
    }

    /// From a study's matrix to the window's grid; `distort` gives the point of the grid that each point is taken from.
    #[must_use]
    pub fn to_distorted_grid(
        window: &Window,
        rows: usize,
        columns: usize,
        distort: impl Fn(f64, f64) -> (f64, f64),
    ) -> Self {
        let step = window.step() * (1.0 / window.aspect).max(1.0);
        Self::new((window.grid, window.grid), (rows, columns), step, |u, v| {
            let (u, v) = distort(u, v);
            window.to_study(u, v)
        })
    }

    /// From the window's grid to the study's matrix.
    #[must_use]
    pub fn to_study(window: &Window, rows: usize, columns: usize) -> Self {
        let step = window.aspect.max(1.0) / window.step();
        Self::new((rows, columns), (window.grid, window.grid), step, |x, y| window.to_grid(x, y))
    }

    /// `step` is the longer side of an output pixel in input pixels; `map` takes output coordinates to input coordinates.
    fn new(output: (usize, usize), input: (usize, usize), step: f64, map: impl Fn(f64, f64) -> (f64, f64)) -> Self {
        let samples = ((step - 1e-9).ceil() as usize).max(1); // along each side of an output pixel
        let share = 1.0 / (samples * samples) as f64;
        let mut starts = vec![0];
        let mut entries = Vec::new();
        for row in 0..output.0 {
            for column in 0..output.1 {
                for sample in 0..samples * samples {
                    let offset = |index: usize| (index as f64 + 0.5) / samples as f64;
                    let (x, y) = map(column as f64 + offset(sample % samples), row as f64 + offset(sample / samples));
                    add_bilinear(&mut entries, x, y, input, share);
                }
                starts.push(entries.len());
            }
        }
        Self { starts, entries }
    }

    /// Resamples one image.
    pub fn apply(&self, input: &[f32], output: &mut [f32]) {
        for (value, range) in output.iter_mut().zip(self.starts.windows(2)) {
            *value =
                self.entries[range[0]..range[1]].iter().map(|&(pixel, weight)| weight * input[pixel as usize]).sum();
        }
    }

    /// Resamples images that follow one another, of `pixels` each.
    #[must_use]
    pub fn apply_all(&self, input: &[f32], pixels: usize) -> Vec<f32> {
        let outputs = self.starts.len() - 1;
        let mut output = vec![0.0; input.len() / pixels * outputs];
        for (source, target) in input.chunks_exact(pixels).zip(output.chunks_exact_mut(outputs)) {
            self.apply(source, target);
        }
        output
    }
}

fn add_bilinear(entries: &mut Vec<(u32, f32)>, x: f64, y: f64, (rows, columns): (usize, usize), share: f64) {
    if x < 0.0 || y < 0.0 || x > columns as f64 || y > rows as f64 {
        return;
    }
    let (x, y) = ((x - 0.5).clamp(0.0, (columns - 1) as f64), (y - 0.5).clamp(0.0, (rows - 1) as f64));
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let (left, top) = (left as usize, top as usize);
    for (row, wy) in [(top, 1.0 - fy), (top + 1, fy)] {
        for (column, wx) in [(left, 1.0 - fx), (left + 1, fx)] {
            let weight = wx * wy * share;
            if weight > 1e-9 {
                entries.push(((row * columns + column) as u32, weight as f32)); // a matrix has at most 2^20 pixels
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: usize = 64;

    fn blob(rows: usize, columns: usize) -> Vec<f32> {
        let sigma = rows as f64 / 10.0;
        (0..rows * columns)
            .map(|pixel| {
                let (dy, dx) = (
                    (pixel / columns) as f64 + 0.5 - 0.45 * rows as f64,
                    (pixel % columns) as f64 + 0.5 - 0.55 * columns as f64,
                );
                (-(dx * dx + dy * dy) / (2.0 * sigma * sigma)).exp() as f32
            })
            .collect()
    }

    #[test]
    fn the_whole_field_of_a_grid_sized_study_is_the_study() {
        let image = blob(GRID, GRID);
        let window = Window::whole(GRID, GRID, GRID);
        let there = Resampler::to_grid(&window, GRID, GRID).apply_all(&image, GRID * GRID);
        assert!(image.iter().zip(&there).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn shrinking_averages_areas_and_keeps_the_sum() {
        let image = blob(128, 128);
        let window = Window::whole(128, 128, GRID);
        let there = Resampler::to_grid(&window, 128, 128).apply_all(&image, 128 * 128);
        let expected = (image[0] + image[1] + image[128] + image[129]) / 4.0;
        assert!((there[0] - expected).abs() < 1e-6);
        let (before, after): (f32, f32) = (image.iter().sum(), there.iter().sum());
        assert!((before - 4.0 * after).abs() < 1e-2 * before);
    }

    #[test]
    fn there_and_back_again() {
        for (rows, columns) in [(64, 64), (128, 128), (48, 80)] {
            let image = blob(rows, columns);
            let window = Window {
                x: 0.55 * columns as f64,
                y: 0.45 * rows as f64,
                side: 0.9 * rows as f64,
                angle: 0.2,
                aspect: 1.0,
                grid: GRID,
            };
            let there = Resampler::to_grid(&window, rows, columns).apply_all(&image, rows * columns);
            let back = Resampler::to_study(&window, rows, columns).apply_all(&there, GRID * GRID);
            let worst = image.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 0.06, "{rows} x {columns}: {worst}");
        }
    }

    #[test]
    fn points_return_to_themselves() {
        for aspect in [1.0, 2.0, 0.5] {
            let window = Window { x: 30.0, y: 22.0, side: 17.0, angle: -0.3, aspect, grid: GRID };
            let (x, y) = window.to_study(12.5, 51.0);
            let (u, v) = window.to_grid(x, y);
            assert!((u - 12.5).abs() < 1e-9 && (v - 51.0).abs() < 1e-9);
        }
    }

    #[test]
    fn outside_the_field_there_is_nothing() {
        let window = Window { x: 0.0, y: 0.0, side: 64.0, angle: 0.0, aspect: 1.0, grid: GRID };
        let there = Resampler::to_grid(&window, 64, 64).apply_all(&vec![1.0; 64 * 64], 64 * 64);
        assert_eq!((there[0], there[GRID * GRID - 1]), (0.0, 1.0));
    }
    fn study(rows: usize, columns: usize, spacing: Option<[f64; 2]>) -> GatedStudy {
        GatedStudy::new(ndarray::Array3::from_elem((8, rows, columns), 1.0), spacing).unwrap()
    }

    #[test]
    fn pixels_are_as_high_as_their_spacing_where_it_is_plausible() {
        let aspect = |spacing| pixel_aspect(&study(64, 64, spacing));
        assert_eq!([None, Some([4.0, 4.0]), Some([4.0, 4.0004]), Some([400.0, 4.0])].map(aspect), [1.0; 4]);
        assert_eq!([Some([6.0, 3.0]), Some([3.0, 6.0])].map(aspect), [2.0, 0.5]);
    }

    #[test]
    fn a_field_of_oblong_pixels_is_a_square_in_millimetres() {
        // 32 rows of 8 mm and 64 columns of 4 mm: every second row of a study of 64 x 64 pixels of 4 mm.
        let window = Window::field(&study(32, 64, Some([8.0, 4.0])), GRID);
        assert_eq!(
            (window.side, window.to_study(0.0, 0.0), window.to_study(64.0, 64.0)),
            (64.0, (0.0, 0.0), (64.0, 32.0))
        );
        let image: Vec<f32> = (0..32 * 64).map(|pixel| (pixel / 64) as f32).collect(); // its row
        let there = Resampler::to_grid(&window, 32, 64).apply_all(&image, 32 * 64);
        assert!((there[31 * GRID + 7] - 15.25).abs() < 1e-6); // y = 31.5 / 2 = 15.75, and row 15's centre is at 15.5
        let back = Resampler::to_study(&window, 32, 64).apply_all(&there, GRID * GRID);
        assert!(back.iter().zip(&image).all(|(back, image)| (back - image).abs() < 0.2));
    }
}
