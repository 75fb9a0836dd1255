//! The consensus of one study, and the LVEF that it and each rater give.

use std::collections::BTreeMap;
use std::path::Path;

use bloodpool_core::analysis::corrected;
use bloodpool_core::measure::{DrawnMeasurement, DrawnRoi, measure_drawn};
use bloodpool_core::protocol::{Estimator, Grid, RoiChoices};
use bloodpool_core::{FrameIndex, GatedStudy, Mask, Protocol};
use ndarray::Ix3;

use super::agreement::EfOfCase;
use super::error::ConsensusError;
use super::group_masks::{FormedGroup, GroupConsensus};
use super::options::ConsensusOptions;
use super::rated_image::RatedImage;
use super::record::{CaseConsensus, ConsensusImage, ConsensusRule, ImageConsensus, grey_of, write_image};
use crate::annotations::{Drawing, RaterDrawings};
use crate::extracted::{ExtractedCase, ExtractedImage};
use crate::rated_frames::RatedPhase;
use bloodpool_files::npy::decode_npy_f32;
use bloodpool_files::whole_file::IfExists;

/// The consensus of one study before it is written.
pub(super) struct MeasuredCase<'a> {
    images: Vec<FormedImage<'a>>,
    /// LVEF of the consensus and of every rater.
    pub(super) ef: EfOfCase,
    /// LVEF of the consensus by Eq. 6 to the letter.
    lvef_percent_of_one_level: Option<f64>,
    /// LVEF of the consensus with background from an arc.
    arc_lvef_percent: Option<f64>,
    /// Images on which no pixel has a majority.
    pub(super) without_majority: Vec<String>,
}

/// The consensus of one image before it is written.
struct FormedImage<'a> {
    image: &'a ExtractedImage,
    raters: usize,
    formed: ImageConsensus,
    groups: Vec<FormedGroup>,
}

impl<'a> FormedImage<'a> {
    fn new(
        image: &'a ExtractedImage,
        rule: ConsensusRule,
        raters: &[&RaterDrawings],
        groups: &BTreeMap<String, String>,
    ) -> Result<Self, ConsensusError> {
        let drawn: Vec<(Option<&str>, Mask)> = raters
            .iter()
            .filter_map(|rater| Some((rater.group.as_deref(), rater.drawings.get(image.name())?.mask())))
            .collect();
        let all: Vec<&Mask> = drawn.iter().map(|(_, mask)| mask).collect();
        let of_group = |group: &String| {
            let own: Vec<&Mask> = drawn.iter().filter(|(of, _)| *of == Some(group)).map(|(_, mask)| mask).collect();
            let mask = if own.is_empty() { None } else { Some(ImageConsensus::new(&own, rule)?.mask) };
            let mask = mask.filter(|mask| !mask.is_empty());
            Ok(FormedGroup { group: group.clone(), raters: own.len(), mask })
        };
        let groups = groups.keys().map(of_group).collect::<Result<_, ConsensusError>>()?;
        Ok(Self { image, raters: drawn.len(), formed: ImageConsensus::new(&all, rule)?, groups })
    }
}

