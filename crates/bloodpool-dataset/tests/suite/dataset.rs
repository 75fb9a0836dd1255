//! A dataset built, opened, drawn from, and verified; and what verification finds.

use std::path::{Path, PathBuf};

use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::protocol::Grid;
use bloodpool_core::{FrameIndex, ReferenceLvef, SampleSource};
use bloodpool_dataset::dataset::DATASET_FILE;
use bloodpool_dataset::reference_studies::LeftOutReason;
use bloodpool_dataset::{
    AnnotatedDataset, BuildError, BuildOptions, DatasetManifest, Split, SplitSizes, StudiesToAdd, WithReference,
    build_dataset, verify_dataset,
};
use bloodpool_files::folder_lock::{FolderLock, LOCK_FILE, LockError};
use bloodpool_files::{IfExists, write_png_u8};

use crate::walk::{self, Wish, draw, extracted, form};

fn build(work: &Path, out: &Path, sizes: SplitSizes, truth: Option<&Path>) -> Result<DatasetManifest, BuildError> {
    std::fs::create_dir_all(out).unwrap();
    let options = BuildOptions {
        images: work,
        out,
        sizes,
        seed: 3,
        truth,
        accept_lvef: &[],
        reference: None,
        software: "test",
        if_exists: IfExists::Refuse,
    };
    build_dataset(&options, || {})
}

/// A dataset of six studies, with two of the studies of another folder whose LVEF by CMR a table has.
fn with_reference(folder: &Path) -> (PathBuf, PathBuf, Result<DatasetManifest, BuildError>) {
    let work = extracted(folder, 6, false);
    form(&work, &draw(folder, 6, &[-1.0, 0.0, 1.0]), &Wish::default()).unwrap();
    let more = extracted(&folder.join("more"), 9, false);
    let cmr = |percent| ReferenceLvef { percent, modality: "CMR".into() };
    let references =
        [("s6.dcm".into(), cmr(55.0)), ("s7".into(), cmr(61.5)), ("s1.dcm".into(), cmr(40.0)), ("x".into(), cmr(9.0))];
    let out = folder.join("data");
    std::fs::create_dir_all(&out).unwrap();
    let options = BuildOptions {
        images: &work,
        out: &out,
        sizes: SplitSizes::Studies { parts: [2, 2, 2] },
        seed: 3,
        truth: None,
        accept_lvef: &[],
        reference: Some(StudiesToAdd { images: &more, references: &references, table_sha256: "abc" }),
        software: "test",
        if_exists: IfExists::Replace,
    };
    let manifest = build_dataset(&options, || {});
    (out, more, manifest)
}

