//! `send`: DICOM files to an archive, by hand.

use bloodpool_config::listen::RequestorTls;
use bloodpool_dicom::net::{AeAddress, AeTitle, Delivered, RetryPolicy, SendError, SendSettings, Timeouts};
use bloodpool_server::{FoundFiles, find_files, requestor_tls, send_files};

use crate::cli::SendFlags;
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::unusable;

/// Sends every file that was named.
pub(crate) fn run(flags: SendFlags) -> anyhow::Result<Outcome> {
    let peer: AeAddress = flags.to.parse().map_err(as_usage)?;
    let calling_ae_title = AeTitle::new(&flags.ae_title).map_err(as_usage)?;
    if flags.attempts == 0 {
        return Err(wrong_usage("--attempts must be 1 or greater"));
    }
    let (certificate, key) = (flags.tls_certificate, flags.tls_key);
    let tls = flags.tls_authorities.map(|authorities| requestor_tls(&RequestorTls { authorities, certificate, key }));
    let settings =
        SendSettings { calling_ae_title, timeouts: Timeouts::default(), tls: tls.transpose().map_err(unusable)? };
    let interrupt = Interrupt::watch()?;
    let FoundFiles { files, failed, skipped } = find_files(&flags.files);
    failed.iter().for_each(|error| eprintln!("error: {error}"));
    let policy = RetryPolicy { attempts: Some(flags.attempts), ..RetryPolicy::default() };
    let pause = |left: usize, why: &SendError, wait: std::time::Duration| {
        eprintln!("{left} of {} files are left: {why}; trying again in {} s", files.len(), wait.as_secs());
    };
    let outcomes = send_files(settings, &peer, &files, &policy, pause, || interrupt.seen()).map_err(as_usage)?;
    let mut undelivered = failed.len();
    for (file, outcome) in files.iter().zip(&outcomes) {
        match outcome {
            Ok(Delivered::WithWarning(status)) => eprintln!("{}: stored with warning {status}", file.path.display()),
            Ok(_) => {}
            Err(error) => {
                undelivered += 1;
                eprintln!("error: {}: {error}", file.path.display());
            }
        }
    }
    let delivered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let skipped = if skipped == 0 { String::new() } else { format!(", {skipped} not DICOM") };
    println!("{delivered} delivered to {peer}, {undelivered} not{skipped}");
    Ok(match (undelivered, interrupt.seen()) {
        (0, _) => Outcome::Done,
        (_, true) => Outcome::Interrupted,
        _ => Outcome::SomeFailed,
    })
}
