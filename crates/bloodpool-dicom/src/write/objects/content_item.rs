//! `ContentItem`: a node of the content tree of a structured report, by value (PS3.3 C.17.3).

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::write::acquisition::Code;
use crate::write::elements::{decimal, put, put_items};

/// How an item relates to the one above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relationship {
    Contains,
    HasObsContext,
    HasConceptMod,
    HasProperties,
    SelectedFrom,
}

impl Relationship {
    fn term(self) -> &'static str {
        match self {
            Self::Contains => "CONTAINS",
            Self::HasObsContext => "HAS OBS CONTEXT",
            Self::HasConceptMod => "HAS CONCEPT MOD",
            Self::HasProperties => "HAS PROPERTIES",
            Self::SelectedFrom => "SELECTED FROM",
        }
    }
}

/// The value of an item.
pub(super) enum Value {
    Text(String),
    Code(Code),
    Number {
        value: f64,
        unit: Code,
    },
    Uid(String),
    PersonName(String),
    /// An item of Referenced SOP Sequence.
    Image(InMemDicomObject),
    /// Columns and rows of a closed polygon in turn.
    Polyline(Vec<f32>),
    /// The number of its template in PS3.16, where it is the root of one.
    Container(Option<&'static str>),
}

/// One node and those below it.
pub(super) struct ContentItem {
    relationship: Option<Relationship>,
    concept: Option<Code>,
    value: Value,
    children: Vec<ContentItem>,
}

impl ContentItem {
    /// The root of a document.
    pub(super) fn root(concept: Code, template: &'static str, children: Vec<Self>) -> Self {
        let value = Value::Container(Some(template));
        Self { relationship: None, concept: Some(concept), value, children }
    }

    pub(super) fn new(relationship: Relationship, concept: Code, value: Value) -> Self {
        Self { relationship: Some(relationship), concept: Some(concept), value, children: Vec::new() }
    }

    /// An image that needs no name, since the item above says what it is for.
    pub(super) fn selected_from(image: InMemDicomObject) -> Self {
        let relationship = Some(Relationship::SelectedFrom);
        Self { relationship, concept: None, value: Value::Image(image), children: Vec::new() }
    }

    pub(super) fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Puts the item and those below it.
    pub(super) fn put(self, object: &mut InMemDicomObject) {
        if let Some(relationship) = self.relationship {
            put(object, tags::RELATIONSHIP_TYPE, VR::CS, relationship.term());
        }
        put(object, tags::VALUE_TYPE, VR::CS, self.value.term());
        if let Some(concept) = &self.concept {
            put_items(object, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![concept.item()]);
        }
        self.value.put(object);
        if !self.children.is_empty() {
            let item = |child: Self| {
                let mut object = InMemDicomObject::new_empty();
                child.put(&mut object);
                object
            };
            put_items(object, tags::CONTENT_SEQUENCE, self.children.into_iter().map(item).collect());
        }
    }
}

impl Value {
    fn term(&self) -> &'static str {
        match self {
            Self::Text(_) => "TEXT",
            Self::Code(_) => "CODE",
            Self::Number { .. } => "NUM",
            Self::Uid(_) => "UIDREF",
            Self::PersonName(_) => "PNAME",
            Self::Image(_) => "IMAGE",
            Self::Polyline(_) => "SCOORD",
            Self::Container(_) => "CONTAINER",
        }
    }

    fn put(self, object: &mut InMemDicomObject) {
        match self {
            Self::Text(text) => put(object, tags::TEXT_VALUE, VR::UT, &text),
            Self::Code(code) => put_items(object, tags::CONCEPT_CODE_SEQUENCE, vec![code.item()]),
            Self::Number { value, unit } => {
                let mut measured = InMemDicomObject::new_empty();
                let text = decimal(value);
                if text.parse() != Ok(value) {
                    let exact = PrimitiveValue::from(value);
                    measured.put(DataElement::new(tags::FLOATING_POINT_VALUE, VR::FD, exact));
                }
                put(&mut measured, tags::NUMERIC_VALUE, VR::DS, &text);
                put_items(&mut measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE, vec![unit.item()]);
                put_items(object, tags::MEASURED_VALUE_SEQUENCE, vec![measured]);
            }
            Self::Uid(uid) => put(object, tags::UID, VR::UI, &uid),
            Self::PersonName(name) => put(object, tags::PERSON_NAME, VR::PN, &name),
            Self::Image(image) => put_items(object, tags::REFERENCED_SOP_SEQUENCE, vec![image]),
            Self::Polyline(points) => {
                let points = PrimitiveValue::F32(points.into());
                object.put(DataElement::new(tags::GRAPHIC_DATA, VR::FL, points));
                put(object, tags::GRAPHIC_TYPE, VR::CS, "POLYLINE");
            }
            Self::Container(template) => {
                put(object, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
                if let Some(template) = template {
                    let mut item = InMemDicomObject::new_empty();
                    put(&mut item, tags::MAPPING_RESOURCE, VR::CS, "DCMR");
                    put(&mut item, tags::TEMPLATE_IDENTIFIER, VR::CS, template);
                    put_items(object, tags::CONTENT_TEMPLATE_SEQUENCE, vec![item]);
                }
            }
        }
    }
}
