//! What the EF error comes from, study by study and on average.

use crate::EvaluationError;
use plotters::prelude::*;

use super::{BLUE, FAINT, GREEN, GREY, ORANGE, range, svg, tick};
use crate::raters::error_parts::PartsSummary;
use crate::raters::findings::Findings;

const PANEL: (u32, u32) = (360, 420);
const COLOURS: [RGBColor; 3] = [BLUE, ORANGE, GREEN];

/// A panel a difference; `None` where no study has an EF of both sides.
pub(super) fn draw(findings: &Findings) -> Result<Option<String>, EvaluationError> {
    let summaries: Vec<&PartsSummary> =
        findings.ef_error_parts.iter().filter(|summary| !summary.by_study.is_empty()).collect();
    let values = summaries.iter().flat_map(|summary| summary.parts()).flat_map(|(.., values)| values);
    let Some(heights) = range(values.chain([0.0])) else { return Ok(None) };
    if summaries.is_empty() {
        return Ok(None);
    }
    let draw = |area: &super::Area<'_>| {
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
    svg(findings, (PANEL.0 * summaries.len() as u32, PANEL.1), draw).map(Some)
}
