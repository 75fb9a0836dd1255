//! The raters' mean Dice, and the model's.

use crate::EvaluationError;
use plotters::prelude::*;

use super::{BLUE, FAINT, GREEN, ORANGE, range, svg, tick};
use crate::raters::findings::Findings;
use crate::raters::table_one::PHASES;

const SIZE: (u32, u32) = (640, 440);

/// Dots for raters by group at ED and ES, a line for the model; `None` where the raters are not known.
pub(super) fn draw(findings: &Findings) -> Result<Option<String>, EvaluationError> {
    let Some(baseline) = &findings.raters else { return Ok(None) };
    let mut groups: Vec<&str> = baseline.raters.iter().filter_map(|rater| rater.group.as_deref()).collect();
    groups.sort_unstable();
    groups.dedup();
    let dice = |reader: &crate::raters::rater_baseline::Reader, phase: usize| {
        reader.dice_percent[phase].known().map(|dice| dice.mean)
    };
    let readers = baseline.raters.iter().chain([&baseline.model]);
    let Some(y) = range(readers.flat_map(|reader| [dice(reader, 0), dice(reader, 1)]).flatten()) else {
        return Ok(None);
    };
    let colours = [BLUE, GREEN, RGBColor(204, 121, 167), RGBColor(86, 180, 233)];
    let colour = |group: Option<&str>| {
        let index = group.and_then(|group| groups.iter().position(|known| *known == group)).unwrap_or(0);
        colours[index % colours.len()]
    };
    let drawn = svg(findings, SIZE, |area| {
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
            area.draw_text(name, &style, (SIZE.0 as i32 - 112, 24 + 20 * line))?;
        }
        Ok(())
    })?;
    Ok(Some(drawn))
}
