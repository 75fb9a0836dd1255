//! Pictures of the outlines of consensus and model over the frames, each alone and both on top of each other: the best, the median and
//! the worst study.

use crate::EvaluationError;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bloodpool_core::{Contour, GatedStudy};
use bloodpool_dataset::{DatasetPart, RatedImages, RatedPhase};
use bloodpool_files::encode_png_u8;
use maud::Escaper;
use ndarray::s;

use super::Figure;
use super::pdf::{Drawn, Paint, PdfFigure, Placed};
use crate::raters::material::FramePair;
use crate::raters::reading::StudyReading;
use crate::raters::result::EvaluationResult;
use bloodpool_report::RESEARCH_ONLY;

/// Side of a panel.
const PANEL: f64 = 340.0;
/// Height of a line of text.
const LINE: f64 = 24.0;
/// Side of what is shown, in sides of the square around both outlines.
const AROUND: f64 = 1.9;
const CONSENSUS: Rgb = (0xff, 0xe6, 0x00);
const MODEL: Rgb = (0x40, 0xd6, 0xff);
/// Of the words above both outlines.
const BOTH: Rgb = (0xee, 0xee, 0xee);
/// Of the line below.
const FOOT: Rgb = (0xdd, 0xdd, 0xdd);
const GROUND: Rgb = (0x11, 0x11, 0x11);
/// Of all text, pixels.
const FONT_SIZE: f32 = 14.0;
/// Of an outline, pixels of the 256 grid.
const OUTLINE: f32 = 0.9;

type Rgb = (u8, u8, u8);

