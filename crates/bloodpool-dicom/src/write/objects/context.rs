//! `ResultContext`: what all objects of one result have in common, and `ResultKey`, from which their UIDs derive.

use super::algorithm::{Algorithm, Equipment};
use super::creation_time::CreationTime;
use super::instance::InstanceReference;
use super::kind::{Kind, SrClass};
use crate::read::source_study::SourceStudy;
use crate::uid::UidSource;

/// What a result was derived from, by what, where and when.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultContext {
    /// The study.
    pub source: SourceStudy,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The system.
    pub equipment: Equipment,
    /// What the UIDs derive from.
    pub key: ResultKey,
    /// When the content was made. It is part of the bytes: make it once per result.
    pub created: CreationTime,
}

impl ResultContext {
    /// The structured report of another review version of this result, as a report of the same study refers to it.
    #[must_use]
    pub fn report_of_version(&self, class: SrClass, review_version: u32) -> InstanceReference {
        let (key, kind) = (ResultKey { review_version, ..self.key.clone() }, Kind::StructuredReport(class));
        InstanceReference {
            study_uid: self.source.study_uid.clone(),
            series_uid: key.series_uid(kind),
            sop_class_uid: class.sop_class_uid().to_owned(),
            sop_uid: key.sop_uid(kind, 1),
        }
    }

    /// When the content was made, in the time zone of the object.
    pub(super) fn local(&self, time: CreationTime) -> CreationTime {
        time.at(self.source.utc_offset_minutes.unwrap_or(self.created.utc_offset_minutes()))
    }
}

/// Which result this is: the job that computed it, and how often a person has changed it since.
///
/// Another content needs another job or review version, for the UIDs of an object are the same for the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultKey {
    job: Vec<u8>,
    review_version: u32,
}

impl ResultKey {
    /// `job` is what identifies the job, for example SOP Instance UID, hash of the file, model, protocol and version;
    /// `review_version` is 0 for what the algorithm found.
    #[must_use]
    pub fn new(job: impl Into<Vec<u8>>, review_version: u32) -> Self {
        Self { job: job.into(), review_version }
    }

    fn source(&self, kind: Kind) -> UidSource {
        UidSource::new("result")
            .field("job", &self.job)
            .field("sop_class", kind.sop_class_uid())
            .optional("purpose", kind.purpose())
            .field("review_version", self.review_version.to_string())
    }

    /// Each object of a version is in a series of its own, apart from the pages of a result and from its key frames.
    pub(super) fn series_uid(&self, kind: Kind) -> String {
        self.source(kind).field("identifies", "series").uid()
    }

    pub(super) fn sop_uid(&self, kind: Kind, instance_number: u16) -> String {
        self.source(kind).field("identifies", "instance").field("number", instance_number.to_string()).uid()
    }

    /// A UID of something within an object, by name.
    pub(super) fn part_uid(&self, kind: Kind, part: &str) -> String {
        self.source(kind).field("identifies", "part").field("part", part).uid()
    }
}
