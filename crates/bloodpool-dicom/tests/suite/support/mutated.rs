//! `Source` and `mutated`: valid files of every form that the reader knows, and damaged ones that follow from a number.

use std::io::Write;
use std::path::Path;

use bloodpool_core::GatedStudy;
use bloodpool_dicom::{Selection, encode_study, read_study};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use ndarray::Axis;

use super::bytes::parts;
use super::compressed::{jpeg, rle};
use super::damage::{damage_bytes, damage_elements};
use super::element_tree::{Element, Encoding, Value, parse, write_all};
use super::{Lcg, acquisition};

/// Frames of every source.
pub(crate) const FRAMES: usize = 16;
/// Rows and columns of every source.
pub(crate) const SIDE: usize = 64;

/// A valid data set that mutations begin with.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    /// Its elements in each of [`FORMS`].
    forms: Vec<Vec<Element>>,
}

/// How a mutated data set becomes a file.
pub(crate) const FORMS: [(&str, Encoding); 6] = [
    ("1.2.840.10008.1.2.1", Encoding::ExplicitLittle),
    ("1.2.840.10008.1.2", Encoding::ImplicitLittle),
    ("1.2.840.10008.1.2.2", Encoding::ExplicitBig),
    (DEFLATED, Encoding::ExplicitLittle),
    (RLE, Encoding::ExplicitLittle),
    (JPEG, Encoding::ExplicitLittle),
];
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG: &str = "1.2.840.10008.1.2.4.70";

/// 16 of the 24 frames of a simulated heart, so that what still reads can be analysed, too.
pub(crate) fn heart() -> GatedStudy {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/normal.dcm");
    let whole = read_study(&path, &Selection::default()).unwrap();
    let frames: Vec<usize> = (0..FRAMES).map(|frame| frame * whole.frames() / FRAMES).collect();
    let mut study = GatedStudy::new(whole.counts().select(Axis(0), &frames), whole.pixel_spacing_mm()).unwrap();
    assert_eq!((study.rows(), study.columns()), (SIDE, SIDE));
    study.gating = whole.gating.clone();
    study.gating.frame_time_ms = whole.gating.frame_time_ms.map(|time| time * whole.frames() as f64 / FRAMES as f64);
    study.identity = whole.identity;
    study
}

/// One study in the ways in which its values and vectors may be stored, each a list of elements that replace others.
pub(crate) fn sources() -> Vec<Source> {
    let valid = parse(&parts(&encode_study(&heart(), &acquisition()).unwrap()).1);
    let numbers = |tag: [u16; 2], values: &[u16]| {
        Element::new(tag, b"US", values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    };
    let text = |tag: [u16; 2], vr: &[u8; 2], text: &str| Element::new(tag, vr, text);
    let code = |value: &str, meaning: &str| vec![text([0x8, 0x100], b"SH", value), text([0x8, 0x104], b"LO", meaning)];
    let detector = |meaning: &str| vec![Element::sequence([0x54, 0x220], vec![code("x ", meaning)], true)];
    let mapping = vec![
        Element::sequence([0x40, 0x08EA], vec![code("{counts}", "counts")], false),
        Element::new([0x40, 0x9224], b"FD", 3.0_f64.to_le_bytes()),
        Element::new([0x40, 0x9225], b"FD", 2.0_f64.to_le_bytes()),
    ];
    let private = vec![vec![Element::new([0x55, 0x1003], b"UN", *b"ABCD")], Vec::new()];
    let icon = Value::Fragments(vec![Vec::new(), vec![0xFF, 0xD8]]);
    let icon = vec![Element { tag: [0x7FE0, 0x10], vr: *b"OB", value: icon, stated: None }];
    let halves: Vec<u16> = (0..16).map(|frame| 1 + frame / 8).collect();
    let slots: Vec<u16> = (0..16).map(|frame| 1 + frame % 8).collect();
    let changes = [
        ("plain", vec![]),
        ("8 bits", vec![numbers([0x28, 0x100], &[8]), numbers([0x28, 0x101], &[8]), numbers([0x28, 0x102], &[7])]),
        ("signed", vec![numbers([0x28, 0x101], &[12]), numbers([0x28, 0x102], &[11]), numbers([0x28, 0x103], &[1])]),
        ("rescaled", vec![text([0x28, 0x1052], b"DS", "3 "), text([0x28, 0x1053], b"DS", "0.25")]),
        ("least white", vec![text([0x28, 0x4], b"CS", "MONOCHROME1 ")]),
        ("palette", vec![text([0x28, 0x4], b"CS", "PALETTE COLOR ")]),
        ("padded", vec![numbers([0x28, 0x120], &[65535]), numbers([0x28, 0x121], &[65530])]),
        ("mapped", vec![Element::sequence([0x40, 0x9096], vec![mapping], false)]),
        (
            "two detectors",
            vec![
                numbers([0x54, 0x20], &halves),
                numbers([0x54, 0x21], &[2]),
                Element::sequence([0x54, 0x22], vec![detector("Anterior"), detector("Left anterior oblique ")], true),
                numbers([0x54, 0x70], &slots),
                numbers([0x54, 0x71], &[8]),
            ],
        ),
        ("from zero", vec![numbers([0x54, 0x70], &(0..16).collect::<Vec<u16>>())]),
        (
            "odd elements",
            vec![
                Element::sequence([0x55, 0x1001], private, true),
                Element::new([0x55, 0x1004], b"??", *b"AB"),
                Element::sequence([0x88, 0x200], vec![icon], true),
            ],
        ),
    ];
    let replaced = |(name, elements): (&'static str, Vec<Element>)| {
        let kept = |element: &&Element| elements.iter().all(|new| new.tag != element.tag);
        let mut all: Vec<Element> = valid.iter().filter(kept).cloned().collect();
        all.extend(elements);
        all.sort_by_key(|element| element.tag);
        if name == "8 bits"
            && let Some(Element { value: Value::Bytes(pixels), .. }) = all.last_mut()
        {
            *pixels = pixels.chunks(2).map(|pair| if pair[1] == 0 { pair[0] } else { u8::MAX }).collect();
        }
        Source { name, forms: FORMS.iter().map(|(syntax, _)| stored(&all, syntax)).collect() }
    };
    changes.into_iter().map(replaced).collect()
}

/// A mutated file, and what it was made of.
pub(crate) fn mutated(number: u64, sources: &[Source]) -> (String, Vec<u8>) {
    let mut random = random(number);
    let source = &sources[number as usize % sources.len()];
    // Half of the files are of the plainest form.
    let form = if random.below(2) == 0 { 0 } else { random.below(FORMS.len()) };
    // Two thirds keep the structure of a file, a third is damaged wherever the bytes are, and some both.
    let of_elements = random.below(3);
    let of_bytes = if of_elements == 0 || random.below(8) == 0 { 1 + random.below(3) } else { 0 };
    let mut elements = source.forms[form].clone();
    (0..of_elements).for_each(|_| damage_elements(&mut elements, &mut random));
    let mut file = file(&elements, FORMS[form]);
    if random.below(32) == 0 {
        file.drain(..file_meta(FORMS[form].0).len());
    }
    damage(&mut file, of_bytes, &mut random);
    (format!("mutation {number} of the source `{}` as {}", source.name, FORMS[form].0), file)
}

/// The fixtures in `tests/data`, which other encoders compressed: 8 frames of 32 x 32.
pub(crate) fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut fixtures: Vec<(String, Vec<u8>)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "dcm"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    fixtures.sort();
    fixtures
}

