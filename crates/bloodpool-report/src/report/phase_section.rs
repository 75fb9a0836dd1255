//! Amplitude and phase: images with their colour bars, the histogram of both ventricles, and its numbers.

use bloodpool_core::function::{
    AMPLITUDE_FRACTION, BIN_DEGREES, Outcome, PhaseDifference, PhaseHistogram, Phases, VentricularFunction,
};
use maud::{Markup, html};

use super::colour_scale::{AMPLITUDE, ColourScale, PHASE};
use super::drawing::{Anchor, Drawing, Shape, Text};
use super::function_images::FunctionPictures;
use super::images::data_address;
use crate::Language;

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;

/// The section of amplitude and phase.
pub(super) fn section(function: &VentricularFunction, pictures: &FunctionPictures, language: Language) -> Markup {
    let phases = &function.phases;
    html! {
        section.phases aria-labelledby="phases-heading" {
            h2 #phases-heading { (language.amplitude_and_phase()) span.sub { (language.first_harmonic()) } }
            div.maps {
                @match (&pictures.parametric, &function.images) {
                    (Some(images), _) => {
                        (map(language.amplitude(), &images.amplitude, &AMPLITUDE, language))
                        (map(language.phase(), &images.phase, &PHASE, language))
                    }
                    (None, Outcome::Refused(refusal)) => p { (language.images_not_given(&language.refusal(refusal))) },
                    (None, Outcome::Value(_)) => {}
                }
                figure.histogram {
                    (histogram(phases, language).svg(None, language.histogram_alt()))
                    p.legend { @for (class, name) in histogram_legend(phases, language) { span.key.(class) { (name) } } }
                    figcaption { (language.phase_histogram()) span.sub { (language.bins(BIN_DEGREES)) } }
                }
            }
            (table(phases, language))
            p.note { (language.phase_note(AMPLITUDE_FRACTION * 100.0)) }
        }
    }
}

/// A parametric picture with its colour bar.
pub(super) fn map(title: &str, png: &[u8], scale: &ColourScale, language: Language) -> Markup {
    html! {
        figure.map {
            img src=(data_address(png)) alt=(language.map_alt(title));
            (scale.bar().svg(Some("bar"), &scale.bar_alt(language)))
            figcaption { (title) span.sub { (scale.unit(language)) } }
        }
    }
}

/// What the histogram shows: class and name.
pub(super) fn histogram_legend(phases: &Phases, language: Language) -> Vec<(&'static str, &'static str)> {
    let lv = phases.lv.value().map(|_| ("named", language.of_the_lv()));
    lv.into_iter().chain(phases.rv.value().map(|_| ("rv", language.rv_experimental()))).collect()
}

/// The share of the pixels of LV and RV by phase.
pub(super) fn histogram(phases: &Phases, language: Language) -> Drawing {
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
    let (left, right, bottom) = (LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM);
    let mut drawing = Drawing::new(WIDTH, HEIGHT);
    for tick in (0..=(top / step).round() as usize).map(|tick| tick as f64 * step) {
        drawing.line("grid", [left, y(tick)], [right, y(tick)]);
        drawing.text("", [left - 6.0, y(tick) + 4.0], Anchor::End, tick.to_string());
    }
    for tick in [0.0, 90.0, 180.0, 270.0, 360.0] {
        drawing.line("axis", [x(tick), bottom], [x(tick), bottom + 5.0]);
        drawing.text("", [x(tick), bottom + 18.0], Anchor::Middle, tick.to_string());
    }
    if let Some(lv) = &lv {
        let width = (WIDTH - LEFT - RIGHT) / lv.len() as f64 - 0.5;
        for (at, &share) in lv.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            drawing.rect("lv", [x(at as f64 * 360.0 / lv.len() as f64), y(share)], [width, y(0.0) - y(share)], None);
        }
    }
    if let Some(rv) = &rv {
        drawing.shapes.push(Shape::Polyline { class: "rv", points: steps(rv, x, y) });
    }
    drawing.line("axis", [left, bottom], [right, bottom]);
    drawing.text("title", [(left + right) / 2.0, HEIGHT - 8.0], Anchor::Middle, language.phase_axis());
    drawing.shapes.push(Shape::Text(Text {
        class: "title",
        at: [12.0, (TOP + bottom) / 2.0],
        anchor: Anchor::Middle,
        text: language.pixels_axis().to_owned(),
        below: None,
        upwards: true,
    }));
    drawing
}

