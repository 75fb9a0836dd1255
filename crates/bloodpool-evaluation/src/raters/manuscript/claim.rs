//! The CLAIM checklist, update of 2024 (Tejani et al., Radiol Artif Intell 2024;6:e240300): 44 items.

use super::Manuscript;
use super::checklist::Answer::{Author, NotApplicable, Records};
use super::checklist::{AUTHOR, Checklist, Section, item};
use super::study_methods::whole;
use super::wording::capitalised;
use crate::raters::record::ModelKind;

impl Manuscript<'_> {
    /// The checklist, as Markdown.
    pub(super) fn claim(&self) -> String {
        let sections = vec![
            self.claim_introduction(),
            self.claim_data(),
            self.claim_reference(),
            self.claim_model(),
            self.claim_evaluation(),
            self.claim_results(),
            claim_discussion(),
        ];
        let preface = self.preface("Checklist for Artificial Intelligence in Medical Imaging (CLAIM), update of 2024.");
        Checklist { title: "CLAIM 2024", preface, sections }.markdown()
    }

    fn claim_introduction(&self) -> Section {
        let kind = match self.subject.run.kind {
            ModelKind::Masks => format!("{AUTHOR} the technology of the program that made the masks"),
            ModelKind::Classical => {
                "No machine learning: a classical method that outlines the left ventricle in planar gated blood pool scans."
                    .to_owned()
            }
            ModelKind::Run | ModelKind::Embedded | ModelKind::Weights | ModelKind::Ensemble => {
                "Deep learning: a neural network that outlines the left ventricle in planar gated blood pool scans."
                    .to_owned()
            }
        };
        Section {
            heading: "Title, abstract, introduction, study design",
            items: vec![
                item(
                    "1",
                    "Named as a study of AI, with the kind of technology",
                    Records(format!("{kind} {AUTHOR} the title.")),
                ),
                item(
                    "2",
                    "Summary of design, methods, results and conclusions",
                    Records(format!("{} {AUTHOR} the abstract.", self.abstract_of_records())),
                ),
                item(
                    "3",
                    "Background, intended use and role",
                    Author("the clinical background and the role of the model; it is for research only."),
                ),
                item(
                    "4",
                    "Aims, objectives, hypotheses",
                    Records(format!(
                        "Primary endpoint: mean EF difference, model minus consensus, with its 90 % CI within 5 \
                            points. {AUTHOR} the hypotheses."
                    )),
                ),
                item(
                    "5",
                    "Prospective or retrospective",
                    if self.is_simulated() {
                        NotApplicable("the studies are simulated.")
                    } else {
                        Author("prospective or retrospective.")
                    },
                ),
                item("6", "Goal of the study", Author("for example feasibility, or agreement with manual ROIs.")),
            ],
        }
    }

    fn claim_data(&self) -> Section {
        let identifiers = self.records.dataset.as_ref().map(|dataset| dataset.pseudonymised);
        let identifiers = match (self.is_simulated(), identifiers) {
            (true, _) => NotApplicable("the studies are simulated."),
            (false, Some(true)) => {
                Records(format!("The dataset was built without names, IDs and UIDs. {AUTHOR} the steps before that."))
            }
            (false, _) => Author(
                "how the studies were de-identified; the dataset was not built as a pseudonymised one, or this is not \
                    known.",
            ),
        };
        let acquisition = if self.is_simulated() {
            NotApplicable("the studies are simulated.")
        } else {
            Author("tracer, activity, camera, collimator, view, gating, counts per frame.")
        };
        let subsets = self.records.runs.first().and_then(|run| run.config.use_studies);
        let subsets = match subsets {
            Some(used) => Records(format!("Trained on {used} studies of the training part, chosen by whole patients.")),
            None => Records("All studies of each part were used but those named as left out in item 35.".to_owned()),
        };
        Section {
            heading: "Methods: data",
            items: vec![
                item(
                    "7",
                    "Sources of the data",
                    Records(format!("{} {AUTHOR} hospitals or simulator.", self.studies_in_short())),
                ),
                item(
                    "8",
                    "Inclusion and exclusion",
                    if self.is_simulated() {
                        Author("which simulated patients were made (cohort and seed).")
                    } else {
                        Author("the criteria, place and dates.")
                    },
                ),
                item("9", "Preprocessing", Records(self.input())),
                item("10", "Selection of subsets", subsets),
                item("11", "De-identification", identifiers),
                item(
                    "12",
                    "Missing data",
                    Records(format!(
                        "Failed readings are excluded, counted and listed; mean Dice is also given with each missing \
                            mask as 0. {} failed.",
                        self.failed()
                    )),
                ),
                item("13", "Image acquisition", acquisition),
            ],
        }
    }

    fn claim_reference(&self) -> Section {
        Section {
            heading: "Methods: reference standard and partitions",
            items: vec![
                item("14", "How the reference standard was obtained", Records(self.reference_standard())),
                item(
                    "15",
                    "Why this reference standard",
                    Records(format!(
                        "ROIs drawn by hand are what LVEF from \
                    gated blood pool scans is measured with in clinical use. {AUTHOR}"
                    )),
                ),
                item("16", "Source of the annotations", Records(self.raters())),
                item(
                    "17",
                    "Annotation of the test set",
                    Records(
                        "As the other parts: the same consensus of raters on \
                    the same four frames of each study."
                            .to_owned(),
                    ),
                ),
                item("18", "Variability between and within raters", Records(self.rater_variability())),
                item("19", "How data were assigned to partitions", Records(self.partitions())),
                item(
                    "20",
                    "Level at which partitions are disjoint",
                    Records(
                        "By patient. Studies that the model has \
                    seen under any name are recognised by a hash of their counts."
                            .to_owned(),
                    ),
                ),
                item(
                    "21",
                    "Intended sample size of the test set",
                    Records(format!(
                        "{} studies were evaluated. \
                    {AUTHOR} how that number was chosen.",
                        self.result.studies
                    )),
                ),
            ],
        }
    }

    fn claim_model(&self) -> Section {
        let folds = self.subject.folds.len();
        Section {
            heading: "Methods: model and training",
            items: vec![
                item("22", "Description of the model", Records(self.network())),
                item("23", "Software", Records(self.software())),
                item("24", "Initial parameters", Records(self.initial_weights())),
                item("25", "Training", Records(self.training())),
                item("26", "How the final model was selected", Records(self.kept())),
                item(
                    "27",
                    "Ensembling",
                    if folds > 1 {
                        Records(format!("None: each of {folds} folds was read by the one run that held it out."))
                    } else {
                        NotApplicable("a single model was evaluated.")
                    },
                ),
            ],
        }
    }

    fn claim_evaluation(&self) -> Section {
        let (internal, external) = if self.subject.dataset.trained_on {
            (
                Records(format!("{} of the dataset that the model was trained on.", capitalised(&self.subject.part()))),
                Author("an external test, or why there is none: this evaluation is on the model's own dataset."),
            )
        } else {
            (
                Author("the internal evaluation: this one is on another dataset than that of the training."),
                Records(format!(
                    "The dataset `{}` is another one than that of the training. {AUTHOR} from another hospital or not.",
                    self.subject.dataset.name
                )),
            )
        };
        Section {
            heading: "Methods: evaluation",
            items: vec![
                item("28", "Metrics", Records(self.evaluation())),
                item("29", "Significance and uncertainty", Records(self.statistics())),
                item(
                    "30",
                    "Robustness or sensitivity",
                    Records(format!(
                        "ED and ES alone and with the second frame of \
                    each; EF corrected for drop-off and by Eq. 6 to the letter; failed readings excluded and counted \
                    as 0; groups by LVEF in model-card.md. {AUTHOR}"
                    )),
                ),
                item(
                    "31",
                    "Explainability",
                    Records(
                        "The outlines of the best, the median and the worst study are \
                    drawn over the images (figures/), and the EF difference is divided into its causes."
                            .to_owned(),
                    ),
                ),
                item("32", "Evaluation on internal data", internal),
                item("33", "Testing on external data", external),
                item(
                    "34",
                    "Registration of a clinical trial",
                    if self.is_simulated() {
                        NotApplicable(
                            "no patients \
                    were studied.",
                        )
                    } else {
                        Author("registration, or that this was no trial.")
                    },
                ),
            ],
        }
    }

    fn claim_results(&self) -> Section {
        let left_out = self.subject.leakage.as_ref().map_or(0, |leakage| leakage.left_out.len());
        let included = self
            .records
            .dataset
            .as_ref()
            .map_or(String::new(), |dataset| format!(" The dataset holds {}.", whole(dataset).studies));
        let characteristics = if self.is_simulated() {
            Records(
                "LVEF, frames, matrix and raters of each part: cohort table (cohort.csv, table.tex). The patients \
                are simulated and have no age or sex in the records."
                    .to_owned(),
            )
        } else {
            Records(format!(
                "LVEF, frames, matrix and raters of each part: cohort table (cohort.csv, table.tex). {AUTHOR} age, \
                    sex, diagnosis: not recorded."
            ))
        };
        Section {
            heading: "Results",
            items: vec![
                item(
                    "35",
                    "Numbers included and excluded",
                    Records(format!(
                        "{} were evaluated.{included} {left_out} were left out because the model had seen their \
                            patients. {AUTHOR} exclusions before the dataset was built.",
                        self.result.population()
                    )),
                ),
                item("36", "Characteristics in each partition", characteristics),
                item(
                    "37",
                    "Performance with uncertainty",
                    Records(format!("{} All figures: table.md, agreement.csv.", self.main_figures())),
                ),
                item(
                    "38",
                    "Diagnostic performance with precision",
                    NotApplicable("the model measures LVEF and makes no diagnosis."),
                ),
                item(
                    "39",
                    "Failures",
                    Records(format!(
                        "{} failed (failures.csv). {} The worst study by Dice is drawn in figures/worst.svg. {AUTHOR} \
                            why.",
                        self.failed(),
                        self.largest_difference()
                    )),
                ),
            ],
        }
    }
}

fn claim_discussion() -> Section {
    Section {
        heading: "Discussion and other information",
        items: vec![
            item("40", "Limitations", Records(format!("Those that the records show: model-card.md. {AUTHOR}"))),
            item(
                "41",
                "Implications for practice",
                Author("the model is for research only and not for clinical decisions."),
            ),
            item("42", "Study protocol and technical details", Author("where the protocol is.")),
            item(
                "43",
                "Availability of software, model and data",
                Author("where they can be obtained, and under which terms."),
            ),
            item("44", "Funding and role of the funders", Author("funding.")),
        ],
    }
}
