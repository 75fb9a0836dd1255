//! `Reason` and `Warning`: one finding about a study, with its rank and without.

use serde::Serialize;

use super::rank::{Rank, Topic};
use super::rules::rule_of;
use crate::FrameIndex;

/// One finding about a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// How much it weighs.
    pub rank: Rank,
    /// Stable code, for example `count_drop_off`.
    pub code: &'static str,
    /// The same in plain words, with figures.
    pub message: String,
}

impl Reason {
    /// A finding of the rank that its code usually has.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { rank: rule_of(code).rank, code, message: message.into() }
    }

    /// The same with another rank.
    #[must_use]
    pub fn ranked(self, rank: Rank) -> Self {
        Self { rank, ..self }
    }

    /// The finding without its rank.
    #[must_use]
    pub fn warning(&self) -> Warning {
        Warning { code: self.code, message: self.message.clone() }
    }

    /// What it is about.
    #[must_use]
    pub fn topic(&self) -> Topic {
        rule_of(self.code).topic
    }
}

/// A finding without its rank, as the `warnings` of a document list them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable code, for example `count_drop_off`.
    pub code: &'static str,
    /// The same in plain words, with figures.
    pub message: String,
}

/// `1`, `1 and 2`, or `1, 2 and 3`: frames as a sentence names them.
fn listed(frames: &[FrameIndex]) -> String {
    match frames {
        [] => String::new(),
        [only] => only.to_string(),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(ToString::to_string).collect();
            format!("{} and {last}", most.join(", "))
        }
    }
}

/// `frame 3` or `frames 3 and 4`.
pub(crate) fn named(frames: &[FrameIndex]) -> String {
    format!("{} {}", if frames.len() == 1 { "frame" } else { "frames" }, listed(frames))
}