#[test]
fn studies_with_a_reference_alone_are_added_and_joined_to_those_with_outlines() {
    let folder = tempfile::tempdir().unwrap();
    let (out, _, manifest) = with_reference(folder.path());
    assert!(manifest.unwrap().reference.is_some());
    let dataset = AnnotatedDataset::open(&out).unwrap();
    let part = dataset.reference().unwrap().unwrap();
    // Studies 0 to 5 have the counts of those with outlines; nothing is known of 8.
    let left_out: Vec<_> = part.studies().left_out.iter().map(|study| (study.case.as_str(), study.reason)).collect();
    assert_eq!(left_out[..6].iter().filter(|(_, reason)| *reason == LeftOutReason::HasOutlines).count(), 6);
    assert_eq!(left_out[6..], [("s8", LeftOutReason::NoReference)]);
    let sample = part.sample(1).unwrap();
    assert_eq!(sample.reference.unwrap(), ReferenceLvef { percent: 61.5, modality: "CMR".into() });
    assert!(sample.masks.iter().all(|mask| mask.is_empty()) && sample.study.counts().dim() == (16, 256, 256));
    let annotated = sample.annotated.unwrap();
    assert_eq!(annotated.all().map(FrameIndex::index).collect::<Vec<_>>(), [0, 6]);

    let training = dataset.split(Split::Train);
    let both = WithReference::new(training.clone(), part.clone());
    assert_eq!((both.sizes(), both.len()), ([2, 1, 2], Some(4)));
    assert!((0..4).map(|index| both.sample(index).unwrap().reference.is_some()).eq([false, false, true, true]));
    assert!(both.sample(4).is_err() && both.keys().unwrap().len() == 4);
    assert!(both.description().contains(&training.description()) && both.description().contains("reference LVEF"));
    let one = WithReference::new(training.some(1, 1), part.clone());
    assert_eq!((one.sizes(), one.len()), ([1, 2, 2], Some(4)));
    let patients = [part.studies().cases[0].patient.as_str()].into();
    assert_eq!(part.clone().without_patients(&patients).len(), Some(1));

    let checked = verify_dataset(&out, || {}).unwrap();
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    std::fs::write(out.join("reference/s7.npy"), "changed").unwrap();
    let problems = verify_dataset(&out, || {}).unwrap().problems;
    assert!(problems.len() == 1 && problems[0].contains("s7.npy"), "{problems:?}");
    // Built again without them, their files are gone.
    let work = folder.path().join("work");
    let sizes = SplitSizes::Studies { parts: [2, 2, 2] };
    let options = BuildOptions {
        images: &work,
        out: &out,
        sizes,
        seed: 3,
        truth: None,
        accept_lvef: &[],
        reference: None,
        software: "test",
        if_exists: IfExists::Replace,
    };
    build_dataset(&options, || {}).unwrap();
    assert!(AnnotatedDataset::open(&out).unwrap().reference().unwrap().is_none());
    assert!(!out.join("reference.json").exists() && !out.join("reference/s6.npy").exists());
}

#[test]
fn a_table_that_names_no_study_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 6, false);
    form(&work, &draw(folder.path(), 6, &[0.0, 0.0]), &Wish::default()).unwrap();
    let more = extracted(&folder.path().join("more"), 7, false);
    let out = folder.path().join("data");
    let options = BuildOptions {
        images: &work,
        out: &out,
        sizes: SplitSizes::Studies { parts: [2, 2, 2] },
        seed: 3,
        truth: None,
        accept_lvef: &[],
        reference: Some(StudiesToAdd { images: &more, references: &[], table_sha256: "abc" }),
        software: "test",
        if_exists: IfExists::Refuse,
    };
    let error = build_dataset(&options, || {}).unwrap_err().to_string();
    assert!(error.contains("none of the 7 studies") && error.contains("more"), "{error}");
    assert!(!out.join("counts").exists() && !out.join(DATASET_FILE).exists());
}

fn built(folder: &Path, shared: bool) -> PathBuf {
    let work = extracted(folder, 6, shared);
    let raters = draw(folder, 6, &[-1.0, 0.0, 1.0]);
    form(&work, &raters, &Wish::default()).unwrap();
    let out = folder.join("data");
    build(&work, &out, SplitSizes::Studies { parts: [2, 2, 2] }, None).unwrap();
    out
}

