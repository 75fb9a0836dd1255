//! Names in one Unicode form, so that a name that macOS stored decomposed equals the one that a person typed.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// A name in the composed form (NFC), in which names are compared.
///
/// File names that macOS writes are decomposed (NFD): `é` is two characters and `한` is three.
#[must_use]
pub fn composed(name: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decomposed_names_equal_composed_ones() {
        // Python: unicodedata.normalize("NFD", "김한-Zoë")
        let decomposed = "\u{1100}\u{1175}\u{11b7}\u{1112}\u{1161}\u{11ab}-Zoe\u{308}";
        assert_ne!(decomposed, "김한-Zoë");
        assert_eq!(composed(decomposed), "김한-Zoë");
        assert!(matches!(composed("sim-0001.dcm"), Cow::Borrowed("sim-0001.dcm")));
    }
}
