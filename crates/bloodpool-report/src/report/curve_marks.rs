//! Rates on the time-activity curve: the counting-noise band, and a tangent with its label where each rate is read.

use bloodpool_core::function::{CurveFunction, CurveMark, Quantity, VentricularFunction};

use super::curve_axes::Axes;
use super::drawing::{Anchor, Drawing, Shape};
use crate::Language;

/// How far a tangent reaches to either side of its place, as a fraction of the cycle.
const REACH: f64 = 0.055;

/// The band that 95 % of repeated counts lie in, below all curves.
pub(super) fn noise_band(drawing: &mut Drawing, function: Option<&VentricularFunction>, axes: &Axes) {
    let Some(curve) = function.and_then(|function| function.curve.value()) else { return };
    let band = curve.curve.noise_band_counts();
    let ends = band.iter().enumerate().filter_map(|(frame, ends)| Some((frame as f64, (*ends)?)));
    let ends: Vec<(f64, [f64; 2])> = ends.collect();
    let point = |frame: f64, counts: f64| [axes.across(frame), axes.y(counts)];
    let above = ends.iter().map(|(frame, [_, high])| point(*frame, *high));
    let below = ends.iter().rev().map(|(frame, [low, _])| point(*frame, *low));
    drawing.shapes.push(Shape::Polygon { class: "noise", points: above.chain(below).collect() });
}

/// Tangents of peak ejection and peak filling, and the onset of atrial contraction.
pub(super) fn rates(drawing: &mut Drawing, function: Option<&VentricularFunction>, axes: &Axes, language: Language) {
    let Some(curve) = function.and_then(|function| function.curve.value()) else { return };
    let Some(marks) = curve.marks else { return };
    tangent(drawing, curve, marks.peak_ejection, Quantity::PeakEjectionRate, axes);
    tangent(drawing, curve, marks.peak_filling, Quantity::PeakFillingRate, axes);
    let onset = marks.atrial_onset.filter(|mark| axes.holds(mark.frames));
    if let Some((mark, percent)) = onset.zip(value(curve, Quantity::AtrialContribution)) {
        let [x, y] = [axes.across(mark.frames), axes.y(mark.net_counts)];
        drawing.circle("rate", [x, y], 4.0);
        drawing.text("rate", [x, y - 12.0], Anchor::Middle, language.atrial_part(percent));
    }
}

fn value(curve: &CurveFunction, quantity: Quantity) -> Option<f64> {
    Some(curve.outcome(quantity)?.value()?.value)
}

/// A tangent with the slope of the rate.
fn tangent(drawing: &mut Drawing, curve: &CurveFunction, mark: Option<CurveMark>, quantity: Quantity, axes: &Axes) {
    let rate = value(curve, quantity);
    let full = curve.marks.map(|marks| marks.end_diastole.net_counts);
    let (Some(mark), Some(rate), Some(full), Some(frame_ms)) = (mark, rate, full, curve.curve.frame_time_ms) else {
        return;
    };
    if !axes.holds(mark.frames) {
        return;
    }
    let (name, sign) = match quantity {
        Quantity::PeakEjectionRate => ("PER", -1.0),
        _ => ("PFR", 1.0),
    };
    // Per second and V(ED), as counts per frame.
    let slope = sign * rate * full * frame_ms / 1000.0;
    let reach = REACH * curve.curve.smoothed_counts.len() as f64;
    let end = |frames: f64| [axes.across(mark.frames + frames), axes.y(mark.net_counts + slope * frames)];
    let centre = end(0.0);
    drawing.line("rate", end(-reach), end(reach));
    drawing.circle("rate", centre, 4.0);
    // Beside the tangent: to the right of a fall, and of a rise below its middle, where the curve is not.
    let at = [centre[0] + 14.0, centre[1] + if sign < 0.0 { -4.0 } else { 14.0 }];
    drawing.text("rate", at, Anchor::Start, format!("{name} {rate:.1} EDV/s"));
}
