//! The serial plot: LVEF over time with intervals, the limit of normal and the band of repeat variation about the baseline.

use bloodpool_core::study::calendar::day_number;

use crate::Language;
use crate::report::drawing::{Anchor, Drawing, Shape};
use crate::serial::SerialComparison;
use crate::serial::words::lvef_limit_percent;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 52.0;
/// Room for the names of limit and baseline.
const RIGHT: f64 = 112.0;
/// Least distance of these, so that they do not touch.
const NAME_GAP: f64 = 13.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 44.0;
/// From the axes to the first and the last study.
const INSET: f64 = 46.0;
/// Least distance of two studies, as a share of that of the first from the last.
const LEAST_GAP: f64 = 0.055;
/// Least distance of two dates that are written.
const LABEL_GAP: f64 = 84.0;
/// LVEFs of one axis step, percent.
const STEP: f64 = 10.0;
/// The axis goes on beyond what is shown by so much, percent.
const BEYOND: f64 = 3.0;

/// Where days lie between the first (0) and the last (1): as far from each other as in time, but never on each other. Evenly spaced where
/// a day is not known.
fn places(days: &[Option<i64>]) -> Vec<f64> {
    let count = days.len();
    let evenly = || (0..count).map(|at| if count < 2 { 0.5 } else { at as f64 / (count - 1) as f64 }).collect();
    let Some(known) = days.iter().copied().collect::<Option<Vec<i64>>>() else { return evenly() };
    let (Some(&first), Some(&last)) = (known.first(), known.last()) else { return evenly() };
    if last <= first {
        return evenly();
    }
    let gap = LEAST_GAP.min(1.0 / count as f64);
    let mut places: Vec<f64> = known.iter().map(|day| (day - first) as f64 / (last - first) as f64).collect();
    for at in 1..count {
        places[at] = places[at].max(places[at - 1] + gap);
    }
    let end = places.last().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
    places.iter().map(|place| place / end).collect()
}

/// Where everything lies.
struct Axes {
    places: Vec<f64>,
    low: f64,
    high: f64,
}

impl Axes {
    fn x(&self, study: usize) -> f64 {
        let place = self.places.get(study).copied().unwrap_or(0.5);
        LEFT + INSET + (WIDTH - LEFT - RIGHT - 2.0 * INSET) * place
    }

    fn y(&self, percent: f64) -> f64 {
        let percent = percent.clamp(self.low, self.high);
        TOP + (HEIGHT - TOP - BOTTOM) * (self.high - percent) / (self.high - self.low)
    }
}

/// Half of the width of the band at each study other than the baseline: the larger of both limits, EF points.
fn reaches(serial: &SerialComparison<'_>) -> Vec<(usize, f64)> {
    let reach = |change: &bloodpool_core::function::comparison::Change| {
        let variation = change.repeat_variation.value()?;
        Some((change.study, variation.published_limit_points.max(variation.technical_limit_points)))
    };
    serial.comparison().changes.iter().filter_map(reach).collect()
}

/// Everything that the axis must hold, percent.
fn extremes(serial: &SerialComparison<'_>, reaches: &[(usize, f64)]) -> (f64, f64) {
    let comparison = serial.comparison();
    let mut shown: Vec<f64> = lvef_limit_percent().into_iter().collect();
    for study in comparison.studies.iter().filter(|study| study.lvef_percent.is_some()) {
        shown.extend(study.lvef_percent);
        shown.extend(study.interval.iter().flat_map(|interval| [interval.low, interval.high]));
    }
    shown.extend(serial.studies().iter().filter_map(|study| study.signed.as_ref()).map(|signed| signed.lvef_percent));
    let baseline = comparison.studies.get(comparison.baseline).and_then(|study| study.lvef_percent);
    shown.extend(
        baseline.into_iter().flat_map(|at| reaches.iter().flat_map(move |(_, reach)| [at - reach, at + reach])),
    );
    let (low, high) = shown
        .iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
    let low = (((low - BEYOND) / STEP).floor() * STEP).max(0.0);
    let high = (((high + BEYOND) / STEP).ceil() * STEP).min(100.0);
    // All of it may be withheld, and a value may lie outside of 0 to 100.
    if high > low { (low, high) } else { (0.0, 100.0) }
}

