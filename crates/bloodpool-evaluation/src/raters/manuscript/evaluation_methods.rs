//! How EF was measured, what was compared and by which statistics, as a methods section describes them.

use bloodpool_core::protocol::{BackgroundFrame, BackgroundRegion, Element, Grid};
use bloodpool_report::SOFTWARE;

use super::Manuscript;
use super::wording::{gap, list};
use crate::raters::agreement::MARGINS;
use crate::raters::endpoints::{Endpoints, MARGIN_POINTS};
use crate::raters::record::ModelKind;

impl Manuscript<'_> {
    /// The protocol.
    pub(super) fn ejection_fraction(&self) -> String {
        let choices = &self.protocol.choices;
        let level = match choices.background_frame {
            BackgroundFrame::EndSystole => "in the ES frame",
            BackgroundFrame::AroundEndSystole => "in the frames within a twelfth of the cycle of ES",
            BackgroundFrame::EachFrame => "in each frame",
            BackgroundFrame::CycleMean => "over the cycle",
        };
        let BackgroundRegion::Ring { inner, outer, element: Element::Square } = &choices.background else {
            return format!(
                "LVEF was measured from counts by the protocol `{}`. {}",
                self.protocol.name,
                gap("its choices, which evaluation.json lists under `protocol`")
            );
        };
        let grid = match choices.grid {
            Grid::Square256 => "on a grid of 256 x 256 pixels, to which counts and masks were resampled bilinearly",
            Grid::Study => "in the study's own matrix",
        };
        format!(
            "LVEF was measured from counts by the protocol `{}` (Eq. 5 and 6 of Oh et al. 2022) {grid}. Background \
                was the mean count per \
             pixel {level} of a region around the ES ROI: the ROI dilated {outer} times less the ROI dilated {inner} \
             times by a square of \
             3 x 3 pixels, in the lower right quadrant of the image. Net counts were the counts in the ROI of a frame \
             less background \
             times its area; EF was the net counts at ED less those at ES, divided by those at ED. For a frame that \
             lost counts at the end of the cycle, background was reduced in the same proportion; EF by Eq. 6 to the \
             letter was also computed. Model and consensus were measured \
             on the same counts and the same frames, each with its own ROIs and the background of its own ES ROI.",
            self.protocol.name
        )
    }

    /// What was compared, and how.
    pub(super) fn evaluation(&self) -> String {
        let model = if self.subject.run.kind == ModelKind::Masks {
            "The masks of the other program were read from files, one per image"
        } else {
            "The model outlined all frames of a study in the study's own matrix; its masks were resampled bilinearly \
                to the 256 x 256 \
             pixels of the raters' images and cut at one half"
        };
        let truth = if self.result.ef_of_truth.is_empty() {
            ""
        } else {
            " Since the studies were simulated, their true LVEF and true silhouettes were known; both sides were also \
                compared with these."
        };
        format!(
            "{model}. The masks of model and consensus were compared by Dice, by the intersection over union (IoU) of \
                the LV and its mean \
             with that of the background, by pixel accuracy, by the 95th percentile of the Hausdorff distance and by \
             the mean surface \
             distance (both mm); their ROIs by area and by counts; and their LVEF by the statistics below. The \
             difference in EF was \
             divided into the parts of the ED ROI, the ES ROI and the background level by Shapley values.{truth} A \
             missing mask or EF \
             was a failed reading: it was excluded from means and tests, counted, and listed; mean Dice was also \
             computed with each \
             missing mask as 0. {} failed.",
            match self.result.failures.len() {
                0 => "No reading".to_owned(),
                1 => "1 reading".to_owned(),
                some => format!("{some} readings"),
            }
        )
    }

    /// The primary endpoint, tests, intervals and multiplicity.
    pub(super) fn statistics(&self) -> String {
        let margins: Vec<String> = MARGINS.iter().map(|margin| format!("{margin:.0}")).collect();
        let folds = if self.subject.folds.len() > 1 {
            " The runs of a cross-validation share most of their training studies, which intervals and tests do not \
                account for \
             (Bengio and Grandvalet 2004)."
        } else {
            ""
        };
        format!(
            "The primary endpoint was the mean difference in EF, model minus consensus, at ED and ES; the two agreed \
                on average if its \
             90 % confidence interval lay within {MARGIN_POINTS:.0} points. The patient was the unit of every \
             interval, test, limit of \
             agreement and coefficient: readings of one patient were averaged first. Means were given with their SD \
             (n - 1) over images, \
             those of EF over pairs of frames. Confidence intervals (95 %) were computed by Student's t; those of \
             percentages and distances on a logit or logarithmic scale, and those of proportions exactly (Clopper and \
             Pearson). Agreement was described by \
             bias and limits of agreement with their intervals (Bland and Altman 1999), the share of patients within \
             5 points, the \
             standardised difference, Lin's concordance correlation coefficient, Pearson's r, ICC(2,1) and the slopes \
             of regression and of \
             proportional bias. Differences were tested by the Wilcoxon signed-rank test (exact up to 50 differences) \
             and the paired \
             t-test, equivalence by two one-sided t-tests (Schuirmann 1987) with margins of {} points. All \
             comparisons but the primary \
             one were secondary; their p values ({} in all) were not adjusted for multiple testing.{folds} {}",
            list(&margins),
            Endpoints::new(self.result).tests,
            gap("how the number of patients was chosen")
        )
    }

    /// Programs, versions, and the hashes by which model and dataset are recognised.
    pub(super) fn software(&self) -> String {
        let run = &self.subject.run;
        let trained = match run.kind {
            ModelKind::Masks => gap("program that made the masks"),
            ModelKind::Classical => "not trained".to_owned(),
            ModelKind::Run | ModelKind::Embedded | ModelKind::Weights | ModelKind::Ensemble => {
                format!("trained by {}", run.trained_by)
            }
        };
        let built = self
            .records
            .dataset
            .as_ref()
            .map_or(String::new(), |dataset| format!(" was built by {}", dataset.software));
        format!(
            "The model `{}` (SHA-256 {}) was {trained}, and the dataset `{}` (SHA-256 of dataset.json {}){built}. The \
                evaluation and its statistics were made by {SOFTWARE}. {}",
            run.model.name,
            run.model.sha256,
            self.subject.dataset.name,
            self.subject.dataset.sha256,
            gap("where program, weights and data can be obtained")
        )
    }
}
