//! Pictures of a study: frames enlarged, with the LV contour and the background ROI drawn on them.

use std::io::Cursor;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bloodpool_core::analysis::Background;
use bloodpool_core::{Analysis, Contour, FrameIndex, GatedStudy, Mask};
use bloodpool_files::DisplayWindow;
use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage};
use maud::PreEscaped;
use ndarray::{Array3, ArrayView2, Axis, s};
use serde::Serialize;

use super::stroke;

/// Colour of the LV contour, visible on grey and for people who confuse red with green.
pub(crate) const LV: [u8; 3] = [64, 214, 255];
/// Colour of the background ROI.
pub(crate) const BACKGROUND: [u8; 3] = [255, 160, 40];
/// Length of the longer side of a still, pixels.
const STILL_SIDE: f64 = 640.0;
/// The same of a background image.
const BACKGROUND_SIDE: f64 = 320.0;
/// The same of one frame of the montage.
const TILE_SIDE: f64 = 168.0;
/// How much more than the LV is shown: its neighbours and the background ROI, to each side.
const AROUND: f64 = 2.3;
/// Smallest side that is shown, study pixels.
const SMALLEST_CROP: usize = 24;
/// Fraction of the pixels of the part that is shown that are darker than white.
const WHITE_QUANTILE: f64 = 0.9995;

/// From 0 to nearly the hottest pixel near the heart; a hot spleen, or a few single pixels, do not darken the heart.
pub(super) fn display_window(study: &GatedStudy, crop: Crop) -> DisplayWindow {
    let (rows, columns) = (crop.top..crop.top + crop.rows, crop.left..crop.left + crop.columns);
    let counts = study.counts().slice(s![.., rows, columns]).iter().copied().collect();
    DisplayWindow { white: DisplayWindow::of_values(counts, WHITE_QUANTILE).white.max(1.0) }
}

/// The part of the matrix that is shown, in study pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Crop {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl Crop {
    /// A square around the heart, `AROUND` times as wide as the LV over the cycle, within the field. The whole field
    /// where no LV was found.
    pub(crate) fn around_heart(study: &GatedStudy, analysis: &Analysis) -> Self {
        let whole = Self { left: 0, top: 0, columns: study.columns(), rows: study.rows() };
        let boxes = analysis.masks.iter().filter_map(Mask::bounding_box);
        let Some((rows, columns)) = boxes.reduce(|(rows, columns), (r, c)| (union(rows, r), union(columns, c))) else {
            return whole;
        };
        let side = ((rows.len().max(columns.len()) as f64 * AROUND).ceil() as usize).max(SMALLEST_CROP);
        let (columns_shown, rows_shown) = (side.min(study.columns()), side.min(study.rows()));
        let start = |range: &Range<usize>, shown: usize, all: usize| {
            ((range.start + range.end) / 2).saturating_sub(shown / 2).min(all - shown)
        };
        Self {
            left: start(&columns, columns_shown, study.columns()),
            top: start(&rows, rows_shown, study.rows()),
            columns: columns_shown,
            rows: rows_shown,
        }
    }
}

fn union(a: Range<usize>, b: Range<usize>) -> Range<usize> {
    a.start.min(b.start)..a.end.max(b.end)
}

/// Height of a pixel over its width.
pub(crate) fn pixel_shape(study: &GatedStudy) -> f64 {
    study.pixel_spacing_mm().map_or(1.0, |[row, column]| (row / column).clamp(0.25, 4.0))
}

/// From study pixels to picture pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    crop: Crop,
    x: f64,
    y: f64,
}

impl Scale {
    #[cfg(test)]
    pub(super) fn new(crop: Crop, x: f64, y: f64) -> Self {
        Self { crop, x, y }
    }

    /// What is shown of the matrix.
    pub(super) fn crop(self) -> Crop {
        self.crop
    }

    /// The scale at which the longer side is `side`; pixels that are not square keep their shape.
    pub(super) fn to_side(study: &GatedStudy, crop: Crop, side: f64) -> Self {
        let shape = pixel_shape(study);
        let scale = side / (crop.columns as f64).max(crop.rows as f64 * shape);
        Self { crop, x: scale, y: scale * shape }
    }

    /// Width and height of the picture.
    pub(super) fn size(self) -> (u32, u32) {
        let side = |pixels: usize, scale: f64| (pixels as f64 * scale).round().max(1.0) as u32;
        (side(self.crop.columns, self.x), side(self.crop.rows, self.y))
    }

    /// A point in study pixels (centres are whole numbers) as a point in picture pixels.
    pub(super) fn point(self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (left, top) = (self.crop.left as f64, self.crop.top as f64);
        [(x - left + 0.5) * self.x - 0.5, (y - top + 0.5) * self.y - 0.5]
    }
}

