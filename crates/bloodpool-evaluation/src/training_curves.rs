//! How a run has gone, drawn into its folder: loss and Dice by step, as SVG.

use crate::EvaluationError;
use std::ops::Range;
use std::path::Path;

use bloodpool_files::{IfExists, write_whole};
use bloodpool_nn::run_folder::{EpochMetrics, RunFolder};
use plotters::prelude::*;

/// Name of the drawing in the run folder.
const CURVES: &str = "curves.svg";
const SIZE: (u32, u32) = (900, 360);

/// Draws the curves of a run in place of earlier ones; nothing before its first epoch has ended.
pub fn write(folder: &Path) -> Result<(), EvaluationError> {
    let (run, ..) = RunFolder::open(folder)?;
    let metrics = run.metrics()?;
    if metrics.is_empty() {
        return Ok(());
    }
    let svg = draw(&metrics)?;
    Ok(write_whole(&folder.join(CURVES), svg.as_bytes(), IfExists::Replace)?)
}

fn draw(metrics: &[EpochMetrics]) -> Result<String, EvaluationError> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(SIZE.0 / 2);
    let curve = |value: fn(&EpochMetrics) -> f64| -> Vec<(f64, f64)> {
        metrics.iter().map(|epoch| (epoch.step as f64, value(epoch))).collect()
    };
    panel(&left, "Loss in training", &[("loss", BLUE, curve(|epoch| epoch.loss.total))])?;
    let dice = [
        ("end-diastole", BLUE, curve(|epoch| 100.0 * epoch.validation.dice_end_diastole)),
        ("end-systole", RED, curve(|epoch| 100.0 * epoch.validation.dice_end_systole)),
    ];
    panel(&right, "Dice in validation, %", &dice)?;
    area.present()?;
    drop((left, right, area));
    Ok(svg)
}

type Curve<'a> = (&'a str, RGBColor, Vec<(f64, f64)>);

fn panel<B: DrawingBackend<ErrorType = std::io::Error>>(
    area: &DrawingArea<B, plotters::coord::Shift>,
    title: &str,
    curves: &[Curve<'_>],
) -> Result<(), EvaluationError> {
    let points = || curves.iter().flat_map(|(.., points)| points);
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(36)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..last, range(points().map(|point| point.1)))?;
    chart.configure_mesh().x_desc("step").x_labels(6).y_labels(6).light_line_style(WHITE).draw()?;
    for (name, colour, points) in curves {
        let colour = *colour;
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 2, colour.filled())))?;
    }
    if curves.len() > 1 {
        let position = SeriesLabelPosition::LowerRight;
        chart.configure_series_labels().position(position).background_style(WHITE).border_style(WHITE).draw()?;
    }
    Ok(())
}

/// From the least to the greatest of some values, with a little room.
fn range(values: impl Iterator<Item = f64> + Clone) -> Range<f64> {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value: f64| (low.min(value), high.max(value)));
    let room = (0.05 * (high - low)).max(1e-3);
    low - room..high + room
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_nn::ValidationScores;
    use bloodpool_nn::loss::LossTerms;

    #[test]
    fn a_point_is_drawn_for_each_epoch() {
        let epoch = |epoch: usize| EpochMetrics {
            epoch,
            step: 70 * epoch,
            loss: LossTerms { total: 1.0 / epoch as f64, ..LossTerms::default() },
            skipped_steps: 0,
            learning_rate: 1e-3,
            validation: ValidationScores { dice_end_diastole: 0.9, dice_end_systole: 0.8, ..Default::default() },
            seconds: 1.0,
            reference_biases: Default::default(),
        };
        for epochs in [1, 5] {
            let svg = draw(&(1..=epochs).map(epoch).collect::<Vec<_>>()).unwrap();
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
            assert_eq!(svg.matches("<circle").count(), 3 * epochs);
            assert!(svg.contains("end-systole") && !svg.contains("NaN"));
        }
    }
}
