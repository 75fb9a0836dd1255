//! The term of reference EF: the EF that the outlines of end-diastole and end-systole give by Eq. 5 and 6 of Oh et al. 2022, against
//! a reference.

use bloodpool_core::Mask;
use bloodpool_core::measure::background_region::ring;
use bloodpool_stats::morphology::Element;
use burn::tensor::{Tensor, TensorData};

use super::functions::{distance, known_mean};
use crate::batch::Batch;

/// The term, and for each view the EF that its outlines give, 0 to 1; `None` where it has no reference, or no EF.
///
/// The background level is the mean of the counts in the ring around the outline at end-systole, in the lower right quadrant. It has no
/// gradient: where the ring lies is a matter of whole pixels. Everything else has.
pub(super) fn reference_term(probability: Tensor<3>, batch: &Batch) -> (Tensor<1>, Vec<Option<f64>>) {
    let [images, rows, columns] = probability.dims();
    let (views, pixels, device) = (batch.views(), rows * columns, probability.device());
    let frames = images / views.max(1);
    let none = (Tensor::zeros([1], &device), vec![None; views]);
    if frames < 2 || batch.reference.iter().all(Option::is_none) {
        return none;
    }
    let pair = |x: Tensor<3>| x.reshape([views, frames, pixels]).narrow(1, 0, 2);
    let (outlines, counts) = (pair(probability), pair(batch.counts.clone()));
    let (Ok(shown), Ok(level_of)) =
        (outlines.clone().detach().into_data().try_to_vec::<f32>(), counts.clone().into_data().try_to_vec::<f32>())
    else {
        return none;
    };
    let levels: Vec<Option<f32>> = (batch.reference.iter().enumerate())
        .map(|(view, reference)| {
            let systole = (2 * view + 1) * pixels..(2 * view + 2) * pixels;
            let inside = &shown[systole.clone()];
            let outline = Mask::from_fn(rows, columns, |row, column| inside[row * columns + column] > 0.5);
            let [inner, outer] = reference.as_ref()?.ring;
            let region = ring(&outline, inner, outer, Element::Square).mask;
            let here = &level_of[systole];
            let sum: f32 = region.inside().map(|(row, column)| here[row * columns + column]).sum();
            (!outline.is_empty() && !region.is_empty()).then(|| sum / region.area() as f32)
        })
        .collect();
    let values = |value: &dyn Fn(usize) -> f32| -> Tensor<1> {
        Tensor::from_data(TensorData::new((0..views).map(value).collect::<Vec<_>>(), [views]), &device)
    };
    let level = values(&|view| levels[view].unwrap_or(0.0)).reshape([views, 1, 1]);
    let net: Tensor<2> = (outlines * (counts - level)).sum_dim(2).reshape([views, 2]);
    let frame = |index: usize| net.clone().narrow(1, index, 1).reshape([views]);
    // The counts of a frame sum to about its number of pixels: a ventricle has more than a hundredth of them.
    let ef = frame(1).div(frame(0).clamp_min(0.01 * pixels as f64)).neg().add_scalar(1.0);
    let known = values(&|view| if levels[view].is_some() { 1.0 } else { 0.0 });
    let target = values(&|view| batch.reference[view].as_ref().map_or(0.0, |reference| reference.ef));
    let measured = ef.clone().detach().into_data().try_to_vec::<f32>().unwrap_or_default();
    let measured = levels.iter().zip(measured).map(|(level, ef)| level.map(|_| f64::from(ef))).collect();
    (known_mean(distance(ef - target), &known), measured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{InputChannels, Layout};
    use crate::training_view::{ReferenceView, TrainingView};
    use burn::tensor::{Device, Tensor};
    use std::collections::BTreeMap;

    const SIDE: usize = 32;
    const LAYOUT: Layout = Layout { side: SIDE, input: InputChannels::Frame };

    /// A square of `half` pixels about the centre that shines with `inside` over a background of 10.
    fn image(half: usize, inside: f32) -> Vec<f32> {
        let centre = SIDE / 2;
        let within = |at: usize| (centre - half..centre + half).contains(&at);
        let value = |at: usize| if within(at / SIDE) && within(at % SIDE) { inside } else { 10.0 };
        (0..SIDE * SIDE).map(value).collect()
    }

    /// Net counts 8 x 8 x 20 at end-diastole, 4 x 4 x 20 at end-systole: an EF of 0.75.
    fn view(percent: f32) -> TrainingView {
        let counts = [image(4, 30.0), image(2, 30.0)].concat();
        let pixels = counts.len();
        TrainingView {
            inputs: vec![0.0; LAYOUT.channels() * pixels],
            mask: vec![0.0; pixels],
            fraction: vec![0.0; pixels],
            counts,
            fraction_known: false,
            holds_lv: true,
            close: false,
            outlined: false,
            ejection_fraction: None,
            scene: None,
            reference: Some(ReferenceView { percent, modality: "CMR".into(), ring: [1, 3] }),
        }
    }

    fn probability(halves: [usize; 2], inside: f32) -> Tensor<3> {
        let values: Vec<f32> = halves
            .iter()
            .flat_map(|&half| image(half, 100.0))
            .map(|value| if value > 50.0 { inside } else { 0.0 })
            .collect();
        Tensor::from_data(TensorData::new(values, [2, SIDE, SIDE]), &Device::flex())
    }

    fn batch(percent: f32, bias: f64) -> Batch {
        let biases = BTreeMap::from([("CMR".to_owned(), bias)]);
        Batch::new(&[view(percent)], LAYOUT, &Device::flex()).with_reference_biases(&biases)
    }

    #[test]
    fn the_ef_of_the_outlines_is_as_worked_out_by_hand() {
        let term = |halves, percent, bias| {
            let (term, measured) = reference_term(probability(halves, 1.0), &batch(percent, bias));
            (f64::from(term.into_scalar::<f32>()), measured[0].unwrap())
        };
        let distance = |error: f64| (error * error + 0.0025).sqrt() - 0.05;
        for (percent, bias, error) in [(75.0, 0.0, 0.0), (65.0, 0.0, 0.10), (78.0, 3.0, 0.0), (65.0, -5.0, 0.05)] {
            let (value, ef) = term([4, 2], percent, bias);
            assert!((ef - 0.75).abs() < 1e-6 && (value - distance(error)).abs() < 1e-6, "{percent} {bias}: {value}");
        }
        // An outline of end-systole that is a pixel too large on every side: 36 pixels, of which 20 hold background alone.
        assert!((term([4, 3], 75.0, 0.0).1 - 0.75).abs() < 1e-6);
        // One of end-diastole that is too small: 6 x 6 x 20 net counts.
        assert!((term([3, 2], 75.0, 0.0).1 - (1.0 - 16.0 / 36.0)).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_draws_the_ef_towards_the_reference() {
        let device = Device::flex().autodiff();
        let gradient = |percent: f32| {
            let values = probability([4, 2], 0.8).into_data();
            let outlines = Tensor::<3>::from_data(values, &device).require_grad();
            let batch = Batch::new(&[view(percent)], LAYOUT, &device).with_reference_biases(&BTreeMap::new());
            let (term, _) = reference_term(outlines.clone(), &batch);
            let gradients = term.backward();
            outlines.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap()
        };
        let at = |frame: usize| frame * SIDE * SIDE + (SIDE / 2) * SIDE + SIDE / 2;
        let low = gradient(60.0);
        // EF = 1 - S / D with D = 0.8 x 1280, S = 0.8 x 320; dEF/dp at ED = S x 20 / D^2, at ES = -20 / D; slope of the distance at
        // 0.15: 0.15 / sqrt(0.15^2 + 0.05^2).
        let (d, s, slope) = (1024.0_f32, 256.0_f32, 0.15 / (0.0225_f32 + 0.0025).sqrt());
        assert!((low[at(0)] - slope * s * 20.0 / (d * d)).abs() < 1e-6, "{}", low[at(0)]);
        assert!((low[at(1)] + slope * 20.0 / d).abs() < 1e-5, "{}", low[at(1)]);
        let high = gradient(90.0);
        assert!(high[at(0)] < 0.0 && high[at(1)] > 0.0);
    }

    #[test]
    fn nothing_is_added_without_an_outline_or_a_reference() {
        let value = |(term, measured): (Tensor<1>, Vec<Option<f64>>)| (term.into_scalar::<f32>(), measured);
        assert_eq!(value(reference_term(probability([4, 2], 0.3), &batch(60.0, 0.0))), (0.0, vec![None]));
        let without = TrainingView { reference: None, ..view(60.0) };
        let batch = Batch::new(&[without], LAYOUT, &Device::flex());
        assert_eq!(value(reference_term(probability([4, 2], 1.0), &batch)), (0.0, vec![None]));
    }
}
