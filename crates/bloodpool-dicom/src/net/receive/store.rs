//! C-STORE as its provider: a data set goes to disk as it comes, and is answered when it is there (PS3.4 B, PS3.7 9.1.1).

use std::io;

use dicom_dictionary_std::tags;
use tokio::io::{AsyncRead, AsyncWrite};

use super::association::Association;
use super::association_error::AssociationError;
use super::file_meta::file_start;
use super::incoming_file::{CompleteFile, IncomingFile, Reserve, blocking};
use super::negotiation::PresentationContext;
use super::received::StoredInstance;
use super::storage_classes::VERIFICATION;
use crate::TransferSyntax;
use crate::net::command_set::CommandSet;
use crate::net::commitment::STORAGE_COMMITMENT;
use crate::net::status::Status;
use crate::net::uid::Uid;
use crate::read::sop_identity::SopIdentity;

/// Why a data set is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    status: Status,
    /// At most 64 characters (VR LO).
    comment: &'static str,
}

impl Refusal {
    const NO_SPACE: Self = Self { status: Status::OUT_OF_RESOURCES, comment: "there is not enough free space" };
    const TOO_LARGE: Self = Self { status: Status::OUT_OF_RESOURCES, comment: "the data set is longer than the limit" };
    const NOT_WRITTEN: Self = Self { status: Status::OUT_OF_RESOURCES, comment: "the file cannot be written" };
    const NOT_RECORDED: Self =
        Self { status: Status::PROCESSING_FAILURE, comment: "the instance was stored but not recorded" };
    const SOP_CLASS: Self = Self {
        status: Status::DATA_SET_DOES_NOT_MATCH_SOP_CLASS,
        comment: "SOP class of command, context and data set differ",
    };
    const SOP_INSTANCE: Self = Self {
        status: Status::DATA_SET_DOES_NOT_MATCH_SOP_CLASS,
        comment: "SOP instance UID of command and data set differ",
    };
    const NO_UIDS: Self =
        Self { status: Status::CANNOT_UNDERSTAND, comment: "the affected SOP UIDs are missing or invalid" };
    const NO_DATA_SET: Self = Self { status: Status::CANNOT_UNDERSTAND, comment: "there is no data set" };
    const NOT_READABLE: Self =
        Self { status: Status::CANNOT_UNDERSTAND, comment: "the SOP UIDs of the data set cannot be read" };
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NO_SPACE,
            _ => Self::NOT_WRITTEN,
        }
    }
}

