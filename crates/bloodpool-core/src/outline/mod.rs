//! Outlines that people edit: what the outline of a frame becomes at its first edit, the tools that change it, and how a change
//! spreads to neighbouring frames.
//!
//! This is part of the measurement: the mask that an outline gives decides the LVEF that is signed.
//!
//! ```
//! use bloodpool_core::Mask;
//! use bloodpool_core::outline::{FrameOutline, OutlineEdit, Surroundings};
//!
//! let disc = Mask::from_fn(64, 64, |row, column| (row as f64 - 30.0).hypot(column as f64 - 30.0) < 9.0);
//! let outline = FrameOutline::of_mask(&disc);
//! let surroundings = Surroundings { rows: 64, columns: 64, spacing_mm: [4.0, 4.0], counts: None, lv_probability: None };
//! let wider = OutlineEdit::Transform { shift: [0.0, 0.0], scale: 1.2, degrees: 0.0 }.applied(&outline, &surroundings)?;
//! assert!(wider.mask(64, 64).area() > disc.area());
//! # Ok::<(), bloodpool_core::outline::OutlineEditError>(())
//! ```

mod edit;
mod frame_outline;
mod region;
mod spline;
mod spread;
mod surroundings;

pub use edit::{MOST_POINTS, OutlineEdit, OutlineEditError, drawn_region};
pub use frame_outline::FrameOutline;
pub use spline::{SplineOutline, VERTICES};
pub use spread::{spread, spread_weight};
pub use surroundings::Surroundings;
