//! Voxels as files store them: the type of a number, the order of its bytes, and its value as a label.

use ndarray::Array3;

use super::MOST_VOXELS;

/// The type of a stored number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    F64,
}

impl Element {
    /// Bytes per number.
    pub(super) fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The number in these bytes, which are [`Element::size`] many; 0 otherwise.
    fn value(self, bytes: &[u8], big_endian: bool) -> f64 {
        fn array<const N: usize>(bytes: &[u8], reversed: bool) -> [u8; N] {
            let mut array = [0; N];
            if bytes.len() == N {
                array.copy_from_slice(bytes);
            }
            if reversed {
                array.reverse();
            }
            array
        }
        let turned = big_endian;
        match self {
            Self::U8 => f64::from(u8::from_le_bytes(array(bytes, turned))),
            Self::I8 => f64::from(i8::from_le_bytes(array(bytes, turned))),
            Self::U16 => f64::from(u16::from_le_bytes(array(bytes, turned))),
            Self::I16 => f64::from(i16::from_le_bytes(array(bytes, turned))),
            Self::U32 => f64::from(u32::from_le_bytes(array(bytes, turned))),
            Self::I32 => f64::from(i32::from_le_bytes(array(bytes, turned))),
            Self::F32 => f64::from(f32::from_le_bytes(array(bytes, turned))),
            Self::F64 => f64::from_le_bytes(array(bytes, turned)),
        }
    }
}

/// How voxels are stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storage {
    pub(super) element: Element,
    pub(super) big_endian: bool,
    /// What stored numbers are multiplied by, and what is then added.
    pub(super) scale: (f64, f64),
}

/// The sides of a volume `[columns, rows, frames]` and their number of voxels, within what is read.
pub(super) fn checked_sides(sides: [usize; 3]) -> Result<usize, String> {
    let [columns, rows, frames] = sides;
    let voxels = sides.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
    match voxels {
        Some(voxels) if (1..=MOST_VOXELS).contains(&voxels) => Ok(voxels),
        _ => Err(format!("{columns} x {rows} x {frames} voxels; 1 to {MOST_VOXELS} are read")),
    }
}

/// The labels that these bytes stand for, columns first; surplus bytes are ignored.
pub(super) fn labels(bytes: &[u8], sides: [usize; 3], storage: Storage) -> Result<Array3<u8>, String> {
    let voxels = checked_sides(sides)?;
    let size = storage.element.size();
    let needed = voxels * size;
    let stored = bytes
        .get(..needed)
        .ok_or_else(|| format!("its {voxels} voxels need {needed} bytes and {} are left", bytes.len()))?;
    let label = |number: &[u8]| {
        let value = storage.element.value(number, storage.big_endian) * storage.scale.0 + storage.scale.1;
        let whole = value.is_finite() && value.fract() == 0.0 && (0.0..=255.0).contains(&value);
        whole
            .then_some(value as u8)
            .ok_or_else(|| format!("a voxel of {value}; labels are whole numbers from 0 to 255"))
    };
    let labels = stored.chunks_exact(size).map(label).collect::<Result<Vec<_>, _>>()?;
    let [columns, rows, frames] = sides;
    Array3::from_shape_vec((frames, rows, columns), labels).map_err(|error| error.to_string())
}

/// The spacing `[rows, columns]` of lengths that are positive and finite.
pub(super) fn spacing(row_mm: f64, column_mm: f64) -> Option<[f64; 2]> {
    let length = |mm: f64| mm.is_finite() && mm > 0.0;
    (length(row_mm) && length(column_mm)).then_some([row_mm, column_mm])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type_and_order_are_read() {
        // struct.pack of 7 in Python: '>h' is 00 07, '<f' is 00 00 e0 40, '>d' is 40 1c 00 ...
        assert_eq!(Element::I16.value(&[0, 7], true), 7.0);
        assert_eq!(Element::U16.value(&[7, 0], false), 7.0);
        assert_eq!(Element::F32.value(&[0, 0, 0xe0, 0x40], false), 7.0);
        assert_eq!(Element::F64.value(&[0x40, 0x1c, 0, 0, 0, 0, 0, 0], true), 7.0);
        assert_eq!(Element::I8.value(&[0xff], false), -1.0);
    }

    #[test]
    fn what_is_no_label_is_refused() {
        let read = |value: f32| {
            let storage = Storage { element: Element::F32, big_endian: false, scale: (1.0, 0.0) };
            labels(&value.to_le_bytes(), [1, 1, 1], storage)
        };
        assert_eq!(read(3.0).unwrap()[[0, 0, 0]], 3);
        for value in [0.5, -1.0, 256.0, f32::NAN, f32::INFINITY] {
            assert!(read(value).unwrap_err().contains("whole numbers from 0 to 255"), "{value}");
        }
    }

    #[test]
    fn sides_are_held_against_the_bytes() {
        let storage = Storage { element: Element::U8, big_endian: false, scale: (1.0, 0.0) };
        assert!(labels(&[0; 5], [2, 3, 1], storage).unwrap_err().contains("need 6 bytes and 5 are left"));
        assert!(labels(&[], [0, 3, 1], storage).unwrap_err().contains("0 x 3 x 1"));
        assert!(checked_sides([usize::MAX, 2, 2]).is_err());
    }
}
