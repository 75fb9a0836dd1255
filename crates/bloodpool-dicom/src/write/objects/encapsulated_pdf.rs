//! `EncapsulatedPdf`: a report in PDF as a DICOM object (PS3.3 A.45.1).

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;

use super::context::ResultContext;
use super::error::ObjectError;
use super::image_reference;
use super::instance::{CompositeObject, Instance};
use super::kind::Kind;
use super::modules::instance;
use super::text::required;
use crate::write::acquisition::Code;
use crate::write::elements::{put, put_items};

/// An Encapsulated PDF (1.2.840.10008.5.1.4.1.1.104.1), Modality DOC.
#[derive(Debug, Clone, PartialEq)]
pub struct EncapsulatedPdf(Instance);

impl EncapsulatedPdf {
    /// `title` is Document Title; `names_patient` says whether a page shows who the patient is (Burned In Annotation).
    ///
    /// # Errors
    /// [`ObjectError::NotPdf`], [`ObjectError::TooLong`], [`ObjectError::Empty`] for an empty title.
    pub fn new(context: &ResultContext, title: &str, names_patient: bool, pdf: Vec<u8>) -> Result<Self, ObjectError> {
        if !pdf.starts_with(b"%PDF-") {
            return Err(ObjectError::NotPdf);
        }
        let length = u32::try_from(pdf.len()).ok().filter(|&length| length < u32::MAX - 1);
        let length = length.ok_or(ObjectError::TooLong { bytes: pdf.len() })?;
        let title = required(title, tags::DOCUMENT_TITLE, 1024)?;
        Ok(Self(instance(context, Kind::EncapsulatedPdf, 1, |object| {
            put(object, tags::CONVERSION_TYPE, VR::CS, "WSD");
            put(object, tags::ACQUISITION_DATE_TIME, VR::DT, "");
            put(object, tags::BURNED_IN_ANNOTATION, VR::CS, if names_patient { "YES" } else { "NO" });
            put(object, tags::DOCUMENT_TITLE, VR::ST, &title);
            let name = Code::loinc("49118-3", "Nuclear Medicine Report").item();
            put_items(object, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![name]);
            let sources = context.source.images.iter().map(image_reference::of_image).collect();
            put_items(object, tags::SOURCE_INSTANCE_SEQUENCE, sources);
            put(object, tags::MIME_TYPE_OF_ENCAPSULATED_DOCUMENT, VR::LO, "application/pdf");
            let mut bytes = pdf;
            if bytes.len() % 2 == 1 {
                bytes.push(0);
            }
            let length = PrimitiveValue::from(length);
            object.put(DataElement::new(tags::ENCAPSULATED_DOCUMENT_LENGTH, VR::UL, length));
            let document = PrimitiveValue::U8(bytes.into());
            object.put(DataElement::new(tags::ENCAPSULATED_DOCUMENT, VR::OB, document));
        })))
    }
}

impl CompositeObject for EncapsulatedPdf {
    fn instance(&self) -> &Instance {
        &self.0
    }
}
