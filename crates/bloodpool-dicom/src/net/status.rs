//! `Status`: the Status (0000,0900) of a DIMSE response (PS3.7 Annex C, PS3.4 B.2.3).

use std::fmt;

/// A status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u16);

impl Status {
    /// Success.
    pub const SUCCESS: Self = Self(0x0000);
    /// Processing failure: the receiver failed for a reason of its own.
    pub const PROCESSING_FAILURE: Self = Self(0x0110);
    /// Duplicate SOP Instance: the receiver already has it.
    pub const DUPLICATE_SOP_INSTANCE: Self = Self(0x0111);
    /// No such SOP Instance.
    pub const NO_SUCH_SOP_INSTANCE: Self = Self(0x0112);
    /// No such event type.
    pub const NO_SUCH_EVENT_TYPE: Self = Self(0x0113);
    /// No such argument: what the request needs is missing.
    pub const NO_SUCH_ARGUMENT: Self = Self(0x0114);
    /// Invalid argument value.
    pub const INVALID_ARGUMENT_VALUE: Self = Self(0x0115);
    /// No such SOP Class.
    pub const NO_SUCH_SOP_CLASS: Self = Self(0x0118);
    /// Refused: SOP Class not supported.
    pub const SOP_CLASS_NOT_SUPPORTED: Self = Self(0x0122);
    /// Unrecognized operation.
    pub const UNRECOGNIZED_OPERATION: Self = Self(0x0211);
    /// Resource limitation.
    pub const RESOURCE_LIMITATION: Self = Self(0x0213);
    /// Refused: out of resources.
    pub const OUT_OF_RESOURCES: Self = Self(0xA700);
    /// Error: data set does not match SOP Class.
    pub const DATA_SET_DOES_NOT_MATCH_SOP_CLASS: Self = Self(0xA900);
    /// Error: cannot understand.
    pub const CANNOT_UNDERSTAND: Self = Self(0xC000);

    /// Whether the instance is stored, but not without a remark: coercion of elements (B000), elements discarded (B006),
    /// data set does not match SOP Class (B007) and the general warnings of PS3.7 C.3.
    #[must_use]
    pub fn is_warning(self) -> bool {
        matches!(self.0, 0x0001 | 0x0107 | 0x0116 | 0xB000..=0xBFFF)
    }

    /// Whether the same request may succeed later: resources were lacking (A7xx), or the receiver failed (0110).
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self.0, 0x0110 | 0xA700..=0xA7FF)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04X}", self.0)
    }
}
