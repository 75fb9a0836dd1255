//! Layers of the networks beside the same sums by the crate `matrixmultiply`, in one run and on one thread, so that a slower kernel shows as a ratio:
//! `RAYON_NUM_THREADS=1 cargo bench -p bloodpool-kernels`. `examples/layers.rs` lists every layer on all threads.

use std::fmt;

use bloodpool_kernels::{Convolution, Filters, Prepared, Start, forward, input_gradient, weight_gradient};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

/// A convolution that keeps the size of the image: its side, channels in and out, taps a side.
#[derive(Clone, Copy)]
struct Layer {
    side: usize,
    channels: [usize; 2],
    taps: usize,
}

const LAYERS: [Layer; 5] = [
    Layer { side: 64, channels: [64, 256], taps: 1 },
    Layer { side: 32, channels: [256, 1024], taps: 1 },
    Layer { side: 32, channels: [2048, 512], taps: 1 },
    Layer { side: 32, channels: [128, 128], taps: 3 },
    Layer { side: 64, channels: [64, 64], taps: 3 },
];

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { side, channels: [inputs, outputs], taps } = self;
        write!(f, "{taps}x{taps}, {inputs} to {outputs}, {side}x{side} pixels")
    }
}

impl Layer {
    fn shape(self) -> Convolution {
        let Self { side, channels: [inputs, outputs], taps } = self;
        Convolution {
            batch: 1,
            height: side,
            width: side,
            inputs,
            outputs,
            kernel: [taps, taps],
            stride: 1,
            padding: taps / 2,
            dilation: 1,
        }
    }

    /// Numbers of one pixel's row of the matrix: all taps of all channels.
    fn depth(self) -> usize {
        self.taps * self.taps * self.channels[0]
    }

    /// Multiplications and additions.
    fn work(self) -> ItemsCount {
        ItemsCount::new(2 * self.side * self.side * self.depth() * self.channels[1])
    }

    /// The rows that a product with a matrix needs: each pixel's neighbours, zeros outside the image.
    fn patches(self, input: &[f32]) -> Vec<f32> {
        let Self { side, channels: [inputs, _], taps } = self;
        let mut patches = vec![0.0; side * side * self.depth()];
        for (pixel, patch) in patches.chunks_exact_mut(self.depth()).enumerate() {
            let (row, column) = (pixel / side, pixel % side);
            for (tap, to) in patch.chunks_exact_mut(inputs).enumerate() {
                let (row, column) = (row + tap / taps, column + tap % taps);
                let inside = |place: usize| (taps / 2..side + taps / 2).contains(&place).then(|| place - taps / 2);
                if let (Some(row), Some(column)) = (inside(row), inside(column)) {
                    to.copy_from_slice(&input[(row * side + column) * inputs..][..inputs]);
                }
            }
        }
        patches
    }
}

/// `[rows, depth]` times `[depth, columns]`, row by row; the first may be given transposed.
fn product(left: &[f32], transposed: bool, right: &[f32], [rows, depth, columns]: [usize; 3]) -> Vec<f32> {
    let mut sums = vec![0.0; rows * columns];
    assert!(left.len() == rows * depth && right.len() == depth * columns);
    let (row, step) = if transposed { (1, rows as isize) } else { (depth as isize, 1) };
    // SAFETY: the lengths are checked above, and the strides are those of matrices of that size.
    #[expect(unsafe_code, reason = "the peer has no other interface")]
    unsafe {
        matrixmultiply::sgemm(
            rows,
            depth,
            columns,
            1.0,
            left.as_ptr(),
            row,
            step,
            right.as_ptr(),
            columns as isize,
            1,
            0.0,
            sums.as_mut_ptr(),
            columns as isize,
            1,
        );
    }
    sums
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|number| (number as f32 * 0.7).sin()).collect()
}

#[divan::bench_group(sample_count = 20)]
mod output {
    use super::*;

    #[divan::bench(args = LAYERS)]
    fn matrixmultiply(bencher: Bencher, layer: Layer) {
        let (input, weights) = (numbers(layer.shape().input_len()), numbers(layer.shape().filters_len()));
        let size = [layer.side * layer.side, layer.depth(), layer.channels[1]];
        bencher.counter(layer.work()).bench(|| product(&layer.patches(black_box(&input)), false, &weights, size));
    }

    #[divan::bench(args = LAYERS)]
    fn in_training(bencher: Bencher, layer: Layer) {
        let shape = layer.shape();
        let (input, weights) = (numbers(shape.input_len()), numbers(shape.filters_len()));
        let filters = Filters::new(&shape, &weights);
        bencher.counter(layer.work()).bench(|| forward(&shape, black_box(&input), &filters, Start::default(), true));
    }

    #[divan::bench(args = LAYERS)]
    fn in_use(bencher: Bencher, layer: Layer) {
        let shape = layer.shape();
        let (input, weights) = (numbers(shape.input_len()), numbers(shape.filters_len()));
        let prepared = Prepared::new(&shape, &weights, |_| 1.0);
        bencher.counter(layer.work()).bench(|| prepared.forward(&shape, black_box(&input), Start::default(), true));
    }
}

#[divan::bench_group(sample_count = 20)]
mod gradient {
    use super::*;

    #[divan::bench(args = LAYERS)]
    fn of_weights_by_matrixmultiply(bencher: Bencher, layer: Layer) {
        let (input, gradient) = (numbers(layer.shape().input_len()), numbers(layer.shape().output_len()));
        let size = [layer.depth(), layer.side * layer.side, layer.channels[1]];
        bencher.counter(layer.work()).bench(|| product(&layer.patches(black_box(&input)), true, &gradient, size));
    }

    #[divan::bench(args = LAYERS)]
    fn of_weights(bencher: Bencher, layer: Layer) {
        let shape = layer.shape();
        let (input, gradient) = (numbers(shape.input_len()), numbers(shape.output_len()));
        bencher.counter(layer.work()).bench(|| weight_gradient(&shape, black_box(&input), &gradient));
    }

    #[divan::bench(args = LAYERS)]
    fn of_input(bencher: Bencher, layer: Layer) {
        let shape = layer.shape();
        let (gradient, weights) = (numbers(shape.output_len()), numbers(shape.filters_len()));
        bencher.counter(layer.work()).bench(|| input_gradient(&shape, black_box(&gradient), &weights));
    }
}

fn main() {
    println!("{:?}", bloodpool_kernels::instructions());
    divan::main();
}
