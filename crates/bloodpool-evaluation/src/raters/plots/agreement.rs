//! Plots of two readings against each other: Bland-Altman, and correlation with identity and regression.

use std::ops::Range;

use bloodpool_stats::Regression;
use plotters::prelude::*;

use super::{Area, BLUE, FAINT, Figure, GREEN, GREY, ORANGE, drawn, points, range, tick};
use crate::EvaluationError;
use crate::raters::agreement::PairedStatistics;
use crate::raters::result::EvaluationResult;
use crate::raters::table_one::{FrameSet, PHASES, ef_pairs, size_pairs};

const BLAND_ALTMAN: (u32, u32) = (720, 480);

/// The plot of ED and ES; `None` where too few studies have an EF of both sides.
pub(super) fn bland_altman(result: &EvaluationResult) -> Result<Option<Figure>, EvaluationError> {
    let pairs = ef_pairs(&result.cases, FrameSet::First);
    let Some(statistics) = result.ef_of_first() else { return Ok(None) };
    let Some(limits) = statistics.limits.known() else { return Ok(None) };
    let points: Vec<(f64, f64)> =
        pairs.iter().map(|pair| (pair.measured.midpoint(pair.reference), pair.measured - pair.reference)).collect();
    let lines = [(limits.bias, limits.bias_ci95), (limits.lower, limits.lower_ci95), (limits.upper, limits.upper_ci95)];
    let heights =
        points.iter().map(|point| point.1).chain(lines.iter().flat_map(|(_, interval)| *interval)).chain([0.0]);
    let (Some(x), Some(y)) = (range(points.iter().map(|point| point.0)), range(heights)) else { return Ok(None) };
    let figure = drawn(result, BLAND_ALTMAN, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .margin_right(110)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(x.clone(), y.clone())?;
        let mut mesh = chart.configure_mesh();
        mesh.light_line_style(WHITE).bold_line_style(FAINT).x_desc("Mean of model and consensus EF, %");
        mesh.y_desc("Model - consensus, EF points").x_labels(8).y_labels(10);
        mesh.x_label_formatter(&tick).y_label_formatter(&tick).axis_desc_style(("sans-serif", 15)).draw()?;
        let across = |height: f64| [(x.start, height), (x.end, height)];
        chart.draw_series(LineSeries::new(across(0.0), BLACK.stroke_width(1)))?;
        for (index, (value, [low, high])) in lines.into_iter().enumerate() {
            let colour = if index == 0 { BLUE } else { ORANGE };
            let band = Rectangle::new([(x.start, low), (x.end, high)], colour.mix(0.12).filled());
            chart.draw_series([band])?;
            chart.draw_series(LineSeries::new(across(value), colour.stroke_width(2)))?;
            let name = ["bias", "lower limit", "upper limit"][index];
            let text = format!("{name} {value:+.1}");
            let style = ("sans-serif", 13).into_font().color(&colour);
            let at = chart.backend_coord(&(x.end, value));
            area.draw_text(&text, &style, (at.0 + 5, at.1 - 7))?;
        }
        if let Some(line) = statistics.proportional_bias.known() {
            let at = |x: f64| (x, line.intercept + line.slope * x);
            let dashes = DashedLineSeries::new([at(x.start), at(x.end)], 6, 4, GREY.stroke_width(1));
            chart.draw_series(dashes)?;
        }
        chart.draw_series(points.iter().map(|&point| Circle::new(point, 4, BLACK.mix(0.65).filled())))?;
        Ok(())
    })?;
    Ok(Some(figure))
}

const PANEL: u32 = 500;
/// Height of the two lines of text above a panel, where no point can lie.
const ABOVE: i32 = 50;

/// EF on ED and ES.
pub(super) fn ef(result: &EvaluationResult) -> Result<Option<Figure>, EvaluationError> {
    let points = points(&ef_pairs(&result.cases, FrameSet::First));
    let Some(statistics) = result.ef_of_first().filter(|_| !points.is_empty()) else { return Ok(None) };
    let draw = |area: &Area<'_>| panel(area, "EF, %", &points, statistics, BLUE);
    drawn(result, (PANEL, PANEL), draw).map(Some)
}

