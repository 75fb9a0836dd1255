//! Tables that spreadsheets write: rows as long as the header, finite numbers, lines of the file, or an error.
#![no_main]

use bloodpool_dataset::StudyTable;
use bloodpool_files::CsvTable;
use bloodpool_fuzz::{check_message, with_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    with_file("input.csv", bytes, |path| {
        match CsvTable::read(path) {
            Ok(table) => {
                let mut last = 0;
                for row in table.rows() {
                    assert!(row.line() > last, "line {} after {last}", row.line());
                    last = row.line();
                    for column in 0..table.columns().len() {
                        let field = row.field(column);
                        assert_eq!(field, field.trim());
                        assert!(table.number(field).is_none_or(f64::is_finite));
                        assert!(table.whole_number(field).is_none_or(|number| number <= 1 << 53));
                    }
                    assert_eq!(row.field(table.columns().len()), "");
                }
                for column in table.columns() {
                    if let Ok(index) = table.column(column) {
                        assert!(index < table.columns().len());
                    }
                }
                assert_eq!(table.sha256().len(), 64);
            }
            Err(error) => check_message(&error),
        }
        match StudyTable::read(path) {
            Ok(table) => {
                for study in ["a", "study"] {
                    match table.number(study, "lvef_percent") {
                        Ok(number) => assert!(number.is_none_or(f64::is_finite)),
                        Err(error) => check_message(&error),
                    }
                    if let Ok(Some(frame)) = table.frame(study, "end_diastole_frame") {
                        assert!(frame > 0);
                    }
                }
            }
            Err(error) => check_message(&error),
        }
    });
});
