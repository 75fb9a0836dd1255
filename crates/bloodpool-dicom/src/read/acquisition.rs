//! What was injected and when, how the camera stood, and why the study was requested, as the header records it.
//!
//! Radionuclide Total Dose (0018,1074) is in MBq in an NM image (PS3.3 C.8.4.10.1.7) and in Bq in a PET image (PS3.3 C.8.9.2); cameras also
//! write Bq and mCi. [`activity_mbq`] decides what a number can mean.

use bloodpool_core::study::StudyIdentity;
use bloodpool_core::study::acquisition::{
    AcquisitionRecord, Moment, Radiopharmaceutical, Recorded, activity_mbq, camera_angle_degrees,
    minutes_from_injection,
};
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::frames;
use super::header::Attributes;
use super::view::{Projection, View};

/// Radionuclide, retired: a text of older cameras.
const RADIONUCLIDE: Tag = Tag(0x0018, 0x0030);
/// Reason for Study, retired with the Study Management classes.
const REASON_FOR_STUDY: Tag = Tag(0x0032, 0x1030);
/// Characters of a free text that are kept; a cut text ends in an ellipsis.
const LONGEST_TEXT: usize = 300;
/// Characters of a number that cannot be understood.
const LONGEST_NUMBER: usize = 24;
/// Radiopharmaceuticals that are kept; no patient is given more for one study.
const MOST_RADIOPHARMACEUTICALS: usize = 8;

/// Of the frames of one detector (from 1), whose view and identity are known.
pub(super) fn acquisition(
    root: Attributes<'_>,
    detector: u32,
    view: &View,
    identity: &StudyIdentity,
) -> AcquisitionRecord {
    let items = root.items(tags::DETECTOR_INFORMATION_SEQUENCE);
    let own = frames::item(&items, detector);
    // What is written outside of the items is of the only detector, or of none.
    let places: Vec<Attributes<'_>> = own.into_iter().chain((items.len() <= 1).then_some(root)).collect();
    let first = |tag: Tag| places.iter().find_map(|place| text(*place, tag, LONGEST_TEXT));
    AcquisitionRecord {
        radiopharmaceuticals: radiopharmaceuticals(root, identity),
        camera_angle_degrees: places.iter().find_map(|place| angle(*place, view)),
        collimator: first(tags::COLLIMATOR_GRID_NAME)
            .or_else(|| first(tags::COLLIMATOR_TYPE).filter(|kind| kind != "UNKN")),
        indication: indication(root),
    }
}

/// A text without control characters, cut to so many characters; several values are separated by semicolons.
fn text(place: Attributes<'_>, tag: Tag, longest: usize) -> Option<String> {
    let values: Vec<String> = place.texts(tag).into_iter().filter(|value| !value.is_empty()).collect();
    let whole = values.join("; ");
    let cut: String = whole.chars().take(longest).collect();
    let dots = if cut.len() < whole.len() { "\u{2026}" } else { "" };
    (!cut.is_empty()).then(|| format!("{}{dots}", cut.trim_end()))
}

/// A number whose meaning `read` knows, or the text that was recorded.
fn recorded(place: Attributes<'_>, tag: Tag, read: impl FnOnce(f64) -> Option<f64>) -> Option<Recorded> {
    let said = text(place, tag, LONGEST_NUMBER)?;
    Some(Recorded::or_text(place.number(tag).ok().flatten().and_then(read), &said))
}

/// Start Angle (0054,0200), from the back over the left side. 0 is also written where the angle is not known, and counts only in a
/// posterior view.
fn angle(place: Attributes<'_>, view: &View) -> Option<Recorded> {
    let is_possible = |degrees: &f64| *degrees != 0.0 || view.projection == Some(Projection::Posterior);
    recorded(place, tags::START_ANGLE, |degrees| camera_angle_degrees(degrees).filter(is_possible))
}

