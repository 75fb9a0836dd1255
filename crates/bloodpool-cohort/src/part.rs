//! Rows as a Parquet file: the same rows give the same bytes, a changed byte is noticed, and columns are read by their names.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use bloodpool_files::fingerprint::{read_bytes, sha256};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::CohortError;
use crate::row::{COLUMNS, CohortRow, Kind, Value};

/// Schema of the rows, in the metadata of each file under `schema`.
pub const ROWS_SCHEMA: &str = "bloodpool.cohort/1";

/// Where the SHA-256 of a file stands, as 64 digits: behind the first mark of the format, where other readers do not look. It is that of the
/// file with zeros in this place. Parquet itself notices few changed bytes: most give other numbers, and some end the reader.
const HASH: std::ops::Range<usize> = 4..68;

/// Rows as the bytes of a Parquet file.
///
/// # Errors
/// [`CohortError::Encode`].
pub fn encode(rows: &[CohortRow]) -> Result<Vec<u8>, CohortError> {
    let of_columns = columns_of(rows);
    let metadata = KeyValue { key: "schema".to_owned(), value: Some(ROWS_SCHEMA.to_owned()) };
    let properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::SNAPPY)
        .set_created_by(bloodpool_report::SOFTWARE.to_owned())
        .set_key_value_metadata(Some(vec![metadata]))
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema()?, Arc::new(properties))?;
    writer.write_all(&[b'0'; HASH.end - HASH.start]).map_err(|error| ParquetError::General(error.to_string()))?;
    let mut group = writer.next_row_group()?;
    for (column, values) in COLUMNS.iter().zip(of_columns) {
        write_column(&mut group, column.kind, values)?;
    }
    group.close()?;
    let mut bytes = writer.into_inner()?;
    let hash = sha256(&bytes);
    bytes[HASH].copy_from_slice(hash.as_bytes());
    Ok(bytes)
}

/// Whether the bytes are those that were written.
fn unchanged(mut bytes: Vec<u8>) -> bool {
    let Some(place) = bytes.get_mut(HASH) else { return false };
    let stated = place.to_vec();
    place.fill(b'0');
    sha256(&bytes).as_bytes() == stated
}

/// The values of each column.
fn columns_of(rows: &[CohortRow]) -> Vec<Vec<Value>> {
    let mut columns: Vec<Vec<Value>> = COLUMNS.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row.values()) {
            column.push(value);
        }
    }
    columns
}

