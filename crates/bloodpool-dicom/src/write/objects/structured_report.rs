//! `MeasurementReport`: a structured report by template TID 1500 (PS3.3 A.35, PS3.16), with who reviewed and signed it.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::attestation::{Attestation, Signature};
use super::concepts;
use super::context::ResultContext;
use super::error::ObjectError;
use super::image_reference;
use super::instance::{CompositeObject, Instance, InstanceReference};
use super::kind::{Kind, SrClass};
use super::lv_measurements::LvMeasurements;
use super::modules::instance;
use super::report_content::Content;
use super::text::clean;
use crate::write::elements::{put, put_items};

/// A Measurement Report as Enhanced, Comprehensive or Comprehensive 3D SR.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasurementReport(Instance);

impl MeasurementReport {
    /// `supersedes` are the reports of the same study that this one replaces; `remarks` are further texts, such as
    /// warnings, one item each.
    ///
    /// # Errors
    /// [`ObjectError::Number`], [`ObjectError::Interval`], [`ObjectError::Frame`], [`ObjectError::Contour`],
    /// [`ObjectError::Predecessor`].
    pub fn new(
        context: &ResultContext,
        class: SrClass,
        measurements: &LvMeasurements,
        attestation: &Attestation,
        supersedes: &[InstanceReference],
        remarks: &[String],
    ) -> Result<Self, ObjectError> {
        measurements.check(&context.source)?;
        let is_report = |uid: &str| SrClass::ALL.iter().any(|class| class.sop_class_uid() == uid);
        let is_predecessor = |reference: &InstanceReference| {
            reference.study_uid == context.source.study_uid && is_report(&reference.sop_class_uid)
        };
        if !supersedes.iter().all(is_predecessor) {
            return Err(ObjectError::Predecessor);
        }
        let kind = Kind::StructuredReport(class);
        let remarks = remarks.iter().map(|remark| clean(remark, 1024)).filter(|remark| !remark.is_empty()).collect();
        let content = Content { context, kind, measurements, observer: attestation.person(), remarks };
        Ok(Self(instance(context, kind, 1, |object| {
            put_document(object, context, attestation);
            if !supersedes.is_empty() {
                let items = supersedes.iter().map(image_reference::in_study).collect();
                put_items(object, tags::PREDECESSOR_DOCUMENTS_SEQUENCE, items);
            }
            put_items(object, tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, vec![concepts::own_scheme()]);
            content.root().put(object);
        })))
    }
}

impl CompositeObject for MeasurementReport {
    fn instance(&self) -> &Instance {
        &self.0
    }
}

/// SR Document Series and SR Document General (PS3.3 C.17.1, C.17.2).
fn put_document(object: &mut InMemDicomObject, context: &ResultContext, attestation: &Attestation) {
    put_items(object, tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, Vec::new());
    put_items(object, tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, Vec::new());
    put(object, tags::COMPLETION_FLAG, VR::CS, "COMPLETE");
    let (preliminary, verified) = match attestation {
        Attestation::Automatic | Attestation::Reviewed(_) => ("PRELIMINARY", "UNVERIFIED"),
        Attestation::Signed(_) => ("FINAL", "VERIFIED"),
    };
    put(object, tags::PRELIMINARY_FLAG, VR::CS, preliminary);
    put(object, tags::VERIFICATION_FLAG, VR::CS, verified);
    if let Attestation::Signed(Signature { person, signed }) = attestation {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::VERIFYING_ORGANIZATION, VR::LO, person.organization());
        put(&mut item, tags::VERIFICATION_DATE_TIME, VR::DT, &context.local(*signed).date_time());
        put(&mut item, tags::VERIFYING_OBSERVER_NAME, VR::PN, person.name());
        put_items(&mut item, tags::VERIFYING_OBSERVER_IDENTIFICATION_CODE_SEQUENCE, Vec::new());
        put_items(object, tags::VERIFYING_OBSERVER_SEQUENCE, vec![item]);
    }
    let series = image_reference::by_series(&context.source, tags::REFERENCED_SOP_SEQUENCE);
    let evidence = image_reference::of_study(&context.source.study_uid, series);
    put_items(object, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![evidence]);
}
