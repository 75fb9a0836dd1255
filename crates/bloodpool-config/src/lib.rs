//! What people and training runs write down about a measurement: settings, protocol files, networks and models, as data.
//!
//! The crate has no tensors and no command line, so that its parsers are tested without either (`fuzz/`).
//!
//! ```
//! use bloodpool_config::{SettingsFile, protocol_from_toml};
//!
//! let settings = SettingsFile::from_toml("protocol = \"paper\"\n")?;
//! assert_eq!(settings.protocol.as_deref(), Some("paper"));
//! assert!(protocol_from_toml("name = \"own\"\n").is_err());
//! # Ok::<(), bloodpool_config::TomlError>(())
//! ```

mod input_layout;
pub mod listen;
pub mod model_file;
mod network;
mod network_error;
mod origin;
mod passes;
mod protocol_file;
mod scores;
mod settings;
mod toml_text;

pub use input_layout::{InputChannels, Layout};
pub use model_file::{ModelDescription, ModelFileError, TrainingSummary};
pub use network::{CompactConfig, GRID, NetworkConfig, Picture, ResnetConfig, UnetConfig};
pub use network_error::NetworkError;
pub use origin::{Origin, SeenStudies};
pub use passes::Passes;
pub use protocol_file::{ProtocolFileError, named_protocol, protocol_from_toml};
pub use scores::{SceneScores, ValidationScores};
pub use settings::SettingsFile;
pub use toml_text::{TomlError, from_toml};