/// The plot.
pub(in crate::report) fn drawing(serial: &SerialComparison<'_>, language: Language) -> Drawing {
    let comparison = serial.comparison();
    let reaches = reaches(serial);
    let (low, high) = extremes(serial, &reaches);
    let days: Vec<Option<i64>> =
        comparison.studies.iter().map(|study| study.date.as_deref().and_then(day_number)).collect();
    let axes = Axes { places: places(&days), low, high };
    let (left, right, bottom) = (LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM);
    let mut drawing = Drawing::new(WIDTH, HEIGHT);
    band(&mut drawing, serial, &axes, &reaches);
    let steps = ((high - low) / STEP).round() as usize;
    for tick in (0..=steps).map(|step| low + step as f64 * STEP) {
        drawing.line("grid", [left, axes.y(tick)], [right, axes.y(tick)]);
        drawing.text("tick", [left - 8.0, axes.y(tick) + 4.0], Anchor::End, format!("{tick:.0}"));
    }
    drawing.line("axis", [left, bottom], [right, bottom]);
    drawing.text("axis-title", [left - 8.0, TOP - 12.0], Anchor::Start, language.serial_axis());
    edges(&mut drawing, serial, &axes, !reaches.is_empty(), language);
    studies(&mut drawing, serial, &axes, language);
    drawing
}

/// The limit of normal and, where there is a band, the baseline, named at their right ends.
fn edges(drawing: &mut Drawing, serial: &SerialComparison<'_>, axes: &Axes, has_band: bool, language: Language) {
    let comparison = serial.comparison();
    let right = WIDTH - RIGHT;
    let limit = lvef_limit_percent().filter(|limit| (axes.low..=axes.high).contains(limit)).map(|limit| {
        let y = axes.y(limit);
        drawing.line("limit", [LEFT, y], [right, y]);
        drawing.text("limit", [right + 6.0, y + 4.0], Anchor::Start, format!("{} {limit:.0}", language.serial_limit()));
        y
    });
    let baseline = comparison.studies.get(comparison.baseline).and_then(|study| study.lvef_percent);
    if let Some(percent) = baseline.filter(|_| has_band) {
        let y = axes.y(percent);
        drawing.line("baseline", [LEFT, y], [right, y]);
        let name = match limit {
            Some(limit) if y <= limit => y.min(limit - NAME_GAP),
            Some(limit) => y.max(limit + NAME_GAP),
            None => y,
        };
        let text = format!("{} {percent:.1}", language.baseline());
        drawing.text("edge", [right + 6.0, name + 4.0], Anchor::Start, text);
    }
}

/// Lines, intervals, values and dates.
fn studies(drawing: &mut Drawing, serial: &SerialComparison<'_>, axes: &Axes, language: Language) {
    let comparison = serial.comparison();
    let bottom = HEIGHT - BOTTOM;
    let known = comparison.studies.iter().enumerate().filter_map(|(at, study)| Some((at, study.lvef_percent?)));
    let points: Vec<[f64; 2]> = known.map(|(at, lvef)| [axes.x(at), axes.y(lvef)]).collect();
    if points.len() > 1 {
        drawing.shapes.push(Shape::Polyline { class: "course", points });
    }
    let mut written = f64::NEG_INFINITY;
    for (at, (study, analysed)) in comparison.studies.iter().zip(serial.studies()).enumerate() {
        let x = axes.x(at);
        drawing.line("axis", [x, bottom], [x, bottom + 5.0]);
        if x - written >= LABEL_GAP {
            let date = study
                .date
                .as_deref()
                .map_or_else(|| language.not_recorded().to_owned(), |date| language.short_date(date));
            drawing.text("tick", [x, bottom + 20.0], Anchor::Middle, date);
            written = x;
        }
        drawing.text("number", [x, bottom + 36.0], Anchor::Middle, (at + 1).to_string());
        if let Some(signed) = &analysed.signed {
            // Beside the value of today, so that both are seen where they agree.
            drawing.circle("signed", [x - 11.0, axes.y(signed.lvef_percent)], 4.5);
        }
        let Some(lvef) = study.lvef_percent else {
            drawing.text("withheld", [x, bottom - 8.0], Anchor::Middle, language.key_withheld());
            continue;
        };
        if let Some(interval) = &study.interval {
            let (low, high) = (axes.y(interval.low), axes.y(interval.high));
            drawing.line("interval", [x, low], [x, high]);
            for end in [low, high] {
                drawing.line("interval", [x - 5.0, end], [x + 5.0, end]);
            }
        }
        let change = comparison.changes.iter().find(|change| change.study == at);
        let beyond =
            change.and_then(|change| change.repeat_variation.value()).is_some_and(|variation| variation.beyond);
        drawing.circle(if beyond { "beyond" } else { "value" }, [x, axes.y(lvef)], 6.0);
        // Below the interval, where neither the course nor another study is.
        let lowest = study.interval.as_ref().map_or(axes.y(lvef) + 6.0, |interval| axes.y(interval.low));
        let at = [x, (lowest + 15.0).min(bottom - 4.0)];
        drawing.text(if beyond { "beyond" } else { "value" }, at, Anchor::Middle, format!("{lvef:.1}"));
    }
}

