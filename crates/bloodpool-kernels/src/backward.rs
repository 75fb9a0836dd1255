//! Gradients of a convolution: of its input, and of its filters.

use rayon::prelude::*;

use crate::filters::Filters;
use crate::forward::Start;
use crate::kernel::{COLUMN_PITCH, COLUMNS, Layout, Line, ROWS, Strips, TWO_PARTS, accumulate, instructions, spans};
use crate::prepared::Prepared;
use crate::shape::{Convolution, Tap};
use crate::sweep::{Source, Sweep};

/// Gradient of the input `[batch, row, column, input]` from that of the output `[batch, row, column, output]`.
///
/// # Panics
/// Where a slice is not as long as the sizes say.
#[must_use]
pub fn input_gradient(shape: &Convolution, gradient: &[f32], weights: &[f32]) -> Vec<f32> {
    assert_eq!(gradient.len(), shape.output_len(), "gradient of {shape:?}");
    if let Some(transposed) = shape.transposed() {
        let turned = Prepared::turned(shape, &transposed, weights);
        return turned.forward(&transposed, gradient, Start::default(), false);
    }
    let filters = Filters::turned(shape, weights);
    let mut whole = vec![0.0; shape.input_len()];
    for row in 0..shape.stride {
        for column in 0..shape.stride {
            phase(shape, gradient, &filters, [row, column], &mut whole);
        }
    }
    whole
}

/// Gradient of the input pixels `first + stride * n`: these, and no others, are read by the same taps.
fn phase(shape: &Convolution, gradient: &[f32], filters: &Filters, first: [usize; 2], whole: &mut [f32]) {
    let Convolution { batch, height, width, inputs, outputs, kernel, stride, padding, dilation } = *shape;
    // Input row `first + stride * n` is read for output row `(first + stride * n + padding - dilation * tap) / stride`.
    let offset = |first: usize, tap: usize| {
        let distance = (first + padding) as isize - (dilation * tap) as isize;
        (distance.rem_euclid(stride as isize) == 0).then(|| distance.div_euclid(stride as isize))
    };
    let taps: Vec<Tap> = (0..kernel[0] * kernel[1])
        .filter_map(|tap| {
            let filter = kernel[0] * kernel[1] - 1 - tap; // the filters are turned
            let (row, column) = (offset(first[0], tap / kernel[1])?, offset(first[1], tap % kernel[1])?);
            Some(Tap { row, column, filter })
        })
        .collect();
    let count = |length: usize, first: usize| length.saturating_sub(first).div_ceil(stride);
    let sweep = Sweep { rows: count(height, first[0]), columns: count(width, first[1]), stride: 1, reach: 1, taps };
    if sweep.taps.is_empty() || sweep.rows * sweep.columns == 0 {
        return;
    }
    let (rows, columns) = shape.output_size();
    let source = Source { values: gradient.into(), height: rows, width: columns, channels: outputs };
    let mut part = vec![0.0; batch * sweep.rows * sweep.columns * inputs];
    sweep.run(&source, filters, inputs, &mut part, |_, _| {}, |_| {});
    for (index, pixel) in part.chunks_exact(inputs).enumerate() {
        let (image, row, column) =
            (index / (sweep.rows * sweep.columns), index / sweep.columns % sweep.rows, index % sweep.columns);
        let place = (image * height + first[0] + stride * row) * width + first[1] + stride * column;
        whole[place * inputs..][..inputs].copy_from_slice(pixel);
    }
}

/// Most rows and columns of the part of a tap's gradient that one thread sums at a time: what keeps its packed numbers
/// in the second cache.
const PART: [usize; 2] = [32 * ROWS, 32 * COLUMNS];
/// Pixels summed together.
const PIXELS: usize = 256;

/// A part of the gradient of one tap: `[depth, outputs]` from `[depth][output]` on.
struct Part {
    tap: usize,
    from: [usize; 2],
    size: [usize; 2],
}

