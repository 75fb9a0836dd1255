//! Winograd's fast convolution F(4 x 4, 3 x 3): a quarter of the multiplications for filters whose transform is worth keeping.
//!
//! Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016): each 4 x 4 tile of the output is
//! A^T ((G g G^T) * (B^T d B)) A, where g is the filter, d the 6 x 6 input pixels and * goes number by number. Over many
//! tiles and channels that is 36 matrix products. A dilated convolution is an ordinary one on each of the images that take
//! every `dilation`-th pixel.

use rayon::prelude::*;

use crate::forward::Start;
use crate::kernel::{COLUMNS, DEPTH, Layout, Line, ROW_PITCH, Strips, accumulate, instructions, spans, vectorized};
use crate::shape::Convolution;

/// Side of a tile of the output.
const TILE: usize = 4;
/// Side of the input pixels of a tile, and of the transforms.
const PATCH: usize = 6;
/// Tiles for which the filters are read once, at least.
const TOGETHER: usize = 128;
/// Numbers of a transform.
const POINTS: usize = PATCH * PATCH;
/// Fewest channels for which fewer multiplications make up for the transforms.
const WORTH_IT: usize = 128;
/// Fewest pixels of output for which filters are transformed for a single use.
const ENOUGH_PIXELS: usize = 512;
/// Channels transformed together.
const LANES: usize = COLUMNS;
/// Taps of a filter.
const TAPS: usize = 9;

type Lanes = [f32; LANES];

const G: [[f32; 3]; PATCH] = [
    [0.25, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// Transformed filters, `[point][strip of 16 outputs][input]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Transformed {
    inputs: usize,
    strips: usize,
    lines: Vec<Line>,
}

/// Whether a convolution can be done so, and is worth it.
pub(crate) fn suits(shape: &Convolution) -> bool {
    let Convolution { inputs, outputs, kernel, stride, padding, dilation, .. } = *shape;
    kernel == [3, 3]
        && stride == 1
        && padding.is_multiple_of(dilation)
        && dilation <= TILE // beyond, the images of every so many pixels are smaller than a tile
        && inputs.is_multiple_of(LANES)
        && outputs.is_multiple_of(LANES)
        && inputs.min(outputs) >= WORTH_IT
}

/// Whether transforming the filters for this one batch is worth it: with few tiles, the transforms cost more than they spare.
pub(crate) fn suits_once(shape: &Convolution) -> bool {
    let (rows, columns) = shape.output_size();
    suits(shape) && shape.batch * rows * columns >= ENOUGH_PIXELS
}

impl Transformed {
    /// From weights `[output, input, row, column]`, those of each output times a factor.
    pub(crate) fn new(shape: &Convolution, weights: &[f32], factor: impl Fn(usize) -> f32 + Sync) -> Self {
        let at = |output: usize, input: usize, tap: usize| {
            weights[(output * shape.inputs + input) * TAPS + tap] * factor(output)
        };
        Self::transform(shape.inputs, shape.outputs, at)
    }

    /// For the gradient of the input: the weights of `shape` turned by half a circle, outputs taking the part of inputs.
    pub(crate) fn turned(shape: &Convolution, weights: &[f32]) -> Self {
        let at =
            |output: usize, input: usize, tap: usize| weights[(input * shape.inputs + output) * TAPS + TAPS - 1 - tap];
        Self::transform(shape.outputs, shape.inputs, at)
    }

    /// `at(output, input, tap)` is the weight; there are whole strips of outputs.
    fn transform(inputs: usize, outputs: usize, at: impl Fn(usize, usize, usize) -> f32 + Sync) -> Self {
        let strips = outputs / LANES;
        let mut lines = vec![Line::ZERO; POINTS * strips * inputs];
        // One strip of all points at a time.
        let mut by_strip: Vec<Vec<&mut [Line]>> = (0..strips).map(|_| Vec::with_capacity(POINTS)).collect();
        for (index, points) in lines.chunks_exact_mut(inputs).enumerate() {
            by_strip[index % strips].push(points);
        }
        by_strip.into_par_iter().enumerate().for_each(|(strip, mut points)| {
            for input in 0..inputs {
                let mut filters = [[0.0; LANES]; TAPS];
                for lane in 0..LANES {
                    for (tap, filter) in filters.iter_mut().enumerate() {
                        filter[lane] = at(strip * LANES + lane, input, tap);
                    }
                }
                vectorized(|| transform_filters(&filters, input, &mut points));
            }
        });
        Self { inputs, strips, lines }
    }

    /// Rows `from..from + depth` of a point, for the outputs from `first` on, which begins a strip.
    fn strips(&self, point: usize, first: usize, from: usize, depth: usize) -> Strips<'_> {
        let strip = |strip: usize| {
            let place = (point * self.strips + strip) * self.inputs + from;
            (strip < self.strips).then(|| &self.lines[place..place + depth])
        };
        Strips { left: strip(first / LANES).unwrap_or_default(), right: strip(first / LANES + 1) }
    }
}

