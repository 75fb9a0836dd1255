//! How a run ended, and the exit code that says so: 0 all done, 1 some input failed, 2 wrong usage, 130 interrupted.

use std::fmt;
use std::process::ExitCode;

use bloodpool_dicom::{Axis, Problem, ReadError};
use bloodpool_nn::device::DeviceError;

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

/// An error of a library about what was asked for, such as a model that is not there: exit code 2.
pub(crate) fn as_usage(error: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    wrong_usage(in_words(&anyhow::Error::new(error)))
}

/// An error with its causes and, where the command line can help, a hint.
fn in_words(error: &anyhow::Error) -> String {
    match error.downcast_ref() {
        Some(bloodpool::Error::Device(DeviceError::NotCompiledIn { name })) => {
            format!("{error:#}: build it with the cargo feature {name:?} (`--features {name}`)")
        }
        _ => format!("{error:#}"),
    }
}

/// What follows the message of a file that holds several of something: the flags that choose.
pub(crate) fn flags(error: &ReadError) -> String {
    let flags = match &error.problem {
        Problem::Several { axis: Axis::Detector, .. } => "; choose one with --detector N or --view TEXT",
        Problem::Several { axis: Axis::EnergyWindow, .. } => "; choose one with --energy-window N",
        Problem::Several { axis: Axis::RrInterval, .. } => "; choose one with --rr-interval N",
        Problem::SeveralFiles { choices, .. } => {
            let example = choices.iter().find_map(|file| {
                let text = bloodpool_files::shell_word(file.chosen_by.as_ref()?.as_ref());
                Some(format!(": --view {text} chooses {}", file.path.display()))
            });
            return format!("; name one file, or choose with --view{}", example.unwrap_or_default());
        }
        _ => "",
    };
    flags.to_owned()
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
    eprintln!("error: {}", in_words(&error));
    if error.chain().any(|cause| cause.is::<WrongUsage>()) { ExitCode::from(2) } else { ExitCode::from(1) }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_choice_names_its_flags_and_other_problems_none() {
        let attribute = bloodpool_dicom::Attribute("(0054,0020)".parse().unwrap());
        let several = |axis| Problem::Several { axis, attribute, choices: Vec::new() };
        let files = Problem::SeveralFiles { attribute, study: String::new(), wanted: None, choices: Vec::new() };
        let flags = |problem| flags(&ReadError { path: "study.dcm".into(), problem });
        assert_eq!(flags(several(Axis::Detector)), "; choose one with --detector N or --view TEXT");
        assert_eq!(flags(several(Axis::EnergyWindow)), "; choose one with --energy-window N");
        assert_eq!(flags(several(Axis::RrInterval)), "; choose one with --rr-interval N");
        assert_eq!(flags(files), "; name one file, or choose with --view");
        assert_eq!(flags(Problem::EmptyFile), "");
    }
}
