//! `SourceStudy`: the patient, the study and the frames that results are derived from, as the source files record them.

use std::fmt;
use std::path::{Path, PathBuf};

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::error::{Problem, ReadError};
use super::header::{Attributes, quoted};
use super::identity::is_simulated;
use super::opened::Opened;
use super::part10::load;
use super::pixels::PixelFormat;
use super::selection::Selection;
use super::values::invalid;
use super::{frames, kind};
use crate::attribute::Attribute;

/// What every result of a study repeats, and what it refers to: the attributes of the Patient, Patient Study and General
/// Study modules (PS3.3 C.7.1.1, C.7.2), the time zone, and the frames of the cycle in their files.
///
/// Texts are decoded, whatever character set the files have. A value that its representation does not allow is left out;
/// the UIDs must be valid.
#[derive(Clone, PartialEq)]
pub struct SourceStudy {
    pub(crate) study_uid: String,
    pub(crate) attributes: Vec<StudyAttribute>,
    pub(crate) utc_offset_minutes: Option<i16>,
    pub(crate) simulated: bool,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) images: Vec<SourceImage>,
    pub(crate) frames: Vec<SourceFrame>,
}

/// One attribute that results repeat.
#[derive(Clone, PartialEq)]
pub(crate) struct StudyAttribute {
    pub(crate) tag: Tag,
    pub(crate) vr: VR,
    pub(crate) value: String,
}

/// One instance that the study was read from.
#[derive(Clone, PartialEq)]
pub(crate) struct SourceImage {
    pub(crate) series_uid: String,
    pub(crate) sop_class_uid: String,
    pub(crate) sop_uid: String,
}

/// Where one frame of the cycle is stored.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct SourceFrame {
    /// Index into the images.
    pub(crate) image: usize,
    /// Number of the frame in its instance, from 1; `None` where the instance has one frame.
    pub(crate) number: Option<u32>,
}

/// Whether an attribute is written where the source does not record it: type 2 and type 3 of PS3.5 7.4.
#[derive(Clone, Copy, PartialEq)]
enum Presence {
    EmptyWhereUnknown,
    AbsentWhereUnknown,
}

/// The attributes that are repeated, with their representation and the most characters of one value.
const REPEATED: [(Tag, VR, usize, Presence); 16] = {
    use Presence::{AbsentWhereUnknown as Absent, EmptyWhereUnknown as Empty};
    [
        (tags::PATIENT_NAME, VR::PN, 194, Empty),
        (tags::PATIENT_ID, VR::LO, 64, Empty),
        (tags::ISSUER_OF_PATIENT_ID, VR::LO, 64, Absent),
        (tags::PATIENT_BIRTH_DATE, VR::DA, 8, Empty),
        (tags::PATIENT_SEX, VR::CS, 16, Empty),
        (tags::PATIENT_IDENTITY_REMOVED, VR::CS, 16, Absent),
        (tags::DEIDENTIFICATION_METHOD, VR::LO, 64, Absent),
        (tags::PATIENT_AGE, VR::AS, 4, Absent),
        (tags::PATIENT_SIZE, VR::DS, 16, Absent),
        (tags::PATIENT_WEIGHT, VR::DS, 16, Absent),
        (tags::STUDY_DATE, VR::DA, 8, Empty),
        (tags::STUDY_TIME, VR::TM, 16, Empty),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN, 194, Empty),
        (tags::STUDY_ID, VR::SH, 16, Empty),
        (tags::ACCESSION_NUMBER, VR::SH, 16, Empty),
        (tags::STUDY_DESCRIPTION, VR::LO, 64, Absent),
    ]
};

impl SourceStudy {
    /// Frames of the cycle.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// Rows and columns of each frame.
    #[must_use]
    pub fn matrix(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// Whether the files say that the study is simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.simulated
    }
}

/// Names no patient, so that it can be logged.
impl fmt::Debug for SourceStudy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceStudy")
            .field("frames", &self.frames.len())
            .field("rows", &self.rows)
            .field("columns", &self.columns)
            .field("images", &self.images.len())
            .field("simulated", &self.simulated)
            .finish_non_exhaustive()
    }
}

