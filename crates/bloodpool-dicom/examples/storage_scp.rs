//! A Storage SCP that prints what it receives: `storage_scp ADDRESS FOLDER [AET=TITLE] [peer=TITLE] [reserve=BYTES] ...`.
//!
//! It prints `listening on ADDRESS` first, and ends with SIGINT. Other settings: `associations=N`, `largest=BYTES` (data set),
//! `idle=SECONDS`, `classes=all`, `commitment=AET` (takes reports of storage commitment of transaction 1.2.3), `cert=FILE` and
//! `key=FILE` (TLS), `clients=FILE` (authorities of client certificates).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bloodpool_dicom::net::{
    AeTitle, AllowedPeers, Arrival, CommitmentReport, Event, NotRecorded, Peer, ReceiveSettings, Received,
    ReceivedFolder, ReportNotTaken, Stop, StorageClasses, StorageScp, StoredInstance, TlsIdentity, TlsServer,
};

struct Printed;

impl Received for Printed {
    fn stored(&self, instance: &StoredInstance) -> Result<(), NotRecorded> {
        let arrival = match instance.arrival {
            Arrival::First => "first",
            Arrival::Duplicate => "duplicate",
            Arrival::Differing { .. } => "differing",
        };
        println!("stored {arrival} {} {}", instance.data_set_bytes, instance.path.display());
        Ok(())
    }

    fn committed(&self, report: &CommitmentReport) -> Result<(), ReportNotTaken> {
        if report.transaction.as_str() != "1.2.3" {
            return Err(ReportNotTaken::UnknownTransaction);
        }
        println!("reported {report:?}");
        Ok(())
    }

    fn event(&self, event: &Event) {
        println!("{event:?}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("storage_scp ADDRESS FOLDER [NAME=VALUE] ...".into());
    };
    let given: HashMap<String, String> = arguments
        .filter_map(|argument| argument.split_once('=').map(|(name, value)| (name.into(), value.into())))
        .collect();
    let mut settings = ReceiveSettings::new(AeTitle::new(given.get("AET").map_or("BLOODPOOL", String::as_str))?);
    for (name, value) in &given {
        match name.as_str() {
            "peer" => {
                let peer = Peer { ae_title: value.parse()?, addresses: Vec::new() };
                settings.peers = AllowedPeers::Listed(vec![peer]);
            }
            "reserve" => settings.limits.free_space_reserve_bytes = value.parse()?,
            "associations" => settings.limits.max_associations = value.parse()?,
            "largest" => settings.limits.max_data_set_bytes = value.parse()?,
            "idle" => settings.timeouts.idle = Duration::from_secs_f64(value.parse()?),
            "commitment" => settings.commitment_peers = vec![value.parse()?],
            "classes" => settings.storage_classes = StorageClasses::All,
            _ => {}
        }
    }
    if let (Some(certificate), Some(key)) = (given.get("cert"), given.get("key")) {
        let identity = TlsIdentity { certificate_chain: certificate.into(), private_key: key.into() };
        settings.tls = Some(TlsServer { identity, client_authorities: given.get("clients").map(Into::into) });
    }
    let scp = StorageScp::new(settings, ReceivedFolder::open(Path::new(&folder))?, Arc::new(Printed))?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("listening on {}", listener.local_addr()?);
    let (stop, stopped) = Stop::new();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        stop.stop();
    });
    scp.serve(listener, stopped, Duration::from_secs(10)).await;
    println!("stopped");
    Ok(())
}
