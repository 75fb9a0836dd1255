//! Validated settings of `serve`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bloodpool_dicom::net::TlsIdentity;
use bloodpool_server::{
    AnnotationSettings, InboxSettings, ProxySettings, RetentionPolicy, SenderSettings, ServiceSettings, Transport,
    WebSettings, WorkerSettings,
};

use super::{AnalyzeSettings, ListenSettings, SettingsFile};
use crate::cli::{ListenFlags, MeasuringFlags, ReachedFlags, ServeFlags};
use crate::outcome::wrong_usage;

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
    /// What is received and sent; its service is that of the page, too.
    pub(crate) listen: Option<ListenSettings>,
    pub(crate) web: WebSettings,
    /// Who draws on which images.
    pub(crate) annotation: Option<AnnotationSettings>,
    /// `None`: in the data folder.
    pub(crate) audit_heads: Option<PathBuf>,
}

impl ServeSettings {
    /// Validates flags and settings file.
    pub(crate) fn new(flags: ServeFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let ServeFlags {
            studies,
            data,
            receive,
            port,
            listen,
            reached,
            audit_heads,
            model,
            protocol,
            calibration,
            annotate,
        } = flags;
        let receiving = receive.then(|| {
            let (data, model, protocol) = (data.clone(), model.clone(), protocol.clone());
            ListenSettings::new(ListenFlags { data, model, protocol, ..ListenFlags::default() }, file.clone())
        });
        let annotation = annotate.annotate.map(|work| AnnotationSettings {
            work,
            raters: annotate.raters,
            raters_folder: annotate.raters_folder,
            assignments: annotate.assignments,
            second_reading_percent: annotate.second_reading,
        });
        let measuring = MeasuringFlags { model, protocol, calibration, ..MeasuringFlags::default() };
        let address = listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0))));
        let (hosts, transport) = transport(reached)?;
        if !address.ip().is_loopback() && matches!(transport, Transport::Plain) {
            let how = "--tls-certificate FILE --tls-key FILE, --tls-self-signed, or --behind-proxy ADDRESS";
            return Err(wrong_usage(format!(
                "--listen {address} is reached from other machines: it needs TLS ({how})"
            )));
        }
        if address.ip().is_unspecified() && hosts.is_empty() {
            return Err(wrong_usage(format!("--listen {address} needs --host NAME: the name that browsers ask for")));
        }
        Ok(Self {
            studies,
            data: data.or_else(|| Some(annotation.as_ref()?.work.join("annotation"))),
            analyze: AnalyzeSettings::of(Vec::new(), measuring, file)?,
            listen: receiving.transpose()?,
            web: WebSettings { address, hosts, transport },
            annotation,
            audit_heads,
        })
    }

    /// A service that neither listens for DICOM nor sends.
    pub(crate) fn service(data: PathBuf, audit_heads: Option<PathBuf>) -> ServiceSettings {
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
            audit_heads,
            stop_within: STOP_WITHIN,
        }
    }
}

/// Names, and how bytes get to the page.
fn transport(flags: ReachedFlags) -> anyhow::Result<(Vec<String>, Transport)> {
    let ReachedFlags { host, tls_certificate, tls_key, tls_self_signed, behind_proxy, auth_header } = flags;
    let transport = match (tls_certificate.zip(tls_key), tls_self_signed) {
        (Some((certificate_chain, private_key)), _) => Transport::Tls(TlsIdentity { certificate_chain, private_key }),
        (None, true) => Transport::SelfSignedTls,
        (None, false) if behind_proxy.is_empty() => Transport::Plain,
        (None, false) => {
            let settings = ProxySettings::new(behind_proxy, auth_header.as_deref());
            let refused = || wrong_usage("--auth-header must be the name of a header, such as X-Remote-User");
            Transport::BehindProxy(settings.ok_or_else(refused)?)
        }
    };
    Ok((host, transport))
}
