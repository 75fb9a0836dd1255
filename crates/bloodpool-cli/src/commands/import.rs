//! `import`: a model of weights that another program trained.

use bloodpool::TrainingChoices;
use bloodpool::import::{Import, ImportError, import};
use bloodpool_nn::network::Picture;

use crate::cli::ImportFlags;
use crate::outcome::{Outcome, as_usage};
use crate::outputs;

/// Imports weights.
pub(crate) fn run(flags: ImportFlags) -> anyhow::Result<Outcome> {
    let ImportFlags { weights, network, side, width, picture, trained_on, out, force } = flags;
    let picture = picture.map(Picture::from);
    let chosen = TrainingChoices { network: Some(network), side, width, picture, ..TrainingChoices::default() };
    let network = chosen.network().map_err(as_usage)?.unwrap_or_default();
    let wanted = Import { weights, network, trained_on, out, if_exists: outputs::if_exists(force) };
    import(&wanted).map_err(|error| match error {
        ImportError::Lock(error) => outputs::locked(error),
        ImportError::Read(_) | ImportError::Weights { .. } => as_usage(error),
        other => other.into(),
    })?;
    let out = bloodpool_files::shell_word(&wanted.out);
    eprintln!("the model is in {out}; try: bloodpool evaluate {out} --dataset DATA --out RESULTS");
    Ok(Outcome::Done)
}
