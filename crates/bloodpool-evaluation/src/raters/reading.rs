//! One study read by both sides: their masks against each other, and the EF that each of them gives on the same frames.

use bloodpool_core::analysis::corrected;
use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::measure::{DrawnMeasurement, DrawnRoi, ErrorParts, error_parts, measure_drawn};
use bloodpool_core::protocol::{Grid, RoiChoices};
use bloodpool_core::{AnalysisError, Contour, FrameIndex, GatedStudy, Mask, Segmenter};
use bloodpool_dataset::RatedPhase;
use bloodpool_stats::{AgreementError, Overlap, SurfaceDistance, overlap, surface_distance};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::material::{FramePair, Material, RatedFrame, RoiProtocol};
use super::measured::Measured;
use super::model_side::{ModelError, ModelSide};
use super::outside_masks::MasksOfStudy;

/// Why one side has no figure on a study.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadingError {
    /// The ROIs give no LVEF.
    #[error(transparent)]
    Measurement(#[from] AnalysisError),
    /// There is no mask to measure in.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Two masks cannot be compared.
    #[error(transparent)]
    Agreement(#[from] AgreementError),
    /// The file does not record how far pixels are apart.
    #[error("the study records no pixel spacing, so that distances in mm are not known")]
    NoSpacing,
    /// Raters did not draw on a frame that is needed.
    #[error("{phase} was not annotated")]
    NotAnnotated {
        /// The phase.
        phase: RatedPhase,
    },
    /// The truth of a frame that is needed is not known.
    #[error("the true silhouette of {phase} is not known")]
    NoSilhouette {
        /// The phase.
        phase: RatedPhase,
    },
}

/// What was read on one study.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StudyReading {
    /// Name of the study in the dataset.
    pub case: String,
    /// Pseudonym of the patient.
    pub patient: String,
    /// Whether the file says that it is simulated.
    pub simulated: bool,
    /// Where it is known, percent.
    pub true_lvef_percent: Option<f64>,
    /// Each frame that raters drew on.
    pub images: Vec<ImageReading>,
    /// EF of ED and ES, then of the second frames.
    pub ef: Vec<EfReading>,
}

/// The masks of both sides on one frame, on the 256 grid.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ImageReading {
    /// Which frame it is.
    pub phase: RatedPhase,
    /// Its frame of the cycle.
    pub frame: FrameIndex,
    /// ROI of the consensus.
    pub consensus: Roi,
    /// Unknown where the model found no LV.
    pub model: Measured<Roi>,
    /// How model and consensus overlap.
    pub overlap: Measured<Overlap>,
    /// How far their boundaries are apart, mm.
    pub surface: Measured<SurfaceDistance>,
    /// Dice of the consensus against the true silhouette, where that is known.
    pub consensus_dice_of_truth: Option<f64>,
    /// The same of the model.
    pub model_dice_of_truth: Option<f64>,
    /// The outlines of the consensus and of the model.
    #[serde(skip, default = "no_contours")]
    pub contours: [Contour; 2],
}

/// The outlines of a reading that was read back, which does not hold them.
fn no_contours() -> [Contour; 2] {
    [Contour(Vec::new()), Contour(Vec::new())]
}

/// Size and gross counts of a ROI.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Roi {
    /// Its area on the 256 grid, pixels.
    pub area_px: usize,
    /// Sum of the pixels' values on the 256 grid, as the paper prints it.
    pub pixel_value: f64,
}

/// EF by Eq. 5 and 6 on one pair of frames, each side with its own ROIs and the background of its own ES ROI. A frame that lost counts
/// at the end of the cycle is charged as much less background, except where Eq. 6 is taken to the letter.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EfReading {
    /// The frames that it is of.
    pub pair: FramePair,
    /// By the ROIs of the consensus.
    pub consensus: Measured<DrawnMeasurement>,
    /// By the ROIs of the model.
    pub model: Measured<DrawnMeasurement>,
    /// By the ROIs of the consensus and Eq. 6 to the letter: the background level of ES is taken from both frames, percent.
    #[serde(default)]
    pub consensus_lvef_percent_of_one_level: Option<f64>,
    /// The same by the ROIs of the model.
    #[serde(default)]
    pub model_lvef_percent_of_one_level: Option<f64>,
    /// With the true silhouettes as ROIs; `None` where they are not known.
    pub silhouette: Option<Measured<DrawnMeasurement>>,
    /// Model - consensus.
    pub parts: Measured<ErrorParts>,
    /// Model - silhouettes.
    pub model_parts_of_silhouette: Option<Measured<ErrorParts>>,
    /// Consensus - silhouettes.
    pub consensus_parts_of_silhouette: Option<Measured<ErrorParts>>,
}

