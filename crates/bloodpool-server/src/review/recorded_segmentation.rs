//! What a model gave for a study, as bytes that are kept with its review: a later model never changes a review.

use std::io::{BufRead, BufReader, Read, Write};

use bloodpool_core::recognition::{Landmarks, Recognition, RightVentricle};
use bloodpool_core::{Certainty, Mask, ModelIdentity, Segmentation};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use ndarray::{Array2, Array3};
use serde::{Deserialize, Serialize};

/// Most bytes of the first line.
const MOST_HEAD_BYTES: u64 = 1 << 20;
/// Most bytes that the rest is inflated to: 64 frames of 1024 x 1024, with all that a network gives.
const MOST_BYTES: usize = 64 * 1024 * 1024 * 14;
const SCHEMA: &str = "bloodpool.recorded-segmentation/1";

/// The first line of a record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    schema: String,
    model: ModelIdentity,
    frames: usize,
    rows: usize,
    columns: usize,
    part: Part,
}

/// What one network gave. Its masks and arrays follow the head, in the order of the fields; those of members after them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    probability: bool,
    fraction: bool,
    right_ventricle: bool,
    landmarks: Option<Vec<Landmarks>>,
    recognition: Option<Recognition>,
    certainty: Option<Certainty>,
    members: Vec<Self>,
}

impl Part {
    fn of(segmentation: &Segmentation) -> Self {
        Self {
            probability: segmentation.lv_probability.is_some(),
            fraction: segmentation.lv_fraction.is_some(),
            right_ventricle: segmentation.rv.is_some(),
            landmarks: segmentation.landmarks.clone(),
            recognition: segmentation.recognition.clone(),
            certainty: segmentation.certainty,
            members: segmentation.members.iter().map(Self::of).collect(),
        }
    }

    /// Bytes per pixel and frame.
    fn bytes_per_pixel(&self) -> usize {
        let arrays = [self.probability, self.fraction].into_iter().filter(|&there| there).count();
        let own = 1 + 4 * arrays + if self.right_ventricle { 5 } else { 0 };
        own + self.members.iter().map(Self::bytes_per_pixel).sum::<usize>()
    }
}

/// A segmentation as a record: everything that a measurement looks at.
///
/// # Errors
/// When masks and arrays differ in size, or there is no memory.
pub(crate) fn encoded(segmentation: &Segmentation, model: &ModelIdentity) -> std::io::Result<Vec<u8>> {
    let (rows, columns) = segmentation.masks.first().map_or((0, 0), Mask::dim);
    let size = (segmentation.masks.len(), rows, columns);
    let part = Part::of(segmentation);
    let head = Head { schema: SCHEMA.into(), model: model.clone(), frames: size.0, rows, columns, part };
    let mut bytes = serde_json::to_vec(&head).map_err(std::io::Error::other)?;
    bytes.push(b'\n');
    put(&mut bytes, segmentation, size)?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&bytes)?;
    encoder.finish()
}

type Size = (usize, usize, usize);

fn put(bytes: &mut Vec<u8>, segmentation: &Segmentation, size: Size) -> std::io::Result<()> {
    let differs = || std::io::Error::other("the masks and arrays of a segmentation differ in size");
    let put_masks = |bytes: &mut Vec<u8>, masks: &[Mask]| {
        if masks.len() != size.0 || masks.iter().any(|mask| mask.dim() != (size.1, size.2)) {
            return Err(differs());
        }
        bytes.extend(masks.iter().flat_map(|mask| mask.pixels().iter().map(|&inside| u8::from(inside))));
        Ok(())
    };
    let put_array = |bytes: &mut Vec<u8>, array: &Array3<f32>| {
        if array.dim() != size {
            return Err(differs());
        }
        bytes.extend(array.iter().flat_map(|value| value.to_le_bytes()));
        Ok(())
    };
    put_masks(bytes, &segmentation.masks)?;
    for array in segmentation.lv_probability.iter().chain(&segmentation.lv_fraction) {
        put_array(bytes, array)?;
    }
    if let Some(RightVentricle { masks, fraction }) = &segmentation.rv {
        put_masks(bytes, masks)?;
        put_array(bytes, fraction)?;
    }
    segmentation.members.iter().try_for_each(|member| put(bytes, member, size))
}

