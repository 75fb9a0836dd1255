//! The report of a serial comparison as PDF/A-3b, with its JSON document attached.

use super::canvas::{BREAK, Canvas, MARGIN, WIDTH, plain, run};
use super::error::PdfError;
use super::page_parts::{self, Head};
use super::table::{Table, cell, left};
use super::typeface::{self, Typeface};
use super::{serial_pages, write};
use crate::report::choices::Choice;
use crate::report::serial::{Period, protocols, provenance_rows, title};
use crate::serial::{SerialComparison, SerialStudy};
use crate::{Language, ReportError};

impl SerialComparison<'_> {
    /// The report as the bytes of a PDF/A-3b file in a language, with `document` attached as `comparison.json`. The same comparison gives
    /// the same bytes: the date of the file is that of the last study, or 1970-01-01 where none is recorded.
    ///
    /// # Errors
    /// [`PdfError`] when it cannot be made.
    pub fn pdf(&self, language: Language, document: &str) -> Result<Vec<u8>, PdfError> {
        let typeface = Typeface::new()?;
        let canvas = self.pages(&typeface, language)?;
        let last = self.studies().last().map(SerialStudy::moment).unwrap_or_default();
        let labels = write::Labels {
            title: title(self, language),
            language,
            attachment: write::Attachment {
                name: "comparison.json",
                description: language.comparison_description(),
                document,
            },
            study_date: last.0,
            study_time: last.1,
        };
        write::write(canvas, &labels)
    }

    /// The marks of all pages; characters without a glyph are told on the first.
    pub(super) fn pages<'t>(&self, typeface: &'t Typeface, language: Language) -> Result<Canvas<'t>, ReportError> {
        let protocols = protocols(self)?;
        let canvas = self.drawn(typeface, language, &protocols, "");
        if canvas.missing.is_empty() {
            return Ok(canvas);
        }
        let missing: Vec<String> = canvas.missing.iter().copied().map(typeface::code).collect();
        Ok(self.drawn(typeface, language, &protocols, &missing.join(" ")))
    }

    fn drawn<'t>(
        &self,
        typeface: &'t Typeface,
        language: Language,
        protocols: &[(String, Vec<Choice>)],
        missing: &str,
    ) -> Canvas<'t> {
        let mut canvas = Canvas::new(typeface);
        let head = Head {
            title: language.serial_comparison(),
            subject: language.serial_subject(),
            simulated: self.simulated(),
        };
        page_parts::head(&mut canvas, &head, missing, language);
        let patient = Period::of(self, language);
        page_parts::patient(&mut canvas, &patient.name, &patient.fields, language);
        if let Some(change) = self.latest_change() {
            canvas.y += 1.0;
            page_parts::conclusion(&mut canvas, &self.conclusion(change, language), (8.4, BREAK), language);
            canvas.y += 3.0;
        }
        serial_pages::sections(&mut canvas, self, None, language);
        page_parts::signature(&mut canvas, None, language);
        canvas.y += 10.0;
        record(&mut canvas, self, language);
        for (name, choices) in protocols {
            page_parts::choices(&mut canvas, &language.every_choice(name), choices);
        }
        let made = crate::SOFTWARE;
        page_parts::feet(&mut canvas, made, &title(self, language), self.simulated(), language);
        canvas
    }
}

/// Program, models, protocols, limits and files.
fn record(canvas: &mut Canvas<'_>, serial: &SerialComparison<'_>, language: Language) {
    let style = plain(7.2);
    canvas.heading(language.serial_provenance(), "", 60.0);
    let mut table = Table::new(MARGIN, vec![left(130.0), left(WIDTH - 130.0)]);
    for (label, value) in provenance_rows(serial, language) {
        let value = match value {
            Some(value) => cell(value, style),
            None => cell(language.not_recorded(), style.soft()),
        };
        table.row(vec![cell(label, style.soft()), value]);
    }
    table.flow(canvas);
    canvas.y += 4.0;
    canvas.flow_paragraph(&[run(language.comparison_attached(), style)], 8.0);
}
