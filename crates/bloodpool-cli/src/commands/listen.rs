//! `listen`: receives studies, analyses them, and sends the results, until it is asked to stop.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use bloodpool::Analyzer;
use bloodpool::dicom::objects::CreationTime;
use bloodpool::objects::{ObjectChoices, ObjectKind, job_key, protocol_identity};
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::{Analysis, GatedStudy, Protocol, Segmentation, Segmenter};
use bloodpool_dicom::net::Uid;
use bloodpool_report::KnownBias;
use bloodpool_server::{
    Analyse, AnalysisError, AnalysisIdentity, ObjectKind as StoredKind, Produced, ReviewAnalysis, Service, StudyInput,
};

use super::analyze::analyzer;
use crate::interrupt::Interrupt;
use crate::log;
use crate::outcome::{Outcome, as_usage};
use crate::settings::{AnalyzeSettings, ListenSettings};

/// Listens until Ctrl-C or a request to terminate. To be asked to stop is no failure.
pub(crate) fn run(settings: ListenSettings) -> anyhow::Result<Outcome> {
    log::to_lines(settings.log.as_deref())?;
    let choices = ObjectChoices {
        sr_class: settings.sr_class,
        device_serial_number: settings.device_serial_number,
        language: settings.analyze.language,
        ..ObjectChoices::automatic(created(settings.utc_offset_minutes)?)
    };
    if settings.service.destinations.is_empty() {
        tracing::warn!(event = "no_destination", "results stay in the data folder: name a destination with --to");
    }
    let (objects, utc_offset_minutes) = (settings.objects, settings.utc_offset_minutes);
    let analyse = Arc::new(ByModel { objects, utc_offset_minutes, ..ByModel::new(&settings.analyze, choices)? });
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
}

impl ByModel {
    /// Without objects.
    pub(super) fn new(settings: &AnalyzeSettings, choices: ObjectChoices) -> anyhow::Result<Self> {
        let analyzer = analyzer(settings)?;
        let model = analyzer.segmenter().identity();
        let identity = AnalysisIdentity {
            model: format!("{}@{}", model.name, model.sha256),
            protocol: settings.protocol.as_ref().map_or_else(|| "default".to_owned(), protocol_identity),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Self { analyzer, identity, objects: Vec::new(), choices, utc_offset_minutes: 0 })
    }
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
}

impl Analyse for ByModel {
    fn identity(&self) -> AnalysisIdentity {
        self.identity.clone()
    }

    fn analyse(&self, study: &StudyInput) -> Result<Vec<Produced>, AnalysisError> {
        let failed = |error: bloodpool::Error| AnalysisError { reason: error.without_values(), may_pass: false };
        let clock = |error: anyhow::Error| AnalysisError { reason: format!("{error:#}"), may_pass: true };
        let analyzed = self.analyzer.analyze_files(&study.files).map_err(failed)?.without_folders();
        let AnalysisIdentity { model, protocol, .. } = &self.identity;
        let choices = ObjectChoices {
            job: Some(job_key(&study.uid, &study.sha256, model, protocol)),
            created: created(self.utc_offset_minutes).map_err(clock)?,
            ..self.choices.clone()
        };
        let made = analyzed.objects(&self.objects, &choices).map_err(failed)?;
        let document = analyzed.to_json().map_err(failed)?.into_bytes();
        let mut produced = vec![Produced { kind: StoredKind::Document, sop_instance_uid: None, bytes: document }];
        for object in made.objects {
            let Some(kind) = StoredKind::of_name(object.kind.name()) else { continue };
            let sop_instance_uid = Uid::new(&object.reference.sop_uid).ok();
            produced.push(Produced { kind, sop_instance_uid, bytes: object.bytes });
        }
        Ok(produced)
    }
}
