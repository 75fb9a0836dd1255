//! `analyze`: from a study, a segmenter and a protocol to an LVEF with everything it was computed from.

use std::borrow::Cow;

use ndarray::Array3;

use crate::correction::{self, Corrected};
use crate::ensemble::MemberSpread;
use crate::function::{CurveFunction, FunctionInput, OutlineShare, VentricularFunction, curve_of};
use crate::measure::counts::GridCounts;
use crate::measure::{KeptFrames, Measurement, check_shapes, measure_protocol_again};
use crate::protocol::{Estimator, Grid, Preset};
use crate::results::{FIXED_ROI, Results};
use crate::uncertainty::Interval;
use crate::validity::{self, Evidence, Reason, Validity, Warning};
use crate::{
    Certainty, Contour, GatedStudy, Mask, ModelIdentity, Protocol, Recognition, Segmentation, SegmentationError,
    Segmenter,
};

pub use crate::error::AnalysisError;
pub use crate::measure::{Background, FrameSource, Phase, TimeActivityCurve};

/// An LVEF with everything it was computed from.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Which model drew the ROIs.
    pub model: ModelIdentity,
    /// Every choice that was made.
    pub protocol: Protocol,
    /// The named protocol's LVEF, percent, whether or not it may be used: see [`Analysis::usable_lvef_percent`].
    pub lvef_percent: f64,
    /// The same without the correction of counts, where there was one.
    pub uncorrected_lvef_percent: Option<f64>,
    /// Standard error of the named protocol's LVEF from counting noise alone, EF points: the least it is uncertain by.
    pub counting_error_points: f64,
    /// The 95 % interval of the named protocol's LVEF, where a calibration holds for it; [`measure`] leaves it empty.
    pub interval: Option<Interval>,
    /// LVEF by each network, where the segmenter is an ensemble.
    pub members: Option<MemberSpread>,
    /// LVEF by every preset.
    pub results: Results,
    /// Where the choice of ED and ES came from.
    pub frame_source: FrameSource,
    /// End-diastole.
    pub end_diastole: Phase,
    /// End-systole.
    pub end_systole: Phase,
    /// Background; `None` where the protocol uses none.
    pub background: Option<Background>,
    /// The background image of the named protocol, counts per pixel, `[frame, row, column]` of the study's own matrix;
    /// `None` where it uses none.
    pub background_image: Option<Array3<f32>>,
    /// Net LV curve of the named protocol.
    pub curve: TimeActivityCurve,
    /// Net LV curve of `unmixed`, where the segmenter can unmix.
    pub unmixed_curve: Option<TimeActivityCurve>,
    /// LV masks as the segmenter gave them (after post-processing), in the study's own matrix.
    pub masks: Vec<Mask>,
    /// One contour per frame, in the study's own pixels; empty where no LV was found on that frame.
    pub contours: Vec<Contour>,
    /// How sure the segmenter is of its outlines, where it can tell.
    pub certainty: Option<Certainty>,
    /// Whether the number may be used, and what was found.
    pub validity: Validity,
    /// All findings without their ranks.
    pub warnings: Vec<Warning>,
    /// The study as it was measured, where counts or pixel spacing were corrected.
    pub corrected_study: Option<GatedStudy>,
    /// What ventricular function is computed from.
    measured: Measured,
}

/// What was measured, kept for numbers that are computed on demand.
#[derive(Debug, Clone)]
struct Measured {
    /// With the fraction as a person's edit moved it.
    segmentation: Segmentation,
    /// By the named protocol, without its background image.
    measurement: Measurement,
}

impl Analysis {
    /// The named protocol's LVEF, percent; `None` where it is withheld. What leaves the program as a result is this.
    #[must_use]
    pub fn usable_lvef_percent(&self) -> Option<f64> {
        (!self.validity.withholds()).then_some(self.lvef_percent)
    }

    /// The study as it was measured: `study` itself unless something was corrected.
    #[must_use]
    pub fn measured_study<'a>(&'a self, study: &'a GatedStudy) -> &'a GatedStudy {
        self.corrected_study.as_ref().unwrap_or(study)
    }

    /// What the segmenter recognised in the study; `None` where it cannot recognise anything.
    #[must_use]
    pub fn recognition(&self) -> Option<&Recognition> {
        self.measured.segmentation.recognition.as_ref()
    }

    /// Ventricular function beyond the LVEF, by the named protocol; `None` where the LVEF is withheld, since what makes it
    /// unusable makes these numbers unusable, too. `study`: the one that was analysed.
    ///
    /// It is computed anew by each call, and not by the analysis, since few callers need it.
    #[must_use]
    pub fn function(&self, study: &GatedStudy) -> Option<VentricularFunction> {
        self.with_function_input(study, VentricularFunction::of)
    }

    /// The LV curve with every quantity, also those that [`Analysis::function`] does not give because their intervals have not been
    /// shown to hold: for tests of these intervals.
    #[must_use]
    pub fn curve_before_tests(&self, study: &GatedStudy) -> Option<CurveFunction> {
        self.with_function_input(study, |input| curve_of(&input).ok())?
    }

