//! `Given`: a value of a document, or the reason why there is none.

use bloodpool_core::function::{Outcome, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finite::NotFinite;

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
    /// None, for this reason.
    pub(crate) fn refused(refusal: &Refusal) -> Self {
        Self { value: None, reason: Some(refusal.into()) }
    }

    /// Of an outcome, through `fields`, which checks that its numbers are finite.
    pub(crate) fn of<U>(
        outcome: &Outcome<U>,
        fields: impl FnOnce(&U) -> Result<T, NotFinite>,
    ) -> Result<Self, NotFinite> {
        Ok(match outcome {
            Outcome::Value(value) => Self { value: Some(fields(value)?), reason: None },
            Outcome::Refused(refusal) => Self::refused(refusal),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finite::finite;
    use serde_json::json;

    #[test]
    fn a_number_stands_beside_the_reason_for_none() {
        let reason = json!({"code": "frame_time_absent", "message": "the frame time is not recorded"});
        let given = |outcome: &Outcome<f64>| Given::<f64>::of(outcome, |value: &f64| finite("a rate", *value));
        let rate = given(&Outcome::Value(2.5)).unwrap();
        assert_eq!(serde_json::to_value(rate).unwrap(), json!({"value": 2.5, "reason": null}));
        let none = given(&Outcome::Refused(Refusal::FrameTimeAbsent)).unwrap();
        assert_eq!(serde_json::to_value(none).unwrap(), json!({"value": null, "reason": reason}));
        let error = given(&Outcome::Value(f64::NEG_INFINITY)).unwrap_err().to_string();
        assert!(error.starts_with("a rate came out"), "{error}");
    }
}
