//! `export`: the result of each study as DICOM objects in a folder.

use std::path::PathBuf;

use bloodpool::SetAsideSummary;
use bloodpool::objects::{ObjectChoices, ObjectKind};
use bloodpool_dataset::study_names;
use bloodpool_dicom::{Plan, plan};

use super::analyze::{analyzer, failure, print, to_stdout};
use super::listen::created;
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::outputs;
use crate::settings::ExportSettings;

/// Analyses every study that was named, and writes its objects.
pub(crate) fn run(settings: &ExportSettings) -> anyhow::Result<Outcome> {
    let (analyze, interrupt) = (&settings.analyze, Interrupt::watch()?);
    let Plan { studies: planned, set_aside } = plan(&analyze.studies, &analyze.selection);
    let paths: Vec<Option<PathBuf>> = planned.iter().map(|study| study.as_ref().ok().map(|s| s.path.clone())).collect();
    let several = paths.len() > 1;
    let folder = |name: &String| if several { settings.out.join(name) } else { settings.out.clone() };
    let folders: Vec<Option<PathBuf>> = study_names(&paths).iter().map(|name| name.as_ref().map(folder)).collect();
    let file = |folder: &PathBuf, kind: &ObjectKind| folder.join(format!("{kind}.dcm"));
    let files = folders.iter().flatten().flat_map(|folder| settings.objects.iter().map(move |kind| file(folder, kind)));
    let files: Vec<PathBuf> = files.collect();
    outputs::refuse_existing(files.iter().map(PathBuf::as_path), analyze.force)?;
    let in_it: Vec<&str> = folders.iter().flatten().filter_map(|folder| folder.file_name()?.to_str()).collect();
    let _lock = outputs::lock(&settings.out, if several { &in_it } else { &[] })?;
    let analyzer = analyzer(analyze)?;
    let choices = ObjectChoices {
        sr_class: settings.sr_class,
        language: analyze.language,
        ..ObjectChoices::automatic(created(0)?)
    };
    let aside = SetAsideSummary::of(&planned, &set_aside);
    let mut failed = 0;
    for (study, folder) in planned.into_iter().zip(&folders) {
        if interrupt.seen() {
            return Ok(Outcome::Interrupted);
        }
        let made = match (study, folder) {
            (Ok(study), Some(folder)) => analyzer
                .analyze_planned(&study)
                .and_then(|analyzed| Ok((analyzed.objects(&settings.objects, &choices)?, folder.as_path())))
                .map_err(|error| failure(&study.path, &error, &study.set_aside)),
            (Err(error), _) => Err(failure(&error.path.clone(), &error.into(), &[])),
            (Ok(_), None) => continue,
        };
        match made {
            Ok((made, folder)) => {
                for object in &made.objects {
                    let path = folder.join(&object.name);
                    outputs::write(&path, &object.bytes, outputs::if_exists(analyze.force))?;
                    to_stdout(&path.display().to_string())?;
                }
                for (kind, why) in &made.omitted {
                    eprintln!("error: {}: no {kind} was written: {why}", folder.display());
                }
                failed += usize::from(!made.omitted.is_empty());
            }
            Err(document) => {
                failed += 1;
                print(analyze, None, Some(document))?;
            }
        }
    }
    outputs::say_set_aside(&aside);
    Ok(if failed == 0 { Outcome::Done } else { Outcome::SomeFailed })
}
