//! The page on which a rater draws, and the page on which the owner of the study sees how far the raters are.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bloodpool_report::Language;
use maud::{Markup, html};

use super::annotate::{annotation, own, place_of, places};
use super::app::{App, Who, require};
use super::language::text;
use super::page::{Page, page};
use super::refusal::Refusal;
use crate::annotate::annotation::PlaceState;
use crate::annotate::progress::RaterProgress;

/// Tool, its key, and the sign on its button: those of the study page, the first one first.
const TOOLS: [(&str, &str, &str); 6] = [
    ("redraw", "D", "✎"),
    ("vertex", "V", "◇"),
    ("nudge", "N", "⇥"),
    ("brush", "B", "●"),
    ("transform", "M", "✥"),
    ("grow", "G", "✣"),
];

/// What a button does at once, and its key.
const ACTS: [(&str, &str); 4] = [("smooth", "S"), ("clear", "X"), ("undo", "U"), ("redo", "Y")];

/// `GET /annotate`: where the rater goes on.
pub(super) async fn start(State(app): State<Arc<App>>, axum::Extension(person): Who) -> Result<Response, Refusal> {
    let place = own(&app, &person)?.next_empty(None).unwrap_or(0);
    Ok(Redirect::to(&format!("/annotate/{}", place + 1)).into_response())
}

/// `GET /annotate/{place}`.
pub(super) async fn draw(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    axum::Extension(language): axum::Extension<Language>,
    Path(place): Path<String>,
) -> Result<Response, Refusal> {
    let rater = own(&app, &person)?;
    let (place, _) = place_of(rater, &place)?;
    let states = places(rater);
    let drawn = states.iter().filter(|state| **state == PlaceState::Drawn).count();
    let t = |key| text(language, key);
    let title = filled(t("image_of"), &[place + 1, states.len()]);
    let body = html! {
        main.study.annotate {
            section.head {
                h1 { (title) }
                progress #done max=(states.len()) value=(drawn) aria-label=(t("first_drawings")) {}
                span #done-text.quiet { (filled(t("drawn_of"), &[drawn, states.len()])) }
                div.acts {
                    span #saved role="status" {}
                    button #previous title="←" { (t("previous_image")) }
                    button #next title="→" { (t("next_image")) }
                    button #next-empty.primary title="J" { (t("next_empty")) }
                    button #help title="?" aria-label=(t("keys")) { "?" }
                }
            }
            p #notice role="alert" hidden {}
            (toolbar(language))
            (views(language))
            aside {
                p.quiet { (t("draw_help")) }
                h2 #places-head { (t("images")) }
                nav aria-labelledby="places-head" {
                    ol #places {
                        @for (index, state) in states.iter().enumerate() { (entry(language, index, *state, place)) }
                    }
                }
            }
            dialog #keys aria-label=(t("keys")) {
                table { tbody {} }
                form method="dialog" { button { (t("close")) } }
            }
        }
    };
    let (place, count) = ((place + 1).to_string(), states.len().to_string());
    let data = [("place", place.as_str()), ("places", count.as_str())];
    Ok(page(&Page { title: &title, language, person: Some(&person), module: Some("annotate.js"), body, data: &data })
        .into_response())
}

fn filled(pattern: &str, figures: &[usize]) -> String {
    figures
        .iter()
        .enumerate()
        .fold(pattern.to_owned(), |text, (index, figure)| text.replace(&format!("{{{index}}}"), &figure.to_string()))
}

/// Sign, class and words of a state.
fn state_in_words(state: PlaceState) -> (&'static str, &'static str) {
    match state {
        PlaceState::Empty => ("empty", "not_drawn"),
        PlaceState::Drawn => ("drawn", "drawn"),
        PlaceState::InTheWay => ("stopped", "stopped_images"),
    }
}

fn entry(language: Language, index: usize, state: PlaceState, shown: usize) -> Markup {
    let (class, words) = state_in_words(state);
    let current = (index == shown).then_some("page");
    let label = format!("{}, {}", index + 1, text(language, words));
    html! {
        li { a class=(class) href=(format!("/annotate/{}", index + 1)) aria-current=[current] aria-label=(label) { (index + 1) } }
    }
}

