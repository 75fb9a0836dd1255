//! `serve`: the review page in a browser, until it is asked to stop.

use std::sync::Arc;

use anyhow::Context;
use bloodpool::objects::ObjectChoices;
use bloodpool_server::{
    Annotation, Service, ServiceSettings, TakenFiles, WebServer, first_link, rater_links, take_files,
};

use super::analyze::to_stdout;
use super::listen::{ByModel, created};
use crate::interrupt::Interrupt;
use crate::log;
use crate::outcome::{Outcome, as_usage};
use crate::settings::ServeSettings;

/// Serves until Ctrl-C or a request to terminate. To be asked to stop is no failure.
pub(crate) fn run(settings: ServeSettings) -> anyhow::Result<Outcome> {
    let program = Arc::new(match &settings.listen {
        Some(listen) => ByModel::listening(listen)?,
        None => ByModel::new(&settings.analyze, ObjectChoices::automatic(created(0)?))?,
    });
    let annotation = settings.annotation.as_ref().map(|work| Annotation::open(work, bloodpool_report::SOFTWARE));
    let annotation = annotation.transpose().map_err(as_usage)?;
    let raters: Vec<String> = annotation.iter().flat_map(Annotation::raters).map(str::to_owned).collect();
    let mut web = WebServer::bind(program.clone(), settings.web).map_err(as_usage)?;
    let origin = web.origin();
    if let Some(annotation) = annotation {
        web = web.annotating(annotation);
    }
    // Removed at the end, with what was done in it.
    let temporary = match (&settings.data, &settings.listen) {
        (Some(_), _) | (_, Some(_)) => None,
        (None, None) => Some(tempfile::tempdir().context("no temporary folder can be made; name one with --data")?),
    };
    let service = match settings.listen {
        Some(listen) => {
            log::to_lines(listen.log.as_deref())?;
            ServiceSettings { audit_heads: settings.audit_heads.or(listen.service.audit_heads), ..listen.service }
        }
        None => {
            let kept = settings.data.or_else(|| Some(temporary.as_ref()?.path().join("data")));
            ServeSettings::service(kept.context("no data folder")?, settings.audit_heads)
        }
    };
    let interrupt = Interrupt::watch_silently()?;
    let service = Service::start(service, program, vec![Box::new(web)]).map_err(as_usage)?;
    let TakenFiles { taken, failed, skipped } = take_files(service.inbox(), &settings.studies);
    for error in &failed {
        eprintln!("error: {error}");
    }
    if skipped > 0 {
        eprintln!("{skipped} files that are not DICOM were skipped");
    }
    if taken == 0 && !settings.studies.is_empty() {
        service.stop();
        return Ok(Outcome::SomeFailed);
    }
    if temporary.is_some() {
        eprintln!("Studies and corrections are kept until the end of this program; --data DIR keeps them.");
    }
    let links = rater_links(service.store(), &origin, &raters).map_err(as_usage)?;
    to_stdout(&format!("Open in a browser: {}", first_link(service.store(), &origin)?))?;
    for (rater, link) in links {
        to_stdout(&format!("{rater}: {link}"))?;
    }
    service.run_until(|| interrupt.seen());
    Ok(if failed.is_empty() { Outcome::Done } else { Outcome::SomeFailed })
}