/// A fixture whose bytes are damaged, and what it was made of.
pub(crate) fn mutated_fixture(number: u64, fixtures: &[(String, Vec<u8>)]) -> (String, Vec<u8>) {
    let mut random = random(number);
    let (name, bytes) = &fixtures[number as usize % fixtures.len()];
    let mut file = bytes.clone();
    let times = 1 + random.below(3);
    damage(&mut file, times, &mut random);
    (format!("mutation {number} of {name}"), file)
}

fn random(number: u64) -> Lcg {
    Lcg(number.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn damage(file: &mut Vec<u8>, times: usize, random: &mut Lcg) {
    for _ in 0..times {
        if file.len() > 200 {
            damage_bytes(file, random);
        }
    }
}

/// The data set as it is in a file of this transfer syntax, whose pixel data are the last element.
fn stored(elements: &[Element], syntax: &str) -> Vec<Element> {
    let mut elements = elements.to_vec();
    if matches!(syntax, RLE | JPEG)
        && let Some(Element { vr, value, .. }) = elements.last_mut()
        && let Value::Bytes(pixels) = &*value
    {
        let values: Vec<u16> = pixels.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let frames = values.chunks(SIDE * SIDE);
        let frames = frames.map(|frame| if syntax == JPEG { jpeg(frame, SIDE) } else { rle(frame) });
        *value = Value::Fragments(std::iter::once(Vec::new()).chain(frames).collect());
        *vr = *b"OB";
    }
    elements
}

impl Source {
    /// The whole file.
    pub(crate) fn file(&self, form: usize) -> Vec<u8> {
        file(&self.forms[form], FORMS[form])
    }
}

fn file(elements: &[Element], (syntax, encoding): (&str, Encoding)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_all(elements, encoding, &mut bytes);
    if syntax == DEFLATED {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&bytes).unwrap();
        bytes = encoder.finish().unwrap();
    }
    [file_meta(syntax), bytes].concat()
}

/// Preamble and file meta information (PS3.10 7.1).
fn file_meta(syntax: &str) -> Vec<u8> {
    let padded = |text: &str| if text.len().is_multiple_of(2) { text.to_owned() } else { format!("{text}\0") };
    let elements = [
        Element::new([2, 1], b"OB", [0, 1]),
        Element::new([2, 2], b"UI", padded("1.2.840.10008.5.1.4.1.1.20")),
        Element::new([2, 3], b"UI", padded("2.25.1")),
        Element::new([2, 0x10], b"UI", padded(syntax)),
        Element::new([2, 0x12], b"UI", padded("2.25.2")),
    ];
    let mut group = Vec::new();
    write_all(&elements, Encoding::ExplicitLittle, &mut group);
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    let length = Element::new([2, 0], b"UL", (group.len() as u32).to_le_bytes());
    length.write(Encoding::ExplicitLittle, &mut file);
    file.extend(group);
    file
}
