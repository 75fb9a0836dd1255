//! The page of a study as a test sees it: what the server tells of it, and where its pixels are in the window.

use std::time::Duration;

use serde_json::{Value, json};

use super::Browser;

/// What the server tells of the study that is shown.
pub(crate) fn told(page: &Browser) -> Value {
    page.script("return fetch('/api' + location.pathname).then((reply) => reply.json())", &json!([]))
}

/// Opens a study of the worklist and waits until it is drawn.
pub(crate) fn open_study(page: &Browser, description: &str) {
    let row = format!("//tbody/tr[td[contains(., '{description}')]]");
    let find = format!("return document.evaluate({row:?}, document, null, 9).singleNodeValue?.dataset.href");
    let href = page.wait(&find).as_str().unwrap().to_owned();
    let origin = page.script("return location.origin", &json!([])).as_str().unwrap().to_owned();
    page.open(&format!("{origin}{href}"));
    page.wait("return document.documentElement.dataset.ready === 'yes'");
}

/// Where a pixel of the study is in the window, computed from the size of the canvas alone.
pub(crate) fn place(page: &Browser, study: &Value, [x, y]: [f64; 2]) -> [f64; 2] {
    let script = "const box = document.getElementById('main').getBoundingClientRect(); return [box.left, box.top, box.width, box.height]";
    let found = page.script(script, &json!([]));
    let [left, top, width, height] = [0, 1, 2, 3].map(|at| found[at].as_f64().unwrap());
    let (rows, columns) = (study["rows"].as_f64().unwrap(), study["columns"].as_f64().unwrap());
    let scale = (width / columns).min(height / rows);
    [
        left + (width - columns * scale) / 2.0 + (x + 0.5) * scale,
        top + (height - rows * scale) / 2.0 + (y + 0.5) * scale,
    ]
}

pub(crate) fn point(value: &Value) -> [f64; 2] {
    [value[0].as_f64().unwrap(), value[1].as_f64().unwrap()]
}

/// The outline of a frame, from 1, and the centre of it.
pub(crate) fn outline(study: &Value, frame: u64) -> (Vec<[f64; 2]>, [f64; 2]) {
    let found = study["outlines"].as_array().unwrap().iter().find(|one| one["frame"] == frame).unwrap();
    let points: Vec<[f64; 2]> = found["polygon"].as_array().unwrap().iter().map(point).collect();
    let sum = points.iter().fold([0.0, 0.0], |sum, at| [sum[0] + at[0], sum[1] + at[1]]);
    let count = points.len() as f64;
    (points, sum.map(|sum| sum / count))
}

pub(crate) fn changes(study: &Value) -> usize {
    usize::try_from(study["history"]["position"].as_u64().unwrap()).unwrap()
}

/// Waits until so many changes hold on the server, and returns what it tells.
pub(crate) fn wait_for_changes(page: &Browser, count: usize) -> Value {
    for _ in 0..200 {
        let study = told(page);
        if changes(&study) == count {
            return study;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("there are {} changes, not {count}: {}", changes(&told(page)), page.text("#notice"));
}
