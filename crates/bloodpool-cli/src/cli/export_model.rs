//! Flags of `export-model`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  bloodpool export-model compact                               bloodpool-compact-4.onnx and bloodpool-compact-4.json
  bloodpool export-model runs/deeplab --format onnx -o deeplab.onnx
  bloodpool analyze study.dcm --model deeplab.onnx             reads deeplab.json beside it

The input is `frames`, float32 [batch, channel, row, column], with any number of frames; operator set 17. Image networks give `logits`
[batch, 2, row, column] (background, LV); the compact network gives `lv`, `scene` and `recognition`. The JSON document says what each
channel of the input shows and what each output means; the ONNX file repeats it in its metadata (docs/reference/onnx.md).
Of a run that is not finished, the best epoch so far is exported.";

/// The format of an exported model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelFormat {
    /// ONNX, with a JSON document beside it.
    Onnx,
}

/// Flags of `export-model`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportModelFlags {
    /// Embedded model by name, or the folder of a training run, finished or not, or of imported weights.
    #[arg(value_name = "NAME|RUN_FOLDER")]
    pub(crate) model: String,
    /// Format of the file.
    #[arg(long, value_enum, default_value = "onnx", value_name = "FORMAT")]
    pub(crate) format: ModelFormat,
    /// File to write, ending in .onnx; its description has the same name and ends in .json [default: the model's name in the current
    /// folder].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}
