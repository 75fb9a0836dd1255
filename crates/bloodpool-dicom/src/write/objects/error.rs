//! `ObjectError`: why a result cannot be a valid DICOM object.

use crate::attribute::Attribute;

/// What is wrong with the content that was given for an object.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// A text that must not be empty, or has nothing left once characters are removed that its representation forbids.
    #[error("{attribute} must not be empty")]
    Empty {
        /// The attribute that the text is for.
        attribute: Attribute,
    },
    /// A time whose year has not four digits, or an offset from UTC beyond -12 to +14 hours.
    #[error("{unix_seconds} s since 1970 at {utc_offset_minutes} min from UTC is no time that DICOM can write")]
    Time {
        /// Seconds since 1970-01-01 00:00 UTC.
        unix_seconds: i64,
        /// Minutes from UTC.
        utc_offset_minutes: i16,
    },
    /// A hash that is not 64 hexadecimal digits.
    #[error("the SHA-256 of the model is not 64 hexadecimal digits")]
    ModelHash,
    /// An image without pixels or with more than 65535 rows, columns, or too many bytes.
    #[error("{frames} frames of {rows} rows x {columns} columns are no image that DICOM can hold")]
    ImageSize {
        /// Frames.
        frames: usize,
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
    /// Another number of bytes than the image needs.
    #[error(
        "{found} bytes of pixels were given; {frames} frames of {rows} rows x {columns} columns in RGB need {needed}"
    )]
    PixelBytes {
        /// Bytes found.
        found: usize,
        /// Bytes needed.
        needed: usize,
        /// Frames.
        frames: usize,
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
    /// Several frames for an object that has one.
    #[error("a Secondary Capture Image has one frame; {frames} were given")]
    SeveralFrames {
        /// Frames found.
        frames: usize,
    },
    /// A number that is not finite or not in its range.
    #[error("{what} is {value}; it must be {expected}")]
    Number {
        /// What the number is.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// Masks for another number of frames than the source has.
    #[error("masks of {found} frames were given; the source has {frames}")]
    MaskFrames {
        /// Masks found.
        found: usize,
        /// Frames of the source.
        frames: usize,
    },
    /// A mask of another matrix than that of the source.
    #[error("the mask of frame {frame} has {} rows x {} columns; the source has {} x {}", found[0], found[1], matrix[0], matrix[1])]
    MaskMatrix {
        /// Frame, from 1.
        frame: usize,
        /// Rows and columns of the mask.
        found: [usize; 2],
        /// Rows and columns of the source.
        matrix: [usize; 2],
    },
    /// No segment, or a segment without a frame.
    #[error("a segmentation has at least one segment, each with a mask of at least one frame")]
    NoSegment,
    /// Two segments of the same property.
    #[error("two segments are of the same property")]
    DoubleSegment,
    /// A frame that the source does not have.
    #[error("frame {frame} was given; the source has {frames}")]
    Frame {
        /// Frame, from 1.
        frame: usize,
        /// Frames of the source.
        frames: usize,
    },
    /// A contour of fewer than 3 or more than 8190 points, or with a point outside of the image.
    #[error("the contour of frame {frame} is not a polygon of 3 to 8190 points within the image")]
    Contour {
        /// Frame, from 1.
        frame: usize,
    },
    /// An interval that does not contain its value.
    #[error("the interval from {lower} to {upper} does not contain {value}")]
    Interval {
        /// Lower end.
        lower: f64,
        /// Upper end.
        upper: f64,
        /// The value.
        value: f64,
    },
    /// A predecessor that belongs to another study or is not a structured report.
    #[error("a report supersedes structured reports of the same study alone")]
    Predecessor,
    /// Bytes that are not a PDF document.
    #[error("the document does not begin with %PDF-")]
    NotPdf,
    /// A document that is longer than an element can be.
    #[error("the document has {bytes} bytes; an element holds fewer than 4 GiB")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}
