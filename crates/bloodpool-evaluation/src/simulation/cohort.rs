//! `Cohort`: the patients and acquisitions that are drawn.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The patients and acquisitions that are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cohort {
    /// Hearts with measured anatomy, as in ordinary practice (docs/SIMULATOR.md).
    Ordinary,
    /// Ordinary studies of hearts, chests and a camera of another construction.
    Other,
    /// Like those of Oh et al. 2022, Table 1; they have their own range of LVEF and their own matrix.
    Paper,
}

impl Cohort {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ordinary, Self::Other, Self::Paper];

    /// For example `ordinary`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Other => "other",
            Self::Paper => "paper",
        }
    }
}

impl FromStr for Cohort {
    type Err = UnknownCohort;

    fn from_str(text: &str) -> Result<Self, UnknownCohort> {
        let found = Self::ALL.into_iter().find(|cohort| cohort.name() == text);
        found.ok_or_else(|| UnknownCohort { name: text.to_owned() })
    }
}

/// There is no cohort of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cohort `{name}` is not known; known are {}", Cohort::ALL.map(Cohort::name).join(", "))]
pub struct UnknownCohort {
    /// The name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cohort_is_known_by_its_name() {
        for cohort in Cohort::ALL {
            assert_eq!(cohort.name().parse(), Ok(cohort));
        }
        let error = "papr".parse::<Cohort>().unwrap_err().to_string();
        assert_eq!(error, "cohort `papr` is not known; known are ordinary, other, paper");
    }
}
