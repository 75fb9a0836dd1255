//! The JSON documents of `analyze`: fields that never change meaning, and numbers that are always finite.

use bloodpool_core::analysis::{Analysis, Background, FrameSource, LvefByProtocol, Phase};
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::{Contour, GatedStudy, ModelIdentity, Protocol, Validity, Warning};
use serde::Serialize;

/// A number that is neither infinite nor NaN.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Finite(f64);

/// A result that is no number: never written, always an error.
#[derive(Debug, PartialEq)]
pub struct NotFinite {
    field: &'static str,
}

impl std::fmt::Display for NotFinite {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} came out infinite or undefined, so that no result is given", self.field)
    }
}

impl std::error::Error for NotFinite {}

fn finite(field: &'static str, value: f64) -> Result<Finite, NotFinite> {
    if value.is_finite() { Ok(Finite(value)) } else { Err(NotFinite { field }) }
}

fn finite_if_any(field: &'static str, value: Option<f64>) -> Result<Option<Finite>, NotFinite> {
    value.map(|value| finite(field, value)).transpose()
}

fn all_finite(field: &'static str, values: &[f64]) -> Result<Vec<Finite>, NotFinite> {
    values.iter().map(|&value| finite(field, value)).collect()
}

/// `bloodpool.analysis/1`.
#[derive(Debug, Serialize)]
pub struct AnalysisDocument<'a> {
    schema: &'static str,
    source: &'a str,
    software: &'static str,
    study: StudyFields<'a>,
    model: &'a ModelIdentity,
    protocol: &'a Protocol,
    lvef_percent: Option<Finite>,
    interval: Option<IntervalFields<'a>>,
    validity: &'a Validity,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<WithheldFields>,
    uncorrected_lvef_percent: Option<Finite>,
    counting_error_points: Finite,
    lvef_by_protocol: LvefFields,
    frame_source: FrameSource,
    end_diastole: PhaseFields,
    end_systole: PhaseFields,
    background: Option<BackgroundFields>,
    time_activity_curve: CurveFields,
    rois: Vec<RoiFields<'a>>,
    warnings: &'a [Warning],
}

#[derive(Debug, Serialize)]
struct StudyFields<'a> {
    study_uid: Option<&'a str>,
    series_uid: Option<&'a str>,
    sop_uid: Option<&'a str>,
    rows: usize,
    columns: usize,
    frames: usize,
    pixel_spacing_mm: Option<[Finite; 2]>,
    simulated: bool,
}

/// What was measured and may not be used.
#[derive(Debug, Serialize)]
struct WithheldFields {
    lvef_percent: Finite,
    lvef_by_protocol: LvefFields,
}

#[derive(Debug, Default, Serialize)]
struct LvefFields {
    background_image: Option<Finite>,
    standard: Option<Finite>,
    paper: Option<Finite>,
    unmixed: Option<Finite>,
    fixed_roi: Option<Finite>,
}

#[derive(Debug, Serialize)]
struct IntervalFields<'a> {
    low: Finite,
    high: Finite,
    level_percent: Finite,
    source: &'a str,
}

#[derive(Debug, Serialize)]
struct PhaseFields {
    frame: usize,
    area_mm2: Option<Finite>,
    area_px: Finite,
    grid: usize,
    counts: Finite,
    net_counts: Finite,
}

#[derive(Debug, Serialize)]
struct BackgroundFields {
    frame: usize,
    area_px: Finite,
    grid: usize,
    mean_counts_per_pixel: Finite,
    counts_per_pixel_by_frame: Vec<Finite>,
}

#[derive(Debug, Serialize)]
struct CurveFields {
    frame_time_ms: Option<Finite>,
    net_counts: Vec<Finite>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fitted_counts: Option<Vec<Finite>>,
}

#[derive(Debug, Serialize)]
struct RoiFields<'a> {
    frame: usize,
    contour: &'a Contour,
}

impl<'a> AnalysisDocument<'a> {
    /// The document of one analysed study.
    pub fn new(source: &'a str, study: &'a GatedStudy, analysis: &'a Analysis) -> Result<Self, NotFinite> {
        let lvef = finite("LVEF", analysis.lvef_percent)?;
        let by_protocol = LvefFields::new(&analysis.lvef_by_protocol)?;
        let (lvef_percent, lvef_by_protocol, withheld) = if analysis.usable_lvef_percent().is_some() {
            (Some(lvef), by_protocol, None)
        } else {
            let withheld = WithheldFields { lvef_percent: lvef, lvef_by_protocol: by_protocol };
            (None, LvefFields::default(), Some(withheld))
        };
        // An interval is as much a result as the number in it.
        let interval =
            analysis.interval.as_ref().filter(|_| withheld.is_none()).map(IntervalFields::new).transpose()?;
        let uncorrected = analysis.uncorrected_lvef_percent.filter(|_| withheld.is_none());
        Ok(Self {
            schema: "bloodpool.analysis/1",
            source,
            software: crate::SOFTWARE,
            study: StudyFields::new(study)?,
            model: &analysis.model,
            protocol: &analysis.protocol,
            lvef_percent,
            interval,
            validity: &analysis.validity,
            withheld,
            uncorrected_lvef_percent: finite_if_any("LVEF without correction", uncorrected)?,
            counting_error_points: finite("counting_error_points", analysis.counting_error_points)?,
            lvef_by_protocol,
            frame_source: analysis.frame_source,
            end_diastole: PhaseFields::new(&analysis.end_diastole)?,
            end_systole: PhaseFields::new(&analysis.end_systole)?,
            background: analysis.background.as_ref().map(BackgroundFields::new).transpose()?,
            time_activity_curve: CurveFields {
                frame_time_ms: finite_if_any("frame time", analysis.curve.frame_time_ms)?,
                net_counts: all_finite("a net count of the curve", &analysis.curve.net_counts)?,
                fitted_counts: match &analysis.curve.fitted_counts {
                    Some(fit) => Some(all_finite("a fitted count of the curve", fit)?),
                    None => None,
                },
            },
            rois: rois(&analysis.contours)?,
            warnings: &analysis.warnings,
        })
    }
}