/// Each item of Radiopharmaceutical Information Sequence, or what the data set itself records where there is none.
fn radiopharmaceuticals(root: Attributes<'_>, identity: &StudyIdentity) -> Vec<Radiopharmaceutical> {
    let items = root.items(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE);
    let items = if items.is_empty() { vec![root] } else { items };
    let mut found = Vec::new();
    for item in items {
        let drug = Radiopharmaceutical {
            name: text(item, tags::RADIOPHARMACEUTICAL, LONGEST_TEXT)
                .or_else(|| meaning(item, tags::RADIOPHARMACEUTICAL_CODE_SEQUENCE)),
            radionuclide: radionuclide(item),
            activity_mbq: recorded(item, tags::RADIONUCLIDE_TOTAL_DOSE, activity_mbq),
            minutes_from_injection: from_injection(item, identity),
        };
        if !drug.is_empty() && !found.contains(&drug) && found.len() < MOST_RADIOPHARMACEUTICALS {
            found.push(drug);
        }
    }
    found
}

/// The meaning of the first code of a sequence that has one.
fn meaning(item: Attributes<'_>, sequence: Tag) -> Option<String> {
    item.items(sequence).into_iter().find_map(|code| text(code, tags::CODE_MEANING, LONGEST_TEXT))
}

/// By Radionuclide Code Sequence, whose meaning may be left out, or by the retired text.
fn radionuclide(item: Attributes<'_>) -> Option<String> {
    let technetium = || {
        let codes = item.items(tags::RADIONUCLIDE_CODE_SEQUENCE);
        let values = codes.into_iter().find_map(|code| code.text(tags::CODE_VALUE));
        values.filter(|value| matches!(value.as_str(), "72454001" | "C-163A8")).map(|_| "Technetium-99m".to_owned())
    };
    meaning(item, tags::RADIONUCLIDE_CODE_SEQUENCE)
        .map(|meaning| with_mass_after(&meaning))
        .or_else(technetium)
        .or_else(|| text(item, RADIONUCLIDE, LONGEST_TEXT))
}

/// `^99m^Technetium`, as PS3.16 writes a raised mass number, as `Technetium-99m`; anything else as it is.
fn with_mass_after(meaning: &str) -> String {
    let parts: Vec<&str> = meaning.split('^').map(str::trim).collect();
    match parts[..] {
        ["", mass, element] if !mass.is_empty() && !element.is_empty() => format!("{element}-{mass}"),
        _ => meaning.to_owned(),
    }
}

/// From Radiopharmaceutical Start DateTime (0018,1078) or Start Time (0018,1072) to the start of the acquisition.
fn from_injection(item: Attributes<'_>, identity: &StudyIdentity) -> Option<Recorded> {
    let (date, time, said) = match text(item, tags::RADIOPHARMACEUTICAL_START_DATE_TIME, LONGEST_NUMBER) {
        Some(both) => {
            // YYYYMMDDHHMMSS.FFFFFF&ZZXX (PS3.5 6.2, DT); the acquisition has the time of the same place.
            let local = both.split(['+', '-']).next().unwrap_or_default();
            let (date, time) = local.split_at_checked(8).unwrap_or_default();
            (Some(date.to_owned()), time.to_owned(), both)
        }
        None => {
            let time = text(item, tags::RADIOPHARMACEUTICAL_START_TIME, LONGEST_NUMBER)?;
            (None, time.clone(), time)
        }
    };
    let minutes = identity.acquisition_time.as_deref().and_then(|acquired| {
        let injected = Moment { date: date.as_deref(), time: &time };
        minutes_from_injection(injected, Moment { date: identity.acquisition_date.as_deref(), time: acquired })
    });
    Some(Recorded::or_text(minutes, &said))
}

/// Why the study was requested: Reason for the Requested Procedure as text or code, there or in Request Attributes Sequence, or the
/// retired Reason for Study. What was requested, and what the patient was admitted for, is no indication.
fn indication(root: Attributes<'_>) -> Option<String> {
    let requests = root.items(tags::REQUEST_ATTRIBUTES_SEQUENCE);
    let places = || requests.iter().copied().chain([root]);
    let reason = |tag: Tag| places().find_map(|place| text(place, tag, LONGEST_TEXT));
    reason(tags::REASON_FOR_THE_REQUESTED_PROCEDURE)
        .or_else(|| places().find_map(|place| meaning(place, tags::REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE)))
        .or_else(|| text(root, REASON_FOR_STUDY, LONGEST_TEXT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_mass_number_follows_the_element() {
        assert_eq!(with_mass_after("^99m^Technetium"), "Technetium-99m");
        assert_eq!(with_mass_after("Tc^99m^"), "Tc^99m^");
        assert_eq!(with_mass_after("^^"), "^^");
        assert_eq!(with_mass_after("Tc-99m"), "Tc-99m");
    }
}
