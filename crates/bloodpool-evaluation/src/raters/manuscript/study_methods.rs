//! The studies, the raters and the partitions of a dataset, as a methods section describes them.

use bloodpool_dataset::{ConsensusRule, DatasetCase, DatasetManifest, Split, SplitSizes};

use super::Manuscript;
use super::wording::{count, gap, list, span, studies_of, times};
use crate::raters::cohort::CohortPart;
use crate::raters::measured;

impl Manuscript<'_> {
    /// What the dataset holds, and where it is from.
    pub(super) fn studies(&self) -> String {
        let Some(dataset) = &self.records.dataset else {
            return format!(
                "The model was evaluated on {} of the dataset {}. {}",
                self.result.population(),
                self.subject.dataset.name,
                gap(
                    "source of the studies, dates, inclusion and exclusion criteria, acquisition, approval and consent"
                )
            );
        };
        let all = whole(dataset);
        let mut words = match (all.simulated_studies, all.studies) {
            (0, _) => format!(
                "The dataset {} contained {}: planar gated blood pool scans of the heart.",
                dataset.name,
                studies_of(all.studies, all.patients)
            ),
            (simulated, of) if simulated == of => format!(
                "The dataset {} contained {}, all simulated: planar gated blood pool scans that a program computed. No study of a \
                 patient was used, and \"patient\" below means a simulated one.",
                dataset.name,
                studies_of(all.studies, all.patients)
            ),
            (simulated, _) => format!(
                "The dataset {} contained {}: planar gated blood pool scans of the heart, {simulated} of them simulated.",
                dataset.name,
                studies_of(all.studies, all.patients)
            ),
        };
        if let Some(frames) = all.frames {
            words += &format!(
                " A study had {} frames per cardiac cycle in a matrix of {} pixels",
                span(frames),
                list(&all.matrices)
            );
            words += &match all.pixel_spacing_mm {
                Some([low, high]) if high - low < 0.005 => format!(" (pixel spacing {low:.2} mm)."),
                Some(ends) => format!(" (pixel spacing {} mm).", measured::range(ends, 2)),
                None => format!(" ({}).", gap("pixel spacing, which the files do not record")),
            };
        }
        if all.simulated_studies > 0 {
            words += &format!(" {}", gap("the simulator, its cohort, number of studies and seed"));
        }
        if all.simulated_studies < all.studies {
            words += &format!(
                " {} {}",
                gap("hospitals, dates, inclusion and exclusion criteria, camera, collimator, tracer and gating"),
                gap("approval of the ethics committee and consent")
            );
            words += &if dataset.pseudonymised {
                " The dataset was built without names, IDs and UIDs.".to_owned()
            } else {
                format!(
                    " {}",
                    gap(
                        "how the studies were de-identified; the dataset was built with the identifiers of its sources"
                    )
                )
            };
        }
        words
    }

    /// Who drew what, and how one reference came from it.
    pub(super) fn reference_standard(&self) -> String {
        let images = self
            .records
            .dataset
            .as_ref()
            .map(|dataset| dataset.cases.iter().map(|case| case.annotated.len()).sum::<usize>());
        let images = images.map_or(String::new(), |images| format!(" ({images} images)"));
        let mut words = format!(
            "On each study the left ventricle (LV) was outlined on four frames: end-diastole (ED), end-systole (ES), and the second frame \
             of each{images}. The frames were resampled to 256 x 256 pixels. {} {}",
            gap("how ED and ES were selected"),
            self.raters()
        );
        let rule = self.records.dataset.as_ref().map(|dataset| dataset.consensus_rule);
        words += &match rule {
            Some(ConsensusRule::Majority) => {
                " The reference standard was their consensus, the pixels that more than half of the \
                raters of an image had inside (Eq. 1 of Oh et al. 2022)."
                    .to_owned()
            }
            Some(ConsensusRule::Staple) => {
                " The reference standard was their consensus, the pixels that belonged to the LV with a \
                probability above 0.5 according to STAPLE (Warfield et al. 2004)."
                    .to_owned()
            }
            None => format!(" {}", gap("how the consensus of the raters was formed")),
        };
        let left_out: Vec<String> = self
            .result
            .raters
            .iter()
            .flat_map(|baseline| &baseline.raters)
            .filter(|rater| rater.left_out)
            .map(|rater| rater.name.clone())
            .collect();
        if !left_out.is_empty() {
            words += &format!(" Left out of the consensus as outliers: {}.", list(&left_out));
        }
        if self.result.raters.is_some() {
            words += " Each rater was also compared with the consensus of the other raters on the same images.";
        }
        words
    }

    /// The raters by group.
    pub(super) fn raters(&self) -> String {
        let Some(baseline) = &self.result.raters else {
            return gap("number, profession, training and experience of the raters, and how they were blinded");
        };
        let mut groups: Vec<&str> = baseline.raters.iter().filter_map(|rater| rater.group.as_deref()).collect();
        groups.sort_unstable();
        groups.dedup();
        let of = |group: &&str| {
            let number = baseline.raters.iter().filter(|rater| rater.group.as_deref() == Some(*group)).count();
            format!("{group}: {number}")
        };
        let groups: Vec<String> = groups.iter().map(of).collect();
        let groups = if groups.is_empty() { String::new() } else { format!(" ({})", groups.join(", ")) };
        let per_image = self.subject.cohort.as_ref().and_then(|cohort| cohort.parts.first()?.raters);
        let per_image = per_image.map_or(String::new(), |ends| format!(", {} per image", span(ends)));
        let people = if self.is_simulated() { "whether the raters were people or simulated; " } else { "" };
        format!(
            "The outlines were drawn by {}{groups}{per_image}. {}",
            count(baseline.raters.len(), ["rater", "raters"]),
            gap(&format!(
                "{people}training and experience of the raters, their instructions, and how they were blinded"
            ))
        )
    }

    /// How the studies were divided, and which were evaluated.
    pub(super) fn partitions(&self) -> String {
        let mut words = Vec::new();
        if let Some(dataset) = &self.records.dataset {
            words.push(if self.subject.folds.is_empty() { parts(dataset) } else { self.folds(dataset) });
        } else {
            words.push(gap("how the studies were divided"));
        }
        if !self.subject.dataset.trained_on {
            words.push(format!(
                "The model had not been trained on this dataset, but on other data ({}).",
                self.subject.run.training_data
            ));
            words.extend(self.records.other_training_dataset.as_ref().map(|other| {
                let all = whole(other);
                let simulated = if all.simulated_studies == 0 { "" } else { ", simulated" };
                format!("That dataset contained {}{simulated}.", studies_of(all.studies, all.patients))
            }));
        }
        if let Some(used) = self.records.runs.first().and_then(|run| run.config.use_studies) {
            words.push(format!(
                "Of the training part, {} were used, by whole patients.",
                count(used, ["study", "studies"])
            ));
        }
        let images = self.result.cases.iter().map(|case| case.images.len()).sum::<usize>();
        let part =
            if self.subject.folds.is_empty() { format!("{} part", self.subject.split) } else { self.subject.part() };
        words.push(format!(
            "The model was evaluated on the {part}: {}, {}.",
            studies_of(self.result.studies, self.result.patients),
            count(images, ["image", "images"])
        ));
        if let Some(reads) = self.subject.test_reads {
            words.push(format!(
                "The test part of this dataset had been read {} by {}, this evaluation included.",
                times(reads),
                self.subject.run.kind.counted()
            ));
        }
        if let Some(leakage) = &self.subject.leakage {
            words.push(match (leakage.complete, leakage.left_out.len()) {
                (true, 0) => "None of these patients was among those that the model had been trained or validated on; patients and \
                    counts were compared by their hashes."
                    .to_owned(),
                (_, 0) => "No evaluated patient was found among those that the model had been trained or validated on, as far as \
                    these are recorded."
                    .to_owned(),
                (_, some) => format!(
                    "{} left out, because the model had been trained or validated on their patients.",
                    count(some, ["study was", "studies were"])
                ),
            });
        }
        words.join(" ")
    }

    fn folds(&self, dataset: &DatasetManifest) -> String {
        let number = self.subject.folds.first().and_then(|fold| fold.split_once('/')?.1.parse::<usize>().ok());
        let Some(number) = number else { return gap("how the folds of the cross-validation were made") };
        let runs = match self.subject.folds.len() {
            1 => format!("fold {} only", self.subject.folds.join("")),
            all if all == number => "all folds".to_owned(),
            _ => format!("the folds {}", list(&self.subject.folds)),
        };
        format!(
            "For cross-validation, the studies of the training and validation parts were divided into {number} folds by patient, \
             stratified by the LV ejection fraction (LVEF) of the consensus (seed {}); the test part was in no fold. A run held out one fold, selected its \
             epoch on the next, and was trained on the other {}. Evaluated: {runs}.",
            dataset.seed,
            number - 2
        )
    }
}

