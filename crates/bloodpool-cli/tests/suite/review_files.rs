//! Files that come into the worklist by hand: dropped on the page in a real browser, and by STOW-RS.
//!
//! Without chromium and chromedriver the tests end early and say so; where `CI` is `true` they fail.

use std::path::Path;

use base64::Engine;
use serde_json::{Value, json};

use crate::browser::server::Server;
use crate::browser::{Browser, Driver, there_is_a_browser};

fn example(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/{name}.dcm"));
    base64::engine::general_purpose::STANDARD.encode(std::fs::read(path).unwrap()).into()
}

/// An empty worklist.
fn worklist(folder: &Path) -> (Server, Driver, Browser) {
    let server = Server::start(folder, &[Path::new("--data"), Path::new("data")]);
    let driver = Driver::start();
    let page = driver.browser("en");
    page.open(&server.link);
    page.wait("return location.pathname === '/studies' && document.getElementById('no-studies').offsetParent !== null");
    (server, driver, page)
}

const BYTES: &str = "const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));";

#[test]
fn a_file_that_is_dropped_on_the_page_is_analysed_and_listed() {
    if !there_is_a_browser() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (server, _driver, page) = worklist(folder.path());
    let drop = format!(
        "{BYTES} const files = new DataTransfer();
        files.items.add(new File([bytes(arguments[0])], 'a.dcm'));
        files.items.add(new File(['no image'], 'notes.txt'));
        const event = (kind) => new DragEvent(kind, {{ dataTransfer: files, bubbles: true, cancelable: true }});
        document.body.dispatchEvent(event('dragover'));
        const invited = !document.getElementById('drop').hidden;
        document.body.dispatchEvent(event('drop'));
        return invited;"
    );
    assert_eq!(page.script(&drop, &json!([example("normal")])), true, "the page says that files can be dropped");
    page.wait("return document.querySelectorAll('#studies tbody tr').length === 1");
    page.wait("return document.querySelector('#studies tbody td.number').textContent.includes('%')");
    // The other file is named with what it is not; the same file again is no second study.
    page.wait_text("#progress", "notes.txt: This is not a DICOM file.");
    page.script(&drop, &json!([example("normal")]));
    page.wait_text("#progress", "notes.txt");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(page.script("return document.querySelectorAll('#studies tbody tr').length", &json!([])), 1);
    server.stop();
}

#[test]
fn instances_are_stored_by_stow_rs() {
    if !there_is_a_browser() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (server, _driver, page) = worklist(folder.path());
    let store = format!(
        "{BYTES} const part = 'Content-Type: application/dicom\\r\\n\\r\\n';
        const body = new Blob(['--b 1\\r\\n', part, bytes(arguments[0]), '\\r\\n--b 1\\r\\n', part, 'no image', '\\r\\n--b 1--\\r\\n']);
        const kind = 'multipart/related; type=\"application/dicom\"; boundary=\"b 1\"';
        return fetch('/dicom-web/studies', {{ method: 'POST', headers: {{ 'content-type': kind }}, body }})
            .then(async (reply) => [reply.status, reply.headers.get('content-type'), await reply.json()]);"
    );
    let reply = page.script(&store, &json!([example("akinesis")]));
    assert_eq!((&reply[0], &reply[1]), (&json!(202), &json!("application/dicom+json")), "{reply}");
    assert_eq!(reply[2]["00081199"]["Value"].as_array().unwrap().len(), 1);
    assert_eq!(reply[2]["00081198"]["Value"][0]["00081197"]["Value"][0], 0xC000);
    page.wait("return document.querySelectorAll('#studies tbody tr').length === 1");
    page.wait("return document.querySelector('#studies tbody td.number').textContent.includes('%')");
    server.stop();
}
