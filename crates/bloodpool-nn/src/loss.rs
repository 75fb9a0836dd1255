//! The loss of training: overlap of the masks, the LV fraction of the counts, the LV's curve and the EF from it.

pub(crate) mod functions;
mod reference;
mod scene;
pub mod terms;

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use crate::batch::Batch;
use crate::network::Prediction;
use functions::{cross_entropy, dice_losses, distance, entropy, known_mean, view_means};
use scene::SceneTerms;

pub use terms::{LossTerms, LossWeights};

/// What a prediction is worth.
pub struct Loss {
    /// To be differentiated.
    pub total: Tensor<1>,
    /// Its terms, for the record.
    pub terms: LossTerms,
    /// EF of the outlines of each view that has a reference EF, 0 to 1; `None` for the others, and where there is no EF.
    pub reference_ef: Vec<Option<f64>>,
}

/// A running weighted sum of terms.
struct Sum {
    total: Tensor<1>,
}

impl Sum {
    /// Adds a term with its weight, and returns its value for the record.
    fn add(&mut self, term: Tensor<1>, weight: f64) -> f64 {
        let value = value(&term);
        self.total = self.total.clone() + term * weight;
        value
    }
}

fn value(tensor: &Tensor<1>) -> f64 {
    f64::from(tensor.clone().into_scalar::<f32>())
}

/// The loss of a prediction.
#[must_use]
pub fn loss(prediction: Prediction, batch: &Batch, weights: &LossWeights) -> Loss {
    let Prediction { lv, fraction, auxiliary, scene } = prediction;
    let views = batch.views();
    let outline =
        |logits: Tensor<3>| known_mean(view_means(cross_entropy(logits, batch.mask.clone()), views), &batch.outlined);
    let cross_entropy = outline(lv.clone());
    let mut terms = LossTerms { cross_entropy: value(&cross_entropy), ..LossTerms::default() };
    let mut sum = Sum { total: cross_entropy * weights.cross_entropy };
    let probability = sigmoid(lv);
    let dice = known_mean(dice_losses(probability.clone(), batch.mask.clone(), views), &batch.outlined);
    terms.dice = sum.add(dice, weights.dice);
    if weights.area > 0.0 {
        terms.area = sum.add(area_term(probability.clone(), batch), weights.area);
    }
    let (reference, reference_ef) = reference::reference_term(probability, batch);
    terms.reference = sum.add(reference, weights.reference);
    if let Some(auxiliary) = auxiliary {
        sum.add(outline(auxiliary), weights.auxiliary);
    }
    if let Some(fraction) = fraction {
        let [fraction, curve, ejection_fraction] = count_terms(fraction, batch, weights.low_ejection_fraction);
        terms.fraction = sum.add(fraction, weights.fraction);
        terms.curve = sum.add(curve, weights.curve);
        terms.ejection_fraction = sum.add(ejection_fraction, weights.ejection_fraction);
    }
    if let Some((scene, truth)) = scene.zip(batch.scene.as_ref()) {
        let scene = SceneTerms::new(scene, truth, batch);
        terms.rv_cross_entropy = sum.add(scene.rv_cross_entropy, weights.rv_cross_entropy);
        terms.rv_dice = sum.add(scene.rv_dice, weights.rv_dice);
        terms.rv_fraction = sum.add(scene.rv_fraction, weights.rv_fraction);
        terms.landmarks = sum.add(scene.landmarks, weights.landmarks);
        terms.heart = sum.add(scene.heart, weights.heart);
        terms.view = sum.add(scene.view, weights.view);
        terms.orientation = sum.add(scene.orientation, weights.orientation);
        terms.gating = sum.add(scene.gating, weights.gating);
    }
    terms.total = value(&sum.total);
    Loss { total: sum.total, terms, reference_ef }
}