/// G g G^T of one input and 16 outputs.
#[inline(always)]
fn transform_filters(filters: &[Lanes; TAPS], input: usize, points: &mut [&mut [Line]]) {
    let weigh = |g: &[f32; 3], x: [&Lanes; 3]| -> Lanes {
        std::array::from_fn(|i| g[0] * x[0][i] + g[1] * x[1][i] + g[2] * x[2][i])
    };
    for (row, g) in G.iter().enumerate() {
        let half: [Lanes; 3] =
            std::array::from_fn(|column| weigh(g, std::array::from_fn(|row| &filters[row * 3 + column])));
        for (column, g) in G.iter().enumerate() {
            points[row * PATCH + column][input].0 = weigh(g, [&half[0], &half[1], &half[2]]);
        }
    }
}

/// Where the tiles of an image lie: those of one phase (a first pixel, and every `dilation`-th from it) after another.
struct Tiles {
    /// Output row and column of each tile's first pixel.
    places: Vec<(usize, usize)>,
    /// First tile of each phase, by row phase and column phase, and its number of tiles in a row.
    phases: Vec<(usize, usize)>,
}

impl Tiles {
    fn new(rows: usize, columns: usize, dilation: usize) -> Self {
        let count = |length: usize, phase: usize| length.saturating_sub(phase).div_ceil(dilation).div_ceil(TILE);
        let (mut places, mut phases) = (Vec::new(), Vec::new());
        for row_phase in 0..dilation {
            for column_phase in 0..dilation {
                let (down, across) = (count(rows, row_phase), count(columns, column_phase));
                phases.push((places.len(), across));
                let place = |phase: usize, tile: usize| phase + dilation * TILE * tile;
                for tile in 0..down * across {
                    places.push((place(row_phase, tile / across), place(column_phase, tile % across)));
                }
            }
        }
        Self { places, phases }
    }
}

