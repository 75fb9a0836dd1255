//! Logs: lines for a person on stderr, or, for a listener, one JSON object per line.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

/// Lines on stderr: `RUST_LOG` decides, else `-v` (info) and `-vv` (debug), else warnings alone.
pub(crate) fn to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,bloodpool={level},bloodpool_nn={level}")));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
}

/// One JSON object per event, at the end of a file or on stderr. Only this program's own crates are logged: what others
/// say may repeat values of a data set.
pub(crate) fn to_lines(file: Option<&Path>) -> anyhow::Result<()> {
    let lines =
        tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(EnvFilter::new("off,bloodpool=info"));
    match file {
        None => lines.with_writer(std::io::stderr).init(),
        Some(path) => {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            let file = opened.with_context(|| format!("cannot write the log {}", path.display()))?;
            lines.with_writer(Mutex::new(file)).init();
        }
    }
    Ok(())
}