#[test]
fn samples_are_on_the_256_grid_with_the_consensus_on_annotated_frames() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = AnnotatedDataset::open(&built(folder.path(), false)).unwrap();
    let mut seen = Vec::new();
    for split in Split::ALL {
        let part = dataset.split(split);
        assert_eq!(part.len(), Some(2));
        assert!(part.description().contains(&split.to_string()) && part.description().contains(dataset.sha256()));
        for index in 0..2 {
            let study = part.study(index).unwrap();
            let number: usize = study.name()[1..].parse().unwrap();
            seen.push(number);
            let sample = part.sample(index as u64).unwrap();
            let own = walk::study(number);
            assert_eq!(study.own_matrix().unwrap().counts(), own.counts());
            assert_eq!(sample.study.counts().dim(), (16, 256, 256));
            assert!((sample.study.counts().sum() / own.counts().sum() - 1.0).abs() < 1e-4);
            let grid = GridCounts::new(&own, Grid::Square256);
            assert_eq!(
                f64::from(sample.study.counts()[[3, 100, 77]]),
                f64::from(grid.at(FrameIndex::new(3), (100, 77)) as f32)
            );
            assert_eq!(sample.study.pixel_spacing_mm(), Some([1.25, 1.25]));
            assert_eq!(sample.study.gating.frame_time_ms, Some(50.0));
            let annotated = sample.annotated.unwrap();
            assert_eq!(annotated.all().map(FrameIndex::index).collect::<Vec<_>>(), [0, 6, 1, 7]);
            let drawn: Vec<usize> = (0..16).filter(|&frame| !sample.masks[frame].is_empty()).collect();
            assert_eq!(drawn, [0, 1, 6, 7]);
            assert!(sample.lvef_percent.is_none() && sample.lv_fraction.is_none() && sample.lv_volume_ml.is_none());
            assert_eq!(study.consensus().unwrap()[0].1, sample.masks[0]);
            assert!(study.true_lvef_percent().is_none() && study.true_silhouettes().unwrap().is_empty());
        }
        assert!(part.sample(2).is_err());
    }
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_build_locks_its_folder_and_goes_on_after_one_that_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let out = built(folder.path(), false);
    let (work, sizes) = (folder.path().join("work"), SplitSizes::Studies { parts: [2, 2, 2] });
    let whole = std::fs::read(out.join(DATASET_FILE)).unwrap();
    assert!(!out.join(LOCK_FILE).exists());
    assert!(matches!(build(&work, &out, sizes, None), Err(BuildError::Lock(LockError::Occupied { .. }))));
    let lock = FolderLock::take(&out, &[], "another 1").unwrap();
    let error = build(&work, &out, sizes, None).unwrap_err();
    assert!(matches!(error, BuildError::Lock(_)) && error.to_string().contains("in use by another 1"), "{error}");
    drop(lock);
    assert_eq!(std::fs::read(out.join(DATASET_FILE)).unwrap(), whole);
    // As a kill leaves it.
    std::fs::remove_file(out.join(DATASET_FILE)).unwrap();
    std::fs::remove_file(out.join("counts/s5.npy")).unwrap();
    std::fs::write(out.join("masks/.bloodpool-abc123.tmp"), "half").unwrap();
    let owner = r#"{"pid": 7, "host": "pc", "program": "test", "started": "2026-01-01T00:00:00Z"}"#;
    std::fs::write(out.join(LOCK_FILE), owner).unwrap();
    build(&work, &out, sizes, None).unwrap();
    assert_eq!(std::fs::read(out.join(DATASET_FILE)).unwrap(), whole);
    assert!(!out.join("masks/.bloodpool-abc123.tmp").exists() && !out.join(LOCK_FILE).exists());
    assert!(verify_dataset(&out, || {}).unwrap().problems.is_empty());
}

