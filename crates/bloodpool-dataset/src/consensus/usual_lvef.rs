//! The range in which the LVEF of a consensus is taken to be that of a beating heart.

/// LVEF of a beating heart, percent. Beyond it, end-diastole and end-systole have usually been exchanged, or the outlines are of
/// other frames or of another organ.
pub const USUAL_LVEF_PERCENT: [f64; 2] = [5.0, 95.0];

/// Studies whose consensus has an LVEF outside [`USUAL_LVEF_PERCENT`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the LVEF of the consensus lies outside {low} to {high} % on {studies}; end-diastole and end-systole may have been exchanged, \
     or the outlines may be of other frames. Nothing was written",
    low = USUAL_LVEF_PERCENT[0],
    high = USUAL_LVEF_PERCENT[1],
    studies = named(.0)
)]
pub struct UnusualLvef(pub Vec<(String, f64)>);

fn named(studies: &[(String, f64)]) -> String {
    let studies: Vec<String> = studies.iter().map(|(case, lvef)| format!("{case} ({lvef:.1} %)")).collect();
    studies.join(", ")
}

impl UnusualLvef {
    /// Checks the LVEF of each study, where it is known, unless the study is among those that are `accepted`.
    ///
    /// # Errors
    /// [`UnusualLvef`] naming every study that is outside the range.
    pub(crate) fn check<'a>(
        studies: impl Iterator<Item = (&'a str, Option<f64>)>,
        accepted: &[String],
    ) -> Result<(), Self> {
        let [low, high] = USUAL_LVEF_PERCENT;
        let outside = |(case, lvef): (&str, Option<f64>)| {
            let lvef = lvef.filter(|lvef| !(low..=high).contains(lvef))?;
            (!accepted.iter().any(|name| name == case)).then(|| (case.to_owned(), lvef))
        };
        let outside: Vec<(String, f64)> = studies.filter_map(outside).collect();
        if outside.is_empty() { Ok(()) } else { Err(Self(outside)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_study_outside_the_range_is_named_unless_it_was_accepted() {
        let studies = [("a", Some(-154.0)), ("b", Some(5.0)), ("c", None), ("d", Some(95.5)), ("e", Some(95.0))];
        let error = UnusualLvef::check(studies.into_iter(), &[]).unwrap_err().to_string();
        assert!(error.contains("outside 5 to 95 % on a (-154.0 %), d (95.5 %);"), "{error}");
        let accepted = ["a".to_owned(), "d".to_owned()];
        assert_eq!(UnusualLvef::check(studies.into_iter(), &accepted), Ok(()));
    }
}
