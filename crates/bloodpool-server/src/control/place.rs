//! `Place`: where the socket is, also where the path of the data folder is longer than an address of a socket may be.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The folder of the socket, in the data folder.
const FOLDER: &str = "control";
/// The socket, in its folder.
const SOCKET: &str = "socket";
/// Longest path that every system takes as an address (104 bytes on macOS, 108 on Linux, with the zero at the end).
const LONGEST: usize = 100;

/// Where the socket is.
pub(super) struct Place {
    /// Its path.
    pub(super) socket: PathBuf,
    /// As an address takes it.
    pub(super) address: PathBuf,
    /// Keeps the short way through `/proc` open.
    _folder: Option<File>,
}

impl Place {
    /// The socket of a data folder, whether there is one or not.
    pub(super) fn of(data: &Path) -> io::Result<Self> {
        let folder = data.join(FOLDER);
        let socket = folder.join(SOCKET);
        if socket.as_os_str().len() <= LONGEST {
            return Ok(Self { address: socket.clone(), socket, _folder: None });
        }
        let opened = File::open(&folder)?;
        let number = std::os::fd::AsRawFd::as_raw_fd(&opened);
        let address = Path::new("/proc/self/fd").join(number.to_string()).join(SOCKET);
        Ok(Self { socket, address, _folder: Some(opened) })
    }

    /// Makes the folder, which only its owner may enter, and removes a socket that a killed process left there. For the owner of the
    /// data folder.
    pub(super) fn make(data: &Path) -> io::Result<Self> {
        let folder = data.join(FOLDER);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        match std::fs::remove_file(folder.join(SOCKET)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Self::of(data),
        }
    }
}
