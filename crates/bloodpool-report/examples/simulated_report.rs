//! Writes the HTML and the PDF report of a simulated study with true outlines in both languages, prints the summaries, and says
//! what each costs:
//! `cargo run --release -p bloodpool-report --example simulated_report -- FOLDER`

use std::path::PathBuf;
use std::time::Instant;

use bloodpool_core::analysis::measure;
use bloodpool_core::{ModelIdentity, Protocol};
use bloodpool_phantom::{Family, Population};
use bloodpool_report::{AnalysisDocument, Language, Report, summary_in};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write into")?);
    std::fs::create_dir_all(&folder)?;
    let simulated = Population::ordinary(Family::Own, 31).study(2)?.labelled;
    let model = ModelIdentity { name: "true outlines".into(), sha256: String::new() };
    let study = &simulated.study;
    let analysis = measure(study, simulated.perfect_segmentation(), model, &Protocol::background_image())?;
    let started = Instant::now();
    let function = analysis.function(study).ok_or("the LVEF is withheld")?;
    println!("ventricular function, computed once: {:.0} ms", started.elapsed().as_secs_f64() * 1000.0);
    let document = serde_json::to_string(&AnalysisDocument::new("simulated", study, &analysis, Some(&function))?)?;
    let report = Report {
        source: "simulated",
        source_files: &[],
        set_aside: &[],
        study,
        analysis: &analysis,
        function: Some(&function),
        known_bias: None,
        document: &document,
        serial: None,
        review: None,
    };
    for language in Language::ALL {
        println!("\n{}", summary_in(language, "simulated", study, &analysis, None, "-", false)?);
        let started = Instant::now();
        let html = report.html_in(language)?;
        let page = started.elapsed();
        let started = Instant::now();
        let pdf = report.pdf(language)?;
        let paper = started.elapsed();
        for (kind, bytes, took) in [("html", html.as_bytes(), page), ("pdf", pdf.as_slice(), paper)] {
            std::fs::write(folder.join(format!("report-{language}.{kind}")), bytes)?;
            println!("{language} {kind}: {} bytes, {:.0} ms", bytes.len(), took.as_secs_f64() * 1000.0);
        }
    }
    Ok(())
}
