//! Frames compressed as RLE Lossless and JPEG Lossless, by the simplest encoders that the standards allow.

/// One frame as RLE Lossless (PS3.5 Annex G): the more significant bytes, then the others.
pub(crate) fn rle(values: &[u16]) -> Vec<u8> {
    let segments = [8, 0].map(|shift| {
        let bytes: Vec<u8> = values.iter().map(|value| (value >> shift) as u8).collect();
        let mut segment = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let same = bytes[at..].iter().take(128).take_while(|byte| **byte == bytes[at]).count();
            if same > 2 {
                segment.extend([(257 - same) as u8, bytes[at]]);
                at += same;
            } else {
                let literal = bytes[at..].len().min(16);
                segment.push(literal as u8 - 1);
                segment.extend(&bytes[at..at + literal]);
                at += literal;
            }
        }
        segment.resize(segment.len().next_multiple_of(2), 128); // 128 does nothing
        segment
    });
    let mut frame: Vec<u8> =
        [2, 64, 64 + segments[0].len() as u32].into_iter().chain([0; 13]).flat_map(u32::to_le_bytes).collect();
    frame.extend(segments.concat());
    frame
}

/// One frame as JPEG Lossless, Selection Value 1 (ITU-T T.81, process 14), with Huffman codes of 5 bits for every category.
pub(crate) fn jpeg(values: &[u16], columns: usize) -> Vec<u8> {
    let rows = values.len() / columns;
    let mut frame = vec![0xFF, 0xD8];
    let [rows, width] = [rows, columns].map(|side| (side as u16).to_be_bytes());
    frame.extend([0xFF, 0xC3, 0, 11, 16, rows[0], rows[1], width[0], width[1], 1, 1, 0x11, 0]);
    frame.extend([0xFF, 0xC4, 0, 36, 0]);
    frame.extend((1..=16).map(|bits| if bits == 5 { 17 } else { 0 }));
    frame.extend(0..=16);
    frame.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 0, 0]);
    let mut bits = Bits { bytes: frame, pending: 0, count: 0 };
    for (index, &value) in values.iter().enumerate() {
        let predicted = match (index / columns, index % columns) {
            (0, 0) => 1 << 15,
            (_, 0) => values[index - columns],
            _ => values[index - 1],
        };
        let difference = i32::from(value.wrapping_sub(predicted) as i16);
        let category = 32 - difference.unsigned_abs().leading_zeros();
        bits.put(category, 5);
        if category < 16 {
            let low = if difference < 0 { difference - 1 } else { difference };
            bits.put(low as u32 & ((1 << category) - 1), category);
        }
    }
    bits.put(0x7F, 7);
    let mut frame = bits.bytes;
    frame.extend([0xFF, 0xD9]);
    frame.resize(frame.len().next_multiple_of(2), 0);
    frame
}

/// Entropy-coded bits, in which a byte 0xFF is followed by 0.
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, bits: u32) {
        self.pending = self.pending << bits | value;
        self.count += bits;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.pending >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xFF {
                self.bytes.push(0);
            }
        }
        self.pending &= (1 << self.count) - 1;
    }
}