/// Gradient of the filters `[output, input, row, column]` from the input and the gradient of the output.
///
/// # Panics
/// Where a slice is not as long as the sizes say.
#[must_use]
pub fn weight_gradient(shape: &Convolution, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    assert_eq!(input.len(), shape.input_len(), "input of {shape:?}");
    assert_eq!(gradient.len(), shape.output_len(), "gradient of {shape:?}");
    let (source, sweep) = (Source::of(shape, input), Sweep::of(shape));
    let depth = sweep.reach * shape.inputs;
    let split = |length: usize, most: usize| -> Vec<(usize, usize)> {
        let number = length.div_ceil(most);
        (0..number).map(|part| (part * length / number, (part + 1) * length / number)).collect()
    };
    let parts: Vec<Part> = (0..sweep.taps.len())
        .flat_map(|tap| split(depth, PART[0]).into_iter().map(move |rows| (tap, rows)))
        .flat_map(|(tap, rows)| split(shape.outputs, PART[1]).into_iter().map(move |columns| (tap, rows, columns)))
        .map(|(tap, rows, columns)| Part {
            tap,
            from: [rows.0, columns.0],
            size: [rows.1 - rows.0, columns.1 - columns.0],
        })
        .collect();
    let sums: Vec<Vec<f32>> = parts.par_iter().map(|part| sum_part(shape, &sweep, &source, gradient, part)).collect();

    let taps = shape.kernel[0] * shape.kernel[1];
    let mut whole = vec![0.0; shape.filters_len()];
    let filter = shape.inputs * taps;
    if filter > 0 {
        whole.par_chunks_exact_mut(filter).enumerate().for_each(|(output, filter)| {
            for (part, sums) in parts.iter().zip(&sums) {
                let Some(column) = output.checked_sub(part.from[1]).filter(|&column| column < part.size[1]) else {
                    continue;
                };
                let pitch = part.size[1].next_multiple_of(COLUMNS);
                for row in 0..part.size[0] {
                    // A merged tap is a row of single taps.
                    let (tap, input) = ((part.from[0] + row) / shape.inputs, (part.from[0] + row) % shape.inputs);
                    filter[input * taps + part.tap * sweep.reach + tap] = sums[row * pitch + column];
                }
            }
        });
    }
    whole
}

/// Copies `N` numbers, or fewer at the end of a line. For a known number this is a few moves instead of a call.
fn copy<const N: usize>(from: &[f32], to: &mut [f32]) {
    match (<&[f32; N]>::try_from(from), to.first_chunk_mut()) {
        (Ok(from), Some(to)) => *to = *from,
        _ => to[..from.len()].copy_from_slice(from),
    }
}

/// `[depth, outputs]` of a part, its columns padded to whole lines.
fn sum_part(shape: &Convolution, sweep: &Sweep, source: &Source, gradient: &[f32], part: &Part) -> Vec<f32> {
    let [depth, outputs] = part.size;
    let pitch = outputs.next_multiple_of(COLUMNS);
    let tap = &sweep.taps[part.tap];
    let (rows, columns) = sweep.valid(tap, source);
    let image_len = sweep.rows * sweep.columns * shape.outputs;
    let mut sums = vec![0.0; depth * pitch];
    let rows_of_tile = instructions().rows();
    let copy_rows = if rows_of_tile == ROWS { copy::<ROWS> } else { copy::<TWO_PARTS> };
    let mut left = vec![0.0; depth.div_ceil(rows_of_tile) * PIXELS * COLUMN_PITCH];
    let mut right = vec![Line::ZERO; PIXELS * pitch / COLUMNS];
    let mut pixels = Vec::with_capacity(PIXELS); // places of input and gradient
    let mut add = |pixels: &mut Vec<(usize, usize)>| {
        for (k, &(input, output)) in pixels.iter().enumerate() {
            for (tile, values) in source.values[input..][..depth].chunks(rows_of_tile).enumerate() {
                copy_rows(values, &mut left[(tile * PIXELS + k) * COLUMN_PITCH..]);
            }
            for (strip, values) in gradient[output..][..outputs].chunks(COLUMNS).enumerate() {
                copy::<COLUMNS>(values, &mut right[strip * PIXELS + k].0);
            }
        }
        for (column, columns) in spans(pitch) {
            let strip = |strip: usize| right.get(strip * PIXELS..(strip + 1) * PIXELS);
            let gradients =
                Strips { left: strip(column / COLUMNS).unwrap_or_default(), right: strip(column / COLUMNS + 1) };
            for (tile, sums) in sums.chunks_mut(rows_of_tile * pitch).enumerate() {
                accumulate(
                    Layout::ColumnMajor,
                    rows_of_tile.min(depth - tile * rows_of_tile),
                    columns,
                    pixels.len(),
                    &left[tile * PIXELS * COLUMN_PITCH..],
                    gradients,
                    &mut sums[column..],
                    pitch,
                );
            }
        }
        pixels.clear();
    };
    for image in 0..shape.batch {
        for row in rows.clone() {
            for column in columns.clone() {
                let input = image * source.image_len() + sweep.place(tap, source, row, column) + part.from[0];
                let output = image * image_len + (row * sweep.columns + column) * shape.outputs + part.from[1];
                pixels.push((input, output));
                if pixels.len() == PIXELS {
                    add(&mut pixels);
                }
            }
        }
    }
    add(&mut pixels);
    sums
}
