//! `FrameIndex`: a frame of the cycle, counted from 0 inside the program and from 1 for people and in files.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A frame of the cycle. The R wave opens the first one.
///
/// Documents hold its number, from 1.
///
/// ```
/// use bloodpool_core::FrameIndex;
///
/// let frame = FrameIndex::new(8);
/// assert_eq!((frame.index(), frame.number()), (8, 9));
/// assert_eq!(format!("frame {frame}"), "frame 9");
/// assert_eq!((FrameIndex::from_number(9), FrameIndex::from_number(0)), (Some(frame), None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameIndex(usize);

impl FrameIndex {
    /// The first frame of the cycle.
    pub const FIRST: Self = Self(0);

    /// The frame of this index, from 0.
    #[must_use]
    pub const fn new(index: usize) -> Self {
        Self(index)
    }

    /// The frame of this number, from 1; `None` for 0.
    #[must_use]
    pub fn from_number(number: usize) -> Option<Self> {
        number.checked_sub(1).map(Self)
    }

    /// All frames of a cycle of so many.
    pub fn all(frames: usize) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + Clone {
        (0..frames).map(Self)
    }

    /// Its index, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }

    /// Its number, from 1.
    #[must_use]
    pub const fn number(self) -> usize {
        self.0.saturating_add(1)
    }
}

/// The number, from 1.
impl fmt::Display for FrameIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.number(), formatter)
    }
}

impl Serialize for FrameIndex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.number().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FrameIndex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = usize::deserialize(deserializer)?;
        Self::from_number(number).ok_or_else(|| serde::de::Error::custom("a frame number must be 1 or greater"))
    }
}

/// A whole number, in place.
impl JsonSchema for FrameIndex {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "FrameIndex".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        usize::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_hold_the_number_from_1() {
        let frame = FrameIndex::new(11);
        assert_eq!(serde_json::to_string(&Some(frame)).unwrap(), "12");
        assert_eq!(serde_json::from_str::<FrameIndex>("12").unwrap(), frame);
        let zero = serde_json::from_str::<FrameIndex>("0").unwrap_err().to_string();
        assert!(zero.contains("a frame number must be 1 or greater"), "{zero}");
        assert!(serde_json::from_str::<FrameIndex>("-1").is_err());
    }

    #[test]
    fn people_read_the_number_in_the_width_they_ask_for() {
        assert_eq!(format!("{}|{:>3}|{:<3}|", FrameIndex::FIRST, FrameIndex::new(8), FrameIndex::new(9)), "1|  9|10 |");
        assert_eq!(FrameIndex::all(3).map(FrameIndex::number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(FrameIndex::new(usize::MAX).number(), usize::MAX);
    }
}
