//! Writes every result object of a study with made-up results: `result_objects STUDY.dcm FOLDER`.
//!
//! The masks are the brightest pixels of each frame and the numbers are invented: the objects are for checking their
//! format with other programs (`.ci/dicom-objects`). Beside them it writes `expected.json`, with the numbers, and
//! `masks.u8`, with a byte per pixel for each frame of the segmentation.

use std::fs;
use std::path::{Path, PathBuf};

use bloodpool_core::FrameIndex;
use bloodpool_core::study::GatedStudy;
use bloodpool_dicom::objects::{
    Algorithm, Attestation, CompositeObject, CreationTime, EncapsulatedPdf, Equipment, Interval, LvMeasurements,
    MeasurementReport, MultiframeTrueColorSecondaryCapture, PersonObserver, ResultContext, ResultKey, RgbFrames,
    RoiMeasurement, SecondaryCaptureImage, Segment, SegmentAlgorithmType, Segmentation, SegmentedProperty, Signature,
    SrClass, write_object,
};
use bloodpool_dicom::{Selection, WriteOptions, open_study, read_source_study};
use bloodpool_stats::Mask;

type Failure = Box<dyn std::error::Error>;

/// The smallest document that viewers open: one empty page.
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n\
xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000053 00000 n \n0000000103 00000 n \n\
trailer<</Size 4/Root 1 0 R>>\nstartxref\n165\n%%EOF\n";

fn main() -> Result<(), Failure> {
    let arguments: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let [study, folder] = &arguments[..] else {
        return Err("result_objects STUDY.dcm FOLDER".into());
    };
    fs::create_dir_all(folder)?;
    let file = open_study(study, &Selection::default())?;
    let files: Vec<PathBuf> = file.files.iter().map(|file| file.path.clone()).collect();
    let study = file.study;
    let context = ResultContext {
        source: read_source_study(&files, &Selection::default())?,
        algorithm: Algorithm::new(
            "bloodpool",
            env!("CARGO_PKG_VERSION"),
            &["protocol: none, made-up results".into(), "threshold: 0.6".into()],
            Some(&"0123456789abcdef".repeat(4)),
        )?,
        equipment: Equipment::new("bloodpool", "bloodpool", "1", env!("CARGO_PKG_VERSION"))?,
        key: ResultKey::new("made-up results", 0),
        created: CreationTime::new(1_767_225_600, 540)?,
    };
    let write = |name: &str, object: &dyn CompositeObject| -> Result<(), Failure> {
        Ok(write_object(object, &folder.join(name), &WriteOptions { overwrite: true })?)
    };

    let picture = grey(&study, 0..1)?;
    write("sc.dcm", &SecondaryCaptureImage::new(&context, 1, picture)?)?;
    write("key-frames.dcm", &SecondaryCaptureImage::key_frame(&context, 1, grey(&study, 0..1)?)?)?;
    let cine = grey(&study, 0..study.frames())?;
    write("cine.dcm", &MultiframeTrueColorSecondaryCapture::new(&context, 41.67, cine)?)?;

    let left: Vec<Mask> = (0..study.frames()).map(|frame| brightest(&study, frame)).collect();
    let (rows, columns) = (study.rows(), study.columns());
    let corner = Mask::from_fn(rows, columns, |row, column| row + 5 > rows && column + 5 > columns);
    let background: Vec<Option<Mask>> = (0..study.frames()).map(|frame| (frame == 8).then(|| corner.clone())).collect();
    let drawn: Vec<&Mask> = left.iter().chain(background.iter().flatten()).collect();
    let bytes = drawn.iter().flat_map(|mask| mask.pixels().iter().map(|&inside| u8::from(inside))).collect::<Vec<u8>>();
    fs::write(folder.join("masks.u8"), bytes)?;
    let algorithm_type = SegmentAlgorithmType::Automatic;
    let segments = [
        Segment {
            property: SegmentedProperty::LeftVentricle,
            algorithm_type,
            masks: left.iter().cloned().map(Some).collect(),
        },
        Segment { property: SegmentedProperty::Background, algorithm_type, masks: background },
    ];
    write("seg.dcm", &Segmentation::new(&context, &segments)?)?;

    let measurements = measurements(&left);
    let report = |context: &ResultContext, class, attestation: &Attestation, supersedes: &[_]| {
        let remarks = ["The results are made up.".to_string()];
        MeasurementReport::new(context, class, &measurements, attestation, supersedes, &remarks)
    };
    write("sr.dcm", &report(&context, SrClass::Comprehensive, &Attestation::Automatic, &[])?)?;
    write("sr-enhanced.dcm", &report(&context, SrClass::Enhanced, &Attestation::Automatic, &[])?)?;
    write("sr-3d.dcm", &report(&context, SrClass::Comprehensive3D, &Attestation::Automatic, &[])?)?;
    let first = report(&context, SrClass::Comprehensive, &Attestation::Automatic, &[])?;
    let person = PersonObserver::new("Hong^Gildong=洪^吉洞=홍^길동", "Nuclear Medicine")?;
    let signed = Attestation::Signed(Signature { person, signed: CreationTime::new(1_767_229_200, 540)? });
    let reviewed = ResultContext { key: ResultKey::new("made-up results", 1), ..context.clone() };
    let supersedes = [first.instance().reference().clone()];
    write("sr-signed.dcm", &report(&reviewed, SrClass::Comprehensive, &signed, &supersedes)?)?;

    let pdf = EncapsulatedPdf::new(&context, "Gated blood pool study, research use only", true, PDF.to_vec())?;
    write("pdf.dcm", &pdf)?;
    fs::write(folder.join("report.pdf"), PDF)?;
    write_expected(&folder.join("expected.json"), &measurements)
}