/// The output `[batch, row, column, output]`, set to 0 where negative if `rectified`.
pub(crate) fn forward(
    shape: &Convolution,
    input: &[f32],
    filters: &Transformed,
    start: Start,
    rectified: bool,
) -> Vec<f32> {
    let (rows, columns) = shape.output_size();
    let (image_len, output_len) = (shape.height * shape.width * shape.inputs, rows * columns * shape.outputs);
    let mut output = vec![0.0; shape.batch * output_len];
    if output_len == 0 {
        return output;
    }
    let tiles = Tiles::new(rows, columns, shape.dilation);
    // Several small images share one reading of the filters, which are four times the weights.
    let together = (TOGETHER / tiles.places.len()).clamp(1, shape.batch);
    let places: Vec<(usize, usize, usize)> =
        (0..together).flat_map(|image| tiles.places.iter().map(move |&(row, column)| (image, row, column))).collect();
    let depths = shape.inputs.div_ceil(DEPTH);
    let block = instructions().rows();
    let tile_len = block * ROW_PITCH; // of one point and one depth
    let mut patches = vec![0.0; places.len().div_ceil(block) * POINTS * depths * tile_len];
    let mut products = vec![0.0; POINTS * places.len() * shape.outputs];
    let images = input.chunks(together * image_len).zip(output.chunks_mut(together * output_len));
    for (index, (input, output)) in images.enumerate() {
        let places = &places[..input.len() / image_len * tiles.places.len()];
        let products = &mut products[..POINTS * places.len() * shape.outputs];
        patches
            .par_chunks_exact_mut(POINTS * depths * tile_len)
            .zip(places.par_chunks(block))
            .for_each(|(patches, places)| vectorized(|| transform_inputs(shape, input, places, depths, patches)));
        products.par_chunks_exact_mut(places.len() * shape.outputs).enumerate().for_each(|(point, products)| {
            products.fill(0.0);
            for depth in 0..depths {
                let length = DEPTH.min(shape.inputs - depth * DEPTH);
                for (column, width) in spans(shape.outputs) {
                    let weights = filters.strips(point, column, depth * DEPTH, length);
                    for (index, products) in products.chunks_mut(block * shape.outputs).enumerate() {
                        let patches = &patches[((index * POINTS + point) * depths + depth) * tile_len..][..tile_len];
                        let (count, sums) = (products.len() / shape.outputs, &mut products[column..]);
                        accumulate(Layout::RowMajor, count, width, length, patches, weights, sums, shape.outputs);
                    }
                }
            }
        });
        let residual = start.residual.map(|residual| &residual[index * together * output_len..][..output.len()]);
        let (line, products) = (columns * shape.outputs, &*products);
        output.par_chunks_exact_mut(line).enumerate().for_each(|(row, output)| {
            let residual = residual.map(|residual| &residual[row * line..][..line]);
            vectorized(|| transform_outputs(shape, &tiles, products, row, start.bias, residual, rectified, output));
        });
    }
    output
}

/// B^T x for six rows of numbers.
#[inline(always)]
fn transform_input(x: [Lanes; PATCH]) -> [Lanes; PATCH] {
    let mut y = [[0.0; LANES]; PATCH];
    for i in 0..LANES {
        let [a, b, c, d, e, f] = [x[0][i], x[1][i], x[2][i], x[3][i], x[4][i], x[5][i]];
        let (even, odd) = (e - 4.0 * c, d - 4.0 * b);
        let (twice_even, twice_odd) = (e - c, 2.0 * (d - b));
        y[0][i] = 4.0 * a - 5.0 * c + e;
        y[1][i] = even + odd;
        y[2][i] = even - odd;
        y[3][i] = twice_even + twice_odd;
        y[4][i] = twice_even - twice_odd;
        y[5][i] = 4.0 * b - 5.0 * d + f;
    }
    y
}

/// `[point][depth][tile][channel]` of one block of tiles.
#[inline(always)]
fn transform_inputs(
    shape: &Convolution,
    input: &[f32],
    places: &[(usize, usize, usize)],
    depths: usize,
    patches: &mut [f32],
) {
    let Convolution { height, width, inputs, padding, dilation, .. } = *shape;
    let block = patches.len() / (POINTS * depths * ROW_PITCH);
    for (tile, &(image, row, column)) in places.iter().enumerate() {
        let input = &input[image * height * width * inputs..];
        let inside = |place: usize, step: usize, length: usize| {
            (place + step * dilation).checked_sub(padding).filter(|&place| place < length)
        };
        for first in (0..inputs).step_by(LANES) {
            let mut half = [[[0.0; LANES]; PATCH]; PATCH]; // [row][column]
            for (x, half) in half.iter_mut().enumerate() {
                let Some(column) = inside(column, x, width) else { continue };
                let mut pixels = [[0.0; LANES]; PATCH];
                for (y, pixel) in pixels.iter_mut().enumerate() {
                    if let Some(row) = inside(row, y, height) {
                        pixel.copy_from_slice(&input[(row * width + column) * inputs + first..][..LANES]);
                    }
                }
                *half = transform_input(pixels); // of one column
            }
            let rows: [[Lanes; PATCH]; PATCH] =
                std::array::from_fn(|row| std::array::from_fn(|column| half[column][row]));
            for (row, pixels) in rows.into_iter().enumerate() {
                let points = transform_input(pixels);
                for (column, point) in points.iter().enumerate() {
                    let place = ((row * PATCH + column) * depths + first / DEPTH) * block + tile;
                    patches[place * ROW_PITCH + first % DEPTH..][..LANES].copy_from_slice(point);
                }
            }
        }
    }
}

