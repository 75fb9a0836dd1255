//! Whether a number may be used: every finding about a study in one of four ranks, and what was checked.

mod acquisition;
mod beat;
mod checked;
mod counts;
mod cycle;
pub mod limits;
mod recognised;
mod result;
mod rules;
mod ventricle;

use serde::Serialize;

use crate::analysis::AnalysisError;
use crate::correction::Tiles;
use crate::measure::Measurement;
use crate::{GatedStudy, Protocol, Results, Segmentation};

pub use checked::{Checked, Topic};
pub use counts::looks_inverted;
use rules::rule_of;

/// How much a finding weighs, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Worth knowing; the number stands.
    Note,
    /// The number may be wrong: look at the images before using it.
    Look,
    /// The number is more likely wrong than right: it is withheld.
    DoNotUse,
    /// There is no number: see [`AnalysisError`].
    Refused,
}

impl Rank {
    /// In words, for example `do not use`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Look => "look before use",
            Self::DoNotUse => "do not use",
            Self::Refused => "refused",
        }
    }
}

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

/// What the technologist at the camera should do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtTheCamera {
    /// Nothing: the acquisition is acceptable.
    Acceptable,
    /// Acquire again, for this reason.
    Repeat(&'static str),
    /// Acquiring again would not help: this must be looked at first.
    Ask(String),
}

impl AtTheCamera {
    /// One line in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Acceptable => "acceptable".to_owned(),
            Self::Repeat(why) => format!("repeat now, because {why}"),
            Self::Ask(what) => format!("do not repeat yet; first look at this: {what}"),
        }
    }
}

/// Whether a number may be used, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validity {
    /// All findings, the gravest first.
    reasons: Vec<Reason>,
    /// What was looked at, whatever was found; one entry per topic that could be checked or not.
    performed: Vec<checked::LookedAt>,
}

impl Validity {
    /// From findings, in any order.
    #[must_use]
    pub fn new(reasons: Vec<Reason>) -> Self {
        let mut validity = Self { reasons: Vec::new(), performed: Vec::new() };
        validity.extend(reasons);
        validity
    }

    /// Adds findings, for example those about the file.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Reason>) {
        self.reasons.extend(more);
        self.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rank));
    }

    /// The gravest rank; `None` where nothing was found.
    #[must_use]
    pub fn rank(&self) -> Option<Rank> {
        self.reasons.first().map(|reason| reason.rank)
    }

    /// All findings, the gravest first.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Whether the number may not be given.
    #[must_use]
    pub fn withholds(&self) -> bool {
        self.rank() >= Some(Rank::DoNotUse)
    }

    /// The overall result in words: `no finding`, or the gravest rank.
    #[must_use]
    pub fn in_words(&self) -> &'static str {
        self.rank().map_or("no finding", Rank::in_words)
    }

    /// What the technologist should do: only findings that ask for a look, or worse, matter at the camera.
    #[must_use]
    pub fn at_the_camera(&self) -> AtTheCamera {
        let mut grave = self.reasons.iter().filter(|reason| reason.rank >= Rank::Look);
        if let Some(why) = grave.clone().find_map(|reason| rule_of(reason.code).repeat) {
            return AtTheCamera::Repeat(why);
        }
        match grave.next() {
            Some(reason) if reason.rank >= Rank::DoNotUse => AtTheCamera::Ask(reason.message.clone()),
            _ => AtTheCamera::Acceptable,
        }
    }
}

/// What the checks look at: a study as it was measured, and what the named protocol measured on it.
#[derive(Debug, Clone)]
pub(crate) struct Evidence<'a> {
    study: &'a GatedStudy,
    segmentation: &'a Segmentation,
    protocol: &'a Protocol,
    measurement: &'a Measurement,
    results: &'a Results,
    /// The field in tiles; frames that lost counts take no part in its noise.
    tiles: Tiles,
}

