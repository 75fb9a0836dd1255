//! `ServiceSettings` from section `[listen]` of a settings file, with errors that say which key is wrong and what it may be.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bloodpool_config::listen::{DestinationSection, ListenSection, RequestorTls};
use bloodpool_dicom::net::{
    AddressRange, AeAddress, AeTitle, AllowedPeers, Limits, Peer, ReceiveSettings, RetryPolicy, SendSettings,
    StorageClasses, Timeouts, TlsClient, TlsIdentity, TlsServer,
};

use super::settings::{Destination, ListenerSettings, ServiceSettings};
use crate::analysis::ObjectKind;
use crate::inbox::{InboxSettings, Others};
use crate::outbox::commitment::request::CommitmentPolicy;
use crate::outbox::route::ResultStatus;
use crate::outbox::sender::SenderSettings;
use crate::queue::worker::WorkerSettings;
use crate::retention::RetentionPolicy;
use crate::watch::{AfterTaking, WatchSettings};

const MIB: u64 = 1 << 20;
const DAY: u64 = 24 * 60 * 60;
/// AE title and port where none is named.
const AE_TITLE: &str = "BLOODPOOL";
const PORT: u16 = 11112;
/// Objects where none are named.
const KINDS: [ObjectKind; 3] = [ObjectKind::SecondaryCapture, ObjectKind::Cine, ObjectKind::StructuredReport];

/// A setting is missing or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct SettingsError {
    /// The key, for example `destination.to`.
    pub key: &'static str,
    /// What is wrong, and what it may be.
    pub problem: String,
}

fn wrong(key: &'static str) -> impl Fn(&dyn std::fmt::Display) -> SettingsError {
    move |problem| SettingsError { key, problem: problem.to_string() }
}

impl ServiceSettings {
    /// Checks a section. `program`: name and version, for others who find the data folder locked.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn of_section(section: &ListenSection, program: &str) -> Result<Self, SettingsError> {
        let no_data = || wrong("data")(&"no data folder is named");
        let data = section.data.clone().ok_or_else(no_data)?;
        let title = AeTitle::new(section.ae_title.as_deref().unwrap_or(AE_TITLE));
        let ae_title = title.map_err(|error| wrong("ae_title")(&error))?;
        let by_default =
            section.objects.as_deref().map_or_else(|| Ok(KINDS.to_vec()), |names| kinds("objects", names))?;
        let destination = |section| destination(section, &ae_title, &by_default);
        let destinations = section.destination.iter().map(destination).collect::<Result<Vec<_>, _>>()?;
        let named = |kind: &ObjectKind| {
            by_default.contains(kind) || destinations.iter().any(|destination| destination.kinds.contains(kind))
        };
        // An archive may refuse a cine long after it was made.
        let made = |kind: &ObjectKind| named(kind) || *kind == ObjectKind::KeyFrames && named(&ObjectKind::Cine);
        let commitment_peers = commitment_peers(section, &destinations)?;
        let limits = limits(section);
        let others = match section.others.as_deref() {
            None | Some("keep") => Others::Keep,
            Some("discard") => Others::Discard,
            Some(other) => return Err(choice("others", other, "keep or discard")),
        };
        let seconds = |value: Option<u64>, default: u64| Duration::from_secs(value.unwrap_or(default));
        let watched = section.watch.iter().map(|watched| WatchSettings {
            folder: watched.folder.clone(),
            stable_for: seconds(watched.stable_seconds, 5),
            after: if watched.delete { AfterTaking::Delete } else { AfterTaking::Leave },
        });
        Ok(Self {
            data,
            program: program.to_owned(),
            listener: Some(ListenerSettings {
                address: address(section)?,
                receive: ReceiveSettings { limits, commitment_peers, ..receive(section, ae_title.clone())? },
            }),
            inbox: InboxSettings {
                quiet_period: seconds(section.quiet_seconds, 10),
                others,
                limits,
                commitment: commitment(section),
            },
            worker: WorkerSettings::default(),
            workers: section.workers.unwrap_or(1).max(1),
            kinds: ObjectKind::ALL.into_iter().filter(made).collect(),
            destinations,
            sender: SenderSettings::default(),
            watched: watched.collect(),
            retention: RetentionPolicy {
                max_age: section.retention_days.map(|days| Duration::from_secs(days.saturating_mul(DAY))),
                max_bytes: section.retention_gib.map(|gib| gib.saturating_mul(MIB << 10)),
            },
            audit_heads: None,
            stop_within: seconds(section.stop_within_seconds, 30),
        })
    }
}

