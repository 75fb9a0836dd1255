//! How raters agree with themselves, where they drew on images a second time.

use bloodpool_core::Mask;
use bloodpool_stats::repeatability::{RepeatedLvef, repeatability};
use bloodpool_stats::{AgreementError, IntraRater, Repeatability, RepeatedMask, intra_rater};
use serde::{Deserialize, Serialize};

use super::agreement::EfOfCase;
use crate::annotations::{Drawing, RaterDrawings};
use crate::extracted::ExtractManifest;
use crate::rated_frames::RatedPhase;

/// Agreement of second with first drawings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Repeats {
    /// Each rater who drew on images twice.
    pub raters: Vec<RaterRepeats>,
    /// All of them together.
    pub all: RepeatFigures,
}

/// One rater.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RaterRepeats {
    /// Name of the rater.
    pub rater: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: RepeatFigures,
}

/// Agreement of second with first drawings of one rater or of several; `None` for fewer than two images or studies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RepeatFigures {
    /// Number of images that were drawn on twice.
    pub images: usize,
    /// Outlines at end-diastole and its second frame.
    pub end_diastole: Option<IntraRater>,
    /// Outlines at end-systole and its second frame.
    pub end_systole: Option<IntraRater>,
    /// LVEF of studies whose ED and ES were drawn twice; `hearts` is the number of pairs.
    pub lvef: Option<Repeatability>,
}

/// What was drawn twice.
#[derive(Default)]
struct Pairs<'a> {
    diastole: (Vec<RepeatedMask>, Vec<&'a str>),
    systole: (Vec<RepeatedMask>, Vec<&'a str>),
    lvef: [Vec<f64>; 2],
}

impl Repeats {
    /// `None` where nobody drew twice. `ef`: LVEF of each study, raters in the order of `raters`.
    ///
    /// # Errors
    /// [`AgreementError`] when masks cannot be compared.
    pub(super) fn new(
        extract: &ExtractManifest,
        raters: &[RaterDrawings],
        ef: &[EfOfCase],
    ) -> Result<Option<Self>, AgreementError> {
        let mut all = Pairs::default();
        let mut of_raters = Vec::new();
        for (index, rater) in raters.iter().enumerate() {
            let own = Pairs::of(extract, rater, index, ef);
            if own.images() > 0 {
                of_raters.push(RaterRepeats { rater: rater.rater.name.clone(), figures: own.figures()? });
                all.extend(own);
            }
        }
        if of_raters.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { raters: of_raters, all: all.figures()? }))
    }
}

impl<'a> Pairs<'a> {
    fn of(extract: &'a ExtractManifest, rater: &RaterDrawings, index: usize, ef: &[EfOfCase]) -> Self {
        let mut pairs = Self::default();
        for case in &extract.cases {
            for image in &case.images {
                let mask = |drawing: Option<&Drawing>| drawing.map(Drawing::mask);
                let first: Option<Mask> = mask(rater.drawings.get(image.name()));
                let second = mask(rater.repeated.get(image.name()));
                let (Some(first), Some(second)) = (first, second) else { continue };
                let (masks, patients) = match image.phase {
                    RatedPhase::EndDiastole | RatedPhase::EndDiastoleSecond => &mut pairs.diastole,
                    RatedPhase::EndSystole | RatedPhase::EndSystoleSecond => &mut pairs.systole,
                };
                masks.push(RepeatedMask { first, second });
                patients.push(&case.patient);
            }
        }
        for case in ef {
            let of = |values: &[Option<f64>]| values.get(index).copied().flatten();
            if let (Some(first), Some(second)) = (of(&case.raters_lvef_percent), of(&case.repeated_lvef_percent)) {
                pairs.lvef[0].push(first);
                pairs.lvef[1].push(second);
            }
        }
        pairs
    }

    fn images(&self) -> usize {
        self.diastole.0.len() + self.systole.0.len()
    }

    fn extend(&mut self, other: Self) {
        for (own, more) in [(&mut self.diastole, other.diastole), (&mut self.systole, other.systole)] {
            own.0.extend(more.0);
            own.1.extend(more.1);
        }
        let [first, second] = other.lvef;
        self.lvef[0].extend(first);
        self.lvef[1].extend(second);
    }

    fn figures(&self) -> Result<RepeatFigures, AgreementError> {
        let of = |(masks, patients): &(Vec<RepeatedMask>, Vec<&str>)| match intra_rater(masks, patients) {
            Ok(found) => Ok(Some(found)),
            Err(AgreementError::TooFew { .. }) => Ok(None),
            Err(error) => Err(error),
        };
        let [first, second] = &self.lvef;
        Ok(RepeatFigures {
            images: self.images(),
            end_diastole: of(&self.diastole)?,
            end_systole: of(&self.systole)?,
            lvef: repeatability(RepeatedLvef { first, second }).ok(),
        })
    }
}
