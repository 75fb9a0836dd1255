//! Raters who each drew a part of the images, or some twice, and the consensus of groups of them.

use std::path::{Path, PathBuf};

use bloodpool_core::SampleSource;
use bloodpool_dataset::annotations::ProblemKind;
use bloodpool_dataset::consensus::CaseConsensus;
use bloodpool_dataset::dataset::DATASET_FILE;
use bloodpool_dataset::{
    AnnotatedDataset, BuildError, BuildOptions, ConsensusError, DatasetError, DatasetManifest, Split, SplitSizes,
    build_dataset, rasterise_polygon, verify_dataset,
};
use bloodpool_files::{IfExists, read_png_u8};

use crate::walk::{Wish, annotation, circle, draw, extracted, form, images};

fn build(work: &Path, out: &Path) -> Result<DatasetManifest, BuildError> {
    std::fs::create_dir_all(out).unwrap();
    let options = BuildOptions {
        images: work,
        out,
        sizes: SplitSizes::Percent { parts: [60, 20, 20] },
        seed: 3,
        truth: None,
        reference: None,
        accept_lvef: &[],
        software: "test",
        if_exists: IfExists::Refuse,
    };
    build_dataset(&options, || {})
}

fn table(folder: &Path, text: &str) -> Option<PathBuf> {
    let path = folder.join("assignments.csv");
    std::fs::write(&path, text).unwrap();
    Some(path)
}

/// Five raters of whom rater r draws on study s unless r - s is 0 or 1 in a circle of five: three raters per study.
fn partial(folder: &Path) -> (PathBuf, PathBuf, Option<PathBuf>) {
    let work = extracted(folder, 5, false);
    let raters = draw(folder, 5, &[-1.0, -0.5, 0.0, 0.5, 1.0]);
    let mut text = "rater;case\n".to_owned();
    for (index, rater) in ('a'..='e').enumerate() {
        for study in 0..5 {
            if (index + 5 - study) % 5 < 2 {
                for image in images(5).iter().filter(|image| image.starts_with(&format!("s{study}-"))) {
                    std::fs::remove_file(raters.join(format!("{rater}/{image}.json"))).unwrap();
                }
            } else {
                text.push_str(&format!("{rater};s{study}.dcm\n"));
            }
        }
    }
    let assignments = table(folder, &text);
    (work, raters, assignments)
}

