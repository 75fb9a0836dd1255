//! `Manuscript`: texts for a paper, written from the records of an evaluation: methods, checklists and model card.

mod checklist;
mod claim;
mod evaluation_methods;
mod model_card;
mod network_methods;
pub mod records;
mod study_methods;
mod summaries;
mod training_methods;
mod tripod_ai;
mod wording;

use bloodpool_report::{RESEARCH_ONLY, SOFTWARE};

use super::material::NamedChoices;
use super::record::Subject;
use super::result::EvaluationResult;
use records::Records;

/// The files, and what is in each.
pub const FILES: [(&str, &str); 4] = [
    ("methods.md", "methods section, generated from the records"),
    ("claim.md", "CLAIM 2024 checklist"),
    ("tripod-ai.md", "TRIPOD+AI checklist"),
    ("model-card.md", "model card"),
];

/// What the texts are written from.
#[derive(Debug, Clone, Copy)]
pub struct Manuscript<'a> {
    /// Which model on which studies.
    pub subject: &'a Subject,
    /// Every number.
    pub result: &'a EvaluationResult,
    /// How EF is measured.
    pub protocol: &'a NamedChoices,
    /// How the model and the dataset were made.
    pub records: &'a Records,
}

impl Manuscript<'_> {
    /// Every file with its text, in the order of [`FILES`].
    #[must_use]
    pub fn texts(&self) -> [(&'static str, String); 4] {
        let [(methods, _), (claim, _), (tripod_ai, _), (card, _)] = FILES;
        [(methods, self.methods()), (claim, self.claim()), (tripod_ai, self.tripod_ai()), (card, self.model_card())]
    }

    /// The methods section, as Markdown.
    fn methods(&self) -> String {
        let paragraphs = [
            ("Studies", self.studies()),
            ("Reference standard", self.reference_standard()),
            ("Partitions", self.partitions()),
            ("Network", self.network()),
            ("Training", self.training()),
            ("Ejection fraction", self.ejection_fraction()),
            ("Evaluation", self.evaluation()),
            ("Statistics", self.statistics()),
            ("Software", self.software()),
        ];
        let mut text = format!(
            "# Methods\n\n{}\n\n",
            self.preface(
                "A draft. A passage in square brackets is not in the records and must be written by the authors; check every sentence \
                 before it is published."
            )
        );
        for (heading, words) in paragraphs {
            text += &format!("**{heading}.** {words}\n\n");
        }
        text.trim_end().to_owned() + "\n"
    }

    /// What each text begins with.
    fn preface(&self, words: &str) -> String {
        let simulated = if self.is_simulated() { " Simulated studies, not patients." } else { "" };
        format!(
            "{words} Written by {SOFTWARE} from the records of the model {}, the dataset {} and their evaluation of {}. \
             {RESEARCH_ONLY}.{simulated}",
            self.subject.run.model.name, self.subject.dataset.name, self.subject.date
        )
    }

    /// Whether every study that was evaluated is simulated.
    fn is_simulated(&self) -> bool {
        self.result.simulated_studies == self.result.studies
    }
}
