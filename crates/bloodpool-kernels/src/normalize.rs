//! Normalisation of images `[image, pixel, channel]` to mean 0 and variance 1 over sets of numbers, with gradients: batch
//! norm, whose sets are the channels of all images, and group norm, whose sets are groups of channels of one image.

use rayon::prelude::*;

/// Numbers summed in single precision before the sums go on in double: also what one thread takes at a time.
const CHUNK: usize = 16_384;

/// Over which numbers means and variances are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sets {
    /// Images with moments of their own; 1 where all images share them.
    pub images: usize,
    /// Channels.
    pub channels: usize,
    /// Groups of neighbouring channels with moments of their own; as many as channels where none are shared.
    pub groups: usize,
}

/// Mean and variance of each set, `[image, group]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Means.
    pub mean: Vec<f32>,
    /// Variances, divided by the number of numbers.
    pub variance: Vec<f32>,
}

/// A chunk of the numbers of one image.
struct Chunk {
    image: usize,
    start: usize,
    end: usize,
}

impl Sets {
    /// Chunks of whole pixels, in order.
    fn chunks(&self, numbers: usize) -> Vec<Chunk> {
        assert!(self.channels > 0 && self.groups > 0 && self.channels.is_multiple_of(self.groups), "{self:?}");
        assert!(self.images > 0 && numbers.is_multiple_of(self.images * self.channels), "{numbers} for {self:?}");
        let (image_len, size) = (numbers / self.images, (CHUNK / self.channels).max(1) * self.channels);
        (0..self.images)
            .flat_map(|image| {
                (0..image_len).step_by(size).map(move |from| {
                    let start = image * image_len;
                    Chunk { image, start: start + from, end: start + (from + size).min(image_len) }
                })
            })
            .collect()
    }

    /// Numbers of a set.
    fn count(&self, numbers: usize) -> f64 {
        (numbers / (self.images * self.groups)) as f64
    }

    /// The set of a channel of an image.
    fn set(&self, image: usize, channel: usize) -> usize {
        image * self.groups + channel / (self.channels / self.groups)
    }

    /// Of each channel of each image, `[image, channel]`.
    fn by_channel(&self, value: impl Fn(usize, usize) -> f64) -> Vec<f32> {
        (0..self.images * self.channels)
            .map(|index| value(index % self.channels, self.set(index / self.channels, index % self.channels)) as f32)
            .collect()
    }

    /// The slice of numbers by channel that belongs to an image.
    fn of<'a, T>(&self, image: usize, by_channel: &'a [T]) -> &'a [T] {
        &by_channel[image * self.channels..][..self.channels]
    }
}

/// Calls `work` with each chunk of `numbers`, in parallel.
fn for_chunks(sets: &Sets, numbers: &mut [f32], work: impl Fn(&Chunk, &mut [f32]) + Sync) {
    let chunks = sets.chunks(numbers.len());
    let mut rest = numbers;
    let mut parts = Vec::with_capacity(chunks.len());
    for chunk in &chunks {
        let (part, after) = rest.split_at_mut(chunk.end - chunk.start);
        parts.push((chunk, part));
        rest = after;
    }
    parts.into_par_iter().for_each(|(chunk, part)| work(chunk, part));
}

