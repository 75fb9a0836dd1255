//! The audit trail: rows that were changed, removed, cut off or written anew are found, the last two by heads that were kept elsewhere.

use std::path::Path;

use bloodpool_server::{AuditFinding, PersonRole, Store};
use rusqlite::Connection;

const PASSWORD: &str = "a long enough password";

/// A trail of 12 rows, and the hashes of all.
fn trail(data: &Path) -> Vec<String> {
    let store = Store::open(data, "test 0").unwrap();
    store.add_person("anna", PersonRole::Physician, PASSWORD, "test").unwrap();
    for _ in 0..11 {
        store.disable_person("anna", "test").unwrap();
    }
    store.reader().unwrap().audit(0, 100).unwrap().into_iter().map(|row| row.hash).collect()
}

/// Writes to the database as somebody does who has the file.
fn tampered(data: &Path, sql: &str) {
    let database = Connection::open(data.join("bloodpool.sqlite")).unwrap();
    let guarded = database.execute_batch(sql).unwrap_err().to_string();
    assert!(guarded.contains("the audit trail is not"), "{guarded}");
    database
        .execute_batch("DROP TRIGGER audit_kept_from_change; DROP TRIGGER audit_kept_from_removal;")
        .and_then(|()| database.execute_batch(sql))
        .unwrap();
}

fn verified(data: &Path, heads: &[&str]) -> AuditFinding {
    Store::open(data, "test 0").unwrap().reader().unwrap().verify_audit(heads).unwrap()
}

#[test]
fn a_whole_trail_is_whole_and_has_every_head_that_it_had() {
    let data = tempfile::tempdir().unwrap();
    let hashes = trail(data.path());
    assert_eq!(hashes.len(), 12);
    let all: Vec<&str> = hashes.iter().map(String::as_str).collect();
    let head = hashes[11].clone();
    assert_eq!(verified(data.path(), &all), AuditFinding::Whole { rows: 12, head });
    let other = "f".repeat(64);
    assert_eq!(verified(data.path(), &[&other]), AuditFinding::HeadMissing { head: other.clone() });
    let none = tempfile::tempdir().unwrap();
    assert_eq!(verified(none.path(), &[]), AuditFinding::Whole { rows: 0, head: String::new() });
}

#[test]
fn a_row_that_was_changed_is_named() {
    for column in [
        "at_ms = at_ms + 1",
        "person = 'x'",
        "action = 'x'",
        "subject = 'x'",
        "detail = 'x'",
        "previous_hash = 'x'",
        "hash = 'x'",
    ] {
        let data = tempfile::tempdir().unwrap();
        trail(data.path());
        tampered(data.path(), &format!("UPDATE audit SET {column} WHERE id = 7"));
        assert_eq!(verified(data.path(), &[]), AuditFinding::Changed { id: 7 }, "{column}");
    }
    // With its own hash mended, the row after it shows it.
    let data = tempfile::tempdir().unwrap();
    let hashes = trail(data.path());
    tampered(data.path(), &format!("UPDATE audit SET detail = 'x', hash = '{}' WHERE id = 7", hashes[3]));
    assert_eq!(verified(data.path(), &[]), AuditFinding::Changed { id: 7 });
}

#[test]
fn rows_that_were_removed_are_found() {
    let data = tempfile::tempdir().unwrap();
    trail(data.path());
    tampered(data.path(), "DELETE FROM audit WHERE id = 7");
    assert_eq!(verified(data.path(), &[]), AuditFinding::Removed { before: 8 });
    let first = tempfile::tempdir().unwrap();
    trail(first.path());
    tampered(first.path(), "DELETE FROM audit WHERE id <= 3");
    assert_eq!(verified(first.path(), &[]), AuditFinding::Removed { before: 4 });
    // Closing the gap does not help.
    let renumbered = tempfile::tempdir().unwrap();
    trail(renumbered.path());
    tampered(renumbered.path(), "DELETE FROM audit WHERE id = 7; UPDATE audit SET id = id - 1 WHERE id > 7;");
    assert_eq!(verified(renumbered.path(), &[]), AuditFinding::Changed { id: 7 });
}

#[test]
fn an_end_that_was_cut_off_is_found_by_a_kept_head_alone() {
    let data = tempfile::tempdir().unwrap();
    let hashes = trail(data.path());
    tampered(data.path(), "DELETE FROM audit WHERE id > 9");
    // Without a head this trail is as good as any.
    assert!(matches!(verified(data.path(), &[]), AuditFinding::Whole { rows: 9, .. }));
    assert!(matches!(verified(data.path(), &[&hashes[4]]), AuditFinding::Whole { rows: 9, .. }));
    let kept = [&*hashes[4], &*hashes[11]];
    assert_eq!(verified(data.path(), &kept), AuditFinding::HeadMissing { head: hashes[11].clone() });
}

#[test]
fn a_trail_that_was_written_anew_is_found_by_a_kept_head_alone() {
    let data = tempfile::tempdir().unwrap();
    let hashes = trail(data.path());
    tampered(data.path(), "DELETE FROM audit");
    assert!(matches!(verified(data.path(), &[]), AuditFinding::Whole { rows: 0, .. }));
    let store = Store::open(data.path(), "test 0").unwrap();
    for _ in 0..12 {
        store.disable_person("anna", "somebody else").unwrap();
    }
    drop(store);
    assert!(matches!(verified(data.path(), &[]), AuditFinding::Whole { rows: 12, .. }));
    assert_eq!(verified(data.path(), &[&hashes[2]]), AuditFinding::HeadMissing { head: hashes[2].clone() });
}
