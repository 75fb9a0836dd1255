//! `FrameError`: why a compressed frame cannot be decoded exactly.

/// Why a compressed frame cannot be decoded exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Fewer bytes than an RLE header has.
    #[error("the RLE header is cut off")]
    RleHeader,
    /// Another number of segments than bytes per pixel.
    #[error("{found} RLE segments where {needed} are needed")]
    RleSegments {
        /// Segments in the frame.
        found: usize,
        /// Bytes per pixel.
        needed: usize,
    },
    /// A segment that starts or ends outside the frame.
    #[error("RLE segment {segment} lies outside the frame")]
    RleOutside {
        /// Segment, from 1.
        segment: usize,
    },
    /// A segment with fewer pixels than the frame.
    #[error("RLE segment {segment} ends before its last pixel")]
    RleShort {
        /// Segment, from 1.
        segment: usize,
    },
    /// A segment with more pixels than the frame.
    #[error("RLE segment {segment} has more pixels than the frame")]
    RleLong {
        /// Segment, from 1.
        segment: usize,
    },
    /// Not a JPEG stream.
    #[error("no JPEG start of image")]
    JpegStart,
    /// A JPEG stream whose segments or scan are not those of one lossless frame of one component (ITU-T T.81).
    #[error("{0}")]
    JpegStructure(&'static str),
    /// JPEG of another process than lossless.
    #[error("not lossless JPEG (process 14)")]
    JpegLossy,
    /// Fewer bytes than the JPEG segments or the scan need.
    #[error("{0}")]
    JpegShort(&'static str),
    /// A JPEG frame of another size than the image.
    #[error("the JPEG frame is {height} x {width}, (0028,0010) Rows x (0028,0011) Columns {rows} x {columns}")]
    JpegSize {
        /// Height in the JPEG stream, pixels.
        height: u16,
        /// Width in the JPEG stream, pixels.
        width: u16,
        /// Rows of the image.
        rows: usize,
        /// Columns of the image.
        columns: usize,
    },
    /// A JPEG frame of several components, or of a precision that cannot be lossless counts.
    #[error("a JPEG frame of {components} components and {precision} bits")]
    JpegFormat {
        /// Components.
        components: u8,
        /// Bits per sample.
        precision: u8,
    },
    /// A JPEG scan that leaves out low bits.
    #[error("a JPEG scan that drops low bits (point transform), which changes counts")]
    JpegPointTransform,
    /// A code that no Huffman table of the frame has.
    #[error("an unknown JPEG code")]
    JpegCode,
    /// Samples that need more bits than the JPEG frame says.
    #[error("JPEG samples that do not fit {precision} bits")]
    JpegPrecision {
        /// Bits per sample.
        precision: u8,
    },
}
