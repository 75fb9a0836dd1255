//! Stored frames as counts: the pixel format, native and compressed frames, and the checks of their values.

use dicom_dictionary_std::tags;
use ndarray::Array3;

use bloodpool_core::study::{MAX_SIDE, MIN_SIDE, StudyError};

use super::element::Encoding;
use super::error::Problem;
use super::header::Attributes;
use super::layout::PixelData;
use super::note::Note;
use super::part10::DataSet;
use super::transfer_syntax::Compression;
use super::values::{Padding, Scale, invalid, least_is_white};
use super::{jpeg, rle};
use crate::attribute::Attribute;

/// Frames of one file over all detectors, windows and intervals.
const MAX_STORED_FRAMES: u32 = 4096;
/// The largest count: whole numbers are exact up to it in single precision.
const MAX_COUNT: i64 = 1 << 24;
/// Decoded bytes of one file.
const MAX_PIXEL_BYTES: u64 = 256 << 20;

/// How frames are stored (PS3.3 C.7.6.3, C.8.4.8).
#[derive(Debug, Clone)]
pub(crate) struct PixelFormat {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) frames: usize,
    bits_allocated: u16,
    bits_stored: u16,
    signed: bool,
    scale: Scale,
    padding: Option<Padding>,
    /// What a reader of the counts should know about the format.
    pub(crate) notes: Vec<Note>,
    /// The least value is shown white (MONOCHROME1), which some converters take for a reason to invert the values.
    pub(crate) least_is_white: bool,
}

impl PixelFormat {
    /// The format from the header; sizes are capped before anything is reserved.
    pub(crate) fn of(root: Attributes<'_>) -> Result<Self, Problem> {
        Self::of_frames(root, root.needed(tags::NUMBER_OF_FRAMES)?)
    }

    /// As [`Self::of`], for a file of as many frames.
    pub(crate) fn of_frames(root: Attributes<'_>, frames: u32) -> Result<Self, Problem> {
        let rows = root.needed(tags::ROWS)? as usize;
        let columns = root.needed(tags::COLUMNS)? as usize;
        let side = MIN_SIDE..=MAX_SIDE;
        if !side.contains(&rows) || !side.contains(&columns) {
            let tag = if side.contains(&rows) { tags::COLUMNS } else { tags::ROWS };
            return Err(Problem::Study { attribute: Attribute(tag), source: StudyError::MatrixSize { rows, columns } });
        }
        if !(1..=MAX_STORED_FRAMES).contains(&frames) {
            return Err(invalid(tags::NUMBER_OF_FRAMES, frames, format!("1 to {MAX_STORED_FRAMES}")));
        }
        let samples = root.whole(tags::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        if samples != 1 {
            return Err(invalid(tags::SAMPLES_PER_PIXEL, samples, "1: counts, not colours"));
        }
        let mut notes = Vec::new();
        let least_is_white = least_is_white(root, &mut notes)?;
        let bits_allocated = root.needed(tags::BITS_ALLOCATED)?;
        if !matches!(bits_allocated, 8 | 16 | 32) {
            return Err(invalid(tags::BITS_ALLOCATED, bits_allocated, "8, 16 or 32"));
        }
        let bits_stored = root.whole(tags::BITS_STORED)?.unwrap_or(bits_allocated);
        if !(1..=bits_allocated).contains(&bits_stored) {
            return Err(invalid(tags::BITS_STORED, bits_stored, format!("1 to {bits_allocated}")));
        }
        let high_bit = root.whole(tags::HIGH_BIT)?.unwrap_or(bits_stored - 1);
        if high_bit != bits_stored - 1 {
            return Err(invalid(tags::HIGH_BIT, high_bit, format!("{}, one less than Bits Stored", bits_stored - 1)));
        }
        let representation = root.whole(tags::PIXEL_REPRESENTATION)?.unwrap_or(0);
        if representation > 1 {
            return Err(invalid(tags::PIXEL_REPRESENTATION, representation, "0 or 1"));
        }
        let signed = representation == 1;
        let format = Self {
            rows,
            columns,
            frames: frames as usize,
            bits_allocated: bits_allocated as u16,
            bits_stored: bits_stored as u16,
            signed,
            scale: Scale::of(root, &mut notes)?,
            padding: Padding::of(root, signed)?,
            notes,
            least_is_white,
        };
        if format.bytes() > MAX_PIXEL_BYTES {
            let expected = format!("fewer: at most {MAX_PIXEL_BYTES} bytes of pixels");
            return Err(invalid(tags::NUMBER_OF_FRAMES, frames, expected));
        }
        Ok(format)
    }

    /// The largest count that the format can hold.
    pub(crate) fn saturation(&self) -> f32 {
        let bits = self.bits_stored - u16::from(self.signed);
        (((1u64 << bits) - 1) as f64 * self.scale.slope + self.scale.intercept) as f32
    }

    /// Whether frames of both formats can be frames of one study.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let of = |format: &Self| (format.rows, format.columns, format.least_is_white);
        of(self) == of(other)
    }

