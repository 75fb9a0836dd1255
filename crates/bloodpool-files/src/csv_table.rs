//! CSV tables: a line with the names of the columns, then one line per row.

use std::path::Path;

use crate::whole_file::FileError;

/// A table as the bytes of a CSV file, for example to hash them.
///
/// # Errors
/// [`FileError::Format`] when a row has another number of fields than the table has columns; `path` is what the error
/// names.
pub fn encode_csv<Row>(
    path: &Path,
    columns: &[impl AsRef<[u8]>],
    rows: impl IntoIterator<Item = Row>,
) -> Result<Vec<u8>, FileError>
where
    Row: IntoIterator<Item: AsRef<[u8]>>,
{
    let failed = |reason: String| FileError::Format { path: path.to_owned(), format: "CSV", reason };
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(columns).map_err(|error| failed(error.to_string()))?;
    for row in rows {
        table.write_record(row).map_err(|error| failed(error.to_string()))?;
    }
    table.into_inner().map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_needed() {
        let text = encode_csv(Path::new("a.csv"), &["name", "count"], [["a, b", "1"], ["say \"c\"", ""]]).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "name,count\n\"a, b\",1\n\"say \"\"c\"\"\",\n");
    }

    #[test]
    fn a_row_of_another_length_is_an_error_that_names_the_file() {
        let error = encode_csv(Path::new("a.csv"), &["name", "count"], [vec!["a"]]).unwrap_err();
        assert!(error.to_string().contains("a.csv"), "{error}");
    }
}
