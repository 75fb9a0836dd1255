//! Flags of the verbs that exchange DICOM with other systems: `export`, `send`, `listen`, `jobs`, `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

use super::SelectionFlags;

const EXPORT_EXAMPLES: &str = "\
Examples:
  bloodpool export study.dcm --object sc,sr --out objects
  bloodpool export study.dcm --object sc,cine,sr,seg,pdf --out objects
  bloodpool export folder/ --object sr --out objects              objects/NAME/sr.dcm for each study

  sc    the result as a picture (Secondary Capture)               sc.dcm
  cine  the cycle with contours (Multi-frame Secondary Capture)   cine.dcm
  key-frames  ED and ES with contours (Secondary Captures)        key-frames.dcm, key-frames-2.dcm
  sr    the measurements (Structured Report, TID 1500)            sr.dcm
  seg   the LV on every frame (Segmentation)                      seg.dcm
  pdf   the report, with the patient's name (Encapsulated PDF)    pdf.dcm

Each object is in the patient's study, in a series of its own. Its UIDs follow from the file, the model and the protocol: the same
study exported again has the same UIDs.

Exit code: 0 all written; 1 some study failed, or its LVEF is withheld and `sr` was asked for; 2 wrong usage.";

/// Flags of `export`.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub(crate) struct ExportObjectsFlags {
    /// DICOM files, or folders of them, which are searched with their subfolders.
    #[arg(required = true, value_name = "STUDY")]
    pub(crate) studies: Vec<PathBuf>,
    /// Objects to write: sc, cine, key-frames, sr, seg, pdf; several with commas.
    #[arg(long, required = true, value_delimiter = ',', value_name = "LIST")]
    pub(crate) object: Vec<String>,
    /// Folder to write into; with several studies, each gets a folder of its own in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Embedded model by name, or the folder of a training run [default: compact].
    #[arg(long, value_name = "NAME|RUN_FOLDER", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// How counts become an LVEF, as for `analyze`.
    #[arg(long, value_name = "NAME|FILE.toml", env = "BLOODPOOL_PROTOCOL")]
    pub(crate) protocol: Option<String>,
    /// Local calibration of the interval, made by `bloodpool calibrate`.
    #[arg(long, value_name = "FILE", env = "BLOODPOOL_CALIBRATION")]
    pub(crate) calibration: Option<PathBuf>,
    /// SOP class of the structured report: enhanced, comprehensive or comprehensive-3d [default: comprehensive].
    #[arg(long, value_name = "NAME")]
    pub(crate) sr_class: Option<String>,
    /// Language of pictures and PDF: en or ko [default: en].
    #[arg(long, value_name = "CODE", env = "BLOODPOOL_LANG")]
    pub(crate) lang: Option<String>,
    /// Which part of a file is read.
    #[command(flatten)]
    pub(crate) selection: SelectionFlags,
    /// Replace output files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

const SEND_EXAMPLES: &str = "\
Examples:
  bloodpool send objects --to PACS@pacs.example.org:104
  bloodpool send a.dcm b.dcm --to ORTHANC@127.0.0.1:4242 --ae-title BLOODPOOL
  bloodpool send objects --to PACS@pacs:2762 --tls-authorities ca.pem

Files are sent as they are (C-STORE). What failed for a reason that may pass is sent again after 10, 20, 40 ... seconds. What is not
DICOM in a folder is skipped and counted.

Exit code: 0 all delivered; 1 some file was not; 2 wrong usage; 130 interrupted.";

/// Flags of `send`.
#[derive(Debug, Args)]
#[command(after_help = SEND_EXAMPLES)]
pub(crate) struct SendFlags {
    /// DICOM files, or folders of them, which are searched with their subfolders.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) files: Vec<PathBuf>,
    /// Where to send.
    #[arg(long, value_name = "AET@HOST:PORT")]
    pub(crate) to: String,
    /// AE title of this side.
    #[arg(long, value_name = "AET", default_value = "BLOODPOOL")]
    pub(crate) ae_title: String,
    /// Attempts for what may pass, the first included.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) attempts: u32,
    /// Send over TLS: authorities (PEM), one of which must have signed the peer's certificate.
    #[arg(long, value_name = "FILE.pem")]
    pub(crate) tls_authorities: Option<PathBuf>,
    /// Certificate of this side (PEM), where the peer asks for one.
    #[arg(long, value_name = "FILE.pem", requires_all = ["tls_authorities", "tls_key"])]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, value_name = "FILE.pem", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
}

