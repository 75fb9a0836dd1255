//! How a run ended, and the exit code that says so: 0 all done, 1 some input failed, 2 wrong usage, 130 interrupted.

use std::fmt;
use std::process::ExitCode;

/// How a run ended without an error of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done.
    Done,
    /// Some input failed; an error named it.
    SomeFailed,
    /// Ctrl-C: finished files are complete, the others are missing.
    Interrupted,
}

/// The arguments are wrong: exit code 2.
#[derive(Debug)]
pub(crate) struct WrongUsage(pub(crate) String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}

/// An error that ends the run with exit code 2.
pub(crate) fn wrong_usage(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(WrongUsage(message.into()))
}

/// An error of the library about an argument, such as a model that does not exist: exit code 2.
pub(crate) fn as_usage(error: bloodpool::Error) -> anyhow::Error {
    wrong_usage(format!("{:#}", anyhow::Error::new(error)))
}

/// Prints an error once, with its causes, and turns the result into an exit code.
pub(crate) fn report(result: anyhow::Result<Outcome>) -> ExitCode {
    let error = match result {
        Ok(Outcome::Done) => return ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => return ExitCode::from(1),
        Ok(Outcome::Interrupted) => return ExitCode::from(130),
        Err(error) => error,
    };
    if is_broken_pipe(&error) {
        return ExitCode::SUCCESS; // the reader closed the pipe, as `head` does
    }
    eprintln!("error: {error:#}");
    if error.chain().any(|cause| cause.is::<WrongUsage>()) { ExitCode::from(2) } else { ExitCode::from(1) }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
