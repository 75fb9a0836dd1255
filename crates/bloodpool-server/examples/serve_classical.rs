//! The review page with a classical segmenter in place of the network, for trials of the page: it is built without the network crates.
//!
//! `cargo run --release -p bloodpool-server --example serve_classical -- --data DATA_FOLDER [STUDY_OR_FOLDER...]`
//!
//! The LV fraction is 0.8 within the outline, so that what is measured, and how long it takes, is that of the default protocol. The
//! numbers mean nothing. Accounts are made by `bloodpool user add`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bloodpool_core::classical::ClassicalMethod;
use bloodpool_core::{GatedStudy, ModelIdentity, Segmentation, SegmentationError, Segmenter, analyze_by};
use bloodpool_dicom::{Selection, plan};
use bloodpool_report::AnalysisDocument;
use bloodpool_server::{
    Analyse, AnalysisError, AnalysisIdentity, InboxSettings, ObjectKind, Produced, RetentionPolicy, ReviewAnalysis,
    SenderSettings, Service, ServiceSettings, StudyInput, Transport, WebServer, WebSettings, WorkerSettings,
    first_link, take_files,
};
use ndarray::Array3;

/// A classical segmenter that gives a fraction.
struct Classical(Box<dyn Segmenter>);

impl Segmenter for Classical {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let found = self.0.segment(study)?;
        let inside = |(frame, row, column): (usize, usize, usize)| {
            if found.masks.get(frame).is_some_and(|mask| mask.contains(row, column)) { 0.8 } else { 0.0 }
        };
        Ok(Segmentation { lv_fraction: Some(Array3::from_shape_fn(study.counts().dim(), inside)), ..found })
    }

    fn identity(&self) -> ModelIdentity {
        self.0.identity()
    }
}

impl ReviewAnalysis for Classical {
    fn segmenter(&self) -> &dyn Segmenter {
        self
    }
}

impl Analyse for Classical {
    fn identity(&self) -> AnalysisIdentity {
        AnalysisIdentity { model: self.0.identity().name, protocol: "default".into(), version: "trial".into() }
    }

    fn analyse(&self, study: &StudyInput) -> Result<Vec<Produced>, AnalysisError> {
        let failed = |reason: String| AnalysisError { reason, may_pass: false };
        let planned = plan(&study.files, &Selection::default()).studies.into_iter().next();
        let planned = planned.ok_or_else(|| failed("no gated study".into()))?;
        let file = planned.and_then(|planned| planned.read()).map_err(|error| failed(error.problem.to_string()))?;
        let analysis = analyze_by(&file.study, self, |found| self.protocol_for(found));
        let analysis = analysis.map_err(|error| failed(error.to_string()))?;
        let document = AnalysisDocument::new(&study.uid, &file.study, &analysis, None);
        let document = document.map_err(|error| failed(error.to_string()))?;
        let bytes = serde_json::to_vec(&document).map_err(|error| failed(error.to_string()))?;
        Ok(vec![Produced { kind: ObjectKind::Document, sop_instance_uid: None, bytes }])
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut data, mut studies) = (None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--data" => data = arguments.next().map(PathBuf::from),
            // As `bloodpool serve` is called.
            "serve" => {}
            study => studies.push(PathBuf::from(study)),
        }
    }
    let data = data.ok_or("name a data folder with --data")?;
    let method = ClassicalMethod::by_name("region-growing").ok_or("there is no such method")?;
    let program = Arc::new(Classical(method.segmenter()));
    let settings = WebSettings { address: ([127, 0, 0, 1], 0).into(), hosts: Vec::new(), transport: Transport::Plain };
    let web = WebServer::bind(program.clone(), settings)?;
    let origin = web.origin();
    let service = ServiceSettings {
        data,
        program: "serve_classical".into(),
        listener: None,
        inbox: InboxSettings { quiet_period: Duration::from_millis(200), ..InboxSettings::default() },
        worker: WorkerSettings::default(),
        workers: 1,
        kinds: Vec::new(),
        destinations: Vec::new(),
        sender: SenderSettings::default(),
        watched: Vec::new(),
        retention: RetentionPolicy::default(),
        audit_heads: None,
        stop_within: Duration::from_secs(5),
    };
    let service = Service::start(service, program, vec![Box::new(web)])?;
    for error in take_files(service.inbox(), &studies).failed {
        eprintln!("error: {error}");
    }
    println!("Open in a browser: {}", first_link(service.store(), &origin)?);
    // Until the process is ended: what was acknowledged is on disk.
    service.run_until(|| false);
    Ok(())
}
