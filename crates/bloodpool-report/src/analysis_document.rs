//! The JSON document of one analysed study: fields that never change meaning, and numbers that are always finite.

use std::collections::BTreeMap;

use bloodpool_core::analysis::{Analysis, Background, FrameSource, Phase};
use bloodpool_core::function::VentricularFunction;
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::validity::{Rank, Topic};
use bloodpool_core::{Contour, GatedStudy, MemberSpread, ModelIdentity, Protocol, Results, Validity};
use bloodpool_files::SetAsideRecord;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::acquisition_document::AcquisitionFields;
use crate::finite::{NotFinite, all_finite, finite, finite_if_any};
use crate::function_document::FunctionFields;
use crate::right_ventricle_document::RightVentricleFields;

/// Schema of the document of one analysed study.
pub const ANALYSIS_SCHEMA: &str = "bloodpool.analysis/1";

/// `bloodpool.analysis/1`: one analysed study. docs/JSON.md says what each field means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnalysisDocument {
    /// [`ANALYSIS_SCHEMA`].
    pub schema: String,
    /// The file, as it was named.
    pub source: String,
    /// The files that were read, in the order of the frames: `source`, or several of one frame each.
    #[serde(default)]
    pub source_files: Vec<SourceFileFields>,
    /// Files of the same study that were found in a folder and not analysed.
    #[serde(default)]
    pub set_aside: Vec<SetAsideRecord>,
    /// Program and version.
    pub software: String,
    /// The study.
    pub study: StudyFields,
    /// How it was acquired; `None` where nothing of it is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquisition: Option<AcquisitionFields>,
    /// Name and hash of the network.
    pub model: ModelIdentity,
    /// Every choice that changes a number.
    pub protocol: Protocol,
    /// LVEF by the named protocol, percent; `None` where it is withheld.
    pub lvef_percent: Option<f64>,
    /// The 95 % interval of it.
    pub interval: Option<Interval>,
    /// LVEF by each network, where the model is an ensemble; `None` otherwise, and where the LVEF is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<MemberSpread>,
    /// Whether the number may be used, and why not.
    pub validity: ValidityFields,
    /// What was measured, where it may not be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<WithheldFields>,
    /// LVEF without the correction of counts, percent.
    pub uncorrected_lvef_percent: Option<f64>,
    /// Standard error from counting noise alone, EF points.
    pub counting_error_points: f64,
    /// LVEF by each protocol, percent.
    pub lvef_by_protocol: BTreeMap<String, Option<f64>>,
    /// Where ED and ES came from.
    pub frame_source: FrameSource,
    /// End-diastole.
    pub end_diastole: PhaseFields,
    /// End-systole.
    pub end_systole: PhaseFields,
    /// What was subtracted.
    pub background: Option<BackgroundFields>,
    /// The net curve.
    pub time_activity_curve: CurveFields,
    /// Ventricular function beyond the LVEF; `None` where the LVEF is withheld.
    #[serde(default)]
    pub function: Option<FunctionFields>,
    /// The right ventricle, experimental; `None` where the LVEF is withheld.
    #[serde(default)]
    pub right_ventricle: Option<RightVentricleFields>,
    /// One contour per frame.
    pub rois: Vec<RoiFields>,
    /// All findings without their ranks.
    pub warnings: Vec<WarningFields>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFileFields {
    /// The file, as it was named or found.
    pub file: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// The study of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudyFields {
    /// Study Instance UID.
    pub study_uid: Option<String>,
    /// Series Instance UID.
    pub series_uid: Option<String>,
    /// SOP Instance UID.
    pub sop_uid: Option<String>,
    /// Rows of the matrix.
    pub rows: usize,
    /// Columns of the matrix.
    pub columns: usize,
    /// Frames per cycle.
    pub frames: usize,
    /// Distance between rows and between columns, mm.
    pub pixel_spacing_mm: Option<[f64; 2]>,
    /// Whether the file says that it is simulated.
    pub simulated: bool,
}

/// Whether a number may be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValidityFields {
    /// The gravest rank; `sound` where nothing was found.
    pub rank: RankField,
    /// All findings, the gravest first.
    pub reasons: Vec<ReasonFields>,
    /// One line for the technologist.
    pub at_the_camera: String,
    /// What was checked, topic by topic.
    pub checked: Vec<CheckedFields>,
}

