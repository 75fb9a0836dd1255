//! Label volumes: what is written is read back, what other programs wrote is read, and what is no volume is an error.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use bloodpool_files::volume::encode_nifti_image;
use bloodpool_files::{FileError, IfExists, LabelVolume, VolumeFormat};
use ndarray::{Array2, Array3, Axis};
use proptest::prelude::*;

/// The labels of `fixtures/volumes/write.py`.
fn labels() -> Array3<u8> {
    Array3::from_shape_fn((3, 9, 12), |(frame, row, column)| {
        u8::from((row * 2 + column * 5 + frame * 3) % 7 == 0 || (row < 3 && column < 4 + frame))
    })
}

fn volume() -> LabelVolume {
    LabelVolume { labels: labels(), pixel_spacing_mm: Some([4.5, 3.25]) }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/volumes").join(name)
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.nii", "a.nii.gz", "a.nrrd", "A.NII.GZ"] {
        let path = folder.path().join(name);
        volume().write(&path, IfExists::Refuse).unwrap();
        assert_eq!(LabelVolume::read(&path).unwrap(), volume(), "{name}");
        assert!(matches!(volume().write(&path, IfExists::Refuse), Err(FileError::Exists { .. })));
        let unknown = LabelVolume { pixel_spacing_mm: None, ..volume() };
        unknown.write(&path, IfExists::Replace).unwrap();
        assert_eq!(LabelVolume::read(&path).unwrap(), unknown, "{name}");
    }
    let error = volume().write(&folder.path().join("a.img"), IfExists::Refuse).unwrap_err().to_string();
    assert!(error.contains("a.img") && error.contains(".nii, .nii.gz or .nrrd"), "{error}");
}

#[test]
fn the_header_is_that_of_the_standard() {
    // Offsets of nifti1.h: dim 40, datatype 70, pixdim 76, xyzt_units 123, sform_code 254, srow_x 280, srow_y 296, magic 344.
    let bytes = volume().encode(Path::new("a.nii"), VolumeFormat::Nifti).unwrap();
    assert_eq!(bytes.len(), 352 + 3 * 9 * 12);
    let short = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let float = |at: usize| f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    assert_eq!([40, 42, 44, 46, 48].map(short), [3, 12, 9, 3, 1]);
    assert_eq!((short(70), short(72), short(252), short(254), bytes[123]), (2, 8, 1, 1, 2));
    assert_eq!([76, 80, 84, 88, 280, 300, 320, 264].map(float), [1.0, 3.25, 4.5, 1.0, -3.25, -4.5, 1.0, 1.0]);
    assert_eq!(&bytes[344..352], b"n+1\0\0\0\0\0");
}

#[test]
fn volumes_of_other_programs_are_read() {
    for name in [
        "nibabel.nii.gz",
        "nibabel-big-endian.nii",
        "nibabel-4d.nii.gz",
        "simpleitk.nii.gz",
        "simpleitk.nrrd",
        "simpleitk-uint16.nrrd",
        "pynrrd.nrrd",
    ] {
        assert_eq!(LabelVolume::read(&fixture(name)).unwrap(), volume(), "{name}");
    }
    for name in ["simpleitk-2d.nii.gz", "simpleitk-2d.nrrd"] {
        let plane = LabelVolume::read(&fixture(name)).unwrap();
        assert_eq!(plane.labels, labels().slice(ndarray::s![1..2, .., ..]), "{name}");
        assert_eq!(plane.pixel_spacing_mm, Some([4.5, 3.25]), "{name}");
        assert_eq!(plane.frame(0, 1).unwrap(), labels().index_axis(Axis(0), 1).mapv(|label| label == 1));
        assert_eq!(plane.frame(1, 1), None);
    }
}

#[test]
fn axes_of_other_directions_are_refused() {
    let error = LabelVolume::read(&fixture("nibabel-identity.nii")).unwrap_err().to_string();
    assert!(error.contains("nibabel-identity.nii") && error.contains("axis 1 points to (1.00, 0.00, 0.00)"), "{error}");
    let nrrd = |directions: &str, space: &str| {
        let text = format!(
            "NRRD0004\ntype: uint8\ndimension: 3\nspace: {space}\nsizes: 2 1 1\nspace directions: {directions}\n\
             encoding: raw\n\n\u{1}\u{0}"
        );
        LabelVolume::decode(Path::new("a.nrrd"), text.as_bytes())
    };
    assert_eq!(nrrd("(2,0,0) (0,3,0) (0,0,1)", "left-posterior-superior").unwrap().pixel_spacing_mm, Some([3.0, 2.0]));
    assert_eq!(nrrd("(-2,0,0) (0,-3,0) (0,0,1)", "RAS").unwrap().pixel_spacing_mm, Some([3.0, 2.0]));
    for (directions, space) in [
        ("(-2,0,0) (0,3,0) (0,0,1)", "left-posterior-superior"),
        ("(0,2,0) (3,0,0) (0,0,1)", "left-posterior-superior"),
        ("(2,0,0) none (0,0,1)", "left-posterior-superior"),
        ("(2,0,0) (0,3,0) (0,0,1)", "RAS"),
    ] {
        let error = nrrd(directions, space).unwrap_err().to_string();
        assert!(error.contains("a.nrrd") && error.contains("masks are read with columns to the left"), "{error}");
    }
}