fn schema() -> Result<TypePtr, ParquetError> {
    let fields = COLUMNS.iter().map(|column| {
        let physical = match column.kind {
            Kind::Text => Physical::BYTE_ARRAY,
            Kind::Real => Physical::DOUBLE,
            Kind::Whole => Physical::INT64,
            Kind::Flag => Physical::BOOLEAN,
        };
        let text = (column.kind == Kind::Text).then_some(LogicalType::String);
        let field = Type::primitive_type_builder(column.name, physical).with_repetition(Repetition::OPTIONAL);
        Ok(Arc::new(field.with_logical_type(text).build()?))
    });
    let fields = fields.collect::<Result<Vec<_>, ParquetError>>()?;
    Ok(Arc::new(Type::group_type_builder("cohort").with_fields(fields).build()?))
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    kind: Kind,
    values: Vec<Value>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("the file has fewer columns than the rows".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    match kind {
        Kind::Text => write_some::<ByteArrayType>(&mut column, values, |value| match value {
            Value::Text(text) => text.map(|text| ByteArray::from(text.into_bytes())),
            _ => None,
        })?,
        Kind::Real => write_some::<DoubleType>(&mut column, values, |value| match value {
            Value::Real(number) => number,
            _ => None,
        })?,
        Kind::Whole => write_some::<Int64Type>(&mut column, values, |value| match value {
            Value::Whole(number) => number,
            _ => None,
        })?,
        Kind::Flag => write_some::<BoolType>(&mut column, values, |value| match value {
            Value::Flag(flag) => flag,
            _ => None,
        })?,
    }
    column.close()
}

fn write_some<T: DataType>(
    column: &mut parquet::file::writer::SerializedColumnWriter<'_>,
    values: Vec<Value>,
    some: impl Fn(Value) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.into_iter().map(some).collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let known: Vec<T::T> = values.into_iter().flatten().collect();
    column.typed::<T>().write_batch(&known, Some(&levels), None)?;
    Ok(())
}

/// A Parquet file of rows.
pub struct Part {
    path: std::path::PathBuf,
    reader: SerializedFileReader<File>,
    rows: usize,
}

impl Part {
    /// Opens a file.
    ///
    /// # Errors
    /// [`CohortError`] when it cannot be read, is no file of rows, or was changed since it was written.
    pub fn open(path: &Path) -> Result<Self, CohortError> {
        if !unchanged(read_bytes(path)?) {
            let reason = "it was changed since it was written, or another program wrote it".to_owned();
            return Err(CohortError::Part { path: path.to_owned(), reason });
        }
        let file =
            File::open(path).map_err(|source| bloodpool_files::FileError::Read { path: path.to_owned(), source })?;
        let reader = SerializedFileReader::new(file).map_err(|error| unreadable(path, &error))?;
        let metadata = reader.metadata().file_metadata();
        let written = metadata.key_value_metadata().into_iter().flatten().find(|pair| pair.key == "schema");
        match written.and_then(|pair| pair.value.as_deref()) {
            Some(ROWS_SCHEMA) => {}
            other => {
                let reason = format!("its schema is {other:?}, not {ROWS_SCHEMA:?}");
                return Err(CohortError::Part { path: path.to_owned(), reason });
            }
        }
        let rows = usize::try_from(metadata.num_rows()).unwrap_or_default();
        Ok(Self { path: path.to_owned(), reader, rows })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The values of the column of this name and kind; all `None` where the file, of another version, does not have it.
    ///
    /// # Errors
    /// [`CohortError::Part`] when the file is damaged, or the column is of another kind.
    pub fn column(&self, name: &str, kind: Kind) -> Result<Vec<Value>, CohortError> {
        self.values(name, kind).map_err(|error| unreadable(&self.path, &error))
    }

    /// The texts of a column.
    ///
    /// # Errors
    /// As [`Part::column`].
    pub fn texts(&self, name: &str) -> Result<Vec<Option<String>>, CohortError> {
        let values = self.column(name, Kind::Text)?;
        Ok(values.into_iter().map(|value| if let Value::Text(text) = value { text } else { None }).collect())
    }

    /// The numbers of a column.
    ///
    /// # Errors
    /// As [`Part::column`].
    pub fn reals(&self, name: &str) -> Result<Vec<Option<f64>>, CohortError> {
        let values = self.column(name, Kind::Real)?;
        Ok(values.into_iter().map(|value| if let Value::Real(number) = value { number } else { None }).collect())
    }

    /// All rows.
    ///
    /// # Errors
    /// As [`Part::column`].
    pub fn all(&self) -> Result<Vec<CohortRow>, CohortError> {
        let columns = COLUMNS.iter().map(|column| self.column(column.name, column.kind));
        let mut columns: Vec<_> = columns.collect::<Result<Vec<_>, _>>()?.into_iter().map(Vec::into_iter).collect();
        let row = |_| {
            let values = columns.iter_mut().map(|column| column.next()).collect::<Option<Vec<Value>>>();
            values.and_then(CohortRow::of_values).ok_or_else(|| {
                unreadable(&self.path, &ParquetError::General("its columns differ in length".to_owned()))
            })
        };
        (0..self.rows).map(row).collect()
    }

    fn values(&self, name: &str, kind: Kind) -> Result<Vec<Value>, ParquetError> {
        let fields = self.reader.metadata().file_metadata().schema_descr().columns().iter();
        let Some(at) = fields.clone().position(|field| field.name() == name) else {
            return Ok(vec![none(kind); self.rows]);
        };
        let mut values = Vec::with_capacity(self.rows);
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group)?;
            let rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
            match (kind, group.get_column_reader(at)?) {
                (Kind::Text, ColumnReader::ByteArrayColumnReader(reader)) => {
                    for bytes in read_all(reader, rows)? {
                        let text = bytes.map(|bytes| String::from_utf8(bytes.data().to_vec())).transpose();
                        values.push(Value::Text(text.map_err(|error| ParquetError::General(error.to_string()))?));
                    }
                }
                (Kind::Real, ColumnReader::DoubleColumnReader(reader)) => {
                    values.extend(read_all(reader, rows)?.into_iter().map(Value::Real));
                }
                (Kind::Whole, ColumnReader::Int64ColumnReader(reader)) => {
                    values.extend(read_all(reader, rows)?.into_iter().map(Value::Whole));
                }
                (Kind::Flag, ColumnReader::BoolColumnReader(reader)) => {
                    values.extend(read_all(reader, rows)?.into_iter().map(Value::Flag));
                }
                _ => return Err(ParquetError::General(format!("the column {name} is not of kind {kind:?}"))),
            }
        }
        Ok(values)
    }
}

