//! `StudyRequest`: a request about one study, from the address to the open study, once what the person may do was looked at.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use bloodpool_report::Language;

use super::app::{App, require};
use super::live::LiveStudy;
use super::refusal::Refusal;
use crate::people::account::{Person, PersonRole};
use crate::review::listed::ListedStudy;

/// A request about one study: who asks, in which language, and the public id in its address.
pub(super) struct StudyRequest {
    app: Arc<App>,
    person: Person,
    language: Language,
    id: String,
}

/// A study of the list that a person asks for.
pub(super) struct AskedStudy<'a> {
    pub(super) app: &'a App,
    pub(super) person: &'a Person,
    pub(super) language: Language,
    pub(super) study: ListedStudy,
}

impl FromRequestParts<Arc<App>> for StudyRequest {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Refusal::not_found())?;
        let id = params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value.to_owned());
        // The guard sets both; without it nobody is let in.
        let known = (parts.extensions.get::<Person>(), parts.extensions.get::<Language>());
        let (Some(id), (Some(person), Some(language))) = (id, known) else { return Err(Refusal::not_found()) };
        Ok(Self { app: Arc::clone(app), person: person.clone(), language: *language, id })
    }
}

impl StudyRequest {
    /// The request, where its person may do what it asks for.
    pub(super) fn by(self, may: fn(PersonRole) -> bool) -> Result<Self, Refusal> {
        require(may(self.person.role))?;
        Ok(self)
    }

    /// Does something with the study, off the thread that answers requests.
    pub(super) async fn study<T: Send + 'static>(
        self,
        work: impl FnOnce(&AskedStudy<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let Self { app, person, language, id } = self;
        app.blocking(move |app| {
            let study = app.listed(&id)?;
            work(&AskedStudy { app, person: &person, language, study })
        })
        .await
    }

    /// The same with the study opened.
    pub(super) async fn open<T: Send + 'static>(
        self,
        work: impl FnOnce(&AskedStudy<'_>, &LiveStudy) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.study(move |asked| work(asked, &*asked.app.open(&asked.study)?)).await
    }
}
