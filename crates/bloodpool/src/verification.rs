//! `Verification`: a recorded analysis computed again from its study, and which of its numbers still hold.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bloodpool_core::protocol::Estimator;
use bloodpool_core::{Contour, FIXED_ROI, GatedStudy, ModelIdentity, Protocol, Segmentation, analysis};
use bloodpool_dicom::{Selection, plan};
use bloodpool_files::{DocumentError, document};
use bloodpool_report::analysis_document::ANALYSIS_SCHEMA;
use bloodpool_report::{AnalysisDocument, RESEARCH_ONLY, SOFTWARE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{AnalyzedStudy, Analyzer, Error};

/// Schema of the document.
pub const VERIFICATION_SCHEMA: &str = "bloodpool.verification/1";
/// Numbers that differ by no more than this part of themselves hold: processors with other vector instructions round differently.
pub const TOLERANCE: f64 = 1e-4;
/// Parts of a document that are no result: names of files, and what was chosen.
const NO_RESULTS: [&str; 8] =
    ["schema", "source", "source_files", "set_aside", "software", "model", "protocol", "warnings"];
/// Results of ROIs alone, where the named protocol is one of ROIs.
const OF_ROIS: [&str; 5] =
    ["end_diastole", "end_systole", "background", "time_activity_curve", "counting_error_points"];

/// The document `bloodpool.verification/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// [`VERIFICATION_SCHEMA`].
    pub schema: String,
    /// Program and version that computed again.
    pub software: String,
    /// That the result is for research alone.
    pub notice: String,
    /// The recorded analysis, as it was named.
    pub document: String,
    /// Program and version that recorded it.
    pub recorded_by: String,
    /// The files that were read, in their order.
    pub files: Vec<VerifiedFile>,
    /// The model that the record names.
    pub recorded_model: ModelIdentity,
    /// The model that computed again.
    pub model: ModelIdentity,
    /// From the study alone, by this model and the recorded protocol.
    pub from_model: Recomputed,
    /// From the study and the recorded outlines, without a model: what ROIs alone decide.
    pub from_outlines: Recomputed,
}

/// A file of the study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedFile {
    /// The file.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Whether the record names a file of these bytes.
    pub recorded: bool,
}

/// The numbers of a record beside those that were computed again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recomputed {
    /// Why nothing was computed; `None` where it was.
    pub not_computed: Option<String>,
    /// Numbers of the record that were compared.
    pub numbers: usize,
    /// How many of them are the same to the last digit.
    pub equal: usize,
    /// Those that do not hold.
    pub differences: Vec<Difference>,
}

/// A number that does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Which one, for example `function.peak_filling_rate_edv_per_s.value`.
    pub field: String,
    /// As it was recorded; `None`: it was withheld or could not be computed.
    pub recorded: Option<f64>,
    /// As it was computed again.
    pub found: Option<f64>,
}

/// Why a record cannot be verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// It cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The record names no files, and none were given.
    #[error("{document} does not name the files that it was made from")]
    NoFiles {
        /// The record.
        document: String,
    },
    /// The files hold no study, or several.
    #[error("the files hold {studies} studies where one is needed")]
    Studies {
        /// How many.
        studies: usize,
    },
    /// The study cannot be read.
    #[error(transparent)]
    Study(#[from] Error),
}

