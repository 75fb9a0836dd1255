//! The canvas as a PDF/A-3b file: text with its font, vectors, pictures, and the JSON document as an attachment.

use image::{GrayImage, RgbImage};
use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Size, Transform};
use krilla::image::{BitsPerComponent, CustomImage, Image, ImageColorspace};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineJoin, Stroke, StrokeDash};
use krilla::surface::Surface;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::canvas::{Canvas, Colour, Look, Mark, PAGE, Picture, Style, WHITE};
use super::error::PdfError;
use super::typeface::Typeface;
use crate::Language;

/// How much wider bold letters are drawn, ems.
pub(super) const BOLD: f32 = 0.035;
/// Width of a white rim round letters, ems.
pub(super) const RIM: f32 = 0.3;

/// What is said of the document besides its pages.
pub(super) struct Labels<'a> {
    pub(super) title: String,
    pub(super) language: Language,
    /// The JSON document.
    pub(super) attachment: Attachment<'a>,
    /// When the study was made, as DICOM writes dates and times.
    pub(super) study_date: Option<&'a str>,
    pub(super) study_time: Option<&'a str>,
}

/// A JSON document that is attached.
pub(super) struct Attachment<'a> {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) document: &'a str,
}

/// The bytes of the file: the same for the same pages and labels.
pub(super) fn write(canvas: Canvas<'_>, labels: &Labels<'_>) -> Result<Vec<u8>, PdfError> {
    let invalid = |message: String| PdfError::Document { message };
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_B)
        .finish()
        .map_err(|error| invalid(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    // The standard asks for a date, and the clock would make each file another one.
    let date = date(labels.study_date, labels.study_time).unwrap_or_else(|| DateTime::new(1970).month(1).day(1));
    let metadata = Metadata::new()
        .title(labels.title.clone())
        .language(labels.language.code().to_owned())
        .creator(crate::SOFTWARE.to_owned())
        .producer(crate::SOFTWARE.to_owned())
        .creation_date(date);
    document.set_metadata(metadata);
    document.embed_file(EmbeddedFile {
        path: labels.attachment.name.to_owned(),
        mime_type: MimeType::new("application/json"),
        description: Some(labels.attachment.description.to_owned()),
        association_kind: AssociationKind::Data,
        data: labels.attachment.document.as_bytes().to_vec().into(),
        modification_date: Some(date),
        compress: Some(true),
        location: None,
    });
    let typeface = canvas.typeface;
    for marks in canvas.pages {
        let settings = PageSettings::from_wh(PAGE[0], PAGE[1]).ok_or_else(|| invalid("page size".to_owned()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, typeface, mark)?;
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| invalid(format!("{error:?}").chars().take(300).collect()))
}

/// A DICOM date and time; `None` where the date is not one.
fn date(date: Option<&str>, time: Option<&str>) -> Option<DateTime> {
    let date = date?.trim();
    let number = |text: Option<&str>| text.and_then(|digits| digits.parse::<u16>().ok());
    let part = |text: Option<&str>| number(text).and_then(|value| u8::try_from(value).ok());
    let (month, day) = (part(date.get(4..6))?, part(date.get(6..8))?);
    if date.len() != 8 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let found = DateTime::new(number(date.get(..4))?).month(month).day(day);
    let time = time.unwrap_or_default().trim();
    Some(match (part(time.get(..2)), part(time.get(2..4))) {
        (Some(hour), Some(minute)) if hour < 24 && minute < 60 => found.hour(hour).minute(minute).second(0),
        _ => found,
    })
}

fn draw(surface: &mut Surface<'_>, typeface: &Typeface, mark: Mark) -> Result<(), PdfError> {
    match mark {
        Mark::Text { at, text, style, upwards } => write_text(surface, typeface, at, &text, style, upwards),
        Mark::Path { points, closed, look } => path(surface, &points, closed, look),
        Mark::Picture { at, size, picture } => {
            let image =
                Image::from_custom(Pixels::from(picture), false).map_err(|message| PdfError::Document { message })?;
            let size = Size::from_wh(size[0], size[1])
                .ok_or_else(|| PdfError::Document { message: "a picture has no size".to_owned() })?;
            surface.push_transform(&Transform::from_translate(at[0], at[1]));
            surface.draw_image(image, size);
            surface.pop();
        }
    }
    Ok(())
}

fn write_text(
    surface: &mut Surface<'_>,
    typeface: &Typeface,
    [x, y]: [f32; 2],
    text: &str,
    style: Style,
    upwards: bool,
) {
    let glyphs = typeface.glyphs(text);
    if style.rimmed {
        // As an outline, so that the text is found once.
        surface.set_fill(None);
        surface.set_stroke(Some(stroke(WHITE, RIM * style.size, None)));
        surface.draw_glyphs(Point::from_xy(x, y), &glyphs, typeface.font.clone(), text, style.size, true);
    }
    surface.set_fill(Some(fill(style.colour, None)));
    surface.set_stroke(style.bold.then(|| stroke(style.colour, BOLD * style.size, None)));
    if upwards {
        surface.push_transform(&Transform::from_rotate_at(-90.0, x, y));
    }
    surface.draw_glyphs(Point::from_xy(x, y), &glyphs, typeface.font.clone(), text, style.size, false);
    if upwards {
        surface.pop();
    }
}

fn path(surface: &mut Surface<'_>, points: &[[f32; 2]], closed: bool, look: Look) {
    let mut builder = PathBuilder::new();
    for (at, [x, y]) in points.iter().enumerate() {
        if at == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
    }
    if closed {
        builder.close();
    }
    let Some(path) = builder.finish() else { return };
    surface.set_fill(look.fill.map(|colour| fill(colour, look.opacity)));
    surface.set_stroke(look.stroke.map(|(colour, width)| stroke(colour, width, look.dash)));
    if look.fill.is_some() || look.stroke.is_some() {
        surface.draw_path(&path);
    }
}

fn paint([red, green, blue]: Colour) -> krilla::paint::Paint {
    rgb::Color::new(red, green, blue).into()
}

fn fill(colour: Colour, opacity: Option<f32>) -> Fill {
    let opacity = opacity.and_then(NormalizedF32::new).unwrap_or(NormalizedF32::ONE);
    Fill { paint: paint(colour), opacity, ..Fill::default() }
}

fn stroke(colour: Colour, width: f32, dash: Option<f32>) -> Stroke {
    let dash = dash.map(|length| StrokeDash { array: vec![length, length], offset: 0.0 });
    Stroke { paint: paint(colour), width, line_join: LineJoin::Round, dash, ..Stroke::default() }
}

/// The pixels of a picture as they are stored.
#[derive(Clone)]
struct Pixels {
    bytes: Arc<Vec<u8>>,
    size: (u32, u32),
    colour: bool,
}

impl From<Picture> for Pixels {
    fn from(picture: Picture) -> Self {
        match picture {
            Picture::Grey(image) => {
                let size = GrayImage::dimensions(&image);
                Self { bytes: Arc::new(image.into_raw()), size, colour: false }
            }
            Picture::Colour(image) => {
                let size = RgbImage::dimensions(&image);
                Self { bytes: Arc::new(image.into_raw()), size, colour: true }
            }
        }
    }
}

impl Hash for Pixels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&*self.bytes, self.size, self.colour).hash(state);
    }
}

impl CustomImage for Pixels {
    fn color_channel(&self) -> &[u8] {
        &self.bytes
    }

    fn alpha_channel(&self) -> Option<&[u8]> {
        None
    }

    fn bits_per_component(&self) -> BitsPerComponent {
        BitsPerComponent::Eight
    }

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn icc_profile(&self) -> Option<&[u8]> {
        None
    }

    fn color_space(&self) -> ImageColorspace {
        if self.colour { ImageColorspace::Rgb } else { ImageColorspace::Luma }
    }
}