/// The frames as grey values, the brightest pixel of the study white.
fn grey(study: &GatedStudy, frames: std::ops::Range<usize>) -> Result<RgbFrames, Failure> {
    let largest = study.counts().iter().copied().fold(1.0, f32::max);
    let number = frames.len();
    let counts = frames.flat_map(|frame| study.counts().index_axis(ndarray::Axis(0), frame).to_owned());
    let pixels = counts.flat_map(|count| [(count / largest * 255.0) as u8; 3]).collect();
    Ok(RgbFrames::new(number, study.rows(), study.columns(), pixels)?)
}

/// Pixels above 0.6 of the brightest of the frame.
fn brightest(study: &GatedStudy, frame: usize) -> Mask {
    let counts = study.counts().index_axis(ndarray::Axis(0), frame);
    let largest = counts.iter().copied().fold(1.0, f32::max);
    Mask::from_fn(study.rows(), study.columns(), |row, column| counts[[row, column]] > 0.6 * largest)
}

fn measurements(masks: &[Mask]) -> LvMeasurements {
    let roi = |frame: usize, net_counts: f64| RoiMeasurement {
        frame: FrameIndex::new(frame),
        contour: masks[frame].contour().0,
        net_counts,
    };
    LvMeasurements {
        lvef_percent: 61.537_284_910_382_1,
        lvef_interval: Some(Interval { lower_percent: 57.25, upper_percent: 65.75, level_percent: 95.0 }),
        end_diastole: roi(0, 10_234.5),
        end_systole: roi(8, 3_936.25),
        heart_rate_per_minute: Some(64.0),
        peak_ejection_rate_per_s: Some(3.125),
        time_to_peak_ejection_ms: Some(150.5),
        peak_filling_rate_per_s: Some(2.75),
        time_to_peak_filling_ms: Some(170.25),
    }
}

fn write_expected(path: &Path, found: &LvMeasurements) -> Result<(), Failure> {
    let interval = found.lvef_interval.ok_or("no interval")?;
    let numbers = [
        ("10230-1", Some(found.lvef_percent)),
        ("371886008", Some(interval.upper_percent - found.lvef_percent)),
        ("371885007", Some(found.lvef_percent - interval.lower_percent)),
        ("ED_FRAME", Some(found.end_diastole.frame.number() as f64)),
        ("ES_FRAME", Some(found.end_systole.frame.number() as f64)),
        ("8867-4", found.heart_rate_per_minute),
        ("122616", found.peak_ejection_rate_per_s),
        ("122617", found.time_to_peak_ejection_ms),
        ("122618", found.peak_filling_rate_per_s),
        ("122619", found.time_to_peak_filling_ms),
    ];
    let numbers: Vec<String> =
        numbers.iter().filter_map(|(code, value)| value.map(|value| format!("\"{code}\": {value}"))).collect();
    let rois: Vec<String> = [&found.end_diastole, &found.end_systole]
        .iter()
        .map(|roi| {
            let (frame, counts) = (roi.frame.number(), roi.net_counts);
            format!("{{\"frame\": {frame}, \"net_counts\": {counts}, \"contour\": {:?}}}", roi.contour)
        })
        .collect();
    let text = format!("{{\"numbers\": {{{}}}, \"rois\": [{}]}}\n", numbers.join(", "), rois.join(", "));
    Ok(fs::write(path, text)?)
}
