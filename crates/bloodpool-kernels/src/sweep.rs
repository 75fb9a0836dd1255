//! `Sweep`: sums the matrix products of all taps over the pixels of an image, a few rows at a time.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::filters::Filters;
use crate::kernel::{DEPTH, Layout, ROW_PITCH, ROWS, accumulate, instructions, spans};
use crate::shape::{Convolution, Tap, valid};

/// Pixels summed together: enough that the filters, which are read anew for each group, are not what it waits for.
const GROUP: usize = 128;

/// Images as a sweep reads them.
#[derive(Debug, Clone)]
pub(crate) struct Source<'a> {
    pub(crate) values: Cow<'a, [f32]>, // [batch, height, width, channels]
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
}

impl<'a> Source<'a> {
    /// The input of a convolution, padded where its taps are merged.
    pub(crate) fn of(shape: &Convolution, values: &'a [f32]) -> Self {
        let Convolution { batch, height, width, inputs: channels, padding, .. } = *shape;
        if !shape.is_merged() || padding == 0 {
            return Self { values: Cow::Borrowed(values), height, width, channels };
        }
        let (padded_height, padded_width) = (height + 2 * padding, width + 2 * padding);
        let mut padded = vec![0.0; batch * padded_height * padded_width * channels];
        let line = width * channels;
        if line > 0 {
            padded.par_chunks_exact_mut(padded_width * channels).enumerate().for_each(|(index, to)| {
                let (image, row) = (index / padded_height, index % padded_height);
                if (padding..padding + height).contains(&row) {
                    let from = &values[(image * height + row - padding) * line..][..line];
                    to[padding * channels..][..line].copy_from_slice(from);
                }
            });
        }
        Self { values: Cow::Owned(padded), height: padded_height, width: padded_width, channels }
    }

    /// Numbers of one image.
    pub(crate) fn image_len(&self) -> usize {
        self.height * self.width * self.channels
    }
}

/// Where each tap reads, over a grid of output pixels.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) stride: usize,
    /// Columns that a tap reads at once.
    pub(crate) reach: usize,
    pub(crate) taps: Vec<Tap>,
}

impl Sweep {
    /// All taps of a convolution.
    pub(crate) fn of(shape: &Convolution) -> Self {
        let (rows, columns) = shape.output_size();
        let [tap_rows, tap_columns] = shape.kernel;
        let (padding, merged) = (shape.padding as isize, shape.is_merged());
        let taps = if merged {
            (0..tap_rows).map(|row| Tap { row: row as isize, column: 0, filter: row }).collect()
        } else {
            (0..tap_rows * tap_columns)
                .map(|tap| Tap {
                    row: (tap / tap_columns * shape.dilation) as isize - padding,
                    column: (tap % tap_columns * shape.dilation) as isize - padding,
                    filter: tap,
                })
                .collect()
        };
        Self { rows, columns, stride: shape.stride, reach: if merged { tap_columns } else { 1 }, taps }
    }

    /// Output rows and columns for which a tap reads image.
    pub(crate) fn valid(&self, tap: &Tap, source: &Source) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let width = (source.width + 1).saturating_sub(self.reach);
        (valid(self.rows, self.stride, tap.row, source.height), valid(self.columns, self.stride, tap.column, width))
    }

    /// Place of what a tap reads for an output pixel, in one image.
    pub(crate) fn place(&self, tap: &Tap, source: &Source, row: usize, column: usize) -> usize {
        let row = (self.stride * row).wrapping_add_signed(tap.row);
        let column = (self.stride * column).wrapping_add_signed(tap.column);
        (row * source.width + column) * source.channels
    }

    /// Adds all taps' products to `output`, `[batch, rows, columns, outputs]`. `start` writes what the sums begin with
    /// into each group of pixels, given the place of the group; `end` has the last word on them.
    pub(crate) fn run(
        &self,
        source: &Source,
        filters: &Filters,
        outputs: usize,
        output: &mut [f32],
        start: impl Fn(usize, &mut [f32]) + Sync,
        end: impl Fn(&mut [f32]) + Sync,
    ) {
        let line = self.columns * outputs;
        if line * self.rows == 0 {
            return;
        }
        let group = (GROUP / self.columns).clamp(1, self.rows);
        let groups: Vec<(usize, usize, &mut [f32])> = (output.chunks_exact_mut(self.rows * line).enumerate())
            .flat_map(|(image, output)| {
                (output.chunks_mut(group * line).enumerate()).map(move |(index, output)| (image, index * group, output))
            })
            .collect();
        groups.into_par_iter().for_each_init(Vec::new, |packed, (image, first_row, output)| {
            start((image * self.rows + first_row) * line, output);
            let pixels = &source.values[image * source.image_len()..][..source.image_len()];
            for tap in &self.taps {
                let (rows, columns) = self.valid(tap, source);
                let last_row = first_row + output.len() / line;
                let rows = rows.start.clamp(first_row, last_row)..rows.end.clamp(first_row, last_row);
                let runs = if columns.len() == self.columns {
                    // Rows that are whole follow one another.
                    vec![((rows.start - first_row) * self.columns, rows.len() * self.columns)]
                } else {
                    rows.clone().map(|row| ((row - first_row) * self.columns + columns.start, columns.len())).collect()
                };
                let tiles: Vec<(usize, usize)> =
                    runs.into_iter().flat_map(|(first, count)| tiles(first, count)).collect();
                for from in (0..filters.depth()).step_by(DEPTH) {
                    let depth = DEPTH.min(filters.depth() - from);
                    packed.resize(tiles.len() * ROWS * ROW_PITCH, 0.0);
                    for (&(first, count), packed) in tiles.iter().zip(packed.chunks_exact_mut(ROWS * ROW_PITCH)) {
                        for (pixel, packed) in (first..first + count).zip(packed.chunks_exact_mut(ROW_PITCH)) {
                            let (row, column) = (first_row + pixel / self.columns, pixel % self.columns);
                            let place = self.place(tap, source, row, column) + from;
                            packed[..depth].copy_from_slice(&pixels[place..][..depth]);
                        }
                    }
                    for (column, columns) in spans(outputs) {
                        let weights = filters.strips(column, tap.filter, from, depth);
                        for (&(first, count), packed) in tiles.iter().zip(packed.chunks_exact(ROWS * ROW_PITCH)) {
                            let sums = &mut output[first * outputs + column..];
                            accumulate(Layout::RowMajor, count, columns, depth, packed, weights, sums, outputs);
                        }
                    }
                }
            }
            end(output);
        });
    }
}

/// Pixels in tiles, all about equally large.
fn tiles(first: usize, count: usize) -> impl Iterator<Item = (usize, usize)> {
    let number = count.div_ceil(instructions().rows());
    (0..number).map(move |tile| {
        let (from, to) = (tile * count / number, (tile + 1) * count / number);
        (first + from, to - from)
    })
}
