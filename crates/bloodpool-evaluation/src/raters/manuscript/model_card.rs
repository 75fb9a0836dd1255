//! The model card (after Mitchell et al. 2019): what the model is, what it was made from, how it did, and where it must not be used.

use bloodpool_dataset::RatedPhase;
use bloodpool_report::RESEARCH_ONLY;
use bloodpool_stats::{Bounds, ByPatient, by_patient, by_patient_within};

use super::Manuscript;
use super::wording::{capitalised, cell, count, gap};
use crate::raters::agreement::PairedStatistics;
use crate::raters::material::FramePair;
use crate::raters::measured::{self, Measured, NONE};
use crate::raters::reading::StudyReading;

/// Cut-offs of the LVEF of the consensus between the groups of patients, percent.
const CUT_OFFS: [f64; 2] = [40.0, 50.0];

impl Manuscript<'_> {
    /// The card, as Markdown.
    pub(super) fn model_card(&self) -> String {
        let run = &self.subject.run;
        let mut text = format!(
            "# Model card: {}\n\n{}\n",
            run.model.name,
            self.preface("A summary of the model and of one evaluation.")
        );
        let sections = [
            ("Model", self.card_model()),
            ("Intended use", self.card_use()),
            ("Training data", self.card_training_data()),
            ("Training", self.training()),
            ("Evaluation data", self.card_evaluation_data()),
            ("Results", self.card_results()),
            ("Results by LVEF", self.card_subgroups()),
            ("Known limits", self.card_limits()),
            ("Licence and contact", gap("licence of the weights, and whom to ask")),
        ];
        for (heading, words) in sections {
            text += &format!("\n## {heading}\n\n{}\n", words.trim_end());
        }
        text
    }

    fn card_model(&self) -> String {
        let run = &self.subject.run;
        let architecture = self
            .architecture()
            .map_or_else(|| "not recorded".to_owned(), |(network, _)| super::network_methods::architecture(network));
        format!(
            "- Name: {}\n- SHA-256 of the weights: {}\n- Network: {architecture}\n- Made by: {}\n- Task: outline the left ventricle on each frame \
             of a planar gated blood pool scan; LVEF is then measured from counts\n- This card: {}",
            run.model.name, run.model.sha256, run.trained_by, self.subject.date
        )
    }

    fn card_use(&self) -> String {
        format!(
            "{RESEARCH_ONLY}. For research on automatic outlines of the left ventricle in planar gated blood pool scans in left anterior \
             oblique view, as those of its training.\n\nNot for: clinical decisions; other views, SPECT or other modalities; patients or cameras \
             unlike those of its training; LVEF that nobody has looked at the outlines of."
        )
    }

    fn card_training_data(&self) -> String {
        let mut words = format!("{}.", capitalised(&self.subject.run.training_data));
        if self.subject.dataset.trained_on {
            words += &format!(" {}", self.partitions_of_training());
        } else if let Some(other) = &self.records.other_training_dataset {
            words += &format!(" Parts of it: {}.", super::study_methods::parts_in_words(other));
        }
        words
    }

    fn partitions_of_training(&self) -> String {
        match &self.records.dataset {
            Some(dataset) if self.subject.folds.is_empty() => {
                format!("{} Parts of it: {}.", self.studies(), super::study_methods::parts_in_words(dataset))
            }
            _ => self.studies(),
        }
    }

    fn card_evaluation_data(&self) -> String {
        let cohort = self.subject.cohort.as_ref().and_then(|cohort| cohort.parts.first());
        let lvef = cohort.map_or(String::new(), |part| {
            let range = part.lvef_range_percent.map_or(NONE.to_owned(), |ends| measured::range(ends, 1));
            format!(
                " LVEF of the consensus: {} % (least to greatest {range}).",
                measured::mean_sd(&part.lvef_percent, 1)
            )
        });
        format!(
            "The {} of the dataset {}: {}.{lvef} {}",
            self.subject.part(),
            self.subject.dataset.name,
            self.result.population(),
            self.raters()
        )
    }

    fn card_results(&self) -> String {
        let mut text = "| Measure | n | Result | 95 % CI |\n| --- | ---: | ---: | ---: |\n".to_owned();
        let measures = [
            ("Dice", "ED", "Dice at ED, %"),
            ("Dice", "ES", "Dice at ES, %"),
            ("IoU of the LV", "ED", "IoU of the LV at ED, %"),
            ("IoU of the LV", "ES", "IoU of the LV at ES, %"),
            ("95 % Hausdorff distance", "ED", "95 % Hausdorff distance at ED, mm"),
            ("95 % Hausdorff distance", "ES", "95 % Hausdorff distance at ES, mm"),
        ];
        for (figure, phase, name) in measures {
            if let Some(row) = self.row(figure, phase) {
                text += &format!(
                    "| {name}, mean \u{b1} SD | {} | {} | {} |\n",
                    row.readings,
                    measured::mean_sd(&row.model, 2),
                    measured::interval(&row.by_patient, 2)
                );
            }
        }
        text += &self.result.ef_of_first().map_or(String::new(), of_ef);
        for against in self.result.ef_of_truth.iter().filter(|against| against.measured == "model") {
            text += &of_ef(against);
        }
        format!("{text}\nn: images, of EF patients. {} {}", failed_in_words(self.result.failures.len()), self.primary())
    }

    fn primary(&self) -> String {
        crate::raters::endpoints::Endpoints::new(self.result).primary
    }

    /// Dice and EF error in groups of patients by the LVEF of the consensus, the only group that the records know.
    fn card_subgroups(&self) -> String {
        let [low, high] = CUT_OFFS;
        type Within = fn(f64) -> bool;
        let groups: [(String, Within); 3] = [
            (format!("below {low:.0} %"), |lvef| lvef < CUT_OFFS[0]),
            (format!("{low:.0} to below {high:.0} %"), |lvef| (CUT_OFFS[0]..CUT_OFFS[1]).contains(&lvef)),
            (format!("{high:.0} % or more"), |lvef| lvef >= CUT_OFFS[1]),
        ];
        let mut text =
            "| LVEF of the consensus | Studies | Dice at ED, % | Dice at ES, % | EF, model - consensus, points |\n\
                        | --- | ---: | ---: | ---: | ---: |\n"
                .to_owned();
        for (name, within) in groups {
            let own: Vec<&StudyReading> =
                self.result.cases.iter().filter(|study| consensus_lvef(study).is_some_and(within)).collect();
            let dice = |phase| {
                summary(&own, Some(Bounds::UpTo(100.0)), |study| {
                    Some(100.0 * study.image(phase)?.overlap.known()?.dice)
                })
            };
            text += &format!(
                "| {name} | {} | {} | {} | {} |\n",
                own.len(),
                dice(RatedPhase::EndDiastole),
                dice(RatedPhase::EndSystole),
                summary(&own, None, |study| {
                    study.ef(FramePair::First)?.both().map(|[consensus, model]| model - consensus)
                })
            );
        }
        let unknown = self.result.cases.iter().filter(|study| consensus_lvef(study).is_none()).count();
        let without = if unknown == 0 {
            String::new()
        } else {
            format!(" {} no LVEF of the consensus.", count(unknown, ["study has", "studies have"]))
        };
        format!(
            "{text}\nMean with its 95 % CI by patient.{without} The records hold no age, sex, camera or hospital. {}",
            gap("results by these, where they are known")
        )
    }

    fn card_limits(&self) -> String {
        let mut limits: Vec<String> = self.subject.remarks(self.result);
        if self.subject.leakage.is_none() {
            limits.push("The evaluated studies were not compared with those of the training.".to_owned());
        }
        limits.push(format!(
            "The results are those of {}: rare hearts, other cameras and other hospitals may not be among them.",
            self.result.population()
        ));
        if let Some(part) = self.subject.cohort.as_ref().and_then(|cohort| cohort.parts.first()) {
            let [low, middle, _] = part.by_lvef;
            if low == 0 || middle == 0 {
                let missing: Vec<String> = [(low, "below 40 %"), (middle, "from 40 to below 50 %")]
                    .into_iter()
                    .filter(|(number, _)| *number == 0)
                    .map(|(_, name)| name.to_owned())
                    .collect();
                limits.push(format!("No evaluated study has an LVEF {}.", missing.join(" or ")));
            }
            limits.push(format!("Only a matrix of {} pixels was evaluated.", part.matrices.join(" or ")));
        }
        limits.push(
            "The reference is the outline of raters, not the volume of the heart; agreement with it says nothing of their common error."
                .to_owned(),
        );
        limits.push(
            "The LVEF of hard studies is included here, where an analysis of a single study may withhold it."
                .to_owned(),
        );
        limits.iter().map(|limit| format!("- {}\n", limit.replace('\n', " "))).collect()
    }
}

