//! The time-activity curve as SVG: net LV counts by time, or by frame where the file records no time.

use bloodpool_core::Analysis;
use bloodpool_core::analysis::TimeActivityCurve;
use maud::{Markup, html};

use crate::figures;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 252.0;
const LEFT: f64 = 78.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 52.0;

/// The position of values in the drawing.
struct Axes {
    frames: usize,
    frame_time_ms: Option<f64>,
    low: f64,
    high: f64,
}

impl Axes {
    fn x(&self, frame: usize) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * frame as f64 / (self.frames.max(2) - 1) as f64
    }

    fn y(&self, counts: f64) -> f64 {
        TOP + (HEIGHT - TOP - BOTTOM) * (self.high - counts) / (self.high - self.low)
    }

    /// Places (frames from 0, perhaps between two) and labels of the horizontal axis.
    fn x_ticks(&self) -> Vec<(f64, String)> {
        let across = |position: f64| LEFT + (WIDTH - LEFT - RIGHT) * position / (self.frames.max(2) - 1) as f64;
        match self.frame_time_ms {
            Some(frame_ms) if frame_ms > 0.0 => {
                let step = nice_step((self.frames - 1) as f64 * frame_ms, 8.0);
                let last = ((self.frames - 1) as f64 * frame_ms / step).floor() as usize;
                (0..=last)
                    .map(|tick| (across(tick as f64 * step / frame_ms), format!("{:.0}", tick as f64 * step)))
                    .collect()
            }
            _ => {
                let step = nice_step((self.frames - 1) as f64, 12.0).max(1.0) as usize;
                (0..self.frames)
                    .filter(|frame| *frame == 0 || (frame + 1) % step == 0)
                    .map(|frame| (across(frame as f64), (frame + 1).to_string()))
                    .collect()
            }
        }
    }
}

/// The curve of the named protocol, and the unmixed one thin beside it.
pub(super) fn section(analysis: &Analysis) -> Markup {
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
            }
            p.legend {
                span.key.named { (named) ", as counted" }
                @if analysis.curve.fitted_counts.is_some() { span.key.fit { "fitted harmonics, from which ED and ES are read" } }
                @if beside.is_some() { span.key.unmixed { "unmixed (experimental)" } }
            }
        }
    }
}

fn axes(named: &TimeActivityCurve, beside: Option<&TimeActivityCurve>) -> Axes {
    let all = named.net_counts.iter().chain(beside.into_iter().flat_map(|curve| &curve.net_counts));
    let (low, high) = all.fold((0.0_f64, 1.0_f64), |(low, high), &counts| (low.min(counts), high.max(counts)));
    let step = nice_step(high - low, 5.0);
    Axes {
        frames: named.net_counts.len(),
        frame_time_ms: named.frame_time_ms,
        low: (low / step).floor() * step,
        high: (high / step).ceil() * step,
    }
}

/// A step of 1, 2 or 5 times a power of ten that cuts `span` into about `parts`.
fn nice_step(span: f64, parts: f64) -> f64 {
    let rough = (span / parts).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough).unwrap_or(10.0);
    factor * power
}

fn points(axes: &Axes, curve: &[f64]) -> String {
    let point = |(frame, counts): (usize, &f64)| format!("{},{}", fixed(axes.x(frame)), fixed(axes.y(*counts)));
    curve.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
}

fn fixed(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(nice_step(47_000.0, 5.0), 10_000.0);
        assert_eq!(nice_step(960.0, 8.0), 200.0);
        assert_eq!(nice_step(1.0, 5.0), 0.2);
    }

    #[test]
    fn the_axis_reaches_below_zero_only_where_the_curve_does() {
        let curve = |net_counts: Vec<f64>| TimeActivityCurve { frame_time_ms: None, net_counts, fitted_counts: None };
        assert_eq!(axes(&curve(vec![40.0, 10.0]), None).low, 0.0);
        let below = axes(&curve(vec![40.0, 10.0]), Some(&curve(vec![30.0, -4.0])));
        assert!(below.low <= -4.0 && below.high >= 40.0);
    }
}
