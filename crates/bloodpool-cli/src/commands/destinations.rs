//! Where each study's masks and report go, decided and checked before the work starts.

use std::path::{Path, PathBuf};

use bloodpool_dataset::study_names;
use bloodpool_files::VolumeFormat;

use crate::outcome::wrong_usage;
use crate::settings::AnalyzeSettings;
use bloodpool_report::report::{self, serial as serial_report};

use crate::outputs;

/// Where the files of one study go.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Destination {
    pub(super) masks: Option<PathBuf>,
    pub(super) report: Option<PathBuf>,
    pub(super) pdf: Option<PathBuf>,
    /// Of the comparison whose latest study this is; its page goes into the folder of the report.
    pub(super) comparison_pdf: Option<PathBuf>,
}

/// One destination for each planned study (`None`: it failed already), with nothing there that would be replaced.
pub(super) fn destinations(settings: &AnalyzeSettings, paths: &[Option<PathBuf>]) -> anyhow::Result<Vec<Destination>> {
    let names = study_names(paths);
    let several = paths.len() > 1;
    let compares = several && settings.compare;
    let masks_file = settings.masks.as_deref().filter(|path| is_mask(path) && !path.is_dir());
    let pdf_file = settings.pdf.as_deref().filter(|path| ends_in(path, "pdf") && !path.is_dir());
    for (flag, file) in [("--masks", masks_file), ("--pdf", pdf_file)] {
        if let Some(path) = file.filter(|_| several) {
            return Err(wrong_usage(format!(
                "{flag} {} names one file for {} studies; name a folder instead",
                path.display(),
                paths.len()
            )));
        }
    }
    let destinations: Vec<Destination> = names
        .iter()
        .map(|name| {
            let Some(name) = name else { return Destination::default() };
            let in_folder = |folder: &PathBuf| folder.join(format!("{name}.npy"));
            let pdf_in_folder = |folder: &PathBuf| folder.join(format!("{name}.pdf"));
            Destination {
                masks: masks_file.map(Path::to_owned).or_else(|| settings.masks.as_ref().map(in_folder)),
                report: settings.report.as_ref().map(|dir| if several { dir.join(name) } else { dir.clone() }),
                pdf: pdf_file.map(Path::to_owned).or_else(|| settings.pdf.as_ref().map(pdf_in_folder)),
                comparison_pdf: (settings.pdf.as_ref().filter(|_| compares))
                    .map(|folder| folder.join("comparison").join(format!("{name}.pdf"))),
            }
        })
        .collect();
    let named = [("--report", &settings.report), ("--masks", &settings.masks), ("--pdf", &settings.pdf)];
    for (flag, folder) in named {
        let is_the_file = |path: &Path| masks_file == Some(path) || pdf_file == Some(path);
        if let Some(path) = folder.as_deref().filter(|path| path.is_file() && !is_the_file(path)) {
            return Err(wrong_usage(format!("{flag} {} is a file; name a folder", path.display())));
        }
    }
    let files = destinations.iter().flat_map(|destination| {
        let report = destination.report.as_deref().map(report::files).unwrap_or_default();
        let page = destination.report.as_deref().filter(|_| compares).map(serial_report::files).unwrap_or_default();
        let single = destination.masks.iter().chain(&destination.pdf).chain(&destination.comparison_pdf);
        single.cloned().chain(report).chain(page)
    });
    let files: Vec<PathBuf> = files.collect();
    outputs::refuse_existing(files.iter().map(PathBuf::as_path), settings.force)?;
    Ok(destinations)
}

/// Whether a name is that of a file of masks: NumPy, NIfTI or NRRD.
fn is_mask(path: &Path) -> bool {
    ends_in(path, "npy") || VolumeFormat::of_name(path).is_some()
}

fn ends_in(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end))
}
