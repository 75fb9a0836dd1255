//! How this implementation names itself to peers and in files (PS3.7 D.3.3.2, PS3.10 7.1).

use crate::uid::UidSource;

/// Implementation Version Name; at most 16 characters.
pub(crate) const IMPLEMENTATION_VERSION_NAME: &str = "BLOODPOOL_0_1";

/// Implementation Class UID, that of every file that is written.
pub(crate) fn implementation_class_uid() -> String {
    UidSource::new("bloodpool").uid()
}
