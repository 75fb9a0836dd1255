//! Validated settings of `serve`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bloodpool_server::{
    AnnotationSettings, InboxSettings, RetentionPolicy, SenderSettings, ServiceSettings, WebSettings, WorkerSettings,
};

use super::{AnalyzeSettings, SettingsFile};
use crate::cli::{MeasuringFlags, ServeFlags};

/// How long a series of single frames must have had no other one: files that a person names come at once.
const QUIET: Duration = Duration::from_secs(2);
/// How long a stop waits for an analysis: the next start goes on with it.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Settings of `serve`.
pub(crate) struct ServeSettings {
    /// Files and folders that are taken in at the start.
    pub(crate) studies: Vec<PathBuf>,
    /// `None`: a temporary one.
    pub(crate) data: Option<PathBuf>,
    /// Model, protocol and calibration of every analysis; it names no study.
    pub(crate) analyze: AnalyzeSettings,
    pub(crate) web: WebSettings,
    /// Who draws on which images.
    pub(crate) annotation: Option<AnnotationSettings>,
}

impl ServeSettings {
    /// Validates flags and settings file.
    pub(crate) fn new(flags: ServeFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let ServeFlags { studies, data, port, model, protocol, calibration, annotate } = flags;
        let annotation = annotate.annotate.map(|work| AnnotationSettings {
            work,
            raters: annotate.raters,
            raters_folder: annotate.raters_folder,
            assignments: annotate.assignments,
            second_reading_percent: annotate.second_reading,
        });
        let measuring = MeasuringFlags { model, protocol, calibration, ..MeasuringFlags::default() };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)));
        Ok(Self {
            studies,
            data: data.or_else(|| Some(annotation.as_ref()?.work.join("annotation"))),
            analyze: AnalyzeSettings::of(Vec::new(), measuring, file)?,
            web: WebSettings { address, hosts: Vec::new(), secure: false },
            annotation,
        })
    }

    /// A service that neither listens for DICOM nor sends.
    pub(crate) fn service(data: PathBuf) -> ServiceSettings {
        ServiceSettings {
            data,
            program: bloodpool_report::SOFTWARE.to_owned(),
            listener: None,
            inbox: InboxSettings { quiet_period: QUIET, ..InboxSettings::default() },
            worker: WorkerSettings::default(),
            workers: 1,
            kinds: Vec::new(),
            destinations: Vec::new(),
            sender: SenderSettings::default(),
            watched: Vec::new(),
            retention: RetentionPolicy::default(),
            stop_within: STOP_WITHIN,
        }
    }
}
