//! `Outcome` and `Refusal`: a number that can be trusted, or the reason why there is none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::FrameIndex;

/// A number, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<T> {
    /// It can be used.
    Value(T),
    /// It cannot be trusted.
    Refused(Refusal),
}

impl<T> Outcome<T> {
    /// The number; `None` where it is refused.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Refused(_) => None,
        }
    }

    /// Why there is no number; `None` where there is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Value(_) => None,
            Self::Refused(refusal) => Some(refusal),
        }
    }
}

impl<T> From<Result<T, Refusal>> for Outcome<T> {
    fn from(result: Result<T, Refusal>) -> Self {
        match result {
            Ok(value) => Self::Value(value),
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

/// Why a number cannot be trusted. Serialised with its `code`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// Rates and times need the duration of a frame.
    #[error("the frame time is not recorded")]
    FrameTimeAbsent,
    /// It repeats badly between acquisitions, and its interval holds the truth too seldom (docs/FUNCTION.md).
    #[error("it repeats badly between acquisitions, and its interval holds the truth too seldom")]
    #[serde(alias = "interval_not_tested")]
    IntervalUnreliable,
    /// Frames last so long that rates and times are blurred.
    #[error("a frame lasts {frame_time_ms:.0} ms; rates and times need {limit_ms:.0} ms or less")]
    FrameTimeLong {
        /// Duration of a frame, ms.
        frame_time_ms: f64,
        /// Longest that is accepted, ms.
        limit_ms: f64,
    },
    /// Too few harmonics can be fitted to so few frames.
    #[error("{fitted} harmonics can be fitted to the usable frames; {needed} are needed")]
    FewHarmonics {
        /// Harmonics that can be fitted.
        fitted: usize,
        /// Fewest that are needed.
        needed: usize,
    },
    /// The curve cannot be fitted: nothing has weight, or values are no finite numbers, or differ in number.
    #[error("the curve cannot be fitted")]
    NoCurve,
    /// Net counts at ED are not positive.
    #[error("net counts at end-diastole are {net_counts:.1}")]
    NoNetCounts {
        /// Net counts at ED.
        net_counts: f64,
    },
    /// The beat cannot be told from counting noise.
    #[error("the stroke of {stroke_counts:.0} counts cannot be told from counting noise (SD {noise_counts:.0})")]
    NoBeat {
        /// Net counts at ED less those at ES.
        stroke_counts: f64,
        /// Its standard deviation from counting noise.
        noise_counts: f64,
    },
    /// The curve has no such peak: it does not fall, or does not rise, where it should.
    #[error("the curve has no such peak")]
    NoPeak,
    /// Early filling and atrial contraction cannot be told apart.
    #[error("early filling and atrial contraction have one peak in common")]
    FillingFused,
    /// The end of the cycle lost so many counts that atrial filling is not known.
    #[error("the end of the cycle lost counts: frame {frame} kept {:.0} %", kept * 100.0)]
    CycleEndLost {
        /// The frame that lost most.
        frame: FrameIndex,
        /// What it kept, 0 to 1.
        kept: f64,
    },
    /// Counting noise decides whether the quantity exists at all.
    #[error("counting noise decides the number: {:.0} % of the bootstrap samples have none", missing_share * 100.0)]
    Unstable {
        /// Share of the bootstrap samples that have no such quantity, 0 to 1.
        missing_share: f64,
    },
    /// The counts of a region are too few.
    #[error("{net_counts:.0} net counts cannot be told from counting noise (SD {noise_counts:.0})")]
    FewCounts {
        /// Net counts of the region at ED.
        net_counts: f64,
        /// Their standard deviation from counting noise.
        noise_counts: f64,
    },
    /// The region has too few pixels.
    #[error("the region has {pixels} pixels that beat; {needed} are needed")]
    FewPixels {
        /// Pixels of the region.
        pixels: usize,
        /// Fewest that are needed.
        needed: usize,
    },
    /// The phases of a region point in all directions alike, so that they have no mean.
    #[error("the phases of the region have no common direction")]
    NoMeanPhase,
    /// Masks, images or landmarks do not fit the study, or each other.
    #[error("regions and images have different matrices or numbers of frames")]
    Shapes,
    /// The valve plane cannot be what the landmarks say.
    #[error("the landmarks do not give a valve plane that faces away from the apex")]
    ValvePlane,
    /// An outline is not met in some directions from the centre.
    #[error("the {phase} outline does not surround the centre in this sector")]
    OutlineNotMet {
        /// `ED` or `ES`.
        phase: String,
    },
    /// No frame has the ventricle that is measured, or ED and ES cannot be chosen.
    #[error("end-diastole and end-systole of the ventricle cannot be chosen")]
    NoVentricle,
    /// The segmenter gives no right ventricle.
    #[error("the segmentation has no right ventricle")]
    NoRightVentricle,
    /// The segmenter gives no landmarks.
    #[error("the segmentation has no landmarks of valve plane and apex")]
    NoLandmarks,
    /// The LV cannot be counted in the way in which the RV is.
    #[error("the LV cannot be counted as the RV is, for want of an LV fraction")]
    NoLeftCounts,
    /// The number of one of the studies is withheld.
    #[error("the LVEF of one of the studies is withheld")]
    Withheld,
    /// A rule needs a limit that is not known.
    #[error("the rule needs the lower limit of normal of this department")]
    LocalLimitUnknown,
    /// A rule says nothing about such a baseline.
    #[error("the rule says nothing about a baseline LVEF of {baseline_percent:.0} %")]
    BaselineNotCovered {
        /// LVEF of the baseline, percent.
        baseline_percent: f64,
    },
}

impl Refusal {
    /// Stable code, for example `frame_time_absent`: the `code` of its serialised form.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FrameTimeAbsent => "frame_time_absent",
            Self::IntervalUnreliable => "interval_unreliable",
            Self::FrameTimeLong { .. } => "frame_time_long",
            Self::FewHarmonics { .. } => "few_harmonics",
            Self::NoCurve => "no_curve",
            Self::NoNetCounts { .. } => "no_net_counts",
            Self::NoBeat { .. } => "no_beat",
            Self::NoPeak => "no_peak",
            Self::FillingFused => "filling_fused",
            Self::CycleEndLost { .. } => "cycle_end_lost",
            Self::Unstable { .. } => "unstable",
            Self::FewCounts { .. } => "few_counts",
            Self::FewPixels { .. } => "few_pixels",
            Self::NoMeanPhase => "no_mean_phase",
            Self::Shapes => "shapes",
            Self::ValvePlane => "valve_plane",
            Self::OutlineNotMet { .. } => "outline_not_met",
            Self::NoVentricle => "no_ventricle",
            Self::NoRightVentricle => "no_right_ventricle",
            Self::NoLandmarks => "no_landmarks",
            Self::NoLeftCounts => "no_left_counts",
            Self::Withheld => "withheld",
            Self::LocalLimitUnknown => "local_limit_unknown",
            Self::BaselineNotCovered { .. } => "baseline_not_covered",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_hold_the_value_or_the_reason() {
        let long = Refusal::FrameTimeLong { frame_time_ms: 62.5, limit_ms: 50.0 };
        let text = serde_json::to_string(&Outcome::<f64>::Refused(long.clone())).unwrap();
        assert_eq!(text, r#"{"refused":{"code":"frame_time_long","frame_time_ms":62.5,"limit_ms":50.0}}"#);
        assert_eq!(serde_json::from_str::<Outcome<f64>>(&text).unwrap().refusal(), Some(&long));
        assert_eq!(serde_json::to_string(&Outcome::Value(2.5)).unwrap(), r#"{"value":2.5}"#);
        assert_eq!(serde_json::from_str::<Outcome<f64>>(r#"{"value":2.5}"#).unwrap().value(), Some(&2.5));
        assert_eq!(Outcome::from(Ok::<f64, Refusal>(1.0)).refusal(), None);
        assert_eq!(Outcome::<f64>::from(Err(Refusal::NoPeak)).value(), None);
    }

    #[test]
    fn reasons_are_sentences_with_their_figures() {
        for (refusal, message) in [
            (
                Refusal::FrameTimeLong { frame_time_ms: 62.5, limit_ms: 50.0 },
                "a frame lasts 62 ms; rates and times need 50 ms or less",
            ),
            (
                Refusal::CycleEndLost { frame: FrameIndex::new(23), kept: 0.314 },
                "the end of the cycle lost counts: frame 24 kept 31 %",
            ),
            (
                Refusal::Unstable { missing_share: 0.12 },
                "counting noise decides the number: 12 % of the bootstrap samples have none",
            ),
            (
                Refusal::NoBeat { stroke_counts: 120.4, noise_counts: 80.6 },
                "the stroke of 120 counts cannot be told from counting noise (SD 81)",
            ),
        ] {
            assert_eq!(refusal.to_string(), message);
            assert_eq!(serde_json::to_value(&refusal).unwrap()["code"], refusal.code());
        }
    }
}