/// Moments of each set, by the pairwise update of Chan, Golub and LeVeque (1979), which does not cancel.
///
/// # Panics
/// Where the numbers do not divide into the sets.
#[must_use]
pub fn moments(values: &[f32], sets: &Sets) -> Moments {
    let channels = sets.channels;
    let chunks = sets.chunks(values.len());
    let parts: Vec<(Vec<f32>, Vec<f32>)> = chunks
        .par_iter()
        .map(|chunk| {
            let values = &values[chunk.start..chunk.end];
            let mut mean = vec![0.0f32; channels];
            for pixel in values.chunks_exact(channels) {
                for (sum, value) in mean.iter_mut().zip(pixel) {
                    *sum += value;
                }
            }
            let count = (values.len() / channels) as f32;
            mean.iter_mut().for_each(|sum| *sum /= count);
            let mut squares = vec![0.0f32; channels];
            for pixel in values.chunks_exact(channels) {
                for ((sum, value), mean) in squares.iter_mut().zip(pixel).zip(&mean) {
                    *sum += (value - mean) * (value - mean);
                }
            }
            (mean, squares)
        })
        .collect();
    let number = sets.images * sets.groups;
    let (mut totals, mut mean, mut squares) = (vec![0.0f64; number], vec![0.0f64; number], vec![0.0f64; number]);
    for (chunk, (part_mean, part_squares)) in chunks.iter().zip(&parts) {
        let count = ((chunk.end - chunk.start) / channels) as f64;
        for channel in 0..channels {
            let set = sets.set(chunk.image, channel);
            let both = totals[set] + count;
            let distance = f64::from(part_mean[channel]) - mean[set];
            mean[set] += distance * count / both;
            squares[set] += f64::from(part_squares[channel]) + distance * distance * totals[set] * count / both;
            totals[set] = both;
        }
    }
    Moments {
        mean: mean.into_iter().map(|mean| mean as f32).collect(),
        variance: squares.iter().zip(&totals).map(|(squares, total)| (squares / total.max(1.0)) as f32).collect(),
    }
}

/// How a normalised image is scaled and shifted, channel by channel.
#[derive(Debug, Clone, Copy)]
pub struct Affine<'a> {
    /// Factor of each channel.
    pub scale: &'a [f32],
    /// What is added to each channel.
    pub shift: &'a [f32],
    /// Added to variances, so that nothing is divided by 0.
    pub epsilon: f32,
}

/// 1 / deviation of each set.
fn inverse_deviations(moments: &Moments, epsilon: f32) -> Vec<f64> {
    moments.variance.iter().map(|variance| 1.0 / (f64::from(*variance) + f64::from(epsilon)).sqrt()).collect()
}

/// `(values - mean) / deviation * scale + shift + residual`, set to 0 where negative if `rectified`.
///
/// # Panics
/// Where the slices do not fit each other.
#[must_use]
pub fn normalize(
    values: &[f32],
    sets: &Sets,
    moments: &Moments,
    affine: &Affine,
    residual: Option<&[f32]>,
    rectified: bool,
) -> Vec<f32> {
    let Affine { scale, shift, epsilon } = *affine;
    assert!(scale.len() == sets.channels && shift.len() == sets.channels, "scale and shift of {sets:?}");
    assert!(residual.is_none_or(|residual| residual.len() == values.len()), "residual");
    let inverse = inverse_deviations(moments, epsilon);
    let factor = sets.by_channel(|channel, set| f64::from(scale[channel]) * inverse[set]);
    let level = sets.by_channel(|channel, set| {
        f64::from(shift[channel]) - f64::from(moments.mean[set]) * f64::from(scale[channel]) * inverse[set]
    });
    let floor = if rectified { 0.0 } else { f32::NEG_INFINITY };
    let mut output = vec![0.0; values.len()];
    for_chunks(sets, &mut output, |chunk, output| {
        let (factor, level) = (sets.of(chunk.image, &factor), sets.of(chunk.image, &level));
        let values = &values[chunk.start..chunk.end];
        let pixels = output.chunks_exact_mut(sets.channels).zip(values.chunks_exact(sets.channels));
        match residual {
            None => {
                for (output, values) in pixels {
                    for (((output, value), factor), level) in output.iter_mut().zip(values).zip(factor).zip(level) {
                        *output = (value * factor + level).max(floor);
                    }
                }
            }
            Some(residual) => {
                let residual = &residual[chunk.start..chunk.end];
                for ((output, values), residual) in pixels.zip(residual.chunks_exact(sets.channels)) {
                    let numbers = output.iter_mut().zip(values).zip(residual).zip(factor).zip(level);
                    for ((((output, value), residual), factor), level) in numbers {
                        *output = (value * factor + level + residual).max(floor);
                    }
                }
            }
        }
    });
    output
}

