//! Halving and doubling of images `[batch, row, column, channel]`, and the maximum over windows, with its gradient.

use rayon::prelude::*;

/// Mean of each 2 x 2 block; `[height, width, channels]`, of which the first two must be even. Its gradient is
/// [`double`] times 1/4.
///
/// # Panics
/// Where the sizes do not fit.
#[must_use]
pub fn halve(values: &[f32], size: [usize; 3]) -> Vec<f32> {
    let [height, width, channels] = size;
    assert!(height.is_multiple_of(2) && width.is_multiple_of(2), "{size:?} cannot be halved");
    let line = width * channels;
    let mut output = vec![0.0; values.len() / 4];
    if line > 0 {
        output.par_chunks_exact_mut(line / 2).zip(values.par_chunks_exact(2 * line)).for_each(|(output, lines)| {
            let (upper, lower) = lines.split_at(line);
            let pairs = upper.chunks_exact(2 * channels).zip(lower.chunks_exact(2 * channels));
            for (output, (upper, lower)) in output.chunks_exact_mut(channels).zip(pairs) {
                for (channel, output) in output.iter_mut().enumerate() {
                    let next = channel + channels;
                    *output = 0.25 * (upper[channel] + upper[next] + lower[channel] + lower[next]);
                }
            }
        });
    }
    output
}

/// Every pixel twice in both directions; `[height, width, channels]` of the input. Its gradient is [`halve`] times 4.
///
/// # Panics
/// Where the sizes do not fit.
#[must_use]
pub fn double(values: &[f32], size: [usize; 3]) -> Vec<f32> {
    let [_, width, channels] = size;
    let line = width * channels;
    let mut output = vec![0.0; values.len() * 4];
    if line > 0 {
        output.par_chunks_exact_mut(4 * line).zip(values.par_chunks_exact(line)).for_each(|(lines, values)| {
            let (upper, lower) = lines.split_at_mut(2 * line);
            for (pair, pixel) in upper.chunks_exact_mut(2 * channels).zip(values.chunks_exact(channels)) {
                pair[..channels].copy_from_slice(pixel);
                pair[channels..].copy_from_slice(pixel);
            }
            lower.copy_from_slice(upper);
        });
    }
    output
}

/// A maximum over square windows; what lies outside the image is never the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool {
    /// Images.
    pub batch: usize,
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Channels.
    pub channels: usize,
    /// Side of the window.
    pub window: usize,
    /// Distance of two windows.
    pub stride: usize,
    /// How far the first window reaches beyond the image; at most half a window.
    pub padding: usize,
}

impl MaxPool {
    /// Rows and columns of the output.
    #[must_use]
    pub fn output_size(&self) -> (usize, usize) {
        let size = |length: usize| {
            (length + 2 * self.padding).checked_sub(self.window).map_or(0, |rest| rest / self.stride + 1)
        };
        (size(self.height), size(self.width))
    }

    /// The maxima, and the place of each in the input of its image.
    ///
    /// # Panics
    /// Where the sizes do not fit.
    #[must_use]
    pub fn forward(&self, values: &[f32]) -> (Vec<f32>, Vec<u32>) {
        let Self { batch, height, width, channels, window, stride, padding } = *self;
        assert!(values.len() == batch * height * width * channels && 2 * padding <= window, "{self:?}");
        let (rows, columns) = self.output_size();
        let number = batch * rows * columns * channels;
        let (mut maxima, mut places) = (vec![f32::NEG_INFINITY; number], vec![0; number]);
        let line = columns * channels;
        if line == 0 {
            return (maxima, places);
        }
        let lines = maxima.par_chunks_exact_mut(line).zip(places.par_chunks_exact_mut(line)).enumerate();
        lines.for_each(|(index, (maxima, places))| {
            let (image, row) = (index / rows, index % rows);
            let values = &values[image * height * width * channels..][..height * width * channels];
            let inside = |place: usize, length: usize| {
                (place * stride).saturating_sub(padding)..(place * stride + window - padding).min(length)
            };
            let pixels = maxima.chunks_exact_mut(channels).zip(places.chunks_exact_mut(channels));
            for (column, (maxima, places)) in pixels.enumerate() {
                for y in inside(row, height) {
                    for x in inside(column, width) {
                        let first = (y * width + x) * channels;
                        for (channel, value) in values[first..][..channels].iter().enumerate() {
                            if *value > maxima[channel] {
                                (maxima[channel], places[channel]) = (*value, (first + channel) as u32);
                            }
                        }
                    }
                }
            }
        });
        (maxima, places)
    }

    /// Gradient of the input from that of the maxima.
    ///
    /// # Panics
    /// Where the sizes do not fit.
    #[must_use]
    pub fn backward(&self, places: &[u32], gradient: &[f32]) -> Vec<f32> {
        let image_len = self.height * self.width * self.channels;
        let (rows, columns) = self.output_size();
        let part = rows * columns * self.channels;
        assert!(places.len() == gradient.len() && gradient.len() == self.batch * part, "{self:?}");
        let mut whole = vec![0.0; self.batch * image_len];
        if part > 0 {
            let images = whole.par_chunks_exact_mut(image_len).zip(places.par_chunks_exact(part));
            images.zip(gradient.par_chunks_exact(part)).for_each(|((whole, places), gradient)| {
                for (place, gradient) in places.iter().zip(gradient) {
                    whole[*place as usize] += gradient;
                }
            });
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_means_and_doubles_are_copies() {
        let values = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 6.0, 60.0]; // 2 x 2 pixels of 2 channels
        assert_eq!(halve(&values, [2, 2, 2]), [3.0, 30.0]);
        let doubled = double(&[1.0, 2.0], [1, 2, 1]);
        assert_eq!(doubled, [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    }

    #[test]
    fn halving_and_doubling_are_transposes() {
        let small: Vec<f32> = (0..2 * 3 * 4 * 5).map(|i| (i as f32).sin()).collect();
        let large: Vec<f32> = (0..4 * small.len()).map(|i| (i as f32 * 0.3).cos()).collect();
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let (one, other) = (dot(&double(&small, [3, 4, 5]), &large), dot(&small, &halve(&large, [6, 8, 5])) * 4.0);
        assert!((one - other).abs() < 1e-4, "{one} is not {other}");
    }

    #[test]
    fn maxima_and_their_gradient() {
        let pool = MaxPool { batch: 1, height: 3, width: 4, channels: 1, window: 3, stride: 2, padding: 1 };
        let values = [1.0, 5.0, 2.0, 0.0, -3.0, 4.0, 9.0, 1.0, 0.0, 7.0, 8.0, 3.0];
        let (maxima, places) = pool.forward(&values);
        assert_eq!(maxima, [5.0, 9.0, 7.0, 9.0]); // rows -1..2 and 1..4, columns -1..2 and 1..4
        assert_eq!(places, [1, 6, 9, 6]);
        let gradient = pool.backward(&places, &[1.0, 2.0, 4.0, 8.0]);
        assert_eq!((gradient[1], gradient[6], gradient[9], gradient.iter().sum::<f32>()), (1.0, 10.0, 4.0, 15.0));
    }

    #[test]
    fn negative_images_have_negative_maxima() {
        let pool = MaxPool { batch: 1, height: 2, width: 2, channels: 1, window: 2, stride: 2, padding: 1 };
        assert_eq!(pool.forward(&[-1.0, -2.0, -3.0, -4.0]).0, [-1.0, -2.0, -3.0, -4.0]);
    }
}
