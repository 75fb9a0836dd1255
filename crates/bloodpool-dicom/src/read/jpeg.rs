//! JPEG Lossless frames (process 14, ITU-T T.81 Annex H), decoded strictly: every count is coded, or the frame is refused.

use super::frame_error::FrameError::{self, JpegShort, JpegStructure};

/// Values of one frame of `rows` x `columns` samples.
///
/// The decoder that dicom-rs offers fills a scan that ends early with zero bits and ignores restart intervals, so that
/// counts would be made up without notice. This one is used instead.
pub(crate) fn decode(bytes: &[u8], rows: usize, columns: usize) -> Result<Vec<u16>, FrameError> {
    let mut reader = Segments { bytes, at: 0 };
    match reader.marker()? {
        SOI => {}
        SOC => return Err(JpegStructure("a JPEG 2000 frame, not lossless JPEG")),
        _ => return Err(FrameError::JpegStart),
    }
    let mut tables: [Option<Huffman>; 4] = [None, None, None, None];
    let mut precision = None;
    let mut restart = 0usize;
    loop {
        match reader.marker()? {
            SOF3 => {
                if precision.is_some() {
                    return Err(JpegStructure("two JPEG frame headers"));
                }
                precision = Some(frame_header(reader.segment()?, rows, columns)?);
            }
            DHT => huffman_tables(reader.segment()?, &mut tables)?,
            DRI => match reader.segment()? {
                &[high, low] => restart = usize::from(u16::from_be_bytes([high, low])),
                _ => return Err(JpegStructure("a JPEG restart interval of the wrong length")),
            },
            SOS => {
                let precision = precision.ok_or(JpegStructure("a JPEG scan before the frame header"))?;
                let (table, predictor) = scan_header(reader.segment()?)?;
                let table = tables[table]
                    .as_ref()
                    .ok_or(JpegStructure("the JPEG scan names a Huffman table that is missing"))?;
                if !restart.is_multiple_of(columns.max(1)) {
                    return Err(JpegStructure("a JPEG restart interval that is not whole rows"));
                }
                let scan = Scan { table, predictor, precision, restart_rows: restart / columns.max(1) };
                return scan.decode(&bytes[reader.at..], rows, columns);
            }
            SOF55 => return Err(JpegStructure("a JPEG-LS frame, not lossless JPEG")),
            0xC0..=0xCF => return Err(FrameError::JpegLossy),
            EOI => return Err(JpegStructure("a JPEG frame without a scan")),
            0x01 | 0xD0..=0xD7 => return Err(JpegStructure("a JPEG marker that must not occur here")),
            _ => {
                reader.segment()?;
            }
        }
    }
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const SOF3: u8 = 0xC3;
/// Start of a JPEG-LS frame (ITU-T T.87).
const SOF55: u8 = 0xF7;
/// Start of a JPEG 2000 codestream (ITU-T T.800).
const SOC: u8 = 0x4F;
const DHT: u8 = 0xC4;
const DRI: u8 = 0xDD;

/// Marker segments before the scan.
struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    fn byte(&mut self) -> Result<u8, FrameError> {
        let byte = *self.bytes.get(self.at).ok_or(JpegShort("the JPEG stream ends early"))?;
        self.at += 1;
        Ok(byte)
    }

    fn marker(&mut self) -> Result<u8, FrameError> {
        if self.byte()? != 0xFF {
            return Err(JpegStructure("a JPEG marker is missing"));
        }
        loop {
            match self.byte()? {
                0xFF => {}
                code => return Ok(code),
            }
        }
    }

    fn segment(&mut self) -> Result<&'a [u8], FrameError> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        let start = self.at;
        let end = start + length.checked_sub(2).ok_or(JpegStructure("a JPEG segment without a length"))?;
        self.at = end;
        self.bytes.get(start..end).ok_or(JpegShort("the JPEG stream ends early"))
    }
}

/// Sample precision, once size and components are those of the image (T.81 B.2.2).
fn frame_header(segment: &[u8], rows: usize, columns: usize) -> Result<u8, FrameError> {
    let &[precision, y1, y0, x1, x0, components, _, sampling, _] = segment else {
        return Err(JpegStructure("a JPEG frame header that is not of one component"));
    };
    let (height, width) = (u16::from_be_bytes([y1, y0]), u16::from_be_bytes([x1, x0]));
    if usize::from(height) != rows || usize::from(width) != columns {
        return Err(FrameError::JpegSize { height, width, rows, columns });
    }
    if components != 1 || sampling != 0x11 || !(2..=16).contains(&precision) {
        return Err(FrameError::JpegFormat { components, precision });
    }
    Ok(precision)
}