impl<'a> Evidence<'a> {
    /// Of one study.
    pub(crate) fn new(
        study: &'a GatedStudy,
        segmentation: &'a Segmentation,
        protocol: &'a Protocol,
        measurement: &'a Measurement,
        results: &'a Results,
    ) -> Self {
        let lost: Vec<bool> = (0..study.frames()).map(|frame| measurement.drop_off.affects(frame)).collect();
        Self { study, segmentation, protocol, measurement, results, tiles: Tiles::of(study, &lost) }
    }
}

/// Refuses what no number can be computed from, whatever its outline.
pub(crate) fn refuse(segmentation: &Segmentation) -> Result<(), AnalysisError> {
    recognised::refuse(segmentation)
}

/// All findings about a study and what the named protocol measured on it; `found` before: those of the correction.
pub(crate) fn check(evidence: &Evidence<'_>, found: Vec<Reason>) -> Validity {
    let checks = [
        recognised::check_heart,
        recognised::check_view,
        recognised::check_orientation,
        recognised::check_gating,
        acquisition::check_frame_number,
        acquisition::check_frame_time,
        acquisition::check_cycle,
        acquisition::check_beats_rejected,
        acquisition::check_rr_window,
        acquisition::check_timing,
        acquisition::check_pixel_spacing,
        counts::check_frame_counts,
        counts::check_counting_error,
        counts::check_saturation,
        counts::check_wrapped,
        counts::check_inverted,
        counts::check_dispersion,
        counts::check_identical,
        cycle::check_drop_off,
        cycle::check_empty_at_end,
        beat::check_no_beat,
        beat::check_two_rhythms,
        beat::check_r_wave,
        cycle::check_order,
        beat::check_closing,
        beat::check_systolic_limit,
        beat::check_diastolic_limit,
        ventricle::check_missing,
        ventricle::check_area_jumps,
        ventricle::check_certainty,
        ventricle::check_size,
        ventricle::check_edge,
        ventricle::check_end_on,
        result::check_background_septum,
        result::check_background_cut,
        result::check_background_hot,
        result::check_plausible,
        result::check_disagreement,
    ];
    let mut validity = Validity::new(found);
    validity.extend(checks.iter().filter_map(|check: &fn(&Evidence<'_>) -> Option<Reason>| check(evidence)));
    validity.performed = checked::performed(evidence);
    validity
}

/// `1`, `1 and 2`, or `1, 2 and 3`: frames as a sentence names them.
fn listed(frames: &[usize]) -> String {
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
pub(crate) fn named(frames: &[usize]) -> String {
    format!("{} {}", if frames.len() == 1 { "frame" } else { "frames" }, listed(frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_finding_decides() {
        let mut validity = Validity::new(vec![Reason::new("count_drop_off", "a"), Reason::new("saturated", "b")]);
        assert_eq!((validity.rank(), validity.withholds()), (Some(Rank::Look), false));
        assert_eq!(
            validity.at_the_camera().in_words(),
            "repeat now, because pixels reached the largest value that was stored; use 16 bits"
        );
        validity.extend([Reason::new("orientation_unusual", "mirrored")]);
        assert_eq!((validity.rank(), validity.withholds()), (Some(Rank::DoNotUse), true));
        assert_eq!(validity.reasons()[0].code, "orientation_unusual");
        assert_eq!(Validity::default().at_the_camera(), AtTheCamera::Acceptable);
        assert_eq!((Validity::default().rank(), Validity::default().in_words()), (None, "no finding"));
    }

    #[test]
    fn what_repeating_cannot_mend_is_not_repeated() {
        let validity = Validity::new(vec![Reason::new("orientation_unusual", "the images are mirrored")]);
        assert_eq!(validity.at_the_camera(), AtTheCamera::Ask("the images are mirrored".into()));
        let validity = Validity::new(vec![Reason::new("protocols_disagree", "look")]);
        assert_eq!(validity.at_the_camera(), AtTheCamera::Acceptable);
    }
}
