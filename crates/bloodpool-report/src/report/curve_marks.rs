//! Rates on the time-activity curve: the counting-noise band, and a tangent with its label where each rate is read.

use bloodpool_core::function::{CurveFunction, CurveMark, Quantity, VentricularFunction};
use maud::{Markup, html};

use super::curve_axes::{Axes, fixed};

/// How far a tangent reaches to either side of its place, as a fraction of the cycle.
const REACH: f64 = 0.055;

/// The band that 95 % of repeated counts lie in, below all curves.
pub(super) fn noise_band(function: Option<&VentricularFunction>, axes: &Axes) -> Markup {
    let Some(curve) = function.and_then(|function| function.curve.value()) else { return html! {} };
    let band = curve.curve.noise_band_counts();
    let ends = band.iter().enumerate().filter_map(|(frame, ends)| Some((frame as f64, (*ends)?)));
    let ends: Vec<(f64, [f64; 2])> = ends.collect();
    let point = |frame: f64, counts: f64| format!("{},{}", fixed(axes.across(frame)), fixed(axes.y(counts)));
    let above = ends.iter().map(|(frame, [_, high])| point(*frame, *high));
    let below = ends.iter().rev().map(|(frame, [low, _])| point(*frame, *low));
    html! { polygon.noise points=(above.chain(below).collect::<Vec<_>>().join(" ")) {} }
}

/// Tangents of peak ejection and peak filling, and the onset of atrial contraction.
pub(super) fn rates(function: Option<&VentricularFunction>, axes: &Axes) -> Markup {
    let Some(curve) = function.and_then(|function| function.curve.value()) else { return html! {} };
    let Some(marks) = curve.marks else { return html! {} };
    html! {
        (tangent(curve, marks.peak_ejection, Quantity::PeakEjectionRate, -1.0, axes))
        (tangent(curve, marks.peak_filling, Quantity::PeakFillingRate, 1.0, axes))
        @if let Some((mark, percent)) = marks.atrial_onset.filter(|mark| axes.holds(mark.frames)).zip(value(curve, Quantity::AtrialContribution)) {
            circle.rate cx=(fixed(axes.across(mark.frames))) cy=(fixed(axes.y(mark.net_counts))) r="4" {}
            text.rate x=(fixed(axes.across(mark.frames))) y=(fixed(axes.y(mark.net_counts) - 12.0)) text-anchor="middle" {
                "atrial part " (format!("{percent:.0}")) " %"
            }
        }
    }
}

fn value(curve: &CurveFunction, quantity: Quantity) -> Option<f64> {
    Some(curve.outcome(quantity)?.value()?.value)
}

/// A tangent with the slope of the rate; `sign`: 1 where the curve rises.
fn tangent(curve: &CurveFunction, mark: Option<CurveMark>, quantity: Quantity, sign: f64, axes: &Axes) -> Markup {
    let rate = value(curve, quantity);
    let full = curve.marks.map(|marks| marks.end_diastole.net_counts);
    let (Some(mark), Some(rate), Some(full), Some(frame_ms)) = (mark, rate, full, curve.curve.frame_time_ms) else {
        return html! {};
    };
    if !axes.holds(mark.frames) {
        return html! {};
    }
    // Per second and V(ED), as counts per frame.
    let slope = sign * rate * full * frame_ms / 1000.0;
    let reach = REACH * curve.curve.smoothed_counts.len() as f64;
    let end = |frames: f64| [axes.across(mark.frames + frames), axes.y(mark.net_counts + slope * frames)];
    let ([x1, y1], [x2, y2]) = (end(-reach), end(reach));
    let name = match quantity {
        Quantity::PeakEjectionRate => "PER",
        _ => "PFR",
    };
    // Beside the tangent: to the right of a fall, and of a rise below its middle, where the curve is not.
    let [x, y] = [axes.across(mark.frames) + 14.0, axes.y(mark.net_counts) + if sign < 0.0 { -4.0 } else { 14.0 }];
    html! {
        line.rate x1=(fixed(x1)) y1=(fixed(y1)) x2=(fixed(x2)) y2=(fixed(y2)) {}
        circle.rate cx=(fixed(axes.across(mark.frames))) cy=(fixed(axes.y(mark.net_counts))) r="4" {}
        text.rate x=(fixed(x)) y=(fixed(y)) { (name) " " (format!("{rate:.1}")) " EDV/s" }
    }
}
