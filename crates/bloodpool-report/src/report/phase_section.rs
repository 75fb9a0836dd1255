//! Amplitude and phase: images with their colour bars, the histogram of both ventricles, and its numbers.

use bloodpool_core::function::normal_ranges::NO_AGREED_RANGE;
use bloodpool_core::function::{
    AMPLITUDE_FRACTION, BIN_DEGREES, Outcome, PhaseDifference, PhaseHistogram, Phases, VentricularFunction,
};
use maud::{Markup, html};

use super::colour_scale::{AMPLITUDE, ColourScale, PHASE};
use super::function_images::FunctionPictures;
use super::images::data_address;

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;

/// The section of amplitude and phase.
pub(super) fn section(function: &VentricularFunction, pictures: &FunctionPictures) -> Markup {
    let phases = &function.phases;
    html! {
        section.phases aria-labelledby="phases-heading" {
            h2 #phases-heading { "Amplitude and phase" span.sub { "first harmonic of every pixel" } }
            div.maps {
                @match (&pictures.parametric, &function.images) {
                    (Some(images), _) => {
                        (map("Amplitude", &images.amplitude, &AMPLITUDE))
                        (map("Phase", &images.phase, &PHASE))
                    }
                    (None, Outcome::Refused(refusal)) => p { "Images not given: " (refusal) "." },
                    (None, Outcome::Value(_)) => {}
                }
                figure.histogram { (histogram(phases)) figcaption { "Phase histogram" span.sub { "bins of " (BIN_DEGREES) " degrees" } } }
            }
            (table(phases))
            p.note { "Phase 0: the R wave; what beats later has a larger phase. The LV is its silhouette at end-diastole; of the images, pixels with "
                (format!("{:.0}", AMPLITUDE_FRACTION * 100.0)) " % of the largest amplitude or more are shown. RV: experimental; pixels of the right \
                 atrium that overlap it are among them. Entropy depends on the width of the bins. Normal values of phase: " (NO_AGREED_RANGE)
                " for planar studies." }
        }
    }
}

/// A parametric picture with its colour bar.
pub(super) fn map(title: &str, png: &[u8], scale: &ColourScale) -> Markup {
    html! {
        figure.map {
            img src=(data_address(png)) alt={ (title) " image with the LV contour at end-diastole" };
            (scale.bar())
            figcaption { (title) span.sub { (scale.unit()) } }
        }
    }
}

fn histogram(phases: &Phases) -> Markup {
    let share = |phase: &PhaseHistogram| -> Vec<f64> {
        phase.bins.iter().map(|&bin| bin as f64 / phase.pixels.max(1) as f64 * 100.0).collect()
    };
    let (lv, rv) = (phases.lv.value().map(share), phases.rv.value().map(share));
    let highest = lv.iter().chain(&rv).flatten().copied().fold(5.0, f64::max);
    let step = if highest > 40.0 {
        20.0
    } else if highest > 20.0 {
        10.0
    } else {
        5.0
    };
    let top = (highest / step).ceil() * step;
    let x = |degrees: f64| LEFT + (WIDTH - LEFT - RIGHT) * degrees / 360.0;
    let y = |share: f64| TOP + (HEIGHT - TOP - BOTTOM) * (top - share) / top;
    let ticks = (0..=(top / step).round() as usize).map(|tick| tick as f64 * step);
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label="Share of the pixels of LV and RV by phase" {
            @for tick in ticks {
                line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(fixed(y(tick))) y2=(fixed(y(tick))) {}
                text x=(LEFT - 6.0) y=(fixed(y(tick) + 4.0)) text-anchor="end" { (tick) }
            }
            @for tick in [0, 90, 180, 270, 360] {
                line.axis x1=(fixed(x(f64::from(tick)))) x2=(fixed(x(f64::from(tick)))) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM + 5.0) {}
                text x=(fixed(x(f64::from(tick)))) y=(HEIGHT - BOTTOM + 18.0) text-anchor="middle" { (tick) }
            }
            @if let Some(lv) = &lv {
                @for (at, share) in lv.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                    rect.lv x=(fixed(x(at as f64 * 360.0 / lv.len() as f64))) y=(fixed(y(*share)))
                        width=(fixed((WIDTH - LEFT - RIGHT) / lv.len() as f64 - 0.5)) height=(fixed(y(0.0) - y(*share))) {}
                }
            }
            @if let Some(rv) = &rv { polyline.rv points=(steps(rv, x, y)) {} }
            line.axis x1=(LEFT) x2=(WIDTH - RIGHT) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM) {}
            text x=((LEFT + WIDTH - RIGHT) / 2.0) y=(HEIGHT - 8.0) text-anchor="middle" { "Phase, degrees" }
            text x="12" y=(fixed((TOP + HEIGHT - BOTTOM) / 2.0)) text-anchor="middle" transform={ "rotate(-90 12 " (fixed((TOP + HEIGHT - BOTTOM) / 2.0)) ")" } { "Pixels, %" }
        }
        p.legend { @if lv.is_some() { span.key.named { "LV" } } @if rv.is_some() { span.key.rv { "RV (experimental)" } } }
    }
}