/// All studies of a dataset together.
pub(super) fn whole(dataset: &DatasetManifest) -> CohortPart {
    CohortPart::new("all".to_owned(), &dataset.cases.iter().collect::<Vec<&DatasetCase>>())
}

/// `training 6 studies of 6 patients, ..`.
pub(super) fn parts_in_words(dataset: &DatasetManifest) -> String {
    let of = |(split, name): (Split, &str)| {
        let own: Vec<&DatasetCase> = dataset.cases.iter().filter(|case| case.split == split).collect();
        let part = CohortPart::new(split.to_string(), &own);
        format!("{name} {}", studies_of(part.studies, part.patients))
    };
    list(&Split::ALL.into_iter().zip(["training", "validation", "test"]).map(of).collect::<Vec<String>>())
}

fn parts(dataset: &DatasetManifest) -> String {
    let asked = match dataset.split {
        SplitSizes::Percent { parts: [training, validation, test] } => {
            format!(" in the proportions {training}/{validation}/{test} %")
        }
        SplitSizes::Studies { .. } => String::new(),
    };
    format!(
        "The dataset was divided{asked} by patient, so that no patient was in two parts, and stratified by the LV ejection fraction (LVEF) of the consensus \
         (seed {}): {}.",
        dataset.seed,
        parts_in_words(dataset)
    )
}