#[test]
fn only_what_was_assigned_can_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (work, raters, assignments) = partial(folder.path());
    let formed = form(&work, &raters, &Wish::default()).unwrap().manifest;
    assert_eq!(formed.problems.iter().filter(|p| p.kind == ProblemKind::ImagesMissing).count(), 5);
    assert_eq!((formed.assignments_sha256, formed.left_out_images.len()), (None, 0));

    let wish = Wish { assignments: assignments.clone(), if_exists: IfExists::Replace, ..Wish::default() };
    let formed = form(&work, &raters, &wish).unwrap();
    let manifest = &formed.manifest;
    assert_eq!(manifest.problems, []);
    assert!(manifest.cases.iter().flat_map(|case| &case.images).all(|image| image.raters == 3));
    let sha256 = bloodpool_files::sha256(&std::fs::read(assignments.as_ref().unwrap()).unwrap());
    assert_eq!(manifest.assignments_sha256.as_ref(), Some(&sha256));
    // No study has an LVEF of every rater; the mixed model does not need one.
    let agreement = manifest.agreement.as_ref().unwrap();
    assert!(agreement.ef.is_none() && agreement.ef_problem.as_ref().unwrap().contains("only 0"));
    let model = agreement.lvef_points.as_ref().unwrap().model.as_ref().unwrap();
    assert_eq!((model.readings, model.studies, model.raters), (15, 5, 5));
    assert!(model.study_sd > model.rater_sd, "{model:?}");
    // At ES areas are those of radii from 20 to 28 by study, larger or smaller by 2, 1 or 0 radii of 0.5 by rater: 100 ln of the
    // squares has an SD of 26.6 between studies and of about 200 x 0.79 / 24 = 6.6 between raters.
    let es = agreement.phases[1].area_percent.model.as_ref().unwrap();
    assert!((es.study_sd - 26.6).abs() < 1.5 && (es.rater_sd - 6.6).abs() < 0.8 && es.residual_sd < 2.0, "{es:?}");
    let effects: Vec<f64> = es.rater_effects.iter().map(|effect| effect.unwrap()).collect();
    assert!(effects.is_sorted() && (effects[4] - effects[0] - 16.7).abs() < 2.0, "{effects:?}");
    // At ED all studies are alike, so that nothing remains that a rater's effect does not say.
    let problem = agreement.phases[0].area_percent.problem.as_deref().unwrap();
    assert!(problem.contains("the residuals of the readings are all equal"), "{problem}");
    let [ed, es] = [0, 1].map(|phase| agreement.phases[phase].kappa.unwrap());
    assert_eq!((ed.subjects, ed.mean_raters, ed.patients), (10 * 65536, 3.0, 5));
    assert!(es.kappa < ed.kappa && ed.kappa < 1.0 && es.kappa > 0.9, "a pixel counts for more at ES: {ed:?} {es:?}");
    let summary = formed.summary(&work);
    for said in ["Fleiss' kappa over all pixels", "SD between raters, between studies, residual (mixed model): LVEF"] {
        assert!(summary.contains(said), "{summary}");
    }

    // One of twelve assigned images is missing: a warning; of two, both: an error.
    std::fs::remove_file(raters.join("a/s1-es.json")).unwrap();
    let found = form(&work, &raters, &Wish { min_raters: 2, ..wish.clone() }).unwrap().manifest.problems;
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("1 of 12 assigned images are missing: s1-es"), "{}", found[0].message);
    let text = "rater,case,phase\na,s1,es\na,s1,ED\n";
    let wish = Wish { assignments: table(folder.path(), text), ..wish };
    let error = form(&work, &raters, &wish).unwrap_err();
    let ConsensusError::Problems(problems) = error else { panic!("{error}") };
    let of = |kind| problems.iter().filter(|problem| problem.kind == kind).collect::<Vec<_>>();
    assert!(of(ProblemKind::HalfMissing)[0].message.contains("1 of 2 assigned images are missing: s1-es."));
    let more = of(ProblemKind::NotAssigned);
    assert_eq!(more.len(), 5);
    assert!(more.iter().any(|problem| problem.message.contains("12 images were drawn and not assigned")), "{more:?}");
}

#[test]
fn assignments_name_raters_and_images_that_exist() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let raters = draw(folder.path(), 1, &[0.0, 0.0]);
    let error = |text: &str| {
        let wish = Wish { assignments: table(folder.path(), text), ..Wish::default() };
        form(&work, &raters, &wish).unwrap_err().to_string()
    };
    for (text, said) in [
        ("rater,study\na,s0\n", "has no column `case`"),
        ("rater,case\na,s0\na,s7\n", "assignments.csv, line 3: case is \"s7\"; a study of the extracted images"),
        ("rater,case\n,s0\n", "line 2: rater is \"\"; a rater is needed"),
        ("rater,case,phase\na,s0,systole\n", "phase is \"systole\"; an image of the study is needed, or ed, ed-second"),
        ("rater,case,image\na,s0,s1-ed\n", "image is \"s1-ed\"; an image of the study"),
        ("rater,case,repeat\na,s0,3\n", "repeat is \"3\"; 1 for the first drawing or 2"),
        ("rater,case\nzoe,s0\na,s0\nb,s0\n", "1 error in raters' files"),
    ] {
        let found = error(text);
        assert!(found.contains(said), "{found}");
    }
    let wish = Wish { assignments: table(folder.path(), "rater,case\nzoe,s0\na,s0\nb,s0\n"), ..Wish::default() };
    let Err(ConsensusError::Problems(problems)) = form(&work, &raters, &wish) else { panic!("a problem") };
    assert_eq!(problems[0].kind, ProblemKind::NoDrawings);
    assert!(problems[0].message.contains("assigns 4 drawings to `zoe`, who has no folder"), "{}", problems[0].message);
    // Images by name, phases in other spellings, and rows of nothing.
    let text = "Rater,Case,Image,Phase,Repeat\na,s0,images/s0-ed.png,,1\na,s0,,ES_second,\n,,,,\nb,s0,,,1\n";
    let wish = Wish { assignments: table(folder.path(), text), min_raters: 1, ..Wish::default() };
    let problems = form(&work, &raters, &wish).unwrap().manifest.problems;
    assert_eq!(problems.len(), 1);
    let message = &problems[0].message;
    assert!(message.contains("2 images were drawn and not assigned") && message.contains("s0-ed-second"), "{message}");
}

