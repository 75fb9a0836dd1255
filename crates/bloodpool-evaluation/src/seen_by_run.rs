//! `seen_by_run`: the studies that a run's weights were trained or validated on.

use bloodpool_core::SampleSource;
use bloodpool_dataset::{AnnotatedDataset, Split};
use bloodpool_nn::Origin;

use crate::raters::leakage::Seen;

/// From the record of the run, or, where an earlier version made it, from the dataset that it names while that is there unchanged.
#[must_use]
pub fn seen_by_run(origin: &Origin) -> Seen {
    if let Some(seen) = &origin.seen {
        let (keys, complete) = seen.known();
        return Seen { keys, complete };
    }
    let dataset = origin.data_folder.as_deref().and_then(|folder| AnnotatedDataset::open(folder).ok());
    let Some(dataset) = dataset.filter(|dataset| origin.dataset_sha256() == Some(dataset.sha256())) else {
        return Seen::default();
    };
    let parts = [Split::Train, Split::Validation].map(|split| dataset.split(split).keys().unwrap_or_default());
    Seen { keys: parts.concat(), complete: origin.started_from.is_none() }
}