/// The outline of bars as points of a line.
fn steps(shares: &[f64], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let width = 360.0 / shares.len().max(1) as f64;
    let corners = shares.iter().enumerate().flat_map(|(at, &share)| {
        let (from, to) = (at as f64 * width, (at + 1) as f64 * width);
        [(from, share), (to, share)]
    });
    corners.map(|(degrees, share)| format!("{},{}", fixed(x(degrees)), fixed(y(share)))).collect::<Vec<_>>().join(" ")
}

fn table(phases: &Phases) -> Markup {
    let regions = [
        ("LV", &phases.lv),
        ("LV, septal half", &phases.septal),
        ("LV, lateral half", &phases.lateral),
        ("RV (experimental)", &phases.rv),
    ];
    let differences =
        [("Septal less lateral half", &phases.septal_less_lateral), ("RV less LV (experimental)", &phases.rv_less_lv)];
    html! {
        table.phase-numbers {
            thead { tr {
                th scope="col" { "Region" }
                th.number scope="col" { "Mean phase" }
                th.number scope="col" { "SD" }
                th.number scope="col" { "95 % bandwidth" }
                th.number scope="col" { "Entropy" }
                th.number scope="col" { "Synchrony" }
                th.number scope="col" { "Pixels" }
            } }
            tbody {
                @for (name, outcome) in regions { (region(name, outcome, phases.cycle_ms)) }
                @for (name, outcome) in differences { (difference(name, outcome)) }
            }
        }
    }
}

fn region(name: &str, outcome: &Outcome<PhaseHistogram>, cycle_ms: Option<f64>) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            @match outcome {
                Outcome::Value(phase) => {
                    td.number { (degrees(phase.mean_degrees)) (in_ms(cycle_ms.map(|cycle| phase.mean_ms(cycle)))) }
                    td.number { (degrees(phase.sd_degrees)) (in_ms(cycle_ms.map(|cycle| phase.sd_degrees / 360.0 * cycle))) }
                    td.number { (degrees(phase.bandwidth_95_degrees)) }
                    td.number { (format!("{:.2}", phase.entropy)) }
                    td.number { (format!("{:.3}", phase.synchrony)) }
                    td.number { (phase.pixels) }
                }
                Outcome::Refused(refusal) => td.reason colspan="6" { "Not given: " (refusal) "." },
            }
        }
    }
}

fn difference(name: &str, outcome: &Outcome<PhaseDifference>) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            @match outcome {
                Outcome::Value(difference) => {
                    td.number { (signed_degrees(difference.degrees)) (in_ms(difference.ms)) }
                    td colspan="5" {}
                }
                Outcome::Refused(refusal) => td.reason colspan="6" { "Not given: " (refusal) "." },
            }
        }
    }
}

fn degrees(value: f64) -> String {
    format!("{value:.0}\u{b0}")
}

/// With its sign, a minus and no hyphen; no sign before 0.
fn signed_degrees(value: f64) -> String {
    let text = format!("{value:+.0}\u{b0}");
    if text == "+0\u{b0}" || text == "-0\u{b0}" { "0\u{b0}".to_owned() } else { text.replace('-', "\u{2212}") }
}

fn in_ms(ms: Option<f64>) -> String {
    ms.map_or_else(String::new, |ms| format!(" ({ms:.0} ms)").replace("(-0 ", "(0 ").replace('-', "\u{2212}"))
}

fn fixed(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_minus_signs_and_zero_has_none() {
        assert_eq!((signed_degrees(4.6), signed_degrees(-4.6)), ("+5\u{b0}".into(), "\u{2212}5\u{b0}".into()));
        assert_eq!((signed_degrees(-0.2), signed_degrees(0.2)), ("0\u{b0}".into(), "0\u{b0}".into()));
        assert_eq!(
            (in_ms(Some(-0.2)), in_ms(Some(-9.7)), in_ms(None)),
            (" (0 ms)".into(), " (\u{2212}10 ms)".into(), String::new())
        );
    }

    #[test]
    fn bars_have_two_corners_each() {
        assert_eq!(steps(&[1.0, 3.0], |x| x, |y| y), "0.0,1.0 180.0,1.0 180.0,3.0 360.0,3.0");
    }
}