/// Gradients of scale and shift, `(scale, shift)`, of [`normalize`], the moments being those of the values themselves.
/// `gradient`, that of the output, becomes that of the values; it must be 0 already where a rectified output is 0 (see
/// [`rectify_gradient`]).
///
/// Ioffe and Szegedy (2015), section 3; for groups, Wu and He (2018).
///
/// # Panics
/// Where the slices do not fit each other.
#[must_use]
pub fn normalize_backward(
    values: &[f32],
    sets: &Sets,
    moments: &Moments,
    affine: &Affine,
    gradient: &mut [f32],
) -> (Vec<f32>, Vec<f32>) {
    let Affine { scale, epsilon, .. } = *affine;
    assert!(values.len() == gradient.len() && scale.len() == sets.channels, "gradient of {sets:?}");
    let channels = sets.channels;
    let mean = sets.by_channel(|_, set| f64::from(moments.mean[set]));
    let chunks = sets.chunks(values.len());
    let parts: Vec<(Vec<f32>, Vec<f32>)> = chunks
        .par_iter()
        .map(|chunk| {
            let mean = sets.of(chunk.image, &mean);
            let (mut sums, mut products) = (vec![0.0f32; channels], vec![0.0f32; channels]);
            let pixels = gradient[chunk.start..chunk.end].chunks_exact(channels);
            for (gradient, values) in pixels.zip(values[chunk.start..chunk.end].chunks_exact(channels)) {
                let numbers = gradient.iter().zip(values).zip(mean).zip(sums.iter_mut()).zip(&mut products);
                for ((((gradient, value), mean), sum), product) in numbers {
                    *sum += gradient;
                    *product += gradient * (value - mean);
                }
            }
            (sums, products)
        })
        .collect();

    // With unit = (value - mean) / deviation:
    // gradient of value = (scale gradient - mean of scale gradient - unit * mean of scale gradient unit) / deviation
    let inverse = inverse_deviations(moments, epsilon);
    let (mut scale_gradient, mut shift_gradient) = (vec![0.0f64; channels], vec![0.0f64; channels]);
    let (mut mean_sum, mut mean_product) = (vec![0.0f64; inverse.len()], vec![0.0f64; inverse.len()]);
    let count = sets.count(values.len()).max(1.0);
    for (chunk, (sums, products)) in chunks.iter().zip(&parts) {
        for channel in 0..channels {
            let set = sets.set(chunk.image, channel);
            let (sum, product) = (f64::from(sums[channel]), f64::from(products[channel]) * inverse[set]);
            shift_gradient[channel] += sum;
            scale_gradient[channel] += product;
            mean_sum[set] += f64::from(scale[channel]) * sum / count;
            mean_product[set] += f64::from(scale[channel]) * product / count;
        }
    }
    let factor = sets.by_channel(|channel, set| f64::from(scale[channel]) * inverse[set]);
    let slope = sets.by_channel(|_, set| mean_product[set] * inverse[set] * inverse[set]);
    let level = sets.by_channel(|_, set| {
        inverse[set] * (mean_sum[set] - f64::from(moments.mean[set]) * mean_product[set] * inverse[set])
    });
    for_chunks(sets, gradient, |chunk, gradient| {
        let [factor, slope, level] = [&factor, &slope, &level].map(|numbers| sets.of(chunk.image, numbers));
        let values = &values[chunk.start..chunk.end];
        for (gradient, values) in gradient.chunks_exact_mut(channels).zip(values.chunks_exact(channels)) {
            let numbers = gradient.iter_mut().zip(values).zip(factor).zip(slope).zip(level);
            for ((((gradient, value), factor), slope), level) in numbers {
                *gradient = factor * *gradient - level - value * slope;
            }
        }
    });
    let single = |numbers: Vec<f64>| numbers.into_iter().map(|number| number as f32).collect();
    (single(scale_gradient), single(shift_gradient))
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
        for sets in [Sets { images: 1, channels: 4, groups: 4 }, Sets { images: 3, channels: 4, groups: 2 }] {
            let values = wave(sets.images * 4 * 20_011, 0.7);
            let found = moments(&values, &sets);
            for set in 0..sets.images * sets.groups {
                let numbers: Vec<f64> = (values.iter().enumerate())
                    .filter(|(i, _)| sets.set(i / (values.len() / sets.images), i % 4) == set)
                    .map(|(_, &value)| f64::from(value))
                    .collect();
                let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
                let variance = numbers.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / numbers.len() as f64;
                assert!((f64::from(found.mean[set]) - mean).abs() < 1e-6 * mean, "{sets:?}");
                assert!((f64::from(found.variance[set]) - variance).abs() < 1e-5 * variance, "{sets:?}");
            }
        }
    }

    #[test]
    fn normalising_scales_adds_and_rectifies() {
        let sets = Sets { images: 1, channels: 2, groups: 2 };
        let values = [1.0, 2.0, -3.0, 4.0];
        let moments = Moments { mean: vec![1.0, 2.0], variance: vec![3.0, 0.0] };
        let affine = Affine { scale: &[2.0, 3.0], shift: &[1.0, -1.0], epsilon: 1.0 };
        let plain = normalize(&values, &sets, &moments, &affine, None, true);
        assert_eq!(plain, [1.0, 0.0, 0.0, 5.0]); // deviations 2 and 1
        let added = normalize(&values, &sets, &moments, &affine, Some(&[0.0, 1.0, 4.0, -20.0]), false);
        assert_eq!(added, [1.0, 0.0, 1.0, -15.0]);
    }

    #[test]
    fn gradients_are_finite_differences() {
        for sets in [Sets { images: 1, channels: 4, groups: 4 }, Sets { images: 2, channels: 4, groups: 2 }] {
            let (count, epsilon) = (2 * 4 * 4, 1e-5);
            let (values, scale, shift) = (wave(count, 1.3), [0.7, -1.2, 0.4, 1.1], [0.1, 0.2, -0.3, 0.0]);
            let weight = wave(count, 0.37); // the loss is the weighted sum of the outputs
            let loss = |values: &[f32], scale: [f32; 4], shift: [f32; 4]| -> f64 {
                let affine = Affine { scale: &scale, shift: &shift, epsilon };
                let output = normalize(values, &sets, &moments(values, &sets), &affine, None, false);
                output.iter().zip(&weight).map(|(output, weight)| f64::from(*output) * f64::from(*weight)).sum()
            };
            let mut gradient = weight.clone();
            let affine = Affine { scale: &scale, shift: &shift, epsilon };
            let (scale_gradient, shift_gradient) =
                normalize_backward(&values, &sets, &moments(&values, &sets), &affine, &mut gradient);
            let difference = |change: &dyn Fn(f32) -> f64| (change(0.02) - change(-0.02)) / 0.04;
            for i in 0..count {
                let expected = difference(&|step| {
                    let mut values = values.clone();
                    values[i] += step;
                    loss(&values, scale, shift)
                });
                assert!((f64::from(gradient[i]) - expected).abs() < 4e-3, "{i}: {} is not {expected}", gradient[i]);
            }
            for channel in 0..4 {
                let moved = |numbers: [f32; 4], step: f32| {
                    let mut numbers = numbers;
                    numbers[channel] += step;
                    numbers
                };
                let expected = difference(&|step| loss(&values, moved(scale, step), shift));
                assert!((f64::from(scale_gradient[channel]) - expected).abs() < 4e-3);
                let expected = difference(&|step| loss(&values, scale, moved(shift, step)));
                assert!((f64::from(shift_gradient[channel]) - expected).abs() < 4e-3);
            }
        }
    }

    #[test]
    fn nothing_passes_where_the_output_was_cut_off() {
        let mut gradient = [1.0, 2.0, 3.0];
        rectify_gradient(&[0.5, 0.0, 2.0], &mut gradient);
        assert_eq!(gradient, [1.0, 0.0, 3.0]);
    }
}
