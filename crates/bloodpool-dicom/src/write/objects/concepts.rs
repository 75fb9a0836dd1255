//! The coded concepts of measurement reports: those of DICOM, SNOMED CT, LOINC and UCUM, and the three of our own.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::uid::UidSource;
use crate::write::acquisition::Code;
use crate::write::elements::put;

/// Designator of our own concepts, for which no vocabulary has a code.
const OWN: &str = "99BLOODPOOL";

/// A concept of our own.
fn own(value: &str, meaning: &str) -> Code {
    Code { scheme: OWN.into(), value: value.into(), meaning: meaning.into() }
}

/// A unit (UCUM).
fn unit(value: &str, meaning: &str) -> Code {
    Code { scheme: "UCUM".into(), value: value.into(), meaning: meaning.into() }
}

/// The item of Coding Scheme Identification Sequence for our own concepts (PS3.3 C.12.1).
pub(super) fn own_scheme() -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, OWN);
    put(&mut item, tags::CODING_SCHEME_UID, VR::UI, &UidSource::new("coding scheme").uid());
    put(&mut item, tags::CODING_SCHEME_NAME, VR::ST, "bloodpool");
    item
}

pub(super) fn measurement_report() -> Code {
    Code::dicom("126000", "Imaging Measurement Report")
}

pub(super) fn language() -> Code {
    Code::dicom("121049", "Language of Content Item and Descendants")
}

pub(super) fn english() -> Code {
    Code { scheme: "RFC5646".into(), value: "en".into(), meaning: "English".into() }
}

pub(super) fn procedure_reported() -> Code {
    Code::dicom("121058", "Procedure reported")
}

/// Equilibrium radionuclide angiocardiography, as procedure and as method of an LVEF.
pub(super) fn radionuclide_ventriculography() -> Code {
    Code::snomed("85606007", "Radionuclide ventriculography")
}

pub(super) fn imaging_measurements() -> Code {
    Code::dicom("126010", "Imaging Measurements")
}

pub(super) fn measurement_group() -> Code {
    Code::dicom("125007", "Measurement Group")
}

pub(super) fn qualitative_evaluations() -> Code {
    Code { scheme: "UMLS".into(), value: "C0034375".into(), meaning: "Qualitative Evaluations".into() }
}

pub(super) fn comment() -> Code {
    Code::dicom("121106", "Comment")
}

pub(super) fn tracking_identifier() -> Code {
    Code::dicom("112039", "Tracking Identifier")
}

pub(super) fn tracking_unique_identifier() -> Code {
    Code::dicom("112040", "Tracking Unique Identifier")
}

pub(super) fn finding_site() -> Code {
    Code::snomed("363698007", "Finding Site")
}

pub(super) fn left_ventricle() -> Code {
    Code::snomed("87878005", "Left ventricle")
}

pub(super) fn source() -> Code {
    Code::snomed("260753009", "Source")
}

pub(super) fn image_region() -> Code {
    Code::dicom("111030", "Image Region")
}

pub(super) fn cardiac_cycle_phase() -> Code {
    Code::snomed("246092007", "Cardiac cycle phase")
}

pub(super) fn measurement_method() -> Code {
    Code::snomed("370129005", "Measurement Method")
}

pub(super) fn lvef() -> Code {
    Code::loinc("10230-1", "Left ventricular Ejection fraction")
}

pub(super) fn upper_uncertainty() -> Code {
    Code::snomed("371886008", "+, range of upper measurement uncertainty")
}

pub(super) fn lower_uncertainty() -> Code {
    Code::snomed("371885007", "-, range of lower measurement uncertainty")
}

pub(super) fn heart_rate() -> Code {
    Code::loinc("8867-4", "Heart rate")
}

pub(super) fn peak_ejection_rate() -> Code {
    Code::dicom("122616", "Peak Ejection Rate")
}

pub(super) fn peak_ejection_time() -> Code {
    Code::dicom("122617", "Peak Ejection Time")
}

pub(super) fn peak_filling_rate() -> Code {
    Code::dicom("122618", "Peak Filling Rate")
}

pub(super) fn peak_filling_time() -> Code {
    Code::dicom("122619", "Peak Filling Time")
}

pub(super) fn end_diastole() -> Code {
    Code::snomed("416190007", "End diastole")
}

pub(super) fn end_systole() -> Code {
    Code::snomed("416430001", "End Systole")
}

pub(super) fn end_diastolic_frame() -> Code {
    own("ED_FRAME", "Frame number of end-diastole in the cycle")
}

pub(super) fn end_systolic_frame() -> Code {
    own("ES_FRAME", "Frame number of end-systole in the cycle")
}

pub(super) fn net_counts() -> Code {
    own("NET_COUNTS", "Counts in the ROI less background")
}

pub(super) fn percent() -> Code {
    unit("%", "Percent")
}

pub(super) fn no_units() -> Code {
    unit("1", "no units")
}

pub(super) fn counts() -> Code {
    unit("{counts}", "Counts")
}

pub(super) fn volumes_per_second() -> Code {
    unit("{EDV}/s", "end-diastolic volumes per second")
}

pub(super) fn milliseconds() -> Code {
    unit("ms", "millisecond")
}

pub(super) fn beats_per_minute() -> Code {
    unit("{H.B.}/min", "beats per minute")
}
