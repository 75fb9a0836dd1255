//! `CommitmentRequest`: the instances that a peer is asked to keep (N-ACTION, PS3.4 J.3.2).

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, Length, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;

use crate::net::uid::Uid;

/// Instances that a peer is asked to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentRequest {
    /// Names the request; the report repeats it. Each request has another one.
    pub transaction: Uid,
    /// The instances; at least one.
    pub instances: Vec<SopReference>,
}

/// An instance by its UIDs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SopReference {
    /// SOP Class UID.
    pub sop_class: Uid,
    /// SOP Instance UID.
    pub sop_instance: Uid,
}

impl CommitmentRequest {
    /// The data set, in Implicit VR Little Endian; `None` where the encoder fails.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let item = |instance: &SopReference| {
            InMemDicomObject::from_element_iter([
                uid(tags::REFERENCED_SOP_CLASS_UID, &instance.sop_class),
                uid(tags::REFERENCED_SOP_INSTANCE_UID, &instance.sop_instance),
            ])
        };
        let items = self.instances.iter().map(item).collect::<Vec<_>>();
        let sequence = DataSetSequence::new(items, Length::UNDEFINED);
        let object = InMemDicomObject::from_element_iter([
            uid(tags::TRANSACTION_UID, &self.transaction),
            DataElement::new(tags::REFERENCED_SOP_SEQUENCE, VR::SQ, sequence),
        ]);
        let mut bytes = Vec::new();
        object.write_dataset_with_ts(&mut bytes, &IMPLICIT_VR_LITTLE_ENDIAN.erased()).ok()?;
        Some(bytes)
    }
}

fn uid(tag: Tag, uid: &Uid) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, VR::UI, PrimitiveValue::from(uid.as_str()))
}