/// A rank, or that nothing was found, or that nothing could be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankField {
    /// Nothing was found.
    Sound,
    /// Nothing could be checked.
    NotChecked,
    /// Worth knowing.
    Note,
    /// Look at the images before using the number.
    Look,
    /// Withheld.
    DoNotUse,
    /// No number.
    Refused,
}

impl From<Option<Rank>> for RankField {
    fn from(rank: Option<Rank>) -> Self {
        match rank {
            None => Self::Sound,
            Some(Rank::Note) => Self::Note,
            Some(Rank::Look) => Self::Look,
            Some(Rank::DoNotUse) => Self::DoNotUse,
            Some(Rank::Refused) => Self::Refused,
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReasonFields {
    /// How much it weighs.
    pub rank: RankField,
    /// Stable code.
    pub code: String,
    /// The same in words.
    pub message: String,
}

/// One topic of the checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedFields {
    /// What it is about.
    pub topic: Topic,
    /// The gravest finding about it.
    pub rank: RankField,
    /// What was looked at.
    pub looked_at: String,
}

/// One finding without its rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WarningFields {
    /// Stable code.
    pub code: String,
    /// The same in words.
    pub message: String,
}

/// What was measured and may not be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WithheldFields {
    /// LVEF by the named protocol, percent.
    pub lvef_percent: f64,
    /// LVEF by each protocol, percent.
    pub lvef_by_protocol: BTreeMap<String, Option<f64>>,
}

/// ED or ES.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseFields {
    /// Frame, from 1.
    pub frame: usize,
    /// Area of the LV ROI, mm².
    pub area_mm2: Option<f64>,
    /// The same in pixels of `grid`.
    pub area_px: f64,
    /// Columns of the grid that the ROI was applied on.
    pub grid: usize,
    /// Gross counts in the ROI.
    pub counts: f64,
    /// Net counts: from the fit, where the protocol reads ED and ES from it.
    pub net_counts: f64,
}

/// What was subtracted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackgroundFields {
    /// Frame that the region belongs to, from 1.
    pub frame: usize,
    /// Area of the region in pixels of `grid`.
    pub area_px: f64,
    /// Columns of the grid that it was sampled on.
    pub grid: usize,
    /// Counts that each pixel of the ROI of `frame` loses.
    pub mean_counts_per_pixel: f64,
    /// The same of the ROI of every frame.
    pub counts_per_pixel_by_frame: Vec<f64>,
}

/// The net curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurveFields {
    /// Duration of a frame, ms.
    pub frame_time_ms: Option<f64>,
    /// Net LV counts of each frame.
    pub net_counts: Vec<f64>,
    /// The fit that ED and ES were read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fitted_counts: Option<Vec<f64>>,
}

/// The contour on one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoiFields {
    /// Frame, from 1.
    pub frame: usize,
    /// Closed polygon of `[x, y]` in pixels of the study; empty where no LV was found.
    pub contour: Vec<[f64; 2]>,
}

