//! `ListenSection`: section `[listen]` of `bloodpool.toml`: what is received, and where results go. Unknown keys are errors.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Section `[listen]`. Each key is optional; docs/guide/administrator.md has the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenSection {
    /// The data folder.
    pub data: Option<PathBuf>,
    /// IP address to listen on.
    pub address: Option<String>,
    /// Port to listen on.
    pub port: Option<u16>,
    /// AE title.
    pub ae_title: Option<String>,
    /// Who may send: `AET`, or `AET@ADDRESS` with an IP address or a range of them.
    pub allow: Option<Vec<String>>,
    /// SOP classes: `nuclear-medicine` or `all`.
    pub accept: Option<String>,
    /// What becomes of objects that are not gated images: `keep` or `discard`.
    pub others: Option<String>,
    /// File of the log; without it, the log is on stderr.
    pub log: Option<PathBuf>,
    /// Analyses at one time.
    pub workers: Option<usize>,
    /// Associations at one time.
    pub max_associations: Option<usize>,
    /// Longest data set, MiB.
    pub max_data_set_mib: Option<u64>,
    /// Space that is left free on the disk, MiB.
    pub reserve_mib: Option<u64>,
    /// How long a series of single frames must have had no other one before it is analysed, seconds.
    pub quiet_seconds: Option<u64>,
    /// How long a stop waits for what is being done, seconds.
    pub stop_within_seconds: Option<u64>,
    /// Received instances whose result is signed and delivered are removed after so many days.
    pub retention_days: Option<u64>,
    /// The same, oldest first, where the data folder has more GiB.
    pub retention_gib: Option<u64>,
    /// How long after a delivery a destination is asked for storage commitment, seconds.
    pub commitment_after_seconds: Option<u64>,
    /// How long to wait for its report before it is asked again, seconds; doubled each time.
    pub commitment_again_seconds: Option<u64>,
    /// Objects that are made and sent, for destinations that do not name their own.
    pub objects: Option<Vec<String>>,
    /// SOP class of the structured report: `enhanced`, `comprehensive` or `comprehensive-3d`.
    pub sr_class: Option<String>,
    /// Device Serial Number in objects.
    pub device_serial_number: Option<String>,
    /// For whom people review and sign (Verifying Organization) [default: the institution of the study].
    pub organization: Option<String>,
    /// Offset from UTC in objects of studies that record none, minutes.
    pub utc_offset_minutes: Option<i16>,
    /// TLS for those who send.
    pub tls: Option<AcceptorTls>,
    /// Folders from which files are taken.
    pub watch: Vec<WatchedFolder>,
    /// Where results go.
    pub destination: Vec<DestinationSection>,
}

/// Section `[listen.tls]`: files in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptorTls {
    /// Certificate of this system, then those that it is signed by.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities, one of which must have signed the certificate of each sender; without them, senders need none.
    pub client_authorities: Option<PathBuf>,
}

/// Section `[[listen.watch]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchedFolder {
    /// The folder; its subfolders are watched, too.
    pub folder: PathBuf,
    /// How long a file must have stayed the same, seconds.
    pub stable_seconds: Option<u64>,
    /// Whether files that were taken are deleted.
    #[serde(default)]
    pub delete: bool,
}

/// Section `[[listen.destination]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationSection {
    /// `AET@HOST:PORT`.
    pub to: String,
    /// Objects that go there: `sc`, `cine`, `key-frames`, `sr`, `seg`, `pdf`.
    pub objects: Option<Vec<String>>,
    /// Of results that are `automatic`, `reviewed` or `signed`.
    pub when: Option<Vec<String>>,
    /// Whether it is asked to keep what it was sent (Storage Commitment).
    #[serde(default)]
    pub storage_commitment: bool,
    /// TLS to it.
    pub tls: Option<RequestorTls>,
}

/// Section `[listen.destination.tls]`: files in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestorTls {
    /// Authorities, one of which must have signed the certificate of the destination.
    pub authorities: PathBuf,
    /// Certificate of this system, where the destination asks for one.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use crate::SettingsFile;

    #[test]
    fn a_section_is_read_and_misspelt_keys_are_named() {
        let text = r#"
            model = "compact"
            [listen]
            data = "/var/lib/bloodpool"
            allow = ["CAMERA@10.1.0.0/16", "PACS"]
            [[listen.watch]]
            folder = "/srv/in"
            [[listen.destination]]
            to = "PACS@pacs:104"
            objects = ["sc", "sr"]
            [listen.destination.tls]
            authorities = "ca.pem"
        "#;
        let listen = SettingsFile::from_toml(text).unwrap().listen.unwrap();
        assert_eq!(listen.allow.unwrap().len(), 2);
        assert!(!listen.watch[0].delete && listen.destination[0].tls.is_some() && listen.port.is_none());
        for (wrong, said) in [
            ("[listen]\nprot = 104", "prot"),
            ("[listen]\nport = 70000", "70000"),
            ("[[listen.destination]]\nobjects = [\"sc\"]", "to"),
            ("[[listen.destination]]\nto = \"A@b:1\"\nwhne = []", "whne"),
        ] {
            let error = SettingsFile::from_toml(wrong).unwrap_err().to_string();
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }
}
