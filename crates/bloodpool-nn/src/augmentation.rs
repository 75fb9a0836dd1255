//! `Augmentation`: how training views are drawn, as settings.

use serde::{Deserialize, Serialize};

/// How views are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// Share of views of the whole field; the others are windows around the LV.
    pub whole_field: f64,
    /// Furthest shift of a window's centre, as a fraction of its side.
    pub shift: f64,
    /// Smallest side of a window, in square roots of the end-diastolic LV area.
    pub smallest_side: f64,
    /// Largest side of a window, in the same unit.
    pub largest_side: f64,
    /// Largest rotation either way, degrees.
    pub rotation_degrees: f64,
    /// Share of views that are blurred further.
    pub blur: f64,
    /// Largest standard deviation of that blur, in pixels of the grid.
    pub blur_sigma: f64,
    /// Smallest side of a view of the whole field, in sides of the field: below 1 it is cropped.
    pub whole_smallest: f64,
    /// Largest side of a view of the whole field, in sides of the field.
    pub whole_largest: f64,
    /// Furthest shift of a view of the whole field, as a fraction of its side.
    pub whole_shift: f64,
    /// Share of views of the whole field that are mirrored or turned by quarter turns, for a network that predicts the
    /// orientation.
    pub turned: f64,
    /// SD of the elastic distortion along either axis, as a fraction of the side.
    pub elastic: f64,
    /// Largest change of an image's brightness either way, as a fraction. For image networks.
    pub brightness: f64,
    /// Largest change of an image's contrast either way, as a fraction. For image networks.
    pub contrast: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            whole_field: 0.35,
            shift: 0.2,
            smallest_side: 2.3,
            largest_side: 4.8,
            rotation_degrees: 12.0,
            blur: 0.2,
            blur_sigma: 1.2,
            whole_smallest: 0.9,
            whole_largest: 1.15,
            whole_shift: 0.05,
            turned: 0.0,
            elastic: 0.0,
            brightness: 0.0,
            contrast: 0.0,
        }
    }
}

impl Augmentation {
    /// The augmentation of Oh et al. 2022: brightness and contrast within 10 %, elastic deformation, translation, rotation,
    /// scaling and cropping of whole images. The paper does not give the strength of the others.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            whole_field: 1.0,
            blur: 0.0,
            whole_smallest: 0.85,
            whole_largest: 1.15,
            whole_shift: 0.08,
            elastic: 0.01,
            brightness: 0.1,
            contrast: 0.1,
            ..Self::default()
        }
    }
}