/// One frame, enlarged, with the LV contour and, where given, the background ROI.
pub(crate) fn still(
    study: &GatedStudy,
    crop: Crop,
    frame: FrameIndex,
    analysis: &Analysis,
    background: Option<&Background>,
) -> RgbImage {
    let (scale, window) = (Scale::to_side(study, crop, STILL_SIDE), display_window(study, crop));
    let mut image = enlarged(study.frame(frame), window, scale);
    if let Some(background) = background {
        stroke::segments(&mut image, &background_edges(study, background, scale), 2.0, Rgb(BACKGROUND));
    }
    if let Some(contour) = analysis.contours.get(frame.index()) {
        stroke::segments(&mut image, &contour_edges(contour, scale), 2.5, Rgb(LV));
    }
    image
}

/// The background image of one frame, in the same window as the counts, with the LV contour; `None` where the protocol has no
/// background image.
pub(crate) fn background(study: &GatedStudy, crop: Crop, frame: FrameIndex, analysis: &Analysis) -> Option<RgbImage> {
    let all = analysis.background_image.as_ref().filter(|all| frame.index() < all.len_of(Axis(0)))?;
    let (scale, window) = (Scale::to_side(study, crop, BACKGROUND_SIDE), display_window(study, crop));
    let mut image = enlarged(all.index_axis(Axis(0), frame.index()), window, scale);
    if let Some(contour) = analysis.contours.get(frame.index()) {
        stroke::segments(&mut image, &contour_edges(contour, scale), 2.0, Rgb(LV));
    }
    Some(image)
}

/// All frames in reading order, numbered, with contours; ED and ES are named.
pub(crate) fn montage(study: &GatedStudy, crop: Crop, analysis: &Analysis) -> RgbImage {
    let (scale, window) = (Scale::to_side(study, crop, TILE_SIDE), display_window(study, crop));
    let (width, height) = scale.size();
    let columns = if study.frames() > 8 && study.frames().is_multiple_of(8) { 8 } else { 6 };
    let rows = study.frames().div_ceil(columns);
    let gap = 4;
    let mut sheet = RgbImage::from_pixel(
        columns as u32 * (width + gap) - gap,
        rows as u32 * (height + gap) - gap,
        Rgb([255, 255, 255]),
    );
    for frame in FrameIndex::all(study.frames()) {
        let mut tile = enlarged(study.frame(frame), window, scale);
        if let Some(contour) = analysis.contours.get(frame.index()) {
            stroke::segments(&mut tile, &contour_edges(contour, scale), 1.2, Rgb(LV));
        }
        let mut name = frame.to_string();
        for (phase, tag) in [(&analysis.end_diastole, " ED"), (&analysis.end_systole, " ES")] {
            if phase.frame == frame {
                name.push_str(tag);
            }
        }
        let colour = if name.contains('E') { Rgb([255, 255, 255]) } else { Rgb([170, 170, 170]) };
        stroke::label(&mut tile, &name, (6, 6), 2, colour);
        let (left, top) = (frame.index() % columns, frame.index() / columns);
        image::imageops::replace(
            &mut sheet,
            &tile,
            (left as u32 * (width + gap)).into(),
            (top as u32 * (height + gap)).into(),
        );
    }
    sheet
}

/// Frames per row of the sheet, which is nearly square since browsers do not show very wide pictures.
pub(crate) fn sheet_columns(study: &GatedStudy) -> usize {
    (study.frames() as f64).sqrt().ceil() as usize
}

/// All frames in reading order in the study's own matrix: what the cine plays. `counts`: the study's own, or smoothed.
pub(crate) fn sheet(study: &GatedStudy, crop: Crop, counts: &Array3<f32>) -> GrayImage {
    let (window, across) = (display_window(study, crop), sheet_columns(study));
    let (columns, rows) = (study.columns(), study.rows());
    let down = study.frames().div_ceil(across);
    GrayImage::from_fn((columns * across) as u32, (rows * down) as u32, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let frame = y / rows * across + x / columns;
        Luma([counts.get([frame, y % rows, x % columns]).map_or(0, |&counts| window.level(counts))])
    })
}

