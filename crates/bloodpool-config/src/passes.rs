//! `Passes`: how many passes of the network a study gets.

use serde::{Deserialize, Serialize};

/// How many passes of the network a study gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Passes {
    /// A pass over the whole field, then one over a window around the LV that was found there.
    #[default]
    #[serde(rename = "closer")]
    Refined,
    /// One pass over the whole field: each frame is an image of its own.
    Once,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_keep_the_names_that_earlier_versions_wrote() {
        for (passes, name) in [(Passes::Refined, "\"closer\""), (Passes::Once, "\"once\"")] {
            assert_eq!(serde_json::to_string(&passes).unwrap(), name);
            assert_eq!(serde_json::from_str::<Passes>(name).unwrap(), passes);
        }
    }
}
