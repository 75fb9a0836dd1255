//! One study read by both sides: their masks against each other, and the EF that each of them gives on the same frames.

use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::measure::{DrawnMeasurement, DrawnRoi, ErrorParts, error_parts, measure_drawn};
use bloodpool_core::protocol::RoiChoices;
use bloodpool_core::{Contour, FrameIndex, Mask, Segmenter};
use bloodpool_dataset::RatedPhase;
use bloodpool_stats::{Overlap, SurfaceDistance, overlap, surface_distance};
use serde::Serialize;

use super::figure::Figure;
use super::material::{Material, RatedFrame};

/// Why a study whose file records no pixel spacing has no distances.
const NO_SPACING: &str = "the study records no pixel spacing, so that distances in mm are not known";

/// What was read on one study.
#[derive(Debug, Clone, Serialize)]
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

/// The two sides' masks of one frame, on the 256 grid.
#[derive(Debug, Clone, Serialize)]
pub struct ImageReading {
    /// Which frame it is.
    pub phase: RatedPhase,
    /// From 1.
    pub frame: usize,
    /// ROI of the consensus.
    pub consensus: Roi,
    /// Unknown where the model found no LV.
    pub model: Figure<Roi>,
    /// How model and consensus overlap.
    pub overlap: Figure<Overlap>,
    /// How far their boundaries are apart, mm.
    pub surface: Figure<SurfaceDistance>,
    /// Dice of the consensus against the true silhouette, where that is known.
    pub consensus_dice_of_truth: Option<f64>,
    /// The same of the model.
    pub model_dice_of_truth: Option<f64>,
    /// The outlines of the consensus and of the model.
    #[serde(skip)]
    pub contours: [Contour; 2],
}

/// Size and gross counts of a ROI.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Roi {
    /// Its area on the 256 grid, pixels.
    pub area_px: usize,
    /// Sum of the pixels' values on the 256 grid, as the paper prints it.
    pub pixel_value: f64,
}

/// Which ED and ES frame an EF is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FramePair {
    /// ED and ES.
    First,
    /// The second frame of either.
    Second,
}

/// EF by Eq. 5 and 6 on one pair of frames, each side with its own ROIs and the background of its own ES ROI.
#[derive(Debug, Clone, Serialize)]
pub struct EfReading {
    /// The frames that it is of.
    pub pair: FramePair,
    /// By the ROIs of the consensus.
    pub consensus: Figure<DrawnMeasurement>,
    /// By the ROIs of the model.
    pub model: Figure<DrawnMeasurement>,
    /// With the true silhouettes as ROIs; `None` where they are not known.
    pub silhouette: Option<Figure<DrawnMeasurement>>,
    /// Model - consensus.
    pub parts: Figure<ErrorParts>,
    /// Model - silhouettes.
    pub model_parts_of_silhouette: Option<Figure<ErrorParts>>,
    /// Consensus - silhouettes.
    pub consensus_parts_of_silhouette: Option<Figure<ErrorParts>>,
}

impl FramePair {
    /// ED and ES, then the second frames.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// Its ED and ES frame.
    pub fn phases(self) -> [RatedPhase; 2] {
        match self {
            Self::First => [RatedPhase::EndDiastole, RatedPhase::EndSystole],
            Self::Second => [RatedPhase::EndDiastoleSecond, RatedPhase::EndSystoleSecond],
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "ED and ES",
            Self::Second => "second frames of ED and ES",
        }
    }
}

