//! `export-model`: a model for other programs.

use bloodpool::export_model::{OnnxExport, OnnxExportError, export_model};
use bloodpool_files::{FileError, shell_word};

use crate::cli::{ExportModelFlags, ModelFormat};
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::outputs;

/// Exports a model.
pub(crate) fn run(flags: ExportModelFlags) -> anyhow::Result<Outcome> {
    let ExportModelFlags { model, format: ModelFormat::Onnx, out, force } = flags;
    let wanted = OnnxExport { model, out, if_exists: outputs::if_exists(force) };
    let exported = export_model(&wanted).map_err(|error| match error {
        OnnxExportError::File(error @ FileError::Exists { .. }) => wrong_usage(format!(
            "{error}; nothing was written. Choose another file with -o, or replace it with --force"
        )),
        OnnxExportError::File(_) | OnnxExportError::Document(_) => error.into(),
        other => as_usage(other),
    })?;
    let description = &exported.description;
    if let Some(step) = exported.unfinished_at {
        eprintln!("the training is not finished; these are the weights of step {step}");
    }
    println!(
        "{} of {}, operator set {}, any number of frames of {} channels of {side} x {side} pixels; described in {}",
        exported.file.display(),
        description.name,
        description.opset.unwrap_or_default(),
        description.input.channels.len(),
        exported.description_file.display(),
        side = description.input.side,
    );
    eprintln!("try: bloodpool analyze STUDY --model {}", shell_word(&exported.file));
    Ok(Outcome::Done)
}