/// Huffman table and predictor of the one scan (T.81 B.2.3).
fn scan_header(segment: &[u8]) -> Result<(usize, u8), FrameError> {
    let &[1, _, table, predictor, _, shift] = segment else {
        return Err(JpegStructure("a JPEG scan that is not of one component"));
    };
    if !(1..=7).contains(&predictor) || table >> 4 > 3 {
        return Err(JpegStructure("a JPEG scan with an unknown predictor or table"));
    }
    if shift != 0 {
        return Err(FrameError::JpegPointTransform);
    }
    Ok((usize::from(table >> 4), predictor))
}

/// Codes of difference categories by length (T.81 F.2.2.3).
struct Huffman {
    /// Largest code of each length 1 to 16, -1 where there is none.
    largest: [i32; 16],
    /// What to add to a code of each length to find its value.
    offset: [i32; 16],
    values: Vec<u8>,
}

fn huffman_tables(mut segment: &[u8], tables: &mut [Option<Huffman>; 4]) -> Result<(), FrameError> {
    while let Some((&head, rest)) = segment.split_first() {
        let short = JpegStructure("a JPEG Huffman table that is cut off");
        let (counts, rest) = rest.split_at_checked(16).ok_or(short)?;
        let total = counts.iter().map(|&count| usize::from(count)).sum();
        let (values, rest) = rest.split_at_checked(total).ok_or(short)?;
        segment = rest;
        let (mut largest, mut offset) = ([-1i32; 16], [0i32; 16]);
        let (mut code, mut index) = (0i32, 0i32);
        for (length, &count) in counts.iter().enumerate() {
            offset[length] = index - code;
            code += i32::from(count);
            index += i32::from(count);
            if code > 1 << (length + 1) {
                return Err(JpegStructure("a JPEG Huffman table with too many codes"));
            }
            if count > 0 {
                largest[length] = code - 1;
            }
            code <<= 1;
        }
        if values.iter().any(|&value| value > 16) && head >> 4 == 0 {
            return Err(JpegStructure("a JPEG Huffman table with an unknown category"));
        }
        if head >> 4 == 0 {
            *tables.get_mut(usize::from(head)).ok_or(JpegStructure("an unknown JPEG Huffman table"))? =
                Some(Huffman { largest, offset, values: values.to_vec() });
        }
    }
    Ok(())
}

struct Scan<'a> {
    table: &'a Huffman,
    predictor: u8,
    precision: u8,
    /// Rows between restarts; 0 without restarts.
    restart_rows: usize,
}

impl Scan<'_> {
    fn decode(&self, bytes: &[u8], rows: usize, columns: usize) -> Result<Vec<u16>, FrameError> {
        let mut bits = Bits { bytes, at: 0, held: 0, count: 0 };
        let mut values = vec![0u16; rows * columns];
        let mut first_row = 0;
        for row in 0..rows {
            if self.restart_rows > 0 && row > 0 && row.is_multiple_of(self.restart_rows) {
                bits.restart(row / self.restart_rows - 1)?;
                first_row = row;
            }
            for column in 0..columns {
                let at = row * columns + column;
                let left = || i32::from(values[at - 1]);
                let above = || i32::from(values[at - columns]);
                let prediction = match (row == first_row, column == 0) {
                    (true, true) => 1 << (self.precision - 1),
                    (true, false) => left(),
                    (false, true) => above(),
                    (false, false) => {
                        let (a, b, c) = (left(), above(), i32::from(values[at - columns - 1]));
                        match self.predictor {
                            1 => a,
                            2 => b,
                            3 => c,
                            4 => a + b - c,
                            5 => a + ((b - c) >> 1),
                            6 => b + ((a - c) >> 1),
                            _ => (a + b) >> 1,
                        }
                    }
                };
                let difference = self.difference(&mut bits)?;
                values[at] = ((prediction + difference) & 0xFFFF) as u16; // modulo 2^16 (H.1.2.1)
            }
        }
        if values.iter().any(|&value| u32::from(value) >> self.precision != 0) {
            return Err(FrameError::JpegPrecision { precision: self.precision });
        }
        Ok(values)
    }

    fn difference(&self, bits: &mut Bits<'_>) -> Result<i32, FrameError> {
        let mut code = 0i32;
        for length in 0..16 {
            code = (code << 1) | bits.take(1)?;
            if code <= self.table.largest[length] {
                let index = usize::try_from(code + self.table.offset[length]).unwrap_or(usize::MAX);
                let category = *self.table.values.get(index).ok_or(FrameError::JpegCode)?;
                return match category {
                    0 => Ok(0),
                    16 => Ok(32_768),
                    size => {
                        let value = bits.take(size)?;
                        Ok(if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
                    }
                };
            }
        }
        Err(FrameError::JpegCode)
    }
}

/// Entropy-coded bits; a stuffed zero follows each 0xFF byte.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u32,
    count: u8,
}

