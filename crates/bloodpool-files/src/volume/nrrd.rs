//! NRRD with its data attached (the format of Teem, <https://teem.sourceforge.net/nrrd/format.html>): raw or gzip.

use ndarray::Array3;

use super::element::{Element, Storage, checked_sides, labels, spacing};
use super::{LabelVolume, compressed, decompressed};

/// Longest header that is read, bytes.
const LONGEST_HEADER: usize = 1 << 16;
/// A direction may be off by so much through rounding.
const DIRECTION_SLACK: f64 = 1e-3;

/// A volume of labels, compressed.
pub(super) fn encode(labels: &Array3<u8>, spacing_mm: Option<[f64; 2]>) -> Vec<u8> {
    let (frames, rows, columns) = labels.dim();
    let [row_mm, column_mm] = spacing_mm.unwrap_or([1.0; 2]);
    let units = if spacing_mm.is_some() { "space units: \"mm\" \"mm\" \"mm\"\n" } else { "" };
    let header = format!(
        "NRRD0004\n# bloodpool; third axis: frames of one cycle\ntype: uint8\ndimension: 3\n\
         space: left-posterior-superior\nsizes: {columns} {rows} {frames}\n\
         space directions: ({column_mm},0,0) (0,{row_mm},0) (0,0,1)\nkinds: domain domain domain\nencoding: gzip\n\
         space origin: (0,0,0)\n{units}\n"
    );
    let voxels: Vec<u8> = labels.iter().copied().collect();
    [header.as_bytes(), &compressed(&voxels)].concat()
}

/// The fields of a header that decide how voxels are read.
#[derive(Debug, Default)]
struct Fields {
    element: Option<Element>,
    sides: Option<Vec<usize>>,
    encoding: Option<String>,
    big_endian: bool,
    space: Option<String>,
    directions: Option<Vec<Option<Vec<f64>>>>,
    spacings: Option<Vec<f64>>,
    units: Option<Vec<String>>,
}

/// Reads a volume of labels.
pub(super) fn decode(bytes: &[u8]) -> Result<LabelVolume, String> {
    let head = &bytes[..bytes.len().min(LONGEST_HEADER)];
    let (end, data_from) = header_end(head).ok_or("its header does not end")?;
    let text = String::from_utf8_lossy(&head[..end]);
    let fields = fields(&text)?;
    let sides = fields.sides.as_deref().ok_or("it does not state its sizes")?;
    let sides = match *sides {
        [columns, rows] => [columns, rows, 1],
        [columns, rows, frames] => [columns, rows, frames],
        _ => return Err(format!("{} axes; a mask has columns, rows and frames", sides.len())),
    };
    checked_sides(sides)?;
    let pixel_spacing_mm = pixel_spacing(&fields)?;
    let element = fields.element.ok_or("it does not state its type")?;
    let storage = Storage { element, big_endian: fields.big_endian, scale: (1.0, 0.0) };
    let data = &bytes[data_from..];
    let labels = match fields.encoding.as_deref() {
        Some("raw") => labels(data, sides, storage),
        Some("gzip" | "gz") => labels(&decompressed(data)?, sides, storage),
        other => return Err(format!("the encoding `{}`; raw and gzip are read", other.unwrap_or("(none)"))),
    }?;
    Ok(LabelVolume { labels, pixel_spacing_mm })
}

/// Where the header ends, and where the data begin: after the first empty line.
fn header_end(bytes: &[u8]) -> Option<(usize, usize)> {
    [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|gap| bytes.windows(gap.len()).position(|window| window == gap).map(|at| (at, at + gap.len())))
        .min()
}

