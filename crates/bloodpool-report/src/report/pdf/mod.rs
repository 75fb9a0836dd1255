//! The report as PDF/A-3b: a page for the signature, details after it, and the JSON document attached.
//!
//! The texts and numbers are those of the HTML page: both take them from the same functions. The layout is that of this module. The
//! same marks are drawn as pixels for image viewers (`result_pictures.rs`, `cine_pictures.rs`), without the patient.

mod canvas;
mod cine_pictures;
mod content;
mod details;
mod drawn;
mod error;
mod first_page;
mod framed;
mod function_pages;
mod outlines;
mod page_parts;
mod raster;
mod result_pictures;
mod serial_pages;
mod serial_report;
mod table;
mod typeface;
mod write;

use self::canvas::Canvas;
use self::content::Content;
use self::typeface::Typeface;
use super::function_images::Maps;
use super::images::{Crop, Scale};
use super::{Report, choices, page};
use crate::{Language, ReportError};

pub use self::error::PdfError;

/// Length of the longer side of each picture, pixels.
const SIDE: f64 = 360.0;

impl Report<'_> {
    /// The report as the bytes of a PDF/A-3b file in a language, with [`Report::document`] attached as `analysis.json`. The same
    /// report gives the same bytes: the date of the file is that of the study, or 1970-01-01 where none is recorded.
    ///
    /// A character without a glyph in the embedded font, for example a Hanja, is written as its code; the first page says so.
    ///
    /// # Errors
    /// [`PdfError`] when it cannot be made.
    pub fn pdf(&self, language: Language) -> Result<Vec<u8>, PdfError> {
        let typeface = Typeface::new()?;
        let canvas = self.canvas(&typeface, language)?;
        let identity = &self.study.identity;
        let labels = write::Labels {
            title: page::title(self, language),
            language,
            attachment: write::Attachment {
                name: "analysis.json",
                description: language.json_description(),
                document: self.document,
            },
            study_date: identity.study_date.as_deref(),
            study_time: identity.study_time.as_deref(),
        };
        write::write(canvas, &labels)
    }

    /// The marks of all pages.
    fn canvas<'t>(&self, typeface: &'t Typeface, language: Language) -> Result<Canvas<'t>, ReportError> {
        let content = self.content(language)?;
        let canvas = content.canvas(typeface, "");
        if canvas.missing.is_empty() {
            return Ok(canvas);
        }
        let missing: Vec<String> = canvas.missing.iter().copied().map(typeface::code).collect();
        Ok(content.canvas(typeface, &missing.join(" ")))
    }
}

impl Report<'_> {
    /// What the pages show.
    fn content(&self, language: Language) -> Result<Content<'_>, ReportError> {
        let crop = Crop::around_heart(self.study, self.analysis);
        let scale = Scale::to_side(self.study, crop, SIDE);
        let function = self.function;
        let images = function.and_then(|function| function.images.value());
        let maps = images.map(|images| Maps::of(images, scale));
        let choices = choices::choices(&self.analysis.protocol)?;
        Ok(Content { report: self, function, maps, scale, crop, choices, language })
    }
}

