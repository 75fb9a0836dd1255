//! The consensus of one study, and the LVEF that it and each rater give.

use std::path::Path;

use bloodpool_core::analysis::corrected;
use bloodpool_core::measure::{DrawnMeasurement, DrawnRoi, measure_drawn};
use bloodpool_core::protocol::{Estimator, Grid, RoiChoices};
use bloodpool_core::{FrameIndex, GatedStudy, Mask, Protocol};
use ndarray::Ix3;

use super::agreement::EfOfCase;
use super::error::ConsensusError;
use super::options::ConsensusOptions;
use super::record::{CaseConsensus, ConsensusImage, ImageConsensus};
use crate::annotations::{Drawing, RaterDrawings};
use crate::extracted::ExtractedCase;
use crate::rated_frames::RatedPhase;
use bloodpool_files::npy::decode_npy_f32;
use bloodpool_files::whole_file::IfExists;

/// The consensus of one study before it is written.
pub(super) struct MeasuredCase {
    images: Vec<(RatedPhase, usize, ImageConsensus)>,
    /// LVEF of the consensus and of every rater.
    pub(super) ef: EfOfCase,
    /// LVEF of the consensus by Eq. 6 to the letter.
    lvef_percent_of_one_level: Option<f64>,
    /// LVEF of the consensus with background from an arc.
    arc_lvef_percent: Option<f64>,
    /// Images on which no pixel has a majority.
    pub(super) without_majority: Vec<String>,
}

impl MeasuredCase {
    /// Forms the consensus of `raters`, and measures the LVEF that it and `everyone` give.
    pub(super) fn new(
        options: &ConsensusOptions<'_>,
        case: &ExtractedCase,
        raters: &[&RaterDrawings],
        everyone: &[RaterDrawings],
    ) -> Result<Self, ConsensusError> {
        let mut images = Vec::new();
        let mut without_majority = Vec::new();
        for image in &case.images {
            let drawn = raters.iter().filter_map(|rater| rater.drawings.get(image.name()));
            let masks: Vec<Mask> = drawn.map(Drawing::mask).collect();
            let formed = ImageConsensus::new(&masks.iter().collect::<Vec<&Mask>>(), options.rule)?;
            if formed.mask.is_empty() {
                without_majority.push(image.name().to_owned());
            }
            images.push((image.phase, masks.len(), formed));
        }
        let recorded = study(options.images, case)?;
        let study = corrected(&recorded);
        let (paper, arc) = (choices_of(Protocol::paper()), choices_of(Protocol::standard()));
        let lvef = |choices: &Option<RoiChoices>, ed: Option<&Mask>, es: Option<&Mask>| {
            let roi = |phase: RatedPhase, roi| {
                let image = case.images.iter().find(|image| image.phase == phase)?;
                Some(DrawnRoi { frame: FrameIndex::from_number(image.frame)?, roi })
            };
            let (ed, es) = (roi(RatedPhase::EndDiastole, ed?)?, roi(RatedPhase::EndSystole, es?)?);
            let measured = measure_drawn(&study, choices.as_ref()?, ed, es);
            Some(measured.map_err(|error| error.to_string()))
        };
        let percent = |measured: DrawnMeasurement| measured.lvef_percent;
        let formed = |phase| images.iter().find(|(own, ..)| *own == phase).map(|(.., formed)| &formed.mask);
        let (ed, es) = (formed(RatedPhase::EndDiastole), formed(RatedPhase::EndSystole));
        let arc_lvef_percent = lvef(&arc, ed, es).and_then(Result::ok).map(percent);
        let consensus = lvef(&paper, ed, es);
        let of_one_level = consensus.as_ref().and_then(|measured| measured.as_ref().ok());
        let lvef_percent_of_one_level = of_one_level.and_then(|measured| measured.lvef_percent_of_one_level().ok());
        let consensus = consensus.map(|measured| measured.map(percent));
        let consensus = consensus.unwrap_or_else(|| Err("ED or ES is missing".to_owned()));
        let drawn = |rater: &RaterDrawings, phase| {
            let image = case.images.iter().find(|image| image.phase == phase)?;
            rater.drawings.get(image.name()).map(Drawing::mask)
        };
        let of_rater = |rater: &RaterDrawings| {
            let (ed, es) = (drawn(rater, RatedPhase::EndDiastole), drawn(rater, RatedPhase::EndSystole));
            lvef(&paper, ed.as_ref(), es.as_ref()).and_then(Result::ok).map(percent)
        };
        let ef = EfOfCase {
            case: case.case.clone(),
            consensus_lvef_percent: consensus.as_ref().ok().copied(),
            problem: consensus.err(),
            raters_lvef_percent: everyone.iter().map(of_rater).collect(),
        };
        Ok(Self { images, ef, lvef_percent_of_one_level, arc_lvef_percent, without_majority })
    }

    /// LVEF of the consensus by Eq. 5 and 6, or with background from the arc where Eq. 5 finds none.
    pub(super) fn lvef_percent(&self) -> Option<f64> {
        self.ef.consensus_lvef_percent.or(self.arc_lvef_percent)
    }

    /// The number of raters of each image.
    pub(super) fn raters(&self) -> impl Iterator<Item = usize> + '_ {
        self.images.iter().map(|(_, raters, _)| *raters)
    }

    /// The consensus of each image.
    pub(super) fn masks(&self) -> Vec<(RatedPhase, &Mask)> {
        self.images.iter().map(|(phase, _, formed)| (*phase, &formed.mask)).collect()
    }

    /// Writes the images of the consensus.
    pub(super) fn write(
        &self,
        folder: &Path,
        case: &ExtractedCase,
        if_exists: IfExists,
    ) -> Result<CaseConsensus, ConsensusError> {
        let mut images = Vec::new();
        for (image, (phase, raters, formed)) in case.images.iter().zip(&self.images) {
            let [mask, mean] = formed.write(folder, image.name(), if_exists)?;
            images.push(ConsensusImage {
                image: image.name().to_owned(),
                phase: *phase,
                frame: image.frame,
                raters: *raters,
                area_px: formed.mask.area(),
                mask,
                mean,
            });
        }
        Ok(CaseConsensus {
            case: case.case.clone(),
            lvef_percent: self.ef.consensus_lvef_percent,
            lvef_percent_of_one_level: self.lvef_percent_of_one_level,
            lvef_problem: self.ef.problem.clone(),
            arc_lvef_percent: self.arc_lvef_percent,
            images,
        })
    }
}

/// The study in its own matrix, from the counts beside the images.
pub(super) fn study(folder: &Path, case: &ExtractedCase) -> Result<GatedStudy, ConsensusError> {
    let path = folder.join(&case.counts.file);
    let counts = decode_npy_f32::<Ix3>(&path, &case.counts.read(folder)?)?;
    GatedStudy::new(counts, case.pixel_spacing_mm)
        .map_err(|error| ConsensusError::Counts { path, reason: error.to_string() })
}

/// What a protocol chooses, on the grid that raters drew on.
pub(super) fn choices_of(protocol: Protocol) -> Option<RoiChoices> {
    match protocol.estimator {
        Estimator::Roi(choices) => Some(RoiChoices { grid: Grid::Square256, ..choices }),
        Estimator::Unmixed | Estimator::BackgroundImage(_) => None,
    }
}
