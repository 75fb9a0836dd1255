//! `Analyzer`: from a file to an LVEF with its interval, its findings and everything it was computed from.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bloodpool_core::function::VentricularFunction;
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::{Analysis, FrameIndex, GatedStudy, Protocol, Reason, Segmentation, Segmenter, analyze_by};
use bloodpool_dicom::{Note, PlannedStudy, Selection, SetAside, SourceFile, StudyFile, open_study, plan};
use bloodpool_files::{IfExists, SetAsideRecord};
use bloodpool_report::{
    AnalysisDocument, KnownBias, Language, Report, ReviewRecord, RgbPixels, SerialComparison, SerialStudy,
    SourceFileFields,
};

use crate::Error;
use crate::interval::Intervals;
use crate::model::{self, Model};
use crate::set_aside::records;

/// Analyses studies, all with the same settings.
pub struct Analyzer {
    segmenter: Box<dyn Segmenter>,
    known_bias: Option<KnownBias>,
    intervals: Intervals,
    selection: Selection,
    protocol: Option<Protocol>,
    end_diastole: Option<FrameIndex>,
    end_systole: Option<FrameIndex>,
}

impl Analyzer {
    /// With the embedded model, on the processor.
    ///
    /// # Errors
    /// [`Error`] when the embedded model is unusable.
    pub fn embedded() -> Result<Self, Error> {
        Ok(Self::new(Model::load(model::DEFAULT, model::DEFAULT_DEVICE)?))
    }