#[test]
fn truth_is_copied_and_kept_out_of_samples() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 3, false);
    form(&work, &draw(folder.path(), 3, &[0.0, 0.0]), &Wish::default()).unwrap();
    let sim = folder.path().join("sim");
    std::fs::create_dir_all(sim.join("truth/silhouettes")).unwrap();
    for image in walk::images(3) {
        let grey = bloodpool_dataset::consensus::grey_of(&walk::disc(30.0));
        write_png_u8(&sim.join(format!("truth/silhouettes/{image}.png")), &grey, IfExists::Refuse).unwrap();
    }
    let sizes = SplitSizes::Percent { parts: [34, 33, 33] };
    std::fs::write(sim.join("truth.csv"), "study,lvef_percent\nstudies/s0.dcm,50\nstudies/s1.dcm,45.5\n").unwrap();
    let error = build(&work, &folder.path().join("none"), sizes, Some(&sim)).unwrap_err().to_string();
    assert!(error.contains("truth.csv") && error.contains("`s2`"), "{error}");
    assert!(!folder.path().join("none").join(DATASET_FILE).exists());
    std::fs::write(sim.join("truth.csv"), "study,lvef_percent\ns0,50\ns1,45.5\ns2,40\n").unwrap();
    let out = folder.path().join("data");
    build(&work, &out, sizes, Some(&sim)).unwrap();
    let dataset = AnnotatedDataset::open(&out).unwrap();
    let study = dataset.study(1).unwrap();
    assert_eq!(study.true_lvef_percent(), Some(45.5));
    let silhouettes = study.true_silhouettes().unwrap();
    assert_eq!((silhouettes.len(), &silhouettes[2].1), (4, &walk::disc(30.0)));
    assert_eq!(study.sample().unwrap().lvef_percent, None);
    assert_eq!(verify_dataset(&out, || {}).unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_whole_dataset_is_told_from_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let out = built(folder.path(), true);
    let found = verify_dataset(&out, || {}).unwrap();
    assert_eq!((found.studies, found.patients, found.parts), (6, 3, [2, 2, 2]));
    assert_eq!((found.files, found.masks, found.problems.len()), (6 * 9 + 1, 24, 0));

    std::fs::write(out.join("counts/s0.npy"), b"shorter").unwrap();
    std::fs::remove_file(out.join("images/s1-ed.png")).unwrap();
    let empty = ndarray::Array2::<u8>::zeros((256, 256));
    write_png_u8(&out.join("masks/s2-es.png"), &empty, IfExists::Replace).unwrap();
    let problems = verify_dataset(&out, || {}).unwrap().problems;
    assert_eq!(problems.len(), 3, "{problems:#?}");
    for name in ["counts/s0.npy", "images/s1-ed.png", "masks/s2-es.png"] {
        assert!(problems.iter().any(|problem| problem.contains(name)), "{name} in {problems:#?}");
    }
    let part = AnnotatedDataset::open(&out).unwrap();
    let study = (0..6).filter_map(|index| part.study(index)).find(|study| study.name() == "s0").unwrap();
    assert!(study.sample().unwrap_err().to_string().contains("s0.npy"));
}

/// Puts other bytes in the place of a file, as someone would who also mends its hash.
fn replaced(out: &Path, file: &str, bytes: &[u8]) {
    let mut manifest = DatasetManifest::read(out).unwrap().document;
    std::fs::write(out.join(file), bytes).unwrap();
    let records = manifest.cases.iter_mut().flat_map(|case| {
        let frames = case.annotated.iter_mut().flat_map(|frame| [&mut frame.image, &mut frame.mask]);
        frames.chain([&mut case.counts])
    });
    for record in records.filter(|record| record.file == file) {
        record.sha256 = bloodpool_files::sha256(bytes);
    }
    manifest.write(out, IfExists::Replace).unwrap();
}

#[test]
fn a_right_hash_does_not_make_a_file_right() {
    let folder = tempfile::tempdir().unwrap();
    let out = built(folder.path(), false);
    let png = |grey: &ndarray::Array2<u8>| bloodpool_files::encode_png_u8(grey).unwrap();
    let full = || bloodpool_dataset::consensus::grey_of(&walk::disc(30.0));
    replaced(&out, "masks/s0-ed.png", &png(&ndarray::Array2::zeros((256, 256))));
    replaced(&out, "masks/s1-ed.png", &png(&ndarray::Array2::from_elem((128, 256), 255)));
    replaced(&out, "masks/s2-ed.png", &png(&full().mapv(|value| value / 2)));
    replaced(&out, "masks/s3-ed.png", &png(&full()));
    replaced(&out, "images/s4-ed.png", b"no image");
    let npy = |counts: &ndarray::Array3<f32>| {
        let path = folder.path().join("any.npy");
        bloodpool_files::write_npy_f32(&path, counts, IfExists::Replace).unwrap();
        std::fs::read(path).unwrap()
    };
    replaced(&out, "counts/s4.npy", &npy(&ndarray::Array3::ones((16, 64, 32))));
    replaced(&out, "counts/s5.npy", &npy(&ndarray::Array3::from_elem((16, 64, 64), f32::NAN)));
    let problems = verify_dataset(&out, || {}).unwrap().problems;
    assert_eq!(problems.len(), 7, "{problems:#?}");
    for (file, said) in [
        ("s0-ed.png", "empty mask"),
        ("s1-ed.png", "256 x 128 pixels"),
        ("s2-ed.png", "values other than 0 and 255"),
        ("s3-ed.png", "dataset.json says"),
        ("images/s4-ed.png", "PNG"),
        ("s4.npy", "(16, 64, 32) where dataset.json says (16, 64, 64)"),
        ("s5.npy", "NaN"),
    ] {
        assert!(
            problems.iter().any(|problem| problem.contains(file) && problem.contains(said)),
            "{file} {problems:#?}"
        );
    }
}

