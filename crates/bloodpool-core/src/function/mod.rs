//! Ventricular function beyond the LVEF: rates, parametric images, phase, regional function, right ventricle, comparison.
//!
//! | what | where |
//! | --- | --- |
//! | time-activity curve, corrected and smoothed | [`FunctionCurve`] |
//! | rates, times and fractions of that curve, with intervals | [`CurveFunction`] |
//! | amplitude, phase, stroke volume, paradox, regional EF as images | [`ParametricImages`] |
//! | phase histogram of a region, difference of two regions | [`PhaseHistogram`], [`PhaseDifference`] |
//! | EF and wall motion by sector | [`Sectors`], [`SectorFunction`], [`WallMotion`] |
//! | right ventricle | [`RightVentricularFunction`] |
//! | studies of one patient, and rules of cardiotoxicity | [`comparison`] |
//! | published normal ranges | [`normal_ranges`] |
//! | all of it but the comparison, of one study | [`VentricularFunction`] |
//!
//! A number that cannot be trusted is not given: an [`Outcome`] holds it, or the [`Refusal`] that says why there is none.

pub mod comparison;
mod curve;
mod curve_function;
mod estimate;
mod features;
mod known_curve;
pub mod normal_ranges;
mod outline_share;
pub(crate) mod parametric;
mod phase;
mod phase_difference;
mod phases;
mod pixel_background;
mod quantity;
mod refusal;
mod regional;
mod right_ventricle;
mod sectors;
mod valve_plane;
mod ventricular_function;
mod wall_motion;

pub use curve::{FunctionCurve, HARMONICS};
pub use curve_function::{
    BOOTSTRAP_SEED, CurveFunction, CurveInput, CurveMark, CurveMarks, CurveResult, CurveWarning, RATES_REFUSED_MS,
    RATES_WARNED_MS,
};
pub use estimate::Estimate;
pub use known_curve::{KnownQuantity, known_curve};
pub use outline_share::OutlineShare;
pub use parametric::{AMPLITUDE_FRACTION, ImageChoices, ImageInput, ParametricImages};
pub use phase::{BIN_DEGREES, PhaseHistogram};
pub use phase_difference::PhaseDifference;
pub use phases::Phases;
pub use pixel_background::PixelBackground;
pub use quantity::Quantity;
pub use refusal::{Outcome, Refusal};
pub use regional::{CurveReading, RegionFunction, SectorFunction, region_function, sector_functions};
pub use right_ventricle::{RIGHT_VENTRICLE_STATUS, RightVentricularFunction, StrokeCounts, right_ventricle};
pub use sectors::{SECTORS, Sector, Sectors, Wall};
pub use valve_plane::ValvePlane;
pub(crate) use ventricular_function::curve_of;
pub use ventricular_function::{FunctionInput, SectorResults, VentricularFunction};
pub use wall_motion::{RadialMotion, WallMotion, wall_motion};
