//! `listen`: receives studies, analyses them, and sends the results, until it is asked to stop.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use bloodpool::Analyzer;
use bloodpool::dicom::objects::CreationTime;
use bloodpool::objects::{ObjectChoices, ObjectKind, ResultObjects, ReviewedBy, job_key, protocol_identity};
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::{Analysis, GatedStudy, Protocol, Segmentation, Segmenter};
use bloodpool_dicom::net::Uid;
use bloodpool_report::KnownBias;
use bloodpool_server::{
    Analyse, AnalysisError, AnalysisIdentity, ObjectKind as StoredKind, ObjectsError, Produced, ResultStatus,
    ReviewAnalysis, Service, StatedResult, StudyInput,
};

use super::analyze::analyzer;
use crate::interrupt::Interrupt;
use crate::log;
use crate::outcome::{Outcome, as_usage};
use crate::settings::{AnalyzeSettings, ListenSettings};

/// Listens until Ctrl-C or a request to terminate. To be asked to stop is no failure.
pub(crate) fn run(settings: ListenSettings) -> anyhow::Result<Outcome> {
    log::to_lines(settings.log.as_deref())?;
    let analyse = Arc::new(ByModel::listening(&settings)?);
    let interrupt = Interrupt::watch_silently()?;
    let service = Service::start(settings.service, analyse, Vec::new()).map_err(as_usage)?;
    service.run_until(|| interrupt.seen());
    Ok(Outcome::Done)
}

/// The clock's time, in an offset from UTC.
pub(super) fn created(utc_offset_minutes: i16) -> anyhow::Result<CreationTime> {
    let seconds = SystemTime::UNIX_EPOCH.elapsed().context("the clock of this machine is before 1970")?.as_secs();
    CreationTime::new(i64::try_from(seconds)?, utc_offset_minutes).map_err(as_usage)
}

/// Analyses with one model, and makes the objects.
pub(super) struct ByModel {
    analyzer: Analyzer,
    identity: AnalysisIdentity,
    objects: Vec<ObjectKind>,
    choices: ObjectChoices,
    utc_offset_minutes: i16,
    /// For whom people review and sign; `None`: the institution of the study.
    organization: Option<String>,
}

impl ByModel {
    /// With the objects that a listener makes.
    pub(super) fn listening(settings: &ListenSettings) -> anyhow::Result<Self> {
        let choices = ObjectChoices {
            sr_class: settings.sr_class,
            device_serial_number: settings.device_serial_number.clone(),
            language: settings.analyze.language,
            ..ObjectChoices::automatic(created(settings.utc_offset_minutes)?)
        };
        if settings.service.destinations.is_empty() {
            tracing::warn!(event = "no_destination", "results stay in the data folder: name a destination with --to");
        }
        let (objects, utc_offset_minutes) = (settings.objects.clone(), settings.utc_offset_minutes);
        let organization = settings.organization.clone();
        Ok(Self { objects, utc_offset_minutes, organization, ..Self::new(&settings.analyze, choices)? })
    }

    /// Without objects.
    pub(super) fn new(settings: &AnalyzeSettings, choices: ObjectChoices) -> anyhow::Result<Self> {
        let analyzer = analyzer(settings)?;
        let model = analyzer.segmenter().identity();
        let identity = AnalysisIdentity {
            model: format!("{}@{}", model.name, model.sha256),
            protocol: settings.protocol.as_ref().map_or_else(|| "default".to_owned(), protocol_identity),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Self { analyzer, identity, objects: Vec::new(), choices, utc_offset_minutes: 0, organization: None })
    }

    /// The choices of the objects of one input.
    fn choices_of(&self, uid: &str, sha256: &str, created: CreationTime) -> ObjectChoices {
        let AnalysisIdentity { model, protocol, .. } = &self.identity;
        ObjectChoices { job: Some(job_key(uid, sha256, model, protocol)), created, ..self.choices.clone() }
    }
}

/// Objects as the data folder takes them.
fn produced(made: ResultObjects) -> impl Iterator<Item = Produced> {
    made.objects.into_iter().filter_map(|object| {
        let kind = StoredKind::of_name(object.kind.name())?;
        Some(Produced { kind, sop_instance_uid: Uid::new(&object.reference.sop_uid).ok(), bytes: object.bytes })
    })
}

/// The review page measures by the same model, protocol and calibration.
impl ReviewAnalysis for ByModel {
    fn segmenter(&self) -> &dyn Segmenter {
        self.analyzer.segmenter()
    }

    fn protocol_for(&self, segmentation: &Segmentation) -> Protocol {
        self.analyzer.protocol_for(segmentation)
    }

    fn interval(&self, study: &GatedStudy, analysis: &Analysis) -> Option<Interval> {
        self.analyzer.interval(study, analysis)
    }

    fn known_bias(&self) -> Option<&KnownBias> {
        self.analyzer.known_bias()
    }

    fn objects(&self, stated: StatedResult<'_>) -> Result<Vec<Produced>, ObjectsError> {
        let unusable = |error: bloodpool::Error| ObjectsError(error.without_values());
        let at = CreationTime::new(stated.at.0.div_euclid(1000), self.utc_offset_minutes);
        let at = at.map_err(|error| ObjectsError(error.to_string()))?;
        let by = ReviewedBy {
            person: stated.person,
            organization: self.organization.as_deref(),
            signed: stated.status == ResultStatus::Signed,
            version: stated.version,
            supersedes: &stated.supersedes,
        };
        let (key, of) = (stated.key, (stated.study.clone(), stated.analysis.clone()));
        let choices = self.choices_of(&key.input_uid, &key.input_sha256, at);
        let reviewed = self.analyzer.reviewed(&key.input_uid, stated.files, of, stated.review);
        Ok(produced(reviewed.reviewed_objects(&self.objects, choices, &by).map_err(unusable)?).collect())
    }
}

impl Analyse for ByModel {
    fn identity(&self) -> AnalysisIdentity {
        self.identity.clone()
    }

    fn analyse(&self, study: &StudyInput) -> Result<Vec<Produced>, AnalysisError> {
        let failed = |error: bloodpool::Error| AnalysisError { reason: error.without_values(), may_pass: false };
        let clock = |error: anyhow::Error| AnalysisError { reason: format!("{error:#}"), may_pass: true };
        let analyzed = self.analyzer.analyze_files(&study.files).map_err(failed)?.without_folders();
        let created = created(self.utc_offset_minutes).map_err(clock)?;
        let choices = self.choices_of(&study.uid, &study.sha256, created);
        let made = analyzed.objects(&self.objects, &choices).map_err(failed)?;
        let document = analyzed.to_json().map_err(failed)?.into_bytes();
        let document = Produced { kind: StoredKind::Document, sop_instance_uid: None, bytes: document };
        Ok(std::iter::once(document).chain(produced(made)).collect())
    }
}