impl StudyReading {
    /// Lets the model find the LV on the frames that raters drew on, and measures both sides by `choices`.
    pub fn new(material: &Material, segmenter: &dyn Segmenter, choices: &RoiChoices) -> Self {
        let at = |image: &RatedFrame| FrameIndex::from_number(image.frame);
        let frames: Vec<FrameIndex> = material.images.iter().filter_map(at).collect();
        let found = segmenter.segment_frames(&material.shown, &frames).map_err(|error| error.to_string());
        let mask = |image: &RatedFrame| match &found {
            Ok(masks) => match at(image).and_then(|frame| masks.get(frame.index())) {
                Some(mask) if !mask.is_empty() => Ok(mask),
                _ => Err(format!("the model found no left ventricle on frame {}", image.frame)),
            },
            Err(error) => Err(error.clone()),
        };
        let images = material.images.iter().map(|image| ImageReading::new(material, image, mask(image))).collect();
        let ef = FramePair::ALL.map(|pair| {
            let measured = |roi: &dyn Fn(&RatedFrame) -> Result<Mask, String>| measured(material, pair, choices, roi);
            let truth_known = pair
                .phases()
                .iter()
                .all(|&phase| material.image(phase).is_some_and(|image| image.silhouette.is_some()));
            let silhouette = |image: &RatedFrame| {
                image.silhouette.clone().ok_or_else(|| "the true silhouette is not known".to_owned())
            };
            EfReading::new(
                pair,
                measured(&|image| Ok(image.consensus.clone())),
                measured(&|image| mask(image).cloned()),
                truth_known.then(|| measured(&silhouette)),
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

fn measured(
    material: &Material,
    pair: FramePair,
    choices: &RoiChoices,
    roi: &dyn Fn(&RatedFrame) -> Result<Mask, String>,
) -> Figure<DrawnMeasurement> {
    let of_phase = |phase: RatedPhase| {
        let image = material.image(phase).ok_or_else(|| format!("{phase} was not annotated"))?;
        let frame = FrameIndex::from_number(image.frame).ok_or_else(|| format!("{phase} has no frame"))?;
        Ok((frame, roi(image)?))
    };
    let [ed, es] = pair.phases().map(of_phase);
    let result = ed.and_then(|ed| Ok((ed, es?))).and_then(|((ed, ed_roi), (es, es_roi))| {
        let (ed, es) = (DrawnRoi { frame: ed, roi: &ed_roi }, DrawnRoi { frame: es, roi: &es_roi });
        measure_drawn(&material.own, choices, ed, es).map_err(|error| error.to_string())
    });
    Figure::from(result)
}

impl ImageReading {
    fn new(material: &Material, image: &RatedFrame, model: Result<&Mask, String>) -> Self {
        let counts = GridCounts::new(&material.own, bloodpool_core::protocol::Grid::Square256);
        let frame = FrameIndex::from_number(image.frame).unwrap_or(FrameIndex::FIRST);
        let roi = |mask: &Mask| Roi { area_px: mask.area(), pixel_value: counts.gross(frame, mask) / counts.scale() };
        let against = |mask: &Mask, other: &Mask| overlap(mask, other).ok().map(|overlap| overlap.dice);
        let surface = model.as_ref().map_err(Clone::clone).and_then(|mask| {
            let spacing = material.shown.pixel_spacing_mm().ok_or_else(|| NO_SPACING.to_owned())?;
            surface_distance(mask, &image.consensus, spacing).map_err(|error| error.to_string())
        });
        let overlap = model.as_ref().map_err(Clone::clone);
        let overlap = overlap.and_then(|mask| overlap_of(mask, &image.consensus));
        let truth = image.silhouette.as_ref();
        Self {
            phase: image.phase,
            frame: image.frame,
            consensus: roi(&image.consensus),
            overlap: Figure::from(overlap),
            surface: Figure::from(surface),
            consensus_dice_of_truth: truth.and_then(|truth| against(&image.consensus, truth)),
            model_dice_of_truth: truth.and_then(|truth| against(model.as_ref().ok()?, truth)),
            contours: [image.consensus.contour(), model.as_ref().map_or(Contour(Vec::new()), |mask| mask.contour())],
            model: Figure::from(model.map(roi)),
        }
    }
}

fn overlap_of(mask: &Mask, consensus: &Mask) -> Result<Overlap, String> {
    overlap(mask, consensus).map_err(|error| error.to_string())
}

impl EfReading {
    fn new(
        pair: FramePair,
        consensus: Figure<DrawnMeasurement>,
        model: Figure<DrawnMeasurement>,
        silhouette: Option<Figure<DrawnMeasurement>>,
    ) -> Self {
        let of_silhouette = |side: &Figure<DrawnMeasurement>| silhouette.as_ref().map(|truth| parts(side, truth));
        Self {
            pair,
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
}

fn parts(measured: &Figure<DrawnMeasurement>, reference: &Figure<DrawnMeasurement>) -> Figure<ErrorParts> {
    match (measured, reference) {
        (Figure::Known(measured), Figure::Known(reference)) => Figure::from(error_parts(measured, reference)),
        _ => Figure::unknown("one of the two has no EF"),
    }
}