impl<'a> MeasuredCase<'a> {
    /// Forms the consensus of `raters` and of each of their groups on the images that are `rated`, and measures the LVEF that it and
    /// `everyone` give.
    pub(super) fn new(
        options: &ConsensusOptions<'_>,
        case: &'a ExtractedCase,
        rated: &[RatedImage<'_>],
        raters: &[&RaterDrawings],
        groups: &BTreeMap<String, String>,
        everyone: &[RaterDrawings],
    ) -> Result<Self, ConsensusError> {
        let enough = |image: &&ExtractedImage| rated.iter().any(|rated| rated.name == image.name());
        let of_case = case.images.iter().filter(enough);
        let images = of_case.map(|image| FormedImage::new(image, options.rule, raters, groups));
        let images = images.collect::<Result<Vec<_>, ConsensusError>>()?;
        let empty = images.iter().filter(|formed| formed.formed.mask.is_empty());
        let without_majority = empty.map(|formed| formed.image.name().to_owned()).collect();
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
        let formed = |phase| images.iter().find(|formed| formed.image.phase == phase).map(|formed| &formed.formed.mask);
        let (ed, es) = (formed(RatedPhase::EndDiastole), formed(RatedPhase::EndSystole));
        let arc_lvef_percent = lvef(&arc, ed, es).and_then(Result::ok).map(percent);
        let consensus = lvef(&paper, ed, es);
        let of_one_level = consensus.as_ref().and_then(|measured| measured.as_ref().ok());
        let lvef_percent_of_one_level = of_one_level.and_then(|measured| measured.lvef_percent_of_one_level().ok());
        let consensus = consensus.map(|measured| measured.map(percent));
        let consensus = consensus.unwrap_or_else(|| Err("ED or ES is missing".to_owned()));
        let drawn = |drawings: &BTreeMap<String, Drawing>, phase| {
            let image = case.images.iter().find(|image| image.phase == phase)?;
            drawings.get(image.name()).map(Drawing::mask)
        };
        let of_drawings = |drawings: &BTreeMap<String, Drawing>| {
            let (ed, es) = (drawn(drawings, RatedPhase::EndDiastole), drawn(drawings, RatedPhase::EndSystole));
            lvef(&paper, ed.as_ref(), es.as_ref()).and_then(Result::ok).map(percent)
        };
        let repeated: Vec<Option<f64>> = everyone.iter().map(|rater| of_drawings(&rater.repeated)).collect();
        let any_repeat = repeated.iter().any(Option::is_some);
        let ef = EfOfCase {
            case: case.case.clone(),
            consensus_lvef_percent: consensus.as_ref().ok().copied(),
            problem: consensus.err(),
            raters_lvef_percent: everyone.iter().map(|rater| of_drawings(&rater.drawings)).collect(),
            repeated_lvef_percent: if any_repeat { repeated } else { Vec::new() },
        };
        Ok(Self { images, ef, lvef_percent_of_one_level, arc_lvef_percent, without_majority })
    }

    /// LVEF of the consensus by Eq. 5 and 6, or with background from the arc where Eq. 5 finds none.
    pub(super) fn lvef_percent(&self) -> Option<f64> {
        self.ef.consensus_lvef_percent.or(self.arc_lvef_percent)
    }

    /// The number of raters of each image.
    pub(super) fn raters(&self) -> impl Iterator<Item = usize> + '_ {
        self.images.iter().map(|formed| formed.raters)
    }

    /// The consensus of each image.
    pub(super) fn masks(&self) -> Vec<(RatedPhase, &Mask)> {
        self.images.iter().map(|formed| (formed.image.phase, &formed.formed.mask)).collect()
    }

    /// Writes the images of the consensus and of the groups' consensus; `groups`: what stands for each group in names of files.
    pub(super) fn write(
        &self,
        folder: &Path,
        groups: &BTreeMap<String, String>,
        if_exists: IfExists,
    ) -> Result<CaseConsensus, ConsensusError> {
        let mut images = Vec::new();
        for FormedImage { image, raters, formed, groups: of_groups } in &self.images {
            let [mask, mean] = formed.write(folder, image.name(), if_exists)?;
            let mut written = Vec::new();
            for FormedGroup { group, raters, mask } in of_groups {
                let named = groups.get(group).map_or("group", String::as_str);
                let file = format!("groups/{}.{named}.png", image.name());
                let record = mask.as_ref().map(|mask| write_image(folder, &file, &grey_of(mask), if_exists));
                written.push(GroupConsensus {
                    group: group.clone(),
                    raters: *raters,
                    area_px: mask.as_ref().map_or(0, Mask::area),
                    mask: record.transpose()?,
                });
            }
            images.push(ConsensusImage {
                image: image.name().to_owned(),
                phase: image.phase,
                frame: image.frame,
                raters: *raters,
                area_px: formed.mask.area(),
                mask,
                mean,
                groups: written,
            });
        }
        Ok(CaseConsensus {
            case: self.ef.case.clone(),
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