    /// The error where frames differ in the pixels that were not measured.
    pub(crate) fn padding_varies(&self) -> Problem {
        self.padding.map_or_else(
            || Problem::Missing { attribute: Attribute(tags::PIXEL_PADDING_VALUE), why: Some("other frames have one") },
            Padding::varies,
        )
    }

    fn frame_pixels(&self) -> usize {
        self.rows * self.columns
    }

    fn bytes_per_pixel(&self) -> usize {
        usize::from(self.bits_allocated / 8)
    }

    fn bytes(&self) -> u64 {
        (self.frame_pixels() * self.bytes_per_pixel()) as u64 * self.frames as u64
    }

    /// Whether native pixel data of this length can be these frames, with padding after the last one (PS3.5 8.1.1).
    ///
    /// Bytes that are a frame, or that another number of rows or columns would explain, are not padding.
    pub(crate) fn fits(&self, found: u64) -> bool {
        let Some(trailing) = found.checked_sub(self.bytes()) else { return false };
        let line = |pixels: usize| (pixels * self.bytes_per_pixel() * self.frames) as u64;
        let frame = (self.frame_pixels() * self.bytes_per_pixel()) as u64;
        let explained = |bytes: u64| trailing.is_multiple_of(bytes);
        trailing == 0 || (trailing < frame && !explained(line(self.rows)) && !explained(line(self.columns)))
    }

    /// One stored value as a count; `None` for padding.
    fn count(&self, stored: u32, frame: usize, pixel: usize) -> Result<Option<f32>, Problem> {
        let (row, column) = (pixel / self.columns, pixel % self.columns);
        let unused = 32 - u32::from(self.bits_stored);
        let value = if self.signed { i64::from((stored << unused) as i32 >> unused) } else { i64::from(stored) };
        // Padding may use bits that counts do not.
        let whole = if self.signed && self.bits_allocated == 16 { i64::from(stored as u16 as i16) } else { value };
        if self.padding.is_some_and(|padding| padding.holds(value) || padding.holds(whole)) {
            return Ok(None);
        }
        if !self.signed && u64::from(stored) >> self.bits_stored != 0 {
            return Err(Problem::ExceedsBits {
                attribute: Attribute(tags::BITS_STORED),
                bits: self.bits_stored,
                frame: frame + 1,
                row,
                column,
                value: stored,
            });
        }
        if value > MAX_COUNT {
            let place = format!("{value} at frame {}, row {row}, column {column}", frame + 1);
            return Err(invalid(tags::PIXEL_DATA, place, format!("at most {MAX_COUNT} per pixel")));
        }
        let count = value as f64 * self.scale.slope + self.scale.intercept;
        if count < 0.0 {
            let tag = if value < 0 { tags::PIXEL_REPRESENTATION } else { tags::RESCALE_INTERCEPT };
            return Err(Problem::NegativeCount {
                attribute: Attribute(tag),
                frame: frame + 1,
                row,
                column,
                value: count,
            });
        }
        Ok(Some(count as f32))
    }