impl StudyReading {
    /// Lets the model analyse the study, and measures both sides by `protocol` on the frames that raters drew on.
    ///
    /// The model's masks and LVEF are those of [`bloodpool_core::analyze`] with these frames set by hand. The ROIs of the raters are
    /// measured on the same counts. Masks are compared on the 256 grid of the raters' images.
    pub fn new(material: &Material, segmenter: &dyn Segmenter, protocol: &RoiProtocol) -> Self {
        let model = ModelSide::new(material, segmenter, protocol);
        let ef = |_: &GatedStudy, pair| Measured::from(model.measurement(pair));
        Self::compared(material, protocol, &|image| model.mask(image.frame), &ef)
    }

    /// The same for masks of the rated images that another program drew, on the 256 grid: they are measured like the ROIs of the
    /// raters.
    pub fn of_masks(material: &Material, masks: &MasksOfStudy, protocol: &RoiProtocol) -> Self {
        let mask = |image: &RatedFrame| {
            let own = masks.iter().find(|(phase, _)| *phase == image.phase).and_then(|(_, mask)| mask.as_ref());
            let mask = own.ok_or(ModelError::NoMask)?;
            if mask.is_empty() { Err(ModelError::NoVentricle { frame: image.frame }) } else { Ok(mask) }
        };
        let roi = |image: &RatedFrame| Ok(mask(image)?.clone());
        let ef = |study: &GatedStudy, pair| Measured::from(measured(material, study, pair, protocol.choices(), &roi));
        Self::compared(material, protocol, &mask, &ef)
    }

    /// Both sides on every image and pair of frames; `mask` and `ef` are those of the model.
    fn compared<'a>(
        material: &Material,
        protocol: &RoiProtocol,
        mask: &dyn Fn(&RatedFrame) -> Result<&'a Mask, ModelError>,
        ef: &dyn Fn(&GatedStudy, FramePair) -> Measured<DrawnMeasurement>,
    ) -> Self {
        let study = corrected(&material.study);
        let counts = GridCounts::new(&study, Grid::Square256);
        let images = material.images.iter().map(|image| ImageReading::new(&counts, image, mask(image))).collect();
        let ef = FramePair::ALL.map(|pair| {
            let drawn = |roi: &dyn Fn(&RatedFrame) -> Result<Mask, ReadingError>| {
                Measured::from(measured(material, counts.study(), pair, protocol.choices(), roi))
            };
            let truth_known = pair
                .phases()
                .iter()
                .all(|&phase| material.image(phase).is_some_and(|image| image.silhouette.is_some()));
            let silhouette =
                |image: &RatedFrame| image.silhouette.clone().ok_or(ReadingError::NoSilhouette { phase: image.phase });
            EfReading::new(
                pair,
                drawn(&|image| Ok(image.consensus.clone())),
                ef(counts.study(), pair),
                truth_known.then(|| drawn(&silhouette)),
            )
        });
        Self {
            case: material.case.clone(),
            patient: material.patient.clone(),
            simulated: material.simulated,
            true_lvef_percent: material.true_lvef_percent,
            images,
            ef: ef.into(),
        }
    }

    /// The image of a phase.
    pub fn image(&self, phase: RatedPhase) -> Option<&ImageReading> {
        self.images.iter().find(|image| image.phase == phase)
    }

    /// The EF of a pair of frames.
    pub fn ef(&self, pair: FramePair) -> Option<&EfReading> {
        self.ef.iter().find(|ef| ef.pair == pair)
    }

    /// Mean Dice at ED and ES; a mask that is missing overlaps with nothing.
    pub fn rank_dice(&self) -> f64 {
        let dice =
            |phase| self.image(phase).and_then(|image| image.overlap.known()).map_or(0.0, |overlap| overlap.dice);
        dice(RatedPhase::EndDiastole).midpoint(dice(RatedPhase::EndSystole))
    }
}

