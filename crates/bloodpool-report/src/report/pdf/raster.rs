//! The marks of a page as pixels, where a picture is needed and not a document.

use ab_glyph_rasterizer::{Rasterizer, point};
use image::imageops::{FilterType, overlay, resize};
use image::{DynamicImage, Rgb, RgbImage};

use super::canvas::{Look, Mark, Picture, Style, WHITE};
use super::outlines;
use super::typeface::Typeface;
use super::write::{BOLD, RIM};
use crate::report::stroke::Cover;

type Polygon = Vec<[f32; 2]>;

/// Draws marks on white, `scale` pixels per point; the picture has `size` points.
pub(super) fn draw(marks: &[Mark], typeface: &Typeface, size: [f32; 2], scale: f32) -> RgbImage {
    let [width, height] = size.map(|length| (length * scale).ceil().max(1.0) as u32);
    let mut image = RgbImage::from_pixel(width, height, Rgb(WHITE));
    for mark in marks {
        match mark {
            Mark::Text { at, text, style, upwards } => {
                write(&mut image, typeface, scale, (*at, *upwards), text, *style)
            }
            Mark::Path { points, closed, look } => {
                let polygon = points.iter().map(|point| point.map(|value| value * scale)).collect();
                path(&mut image, &[polygon], *closed, *look, scale);
            }
            Mark::Picture { at, size, picture } => {
                place(&mut image, at.map(|at| at * scale), size.map(|s| s * scale), picture)
            }
        }
    }
    image
}

fn write(
    image: &mut RgbImage,
    typeface: &Typeface,
    scale: f32,
    ([x, y], upwards): ([f32; 2], bool),
    text: &str,
    style: Style,
) {
    let (x, y, size) = (x * scale, y * scale, style.size * scale);
    let place = |[along, down]: [f32; 2]| if upwards { [x + down, y - along] } else { [x + along, y + down] };
    let mut polygons = outlines::of_text(typeface, text, size);
    polygons.iter_mut().flatten().for_each(|point| *point = place(*point));
    let size_px = image.dimensions().into();
    if style.rimmed {
        let (edges, width) = (edges(&polygons, true), f64::from(RIM * size));
        if let Some(mut rim) = Cover::of_segments(&edges, width, size_px) {
            rim.stroke(&edges, width);
            rim.paint(image, Rgb(WHITE), 1.0);
        }
    }
    let (edges, width) = (edges(&polygons, true), f64::from(BOLD * size));
    let Some(mut cover) = Cover::of_segments(&edges, width, size_px) else { return };
    fill(&mut cover, &polygons);
    if style.bold {
        cover.stroke(&edges, width);
    }
    cover.paint(image, Rgb(style.colour), 1.0);
}

fn path(image: &mut RgbImage, polygons: &[Polygon], closed: bool, look: Look, scale: f32) {
    let (segments, size) = (edges(polygons, closed), image.dimensions().into());
    if let (Some(colour), Some(mut cover)) = (look.fill, Cover::of_segments(&segments, 0.0, size)) {
        fill(&mut cover, polygons);
        cover.paint(image, Rgb(colour), look.opacity.map_or(1.0, f64::from));
    }
    let Some((colour, width)) = look.stroke else { return };
    let width = f64::from(width * scale);
    let segments = match look.dash {
        Some(length) => dashes(&segments, f64::from(length * scale)),
        None => segments,
    };
    if let Some(mut cover) = Cover::of_segments(&segments, width, size) {
        cover.stroke(&segments, width);
        cover.paint(image, Rgb(colour), 1.0);
    }
}

/// The sides of polygons; pixel centres are whole numbers.
fn edges(polygons: &[Polygon], closed: bool) -> Vec<[[f64; 2]; 2]> {
    let centred = |point: [f32; 2]| point.map(|value| f64::from(value) - 0.5);
    let mut segments = Vec::new();
    for polygon in polygons {
        segments.extend(polygon.windows(2).map(|pair| [centred(pair[0]), centred(pair[1])]));
        if let (true, [first, .., last]) = (closed, polygon.as_slice()) {
            segments.push([centred(*last), centred(*first)]);
        }
    }
    segments
}

/// Cuts a line into dashes and gaps of this length.
fn dashes(segments: &[[[f64; 2]; 2]], length: f64) -> Vec<[[f64; 2]; 2]> {
    let (mut cut, mut passed) = (Vec::new(), 0.0);
    for [from, to] in segments {
        let whole = (to[0] - from[0]).hypot(to[1] - from[1]);
        let place = |along: f64| {
            let share = if whole > 0.0 { along / whole } else { 0.0 };
            [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]
        };
        let mut along = 0.0;
        while length > 0.0 && along < whole {
            let position = (passed + along) / length;
            let next = (along + (position.floor() + 1.0 - position).max(1e-6) * length).min(whole);
            if position.floor() % 2.0 == 0.0 {
                cut.push([place(along), place(next)]);
            }
            along = next;
        }
        passed += whole;
    }
    cut
}

