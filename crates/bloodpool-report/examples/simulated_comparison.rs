//! Compares two acquisitions of one simulated patient with true outlines, prints the summaries, and writes page, PDF and document:
//! `cargo run --release -p bloodpool-report --example simulated_comparison -- FOLDER`

use std::path::PathBuf;

use bloodpool_core::analysis::measure;
use bloodpool_core::function::comparison::{ComparisonChoices, TechnicalRepeatability};
use bloodpool_core::{ModelIdentity, Protocol};
use bloodpool_phantom::{Family, Population};
use bloodpool_report::{ComparisonDocument, Language, SerialComparison, SerialStudy};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write into")?);
    std::fs::create_dir_all(&folder)?;
    let patient = Population::ordinary(Family::Own, 31).repeated(2)?;
    let [first, _] = patient.alike;
    let mut acquired = [first.labelled, patient.revisited.labelled];
    for (simulated, date) in acquired.iter_mut().zip(["20260112", "20260706"]) {
        simulated.study.identity.study_date = Some(date.into());
    }
    let model = || ModelIdentity { name: "true outlines".into(), sha256: String::new() };
    let measured = |simulated: &bloodpool_core::LabelledStudy| {
        measure(&simulated.study, simulated.perfect_segmentation(), model(), &Protocol::background_image())
    };
    let analyses = [measured(&acquired[0])?, measured(&acquired[1])?];
    let study = |at: usize, source: &'static str| SerialStudy {
        source,
        source_files: &[],
        study: &acquired[at].study,
        analysis: &analyses[at],
        signed: None,
    };
    let choices = ComparisonChoices::new(TechnicalRepeatability::counting_noise_alone());
    let serial = SerialComparison::new(vec![study(0, "january"), study(1, "july")], &choices)?;
    let document = serde_json::to_string_pretty(&ComparisonDocument::new(&serial)?)?;
    std::fs::write(folder.join("comparison.json"), &document)?;
    for language in Language::ALL {
        println!("{}", serial.summary(language, None, false)?);
        std::fs::write(folder.join(format!("comparison-{language}.html")), serial.html(language)?)?;
        std::fs::write(folder.join(format!("comparison-{language}.pdf")), serial.pdf(language, &document)?)?;
    }
    Ok(())
}
