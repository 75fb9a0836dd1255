//! The committed JSON Schemas are those of the types, and what the program writes can be read back.
//!
//! After a change that is meant: `GOLDEN=write cargo test --release -p bloodpool --test suite -- schemas::`.

use std::path::Path;

use bloodpool::report::AnalysisDocument;
use bloodpool::{Analyzer, Model, schemas};

#[test]
fn committed_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    for document in schemas::all() {
        let path = folder.join(document.file());
        let text = serde_json::to_string_pretty(&document.schema).unwrap() + "\n";
        if std::env::var("GOLDEN").as_deref() == Ok("write") {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{}", path.display());
    }
}

#[test]
fn a_document_reads_back_as_it_was_written() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let model = Model::load(fixtures.join("small-run").to_str().unwrap(), "cpu").unwrap();
    let written = Analyzer::new(model).analyze_file(fixtures.join("normal.dcm")).unwrap().to_json().unwrap();
    let read: AnalysisDocument = serde_json::from_str(&written).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
}
