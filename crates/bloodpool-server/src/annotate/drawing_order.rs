//! Which images a rater sees, and in which order: a random one of the rater's own that is the same after each start.

use bloodpool_dataset::annotations::{Assignments, Round};
use bloodpool_dataset::{ExtractedCase, ExtractedImage};
use bloodpool_files::{composed, sha256};

/// One image that a rater draws on, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AssignedImage {
    /// Index of the study in the manifest.
    pub(crate) case: usize,
    /// Index of the image in the study.
    pub(crate) image: usize,
    /// The first drawing, or the second of a rater who is compared with themselves.
    pub(crate) round: Round,
}

/// The images of a rater in their order. Second drawings come after all first ones, in an order of their own, and are not marked: who
/// knows that an image is a repeat may draw it with other care.
///
/// The order follows from the names of rater and image alone, so that it stays when the program starts again, and images that are added
/// leave the order of the others. `second_percent`: the share of the rater's studies, at least one, that are read again as a whole.
pub(crate) fn assigned_images(
    cases: &[ExtractedCase],
    rater: &str,
    assignments: Option<&Assignments>,
    second_percent: Option<f64>,
) -> Vec<AssignedImage> {
    let place = |round: Round, name: &str| {
        let round = if round == Round::First { "first" } else { "second" };
        sha256(format!("{}\n{round}\n{}", composed(rater), composed(name)).as_bytes())
    };
    let of = |round: Round, wanted: &dyn Fn(usize, &ExtractedImage) -> bool| {
        let mut found = Vec::new();
        for (case, study) in cases.iter().enumerate() {
            for (image, own) in study.images.iter().enumerate().filter(|(_, own)| wanted(case, own)) {
                found.push((place(round, own.name()), AssignedImage { case, image, round }));
            }
        }
        found.sort_by(|left, right| left.0.cmp(&right.0));
        found.into_iter().map(|(_, assigned)| assigned).collect::<Vec<_>>()
    };
    let assigned = |round: Round, name: &str| match assignments {
        Some(table) => table.has(rater, round, name),
        None => round == Round::First,
    };
    let first = of(Round::First, &|_, image| assigned(Round::First, image.name()));
    let second = match second_percent {
        Some(percent) => {
            let mut studies: Vec<usize> = first.iter().map(|assigned| assigned.case).collect();
            studies.sort_by_key(|&case| place(Round::Repeat, &cases[case].case));
            studies.dedup();
            let count = (studies.len() as f64 * percent / 100.0).round().max(1.0) as usize;
            studies.truncate(count);
            of(Round::Repeat, &|case, image| studies.contains(&case) && assigned(Round::First, image.name()))
        }
        None => of(Round::Repeat, &|_, image| assigned(Round::Repeat, image.name())),
    };
    first.into_iter().chain(second).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use bloodpool_core::GatedStudy;
    use bloodpool_dataset::FrameOrigin;
    use bloodpool_dataset::extracted::CaseToExtract;
    use bloodpool_files::IfExists;
    use ndarray::Array3;

    /// Studies whose names and patients are somebody's.
    pub(crate) fn cases(folder: &std::path::Path, count: usize) -> Vec<ExtractedCase> {
        std::fs::create_dir_all(folder.join("images")).unwrap();
        std::fs::create_dir_all(folder.join("counts")).unwrap();
        let case = |index: usize| {
            let counts = Array3::from_shape_fn((8, 32, 32), |(frame, row, column)| {
                let far = (row as f64 - 15.0).hypot(column as f64 - 14.0);
                if far < 7.0 - frame as f64 / 4.0 { 90.0 } else { 10.0 + (index % 7) as f32 }
            });
            let study = GatedStudy::new(counts, Some([6.4, 6.4])).unwrap();
            let (name, patient) = (format!("KIM^HANA^{index:03}"), format!("P-{index}"));
            let extracted = CaseToExtract {
                case: &name,
                patient: &patient,
                source: None,
                study: &study,
                end_diastole_frame: 1,
                end_systole_frame: 5,
                frames_from: FrameOrigin::Automatic,
            };
            extracted.write(folder, IfExists::Replace).unwrap()
        };
        (0..count).map(case).collect()
    }

    #[test]
    fn each_rater_has_an_order_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cases = cases(folder.path(), 6);
        let anna = assigned_images(&cases, "anna", None, None);
        assert_eq!(anna, assigned_images(&cases, "anna", None, None));
        assert_ne!(anna, assigned_images(&cases, "ben", None, None));
        let all: BTreeSet<(usize, usize)> = anna.iter().map(|assigned| (assigned.case, assigned.image)).collect();
        assert_eq!((anna.len(), all.len()), (24, 24));
        // A study that is added leaves the others where they were among themselves.
        let fewer = assigned_images(&cases[..5], "anna", None, None);
        assert_eq!(fewer, anna.into_iter().filter(|assigned| assigned.case < 5).collect::<Vec<_>>());
    }

    #[test]
    fn a_share_of_the_studies_is_read_again_after_all_others() {
        let folder = tempfile::tempdir().unwrap();
        let cases = cases(folder.path(), 10);
        let anna = assigned_images(&cases, "anna", None, Some(20.0));
        let second: Vec<_> = anna.iter().filter(|assigned| assigned.round == Round::Repeat).collect();
        assert_eq!((anna.len(), second.len()), (48, 8), "two studies with four images each");
        assert!(anna[..40].iter().all(|assigned| assigned.round == Round::First));
        let studies = |rater: &str| {
            let assigned_images = assigned_images(&cases, rater, None, Some(20.0));
            assigned_images.into_iter().filter(|assigned| assigned.round == Round::Repeat).map(|assigned| assigned.case)
        };
        let all: BTreeSet<usize> = ["anna", "ben", "cho", "dai"].into_iter().flat_map(studies).collect();
        assert!(all.len() > 2, "raters read different studies again: {all:?}");
        assert_eq!(assigned_images(&cases, "anna", None, Some(1.0)).len(), 44, "at least one study");
    }

    #[test]
    fn a_table_says_who_reads_what() {
        let folder = tempfile::tempdir().unwrap();
        let cases = cases(folder.path(), 3);
        let path = folder.path().join("who.csv");
        std::fs::write(&path, "rater,case,phase,repeat\nanna,KIM^HANA^000,,\nanna,KIM^HANA^001,ed,\nanna,KIM^HANA^001,ed,2\nben,KIM^HANA^002,es,\n")
            .unwrap();
        let table = Assignments::read(&path, &cases).unwrap();
        let anna = assigned_images(&cases, "anna", Some(&table), None);
        assert_eq!(anna.len(), 6);
        assert_eq!(anna[5], AssignedImage { case: 1, image: 0, round: Round::Repeat });
        assert_eq!(
            assigned_images(&cases, "ben", Some(&table), None),
            [AssignedImage { case: 2, image: 2, round: Round::First }]
        );
        assert!(assigned_images(&cases, "cho", Some(&table), None).is_empty());
    }
}
