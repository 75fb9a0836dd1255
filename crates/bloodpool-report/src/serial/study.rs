//! `SerialStudy`: one analysed study of a serial comparison.

use bloodpool_core::function::comparison::{ComparedStudy, Settings};
use bloodpool_core::{Analysis, GatedStudy};

use super::signed::SignedResult;
use crate::AnalysisDocument;
use crate::analysis_document::SourceFileFields;

/// One study with its analysis of today.
#[derive(Debug, Clone)]
pub struct SerialStudy<'a> {
    /// The file or folder that it was read from, by which people tell it apart.
    pub source: &'a str,
    /// The files that it was read from.
    pub source_files: &'a [SourceFileFields],
    /// The study as it was measured.
    pub study: &'a GatedStudy,
    /// What was measured on it.
    pub analysis: &'a Analysis,
    /// What was signed on it earlier.
    pub signed: Option<SignedResult>,
}

impl SerialStudy<'_> {
    /// Date (`YYYYMMDD`) and time: those of the acquisition, or where it has no date those of the study. What is no date of eight
    /// digits is none.
    pub(crate) fn moment(&self) -> (Option<&str>, Option<&str>) {
        let identity = &self.study.identity;
        let date = |recorded: &'_ Option<String>| recorded.as_deref().map(str::trim).is_some_and(is_date);
        let (date, time) = if date(&identity.acquisition_date) {
            // The time of the study may lie before or after the acquisition, but it is of the same visit.
            (&identity.acquisition_date, identity.acquisition_time.as_deref().or(identity.study_time.as_deref()))
        } else {
            (&identity.study_date, identity.study_time.as_deref())
        };
        (date.as_deref().map(str::trim).filter(|date| is_date(date)), time)
    }

    /// Its numbers as the comparison needs them.
    pub(super) fn compared(&self) -> ComparedStudy {
        let (study, analysis) = (self.study, self.analysis);
        let (date, time) = self.moment();
        ComparedStudy {
            label: self.source.to_owned(),
            date: date.map(|date| date.trim().to_owned()),
            time: time.map(|time| time.trim().to_owned()),
            lvef_percent: analysis.usable_lvef_percent(),
            // An interval is as much a result as the number in it.
            interval: analysis.interval.clone().filter(|_| analysis.usable_lvef_percent().is_some()),
            counting_error_points: analysis.counting_error_points,
            lv_counts: analysis.end_diastole.net_counts,
            settings: Settings {
                camera: study.identity.camera(),
                matrix: [study.rows(), study.columns()],
                pixel_spacing_mm: study.pixel_spacing_mm(),
                frames: study.frames(),
                protocol: analysis.protocol.clone(),
                model: analysis.model.clone(),
                version: crate::SOFTWARE.to_owned(),
            },
        }
    }

    /// Whether a document is of this study: of the same image (SOP instance), or of the same files.
    #[must_use]
    pub fn is_of(&self, document: &AnalysisDocument) -> bool {
        let image = self.study.identity.sop_uid.as_deref().filter(|uid| !uid.trim().is_empty());
        let same_image = image.is_some() && image == document.study.sop_uid.as_deref();
        same_image || same_files(self.source_files, &document.source_files)
    }

    /// Whether two are the same study: the same image, or the same files.
    pub(super) fn is_same(&self, other: &SerialStudy<'_>) -> bool {
        let image = |study: &SerialStudy<'_>| study.study.identity.sop_uid.clone().filter(|uid| !uid.trim().is_empty());
        let same_image = image(self).is_some() && image(self) == image(other);
        same_image || self.source == other.source || same_files(self.source_files, other.source_files)
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|letter| letter.is_ascii_digit())
}

/// Whether these are the same bytes, in whatever order and by whatever names.
fn same_files(one: &[SourceFileFields], other: &[SourceFileFields]) -> bool {
    let hashes = |files: &[SourceFileFields]| {
        let mut hashes: Vec<String> = files.iter().map(|file| file.sha256.clone()).collect();
        hashes.sort_unstable();
        hashes
    };
    !one.is_empty() && hashes(one) == hashes(other)
}
