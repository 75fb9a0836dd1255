//! A certificate that nobody but this server has signed: made once, and kept in the data folder until it ends or names are missing.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bloodpool_dicom::net::TlsIdentity;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};

use crate::time::UtcTime;

/// Certificate and key, in the data folder. Both are in one file, so that they always belong together.
const FILE: &str = "self-signed.pem";
/// What the lines before the certificate begin with.
const NAMES: &str = "names: ";
const ENDS: &str = "ends: ";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How long it is valid: what browsers take at most (825 days), less the day before today from which it is valid on.
const VALID_DAYS: i64 = 820;
/// One that ends within so many days is made anew.
const RENEWED_DAYS: i64 = 30;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum SelfSignedError {
    /// It cannot be made.
    #[error("a certificate cannot be made: {0}")]
    NotMade(#[from] rcgen::Error),
    /// It cannot be kept.
    #[error("the certificate cannot be kept in {}: {source}", path.display())]
    NotKept {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The certificate in a data folder for these names, made where there is none that can be used.
///
/// # Errors
/// [`SelfSignedError`].
pub(super) fn identity(data: &Path, names: &[String], now: UtcTime) -> Result<TlsIdentity, SelfSignedError> {
    let path = data.join(FILE);
    let not_kept = |source| SelfSignedError::NotKept { path: path.clone(), source };
    let known = match std::fs::read_to_string(&path) {
        Ok(text) => is_usable(&text, names, now),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(not_kept(error)),
    };
    if !known {
        let text = made(names, now)?;
        let write = || -> io::Result<()> {
            // The mode of a temporary file is 0600.
            let mut file = tempfile::NamedTempFile::new_in(data)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(not_kept)?;
        tracing::info!(event = "certificate_made", file = %path.display());
    }
    Ok(TlsIdentity { certificate_chain: path.clone(), private_key: path })
}

fn is_usable(text: &str, names: &[String], now: UtcTime) -> bool {
    let line = |head: &str| text.lines().find_map(|line| line.strip_prefix(head));
    let of: Vec<&str> = line(NAMES).unwrap_or("").split(' ').collect();
    let ends: i64 = line(ENDS).and_then(|text| text.parse().ok()).unwrap_or(0);
    names.iter().all(|name| of.contains(&&**name)) && ends > now.0 + RENEWED_DAYS * DAY_MS
}

fn made(names: &[String], now: UtcTime) -> Result<String, rcgen::Error> {
    let ends = UtcTime(now.0 + VALID_DAYS * DAY_MS);
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, "bloodpool, self-signed");
    // Some browsers take no other ones.
    parameters.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let [(year, month, day), (last_year, last_month, last_day)] = [UtcTime(now.0 - DAY_MS), ends].map(date);
    parameters.not_before = date_time_ymd(year, month, day);
    parameters.not_after = date_time_ymd(last_year, last_month, last_day);
    let key = KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    // What stands outside of the marks of PEM is no part of it.
    let head = format!("{NAMES}{}\n{ENDS}{}\n", names.join(" "), day_ms(ends));
    Ok(format!("{head}{}{}", certificate.pem(), key.serialize_pem()))
}

/// The beginning of a day, ms.
fn day_ms(time: UtcTime) -> i64 {
    time.0.div_euclid(DAY_MS) * DAY_MS
}

/// Year, month and day.
fn date(time: UtcTime) -> (i32, u8, u8) {
    let days = i32::try_from(time.0.div_euclid(DAY_MS)).unwrap_or(0);
    let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(days));
    (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
}