#[test]
fn a_manifest_that_contradicts_itself_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let out = built(folder.path(), true);
    let path = out.join(DATASET_FILE);
    let whole = DatasetManifest::read(&out).unwrap().document;
    let mut leak = whole.clone();
    leak.cases[0].split = if leak.cases[0].split == Split::Test { Split::Train } else { Split::Test };
    leak.split = SplitSizes::Percent { parts: [60, 20, 20] };
    let mut frame = whole.clone();
    frame.cases[2].annotated[3].frame = 17;
    let mut missing = whole.clone();
    missing.cases[1].annotated.pop();
    let mut outside = whole.clone();
    outside.cases[1].counts.file = "../work/counts/s1.npy".into();
    for (manifest, said) in [
        (leak, "patient `p0` is in two parts"),
        (frame, "frame 17 of 16"),
        (missing, "0 annotations of ES, second frame"),
        (outside, "outside the dataset"),
    ] {
        manifest.write(&out, IfExists::Replace).unwrap();
        let error = AnnotatedDataset::open(&out).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains(&path.display().to_string()), "{error}");
        let problems = verify_dataset(&out, || {}).unwrap().problems;
        assert!(problems.iter().any(|problem| problem.contains(said)), "{problems:#?}");
    }
    let text = std::fs::read_to_string(&path).unwrap().replacen("\"seed\"", "\"sead\"", 1);
    std::fs::write(&path, text).unwrap();
    assert!(AnnotatedDataset::open(&out).unwrap_err().to_string().contains(DATASET_FILE));
}

#[test]
fn a_consensus_of_other_images_or_a_study_without_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 3, false);
    let sizes = SplitSizes::Percent { parts: [60, 20, 20] };
    let error = build(&work, &folder.path().join("x"), sizes, None).unwrap_err().to_string();
    assert!(error.contains("consensus.json"), "{error}");
    form(&work, &draw(folder.path(), 3, &[0.0, 0.0]), &Wish::default()).unwrap();
    let mut formed = bloodpool_dataset::ConsensusManifest::read(&work).unwrap().document;
    formed.cases[1].images.pop();
    formed.write(&work, IfExists::Replace).unwrap();
    let error = build(&work, &folder.path().join("x"), sizes, None).unwrap_err().to_string();
    assert!(error.contains("`s1` has no consensus on s1-es-second.png"), "{error}");
    formed.extract_sha256 = "0".repeat(64);
    formed.write(&work, IfExists::Replace).unwrap();
    let error = build(&work, &folder.path().join("x"), sizes, None).unwrap_err().to_string();
    assert!(error.contains("other images"), "{error}");
    assert!(!folder.path().join("x").join(DATASET_FILE).exists());
}

