//! The conformance statement lists what the code accepts.

use bloodpool_dicom::TransferSyntax;
use bloodpool_dicom::net::{Limits, StorageClasses, Timeouts};

const STATEMENT: &str = include_str!("../../../../docs/reference/dicom-conformance.md");

/// Name and UID of each row of the table below a heading.
fn table(heading: &str) -> Vec<(String, String)> {
    let (_, text) = STATEMENT.split_once(heading).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[1].to_string(), cells[2].trim_matches('`').to_string())
    })
    .collect()
}

#[test]
fn the_transfer_syntaxes_are_those_of_the_reader() {
    let read: Vec<_> = TransferSyntax::ALL.iter().map(|it| (it.name.to_string(), it.uid.to_string())).collect();
    assert_eq!(table("### Transfer syntaxes accepted"), read);
}

#[test]
fn the_storage_classes_are_those_of_nuclear_medicine() {
    let accepted: Vec<_> =
        StorageClasses::NUCLEAR_MEDICINE.iter().map(|(uid, name)| (name.to_string(), uid.to_string())).collect();
    let mut stated = table("### SOP classes accepted");
    assert_eq!(stated.remove(0), ("Verification".to_string(), "1.2.840.10008.1.1".to_string()));
    assert_eq!(stated, accepted);
}

#[test]
fn timeouts_and_limits_are_the_defaults() {
    let Timeouts { connect, negotiation, idle, pdu, response, association } = Timeouts::default();
    let Limits { max_pdu_length, max_data_set_bytes, max_associations, free_space_reserve_bytes } = Limits::default();
    let stated: Vec<String> = table("### Timeouts and limits").into_iter().map(|(_, value)| value).collect();
    let seconds = [connect, negotiation, idle, pdu, response, association].map(|time| format!("{} s", time.as_secs()));
    let limits = [
        format!("{max_pdu_length} bytes"),
        format!("{} MiB", max_data_set_bytes >> 20),
        max_associations.to_string(),
        format!("{} MiB", free_space_reserve_bytes >> 20),
    ];
    assert_eq!(stated, [&seconds[..], &limits[..]].concat());
}
