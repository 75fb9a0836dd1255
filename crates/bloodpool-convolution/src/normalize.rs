//! Batch normalisation of images `[.., channel]`: moments, the normalised image with what is added to it, and gradients.

use rayon::prelude::*;

/// Numbers summed in single precision before the sums go on in double: also what one thread takes at a time.
const CHUNK: usize = 16_384;

/// Mean and variance of each channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Pixels that they are taken over.
    pub count: usize,
    /// Means.
    pub mean: Vec<f32>,
    /// Variances, divided by `count`.
    pub variance: Vec<f32>,
}

/// Whole pixels that make a chunk.
fn chunk(channels: usize) -> usize {
    (CHUNK / channels).max(1) * channels
}

/// Moments of each channel, by the pairwise update of Chan, Golub and LeVeque (1979), which does not cancel.
///
/// # Panics
/// Where there are no channels.
#[must_use]
pub fn moments(values: &[f32], channels: usize) -> Moments {
    let parts: Vec<(usize, Vec<f32>, Vec<f32>)> = values
        .par_chunks(chunk(channels))
        .map(|values| {
            let count = values.len() / channels;
            let mut mean = vec![0.0f32; channels];
            for pixel in values.chunks_exact(channels) {
                for (sum, value) in mean.iter_mut().zip(pixel) {
                    *sum += value;
                }
            }
            mean.iter_mut().for_each(|sum| *sum /= count as f32);
            let mut squares = vec![0.0f32; channels];
            for pixel in values.chunks_exact(channels) {
                for ((sum, value), mean) in squares.iter_mut().zip(pixel).zip(&mean) {
                    *sum += (value - mean) * (value - mean);
                }
            }
            (count, mean, squares)
        })
        .collect();
    let (mut total, mut mean, mut squares) = (0.0f64, vec![0.0f64; channels], vec![0.0f64; channels]);
    for (count, part_mean, part_squares) in &parts {
        let count = *count as f64;
        let both = total + count;
        for channel in 0..channels {
            let distance = f64::from(part_mean[channel]) - mean[channel];
            mean[channel] += distance * count / both;
            squares[channel] += f64::from(part_squares[channel]) + distance * distance * total * count / both;
        }
        total = both;
    }
    Moments {
        count: values.len() / channels,
        mean: mean.into_iter().map(|mean| mean as f32).collect(),
        variance: squares.into_iter().map(|squares| (squares / total.max(1.0)) as f32).collect(),
    }
}

/// `values * scale + shift + residual`, channel by channel, set to 0 where negative if `rectified`.
///
/// # Panics
/// Where the slices do not fit each other.
#[must_use]
pub fn normalize(
    values: &[f32],
    scale: &[f32],
    shift: &[f32],
    residual: Option<&[f32]>,
    rectified: bool,
) -> Vec<f32> {
    let channels = scale.len();
    assert_eq!(shift.len(), channels, "scale and shift");
    assert!(residual.is_none_or(|residual| residual.len() == values.len()), "residual");
    let floor = if rectified { 0.0 } else { f32::NEG_INFINITY };
    let size = chunk(channels);
    let mut output = vec![0.0; values.len()];
    output.par_chunks_mut(size).enumerate().for_each(|(index, output)| {
        let values = &values[index * size..][..output.len()];
        match residual.map(|residual| &residual[index * size..][..output.len()]) {
            None => {
                for (output, values) in output.chunks_exact_mut(channels).zip(values.chunks_exact(channels)) {
                    for (((output, value), scale), shift) in output.iter_mut().zip(values).zip(scale).zip(shift) {
                        *output = (value * scale + shift).max(floor);
                    }
                }
            }
            Some(residual) => {
                let pixels = output.chunks_exact_mut(channels).zip(values.chunks_exact(channels));
                for ((output, values), residual) in pixels.zip(residual.chunks_exact(channels)) {
                    let numbers = output.iter_mut().zip(values).zip(residual).zip(scale).zip(shift);
                    for ((((output, value), residual), scale), shift) in numbers {
                        *output = (value * scale + shift + residual).max(floor);
                    }
                }
            }
        }
    });
    output
}

