//! `Kind`: the objects that are written, with SOP class, modality, series number and description of each; `SrClass`.

use dicom_dictionary_std::uids;

/// SOP class of a structured report. The content is the same in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SrClass {
    /// Enhanced SR (1.2.840.10008.5.1.4.1.1.88.22).
    Enhanced,
    /// Comprehensive SR (1.2.840.10008.5.1.4.1.1.88.33).
    #[default]
    Comprehensive,
    /// Comprehensive 3D SR (1.2.840.10008.5.1.4.1.1.88.34).
    Comprehensive3D,
}

impl SrClass {
    pub(super) fn sop_class_uid(self) -> &'static str {
        match self {
            Self::Enhanced => uids::ENHANCED_SR_STORAGE,
            Self::Comprehensive => uids::COMPREHENSIVE_SR_STORAGE,
            Self::Comprehensive3D => uids::COMPREHENSIVE3_DSR_STORAGE,
        }
    }

    pub(super) const ALL: [Self; 3] = [Self::Enhanced, Self::Comprehensive, Self::Comprehensive3D];
}

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    SecondaryCapture,
    /// Of the same SOP class, in a series of its own.
    KeyFrame,
    MultiframeSecondaryCapture,
    StructuredReport(SrClass),
    Segmentation,
    EncapsulatedPdf,
}

impl Kind {
    pub(super) fn sop_class_uid(self) -> &'static str {
        match self {
            Self::SecondaryCapture | Self::KeyFrame => uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
            Self::MultiframeSecondaryCapture => uids::MULTI_FRAME_TRUE_COLOR_SECONDARY_CAPTURE_IMAGE_STORAGE,
            Self::StructuredReport(class) => class.sop_class_uid(),
            Self::Segmentation => uids::SEGMENTATION_STORAGE,
            Self::EncapsulatedPdf => uids::ENCAPSULATED_PDF_STORAGE,
        }
    }

    /// Modality (0008,0060). A secondary capture has that of the images that it shows.
    pub(super) fn modality(self) -> &'static str {
        match self {
            Self::SecondaryCapture | Self::KeyFrame | Self::MultiframeSecondaryCapture => "NM",
            Self::StructuredReport(_) => "SR",
            Self::Segmentation => "SEG",
            Self::EncapsulatedPdf => "DOC",
        }
    }

    /// Series Number (0020,0011): behind those of the acquisition.
    pub(super) fn series_number(self) -> u16 {
        match self {
            Self::SecondaryCapture => 9001,
            Self::MultiframeSecondaryCapture => 9002,
            Self::StructuredReport(_) => 9003,
            Self::Segmentation => 9004,
            Self::EncapsulatedPdf => 9005,
            Self::KeyFrame => 9006,
        }
    }

    /// Series Description (0008,103E), which is what a person sees first.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::SecondaryCapture => "LVEF result, research use only",
            Self::KeyFrame => "LVEF key frames with contours, research use only",
            Self::MultiframeSecondaryCapture => "LVEF cine with contours, research use only",
            Self::StructuredReport(_) => "LVEF measurement report, research use only",
            Self::Segmentation => "LV segmentation, research use only",
            Self::EncapsulatedPdf => "LVEF report (PDF), research use only",
        }
    }

    /// What tells it from another kind of the same SOP class, where there is one.
    pub(super) fn purpose(self) -> Option<&'static str> {
        (self == Self::KeyFrame).then_some("key frames")
    }

    /// Whether the object is an image, which has a body part (PS3.3 C.7.3.1).
    pub(super) fn is_image(self) -> bool {
        !matches!(self, Self::StructuredReport(_) | Self::EncapsulatedPdf)
    }
}
