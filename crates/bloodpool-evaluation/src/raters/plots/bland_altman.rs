//! The Bland-Altman plot of EF.

use crate::EvaluationError;
use plotters::prelude::*;

use super::{BLUE, FAINT, GREY, ORANGE, range, svg, tick};
use crate::raters::findings::Findings;
use crate::raters::table_one::{FrameSet, ef_pairs};

const SIZE: (u32, u32) = (720, 480);

/// The plot of ED and ES; `None` where too few studies have an EF of both sides.
pub(super) fn draw(findings: &Findings) -> Result<Option<String>, EvaluationError> {
    let pairs = ef_pairs(&findings.cases, FrameSet::First);
    let Some(statistics) = findings.ef_of_first() else { return Ok(None) };
    let Some(limits) = statistics.limits.known() else { return Ok(None) };
    let points: Vec<(f64, f64)> =
        pairs.iter().map(|pair| (pair.measured.midpoint(pair.reference), pair.measured - pair.reference)).collect();
    let lines = [(limits.bias, limits.bias_ci95), (limits.lower, limits.lower_ci95), (limits.upper, limits.upper_ci95)];
    let heights =
        points.iter().map(|point| point.1).chain(lines.iter().flat_map(|(_, interval)| *interval)).chain([0.0]);
    let (Some(x), Some(y)) = (range(points.iter().map(|point| point.0)), range(heights)) else { return Ok(None) };
    let drawn = svg(findings, SIZE, |area| {
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
    Ok(Some(drawn))
}
