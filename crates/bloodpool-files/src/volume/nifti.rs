//! NIfTI-1 in one file: the header of 348 bytes, and voxels from byte 352 on (Cox et al., NIfTI-1 Data Format, 2004;
//! nifti1.h).

use ndarray::{Array2, Array3};

use super::LabelVolume;
use super::element::{Element, Storage, checked_sides, labels, spacing};

/// Length of the header.
const HEADER: usize = 348;
/// Where voxels begin: after the header and four bytes that say that there is no extension.
const VOXELS_FROM: usize = 352;
/// `NIFTI_XFORM_SCANNER_ANAT`: what ITK writes.
const SCANNER: i16 = 1;
/// `NIFTI_UNITS_MM`.
const MILLIMETRES: u8 = 2;
const UINT8: i16 = 2;
const FLOAT32: i16 = 16;
/// A direction may be off by so much through rounding.
const DIRECTION_SLACK: f64 = 1e-3;

/// A volume of labels.
pub(super) fn encode_labels(labels: &Array3<u8>, spacing_mm: Option<[f64; 2]>) -> Result<Vec<u8>, String> {
    let (frames, rows, columns) = labels.dim();
    let mut bytes = header(&[columns, rows, frames], UINT8, spacing_mm)?;
    bytes.extend(labels.iter().copied());
    Ok(bytes)
}

/// The labels of one image.
pub(super) fn encode_label_image(labels: &Array2<u8>, spacing_mm: Option<[f64; 2]>) -> Result<Vec<u8>, String> {
    let (rows, columns) = labels.dim();
    let mut bytes = header(&[columns, rows], UINT8, spacing_mm)?;
    bytes.extend(labels.iter().copied());
    Ok(bytes)
}

/// One image.
pub(super) fn encode_image(image: &Array2<f32>, spacing_mm: Option<[f64; 2]>) -> Result<Vec<u8>, String> {
    let (rows, columns) = image.dim();
    let mut bytes = header(&[columns, rows], FLOAT32, spacing_mm)?;
    bytes.extend(image.iter().flat_map(|value| value.to_le_bytes()));
    Ok(bytes)
}

/// The header, and the four bytes after it. The affine is `diag(-column_mm, -row_mm, 1)`, both as sform and as qform: half a turn
/// about the third axis.
fn header(sides: &[usize], datatype: i16, spacing_mm: Option<[f64; 2]>) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; VOXELS_FROM];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, &(HEADER as i32).to_le_bytes());
    let count = i16::try_from(sides.len()).map_err(|error| error.to_string())?;
    put(40, &count.to_le_bytes());
    for axis in 0..7 {
        let side = sides.get(axis).copied().unwrap_or(1);
        let side =
            i16::try_from(side).map_err(|_| format!("a side of {side} voxels; it holds at most {}", i16::MAX))?;
        put(42 + 2 * axis, &side.to_le_bytes());
    }
    let bits: i16 = if datatype == UINT8 { 8 } else { 32 };
    put(70, &datatype.to_le_bytes());
    put(72, &bits.to_le_bytes());
    let [row_mm, column_mm] = spacing_mm.unwrap_or([1.0; 2]).map(|mm| mm as f32);
    for (index, value) in [1.0, column_mm, row_mm, 1.0, 1.0, 1.0, 1.0, 1.0].into_iter().enumerate() {
        put(76 + 4 * index, &f32::to_le_bytes(value));
    }
    put(108, &(VOXELS_FROM as f32).to_le_bytes());
    put(112, &1.0_f32.to_le_bytes());
    put(123, &[if spacing_mm.is_some() { MILLIMETRES } else { 0 }]);
    put(148, b"bloodpool; third axis: frames of one cycle");
    put(252, &SCANNER.to_le_bytes());
    put(254, &SCANNER.to_le_bytes());
    // quatern_d: half a turn about the third axis.
    put(264, &1.0_f32.to_le_bytes());
    put(280, &(-column_mm).to_le_bytes());
    put(296 + 4, &(-row_mm).to_le_bytes());
    put(312 + 8, &1.0_f32.to_le_bytes());
    put(344, b"n+1\0");
    Ok(bytes)
}

/// Numbers of a header in its order of bytes.
struct Header<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Header<'_> {
    fn i16(&self, at: usize) -> i16 {
        let pair = [self.bytes[at], self.bytes[at + 1]];
        if self.big_endian { i16::from_be_bytes(pair) } else { i16::from_le_bytes(pair) }
    }

    fn f32(&self, at: usize) -> f64 {
        let mut four = [self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], self.bytes[at + 3]];
        if self.big_endian {
            four.reverse();
        }
        f64::from(f32::from_le_bytes(four))
    }
}

