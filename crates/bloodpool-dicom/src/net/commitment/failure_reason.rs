//! `FailureReason`: why a peer does not commit itself to keep an instance (PS3.3 C.14.1.1).

use std::fmt;

/// Failure Reason (0008,1197).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureReason(pub u16);

impl FailureReason {
    /// The peer failed for a reason of its own.
    pub const PROCESSING_FAILURE: Self = Self(0x0110);
    /// The peer does not have the instance.
    pub const NO_SUCH_INSTANCE: Self = Self(0x0112);
    /// SOP class and instance do not belong together.
    pub const CLASS_INSTANCE_CONFLICT: Self = Self(0x0119);
    /// The peer commits itself to no instances of this SOP class.
    pub const SOP_CLASS_NOT_SUPPORTED: Self = Self(0x0122);
    /// The peer takes the request for one that it had before.
    pub const DUPLICATE_TRANSACTION: Self = Self(0x0131);
    /// The peer has no space at the moment.
    pub const RESOURCE_LIMITATION: Self = Self(0x0213);

    /// Whether the same request may succeed later, by another transaction.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::PROCESSING_FAILURE | Self::DUPLICATE_TRANSACTION | Self::RESOURCE_LIMITATION)
    }

    /// The reason in words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::PROCESSING_FAILURE => "processing failure",
            Self::NO_SUCH_INSTANCE => "it does not have the instance",
            Self::CLASS_INSTANCE_CONFLICT => "it has the instance with another SOP class",
            Self::SOP_CLASS_NOT_SUPPORTED => "it gives no commitment for instances of this SOP class",
            Self::DUPLICATE_TRANSACTION => "it takes the transaction UID for one of an earlier request",
            Self::RESOURCE_LIMITATION => "it has not enough resources to keep the instance",
            _ => "a reason that the standard does not have",
        }
    }
}

/// `it does not have the instance (0x0112)`.
impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:04X})", self.in_words(), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_words_and_some_may_pass() {
        assert_eq!(FailureReason(0x0112).to_string(), "it does not have the instance (0x0112)");
        assert_eq!(FailureReason(0xC123).to_string(), "a reason that the standard does not have (0xC123)");
        let passing =
            [0x0110, 0x0112, 0x0119, 0x0122, 0x0131, 0x0213, 0xC123].map(|code| FailureReason(code).is_transient());
        assert_eq!(passing, [true, false, false, false, true, true, false]);
    }
}