/// The band about the baseline: at each other study as wide as what repeat variation of the pair explains.
fn band(drawing: &mut Drawing, serial: &SerialComparison<'_>, axes: &Axes, reaches: &[(usize, f64)]) {
    let comparison = serial.comparison();
    let Some(baseline) = comparison.studies.get(comparison.baseline).and_then(|study| study.lvef_percent) else {
        return;
    };
    let (Some(&(_, first)), Some(&(_, last))) = (reaches.first(), reaches.last()) else { return };
    let mut edge = vec![(LEFT, first)];
    edge.extend(reaches.iter().map(|&(study, reach)| (axes.x(study), reach)));
    edge.push((WIDTH - RIGHT, last));
    let upper = edge.iter().map(|&(x, reach)| [x, axes.y(baseline + reach)]);
    let lower = edge.iter().rev().map(|&(x, reach)| [x, axes.y(baseline - reach)]);
    drawing.shapes.push(Shape::Polygon { class: "band", points: upper.chain(lower).collect() });
}

/// What the marks of the plot are: class and meaning.
pub(in crate::report) fn legend(
    serial: &SerialComparison<'_>,
    language: Language,
) -> Vec<(&'static str, &'static str)> {
    let mut legend = vec![("value", language.key_lvef())];
    let variations: Vec<_> =
        serial.comparison().changes.iter().filter_map(|change| change.repeat_variation.value()).collect();
    if variations.iter().any(|variation| variation.beyond) {
        legend.push(("beyond", language.key_beyond()));
    }
    if !variations.is_empty() {
        legend.push(("band", language.key_within()));
    }
    legend.push(("limit", language.key_limit()));
    if serial.studies().iter().any(|study| study.signed.is_some()) {
        legend.push(("signed", language.key_signed()));
    }
    legend
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn studies_lie_as_far_apart_as_in_time_and_never_on_each_other() {
        let close = |found: &[f64], expected: &[f64]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        };
        close(&places(&[Some(0), Some(25), Some(100)]), &[0.0, 0.25, 1.0]);
        close(&places(&[Some(5), Some(5)]), &[0.0, 1.0]);
        close(&places(&[Some(0), None, Some(9)]), &[0.0, 0.5, 1.0]);
        close(&places(&[Some(7)]), &[0.5]);
        let found = places(&[Some(0), Some(0), Some(1), Some(900), Some(900)]);
        assert!(found.windows(2).all(|pair| pair[1] - pair[0] > 0.05), "{found:?}");
        assert_eq!((found[0], found[4]), (0.0, 1.0));
        let many = places(&vec![Some(3); 60].into_iter().chain([Some(4)]).collect::<Vec<_>>());
        assert!(many.windows(2).all(|pair| pair[1] > pair[0]) && many[60] == 1.0);
    }
}