/// Reads a volume of labels.
pub(super) fn decode(bytes: &[u8]) -> Result<LabelVolume, String> {
    let Some(head) = bytes.get(..HEADER) else {
        return Err(format!("it has {} bytes and a header has {HEADER}", bytes.len()));
    };
    let size = [head[0], head[1], head[2], head[3]];
    let big_endian = match (i32::from_le_bytes(size), i32::from_be_bytes(size)) {
        (348, _) => false,
        (_, 348) => true,
        _ => return Err("it does not begin as a NIfTI-1 file".into()),
    };
    if &head[344..348] != b"n+1\0" {
        return Err("it is not NIfTI-1 in one file; a pair of .hdr and .img is not read".into());
    }
    let header = Header { bytes: head, big_endian };
    let sides = sides(&header)?;
    checked_sides(sides)?;
    check_directions(&header)?;
    let (slope, intercept) = (header.f32(112), header.f32(116));
    // The standard: a slope of 0 means that nothing is scaled.
    let scale = if slope == 0.0 || !slope.is_finite() { (1.0, 0.0) } else { (slope, intercept) };
    let storage = Storage { element: element(header.i16(70))?, big_endian, scale };
    let from = header.f32(108);
    if !(from >= HEADER as f64 && from <= bytes.len() as f64) {
        return Err(format!("its voxels begin at byte {from} of {}", bytes.len()));
    }
    let labels = labels(&bytes[from as usize..], sides, storage)?;
    let known = head[123] & 7 == MILLIMETRES;
    let pixel_spacing_mm = if known { spacing(header.f32(84), header.f32(80)) } else { None };
    Ok(LabelVolume { labels, pixel_spacing_mm })
}

/// `[columns, rows, frames]`; a fourth axis after a third of 1 is that of the frames.
fn sides(header: &Header<'_>) -> Result<[usize; 3], String> {
    let all: Vec<i16> = (0..8).map(|index| header.i16(40 + 2 * index)).collect();
    let count = usize::try_from(all[0]).ok().filter(|count| (2..=7).contains(count));
    let count = count.ok_or_else(|| format!("{} axes; images have 2 to 7", all[0]))?;
    let side = |axis: usize| if axis <= count { usize::try_from(all[axis]).unwrap_or(0) } else { 1 };
    let (third, fourth) = (side(3), side(4));
    if (5..=7).any(|axis| side(axis) != 1) || (third != 1 && fourth != 1) {
        return Err(format!("{count} axes of more than one voxel; a mask has columns, rows and frames"));
    }
    Ok([side(1), side(2), third.max(fourth)])
}

fn element(datatype: i16) -> Result<Element, String> {
    Ok(match datatype {
        UINT8 => Element::U8,
        4 => Element::I16,
        8 => Element::I32,
        FLOAT32 => Element::F32,
        64 => Element::F64,
        256 => Element::I8,
        512 => Element::U16,
        768 => Element::U32,
        other => return Err(format!("voxels of type {other}, which no mask has")),
    })
}

/// Refuses axes of other directions than columns to the left, rows to the back. A file without any orientation passes.
fn check_directions(header: &Header<'_>) -> Result<(), String> {
    let affine = if header.i16(254) > 0 {
        // The rows of the matrix; the fourth number of each is the place of the first voxel.
        [280, 296, 312].map(|at| [header.f32(at), header.f32(at + 4), header.f32(at + 8)])
    } else if header.i16(252) > 0 {
        rotation(header)
    } else {
        return Ok(());
    };
    let along = |axis: usize| {
        let column = [affine[0][axis], affine[1][axis], affine[2][axis]];
        let length = column.iter().map(|part| part * part).sum::<f64>().sqrt();
        column.map(|part| if length > 0.0 { part / length } else { 0.0 })
    };
    let expected = [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]];
    for (axis, expected) in expected.into_iter().enumerate() {
        let found = along(axis);
        let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= DIRECTION_SLACK);
        if !near {
            let [x, y, z] = found;
            return Err(format!(
                "its axis {} points to ({x:.2}, {y:.2}, {z:.2}) in RAS; masks are read with columns to the left and rows to the \
                 back, an affine of diag(-column_mm, -row_mm, 1)",
                axis + 1
            ));
        }
    }
    Ok(())
}

/// The rotation of the qform, by its quaternion.
fn rotation(header: &Header<'_>) -> [[f64; 3]; 3] {
    let [b, c, d] = [256, 260, 264].map(|at| header.f32(at));
    let a = (1.0 - b * b - c * c - d * d).max(0.0).sqrt();
    [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
        [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
        [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - c * c - b * b],
    ]
}
