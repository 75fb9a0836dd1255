//! Stored frames as counts: the pixel format, native and compressed frames, and the checks of their values.

use dicom_dictionary_std::tags;
use ndarray::Array3;

use bloodpool_core::study::{MAX_SIDE, MIN_SIDE, StudyError};

use super::error::Problem;
use super::header::{Attributes, quoted};
use super::layout::{Encoding, PixelData};
use super::part10::{Compression, DataSet};
use super::{Note, jpeg, rle};
use crate::attribute::Attribute;

/// Frames of one file over all detectors, windows and intervals.
const MAX_STORED_FRAMES: u32 = 4096;
/// Decoded bytes of one file.
const MAX_PIXEL_BYTES: u64 = 256 << 20;

/// How frames are stored (PS3.3 C.7.6.3, C.8.4.8).
#[derive(Debug, Clone, Copy)]
pub(crate) struct PixelFormat {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) frames: usize,
    bits_allocated: u16,
    bits_stored: u16,
    signed: bool,
    slope: f64,
    intercept: f64,
    /// The least value is shown white (MONOCHROME1), which some converters take for a reason to invert the values.
    pub(crate) least_is_white: bool,
}

impl PixelFormat {
    /// The format from the header; sizes are capped before anything is reserved.
    pub(crate) fn of(root: Attributes<'_>) -> Result<Self, Problem> {
        let rows = root.needed(tags::ROWS)? as usize;
        let columns = root.needed(tags::COLUMNS)? as usize;
        let side = MIN_SIDE..=MAX_SIDE;
        if !side.contains(&rows) || !side.contains(&columns) {
            let tag = if side.contains(&rows) { tags::COLUMNS } else { tags::ROWS };
            return Err(Problem::Study { attribute: Attribute(tag), source: StudyError::MatrixSize { rows, columns } });
        }
        let frames = root.needed(tags::NUMBER_OF_FRAMES)?;
        if !(1..=MAX_STORED_FRAMES).contains(&frames) {
            return Err(invalid(tags::NUMBER_OF_FRAMES, frames, format!("1 to {MAX_STORED_FRAMES}")));
        }
        let samples = root.whole(tags::SAMPLES_PER_PIXEL)?.unwrap_or(1);
        if samples != 1 {
            return Err(invalid(tags::SAMPLES_PER_PIXEL, samples, "1: counts, not colours".into()));
        }
        let photometric = root.text(tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_else(|| "MONOCHROME2".into());
        if !photometric.starts_with("MONOCHROME") {
            let expected = "MONOCHROME2: counts, not colours".into();
            return Err(invalid(tags::PHOTOMETRIC_INTERPRETATION, quoted(&photometric), expected));
        }
        let bits_allocated = root.needed(tags::BITS_ALLOCATED)?;
        if bits_allocated != 8 && bits_allocated != 16 {
            return Err(invalid(tags::BITS_ALLOCATED, bits_allocated, "8 or 16".into()));
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
            return Err(invalid(tags::PIXEL_REPRESENTATION, representation, "0 or 1".into()));
        }
        let slope = root.number(tags::RESCALE_SLOPE)?.unwrap_or(1.0);
        if !(slope.is_finite() && slope > 0.0 && slope < 1e6) {
            return Err(invalid(tags::RESCALE_SLOPE, slope, "a positive number".into()));
        }
        let intercept = root.number(tags::RESCALE_INTERCEPT)?.unwrap_or(0.0);
        if intercept.is_nan() || intercept.abs() > 1e9 {
            return Err(invalid(tags::RESCALE_INTERCEPT, intercept, "a finite number".into()));
        }
        let format = Self {
            rows,
            columns,
            frames: frames as usize,
            bits_allocated: bits_allocated as u16,
            bits_stored: bits_stored as u16,
            signed: representation == 1,
            slope,
            intercept,
            least_is_white: photometric == "MONOCHROME1",
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
        (((1u32 << bits) - 1) as f64 * self.slope + self.intercept) as f32
    }

    /// What a reader of the counts should know about the format.
    pub(crate) fn notes(&self) -> Option<Note> {
        (self.slope != 1.0 || self.intercept != 0.0).then(|| Note {
            code: "rescaled",
            message: format!(
                "{} {} and {} {} were applied; counts are not raw counts",
                Attribute(tags::RESCALE_SLOPE),
                self.slope,
                Attribute(tags::RESCALE_INTERCEPT),
                self.intercept
            ),
        })
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

    /// One stored value as a count.
    fn count(&self, stored: u16, frame: usize, pixel: usize) -> Result<f32, Problem> {
        let (row, column) = (pixel / self.columns, pixel % self.columns);
        let unused = 16 - u32::from(self.bits_stored);
        let value = if self.signed {
            i32::from((stored << unused) as i16 >> unused)
        } else if u32::from(stored) >> self.bits_stored != 0 {
            return Err(Problem::ExceedsBits {
                attribute: Attribute(tags::BITS_STORED),
                bits: self.bits_stored,
                frame: frame + 1,
                row,
                column,
                value: stored,
            });
        } else {
            i32::from(stored)
        };
        let count = f64::from(value) * self.slope + self.intercept;
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
        Ok(count as f32)
    }
}

/// Counts `[frame, row, column]` of the stored frames in `order` (from 0).
pub(crate) fn read(
    data: &DataSet,
    pixel_data: &PixelData,
    format: &PixelFormat,
    order: &[usize],
) -> Result<Array3<f32>, Problem> {
    let source = Source::of(data, pixel_data, format)?;
    let mut counts = Vec::with_capacity(order.len() * format.frame_pixels());
    for &frame in order {
        for (pixel, stored) in source.frame(frame, format)?.into_iter().enumerate() {
            counts.push(format.count(stored, frame, pixel)?);
        }
    }
    Array3::from_shape_vec((order.len(), format.rows, format.columns), counts).map_err(|_| Problem::Malformed {
        attribute: Attribute(tags::PIXEL_DATA),
        what: "a frame of another size".into(),
    })
}

/// Where stored frames are found.
enum Source<'a> {
    Native { bytes: &'a [u8], big_endian: bool, byte_swapped: bool },
    Compressed { frames: Vec<Vec<&'a [u8]>>, compression: Compression },
}

impl<'a> Source<'a> {
    fn of(data: &'a DataSet, pixel_data: &PixelData, format: &PixelFormat) -> Result<Self, Problem> {
        let attribute = Attribute(tags::PIXEL_DATA);
        let damaged = |what: &str| Problem::Malformed { attribute, what: what.into() };
        match (pixel_data, data.compression) {
            (PixelData::Native { bytes, vr }, Compression::None) => {
                let found = bytes.len() as u64;
                let needed = format.bytes();
                // An odd number of bytes is padded to an even one.
                if found != needed && found != needed + needed % 2 {
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
                let big_endian = data.encoding == Encoding::ExplicitBig;
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
            (PixelData::Encapsulated { .. }, _) => {
                Err(damaged("the pixels are compressed, the transfer syntax says not"))
            }
        }
    }

    /// Stored values of one frame (from 0), exactly rows x columns of them.
    fn frame(&self, frame: usize, format: &PixelFormat) -> Result<Vec<u16>, Problem> {
        let pixels = format.frame_pixels();
        match self {
            Self::Native { bytes, byte_swapped, .. } if format.bits_allocated == 8 => {
                let swap = usize::from(*byte_swapped);
                // In big endian words the first of two pixels is the second byte (PS3.5 Annex D).
                let at = |index: usize| bytes.get(index ^ swap).copied().unwrap_or_default();
                Ok((frame * pixels..(frame + 1) * pixels).map(|index| u16::from(at(index))).collect())
            }
            Self::Native { bytes, big_endian, .. } => {
                let bytes = &bytes[frame * pixels * 2..(frame + 1) * pixels * 2];
                let word = |pair: &[u8]| match big_endian {
                    true => u16::from_be_bytes([pair[0], pair[1]]),
                    false => u16::from_le_bytes([pair[0], pair[1]]),
                };
                Ok(bytes.chunks_exact(2).map(word).collect())
            }
            Self::Compressed { frames, compression } => {
                let bytes = frames[frame].concat();
                match compression {
                    Compression::Rle => rle::decode(&bytes, pixels, format.bytes_per_pixel()),
                    _ => jpeg::decode(&bytes, format.rows, format.columns),
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

fn invalid(tag: dicom_core::Tag, value: impl ToString, expected: String) -> Problem {
    Problem::Invalid { attribute: Attribute(tag), value: value.to_string(), expected }
}
