//! Smooth-edged lines and small digits on an RGB image.

use image::{Rgb, RgbImage};

/// Draws line segments of this width, in pixels, with smooth edges; overlapping segments do not darken each other. Pixel
/// centres are whole numbers.
pub(crate) fn segments(image: &mut RgbImage, segments: &[[[f64; 2]; 2]], width: f64, colour: Rgb<u8>) {
    let (columns, rows) = image.dimensions();
    let Some(mut cover) = Cover::of_segments(segments, width, [columns, rows]) else { return };
    cover.stroke(segments, width);
    cover.paint(image, colour, 1.0);
}

/// How much of each pixel of a part of an image is covered, 0 to 1.
pub(crate) struct Cover {
    left: u32,
    top: u32,
    columns: u32,
    values: Vec<f64>,
}

impl Cover {
    /// Nothing, in the part of an image of this size that lies between two corners; `None` where there is none.
    pub(crate) fn new([left, top, right, bottom]: [f64; 4], size: [u32; 2]) -> Option<Self> {
        let range = |low: f64, high: f64, size: u32| {
            let from = low.floor().clamp(0.0, f64::from(size)) as u32;
            let to = high.ceil().clamp(0.0, f64::from(size)) as u32;
            (from < to).then_some((from, to - from))
        };
        let ((left, columns), (top, rows)) = (range(left, right, size[0])?, range(top, bottom, size[1])?);
        Some(Self { left, top, columns, values: vec![0.0; columns as usize * rows as usize] })
    }

    /// Nothing, where segments of this width may be.
    pub(crate) fn of_segments(segments: &[[[f64; 2]; 2]], width: f64, size: [u32; 2]) -> Option<Self> {
        let reach = width / 2.0 + 1.0;
        let [left, top, right, bottom] = bounds(segments)?;
        Self::new([left - reach, top - reach, right + reach, bottom + reach], size)
    }

    /// Covers line segments with smooth edges.
    pub(crate) fn stroke(&mut self, segments: &[[[f64; 2]; 2]], width: f64) {
        let reach = width / 2.0 + 1.0;
        let rows = self.values.len() as u32 / self.columns.max(1);
        for segment in segments {
            let Some([left, top, right, bottom]) = bounds(std::slice::from_ref(segment)) else { continue };
            let range = |low: f64, high: f64, start: u32, size: u32| {
                let within = |value: f64| (value - f64::from(start)).clamp(0.0, f64::from(size)) as u32;
                within((low - reach).floor())..within((high + reach).ceil())
            };
            for row in range(top, bottom, self.top, rows) {
                for column in range(left, right, self.left, self.columns) {
                    let point = [f64::from(self.left + column), f64::from(self.top + row)];
                    let cover = (width / 2.0 + 0.5 - distance_squared(point, segment).sqrt()).clamp(0.0, 1.0);
                    self.raise(column, row, cover);
                }
            }
        }
    }

    /// Covers at least so much of a pixel of the part.
    fn raise(&mut self, column: u32, row: u32, cover: f64) {
        if let Some(value) = self.values.get_mut((row * self.columns + column) as usize) {
            *value = value.max(cover);
        }
    }

    /// Covers at least so much of a pixel of the image.
    pub(crate) fn raise_at(&mut self, x: i64, y: i64, cover: f64) {
        let (column, row) = (x - i64::from(self.left), y - i64::from(self.top));
        if (0..i64::from(self.columns)).contains(&column) && row >= 0 {
            self.raise(column as u32, row as u32, cover);
        }
    }

    /// Paints what is covered.
    pub(crate) fn paint(&self, image: &mut RgbImage, colour: Rgb<u8>, opacity: f64) {
        for (at, &cover) in (0u32..).zip(&self.values) {
            let (x, y) = (self.left + at % self.columns, self.top + at / self.columns);
            if cover > 0.0
                && let Some(pixel) = image.get_pixel_mut_checked(x, y)
            {
                blend(pixel, colour, cover * opacity);
            }
        }
    }
}