    /// The sum of the stored values that gave counts of this sum.
    pub(crate) fn stored_sum(&self, counts: f64, pixels: usize) -> f64 {
        (counts - self.scale.intercept * pixels as f64) / self.scale.slope
    }
}

/// Counts of some frames, and what is unusual about the pixels.
pub(crate) struct Counts {
    /// `[frame, row, column]`.
    pub(crate) values: Array3<f32>,
    /// Pixels of every frame that were not measured, by row.
    pub(crate) padded: Vec<bool>,
    pub(crate) notes: Vec<Note>,
}

/// Counts of the stored frames in `order` (from 0).
pub(crate) fn read(
    data: &DataSet,
    pixel_data: &PixelData,
    format: &PixelFormat,
    order: &[usize],
) -> Result<Counts, Problem> {
    let mut notes = Vec::new();
    let source = Source::of(data, pixel_data, format, &mut notes)?;
    let mut counts = Vec::with_capacity(order.len() * format.frame_pixels());
    let mut padded: Vec<bool> = Vec::new();
    for (index, &frame) in order.iter().enumerate() {
        for (pixel, stored) in source.frame(frame, format)?.into_iter().enumerate() {
            let count = format.count(stored, frame, pixel)?;
            counts.push(count.unwrap_or_default());
            match format.padding.filter(|padding| !padding.is_zero()) {
                Some(_) if index == 0 => padded.push(count.is_none()),
                Some(padding) if padded.get(pixel) != Some(&count.is_none()) => return Err(padding.varies()),
                _ => {}
            }
        }
    }
    let marked = padded.iter().filter(|&&padded| padded).count();
    if marked > 0 {
        notes.push(Padding::note(marked));
    }
    let values = Array3::from_shape_vec((order.len(), format.rows, format.columns), counts).map_err(|_| {
        Problem::Malformed { attribute: Attribute(tags::PIXEL_DATA), what: "a frame of another size".into() }
    })?;
    Ok(Counts { values, padded, notes })
}