/// One row of the output, counted through the images: a row of A^T times the products, times A.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "all of the last step in one pass over the output")]
fn transform_outputs(
    shape: &Convolution,
    tiles: &Tiles,
    products: &[f32],
    row: usize,
    bias: Option<&[f32]>,
    residual: Option<&[f32]>,
    rectified: bool,
    output: &mut [f32],
) {
    const ROWS_OF_A: [Lanes5; TILE] = [
        [1.0, 1.0, 1.0, 1.0, 1.0],
        [0.0, 1.0, -1.0, 2.0, -2.0],
        [0.0, 1.0, 1.0, 4.0, 4.0],
        [0.0, 1.0, -1.0, 8.0, -8.0],
    ];
    type Lanes5 = [f32; 5];
    let Convolution { outputs, dilation, .. } = *shape;
    let columns = output.len() / outputs;
    let (rows, _) = shape.output_size();
    let (first_of_image, row) = (row / rows * tiles.places.len(), row % rows);
    let (row_phase, place) = (row % dilation, row / dilation);
    let (tile_row, a) = (place / TILE, ROWS_OF_A[place % TILE]);
    let last = if place % TILE == TILE - 1 { 1.0 } else { 0.0 };
    let point_len = products.len() / POINTS;
    for column_phase in 0..dilation.min(columns) {
        let (first_tile, across) = tiles.phases[row_phase * dilation + column_phase];
        for tile_column in 0..across {
            let tile = first_of_image + first_tile + tile_row * across + tile_column;
            for first in (0..outputs).step_by(LANES) {
                let at = |point: usize| -> &Lanes {
                    products[point * point_len + tile * outputs + first..].first_chunk().unwrap_or(&[0.0; LANES])
                };
                let half: [Lanes; PATCH] = std::array::from_fn(|x| {
                    let mut sums = [0.0; LANES];
                    let [p, q, r, s, t, u] = std::array::from_fn(|y| at(y * PATCH + x));
                    for i in 0..LANES {
                        sums[i] = a[0] * p[i] + a[1] * q[i] + a[2] * r[i] + a[3] * s[i] + a[4] * t[i] + last * u[i];
                    }
                    sums
                });
                let mut four = [[0.0; LANES]; TILE];
                for i in 0..LANES {
                    let [p, q, r, s, t, u] = std::array::from_fn(|x: usize| half[x][i]);
                    let (sum, difference, wide_sum, wide_difference) = (q + r, q - r, s + t, s - t);
                    four[0][i] = p + sum + wide_sum;
                    four[1][i] = difference + 2.0 * wide_difference;
                    four[2][i] = sum + 4.0 * wide_sum;
                    four[3][i] = difference + 8.0 * wide_difference + u;
                }
                for (step, values) in four.iter_mut().enumerate() {
                    let column = column_phase + dilation * (TILE * tile_column + step);
                    if column >= columns {
                        break;
                    }
                    let place = column * outputs + first;
                    if let Some(bias) = bias {
                        values.iter_mut().zip(&bias[first..]).for_each(|(value, bias)| *value += bias);
                    }
                    if let Some(residual) = residual {
                        values.iter_mut().zip(&residual[place..]).for_each(|(value, residual)| *value += residual);
                    }
                    if rectified {
                        values.iter_mut().for_each(|value| *value = value.max(0.0));
                    }
                    output[place..][..LANES].copy_from_slice(values);
                }
            }
        }
    }
}
