//! Validated settings of `listen`: flags, else section `[listen]` of `bloodpool.toml`, else defaults.

use std::path::PathBuf;

use bloodpool::dicom::objects::SrClass;
use bloodpool::objects::ObjectKind;
use bloodpool_config::listen::{DestinationSection, ListenSection, WatchedFolder};
use bloodpool_server::{ServiceSettings, SettingsError};

use super::export::sr_class;
use super::{AnalyzeSettings, SettingsFile};
use crate::cli::{ListenFlags, MeasuringFlags};
use crate::outcome::wrong_usage;

/// Settings of `listen`.
pub(crate) struct ListenSettings {
    /// Model, protocol and language of every analysis; it names no study.
    pub(crate) analyze: AnalyzeSettings,
    pub(crate) service: ServiceSettings,
    /// Objects that are made, whether or not they are sent anywhere.
    pub(crate) objects: Vec<ObjectKind>,
    pub(crate) sr_class: SrClass,
    pub(crate) device_serial_number: String,
    pub(crate) utc_offset_minutes: i16,
    /// For whom people review and sign.
    pub(crate) organization: Option<String>,
    pub(crate) log: Option<PathBuf>,
}

impl ListenSettings {
    /// Validates flags and section.
    pub(crate) fn new(flags: ListenFlags, mut file: SettingsFile) -> anyhow::Result<Self> {
        let mut section = file.listen.take().unwrap_or_default();
        section.data = Some(data_folder(flags.data, Some(&section))?);
        section.address = flags.address.or(section.address);
        section.port = flags.port.or(section.port);
        section.ae_title = flags.ae_title.or(section.ae_title);
        section.allow = given(flags.allow).or(section.allow);
        section.objects = given(flags.object).or(section.objects);
        section.log = flags.log.or(section.log);
        if !flags.to.is_empty() {
            let destination =
                |to| DestinationSection { to, objects: None, when: None, storage_commitment: false, tls: None };
            section.destination = flags.to.into_iter().map(destination).collect();
        }
        let watched = |folder| WatchedFolder { folder, stable_seconds: None, delete: false };
        section.watch.extend(flags.watch.into_iter().map(watched));
        let service = ServiceSettings::of_section(&section, bloodpool_report::SOFTWARE).map_err(unusable)?;
        let measuring = MeasuringFlags { model: flags.model, protocol: flags.protocol, ..MeasuringFlags::default() };
        Ok(Self {
            analyze: AnalyzeSettings::of(Vec::new(), measuring, file)?,
            objects: service.kinds.iter().filter_map(|kind| kind.name().parse().ok()).collect(),
            service,
            sr_class: sr_class(section.sr_class.as_deref())?,
            device_serial_number: section.device_serial_number.unwrap_or_else(|| "1".to_owned()),
            utc_offset_minutes: section.utc_offset_minutes.unwrap_or(0),
            organization: section.organization,
            log: section.log,
        })
    }
}

fn given(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

/// A setting by its flag, and by its key of the section.
pub(crate) fn unusable(error: SettingsError) -> anyhow::Error {
    let flag = match error.key {
        "ae_title" => "--ae-title",
        "address" => "--address",
        "allow" => "--allow",
        "objects" => "--object",
        "destination.to" => "--to",
        _ => return wrong_usage(format!("section [listen] of the settings: {error}")),
    };
    wrong_usage(format!("{flag}, or {} in section [listen] of the settings: {}", error.key, error.problem))
}

/// The data folder of a listener, by flag or section.
pub(crate) fn data_folder(flag: Option<PathBuf>, section: Option<&ListenSection>) -> anyhow::Result<PathBuf> {
    let named = flag.or_else(|| section?.data.clone());
    named
        .ok_or_else(|| wrong_usage("name the data folder: --data DIR, or `data` in section [listen] of bloodpool.toml"))
}