fn toolbar(language: Language) -> Markup {
    let t = |key| text(language, key);
    let titled = |name: &str, key: &str| format!("{} ({key})", text(language, name));
    html! {
        div.toolbar role="toolbar" aria-label=(t("tools")) {
            @for (tool, key, sign) in TOOLS {
                button.tool data-tool=(tool) aria-pressed="false" title=(titled(tool, key)) {
                    span.sign aria-hidden="true" { (sign) } span { (t(tool)) } kbd { (key) }
                }
            }
            hr;
            @for (act, key) in ACTS {
                button data-act=(act) title=(titled(act, key)) { span { (t(act)) } kbd { (key) } }
            }
            label {
                span { (t("radius")) " " output #radius-value {} " mm" }
                input #radius type="range" min="2" max="60" value="14";
            }
        }
    }
}

fn views(language: Language) -> Markup {
    let t = |key| text(language, key);
    html! {
        div.views {
            div.stage {
                canvas #main tabindex="0" role="img" aria-label=(t("draw_picture_help")) {}
                span #preview-bar.onpicture hidden {
                    (t("preview")) " "
                    button #take { (t("take")) " ⏎" }
                    button #drop-preview { (t("discard")) " Esc" }
                }
            }
            div.cine {
                label { (t("window")) input #window type="range" min="5" max="150" value="100"; }
                label { (t("level")) input #level type="range" min="0" max="100" value="50"; }
                select #colours aria-label=(t("colours")) {
                    option value="grey" { (t("grey")) }
                    option value="hot" { (t("hot")) }
                    option value="cividis" { "Cividis" }
                }
                button #fit title="0" { (t("fit")) }
            }
        }
    }
}

/// `GET /annotate/progress`.
pub(super) async fn progress(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    axum::Extension(language): axum::Extension<Language>,
) -> Result<Response, Refusal> {
    require(person.role.may_oversee())?;
    let progress = annotation(&app)?.progress();
    let t = |key| text(language, key);
    let second = progress.raters.iter().any(|rater| rater.second_assigned > 0);
    let stopped = progress.raters.iter().any(|rater| !rater.in_the_way.is_empty());
    let body = html! {
        main.list {
            h1 { (t("progress")) }
            p #message role="status" {}
            table #raters {
                thead { tr {
                    th { (t("rater_name")) } th { (t("first_drawings")) }
                    @if second { th { (t("second_drawings")) } }
                    th { (t("last_saved")) } th { (t("stopped_images")) } th { (t("link")) }
                } }
                tbody { @for rater in &progress.raters { (row(language, rater, second)) } }
            }
            @if stopped { p { (t("stopped_help")) } }
            p.quiet { (t("progress_help")) " " a href="/api/annotate/progress" { "/api/annotate/progress" } }
        }
    };
    let (title, module) = (t("progress"), Some("progress.js"));
    Ok(page(&Page { title, language, person: Some(&person), module, body, data: &[] }).into_response())
}

fn row(language: Language, rater: &RaterProgress, second: bool) -> Markup {
    let t = |key| text(language, key);
    let share = |drawn: usize, assigned: usize| {
        html! {
            td {
                @if assigned > 0 {
                    progress max=(assigned) value=(drawn) aria-label=(rater.rater) {} " " (drawn) " / " (assigned)
                }
            }
        }
    };
    html! {
        tr {
            th scope="row" { (rater.rater) }
            (share(rater.drawn, rater.assigned))
            @if second { (share(rater.second_drawn, rater.second_assigned)) }
            td { (rater.last_saved.as_deref().unwrap_or("-")) }
            td {
                @for found in &rater.in_the_way {
                    div { "▲ extract.json " (found.study) ": " (found.image) @if found.drawing == 2 { " (2)" } }
                }
            }
            td { button data-rater=(rater.rater) aria-label=(format!("{}: {}", t("new_link"), rater.rater)) { (t("new_link")) } }
        }
    }
}
