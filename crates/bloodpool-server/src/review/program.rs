//! `ReviewAnalysis`: what the review page needs of the program that runs it, so that the server links no network.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bloodpool_core::analysis::{measure, segment};
use bloodpool_core::outline::FrameOutline;
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::{
    Analysis, AnalysisError, FrameIndex, GatedStudy, KeptFrames, Mask, ModelIdentity, Protocol, Reason, Segmentation,
    Segmenter, measure_edited_again,
};
use bloodpool_dicom::{Selection, plan};
use bloodpool_report::{KnownBias, ReviewRecord};

use super::state::ReviewState;
use crate::analysis::Produced;
use crate::outbox::route::ResultStatus;
use crate::results::ResultKey;
use crate::time::UtcTime;

/// What the page needs of the program: the segmenter, the protocol, and what is known of the model.
pub trait ReviewAnalysis: Send + Sync + 'static {
    /// What finds the LV.
    fn segmenter(&self) -> &dyn Segmenter;

    /// The protocol that a segmentation is measured by; the same that `analyze` takes.
    fn protocol_for(&self, segmentation: &Segmentation) -> Protocol {
        Protocol::default_for(segmentation)
    }

    /// The 95 % interval of an analysis, where a calibration holds for it.
    fn interval(&self, study: &GatedStudy, analysis: &Analysis) -> Option<Interval> {
        let _ = (study, analysis);
        None
    }

    /// What is known of the bias of each protocol with this model.
    fn known_bias(&self) -> Option<&KnownBias> {
        None
    }

    /// The objects of a result that a person reviewed or signed, its document not among them; none where this program makes none.
    /// The same statement gives objects with the same UIDs.
    ///
    /// # Errors
    /// [`ObjectsError`]; the statement is not recorded then.
    fn objects(&self, stated: StatedResult<'_>) -> Result<Vec<Produced>, ObjectsError> {
        let _ = stated;
        Ok(Vec::new())
    }
}

/// Why the objects of a result cannot be made. It names no patient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ObjectsError(pub String);

/// A result that a person is about to review or sign.
#[derive(Debug)]
pub struct StatedResult<'a> {
    /// Input and analysis.
    pub key: &'a ResultKey,
    /// The files of the study.
    pub files: Vec<PathBuf>,
    /// The study as it was read.
    pub study: &'a GatedStudy,
    /// What is confirmed.
    pub analysis: &'a Analysis,
    /// Reviewed or signed.
    pub status: ResultStatus,
    /// The number of the statement, from 1: part of the UIDs.
    pub version: i64,
    /// The versions with a structured report, which this one replaces; 0: the automatic one.
    pub supersedes: Vec<i64>,
    /// Who makes the statement.
    pub person: &'a str,
    /// When.
    pub at: UtcTime,
    /// Changes and statements, this one included, as the report has them.
    pub review: ReviewRecord,
}

/// Why a study cannot be opened or measured. It names no patient.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The files cannot be read as one gated study. The text names no path.
    #[error("the study cannot be read: {0}")]
    Unreadable(String),
    /// A file is not there any longer, or is another one.
    #[error("file {number} of the study was removed or changed on disk since it was received")]
    FileChanged {
        /// Which file, from 1.
        number: usize,
    },
    /// No LVEF.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
}

/// A study that is read and segmented: what all of its measurements have in common.
#[derive(Debug)]
pub struct OpenedStudy {
    /// The study as it was read.
    pub study: GatedStudy,
    /// As the segmenter gave it.
    pub segmentation: Segmentation,
    /// The segmenter.
    pub model: ModelIdentity,
    /// The protocol, without ED and ES set by hand.
    pub protocol: Protocol,
    /// What was noted about the file.
    pub notes: Vec<Reason>,
    /// What outlines gave that did not change since.
    kept: Mutex<Kept>,
}

/// What outlines gave that did not change since the study was measured last.
#[derive(Debug, Default)]
struct Kept {
    /// The mask of each outline that was edited.
    masks: Vec<Option<(FrameOutline, Mask)>>,
    frames: KeptFrames,
}

impl OpenedStudy {
    /// A study that was segmented. `protocol`: without ED and ES set by hand; `notes`: about its file.
    #[must_use]
    pub fn new(
        study: GatedStudy,
        segmentation: Segmentation,
        model: ModelIdentity,
        protocol: Protocol,
        notes: Vec<Reason>,
    ) -> Self {
        Self { study, segmentation, model, protocol, notes, kept: Mutex::default() }
    }

