//! Pictures of ventricular function: amplitude, phase, stroke volume, paradox, regional EF, and the ED outline over ES.

use bloodpool_core::function::{ParametricImages, Sectors, VentricularFunction};
use bloodpool_core::{Analysis, Contour, FrameIndex, GatedStudy, Mask};
use image::imageops::FilterType;
use image::{ImageBuffer, Luma, Rgb, RgbImage};
use ndarray::Array2;

use super::colour_scale::{AMPLITUDE, CHANGE, ColourScale, PHASE, REGIONAL_EF};
use super::images::{Crop, LV, Scale, contour_edges, display_window, enlarged, png};
use super::stroke;

/// Length of the longer side, pixels.
const SIDE: f64 = 360.0;
/// Colour of the ES contour where both are drawn, that of the ED contour being [`LV`].
pub(super) const END_SYSTOLE: [u8; 3] = [255, 190, 40];
/// Colour of what has no value.
const NOTHING: Rgb<u8> = Rgb([38, 42, 46]);

/// The pictures as PNG bytes; parametric ones are missing where they are refused.
#[derive(Debug)]
pub(super) struct FunctionPictures {
    pub(super) parametric: Option<Parametric>,
    /// ED and ES contours, and the borders of sectors, on the ES frame.
    pub(super) overlay: Vec<u8>,
}

/// Pictures of [`ParametricImages`].
#[derive(Debug)]
pub(super) struct Parametric {
    pub(super) amplitude: Vec<u8>,
    pub(super) phase: Vec<u8>,
    pub(super) stroke: Vec<u8>,
    /// Missing where nothing fills in systole.
    pub(super) paradox: Option<Vec<u8>>,
    pub(super) regional_ef: Vec<u8>,
}

impl FunctionPictures {
    pub(super) fn of(
        study: &GatedStudy,
        crop: Crop,
        analysis: &Analysis,
        function: &VentricularFunction,
    ) -> Result<Self, image::ImageError> {
        let scale = Scale::to_side(study, crop, SIDE);
        let outline = |image: &mut RgbImage, contour: Option<&Contour>, width: f64, colour: [u8; 3]| {
            if let Some(contour) = contour {
                stroke::segments(image, &contour_edges(contour, scale), width, Rgb(colour));
            }
        };
        let contour = |frame: FrameIndex| analysis.contours.get(frame.index());
        let (ed, es) = (contour(analysis.end_diastole.frame), contour(analysis.end_systole.frame));
        let finished = |mut image: RgbImage| {
            outline(&mut image, ed, 1.8, LV);
            png(image)
        };
        let parametric = |images: &ParametricImages| {
            let maps = Maps::of(images, scale);
            Ok::<_, image::ImageError>(Parametric {
                amplitude: finished(maps.amplitude)?,
                phase: finished(maps.phase)?,
                stroke: finished(maps.stroke)?,
                paradox: maps.paradox.map(finished).transpose()?,
                regional_ef: finished(maps.regional_ef)?,
            })
        };
        let parametric = function.images.value().map(parametric).transpose()?;
        let mut overlay = enlarged(study.frame(analysis.end_systole.frame), display_window(study, crop), scale);
        if let (Some(found), Some(ed)) = (function.sectors.value(), ed) {
            stroke::segments(&mut overlay, &borders(&found.sectors, ed, scale), 1.0, Rgb([215, 215, 215]));
        }
        outline(&mut overlay, es, 2.0, END_SYSTOLE);
        outline(&mut overlay, ed, 2.0, LV);
        Ok(Self { parametric, overlay: png(overlay)? })
    }
}

/// The pictures of [`ParametricImages`] without contours.
#[derive(Debug)]
pub(super) struct Maps {
    pub(super) amplitude: RgbImage,
    pub(super) phase: RgbImage,
    pub(super) stroke: RgbImage,
    /// `None` where nothing fills in systole.
    pub(super) paradox: Option<RgbImage>,
    pub(super) regional_ef: RgbImage,
}

