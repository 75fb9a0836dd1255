//! `Results`: the LVEF of one study by every preset, in the order in which they are shown.

use serde::{Serialize, Serializer};

use crate::protocol::{Preset, PresetStatus};

/// Key of the LVEF that is measured with the ED ROI on every frame. No protocol may have this name.
pub const FIXED_ROI: &str = "fixed_roi";

/// LVEF by one protocol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProtocolResult {
    /// Its name, which is also its key in documents.
    pub key: &'static str,
    /// A short title.
    pub title: &'static str,
    /// What is counted and what is subtracted, in one sentence without a full stop.
    pub description: &'static str,
    /// What it is meant for.
    pub status: PresetStatus,
    /// LVEF, percent; `None`: it could not be computed.
    pub lvef_percent: Option<f64>,
}

/// LVEF by every preset, and with the ED ROI on every frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Results(Vec<ProtocolResult>);

impl Results {
    /// `lvef_percent` gives the LVEF of each key; those of presets and [`FIXED_ROI`] are asked for.
    pub fn new(lvef_percent: impl Fn(&str) -> Option<f64>) -> Self {
        let presets = Preset::ALL.into_iter().map(|preset| ProtocolResult {
            key: preset.name,
            title: preset.title,
            description: preset.description,
            status: preset.status,
            lvef_percent: lvef_percent(preset.name),
        });
        let fixed_roi = ProtocolResult {
            key: FIXED_ROI,
            title: "Fixed ROI",
            description: "counts in the ED ROI on every frame, background as standard",
            status: PresetStatus::Comparison,
            lvef_percent: lvef_percent(FIXED_ROI),
        };
        Self(presets.chain([fixed_roi]).collect())
    }

    /// LVEF by the protocol of this key, percent; `None` where it could not be computed, or there is no such key.
    #[must_use]
    pub fn lvef_percent(&self, key: &str) -> Option<f64> {
        self.iter().find(|result| result.key == key)?.lvef_percent
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ProtocolResult> + '_ {
        self.0.iter()
    }
}

/// As documents have it: one field per key.
impl Serialize for Results {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|result| (result.key, result.lvef_percent)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_a_result() {
        let results = Results::new(|key| (key != "paper").then_some(key.len() as f64));
        assert_eq!(results.lvef_percent("standard"), Some(8.0));
        assert_eq!((results.lvef_percent("paper"), results.lvef_percent("nobodys")), (None, None));
        let json = serde_json::to_string(&results).unwrap();
        assert_eq!(json, r#"{"background_image":16.0,"standard":8.0,"paper":null,"unmixed":7.0,"fixed_roi":9.0}"#);
        assert!(Preset::by_name(FIXED_ROI).is_none());
    }
}
