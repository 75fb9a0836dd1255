//! How raters agree at end-diastole and at end-systole, apart: kappa, areas, and group against group.

use std::collections::{BTreeMap, BTreeSet};

use bloodpool_core::Mask;
use bloodpool_stats::raters::{RaterAgreement, RaterMasks, rate};
use bloodpool_stats::{AgreementError, FleissKappa, GroupComparison, Ratings, Reading, compare_groups, fleiss_kappa};
use serde::{Deserialize, Serialize};

use super::rated_image::RatedImage;
use super::variance::VarianceComponents;
use crate::rated_frames::RatedPhase;
use crate::rated_images::SIDE;

/// The agreement of raters on the images of one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PhaseAgreement {
    /// End-diastole or end-systole, each with its second frame.
    pub phase: RatedPhase,
    /// Number of images.
    pub images: usize,
    /// Fleiss' kappa over all pixels of these images; `None` where it cannot be computed.
    pub kappa: Option<FleissKappa>,
    /// Why not.
    pub kappa_problem: Option<String>,
    /// Every group against every other on these images, raters as units; a pair is absent where nobody of a group can be compared.
    pub groups: Vec<GroupComparison>,
    /// Where the variation of areas comes from: a model of 100 ln(pixels) on the first of the two frames, so that its standard
    /// deviations and differences are about percent of an area.
    pub area_percent: VarianceComponents,
}

/// The phases with their second frames.
const PHASES: [[RatedPhase; 2]; 2] =
    [[RatedPhase::EndDiastole, RatedPhase::EndDiastoleSecond], [RatedPhase::EndSystole, RatedPhase::EndSystoleSecond]];

