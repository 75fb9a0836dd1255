//! What a model gave for a study, as bytes that are kept with its review: a later model never changes a review.

use std::io::{Read, Write};

use bloodpool_core::{Mask, ModelIdentity, Segmentation};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use ndarray::{Array2, Array3};
use serde::{Deserialize, Serialize};

/// Most bytes that a record is inflated to: 64 frames of 1024 x 1024, twice as `f32` and once as bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024 * 9 + 4096;

/// The first line of a record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    schema: String,
    model: ModelIdentity,
    frames: usize,
    rows: usize,
    columns: usize,
    probability: bool,
    fraction: bool,
}

const SCHEMA: &str = "bloodpool.recorded-segmentation/1";

/// Masks, probability and LV fraction: what measuring an edited study needs. What is recognised in the study is not kept.
///
/// # Errors
/// When there is no memory.
pub(crate) fn encoded(segmentation: &Segmentation, model: &ModelIdentity) -> std::io::Result<Vec<u8>> {
    let (rows, columns) = segmentation.masks.first().map_or((0, 0), Mask::dim);
    let frames = segmentation.masks.len();
    let fits = |array: &&Array3<f32>| array.dim() == (frames, rows, columns);
    let (probability, fraction) =
        (segmentation.lv_probability.as_ref().filter(fits), segmentation.lv_fraction.as_ref().filter(fits));
    let head = Head {
        schema: SCHEMA.into(),
        model: model.clone(),
        frames,
        rows,
        columns,
        probability: probability.is_some(),
        fraction: fraction.is_some(),
    };
    let mut bytes = serde_json::to_vec(&head).map_err(std::io::Error::other)?;
    bytes.push(b'\n');
    for mask in &segmentation.masks {
        bytes.extend(mask.pixels().iter().map(|&inside| u8::from(inside)));
    }
    for value in probability.into_iter().chain(fraction).flatten() {
        bytes.extend(value.to_le_bytes());
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&bytes)?;
    encoder.finish()
}

/// The record back; `None` where it is damaged.
#[must_use]
pub(crate) fn decoded(record: &[u8]) -> Option<(Segmentation, ModelIdentity)> {
    let mut bytes = Vec::new();
    DeflateDecoder::new(record).take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    let head: Head = serde_json::from_slice(&bytes[..end]).ok().filter(|head: &Head| head.schema == SCHEMA)?;
    let (frames, rows, columns) = (head.frames, head.rows, head.columns);
    let pixels = frames.checked_mul(rows)?.checked_mul(columns)?;
    let rest = &bytes[end + 1..];
    let arrays = usize::from(head.probability) + usize::from(head.fraction);
    if rest.len() != pixels.checked_mul(1 + 4 * arrays)? {
        return None;
    }
    let (masks, mut floats) = rest.split_at(pixels);
    let per_frame = rows.checked_mul(columns).filter(|&count| count > 0)?;
    let masks = masks.chunks_exact(per_frame).map(|frame| {
        let pixels = frame.iter().map(|&byte| byte == 1).collect();
        Array2::from_shape_vec((rows, columns), pixels).ok().map(Mask::new)
    });
    let masks = masks.collect::<Option<Vec<Mask>>>()?;
    let mut array = |present: bool| -> Option<Array3<f32>> {
        if !present {
            return None;
        }
        let (own, others) = floats.split_at(pixels * 4);
        floats = others;
        let values = own.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        Array3::from_shape_vec((frames, rows, columns), values.collect()).ok()
    };
    let lv_probability = array(head.probability);
    let lv_fraction = array(head.fraction);
    Some((Segmentation { masks, lv_probability, lv_fraction, ..Segmentation::default() }, head.model))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_back_what_it_was_made_of() {
        let masks: Vec<Mask> = (0..3).map(|k| Mask::from_fn(5, 4, |row, column| row + column > k)).collect();
        let fraction = Array3::from_shape_fn((3, 5, 4), |(a, b, c)| (a + b * c) as f32 / 20.0);
        let model = ModelIdentity { name: "m".into(), sha256: "ab".into() };
        let made = Segmentation { masks, lv_fraction: Some(fraction), ..Segmentation::default() };
        let record = encoded(&made, &model).unwrap();
        let (back, of) = decoded(&record).unwrap();
        assert_eq!(
            (back.masks, back.lv_fraction, back.lv_probability, of),
            (made.masks, made.lv_fraction, None, model)
        );
        assert!(decoded(&record[..record.len() - 3]).is_none());
        assert!(decoded(b"no record").is_none());
    }
}
