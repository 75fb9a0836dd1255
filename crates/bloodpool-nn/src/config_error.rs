//! `ConfigError`: why a run cannot have the choices of a configuration.

/// Why a run cannot have these choices.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is not TOML, a key or value is not one of the configuration, or a number is not finite.
    #[error(transparent)]
    Toml(#[from] bloodpool_config::TomlError),
    /// The choices cannot be written as TOML.
    #[error("the training configuration cannot be written as TOML")]
    Write(#[from] toml::ser::Error),
    /// A number is too small.
    #[error("{name} is {value}; it must be {least} or greater")]
    TooSmall {
        /// Setting.
        name: &'static str,
        /// Its value.
        value: usize,
        /// The least value.
        least: usize,
    },
    /// A number is too small or too large.
    #[error("{name} is {value}; it must be {low} to {high}")]
    OutOfRange {
        /// Setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The least value.
        low: f64,
        /// The largest value.
        high: f64,
    },
    /// Patience without a best epoch to wait for.
    #[error("patience waits for a better epoch: set keep = \"best\", or patience = 0")]
    PatienceWithoutBest,
    /// Training on windows for a model that has one pass over the whole field.
    #[error(
        "looks is \"once\" and augmentation.whole_field {whole_field}: a model with one pass over the whole field is \
         trained on the whole field only; set whole_field = 1.0"
    )]
    WindowsWithOnePass {
        /// Share of views of the whole field.
        whole_field: f64,
    },
}
