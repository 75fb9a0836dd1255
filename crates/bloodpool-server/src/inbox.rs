//! `Inbox`: records what was received, by DICOM, from a watch folder or from the web, before its sender is told so; reports of
//! storage commitment, too.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bloodpool_dicom::net::{
    CommitmentReport, Event, FreeSpace, Limits, NotRecorded, Received, ReportNotTaken, StoreFileError, StoredFile,
    StoredInstance,
};
use bloodpool_dicom::{InstanceRole, InstanceSummary};

use crate::outbox::commitment::asker::take;
use crate::outbox::commitment::request::CommitmentPolicy;
use crate::queue::arrival::{ArrivedInstance, Role, arrived};
use crate::received_log;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// What becomes of instances that are not planar gated images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Others {
    /// They are kept, and not analysed.
    #[default]
    Keep,
    /// They are acknowledged, and not kept.
    Discard,
}

/// How instances are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxSettings {
    /// How long a series of single frames must have had no other one before it is analysed.
    pub quiet_period: Duration,
    /// What becomes of other instances.
    pub others: Others,
    /// How much is taken of what comes as files; the Storage SCP has its own.
    pub limits: Limits,
    /// What a report of storage commitment leads to.
    pub commitment: CommitmentPolicy,
}

impl Default for InboxSettings {
    fn default() -> Self {
        Self {
            quiet_period: Duration::from_secs(10),
            others: Others::default(),
            limits: Limits::default(),
            commitment: CommitmentPolicy::default(),
        }
    }
}

/// Records what was received. As [`Received`] it belongs to a Storage SCP that receives into [`Store::received`].
pub struct Inbox {
    store: Arc<Store>,
    settings: InboxSettings,
    free_space: Arc<dyn FreeSpace>,
}

impl Inbox {
    /// An inbox. `free_space`: how the space that is left is found out.
    #[must_use]
    pub fn new(store: Arc<Store>, settings: InboxSettings, free_space: Arc<dyn FreeSpace>) -> Self {
        Self { store, settings, free_space }
    }

    /// Receives a whole DICOM file. When this returns `Ok`, it is on disk and recorded. `source` says where it came from,
    /// for lists.
    ///
    /// # Errors
    /// [`StoreFileError`]; the sender is to keep the file.
    pub fn receive(&self, file: &mut dyn Read, source: &str) -> Result<StoredFile, StoreFileError> {
        let record = |stored: &StoredFile| {
            let StoredFile { sop_instance_uid, sop_class_uid, transfer_syntax_uid, data_set_sha256, .. } = stored;
            self.record(ArrivedInstance {
                sop_instance_uid: sop_instance_uid.as_str().to_owned(),
                data_set_sha256: data_set_sha256.clone(),
                transfer_syntax_uid: transfer_syntax_uid.as_str().to_owned(),
                sop_class_uid: sop_class_uid.as_str().to_owned(),
                bytes: stored.data_set_bytes,
                source: source.to_owned(),
                ..not_read(&stored.path)
            })
        };
        self.store.received().store_file(file, &self.settings.limits, &*self.free_space, record)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Reads the header, and records the instance with its job.
    fn record(&self, mut instance: ArrivedInstance) -> Result<(), NotRecorded> {
        let path = self.store.received().path().join(&instance.file);
        match InstanceSummary::of_file(&path) {
            Ok(summary) => {
                instance.study_uid = summary.study_uid;
                instance.series_uid = summary.series_uid;
                instance.role = match summary.role {
                    InstanceRole::GatedImage => Role::GatedImage,
                    InstanceRole::OneFrame => Role::OneFrame,
                    InstanceRole::Other { reason } => Role::Other(reason),
                };
            }
            // It was received and is kept; the analysis would fail at the same place.
            Err(error) => instance.role = Role::Other(error.problem.to_string()),
        }
        let recorded = self.store.write("an instance cannot be recorded", |transaction| {
            if self.settings.others == Others::Discard && matches!(instance.role, Role::Other(_)) {
                Store::list_removal(transaction, &format!("{}/{}", crate::store::RECEIVED, instance.file))?;
                return Ok((false, true));
            }
            // It may have been there, and have been removed since.
            if !path.is_file() {
                return Ok((false, false));
            }
            Ok((arrived(transaction, &instance, self.settings.quiet_period, UtcTime::now())?, true))
        });
        let removed = |error: &StoreError| tracing::error!("an instance cannot be recorded: {error}");
        match recorded.inspect_err(removed) {
            Ok((_, false)) | Err(_) => Err(NotRecorded),
            Ok((is_new, true)) => {
                if is_new {
                    self.store.announce();
                } else if let Err(error) = self.store.finish_removals() {
                    tracing::warn!("files cannot be removed: {error}");
                }
                Ok(())
            }
        }
    }
}

impl Received for Inbox {
    fn committed(&self, report: &CommitmentReport) -> Result<(), ReportNotTaken> {
        take(&self.store, report, &self.settings.commitment)
    }

    fn event(&self, event: &Event) {
        received_log::log(event);
    }

    fn stored(&self, instance: &StoredInstance) -> Result<(), NotRecorded> {
        received_log::log_instance(instance);
        let calling = &instance.sender.calling_ae_title;
        self.record(ArrivedInstance {
            sop_instance_uid: instance.sop_instance_uid.as_str().to_owned(),
            data_set_sha256: instance.data_set_sha256.clone(),
            transfer_syntax_uid: instance.transfer_syntax_uid.to_owned(),
            sop_class_uid: instance.sop_class_uid.as_str().to_owned(),
            bytes: instance.data_set_bytes,
            source: match instance.sender.address {
                Some(address) => format!("{calling}@{address}"),
                None => calling.to_string(),
            },
            ..not_read(&instance.path)
        })
    }
}

/// An instance of which the file is known.
fn not_read(path: &Path) -> ArrivedInstance {
    ArrivedInstance {
        sop_instance_uid: String::new(),
        data_set_sha256: String::new(),
        transfer_syntax_uid: String::new(),
        sop_class_uid: String::new(),
        study_uid: None,
        series_uid: None,
        role: Role::GatedImage,
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        bytes: 0,
        source: String::new(),
    }
}