    /// With a model.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self {
            known_bias: model.known_bias,
            intervals: Intervals::shipped(model.calibration),
            ..Self::with_segmenter(model.segmenter)
        }
    }

    /// With an own segmenter. Without an LV fraction the protocol is `standard` unless another is named, and an LVEF has no interval.
    #[must_use]
    pub fn with_segmenter(segmenter: Box<dyn Segmenter>) -> Self {
        Self {
            segmenter,
            known_bias: None,
            intervals: Intervals::default(),
            selection: Selection::default(),
            protocol: None,
            end_diastole: None,
            end_systole: None,
        }
    }

    /// Measures by this protocol instead of the default for the segmentation.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// Takes these frames for ED and ES instead of looking for them.
    #[must_use]
    pub fn frames(mut self, end_diastole: Option<FrameIndex>, end_systole: Option<FrameIndex>) -> Self {
        (self.end_diastole, self.end_systole) = (end_diastole, end_systole);
        self
    }

    /// Which of several views, detectors or energy windows in a file is read.
    #[must_use]
    pub fn selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Scales the interval by the local calibration in `file`; `group`: the group of studies, where it tells groups apart.
    ///
    /// # Errors
    /// [`Error`] when the file is unusable or was made for another model.
    pub fn calibration(mut self, file: &Path, group: Option<String>) -> Result<Self, Error> {
        self.intervals = self.intervals.scaled_by(file, group)?;
        Ok(self)
    }

    /// What finds the LV.
    #[must_use]
    pub fn segmenter(&self) -> &dyn Segmenter {
        &*self.segmenter
    }

    /// The protocol that a segmentation is measured by.
    #[must_use]
    pub fn protocol_for(&self, segmentation: &Segmentation) -> Protocol {
        let mut protocol = self.protocol.clone().unwrap_or_else(|| Protocol::default_for(segmentation));
        // A protocol may set frames too; those of the analyzer take precedence.
        protocol.frames.ed_override = self.end_diastole.or(protocol.frames.ed_override);
        protocol.frames.es_override = self.end_systole.or(protocol.frames.es_override);
        protocol
    }

    /// The 95 % interval of an analysis of a study by the model of this analyzer, where a calibration holds for it. Analyses that
    /// this analyzer makes have it already.
    #[must_use]
    pub fn interval(&self, study: &GatedStudy, analysis: &Analysis) -> Option<Interval> {
        self.intervals.of(study, analysis)
    }

    /// The known bias of each protocol with the model.
    #[must_use]
    pub fn known_bias(&self) -> Option<&KnownBias> {
        self.known_bias.as_ref()
    }

    /// Reads and analyses the gated study in one DICOM file.
    ///
    /// # Errors
    /// [`Error`] when the file holds no gated study, or no LVEF can be computed from it.
    pub fn analyze_file(&self, path: impl AsRef<Path>) -> Result<AnalyzedStudy, Error> {
        self.analyze_study_file(open_study(path.as_ref(), &self.selection)?)
    }

    /// Analyses a study that was read from files with the selection of this analyzer.
    ///
    /// # Errors
    /// As [`Analyzer::analyze_file`].
    pub fn analyze_study_file(&self, file: StudyFile) -> Result<AnalyzedStudy, Error> {
        self.analyze_read_file(file, &self.selection, &[])
    }

    /// Reads and analyses a study that [`bloodpool_dicom::plan`] found in files and folders.
    ///
    /// # Errors
    /// As [`Analyzer::analyze_file`].
    pub fn analyze_planned(&self, planned: &PlannedStudy) -> Result<AnalyzedStudy, Error> {
        self.analyze_read_file(planned.read()?, &planned.selection, &planned.set_aside)
    }

    /// Reads and analyses the study in these files: one file, or files of one frame each, in any order.
    ///
    /// # Errors
    /// As [`Analyzer::analyze_file`], and [`Error::SeveralStudies`] where they are more than one study.
    pub fn analyze_files(&self, files: &[PathBuf]) -> Result<AnalyzedStudy, Error> {
        self.analyze_planned(&self.plan_files(files)?)
    }

    /// The one study in these files and folders, to be read with the selection of this analyzer.
    ///
    /// # Errors
    /// As [`Analyzer::analyze_files`].
    pub fn plan_files(&self, files: &[PathBuf]) -> Result<PlannedStudy, Error> {
        let mut planned = plan(files, &self.selection).studies;
        match (planned.pop(), planned.len()) {
            (Some(study), 0) => Ok(study?),
            (_, others) => Err(Error::SeveralStudies { studies: others + 1 }),
        }
    }

    /// A study whose analysis a person has reviewed, for its report and its objects. `name` identifies it in documents; `files`: what it
    /// was read from.
    #[must_use]
    pub fn reviewed(
        &self,
        name: impl Into<String>,
        files: Vec<PathBuf>,
        (study, analysis): (GatedStudy, Analysis),
        review: ReviewRecord,
    ) -> AnalyzedStudy {
        AnalyzedStudy {
            name: name.into(),
            files,
            selection: self.selection.clone(),
            source_files: Vec::new(),
            set_aside: Vec::new(),
            study,
            analysis,
            known_bias: self.known_bias.clone(),
            function: OnceLock::new(),
            review: Some(review),
        }
    }

    fn analyze_read_file(
        &self,
        file: StudyFile,
        selection: &Selection,
        set_aside: &[SetAside],
    ) -> Result<AnalyzedStudy, Error> {
        let analyzed = self.analyze_read(file.path.display().to_string(), file.study, file.notes)?;
        let files = file.files.iter().map(|file| file.path.clone()).collect();
        let fields = |file: SourceFile| SourceFileFields { file: file.path.display().to_string(), sha256: file.sha256 };
        let source_files = file.files.into_iter().map(fields).collect();
        let (selection, set_aside) = (selection.clone(), records(set_aside));
        Ok(AnalyzedStudy { files, selection, source_files, set_aside, ..analyzed })
    }

    /// Analyses a study; `name` identifies it in documents and errors.
    ///
    /// # Errors
    /// [`Error::Analysis`] when no LVEF can be computed from it.
    pub fn analyze_study(&self, name: impl Into<String>, study: GatedStudy) -> Result<AnalyzedStudy, Error> {
        self.analyze_read(name.into(), study, Vec::new())
    }

    fn analyze_read(&self, name: String, study: GatedStudy, notes: Vec<Note>) -> Result<AnalyzedStudy, Error> {
        let found = analyze_by(&study, &*self.segmenter, |segmentation| self.protocol_for(segmentation));
        let mut analysis = found.map_err(|error| Error::Analysis { study: name.clone(), error })?;
        analysis.interval = self.intervals.of(&study, &analysis);
        // What is unusual about the file is a finding, like what is unusual about its counts.
        analysis.add(notes.into_iter().map(|note| Reason::new(note.code, note.message)));
        let known_bias = self.known_bias.clone();
        let analyzed = AnalyzedStudy {
            name,
            files: Vec::new(),
            selection: Selection::default(),
            source_files: Vec::new(),
            set_aside: Vec::new(),
            study,
            analysis,
            known_bias,
            function: OnceLock::new(),
            review: None,
        };
        // A number that is infinite or undefined is an error here, not later.
        AnalysisDocument::new(&analyzed.name, analyzed.study(), &analyzed.analysis, None)
            .map_err(|error| Error::NotFinite { study: analyzed.name.clone(), error })?;
        Ok(analyzed)
    }
}

