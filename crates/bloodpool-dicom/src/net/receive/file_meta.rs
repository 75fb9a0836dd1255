//! The preamble and file meta information that are written in front of a received data set (PS3.10 7.1).

use crate::implementation::{IMPLEMENTATION_VERSION_NAME, implementation_class_uid};
use crate::net::uid::Uid;

/// The bytes in front of the data set, the same for the same UIDs.
pub(crate) fn file_start(sop_class: &Uid, sop_instance: &Uid, transfer_syntax: &str) -> Vec<u8> {
    let mut group = Vec::new();
    // OB has a reserved field and a length of 4 bytes.
    group.extend(b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01");
    for (element, vr, value) in [
        (0x0002u16, b"UI", sop_class.as_str()),
        (0x0003, b"UI", sop_instance.as_str()),
        (0x0010, b"UI", transfer_syntax),
        (0x0012, b"UI", implementation_class_uid().as_str()),
        (0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
    ] {
        let padding = if vr == b"UI" { b'\0' } else { b' ' };
        let mut value = value.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(padding);
        }
        group.extend(2u16.to_le_bytes());
        group.extend(element.to_le_bytes());
        group.extend(vr);
        group.extend((value.len() as u16).to_le_bytes());
        group.extend(value);
    }
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM\x02\0\0\0UL\x04\0");
    bytes.extend((group.len() as u32).to_le_bytes());
    bytes.extend(group);
    bytes
}

#[cfg(test)]
mod tests {
    use dicom_object::FileMetaTable;

    use super::*;

    #[test]
    fn a_parser_reads_the_meta_information_back() {
        let uid = |text| Uid::new(text).unwrap();
        let bytes = file_start(&uid("1.2.840.10008.5.1.4.1.1.20"), &uid("1.2.3"), "1.2.840.10008.1.2.1");
        let meta = FileMetaTable::from_reader(&bytes[128..]).unwrap();
        assert_eq!(meta.media_storage_sop_class_uid(), "1.2.840.10008.5.1.4.1.1.20");
        assert_eq!(meta.media_storage_sop_instance_uid(), "1.2.3");
        assert_eq!(meta.transfer_syntax(), "1.2.840.10008.1.2.1");
        assert_eq!(meta.implementation_class_uid(), implementation_class_uid());
        assert_eq!(meta.information_version, [0, 1]);
        // The group length counts from the end of its own element to the end of the group.
        assert_eq!(meta.information_group_length as usize, bytes.len() - 128 - 4 - 12);
        let read = crate::read::file_meta::FileMeta::read(&bytes).unwrap();
        assert_eq!((read.start, read.unusual), (bytes.len(), Vec::<String>::new()));
    }
}