impl Verification {
    /// Computes a recorded analysis again. `study`: its files; empty: those that the record names.
    ///
    /// # Errors
    /// [`VerificationError`]. A study on which nothing can be computed any more is a result, not an error.
    pub fn of(
        record: &Path,
        study: &[PathBuf],
        selection: &Selection,
        analyzer: Analyzer,
    ) -> Result<Self, VerificationError> {
        let recorded: AnalysisDocument = document::read(record, ANALYSIS_SCHEMA)?.document;
        let named: Vec<PathBuf> = recorded.source_files.iter().map(|file| PathBuf::from(&file.file)).collect();
        let paths = if study.is_empty() { named.as_slice() } else { study };
        if paths.is_empty() {
            return Err(VerificationError::NoFiles { document: record.display().to_string() });
        }
        let mut studies = plan(paths, selection).studies;
        let planned = match (studies.pop(), studies.len()) {
            (Some(one), 0) => one.map_err(Error::from)?,
            (last, before) => return Err(VerificationError::Studies { studies: before + usize::from(last.is_some()) }),
        };
        let read = planned.read().map_err(Error::from)?;
        let files = read.files.iter().map(|file| VerifiedFile {
            file: file.path.display().to_string(),
            sha256: file.sha256.clone(),
            recorded: recorded.source_files.iter().any(|known| known.sha256 == file.sha256),
        });
        let files = files.collect();
        let analyzer = analyzer.protocol(recorded.protocol.clone());
        let model = analyzer.segmenter().identity();
        let from_model = if model == recorded.model {
            Recomputed::of_model(&recorded, analyzer.analyze_planned(&planned).as_ref())
        } else {
            Recomputed::without(format!(
                "the analysis was made with model {}, not with {}",
                recorded.model.name, model.name
            ))
        };
        Ok(Self {
            schema: VERIFICATION_SCHEMA.to_owned(),
            software: SOFTWARE.to_owned(),
            notice: RESEARCH_ONLY.to_owned(),
            document: record.display().to_string(),
            recorded_by: recorded.software.clone(),
            files,
            model,
            from_model,
            from_outlines: Recomputed::of_outlines(&recorded, &read.study),
            recorded_model: recorded.model,
        })
    }

    /// Whether the files are the recorded ones and every number that was compared holds, and at least one was.
    #[must_use]
    pub fn holds(&self) -> bool {
        let all = [&self.from_model, &self.from_outlines];
        self.files.iter().all(|file| file.recorded)
            && all.iter().all(|part| part.differences.is_empty())
            && all.iter().any(|part| part.numbers > 0)
    }

    /// The result as text for a terminal.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut text = format!("{}   made by {}\n", self.document, self.recorded_by);
        for file in &self.files {
            let found = if file.recorded { "as recorded" } else { "NOT the recorded file: its SHA-256 is another one" };
            let _ = writeln!(text, "  {:<28} {found}", file.file);
        }
        for (name, part) in
            [("from study and model", &self.from_model), ("from the recorded outlines", &self.from_outlines)]
        {
            let _ = match &part.not_computed {
                Some(why) => writeln!(text, "  {name:<28} not computed: {why}"),
                None => {
                    let held = part.numbers - part.differences.len();
                    writeln!(
                        text,
                        "  {name:<28} {held} of {} numbers hold, {} to the last digit",
                        part.numbers, part.equal
                    )
                }
            };
            let number = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value}"));
            for difference in &part.differences {
                let Difference { field, recorded, found } = difference;
                let _ = writeln!(text, "    {field}: recorded {}, now {}", number(*recorded), number(*found));
            }
        }
        text += if self.holds() {
            "  Every number that was computed again holds.\n"
        } else {
            "  The analysis does not hold.\n"
        };
        let _ = writeln!(text, "  {RESEARCH_ONLY}.");
        text
    }
}

impl Recomputed {
    fn without(why: String) -> Self {
        Self { not_computed: Some(why), ..Self::default() }
    }

    fn of_model(recorded: &AnalysisDocument, again: Result<&AnalyzedStudy, &Error>) -> Self {
        let found = again.map_err(ToString::to_string).and_then(|again| {
            let text = again.to_json().map_err(|error| error.to_string())?;
            serde_json::from_str::<Value>(&text).map_err(|error| error.to_string())
        });
        match (serde_json::to_value(recorded), found) {
            (Ok(Value::Object(mut recorded)), Ok(found)) => {
                recorded.retain(|key, _| !NO_RESULTS.contains(&key.as_str()));
                Self::compared(&Value::Object(recorded), &found)
            }
            (_, Err(why)) => Self::without(why),
            (Err(error), _) => Self::without(error.to_string()),
            (Ok(_), Ok(_)) => Self::without("the record is no object".to_owned()),
        }
    }