impl Bits<'_> {
    fn take(&mut self, size: u8) -> Result<i32, FrameError> {
        while self.count < size {
            let byte = *self.bytes.get(self.at).ok_or(JpegShort("the JPEG scan ends before its last pixel"))?;
            self.at += 1;
            if byte == 0xFF {
                if self.bytes.get(self.at) != Some(&0) {
                    return Err(JpegShort("the JPEG scan ends before its last pixel"));
                }
                self.at += 1;
            }
            self.held = (self.held << 8) | u32::from(byte);
            self.count += 8;
        }
        self.count -= size;
        Ok(((self.held >> self.count) & ((1 << size) - 1)) as i32)
    }

    /// Skips padding bits and reads the restart marker that is due.
    fn restart(&mut self, number: usize) -> Result<(), FrameError> {
        self.count = 0;
        let due = [0xFF, 0xD0 + (number % 8) as u8];
        if self.bytes.get(self.at..self.at + 2) != Some(&due) {
            return Err(JpegStructure("a JPEG restart marker is missing"));
        }
        self.at += 2;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 6;
    const COLUMNS: usize = 5;

    fn image() -> Vec<u16> {
        (0..ROWS * COLUMNS).map(|pixel| ((pixel * 7919) % 4096) as u16).collect()
    }

    /// Entropy-coded differences with predictor 1; 17 categories as codes of 5 bits each.
    fn scan(values: &[u16], restart_rows: usize) -> Vec<u8> {
        let (mut bytes, mut held, mut count) = (Vec::new(), 0u64, 0);
        let flush = |held: &mut u64, count: &mut u32, pad: bool, bytes: &mut Vec<u8>| {
            if pad && !count.is_multiple_of(8) {
                let missing = 8 - *count % 8;
                *held = (*held << missing) | ((1 << missing) - 1);
                *count += missing;
            }
            while *count >= 8 {
                *count -= 8;
                let byte = (*held >> *count) as u8;
                bytes.push(byte);
                if byte == 0xFF {
                    bytes.push(0);
                }
            }
        };
        for row in 0..ROWS {
            let fresh = row == 0 || (restart_rows > 0 && row.is_multiple_of(restart_rows));
            if fresh && row > 0 {
                flush(&mut held, &mut count, true, &mut bytes);
                bytes.extend([0xFF, 0xD0 + ((row / restart_rows - 1) % 8) as u8]);
            }
            for column in 0..COLUMNS {
                let at = row * COLUMNS + column;
                let prediction = match (fresh, column) {
                    (true, 0) => 1 << 11,
                    (false, 0) => i32::from(values[at - COLUMNS]),
                    _ => i32::from(values[at - 1]),
                };
                let difference = i32::from(values[at]) - prediction;
                let size = 32 - difference.unsigned_abs().leading_zeros();
                let extra = if difference < 0 { difference - 1 + (1 << size) } else { difference };
                held = (((held << 5) | u64::from(size)) << size) | extra as u64;
                count += 5 + size;
                flush(&mut held, &mut count, false, &mut bytes);
            }
        }
        flush(&mut held, &mut count, true, &mut bytes);
        bytes
    }

    fn frame(restart_rows: usize, shift: u8) -> Vec<u8> {
        let mut bytes = vec![0xFF, SOI, 0xFF, DHT, 0, 2 + 1 + 16 + 17, 0];
        bytes.extend([0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(0..17);
        bytes.extend([0xFF, SOF3, 0, 11, 12, 0, ROWS as u8, 0, COLUMNS as u8, 1, 1, 0x11, 0]);
        bytes.extend([0xFF, DRI, 0, 4, 0, (restart_rows * COLUMNS) as u8]);
        bytes.extend([0xFF, SOS, 0, 8, 1, 1, 0, 1, 0, shift]);
        bytes.extend(scan(&image(), restart_rows));
        bytes.extend([0xFF, EOI]);
        bytes
    }

    #[test]
    fn restart_intervals_begin_again() {
        for rows in [0, 1, 2, 4] {
            assert_eq!(decode(&frame(rows, 0), ROWS, COLUMNS).unwrap(), image(), "{rows}");
        }
    }

    #[test]
    fn a_frame_with_missing_or_changed_counts_is_refused() {
        let whole = frame(0, 0);
        for length in 0..whole.len() - 2 {
            assert!(decode(&whole[..length], ROWS, COLUMNS).is_err(), "{length}");
        }
        assert!(decode(&frame(0, 1), ROWS, COLUMNS).unwrap_err() == FrameError::JpegPointTransform);
        assert!(decode(&whole, ROWS + 1, COLUMNS).unwrap_err().to_string().contains("(0028,0010) Rows"));
        let mut without_restart = frame(2, 0);
        let marker = without_restart.windows(2).position(|pair| pair == [0xFF, 0xD0]).unwrap();
        without_restart[marker + 1] = 0xD3;
        assert!(decode(&without_restart, ROWS, COLUMNS).unwrap_err().to_string().contains("restart marker"));
    }
}