impl Content<'_> {
    /// All pages; `missing`: codes of the characters that have no glyph.
    fn canvas<'t>(&self, typeface: &'t Typeface, missing: &str) -> Canvas<'t> {
        let mut canvas = Canvas::new(typeface);
        first_page::draw(&mut canvas, self, missing);
        details::draw(&mut canvas, self);
        self.feet(&mut canvas);
        canvas
    }

    fn feet(&self, canvas: &mut Canvas<'_>) {
        let (language, analysis) = (self.language, self.report.analysis);
        let made = format!(
            "{} \u{b7} {} {} \u{b7} {} {}",
            crate::SOFTWARE,
            language.model_in_foot(),
            analysis.model.name,
            language.protocol_in_foot(),
            analysis.protocol.name
        );
        let simulated = self.report.study.identity.simulated;
        page_parts::feet(canvas, &made, &page::title(self.report, language), simulated, language);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{numbers_of_cells, still, with_ordinary};
    use super::canvas::{BOTTOM, MARGIN, Mark, PAGE};
    use super::*;
    use crate::serial::tests::{compared, three};
    use bloodpool_core::function::comparison::{ComparisonChoices, TechnicalRepeatability};

    /// All text of the pages without spaces, in the order in which it was written.
    fn text(canvas: &Canvas<'_>) -> String {
        let of = |mark: &Mark| match mark {
            Mark::Text { text, .. } => text.clone(),
            _ => String::new(),
        };
        canvas
            .pages
            .iter()
            .flatten()
            .map(of)
            .flat_map(|text| text.split_whitespace().collect::<String>().chars().collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn the_pdf_has_every_number_of_the_page() {
        let typeface = Typeface::new().unwrap();
        with_ordinary(
            2,
            |_, _| {},
            |report| {
                for language in Language::ALL {
                    let canvas = report.canvas(&typeface, language).unwrap();
                    let text = text(&canvas);
                    let cells = numbers_of_cells(&report.html_in(language).unwrap());
                    assert!(cells.len() > 100, "{}", cells.len());
                    // Ranges of one cell stand one below the other in the page, and in one line in the PDF.
                    let missing: Vec<_> =
                        cells.iter().filter(|cell| !cell.contains('\u{b1}') && !text.contains(*cell)).collect();
                    assert!(missing.is_empty(), "{missing:?}");
                    for research in [language.research_use_only(), language.simulated_study()] {
                        let research: String = research.split_whitespace().collect();
                        assert!(text.matches(&research).count() >= canvas.pages.len(), "{research}");
                    }
                }
            },
        );
    }

    #[test]
    fn the_pdf_of_a_comparison_has_every_number_of_its_page() {
        let typeface = Typeface::new().unwrap();
        let noise = ComparisonChoices::new(TechnicalRepeatability::counting_noise_alone());
        compared(&three(), &noise, |serial| {
            for language in Language::ALL {
                let canvas = serial.pages(&typeface, language).unwrap();
                let text = text(&canvas);
                let page = serial.html(language).unwrap().replace("&quot;", "\"").replace("&gt;", ">");
                let cells = numbers_of_cells(&page);
                assert!(cells.len() > 40, "{}", cells.len());
                let missing: Vec<_> = cells.iter().filter(|cell| !text.contains(*cell)).collect();
                assert!(missing.is_empty(), "{missing:?}");
                for said in [language.technical_limit_too_small(), language.research_use_only(), language.signed_by()] {
                    let said: String = said.split_whitespace().collect();
                    assert!(text.contains(&said), "{said}");
                }
            }
        });
    }

    #[test]
    fn nothing_is_written_beside_the_page_and_one_page_suffices() {
        let typeface = Typeface::new().unwrap();
        with_ordinary(
            2,
            |_, _| {},
            |report| {
                let canvas = report.canvas(&typeface, Language::English).unwrap();
                for mark in canvas.pages.iter().flatten() {
                    if let Mark::Text { at: [x, y], text, style, .. } = mark {
                        let right = x + typeface.width(text) * style.size;
                        assert!(
                            *x >= MARGIN - 3.0 && right <= PAGE[0] - MARGIN + 3.0 && *y < PAGE[1] - 10.0,
                            "{text}: {x} {y}"
                        );
                    }
                }
                assert!(signed(&canvas.pages[0]) && canvas.y <= BOTTOM);
            },
        );
    }

    fn signed(page: &[Mark]) -> bool {
        page.iter().any(|mark| matches!(mark, Mark::Text { text, .. } if text == "Signature"))
    }

    #[test]
    fn the_signature_stays_on_the_first_page_of_a_longer_report() {
        let typeface = Typeface::new().unwrap();
        let long = |study: &mut bloodpool_core::GatedStudy, _: &mut bloodpool_core::Segmentation| {
            study.identity.study_description = Some("gated blood pool before the third cycle ".repeat(7));
        };
        with_ordinary(2, long, |report| {
            let canvas = report.canvas(&typeface, Language::English).unwrap();
            let amplitude = |page: &Vec<Mark>| {
                page.iter().any(|mark| matches!(mark, Mark::Text { text, .. } if text.trim() == "Amplitude"))
            };
            assert!(signed(&canvas.pages[0]) && !amplitude(&canvas.pages[0]) && amplitude(&canvas.pages[1]));
        });
    }

    #[test]
    fn a_missing_glyph_is_told_on_the_first_page() {
        let typeface = Typeface::new().unwrap();
        let hanja = |study: &mut bloodpool_core::GatedStudy, _: &mut bloodpool_core::Segmentation| {
            study.identity.patient_name = Some("金^영희".into());
        };
        with_ordinary(2, hanja, |report| {
            let canvas = report.canvas(&typeface, Language::English).unwrap();
            assert_eq!(canvas.missing.iter().collect::<String>(), "金");
            let text = text(&canvas);
            assert!(text.contains("[U+91D1],영희") && text.contains("hasnoglyphforthesecharacters"), "{text}");
        });
    }

    #[test]
    fn a_withheld_number_is_struck_through() {
        let typeface = Typeface::new().unwrap();
        with_ordinary(2, still, |report| {
            let canvas = report.canvas(&typeface, Language::English).unwrap();
            let struck =
                canvas.pages.iter().flatten().filter(|mark| matches!(mark, Mark::Text { style, .. } if style.struck));
            // Five protocols on the signed page, and again in the details.
            assert_eq!(struck.count(), 10);
            assert!(text(&canvas).contains("withheld") && !text(&canvas).contains("EDV/s"));
        });
    }
}