    /// By the recorded protocol where it is one of ROIs, and by the presets of ROIs.
    fn of_outlines(recorded: &AnalysisDocument, study: &GatedStudy) -> Self {
        let masks =
            recorded.rois.iter().map(|roi| Contour(roi.contour.clone()).rasterised(study.rows(), study.columns()));
        let segmentation = Segmentation { masks: masks.collect(), ..Segmentation::default() };
        let of_rois = matches!(recorded.protocol.estimator, Estimator::Roi(_));
        let mut protocol = if of_rois { recorded.protocol.clone() } else { Protocol::standard() };
        protocol.frames.ed_override = recorded.protocol.frames.ed_override;
        protocol.frames.es_override = recorded.protocol.frames.es_override;
        let again = match analysis::measure(study, segmentation, recorded.model.clone(), &protocol) {
            Ok(again) => again,
            Err(error) => return Self::without(error.to_string()),
        };
        let kept = |key: &str| [FIXED_ROI, "standard", "paper"].contains(&key) || (of_rois && key == protocol.name);
        let by_protocol =
            recorded.withheld.as_ref().map_or(&recorded.lvef_by_protocol, |withheld| &withheld.lvef_by_protocol);
        let before: Map<String, Value> =
            by_protocol.iter().filter(|(key, _)| kept(key)).map(|(key, lvef)| (key.clone(), json!(lvef))).collect();
        let after: Map<String, Value> = again
            .results
            .iter()
            .filter(|result| kept(result.key))
            .map(|result| (result.key.to_owned(), json!(result.lvef_percent)))
            .collect();
        let [mut before, mut after] = [before, after].map(|lvef| json!({ "lvef_by_protocol": lvef }));
        if of_rois && let Ok(document) = AnalysisDocument::new(&recorded.source, study, &again, None) {
            let sides = [(&mut before, serde_json::to_value(recorded)), (&mut after, serde_json::to_value(document))];
            for (side, document) in sides {
                let document = document.unwrap_or_default();
                OF_ROIS.iter().for_each(|key| side[*key] = document[*key].clone());
            }
        }
        Self::compared(&before, &after)
    }

    /// Every number of `recorded`, and every `null` in the place of one, beside what `found` has there.
    fn compared(recorded: &Value, found: &Value) -> Self {
        let mut result = Self::default();
        result.compare(String::new(), recorded, Some(found));
        result
    }

    fn compare(&mut self, field: String, recorded: &Value, found: Option<&Value>) {
        let below = |key: &str| if field.is_empty() { key.to_owned() } else { format!("{field}.{key}") };
        match recorded {
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| self.compare(below(key), value, found.and_then(|f| f.get(key))));
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.compare(below(&(index + 1).to_string()), value, found.and_then(|f| f.get(index)));
                }
            }
            Value::Number(number) => {
                let (before, after) = (number.as_f64(), found.and_then(Value::as_f64));
                self.numbers += 1;
                self.equal += usize::from(before == after);
                let near = |(a, b): (f64, f64)| (a - b).abs() <= TOLERANCE * a.abs().max(b.abs());
                if !before.zip(after).is_some_and(near) {
                    self.differences.push(Difference { field, recorded: before, found: after });
                }
            }
            // A number that was not there and is there now is a difference, too.
            Value::Null => {
                if let Some(after) = found.and_then(Value::as_f64) {
                    self.differences.push(Difference { field, recorded: None, found: Some(after) });
                    self.numbers += 1;
                }
            }
            Value::Bool(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_compared_and_words_are_not() {
        let recorded =
            json!({"lvef": 60.0, "curve": [1.0, 2.0, 3.0], "rate": null, "name": "a", "gone": 4, "none": null});
        let found = json!({"lvef": 60.001, "curve": [1.0, 2.1], "rate": 5.0, "name": "b", "more": 7.0});
        let result = Recomputed::compared(&recorded, &found);
        // 60.001 is within a ten-thousandth of 60; 2 is not that near to 2.1.
        assert_eq!((result.numbers, result.equal), (6, 1));
        let mut fields: Vec<_> = result.differences.iter().map(|d| (d.field.as_str(), d.recorded, d.found)).collect();
        // In the order of the document, which is not that of the alphabet in every build.
        fields.sort_by_key(|(field, ..)| *field);
        assert_eq!(
            fields,
            [
                ("curve.2", Some(2.0), Some(2.1)),
                ("curve.3", Some(3.0), None),
                ("gone", Some(4.0), None),
                ("rate", None, Some(5.0))
            ]
        );
    }
}