#[test]
fn how_each_rater_fared_is_copied_and_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let out = built(folder.path(), false);
    let dataset = AnnotatedDataset::open(&out).unwrap();
    let raters = dataset.raters().unwrap().unwrap();
    let names: Vec<&str> = raters.raters.iter().map(|rater| rater.rater.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(raters.cases.len(), 6);
    for case in &raters.cases {
        assert_eq!(case.images.iter().map(|image| image.phase).collect::<Vec<_>>(), bloodpool_dataset::RatedPhase::ALL);
        // The second rater draws the consensus itself; the third a pixel larger, which counts for more at ES.
        assert_eq!(case.lvef_percent[1], case.consensus_lvef_percent);
        let dice = |image: usize, rater: usize| case.images[image].dice[rater].unwrap();
        assert!(dice(2, 2) < dice(0, 2) && dice(0, 2) < 1.0 && dice(2, 2) > 0.9, "{case:?}");
    }
    let path = out.join("raters.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"a\"", "\"z\"", 1)).unwrap();
    assert!(dataset.raters().unwrap_err().to_string().contains("raters.json"));
    let problems = verify_dataset(&out, || {}).unwrap().problems;
    assert!(problems.len() == 1 && problems[0].contains("raters.json"), "{problems:?}");
}

#[test]
fn a_study_is_recognised_in_another_dataset_and_a_pseudonym_only_in_its_own() {
    let keys = |pseudonymised: bool, software: &str| {
        let folder = tempfile::tempdir().unwrap();
        let work = extracted(folder.path(), 6, true);
        let path = work.join("extract.json");
        let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        manifest["pseudonymised"] = pseudonymised.into();
        manifest["software"] = software.into();
        std::fs::write(&path, manifest.to_string()).unwrap();
        form(&work, &draw(folder.path(), 6, &[-1.0, 0.0, 1.0]), &Wish::default()).unwrap();
        let out = folder.path().join("data");
        build(&work, &out, SplitSizes::Studies { parts: [2, 2, 2] }, None).unwrap();
        let dataset = AnnotatedDataset::open(&out).unwrap();
        let mut keys = Split::ALL.map(|split| dataset.split(split).keys().unwrap()).concat();
        keys.sort_by(|a, b| a.counts.cmp(&b.counts));
        keys
    };
    let (first, second) = (keys(false, "a"), keys(false, "b"));
    assert_eq!(first.len(), 6);
    assert_eq!(first, second, "extracted twice, the same patients and studies");
    let patients: std::collections::BTreeSet<_> = first.iter().map(|key| key.patient.clone()).collect();
    assert_eq!(patients.len(), 3, "two studies each");
    // patient-0001 of another extraction is another person; the counts are the same under any name.
    let (mine, theirs) = (keys(true, "a"), keys(true, "b"));
    assert!(mine.iter().zip(&theirs).all(|(a, b)| a.counts == b.counts && a.patient != b.patient));
    assert!(mine.iter().zip(&first).all(|(a, b)| a.counts == b.counts && a.patient != b.patient));
}

#[test]
fn a_consensus_of_an_earlier_version_with_an_unusual_lvef_is_not_built_unless_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 6, false);
    form(&work, &draw(folder.path(), 6, &[-1.0, 0.0, 1.0]), &Wish::default()).unwrap();
    let path = work.join("consensus/consensus.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["cases"][4]["lvef_percent"] = (-154.0).into();
    for field in ["warnings", "accepted_lvef"] {
        manifest.as_object_mut().unwrap().remove(field);
    }
    std::fs::write(&path, manifest.to_string()).unwrap();
    let error = build(&work, &folder.path().join("data"), SplitSizes::Studies { parts: [2, 2, 2] }, None).unwrap_err();
    assert!(matches!(&error, BuildError::UnusualLvef(_)) && error.to_string().contains("s4 (-154.0 %)"), "{error}");
    manifest["accepted_lvef"] = serde_json::json!(["s4"]);
    std::fs::write(&path, manifest.to_string()).unwrap();
    build(&work, &folder.path().join("more"), SplitSizes::Studies { parts: [2, 2, 2] }, None).unwrap();
}
