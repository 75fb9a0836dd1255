//! The cycle as frames of a cine: each frame with the LV contour, its number, and what it may be used for.

use super::canvas::{ALARM, Align, Canvas, INK, PAGE, SIMULATED, plain};
use super::framed::{grey, place};
use super::typeface::Typeface;
use super::{PdfError, raster};
use crate::Language;
use crate::report::images::{Crop, LV, Scale, display_window, enlarged};
use crate::report::{Report, RgbPixels};
use bloodpool_core::FrameIndex;

/// Length of the longer side of the picture in a frame, pixels: a frame of 25 cm has pixels of about 1 mm.
const SIDE: f64 = 256.0;
/// Width of a frame, pixels: the longest text fits.
const COLUMNS: f32 = 264.0;
/// Height of the writing below the picture, pixels.
const WRITING: f32 = 44.0;

impl Report<'_> {
    /// Every frame of the cycle around the heart, enlarged, with the LV contour. Nothing on them says who the patient is.
    ///
    /// # Errors
    /// [`PdfError`] when they cannot be made.
    pub fn cine_pictures(&self, language: Language) -> Result<RgbPixels, PdfError> {
        self.frame_pictures(FrameIndex::all(self.study.frames()), language)
    }

    /// The frames of ED and ES, in this order, as [`Self::cine_pictures`] shows them.
    ///
    /// # Errors
    /// As [`Self::cine_pictures`].
    pub fn key_frame_pictures(&self, language: Language) -> Result<RgbPixels, PdfError> {
        let frames = [self.analysis.end_diastole.frame, self.analysis.end_systole.frame];
        self.frame_pictures(frames.into_iter(), language)
    }

    fn frame_pictures(
        &self,
        frames: impl Iterator<Item = FrameIndex>,
        language: Language,
    ) -> Result<RgbPixels, PdfError> {
        let typeface = Typeface::new()?;
        let (study, analysis) = (self.study, self.analysis);
        let crop = Crop::around_heart(study, analysis);
        let scale = Scale::to_side(study, crop, SIDE);
        let window = display_window(study, crop);
        let (width, height) = scale.size();
        let (width, height) = (width as f32, height as f32);
        let frame = |frame: FrameIndex| {
            let mut canvas = Canvas::new(&typeface);
            let picture = grey(enlarged(study.frame(frame), window, scale));
            let framed = place(&mut canvas, [((COLUMNS - width) / 2.0).round(), 0.0], width, scale, picture);
            framed.contour(&mut canvas, analysis.contours.get(frame.index()), LV, 1.6);
            let named = [("ED", analysis.end_diastole.frame), ("ES", analysis.end_systole.frame)];
            let phase = named.iter().find(|(_, of)| *of == frame).map_or("", |(name, _)| name);
            let number = format!("{frame}/{} {phase}", study.frames());
            canvas.text([4.0, height + 15.0], Align::Left, &number, plain(13.0).bold().in_colour(INK));
            if study.identity.simulated {
                let style = plain(11.0).bold().in_colour(SIMULATED);
                canvas.text([COLUMNS - 4.0, height + 15.0], Align::Right, language.simulated_study(), style);
            }
            let style = plain(10.5).bold().in_colour(ALARM);
            canvas.text([COLUMNS / 2.0, height + 34.0], Align::Centre, language.research_use_only(), style);
            let marks = canvas.pages.pop().unwrap_or_default();
            raster::draw(&marks, &typeface, [COLUMNS.min(PAGE[0]), height + WRITING], 1.0)
        };
        RgbPixels::of(frames.map(frame).collect())
            .ok_or_else(|| PdfError::Document { message: "the study has no frames".to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::with_ordinary;
    use super::*;

    #[test]
    fn each_frame_has_its_contour() {
        with_ordinary(
            2,
            |_, _| {},
            |report| {
                let cine = report.cine_pictures(Language::English).unwrap();
                assert_eq!((cine.frames, cine.columns), (report.study.frames(), 264));
                assert_eq!(cine.bytes.len(), cine.frames * cine.rows * cine.columns * 3);
                for frame in cine.bytes.chunks(cine.rows * cine.columns * 3) {
                    let contour = frame.chunks(3).filter(|pixel| *pixel == LV).count();
                    assert!(contour > 50, "{contour}");
                }
                let key = report.key_frame_pictures(Language::English).unwrap();
                let size = cine.rows * cine.columns * 3;
                let phases = [report.analysis.end_diastole.frame, report.analysis.end_systole.frame];
                let expected: Vec<u8> =
                    phases.iter().flat_map(|frame| &cine.bytes[frame.index() * size..][..size]).copied().collect();
                assert_eq!(key.frames, 2);
                assert!(key.bytes == expected);
            },
        );
    }
}