/// One study with its analysis.
#[derive(Debug, Clone)]
pub struct AnalyzedStudy {
    name: String,
    /// The files that it was read from, in the order of the frames, and what was read of them.
    files: Vec<PathBuf>,
    selection: Selection,
    source_files: Vec<SourceFileFields>,
    set_aside: Vec<SetAsideRecord>,
    study: GatedStudy,
    analysis: Analysis,
    known_bias: Option<KnownBias>,
    /// Computed when it is first asked for.
    function: OnceLock<Option<VentricularFunction>>,
    /// What people changed and stated.
    review: Option<ReviewRecord>,
}

impl AnalyzedStudy {
    /// LVEF, percent; `None` where it may not be used: see [`bloodpool_core::Validity`].
    #[must_use]
    pub fn lvef_percent(&self) -> Option<f64> {
        self.analysis.usable_lvef_percent()
    }

    /// File or name of the study.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The study as it was measured, with corrections where there were any.
    #[must_use]
    pub fn study(&self) -> &GatedStudy {
        self.analysis.measured_study(&self.study)
    }

    /// The study as its file records it.
    pub(crate) fn recorded_study(&self) -> &GatedStudy {
        &self.study
    }

    /// Everything that was measured.
    #[must_use]
    pub fn analysis(&self) -> &Analysis {
        &self.analysis
    }

    /// Whether a person has changed what was measured.
    pub(crate) fn is_edited(&self) -> bool {
        self.review.as_ref().is_some_and(|review| !review.edits.is_empty())
    }

    /// The known bias of each protocol with the model.
    #[must_use]
    pub fn known_bias(&self) -> Option<&KnownBias> {
        self.known_bias.as_ref()
    }

    /// Ventricular function beyond the LVEF; `None` where the LVEF is withheld.
    #[must_use]
    pub fn function(&self) -> Option<&VentricularFunction> {
        self.function.get_or_init(|| self.analysis.function(self.study())).as_ref()
    }

