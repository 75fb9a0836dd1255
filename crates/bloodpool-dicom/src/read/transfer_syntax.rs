//! `TransferSyntax`: the transfer syntaxes that are read, and how data sets and pixel data are encoded in each (PS3.5 10).

use super::element::Encoding;

/// How pixel data are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Rle,
    JpegLossless,
}

/// A transfer syntax that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferSyntax {
    /// Its UID.
    pub uid: &'static str,
    /// Its name in PS3.6 Table A-1.
    pub name: &'static str,
    pub(crate) encoding: Encoding,
    pub(crate) compression: Compression,
    /// Whether the whole data set is deflated.
    pub(crate) deflated: bool,
}

impl TransferSyntax {
    /// Explicit VR Little Endian.
    #[cfg(feature = "net")]
    pub(crate) const EXPLICIT_LITTLE: Self = Self::ALL[1];

    /// All that are read, in the order of their UIDs.
    pub const ALL: [Self; 7] = [
        Self::native("1.2.840.10008.1.2", "Implicit VR Little Endian", Encoding::ImplicitLittle),
        Self::native("1.2.840.10008.1.2.1", "Explicit VR Little Endian", Encoding::ExplicitLittle),
        Self {
            deflated: true,
            ..Self::native("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", Encoding::ExplicitLittle)
        },
        Self::native("1.2.840.10008.1.2.2", "Explicit VR Big Endian", Encoding::ExplicitBig),
        Self::compressed(
            "1.2.840.10008.1.2.4.57",
            "JPEG Lossless, Non-Hierarchical (Process 14)",
            Compression::JpegLossless,
        ),
        Self::compressed(
            "1.2.840.10008.1.2.4.70",
            "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])",
            Compression::JpegLossless,
        ),
        Self::compressed("1.2.840.10008.1.2.5", "RLE Lossless", Compression::Rle),
    ];

    const fn native(uid: &'static str, name: &'static str, encoding: Encoding) -> Self {
        Self { uid, name, encoding, compression: Compression::None, deflated: false }
    }

    const fn compressed(uid: &'static str, name: &'static str, compression: Compression) -> Self {
        Self { uid, name, encoding: Encoding::ExplicitLittle, compression, deflated: false }
    }

    /// Whether nothing is compressed in it, neither pixels nor the data set.
    #[cfg(feature = "net")]
    pub(crate) fn is_plain(self) -> bool {
        self.compression == Compression::None && !self.deflated
    }

    /// The transfer syntax with this UID; `None` where it is not read.
    #[must_use]
    pub fn of_uid(uid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|syntax| syntax.uid == uid)
    }
}
