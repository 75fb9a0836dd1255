//! `FrameOutline`: the outline of one frame, as a spline or, where no spline gives it back, as its pixels.

use bloodpool_stats::overlap;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::spline::SplineOutline;
use crate::{Contour, Mask};

/// The least Dice of a spline with the mask that it stands for.
const LEAST_DICE: f64 = 0.99;
/// Most pixels of a recorded mask that are believed.
const MOST_PIXELS: usize = crate::study::MAX_SIDE * crate::study::MAX_SIDE;

/// The outline of one frame that a person has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Recorded", into = "Recorded")]
pub enum FrameOutline {
    /// A closed spline.
    Spline(SplineOutline),
    /// Pixels: a shape that the spline cannot give back, for example one that is not star-shaped.
    Mask(Mask),
}

impl FrameOutline {
    /// The outline of a mask: a spline where its Dice with the mask is 0.99 or more, the mask otherwise. Nothing that a person drew
    /// is changed by more than that.
    #[must_use]
    pub fn of_mask(mask: &Mask) -> Self {
        let (rows, columns) = mask.dim();
        match SplineOutline::fitted(mask) {
            Some(spline) if overlap(&spline.mask(rows, columns), mask).is_ok_and(|found| found.dice >= LEAST_DICE) => {
                Self::Spline(spline)
            }
            _ => Self::Mask(mask.clone()),
        }
    }

    /// Its pixels in a matrix.
    #[must_use]
    pub fn mask(&self, rows: usize, columns: usize) -> Mask {
        match self {
            Self::Spline(spline) => spline.mask(rows, columns),
            Self::Mask(mask) if mask.dim() == (rows, columns) => mask.clone(),
            Self::Mask(mask) => Mask::from_fn(rows, columns, |row, column| mask.contains(row, column)),
        }
    }

    /// The spline; of a mask, the one that gives it back best. `None` where there is no pixel.
    #[must_use]
    pub fn spline(&self) -> Option<SplineOutline> {
        match self {
            Self::Spline(spline) => Some(spline.clone()),
            Self::Mask(mask) => SplineOutline::fitted(mask),
        }
    }

    /// What is drawn on the picture.
    #[must_use]
    pub fn polygon(&self) -> Contour {
        match self {
            Self::Spline(spline) => spline.polygon(),
            Self::Mask(mask) => mask.contour(),
        }
    }
}

/// An outline in documents. Of a mask: its matrix, and lengths of runs row by row, the first one outside.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Recorded {
    Spline { vertices: SplineOutline },
    Mask { rows: usize, columns: usize, runs: Vec<usize> },
}

impl From<FrameOutline> for Recorded {
    fn from(outline: FrameOutline) -> Self {
        let mask = match outline {
            FrameOutline::Spline(vertices) => return Self::Spline { vertices },
            FrameOutline::Mask(mask) => mask,
        };
        let (rows, columns) = mask.dim();
        let (mut runs, mut inside) = (vec![0], false);
        for &pixel in mask.pixels() {
            if pixel != inside {
                runs.push(0);
                inside = pixel;
            }
            if let Some(run) = runs.last_mut() {
                *run += 1;
            }
        }
        Self::Mask { rows, columns, runs }
    }
}

impl TryFrom<Recorded> for FrameOutline {
    type Error = String;

    fn try_from(recorded: Recorded) -> Result<Self, String> {
        let (rows, columns, runs) = match recorded {
            Recorded::Spline { vertices } => return Ok(Self::Spline(vertices)),
            Recorded::Mask { rows, columns, runs } => (rows, columns, runs),
        };
        let wanted = rows.checked_mul(columns).filter(|&pixels| pixels <= MOST_PIXELS);
        let found = runs.iter().try_fold(0_usize, |sum, &run| sum.checked_add(run));
        if wanted.is_none() || wanted != found {
            return Err("the runs of a mask do not fill its matrix".into());
        }
        let pixels = runs.iter().enumerate().flat_map(|(index, &run)| std::iter::repeat_n(index % 2 == 1, run));
        let pixels = Array2::from_shape_vec((rows, columns), pixels.collect()).map_err(|error| error.to_string())?;
        Ok(Self::Mask(Mask::new(pixels)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crescent() -> Mask {
        Mask::from_fn(48, 48, |row, column| {
            let far = |x: f64| (row as f64 - 24.0).hypot(column as f64 - x);
            far(24.0) < 14.0 && far(32.0) > 12.0
        })
    }

    #[test]
    fn a_shape_that_no_spline_gives_back_stays_a_mask() {
        let outline = FrameOutline::of_mask(&crescent());
        assert_eq!(outline, FrameOutline::Mask(crescent()));
        let ring =
            Mask::from_fn(48, 48, |row, column| (6.0..12.0).contains(&(row as f64 - 24.0).hypot(column as f64 - 24.0)));
        assert!(matches!(FrameOutline::of_mask(&ring), FrameOutline::Mask(_)));
        assert_eq!(FrameOutline::of_mask(&Mask::empty(9, 9)), FrameOutline::Mask(Mask::empty(9, 9)));
    }

    #[test]
    fn documents_give_outlines_back() {
        let disc = Mask::from_fn(48, 48, |row, column| (row as f64 - 24.0).hypot(column as f64 - 20.0) < 9.3);
        for outline in [FrameOutline::of_mask(&crescent()), FrameOutline::of_mask(&disc)] {
            let text = serde_json::to_string(&outline).unwrap();
            assert_eq!(serde_json::from_str::<FrameOutline>(&text).unwrap(), outline);
        }
        for wrong in [r#""rows":4,"columns":4,"runs":[3]"#, r#""rows":90000000,"columns":900000000,"runs":[1]"#] {
            let text = format!(r#"{{"kind":"mask",{wrong}}}"#);
            assert!(serde_json::from_str::<FrameOutline>(&text).is_err(), "{wrong}");
        }
    }
}
