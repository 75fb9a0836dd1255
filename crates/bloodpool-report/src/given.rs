//! `Given` and `EstimateFields`: a number of a document, or the reason why there is none.

use bloodpool_core::function::{Estimate, Outcome, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finite::{NotFinite, finite};

/// Why a number is not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotGivenFields {
    /// Stable code.
    pub code: String,
    /// The same in words.
    pub message: String,
}

impl From<&Refusal> for NotGivenFields {
    fn from(refusal: &Refusal) -> Self {
        Self { code: refusal.code().to_owned(), message: refusal.to_string() }
    }
}

/// A value, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Given<T> {
    /// The value; `None` where it is not given.
    pub value: Option<T>,
    /// Why it is not given; `None` where it is.
    pub reason: Option<NotGivenFields>,
}

impl<T> Given<T> {
    /// Of an outcome, through `fields`, which checks that its numbers are finite.
    pub(crate) fn of<U>(
        outcome: &Outcome<U>,
        fields: impl FnOnce(&U) -> Result<T, NotFinite>,
    ) -> Result<Self, NotFinite> {
        Ok(match outcome {
            Outcome::Value(value) => Self { value: Some(fields(value)?), reason: None },
            Outcome::Refused(refusal) => Self { value: None, reason: Some(refusal.into()) },
        })
    }
}

/// A value with its 95 % interval, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateFields {
    /// The value; `None` where it is not given.
    pub value: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// Why it is not given; `None` where it is.
    pub reason: Option<NotGivenFields>,
}

impl EstimateFields {
    /// Of an outcome; `field` names it in an error.
    pub(crate) fn of(field: &'static str, outcome: &Outcome<Estimate>) -> Result<Self, NotFinite> {
        Ok(match outcome {
            Outcome::Value(Estimate { value, low, high }) => Self {
                value: Some(finite(field, *value)?),
                low: Some(finite(field, *low)?),
                high: Some(finite(field, *high)?),
                reason: None,
            },
            Outcome::Refused(refusal) => Self::refused(refusal),
        })
    }

    /// None, for this reason.
    pub(crate) fn refused(refusal: &Refusal) -> Self {
        Self { value: None, low: None, high: None, reason: Some(refusal.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_stands_beside_the_reason_for_none() {
        let rate = Outcome::Value(Estimate { value: 2.5, low: 2.0, high: 3.5 });
        let fields = EstimateFields::of("a rate", &rate).unwrap();
        assert_eq!(
            serde_json::to_value(fields).unwrap(),
            json!({"value": 2.5, "low": 2.0, "high": 3.5, "reason": null})
        );
        let none = EstimateFields::of("a rate", &Outcome::Refused(Refusal::FrameTimeAbsent)).unwrap();
        let reason = json!({"code": "frame_time_absent", "message": "the frame time is not recorded"});
        assert_eq!(
            serde_json::to_value(none).unwrap(),
            json!({"value": null, "low": null, "high": null, "reason": reason})
        );
        let none = Given::<f64>::of(&Outcome::Refused(Refusal::FrameTimeAbsent), |value: &f64| finite("x", *value));
        assert_eq!(serde_json::to_value(none.unwrap()).unwrap(), json!({"value": null, "reason": reason}));
        let infinite = Outcome::Value(Estimate { value: 2.5, low: f64::NEG_INFINITY, high: 3.5 });
        assert!(EstimateFields::of("a rate", &infinite).unwrap_err().to_string().starts_with("a rate came out"));
    }
}