/// Reads what results need to know about the study in `files`: one file of several frames, from which `selection` chooses
/// as in [`crate::read_study`], or files of one frame each in the order of the cycle, as [`crate::StudyFile::files`] has
/// them.
///
/// # Errors
/// [`ReadError`] as for [`crate::read_study`], when a UID is missing or invalid, or when the files are not all of one
/// patient and study.
pub fn read_source_study(files: &[PathBuf], selection: &Selection) -> Result<SourceStudy, ReadError> {
    let (first, others) = match files {
        [] => return Err(ReadError::new(Path::new(""), Problem::EmptyFile)),
        [file] => return of_cycle(file, selection).map_err(|problem| ReadError::new(file, problem)),
        [first, others @ ..] => (first, others),
    };
    let mut study = of_one_frame(first).map_err(|problem| ReadError::new(first, problem))?;
    for path in others {
        let next = of_one_frame(path)
            .and_then(|next| study.check_same(&next).map(|()| next))
            .map_err(|problem| ReadError::new(path, problem))?;
        study.frames.push(SourceFrame { image: study.images.len(), number: None });
        study.images.extend(next.images);
    }
    Ok(study)
}

/// The study in one file.
fn of_cycle(path: &Path, selection: &Selection) -> Result<SourceStudy, Problem> {
    let file = Opened::of_any_syntax(load(path)?)?;
    let root = file.root();
    kind::check(root)?;
    let format = PixelFormat::of(root)?;
    let mut cycle = frames::choose(root, &format, selection)?;
    if file.unsupported().is_none() {
        file.cycle_counts(&format, &mut cycle)?;
    }
    let frame = |&index: &usize| SourceFrame { image: 0, number: Some(index as u32 + 1) };
    study(root, &format, cycle.order.iter().map(frame).collect())
}

/// The study of one file of one frame.
fn of_one_frame(path: &Path) -> Result<SourceStudy, Problem> {
    let file = Opened::of_any_syntax(load(path)?)?;
    let root = file.root();
    kind::check(root)?;
    study(root, &PixelFormat::of_frames(root, 1)?, vec![SourceFrame { image: 0, number: None }])
}

fn study(root: Attributes<'_>, format: &PixelFormat, frames: Vec<SourceFrame>) -> Result<SourceStudy, Problem> {
    let image = SourceImage {
        series_uid: uid(root, tags::SERIES_INSTANCE_UID)?,
        sop_class_uid: uid(root, tags::SOP_CLASS_UID)?,
        sop_uid: uid(root, tags::SOP_INSTANCE_UID)?,
    };
    Ok(SourceStudy {
        study_uid: uid(root, tags::STUDY_INSTANCE_UID)?,
        attributes: attributes(root),
        utc_offset_minutes: root.text(tags::TIMEZONE_OFFSET_FROM_UTC).as_deref().and_then(offset_minutes),
        simulated: is_simulated(root),
        rows: format.rows,
        columns: format.columns,
        images: vec![image],
        frames,
    })
}

impl SourceStudy {
    fn value(&self, tag: Tag) -> &str {
        self.attributes.iter().find(|attribute| attribute.tag == tag).map_or("", |attribute| &attribute.value)
    }

    /// Whether `other`, of one frame, belongs to the same study and has the same matrix.
    fn check_same(&self, other: &Self) -> Result<(), Problem> {
        let expected = "that of the first file";
        if other.study_uid != self.study_uid {
            return Err(invalid(tags::STUDY_INSTANCE_UID, &other.study_uid, expected));
        }
        if self.value(tags::PATIENT_ID) != other.value(tags::PATIENT_ID) {
            return Err(invalid(tags::PATIENT_ID, "another", expected));
        }
        if other.rows != self.rows {
            return Err(invalid(tags::ROWS, other.rows, expected));
        }
        if other.columns != self.columns {
            return Err(invalid(tags::COLUMNS, other.columns, expected));
        }
        Ok(())
    }
}

fn attributes(root: Attributes<'_>) -> Vec<StudyAttribute> {
    let mut found = Vec::new();
    for (tag, vr, limit, presence) in REPEATED {
        let value = root.text(tag).and_then(|text| allowed(tag, vr, limit, &text));
        let value = match (value, presence) {
            (Some(value), _) => value,
            (None, Presence::EmptyWhereUnknown) => String::new(),
            // Required where the identity was removed (PS3.3 C.7.1.1); the source may say it in codes.
            (None, _) if tag == tags::DEIDENTIFICATION_METHOD && is_removed(&found) => {
                "as recorded in the source image".into()
            }
            (None, Presence::AbsentWhereUnknown) => continue,
        };
        found.push(StudyAttribute { tag, vr, value });
    }
    found
}

fn is_removed(found: &[StudyAttribute]) -> bool {
    found.iter().any(|attribute| attribute.tag == tags::PATIENT_IDENTITY_REMOVED && attribute.value == "YES")
}

