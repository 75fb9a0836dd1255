//! ONNX files of every architecture with this program's logits, for `.ci/onnx`: `onnx_logits OUT [RUN_FOLDER...]`

use std::error::Error;
use std::path::{Path, PathBuf};

use bloodpool::config::ModelDescription;
use bloodpool::files::npy::write_npy_f32;
use bloodpool::files::{IfExists, document, write_with_folders};
use bloodpool::network::parity::logits;
use bloodpool::onnx::{ONNX_SCHEMA, export};
use ndarray::{ArrayD, IxDyn};

#[path = "../tests/suite/onnx_networks/mod.rs"]
mod onnx_networks;

/// Batches that are compared, frames; 0: all frames of each example study.
const BATCHES: [usize; 3] = [1, 3, 0];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("name the folder to write")?;
    for case in onnx_networks::all() {
        write(&out.join(case.name), &case.model, &case.weights)?;
    }
    // Runs of one's own, which are not in the repository.
    for run in arguments {
        let weights = std::fs::read(run.join("model.safetensors"))?;
        let model = ModelDescription::from_json(&std::fs::read(run.join("model.json"))?, &weights)?;
        let name = run.file_name().ok_or("a run folder has a name")?;
        write(&out.join(format!("run-{}", name.display())), &model, &weights)?;
    }
    Ok(())
}

/// The network as `net.onnx` and `net.json`; input and logits of each batch as `NAME-BATCH.npy`.
fn write(folder: &Path, model: &ModelDescription, weights: &[u8]) -> Result<(), Box<dyn Error>> {
    let exported = export(model, weights, "bloodpool")?;
    write_with_folders(&folder.join("net.onnx"), &exported.onnx, IfExists::Replace)?;
    document::write(&folder.join("net.json"), ONNX_SCHEMA, &exported.description, IfExists::Replace)?;
    let layout = model.network.layout();
    let of_frame = layout.channels() * layout.pixels();
    for batch in BATCHES {
        let studies: &[&str] = if batch == 0 { &["normal", "cardiotoxic", "akinesis"] } else { &["normal"] };
        for study in studies {
            let (frames, count) = onnx_networks::frames_of(study, layout);
            let count = if batch == 0 { count } else { batch };
            let frames = &frames[..count * of_frame];
            let label = if batch == 0 { (*study).to_owned() } else { batch.to_string() };
            let shape = vec![count, layout.channels(), layout.side, layout.side];
            let save = |name: &str, shape: &[usize], numbers: Vec<f32>| -> Result<(), Box<dyn Error>> {
                let array = ArrayD::from_shape_vec(IxDyn(shape), numbers)?;
                Ok(write_npy_f32(&folder.join(format!("{name}-{label}.npy")), &array, IfExists::Replace)?)
            };
            save("frames", &shape, frames.to_vec())?;
            for (name, (shape, numbers)) in logits(&model.network, weights, frames)?.0 {
                save(&name, &shape, numbers)?;
            }
        }
    }
    Ok(())
}