    /// Reads the files of a study and finds the LV. `recorded`: the segmentation and the model of a review that has begun, which a
    /// later model must not change.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        files: &[PathBuf],
        analysis: &dyn ReviewAnalysis,
        recorded: Option<(Segmentation, ModelIdentity)>,
    ) -> Result<Self, OpenError> {
        if let Some(at) = files.iter().position(|file| !file.is_file()) {
            return Err(OpenError::FileChanged { number: at + 1 });
        }
        let planned = plan(files, &Selection::default()).studies.into_iter().next();
        let planned = planned.ok_or_else(|| OpenError::Unreadable("it holds no gated study".into()))?;
        let read = planned.and_then(|planned| planned.read());
        let file = read.map_err(|error| OpenError::Unreadable(error.problem.to_string()))?;
        let notes = file.notes.into_iter().map(|note| Reason::new(note.code, note.message)).collect();
        let (segmentation, model) = match recorded {
            Some(recorded) => recorded,
            None => {
                let segmenter = analysis.segmenter();
                (segment(&file.study, segmenter).map_err(AnalysisError::from)?, segmenter.identity())
            }
        };
        let protocol = analysis.protocol_for(&segmentation);
        Ok(Self::new(file.study, segmentation, model, protocol, notes))
    }

    /// Distance between `[rows, columns]`, mm; where the study records none, as the protocols assume it.
    #[must_use]
    pub fn spacing_mm(&self) -> [f64; 2] {
        let assumed = self.protocol.estimator.assumed_field_mm() / self.study.columns() as f64;
        self.study.pixel_spacing_mm().unwrap_or([assumed; 2])
    }

    /// The protocol with ED, ES and background region as a review sets them.
    #[must_use]
    pub fn protocol_of(&self, state: &ReviewState) -> Protocol {
        let mut protocol = match &state.background {
            Some(polygon) => self.protocol.with_drawn_background(polygon.clone()),
            None => self.protocol.clone(),
        };
        protocol.frames.ed_override = state.end_diastole.or(protocol.frames.ed_override);
        protocol.frames.es_override = state.end_systole.or(protocol.frames.es_override);
        protocol
    }

    /// What is measured when a review sets this. Of a review that sets nothing, exactly what `analyze` gives.
    ///
    /// What frames gave whose outline did not change since the last measurement is not computed again; every number is the same to
    /// the last bit as if it were.
    ///
    /// # Errors
    /// [`AnalysisError`].
    pub fn measured(&self, state: &ReviewState, program: &dyn ReviewAnalysis) -> Result<Analysis, AnalysisError> {
        let protocol = self.protocol_of(state);
        let mut analysis = if state.edited_frames().next().is_none() {
            measure(&self.study, self.segmentation.clone(), self.model.clone(), &protocol)?
        } else {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let masks = self.masks(state, &mut kept.masks);
            self.by_masks(&masks, &protocol, &mut kept.frames)?
        };
        analysis.interval = program.interval(&self.study, &analysis);
        analysis.add(self.notes.iter().cloned());
        Ok(analysis)
    }

    /// LVEF by the outlines of ED and ES as they are, one pixel smaller and one pixel larger, percent: how much the number depends
    /// on where exactly the outline lies. `None` where one of them gives none.
    #[must_use]
    pub fn one_pixel(&self, state: &ReviewState, analysis: &Analysis) -> Option<[f64; 2]> {
        let mut protocol = self.protocol_of(state);
        let phases = [analysis.end_diastole.frame, analysis.end_systole.frame];
        [protocol.frames.ed_override, protocol.frames.es_override] = phases.map(Some);
        let (masks, mut frames) = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            (self.masks(state, &mut kept.masks), kept.frames.clone())
        };
        // A copy: what the outlines themselves gave stays for the next preview.
        let mut other = |change: fn(&Mask) -> Mask| {
            let changed: Vec<Mask> = FrameIndex::all(masks.len())
                .zip(&masks)
                .map(|(frame, mask)| if phases.contains(&frame) { change(mask) } else { mask.clone() })
                .collect();
            self.by_masks(&changed, &protocol, &mut frames).ok()?.usable_lvef_percent()
        };
        let smaller = other(|mask| mask.eroded(bloodpool_core::Element::Cross, 1))?;
        Some([smaller, other(|mask| mask.dilated(bloodpool_core::Element::Cross, 1))?])
    }

    /// As [`ReviewState::masks`]; masks of outlines that did not change since are kept.
    fn masks(&self, state: &ReviewState, kept: &mut Vec<Option<(FrameOutline, Mask)>>) -> Vec<Mask> {
        kept.resize(self.segmentation.masks.len(), None);
        let edited = state.outlines.iter().chain(std::iter::repeat(&None));
        let frames = self.segmentation.masks.iter().zip(edited).zip(kept);
        let mut masks = Vec::with_capacity(self.segmentation.masks.len());
        for ((own, edited), kept) in frames {
            masks.push(match (edited, &*kept) {
                (None, _) => own.clone(),
                (Some(outline), Some((known, mask))) if known == outline => mask.clone(),
                (Some(outline), _) => {
                    let mask = outline.mask(own.dim().0, own.dim().1);
                    *kept = Some((outline.clone(), mask.clone()));
                    mask
                }
            });
        }
        masks
    }

    fn by_masks(&self, masks: &[Mask], protocol: &Protocol, kept: &mut KeptFrames) -> Result<Analysis, AnalysisError> {
        measure_edited_again(&self.study, &self.segmentation, masks, self.model.clone(), protocol, kept)
    }
}