impl Maps {
    pub(super) fn of(images: &ParametricImages, scale: Scale) -> Self {
        let largest = |values: &Array2<f32>| largest_within(values, scale.crop());
        let change = largest(&images.stroke).max(largest(&images.paradox)).max(f32::MIN_POSITIVE);
        let part = |values: &Array2<f32>, of: f32| values.mapv(|value| f64::from(value / of) * 100.0);
        let amplitude = part(&images.amplitude, largest(&images.amplitude).max(f32::MIN_POSITIVE));
        Self {
            amplitude: coloured(&amplitude, scale, &AMPLITUDE, None),
            phase: phases(images, scale),
            stroke: coloured(&part(&images.stroke, change), scale, &CHANGE, None),
            paradox: (largest(&images.paradox) > 0.0)
                .then(|| coloured(&part(&images.paradox, change), scale, &CHANGE, None)),
            regional_ef: coloured(&images.ef_percent.mapv(f64::from), scale, &REGIONAL_EF, Some(&images.has_ef)),
        }
    }
}

/// The largest value of the part that is shown.
fn largest_within(values: &Array2<f32>, crop: Crop) -> f32 {
    let rows = crop.top..crop.top + crop.rows;
    let shown = rows.flat_map(|row| (crop.left..crop.left + crop.columns).map(move |column| (row, column)));
    shown.filter_map(|at| values.get(at)).copied().fold(0.0, f32::max)
}

/// Values between 0 and 1 of the part that is shown, enlarged.
fn enlarged_values(value: impl Fn((usize, usize)) -> f64, scale: Scale) -> ImageBuffer<Luma<f32>, Vec<f32>> {
    let crop = scale.crop();
    let source = ImageBuffer::from_fn(crop.columns as u32, crop.rows as u32, |x, y| {
        Luma([value((crop.top + y as usize, crop.left + x as usize)).clamp(0.0, 1.0) as f32])
    });
    let (width, height) = scale.size();
    image::imageops::resize(&source, width, height, FilterType::Triangle)
}

/// Percentages in the colours of a scale; grey where the mask says that there is no value.
fn coloured(percent: &Array2<f64>, scale: Scale, colours: &ColourScale, known: Option<&Mask>) -> RgbImage {
    let inside = |at: (usize, usize)| known.is_none_or(|known| known.contains(at.0, at.1));
    // Pixels without a value must not mix into their neighbours: both are enlarged, and one divided by the other.
    let weights = known.map(|_| enlarged_values(|at| f64::from(u8::from(inside(at))), scale));
    let values = enlarged_values(|at| if inside(at) { percent[at] / 100.0 } else { 0.0 }, scale);
    let (width, height) = scale.size();
    RgbImage::from_fn(width, height, |x, y| {
        let weight = weights.as_ref().map_or(1.0, |weights| weights.get_pixel(x, y).0[0]);
        let value = values.get_pixel(x, y).0[0];
        if weight < 0.5 { NOTHING } else { colours.colour(f64::from(value / weight) * 100.0) }
    })
}

/// Phases, mixed as directions; grey where nothing beats.
fn phases(images: &ParametricImages, scale: Scale) -> RgbImage {
    let beats = |at: (usize, usize)| images.beating.contains(at.0, at.1);
    let direction = |at: (usize, usize)| f64::from(images.phase_degrees[at]).to_radians().sin_cos();
    let weights = enlarged_values(|at| f64::from(u8::from(beats(at))), scale);
    let sines = enlarged_values(|at| 0.5 + if beats(at) { 0.5 * direction(at).0 } else { 0.0 }, scale);
    let cosines = enlarged_values(|at| 0.5 + if beats(at) { 0.5 * direction(at).1 } else { 0.0 }, scale);
    let (width, height) = scale.size();
    RgbImage::from_fn(width, height, |x, y| {
        if weights.get_pixel(x, y).0[0] < 0.5 {
            return NOTHING;
        }
        let (sine, cosine) = (sines.get_pixel(x, y).0[0] - 0.5, cosines.get_pixel(x, y).0[0] - 0.5);
        PHASE.colour(f64::from(sine.atan2(cosine).to_degrees().rem_euclid(360.0)))
    })
}

