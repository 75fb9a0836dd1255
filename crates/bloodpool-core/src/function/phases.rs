//! `Phases`: the phase histograms of one study's ventricles and walls, and how much later one beats than the other.

use super::parametric::ParametricImages;
use super::phase::{BIN_DEGREES, PhaseHistogram};
use super::phase_difference::PhaseDifference;
use super::refusal::{Outcome, Refusal};
use super::sectors::{Sectors, Wall};
use crate::Mask;

/// Phases of regions of one study; each region is one of the ED frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Phases {
    /// Length of the cycle that the frames divide, ms; `None` where the frame time is not recorded.
    pub cycle_ms: Option<f64>,
    /// Pixels of the LV silhouette.
    pub lv: Outcome<PhaseHistogram>,
    /// Pixels of the RV silhouette that are not in the LV's. Right-atrial pixels that overlap it are among them.
    pub rv: Outcome<PhaseHistogram>,
    /// The septal half of the LV's sectors.
    pub septal: Outcome<PhaseHistogram>,
    /// Their lateral half.
    pub lateral: Outcome<PhaseHistogram>,
    /// How much later the RV beats than the LV.
    pub rv_less_lv: Outcome<PhaseDifference>,
    /// How much later the septal half beats than the lateral one.
    pub septal_less_lateral: Outcome<PhaseDifference>,
}

impl Phases {
    /// Of these images. `lv`, `rv`: silhouettes at ED; `cycle_ms`: length of the cycle that the frames divide.
    #[must_use]
    pub fn of(
        images: Result<&ParametricImages, &Refusal>,
        lv: &Mask,
        rv: Result<&Mask, Refusal>,
        sectors: Result<&Sectors, &Refusal>,
        cycle_ms: Option<f64>,
    ) -> Self {
        let histogram = |region: Result<Mask, Refusal>| {
            let images = images.map_err(Clone::clone)?;
            PhaseHistogram::of(images, &region?, BIN_DEGREES)
        };
        let wall = |wall: Wall| histogram(sectors.map(|sectors| sectors.wall(lv, wall)).map_err(Clone::clone));
        let rv = rv.and_then(|rv| if rv.dim() == lv.dim() { Ok(rv.difference(lv)) } else { Err(Refusal::Shapes) });
        let (lv, rv) = (histogram(Ok(lv.clone())), histogram(rv));
        let (septal, lateral) = (wall(Wall::Septal), wall(Wall::Lateral));
        let later = |first: &Result<PhaseHistogram, Refusal>, second: &Result<PhaseHistogram, Refusal>| {
            let (first, second) = (first.as_ref().map_err(Clone::clone)?, second.as_ref().map_err(Clone::clone)?);
            Ok(PhaseDifference::between(first, second, cycle_ms))
        };
        Self {
            cycle_ms,
            rv_less_lv: later(&rv, &lv).into(),
            septal_less_lateral: later(&septal, &lateral).into(),
            lv: lv.into(),
            rv: rv.into(),
            septal: septal.into(),
            lateral: lateral.into(),
        }
    }

    /// All refused for one reason.
    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self {
            cycle_ms: None,
            lv: Outcome::Refused(refusal.clone()),
            rv: Outcome::Refused(refusal.clone()),
            septal: Outcome::Refused(refusal.clone()),
            lateral: Outcome::Refused(refusal.clone()),
            rv_less_lv: Outcome::Refused(refusal.clone()),
            septal_less_lateral: Outcome::Refused(refusal.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// Two halves that beat at 120 and 150 degrees, and a stripe at 300 to the left of both.
    fn images() -> ParametricImages {
        let phase = Array2::from_shape_fn((32, 48), |(_, column)| [300.0, 120.0, 150.0][column / 16]);
        ParametricImages {
            frames: 24,
            mean: Array2::from_elem((32, 48), 100.0),
            amplitude: Array2::from_elem((32, 48), 40.0),
            phase_degrees: phase,
            beating: Mask::from_fn(32, 48, |_, _| true),
            stroke: Array2::zeros((32, 48)),
            paradox: Array2::zeros((32, 48)),
            ef_percent: Array2::zeros((32, 48)),
            has_ef: Mask::empty(32, 48),
        }
    }

    #[test]
    fn differences_are_those_of_the_regions() {
        let lv = Mask::from_fn(32, 48, |row, column| (4..28).contains(&row) && column >= 16);
        let rv = Mask::from_fn(32, 48, |row, column| (4..28).contains(&row) && column < 20);
        let found = Phases::of(Ok(&images()), &lv, Ok(&rv), Err(&Refusal::NoLandmarks), Some(720.0));
        // Half of the LV at 120, half at 150: mean 135, SD 15 but for n - 1; the RV without the LV's pixels at 300.
        let left = found.lv.value().unwrap();
        assert!((left.mean_degrees - 135.0).abs() < 1e-6 && (left.sd_degrees - 15.0).abs() < 0.02, "{left:?}");
        assert_eq!(found.rv.value().unwrap().pixels, 24 * 16);
        let later = found.rv_less_lv.value().unwrap();
        // 165 degrees of 720 ms.
        assert!((later.degrees - 165.0).abs() < 1e-6 && (later.ms.unwrap() - 330.0).abs() < 1e-6, "{later:?}");
        assert_eq!(found.septal_less_lateral.refusal(), Some(&Refusal::NoLandmarks));
    }

    #[test]
    fn a_missing_region_is_refused_alone() {
        let lv = Mask::from_fn(32, 48, |row, column| (4..28).contains(&row) && column >= 16);
        let missing = Err(Refusal::NoRightVentricle);
        let found = Phases::of(Ok(&images()), &lv, missing, Err(&Refusal::ValvePlane), None);
        assert!(found.lv.value().is_some());
        assert_eq!(found.rv.refusal(), Some(&Refusal::NoRightVentricle));
        assert_eq!(found.rv_less_lv.refusal(), Some(&Refusal::NoRightVentricle));
        let none = Phases::of(Err(&Refusal::NoCurve), &lv, Ok(&lv), Err(&Refusal::ValvePlane), None);
        assert_eq!(none.lv.refusal(), Some(&Refusal::NoCurve));
        let odd = Phases::of(Ok(&images()), &lv, Ok(&Mask::empty(8, 8)), Err(&Refusal::ValvePlane), None);
        assert_eq!(odd.rv.refusal(), Some(&Refusal::Shapes));
    }
}
