//! What training minimises: overlap of the masks, the LV fraction of the counts, the LV's curve and the EF from it.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::augment::View;
use crate::input::Layout;
use crate::network::Prediction;

/// Weight of each term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossWeights {
    /// Cross-entropy of the mask.
    pub cross_entropy: f64,
    /// Soft Dice of the mask.
    pub dice: f64,
    /// Cross-entropy of the fraction, weighted by counts: its minimum is the mean, so that sums are not biased.
    pub fraction: f64,
    /// Distance between predicted and true LV counts of each frame, relative to end-diastole.
    pub curve: f64,
    /// Distance between the EF of the predicted curve and the true EF.
    pub ejection_fraction: f64,
    /// Cross-entropy of the mask by an auxiliary head.
    pub auxiliary: f64,
}

impl Default for LossWeights {
    fn default() -> Self {
        Self { cross_entropy: 1.0, dice: 1.0, fraction: 1.0, curve: 2.0, ejection_fraction: 2.0, auxiliary: 0.5 }
    }
}

/// Beyond this distance the curve and EF terms grow linearly.
const KNEE: f64 = 0.05;

/// Views as tensors. Frames of one view follow one another, end-diastole and end-systole first. The curve and the EF are
/// taught in closer looks alone, which is where they are read.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[views * frames, channel, row, column]`
    pub inputs: Tensor<4>,
    mask: Tensor<3>,           // [views * frames, row, column]
    fraction: Tensor<3>,       // [views * frames, row, column]
    counts: Tensor<3>,         // [views * frames, row, column]
    fraction_known: Tensor<1>, // [views], 0 or 1
    curve_known: Tensor<1>,    // [views], 0 or 1
    ef_known: Tensor<1>,       // [views], 0 or 1
    ef: Tensor<1>,             // [views]
}

impl Batch {
    /// A batch of views, which all have the same number of frames.
    #[must_use]
    pub fn new(views: &[View], layout: Layout, device: &Device) -> Self {
        let (side, pixels) = (layout.side, layout.pixels());
        let images = views.iter().map(|view| view.mask.len() / pixels).sum::<usize>();
        let join =
            |part: fn(&View) -> &[f32]| views.iter().flat_map(|view| part(view).iter().copied()).collect::<Vec<_>>();
        let image = |part: fn(&View) -> &[f32]| {
            Tensor::<3>::from_data(TensorData::new(join(part), [images, side, side]), device)
        };
        let scalar = |value: fn(&View) -> f32| {
            Tensor::<1>::from_data(TensorData::new(views.iter().map(value).collect(), [views.len()]), device)
        };
        Self {
            inputs: Tensor::from_data(
                TensorData::new(join(|view| &view.inputs), [images, layout.channels(), side, side]),
                device,
            ),
            mask: image(|view| &view.mask),
            fraction: image(|view| &view.fraction),
            counts: image(|view| &view.counts),
            fraction_known: scalar(|view| f32::from(u8::from(view.fraction_known))),
            curve_known: scalar(|view| f32::from(u8::from(view.fraction_known && view.holds_lv && view.close))),
            ef_known: scalar(|view| {
                f32::from(u8::from(view.ejection_fraction.is_some() && view.holds_lv && view.close))
            }),
            ef: scalar(|view| view.ejection_fraction.unwrap_or(0.0)),
        }
    }
}

/// The terms of the loss, unweighted, and their weighted sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LossTerms {
    /// Weighted sum.
    pub total: f64,
    /// Cross-entropy of the mask.
    pub cross_entropy: f64,
    /// 1 - soft Dice of the mask.
    pub dice: f64,
    /// Cross-entropy of the fraction, above its least possible value.
    pub fraction: f64,
    /// Error of the LV curve.
    pub curve: f64,
    /// Error of the EF.
    pub ejection_fraction: f64,
}

impl LossTerms {
    /// Adds another's terms to these.
    pub fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.cross_entropy += other.cross_entropy;
        self.dice += other.dice;
        self.fraction += other.fraction;
        self.curve += other.curve;
        self.ejection_fraction += other.ejection_fraction;
    }

    /// These terms times a factor.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        Self {
            total: self.total * factor,
            cross_entropy: self.cross_entropy * factor,
            dice: self.dice * factor,
            fraction: self.fraction * factor,
            curve: self.curve * factor,
            ejection_fraction: self.ejection_fraction * factor,
        }
    }
}

/// Loss to be differentiated, and its terms for the record.
#[must_use]
pub fn loss(prediction: Prediction, batch: &Batch, weights: &LossWeights) -> (Tensor<1>, LossTerms) {
    let Prediction { lv, fraction, auxiliary } = prediction;
    let cross_entropy = cross_entropy(lv.clone(), batch.mask.clone()).mean();
    let dice = dice_loss(sigmoid(lv), batch.mask.clone());
    let mut total = cross_entropy.clone() * weights.cross_entropy + dice.clone() * weights.dice;
    let value = |tensor: &Tensor<1>| f64::from(tensor.clone().into_scalar::<f32>());
    let mut terms = LossTerms { cross_entropy: value(&cross_entropy), dice: value(&dice), ..LossTerms::default() };
    if let Some(auxiliary) = auxiliary {
        total = total + self::cross_entropy(auxiliary, batch.mask.clone()).mean() * weights.auxiliary;
    }
    if let Some(fraction) = fraction {
        let [fraction, curve, ejection_fraction] = count_terms(fraction, batch);
        terms.fraction = value(&fraction);
        terms.curve = value(&curve);
        terms.ejection_fraction = value(&ejection_fraction);
        total =
            total + fraction * weights.fraction + curve * weights.curve + ejection_fraction * weights.ejection_fraction;
    }
    terms.total = value(&total);
    (total, terms)
}

