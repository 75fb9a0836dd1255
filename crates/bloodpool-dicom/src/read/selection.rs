//! What a person chose among the detectors, windows, intervals and views of a file.

use serde::{Deserialize, Serialize};

/// Which part of a file to analyse. `None` takes the only one there is; of several views, the LAO.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Detector, as Detector Vector (0054,0020) numbers them from 1.
    pub detector: Option<u32>,
    /// Energy window, as Energy Window Vector (0054,0010) numbers them from 1.
    pub energy_window: Option<u32>,
    /// R-R interval, as R-R Interval Vector (0054,0060) numbers them from 1.
    pub rr_interval: Option<u32>,
    /// Text of the view: `LAO`, `anterior`, or part of a description. Case does not matter.
    pub view: Option<String>,
}