    fn with_function_input<T>(&self, study: &GatedStudy, compute: impl FnOnce(FunctionInput<'_>) -> T) -> Option<T> {
        let lvef_percent = self.usable_lvef_percent()?;
        let Measured { segmentation, measurement } = &self.measured;
        let measured = Measurement { background_image: self.background_image.clone(), ..measurement.clone() };
        let share = |interval| OutlineShare::of(lvef_percent, interval, self.counting_error_points);
        Some(compute(FunctionInput {
            study: self.measured_study(study),
            segmentation,
            model: &self.model,
            protocol: &self.protocol,
            measured: &measured,
            outline_share: self.interval.as_ref().and_then(share),
        }))
    }

    /// Adds findings from elsewhere, for example about the file.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Reason>) {
        let findings: Vec<Reason> = findings.into_iter().collect();
        self.warnings.extend(findings.iter().map(Reason::warning));
        self.validity.extend(findings);
    }
}

/// Finds the LV with `segmenter` and measures it by `protocol`.
///
/// Counts and pixel spacing that are clearly at fault are corrected first; the validity says so.
///
/// # Errors
/// [`AnalysisError`] when no LVEF can be computed; never a number without meaning.
pub fn analyze(study: &GatedStudy, segmenter: &dyn Segmenter, protocol: &Protocol) -> Result<Analysis, AnalysisError> {
    analyze_by(study, segmenter, |_| protocol.clone())
}

/// The same by a protocol that depends on what the segmenter gave, for example [`Protocol::default_for`].
///
/// # Errors
/// As [`analyze`].
pub fn analyze_by(
    study: &GatedStudy,
    segmenter: &dyn Segmenter,
    protocol_for: impl FnOnce(&Segmentation) -> Protocol,
) -> Result<Analysis, AnalysisError> {
    let corrected = correction::correct(study);
    let segmentation = outline(&corrected, segmenter)?;
    let protocol = protocol_for(&segmentation);
    let kept = &mut KeptFrames::default();
    measure_by_all(study, corrected, segmentation, None, segmenter.identity(), &protocol, kept)
}

/// Finds the LV with `segmenter` as [`analyze`] does: on the study as it is corrected. Followed by [`measure`] it gives the
/// analysis of [`analyze`], and one segmentation can be measured several times.
///
/// # Errors
/// [`SegmentationError`] when the segmenter itself fails.
pub fn segment(study: &GatedStudy, segmenter: &dyn Segmenter) -> Result<Segmentation, SegmentationError> {
    outline(&correction::correct(study), segmenter)
}

/// The study that [`analyze`] measures: with corrected counts and spacing where something was corrected, otherwise the study
/// itself. ROIs that people drew are measured on it, too, so that their LVEF and that of a segmenter differ by the ROIs alone.
#[must_use]
pub fn corrected(study: &GatedStudy) -> Cow<'_, GatedStudy> {
    correction::correct(study).study
}

fn outline(corrected: &Corrected<'_>, segmenter: &dyn Segmenter) -> Result<Segmentation, SegmentationError> {
    segmenter.segment(corrected.to_outline())
}

/// Measures a study whose LV is known: what [`analyze`] does after segmentation.
///
/// The named protocol must succeed; the presets beside it are `None` where they do not. ED and ES set by hand in the
/// named protocol hold for all.
///
/// # Errors
/// As [`analyze`].
pub fn measure(
    study: &GatedStudy,
    segmentation: Segmentation,
    model: ModelIdentity,
    protocol: &Protocol,
) -> Result<Analysis, AnalysisError> {
    let corrected = correction::correct(study);
    measure_by_all(study, corrected, segmentation, None, model, protocol, &mut KeptFrames::default())
}

/// Measures a study whose outlines a person has changed. `segmentation`: as the segmenter gave it; `edited_masks`: one per
/// frame.
///
/// ROI-based protocols measure the edited masks. With a background image, the segmenter's LV fraction moves with the outline
/// (`edited_fraction`), and the image is computed from it as without an edit; the number is the same to the last bit where no
/// mask was changed. By `unmixed`, outlines do not count.
///
/// # Errors
/// As [`analyze`], and [`AnalysisError::NoFraction`] where a protocol with a background image is named and the segmenter found
/// no LV on any frame, so that it has no fraction that could move.
pub fn measure_edited(
    study: &GatedStudy,
    segmentation: &Segmentation,
    edited_masks: &[Mask],
    model: ModelIdentity,
    protocol: &Protocol,
) -> Result<Analysis, AnalysisError> {
    measure_edited_again(study, segmentation, edited_masks, model, protocol, &mut KeptFrames::default())
}