impl PhaseAgreement {
    /// Of end-diastole and of end-systole, from the masks of all raters on `images`.
    ///
    /// # Errors
    /// [`AgreementError`] when masks cannot be compared.
    pub(super) fn of_both(raters: &[RaterMasks], images: &[RatedImage<'_>]) -> Result<Vec<Self>, AgreementError> {
        PHASES.into_iter().map(|phases| Self::new(raters, images, phases)).collect()
    }

    fn new(raters: &[RaterMasks], images: &[RatedImage<'_>], phases: [RatedPhase; 2]) -> Result<Self, AgreementError> {
        let own: Vec<usize> = (0..images.len()).filter(|&image| phases.contains(&images[image].phase)).collect();
        let patients: Vec<&str> = own.iter().map(|&image| images[image].patient).collect();
        let ratings = own.iter().map(|&image| {
            let drawn: Vec<&Mask> = raters.iter().filter_map(|rater| rater.masks[image].as_ref()).collect();
            if drawn.is_empty() { Ok(Ratings::default()) } else { Ratings::of_masks(&drawn, SIDE * SIDE) }
        });
        let ratings = ratings.collect::<Result<Vec<_>, _>>()?;
        let (kappa, kappa_problem) = match fleiss_kappa(&patients, &ratings) {
            Ok(kappa) => (Some(kappa), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let of_phase = raters.iter().map(|rater| RaterMasks {
            masks: own.iter().map(|&image| rater.masks[image].clone()).collect(),
            rater: rater.rater.clone(),
            group: rater.group.clone(),
        });
        let rated = rate_those_who_can_be(of_phase.collect(), &patients)?;
        let groups: Vec<Option<&str>> = raters.iter().map(|rater| rater.group.as_deref()).collect();
        let area_percent = VarianceComponents::new(&areas(raters, images, phases[0]), &groups);
        let groups = pairs_of(&rated);
        Ok(Self { phase: phases[0], images: own.len(), kappa, kappa_problem, groups, area_percent })
    }
}

/// The agreement of raters with each other, without those who have no image in common with anybody.
fn rate_those_who_can_be(
    mut raters: Vec<RaterMasks>,
    patients: &[&str],
) -> Result<Vec<RaterAgreement>, AgreementError> {
    loop {
        match rate(&raters, patients) {
            // Who leaves was compared with nobody, so that nobody else loses an image by it.
            Err(AgreementError::NothingToCompare { rater }) => raters.retain(|known| known.rater != rater),
            other => return other,
        }
    }
}

/// Every group against every other, where both have raters.
fn pairs_of(rated: &[RaterAgreement]) -> Vec<GroupComparison> {
    let names: BTreeSet<&str> = rated.iter().filter_map(|rater| rater.group.as_deref()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let pairs = names.iter().enumerate().flat_map(|(index, first)| {
        names[index + 1..].iter().filter_map(|second| compare_groups(rated, [*first, *second], None).ok())
    });
    pairs.collect()
}

/// 100 ln of the areas on the images of one phase.
fn areas(raters: &[RaterMasks], images: &[RatedImage<'_>], phase: RatedPhase) -> Vec<Reading> {
    let mut studies: BTreeMap<&str, usize> = BTreeMap::new();
    let mut readings = Vec::new();
    for (index, image) in images.iter().enumerate().filter(|(_, image)| image.phase == phase) {
        let next = studies.len();
        let study = *studies.entry(image.case).or_insert(next);
        for (rater, masks) in raters.iter().enumerate() {
            let area = masks.masks[index].as_ref().map(Mask::area).filter(|area| *area > 0);
            readings.extend(area.map(|area| Reading { study, rater, value: 100.0 * (area as f64).ln() }));
        }
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_apart_and_lone_raters_do_not_stop_them() {
        let image = |name, phase, case| RatedImage { name, phase, case, patient: case };
        let images = [
            image("x-ed", RatedPhase::EndDiastole, "x"),
            image("x-es", RatedPhase::EndSystole, "x"),
            image("y-ed", RatedPhase::EndDiastole, "y"),
            image("y-es", RatedPhase::EndSystole, "y"),
        ];
        let square = |side: usize| Mask::from_fn(40, 40, |row, column| row < side && column < side);
        let rater = |name: &str, group: &str, sides: [usize; 4]| RaterMasks {
            rater: name.into(),
            group: Some(group.into()),
            masks: sides.map(|side| (side > 0).then(|| square(side))).to_vec(),
        };
        let raters = [
            rater("a", "s", [20, 12, 24, 0]),
            rater("b", "s", [20, 12, 24, 0]),
            rater("c", "t", [20, 15, 26, 0]),
            // Alone on the ES image of y.
            rater("d", "t", [0, 0, 0, 14]),
        ];
        let [ed, es] = &PhaseAgreement::of_both(&raters, &images).unwrap()[..] else { panic!("two phases") };
        assert_eq!((ed.phase, es.phase, ed.images, es.images), (RatedPhase::EndDiastole, RatedPhase::EndSystole, 2, 2));
        // ED: 400 pixels of all three, 576 of all, 100 of one of three: p = (3 x 976 + 100) / (6 x 65536), disagreement 100 x 2 / 3.
        let p = (3.0 * 976.0 + 100.0) / (6.0 * 65536.0);
        let kappa = 1.0 - 100.0 * 2.0 / 3.0 / (2.0 * 65536.0 * 2.0 * p * (1.0 - p));
        assert!((ed.kappa.unwrap().kappa - kappa).abs() < 1e-12);
        assert_eq!((ed.groups.len(), es.groups.len()), (1, 1));
        assert_eq!(ed.groups[0].dice.test.second, 1, "d has no image at ED");
        // On the one ES image c is 225 pixels against 144: 56 %.
        assert!((es.groups[0].area_bias_percent.unwrap().medians[1] - 56.25).abs() < 1e-9);
        assert!(es.area_percent.model.is_none() && es.area_percent.problem.is_some());
        let model = ed.area_percent.model.as_ref().unwrap();
        assert_eq!((model.readings, model.raters, model.rater_effects.len()), (6, 3, 4));
    }
}