/// When destinations are asked for storage commitment.
fn commitment(section: &ListenSection) -> CommitmentPolicy {
    let mut policy = CommitmentPolicy::default();
    policy.after = section.commitment_after_seconds.map_or(policy.after, Duration::from_secs);
    let first_delay = section.commitment_again_seconds.map_or(policy.again.first_delay, Duration::from_secs);
    let longest_delay = policy.again.longest_delay.max(first_delay);
    policy.again = RetryPolicy { first_delay: first_delay.max(Duration::from_secs(1)), longest_delay, ..policy.again };
    policy
}

/// The titles that are asked for storage commitment. They must be allowed to open the association of their report.
fn commitment_peers(section: &ListenSection, destinations: &[Destination]) -> Result<Vec<AeTitle>, SettingsError> {
    let asked = destinations.iter().filter(|destination| destination.storage_commitment);
    let titles: Vec<AeTitle> = asked.map(|destination| destination.peer.ae_title.clone()).collect();
    let allowed = section.allow.as_deref().unwrap_or_default();
    let may_call = |title: &AeTitle| {
        allowed.is_empty()
            || allowed.iter().any(|text| text.rsplit_once('@').map_or(&**text, |it| it.0) == title.as_str())
    };
    match titles.iter().find(|title| !may_call(title)) {
        Some(title) => Err(wrong("destination.storage_commitment")(&format!(
            "{title} may report by an association of its own, and allow does not name it: add \"{title}\" to allow"
        ))),
        None => Ok(titles),
    }
}

fn choice(key: &'static str, value: &str, of: &str) -> SettingsError {
    wrong(key)(&format!("{value:?} is not known: choose {of}"))
}

fn limits(section: &ListenSection) -> Limits {
    let mut limits = Limits::default();
    let bytes = |mib: Option<u64>, default: u64| mib.map_or(default, |mib| mib.saturating_mul(MIB));
    limits.max_associations = section.max_associations.unwrap_or(limits.max_associations);
    limits.max_data_set_bytes = bytes(section.max_data_set_mib, limits.max_data_set_bytes);
    limits.free_space_reserve_bytes = bytes(section.reserve_mib, limits.free_space_reserve_bytes);
    limits
}

fn address(section: &ListenSection) -> Result<SocketAddr, SettingsError> {
    let ip: IpAddr = match &section.address {
        None => Ipv4Addr::UNSPECIFIED.into(),
        Some(text) => text.parse().map_err(|_| {
            wrong("address")(&format!("{text:?} is not an IP address, such as 0.0.0.0 (all) or 127.0.0.1"))
        })?,
    };
    Ok(SocketAddr::new(ip, section.port.unwrap_or(PORT)))
}

