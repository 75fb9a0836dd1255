//! Counts put right before anything is measured, where the cause of a fault is clear, and what was found.

mod frames;
mod pixels;
mod step;
mod tiles;

use std::borrow::Cow;

use crate::GatedStudy;
use crate::measure::drop_off::DropOff;
use crate::validity::{Rank, Reason, limits};

pub(crate) use tiles::Tiles;

/// A study as it is measured, and what was found on the way there.
#[derive(Debug)]
pub(crate) struct Corrected<'a> {
    /// The study itself where nothing had to be put right.
    pub(crate) study: Cow<'a, GatedStudy>,
    /// Findings; empty where the study is as it should be.
    pub(crate) reasons: Vec<Reason>,
    /// Whether counts were changed, so that the uncorrected LVEF is another one.
    pub(crate) counts_changed: bool,
    /// The study with empty frames at the end of the cycle filled, where there are any.
    filled: Option<GatedStudy>,
}

impl Corrected<'_> {
    /// The study to draw outlines on: nothing could be drawn on an empty frame, and it would disturb what a segmenter sees of
    /// the cycle. What is measured stays empty.
    pub(crate) fn to_outline(&self) -> &GatedStudy {
        self.filled.as_ref().unwrap_or(&self.study)
    }
}

/// What was put right in a study, kept for further measurements of it.
#[derive(Debug, Clone)]
pub(crate) struct KeptCorrection {
    /// `None`: the study itself is measured.
    changed: Option<GatedStudy>,
    reasons: Vec<Reason>,
    counts_changed: bool,
}

impl KeptCorrection {
    /// Of a study.
    pub(crate) fn of(study: &GatedStudy) -> Self {
        let Corrected { study, reasons, counts_changed, .. } = correct(study);
        let changed = match study {
            Cow::Owned(changed) => Some(changed),
            Cow::Borrowed(_) => None,
        };
        Self { changed, reasons, counts_changed }
    }

    /// What [`correct`] gives for the same study, to measure it and not to draw outlines on it.
    pub(crate) fn again<'a>(&self, study: &'a GatedStudy) -> Corrected<'a> {
        Corrected {
            study: self.changed.clone().map_or(Cow::Borrowed(study), Cow::Owned),
            reasons: self.reasons.clone(),
            counts_changed: self.counts_changed,
            filled: None,
        }
    }
}

/// Puts right what can be: frames without counts, frames of which all pixels are scaled alike, single pixels, and a pixel
/// spacing that cannot be. A study with nothing wrong is returned as it is, to the last bit.
pub(crate) fn correct(study: &GatedStudy) -> Corrected<'_> {
    let mut reasons = Vec::new();
    let spacing = check_field(study);
    let without_spacing = spacing.is_some();
    reasons.extend(spacing);

    let frames = frames::correct(study, &DropOff::of(study));
    reasons.extend(frames.reasons);
    let mut counts_changed = frames.counts.is_some();
    let mut corrected: Cow<'_, GatedStudy> = match frames.counts {
        None if !without_spacing => Cow::Borrowed(study),
        counts => Cow::Owned(study.corrected(counts, without_spacing)),
    };
    let pixels = pixels::correct(&corrected);
    reasons.extend(pixels.reasons);
    if let Some(counts) = pixels.counts {
        counts_changed = true;
        corrected = Cow::Owned(corrected.corrected(Some(counts), false));
    }
    if !reasons.iter().any(|reason| reason.code == "frame_counts_uneven") {
        reasons.extend(frames::check_totals(&corrected));
    }
    let filled = frames::filled_at_end(&corrected).map(|counts| corrected.corrected(Some(counts), false));
    Corrected { study: corrected, reasons, counts_changed, filled }
}

/// `pixel_spacing_invalid`: the field of view by the recorded spacing cannot be.
fn check_field(study: &GatedStudy) -> Option<Reason> {
    let [row, column] = study.pixel_spacing_mm()?;
    let field = [row * study.rows() as f64, column * study.columns() as f64];
    let [least, most] = limits::FIELD_MM;
    let sides = (row / column).max(column / row);
    (field.iter().any(|side| !(least..=most).contains(side)) || sides > limits::PIXEL_SIDES).then(|| {
        Reason::new(
            "pixel_spacing_invalid",
            format!(
                "The recorded pixel spacing of {row:.2} x {column:.2} mm makes a field of {:.0} x {:.0} mm, which cannot be (a \
                 camera's field is {least:.0} to {most:.0} mm, and its pixels are 2:1 at most); the spacing was taken as not \
                 recorded.",
                field[0], field[1]
            ),
        )
    })
}

/// `pixel_spacing_invalid`: by the recorded spacing the LV cannot be as large as it is outlined.
pub(crate) fn check_lv_area(study: &GatedStudy, largest_area_px: usize) -> Option<Reason> {
    let area = study.pixel_area_mm2()? * largest_area_px as f64;
    let [least, most] = limits::LV_AREA_MM2;
    (area > 0.0 && !(least..=most).contains(&area)).then(|| {
        Reason::new(
            "pixel_spacing_invalid",
            format!(
                "By the recorded pixel spacing the LV is {:.0} mm\u{b2} large, which cannot be ({least:.0} to {most:.0}); either \
                 the spacing or the outline is wrong. The spacing was taken as not recorded.",
                area
            ),
        )
        .ranked(Rank::Look)
    })
}

/// Ranks a correction of single pixels by what it changed: one that moves LVEF must be looked at.
pub(crate) fn weigh(reasons: &mut [Reason], lvef_percent: f64, uncorrected_lvef_percent: Option<f64>) {
    let moved =
        uncorrected_lvef_percent.is_none_or(|before| (before - lvef_percent).abs() > limits::PIXEL_CHANGE_POINTS);
    for reason in reasons.iter_mut().filter(|reason| ["pixels_corrected", "pixels_hot"].contains(&reason.code) && moved)
    {
        reason.rank = Rank::Look;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn a_field_that_cannot_be_has_no_spacing() {
        let study = |spacing| GatedStudy::new(Array3::from_elem((24, 64, 64), 9.0), Some(spacing)).unwrap();
        for (spacing, sound) in
            [([1.0, 1.0], false), ([4.0, 4.0], true), ([20.0, 4.0], false), ([3.0, 9.0], false), ([2.5, 5.0], true)]
        {
            let study = study(spacing);
            let corrected = correct(&study);
            assert_eq!(corrected.study.pixel_spacing_mm().is_some(), sound, "{spacing:?}");
            assert_eq!(corrected.reasons.iter().any(|reason| reason.code == "pixel_spacing_invalid"), !sound);
            assert!(!corrected.counts_changed);
        }
    }

    #[test]
    fn an_lv_that_cannot_be_has_no_spacing() {
        let study = GatedStudy::new(Array3::from_elem((24, 64, 64), 9.0), Some([4.0, 4.0])).unwrap();
        assert_eq!(check_lv_area(&study, 150), None);
        assert!(check_lv_area(&study, 12).is_some() && check_lv_area(&study, 2_000).is_some());
    }
}