fn none(kind: Kind) -> Value {
    match kind {
        Kind::Text => Value::Text(None),
        Kind::Real => Value::Real(None),
        Kind::Whole => Value::Whole(None),
        Kind::Flag => Value::Flag(None),
    }
}

fn read_all<T: DataType>(mut reader: ColumnReaderImpl<T>, rows: usize) -> Result<Vec<Option<T::T>>, ParquetError> {
    let (mut levels, mut known) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    while levels.len() < rows {
        let (read, _, _) = reader.read_records(rows - levels.len(), Some(&mut levels), None, &mut known)?;
        if read == 0 {
            return Err(ParquetError::General("a column is shorter than its row group".to_owned()));
        }
    }
    let mut known = known.into_iter();
    Ok(levels.into_iter().map(|level| if level == 0 { None } else { known.next() }).collect())
}

fn unreadable(path: &Path, error: &ParquetError) -> CohortError {
    CohortError::Part { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: usize) -> CohortRow {
        CohortRow {
            key: Some(format!("{number:064}")),
            lvef_percent: number.is_multiple_of(3).then_some(number as f64 / 7.0),
            frames: Some(24),
            simulated: number.is_multiple_of(2).then_some(true),
            findings: Some(String::new()),
            ..CohortRow::default()
        }
    }

    #[test]
    fn what_is_written_is_read_and_the_same_rows_give_the_same_bytes() {
        let rows: Vec<CohortRow> = (0..700).map(row).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        let bytes = encode(&rows).unwrap();
        assert_eq!(bytes, encode(&rows).unwrap());
        std::fs::write(&path, &bytes).unwrap();
        let part = Part::open(&path).unwrap();
        assert_eq!((part.rows(), part.all().unwrap()), (700, rows.clone()));
        let lvef = part.reals("lvef_percent").unwrap();
        assert_eq!((lvef[3], lvef[4]), (Some(3.0 / 7.0), None));
        assert_eq!(part.texts("of a later version").unwrap(), vec![None; 700]);
        assert!(part.column("frames", Kind::Text).is_err());
        // Rows without a single value, too.
        let empty = vec![CohortRow::default(); 3];
        std::fs::write(&path, encode(&empty).unwrap()).unwrap();
        assert_eq!(Part::open(&path).unwrap().all().unwrap(), empty);
    }

    #[test]
    fn a_damaged_or_foreign_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        let bytes = encode(&[row(1)]).unwrap();
        for damaged in [&bytes[..bytes.len() - 9], b"PAR1", b""] {
            std::fs::write(&path, damaged).unwrap();
            let error = Part::open(&path).err().unwrap().to_string();
            assert!(error.contains("part.parquet") && error.contains("move it away"), "{error}");
        }
        // One byte anywhere.
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            std::fs::write(&path, &changed).unwrap();
            let error = Part::open(&path).err().unwrap().to_string();
            assert!(error.contains("changed since it was written"), "{at}: {error}");
        }
    }
}