/// The same, bit for bit, where what frames gave whose outline did not change since the last call is taken from `kept`: what is
/// measured while a person drags. `kept` belongs to this study and this segmentation.
///
/// # Errors
/// As [`measure_edited`].
pub fn measure_edited_again(
    study: &GatedStudy,
    segmentation: &Segmentation,
    edited_masks: &[Mask],
    model: ModelIdentity,
    protocol: &Protocol,
    kept: &mut KeptFrames,
) -> Result<Analysis, AnalysisError> {
    check_shapes(study, segmentation)?;
    // The networks of an ensemble did not draw what a person drew.
    let unmixed = Segmentation { masks: edited_masks.to_vec(), members: Vec::new(), ..segmentation.clone() };
    check_shapes(study, &unmixed)?;
    let assumed_mm = protocol.estimator.assumed_field_mm();
    let corrected = kept.corrected(study);
    let spacing_mm = GridCounts::new(&corrected.study, Grid::Study).spacing_mm(assumed_mm);
    let moved = segmentation.lv_fraction.as_ref();
    let moved =
        moved.and_then(|fraction| kept.edited_fraction(fraction, &segmentation.masks, edited_masks, spacing_mm));
    let edited = Segmentation { lv_fraction: moved, ..unmixed.clone() };
    measure_by_all(study, corrected, edited, Some(unmixed), model, protocol, kept)
}

/// Measures by the named protocol and by every preset beside it; `unmixed`: the segmentation whose fraction is measured
/// without outlines, where it is another one.
fn measure_by_all(
    uncorrected: &GatedStudy,
    corrected: Corrected<'_>,
    segmentation: Segmentation,
    unmixed: Option<Segmentation>,
    model: ModelIdentity,
    protocol: &Protocol,
    kept: &mut KeptFrames,
) -> Result<Analysis, AnalysisError> {
    validity::refuse(&segmentation)?;
    let Corrected { mut study, mut reasons, counts_changed, .. } = corrected;
    let largest = segmentation.masks.iter().map(Mask::area).max().unwrap_or(0);
    if let Some(reason) = correction::check_lv_area(&study, largest) {
        study = Cow::Owned(study.corrected(None, true));
        reasons.push(reason);
    }
    let corrected_study = match study {
        Cow::Owned(corrected) => Some(corrected),
        Cow::Borrowed(_) => None,
    };
    let study = corrected_study.as_ref().unwrap_or(uncorrected);
    let by = |study: &GatedStudy, protocol: &Protocol, kept: &mut KeptFrames| {
        let segmentation = match protocol.estimator {
            Estimator::Unmixed => unmixed.as_ref().unwrap_or(&segmentation),
            Estimator::Roi(_) | Estimator::BackgroundImage(_) => &segmentation,
        };
        measure_protocol_again(study, segmentation, &model, protocol, kept)
    };
    let mut named = by(study, protocol, kept)?;
    let mut beside = |mut preset: Protocol| -> Option<Measurement> {
        if preset.name == protocol.name {
            return Some(Measurement { background_image: None, ..named.clone() });
        }
        preset.frames.ed_override = protocol.frames.ed_override;
        preset.frames.es_override = protocol.frames.es_override;
        by(study, &preset, kept).ok()
    };
    let mut presets: Vec<(&str, Option<Measurement>)> =
        Preset::ALL.into_iter().map(|preset| (preset.name, beside(preset.protocol()))).collect();
    let measured = |key: &str| presets.iter().find(|(name, _)| *name == key)?.1.as_ref();
    let results = Results::new(|key| match key {
        FIXED_ROI => measured("standard")?.fixed_roi_lvef_percent,
        key => Some(measured(key)?.lvef_percent),
    });
    let unmixed_curve = presets.iter_mut().find(|(name, _)| *name == "unmixed").and_then(|(_, found)| found.take());
    let uncorrected_lvef_percent =
        // Of other counts nothing is kept.
        counts_changed.then(|| by(uncorrected, protocol, &mut KeptFrames::default()).ok()).flatten().map(|uncorrected| uncorrected.lvef_percent);
    correction::weigh(&mut reasons, named.lvef_percent, uncorrected_lvef_percent);
    let members = MemberSpread::measure(study, &segmentation, &model, protocol, &named);
    let evidence = Evidence::new(study, &segmentation, protocol, &named, &results, kept);
    let validity = validity::check(&evidence, reasons);
    let warnings = validity.reasons().iter().map(Reason::warning).collect();
    let background_image = named.background_image.take();
    Ok(Analysis {
        model,
        protocol: protocol.clone(),
        lvef_percent: named.lvef_percent,
        uncorrected_lvef_percent,
        counting_error_points: named.counting_error_points,
        interval: None,
        members,
        results,
        frame_source: named.frame_source,
        end_diastole: named.end_diastole.clone(),
        end_systole: named.end_systole.clone(),
        background: named.background.clone(),
        background_image,
        curve: named.curve.clone(),
        unmixed_curve: unmixed_curve.map(|unmixed| unmixed.curve),
        contours: segmentation.masks.iter().map(Mask::contour).collect(),
        masks: segmentation.masks.clone(),
        certainty: segmentation.certainty,
        validity,
        warnings,
        corrected_study,
        measured: Measured {
            segmentation: match (&protocol.estimator, unmixed) {
                (Estimator::Unmixed, Some(unmixed)) => unmixed,
                _ => segmentation,
            },
            measurement: named,
        },
    })
}
