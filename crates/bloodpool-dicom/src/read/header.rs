//! The attributes of a data set, read as text, numbers and items; an absent value is `None`, an unusable one an error.

use std::borrow::Cow;

use dicom_core::Tag;
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemElement;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::element::Encoding;
use super::error::Problem;
use super::layout::{Element, Form, Layout};
use super::panics::catch_panic;
use super::part10::DataSet;
use super::rewrite::rewritten;
use super::text::Charset;
use crate::attribute::Attribute;

/// Elements longer than this are not needed to read a study, and are left out of the header.
const MAX_ELEMENT: usize = 1 << 20;
/// All elements of a header together.
const MAX_HEADER: usize = 8 << 20;

/// A parsed data set without its pixel data.
pub(crate) struct Header {
    object: InMemDicomObject,
    charset: Charset,
}

/// A data set or one item of a sequence.
#[derive(Clone, Copy)]
pub(crate) struct Attributes<'a> {
    object: &'a InMemDicomObject,
    charset: &'a Charset,
}

impl Header {
    /// Parses the elements that `layout` found sound. Private and huge ones are left out; those of unknown
    /// representation are read by the dictionary.
    pub(crate) fn parse(data: &DataSet, layout: &Layout) -> Result<Self, Problem> {
        let mut bytes = Vec::new();
        let parsed = |element: &&Element| element.form != Form::LeftOut && element.tag.element() != 0;
        for element in layout.elements.iter().filter(parsed).filter(|element| element.bytes.len() <= MAX_ELEMENT) {
            let stored = &data.bytes[element.bytes.clone()];
            let element = match element.form {
                Form::AsStored => Cow::Borrowed(stored),
                _ => Cow::Owned(rewritten(&data.bytes, element.bytes.clone(), data.encoding).unwrap_or_default()),
            };
            if bytes.len() + element.len() <= MAX_HEADER {
                bytes.extend_from_slice(&element);
            }
        }
        let uid = match data.encoding {
            Encoding::ImplicitLittle => dicom_dictionary_std::uids::IMPLICIT_VR_LITTLE_ENDIAN,
            Encoding::ExplicitLittle => dicom_dictionary_std::uids::EXPLICIT_VR_LITTLE_ENDIAN,
            Encoding::ExplicitBig => "1.2.840.10008.1.2.2",
        };
        let syntax = TransferSyntaxRegistry.get(uid).ok_or_else(|| Problem::Unparsable("no transfer syntax".into()))?;
        let object = match catch_panic(|| InMemDicomObject::read_dataset_with_ts(&bytes[..], syntax)) {
            Some(Ok(object)) => object,
            Some(Err(error)) => return Err(Problem::Unparsable(chain(&error))),
            None => return Err(Problem::Unparsable("the header parser failed".into())),
        };
        let charset = Charset::of(&object);
        Ok(Self { object, charset })
    }

    pub(crate) fn root(&self) -> Attributes<'_> {
        Attributes { object: &self.object, charset: &self.charset }
    }
}

impl<'a> Attributes<'a> {
    fn element(self, tag: Tag) -> Option<&'a InMemElement> {
        self.object.get(tag)
    }

    /// Text without padding, control characters and escape sequences; `None` when absent or empty.
    pub(crate) fn text(self, tag: Tag) -> Option<String> {
        let element = self.element(tag)?;
        let raw = catch_panic(|| element.to_str().ok().map(|text| text.into_owned())).flatten()?;
        self.charset.clean(&raw)
    }

    /// The values of a text, split at backslashes.
    pub(crate) fn texts(self, tag: Tag) -> Vec<String> {
        let split = |text: String| text.split('\\').map(|part| part.trim().to_string()).collect();
        self.text(tag).map(split).unwrap_or_default()
    }

    /// The first number; `None` when absent or empty.
    pub(crate) fn number(self, tag: Tag) -> Result<Option<f64>, Problem> {
        Ok(self.numbers(tag)?.first().copied())
    }

    /// All numbers of an element, binary or text.
    pub(crate) fn numbers(self, tag: Tag) -> Result<Vec<f64>, Problem> {
        let Some(element) = self.element(tag) else { return Ok(Vec::new()) };
        if element.value().primitive().is_none_or(|value| value.calculate_byte_len() == 0) {
            return Ok(Vec::new());
        }
        if self.text(tag).is_none() {
            return Ok(Vec::new());
        }
        catch_panic(|| element.to_multi_float64().ok()).flatten().ok_or_else(|| Problem::Invalid {
            attribute: Attribute(tag),
            value: quoted(&self.text(tag).unwrap_or_default()),
            expected: "numbers".into(),
        })
    }

    /// The first number as a whole one from 0 to `u32::MAX`.
    pub(crate) fn whole(self, tag: Tag) -> Result<Option<u32>, Problem> {
        self.number(tag)?.map(|number| whole(tag, number)).transpose()
    }

    /// All numbers as whole ones.
    pub(crate) fn wholes(self, tag: Tag) -> Result<Vec<u32>, Problem> {
        self.numbers(tag)?.into_iter().map(|number| whole(tag, number)).collect()
    }

    /// As [`Self::whole`], an error when absent.
    pub(crate) fn needed(self, tag: Tag) -> Result<u32, Problem> {
        self.whole(tag)?.ok_or(Problem::Missing { attribute: Attribute(tag), why: None })
    }

    /// A positive finite number; anything else is `None`, since vendors write such values for 'not known'.
    pub(crate) fn positive(self, tag: Tag) -> Option<f64> {
        self.number(tag).ok().flatten().filter(|number| number.is_finite() && *number > 0.0)
    }

    /// Attribute tags in an AT element.
    pub(crate) fn tags(self, tag: Tag) -> Vec<Tag> {
        let value = self.element(tag).and_then(|element| element.value().primitive());
        value.and_then(|value| value.tags().ok()).map(<[Tag]>::to_vec).unwrap_or_default()
    }

    /// The items of a sequence; none when absent.
    pub(crate) fn items(self, tag: Tag) -> Vec<Attributes<'a>> {
        let items = self.element(tag).and_then(InMemElement::items).unwrap_or_default();
        items.iter().map(|object| Attributes { object, charset: self.charset }).collect()
    }
}

fn whole(tag: Tag, number: f64) -> Result<u32, Problem> {
    if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
        return Ok(number as u32);
    }
    Err(Problem::Invalid {
        attribute: Attribute(tag),
        value: number.to_string(),
        expected: "a whole number, not negative".into(),
    })
}

/// Text for a message: at most 64 characters, in quotes.
pub(crate) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(64).collect();
    let dots = if short.len() < text.len() { "..." } else { "" };
    format!("'{short}{dots}'")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
