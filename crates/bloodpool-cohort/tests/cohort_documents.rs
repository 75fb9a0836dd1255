//! The committed JSON Schemas and the table of columns are those of the types.
//!
//! After a change that is meant: `GOLDEN=write cargo test --release --workspace --test cohort_documents`.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use bloodpool_cohort::row::{COLUMNS, Kind};
use bloodpool_cohort::schemas;

/// Around the table of columns in docs/reference/cohort.md.
const BEGIN: &str = "<!-- columns: begin -->\n";
const END: &str = "<!-- columns: end -->\n";

fn is_written() -> bool {
    std::env::var("GOLDEN").as_deref() == Ok("write")
}

#[test]
fn committed_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    for document in schemas::all() {
        let path = folder.join(document.file());
        let text = serde_json::to_string_pretty(&document.schema).unwrap() + "\n";
        if is_written() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{}", path.display());
    }
}

#[test]
fn every_column_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cohort.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let mut table = String::from("| column | type | meaning |\n| --- | --- | --- |\n");
    for column in COLUMNS {
        let kind = match column.kind {
            Kind::Text => "text",
            Kind::Real => "double",
            Kind::Whole => "int64",
            Kind::Flag => "boolean",
        };
        table += &format!("| `{}` | {kind} | {} |\n", column.name, column.meaning.trim());
    }
    let expected = [before, BEGIN, &table, END, after].concat();
    if is_written() {
        std::fs::write(&path, &expected).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
}
