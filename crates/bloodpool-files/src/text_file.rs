//! Files of text that other programs wrote.

use std::path::Path;

use crate::fingerprint::read_bytes;
use crate::text::{DecodedText, decode_text};
use crate::whole_file::FileError;

/// Reads a file as text.
///
/// # Errors
/// [`FileError::Read`] when the file cannot be read, [`FileError::Text`] when its encoding is not known.
pub fn read_text(path: &Path) -> Result<DecodedText, FileError> {
    decode_text(&read_bytes(path)?).map_err(|source| FileError::Text { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_as_text_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, b"a,\xff\n").unwrap();
        let error = read_text(&path).unwrap_err();
        assert!(matches!(error, FileError::Text { .. }) && error.to_string().contains("a.csv"), "{error}");
        std::fs::write(&path, "a,b\n").unwrap();
        assert_eq!(read_text(&path).unwrap().text, "a,b\n");
        assert!(matches!(read_text(&folder.path().join("none.csv")), Err(FileError::Read { .. })));
    }
}
