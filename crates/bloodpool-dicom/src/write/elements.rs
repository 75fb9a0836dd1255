//! Elements of a data set: text that is cleaned and cut to its representation, numbers, and sequences.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, Length, PrimitiveValue, Tag, VR};
use dicom_object::InMemDicomObject;

/// Puts a text as it is.
pub(super) fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

/// Puts a text that may be absent, without what its representation forbids, cut to the characters that it may have.
pub(super) fn put_known(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: Option<&str>, limit: usize) {
    let text = value.unwrap_or_default();
    let clean: String = text.chars().filter(|c| !c.is_control() && *c != '\\').take(limit).collect();
    put(object, tag, vr, &clean);
}

/// Puts a 16-bit number.
pub(super) fn put_u16(object: &mut InMemDicomObject, tag: Tag, value: u16) {
    object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

/// Puts a sequence, which may be empty.
pub(super) fn put_items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::new(items, Length::UNDEFINED)));
}

/// A decimal string of at most 16 characters (PS3.5 6.2, DS).
pub(super) fn decimal(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 16 {
        return plain;
    }
    (0..=14)
        .rev()
        .map(|digits| format!("{value:.digits$}"))
        .find(|text| text.len() <= 16)
        .unwrap_or_else(|| format!("{value:.6e}"))
}
