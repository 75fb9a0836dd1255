//! `Segment`: one region of a segmentation, with a mask for each frame in which it is drawn.

use bloodpool_stats::Mask;

use super::error::ObjectError;
use crate::read::source_study::SourceStudy;
use crate::write::acquisition::Code;

/// What a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SegmentedProperty {
    /// The left ventricle (SCT 87878005).
    LeftVentricle,
    /// The region from which the background was estimated (DCM 125040).
    Background,
}

impl SegmentedProperty {
    /// Segmented Property Category (PS3.16 CID 7150).
    pub(super) fn category(self) -> Code {
        match self {
            Self::LeftVentricle => Code::snomed("91723000", "Anatomical Structure"),
            Self::Background => Code::snomed("309825002", "Spatial and Relational Concept"),
        }
    }

    /// Segmented Property Type.
    pub(super) fn kind(self) -> Code {
        match self {
            Self::LeftVentricle => Code::snomed("87878005", "Left ventricle"),
            Self::Background => Code::dicom("125040", "Background"),
        }
    }

    /// Segment Label.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::LeftVentricle => "Left ventricle",
            Self::Background => "Background region",
        }
    }

    /// Recommended Display CIELab Value as PS3.3 C.10.7.1.1 encodes it: red and blue of sRGB, by the formulas of IEC
    /// 61966-2-1 and CIE 1976 for D65.
    pub(super) fn display_cielab(self) -> [u16; 3] {
        match self {
            Self::LeftVentricle => [34_891, 53_480, 50_167],
            Self::Background => [21_166, 53_247, 5_176],
        }
    }
}

/// Who drew a segment: Segment Algorithm Type (0062,0008).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentAlgorithmType {
    /// The algorithm alone.
    Automatic,
    /// The algorithm, and a person has changed it.
    Semiautomatic,
    /// A person alone.
    Manual,
}

impl SegmentAlgorithmType {
    pub(super) fn term(self) -> &'static str {
        match self {
            Self::Automatic => "AUTOMATIC",
            Self::Semiautomatic => "SEMIAUTOMATIC",
            Self::Manual => "MANUAL",
        }
    }
}

/// One region over the cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// What it is.
    pub property: SegmentedProperty,
    /// Who drew it.
    pub algorithm_type: SegmentAlgorithmType,
    /// A mask for each frame of the source, in the order of the cycle; `None` where the region was not drawn.
    pub masks: Vec<Option<Mask>>,
}

impl Segment {
    /// Whether it has one mask of the source's matrix for each frame of the source, or none, and at least one in all.
    pub(super) fn check(&self, source: &SourceStudy) -> Result<(), ObjectError> {
        if self.masks.len() != source.frames() {
            return Err(ObjectError::MaskFrames { found: self.masks.len(), frames: source.frames() });
        }
        if self.masks.iter().all(Option::is_none) {
            return Err(ObjectError::NoSegment);
        }
        for (index, mask) in self.masks.iter().enumerate() {
            let Some(mask) = mask else { continue };
            let found = <[usize; 2]>::from(mask.dim());
            if found != source.matrix() {
                return Err(ObjectError::MaskMatrix { frame: index + 1, found, matrix: source.matrix() });
            }
        }
        Ok(())
    }
}
