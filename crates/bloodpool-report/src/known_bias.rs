//! What is known of each protocol's bias: measured on simulated studies with the embedded model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The bias table of a model; `null` in the file where nothing has been measured.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownBias {
    /// What it was measured on, for example `200 simulated studies, seed 9001`.
    pub data: String,
    /// By the key of the protocol; those that were not measured are missing.
    pub protocols: BTreeMap<String, Bias>,
}

/// LVEF minus true LVEF.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bias {
    /// Mean difference, LVEF points.
    pub bias: f64,
    /// Standard deviation of the difference, LVEF points.
    pub sd: f64,
    /// Percent of studies within 5 points of the truth.
    pub within_5: f64,
}

impl KnownBias {
    /// Reads the table of an embedded model.
    ///
    /// # Errors
    /// When the text is not such a table.
    pub fn parse(text: &str) -> Result<Option<Self>, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The row of a protocol.
    #[must_use]
    pub fn of(&self, protocol: &str) -> Option<Bias> {
        self.protocols.get(protocol).copied()
    }
}

impl Bias {
    /// As part of a sentence: `1.2 points above the truth on average (SD 3.2); 85 % of studies within 5 points`.
    pub fn in_words(self) -> String {
        let side = match self.bias {
            bias if bias >= 0.05 => format!("{bias:.1} points above the truth on average"),
            bias if bias <= -0.05 => format!("{:.1} points below the truth on average", -bias),
            _ => "neither above nor below the truth on average".to_owned(),
        };
        format!("{side} (SD {:.1}); {:.0} % of studies within 5 points", self.sd, self.within_5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_and_put_in_words() {
        let text = r#"{"data": "200 simulated studies, seed 9", "protocols": {"standard": {"bias": 1.24, "sd": 3.2, "within_5": 85.5}}}"#;
        let table = KnownBias::parse(text).unwrap().unwrap();
        let words = table.of("standard").unwrap().in_words();
        assert_eq!(words, "1.2 points above the truth on average (SD 3.2); 86 % of studies within 5 points");
        assert_eq!(table.of("paper"), None);
        assert!(KnownBias::parse("null").unwrap().is_none());
    }
}
