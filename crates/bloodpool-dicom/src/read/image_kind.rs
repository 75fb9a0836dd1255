//! `ImageKind`: the kinds of nuclear medicine image that are not planar gated ones.

use std::fmt;

/// Kinds of nuclear medicine image that are not planar gated (PS3.3 C.8.4.9.1.1, value 3 of Image Type).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageKind {
    /// STATIC.
    Static,
    /// WHOLE BODY.
    WholeBody,
    /// DYNAMIC.
    Dynamic,
    /// TOMO or GATED TOMO.
    Tomo,
    /// RECON TOMO or RECON GATED TOMO.
    Reconstruction,
    /// TRANSMISSION in value 4.
    Transmission,
    /// Anything else.
    Other,
}

impl ImageKind {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Static => "static_image",
            Self::WholeBody => "whole_body_image",
            Self::Dynamic => "dynamic_image",
            Self::Tomo => "tomo_image",
            Self::Reconstruction => "reconstructed_image",
            Self::Transmission => "transmission_image",
            Self::Other => "not_gated",
        }
    }
}

impl fmt::Display for ImageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static => "a static image",
            Self::WholeBody => "a whole-body image",
            Self::Dynamic => "a dynamic image",
            Self::Tomo => "a tomographic acquisition",
            Self::Reconstruction => "a reconstructed tomogram",
            Self::Transmission => "a transmission image",
            Self::Other => "an image of unknown kind",
        })
    }
}
