//! The report as PDF/A-3b: a page for the signature, details after it, and the JSON document attached.
//!
//! The texts and numbers are those of the HTML page: both take them from the same functions. The layout is that of this module.

mod canvas;
mod details;
mod drawn;
mod first_page;
mod framed;
mod function_pages;
mod table;
mod typeface;
mod write;

use bloodpool_core::function::VentricularFunction;

use self::canvas::{ALARM, Align, Canvas, LINE, MARGIN, PAGE, WIDTH, plain};
use self::typeface::Typeface;
use super::choices::Choice;
use super::function_images::Maps;
use super::images::{Crop, Scale};
use super::{Report, choices, page};
use crate::{Language, ReportError};

/// Length of the longer side of each picture, pixels.
const SIDE: f64 = 360.0;

/// Why the PDF of a report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// The embedded font cannot be read.
    #[error("the font of the PDF report cannot be read")]
    Font,
    /// What the report shows could not be prepared.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The file cannot be written by the rules of PDF/A-3b.
    #[error("the PDF report cannot be written: {message}")]
    Document {
        /// What the writer says.
        message: String,
    },
}

/// Everything that the pages show, prepared once.
struct Content<'a> {
    report: &'a Report<'a>,
    function: Option<&'a VentricularFunction>,
    maps: Option<Maps>,
    scale: Scale,
    crop: Crop,
    choices: Vec<Choice>,
    language: Language,
}

impl Report<'_> {
    /// The report as the bytes of a PDF/A-3b file in a language, with [`Report::document`] attached as `analysis.json`. The same
    /// report gives the same bytes: the date of the file is that of the study, or 1970-01-01 where none is recorded.
    ///
    /// A character without a glyph in the embedded font, for example a Hanja, is written as its code; the first page says so.
    ///
    /// # Errors
    /// [`PdfError`] when it cannot be made.
    pub fn pdf(&self, language: Language) -> Result<Vec<u8>, PdfError> {
        let function = self.analysis.function(self.study);
        let crop = Crop::around_heart(self.study, self.analysis);
        let scale = Scale::to_side(self.study, crop, SIDE);
        let images = function.as_ref().and_then(|function| function.images.value());
        let content = Content {
            report: self,
            function: function.as_ref(),
            maps: images.map(|images| Maps::of(images, scale)),
            scale,
            crop,
            choices: choices::choices(&self.analysis.protocol)?,
            language,
        };
        let typeface = Typeface::new()?;
        let mut canvas = content.canvas(&typeface, "");
        if !canvas.missing.is_empty() {
            let missing: Vec<String> = canvas.missing.iter().copied().map(typeface::code).collect();
            canvas = content.canvas(&typeface, &missing.join(" "));
        }
        let identity = &self.study.identity;
        let labels = write::Labels {
            title: page::title(self, language),
            language,
            document: self.document,
            study_date: identity.study_date.as_deref(),
            study_time: identity.study_time.as_deref(),
        };
        write::write(canvas, &labels)
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

    /// The foot of every page: research use only, what made the report, and the number of the page.
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
        let pages = std::mem::take(&mut canvas.pages);
        let count = pages.len();
        for (at, marks) in pages.into_iter().enumerate() {
            canvas.pages.push(marks);
            let y = PAGE[1] - 22.0;
            canvas.line([MARGIN, y - 11.0], [MARGIN + WIDTH, y - 11.0], LINE, 0.7);
            let (research, style) = (language.research_use_only(), plain(7.0));
            canvas.text([MARGIN, y], Align::Left, research, style.bold().in_colour(ALARM));
            let left = MARGIN + canvas.width_of(research, style) + 10.0;
            canvas.text([left, y], Align::Left, &made, style.soft());
            canvas.text([MARGIN + WIDTH, y], Align::Right, &language.page_number(at + 1, count), style.soft());
            if at > 0 {
                // Whose page it is, should it come loose.
                canvas.text([MARGIN, 24.0], Align::Left, &page::title(self.report, language), plain(7.0).soft());
            }
            if self.report.study.identity.simulated && at > 0 {
                let style = plain(7.0).bold().in_colour(canvas::SIMULATED);
                canvas.text([MARGIN + WIDTH, 24.0], Align::Right, language.simulated_study(), style);
            }
        }
    }
}
