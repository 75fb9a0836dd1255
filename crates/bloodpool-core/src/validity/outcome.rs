//! `Validity`: whether a number may be used, from all findings about a study, and what was checked.

use super::finding::Reason;
use super::rank::{Rank, Topic};
use super::rules::rule_of;

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
    performed: Vec<LookedAt>,
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

    /// What was checked and found, one entry per topic.
    #[must_use]
    pub fn checked(&self) -> Vec<Checked> {
        let of = |topic: Topic| {
            let reasons: Vec<Reason> = self.reasons.iter().filter(|reason| reason.topic() == topic).cloned().collect();
            let looked_at = self.performed.iter().find(|looked_at| looked_at.topic == topic);
            Checked {
                topic,
                possible: !reasons.is_empty() || looked_at.is_some_and(|looked_at| looked_at.possible),
                rank: reasons.first().map(|reason| reason.rank),
                looked_at: looked_at.map_or_else(String::new, |looked_at| looked_at.sentence.clone()),
                reasons,
            }
        };
        Topic::ALL.into_iter().map(of).collect()
    }

    /// The same with what the checks looked at.
    pub(super) fn with_performed(self, performed: Vec<LookedAt>) -> Self {
        Self { performed, ..self }
    }
}

/// The result of all checks of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was checked.
    pub topic: Topic,
    /// Whether anything could be checked.
    pub possible: bool,
    /// The gravest finding; `None` where there is none.
    pub rank: Option<Rank>,
    /// What was looked at, as one sentence; it also says where nothing could be.
    pub looked_at: String,
    /// The findings.
    pub reasons: Vec<Reason>,
}

/// What the checks of one topic looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookedAt {
    pub(super) topic: Topic,
    /// Whether anything could be checked.
    pub(super) possible: bool,
    pub(super) sentence: String,
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
