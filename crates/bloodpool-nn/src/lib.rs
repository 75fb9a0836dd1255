//! What is learned: the network that finds the left ventricle, its training and its use as a `Segmenter`.

pub mod augment;
pub mod config;
pub mod device;
pub mod distortion;
pub mod input;
pub mod learner;
pub mod loss;
pub mod model_file;
pub mod network;
pub mod operator;
pub mod parity;
pub mod run_folder;
pub mod segmenter;
pub mod supply;
pub mod timing;
pub mod training;
pub mod validation;
pub mod weights;
pub mod window;

pub use bloodpool_convolution::keep_freed_memory;
pub use config::TrainingConfig;
pub use segmenter::{Looks, ModelError, NetworkSegmenter};
pub use training::{Progress, Start, TrainingError, TrainingOutcome, resume, train};
pub use validation::ValidationScores;