/// Terms of the LV fraction, of the curve that it gives, and of the EF from that.
fn count_terms(fraction_logit: Tensor<3>, batch: &Batch) -> [Tensor<1>; 3] {
    let [images, rows, columns] = fraction_logit.dims(); // [views * frames, row, column]
    let (pixels, [views]) = (rows * columns, batch.ef.dims());
    let surprise = cross_entropy(fraction_logit.clone(), batch.fraction.clone()) - entropy(batch.fraction.clone());
    let by_view = (surprise * batch.counts.clone()).reshape([views, images / views * pixels]);
    let fraction = known_mean(by_view.mean_dim(1).reshape([views]), &batch.fraction_known);

    let curve_of = |fraction: Tensor<3>| -> Tensor<2> {
        (fraction * batch.counts.clone()).reshape([images, pixels]).sum_dim(1).reshape([views, images / views])
    };
    let predicted = curve_of(sigmoid(fraction_logit)); // [views, frames]
    let truth = curve_of(batch.fraction.clone()); // [views, frames]
    let end_diastole = truth.clone().narrow(1, 0, 1).clamp_min(1e-3); // [views, 1]
    let error = distance((predicted.clone() - truth) / end_diastole);
    let curve = known_mean(error.mean_dim(1).reshape([views]), &batch.curve_known);

    let frame = |index: usize| predicted.clone().narrow(1, index, 1).reshape([views]);
    let ef = frame(1).div(frame(0).clamp_min(1e-3)).neg().add_scalar(1.0);
    [fraction, curve, known_mean(distance(ef - batch.ef.clone()), &batch.ef_known)]
}

/// Cross-entropy of each pixel, from logits: max(x, 0) - x t + ln(1 + exp(-|x|)). Of two classes, x is the difference of
/// their logits.
pub(crate) fn cross_entropy(logit: Tensor<3>, truth: Tensor<3>) -> Tensor<3> {
    logit.clone().clamp_min(0.0) - logit.clone() * truth + logit.abs().neg().exp().log1p()
}

/// Least possible cross-entropy of each pixel.
fn entropy(truth: Tensor<3>) -> Tensor<3> {
    let part = |p: Tensor<3>| p.clone().clamp_min(1e-7).log() * p;
    (part(truth.clone()) + part(truth.neg().add_scalar(1.0))).neg()
}

/// 1 - soft Dice, image by image; an image without LV counts as one where nothing is predicted.
fn dice_loss(probability: Tensor<3>, truth: Tensor<3>) -> Tensor<1> {
    let [images, rows, columns] = probability.dims();
    let sum = |x: Tensor<3>| x.reshape([images, rows * columns]).sum_dim(1).reshape([images]);
    let both = sum(probability.clone() * truth.clone());
    let all = sum(probability.square()) + sum(truth.square());
    let dice = (both * 2.0 + 1.0) / (all + 1.0);
    dice.mean().neg().add_scalar(1.0)
}

/// Quadratic near 0, linear beyond the knee (pseudo-Huber).
fn distance<const D: usize>(error: Tensor<D>) -> Tensor<D> {
    error.square().add_scalar(KNEE * KNEE).sqrt().sub_scalar(KNEE)
}

/// Mean over the views where it is known; 0 where it is known of none.
fn known_mean(values: Tensor<1>, known: &Tensor<1>) -> Tensor<1> {
    (values * known.clone()).sum() / known.clone().sum().clamp_min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Seen;

    const LAYOUT: Layout = Layout { side: 64, seen: Seen::Cycle };
    const PIXELS: usize = 64 * 64;

    const LV_PIXELS: [usize; 2] = [1024, 512];

    /// One view of two frames with one count everywhere, 0.8 of it from LV blood in the first pixels.
    fn view() -> View {
        let mask: Vec<f32> = (LV_PIXELS.into_iter())
            .flat_map(|count| (0..PIXELS).map(move |pixel| f32::from(u8::from(pixel < count))))
            .collect();
        View {
            inputs: vec![0.0; 2 * LAYOUT.channels() * PIXELS],
            fraction: mask.iter().map(|inside| 0.8 * inside).collect(),
            counts: vec![1.0; mask.len()],
            mask,
            fraction_known: true,
            holds_lv: true,
            close: true,
            ejection_fraction: Some(0.5),
        }
    }

    fn terms(view: View, [lv, fraction]: [Tensor<3>; 2]) -> LossTerms {
        let prediction = Prediction { lv, fraction: Some(fraction), auxiliary: None };
        loss(prediction, &Batch::new(&[view], LAYOUT, &Device::flex()), &LossWeights::default()).1
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
    fn the_truth_costs_almost_nothing() {
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
    fn what_is_not_known_costs_nothing() {
        for partial in [View { holds_lv: false, ..view() }, View { close: false, ..view() }] {
            let partial = terms(partial, zeros());
            assert!(partial.fraction > 0.0 && partial.curve == 0.0 && partial.ejection_fraction == 0.0);
        }
        let masks_only = View { fraction_known: false, ejection_fraction: None, ..view() };
        let masks = terms(masks_only, zeros());
        assert!(masks.dice > 0.0 && masks.fraction == 0.0 && masks.curve == 0.0 && masks.ejection_fraction == 0.0);
    }
}