/// The EF of ROIs that were drawn on a pair of frames.
fn measured(
    material: &Material,
    study: &GatedStudy,
    pair: FramePair,
    choices: &RoiChoices,
    roi: &dyn Fn(&RatedFrame) -> Result<Mask, ReadingError>,
) -> Result<DrawnMeasurement, ReadingError> {
    let of_phase = |phase: RatedPhase| {
        let not_annotated = || ReadingError::NotAnnotated { phase };
        let image = material.image(phase).ok_or_else(not_annotated)?;
        Ok::<_, ReadingError>((image.frame, roi(image)?))
    };
    let [ed, es] = pair.phases().map(of_phase);
    let ((ed, ed_roi), (es, es_roi)) = (ed?, es?);
    let (ed, es) = (DrawnRoi { frame: ed, roi: &ed_roi }, DrawnRoi { frame: es, roi: &es_roi });
    Ok(measure_drawn(study, choices, ed, es)?)
}

impl ImageReading {
    fn new(counts: &GridCounts<'_>, image: &RatedFrame, model: Result<&Mask, ModelError>) -> Self {
        let roi =
            |mask: &Mask| Roi { area_px: mask.area(), pixel_value: counts.gross(image.frame, mask) / counts.scale() };
        let against = |mask: &Mask, other: &Mask| overlap(mask, other).ok().map(|overlap| overlap.dice);
        let spacing = counts.study().pixel_spacing_mm().map(|_| counts.spacing_mm(0.0));
        let truth = image.silhouette.as_ref();
        Self {
            phase: image.phase,
            frame: image.frame,
            consensus: roi(&image.consensus),
            overlap: of_model(&model, |mask| Measured::from(overlap(mask, &image.consensus))),
            surface: of_model(&model, |mask| Measured::from(surface(mask, &image.consensus, spacing))),
            consensus_dice_of_truth: truth.and_then(|truth| against(&image.consensus, truth)),
            model_dice_of_truth: truth.and_then(|truth| against(model.as_ref().ok()?, truth)),
            contours: [image.consensus.contour(), model.as_ref().map_or(Contour(Vec::new()), |mask| mask.contour())],
            model: of_model(&model, |mask| Measured::Known(roi(mask))),
        }
    }
}

/// A figure of the model's mask; where there is no mask, the reason for that.
fn of_model<T>(model: &Result<&Mask, ModelError>, figure: impl FnOnce(&Mask) -> Measured<T>) -> Measured<T> {
    match model {
        Ok(mask) => figure(mask),
        Err(error) => Measured::unknown(error.to_string()),
    }
}

fn surface(mask: &Mask, consensus: &Mask, spacing_mm: Option<[f64; 2]>) -> Result<SurfaceDistance, ReadingError> {
    Ok(surface_distance(mask, consensus, spacing_mm.ok_or(ReadingError::NoSpacing)?)?)
}

impl EfReading {
    fn new(
        pair: FramePair,
        consensus: Measured<DrawnMeasurement>,
        model: Measured<DrawnMeasurement>,
        silhouette: Option<Measured<DrawnMeasurement>>,
    ) -> Self {
        let of_silhouette = |side: &Measured<DrawnMeasurement>| silhouette.as_ref().map(|truth| parts(side, truth));
        let of_one_level = |side: &Measured<DrawnMeasurement>| side.known()?.lvef_percent_of_one_level().ok();
        Self {
            pair,
            consensus_lvef_percent_of_one_level: of_one_level(&consensus),
            model_lvef_percent_of_one_level: of_one_level(&model),
            parts: parts(&model, &consensus),
            model_parts_of_silhouette: of_silhouette(&model),
            consensus_parts_of_silhouette: of_silhouette(&consensus),
            consensus,
            model,
            silhouette,
        }
    }

    /// EF of the consensus and of the model, where both are known.
    pub fn both(&self) -> Option<[f64; 2]> {
        Some([self.consensus.known()?.lvef_percent, self.model.known()?.lvef_percent])
    }

    /// The same by Eq. 6 to the letter.
    pub fn both_of_one_level(&self) -> Option<[f64; 2]> {
        Some([self.consensus_lvef_percent_of_one_level?, self.model_lvef_percent_of_one_level?])
    }

    /// Whether both equations give other numbers: a frame lost counts at the end of the cycle.
    pub fn is_corrected(&self) -> bool {
        self.both().zip(self.both_of_one_level()).is_some_and(|(corrected, letter)| corrected != letter)
    }
}

fn parts(measured: &Measured<DrawnMeasurement>, reference: &Measured<DrawnMeasurement>) -> Measured<ErrorParts> {
    match (measured, reference) {
        (Measured::Known(measured), Measured::Known(reference)) => Measured::from(error_parts(measured, reference)),
        _ => Measured::unknown("one of the two has no EF"),
    }
}
