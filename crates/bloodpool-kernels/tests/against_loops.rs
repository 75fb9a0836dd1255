//! Convolutions of odd sizes, strides, paddings and dilations against seven plain loops, and gradients against their transposes.

#![allow(clippy::unwrap_used)]

use bloodpool_kernels::{Convolution, Filters, Prepared, Start, forward, input_gradient, weight_gradient};
use proptest::prelude::*;

/// Calls with the places of output, input and weight of every product.
fn products(shape: &Convolution, mut call: impl FnMut(usize, usize, usize)) {
    let (rows, columns) = shape.output_size();
    let [taps_y, taps_x] = shape.kernel;
    for image in 0..shape.batch {
        for y in 0..rows {
            for x in 0..columns {
                for ty in 0..taps_y {
                    for tx in 0..taps_x {
                        let sy = (y * shape.stride + ty * shape.dilation).wrapping_sub(shape.padding);
                        let sx = (x * shape.stride + tx * shape.dilation).wrapping_sub(shape.padding);
                        if sy >= shape.height || sx >= shape.width {
                            continue;
                        }
                        for input in 0..shape.inputs {
                            for output in 0..shape.outputs {
                                call(
                                    ((image * rows + y) * columns + x) * shape.outputs + output,
                                    ((image * shape.height + sy) * shape.width + sx) * shape.inputs + input,
                                    ((output * shape.inputs + input) * taps_y + ty) * taps_x + tx,
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

fn wave(count: usize, step: f64) -> Vec<f32> {
    (0..count).map(|i| (i as f64 * step).sin() as f32).collect()
}

fn assert_close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*found) - expected).abs() < 2e-4, "{what} {i}: {found} is not {expected}");
    }
}

fn check(shape: &Convolution) {
    let (input, weights) = (wave(shape.input_len(), 0.7), wave(shape.filters_len(), 1.1));
    let gradient = wave(shape.output_len(), 0.3);
    let bias = wave(shape.outputs, 0.9);
    let residual = wave(shape.output_len(), 0.23);

    let mut output: Vec<f64> =
        (0..shape.output_len()).map(|i| f64::from(residual[i]) + f64::from(bias[i % shape.outputs])).collect();
    let mut of_input = vec![0.0; shape.input_len()];
    let mut of_weights = vec![0.0; shape.filters_len()];
    products(shape, |o, i, w| {
        output[o] += f64::from(input[i]) * f64::from(weights[w]);
        of_input[i] += f64::from(gradient[o]) * f64::from(weights[w]);
        of_weights[w] += f64::from(gradient[o]) * f64::from(input[i]);
    });
    let start = Start { bias: Some(&bias), residual: Some(&residual) };
    let filters = Filters::new(shape, &weights);
    assert_close(&forward(shape, &input, &filters, start, false), &output, "output");
    let rectified: Vec<f64> = output.iter().map(|value| value.max(0.0)).collect();
    assert_close(&forward(shape, &input, &filters, start, true), &rectified, "rectified output");
    assert_close(&input_gradient(shape, &gradient, &weights), &of_input, "gradient of the input");
    assert_close(&weight_gradient(shape, &input, &gradient), &of_weights, "gradient of the weights");
}

fn shape(size: [usize; 2], channels: [usize; 2], kernel: [usize; 2], steps: [usize; 3]) -> Convolution {
    Convolution {
        batch: 3,
        height: size[0],
        width: size[1],
        inputs: channels[0],
        outputs: channels[1],
        kernel,
        stride: steps[0],
        padding: steps[1],
        dilation: steps[2],
    }
}

#[test]
fn the_layers_of_the_networks_in_small() {
    for case in [
        shape([33, 29], [3, 40], [7, 7], [2, 3, 1]),  // the first
        shape([9, 17], [130, 33], [3, 3], [1, 1, 1]), // many channels
        shape([16, 16], [5, 300], [1, 1], [1, 0, 1]), // several panels
        shape([8, 8], [520, 3], [1, 1], [1, 0, 1]),   // several depths
        shape([16, 15], [12, 20], [1, 1], [2, 0, 1]), // downsampling
        shape([16, 15], [12, 20], [3, 3], [2, 1, 1]), // downsampling, merged
        shape([16, 15], [140, 9], [3, 3], [2, 1, 1]), // downsampling, not merged
        shape([16, 16], [6, 7], [3, 3], [1, 12, 12]), // a pyramid
        shape([16, 16], [6, 7], [3, 3], [1, 36, 36]), // only its centre reads image
        shape([1, 1], [9, 10], [1, 1], [1, 0, 1]),    // a single pixel
        shape([4, 200], [3, 5], [3, 3], [1, 1, 1]),   // rows longer than a group
    ] {
        check(&case);
    }
}

#[test]
fn an_empty_output_is_no_output() {
    let shape = shape([2, 2], [3, 4], [5, 5], [1, 0, 1]);
    let weights = wave(shape.filters_len(), 1.0);
    let input = wave(shape.input_len(), 1.0);
    assert!(forward(&shape, &input, &Filters::new(&shape, &weights), Start::default(), false).is_empty());
    assert_eq!(input_gradient(&shape, &[], &weights), vec![0.0; input.len()]);
    assert_eq!(weight_gradient(&shape, &input, &[]), vec![0.0; weights.len()]);
}

#[test]
fn folding_scales_each_output() {
    let shape = shape([3, 3], [2, 3], [1, 1], [1, 0, 1]);
    let (input, weights) = (wave(shape.input_len(), 0.7), wave(shape.filters_len(), 1.1));
    let plain = forward(&shape, &input, &Filters::new(&shape, &weights), Start::default(), false);
    let prepared = Prepared::new(&shape, &weights, |output| output as f32);
    let scaled = prepared.forward(&shape, &input, Start::default(), false);
    for (index, (plain, scaled)) in plain.iter().zip(&scaled).enumerate() {
        assert!((plain * (index % 3) as f32 - scaled).abs() < 1e-6);
    }
}

#[test]
fn fast_convolutions_are_their_sums_of_products() {
    // 128 channels and more, 3 x 3 taps, stride 1: what Winograd's algorithm is used for.
    for (size, channels, padding, dilation) in [
        ([8, 8], [128, 128], 1, 1),
        ([9, 13], [128, 144], 1, 1),
        ([11, 6], [144, 128], 0, 1),
        ([16, 16], [128, 128], 2, 2),
        ([15, 18], [128, 128], 4, 4),
        ([7, 5], [272, 128], 3, 3),
        ([3, 3], [128, 128], 4, 2),
    ] {
        let shape = shape(size, channels, [3, 3], [1, padding, dilation]);
        let (input, weights) = (wave(shape.input_len(), 0.7), wave(shape.filters_len(), 1.1));
        let (bias, residual) = (wave(shape.outputs, 0.9), wave(shape.output_len(), 0.23));
        let start = Start { bias: Some(&bias), residual: Some(&residual) };
        let factor = |output: usize| 1.0 + output as f32 / 10.0;
        let mut expected: Vec<f64> =
            (0..shape.output_len()).map(|i| f64::from(residual[i]) + f64::from(bias[i % shape.outputs])).collect();
        products(&shape, |o, i, w| {
            expected[o] += f64::from(input[i]) * f64::from(weights[w]) * f64::from(factor(o % shape.outputs));
        });
        let prepared = Prepared::new(&shape, &weights, factor);
        assert_near(&prepared.forward(&shape, &input, start, false), &expected, &shape);
        let rectified: Vec<f64> = expected.iter().map(|value| value.max(0.0)).collect();
        assert_near(&prepared.forward(&shape, &input, start, true), &rectified, &shape);
    }
}

#[test]
fn fast_convolutions_of_a_training_step_are_their_sums_of_products() {
    // Beside the sizes above, at least 512 pixels: there filters are transformed for a single use. The last has too few.
    for (size, channels, padding, dilation) in [
        ([14, 13], [128, 144], 1, 1),
        ([15, 18], [144, 128], 4, 4),
        ([16, 16], [128, 128], 0, 1),
        ([9, 9], [128, 128], 1, 1),
    ] {
        let shape = shape(size, channels, [3, 3], [1, padding, dilation]);
        let (input, weights) = (wave(shape.input_len(), 0.7), wave(shape.filters_len(), 1.1));
        let gradient = wave(shape.output_len(), 0.3);
        let (mut output, mut of_input) = (vec![0.0; shape.output_len()], vec![0.0; shape.input_len()]);
        products(&shape, |o, i, w| {
            output[o] += f64::from(input[i]) * f64::from(weights[w]);
            of_input[i] += f64::from(gradient[o]) * f64::from(weights[w]);
        });
        let once = Prepared::once(&shape, &weights);
        assert_near(&once.forward(&shape, &input, Start::default(), false), &output, &shape);
        assert_near(&input_gradient(&shape, &gradient, &weights), &of_input, &shape);
    }
}

/// Within a ten-thousandth of the length.
fn assert_near(found: &[f32], expected: &[f64], shape: &Convolution) {
    assert_eq!(found.len(), expected.len(), "{shape:?}");
    let apart: f64 = found.iter().zip(expected).map(|(found, expected)| (f64::from(*found) - expected).powi(2)).sum();
    let length: f64 = expected.iter().map(|expected| expected * expected).sum();
    assert!(apart.sqrt() < 1e-4 * length.sqrt(), "{shape:?} is off by {:e}", (apart / length).sqrt());
}

#[test]
fn threads_do_not_change_a_bit() {
    // The second by Winograd's algorithm.
    for shape in [shape([31, 30], [40, 70], [3, 3], [1, 2, 2]), shape([15, 14], [128, 144], [3, 3], [1, 1, 1])] {
        let (input, weights) = (wave(shape.input_len(), 0.7), wave(shape.filters_len(), 1.1));
        let gradient = wave(shape.output_len(), 0.3);
        let all = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let output = Prepared::once(&shape, &weights).forward(&shape, &input, Start::default(), true);
                let of_weights = weight_gradient(&shape, &input, &gradient);
                (output, input_gradient(&shape, &gradient, &weights), of_weights)
            })
        };
        assert_eq!(all(1), all(3), "{shape:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_convolution_is_its_sum_of_products(
        size in prop::array::uniform2(1usize..14),
        channels in prop::array::uniform2(1usize..40),
        kernel in prop::array::uniform2(1usize..4),
        stride in 1usize..4,
        padding in 0usize..4,
        dilation in 1usize..4,
    ) {
        check(&shape(size, channels, kernel, [stride, padding, dilation]));
    }
}
