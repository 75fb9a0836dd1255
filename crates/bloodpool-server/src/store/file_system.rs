//! Which file systems the data folder may not be on: those whose locks and shared memory are not those of one machine.

use std::path::Path;

use super::error::StoreError;

/// Types by their number in `statfs` (Linux: `linux/magic.h` and the headers of each file system).
const NETWORK: [(u32, &str); 18] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB 2"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x564C, "NCP"),
    (0x0102_1997, "9P"),
    (0x00C3_6400, "Ceph"),
    (0x0BD0_0BD0, "Lustre"),
    (0x0116_1970, "GFS2"),
    (0x7461_636F, "OCFS2"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x786F_4256, "VirtualBox shared folder"),
    (0x7C7C_6673, "Parallels shared folder"),
    // sshfs, GlusterFS and others; local ones among them cannot be told apart.
    (0x6573_5546, "FUSE"),
];

/// The type, where it is refused.
fn refused(number: u32) -> Option<&'static str> {
    NETWORK.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// Refuses a folder on a network file system.
///
/// # Errors
/// [`StoreError::NetworkFileSystem`], and [`StoreError::Io`] where the system does not say.
#[cfg(target_os = "linux")]
pub(crate) fn require_local(folder: &Path) -> Result<(), StoreError> {
    let about = rustix::fs::statfs(folder)
        .map_err(|error| StoreError::io(folder, "the type of its file system is not known")(error.into()))?;
    // The type of the field differs between architectures; its lower 32 bits are the number.
    match refused(about.f_type as u32) {
        Some(kind) => Err(StoreError::NetworkFileSystem { folder: folder.to_owned(), kind }),
        None => Ok(()),
    }
}

/// Other systems number their file systems otherwise; locks are tried there all the same.
#[cfg(not(target_os = "linux"))]
pub(crate) fn require_local(_folder: &Path) -> Result<(), StoreError> {
    let _ = refused;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_refused_and_local_ones_are_not() {
        assert_eq!(refused(0x6969), Some("NFS"));
        assert_eq!(refused(0xFF53_4D42), Some("CIFS"));
        // ext4, XFS, Btrfs, ZFS, tmpfs, overlayfs
        for local in [0xEF53, 0x5846_5342, 0x9123_683E, 0x2FC1_2FC1, 0x0102_1994, 0x794C_7630] {
            assert_eq!(refused(local), None, "{local:x}");
        }
        require_local(&std::env::temp_dir()).unwrap();
        let kind = StoreError::NetworkFileSystem { folder: "/mnt/share".into(), kind: "NFS" };
        assert!(kind.to_string().starts_with("/mnt/share is on a file system of type NFS"), "{kind}");
    }
}
