//! The TRIPOD+AI checklist (Collins et al., BMJ 2024;385:e078378): 27 items with 52 parts.

use super::Manuscript;
use super::checklist::Answer::{Author, NotApplicable, Records};
use super::checklist::{AUTHOR, Checklist, Section, item};
use super::wording::studies_of;

impl Manuscript<'_> {
    /// The checklist, as Markdown.
    pub(super) fn tripod_ai(&self) -> String {
        let sections = vec![
            self.tripod_introduction(),
            self.tripod_data(),
            self.tripod_analysis(),
            tripod_open_science(),
            self.tripod_results(),
            self.tripod_discussion(),
        ];
        let preface = self.preface(
            "TRIPOD+AI, for prediction models that use regression or machine learning. An outline of the ventricle is no prediction of an \
             event: CLAIM fits such a study better. Where a journal asks for TRIPOD+AI, the outcome is the LVEF of the consensus of the \
             raters, the predictors are the counts of the scan, and the prediction is the LVEF of the model.",
        );
        Checklist { title: "TRIPOD+AI", preface, sections }.markdown()
    }

    fn tripod_introduction(&self) -> Section {
        Section {
            heading: "Title, abstract, introduction",
            items: vec![
                item("1", "Title: model, target population, outcome", Author("the title.")),
                item(
                    "2",
                    "Abstract",
                    Records(format!("{} {AUTHOR} by the checklist for abstracts.", self.abstract_of_records())),
                ),
                item("3a", "Context and rationale", Author("diagnostic use of LVEF, and earlier models.")),
                item(
                    "3b",
                    "Target population, purpose and users",
                    Records(format!("For research; not for clinical decisions. {AUTHOR}")),
                ),
                item(
                    "3c",
                    "Known health inequalities",
                    if self.is_simulated() {
                        NotApplicable("no patients were studied.")
                    } else {
                        Author("known inequalities between groups of patients.")
                    },
                ),
                item(
                    "4",
                    "Objectives",
                    Records(format!(
                        "{} Primary endpoint: mean EF difference, model minus consensus. {AUTHOR}",
                        if self.subject.dataset.trained_on {
                            "Development and evaluation of a model."
                        } else {
                            "Evaluation of a model on other data than those of its training."
                        }
                    )),
                ),
            ],
        }
    }

    fn tripod_data(&self) -> Section {
        let patients = |hint: &'static str| {
            if self.is_simulated() { NotApplicable("the studies are simulated.") } else { Author(hint) }
        };
        Section {
            heading: "Methods: data, outcome, predictors",
            items: vec![
                item(
                    "5a",
                    "Sources of the data",
                    Records(format!(
                        "{} {AUTHOR} why these, and how representative they are.",
                        self.studies_in_short()
                    )),
                ),
                item("5b", "Dates", patients("start and end of the acquisition of the studies.")),
                item("6a", "Setting and centres", patients("number and location of the hospitals.")),
                item("6b", "Eligibility", patients("inclusion and exclusion criteria.")),
                item("6c", "Treatments", patients("treatments, as cardiotoxic chemotherapy.")),
                item("7", "Data preparation and quality", Records(self.input())),
                item("8a", "Outcome", Records(self.ejection_fraction())),
                item("8b", "Who assessed the outcome", Records(self.raters())),
                item(
                    "8c",
                    "Blinding of that assessment",
                    Author("whether raters saw the model, other raters or clinical data."),
                ),
                item(
                    "9a",
                    "Choice of predictors",
                    Records("The counts of all frames of the scan; no other data of the patient.".to_owned()),
                ),
                item("9b", "Definition of predictors", Records(format!("{} {AUTHOR} acquisition.", self.input()))),
                item("9c", "Subjective assessment of predictors", NotApplicable("counts need no interpretation.")),
                item(
                    "10",
                    "Sample size",
                    Records(format!(
                        "{} evaluated. {AUTHOR} how the number was chosen.",
                        studies_of(self.result.studies, self.result.patients)
                    )),
                ),
                item(
                    "11",
                    "Missing data",
                    Records(format!(
                        "Failed readings are excluded, counted and listed; mean Dice is also given with each missing mask as 0. {} failed.",
                        self.failed()
                    )),
                ),
            ],
        }
    }

    fn tripod_analysis(&self) -> Section {
        let differences = if self.subject.dataset.trained_on {
            Records(
                "Training and evaluation are parts of one dataset, divided by patient; the cohort table shows both."
                    .to_owned(),
            )
        } else {
            Records(format!(
                "The model was trained on {}; the cohort table shows the dataset of the evaluation. {AUTHOR}",
                self.subject.run.training_data
            ))
        };
        Section {
            heading: "Methods: analysis",
            items: vec![
                item("12a", "Use of the data, partitions", Records(self.partitions())),
                item("12b", "Handling of predictors", if self.is_of_another_program() { Author("the masks are those of another program.") } else { Records("The counts of each study are scaled to the input of the network (item 7).".to_owned()) }),
                item("12c", "Type of model, building, internal validation", Records(format!("{} {} {AUTHOR} choices that were tried and rejected.", self.training(), self.kept()))),
                item("12d", "Differences between clusters", Author("hospitals or cameras; the records hold none.")),
                item("12e", "Measures and plots of performance", Records(self.evaluation())),
                item("12f", "Updating of the model", NotApplicable("the model was not changed after its evaluation.")),
                item("12g", "How predictions were computed", Records(format!("The model outlines each frame, and LVEF is measured from counts (item 8a). {}", self.software()))),
                item("13", "Class imbalance", Records("No method against class imbalance was used beyond the terms of the loss (item 12c). Patients were divided into parts by strata of LVEF.".to_owned())),
                item("14", "Fairness", if self.is_simulated() { NotApplicable("the simulated patients have no age, sex or origin in the records.") } else { Author("the records hold no age, sex or origin.") }),
                item("15", "Output of the model", if self.is_of_another_program() { Author("the masks are those of another program.") } else { Records("A probability of LV for each pixel, cut at 0.5; from the masks, counts and LVEF in percent by the protocol (item 8a). No classification.".to_owned()) }),
                item("16", "Differences of training and evaluation data", differences),
                item("17", "Ethical approval", if self.is_simulated() { NotApplicable("no patients were studied.") } else { Author("committee, approval number and consent.") }),
            ],
        }
    }

    fn tripod_results(&self) -> Section {
        Section {
            heading: "Results",
            items: vec![
                item(
                    "20a",
                    "Flow of participants",
                    Records(format!("{} {AUTHOR} those excluded before the dataset was built.", self.partitions())),
                ),
                item(
                    "20b",
                    "Characteristics",
                    Records(format!(
                        "Cohort table (cohort.csv, table.tex): LVEF, frames, matrix, raters. {}",
                        if self.is_simulated() {
                            "Simulated patients have no age or sex in the records.".to_owned()
                        } else {
                            format!("{AUTHOR} age, sex, diagnosis.")
                        }
                    )),
                ),
                item(
                    "20c",
                    "Comparison with the development data",
                    Records(
                        "Cohort table: each part of the dataset beside the studies that were evaluated.".to_owned(),
                    ),
                ),
                item(
                    "21",
                    "Numbers in each analysis",
                    Records(format!("{} Each table gives its own n.", self.partitions())),
                ),
                item(
                    "22",
                    "Full specification of the model",
                    Records(format!(
                        "Configuration, weights and their hash are in the folder of the model. {AUTHOR} where it can be obtained."
                    )),
                ),
                item(
                    "23a",
                    "Performance with intervals",
                    Records(format!(
                        "{} All figures: table.md, agreement.csv; by LVEF: model-card.md.",
                        self.main_figures()
                    )),
                ),
                item("23b", "Differences between clusters", Author("if hospitals or cameras were compared.")),
                item("24", "Results of updating", NotApplicable("the model was not changed after its evaluation.")),
            ],
        }
    }

    fn tripod_discussion(&self) -> Section {
        Section {
            heading: "Discussion",
            items: vec![
                item("25", "Interpretation", Author("the main results in the context of earlier studies.")),
                item("26", "Limitations", Records(format!("Those that the records show: model-card.md. {AUTHOR}"))),
                item("27a", "Poor or missing input", Records("The program checks each study and refuses it, withholds its LVEF, or asks for a look, with the reason. This evaluation measured every study, withheld or not.".to_owned())),
                item("27b", "Interaction and expertise of users", Records(format!("Outlines can be corrected, and LVEF follows. {AUTHOR} who is to do so."))),
                item("27c", "Next steps", Author("further research.")),
            ],
        }
    }
}

fn tripod_open_science() -> Section {
    Section {
        heading: "Open science, patients and public",
        items: vec![
            item("18a", "Funding", Author("funding and role of the funders.")),
            item("18b", "Conflicts of interest", Author("of all authors.")),
            item("18c", "Protocol", Author("where it is, or that there was none.")),
            item("18d", "Registration", Author("register and number, or that it was not registered.")),
            item("18e", "Sharing of data", Author("where the studies and outlines can be obtained.")),
            item("18f", "Sharing of code", Author("where the program can be obtained; its version is in item 12g.")),
            item("19", "Involvement of patients and public", Author("involvement, or that there was none.")),
        ],
    }
}
