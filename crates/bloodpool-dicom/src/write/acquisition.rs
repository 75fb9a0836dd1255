//! `Acquisition`: how the counts of a study were acquired, as far as a file can say it and a study does not.

use bloodpool_core::study::acquisition::Radiopharmaceutical;
use bloodpool_core::{AcquisitionRecord, GatedStudy};
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::elements::{decimal, put, put_items, put_known};
use super::record;
use crate::uid::UidSource;

/// How the counts of a study were acquired. What is `None` is written as not recorded; nothing is assumed.
///
/// Institution, camera, dates and view are in [`bloodpool_core::StudyIdentity`], R-R times in [`bloodpool_core::Gating`]; activity, time of
/// injection, angle of the camera and indication in [`bloodpool_core::AcquisitionRecord`].
#[derive(Debug, Clone, PartialEq)]
pub struct Acquisition {
    /// Where the pixel values come from.
    pub pixels: PixelOrigin,
    /// How the patient lay.
    pub position: Option<PatientPosition>,
    /// The radionuclide (PS3.16 CID 18).
    pub radionuclide: Option<Code>,
    /// The radiopharmaceutical (PS3.16 CID 25).
    pub radiopharmaceutical: Option<Code>,
    /// The energy window.
    pub energy_window: Option<EnergyWindow>,
    /// The collimator.
    pub collimator: Option<Collimator>,
    /// How beats were divided into frames.
    pub framing: Option<Framing>,
}

impl Acquisition {
    /// Counts as they were acquired, with nothing else known of the acquisition.
    #[must_use]
    pub fn original() -> Self {
        Self {
            pixels: PixelOrigin::Original,
            position: None,
            radionuclide: None,
            radiopharmaceutical: None,
            energy_window: None,
            collimator: None,
            framing: None,
        }
    }

    /// Counts that were computed from those of another image, with nothing else known of the acquisition.
    #[must_use]
    pub fn derived() -> Self {
        Self { pixels: PixelOrigin::Derived, ..Self::original() }
    }

    /// Adds everything to the source of a UID.
    pub(super) fn identify(&self, source: UidSource) -> UidSource {
        let code = |code: &Option<Code>| code.as_ref().map(|code| format!("{} {}", code.scheme, code.value));
        let window = self.energy_window.as_ref();
        source
            .field("pixels", self.pixels.term())
            .optional("posture", self.position.map(|position| position.posture.coded().1))
            .optional("gantry", self.position.map(|position| position.gantry.coded().1))
            .optional("radionuclide", code(&self.radionuclide))
            .optional("radiopharmaceutical", code(&self.radiopharmaceutical))
            .optional("energy_window", window.and_then(|window| window.name.as_deref()))
            .optional("energy_from_kev", window.map(|window| window.lower_kev.to_string()))
            .optional("energy_to_kev", window.map(|window| window.upper_kev.to_string()))
            .optional("collimator", self.collimator.map(Collimator::term))
            .optional("framing", self.framing.map(Framing::term))
    }

    /// NM/PET Patient Orientation and NM Isotope (PS3.3 C.8.4.6, C.8.4.10).
    pub(super) fn put_patient_and_isotope(&self, object: &mut InMemDicomObject, study: &GatedStudy) {
        let orientation = self.position.map(|position| {
            let mut recumbent = Code::snomed("102538003", "recumbent").item();
            let (value, meaning) = position.posture.coded();
            let modifier = Code::snomed(value, meaning).item();
            put_items(&mut recumbent, tags::PATIENT_ORIENTATION_MODIFIER_CODE_SEQUENCE, vec![modifier]);
            recumbent
        });
        put_items(object, tags::PATIENT_ORIENTATION_CODE_SEQUENCE, orientation.into_iter().collect());
        let gantry = self.position.map(|position| {
            let (value, meaning) = position.gantry.coded();
            Code::snomed(value, meaning).item()
        });
        put_items(object, tags::PATIENT_GANTRY_RELATIONSHIP_CODE_SEQUENCE, gantry.into_iter().collect());

        let window = self.energy_window.as_ref().map(EnergyWindow::item);
        put_items(object, tags::ENERGY_WINDOW_INFORMATION_SEQUENCE, window.into_iter().collect());
        put_items(object, tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, self.drugs(study));
    }

    /// What the study records of each radiopharmaceutical; the codes are those of the first.
    fn drugs(&self, study: &GatedStudy) -> Vec<InMemDicomObject> {
        let coded = self.radionuclide.is_some() || self.radiopharmaceutical.is_some();
        let mut recorded = study.acquisition.radiopharmaceuticals.clone();
        if recorded.is_empty() && coded {
            recorded.push(Radiopharmaceutical::default());
        }
        let code = |code: &Option<Code>, at: usize| code.iter().filter(|_| at == 0).map(Code::item).collect::<Vec<_>>();
        let item = |(at, recorded): (usize, &Radiopharmaceutical)| {
            let mut drug = record::radiopharmaceutical(recorded, &study.identity);
            put_items(&mut drug, tags::RADIONUCLIDE_CODE_SEQUENCE, code(&self.radionuclide, at));
            let drugs = code(&self.radiopharmaceutical, at);
            if !drugs.is_empty() {
                put_items(&mut drug, tags::RADIOPHARMACEUTICAL_CODE_SEQUENCE, drugs);
            }
            drug
        };
        recorded.iter().enumerate().map(item).collect()
    }

