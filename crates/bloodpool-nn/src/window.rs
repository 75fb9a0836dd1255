//! `Window`: the square of a study that the network looks at, and resampling between the two, both ways.

/// A square of the study, in study pixels; the centre of pixel (row, column) lies at y = row + 0.5, x = column + 0.5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Column of the centre.
    pub x: f64,
    /// Row of the centre.
    pub y: f64,
    /// Side of the square.
    pub side: f64,
    /// Rotation about the centre, radians.
    pub angle: f64,
    /// Pixels along a side of the network's grid, which covers the window.
    pub grid: usize,
}

impl Window {
    /// The whole field of view, padded to a square.
    #[must_use]
    pub fn whole(rows: usize, columns: usize, grid: usize) -> Self {
        Self { x: columns as f64 / 2.0, y: rows as f64 / 2.0, side: rows.max(columns) as f64, angle: 0.0, grid }
    }

    /// Study pixels to a grid pixel.
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
        (self.x + cos * dx - sin * dy, self.y + sin * dx + cos * dy)
    }

    /// Grid coordinates of a point of the study.
    #[must_use]
    pub fn to_grid(&self, x: f64, y: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let half = self.grid as f64 / 2.0;
        let (dx, dy) = ((x - self.x) / self.step(), (y - self.y) / self.step());
        (half + cos * dx + sin * dy, half - sin * dx + cos * dy)
    }
}

/// A linear map from one raster to another: bilinear where it enlarges, area averages where it shrinks, 0 outside.
#[derive(Debug, Clone)]
pub struct Resampler {
    starts: Vec<usize>,         // [outputs + 1]
    entries: Vec<(usize, f32)>, // input pixel and its weight
}

impl Resampler {
    /// From a study's matrix to the window's grid.
    #[must_use]
    pub fn to_grid(window: &Window, rows: usize, columns: usize) -> Self {
        Self::new((window.grid, window.grid), (rows, columns), window.step(), |u, v| window.to_study(u, v))
    }

    /// From a study's matrix to the window's grid, whose points `distort` moves first.
    #[must_use]
    pub fn to_distorted_grid(
        window: &Window,
        rows: usize,
        columns: usize,
        distort: impl Fn(f64, f64) -> (f64, f64),
    ) -> Self {
        Self::new((window.grid, window.grid), (rows, columns), window.step(), |u, v| {
            let (u, v) = distort(u, v);
            window.to_study(u, v)
        })
    }

    /// From the window's grid to the study's matrix.
    #[must_use]
    pub fn to_study(window: &Window, rows: usize, columns: usize) -> Self {
        Self::new((rows, columns), (window.grid, window.grid), 1.0 / window.step(), |x, y| window.to_grid(x, y))
    }

    /// `step` is the side of an output pixel in input pixels; `map` takes output coordinates to input coordinates.
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
            *value = self.entries[range[0]..range[1]].iter().map(|&(pixel, weight)| weight * input[pixel]).sum();
        }
    }

    /// Resamples images that lie one after another; `pixels` an image.
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

fn add_bilinear(entries: &mut Vec<(usize, f32)>, x: f64, y: f64, (rows, columns): (usize, usize), share: f64) {
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
                entries.push((row * columns + column, weight as f32));
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
        let window = Window { x: 30.0, y: 22.0, side: 17.0, angle: -0.3, grid: GRID };
        let (x, y) = window.to_study(12.5, 51.0);
        let (u, v) = window.to_grid(x, y);
        assert!((u - 12.5).abs() < 1e-9 && (v - 51.0).abs() < 1e-9);
    }

    #[test]
    fn outside_the_field_there_is_nothing() {
        let window = Window { x: 0.0, y: 0.0, side: 64.0, angle: 0.0, grid: GRID };
        let there = Resampler::to_grid(&window, 64, 64).apply_all(&vec![1.0; 64 * 64], 64 * 64);
        assert_eq!((there[0], there[GRID * GRID - 1]), (0.0, 1.0));
    }
}
