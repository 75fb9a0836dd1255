//! A value with its interval drawn over the published normal ranges of its quantity, as a small drawing.

use bloodpool_core::function::normal_ranges::normal_ranges_of;
use bloodpool_core::function::{Estimate, Quantity};

use super::drawing::Drawing;

const WIDTH: f64 = 180.0;
const HEIGHT: f64 = 26.0;
const MARGIN: f64 = 8.0;

/// Ends of the axis: both ranges and the value fit, with a tenth beyond. Percentages go from 0 to 100.
fn axis(quantity: Quantity, estimate: &Estimate) -> Option<[f64; 2]> {
    let bands: Vec<[f64; 2]> = normal_ranges_of(quantity).map(|range| range.band()).collect();
    let first = bands.first()?;
    if quantity.unit() == "%" {
        return Some([0.0, 100.0]);
    }
    let [low, high] = bands.iter().fold(*first, |[low, high], band| [low.min(band[0]), high.max(band[1])]);
    // An interval can be very wide; the axis follows it to one band's width beyond the bands.
    let width = high - low;
    let low = low.min(estimate.low.max(low - width)).min(estimate.value);
    let high = high.max(estimate.high.min(high + width)).max(estimate.value);
    let beyond = 0.1 * (high - low);
    Some([(low - beyond).max(0.0).min(low), high + beyond])
}

/// Bands of the published ranges, one below the other, the interval as a line and the value as a dot; `None` where no range is
/// published.
pub(super) fn range_plot(quantity: Quantity, estimate: &Estimate, has_interval: bool) -> Option<Drawing> {
    let [from, to] = axis(quantity, estimate)?;
    let x = |value: f64| (MARGIN + (WIDTH - 2.0 * MARGIN) * (value - from) / (to - from)).clamp(0.0, WIDTH);
    let bands: Vec<[f64; 2]> = normal_ranges_of(quantity).map(|range| range.band()).collect();
    let height = 18.0 / bands.len().max(1) as f64;
    let middle = HEIGHT / 2.0;
    let mut drawing = Drawing::new(WIDTH, HEIGHT);
    drawing.line("axis", [0.0, middle], [WIDTH, middle]);
    for (at, [low, high]) in bands.iter().enumerate() {
        let size = [(x(*high) - x(*low)).max(0.0), height - 1.0];
        drawing.rect("band", [x(*low), 4.0 + at as f64 * height], size, None);
    }
    if has_interval {
        drawing.line("interval", [x(estimate.low), middle], [x(estimate.high), middle]);
    }
    drawing.circle("value", [x(estimate.value), middle], 4.0);
    Some(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_hold_range_and_value() {
        let estimate = |value: f64, low: f64, high: f64| Estimate { value, low, high };
        assert_eq!(axis(Quantity::Lvef, &estimate(30.0, 25.0, 36.0)), Some([0.0, 100.0]));
        // Bands 1.024 to 3.376 and 1.624 to 3.976; the value beyond them at 6.
        let [from, to] = axis(Quantity::PeakFillingRate, &estimate(6.0, 5.0, 30.0)).unwrap();
        assert!((0.0..1.024).contains(&from) && to > 6.0 && to < 8.0, "{from} {to}");
        assert_eq!(axis(Quantity::FillingTime, &estimate(500.0, 480.0, 520.0)), None);
    }

    #[test]
    fn each_published_range_is_a_band() {
        let estimate = Estimate { value: 2.0, low: 1.5, high: 2.6 };
        let plot = range_plot(Quantity::PeakFillingRate, &estimate, true).unwrap().svg(None, "").into_string();
        assert_eq!((plot.matches("class=\"band\"").count(), plot.matches("class=\"interval\"").count()), (2, 1));
        assert!(range_plot(Quantity::FillingTime, &estimate, true).is_none());
    }
}