fn hex((red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn paint(rgb: Rgb) -> Paint {
    Paint { rgb, alpha: 1.0 }
}

/// A picture and the name of its file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::raters) struct Picture {
    pub file: &'static str,
    pub caption: String,
    pub figure: Figure,
}

/// The files of the pictures.
pub(in crate::raters) const FILES: [&str; 3] = ["figures/best.svg", "figures/median.svg", "figures/worst.svg"];

/// The studies of highest, middle and lowest mean Dice at ED and ES; a missing mask overlaps with nothing.
pub(in crate::raters) fn pictures(
    result: &EvaluationResult,
    part: &DatasetPart,
) -> Result<Vec<Picture>, EvaluationError> {
    let mut order: Vec<&StudyReading> = result.cases.iter().collect();
    order.sort_by(|a, b| b.rank_dice().total_cmp(&a.rank_dice()));
    let mut pictures = Vec::new();
    for (file, (name, place)) in
        FILES.into_iter().zip([("Best", 0), ("Median", order.len() / 2), ("Worst", order.len())])
    {
        let Some(&reading) = order.get(place.min(order.len().saturating_sub(1))) else { continue };
        let Some(study) = part.studies().find(|study| study.name() == reading.case) else { continue };
        let drawn = study.own_matrix()?;
        let simulated = if reading.simulated { "simulated study " } else { "study " };
        let caption = format!(
            "{name} by mean Dice at ED and ES: {simulated}{}, Dice {:.1} %",
            reading.case,
            100.0 * reading.rank_dice()
        );
        let figure = draw(reading, &drawn, &caption)?;
        pictures.push(Picture { file, caption, figure });
    }
    Ok(pictures)
}

/// ED above ES; the consensus left, the model in the middle, both on top of each other right, each over the same frame.
fn draw(reading: &StudyReading, study: &GatedStudy, caption: &str) -> Result<Figure, EvaluationError> {
    let shown = RatedImages::new(study);
    let (left, top, side) = window(reading);
    let (width, height) = (3.0 * PANEL, 2.0 * (PANEL + LINE) + LINE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"{FONT_SIZE}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#111\"/>\n"
    );
    let mut pdf = PdfFigure::new(width as f32, height as f32)?;
    pdf.rectangle([0.0, 0.0, width as f32, height as f32], paint(GROUND), Drawn::Filled);
    for (row, phase) in FramePair::First.phases().into_iter().enumerate() {
        let Some(image) = reading.image(phase) else { continue };
        let above = row as f64 * (PANEL + LINE);
        let grey = shown.grey(image.frame.number());
        let grey = grey.slice(s![top..top + side, left..left + side]).to_owned();
        let png = STANDARD.encode(encode_png_u8(&grey)?);
        let outlines: Vec<(&Contour, Rgb)> = image.contours.iter().zip([CONSENSUS, MODEL]).collect();
        let columns = [&outlines[..1], &outlines[1..], &outlines[..]];
        for (column, shown) in columns.into_iter().enumerate() {
            let colour = shown.first().filter(|_| shown.len() == 1).map_or(BOTH, |(_, colour)| *colour);
            let title = title(reading, phase, column);
            let beside = column as f64 * PANEL;
            let (x, baseline) = (beside + 6.0, above + LINE - 7.0);
            let _ = writeln!(
                svg,
                "<text x=\"{x}\" y=\"{baseline}\" fill=\"{}\">{title}</text>\n\
                 <svg x=\"{beside}\" y=\"{}\" width=\"{PANEL}\" height=\"{PANEL}\" viewBox=\"{left} {top} {side} {side}\">\n\
                 <image x=\"{left}\" y=\"{top}\" width=\"{side}\" height=\"{side}\" href=\"data:image/png;base64,{png}\"/>",
                hex(colour),
                above + LINE,
            );
            for (contour, colour) in shown {
                let _ = writeln!(
                    svg,
                    "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{OUTLINE}\"/>",
                    closed(contour),
                    hex(*colour)
                );
            }
            svg.push_str("</svg>\n");
            pdf.text(&title, (x as f32, baseline as f32), FONT_SIZE, paint(colour), Placed::default());
            let part = [left as f32, top as f32, side as f32, side as f32];
            pdf.within([beside as f32, (above + LINE) as f32, PANEL as f32, PANEL as f32], part, |panel| {
                panel.picture(&grey, part);
                for (contour, colour) in shown {
                    let points: Vec<(f32, f32)> =
                        contour.0.iter().map(|[x, y]| ((x + 0.5) as f32, (y + 0.5) as f32)).collect();
                    panel.path(&points, true, paint(*colour), Drawn::Line(OUTLINE));
                }
            });
        }
    }
    let foot =
        format!("{}{}. {RESEARCH_ONLY}.", if reading.simulated { "Simulated study " } else { "Study " }, reading.case);
    let mut escaped = String::new();
    let _ = write!(Escaper::new(&mut escaped), "{foot}");
    let _ = writeln!(svg, "<text x=\"6\" y=\"{}\" fill=\"{}\">{escaped}</text>\n</svg>", height - 7.0, hex(FOOT));
    pdf.text(&foot, (6.0, height as f32 - 7.0), FONT_SIZE, paint(FOOT), Placed::default());
    Ok(Figure { svg, pdf: pdf.finish(caption) })
}

fn title(reading: &StudyReading, phase: RatedPhase, column: usize) -> String {
    let Some(image) = reading.image(phase) else { return String::new() };
    let frame = image.frame;
    if column == 2 {
        return format!("both, {phase}: consensus yellow, model blue");
    }
    let ef = reading.ef(FramePair::First).map(|ef| [&ef.consensus, &ef.model][column].known().map(|m| m.lvef_percent));
    let ef = ef.flatten().map_or("EF -".to_owned(), |ef| format!("EF {ef:.1} %"));
    if column == 0 {
        return format!("consensus, {phase}, frame {frame}: {ef}");
    }
    let dice = image.overlap.known().map_or("no LV found".to_owned(), |o| format!("Dice {:.1} %", 100.0 * o.dice));
    format!("model, {phase}: {ef}, {dice}")
}

/// Left, top and side of what is shown: a square around all outlines at ED and ES, within the 256 grid.
fn window(reading: &StudyReading) -> (usize, usize, usize) {
    let images = FramePair::First.phases().into_iter().filter_map(|phase| reading.image(phase));
    let points: Vec<[f64; 2]> =
        images.flat_map(|image| image.contours.iter().flat_map(|contour| contour.0.clone())).collect();
    let all = bloodpool_dataset::rated_images::SIDE;
    if points.is_empty() {
        return (0, 0, all);
    }
    let ends = |axis: usize| {
        let values = points.iter().map(|point| point[axis]);
        values.fold((f64::MAX, f64::MIN), |(low, high): (f64, f64), value| (low.min(value), high.max(value)))
    };
    let ((left, right), (top, bottom)) = (ends(0), ends(1));
    let side = ((right - left).max(bottom - top) * AROUND).ceil().clamp(16.0, all as f64) as usize;
    let start =
        |low: f64, high: f64| (low.midpoint(high) - side as f64 / 2.0).round().clamp(0.0, (all - side) as f64) as usize;
    (start(left, right), start(top, bottom), side)
}

/// An outline in the coordinates of the SVG, where whole numbers are pixel corners.
fn closed(contour: &Contour) -> String {
    let mut path = String::new();
    for (index, [x, y]) in contour.0.iter().enumerate() {
        let _ = write!(path, "{}{:.1} {:.1}", if index == 0 { "M" } else { "L" }, x + 0.5, y + 0.5);
    }
    if !path.is_empty() {
        path.push('Z');
    }
    path
}