/// Where stored frames are found.
enum Source<'a> {
    Native { bytes: &'a [u8], big_endian: bool, byte_swapped: bool },
    Compressed { frames: Vec<Vec<&'a [u8]>>, compression: Compression },
}

impl<'a> Source<'a> {
    fn of(
        data: &'a DataSet,
        pixel_data: &PixelData,
        format: &PixelFormat,
        notes: &mut Vec<Note>,
    ) -> Result<Self, Problem> {
        let attribute = Attribute(tags::PIXEL_DATA);
        let damaged = |what: &str| Problem::Malformed { attribute, what: what.into() };
        match (pixel_data, data.compression) {
            (PixelData::Native { bytes, vr }, Compression::None) => {
                let found = bytes.len() as u64;
                let needed = format.bytes();
                if !format.fits(found) {
                    return Err(Problem::PixelCountMismatch {
                        attribute,
                        found,
                        needed,
                        rows: format.rows,
                        columns: format.columns,
                        frames: format.frames,
                        bits: format.bits_allocated,
                    });
                }
                // An odd number of bytes is padded to an even one.
                if found > needed + needed % 2 {
                    let trailing = found - needed;
                    let message = format!("{attribute} has {trailing} bytes after the last frame; they were ignored");
                    notes.push(Note { code: "trailing_bytes", message });
                }
                let big_endian = data.encoding == Encoding::ExplicitBig;
                if big_endian && format.bits_allocated == 32 {
                    return Err(invalid(tags::BITS_ALLOCATED, 32, "8 or 16 in big endian"));
                }
                let byte_swapped = big_endian && format.bits_allocated == 8 && *vr == Some(*b"OW");
                Ok(Self::Native { bytes: &data.bytes[bytes.clone()], big_endian, byte_swapped })
            }
            (PixelData::Encapsulated { offsets, fragments }, Compression::Rle | Compression::JpegLossless) => {
                let fragments: Vec<&[u8]> = fragments.iter().map(|range| &data.bytes[range.clone()]).collect();
                let frames = group(&data.bytes[offsets.clone()], fragments, format.frames, data.compression);
                if frames.len() != format.frames {
                    return Err(Problem::FrameCountMismatch { attribute, found: frames.len(), frames: format.frames });
                }
                Ok(Self::Compressed { frames, compression: data.compression })
            }
            (PixelData::Native { .. }, _) => Err(damaged("the transfer syntax says compressed, the pixels are not")),
            (PixelData::Encapsulated { .. }, _) if !data.names_syntax => Err(Problem::Missing {
                attribute: Attribute(tags::TRANSFER_SYNTAX_UID),
                why: Some("the pixels are compressed, and without it nothing says how"),
            }),
            (PixelData::Encapsulated { .. }, _) => {
                Err(damaged("the pixels are compressed, the transfer syntax says not"))
            }
        }
    }

    /// Stored values of one frame (from 0), exactly rows x columns of them.
    fn frame(&self, frame: usize, format: &PixelFormat) -> Result<Vec<u32>, Problem> {
        let pixels = format.frame_pixels();
        match self {
            Self::Native { bytes, byte_swapped, .. } if format.bits_allocated == 8 => {
                let swap = usize::from(*byte_swapped);
                // In big endian words the first of two pixels is the second byte (PS3.5 Annex D).
                let at = |index: usize| bytes.get(index ^ swap).copied().unwrap_or_default();
                Ok((frame * pixels..(frame + 1) * pixels).map(|index| u32::from(at(index))).collect())
            }
            Self::Native { bytes, .. } if format.bits_allocated == 32 => {
                let bytes = &bytes[frame * pixels * 4..(frame + 1) * pixels * 4];
                let value = |quad: &[u8]| u32::from_le_bytes([quad[0], quad[1], quad[2], quad[3]]);
                Ok(bytes.chunks_exact(4).map(value).collect())
            }
            Self::Native { bytes, big_endian, .. } => {
                let bytes = &bytes[frame * pixels * 2..(frame + 1) * pixels * 2];
                let word = |pair: &[u8]| match big_endian {
                    true => u32::from(u16::from_be_bytes([pair[0], pair[1]])),
                    false => u32::from(u16::from_le_bytes([pair[0], pair[1]])),
                };
                Ok(bytes.chunks_exact(2).map(word).collect())
            }
            Self::Compressed { frames, compression } => {
                let bytes = frames[frame].concat();
                match compression {
                    Compression::Rle => rle::decode(&bytes, pixels, format.bytes_per_pixel()),
                    _ => jpeg::decode(&bytes, format.rows, format.columns)
                        .map(|values| values.into_iter().map(u32::from).collect()),
                }
                .map_err(|error| Problem::CorruptFrame {
                    attribute: Attribute(tags::PIXEL_DATA),
                    frame: frame + 1,
                    error,
                })
            }
        }
    }
}

/// Fragments of each frame: one each, or by the offset table, or a new frame where a JPEG stream starts (PS3.5 A.4).
fn group<'a>(offsets: &[u8], fragments: Vec<&'a [u8]>, frames: usize, compression: Compression) -> Vec<Vec<&'a [u8]>> {
    if fragments.len() == frames || compression == Compression::Rle {
        return fragments.into_iter().map(|fragment| vec![fragment]).collect();
    }
    let offset = |quad: &[u8]| u64::from(u32::from_le_bytes([quad[0], quad[1], quad[2], quad[3]]));
    let starts: Vec<u64> = offsets.chunks_exact(4).map(offset).collect();
    let mut grouped: Vec<Vec<&[u8]>> = Vec::new();
    let mut position = 0u64;
    for fragment in fragments {
        let opens = if starts.is_empty() { fragment.starts_with(&[0xFF, 0xD8]) } else { starts.contains(&position) };
        position += 8 + fragment.len() as u64;
        match grouped.last_mut() {
            Some(last) if !opens => last.push(fragment),
            _ => grouped.push(vec![fragment]),
        }
    }
    grouped
}