fn fields(text: &str) -> Result<Fields, String> {
    let mut fields = Fields::default();
    for line in text.lines().skip(1).filter(|line| !line.starts_with('#')) {
        // `key:=value` is free text.
        let Some((name, value)) = line.split_once(": ").filter(|_| !line.contains(":=")) else { continue };
        let value = value.trim();
        match name.trim().to_lowercase().as_str() {
            "type" => fields.element = Some(element(value)?),
            "sizes" => {
                let sides = value.split_whitespace().map(str::parse).collect::<Result<_, _>>();
                fields.sides = Some(sides.map_err(|_| format!("sizes of `{value}`"))?);
            }
            "encoding" => fields.encoding = Some(value.to_lowercase()),
            "endian" => fields.big_endian = value.eq_ignore_ascii_case("big"),
            "space" => fields.space = Some(value.to_lowercase()),
            "space directions" => fields.directions = Some(vectors(value)?),
            "spacings" => {
                let spacings = value.split_whitespace().map(str::parse).collect::<Result<_, _>>();
                fields.spacings = Some(spacings.map_err(|_| format!("spacings of `{value}`"))?);
            }
            "space units" => fields.units = Some(value.split_whitespace().map(|unit| unit.replace('"', "")).collect()),
            "data file" | "datafile" => return Err("its data are in another file, which is not read".into()),
            "byte skip" | "byteskip" | "line skip" | "lineskip" if value != "0" => {
                return Err(format!("`{name}: {value}` is not read"));
            }
            _ => {}
        }
    }
    Ok(fields)
}

fn element(name: &str) -> Result<Element, String> {
    Ok(match name {
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => Element::U8,
        "signed char" | "int8" | "int8_t" => Element::I8,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => Element::I16,
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => Element::U16,
        "int" | "signed int" | "int32" | "int32_t" => Element::I32,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => Element::U32,
        "float" => Element::F32,
        "double" => Element::F64,
        other => return Err(format!("voxels of type `{other}`, which no mask has")),
    })
}

/// `(1,0,0) none (0,0,1)`: a vector per axis, or none.
fn vectors(text: &str) -> Result<Vec<Option<Vec<f64>>>, String> {
    let wrong = || format!("space directions of `{text}`");
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("none") {
            found.push(None);
            rest = after.trim_start();
            continue;
        }
        let (inside, after) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')')).ok_or_else(wrong)?;
        let vector = inside.split(',').map(|part| part.trim().parse()).collect::<Result<Vec<f64>, _>>();
        found.push(Some(vector.map_err(|_| wrong())?));
        rest = after.trim_start();
    }
    Ok(found)
}

/// The spacing of rows and columns where it is known; refuses axes of other directions than columns to the left, rows to the back.
fn pixel_spacing(fields: &Fields) -> Result<Option<[f64; 2]>, String> {
    let Some(directions) = &fields.directions else {
        let spacings = fields.spacings.as_deref().unwrap_or_default();
        return Ok(spacings.first().zip(spacings.get(1)).and_then(|(&column, &row)| spacing(row, column)));
    };
    // To the left and to the back is + in LPS and - in RAS; a space without directions in the patient has its own axes.
    let sign = match fields.space.as_deref() {
        Some("right-anterior-superior" | "ras" | "right-anterior-superior-time" | "rast") => -1.0,
        Some("left-anterior-superior" | "las" | "left-anterior-superior-time" | "last") => {
            return Err("its space is left-anterior-superior; LPS and RAS are read".into());
        }
        _ => 1.0,
    };
    let mut lengths = [0.0; 2];
    for (axis, length) in lengths.iter_mut().enumerate() {
        let vector = directions.get(axis).and_then(Option::as_deref).unwrap_or_default();
        *length = vector.iter().map(|part| part * part).sum::<f64>().sqrt();
        let near = vector.iter().enumerate().all(|(part, value)| {
            let expected = if part == axis { sign } else { 0.0 };
            (value / *length - expected).abs() <= DIRECTION_SLACK
        });
        if vector.len() <= axis || !near {
            return Err(format!(
                "its axis {} points to {vector:?}; masks are read with columns to the left and rows to the back",
                axis + 1
            ));
        }
    }
    let known = fields.units.as_ref().is_none_or(|units| units.iter().take(2).all(|unit| unit == "mm"));
    // Without units, lengths of exactly 1 stand for a spacing that is not known.
    let stated = fields.units.is_some() || lengths != [1.0; 2];
    Ok(if known && stated { spacing(lengths[1], lengths[0]) } else { None })
}