/// The instance that a C-STORE-RQ names.
#[derive(Debug, Clone)]
struct Named {
    class: Uid,
    instance: Uid,
    transfer_syntax: TransferSyntax,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Association<S> {
    /// Receives the data set of a C-STORE-RQ and answers it.
    pub(crate) async fn store(
        &mut self,
        id: u8,
        context: &PresentationContext,
        request: &CommandSet,
    ) -> Result<(), AssociationError> {
        let stored = if request.has_data_set() {
            self.receive_data_set(id, context, request).await?
        } else {
            Err(Refusal::NO_DATA_SET)
        };
        match stored {
            Ok(()) => self.respond(id, request, Status::SUCCESS, "").await,
            Err(refusal) => self.respond(id, request, refusal.status, refusal.comment).await,
        }
    }

    /// Reads the data set to its end, also where it is refused: a peer reads no answer before it has sent all.
    async fn receive_data_set(
        &mut self,
        id: u8,
        context: &PresentationContext,
        request: &CommandSet,
    ) -> Result<Result<(), Refusal>, AssociationError> {
        let limit = self.provider.settings.limits.max_data_set_bytes;
        let mut state = match self.named(context, request) {
            Ok(named) => self.begin(&named).await.map(|file| (named, file)),
            Err(refusal) => Err(refusal),
        };
        let mut bytes = 0;
        loop {
            let fragment = self.data_fragment(id).await?;
            bytes += fragment.data.len() as u64;
            if bytes > limit {
                state = Err(Refusal::TOO_LARGE);
            }
            if bytes > limit.saturating_mul(2) {
                return Err(AssociationError::TooLarge { what: "data set", limit });
            }
            if let Ok((_, file)) = &mut state
                && let Err(error) = file.append(&fragment.data).await
            {
                state = Err(error.into());
            }
            if fragment.is_last {
                break;
            }
        }
        Ok(match state {
            Ok((named, file)) => self.finish(named, file).await,
            Err(refusal) => Err(refusal),
        })
    }

    /// What the command says that comes.
    fn named(&self, context: &PresentationContext, request: &CommandSet) -> Result<Named, Refusal> {
        let class = request.get_uid(tags::AFFECTED_SOP_CLASS_UID).ok_or(Refusal::NO_UIDS)?;
        let instance = request.get_uid(tags::AFFECTED_SOP_INSTANCE_UID).ok_or(Refusal::NO_UIDS)?;
        let stores = ![VERIFICATION, STORAGE_COMMITMENT].contains(&context.abstract_syntax.as_str());
        if !stores || class.as_str() != context.abstract_syntax {
            return Err(Refusal::SOP_CLASS);
        }
        Ok(Named { class, instance, transfer_syntax: context.transfer_syntax })
    }

    /// Opens a temporary file, where there is space.
    async fn begin(&self, named: &Named) -> Result<IncomingFile, Refusal> {
        let provider = &self.provider;
        let reserve = Reserve {
            free_space: provider.settings.free_space.clone(),
            reserve_bytes: provider.settings.limits.free_space_reserve_bytes,
        };
        if !reserve.can_take(provider.folder.path(), 0)? {
            return Err(Refusal::NO_SPACE);
        }
        let start = file_start(&named.class, &named.instance, named.transfer_syntax.uid);
        Ok(IncomingFile::create(provider.folder.incoming_path(), start, reserve).await?)
    }

    /// Checks what came, puts it into place and has it recorded.
    async fn finish(&self, named: Named, file: IncomingFile) -> Result<(), Refusal> {
        let identity = SopIdentity::of_head(file.head(), named.transfer_syntax).map_err(|_| Refusal::NOT_READABLE)?;
        if identity.class != named.class.as_str() {
            return Err(Refusal::SOP_CLASS);
        }
        if identity.instance != named.instance.as_str() {
            return Err(Refusal::SOP_INSTANCE);
        }
        let file = file.complete().await?;
        let (provider, sender) = (self.provider.clone(), self.negotiated.sender.clone());
        blocking(move || {
            let _locked = provider.folder.lock(&named.instance);
            let CompleteFile { data_set_bytes, .. } = file;
            let data_set_sha256 = file.data_set_sha256.clone();
            let placed = provider.folder.place(file, &named.instance)?;
            let instance = StoredInstance {
                path: placed.path,
                sop_class_uid: named.class,
                sop_instance_uid: named.instance.clone(),
                transfer_syntax_uid: named.transfer_syntax.uid,
                data_set_sha256,
                data_set_bytes,
                arrival: placed.arrival,
                sender,
            };
            Ok(provider.received.stored(&instance).map_err(|_| Refusal::NOT_RECORDED))
        })
        .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_fit_into_their_element() {
        let all = [
            Refusal::NO_SPACE,
            Refusal::TOO_LARGE,
            Refusal::NOT_WRITTEN,
            Refusal::NOT_RECORDED,
            Refusal::SOP_CLASS,
            Refusal::SOP_INSTANCE,
            Refusal::NO_UIDS,
            Refusal::NO_DATA_SET,
            Refusal::NOT_READABLE,
        ];
        for refusal in all {
            assert!(!refusal.comment.is_empty() && refusal.comment.len() <= 64, "{}", refusal.comment);
            assert!(!refusal.status.is_warning() && refusal.status != Status::SUCCESS);
        }
    }
}
