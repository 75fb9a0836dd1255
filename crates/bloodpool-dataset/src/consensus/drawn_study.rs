//! One study whose ROIs were drawn on its images, and the LVEF that such ROIs give by Eq. 5 and 6 of Oh et al. 2022.

use std::path::Path;

use bloodpool_core::analysis::corrected;
use bloodpool_core::measure::{DrawnRoi, measure_drawn};
use bloodpool_core::protocol::RoiChoices;
use bloodpool_core::{FrameIndex, GatedStudy, Mask, Protocol};

use super::case::{choices_of, study};
use super::error::ConsensusError;
use crate::extracted::ExtractedCase;
use crate::rated_frames::RatedPhase;

/// A study of a folder of images, ready to be measured with ROIs on them.
pub(crate) struct DrawnStudy<'a> {
    case: &'a ExtractedCase,
    study: GatedStudy,
    choices: Option<RoiChoices>,
}

impl<'a> DrawnStudy<'a> {
    /// Reads the counts of a study from the folder of the images.
    ///
    /// # Errors
    /// [`ConsensusError`] when the counts cannot be read, have changed, or are not a study.
    pub(crate) fn read(folder: &Path, case: &'a ExtractedCase) -> Result<Self, ConsensusError> {
        let recorded = study(folder, case)?;
        let study = corrected(&recorded).into_owned();
        Ok(Self { case, study, choices: choices_of(Protocol::paper()) })
    }

    /// LVEF of the ROIs on the images of ED and ES, percent; `mask`: the ROI of an image by its name, on the 256 grid. `None` where
    /// one of them is missing, or they give no LVEF.
    pub(crate) fn lvef_percent(&self, mask: impl Fn(&str) -> Option<Mask>) -> Option<f64> {
        let roi = |phase| {
            let image = self.case.images.iter().find(|image| image.phase == phase)?;
            Some((FrameIndex::from_number(image.frame)?, mask(image.name())?))
        };
        let (ed, es) = (roi(RatedPhase::EndDiastole)?, roi(RatedPhase::EndSystole)?);
        let drawn = |(frame, roi)| DrawnRoi { frame, roi };
        let (ed, es) = (drawn((ed.0, &ed.1)), drawn((es.0, &es.1)));
        measure_drawn(&self.study, self.choices.as_ref()?, ed, es).ok().map(|measured| measured.lvef_percent)
    }
}
