//! Plots with one dot per study or rater: what the EF error comes from, and the Dice of each rater.

use plotters::prelude::*;

use super::{Area, BLUE, FAINT, Figure, GREEN, GREY, ORANGE, drawn, range, tick};
use crate::EvaluationError;
use crate::raters::agreement::PartsSummary;
use crate::raters::rater_baseline::Reader;
use crate::raters::result::EvaluationResult;
use crate::raters::table_one::PHASES;

const PANEL: (u32, u32) = (360, 420);
const COLOURS: [RGBColor; 3] = [BLUE, ORANGE, GREEN];

/// A panel a difference; `None` where no study has an EF of both sides.
pub(super) fn error_parts(result: &EvaluationResult) -> Result<Option<Figure>, EvaluationError> {
    let summaries: Vec<&PartsSummary> =
        result.ef_error_parts.iter().filter(|summary| !summary.by_study.is_empty()).collect();
    let values = summaries.iter().flat_map(|summary| summary.parts()).flat_map(|(.., values)| values);
    let Some(heights) = range(values.chain([0.0])) else { return Ok(None) };
    if summaries.is_empty() {
        return Ok(None);
    }
    let draw = |area: &Area<'_>| {
        for (index, panel) in area.split_evenly((1, summaries.len())).iter().enumerate() {
            let (summary, colour) = (summaries[index], COLOURS[index % COLOURS.len()]);
            let parts = summary.parts();
            let right = parts.len() as f64 - 0.5;
            let mut chart = ChartBuilder::on(panel)
                .caption(format!("{}, EF points", summary.difference), ("sans-serif", 15))
                .margin(8)
                .x_label_area_size(34)
                .y_label_area_size(44)
                .build_cartesian_2d(-0.5..right, heights.clone())?;
            let mut mesh = chart.configure_mesh();
            mesh.light_line_style(WHITE)
                .bold_line_style(FAINT)
                .disable_x_mesh()
                .x_labels(0)
                .y_labels(9)
                .y_label_formatter(&tick)
                .draw()?;
            chart.draw_series(LineSeries::new([(-0.5, 0.0), (right, 0.0)], BLACK.stroke_width(1)))?;
            for (place, (name, part, values)) in parts.iter().enumerate() {
                let x = place as f64;
                let spread = |study: usize| x - 0.28 + 0.24 * study as f64 / values.len().max(2) as f64;
                let dots = values.iter().enumerate().map(|(study, &value)| (spread(study), value));
                chart.draw_series(dots.map(|dot| Circle::new(dot, 2, GREY.mix(0.7).filled())))?;
                if let Some(mean) = part.mean.known() {
                    let bar = [(x + 0.15, mean.mean_ci95[0]), (x + 0.15, mean.mean_ci95[1])];
                    chart.draw_series(LineSeries::new(bar, colour.stroke_width(3)))?;
                    chart.draw_series([Circle::new((x + 0.15, mean.mean), 5, colour.filled())])?;
                }
                let at = chart.backend_coord(&(x, heights.start));
                panel.draw_text(name, &("sans-serif", 12).into_font().color(&BLACK), {
                    let (left, top) = panel.get_base_pixel();
                    (at.0 - left - 3 * name.len() as i32, at.1 - top + 10)
                })?;
            }
        }
        Ok(())
    };
    drawn(result, (PANEL.0 * summaries.len() as u32, PANEL.1), draw).map(Some)
}

const RATERS: (u32, u32) = (640, 440);

/// Dots for raters by group at ED and ES, a line for the model; `None` where the raters are not known.
pub(super) fn raters(result: &EvaluationResult) -> Result<Option<Figure>, EvaluationError> {
    let Some(baseline) = &result.raters else { return Ok(None) };
    let mut groups: Vec<&str> = baseline.raters.iter().filter_map(|rater| rater.group.as_deref()).collect();
    groups.sort_unstable();
    groups.dedup();
    let dice = |reader: &Reader, phase: usize| reader.dice_percent[phase].known().map(|dice| dice.mean);
    let readers = baseline.raters.iter().chain([&baseline.model]);
    let Some(y) = range(readers.flat_map(|reader| [dice(reader, 0), dice(reader, 1)]).flatten()) else {
        return Ok(None);
    };
    let colours = [BLUE, GREEN, RGBColor(204, 121, 167), RGBColor(86, 180, 233)];
    let colour = |group: Option<&str>| {
        let index = group.and_then(|group| groups.iter().position(|known| *known == group)).unwrap_or(0);
        colours[index % colours.len()]
    };
    let figure = drawn(result, RATERS, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .margin_right(120)
            .x_label_area_size(34)
            .y_label_area_size(54)
            .build_cartesian_2d(-0.5..1.5, y.clone())?;
        let mut mesh = chart.configure_mesh();
        mesh.light_line_style(WHITE)
            .bold_line_style(FAINT)
            .disable_x_mesh()
            .x_labels(0)
            .y_labels(9)
            .y_label_formatter(&tick);
        mesh.y_desc("Mean Dice, %").axis_desc_style(("sans-serif", 15)).draw()?;
        for (phase, name) in PHASES.into_iter().enumerate() {
            let x = phase as f64;
            for (index, rater) in baseline.raters.iter().enumerate() {
                let Some(height) = dice(rater, phase) else { continue };
                let across = x - 0.25 + 0.5 * (index as f64 + 0.5) / baseline.raters.len() as f64;
                let colour = colour(rater.group.as_deref());
                let style = if rater.left_out { colour.stroke_width(1) } else { colour.mix(0.8).filled() };
                chart.draw_series([Circle::new((across, height), 5, style)])?;
            }
            if let Some(height) = dice(&baseline.model, phase) {
                chart.draw_series(LineSeries::new([(x - 0.35, height), (x + 0.35, height)], ORANGE.stroke_width(3)))?;
            }
            let at = chart.backend_coord(&(x, y.start));
            area.draw_text(name, &("sans-serif", 15).into_font().color(&BLACK), (at.0 - 10, at.1 + 10))?;
        }
        let named = groups.iter().map(|&group| (group, colour(Some(group)))).chain([("model", ORANGE)]);
        for (line, (name, colour)) in (0i32..).zip(named) {
            let style = ("sans-serif", 14).into_font().color(&colour);
            area.draw_text(name, &style, (RATERS.0 as i32 - 112, 24 + 20 * line))?;
        }
        Ok(())
    })?;
    Ok(Some(figure))
}
