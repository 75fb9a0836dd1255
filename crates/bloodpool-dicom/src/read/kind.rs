//! Whether an object is a planar gated nuclear medicine image, and if not, what it is.

use dicom_core::dictionary::UidDictionary;
use dicom_dictionary_std::{StandardSopClassDictionary, tags, uids};

use super::error::Problem;
use super::header::{Attributes, quoted};
use super::image_kind::ImageKind;
use super::note::Note;
use crate::attribute::Attribute;

/// The retired NM Image Storage of files written before 1996 (PS3.6 Table A-1).
const NM_RETIRED: &str = "1.2.840.10008.5.1.4.1.1.5";

/// Refuses other SOP classes and other kinds of NM image; notes what is unusual about an accepted one.
pub(crate) fn check(root: Attributes<'_>) -> Result<Vec<Note>, Problem> {
    let attribute = Attribute(tags::SOP_CLASS_UID);
    let Some(class) = root.text(tags::SOP_CLASS_UID) else {
        if root.text(tags::FILE_SET_ID).is_some() || !root.items(tags::DIRECTORY_RECORD_SEQUENCE).is_empty() {
            return Err(Problem::Directory { attribute: Attribute(tags::DIRECTORY_RECORD_SEQUENCE) });
        }
        return Err(Problem::Missing { attribute, why: Some("the kind of object is unknown") });
    };
    if class != uids::NUCLEAR_MEDICINE_IMAGE_STORAGE && class != NM_RETIRED {
        let known = StandardSopClassDictionary.by_uid(&class);
        let sop_class = known.map_or(quoted(&class), |entry| format!("{} ({class})", entry.name));
        return Err(Problem::NotNm { attribute, sop_class });
    }
    let values = root.texts(tags::IMAGE_TYPE);
    let value = |index: usize| values.get(index).map_or("", String::as_str);
    let attribute = Attribute(tags::IMAGE_TYPE);
    let other = |kind| Err(Problem::NotGated { attribute, value: values.join("\\"), kind });
    if value(3) == "TRANSMISSION" {
        return other(ImageKind::Transmission);
    }
    let mut notes = Vec::new();
    match value(2) {
        "GATED" => {}
        "STATIC" => return other(ImageKind::Static),
        "WHOLE BODY" => return other(ImageKind::WholeBody),
        "DYNAMIC" => return other(ImageKind::Dynamic),
        "TOMO" | "GATED TOMO" => return other(ImageKind::Tomo),
        kind if kind.contains("RECON") => return other(ImageKind::Reconstruction),
        kind => {
            let slots = root.wholes(tags::TIME_SLOT_VECTOR).unwrap_or_default();
            let gated = !root.items(tags::GATED_INFORMATION_SEQUENCE).is_empty();
            // A file of one frame may be that of the first time slot.
            let one = root.whole(tags::NUMBER_OF_FRAMES).is_ok_and(|frames| frames.is_none_or(|frames| frames == 1));
            let several =
                root.whole(tags::NUMBER_OF_TIME_SLOTS).is_ok_and(|slots| slots.is_some_and(|slots| slots > 1));
            if !(gated && (slots.iter().any(|&slot| slot > 1) || one && several)) {
                return other(ImageKind::Other);
            }
            notes.push(Note {
                code: "image_type",
                message: format!(
                    "{attribute} does not say GATED ({kind}); taken for gated by {} and {}",
                    Attribute(tags::TIME_SLOT_VECTOR),
                    Attribute(tags::GATED_INFORMATION_SEQUENCE)
                ),
            });
        }
    }
    if value(0) == "DERIVED" {
        notes.push(Note {
            code: "derived_image",
            message: format!("{attribute} is DERIVED: counts may have been filtered or scaled since the acquisition"),
        });
    }
    Ok(notes)
}
