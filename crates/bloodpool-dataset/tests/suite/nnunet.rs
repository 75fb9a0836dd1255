//! A dataset exported for nnU-Net v2: its files, its labels and its split, and what is refused.

use std::path::Path;

use bloodpool_dataset::{
    AnnotatedDataset, BuildOptions, NnunetError, NnunetImages, NnunetOptions, Split, SplitSizes, build_dataset,
    export_nnunet,
};
use bloodpool_files::{IfExists, LabelVolume, read_png_u8};
use serde_json::{Value, json};

use crate::walk::{Wish, draw, extracted, form};

fn dataset(folder: &Path, parts: [usize; 3]) -> AnnotatedDataset {
    let studies = parts.iter().sum();
    let work = extracted(folder, studies, false);
    form(&work, &draw(folder, studies, &[-1.0, 0.0, 1.0]), &Wish::default()).unwrap();
    let out = folder.join("data");
    std::fs::create_dir_all(&out).unwrap();
    let options = BuildOptions {
        images: &work,
        out: &out,
        sizes: SplitSizes::Studies { parts },
        seed: 3,
        truth: None,
        accept_lvef: &[],
        reference: None,
        software: "test",
        if_exists: IfExists::Refuse,
    };
    build_dataset(&options, || {}).unwrap();
    AnnotatedDataset::open(&out).unwrap()
}

fn options<'a>(dataset: &'a AnnotatedDataset, raw: &'a Path, images: NnunetImages) -> NnunetOptions<'a> {
    NnunetOptions { dataset, raw, number: 7, name: "GatedBloodPool", images, if_exists: IfExists::Refuse }
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn images_labels_and_split_are_those_of_the_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), [2, 1, 1]);
    for images in [NnunetImages::Png, NnunetImages::NiftiGz] {
        let raw = folder.path().join(format!("{images:?}"));
        let export = export_nnunet(&options(&dataset, &raw, images)).unwrap();
        assert_eq!(export.images, [8, 4, 4]);
        assert_eq!(export.folder, raw.join("Dataset007_GatedBloodPool"));
        let document = json_of(&export.folder.join("dataset.json"));
        let (ending, reader) = match images {
            NnunetImages::Png => (".png", "NaturalImage2DIO"),
            NnunetImages::NiftiGz => (".nii.gz", "SimpleITKIO"),
        };
        assert_eq!(document["channel_names"], json!({"0": "counts"}));
        assert_eq!(document["labels"], json!({"background": 0, "LV": 1}));
        assert_eq!((&document["numTraining"], &document["file_ending"]), (&json!(12), &json!(ending)));
        assert_eq!(document["overwrite_image_reader_writer"], json!(reader));
        assert!(document["description"].as_str().unwrap().contains(dataset.sha256()));

        let splits = json_of(&export.folder.join("splits_final.json"));
        let fold = |part: &str| -> Vec<String> {
            splits[0][part].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(splits.as_array().unwrap().len(), 1);
        let training = [fold("train"), fold("val")].concat();
        for (part, found) in [(Split::Train, fold("train")), (Split::Validation, fold("val"))] {
            let studies: Vec<String> = dataset.split(part).studies().map(|study| study.name().to_owned()).collect();
            assert!(found.iter().all(|name| studies.iter().any(|study| name.starts_with(&format!("{study}-")))));
        }
        let with = |suffix: &str| {
            let mut files: Vec<String> = training.iter().map(|name| format!("{name}{suffix}{ending}")).collect();
            files.sort();
            files
        };
        assert_eq!(names(&export.folder.join("imagesTr")), with("_0000"));
        assert_eq!(names(&export.folder.join("labelsTr")), with(""));
        assert_eq!(names(&export.folder.join("imagesTs")).len(), 4);
        assert_eq!(names(&export.folder.join("labelsTs")).len(), 4);

        let test = dataset.split(Split::Test);
        let study = test.study(0).unwrap();
        let (_, mask) = &study.consensus().unwrap()[0];
        let path = export.folder.join(format!("labelsTs/{}-ed{ending}", study.name()));
        let labels = match images {
            NnunetImages::Png => read_png_u8(&path).unwrap(),
            NnunetImages::NiftiGz => {
                let volume = LabelVolume::read(&path).unwrap();
                assert_eq!((volume.labels.dim(), volume.pixel_spacing_mm), ((1, 256, 256), Some([1.25, 1.25])));
                volume.labels.index_axis_move(ndarray::Axis(0), 0)
            }
        };
        assert_eq!(labels, mask.pixels().mapv(u8::from));
        let again = export_nnunet(&options(&dataset, &raw, images)).unwrap_err().to_string();
        assert!(again.contains("dataset.json already exists"), "{again}");
    }
}

#[test]
fn what_nnunet_would_not_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path(), [2, 0, 1]);
    let plain = options(&dataset, folder.path(), NnunetImages::Png);
    for number in [0, 1000] {
        let error = export_nnunet(&NnunetOptions { number, ..plain }).unwrap_err().to_string();
        assert_eq!(error, format!("{number} is no number of an nnU-Net dataset; they go from 1 to 999"));
    }
    for name in ["", "a b", "심장", "../a"] {
        let error = export_nnunet(&NnunetOptions { name, ..plain }).unwrap_err();
        assert!(matches!(error, NnunetError::Name(found) if found == name));
    }
    let error = export_nnunet(&plain).unwrap_err().to_string();
    assert_eq!(error, "the dataset has no study in its validation part");
    assert!(!folder.path().join("Dataset007_GatedBloodPool").exists());
}
