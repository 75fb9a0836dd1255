//! The committed JSON Schemas are those of the types.
//!
//! After a change that is meant: `GOLDEN=write cargo test --release -p bloodpool-server --test suite -- schemas::`.

use std::path::Path;

use bloodpool_server::{CommitmentState, DeliveryState, JobDocument, schemas};

#[test]
fn committed_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    for document in schemas::all() {
        let path = folder.join(document.file());
        let text = serde_json::to_string_pretty(&document.schema).unwrap() + "\n";
        if std::env::var("GOLDEN").as_deref() == Ok("write") {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{}", path.display());
    }
}

#[test]
fn a_document_is_read_back_and_one_of_an_earlier_version_has_no_deliveries() {
    let text = r#"{"schema":"bloodpool.job/1","job":7,"input_uid":"1.2.3","state":"done","attempts":1,"crashes":0,"reason":null,
        "due_ms":null,"changed_ms":5,"instances":1,"differing":false"#;
    let delivery = r#"{"delivery":3,"destination":"PACS@a:1","object":"sr","sop_instance_uid":"1.2.4","state":"delivered",
        "attempts":1,"reason":null,"dimse_status":0,"due_ms":null,"changed_ms":6,
        "commitment":{"state":"asked","attempts":2,"reason":null,"failure_reason":null,"due_ms":9}}"#;
    let earlier: JobDocument = serde_json::from_str(&format!("{text}}}")).unwrap();
    assert!(earlier.deliveries.is_empty());
    let document: JobDocument = serde_json::from_str(&format!("{text},\"deliveries\":[{delivery}]}}")).unwrap();
    let sent = &document.deliveries[0];
    assert_eq!(
        (sent.state, sent.commitment.as_ref().unwrap().state),
        (DeliveryState::Delivered, CommitmentState::Asked)
    );
    let again: JobDocument = serde_json::from_str(&serde_json::to_string(&document).unwrap()).unwrap();
    assert_eq!(again, document);
}