impl LvefFields {
    fn new(lvef: &LvefByProtocol) -> Result<Self, NotFinite> {
        Ok(Self {
            background_image: finite_if_any("LVEF by `background_image`", lvef.background_image)?,
            standard: finite_if_any("LVEF by `standard`", lvef.standard)?,
            paper: finite_if_any("LVEF by `paper`", lvef.paper)?,
            unmixed: finite_if_any("LVEF by `unmixed`", lvef.unmixed)?,
            fixed_roi: finite_if_any("LVEF by fixed ROI", lvef.fixed_roi)?,
        })
    }
}

impl<'a> StudyFields<'a> {
    fn new(study: &'a GatedStudy) -> Result<Self, NotFinite> {
        let spacing = match study.pixel_spacing_mm() {
            Some([row, column]) => Some([finite("pixel spacing", row)?, finite("pixel spacing", column)?]),
            None => None,
        };
        Ok(Self {
            study_uid: study.identity.study_uid.as_deref(),
            series_uid: study.identity.series_uid.as_deref(),
            sop_uid: study.identity.sop_uid.as_deref(),
            rows: study.rows(),
            columns: study.columns(),
            frames: study.frames(),
            pixel_spacing_mm: spacing,
            simulated: study.identity.simulated,
        })
    }
}

impl<'a> IntervalFields<'a> {
    fn new(interval: &'a Interval) -> Result<Self, NotFinite> {
        Ok(Self {
            low: finite("the lower end of the interval", interval.low)?,
            high: finite("the upper end of the interval", interval.high)?,
            level_percent: finite("the level of the interval", interval.level_percent)?,
            source: &interval.source,
        })
    }
}

impl PhaseFields {
    fn new(phase: &Phase) -> Result<Self, NotFinite> {
        Ok(Self {
            frame: phase.frame,
            area_mm2: finite_if_any("ROI area", phase.area_mm2)?,
            area_px: finite("ROI area", phase.area_px)?,
            grid: phase.grid,
            counts: finite("ROI counts", phase.counts)?,
            net_counts: finite("net counts", phase.net_counts)?,
        })
    }
}

impl BackgroundFields {
    fn new(background: &Background) -> Result<Self, NotFinite> {
        Ok(Self {
            frame: background.frame,
            area_px: finite("background area", background.area_px)?,
            grid: background.grid,
            mean_counts_per_pixel: finite("background", background.mean_counts_per_pixel)?,
            counts_per_pixel_by_frame: all_finite("background of a frame", &background.counts_per_pixel_by_frame)?,
        })
    }
}

fn rois(contours: &[Contour]) -> Result<Vec<RoiFields<'_>>, NotFinite> {
    for point in contours.iter().flat_map(|contour| &contour.0) {
        finite("a contour point", point[0])?;
        finite("a contour point", point[1])?;
    }
    Ok(contours.iter().enumerate().map(|(index, contour)| RoiFields { frame: index + 1, contour }).collect())
}

/// `bloodpool.error/1`.
#[derive(Debug, Serialize)]
pub struct ErrorDocument<'a> {
    schema: &'static str,
    source: &'a str,
    code: &'a str,
    message: &'a str,
}

impl<'a> ErrorDocument<'a> {
    /// The document of one study that failed.
    pub fn new(source: &'a str, code: &'a str, message: &'a str) -> Self {
        Self { schema: "bloodpool.error/1", source, code, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_an_error() {
        assert_eq!(finite("LVEF", f64::NAN), Err(NotFinite { field: "LVEF" }));
        assert_eq!(finite("LVEF", f64::INFINITY), Err(NotFinite { field: "LVEF" }));
        assert_eq!(serde_json::to_string(&finite("LVEF", 61.25).unwrap()).unwrap(), "61.25");
    }

    #[test]
    fn an_error_names_its_source_and_code() {
        let document = ErrorDocument::new("a.dcm", "not_dicom", "a.dcm is not DICOM");
        assert_eq!(
            serde_json::to_value(document).unwrap(),
            serde_json::json!({"schema": "bloodpool.error/1", "source": "a.dcm", "code": "not_dicom",
                "message": "a.dcm is not DICOM"})
        );
    }
}
