//! Results as DICOM objects for image archives: an analysed study as pictures, structured report, segmentation and PDF.
//!
//! ```
//! use bloodpool::objects::{ObjectChoices, ObjectKind};
//! use bloodpool::{Analyzer, dicom::objects::CreationTime};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/normal.dcm");
//! let study = Analyzer::embedded()?.analyze_file(path)?;
//! let choices = ObjectChoices::automatic(CreationTime::new(1_767_225_600, 0)?);
//! let made = study.objects(&[ObjectKind::SecondaryCapture, ObjectKind::StructuredReport], &choices)?;
//! assert_eq!(made.objects[1].name, "sr.dcm");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod choices;
mod kind;
mod measurements;

use bloodpool_core::Analysis;
use bloodpool_dicom::objects::{
    Algorithm, CompositeObject, EncapsulatedPdf, Equipment, InstanceReference, MeasurementReport,
    MultiframeTrueColorSecondaryCapture, ObjectError, ResultContext, ResultKey, RgbFrames, SecondaryCaptureImage,
    Segment, SegmentAlgorithmType, Segmentation, SegmentedProperty, encode_object,
};
use bloodpool_dicom::read_source_study;
use bloodpool_files::sha256;
use bloodpool_report::RgbPixels;

use crate::{AnalyzedStudy, Error};

pub use choices::{ObjectChoices, ReviewedBy, job_key};
pub use kind::{ObjectKind, UnknownObject};

/// Name of the program, as manufacturer, device and algorithm.
const NAME: &str = "bloodpool";
/// How long a frame of a cine is shown where the file records no frame time: a cycle of one second.
const CYCLE_MS: f64 = 1_000.0;
/// Title of the document in an Encapsulated PDF.
const PDF_TITLE: &str = "Gated blood pool study, research use only";

/// One object as the bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultObject {
    /// What it is.
    pub kind: ObjectKind,
    /// A name for its file, for example `sr.dcm`.
    pub name: String,
    /// How others refer to it.
    pub reference: InstanceReference,
    /// The file (PS3.10).
    pub bytes: Vec<u8>,
}

/// The objects of a result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultObjects {
    /// Those that were made, in the order in which they were asked for.
    pub objects: Vec<ResultObject>,
    /// Those that were not, and why.
    pub omitted: Vec<(ObjectKind, &'static str)>,
}

impl AnalyzedStudy {
    /// The result as DICOM objects, for a study that was read from files, which are read again. The same study, kinds and
    /// choices give the same bytes.
    ///
    /// A structured report would state the LVEF; it is omitted where the LVEF is withheld. Pictures and PDF say so.
    ///
    /// # Errors
    /// [`Error`] when the files are gone or have no valid UIDs, or an object cannot be made.
    pub fn objects(&self, kinds: &[ObjectKind], choices: &ObjectChoices) -> Result<ResultObjects, Error> {
        let context = self.context(choices)?;
        let mut made = ResultObjects::default();
        for &kind in kinds {
            if kind == ObjectKind::StructuredReport && self.lvef_percent().is_none() {
                made.omitted.push((kind, "the LVEF is withheld, and a structured report would state it"));
                continue;
            }
            for (number, object) in (1..).zip(self.composite(kind, &context, choices)?) {
                let name = if number == 1 { format!("{kind}.dcm") } else { format!("{kind}-{number}.dcm") };
                let reference = object.instance().reference().clone();
                made.objects.push(ResultObject { kind, name, reference, bytes: encode_object(&*object)? });
            }
        }
        Ok(made)
    }

    /// The objects of a result that a person has reviewed or signed, made when that was (`choices.created`).
    ///
    /// # Errors
    /// As [`AnalyzedStudy::objects`], and when the person has no name.
    pub fn reviewed_objects(
        &self,
        kinds: &[ObjectKind],
        choices: ObjectChoices,
        by: &ReviewedBy<'_>,
    ) -> Result<ResultObjects, Error> {
        self.objects(kinds, &by.choices(choices, self.study().identity.institution.as_deref())?)
    }

    /// What all objects have in common.
    fn context(&self, choices: &ObjectChoices) -> Result<ResultContext, Error> {
        let analysis = self.analysis();
        let source = read_source_study(self.files(), self.selection())?;
        let job = choices.job.clone().unwrap_or_else(|| self.job());
        let version = env!("CARGO_PKG_VERSION");
        Ok(ResultContext {
            source,
            algorithm: algorithm(analysis, version)?,
            equipment: Equipment::new(NAME, NAME, &choices.device_serial_number, version)?,
            key: ResultKey::new(job, choices.review_version),
            created: choices.created,
        })
    }

    /// The key of a job by hand: the files by their hashes.
    fn job(&self) -> Vec<u8> {
        let mut hashes: Vec<String> = self.source_hashes().map(|hash| format!("{hash}\n")).collect();
        hashes.sort();
        let uid = self.study().identity.sop_uid.clone().unwrap_or_default();
        let model = &self.analysis().model;
        let model = format!("{}@{}", model.name, model.sha256);
        job_key(&uid, &sha256(hashes.concat().as_bytes()), &model, &protocol_identity(&self.analysis().protocol))
    }

