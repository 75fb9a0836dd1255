//! Progress on stderr: bars that are silent when stderr is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` studies.
pub(crate) fn bar(total: u64, doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(doing);
    // A template that does not parse is a slip in this file; the default bar then serves.
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}  {elapsed} gone, {eta} to go") {
        bar.set_style(style);
    }
    bar
}

/// A bar over `total` training steps; its message says how they go.
pub(crate) fn steps(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    bar
}
