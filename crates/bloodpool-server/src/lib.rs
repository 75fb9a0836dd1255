//! Received studies, the queue that analyses them, and the outbox of their results, in a folder that survives crashes.
//!
//! [`Store`] is the data folder, owned by one process. [`Inbox`] records what a Storage SCP, a [`WatchFolder`] or a web
//! service receives; [`Worker`] analyses what is due, by the [`Analyse`] that it is given; [`Sender`] sends the results, by
//! a [`Deliver`] such as [`DicomDeliver`]; [`CommitmentAsker`] asks for storage commitment. [`Reader`] lists jobs, results and
//! deliveries, also from another process. All of them block: an asynchronous program gives them threads of their own. [`Service`]
//! is all of these in one process. [`WebServer`] is the page on which people review, and on which raters draw where it has an
//! [`Annotation`].
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use bloodpool_server::{Store, UtcTime};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let store = Arc::new(Store::open(folder.path(), "example 1.0")?);
//! assert!(store.claim_job(Duration::from_secs(60), UtcTime::now())?.is_none());
//! assert!(store.reader()?.jobs(None, 100)?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # The data folder
//!
//! | path | content |
//! | --- | --- |
//! | `bloodpool.sqlite` | the database: SQLite, write-ahead log, `synchronous=FULL` |
//! | `received/` | received instances, one file per SOP Instance UID and content |
//! | `objects/` | bytes of results, each file named by its SHA-256 |
//! | `migrations/` | a copy of the database from before each migration |
//! | `audit-heads.jsonl` | heads of the audit trail, one per day |
//! | `control/socket` | takes changes of accounts from the command line while a process owns the folder |
//! | `self-signed.pem` | certificate and key of the page, where it makes its own |
//! | `.bloodpool.lock` | who owns the folder |
//!
//! Tables (`migrations/*.sql` has their columns): `instance`, what was received; `job` and `job_instance`, the queue; `result`
//! and `object`, what was made; `delivery`, the outbox; `committing`, `commitment_request` and `commitment_delivery`, what
//! destinations are asked to keep; `watched`, files of watch folders; `removal`, files whose rows are
//! gone. `PRAGMA user_version` is the number of the schema.
//!
//! # Guarantees
//!
//! - **Acknowledged means on disk.** An instance is written, synchronised, renamed and recorded, in this order, before its
//!   sender is told. Equal bytes are one instance and are queued once; other bytes with the same SOP Instance UID are kept
//!   beside, flagged and analysed by themselves. What would use the reserve of free space is refused before it is written.
//! - **At least once, with one result.** An attempt is recorded before it begins. After a crash the job is tried again, and
//!   after a second crash it is `failed` with its reason. A result is unique by SOP Instance UID, SHA-256 of the data set,
//!   model, protocol, version and review; it, its objects and their deliveries appear in one transaction, after their bytes.
//! - **The same bytes until delivered.** A delivery is tried again, with growing delays, until the destination answers with
//!   success (0x0000), that it has the instance (0x0111), or that it stored it with a warning (0xB000 and others).
//! - **Asked until it is kept.** A destination with storage commitment is asked again, with growing delays, until it reports;
//!   what it says it does not have is sent again, the same bytes. A report is answered after it is recorded.
//! - **Nothing unsigned is removed**, nor results before their delivery and commitment ([`RetentionPolicy`]). Rows go before files.
//! - **Migrations are whole.** Each is one transaction, and a copy is taken before. A newer schema is refused.
//! - A backup is of one moment, and is taken while the store is in use; restoring checks each hash and writes over nothing.
//!
//! These hold for a crash of the process. For a power failure they hold as far as disk and file system keep what they say
//! was synchronised.

mod analysis;
mod annotate;
mod by_hand;
mod control;
mod inbox;
mod outbox;
mod people;
mod queue;
mod received_log;
mod results;
mod retention;
mod review;
pub mod schemas;
mod service;
mod store;
mod time;
mod watch;
mod web;

pub use analysis::{Analyse, AnalysisError, AnalysisIdentity, ObjectKind, Produced, StudyInput};
pub use annotate::annotation::Annotation;
pub use annotate::error::AnnotationError;
pub use annotate::progress::{AnnotationProgress, InTheWay, PROGRESS_SCHEMA, RaterProgress};
pub use annotate::settings::AnnotationSettings;
pub use by_hand::{FoundFiles, SendFilesError, TakeError, TakenFiles, find_files, send_files, take_files};
pub use control::{ChangeError, change_accounts};
pub use inbox::{Inbox, InboxSettings, Others};
pub use outbox::commitment::asker::{AskCommitment, CommitmentAsker};
pub use outbox::commitment::dicom::DicomCommitment;
pub use outbox::commitment::report::Reported;
pub use outbox::commitment::request::{ClaimedCommitment, CommitmentPolicy};
pub use outbox::commitment::state::{CommitmentRow, CommitmentState};
pub use outbox::delivery::{Attempt, ClaimedDelivery, DeliveryRow, DeliveryState, NotDelivered};
pub use outbox::dicom::DicomDeliver;
pub use outbox::route::{ResultStatus, Route};
pub use outbox::sender::{Deliver, Sender, SenderSettings};
pub use people::account::{AccountError, Person, PersonRole};
pub use people::account_act::{AccountAct, MOST_TOKEN_DAYS};
pub use people::audit::{AuditFinding, AuditRow};
pub use people::document::{AUDIT_SCHEMA, AuditDocument};
pub use people::kept_head::{KeptHead, audit_heads_file, read_kept_heads};
pub use people::login::LoginOutcome;
pub use people::password::PasswordError;
pub use people::secret::SecretKind;
pub use people::token::{NewToken, TOKEN_ROLES, TokenRow};
pub use queue::claim::{ClaimedJob, Completion};
pub use queue::document::{CommitmentDocument, DeliveryDocument, JOB_SCHEMA, JobDocument};
pub use queue::job::{JobRow, JobState};
pub use queue::worker::{Worker, WorkerSettings};
pub use results::{ResultKey, ResultRow};
pub use retention::{Removed, RetentionPolicy};
pub use review::act::{ActError, ReviewAct};
pub use review::history::History;
pub use review::listed::{ListedStudy, NewStudy, StudyQuery};
pub use review::program::{ObjectsError, OpenError, OpenedStudy, ReviewAnalysis, StatedResult};
pub use review::recorded::{HistoryStep, NewStatement, Recorded, RecordedReview, Statement};
pub use review::state::{BackgroundChange, Change, OutlineChange, PhaseChange, ReviewState};
pub use review::stated::StatedStudy;
pub use service::{
    Destination, ListenerSettings, Parts, Role, RoleError, Service, ServiceError, ServiceSettings, SettingsError,
    requestor_tls,
};
pub use store::backup::{BackupSummary, backup};
pub use store::error::StoreError;
pub use store::restore::restore;
pub use store::{Pending, Reader, Store};
pub use time::UtcTime;
pub use watch::{AfterTaking, Looked, WatchFolder, WatchSettings};
pub use web::{ProxySettings, ServeError, Transport, WebServer, WebSettings, first_link, rater_links};
