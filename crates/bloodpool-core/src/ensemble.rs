//! `MemberSpread`: how far the LVEFs of the networks of an ensemble are apart, all measured on the same frames.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::{Measurement, measure_protocol};
use crate::{GatedStudy, ModelIdentity, Protocol, Segmentation};

/// LVEF by the outlines of each network of an ensemble. It shows what another training would have changed; it is no interval of the
/// LVEF, since the networks share their training data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberSpread {
    /// LVEF of each network, percent; `None` where its outlines give none.
    pub lvef_percent: Vec<Option<f64>>,
    /// Their standard deviation (n - 1), percent points; `None` for fewer than two.
    pub sd_points: Option<f64>,
}

impl MemberSpread {
    /// Measures the outlines of each member as the ensemble's were, with its ED and ES; `None` where there are no members.
    pub(crate) fn measure(
        study: &GatedStudy,
        segmentation: &Segmentation,
        model: &ModelIdentity,
        protocol: &Protocol,
        ensemble: &Measurement,
    ) -> Option<Self> {
        if segmentation.members.is_empty() {
            return None;
        }
        let mut protocol = protocol.clone();
        protocol.frames.ed_override = Some(ensemble.end_diastole.frame);
        protocol.frames.es_override = Some(ensemble.end_systole.frame);
        let lvef = |member: &Segmentation| Some(measure_protocol(study, member, model, &protocol).ok()?.lvef_percent);
        Some(Self::of(segmentation.members.iter().map(lvef).collect()))
    }

    fn of(lvef_percent: Vec<Option<f64>>) -> Self {
        let known: Vec<f64> = lvef_percent.iter().copied().flatten().collect();
        let sd_points = bloodpool_stats::mean_sd(&known).ok().filter(|_| known.len() > 1).map(|summary| summary.sd);
        Self { lvef_percent, sd_points }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::measure;
    use crate::protocol::Preset;
    use crate::synthetic;

    #[test]
    fn the_spread_is_that_of_the_members() {
        let spread = MemberSpread::of(vec![Some(58.0), None, Some(61.0), Some(62.0)]);
        // statistics.stdev([58, 61, 62])
        assert!((spread.sd_points.unwrap() - 2.081_665_999).abs() < 1e-8);
        assert_eq!(MemberSpread::of(vec![Some(58.0), None]).sd_points, None);
    }

    #[test]
    fn members_are_measured_on_the_frames_of_the_ensemble() {
        let beat = synthetic::Beat::default();
        let (study, seen) = (synthetic::beating(&beat), synthetic::outlined(&beat));
        let smaller = |by: u32| Segmentation {
            masks: seen.masks.iter().map(|mask| mask.eroded(crate::Element::Cross, by)).collect(),
            ..Segmentation::default()
        };
        let members = vec![seen.clone(), smaller(1)];
        let model = ModelIdentity { name: "two".into(), sha256: String::new() };
        let protocol = Preset::by_name("standard").unwrap().protocol();
        let ensemble = Segmentation { members: members.clone(), ..seen.clone() };
        let whole = measure(&study, ensemble, model.clone(), &protocol).unwrap();
        let spread = whole.members.unwrap();
        assert_eq!(spread.lvef_percent[0], Some(whole.lvef_percent)); // the first member has the ensemble's outlines
        let mut fixed = protocol.clone();
        fixed.frames.ed_override = Some(whole.end_diastole.frame);
        fixed.frames.es_override = Some(whole.end_systole.frame);
        let alone = measure(&study, members[1].clone(), model.clone(), &fixed).unwrap();
        assert_eq!(spread.lvef_percent[1], Some(alone.lvef_percent));
        assert!(measure(&study, seen, model, &protocol).unwrap().members.is_none());
    }
}
