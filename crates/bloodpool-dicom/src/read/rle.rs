//! RLE Lossless frames (PS3.5 Annex G), decoded strictly: a segment gives exactly its pixels or the frame is refused.

use super::frame_error::FrameError;

/// Stored values of one frame of `pixels` pixels with `bytes_per_pixel` of 1, 2 or 4.
///
/// The decoder that comes with dicom-rs panics on offsets and short segments; the checks that would make it safe are
/// the decoding itself.
pub(crate) fn decode(fragment: &[u8], pixels: usize, bytes_per_pixel: usize) -> Result<Vec<u32>, FrameError> {
    let word = |index: usize| {
        let bytes = fragment.get(index * 4..index * 4 + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
    };
    if fragment.len() < 64 {
        return Err(FrameError::RleHeader);
    }
    let segments = word(0).unwrap_or(0);
    if segments != bytes_per_pixel {
        return Err(FrameError::RleSegments { found: segments, needed: bytes_per_pixel });
    }
    let mut values = vec![0u32; pixels];
    for segment in 0..segments {
        let start = word(segment + 1).unwrap_or(0);
        let end = if segment + 1 == segments { fragment.len() } else { word(segment + 2).unwrap_or(0) };
        if start < 64 || end < start || end > fragment.len() {
            return Err(FrameError::RleOutside { segment: segment + 1 });
        }
        // The most significant byte comes first.
        let shift = 8 * (segments - 1 - segment);
        unpack(&fragment[start..end], &mut values, shift, segment + 1)?;
    }
    Ok(values)
}

/// PackBits (PS3.5 G.3.2). What follows the last pixel is padding. `number` is that of the segment, from 1.
fn unpack(segment: &[u8], values: &mut [u32], shift: usize, number: usize) -> Result<(), FrameError> {
    let short = || FrameError::RleShort { segment: number };
    let long = || FrameError::RleLong { segment: number };
    let mut source = segment.iter().copied();
    let mut at = 0;
    while at < values.len() {
        let control = source.next().ok_or_else(short)?;
        match control {
            0..=127 => {
                let run = values.get_mut(at..at + usize::from(control) + 1).ok_or_else(long)?;
                for value in run {
                    *value |= u32::from(source.next().ok_or_else(short)?) << shift;
                }
                at += usize::from(control) + 1;
            }
            128 => {}
            129..=255 => {
                let count = 257 - usize::from(control);
                let byte = source.next().ok_or_else(short)?;
                let run = values.get_mut(at..at + count).ok_or_else(long)?;
                run.iter_mut().for_each(|value| *value |= u32::from(byte) << shift);
                at += count;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut header = vec![segments.len() as u32];
        let mut offset = 64;
        for segment in segments {
            header.push(offset);
            offset += segment.len() as u32;
        }
        header.resize(16, 0);
        let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
        segments.iter().for_each(|segment| bytes.extend(*segment));
        bytes
    }

    #[test]
    fn literal_and_repeated_runs_make_words_high_byte_first() {
        // PS3.5 G.3: -3 repeats the next byte four times, 3 copies the next four.
        let bytes = frame(&[&[0xFD, 0x01], &[0x03, 1, 2, 3, 4, 0x80]]);
        assert_eq!(decode(&bytes, 4, 2).unwrap(), [0x101, 0x102, 0x103, 0x104]);
    }

    #[test]
    fn short_long_and_misplaced_segments_are_refused() {
        assert!(decode(&frame(&[&[0xFE, 1]]), 4, 1).unwrap_err() == FrameError::RleShort { segment: 1 });
        assert!(decode(&frame(&[&[0xFB, 1]]), 4, 1).unwrap_err() == FrameError::RleLong { segment: 1 });
        assert!(decode(&frame(&[&[0xFD, 1]]), 4, 2).unwrap_err().to_string().contains("2 are needed"));
        let mut outside = frame(&[&[0xFD, 1]]);
        outside[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(decode(&outside, 4, 1).unwrap_err() == FrameError::RleOutside { segment: 1 });
        assert!(decode(&[0; 10], 4, 1).unwrap_err() == FrameError::RleHeader);
    }
}
