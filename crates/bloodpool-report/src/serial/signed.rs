//! `SignedResult`: what was signed on a study earlier, shown beside its analysis of today.

use bloodpool_core::ModelIdentity;
use bloodpool_core::uncertainty::Interval;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AnalysisDocument;

/// The LVEF that was signed on a study earlier, with what it was measured by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignedResult {
    /// The document or system that it is from.
    pub source: String,
    /// LVEF, percent.
    pub lvef_percent: f64,
    /// Its 95 % interval, where it had one.
    pub interval: Option<Interval>,
    /// Name of the protocol.
    pub protocol: String,
    /// The model that drew the outlines; `None` where a person drew them in another program.
    pub model: Option<ModelIdentity>,
    /// Program and version.
    pub software: String,
    /// Who signed it, where known.
    pub signed_by: Option<String>,
    /// When it was signed, `YYYYMMDD`, where known.
    pub signed_on: Option<String>,
}

impl SignedResult {
    /// Of the document of an earlier analysis, which does not say who signed it and when; `None` where its LVEF is withheld.
    #[must_use]
    pub fn of_document(source: &str, document: &AnalysisDocument) -> Option<Self> {
        Some(Self {
            source: source.to_owned(),
            lvef_percent: document.lvef_percent.filter(|lvef| lvef.is_finite())?,
            interval: document.interval.clone(),
            protocol: document.protocol.name.clone(),
            model: Some(document.model.clone()),
            software: document.software.clone(),
            signed_by: None,
            signed_on: None,
        })
    }
}