impl AnalysisDocument {
    /// The document of one analysed study, without the files that it was read from and those that were set aside. `function` is
    /// what [`Analysis::function`] gave: it takes longer to compute than all the rest, so that who also writes a report computes it
    /// once; with `None` the document has no ventricular function.
    ///
    /// # Errors
    /// [`NotFinite`] when a result is infinite or undefined.
    pub fn new(
        source: &str,
        study: &GatedStudy,
        analysis: &Analysis,
        function: Option<&VentricularFunction>,
    ) -> Result<Self, NotFinite> {
        let lvef = finite("LVEF", analysis.lvef_percent)?;
        let by_protocol = by_protocol(&analysis.results)?;
        let usable = analysis.usable_lvef_percent().is_some();
        let (lvef_percent, lvef_by_protocol, withheld) = if usable {
            (Some(lvef), by_protocol, None)
        } else {
            let without = by_protocol.keys().map(|key| (key.clone(), None)).collect();
            (None, without, Some(WithheldFields { lvef_percent: lvef, lvef_by_protocol: by_protocol }))
        };
        // An interval is as much a result as the number in it.
        let interval = analysis.interval.as_ref().filter(|_| usable).map(checked_interval).transpose()?;
        let uncorrected = analysis.uncorrected_lvef_percent.filter(|_| usable);
        let curve = &analysis.curve;
        Ok(Self {
            schema: ANALYSIS_SCHEMA.to_owned(),
            source: source.to_owned(),
            source_files: Vec::new(),
            set_aside: Vec::new(),
            software: crate::SOFTWARE.to_owned(),
            study: StudyFields::new(study)?,
            acquisition: AcquisitionFields::new(&study.acquisition)?,
            model: analysis.model.clone(),
            protocol: analysis.protocol.clone(),
            lvef_percent,
            interval,
            members: analysis.members.clone().filter(|_| usable),
            validity: ValidityFields::new(&analysis.validity),
            withheld,
            uncorrected_lvef_percent: finite_if_any("LVEF without correction", uncorrected)?,
            counting_error_points: finite("counting_error_points", analysis.counting_error_points)?,
            lvef_by_protocol,
            frame_source: analysis.frame_source,
            end_diastole: PhaseFields::new(&analysis.end_diastole)?,
            end_systole: PhaseFields::new(&analysis.end_systole)?,
            background: analysis.background.as_ref().map(BackgroundFields::new).transpose()?,
            time_activity_curve: CurveFields {
                frame_time_ms: finite_if_any("frame time", curve.frame_time_ms)?,
                net_counts: all_finite("a net count of the curve", &curve.net_counts)?,
                fitted_counts: match &curve.fitted_counts {
                    Some(fit) => Some(all_finite("a fitted count of the curve", fit)?),
                    None => None,
                },
            },
            function: function.map(FunctionFields::new).transpose()?,
            right_ventricle: function.map(RightVentricleFields::new).transpose()?,
            rois: rois(&analysis.contours)?,
            warnings: analysis
                .warnings
                .iter()
                .map(|warning| WarningFields { code: warning.code.to_owned(), message: warning.message.clone() })
                .collect(),
        })
    }
}

fn by_protocol(results: &Results) -> Result<BTreeMap<String, Option<f64>>, NotFinite> {
    results
        .iter()
        .map(|result| Ok((result.key.to_owned(), finite_if_any("LVEF by a protocol", result.lvef_percent)?)))
        .collect()
}

fn checked_interval(interval: &Interval) -> Result<Interval, NotFinite> {
    finite("the lower end of the interval", interval.low)?;
    finite("the upper end of the interval", interval.high)?;
    finite("the level of the interval", interval.level_percent)?;
    Ok(interval.clone())
}

impl StudyFields {
    fn new(study: &GatedStudy) -> Result<Self, NotFinite> {
        if let Some(spacing) = study.pixel_spacing_mm() {
            all_finite("pixel spacing", &spacing)?;
        }
        Ok(Self {
            study_uid: study.identity.study_uid.clone(),
            series_uid: study.identity.series_uid.clone(),
            sop_uid: study.identity.sop_uid.clone(),
            rows: study.rows(),
            columns: study.columns(),
            frames: study.frames(),
            pixel_spacing_mm: study.pixel_spacing_mm(),
            simulated: study.identity.simulated,
        })
    }
}

impl ValidityFields {
    fn new(validity: &Validity) -> Self {
        Self {
            rank: validity.rank().into(),
            reasons: validity
                .reasons()
                .iter()
                .map(|reason| ReasonFields {
                    rank: Some(reason.rank).into(),
                    code: reason.code.to_owned(),
                    message: reason.message.clone(),
                })
                .collect(),
            at_the_camera: validity.at_the_camera().in_words(),
            checked: validity
                .checked()
                .into_iter()
                .map(|checked| CheckedFields {
                    topic: checked.topic,
                    rank: if checked.possible { checked.rank.into() } else { RankField::NotChecked },
                    looked_at: checked.looked_at,
                })
                .collect(),
        }
    }
}

impl PhaseFields {
    fn new(phase: &Phase) -> Result<Self, NotFinite> {
        Ok(Self {
            frame: phase.frame.number(),
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
            frame: background.frame.number(),
            area_px: finite("background area", background.area_px)?,
            grid: background.grid,
            mean_counts_per_pixel: finite("background", background.mean_counts_per_pixel)?,
            counts_per_pixel_by_frame: all_finite("background of a frame", &background.counts_per_pixel_by_frame)?,
        })
    }
}

fn rois(contours: &[Contour]) -> Result<Vec<RoiFields>, NotFinite> {
    for point in contours.iter().flat_map(|contour| &contour.0) {
        all_finite("a contour point", point)?;
    }
    let fields = |(index, contour): (usize, &Contour)| RoiFields { frame: index + 1, contour: contour.0.clone() };
    Ok(contours.iter().enumerate().map(fields).collect())
}
