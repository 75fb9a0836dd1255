//! `Axes`: where times and counts lie in the drawing of the time-activity curve.

use bloodpool_core::analysis::TimeActivityCurve;

pub(super) const WIDTH: f64 = 800.0;
pub(super) const HEIGHT: f64 = 252.0;
pub(super) const LEFT: f64 = 78.0;
pub(super) const RIGHT: f64 = 20.0;
pub(super) const TOP: f64 = 26.0;
pub(super) const BOTTOM: f64 = 52.0;

/// The position of values in the drawing.
pub(super) struct Axes {
    pub(super) frames: usize,
    pub(super) frame_time_ms: Option<f64>,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Axes {
    /// Of the start of a frame.
    pub(super) fn x(&self, frame: usize) -> f64 {
        self.across(frame as f64)
    }

    /// Of a place between frames, in frames from the first.
    pub(super) fn across(&self, frames: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * frames / (self.frames.max(2) - 1) as f64
    }

    /// Whether a place, in frames from the first, is within the drawing.
    pub(super) fn holds(&self, frames: f64) -> bool {
        (0.0..=(self.frames.max(2) - 1) as f64).contains(&frames)
    }

    /// Of counts.
    pub(super) fn y(&self, counts: f64) -> f64 {
        TOP + (HEIGHT - TOP - BOTTOM) * (self.high - counts) / (self.high - self.low)
    }

    /// Places (frames from 0, perhaps between two) and labels of the horizontal axis.
    pub(super) fn x_ticks(&self) -> Vec<(f64, String)> {
        match self.frame_time_ms {
            Some(frame_ms) if frame_ms > 0.0 => {
                let step = nice_step((self.frames - 1) as f64 * frame_ms, 8.0);
                let last = ((self.frames - 1) as f64 * frame_ms / step).floor() as usize;
                (0..=last)
                    .map(|tick| (self.across(tick as f64 * step / frame_ms), format!("{:.0}", tick as f64 * step)))
                    .collect()
            }
            _ => {
                let step = nice_step((self.frames - 1) as f64, 12.0).max(1.0) as usize;
                (0..self.frames)
                    .filter(|frame| *frame == 0 || (frame + 1) % step == 0)
                    .map(|frame| (self.across(frame as f64), (frame + 1).to_string()))
                    .collect()
            }
        }
    }
}

/// Axes that hold every curve.
pub(super) fn axes(named: &TimeActivityCurve, beside: Option<&TimeActivityCurve>) -> Axes {
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
pub(super) fn nice_step(span: f64, parts: f64) -> f64 {
    let rough = (span / parts).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough).unwrap_or(10.0);
    factor * power
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
