//! `ColourScale`: the colours of a picture of numbers, and the bar that says what they mean.

use image::Rgb;

use super::drawing::{Anchor, Drawing};
use crate::Language;

/// Colours at equal steps from the lowest to the highest value, mixed linearly between.
#[derive(Debug)]
pub(super) struct ColourScale {
    colours: &'static [[u8; 3]],
    low: f64,
    high: f64,
    /// Marked values of the bar.
    ticks: &'static [f64],
    unit: fn(Language) -> &'static str,
}

/// Amplitude in percent of the largest one that is shown: black over red and yellow to white.
pub(super) const AMPLITUDE: ColourScale = ColourScale {
    colours: &[[0, 0, 0], [120, 12, 10], [214, 60, 10], [250, 150, 20], [255, 224, 90], [255, 255, 255]],
    low: 0.0,
    high: 100.0,
    ticks: &[0.0, 25.0, 50.0, 75.0, 100.0],
    unit: Language::percent_of_largest,
};

/// Phase angles: round the circle, so that 0 and 360 degrees have one colour. Ventricles are green, atria violet.
pub(super) const PHASE: ColourScale = ColourScale {
    colours: &[
        [226, 62, 87],
        [245, 154, 48],
        [240, 220, 70],
        [98, 196, 84],
        [36, 170, 160],
        [52, 120, 214],
        [104, 72, 200],
        [176, 64, 180],
        [226, 62, 87],
    ],
    low: 0.0,
    high: 360.0,
    ticks: &[0.0, 90.0, 180.0, 270.0, 360.0],
    unit: Language::degrees,
};

/// Regional EF, percent: dark where a region hardly empties. Told apart by people who confuse red with green, and in grey.
pub(super) const REGIONAL_EF: ColourScale = ColourScale {
    colours: &[[68, 1, 84], [65, 68, 135], [42, 120, 142], [34, 168, 132], [122, 209, 81], [253, 231, 37]],
    low: 0.0,
    high: 100.0,
    ticks: &[0.0, 25.0, 50.0, 75.0, 100.0],
    unit: Language::percent_sign,
};

/// Changes of counts between ED and ES, percent of the largest one: white to blue.
pub(super) const CHANGE: ColourScale = ColourScale {
    colours: &[[0, 0, 0], [10, 44, 92], [24, 104, 170], [90, 170, 220], [190, 226, 244], [255, 255, 255]],
    low: 0.0,
    high: 100.0,
    ticks: &[0.0, 25.0, 50.0, 75.0, 100.0],
    unit: Language::percent_of_largest,
};

impl ColourScale {
    /// Colour of a value; of the nearest end beyond the scale, and of the lowest for no number.
    pub(super) fn colour(&self, value: f64) -> Rgb<u8> {
        let along = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        let along = if along.is_finite() { along } else { 0.0 } * (self.colours.len() - 1) as f64;
        let below = (along.floor() as usize).min(self.colours.len() - 2);
        let share = along - below as f64;
        let mixed = std::array::from_fn(|channel| {
            let [from, to] = [below, below + 1].map(|at| f64::from(self.colours[at][channel]));
            (from + share * (to - from)).round() as u8
        });
        Rgb(mixed)
    }

    /// Whether white writing is read better than black on the colour of a value.
    pub(super) fn is_dark(&self, value: f64) -> bool {
        let Rgb(channels) = self.colour(value);
        // Weights of ITU-R BT.709.
        let luminance: f64 = channels.iter().zip([0.2126, 0.7152, 0.0722]).map(|(&c, w)| f64::from(c) * w).sum();
        luminance < 130.0
    }

    /// The bar with marked values below it. Many small parts, since the page refers to nothing, not even to itself.
    pub(super) fn bar(&self) -> Drawing {
        const PARTS: u32 = 68;
        let width = 272.0 / f64::from(PARTS);
        let x = |value: f64| 14.0 + 272.0 * (value - self.low) / (self.high - self.low);
        let middle = |part: u32| self.low + (self.high - self.low) * (f64::from(part) + 0.5) / f64::from(PARTS);
        let mut drawing = Drawing::new(300.0, 34.0);
        for part in 0..PARTS {
            // A little wider than its share, so that no gap shows.
            let size = [width + if part + 1 < PARTS { 0.5 } else { 0.0 }, 10.0];
            drawing.rect("", [14.0 + f64::from(part) * width, 2.0], size, Some(self.colour(middle(part)).0));
        }
        for &tick in self.ticks {
            drawing.line("axis", [x(tick), 12.0], [x(tick), 16.0]);
            drawing.text("", [x(tick), 28.0], Anchor::Middle, tick.to_string());
        }
        drawing
    }

    /// What the numbers of the bar are.
    pub(super) fn unit(&self, language: Language) -> &'static str {
        (self.unit)(language)
    }

    /// What the bar shows, for those who cannot see it.
    pub(super) fn bar_alt(&self, language: Language) -> String {
        language.bar_alt(self.low, self.high, self.unit(language))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_mixed_between_steps_and_held_beyond_the_ends() {
        // A tenth of the way is half of the first of five steps: the mean of black and 120, 12, 10.
        assert_eq!(AMPLITUDE.colour(10.0), Rgb([60, 6, 5]));
        assert_eq!((AMPLITUDE.colour(-5.0), AMPLITUDE.colour(f64::NAN)), (Rgb([0, 0, 0]), Rgb([0, 0, 0])));
        assert_eq!(AMPLITUDE.colour(400.0), Rgb([255, 255, 255]));
        assert_eq!(PHASE.colour(0.0), PHASE.colour(360.0));
        assert_eq!(REGIONAL_EF.colour(0.0), Rgb([0x44, 0x01, 0x54]));
        assert!(REGIONAL_EF.is_dark(10.0) && !REGIONAL_EF.is_dark(95.0));
    }

    #[test]
    fn the_bar_names_its_values() {
        let bar = PHASE.bar().svg(Some("bar"), &PHASE.bar_alt(Language::English)).into_string();
        assert!(bar.contains(">90</text>") && bar.contains("from 0 to 360 degrees"));
        assert_eq!(bar.matches("<rect").count(), 68);
    }
}