    fn composite(
        &self,
        kind: ObjectKind,
        context: &ResultContext,
        choices: &ObjectChoices,
    ) -> Result<Vec<Box<dyn CompositeObject>>, Error> {
        let language = choices.language;
        Ok(match kind {
            ObjectKind::SecondaryCapture => {
                let mut captures: Vec<Box<dyn CompositeObject>> = Vec::new();
                for (number, picture) in (1..).zip(self.result_pictures(language)?) {
                    captures.push(Box::new(SecondaryCaptureImage::new(context, number, frames(picture)?)?));
                }
                captures
            }
            ObjectKind::KeyFrames => {
                let RgbPixels { frames, rows, columns, bytes } = self.key_frame_pictures(language)?;
                let mut pictures: Vec<Box<dyn CompositeObject>> = Vec::new();
                for (number, picture) in (1..).zip(bytes.chunks(bytes.len() / frames.max(1))) {
                    let picture = RgbFrames::new(1, rows, columns, picture.to_vec())?;
                    pictures.push(Box::new(SecondaryCaptureImage::key_frame(context, number, picture)?));
                }
                pictures
            }
            ObjectKind::Cine => {
                let cine = self.cine_pictures(language)?;
                let frame_time_ms = self.analysis().curve.frame_time_ms.filter(|time| *time > 0.0);
                let frame_time_ms = frame_time_ms.unwrap_or(CYCLE_MS / cine.frames.max(1) as f64);
                vec![Box::new(MultiframeTrueColorSecondaryCapture::new(context, frame_time_ms, frames(cine)?)?)]
            }
            ObjectKind::StructuredReport => {
                let (measurements, mut remarks) = self.measurements();
                remarks.extend(
                    self.analysis()
                        .validity
                        .reasons()
                        .iter()
                        .map(|reason| format!("{}: {}", reason.rank.in_words(), reason.message)),
                );
                let (class, attestation) = (choices.sr_class, &choices.attestation);
                let earlier = |version: &u32| context.report_of_version(class, *version);
                let supersedes: Vec<InstanceReference> = choices.supersedes.iter().map(earlier).collect();
                vec![Box::new(MeasurementReport::new(
                    context,
                    class,
                    &measurements,
                    attestation,
                    &supersedes,
                    &remarks,
                )?)]
            }
            ObjectKind::Segmentation => {
                vec![Box::new(Segmentation::new(context, &segments(self.analysis(), self.is_edited()))?)]
            }
            ObjectKind::EncapsulatedPdf => {
                vec![Box::new(EncapsulatedPdf::new(context, PDF_TITLE, true, self.report_pdf(language)?)?)]
            }
        })
    }
}

/// Model, protocol and their parameters as every object names them.
fn algorithm(analysis: &Analysis, version: &str) -> Result<Algorithm, Error> {
    let (model, protocol) = (&analysis.model, &analysis.protocol);
    let parameters = [
        format!("model: {}", model.name),
        format!("protocol: {}", protocol.name),
        format!("choices: {}", serde_json::to_string(protocol)?),
    ];
    let hash = Some(model.sha256.as_str()).filter(|hash| !hash.is_empty());
    Ok(Algorithm::new(NAME, version, &parameters, hash)?)
}

/// A protocol by its name and the SHA-256 of its choices, so that two variants of one name differ.
#[must_use]
pub fn protocol_identity(protocol: &bloodpool_core::Protocol) -> String {
    // Numbers and texts alone: there is nothing that JSON cannot write.
    let choices = serde_json::to_string(protocol).unwrap_or_default();
    format!("{}@{}", protocol.name, sha256(choices.as_bytes()))
}

/// The LV on every frame, and the background region where the protocol has one on the matrix of the study.
///
/// `edited`: a person has changed them.
fn segments(analysis: &Analysis, edited: bool) -> Vec<Segment> {
    let algorithm_type = if edited { SegmentAlgorithmType::Semiautomatic } else { SegmentAlgorithmType::Automatic };
    let masks = analysis.masks.iter().cloned().map(Some).collect();
    let mut segments = vec![Segment { property: SegmentedProperty::LeftVentricle, algorithm_type, masks }];
    let matrix = analysis.masks.first().map(|mask| mask.dim());
    if let Some(background) = analysis.background.as_ref().filter(|background| Some(background.region.dim()) == matrix)
    {
        let of_frame = |(frame, _)| (frame == background.frame.index()).then(|| background.region.clone());
        let masks = analysis.masks.iter().enumerate().map(of_frame).collect();
        segments.push(Segment { property: SegmentedProperty::Background, algorithm_type, masks });
    }
    segments
}

fn frames(pixels: RgbPixels) -> Result<RgbFrames, ObjectError> {
    RgbFrames::new(pixels.frames, pixels.rows, pixels.columns, pixels.bytes)
}

#[cfg(test)]
mod tests;
