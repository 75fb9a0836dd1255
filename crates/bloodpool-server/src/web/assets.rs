//! What the browser loads beside pages: modules, the style sheet, and the texts of a language. All of it is in the program.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bloodpool_report::Language;

use super::annotate_texts;
use super::language::{MODULE_TEXTS, text};
use super::refusal::Refusal;

/// Name, content type and content.
const FILES: &[(&str, &str, &str)] = &[
    ("style.css", CSS, include_str!("../../assets/style.css")),
    ("study.js", SCRIPT, include_str!("../../assets/study.js")),
    ("server.js", SCRIPT, include_str!("../../assets/server.js")),
    ("picture.js", SCRIPT, include_str!("../../assets/picture.js")),
    ("colours.js", SCRIPT, include_str!("../../assets/colours.js")),
    ("curve.js", SCRIPT, include_str!("../../assets/curve.js")),
    ("cine.js", SCRIPT, include_str!("../../assets/cine.js")),
    ("tools.js", SCRIPT, include_str!("../../assets/tools.js")),
    ("keys.js", SCRIPT, include_str!("../../assets/keys.js")),
    ("figures.js", SCRIPT, include_str!("../../assets/figures.js")),
    ("annotate.js", SCRIPT, include_str!("../../assets/annotate.js")),
    ("progress.js", SCRIPT, include_str!("../../assets/progress.js")),
    ("function.js", SCRIPT, include_str!("../../assets/function.js")),
    ("worklist.js", SCRIPT, include_str!("../../assets/worklist.js")),
    ("enter.js", SCRIPT, include_str!("../../assets/enter.js")),
    ("page.js", SCRIPT, include_str!("../../assets/page.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
];

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// `GET /assets/{name}`. Anybody may load them: they say nothing about anybody.
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Refusal> {
    let reply = |kind: &'static str, content: String| {
        ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], content).into_response()
    };
    if let Some((_, kind, content)) = FILES.iter().find(|(known, ..)| *known == name) {
        return Ok(reply(kind, (*content).to_owned()));
    }
    let code = name.strip_prefix("texts-").and_then(|rest| rest.strip_suffix(".js"));
    let language = code.and_then(Language::of_code).ok_or_else(Refusal::not_found)?;
    let texts: serde_json::Map<String, serde_json::Value> = MODULE_TEXTS
        .iter()
        .chain(annotate_texts::MODULE_TEXTS)
        .map(|(key, ..)| ((*key).to_owned(), text(language, key).into()))
        .collect();
    Ok(reply(SCRIPT, format!("export default {};\n", serde_json::Value::Object(texts))))
}
