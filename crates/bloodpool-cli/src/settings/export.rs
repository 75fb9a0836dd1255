//! Validated settings of `export`.

use bloodpool::dicom::objects::SrClass;
use bloodpool::objects::ObjectKind;

use super::{AnalyzeSettings, SettingsFile};
use crate::cli::{ExportObjectsFlags, MeasuringFlags};
use crate::outcome::{as_usage, wrong_usage};

/// Settings of `export`.
#[derive(Debug)]
pub(crate) struct ExportSettings {
    /// Studies, model and language; its report folder is where objects go.
    pub(crate) analyze: AnalyzeSettings,
    pub(crate) objects: Vec<ObjectKind>,
    pub(crate) out: std::path::PathBuf,
    pub(crate) sr_class: SrClass,
}

impl ExportSettings {
    /// Validates the flags.
    pub(crate) fn new(flags: ExportObjectsFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let objects = objects(&flags.object)?;
        let sr_class = sr_class(flags.sr_class.as_deref())?;
        let measuring = MeasuringFlags {
            model: flags.model,
            protocol: flags.protocol,
            calibration: flags.calibration,
            lang: flags.lang,
            selection: flags.selection,
            force: flags.force,
            ..MeasuringFlags::default()
        };
        Ok(Self { analyze: AnalyzeSettings::of(flags.studies, measuring, file)?, objects, out: flags.out, sr_class })
    }
}

/// Objects by their names, each once.
fn objects(names: &[String]) -> anyhow::Result<Vec<ObjectKind>> {
    let mut objects = Vec::new();
    for name in names {
        let kind: ObjectKind = name.trim().parse().map_err(as_usage)?;
        if !objects.contains(&kind) {
            objects.push(kind);
        }
    }
    Ok(objects)
}

/// The SOP class of a structured report by its name.
pub(super) fn sr_class(name: Option<&str>) -> anyhow::Result<SrClass> {
    match name {
        None | Some("comprehensive") => Ok(SrClass::Comprehensive),
        Some("enhanced") => Ok(SrClass::Enhanced),
        Some("comprehensive-3d") => Ok(SrClass::Comprehensive3D),
        Some(other) => Err(wrong_usage(format!(
            "{other:?} is no class of a structured report: choose enhanced, comprehensive or comprehensive-3d"
        ))),
    }
}
