//! The model in a folder as an ONNX file: `export_folder FOLDER net.onnx`. The command `bloodpool export-model` checks the weights, too.

use std::error::Error;
use std::path::{Path, PathBuf};

use bloodpool_config::ModelDescription;
use bloodpool_files::{IfExists, document, write_whole};
use bloodpool_onnx::{ONNX_SCHEMA, description_beside, export};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let [json, weights, out] = &arguments[..] else {
        return Err("name model.json, model.safetensors and the file to write".into());
    };
    let weights = std::fs::read(weights)?;
    let model = ModelDescription::from_json(&std::fs::read(json)?, &weights)?;
    let exported = export(&model, &weights, "bloodpool")?;
    let out: &Path = out;
    write_whole(out, &exported.onnx, IfExists::Replace)?;
    Ok(document::write(&description_beside(out), ONNX_SCHEMA, &exported.description, IfExists::Replace)?)
}