/// Term of the areas at end-diastole and end-systole: an outline that is everywhere a little too large or too small.
fn area_term(probability: Tensor<3>, batch: &Batch) -> Tensor<1> {
    let [images, rows, columns] = probability.dims();
    let views = batch.views();
    let area = |x: Tensor<3>| -> Tensor<2> {
        x.reshape([images, rows * columns]).sum_dim(1).reshape([views, images / views]).narrow(1, 0, 2)
    };
    let truth = area(batch.mask.clone());
    let error = distance((area(probability) - truth.clone()) / truth.clamp_min(1.0));
    known_mean(error.mean_dim(1).reshape([views]), &batch.curve_known)
}

/// Terms of the LV fraction, of the curve that it gives, and of the EF from that.
fn count_terms(fraction_logit: Tensor<3>, batch: &Batch, low_ejection_fraction: f64) -> [Tensor<1>; 3] {
    let [images, rows, columns] = fraction_logit.dims(); // [views * frames, row, column]
    let (pixels, [views]) = (rows * columns, batch.ef.dims());
    let excess = cross_entropy(fraction_logit.clone(), batch.fraction.clone()) - entropy(batch.fraction.clone());
    let fraction = known_mean(view_means(excess * batch.counts.clone(), views), &batch.fraction_known);

    let curve_of = |fraction: Tensor<3>| -> Tensor<2> {
        (fraction * batch.counts.clone()).reshape([images, pixels]).sum_dim(1).reshape([views, images / views])
    };
    let predicted = curve_of(sigmoid(fraction_logit)); // [views, frames]
    let truth = curve_of(batch.fraction.clone()); // [views, frames]
    // The counts of a frame sum to about its number of pixels. Where almost none come from the LV, as in frames that a fault
    // emptied, an error relative to them would outweigh all others.
    let least = 0.01 * pixels as f64;
    let fullest = truth.clone().max_dim(1).clamp_min(least); // [views, 1]: end-diastole, unless a fault emptied it
    let error = distance((predicted.clone() - truth) / fullest);
    let curve = known_mean(error.mean_dim(1).reshape([views]), &batch.curve_known);

    let frame = |index: usize| predicted.clone().narrow(1, index, 1).reshape([views]);
    let ef = frame(1).div(frame(0).clamp_min(least)).neg().add_scalar(1.0);
    let importance = (batch.ef.clone() * -2.0).add_scalar(1.0).clamp_min(0.0) * low_ejection_fraction;
    let error = distance(ef - batch.ef.clone()) * importance.add_scalar(1.0);
    [fraction, curve, known_mean(error, &batch.ef_known)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{InputChannels, Layout};
    use crate::training_view::TrainingView;
    use burn::tensor::{Device, TensorData};

    const LAYOUT: Layout = Layout { side: 64, input: InputChannels::Cycle };
    const PIXELS: usize = 64 * 64;

    const LV_PIXELS: [usize; 2] = [1024, 512];

    /// One view of two frames with one count everywhere, 0.8 of it from LV blood in the first pixels.
    fn view() -> TrainingView {
        let mask: Vec<f32> = (LV_PIXELS.into_iter())
            .flat_map(|count| (0..PIXELS).map(move |pixel| f32::from(u8::from(pixel < count))))
            .collect();
        TrainingView {
            inputs: vec![0.0; 2 * LAYOUT.channels() * PIXELS],
            fraction: mask.iter().map(|inside| 0.8 * inside).collect(),
            counts: vec![1.0; mask.len()],
            mask,
            fraction_known: true,
            holds_lv: true,
            close: true,
            outlined: true,
            ejection_fraction: Some(0.5),
            scene: None,
            reference: None,
        }
    }

    fn terms(view: TrainingView, [lv, fraction]: [Tensor<3>; 2]) -> LossTerms {
        let prediction = Prediction { lv, fraction: Some(fraction), auxiliary: None, scene: None };
        weighted(prediction, view, &LossWeights::default())
    }

    fn weighted(prediction: Prediction, view: TrainingView, weights: &LossWeights) -> LossTerms {
        loss(prediction, &Batch::new(&[view], LAYOUT, &Device::flex()), weights).terms
    }

    fn zeros() -> [Tensor<3>; 2] {
        [(), ()].map(|()| Tensor::zeros([2, 64, 64], &Device::flex()))
    }

    fn assert_near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-5, "{value} is not {expected}");
    }

    #[test]
    fn terms_are_as_worked_out_by_hand() {
        let terms = terms(view(), zeros()); // everything is predicted to be LV by one half
        let ln2 = std::f64::consts::LN_2;
        assert_near(terms.cross_entropy, ln2);
        assert_near(terms.dice, 1.0 - (1025.0 / 2049.0 + 513.0 / 1537.0) / 2.0);
        let entropy = -(0.8_f64 * 0.8_f64.ln() + 0.2 * 0.2_f64.ln());
        assert_near(terms.fraction, ln2 - entropy * 1536.0 / 8192.0);
        // 2048 predicted LV counts in either frame; 819.2 and 409.6 are true: off by 1.5 and 2 end-diastolic counts.
        let distance = |error: f64| (error * error + 0.0025).sqrt() - 0.05;
        assert_near(terms.curve, (distance(1.5) + distance(2.0)) / 2.0);
        assert_near(terms.ejection_fraction, distance(0.5)); // a flat curve has an EF of 0
        let LossTerms { cross_entropy, dice, fraction, curve, ejection_fraction, .. } = terms;
        assert_near(terms.total, cross_entropy + dice + fraction + 2.0 * curve + 2.0 * ejection_fraction);
    }

    #[test]
    fn a_frame_that_lost_its_counts_does_not_outweigh_the_others() {
        let mut lost = view();
        lost.counts[..PIXELS].fill(1e-6);
        let distance = |error: f64| (error * error + 0.0025).sqrt() - 0.05;
        // End-systole alone has counts: 2048 are predicted where 409.6 are true.
        assert_near(terms(lost, zeros()).curve, distance(4.0) / 2.0);
    }

    #[test]
    fn areas_and_low_ejection_fractions_weigh_as_configured() {
        let [lv, fraction] = zeros();
        let prediction = Prediction { lv, fraction: Some(fraction), auxiliary: None, scene: None };
        let weights = LossWeights { area: 1.0, low_ejection_fraction: 3.0, ..LossWeights::default() };
        let distance = |error: f64| (error * error + 0.0025).sqrt() - 0.05;
        let half = weighted(prediction.clone(), view(), &weights);
        // 2048 predicted pixels where 1024 and 512 are true.
        assert_near(half.area, (distance(1.0) + distance(3.0)) / 2.0);
        assert_near(half.ejection_fraction, distance(0.5));
        let low = weighted(prediction, TrainingView { ejection_fraction: Some(0.2), ..view() }, &weights);
        assert_near(low.ejection_fraction, distance(0.2) * (1.0 + 3.0 * 0.6));
    }

    #[test]
    fn the_truth_has_almost_no_loss() {
        let view = view();
        let logit = |p: f32| (p.clamp(1e-6, 1.0 - 1e-6) / (1.0 - p.clamp(1e-6, 1.0 - 1e-6))).ln();
        let logits = [&view.mask, &view.fraction].map(|plane| {
            let logits = plane.iter().map(|value| logit(*value)).collect();
            Tensor::from_data(TensorData::new(logits, [2, 64, 64]), &Device::flex())
        });
        let terms = terms(view, logits);
        assert!(terms.total.abs() < 1e-3, "{terms:?}");
    }

    #[test]
    fn unknown_truth_adds_no_loss() {
        for partial in [TrainingView { holds_lv: false, ..view() }, TrainingView { close: false, ..view() }] {
            let partial = terms(partial, zeros());
            assert!(partial.fraction > 0.0 && partial.curve == 0.0 && partial.ejection_fraction == 0.0);
        }
        let masks_only = TrainingView { fraction_known: false, ejection_fraction: None, ..view() };
        let masks = terms(masks_only, zeros());
        assert!(masks.dice > 0.0 && masks.fraction == 0.0 && masks.curve == 0.0 && masks.ejection_fraction == 0.0);
    }
}