#[test]
fn images_with_too_few_raters_are_left_out_and_their_studies_are_not_built() {
    let folder = tempfile::tempdir().unwrap();
    let (work, raters, assignments) = partial(folder.path());
    for rater in ["c", "d"] {
        std::fs::remove_file(raters.join(format!("{rater}/s1-es-second.json"))).ok();
        std::fs::remove_file(raters.join(format!("{rater}/s0-ed.json"))).unwrap();
    }
    let wish = Wish { assignments, ..Wish::default() };
    let error = form(&work, &raters, &wish).unwrap_err().to_string();
    assert!(error.contains("1 images have fewer raters than the 2 asked for: s0-ed (1)"), "{error}");
    let none = Wish { at_least: Some(4), ..wish.clone() };
    let error = form(&work, &raters, &none).unwrap_err().to_string();
    assert!(error.contains("20 images have fewer raters than the 4 asked for"), "{error}");

    let formed = form(&work, &raters, &Wish { at_least: Some(2), ..wish }).unwrap();
    let manifest = &formed.manifest;
    assert_eq!(manifest.at_least, Some(2));
    let named: Vec<_> = manifest.left_out_images.iter().map(|image| (image.image.as_str(), image.raters)).collect();
    assert_eq!(named, [("s0-ed", 1)]);
    assert_eq!(manifest.cases.iter().map(|case| case.images.len()).collect::<Vec<_>>(), [3, 4, 4, 4, 4]);
    assert_eq!(manifest.cases[0].lvef_problem.as_deref(), Some("ED or ES is missing"));
    assert!(!work.join("consensus/s0-ed.png").exists());
    let summary = formed.summary(&work);
    for said in ["Left out: 1 images with fewer than 2 raters: s0-ed (1)", "Raters per image: 2 on 1 image, 3 on 18"] {
        assert!(summary.contains(said), "{summary}");
    }
    assert!(summary.contains("warning: 1 of 19 images have an even number of raters (2)"), "{summary}");

    let out = folder.path().join("data");
    let built = build(&work, &out).unwrap();
    assert_eq!((built.left_out.as_slice(), built.cases.len()), (&["s0".to_owned()][..], 4));
    assert_eq!(verify_dataset(&out, || {}).unwrap().problems, Vec::<String>::new());
    let raters = AnnotatedDataset::open(&out).unwrap().raters().unwrap().unwrap();
    assert_eq!(raters.cases.iter().map(|case| case.case.as_str()).collect::<Vec<_>>(), ["s1", "s2", "s3", "s4"]);
    // Dice stays with its image: rater a did not read s4.
    let of_a: Vec<bool> = raters.cases.iter().map(|case| case.images[0].dice[0].is_some()).collect();
    assert_eq!(of_a, [true, true, true, false]);
    assert!(raters.cases[0].images.iter().all(|image| image.dice.iter().flatten().count() >= 2));
}

