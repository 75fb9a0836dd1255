//! The time-activity curve as SVG: net LV counts by time, or by frame where the file records no time.

use bloodpool_core::Analysis;
use bloodpool_core::function::VentricularFunction;
use maud::{Markup, html};

use super::curve_axes::{Axes, BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axes, fixed, nice_step};
use super::curve_marks;
use crate::figures;

/// The curve of the named protocol, and the unmixed one thin beside it.
pub(super) fn section(analysis: &Analysis, function: Option<&VentricularFunction>) -> Markup {
    let named = analysis.protocol.name.as_str();
    let beside = analysis.unmixed_curve.as_ref().filter(|_| named != "unmixed");
    let axes = axes(&analysis.curve, beside);
    let step = nice_step(axes.high - axes.low, 5.0);
    let y_ticks: Vec<f64> =
        (0..=((axes.high - axes.low) / step).round() as usize).map(|tick| axes.low + tick as f64 * step).collect();
    let across = if axes.frame_time_ms.is_some() {
        "Start of frame after the R wave, ms"
    } else {
        "Frame (frame time not recorded)"
    };
    html! {
        section.curve aria-labelledby="curve-heading" {
            h2 #curve-heading { "Time-activity curve" span.sub { "net LV counts per frame" } }
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ "Net LV counts over the cycle by protocol " (named) } {
                @for tick in &y_ticks {
                    line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(fixed(axes.y(*tick))) y2=(fixed(axes.y(*tick))) {}
                    text.tick x=(LEFT - 8.0) y=(fixed(axes.y(*tick) + 4.0)) text-anchor="end" { (figures::counts(*tick)) }
                }
                @for (x, label) in axes.x_ticks() {
                    line.axis x1=(fixed(x)) x2=(fixed(x)) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM + 5.0) {}
                    text.tick x=(fixed(x)) y=(HEIGHT - BOTTOM + 20.0) text-anchor="middle" { (label) }
                }
                line.axis x1=(LEFT) x2=(WIDTH - RIGHT) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM) {}
                text.title x=((LEFT + WIDTH - RIGHT) / 2.0) y=(HEIGHT - 8.0) text-anchor="middle" { (across) }
                @for (name, frame) in [("ED", analysis.end_diastole.frame), ("ES", analysis.end_systole.frame)] {
                    @let x = axes.x(frame.index());
                    line.phase x1=(fixed(x)) x2=(fixed(x)) y1=(TOP) y2=(HEIGHT - BOTTOM) {}
                    text.phase x=(fixed(x)) y=(TOP - 8.0) text-anchor="middle" { (name) " " (frame) }
                }
                (curve_marks::noise_band(function, &axes))
                @if let Some(unmixed) = beside {
                    polyline.unmixed points=(points(&axes, &unmixed.net_counts)) {}
                }
                @if let Some(fit) = &analysis.curve.fitted_counts {
                    polyline.fit points=(points(&axes, fit)) {}
                }
                polyline.named points=(points(&axes, &analysis.curve.net_counts)) {}
                @for (frame, counts) in analysis.curve.net_counts.iter().enumerate() {
                    circle.named cx=(fixed(axes.x(frame))) cy=(fixed(axes.y(*counts))) r="3" {}
                }
                (curve_marks::rates(function, &axes))
            }
            p.legend {
                span.key.named { (named) ", as counted" }
                @if analysis.curve.fitted_counts.is_some() { span.key.fit { "fitted harmonics, from which ED and ES are read" } }
                @if function.is_some_and(|function| function.curve.value().is_some()) {
                    span.key.repeated { "95 % of repeated counts" }
                }
                @if function.is_some_and(|function| function.curve.value().is_some_and(|curve| curve.marks.is_some())) {
                    span.key.rate { "peak ejection and filling rate (PER, PFR)" }
                }
                @if beside.is_some() { span.key.unmixed { "unmixed (experimental)" } }
            }
        }
    }
}

fn points(axes: &Axes, curve: &[f64]) -> String {
    let point = |(frame, counts): (usize, &f64)| format!("{},{}", fixed(axes.x(frame)), fixed(axes.y(*counts)));
    curve.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
}
