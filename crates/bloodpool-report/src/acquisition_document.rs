//! How a study was acquired, as the JSON document has it. It names no indication: that is free text about a patient.

use bloodpool_core::AcquisitionRecord;
use bloodpool_core::study::acquisition::{Radiopharmaceutical, Recorded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finite::{NotFinite, finite};

/// How a study was acquired, as its file records it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AcquisitionFields {
    /// What the patient was given.
    pub radiopharmaceuticals: Vec<RadiopharmaceuticalFields>,
    /// Degrees from the patient's back (0) over the left side (90) and the front (180).
    pub camera_angle_degrees: Option<RecordedFields>,
    /// Name or type of the collimator.
    pub collimator: Option<String>,
}

/// One radiopharmaceutical.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RadiopharmaceuticalFields {
    /// Its name.
    pub name: Option<String>,
    /// Its radionuclide.
    pub radionuclide: Option<String>,
    /// Administered activity, MBq.
    pub activity_mbq: Option<RecordedFields>,
    /// Time from the injection to the start of the acquisition, minutes.
    pub minutes_from_injection: Option<RecordedFields>,
}

/// A recorded number, or the text of one whose meaning is unclear.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedFields {
    /// The number; `None` where its meaning is unclear.
    pub value: Option<f64>,
    /// The text as it is recorded, where its meaning is unclear.
    pub unclear: Option<String>,
}

impl AcquisitionFields {
    /// `None` where nothing of it is recorded.
    pub(crate) fn new(record: &AcquisitionRecord) -> Result<Option<Self>, NotFinite> {
        let fields = Self {
            radiopharmaceuticals: record
                .radiopharmaceuticals
                .iter()
                .map(RadiopharmaceuticalFields::new)
                .collect::<Result<_, _>>()?,
            camera_angle_degrees: recorded("camera angle", &record.camera_angle_degrees)?,
            collimator: record.collimator.clone(),
        };
        let nothing = AcquisitionRecord { indication: None, ..record.clone() }.is_empty();
        Ok((!nothing).then_some(fields))
    }
}

impl RadiopharmaceuticalFields {
    fn new(drug: &Radiopharmaceutical) -> Result<Self, NotFinite> {
        Ok(Self {
            name: drug.name.clone(),
            radionuclide: drug.radionuclide.clone(),
            activity_mbq: recorded("activity", &drug.activity_mbq)?,
            minutes_from_injection: recorded("time from injection", &drug.minutes_from_injection)?,
        })
    }
}

fn recorded(what: &'static str, recorded: &Option<Recorded>) -> Result<Option<RecordedFields>, NotFinite> {
    let fields = |recorded: &Recorded| {
        let value = recorded.clear().map(|number| finite(what, number)).transpose()?;
        Ok(RecordedFields { value, unclear: recorded.unclear().map(str::to_owned) })
    };
    recorded.as_ref().map(fields).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unclear_number_is_a_text_and_the_indication_is_left_out() {
        let record = AcquisitionRecord {
            radiopharmaceuticals: vec![Radiopharmaceutical {
                activity_mbq: Some(Recorded::Unclear("25".into())),
                minutes_from_injection: Some(Recorded::Clear(40.0)),
                ..Radiopharmaceutical::default()
            }],
            indication: Some("Doe, Jane: chemotherapy".into()),
            ..AcquisitionRecord::default()
        };
        let fields = AcquisitionFields::new(&record).unwrap().unwrap();
        let expected = json!({
            "radiopharmaceuticals": [{
                "name": null, "radionuclide": null,
                "activity_mbq": {"value": null, "unclear": "25"},
                "minutes_from_injection": {"value": 40.0, "unclear": null},
            }],
            "camera_angle_degrees": null,
            "collimator": null,
        });
        assert_eq!(serde_json::to_value(&fields).unwrap(), expected);
        assert_eq!(serde_json::from_value::<AcquisitionFields>(expected).unwrap(), fields);
        let indication = AcquisitionRecord { indication: record.indication, ..AcquisitionRecord::default() };
        assert_eq!(AcquisitionFields::new(&indication).unwrap(), None);
        let infinite = AcquisitionRecord {
            camera_angle_degrees: Some(Recorded::Clear(f64::INFINITY)),
            ..AcquisitionRecord::default()
        };
        assert!(AcquisitionFields::new(&infinite).unwrap_err().to_string().contains("camera angle"));
    }
}