const LISTEN_EXAMPLES: &str = "\
Examples:
  bloodpool listen --data /var/lib/bloodpool
  bloodpool listen --data data --port 11112 --allow CAMERA@10.1.2.3 --to PACS@pacs.example.org:104
  bloodpool listen --data data --watch /srv/export --to ORTHANC@127.0.0.1:4242 --object sc,sr,pdf
  bloodpool --settings /etc/bloodpool/bloodpool.toml listen

Receives studies (C-STORE), analyses each and sends the result to every destination, again and again until it is there. A study is
acknowledged when it is on disk, and survives a crash from then on. Ctrl-C or SIGTERM stops after what is being done; the rest
continues after the next start. The log has one JSON object per line, and names no patient.

Section [listen] of bloodpool.toml has what has no flag: TLS, limits, retention, storage commitment, and objects by destination
and by status (docs/guide/administrator.md). Flags replace what it says.";

/// Flags of `listen`.
#[derive(Debug, Args, Default)]
#[command(after_help = LISTEN_EXAMPLES)]
pub(crate) struct ListenFlags {
    /// Data folder, on a local disk; made where it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// IP address to listen on [default: 0.0.0.0].
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: Option<String>,
    /// Port to listen on [default: 11112].
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// AE title by which it is called [default: BLOODPOOL].
    #[arg(long, value_name = "AET")]
    pub(crate) ae_title: Option<String>,
    /// Who may send: an AE title, or one from an IP address or a range of them; may be repeated [default: anyone].
    #[arg(long, value_name = "AET[@ADDRESS]")]
    pub(crate) allow: Vec<String>,
    /// Where results go; may be repeated.
    #[arg(long, value_name = "AET@HOST:PORT")]
    pub(crate) to: Vec<String>,
    /// Objects of a result: sc, cine, key-frames, sr, seg, pdf; several with commas [default: sc,cine,sr].
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub(crate) object: Vec<String>,
    /// Folder from which files are taken, too; may be repeated.
    #[arg(long, value_name = "DIR")]
    pub(crate) watch: Vec<PathBuf>,
    /// Write the log into this file instead of stderr.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Embedded model by name, or the folder of a training run [default: compact].
    #[arg(long, value_name = "NAME|RUN_FOLDER", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// How counts become an LVEF, as for `analyze`.
    #[arg(long, value_name = "NAME|FILE.toml", env = "BLOODPOOL_PROTOCOL")]
    pub(crate) protocol: Option<String>,
}

const JOBS_EXAMPLES: &str = "\
Examples:
  bloodpool jobs --data /var/lib/bloodpool                 the latest jobs, and what is in the outbox
  bloodpool jobs --data data --state failed
  bloodpool jobs --data data --json                        one JSON document per job (bloodpool.job/1), one per line
  bloodpool jobs --data data --retry 17                    try failed job 17 again (the listener must be stopped)
  bloodpool jobs --data data --resend 23                   send failed delivery 23 again (the listener must be stopped)

The listener may run meanwhile. Times are in UTC. No patient is named.";

/// Flags of `jobs`.
#[derive(Debug, Args)]
#[command(after_help = JOBS_EXAMPLES)]
pub(crate) struct JobsFlags {
    /// Data folder of the listener [default: that of section [listen] of bloodpool.toml].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Only jobs in this state: waiting, running, done or failed.
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// The latest so many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) most: usize,
    /// Try this failed job again.
    #[arg(long, value_name = "JOB", conflicts_with_all = ["state", "json"])]
    pub(crate) retry: Option<i64>,
    /// Send this failed delivery again, or one whose storage commitment failed.
    #[arg(long, value_name = "DELIVERY", conflicts_with_all = ["state", "json", "retry"])]
    pub(crate) resend: Option<i64>,
    /// Print one JSON document per job, one per line.
    #[arg(long)]
    pub(crate) json: bool,
}

const BACKUP_EXAMPLES: &str = "\
Examples:
  bloodpool backup /backup/2026-11-27 --data /var/lib/bloodpool
  bloodpool restore /backup/2026-11-27 --data /var/lib/bloodpool

A backup is a folder with the database of one moment, every file that it names, and their SHA-256. The listener may run while it is
taken. It is restored into a folder that is missing or empty, and every hash is checked.";

/// Flags of `backup` and `restore`.
#[derive(Debug, Args)]
#[command(after_help = BACKUP_EXAMPLES)]
pub(crate) struct BackupFlags {
    /// Folder of the backup.
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,
    /// Data folder of the listener [default: that of section [listen] of bloodpool.toml].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}