/// Whom and what the listener accepts.
fn receive(section: &ListenSection, ae_title: AeTitle) -> Result<ReceiveSettings, SettingsError> {
    let listed = section.allow.as_deref().unwrap_or_default();
    let peers = listed.iter().map(|text| peer(text)).collect::<Result<Vec<_>, _>>()?;
    let storage_classes = match section.accept.as_deref() {
        None | Some("nuclear-medicine") => StorageClasses::NuclearMedicine,
        Some("all") => StorageClasses::All,
        Some(other) => return Err(choice("accept", other, "nuclear-medicine or all")),
    };
    let tls = section.tls.as_ref().map(|tls| TlsServer {
        identity: TlsIdentity { certificate_chain: tls.certificate.clone(), private_key: tls.key.clone() },
        client_authorities: tls.client_authorities.clone(),
    });
    let peers = if peers.is_empty() { AllowedPeers::Any } else { AllowedPeers::Listed(peers) };
    Ok(ReceiveSettings { peers, storage_classes, tls, ..ReceiveSettings::new(ae_title) })
}

/// `AET` or `AET@ADDRESS`.
fn peer(text: &str) -> Result<Peer, SettingsError> {
    let (title, addresses) = match text.rsplit_once('@') {
        None => (text, Vec::new()),
        Some((title, address)) => {
            (title, vec![address.parse::<AddressRange>().map_err(|error| wrong("allow")(&error))?])
        }
    };
    Ok(Peer { ae_title: AeTitle::new(title).map_err(|error| wrong("allow")(&error))?, addresses })
}