/// The record back; `None` where it is damaged.
#[must_use]
pub(crate) fn decoded(record: &[u8]) -> Option<(Segmentation, ModelIdentity)> {
    let mut reader = BufReader::new(DeflateDecoder::new(record));
    let mut line = Vec::new();
    reader.by_ref().take(MOST_HEAD_BYTES).read_until(b'\n', &mut line).ok()?;
    let head: Head = serde_json::from_slice(&line).ok().filter(|head: &Head| head.schema == SCHEMA)?;
    let size = (head.frames, head.rows, head.columns);
    let pixels = size.0.checked_mul(size.1)?.checked_mul(size.2).filter(|&pixels| pixels > 0)?;
    let members = head.part.members.len() + 1;
    let wanted = pixels.checked_mul(head.part.bytes_per_pixel())?;
    if wanted > MOST_BYTES.checked_mul(members)? {
        return None;
    }
    let mut bytes = Vec::new();
    reader.take(u64::try_from(wanted).ok()? + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() != wanted {
        return None;
    }
    Some((taken(&mut &bytes[..], head.part, size)?, head.model))
}

fn taken(bytes: &mut &[u8], part: Part, size: Size) -> Option<Segmentation> {
    let Part { probability, fraction, right_ventricle, landmarks, recognition, certainty, members } = part;
    let (frames, rows, columns) = size;
    let next = |bytes: &mut &[u8], per_pixel: usize| {
        let (own, rest) = bytes.split_at_checked(frames * rows * columns * per_pixel)?;
        *bytes = rest;
        Some(own.to_vec())
    };
    let masks = |bytes: &mut &[u8]| {
        let own = next(bytes, 1)?;
        let mask = |frame: &[u8]| {
            let pixels = frame.iter().map(|&byte| byte == 1).collect();
            Array2::from_shape_vec((rows, columns), pixels).ok().map(Mask::new)
        };
        own.chunks_exact(rows * columns).map(mask).collect::<Option<Vec<Mask>>>()
    };
    let array = |bytes: &mut &[u8]| {
        let own = next(bytes, 4)?;
        let values = own.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        Array3::from_shape_vec(size, values.collect()).ok()
    };
    let lv = masks(bytes)?;
    let lv_probability = if probability { Some(array(bytes)?) } else { None };
    let lv_fraction = if fraction { Some(array(bytes)?) } else { None };
    let rv =
        if right_ventricle { Some(RightVentricle { masks: masks(bytes)?, fraction: array(bytes)? }) } else { None };
    let members = members.into_iter().map(|member| taken(bytes, member, size)).collect::<Option<Vec<_>>>()?;
    Some(Segmentation { masks: lv, lv_probability, lv_fraction, rv, landmarks, recognition, certainty, members })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(seed: usize) -> Segmentation {
        let masks: Vec<Mask> = (0..3).map(|k| Mask::from_fn(5, 4, |row, column| row + column > k + seed)).collect();
        let array = |times: usize| Array3::from_shape_fn((3, 5, 4), |(a, b, c)| (a + b * c * times) as f32 / 20.0);
        Segmentation {
            rv: Some(RightVentricle { masks: masks.clone(), fraction: array(2) }),
            masks,
            lv_fraction: Some(array(1)),
            landmarks: Some(vec![Landmarks { apex: [0.1, 2.0 / 3.0], valve_plane: [[1.0, 2.0], [3.0, 4.0]] }; 3]),
            certainty: Some(Certainty { looks_dice: Some(0.1 + 0.2), ..Certainty::default() }),
            ..Segmentation::default()
        }
    }

    #[test]
    fn a_record_gives_back_what_it_was_made_of() {
        let model = ModelIdentity { name: "m".into(), sha256: "ab".into() };
        let made = Segmentation { members: vec![given(1), Segmentation { rv: None, ..given(2) }], ..given(0) };
        let record = encoded(&made, &model).unwrap();
        let (back, of) = decoded(&record).unwrap();
        assert_eq!((format!("{back:?}"), of), (format!("{made:?}"), model));
        assert!(decoded(&record[..record.len() - 3]).is_none());
        assert!(decoded(b"no record").is_none());
    }
}
