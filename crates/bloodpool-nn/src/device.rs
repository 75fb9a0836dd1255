//! Names of compute devices: `flex` (any CPU) is always there, `wgpu` and `cuda` when compiled in.

pub use burn::tensor::Device;

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The backend exists but was left out of this build.
    #[error("this build has no {name:?} device")]
    NotCompiledIn {
        /// Name asked for, which is also the name of the cargo feature.
        name: &'static str,
    },
    /// The machine has no graphics processor that can be used.
    #[error("no graphics processor can be used: {reason}; install its Vulkan driver and loader, or choose cpu")]
    NoGraphicsProcessor {
        /// What the graphics library said.
        reason: String,
    },
    /// No such device.
    #[error("no device is called {0:?}: choose flex (or cpu), wgpu or cuda")]
    Unknown(String),
}

/// The device of this name.
///
/// # Errors
/// [`DeviceError`] when the name is unknown or its backend was not compiled in.
pub fn by_name(name: &str) -> Result<Device, DeviceError> {
    match name {
        "flex" | "cpu" => Ok(Device::flex()),
        "wgpu" => wgpu(),
        "cuda" => cuda(),
        other => Err(DeviceError::Unknown(other.to_owned())),
    }
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Device, DeviceError> {
    use std::sync::OnceLock;

    // A runtime can be started once in a process; without this it would start at the first operation, and panic where it cannot.
    static STARTED: OnceLock<Result<Device, String>> = OnceLock::new();
    let started = STARTED.get_or_init(|| Device::wgpu_options().init().map_err(|error| error.to_string()));
    started.clone().map_err(|reason| DeviceError::NoGraphicsProcessor { reason })
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Result<Device, DeviceError> {
    Err(DeviceError::NotCompiledIn { name: "wgpu" })
}

#[cfg(feature = "cuda")]
#[allow(clippy::unnecessary_wraps)]
fn cuda() -> Result<Device, DeviceError> {
    Ok(Device::cuda(0))
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<Device, DeviceError> {
    Err(DeviceError::NotCompiledIn { name: "cuda" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there() {
        assert!(by_name("flex").is_ok());
        assert!(by_name("cpu").is_ok());
    }

    #[test]
    fn a_missing_backend_is_not_an_unknown_device() {
        assert_eq!(by_name("tpu"), Err(DeviceError::Unknown("tpu".into())));
        #[cfg(not(feature = "cuda"))]
        assert_eq!(by_name("cuda"), Err(DeviceError::NotCompiledIn { name: "cuda" }));
        #[cfg(not(feature = "wgpu"))]
        assert_eq!(by_name("wgpu"), Err(DeviceError::NotCompiledIn { name: "wgpu" }));
    }
}
