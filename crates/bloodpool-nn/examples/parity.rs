//! What a network computes from given weights and images, for `bench/parity.py` to compare with PyTorch.
//!
//! `parity --network NAME FOLDER` reads `FOLDER/weights.safetensors` and `FOLDER/case.safetensors` and writes
//! `FOLDER/ours.safetensors`; the script describes them.

use std::error::Error;
use std::path::Path;

use bloodpool_nn::network::NetworkConfig;
use bloodpool_nn::parity::{Case, compute};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [flag, name, folder] = arguments.as_slice() else {
        return Err("use: parity --network NAME FOLDER".into());
    };
    if flag != "--network" {
        return Err(format!("{flag}: only --network is known").into());
    }
    let folder = Path::new(folder);
    let weights = std::fs::read(folder.join("weights.safetensors"))?;
    let config = NetworkConfig::by_name(name).ok_or_else(|| format!("no network is called {name:?}"))?;
    let case = Case::from_safetensors(&std::fs::read(folder.join("case.safetensors"))?)?;
    std::fs::write(folder.join("ours.safetensors"), compute(&config, &weights, &case)?.to_safetensors()?)?;
    Ok(())
}