#[test]
fn each_fault_is_named() {
    let nifti = volume().encode(Path::new("a.nii"), VolumeFormat::Nifti).unwrap();
    let changed = |at: usize, value: &[u8]| {
        let mut bytes = nifti.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    };
    let nrrd = |line: &str, data: &str| {
        format!("NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 1 1\n{line}\n\n{data}").into_bytes()
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (nifti[..300].to_vec(), "300 bytes"),
        (nifti[..400].to_vec(), "need 324 bytes and 48 are left"),
        (changed(0, &[1, 2, 3, 4]), "does not begin as a NIfTI-1 file"),
        (changed(344, b"ni1\0"), "a pair of .hdr and .img"),
        (changed(70, &[32, 0]), "voxels of type 32"),
        (changed(40, &[9, 0]), "9 axes"),
        (changed(42, &[0xff, 0xff]), "0 x 9 x 3 voxels"),
        (changed(108, &f32::NAN.to_le_bytes()), "begin at byte NaN"),
        (vec![0x1f, 0x8b, 8, 0], "cannot be decompressed"),
        (nrrd("encoding: bzip2", "ab"), "encoding `bzip2`"),
        (nrrd("encoding: raw\ndata file: b.raw", ""), "in another file"),
        (nrrd("encoding: raw", "a"), "need 2 bytes and 1 are left"),
        (nrrd("encoding: raw\nsizes: 2 2 2 2", "ab"), "4 axes"),
        (b"NRRD0004\ntype: uint8\n".to_vec(), "header does not end"),
        (b"NRRD0004\ntype: block\n\n".to_vec(), "type `block`"),
    ];
    for (bytes, expected) in cases {
        let error = LabelVolume::decode(Path::new("a.nii"), &bytes).unwrap_err().to_string();
        assert!(error.contains("a.nii") && error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn an_image_is_flat() {
    let image = Array2::from_shape_fn((4, 5), |(row, column)| row as f32 + 0.5 * column as f32);
    let bytes = encode_nifti_image(Path::new("a.nii"), &image, None, VolumeFormat::Nifti).unwrap();
    let short = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
    assert_eq!([40, 42, 44, 46, 70, 72].map(short), [2, 5, 4, 1, 16, 32]);
    assert_eq!(bytes[352 + 4 * 6..352 + 4 * 7], 1.5_f32.to_le_bytes());
    let error = encode_nifti_image(Path::new("a.nrrd"), &image, None, VolumeFormat::Nrrd).unwrap_err().to_string();
    assert!(error.contains("NRRD was asked for"), "{error}");
    let long = Array3::zeros((1, 1, 40_000));
    let error = LabelVolume { labels: long, pixel_spacing_mm: None }
        .encode(Path::new("a.nii"), VolumeFormat::Nifti)
        .unwrap_err()
        .to_string();
    assert!(error.contains("a side of 40000 voxels"), "{error}");
}

proptest! {
    #[test]
    fn any_labels_come_back(
        labels in (1_usize..4, 1_usize..6, 1_usize..7).prop_flat_map(|(frames, rows, columns)| {
            proptest::collection::vec(any::<u8>(), frames * rows * columns)
                .prop_map(move |voxels| Array3::from_shape_vec((frames, rows, columns), voxels).unwrap())
        }),
        spacing in prop_oneof![Just(None), (0.01_f32..50.0, 0.01_f32..50.0).prop_map(|(row, column)| {
            Some([f64::from(row), f64::from(column)])
        })],
        format in prop_oneof![Just(VolumeFormat::Nifti), Just(VolumeFormat::NiftiGz), Just(VolumeFormat::Nrrd)],
    ) {
        let volume = LabelVolume { labels, pixel_spacing_mm: spacing };
        let path = Path::new("a");
        prop_assert_eq!(LabelVolume::decode(path, &volume.encode(path, format).unwrap()).unwrap(), volume);
    }

    #[test]
    fn any_bytes_are_a_volume_or_an_error(
        at in 0_usize..1000, byte: u8, format in prop_oneof![Just(VolumeFormat::Nifti), Just(VolumeFormat::NiftiGz), Just(VolumeFormat::Nrrd)],
        cut in 0_usize..1000,
    ) {
        let mut bytes = volume().encode(Path::new("a"), format).unwrap();
        let place = at % bytes.len();
        bytes[place] = byte;
        let _ = LabelVolume::decode(Path::new("a"), &bytes);
        bytes.truncate(cut % bytes.len());
        let _ = LabelVolume::decode(Path::new("a"), &bytes);
    }
}
