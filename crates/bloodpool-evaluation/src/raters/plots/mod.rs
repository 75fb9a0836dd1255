//! The plots of an evaluation, as SVG and as PDF.

mod agreement;
mod both;
mod dots;
pub(super) mod outlines;
mod pdf;

use crate::EvaluationError;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::agreement::Pair;
use super::result::EvaluationResult;
use bloodpool_report::RESEARCH_ONLY;
use both::Backend;
use pdf::PdfFigure;

/// Colours that colour-blind readers can distinguish (Okabe and Ito).
const BLUE: RGBColor = RGBColor(0, 114, 178);
const ORANGE: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const GREY: RGBColor = RGBColor(120, 120, 120);

/// Grid lines.
const FAINT: RGBColor = RGBColor(225, 225, 225);
/// Height of the line below a plot.
const FOOT: u32 = 20;

/// A drawing area of an SVG and a PDF.
pub(crate) type Area<'a> = DrawingArea<Backend<'a>, Shift>;

/// A figure in both forms.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// As SVG.
    pub svg: String,
    /// As a PDF of one page.
    pub pdf: Vec<u8>,
}

/// The file of a figure as PDF, beside that of the SVG.
pub(super) fn pdf_file(svg: &str) -> String {
    format!("{}.pdf", svg.strip_suffix(".svg").unwrap_or(svg))
}

/// A plot and the name of its file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plot {
    pub file: &'static str,
    pub caption: String,
    pub figure: Figure,
}

/// The files of all plots; `raters-dice.svg` is made where the raters are known.
pub(super) const FILES: [&str; 5] = [
    "figures/bland-altman-ef.svg",
    "figures/correlation-ef.svg",
    "figures/correlation-size.svg",
    "figures/ef-error-parts.svg",
    "figures/raters-dice.svg",
];

/// Every plot of a result.
pub(super) fn plots(result: &EvaluationResult) -> Result<Vec<Plot>, EvaluationError> {
    let simulated = if result.simulated_studies > 0 { ", simulated" } else { "" };
    let mut plots = Vec::new();
    let mut add = |file: &'static str, caption: &str, figure: Option<Figure>| {
        plots.extend(figure.map(|figure| Plot {
            file,
            caption: format!("{caption} (n = {}{simulated})", result.studies),
            figure,
        }));
    };
    add(
        FILES[0],
        "Bland-Altman plot of EF: bias and limits of agreement with their 95 % intervals; dashed, the proportional bias",
        agreement::bland_altman(result)?,
    );
    add(FILES[1], "EF of the model against EF of the consensus", agreement::ef(result)?);
    add(FILES[2], "Size of the model's ROI against that of the consensus", agreement::size(result)?);
    add(
        FILES[3],
        "Causes of the EF error: one dot per study, bars are means with 95 % intervals",
        dots::error_parts(result)?,
    );
    add(
        FILES[4],
        "Each rater's mean Dice against the consensus of the others (dots), and the model's (line)",
        dots::raters(result)?,
    );
    Ok(plots)
}

/// Draws a figure of this size, with a line below that names the studies.
fn drawn(
    result: &EvaluationResult,
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), EvaluationError>,
) -> Result<Figure, EvaluationError> {
    drawn_with(&format!("{}. {RESEARCH_ONLY}.", result.population()), size, draw)
}

/// Draws a figure of this size, with these words in a line below.
pub(crate) fn drawn_with(
    words: &str,
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), EvaluationError>,
) -> Result<Figure, EvaluationError> {
    let mut svg = String::new();
    let whole = (size.0, size.1 + FOOT);
    let mut pdf = PdfFigure::new(whole.0 as f32, whole.1 as f32)?;
    let area = Backend { svg: SVGBackend::with_string(&mut svg, whole), pdf: &mut pdf }.into_drawing_area();
    area.fill(&WHITE)?;
    let (figure, foot) = area.split_vertically(size.1);
    draw(&figure)?;
    foot.draw_text(words, &("sans-serif", 11).into_font().color(&GREY), (14, 2))?;
    drop((figure, foot));
    area.present()?;
    drop(area);
    Ok(Figure { svg, pdf: pdf.finish(words) })
}

/// From the least to the greatest of some values, with a margin; `None` without any.
fn range(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value: f64| (low.min(value), high.max(value)));
    if low > high {
        return None;
    }
    let room = (0.07 * (high - low)).max(0.5);
    Some(low - room..high + room)
}

/// A value at an axis: whole where it is.
fn tick(value: &f64) -> String {
    if value.fract().abs() < 1e-9 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// Readings as points, the reference first.
fn points(pairs: &[Pair]) -> Vec<(f64, f64)> {
    pairs.iter().map(|pair| (pair.reference, pair.measured)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_room_even_about_one_value() {
        assert_eq!(range([2.0].into_iter()), Some(1.5..2.5));
        assert_eq!(range(std::iter::empty()), None);
        let wide = range([0.0, 100.0].into_iter()).unwrap();
        assert!(wide.start < 0.0 && wide.end > 100.0);
    }
}
