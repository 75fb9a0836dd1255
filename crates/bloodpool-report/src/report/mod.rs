//! The report of one study: a self-contained HTML page, pictures, the curve as CSV, and the JSON document.

mod choices;
mod cine;
mod colour_scale;
mod conclusion;
mod curve;
mod curve_axes;
mod curve_csv;
mod curve_marks;
pub mod drawing;
mod function_images;
mod function_table;
mod identity;
mod images;
mod numbers;
mod overview;
mod page;
mod pdf;
mod phase_section;
mod pixels;
mod provenance;
mod quality;
mod range_plot;
mod result;
mod review;
mod right_ventricle_section;
mod sector_section;
pub mod serial;
mod smoothing;
mod stroke;
mod validity;

use std::path::{Path, PathBuf};

use bloodpool_core::analysis::Phase;
use bloodpool_core::function::VentricularFunction;
use bloodpool_core::{Analysis, GatedStudy};
use bloodpool_files::{IfExists, SetAsideRecord, write_with_folders};

use self::function_images::FunctionPictures;
use crate::analysis_document::SourceFileFields;
use crate::known_bias::KnownBias;
use crate::serial::SerialComparison;
use crate::{Language, ReportError};

pub use self::overview::{FunctionOverview, OverviewPicture, OverviewRow};
pub use self::page::style as page_style;
pub use self::pdf::PdfError;
pub use self::pixels::RgbPixels;
pub use self::review::{ReviewEdit, ReviewRecord, ReviewStatement};

/// The page; written last, so that a folder with the page has all other files.
const PAGE: &str = "report.html";
/// The curve as a table.
const CURVE: &str = "curve.csv";
const FILES: [&str; 6] = [PAGE, "end-diastole.png", "end-systole.png", "frames.png", CURVE, "analysis.json"];

/// Everything that a report shows.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The file or folder that the study was read from.
    pub source: &'a str,
    /// The files that it was read from.
    pub source_files: &'a [SourceFileFields],
    /// Files of the same study that were found in a folder and not analysed.
    pub set_aside: &'a [SetAsideRecord],
    /// The study as it was read.
    pub study: &'a GatedStudy,
    /// What was measured on it.
    pub analysis: &'a Analysis,
    /// What [`Analysis::function`] gave for it; `None` where the LVEF is withheld.
    pub function: Option<&'a VentricularFunction>,
    /// What is known of the bias of each protocol with this model.
    pub known_bias: Option<&'a KnownBias>,
    /// The JSON document of the same analysis.
    pub document: &'a str,
    /// The studies of the patient, this one among them by its `source`, where others are known.
    pub serial: Option<&'a SerialComparison<'a>>,
    /// What people changed and signed, where the study was reviewed.
    pub review: Option<&'a ReviewRecord>,
}

/// The pictures of a report as PNG bytes.
#[derive(Debug)]
struct Pictures {
    end_diastole: Vec<u8>,
    end_systole: Vec<u8>,
    frames: Vec<u8>,
    /// All frames as counted, and smoothed.
    sheet: Vec<u8>,
    smooth_sheet: Vec<u8>,
    /// Background images at ED and ES, where the protocol has them.
    background: Option<[Vec<u8>; 2]>,
    /// Ventricular function, where it is not withheld.
    function: Option<FunctionPictures>,
    /// What the pictures show of the field.
    crop: images::Crop,
}

/// The files that a report in this folder consists of.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    FILES.iter().map(|name| folder.join(name)).collect()
}

impl Report<'_> {
    /// Writes every file of the report into `folder`, in English; returns where the page is.
    ///
    /// # Errors
    /// [`ReportError`] when a file exists and may not be replaced, or cannot be made or written.
    pub fn write(&self, folder: &Path, if_exists: IfExists) -> Result<PathBuf, ReportError> {
        self.write_in(folder, if_exists, Language::English)
    }

    /// The same in a language.
    ///
    /// # Errors
    /// As [`Report::write`].
    pub fn write_in(&self, folder: &Path, if_exists: IfExists, language: Language) -> Result<PathBuf, ReportError> {
        let pictures = self.pictures()?;
        let page = self.page(&pictures, language)?;
        let contents: [(&str, &[u8]); 6] = [
            ("end-diastole.png", &pictures.end_diastole),
            ("end-systole.png", &pictures.end_systole),
            ("frames.png", &pictures.frames),
            (CURVE, &curve_csv::curve_csv(&folder.join(CURVE), self.study, self.analysis)?),
            ("analysis.json", self.document.as_bytes()),
            (PAGE, page.as_bytes()),
        ];
        for (name, bytes) in contents {
            write_with_folders(&folder.join(name), bytes, if_exists)?;
        }
        Ok(folder.join(PAGE))
    }

    /// The page alone, which holds its pictures itself, in English.
    ///
    /// # Errors
    /// [`ReportError`] when it cannot be made.
    pub fn html(&self) -> Result<String, ReportError> {
        self.html_in(Language::English)
    }

    /// The same in a language.
    ///
    /// # Errors
    /// As [`Report::html`].
    pub fn html_in(&self, language: Language) -> Result<String, ReportError> {
        self.page(&self.pictures()?, language)
    }

    fn page(&self, pictures: &Pictures, language: Language) -> Result<String, ReportError> {
        let choices = choices::choices(&self.analysis.protocol)?;
        Ok(page::page(self, pictures, &choices, language).into_string())
    }

    fn pictures(&self) -> Result<Pictures, ReportError> {
        let (study, analysis) = (self.study, self.analysis);
        let crop = images::Crop::around_heart(study, analysis);
        // Background lies round the ES outline: on ED it would lie inside the LV.
        let still =
            |phase: &Phase, background| images::png(images::still(study, crop, phase.frame, analysis, background));
        let background = |phase: &Phase| images::background(study, crop, phase.frame, analysis);
        // Encoding pictures is most of what a report costs, and two cores halve that.
        let (frames, rest) = rayon::join(
            || {
                let smooth = smoothing::smoothed(study.counts());
                Ok::<_, image::ImageError>([
                    still(&analysis.end_diastole, None)?,
                    still(&analysis.end_systole, analysis.background.as_ref())?,
                    images::png(images::sheet(study, crop, study.counts()))?,
                    images::png(images::sheet(study, crop, &smooth))?,
                ])
            },
            || {
                let of = |function| FunctionPictures::of(study, crop, analysis, function);
                let background = match [&analysis.end_diastole, &analysis.end_systole].map(background) {
                    [Some(ed), Some(es)] => Some([images::png(ed)?, images::png(es)?]),
                    _ => None,
                };
                let frames = images::png(images::montage(study, crop, analysis))?;
                Ok::<_, image::ImageError>((frames, background, self.function.map(of).transpose()?))
            },
        );
        let ([end_diastole, end_systole, sheet, smooth_sheet], (frames, background, function)) = (frames?, rest?);
        Ok(Pictures { end_diastole, end_systole, frames, sheet, smooth_sheet, background, function, crop })
    }
}

#[cfg(test)]
mod tests;