/// The outline of bars as points of a line.
fn steps(shares: &[f64], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> Vec<[f64; 2]> {
    let width = 360.0 / shares.len().max(1) as f64;
    let corners = shares.iter().enumerate().flat_map(|(at, &share)| {
        let (from, to) = (at as f64 * width, (at + 1) as f64 * width);
        [(from, share), (to, share)]
    });
    corners.map(|(degrees, share)| [x(degrees), y(share)]).collect()
}

/// Heads of the columns of the table.
pub(super) fn columns(language: Language) -> [&'static str; 7] {
    [
        language.region(),
        language.mean_phase(),
        language.sd(),
        language.bandwidth(),
        language.entropy(),
        language.synchrony(),
        language.pixels(),
    ]
}

/// Rows of the table: name, and either the cells (the mean phase alone for a difference) or why there are none.
pub(super) fn rows(phases: &Phases, language: Language) -> Vec<(&'static str, Result<Vec<String>, String>)> {
    let regions = [
        (language.of_the_lv(), &phases.lv),
        (language.lv_septal_half(), &phases.septal),
        (language.lv_lateral_half(), &phases.lateral),
        (language.rv_experimental(), &phases.rv),
    ];
    let differences =
        [(language.septal_less_lateral(), &phases.septal_less_lateral), (language.rv_less_lv(), &phases.rv_less_lv)];
    let regions =
        regions.map(|(name, outcome)| (name, cells(outcome, |phase| region(phase, phases.cycle_ms), language)));
    let differences = differences.map(|(name, outcome)| (name, cells(outcome, difference, language)));
    regions.into_iter().chain(differences).collect()
}

fn cells<T>(outcome: &Outcome<T>, of: impl Fn(&T) -> Vec<String>, language: Language) -> Result<Vec<String>, String> {
    match outcome {
        Outcome::Value(value) => Ok(of(value)),
        Outcome::Refused(refusal) => Err(language.not_given(refusal)),
    }
}

fn region(phase: &PhaseHistogram, cycle_ms: Option<f64>) -> Vec<String> {
    vec![
        degrees(phase.mean_degrees) + &in_ms(cycle_ms.map(|cycle| phase.mean_ms(cycle))),
        degrees(phase.sd_degrees) + &in_ms(cycle_ms.map(|cycle| phase.sd_degrees / 360.0 * cycle)),
        degrees(phase.bandwidth_95_degrees),
        format!("{:.2}", phase.entropy),
        format!("{:.3}", phase.synchrony),
        phase.pixels.to_string(),
    ]
}

fn difference(difference: &PhaseDifference) -> Vec<String> {
    vec![signed_degrees(difference.degrees) + &in_ms(difference.ms)]
}

fn table(phases: &Phases, language: Language) -> Markup {
    html! {
        table.phase-numbers {
            thead { tr {
                @for (at, head) in columns(language).into_iter().enumerate() { th.number[at > 0] scope="col" { (head) } }
            } }
            tbody {
                @for (name, cells) in rows(phases, language) {
                    tr {
                        th scope="row" { (name) }
                        @match &cells {
                            Ok(cells) => {
                                @for cell in cells { td.number { (cell) } }
                                @if cells.len() == 1 { td colspan="5" {} }
                            }
                            Err(reason) => td.reason colspan="6" { (reason) },
                        }
                    }
                }
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
        assert_eq!(steps(&[1.0, 3.0], |x| x, |y| y), [[0.0, 1.0], [180.0, 1.0], [180.0, 3.0], [360.0, 3.0]]);
    }
}