/// The borders of sectors from the centre to the farthest point of the ED outline, in picture pixels.
pub(super) fn borders(sectors: &Sectors, outline: &Contour, scale: Scale) -> Vec<[[f64; 2]; 2]> {
    let ((row, column), [row_mm, column_mm]) = (sectors.centre, sectors.spacing_mm);
    let away = |&[x, y]: &[f64; 2]| ((x - column) * column_mm).hypot((y - row) * row_mm);
    let reach = outline.0.iter().map(away).fold(0.0, f64::max);
    let all = sectors.all();
    let directions = all.iter().map(|sector| sector.from_degrees).chain(all.last().map(|last| last.to_degrees));
    let border = |degrees: f64| {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let end = [column + reach * sine / column_mm, row - reach * cosine / row_mm];
        [scale.point([column, row]), scale.point(end)]
    };
    directions.map(border).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CROP: Crop = Crop { left: 0, top: 0, columns: 8, rows: 8 };

    #[test]
    fn pixels_without_a_value_are_grey_and_do_not_darken_others() {
        let percent = Array2::from_shape_fn((8, 8), |(_, column)| if column < 4 { 80.0 } else { 0.0 });
        let known = Mask::from_fn(8, 8, |_, column| column < 4);
        let image = coloured(&percent, Scale::new(CROP, 10.0, 10.0), &REGIONAL_EF, Some(&known));
        assert_eq!(*image.get_pixel(20, 40), REGIONAL_EF.colour(80.0));
        assert_eq!(*image.get_pixel(38, 40), REGIONAL_EF.colour(80.0));
        assert_eq!(*image.get_pixel(60, 40), NOTHING);
    }

    #[test]
    fn phases_are_mixed_the_short_way_round() {
        let images = ParametricImages {
            frames: 24,
            mean: Array2::zeros((8, 8)),
            amplitude: Array2::zeros((8, 8)),
            phase_degrees: Array2::from_shape_fn((8, 8), |(_, column)| if column < 4 { 350.0 } else { 10.0 }),
            beating: Mask::from_fn(8, 8, |row, _| row < 6),
            stroke: Array2::zeros((8, 8)),
            paradox: Array2::zeros((8, 8)),
            ef_percent: Array2::zeros((8, 8)),
            has_ef: Mask::empty(8, 8),
        };
        let image = phases(&images, Scale::new(CROP, 10.0, 10.0));
        // Between 350 and 10 lies 0, not 180.
        let between = image.get_pixel(40, 20).0;
        let zero = PHASE.colour(0.0).0;
        assert!(between.iter().zip(zero).all(|(&a, b)| a.abs_diff(b) < 16), "{between:?} {zero:?}");
        assert_eq!(*image.get_pixel(20, 75), NOTHING);
    }

    #[test]
    fn borders_start_at_the_centre() {
        let plane = bloodpool_core::function::ValvePlane::facing(0.0, 45.0);
        let sectors = Sectors { centre: (4.0, 3.0), valve_plane: plane, spacing_mm: [4.0, 4.0], count: 3 };
        let outline = Contour(vec![[3.0, 2.0], [5.0, 4.0], [3.0, 6.0], [1.0, 4.0]]);
        let found = borders(&sectors, &outline, Scale::new(CROP, 10.0, 10.0));
        assert_eq!(found.len(), 4);
        // Two pixels to the upper right, 45 degrees: (3 + 1.414, 4 - 1.414).
        let [[x, y], [to_x, to_y]] = found[0];
        assert!((x - 34.5).abs() < 0.51 && (y - 44.5).abs() < 0.51);
        assert!((to_x - x - 14.14).abs() < 0.01 && (y - to_y - 14.14).abs() < 0.01);
    }
}
