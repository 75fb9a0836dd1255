//! The time-activity curve: net LV counts by time, or by frame where the file records no time, with what is read from it.

use bloodpool_core::Analysis;
use bloodpool_core::function::VentricularFunction;
use maud::{Markup, html};

use super::curve_axes::{Axes, BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axes, nice_step};
use super::curve_marks;
use super::drawing::{Anchor, Drawing, Shape};
use crate::{Language, figures};

/// The curve of the named protocol, and the unmixed one thin beside it.
pub(super) fn section(analysis: &Analysis, function: Option<&VentricularFunction>, language: Language) -> Markup {
    html! {
        section.curve aria-labelledby="curve-heading" {
            h2 #curve-heading { (language.time_activity_curve()) span.sub { (language.net_counts_per_frame()) } }
            (drawing(analysis, function, language).svg(None, &language.curve_alt(&analysis.protocol.name)))
            p.legend { @for (class, text) in legend(analysis, function, language) { span.key.(class) { (text) } } }
        }
    }
}

/// What the lines of the drawing are: class and meaning.
pub(super) fn legend(
    analysis: &Analysis,
    function: Option<&VentricularFunction>,
    language: Language,
) -> Vec<(&'static str, String)> {
    let curve = function.and_then(|function| function.curve.value());
    let mut legend = vec![("named", language.curve_of(&analysis.protocol.name))];
    if analysis.curve.fitted_counts.is_some() {
        legend.push(("fit", language.fitted_harmonics().to_owned()));
    }
    if curve.is_some() {
        legend.push(("repeated", language.repeated_counts().to_owned()));
    }
    if curve.is_some_and(|curve| curve.marks.is_some()) {
        legend.push(("rate", language.peak_rates().to_owned()));
    }
    if beside(analysis).is_some() {
        legend.push(("unmixed", language.unmixed_experimental().to_owned()));
    }
    legend
}

fn beside(analysis: &Analysis) -> Option<&bloodpool_core::analysis::TimeActivityCurve> {
    analysis.unmixed_curve.as_ref().filter(|_| analysis.protocol.name != "unmixed")
}

/// The curve with its axes, ED and ES, and the rates.
pub(super) fn drawing(analysis: &Analysis, function: Option<&VentricularFunction>, language: Language) -> Drawing {
    let beside = beside(analysis);
    let axes = axes(&analysis.curve, beside);
    let step = nice_step(axes.high - axes.low, 5.0);
    let y_ticks = (0..=((axes.high - axes.low) / step).round() as usize).map(|tick| axes.low + tick as f64 * step);
    let (left, right, bottom) = (LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM);
    let mut drawing = Drawing::new(WIDTH, HEIGHT);
    for tick in y_ticks {
        let y = axes.y(tick);
        drawing.line("grid", [left, y], [right, y]);
        drawing.text("tick", [left - 8.0, y + 4.0], Anchor::End, figures::counts(tick));
    }
    for (x, label) in axes.x_ticks() {
        drawing.line("axis", [x, bottom], [x, bottom + 5.0]);
        drawing.text("tick", [x, bottom + 20.0], Anchor::Middle, label);
    }
    drawing.line("axis", [left, bottom], [right, bottom]);
    let across = if axes.frame_time_ms.is_some() { language.start_of_frame_axis() } else { language.frame_axis() };
    drawing.text("title", [(left + right) / 2.0, HEIGHT - 8.0], Anchor::Middle, across);
    for (name, frame) in [("ED", analysis.end_diastole.frame), ("ES", analysis.end_systole.frame)] {
        let x = axes.x(frame.index());
        drawing.line("phase", [x, TOP], [x, bottom]);
        drawing.text("phase", [x, TOP - 8.0], Anchor::Middle, format!("{name} {frame}"));
    }
    curve_marks::noise_band(&mut drawing, function, &axes);
    let mut polyline =
        |class, curve: &[f64]| drawing.shapes.push(Shape::Polyline { class, points: points(&axes, curve) });
    if let Some(unmixed) = beside {
        polyline("unmixed", &unmixed.net_counts);
    }
    if let Some(fit) = &analysis.curve.fitted_counts {
        polyline("fit", fit);
    }
    polyline("named", &analysis.curve.net_counts);
    for point in points(&axes, &analysis.curve.net_counts) {
        drawing.circle("named", point, 3.0);
    }
    curve_marks::rates(&mut drawing, function, &axes, language);
    drawing
}

fn points(axes: &Axes, curve: &[f64]) -> Vec<[f64; 2]> {
    curve.iter().enumerate().map(|(frame, &counts)| [axes.x(frame), axes.y(counts)]).collect()
}