#[test]
fn what_was_drawn_twice_is_for_the_rater_alone() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 3, false);
    let raters = draw(folder.path(), 3, &[0.0, 1.0, 2.0]);
    let before = form(&work, &raters, &Wish::default()).unwrap().manifest;
    assert_eq!(before.repeats, None);
    let repeat = |rater: &str, image: &str, off: f64| {
        let own = raters.join(rater).join("repeat-2");
        std::fs::create_dir_all(&own).unwrap();
        annotation(image, off).write(&own.join(format!("{image}.json")), IfExists::Replace).unwrap();
    };
    for image in images(3) {
        repeat("a", &image, if image.starts_with("s1") { -1.0 } else { 1.0 });
    }
    repeat("b", "s0-ed", 1.0);
    std::fs::remove_file(raters.join("c/s0-ed.json")).unwrap();
    repeat("c", "s0-ed", 1.0);
    let formed = form(&work, &raters, &Wish { if_exists: IfExists::Replace, ..Wish::default() }).unwrap();
    let manifest = &formed.manifest;
    let counts: Vec<usize> = manifest.cases[0].images.iter().map(|image| image.raters).collect();
    assert_eq!(counts, [2, 3, 3, 3], "no repeat is in the consensus");
    assert_eq!(manifest.cases[1], before.cases[1]);
    let alone = manifest.problems.iter().find(|problem| problem.kind == ProblemKind::RepeatAlone).unwrap();
    assert!(alone.rater == "c" && alone.message.contains("s0-ed"), "{alone:?}");

    let repeats = manifest.repeats.as_ref().unwrap();
    assert_eq!(repeats.raters.iter().map(|rater| rater.rater.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let a = &repeats.raters[0].figures;
    assert_eq!((a.images, repeats.raters[1].figures.images, repeats.all.images), (12, 1, 13));
    assert_eq!(repeats.raters[1].figures.end_diastole, None, "one image has no standard deviation");
    // At ED a radius of 36 becomes 37 on four images and 35 on two; the coefficient of repeatability is 1.96 times the root of the mean
    // square of the differences.
    let area = |radius: f64| rasterise_polygon(&circle(radius), 256, 256).unwrap().area() as f64;
    let change = |radius: f64| 200.0 * (area(radius) - area(36.0)) / (area(radius) + area(36.0));
    let (more, less) = (change(37.0), change(35.0));
    let limit = 1.96 * ((4.0 * more.powi(2) + 2.0 * less.powi(2)) / 6.0).sqrt();
    let ed = a.end_diastole.unwrap();
    assert!((ed.area_bias_percent - (4.0 * more + 2.0 * less) / 6.0).abs() < 1e-9, "{ed:?}");
    assert!((ed.area_repeatability_percent - limit).abs() < 1e-9 && limit > 8.0, "{ed:?} {limit}");
    assert!(ed.mean_dice > 0.96 && ed.mean_dice < 0.985 && a.end_systole.unwrap().mean_dice < ed.mean_dice);
    assert_eq!(a.lvef.unwrap().hearts, 3);
    let ef = &manifest.agreement.as_ref().unwrap().ef_by_case[1];
    assert!(ef.repeated_lvef_percent[0].is_some() && ef.repeated_lvef_percent[1].is_none());
    let summary = formed.summary(&work);
    assert!(summary.contains("  a: 12 images; ED Dice 0.9"), "{summary}");
    assert!(summary.contains("  all: 13 images"), "{summary}");

    // Assigned repeats are missed.
    let text = "rater,case,repeat\na,s0,\na,s0,2\nb,s0,\nb,s0,2\nc,s0,\n";
    let wish = Wish { assignments: table(folder.path(), text), if_exists: IfExists::Replace, ..Wish::default() };
    let Err(ConsensusError::Problems(problems)) = form(&work, &raters, &wish) else { panic!("a problem") };
    let missing = problems.iter().find(|problem| problem.kind == ProblemKind::HalfMissing).unwrap();
    assert!(missing.message.contains("b/repeat-2: 3 of 4 assigned repeats are missing"), "{}", missing.message);
}

#[test]
fn a_part_gives_samples_with_the_consensus_of_one_group() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 5, false);
    let raters = draw(folder.path(), 5, &[2.0, 2.0, 0.0, 0.0, -2.0]);
    let groups = "rater,group\na,new staff\nb,new staff\nc,old/staff\nd,old/staff\n";
    std::fs::write(folder.path().join("raters.csv"), groups).unwrap();
    let formed = form(&work, &raters, &Wish::default()).unwrap();
    let image = &formed.manifest.cases[0].images[0];
    let names: Vec<_> = image.groups.iter().map(|of| (of.group.as_str(), of.raters)).collect();
    assert_eq!(names, [("new staff", 2), ("old/staff", 2)]);
    assert!(image.groups[0].area_px > image.area_px && image.groups[1].area_px == image.area_px);
    let of_group = read_png_u8(&work.join("consensus/groups/s0-ed.new-staff.png")).unwrap();
    let agreement = formed.manifest.agreement.as_ref().unwrap();
    let phase = &agreement.phases[1];
    assert!(phase.groups[0].area_bias_percent.unwrap().test.shift > 15.0, "{:?}", phase.groups);
    let effect = phase.area_percent.group_differences[0].first_less_second.unwrap();
    // Every rater of a group drew the same, so that the difference is the mean over the studies of that of their areas.
    let of_study = |case: &CaseConsensus| {
        let [new, old] = [0, 1].map(|group| case.images[2].groups[group].area_px as f64);
        100.0 * (new / old).ln()
    };
    let expected = formed.manifest.cases.iter().map(of_study).sum::<f64>() / 5.0;
    assert!((effect.estimate - expected).abs() < 1e-6 && effect.degrees_of_freedom == 2, "{effect:?} {expected}");
    assert!((14.0..18.0).contains(&expected), "{expected}");
    let summary = formed.summary(&work);
    assert!(summary.contains("ES: area bias, %: ") && summary.contains("mixed model, first less second"), "{summary}");

    let out = folder.path().join("data");
    build(&work, &out).unwrap();
    let found = verify_dataset(&out, || {}).unwrap();
    assert_eq!((found.files, found.masks, found.problems.len()), (5 * 17 + 1, 5 * 12, 0));
    let dataset = AnnotatedDataset::open(&out).unwrap();
    assert_eq!(dataset.groups(), ["new staff", "old/staff"]);
    let all = dataset.split(Split::Train);
    let of_new = all.with_consensus_of("new staff").unwrap();
    assert_eq!((all.group(), of_new.group(), of_new.name()), (None, Some("new staff"), all.name()));
    assert!(of_new.description().contains("train, consensus of group `new staff`, dataset.json sha256"));
    assert!(!all.description().contains("group"));
    assert_eq!((of_new.len(), of_new.keys()), (all.len(), all.keys()));
    let (sample, of_all) = (of_new.sample(0).unwrap(), all.sample(0).unwrap());
    assert_eq!((sample.study.counts(), sample.annotated), (of_all.study.counts(), of_all.annotated));
    let (own, others) = (&sample.masks[0], &of_all.masks[0]);
    let area = |radius: f64| rasterise_polygon(&circle(radius), 256, 256).unwrap().area();
    assert_eq!((own.area(), others.area()), (area(38.0), area(36.0)));
    assert_eq!(of_new.study(0).unwrap().consensus().unwrap()[0].1, *own);
    if of_new.study(0).unwrap().name() == "s0" {
        assert_eq!(bloodpool_dataset::consensus::mask_of(&of_group).as_ref(), Some(own));
    }
    assert_eq!(of_new.some(1, 4).group(), Some("new staff"));

    // Who does not exist, who did not draw, and who drew apart.
    let error = all.with_consensus_of("nurses").unwrap_err();
    assert!(matches!(error, DatasetError::UnknownGroup { .. }));
    assert_eq!(error.to_string(), "the dataset has no group of raters `nurses`; there are new staff, old/staff");
    let study = all.study(0).unwrap().name().to_owned();
    let whole = DatasetManifest::read(&out).unwrap().document;
    let changed = |raters: usize| {
        let mut manifest = whole.clone();
        let case = manifest.cases.iter_mut().find(|case| case.case == study).unwrap();
        let group = &mut case.annotated[2].groups[0];
        (group.raters, group.mask) = (raters, None);
        manifest.write(&out, IfExists::Replace).unwrap();
        let train = AnnotatedDataset::open(&out).unwrap().split(Split::Train);
        assert!(train.with_consensus_of("old/staff").is_ok());
        train.with_consensus_of("new staff").unwrap_err().to_string()
    };
    let named = format!("study `{study}` has no consensus of the group `new staff` at ES: ");
    assert_eq!(changed(0), format!("{named}nobody of it drew there"));
    assert_eq!(changed(2), format!("{named}2 of it drew there, and no pixel has a majority"));
    // A mask that was changed is found.
    whole.write(&out, IfExists::Replace).unwrap();
    std::fs::copy(out.join("masks/s1-ed.png"), out.join("groups/s1-ed.new-staff.png")).unwrap();
    let problems = verify_dataset(&out, || {}).unwrap().problems;
    assert!(problems.len() == 1 && problems[0].contains("groups/s1-ed.new-staff.png"), "{problems:?}");
}

#[test]
fn datasets_without_groups_are_read_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 5, false);
    form(&work, &draw(folder.path(), 5, &[-1.0, 0.0, 1.0]), &Wish::default()).unwrap();
    // As an earlier version wrote the record.
    let path = work.join("consensus/consensus.json");
    let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for field in ["phases", "lvef_points"] {
        assert!(record["agreement"].as_object_mut().unwrap().remove(field).is_some());
    }
    std::fs::write(&path, record.to_string()).unwrap();
    let out = folder.path().join("data");
    build(&work, &out).unwrap();
    let text = std::fs::read_to_string(out.join(DATASET_FILE)).unwrap();
    for field in ["\"groups\"", "\"left_out\""] {
        assert!(!text.contains(field), "{field}");
    }
    let dataset = AnnotatedDataset::open(&out).unwrap();
    assert!(dataset.groups().is_empty());
    let error = dataset.split(Split::Train).with_consensus_of("x").unwrap_err().to_string();
    assert_eq!(error, "the dataset has no group of raters `x`; it knows none");
}