/// Gradients of scale and shift, `(scale, shift)`, of `(values - mean) / deviation * scale + shift`, where mean and
/// deviation are those of the values themselves. `gradient`, that of the output, becomes that of the values; it must be 0
/// already where a rectified output is 0 (see [`rectify_gradient`]).
///
/// Ioffe and Szegedy (2015), section 3.
///
/// # Panics
/// Where the slices do not fit each other.
#[must_use]
pub fn normalize_backward(
    values: &[f32],
    moments: &Moments,
    epsilon: f32,
    scale: &[f32],
    gradient: &mut [f32],
) -> (Vec<f32>, Vec<f32>) {
    let channels = scale.len();
    assert!(values.len() == gradient.len() && moments.mean.len() == channels, "gradient and moments");
    let size = chunk(channels);
    let parts: Vec<(Vec<f32>, Vec<f32>)> = (gradient.par_chunks(size).zip(values.par_chunks(size)))
        .map(|(gradient, values)| {
            let (mut sums, mut products) = (vec![0.0f32; channels], vec![0.0f32; channels]);
            for (gradient, values) in gradient.chunks_exact(channels).zip(values.chunks_exact(channels)) {
                let numbers = gradient.iter().zip(values).zip(&moments.mean).zip(sums.iter_mut()).zip(&mut products);
                for ((((gradient, value), mean), sum), product) in numbers {
                    *sum += gradient;
                    *product += gradient * (value - mean);
                }
            }
            (sums, products)
        })
        .collect();
    let total = |part: fn(&(Vec<f32>, Vec<f32>)) -> &[f32]| -> Vec<f64> {
        (0..channels).map(|channel| parts.iter().map(|sums| f64::from(part(sums)[channel])).sum()).collect()
    };
    let (sums, products) = (total(|part| &part.0), total(|part| &part.1));

    // gradient of value = factor * (gradient - mean gradient - (value - mean) * slope)
    let count = moments.count.max(1) as f64;
    let inverse: Vec<f64> =
        moments.variance.iter().map(|variance| 1.0 / (f64::from(*variance) + f64::from(epsilon)).sqrt()).collect();
    let factor: Vec<f32> = (0..channels).map(|c| (f64::from(scale[c]) * inverse[c]) as f32).collect();
    let slope: Vec<f32> = (0..channels).map(|c| (products[c] * inverse[c] * inverse[c] / count) as f32).collect();
    let level: Vec<f32> =
        (0..channels).map(|c| (sums[c] / count - f64::from(moments.mean[c]) * f64::from(slope[c])) as f32).collect();
    gradient.par_chunks_mut(size).zip(values.par_chunks(size)).for_each(|(gradient, values)| {
        for (gradient, values) in gradient.chunks_exact_mut(channels).zip(values.chunks_exact(channels)) {
            let numbers = gradient.iter_mut().zip(values).zip(&factor).zip(&slope).zip(&level);
            for ((((gradient, value), factor), slope), level) in numbers {
                *gradient = factor * (*gradient - level - value * slope);
            }
        }
    });
    let scale_gradient = products.iter().zip(&inverse).map(|(product, inverse)| (product * inverse) as f32).collect();
    (scale_gradient, sums.into_iter().map(|sum| sum as f32).collect())
}

