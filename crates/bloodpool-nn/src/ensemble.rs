//! `EnsembleSegmenter`: several networks whose probabilities are averaged, and what each of them sees.

use bloodpool_core::{
    Certainty, GatedStudy, Landmarks, ModelIdentity, Recognition, RightVentricle, Segmentation, SegmentationError,
    Segmenter,
};
use ndarray::Array3;

use crate::segmenter::{NetworkSegmenter, Seen, masks_of, share_outside};

/// Several networks as one segmenter. Outlines are where the mean of their probabilities is above one half; fractions, landmarks and what
/// is recognised are means over the networks that give them all.
#[derive(Debug)]
pub struct EnsembleSegmenter {
    members: Vec<NetworkSegmenter>,
    identity: ModelIdentity,
}

impl EnsembleSegmenter {
    /// An ensemble of these networks, at least one.
    #[must_use]
    pub fn new(first: NetworkSegmenter, others: Vec<NetworkSegmenter>, identity: ModelIdentity) -> Self {
        Self { members: std::iter::once(first).chain(others).collect(), identity }
    }
}

impl Segmenter for EnsembleSegmenter {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let seen: Vec<Seen> = self.members.iter().map(|member| member.see(study)).collect::<Result<_, _>>()?;
        let lv_probability = mean(seen.iter().map(|one| one.lv_probability.as_slice()));
        let masks = masks_of(&lv_probability, study);
        let lv_fraction = mean_image(&seen, |one| one.segmentation.lv_fraction.as_ref());
        let rv = mean_image(&seen, |one| one.segmentation.rv.as_ref().map(|rv| &rv.fraction)).map(|fraction| {
            RightVentricle {
                masks: masks_of(&mean(seen.iter().map(|one| one.rv_probability.as_slice())), study),
                fraction,
            }
        });
        let found = masks.iter().any(|mask| !mask.is_empty());
        let certainty = Certainty {
            looks_dice: mean_of(&seen, |one| one.certainty?.looks_dice),
            edge_entropy: mean_of(&seen, |one| one.certainty?.edge_entropy),
            fraction_outside: lv_fraction.as_ref().and_then(|fraction| share_outside(study, &masks, fraction)),
        };
        let shape = (study.frames(), study.rows(), study.columns());
        Ok(Segmentation {
            lv_probability: Array3::from_shape_vec(shape, lv_probability).ok(),
            landmarks: landmarks(&seen).filter(|_| found),
            recognition: recognition(&seen),
            masks,
            lv_fraction,
            rv,
            certainty: Some(certainty),
            members: seen.into_iter().map(|one| one.segmentation).collect(),
        })
    }

    fn identity(&self) -> ModelIdentity {
        self.identity.clone()
    }
}

/// The mean of planes of equal size.
fn mean<'a>(planes: impl ExactSizeIterator<Item = &'a [f32]>) -> Vec<f32> {
    let count = planes.len() as f32;
    let mut sum: Vec<f32> = Vec::new();
    for plane in planes {
        sum.resize(plane.len(), 0.0);
        sum.iter_mut().zip(plane).for_each(|(sum, value)| *sum += value);
    }
    sum.iter_mut().for_each(|value| *value /= count);
    sum
}

/// The mean of an image that all networks give.
fn mean_image(seen: &[Seen], of: impl Fn(&Seen) -> Option<&Array3<f32>>) -> Option<Array3<f32>> {
    let images: Vec<&Array3<f32>> = seen.iter().map(of).collect::<Option<_>>()?;
    let (first, others) = images.split_first()?;
    let sum = others.iter().fold((*first).clone(), |sum, image| sum + *image);
    Some(sum / images.len() as f32)
}

/// The mean of a number that all networks give.
fn mean_of(seen: &[Seen], of: impl Fn(&Segmentation) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> = seen.iter().map(|one| of(&one.segmentation)).collect::<Option<_>>()?;
    Some(values.iter().sum::<f64>() / values.len().max(1) as f64)
}

fn landmarks(seen: &[Seen]) -> Option<Vec<Landmarks>> {
    let all: Vec<&Vec<Landmarks>> =
        seen.iter().map(|one| one.segmentation.landmarks.as_ref()).collect::<Option<_>>()?;
    let frames = all.iter().map(|landmarks| landmarks.len()).min()?;
    let mean = |frame: usize, of: fn(&Landmarks) -> [f64; 2]| {
        let sum = all
            .iter()
            .map(|landmarks| of(&landmarks[frame]))
            .fold([0.0, 0.0], |sum, at| [sum[0] + at[0], sum[1] + at[1]]);
        sum.map(|value| value / all.len() as f64)
    };
    let at = |frame: usize| Landmarks {
        apex: mean(frame, |landmarks| landmarks.apex),
        valve_plane: [
            mean(frame, |landmarks| landmarks.valve_plane[0]),
            mean(frame, |landmarks| landmarks.valve_plane[1]),
        ],
    };
    Some((0..frames).map(at).collect())
}

fn recognition(seen: &[Seen]) -> Option<Recognition> {
    let all: Vec<&Recognition> = seen.iter().map(|one| one.segmentation.recognition.as_ref()).collect::<Option<_>>()?;
    let count = all.len() as f64;
    let mut mean = Recognition { heart: 0.0, view: [0.0; 5], orientation: [0.0; 8], gating_sound: 0.0 };
    for one in all {
        mean.heart += one.heart / count;
        mean.gating_sound += one.gating_sound / count;
        mean.view.iter_mut().zip(one.view).for_each(|(sum, value)| *sum += value / count);
        mean.orientation.iter_mut().zip(one.orientation).for_each(|(sum, value)| *sum += value / count);
    }
    Some(mean)
}
