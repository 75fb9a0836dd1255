//! The worklist: studies with grave findings first, searched by patient, date and status.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bloodpool_report::Language;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::app::{App, Who, require};
use super::language::text;
use super::page::{Page, page};
use super::refusal::{Refusal, from_json, json};
use super::study_request::StudyRequest;
use crate::outbox::route::ResultStatus;
use crate::people::account::{Person, PersonRole};
use crate::queue::job::JobState;
use crate::review::listed::{ListedStudy, StatusCounts, StudyQuery};

/// Studies of one page of the list.
const PER_PAGE: usize = 50;

/// The part of the list that an address names.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Part {
    #[serde(default)]
    status: String,
    #[serde(default)]
    page: usize,
}

/// What was typed into the search field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchRequest {
    text: String,
}

#[derive(Serialize)]
struct NextFields {
    id: Option<String>,
}

/// `GET /studies`.
pub(super) async fn worklist(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    axum::Extension(language): axum::Extension<Language>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    list(app, person, language, part, String::new()).await
}

/// `POST /studies`: the studies with a text. It may be a patient's name, and therefore is in no address.
pub(super) async fn search(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    axum::Extension(language): axum::Extension<Language>,
    Query(part): Query<Part>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let asked: SearchRequest = from_json(&headers, body).await?;
    list(app, person, language, part, asked.text.chars().take(64).collect()).await
}

async fn list(
    app: Arc<App>,
    person: Person,
    language: Language,
    part: Part,
    searched: String,
) -> Result<Response, Refusal> {
    require(person.role.may_read())?;
    app.blocking(move |app| {
        let t = |key| text(language, key);
        let query = StudyQuery {
            text: searched,
            status: ResultStatus::of_name(&part.status),
            skip: part.page.saturating_mul(PER_PAGE),
            most: PER_PAGE,
        };
        let (studies, matching) = app.reader.studies(&query)?;
        let counts = app.reader.status_counts()?;
        let jobs = app.reader.job_count(JobState::Waiting)? + app.reader.job_count(JobState::Running)?;
        let pages = usize::try_from(matching).unwrap_or(0).div_ceil(PER_PAGE);
        let body = html! {
            main.list {
                h1.unseen { (t("worklist")) }
                (head(language, &part.status, counts, person.role.may_edit()))
                p #progress role="status" data-jobs=(jobs) { @if jobs > 0 { (jobs) " " (t("being_analysed")) } }
                table #studies {
                    thead { tr {
                        th { span.unseen { (t("picture")) } }
                        th { (t("patient")) } th { (t("date")) } th { (t("description")) }
                        th.number { "LVEF" } th { (t("findings")) } th { (t("status")) }
                    } }
                    tbody { @for study in &studies { (row(language, study)) } }
                }
                p #no-studies.quiet hidden[!studies.is_empty()] { (t("no_studies")) }
                nav.pages aria-label=(t("pages")) {
                    @if pages > 1 {
                        @let to = |page| link(&part.status, page);
                        @if part.page > 0 { a href=(to(part.page - 1)) rel="prev" { (t("previous")) } }
                        span { (part.page + 1) " / " (pages) }
                        @if part.page + 1 < pages { a href=(to(part.page + 1)) rel="next" { (t("next")) } }
                    }
                }
                p.quiet { (t("list_keys")) }
                div #drop hidden { (t("drop_here")) }
            }
        };
        let (title, module) = (t("worklist"), Some("worklist.js"));
        let page = page(&Page { title, language, person: Some(&person), module, body, data: &[] });
        Ok(page.into_response())
    })
    .await
}

fn link(status: &str, page: usize) -> String {
    format!("/studies?status={}&page={page}", escaped(status))
}