/// Bias and limits of agreement, share of close readings, and concordance.
fn of_ef(ef: &PairedStatistics) -> String {
    let against = format!("EF, {} - {}", ef.measured, ef.reference);
    let limits = measured::shown(&ef.limits, |l| format!("{:+.2}", l.bias));
    let bias = measured::shown(&ef.limits, |l| measured::range(l.bias_ci95, 2));
    let mut text = format!("| {against}, bias, points | {} | {limits} | {bias} |\n", ef.patients);
    text += &format!(
        "| {against}, limits of agreement, points | {} | {} | {} |\n",
        ef.patients,
        measured::shown(&ef.limits, |l| measured::range([l.lower, l.upper], 1)),
        measured::shown(&ef.limits, |l| {
            format!("{}; {}", measured::range(l.lower_ci95, 1), measured::range(l.upper_ci95, 1))
        })
    );
    let (within, interval) = ef.within_5_points.map_or((NONE.to_owned(), NONE.to_owned()), |within| {
        (
            format!("{} of {} ({:.1} %)", within.having, within.of, within.percent),
            measured::range(within.ci95_percent, 1),
        )
    });
    text += &format!("| {against}, within 5 points | {} | {within} | {interval} |\n", ef.patients);
    text + &format!(
        "| {}, Lin's CCC | {} | {} | {} |\n",
        cell(&against),
        ef.patients,
        measured::shown(&ef.concordance, |c| format!("{:.3}", c.ccc)),
        measured::shown(&ef.concordance, |c| measured::range(c.ccc_ci95, 3))
    )
}

fn failed_in_words(failed: usize) -> String {
    match failed {
        0 => "No reading failed.".to_owned(),
        1 => "1 reading failed and is in no mean.".to_owned(),
        some => format!("{some} readings failed and are in no mean."),
    }
}

fn consensus_lvef(study: &StudyReading) -> Option<f64> {
    Some(study.ef(FramePair::First)?.consensus.known()?.lvef_percent)
}

/// A mean with its interval by patient; without an interval where there are too few patients for one.
fn summary(studies: &[&StudyReading], bounds: Option<Bounds>, value: impl Fn(&StudyReading) -> Option<f64>) -> String {
    let known = studies.iter().filter_map(|study| Some((study.patient.as_str(), value(study)?)));
    let (patients, values): (Vec<&str>, Vec<f64>) = known.unzip();
    let of = match bounds {
        Some(bounds) => by_patient_within(&patients, &values, bounds),
        None => by_patient(&patients, &values),
    };
    let of: Measured<ByPatient> = Measured::from(of);
    match (of.known(), &values[..]) {
        (Some(mean), _) => measured::with_interval(mean.mean, mean.mean_ci95, 1),
        (None, [one]) => format!("{one:.1} (one study)"),
        (None, _) => NONE.to_owned(),
    }
}
