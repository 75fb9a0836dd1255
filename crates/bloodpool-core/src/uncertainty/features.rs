//! `Features`: what is known of an analysis that tells how far its LVEF may be off.

use serde::{Deserialize, Serialize};

use crate::measure::curve::fitted;
use crate::measure::drop_off::DropOff;
use crate::{Analysis, Certainty, GatedStudy, Mask};

/// Number of harmonics that odd and even frames are fitted with where the protocol fits none.
const HARMONICS: usize = 4;

/// What is known of one analysis. `None`: could not be computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// LVEF by the named protocol, percent.
    pub lvef_percent: f64,
    /// Standard error of LVEF from counting noise alone, EF points.
    pub counting_error_points: f64,
    /// Net LV counts at ED.
    pub lv_counts: f64,
    /// Area of the LV ROI at ED, mm².
    pub lv_area_mm2: Option<f64>,
    /// How sure the segmenter is.
    pub certainty: Certainty,
    /// LVEF by `standard` and by `background_image` differ by this, EF points.
    pub standard_difference_points: Option<f64>,
    /// LVEF by `unmixed` and by the named protocol differ by this, EF points.
    pub unmixed_difference_points: Option<f64>,
    /// LVEF from odd and from even frames differ by this, EF points.
    pub odd_even_difference_points: Option<f64>,
    /// Columns of the matrix.
    pub matrix: usize,
    /// Frames per cycle.
    pub frames: usize,
}

impl Features {
    /// Number of values in [`Features::values`].
    pub const VALUES: usize = 13;

    /// Those of an analysis of this study. They are read from the counts that were measured, corrected or not: the calibration
    /// is fitted on these.
    #[must_use]
    pub fn of(study: &GatedStudy, analysis: &Analysis) -> Self {
        let study = analysis.measured_study(study);
        let lvef = |key: &str| analysis.results.lvef_percent(key);
        let apart = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| (a - b).abs());
        Self {
            lvef_percent: analysis.lvef_percent,
            counting_error_points: analysis.counting_error_points,
            lv_counts: analysis.end_diastole.net_counts,
            lv_area_mm2: analysis.end_diastole.area_mm2,
            certainty: analysis.certainty.unwrap_or_default(),
            standard_difference_points: apart(lvef("standard"), lvef("background_image")),
            unmixed_difference_points: apart(lvef("unmixed"), Some(analysis.lvef_percent)),
            odd_even_difference_points: odd_even_difference(study, analysis),
            matrix: study.columns(),
            frames: study.frames(),
        }
    }

    /// The values that difficulty is regressed on: amounts as logarithms, since errors follow their ratios. `None` where a
    /// value is unknown, or no finite number.
    #[must_use]
    pub fn values(&self) -> [Option<f64>; Self::VALUES] {
        let log = |value: f64| if value > 0.0 { Some(value.ln()) } else { None };
        // Differences of estimates can be 0; below half a point they tell nothing more.
        let apart = |points: Option<f64>| points.and_then(|points| log(points.abs() + 0.5));
        let ef = self.lvef_percent.clamp(0.0, 100.0) / 100.0;
        [
            log(self.counting_error_points),
            log(self.lv_counts),
            self.lv_area_mm2.and_then(log),
            self.certainty.looks_dice.and_then(|dice| log(1.0 - dice.min(1.0) + 0.005)),
            self.certainty.edge_entropy,
            self.certainty.fraction_outside.and_then(|fraction| log(fraction.max(0.0) + 0.005)),
            apart(self.standard_difference_points),
            apart(self.unmixed_difference_points),
            apart(self.odd_even_difference_points),
            Some(ef),
            Some(ef * ef),
            log(self.matrix as f64),
            log(self.frames as f64),
        ]
        .map(|value| value.filter(|value| value.is_finite()))
    }
}

/// LVEF of the same ED and ES from the odd frames' net counts alone and from the even frames', how far apart, EF points.
///
/// Frames share no counts, so that the two differ by noise and by slips of the outline in single frames.
fn odd_even_difference(study: &GatedStudy, analysis: &Analysis) -> Option<f64> {
    let net = &analysis.curve.net_counts;
    let drop_off = DropOff::of(study);
    let (ed, es) = (analysis.end_diastole.frame.index(), analysis.end_systole.frame.index());
    let read = |parity: usize| {
        let usable: Vec<bool> =
            analysis.masks.iter().map(Mask::is_empty).enumerate().map(|(k, empty)| !empty && k % 2 == parity).collect();
        let curve = fitted(net, &usable, &drop_off, analysis.protocol.curve_harmonics.unwrap_or(HARMONICS));
        let (full, left) = (*curve.get(ed)?, *curve.get(es)?);
        let lvef = 100.0 * (full - left) / full;
        (full > 0.0 && lvef.is_finite()).then_some(lvef)
    };
    Some((read(0)? - read(1)?).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::measure;
    use crate::synthetic::{Beat, beating, outlined};
    use crate::{ModelIdentity, Protocol};

    #[test]
    fn what_is_unknown_or_no_number_is_left_out() {
        let features = Features {
            lvef_percent: 50.0,
            counting_error_points: 0.0,
            lv_counts: f64::INFINITY,
            lv_area_mm2: None,
            certainty: Certainty { looks_dice: Some(0.955), ..Certainty::default() },
            standard_difference_points: Some(1.5),
            unmixed_difference_points: None,
            odd_even_difference_points: Some(0.0),
            matrix: 64,
            frames: 24,
        };
        let values = features.values();
        assert_eq!(values.iter().filter(|value| value.is_some()).count(), 7);
        assert_eq!((values[0], values[1], values[2]), (None, None, None));
        assert!(
            (values[3].unwrap() - 0.05_f64.ln()).abs() < 1e-12 && (values[6].unwrap() - 2.0_f64.ln()).abs() < 1e-12
        );
        let text = serde_json::to_string(&Features { lv_counts: 8e4, ..features.clone() }).unwrap();
        assert_eq!(serde_json::from_str::<Features>(&text).unwrap(), Features { lv_counts: 8e4, ..features });
    }

    #[test]
    fn features_are_those_of_the_corrected_counts() {
        let beat = Beat::default();
        let sound = beating(&beat);
        let mut counts = sound.counts().clone();
        counts.index_axis_mut(ndarray::Axis(0), 5).mapv_inplace(|value| 2.0 * value);
        let mut doubled = GatedStudy::new(counts, sound.pixel_spacing_mm()).unwrap();
        doubled.gating = sound.gating.clone();
        doubled.identity = sound.identity.clone();
        let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
        let analysis = measure(&doubled, outlined(&beat), model, &Protocol::standard()).unwrap();
        let corrected = analysis.corrected_study.clone().unwrap();
        assert_eq!(Features::of(&doubled, &analysis), Features::of(&corrected, &analysis));
        assert!(Features::of(&doubled, &analysis).odd_even_difference_points.unwrap() < 5.0);
    }
}