    /// One item of Detector Information Sequence (PS3.3 C.8.4.11), without its view.
    pub(super) fn detector(&self, recorded: &AcquisitionRecord) -> InMemDicomObject {
        let mut detector = InMemDicomObject::new_empty();
        record::put_of_detector(&mut detector, recorded);
        put(&mut detector, tags::COLLIMATOR_TYPE, VR::CS, self.collimator.map_or("", Collimator::term));
        for tag in [tags::IMAGE_POSITION_PATIENT, tags::IMAGE_ORIENTATION_PATIENT] {
            detector.put(DataElement::new(tag, VR::DS, PrimitiveValue::Empty));
        }
        detector
    }
}

/// Where pixel values come from: value 1 of Image Type (0008,0008).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelOrigin {
    /// Counts as they were acquired.
    Original,
    /// Values computed from those of another image, for example filtered or scaled counts.
    Derived,
}

impl PixelOrigin {
    pub(super) fn term(self) -> &'static str {
        match self {
            Self::Original => "ORIGINAL",
            Self::Derived => "DERIVED",
        }
    }
}

/// How a recumbent patient lay in the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatientPosition {
    /// On the back or on the belly.
    pub posture: Posture,
    /// Which end of the patient is towards the gantry.
    pub gantry: GantryRelationship,
}

/// How a recumbent patient lies (PS3.16 CID 20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Posture {
    /// On the back.
    Supine,
    /// On the belly.
    Prone,
}

impl Posture {
    /// SNOMED CT code and meaning.
    fn coded(self) -> (&'static str, &'static str) {
        match self {
            Self::Supine => ("40199007", "supine"),
            Self::Prone => ("1240000", "prone"),
        }
    }
}

/// Which end of the patient is towards the gantry (PS3.16 CID 21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GantryRelationship {
    /// The head.
    HeadFirst,
    /// The feet.
    FeetFirst,
}

impl GantryRelationship {
    /// SNOMED CT code and meaning.
    fn coded(self) -> (&'static str, &'static str) {
        match self {
            Self::HeadFirst => ("102540008", "headfirst"),
            Self::FeetFirst => ("102541007", "feet-first"),
        }
    }
}

/// A coded concept (PS3.3 8.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Coding Scheme Designator, for example `SCT` for SNOMED CT.
    pub scheme: String,
    /// Code Value.
    pub value: String,
    /// Code Meaning.
    pub meaning: String,
}

impl Code {
    /// A concept of SNOMED CT.
    #[must_use]
    pub fn snomed(value: &str, meaning: &str) -> Self {
        Self { scheme: "SCT".into(), value: value.into(), meaning: meaning.into() }
    }

    /// The radionuclide of blood pool imaging, Tc-99m.
    #[must_use]
    pub fn technetium_99m() -> Self {
        Self::snomed("72454001", "^99m^Technetium")
    }

    /// A concept of DICOM's own vocabulary (PS3.16 Annex D).
    pub(super) fn dicom(value: &str, meaning: &str) -> Self {
        Self { scheme: "DCM".into(), value: value.into(), meaning: meaning.into() }
    }

    /// A concept of LOINC.
    pub(super) fn loinc(value: &str, meaning: &str) -> Self {
        Self { scheme: "LN".into(), value: value.into(), meaning: meaning.into() }
    }

    /// One item of a code sequence.
    pub(super) fn item(&self) -> InMemDicomObject {
        let mut item = InMemDicomObject::new_empty();
        put_known(&mut item, tags::CODE_VALUE, VR::SH, Some(&self.value), 16);
        put_known(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, Some(&self.scheme), 16);
        put_known(&mut item, tags::CODE_MEANING, VR::LO, Some(&self.meaning), 64);
        item
    }
}

/// The range of photon energies that were counted.
#[derive(Debug, Clone, PartialEq)]
pub struct EnergyWindow {
    /// What the department calls it, for example `Tc99m`.
    pub name: Option<String>,
    /// Lower limit, keV.
    pub lower_kev: f64,
    /// Upper limit, keV.
    pub upper_kev: f64,
}

impl EnergyWindow {
    /// One item of Energy Window Information Sequence.
    fn item(&self) -> InMemDicomObject {
        let mut range = InMemDicomObject::new_empty();
        put(&mut range, tags::ENERGY_WINDOW_LOWER_LIMIT, VR::DS, &decimal(self.lower_kev));
        put(&mut range, tags::ENERGY_WINDOW_UPPER_LIMIT, VR::DS, &decimal(self.upper_kev));
        let mut window = InMemDicomObject::new_empty();
        if self.name.is_some() {
            put_known(&mut window, tags::ENERGY_WINDOW_NAME, VR::SH, self.name.as_deref(), 16);
        }
        put_items(&mut window, tags::ENERGY_WINDOW_RANGE_SEQUENCE, vec![range]);
        window
    }
}

/// The collimator of a planar image: Collimator Type (0018,1181).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Collimator {
    /// Parallel holes.
    Parallel,
    /// Parallel holes at an angle to the crystal.
    Slant,
    /// Diverging holes.
    Diverging,
    /// Pinhole.
    Pinhole,
}

impl Collimator {
    fn term(self) -> &'static str {
        match self {
            Self::Parallel => "PARA",
            Self::Slant => "SLNT",
            Self::Diverging => "DIVG",
            Self::Pinhole => "PINH",
        }
    }
}

/// How a beat was divided into frames: Cardiac Framing Type (0018,1064).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Frames of equal time forward from the R wave.
    Forward,
    /// Frames of equal time backward from the R wave.
    Backward,
    /// Frames of an equal fraction of each beat.
    Percentage,
}

impl Framing {
    pub(super) fn term(self) -> &'static str {
        match self {
            Self::Forward => "FORW",
            Self::Backward => "BACK",
            Self::Percentage => "PCNT",
        }
    }
}
