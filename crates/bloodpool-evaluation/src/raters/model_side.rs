//! `ModelSide`: what a model gives on a study of a dataset, by the functions that analyse any study.

use std::sync::Arc;

use bloodpool_core::analysis::{Phase, measure, segment};
use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::measure::{DrawnMeasurement, DrawnPhase};
use bloodpool_core::protocol::Grid;
use bloodpool_core::{Analysis, AnalysisError, FrameIndex, Mask, SegmentationError, Segmenter};
use bloodpool_dataset::RatedPhase;

use super::material::{FramePair, Material, RoiProtocol};

/// Why a model gave no mask or no EF.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The segmenter itself failed.
    #[error(transparent)]
    Segmentation(Arc<SegmentationError>),
    /// The masks give no LVEF.
    #[error(transparent)]
    Analysis(Arc<AnalysisError>),
    /// The mask of a frame is empty.
    #[error("the model found no left ventricle on frame {frame}")]
    NoVentricle {
        /// The frame.
        frame: FrameIndex,
    },
    /// Raters did not draw on a frame that is needed.
    #[error("{phase} was not annotated")]
    NotAnnotated {
        /// The phase.
        phase: RatedPhase,
    },
    /// The folder of masks has none of an image.
    #[error("there is no mask of this image")]
    NoMask,
    /// The protocol subtracts no background, so that the EF has no parts.
    #[error("the protocol subtracts no background")]
    NoBackground,
}

/// The masks of a model and its analyses.
#[derive(Debug)]
pub(super) struct ModelSide {
    /// The masks of all frames on the 256 grid of the raters.
    masks: Result<Vec<Mask>, ModelError>,
    /// The analysis of each pair of frames, in the order of [`FramePair::ALL`].
    analyses: [Result<Analysis, ModelError>; 2],
    /// Study pixels per pixel of the grid that is measured on.
    scale: f64,
}

impl ModelSide {
    /// Segments the study once, and measures it on each pair of frames. A mask goes from the study's own matrix to the 256 grid
    /// as the protocol `paper` takes it there: where its bilinear value is above one half.
    pub(super) fn new(material: &Material, segmenter: &dyn Segmenter, protocol: &RoiProtocol) -> Self {
        let study = &material.study;
        let scale = GridCounts::new(study, protocol.choices().grid).scale();
        let segmentation = match segment(study, segmenter) {
            Ok(segmentation) => segmentation,
            Err(error) => {
                let failed = ModelError::Segmentation(Arc::new(error));
                return Self { masks: Err(failed.clone()), analyses: [Err(failed.clone()), Err(failed)], scale };
            }
        };
        let rated = GridCounts::new(study, Grid::Square256);
        let analyses = FramePair::ALL.map(|pair| {
            let [ed, es] = pair
                .phases()
                .map(|phase| material.image(phase).map(|image| image.frame).ok_or(ModelError::NotAnnotated { phase }));
            let protocol = protocol.on_frames([ed?, es?]);
            measure(study, segmentation.clone(), segmenter.identity(), &protocol)
                .map_err(|error| ModelError::Analysis(Arc::new(error)))
        });
        let masks = segmentation.masks.iter().map(|mask| rated.mask(mask)).collect();
        Self { masks: Ok(masks), analyses, scale }
    }

    /// The mask of a frame on the 256 grid.
    pub(super) fn mask(&self, frame: FrameIndex) -> Result<&Mask, ModelError> {
        let masks = self.masks.as_ref().map_err(Clone::clone)?;
        let mask = masks.get(frame.index()).filter(|mask| !mask.is_empty());
        mask.ok_or(ModelError::NoVentricle { frame })
    }

    /// The EF of a pair of frames with everything it is computed from, out of the analysis. The number is there whether or not
    /// the analysis withholds it.
    pub(super) fn measurement(&self, pair: FramePair) -> Result<DrawnMeasurement, ModelError> {
        let [first, second] = &self.analyses;
        let analysis = match pair {
            FramePair::First => first,
            FramePair::Second => second,
        };
        let analysis = analysis.as_ref().map_err(Clone::clone)?;
        let background = analysis.background.as_ref().ok_or(ModelError::NoBackground)?;
        let phase = |phase: &Phase| {
            let level = background.counts_per_pixel_by_frame.get(phase.frame.index());
            Ok::<_, ModelError>(DrawnPhase {
                frame: phase.frame,
                area_px: phase.area_px as usize,
                gross_counts: phase.counts,
                pixel_value: phase.counts / self.scale,
                background_per_pixel: *level.ok_or(ModelError::NoBackground)?,
                net_counts: phase.net_counts,
            })
        };
        Ok(DrawnMeasurement {
            end_diastole: phase(&analysis.end_diastole)?,
            end_systole: phase(&analysis.end_systole)?,
            grid: background.grid,
            background_area_px: background.area_px as usize,
            background_region: background.region.clone(),
            lvef_percent: analysis.lvef_percent,
        })
    }
}