/// An image as the bytes of a PNG file.
pub(crate) fn png(image: impl Into<DynamicImage>) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// A picture as a data URL, which has no character that HTML escapes.
pub(crate) fn data_address(png: &[u8]) -> PreEscaped<String> {
    PreEscaped(format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

/// One frame in a window of brightness.
pub(super) fn enlarged(counts: ArrayView2<'_, f32>, window: DisplayWindow, scale: Scale) -> RgbImage {
    let crop = scale.crop;
    // The enlarger takes values from 0 to 1; what is brighter than white is cut off before, not after.
    let source: ImageBuffer<Luma<f32>, Vec<f32>> =
        ImageBuffer::from_fn(crop.columns as u32, crop.rows as u32, |x, y| {
            Luma([window.brightness(counts[[crop.top + y as usize, crop.left + x as usize]])])
        });
    let (width, height) = scale.size();
    let smooth = image::imageops::resize(&source, width, height, FilterType::Triangle);
    let mut picture = RgbImage::new(width, height);
    for (pixel, brightness) in picture.pixels_mut().zip(smooth.pixels()) {
        // Rounded to the nearest: the cast cuts off, and keeps what is outside at 0 and 255.
        *pixel = Rgb([(brightness.0[0] * 255.0 + 0.5) as u8; 3]);
    }
    picture
}

/// The edges of a contour in picture pixels.
pub(super) fn contour_edges(contour: &Contour, scale: Scale) -> Vec<[[f64; 2]; 2]> {
    let points: Vec<[f64; 2]> = contour.0.iter().map(|&point| scale.point(point)).collect();
    let next = points.iter().cycle().skip(1);
    points.iter().zip(next).map(|(&from, &to)| [from, to]).collect()
}

/// The outline of the background ROI, which may lie on a finer grid than the study's, in picture pixels.
pub(super) fn background_edges(study: &GatedStudy, background: &Background, scale: Scale) -> Vec<[[f64; 2]; 2]> {
    let (rows, columns) = background.region.dim();
    let fine = [study.columns() as f64 / columns.max(1) as f64, study.rows() as f64 / rows.max(1) as f64];
    let place = |[x, y]: [f64; 2]| scale.point([(x + 0.5) * fine[0] - 0.5, (y + 0.5) * fine[1] - 0.5]);
    edges(&background.region).into_iter().map(|[from, to]| [place(from), place(to)]).collect()
}

/// Every pixel edge between inside and outside, in pixels of the mask; each part of a region with several parts is
/// drawn.
fn edges(mask: &Mask) -> Vec<[[f64; 2]; 2]> {
    let mut edges = Vec::new();
    for ((row, column), _) in mask.pixels().indexed_iter().filter(|&(_, &inside)| inside) {
        let (x, y) = (column as f64, row as f64);
        let (left, right, top, bottom) = (x - 0.5, x + 0.5, y - 0.5, y + 0.5);
        let inside = |row: Option<usize>, column: Option<usize>| match (row, column) {
            (Some(row), Some(column)) => mask.contains(row, column),
            _ => false,
        };
        if !inside(row.checked_sub(1), Some(column)) {
            edges.push([[left, top], [right, top]]);
        }
        if !inside(Some(row + 1), Some(column)) {
            edges.push([[left, bottom], [right, bottom]]);
        }
        if !inside(Some(row), column.checked_sub(1)) {
            edges.push([[left, top], [left, bottom]]);
        }
        if !inside(Some(row), Some(column + 1)) {
            edges.push([[right, top], [right, bottom]]);
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn a_pixel_has_four_edges_and_a_pair_six() {
        let mut pixels = Array2::from_elem((8, 8), false);
        pixels[[3, 3]] = true;
        assert_eq!(edges(&Mask::new(pixels.clone())).len(), 4);
        pixels[[3, 4]] = true;
        assert_eq!(edges(&Mask::new(pixels)).len(), 6);
    }

    const FIELD: Crop = Crop { left: 0, top: 0, columns: 40, rows: 32 };

    #[test]
    fn pixel_centres_land_on_enlarged_pixel_centres() {
        let scale = Scale { crop: FIELD, x: 10.0, y: 10.0 };
        assert_eq!(scale.point([0.0, -0.5]), [4.5, -0.5]);
        let scale = Scale { crop: Crop { left: 8, ..FIELD }, x: 10.0, y: 10.0 };
        assert_eq!(scale.point([8.0, 0.0]), [4.5, 4.5]);
    }

    #[test]
    fn the_sheet_holds_every_frame_once() {
        let mut counts = Array3::from_elem((8, 32, 40), 1.0);
        counts[[7, 5, 6]] = 500.0;
        let study = GatedStudy::new(counts, None).unwrap();
        let sheet = sheet(&study, FIELD, study.counts());
        assert_eq!(sheet.dimensions(), (3 * 40, 3 * 32));
        // Frame 8 is the second of the third row.
        assert_eq!(sheet.get_pixel(40 + 6, 2 * 32 + 5).0, [255]);
    }

    #[test]
    fn the_window_reaches_from_black_to_white() {
        let mut counts = Array3::from_elem((8, 32, 40), 1.0);
        counts.slice_mut(s![.., 10..20, 10..20]).fill(50.0);
        let study = GatedStudy::new(counts, None).unwrap();
        let window = display_window(&study, FIELD);
        let image = enlarged(study.frame(FrameIndex::FIRST), window, Scale { crop: FIELD, x: 4.0, y: 4.0 });
        assert_eq!(image.get_pixel(60, 60).0, [255, 255, 255]);
        assert!(image.get_pixel(4, 4).0[0] < 10);
    }
}