/// The value as its representation allows it (PS3.5 6.2); `None` where it does not.
fn allowed(tag: Tag, vr: VR, limit: usize, text: &str) -> Option<String> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match vr {
        VR::DA => {
            // YYYY.MM.DD was once allowed.
            let date: String = text.chars().filter(|&c| c != '.').collect();
            (date.len() == 8 && digits(&date)).then_some(date)
        }
        VR::TM => {
            // HH:MM:SS was once allowed.
            let time: String = text.chars().filter(|&c| c != ':').collect();
            let (whole, fraction) = time.split_once('.').unwrap_or((&time, "0"));
            let is_time = matches!(whole.len(), 2 | 4 | 6) && digits(whole) && digits(fraction) && fraction.len() <= 6;
            is_time.then_some(time)
        }
        VR::AS => (text.len() == 4 && text.get(..3).is_some_and(digits) && text.ends_with(['D', 'W', 'M', 'Y']))
            .then(|| text.into()),
        VR::DS => (text.len() <= limit && text.parse().is_ok_and(f64::is_finite)).then(|| text.into()),
        VR::CS => {
            let terms: &[&str] = if tag == tags::PATIENT_SEX { &["M", "F", "O"] } else { &["YES", "NO"] };
            terms.contains(&text).then(|| text.into())
        }
        VR::PN => Some(person_name(&text.replace('\\', " "))),
        _ => {
            let kept: String = text.replace('\\', ", ").chars().take(limit).collect();
            Some(kept)
        }
    }
}

/// A name of at most three groups of at most 64 characters each (PS3.5 6.2, PN).
pub(crate) fn person_name(text: &str) -> String {
    let groups: Vec<String> = text.split('=').take(3).map(|group| group.chars().take(64).collect()).collect();
    groups.join("=")
}

/// `+0900` as minutes (PS3.3 C.12.1.1.8).
fn offset_minutes(text: &str) -> Option<i16> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let [hours, minutes] = [digits.get(..2)?, digits.get(2..)?].map(|part| part.parse::<i16>().unwrap_or(i16::MAX));
    let offset = sign * (hours.checked_mul(60)?.checked_add(minutes)?);
    (minutes < 60 && (-12 * 60..=14 * 60).contains(&offset)).then_some(offset)
}

/// A UID that must be there: digits and dots, at most 64 of them, without empty components (PS3.5 9.1).
fn uid(root: Attributes<'_>, tag: Tag) -> Result<String, Problem> {
    let text = root
        .text(tag)
        .ok_or(Problem::Missing { attribute: Attribute(tag), why: Some("results refer to their source by it") })?;
    let is_component = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > 64 || !text.split('.').all(is_component) {
        return Err(invalid(tag, quoted(&text), "a UID"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_their_representation_does_not_allow_are_left_out() {
        let of = |tag, vr, text| allowed(tag, vr, 16, text);
        assert_eq!(of(tags::STUDY_DATE, VR::DA, "2024.02.29").as_deref(), Some("20240229"));
        assert_eq!(of(tags::STUDY_DATE, VR::DA, "29 Feb"), None);
        assert_eq!(of(tags::STUDY_TIME, VR::TM, "10:15:00.5").as_deref(), Some("101500.5"));
        assert_eq!(of(tags::STUDY_TIME, VR::TM, "noon"), None);
        assert_eq!(of(tags::PATIENT_SEX, VR::CS, "F").as_deref(), Some("F"));
        assert_eq!(of(tags::PATIENT_SEX, VR::CS, "female"), None);
        assert_eq!(of(tags::PATIENT_AGE, VR::AS, "064Y").as_deref(), Some("064Y"));
        assert_eq!(of(tags::PATIENT_AGE, VR::AS, "64"), None);
        assert_eq!(of(tags::PATIENT_WEIGHT, VR::DS, "inf"), None);
        assert_eq!(of(tags::STUDY_ID, VR::SH, "a\\b").as_deref(), Some("a, b"));
        let long = format!("{}=洪^吉洞=홍^길동=", "x".repeat(70));
        let name = of(tags::PATIENT_NAME, VR::PN, &long).unwrap_or_default();
        assert_eq!(name, format!("{}=洪^吉洞=홍^길동", "x".repeat(64)));
    }

    #[test]
    fn time_zones_are_minutes() {
        assert_eq!(offset_minutes("+0900"), Some(540));
        assert_eq!(offset_minutes("-0330"), Some(-210));
        for text in ["", "0900", "+9", "+0960", "+1500", "+99999", "\u{ff0b}0900"] {
            assert_eq!(offset_minutes(text), None, "{text}");
        }
    }
}
