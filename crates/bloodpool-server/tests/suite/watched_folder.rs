//! The watch folder: files are taken when they are stable, once, and stay where they are unless they are to go.

use std::time::Duration;

use bloodpool_server::{AfterTaking, UtcTime, WatchFolder, WatchSettings};

use crate::support::{inbox, open, study};

#[test]
fn a_file_is_taken_once_when_it_has_stopped_growing() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("in");
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    let store = open(&scratch.path().join("data"));
    let inbox = inbox(&store, None, 0);
    let settings =
        WatchSettings { folder: folder.clone(), stable_for: Duration::from_secs(2), after: AfterTaking::Leave };
    let mut watch = WatchFolder::new(settings.clone());
    let start = UtcTime::now();
    let bytes = study(1, 32);
    let mut look = |seconds| {
        let looked = watch.look(&inbox, start.after(Duration::from_secs(seconds))).unwrap();
        (looked.taken, looked.waiting, looked.refused.len())
    };
    std::fs::write(folder.join("sub/a.dcm"), &bytes[..300]).unwrap();
    std::fs::write(folder.join("notes.txt"), "no DICOM").unwrap();
    std::fs::write(folder.join(".hidden"), &bytes).unwrap();
    assert_eq!(look(0), (0, 2, 0));
    std::fs::write(folder.join("sub/a.dcm"), &bytes).unwrap();
    assert_eq!(look(2), (0, 1, 1));
    assert_eq!(look(3), (0, 1, 0));
    assert_eq!(look(4), (1, 0, 0));
    assert_eq!(look(60), (0, 0, 0));
    assert_eq!(std::fs::read(folder.join("sub/a.dcm")).unwrap(), bytes);
    // Another process knows what was taken, and takes what has changed. A copy is the same instance.
    std::fs::write(folder.join("b.dcm"), &bytes).unwrap();
    std::fs::write(folder.join("notes.txt"), study(2, 32)).unwrap();
    let mut again =
        WatchFolder::new(WatchSettings { stable_for: Duration::ZERO, after: AfterTaking::Delete, ..settings });
    let looked = again.look(&inbox, start.after(Duration::from_secs(60))).unwrap();
    assert_eq!((looked.taken, looked.waiting, looked.refused.len()), (2, 0, 0));
    assert!(folder.join("sub/a.dcm").exists() && !folder.join("b.dcm").exists() && !folder.join("notes.txt").exists());
    assert_eq!(store.reader().unwrap().jobs(None, 10).unwrap().len(), 2);
    std::fs::remove_dir_all(&folder).unwrap();
    let error = again.look(&inbox, start).unwrap_err();
    assert!(error.to_string().contains("the watched folder cannot be read"), "{error}");
}