    /// The same with the names of its files without their folders, for documents that leave this machine.
    #[must_use]
    pub fn without_folders(mut self) -> Self {
        let last = |name: &str| Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned());
        if let Some(name) = last(&self.name) {
            self.name = name;
        }
        for file in &mut self.source_files {
            if let Some(name) = last(&file.file) {
                file.file = name;
            }
        }
        self
    }

    /// The files that it was read from.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// What was read of them.
    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// SHA-256 of the files that it was read from.
    pub(crate) fn source_hashes(&self) -> impl Iterator<Item = &str> {
        self.source_files.iter().map(|file| file.sha256.as_str())
    }

    /// The document `bloodpool.analysis/1`.
    ///
    /// # Errors
    /// [`Error`] when a result is infinite or undefined.
    pub fn document(&self) -> Result<AnalysisDocument, Error> {
        let document = AnalysisDocument::new(&self.name, self.study(), &self.analysis, self.function())
            .map_err(|error| Error::NotFinite { study: self.name.clone(), error })?;
        let (source_files, set_aside) = (self.source_files.clone(), self.set_aside.clone());
        Ok(AnalysisDocument { source_files, set_aside, ..document })
    }

    /// The document `bloodpool.analysis/1`, on one line.
    ///
    /// # Errors
    /// [`Error`] when a result is infinite or undefined.
    pub fn to_json(&self) -> Result<String, Error> {
        Ok(serde_json::to_string(&self.document()?)?)
    }

    /// The report as one HTML page that loads nothing from outside.
    ///
    /// # Errors
    /// [`Error`] when it cannot be made.
    pub fn report_html(&self) -> Result<String, Error> {
        self.report_html_in(Language::English)
    }

    /// The same in a language.
    ///
    /// # Errors
    /// As [`AnalyzedStudy::report_html`].
    pub fn report_html_in(&self, language: Language) -> Result<String, Error> {
        let document = self.to_json()?;
        Ok(self.report(&document).html_in(language)?)
    }

    /// Writes the report with its pictures, curve and document into `folder`; returns where the page is.
    ///
    /// # Errors
    /// [`Error`] when a file exists and may not be replaced, or cannot be written.
    pub fn write_report(&self, folder: &Path, if_exists: IfExists) -> Result<PathBuf, Error> {
        self.write_report_in(Language::English, folder, if_exists)
    }

    /// The same in a language.
    ///
    /// # Errors
    /// As [`AnalyzedStudy::write_report`].
    pub fn write_report_in(&self, language: Language, folder: &Path, if_exists: IfExists) -> Result<PathBuf, Error> {
        let document = self.to_json()?;
        Ok(self.report(&document).write_in(folder, if_exists, language)?)
    }

    /// The report as a PDF/A-3b file with the document `bloodpool.analysis/1` attached; the same study gives the same bytes.
    ///
    /// # Errors
    /// [`Error`] when it cannot be made.
    pub fn report_pdf(&self, language: Language) -> Result<Vec<u8>, Error> {
        let document = self.to_json()?;
        Ok(self.report(&document).pdf(language)?)
    }

    /// The result as pictures without the patient, a page each: what a Secondary Capture shows.
    ///
    /// # Errors
    /// [`Error`] when they cannot be made.
    pub fn result_pictures(&self, language: Language) -> Result<Vec<RgbPixels>, Error> {
        Ok(self.report("").result_pictures(language)?)
    }

    /// Every frame with the LV contour, without the patient: what a cine shows.
    ///
    /// # Errors
    /// As [`AnalyzedStudy::result_pictures`].
    pub fn cine_pictures(&self, language: Language) -> Result<RgbPixels, Error> {
        Ok(self.report("").cine_pictures(language)?)
    }

    /// The frames of ED and ES, in this order, as a cine shows them.
    ///
    /// # Errors
    /// As [`AnalyzedStudy::result_pictures`].
    pub fn key_frame_pictures(&self, language: Language) -> Result<RgbPixels, Error> {
        Ok(self.report("").key_frame_pictures(language)?)
    }

    /// The report as one HTML page, with the comparison of the patient's studies, this one among them.
    ///
    /// # Errors
    /// [`Error`] when it cannot be made.
    pub fn report_html_with(&self, serial: &SerialComparison<'_>, language: Language) -> Result<String, Error> {
        let document = self.to_json()?;
        Ok(Report { serial: Some(serial), ..self.report(&document) }.html_in(language)?)
    }

    /// Writes the report with the comparison of the patient's studies, this one among them, as [`AnalyzedStudy::write_report_in`].
    ///
    /// # Errors
    /// As [`AnalyzedStudy::write_report`].
    pub fn write_report_with(
        &self,
        serial: &SerialComparison<'_>,
        language: Language,
        folder: &Path,
        if_exists: IfExists,
    ) -> Result<PathBuf, Error> {
        let document = self.to_json()?;
        Ok(Report { serial: Some(serial), ..self.report(&document) }.write_in(folder, if_exists, language)?)
    }

    /// The report as PDF with the comparison of the patient's studies, this one among them, as [`AnalyzedStudy::report_pdf`].
    ///
    /// # Errors
    /// [`Error`] when it cannot be made.
    pub fn report_pdf_with(&self, serial: &SerialComparison<'_>, language: Language) -> Result<Vec<u8>, Error> {
        let document = self.to_json()?;
        Ok(Report { serial: Some(serial), ..self.report(&document) }.pdf(language)?)
    }

    /// The study for a comparison with others of the patient.
    pub(crate) fn as_serial(&self) -> SerialStudy<'_> {
        SerialStudy {
            source: &self.name,
            source_files: &self.source_files,
            study: self.study(),
            analysis: &self.analysis,
            signed: None,
        }
    }

    /// Whether the study was read from this file.
    #[must_use]
    pub fn is_of_file(&self, path: &Path) -> bool {
        let same = |name: &str| {
            let name = Path::new(name);
            let real = |path: &Path| path.canonicalize().ok();
            name == path || real(name).is_some_and(|name| Some(name) == real(path))
        };
        same(&self.name) || self.source_files.iter().any(|file| same(&file.file))
    }

    fn report<'a>(&'a self, document: &'a str) -> Report<'a> {
        Report {
            source: &self.name,
            source_files: &self.source_files,
            set_aside: &self.set_aside,
            study: self.study(),
            analysis: &self.analysis,
            function: self.function(),
            known_bias: self.known_bias.as_ref(),
            document,
            serial: None,
            review: self.review.as_ref(),
        }
    }
}