/// Covers the inside of polygons.
fn fill(cover: &mut Cover, polygons: &[Polygon]) {
    let points = || polygons.iter().flatten();
    let least = |axis: usize| points().map(|point| point[axis]).fold(f32::MAX, f32::min).floor();
    let most = |axis: usize| points().map(|point| point[axis]).fold(f32::MIN, f32::max).ceil();
    let ([left, top], [right, bottom]) = ([least(0), least(1)], [most(0), most(1)]);
    // A page has some thousand pixels; what is not finite, or far beyond it, is not drawn.
    if !(right > left && bottom > top && right - left < 1e5 && bottom - top < 1e5) {
        return;
    }
    let mut rasterizer = Rasterizer::new((right - left) as usize + 1, (bottom - top) as usize + 1);
    for polygon in polygons {
        for (from, to) in polygon.iter().zip(polygon.iter().cycle().skip(1)) {
            rasterizer.draw_line(point(from[0] - left, from[1] - top), point(to[0] - left, to[1] - top));
        }
    }
    rasterizer.for_each_pixel_2d(|x, y, share| {
        if share > 0.0 {
            cover.raise_at(left as i64 + i64::from(x), top as i64 + i64::from(y), f64::from(share.min(1.0)));
        }
    });
}

fn place(image: &mut RgbImage, at: [f32; 2], size: [f32; 2], picture: &Picture) {
    let picture = match picture {
        Picture::Grey(grey) => DynamicImage::from(grey.clone()).to_rgb8(),
        Picture::Colour(colour) => colour.clone(),
    };
    let [width, height] = size.map(|length| length.round().max(1.0) as u32);
    let fitting = if picture.dimensions() == (width, height) {
        picture
    } else {
        resize(&picture, width, height, FilterType::Triangle)
    };
    overlay(image, &fitting, at[0].round() as i64, at[1].round() as i64);
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{Align, Canvas, plain};
    use super::*;

    fn drawn(make: impl FnOnce(&mut Canvas<'_>)) -> RgbImage {
        let typeface = Typeface::new().unwrap();
        let mut canvas = Canvas::new(&typeface);
        make(&mut canvas);
        draw(&canvas.pages[0], &typeface, [40.0, 20.0], 2.0)
    }

    #[test]
    fn an_area_covers_its_pixels_and_its_opacity_lets_white_through() {
        let look = Look { opacity: Some(0.5), ..Look::filled([0, 0, 0]) };
        let image = drawn(|canvas| canvas.rect([2.0, 3.0], [10.0, 5.0], look));
        assert_eq!(image.dimensions(), (80, 40));
        let dark = image.pixels().filter(|pixel| pixel.0 == [128; 3]).count();
        assert_eq!(dark, 20 * 10);
        assert_eq!((image.get_pixel(4, 6).0, image.get_pixel(3, 6).0), ([128; 3], [255; 3]));
    }

    #[test]
    fn letters_are_drawn_upright_and_read_from_below() {
        // The stem of an I: high and narrow, or lying.
        let spans = |image: &RgbImage| {
            let dark: Vec<_> =
                image.enumerate_pixels().filter(|(.., pixel)| pixel.0[0] < 128).map(|(x, y, _)| (x, y)).collect();
            let span = |values: Vec<u32>| values.iter().max().unwrap() - values.iter().min().unwrap() + 1;
            (span(dark.iter().map(|at| at.0).collect()), span(dark.iter().map(|at| at.1).collect()))
        };
        let upright = drawn(|canvas| canvas.text([10.0, 18.0], Align::Left, "I", plain(16.0)));
        let lying = drawn(|canvas| canvas.text_upwards([20.0, 10.0], "I", plain(16.0)));
        // 0.092 and 0.733 em of 32 pixels.
        let (columns, rows) = spans(&upright);
        assert!((2..=4).contains(&columns) && (22..=24).contains(&rows), "{columns} {rows}");
        let (columns, rows) = spans(&lying);
        assert!((22..=24).contains(&columns) && (2..=4).contains(&rows), "{columns} {rows}");
    }

    #[test]
    fn a_dashed_line_has_gaps_as_long_as_its_dashes() {
        let look = Look { dash: Some(2.0), ..Look::stroked([0, 0, 0], 1.0) };
        let points = vec![[0.0, 5.0], [7.0, 5.0], [40.0, 5.0]];
        let image = drawn(|canvas| canvas.mark(Mark::Path { points, closed: false, look }));
        let dark = (0..80).filter(|&x| image.get_pixel(x, 9).0[0] < 128).count();
        assert!((38..=60).contains(&dark), "{dark}");
        assert!((0..80).any(|x| image.get_pixel(x, 9).0 == [255; 3]));
    }
}