fn bounds(segments: &[[[f64; 2]; 2]]) -> Option<[f64; 4]> {
    let mut points = segments.iter().flatten().filter(|point| point.iter().all(|value| value.is_finite()));
    let first = points.next()?;
    Some(points.fold([first[0], first[1], first[0], first[1]], |bounds, point| {
        [bounds[0].min(point[0]), bounds[1].min(point[1]), bounds[2].max(point[0]), bounds[3].max(point[1])]
    }))
}

fn distance_squared(point: [f64; 2], [from, to]: &[[f64; 2]; 2]) -> f64 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let away = [point[0] - from[0], point[1] - from[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    let at = if length > 0.0 { ((away[0] * along[0] + away[1] * along[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
    let off = [away[0] - at * along[0], away[1] - at * along[1]];
    off[0] * off[0] + off[1] * off[1]
}

fn blend(pixel: &mut Rgb<u8>, colour: Rgb<u8>, cover: f64) {
    for (under, over) in pixel.0.iter_mut().zip(colour.0) {
        *under = (f64::from(*under) * (1.0 - cover) + f64::from(over) * cover).round() as u8;
    }
}

/// The glyphs that frame labels need, three pixels wide and five high, rows from the top, high bit left.
const GLYPHS: [(char, [u8; 5]); 13] = [
    ('0', [0b111, 0b101, 0b101, 0b101, 0b111]),
    ('1', [0b010, 0b110, 0b010, 0b010, 0b111]),
    ('2', [0b111, 0b001, 0b111, 0b100, 0b111]),
    ('3', [0b111, 0b001, 0b111, 0b001, 0b111]),
    ('4', [0b101, 0b101, 0b111, 0b001, 0b001]),
    ('5', [0b111, 0b100, 0b111, 0b001, 0b111]),
    ('6', [0b111, 0b100, 0b111, 0b101, 0b111]),
    ('7', [0b111, 0b001, 0b010, 0b010, 0b010]),
    ('8', [0b111, 0b101, 0b111, 0b101, 0b111]),
    ('9', [0b111, 0b101, 0b111, 0b001, 0b111]),
    ('E', [0b111, 0b100, 0b110, 0b100, 0b111]),
    ('D', [0b110, 0b101, 0b101, 0b101, 0b110]),
    ('S', [0b111, 0b100, 0b111, 0b001, 0b111]),
];

/// Writes a label of digits, `E`, `D` and `S`; `size` is the side of one dot. Other characters leave a gap.
pub(crate) fn label(image: &mut RgbImage, text: &str, (left, top): (u32, u32), size: u32, colour: Rgb<u8>) {
    for (position, character) in (0u32..).zip(text.chars()) {
        let Some((_, rows)) = GLYPHS.iter().find(|(known, _)| *known == character) else { continue };
        for (row, bits) in (0u32..).zip(rows) {
            for column in (0..3u32).filter(|column| bits >> (2 - column) & 1 == 1) {
                dot(image, left + (position * 4 + column) * size, top + row * size, size, colour);
            }
        }
    }
}

fn dot(image: &mut RgbImage, left: u32, top: u32, size: u32, colour: Rgb<u8>) {
    for (y, x) in (top..top + size).flat_map(|y| (left..left + size).map(move |x| (y, x))) {
        if x < image.width() && y < image.height() {
            image.put_pixel(x, y, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Rgb<u8> = Rgb([255, 255, 255]);

    #[test]
    fn a_line_covers_its_pixels_and_no_others() {
        let mut image = RgbImage::new(9, 5);
        segments(&mut image, &[[[1.0, 2.0], [7.0, 2.0]]], 1.0, WHITE);
        assert_eq!(*image.get_pixel(4, 2), WHITE);
        assert_eq!(image.get_pixel(4, 0).0, [0, 0, 0]);
        assert_eq!(image.get_pixel(4, 4).0, [0, 0, 0]);
    }

    #[test]
    fn lines_and_labels_beyond_the_image_are_cut_off() {
        let mut image = RgbImage::new(4, 4);
        segments(&mut image, &[[[-50.0, 1.0], [50.0, 1.0]]], 2.0, WHITE);
        segments(&mut image, &[], 2.0, WHITE);
        label(&mut image, "ED 12", (2, 2), 3, WHITE);
        assert_eq!(*image.get_pixel(0, 1), WHITE);
    }
}
