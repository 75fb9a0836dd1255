//! A Verification and Storage SCU: `storage_scu CALLING_AET AET@HOST:PORT [ca=FILE] [cert=FILE key=FILE] [commit=UID] [FILE ...]`.
//!
//! Without files it verifies the peer (C-ECHO). It prints a line per file, and exits with 1 where one was not delivered. With
//! `commit=UID` it then asks for storage commitment under that transaction UID, and prints a report that comes within 5 s.

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use bloodpool_dicom::net::{
    AeAddress, AeTitle, AwaitedReport, CommitmentReport, CommitmentRequest, InstanceFile, ReportNotTaken, SendSettings,
    SopReference, StorageScu, Timeouts, TlsClient, TlsIdentity, Uid,
};

/// Prints a report.
struct Printed;

impl AwaitedReport for Printed {
    fn report(&self, report: &CommitmentReport) -> Result<(), ReportNotTaken> {
        println!("reported {report:?}");
        Ok(())
    }

    fn is_settled(&self) -> bool {
        false
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(calling), Some(peer)) = (arguments.next(), arguments.next()) else {
        return Err("storage_scu CALLING_AET AET@HOST:PORT [ca=FILE] [cert=FILE key=FILE] [FILE ...]".into());
    };
    let (named, files): (Vec<String>, Vec<String>) = arguments.partition(|argument| argument.contains('='));
    let named: HashMap<&str, &str> = named.iter().filter_map(|argument| argument.split_once('=')).collect();
    let identity = match (named.get("cert"), named.get("key")) {
        (Some(certificate), Some(key)) => {
            Some(TlsIdentity { certificate_chain: certificate.into(), private_key: key.into() })
        }
        _ => None,
    };
    let tls = named.get("ca").map(|authorities| TlsClient { server_authorities: authorities.into(), identity });
    let settings = SendSettings { calling_ae_title: AeTitle::new(&calling)?, timeouts: Timeouts::default(), tls };
    let scu = StorageScu::new(settings)?;
    let peer: AeAddress = peer.parse()?;
    if files.is_empty() {
        return Ok(match scu.echo(&peer).await {
            Ok(()) => {
                println!("{peer} answers");
                ExitCode::SUCCESS
            }
            Err(error) => {
                println!("not verified: {error}");
                ExitCode::FAILURE
            }
        });
    }
    let files: Vec<InstanceFile> =
        files.iter().map(|file| InstanceFile::open(Path::new(file))).collect::<Result<_, _>>()?;
    let mut failed = false;
    for (file, result) in files.iter().zip(scu.send(&peer, &files).await) {
        match result {
            Ok(delivered) => println!("{delivered:?} {}", file.path.display()),
            Err(error) => {
                failed = true;
                println!("not delivered {}: {error}", file.path.display());
            }
        }
    }
    if let Some(transaction) = named.get("commit") {
        let reference = |file: &InstanceFile| SopReference {
            sop_class: file.sop_class.clone(),
            sop_instance: file.sop_instance.clone(),
        };
        let instances = files.iter().map(reference).collect();
        let request = CommitmentRequest { transaction: Uid::new(transaction)?, instances };
        match scu.commit(&peer, &request, Duration::from_secs(5), &Printed).await {
            Ok(()) => println!("asked for storage commitment"),
            Err(error) => {
                failed = true;
                println!("not asked for storage commitment: {error}");
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
