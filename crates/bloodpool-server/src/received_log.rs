//! Events of the network in the log: who sent how much, and what was refused. No UID and no value of a data set is logged.

use bloodpool_dicom::net::{Arrival, Event, Sender, StoredInstance};

/// Logs an event of the Storage SCP.
pub(crate) fn log(event: &Event) {
    match event {
        Event::Accepted { sender, proposed, accepted } => {
            let from = named(sender);
            tracing::info!(event = "association_accepted", from, proposed, accepted);
        }
        Event::Rejected { calling, address, reason } => {
            let from = calling.as_ref().map(ToString::to_string);
            let address = address.map(|address| address.to_string());
            tracing::warn!(event = "association_rejected", from, address, reason = %reason);
        }
        Event::Refused { sender, status, comment } => {
            let from = named(sender);
            tracing::warn!(event = "request_refused", from, status = %status, reason = comment);
        }
        Event::Broken { sender, address, error } => {
            let from = sender.as_ref().map(named);
            let address = address.map(|address| address.to_string());
            tracing::warn!(event = "association_broken", from, address, reason = %error);
        }
        Event::Committed { sender, committed, failed } => {
            let from = named(sender);
            tracing::info!(event = "commitment_reported", from, committed, failed);
        }
        Event::NotListening { error } => {
            tracing::error!(event = "not_listening", reason = %error);
        }
        _ => {}
    }
}

/// Logs an instance that is on disk.
pub(crate) fn log_instance(instance: &StoredInstance) {
    let arrival = match instance.arrival {
        Arrival::First => "first",
        Arrival::Duplicate => "duplicate",
        Arrival::Differing { .. } => "differing",
    };
    let (from, bytes) = (named(&instance.sender), instance.data_set_bytes);
    tracing::info!(event = "instance_received", from, bytes, arrival);
}

fn named(sender: &Sender) -> String {
    match sender.address {
        Some(address) => format!("{}@{address}", sender.calling_ae_title),
        None => sender.calling_ae_title.to_string(),
    }
}