/// Sets the gradient to 0 where the rectified output is 0.
///
/// # Panics
/// Where there are not as many outputs as gradients.
pub fn rectify_gradient(output: &[f32], gradient: &mut [f32]) {
    assert_eq!(output.len(), gradient.len(), "output and gradient");
    gradient.par_chunks_mut(CHUNK).zip(output.par_chunks(CHUNK)).for_each(|(gradient, output)| {
        for (gradient, output) in gradient.iter_mut().zip(output) {
            *gradient = if *output > 0.0 { *gradient } else { 0.0 };
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin() * 2.0 + 5.0).collect()
    }

    #[test]
    fn moments_are_those_of_one_long_sum() {
        let (channels, values) = (3, wave(3 * 20_011, 0.7));
        let found = moments(&values, channels);
        for channel in 0..channels {
            let column: Vec<f64> = values.iter().skip(channel).step_by(channels).map(|&v| f64::from(v)).collect();
            let mean = column.iter().sum::<f64>() / column.len() as f64;
            let variance = column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / column.len() as f64;
            assert!((f64::from(found.mean[channel]) - mean).abs() < 1e-6 * mean);
            assert!((f64::from(found.variance[channel]) - variance).abs() < 1e-5 * variance);
        }
        assert_eq!(found.count, 20_011);
    }

    #[test]
    fn normalising_adds_and_rectifies() {
        let values = [1.0, 2.0, -3.0, 4.0];
        let plain = normalize(&values, &[2.0, 3.0], &[1.0, -1.0], None, true);
        assert_eq!(plain, [3.0, 5.0, 0.0, 11.0]);
        let added = normalize(&values, &[2.0, 3.0], &[1.0, -1.0], Some(&[0.0, 1.0, 4.0, -20.0]), false);
        assert_eq!(added, [3.0, 6.0, -1.0, -9.0]);
    }

    #[test]
    fn gradients_are_finite_differences() {
        let (channels, epsilon, count) = (2, 1e-5, 14);
        let (values, scale, shift) = (wave(count, 1.3), [0.7, -1.2], [0.1, 0.2]);
        let weight = wave(count, 0.37); // the loss is the weighted sum of the outputs
        let loss = |values: &[f32], scale: &[f32], shift: &[f32]| -> f64 {
            let Moments { mean, variance, .. } = moments(values, channels);
            (values.iter().zip(&weight).enumerate())
                .map(|(i, (&value, &weight))| {
                    let c = i % channels;
                    let deviation = (f64::from(variance[c]) + f64::from(epsilon)).sqrt();
                    let unit = (f64::from(value) - f64::from(mean[c])) / deviation;
                    f64::from(weight) * (unit * f64::from(scale[c]) + f64::from(shift[c]))
                })
                .sum()
        };
        let mut gradient = weight.clone();
        let (scale_gradient, shift_gradient) =
            normalize_backward(&values, &moments(&values, channels), epsilon, &scale, &mut gradient);
        let step = 1e-2;
        let difference = |change: &dyn Fn(f32) -> f64| (change(step) - change(-step)) / (2.0 * f64::from(step));
        for i in 0..count {
            let expected = difference(&|step| {
                let mut values = values.clone();
                values[i] += step;
                loss(&values, &scale, &shift)
            });
            assert!((f64::from(gradient[i]) - expected).abs() < 2e-3, "{i}: {} is not {expected}", gradient[i]);
        }
        for c in 0..channels {
            let moved = |numbers: [f32; 2], step: f32| {
                let mut numbers = numbers;
                numbers[c] += step;
                numbers
            };
            let expected = difference(&|step| loss(&values, &moved(scale, step), &shift));
            assert!((f64::from(scale_gradient[c]) - expected).abs() < 2e-3);
            let expected = difference(&|step| loss(&values, &scale, &moved(shift, step)));
            assert!((f64::from(shift_gradient[c]) - expected).abs() < 2e-3);
        }
    }

    #[test]
    fn nothing_passes_where_the_output_was_cut_off() {
        let mut gradient = [1.0, 2.0, 3.0];
        rectify_gradient(&[0.5, 0.0, 2.0], &mut gradient);
        assert_eq!(gradient, [1.0, 0.0, 3.0]);
    }
}
