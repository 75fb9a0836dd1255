//! `FunctionOverview`: amplitude and phase images and the quantities of ventricular function, for a page that shows a study.

use bloodpool_core::function::{Outcome, VentricularFunction};
use bloodpool_core::{Analysis, GatedStudy};

use super::function_images::FunctionPictures;
use super::function_table::QuantityTable;
use super::images::Crop;
use crate::{Language, ReportError};

/// Ventricular function beyond the LVEF, in short. Texts are in the language that it was asked for in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionOverview {
    /// Amplitude and phase with the ED outline; empty where they are refused.
    pub pictures: Vec<OverviewPicture>,
    /// One row per quantity.
    pub rows: Vec<OverviewRow>,
    /// Why images or quantities are missing.
    pub refused: Vec<String>,
}

/// A parametric image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewPicture {
    /// What it shows.
    pub title: &'static str,
    /// For people who cannot see it.
    pub alt: String,
    /// A PNG file.
    pub png: Vec<u8>,
}

/// A quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewRow {
    /// What it is.
    pub title: &'static str,
    /// Its value with its unit, or why there is none.
    pub value: Result<String, String>,
}

impl FunctionOverview {
    /// Of a study as it was measured ([`Analysis::measured_study`]).
    ///
    /// # Errors
    /// [`ReportError`] when a picture cannot be encoded.
    pub fn of(
        study: &GatedStudy,
        analysis: &Analysis,
        function: &VentricularFunction,
        language: Language,
    ) -> Result<Self, ReportError> {
        let crop = Crop::around_heart(study, analysis);
        let made = FunctionPictures::of(study, crop, analysis, function)?;
        let picture = |title, png| OverviewPicture { title, alt: language.map_alt(title), png };
        let pictures = made.parametric.map(|images| {
            vec![picture(language.amplitude(), images.amplitude), picture(language.phase(), images.phase)]
        });
        let table = QuantityTable::of(analysis, function, language);
        let rows = table.rows.into_iter().map(|row| OverviewRow {
            title: row.title,
            value: row.value.map(|value| format!("{}{}", value.value, value.unit)),
        });
        let images = match &function.images {
            Outcome::Refused(refusal) => Some(language.images_not_given(&language.refusal(refusal))),
            Outcome::Value(_) => None,
        };
        Ok(Self {
            pictures: pictures.unwrap_or_default(),
            // The LVEF stands elsewhere on the page.
            rows: rows.skip(1).collect(),
            refused: images.into_iter().chain(table.all_refused).collect(),
        })
    }
}