fn head(language: Language, shown: &str, counts: StatusCounts, may_edit: bool) -> Markup {
    let t = |key| text(language, key);
    let [automatic, reviewed, signed] = counts;
    let tabs = [
        ("", "all", counts.iter().sum()),
        ("automatic", "new", automatic),
        ("reviewed", "in_review", reviewed),
        ("signed", "signed", signed),
    ];
    html! {
        div.listhead {
            nav.tabs aria-label=(t("status")) {
                @for (status, key, count) in tabs {
                    @let current = (shown == status).then_some("page");
                    a href=(link(status, 0)) aria-current=[current] { (t(key)) " " span.count { (count) } }
                }
            }
            form role="search" {
                @let words = t("search");
                input #search type="search" maxlength="64" placeholder=(words) aria-label=(words);
            }
            @if may_edit {
                label.button for="file" { (t("add_file")) }
                input #file.hidden type="file" multiple;
            }
        }
    }
}

fn row(language: Language, study: &ListedStudy) -> Markup {
    let t = |key| text(language, key);
    let href = format!("/study/{}", study.public_id);
    let thumbnail = format!("/api/study/{}/thumbnail.png", study.public_id);
    let (sign, words) = rank(language, &study.rank);
    let status = match study.status {
        ResultStatus::Automatic => "new",
        ResultStatus::Reviewed => "reviewed",
        ResultStatus::Signed => "signed",
    };
    html! {
        tr data-href=(href) {
            td { img.thumb src=(thumbnail) alt="" width="48" height="48" loading="lazy"; }
            td {
                a href=(href) { (patient_name(study, language)) }
                div.quiet { (study.patient_id.as_deref().unwrap_or("")) }
            }
            td { (date(study)) }
            td { (study.description.as_deref().unwrap_or("")) }
            td.number {
                @match study.reviewed_lvef_percent.or(study.lvef_percent) {
                    Some(lvef) => { strong { (format!("{lvef:.1}")) } " %" }
                    None => { "-" }
                }
            }
            td {
                span class=(format!("rank {}", study.rank)) { (sign) " " (words) }
                @if study.rank == "failed" { div.quiet { (study.findings.join("; ")) } }
            }
            td {
                span class=(format!("status {}", study.status.name())) { (t(status)) }
                @if study.changed_since { div.quiet { (t("changed_after")) } }
            }
        }
    }
}

/// A sign beside the word, since nothing is told by colour alone.
fn rank(language: Language, rank: &str) -> (&'static str, &'static str) {
    let (sign, key) = match rank {
        "failed" | "refused" => ("✖", "not_analysed"),
        "do_not_use" => ("✖", "do_not_use"),
        "look" => ("▲", "look"),
        "note" => ("•", "note"),
        _ => ("✓", "sound"),
    };
    (sign, text(language, key))
}

/// As people write it: `Family^Given` without the sign between.
pub(super) fn patient_name(study: &ListedStudy, language: Language) -> String {
    let name = study.patient_name.as_deref().unwrap_or("").replace('^', " ");
    if name.trim().is_empty() { text(language, "no_name").to_owned() } else { name.trim().to_owned() }
}

/// YYYY-MM-DD.
pub(super) fn date(study: &ListedStudy) -> String {
    let date = study.study_date.as_deref().unwrap_or("");
    match (date.len(), date.bytes().all(|byte| byte.is_ascii_digit())) {
        (8, true) => format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]),
        _ => date.to_owned(),
    }
}

fn escaped(value: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// `GET /api/next/{id}`: the next study that nobody has reviewed.
pub(super) async fn next(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    request
        .study(|asked| {
            let query = StudyQuery { status: Some(ResultStatus::Automatic), most: 200, ..StudyQuery::default() };
            let (studies, _) = asked.app.reader.studies(&query)?;
            let shown = |study: &ListedStudy| study.id == asked.study.id;
            let at = studies.iter().position(shown).map_or(0, |at| at + 1);
            let next = studies.get(at).or(studies.first()).filter(|study| !shown(study));
            Ok(json(&NextFields { id: next.map(|study| study.public_id.clone()) }))
        })
        .await
}
