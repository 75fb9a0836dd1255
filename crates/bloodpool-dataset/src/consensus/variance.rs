//! Where the variation of raters' readings comes from: studies, raters, and what remains; and what groups of raters differ by.

use std::collections::BTreeSet;

use bloodpool_stats::{CrossedEffects, FixedEffect, Reading, crossed_effects};
use serde::{Deserialize, Serialize};

/// A linear mixed model of raters' readings with study and rater as crossed random effects, which does not need every rater to have
/// read every study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct VarianceComponents {
    /// The model of all raters; `None` where it cannot be fitted.
    pub model: Option<CrossedEffects>,
    /// Why not.
    pub problem: Option<String>,
    /// The difference of every two groups, with the raters of both.
    pub group_differences: Vec<GroupEffect>,
}

/// What one group of raters reads more than another on the same studies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GroupEffect {
    /// Names of the groups.
    pub groups: [String; 2],
    /// First less second, as [`bloodpool_stats::GroupComparison`] has it; `None` where it cannot be computed.
    pub first_less_second: Option<FixedEffect>,
    /// Why not.
    pub problem: Option<String>,
}

impl VarianceComponents {
    /// From the readings of raters (by index in `groups`, which holds the group of each).
    pub(super) fn new(readings: &[Reading], groups: &[Option<&str>]) -> Self {
        let (model, problem) = match crossed_effects(readings, None) {
            // With an entry for each rater, also for those of the highest numbers who have no reading.
            Ok(mut model) => {
                model.rater_effects.resize(groups.len(), None);
                (Some(model), None)
            }
            Err(error) => (None, Some(error.to_string())),
        };
        let names: BTreeSet<&str> = groups.iter().flatten().copied().collect();
        let names: Vec<&str> = names.into_iter().collect();
        let mut group_differences = Vec::new();
        for (index, first) in names.iter().enumerate() {
            for second in &names[index + 1..] {
                group_differences.push(GroupEffect::new(readings, groups, [first, second]));
            }
        }
        Self { model, problem, group_differences }
    }
}

impl GroupEffect {
    fn new(readings: &[Reading], groups: &[Option<&str>], [first, second]: [&str; 2]) -> Self {
        let of = |rater: usize| groups.get(rater).copied().flatten();
        let of_both = |reading: &&Reading| of(reading.rater) == Some(first) || of(reading.rater) == Some(second);
        let readings: Vec<Reading> = readings.iter().filter(of_both).copied().collect();
        // The second of the model's groups is the first here, so that the difference is first - second.
        let in_first: Vec<bool> = groups.iter().map(|group| *group == Some(first)).collect();
        let (first_less_second, problem) = match crossed_effects(&readings, Some(&in_first)) {
            Ok(model) => (model.group_difference, None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self { groups: [first, second].map(str::to_owned), first_less_second, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_compared_on_the_studies_that_they_share() {
        // Raters 0 and 1 read 4 more than raters 2 and 3; each study is read by three of the four; rater 4 has no group.
        let offset = [4.5, 3.5, 0.5, -0.5, 9.0];
        let noise = [0.2, -0.1, -0.2, 0.1, 0.0, 0.1, -0.1];
        let mut readings = Vec::new();
        for study in 0..8 {
            for rater in (0..5).filter(|rater| rater % 4 != study % 4 || *rater == 4) {
                let value = 40.0 + 3.0 * study as f64 + offset[rater] + noise[(3 * study + 2 * rater) % 7];
                readings.push(Reading { study, rater, value });
            }
        }
        let groups = [Some("s"), Some("s"), Some("t"), Some("t"), None];
        let found = VarianceComponents::new(&readings, &groups);
        let model = found.model.unwrap();
        assert_eq!((model.raters, model.rater_effects.len(), found.problem), (5, 5, None));
        let [difference] = &found.group_differences[..] else { panic!("{:?}", found.group_differences) };
        assert_eq!(difference.groups, ["s", "t"]);
        let effect = difference.first_less_second.unwrap();
        assert!((effect.estimate - 4.0).abs() < 0.2, "{effect:?}");
        assert!(effect.ci95[0] < 4.0 && effect.ci95[1] > 4.0 && effect.degrees_of_freedom == 2, "{effect:?}");
        // Two raters alone have no degrees of freedom between them.
        let few = VarianceComponents::new(&readings, &[Some("s"), None, Some("t"), None, None]);
        assert!(few.group_differences[0].problem.as_ref().unwrap().contains("at least 3"), "{few:?}");
        assert!(VarianceComponents::new(&[], &[None]).problem.is_some());
    }
}
