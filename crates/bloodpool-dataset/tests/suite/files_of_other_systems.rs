//! Raters' files as other systems and programs write them: encodings, sizes, names and labels.

use std::path::{Path, PathBuf};

use bloodpool_dataset::annotations::{ProblemKind, Severity};
use bloodpool_dataset::consensus::Formed;
use bloodpool_dataset::extracted::EXTRACT_SCHEMA;
use bloodpool_dataset::{
    AnnotationProblem, CaseToExtract, ConsensusError, ExtractManifest, FrameOrigin, LabelMeFile, Shape,
};
use bloodpool_files::{IfExists, TextEncoding};

use crate::walk::{self, Wish, annotation, circle, draw, extracted, form};

/// "심장" in CP949, by Python.
const HEART_IN_CP949: &[u8] = b"\xbd\xc9\xc0\xe5";

/// Two raters of one study; what rater `a` handed in for its first image.
fn raters_of_one_study(folder: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let work = extracted(folder, 1, false);
    let raters = draw(folder, 1, &[0.0, 0.0]);
    let file = raters.join("a/s0-ed.json");
    (work, raters, file)
}

/// The annotation of the first image with another shape, whose label is `label`.
fn with_label(label: &str) -> String {
    let mut file = annotation("s0-ed", 0.0);
    file.shapes.push(Shape::polygon(label, circle(90.0)));
    serde_json::to_string(&file).unwrap()
}

fn replace_bytes(text: &str, placeholder: &str, bytes: &[u8]) -> Vec<u8> {
    let (before, after) = text.split_once(placeholder).unwrap();
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

fn kinds(formed: &Formed) -> Vec<(Severity, ProblemKind)> {
    formed.manifest.problems.iter().map(|problem| (problem.severity, problem.kind)).collect()
}

fn errors(result: Result<Formed, ConsensusError>) -> Vec<AnnotationProblem> {
    match result {
        Err(ConsensusError::Problems(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn text_in_every_encoding_is_the_same_annotation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let text = with_label("심장");
    let utf16 = |order: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{text}").encode_utf16().flat_map(order).collect()
    };
    let expected: LabelMeFile = serde_json::from_str(&text).unwrap();
    for (bytes, encoding) in [
        (format!("\u{feff}{text}").into_bytes(), TextEncoding::Utf8),
        (utf16(u16::to_le_bytes, "\u{feff}"), TextEncoding::Utf16),
        (utf16(u16::to_be_bytes, "\u{feff}"), TextEncoding::Utf16),
        (utf16(u16::to_le_bytes, ""), TextEncoding::Utf16),
        (replace_bytes(&with_label("@@"), "@@", HEART_IN_CP949), TextEncoding::Cp949),
    ] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(LabelMeFile::read_with_encoding(&path).unwrap(), (expected.clone(), encoding), "{encoding}");
    }
}

#[test]
fn korean_text_that_is_not_utf_8_is_read_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let (work, raters, file) = raters_of_one_study(folder.path());
    std::fs::write(&file, replace_bytes(&with_label("@@"), "@@", HEART_IN_CP949)).unwrap();
    let formed = form(&work, &raters, &Wish::default()).unwrap();
    let warning = |kind| (Severity::Warning, kind);
    assert_eq!(kinds(&formed), [warning(ProblemKind::OtherLabels), warning(ProblemKind::Encoding)]);
    let said = &formed.manifest.problems[1].message;
    assert!(said.contains("a/s0-ed.json: is not UTF-8; it was read as CP949") && said.contains("심장"), "{said}");
}

#[test]
fn text_of_an_unknown_encoding_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (work, raters, file) = raters_of_one_study(folder.path());
    // "左心室" in GBK, by Python.
    std::fs::write(&file, replace_bytes(&with_label("@@"), "@@", b"\xd7\xf3\xd0\xc4\xca\xd2")).unwrap();
    let found = errors(form(&work, &raters, &Wish::default()));
    assert_eq!(found[0].kind, ProblemKind::Unreadable);
    let said = &found[0].message;
    assert!(said.contains("a/s0-ed.json") && said.contains("save it again with the encoding UTF-8"), "{said}");
}