/// ROI size at ED and at ES, side by side.
pub(super) fn size(result: &EvaluationResult) -> Result<Option<Figure>, EvaluationError> {
    let of_phases = FrameSet::First.phases().map(|phases| points(&size_pairs(&result.cases, phases)));
    if of_phases.iter().any(Vec::is_empty) {
        return Ok(None);
    }
    let draw = |area: &Area<'_>| {
        let (left, right) = area.split_horizontally(PANEL);
        let areas = [(left, BLUE), (right, GREEN)];
        for ((((area, colour), points), phase), size) in areas.iter().zip(&of_phases).zip(PHASES).zip(&result.size) {
            panel(area, &format!("ROI size at {phase}, px"), points, &size.pixels, *colour)?;
        }
        Ok(())
    };
    drawn(result, (2 * PANEL, PANEL), draw).map(Some)
}

fn panel(
    area: &Area<'_>,
    what: &str,
    points: &[(f64, f64)],
    statistics: &PairedStatistics,
    colour: RGBColor,
) -> Result<(), EvaluationError> {
    let Some(both) = range(points.iter().flat_map(|point| [point.0, point.1])) else { return Ok(()) };
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .margin_top(ABOVE)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(both.clone(), both.clone())?;
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(WHITE).bold_line_style(FAINT).x_labels(6).y_labels(6);
    mesh.x_label_formatter(&tick).y_label_formatter(&tick).axis_desc_style(("sans-serif", 15));
    mesh.x_desc(format!("{what}, consensus")).y_desc(format!("{what}, model")).draw()?;
    let ends = [both.start, both.end];
    chart.draw_series(DashedLineSeries::new(ends.map(|end| (end, end)), 5, 4, GREY.stroke_width(1)))?;
    if let Some(line) = statistics.regression.known() {
        chart.draw_series(LineSeries::new(within(line, &both), ORANGE.stroke_width(2)))?;
    }
    chart.draw_series(points.iter().map(|&point| Circle::new(point, 4, colour.mix(0.7).filled())))?;
    let mut lines = Vec::new();
    if let Some(line) = statistics.regression.known() {
        lines.push(format!("slope {:.2} ({:.2} to {:.2})", line.slope, line.slope_ci95[0], line.slope_ci95[1]));
    }
    if let Some(lin) = statistics.concordance.known() {
        lines.push(format!("r {:.3}, CCC {:.3}", lin.pearson_r, lin.ccc));
    }
    for (line, text) in (0i32..).zip(&lines) {
        area.draw_text(text, &("sans-serif", 14).into_font().color(&BLACK), (92, 8 + 18 * line))?;
    }
    Ok(())
}

/// The ends of a line within a square panel; a steep one leaves it above or below.
fn within(line: &Regression, both: &Range<f64>) -> Vec<(f64, f64)> {
    let at = |x: f64| (x, line.intercept + line.slope * x);
    let meets = |y: f64| (line.slope != 0.0).then(|| ((y - line.intercept) / line.slope, y));
    let ends = [Some(at(both.start)), Some(at(both.end)), meets(both.start), meets(both.end)];
    let inside = |(x, y): &(f64, f64)| [x, y].into_iter().all(|value| (both.start..=both.end).contains(value));
    let mut ends: Vec<(f64, f64)> = ends.into_iter().flatten().filter(inside).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(slope: f64, intercept: f64) -> Vec<(f64, f64)> {
        let (pairs, slope_ci95, slope_p) = (3, [0.0; 2], 0.0);
        let intercept_ci95 = [0.0; 2];
        let line = Regression { pairs, slope, slope_ci95, slope_p, intercept, intercept_ci95, residual_sd: 0.0 };
        within(&line, &(0.0..10.0))
    }

    #[test]
    fn a_line_ends_where_it_leaves_the_panel() {
        assert_eq!(ends(0.5, 1.0), [(0.0, 1.0), (10.0, 6.0)]);
        assert_eq!(ends(2.0, -4.0), [(2.0, 0.0), (7.0, 10.0)]);
        assert_eq!(ends(0.0, 3.0), [(0.0, 3.0), (10.0, 3.0)]);
        assert!(ends(0.0, 30.0).is_empty());
    }
}
