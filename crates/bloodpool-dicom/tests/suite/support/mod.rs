//! Synthetic studies and the external tools that check what is written.
#![allow(dead_code)] // each test binary uses some of it

pub(crate) mod bytes;
pub(crate) mod compressed;
pub(crate) mod damage;
pub(crate) mod element_tree;
pub(crate) mod mutated;
pub(crate) mod results;

use std::path::{Path, PathBuf};
use std::process::Command;

use bloodpool_core::study::{GatedStudy, Gating, StudyIdentity};
use bloodpool_dicom::{
    Acquisition, Code, Collimator, EnergyWindow, Framing, GantryRelationship, PatientPosition, Posture, encode_study,
};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, Length, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use ndarray::Array3;

/// A small generator of numbers that are the same on every machine (Knuth's MMIX constants).
pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    /// The next 32 random bits.
    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit.max(1)
    }
}

/// A beating disc, one cycle in `frames` frames, on a noisy background; `peak` is its brightest count.
pub(crate) fn beating_disc(frames: usize, side: usize, peak: f32) -> GatedStudy {
    let mut random = Lcg(1);
    let counts = Array3::from_shape_fn((frames, side, side), |(frame, row, column)| {
        let phase = frame as f64 / frames as f64 * std::f64::consts::TAU;
        let radius = side as f64 * (0.22 + 0.05 * phase.cos());
        let half = side as f64 / 2.0;
        let inside = (row as f64 - half).hypot(column as f64 - half) < radius;
        let level = if inside { peak * 0.8 } else { peak * 0.2 };
        (level * (0.9 + 0.2 * (random.next() as f32 / u32::MAX as f32))).floor()
    });
    let mut study = GatedStudy::new(counts, Some([4.42, 4.42])).unwrap();
    study.gating = Gating {
        frame_time_ms: Some(35.5),
        rr_interval_ms: Some(852.0),
        rr_low_ms: Some(767.0),
        rr_high_ms: Some(937.0),
        beats_accepted: Some(412),
        beats_rejected: Some(9),
    };
    study.identity = StudyIdentity {
        patient_name: Some("Disc^Beating".into()),
        patient_id: Some("SIM-1".into()),
        birth_date: Some("19600131".into()),
        sex: Some("F".into()),
        study_date: Some("20240229".into()),
        study_time: Some("101500".into()),
        accession_number: Some("A-4711".into()),
        study_id: Some("17".into()),
        acquisition_date: Some("20240229".into()),
        acquisition_time: Some("102003.5".into()),
        institution: Some("None".into()),
        study_description: Some("Gated blood pool".into()),
        series_description: Some("GBP rest".into()),
        view: Some("Left anterior oblique".into()),
        manufacturer: Some("bloodpool".into()),
        model_name: Some("simulator".into()),
        simulated: true,
        ..StudyIdentity::default()
    };
    study
}

/// An acquisition of which everything is known.
pub(crate) fn acquisition() -> Acquisition {
    Acquisition {
        position: Some(PatientPosition { posture: Posture::Supine, gantry: GantryRelationship::HeadFirst }),
        radionuclide: Some(Code::technetium_99m()),
        energy_window: Some(EnergyWindow { name: Some("Tc99m".into()), lower_kev: 126.0, upper_kev: 154.0 }),
        collimator: Some(Collimator::Parallel),
        framing: Some(Framing::Forward),
        ..Acquisition::original()
    }
}

/// The same study with 8 bits per pixel; its counts must fit.
pub(crate) fn eight_bits(study: &GatedStudy, vr: VR) -> DefaultDicomObject {
    let mut file = object(study);
    numbers(&mut file, tags::BITS_ALLOCATED, &[8]);
    numbers(&mut file, tags::BITS_STORED, &[8]);
    numbers(&mut file, tags::HIGH_BIT, &[7]);
    let bytes: Vec<u8> = study.counts().iter().map(|&count| count as u8).collect();
    let value = if vr == VR::OB {
        PrimitiveValue::U8(bytes.into())
    } else {
        PrimitiveValue::U16(bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect())
    };
    file.put(DataElement::new(tags::PIXEL_DATA, vr, value));
    file
}

/// Whether an outside tool can be run. Without it a test is skipped with a notice, except where `CI=true`.
pub(crate) fn have(tool: &str, arguments: &[&str]) -> bool {
    let found = Command::new(tool).args(arguments).output().is_ok_and(|output| {
        // dciodvfy has no switch that does nothing; that it starts is enough.
        output.status.success() || tool != "python3"
    });
    assert!(found || std::env::var("CI").as_deref() != Ok("true"), "{tool} {arguments:?} is needed under CI");
    if !found {
        println!("skipped: {tool} {arguments:?} is not installed");
    }
    found
}

/// Standard output and error of a tool.
pub(crate) fn run(tool: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(tool).args(arguments).arg(file).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The DICOM object of a study, to be changed by a test.
pub(crate) fn object(study: &GatedStudy) -> DefaultDicomObject {
    let bytes = encode_study(study, &acquisition()).unwrap();
    dicom_object::from_reader(&bytes[..]).unwrap()
}

/// A folder for one test and the file in it.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// As [`Scratch::new`], in memory where the system offers that: for files that are written very often.
    pub(crate) fn in_memory() -> Self {
        tempfile::tempdir_in("/dev/shm").map_or_else(|_| Self::new(), Self)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file with these bytes.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A beating disc of 24 frames of 64 x 64 whose header `change` changed.
    pub(crate) fn changed(&self, name: &str, change: impl FnOnce(&mut InMemDicomObject)) -> PathBuf {
        let mut file = object(&beating_disc(24, 64, 300.0));
        change(&mut file);
        let mut bytes = Vec::new();
        file.write_all(&mut bytes).unwrap();
        self.file(name, &bytes)
    }
}

/// Puts a text element.
pub(crate) fn text(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

/// Puts a list of 16-bit numbers.
pub(crate) fn numbers(object: &mut InMemDicomObject, tag: Tag, values: &[u16]) {
    object.put(DataElement::new(tag, VR::US, PrimitiveValue::U16(values.into())));
}

/// Puts a sequence.
pub(crate) fn items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::new(items, Length::UNDEFINED)));
}

/// One item of Detector Information Sequence that looks from `code`, `meaning`.
pub(crate) fn detector(code: &str, meaning: &str) -> InMemDicomObject {
    let mut view = InMemDicomObject::new_empty();
    text(&mut view, tags::CODE_VALUE, VR::SH, code);
    text(&mut view, tags::CODING_SCHEME_DESIGNATOR, VR::SH, "SCT");
    text(&mut view, tags::CODE_MEANING, VR::LO, meaning);
    let mut detector = InMemDicomObject::new_empty();
    items(&mut detector, tags::VIEW_CODE_SEQUENCE, vec![view]);
    detector
}