#[test]
fn whole_numbers_may_have_a_decimal_point() {
    let folder = tempfile::tempdir().unwrap();
    let (work, raters, file) = raters_of_one_study(folder.path());
    let text = serde_json::to_string(&annotation("s0-ed", 0.0)).unwrap();
    for size in ["256.0", "\"256\"", "2.56e2"] {
        let changed = text.replace(":256,", &format!(":{size},")).replace(":256}", &format!(":{size}}}"));
        let changed = changed.replace("\"group_id\":null", "\"group_id\":1.0");
        std::fs::write(&file, changed).unwrap();
        let read = LabelMeFile::read(&file).unwrap();
        assert_eq!((read.image_height, read.image_width, read.shapes[0].group_id), (Some(256), Some(256), Some(1)));
        let wish = Wish { if_exists: IfExists::Replace, ..Wish::default() };
        assert!(form(&work, &raters, &wish).unwrap().manifest.problems.is_empty());
    }
    std::fs::write(&file, text.replace("\"imageHeight\":256", "\"imageHeight\":256.5")).unwrap();
    let found = errors(form(&work, &raters, &Wish { if_exists: IfExists::Replace, ..Wish::default() }));
    let said = &found[0].message;
    assert!(said.contains("256.5") && said.contains("expected a whole number"), "{said}");
}

#[test]
fn shapes_of_other_labels_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (work, raters, _) = raters_of_one_study(folder.path());
    for (image, labels) in [("s0-ed", &["RV", "atrium"][..]), ("s0-es", &["RV"]), ("s0-es-second", &[" RV "])] {
        let mut file = annotation(image, 0.0);
        file.shapes.extend(labels.iter().map(|label| Shape::polygon(label, circle(90.0))));
        file.write(&raters.join(format!("b/{image}.json")), IfExists::Replace).unwrap();
    }
    let formed = form(&work, &raters, &Wish::default()).unwrap();
    let [problem] = &formed.manifest.problems[..] else { panic!("{:?}", formed.manifest.problems) };
    assert_eq!(
        (problem.severity, problem.kind, problem.rater.as_str()),
        (Severity::Warning, ProblemKind::OtherLabels, "b")
    );
    let said = "4 shapes have other labels and are not used: \"RV\" (3), \"atrium\" (1)";
    assert!(problem.message.ends_with(said), "{}", problem.message);
}

#[test]
fn names_that_macos_decomposed_are_those_that_were_given_out() {
    // Python: unicodedata.normalize("NFD", "한é")
    let (composed, decomposed) = ("한é", "\u{1112}\u{1161}\u{11ab}e\u{301}");
    for (given_out, handed_in) in [(composed, decomposed), (decomposed, composed)] {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir(&work).unwrap();
        let study = walk::study(0);
        let case = CaseToExtract {
            case: given_out,
            patient: "p",
            source: None,
            study: &study,
            end_diastole_frame: 1,
            end_systole_frame: 7,
            frames_from: FrameOrigin::Automatic,
        };
        let cases = vec![case.write(&work, IfExists::Refuse).unwrap()];
        let schema = EXTRACT_SCHEMA.into();
        let manifest =
            ExtractManifest { schema, software: "test".into(), pseudonymised: false, cases, set_aside: vec![] };
        manifest.write(&work, IfExists::Refuse).unwrap();
        for rater in ["a", handed_in, "c"] {
            let own = folder.path().join("raters").join(rater);
            std::fs::create_dir_all(&own).unwrap();
            for tag in ["ed", "ed-second", "es", "es-second"] {
                let name = format!("{handed_in}-{tag}");
                let radius = if tag.starts_with("ed") { 36.0 } else { 20.0 };
                let polygons = vec![circle(radius)];
                let file = LabelMeFile::new(&format!("{name}.png"), 256, 256, "심장", polygons);
                file.write(&own.join(format!("{name}.json")), IfExists::Refuse).unwrap();
            }
        }
        std::fs::write(folder.path().join("raters.csv"), format!("rater;group\na;x\n{given_out};x\nc;x\n")).unwrap();
        // "심장", decomposed.
        let labels = vec!["\u{1109}\u{1175}\u{11b7}\u{110c}\u{1161}\u{11bc}".to_owned()];
        let wish = Wish { labels, ..Wish::default() };
        let formed = form(&work, &folder.path().join("raters"), &wish).unwrap();
        assert!(formed.manifest.problems.is_empty(), "{:?}", formed.manifest.problems);
        assert!(formed.manifest.cases[0].images.iter().all(|image| image.raters == 3));
        let without = Wish { leave_out: vec![given_out.to_owned()], if_exists: IfExists::Replace, ..wish };
        let formed = form(&work, &folder.path().join("raters"), &without).unwrap();
        assert!(formed.manifest.cases[0].images.iter().all(|image| image.raters == 2));
    }
}
