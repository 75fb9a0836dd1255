//! The result as pictures without the patient: LVEF, findings, ED and ES, curve and ventricular function, for image viewers.

use super::canvas::{ALARM, Align, BOTTOM, Canvas, MARGIN, PAGE, WIDTH, plain};
use super::page_parts::{self, Head};
use super::typeface::Typeface;
use super::{PdfError, first_page, function_pages, raster};
use crate::Language;
use crate::report::{Report, RgbPixels};

/// Pixels per point: text of 7 points, the smallest that matters, is 14 pixels high.
const SCALE: f32 = 2.0;
/// Height of the foot, points.
const FOOT: f32 = 22.0;

impl Report<'_> {
    /// The result on pages of 1191 columns, as high as their content: findings, LVEF by every protocol, ED and ES with
    /// contours, the curve, and ventricular function. One page is usual; many findings need another. Nothing on them says
    /// who the patient is, or when the study was made.
    ///
    /// # Errors
    /// [`PdfError`] when they cannot be made.
    pub fn result_pictures(&self, language: Language) -> Result<Vec<RgbPixels>, PdfError> {
        let typeface = Typeface::new()?;
        let content = self.content(language)?;
        let mut canvas = Canvas::new(&typeface);
        let head = Head {
            title: language.gated_blood_pool_study(),
            subject: language.left_ventricular_function(),
            simulated: self.study.identity.simulated,
        };
        page_parts::head(&mut canvas, &head, "", language);
        first_page::findings(&mut canvas, &content);
        first_page::result(&mut canvas, &content);
        first_page::pictures(&mut canvas, &content);
        function_pages::quantities(&mut canvas, &content, false);
        let (pages, end) = (canvas.pages.len(), canvas.y);
        let made = format!(
            "{} \u{b7} {} {} \u{b7} {} {}",
            crate::SOFTWARE,
            language.model_in_foot(),
            self.analysis.model.name,
            language.protocol_in_foot(),
            self.analysis.protocol.name
        );
        let marks = std::mem::take(&mut canvas.pages);
        let mut pictures = Vec::new();
        for (at, page) in (1..).zip(marks) {
            let bottom = if at == pages { end } else { BOTTOM };
            canvas.pages = vec![page];
            let (y, style) = (bottom + 14.0, plain(7.0));
            let research = language.research_use_only();
            canvas.text([MARGIN, y], Align::Left, research, style.bold().in_colour(ALARM));
            let beside = MARGIN + canvas.width_of(research, style) + 10.0;
            canvas.text([beside, y], Align::Left, &made, style.soft());
            canvas.text([MARGIN + WIDTH, y], Align::Right, &language.page_number(at, pages), style.soft());
            let marks = canvas.pages.pop().unwrap_or_default();
            let image = raster::draw(&marks, &typeface, [PAGE[0], bottom + FOOT], SCALE);
            pictures.extend(RgbPixels::of(vec![image]));
        }
        Ok(pictures)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{still, with_ordinary};
    use super::*;

    #[test]
    fn the_pictures_show_the_result_and_not_whose_it_is() {
        let pictures = |name: &'static str| {
            let mut found = Vec::new();
            let named = move |study: &mut bloodpool_core::GatedStudy, _: &mut bloodpool_core::Segmentation| {
                let identity = &mut study.identity;
                for field in [&mut identity.patient_name, &mut identity.patient_id, &mut identity.accession_number] {
                    *field = Some(name.into());
                }
                (identity.birth_date, identity.study_date) = (Some(name.into()), Some(name.into()));
                (identity.institution, identity.study_id) = (Some(name.into()), Some(name.into()));
                (identity.study_description, identity.series_description) = (Some(name.into()), Some(name.into()));
            };
            with_ordinary(2, named, |report| found = report.result_pictures(Language::English).unwrap());
            found
        };
        let one = pictures("Doe^Jane");
        assert_eq!(one, pictures("Roe^Richard 47110815"));
        assert_eq!((one.len(), one[0].frames, one[0].columns), (1, 1, 1191));
        assert!((600..1700).contains(&one[0].rows), "{}", one[0].rows);
        let dark = one[0].bytes.iter().filter(|&&value| value < 100).count();
        assert!(dark > 50_000, "{dark}");
        let mut withheld = Vec::new();
        with_ordinary(2, still, |report| withheld = report.result_pictures(Language::English).unwrap());
        assert_ne!(withheld, one);
    }
}