/// Objects by their names, each once.
fn kinds(key: &'static str, names: &[String]) -> Result<Vec<ObjectKind>, SettingsError> {
    let mut kinds = Vec::new();
    for name in names {
        let known = ObjectKind::of_name(name).filter(|kind| *kind != ObjectKind::Document);
        let kind = known.ok_or_else(|| choice(key, name, "of sc, cine, key-frames, sr, seg, pdf"))?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

fn destination(
    section: &DestinationSection,
    ae_title: &AeTitle,
    by_default: &[ObjectKind],
) -> Result<Destination, SettingsError> {
    let named = section.objects.as_deref();
    let kinds = named.map_or_else(|| Ok(by_default.to_vec()), |names| kinds("destination.objects", names))?;
    let statuses = match &section.when {
        None => vec![ResultStatus::Automatic, ResultStatus::Reviewed, ResultStatus::Signed],
        Some(names) => {
            let status = |name: &String| {
                let unknown = || choice("destination.when", name, "of automatic, reviewed, signed");
                ResultStatus::of_name(name).ok_or_else(unknown)
            };
            names.iter().map(status).collect::<Result<_, _>>()?
        }
    };
    let tls = section.tls.as_ref().map(requestor_tls).transpose()?;
    let send = SendSettings { calling_ae_title: ae_title.clone(), timeouts: Timeouts::default(), tls };
    let peer: AeAddress = section.to.parse().map_err(|error| wrong("destination.to")(&error))?;
    Ok(Destination { peer, send, kinds, statuses, storage_commitment: section.storage_commitment })
}

/// TLS to a peer: a certificate needs its key.
///
/// # Errors
/// [`SettingsError`].
pub fn requestor_tls(tls: &RequestorTls) -> Result<TlsClient, SettingsError> {
    let identity = match (tls.certificate.clone(), tls.key.clone()) {
        (None, None) => None,
        (Some(certificate_chain), Some(private_key)) => Some(TlsIdentity { certificate_chain, private_key }),
        _ => return Err(wrong("tls")(&"a certificate needs its key, and a key its certificate: name both")),
    };
    Ok(TlsClient { server_authorities: tls.authorities.clone(), identity })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> ListenSection {
        let text = format!("[listen]\ndata = \"data\"\n{text}");
        bloodpool_config::SettingsFile::from_toml(&text).unwrap().listen.unwrap()
    }

    #[test]
    fn what_is_wrong_is_named_with_what_it_may_be() {
        for (text, said) in [
            ("ae_title = \"MUCH-TOO-LONG-A-TITLE\"", "ae_title: \"MUCH-TOO-LONG-A-TITLE\" is not an AE title"),
            ("address = \"localhost\"", "address: \"localhost\" is not an IP address, such as 0.0.0.0"),
            ("allow = [\"PACS@10.0.0.0/40\"]", "allow: \"10.0.0.0/40\" is not an IP address"),
            ("accept = \"everything\"", "accept: \"everything\" is not known: choose nuclear-medicine or all"),
            ("others = \"burn\"", "others: \"burn\" is not known: choose keep or discard"),
            (
                "objects = [\"document\"]",
                "objects: \"document\" is not known: choose of sc, cine, key-frames, sr, seg, pdf",
            ),
            ("[[listen.destination]]\nto = \"PACS\"", "destination.to: \"PACS\" is not AET@HOST:PORT: it has no @"),
            (
                "[[listen.destination]]\nto = \"A@b:1\"\nwhen = [\"later\"]",
                "destination.when: \"later\" is not known: choose of automatic, reviewed, signed",
            ),
            (
                "allow = [\"CAMERA\"]\n[[listen.destination]]\nto = \"A@b:1\"\nstorage_commitment = true",
                "destination.storage_commitment: A may report by an association of its own, and allow does not name it: \
                 add \"A\" to allow",
            ),
            (
                "[[listen.destination]]\nto = \"A@b:1\"\ntls = { authorities = \"a\", key = \"b\" }",
                "tls: a certificate needs its key",
            ),
        ] {
            let error = ServiceSettings::of_section(&section(text), "test").err().unwrap().to_string();
            assert!(error.starts_with(said), "{text}: {error}");
        }
        let nowhere = ServiceSettings::of_section(&ListenSection::default(), "test").err().unwrap();
        assert_eq!(nowhere.to_string(), "data: no data folder is named");
    }

    #[test]
    fn a_destination_that_is_asked_for_commitment_may_report_it() {
        let text = "allow = [\"CAMERA\", \"A@10.1.0.0/16\"]\ncommitment_again_seconds = 0\ncommitment_after_seconds = 7\n\
            [[listen.destination]]\nto = \"A@a:1\"\nstorage_commitment = true\n[[listen.destination]]\nto = \"B@b:2\"";
        let settings = ServiceSettings::of_section(&section(text), "test").unwrap();
        let titles: Vec<String> =
            settings.listener.unwrap().receive.commitment_peers.iter().map(ToString::to_string).collect();
        assert_eq!(titles, ["A"]);
        let policy = settings.inbox.commitment;
        assert_eq!((policy.after.as_secs(), policy.again.first_delay.as_secs()), (7, 1), "never without a pause");
        let asked: Vec<bool> = settings.destinations.iter().map(|destination| destination.storage_commitment).collect();
        assert_eq!(asked, [true, false]);
    }

    #[test]
    fn objects_are_made_for_every_destination() {
        let text = "port = 104\nallow = [\"CAMERA@10.1.0.0/16\", \"PACS\"]\nretention_days = 30\n\
            [[listen.destination]]\nto = \"A@a:1\"\n[[listen.destination]]\nto = \"B@b:2\"\nobjects = [\"pdf\"]\nwhen = [\"signed\"]";
        let settings = ServiceSettings::of_section(&section(text), "test").unwrap();
        // Key frames are made with a cine, and sent where that is refused.
        let [sc, cine, sr] = KINDS;
        assert_eq!(settings.kinds, [sc, cine, ObjectKind::KeyFrames, sr, ObjectKind::Pdf]);
        assert_eq!(
            (settings.destinations[0].kinds.as_slice(), settings.destinations[0].statuses.len()),
            (&KINDS[..], 3)
        );
        assert_eq!(settings.destinations[1].statuses, [ResultStatus::Signed]);
        let listener = settings.listener.unwrap();
        assert_eq!(listener.address.to_string(), "0.0.0.0:104");
        assert!(matches!(listener.receive.peers, AllowedPeers::Listed(peers) if peers.len() == 2));
        assert!(listener.receive.commitment_peers.is_empty());
        assert_eq!(settings.retention.max_age, Some(Duration::from_secs(30 * DAY)));
    }
}
