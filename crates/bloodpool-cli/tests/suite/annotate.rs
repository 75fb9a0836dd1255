//! Raters who draw on the page: 14 of them by its HTTP API, with the consensus of their own LabelMe files; and one in a real browser.
//!
//! Without chromium and chromedriver the test of the browser ends early and says so; where `CI` is `true` it fails.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use bloodpool_dataset::LabelMeFile;
use serde_json::{Value, json};

use crate::browser::server::Server;
use crate::browser::{Browser, Driver, Ends, there_is_a_browser};
use crate::program::{bloodpool, tree};

/// Simulated studies with raters, and the images that they drew on in `work`.
fn simulated(folder: &Path, studies: &str, raters: &str) {
    let simulate = ["simulate", "sim", "--cohort", "paper", "--studies", studies, "--raters", raters, "--seed", "41"];
    bloodpool(folder).args(simulate).assert().success();
    let extract = ["dataset", "extract", "sim/studies", "--out", "work", "--frames", "sim/truth.csv"];
    bloodpool(folder).args(extract).assert().success();
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in tree(from) {
        let target = to.join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}

/// A rater with a session, without a browser.
struct Rater {
    port: u16,
    session: String,
}

impl Rater {
    fn request(port: u16, session: &str, path: &str, body: Option<&Value>) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let method = if body.is_some() { "POST" } else { "GET" };
        let body = body.map(Value::to_string).unwrap_or_default();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: {session}\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(text.as_bytes()).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let end = reply.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8_lossy(&reply[..end]).into_owned();
        (head.split_whitespace().nth(1).unwrap().parse().unwrap(), head, reply.split_off(end))
    }

    fn enter(port: u16, link: &str) -> Self {
        let token = link.split_once("/enter#").unwrap().1;
        let (status, head, _) = Self::request(port, "", "/enter", Some(&json!({ "token": token })));
        assert_eq!(status, 200);
        let cookie = head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie")).unwrap();
        Self { port, session: cookie.split(": ").nth(1).unwrap().split(';').next().unwrap().to_owned() }
    }

    fn get(&self, path: &str) -> Vec<u8> {
        let (status, _, body) = Self::request(self.port, &self.session, path, None);
        assert_eq!(status, 200, "{path}");
        body
    }

    fn post(&self, path: &str, body: &Value) {
        let (status, _, reply) = Self::request(self.port, &self.session, path, Some(body));
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&reply));
    }
}

#[test]
fn fourteen_raters_on_the_page_have_the_consensus_of_their_labelme_files() {
    let folder = tempfile::tempdir().unwrap();
    simulated(folder.path(), "3", "14");
    let [with_labelme, on_page] = ["labelme", "page"].map(|name| folder.path().join(name));
    for side in [&with_labelme, &on_page] {
        copy(&folder.path().join("work"), &side.join("work"));
        fs::copy(folder.path().join("sim/raters.csv"), side.join("raters.csv")).unwrap();
    }
    copy(&folder.path().join("sim/raters"), &with_labelme.join("raters"));

    // Which image is shown a rater knows by its picture alone.
    let images = fs::read_dir(on_page.join("work/images")).unwrap().map(|entry| entry.unwrap().path());
    let by_picture: HashMap<Vec<u8>, String> = images
        .map(|path| {
            let grey = bloodpool_files::read_png_u8(&path).unwrap();
            let bytes = grey.iter().flat_map(|&grey| (u16::from(grey) * 257).to_le_bytes()).collect();
            (bytes, path.file_stem().unwrap().to_string_lossy().into_owned())
        })
        .collect();
    assert_eq!(by_picture.len(), 12);
    let mut names: Vec<String> = fs::read_dir(with_labelme.join("raters"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 14);
    let raters = names.join(",");
    let arguments = ["--annotate", "work", "--raters-folder", "raters", "--raters", &raters].map(Path::new);
    let mut server = Server::start(&on_page, &arguments);
    for name in &names {
        let line = server.line();
        let rater = Rater::enter(server.port, line.strip_prefix(&format!("{name}: ")).unwrap());
        for place in 1..=12 {
            let image = &by_picture[&rater.get(&format!("/api/annotate/{place}/picture"))];
            let file =
                LabelMeFile::read(&with_labelme.join("raters").join(name).join(format!("{image}.json"))).unwrap();
            let path: Vec<[f64; 2]> = file.shapes[0].points.iter().map(|at| at.map(|value| value - 0.5)).collect();
            let mut revision = 0;
            let mut edit = |edit: Value| {
                rater.post(&format!("/api/annotate/{place}/edit"), &json!({ "revision": revision, "edit": edit }));
                revision += 1;
            };
            // Some think twice.
            if place % 3 == 0 {
                edit(json!({ "tool": "redraw", "path": [[50.0, 50.0], [90.0, 50.0], [70.0, 90.0]] }));
            }
            edit(json!({ "tool": "redraw", "path": path }));
        }
    }
    server.stop();
    for side in [&with_labelme, &on_page] {
        bloodpool(side).args(["dataset", "consensus", "work", "--raters", "raters"]).assert().success();
    }
    let [expected, found] = [&with_labelme, &on_page].map(|side| tree(&side.join("work/consensus")));
    assert!(expected.len() > 24 && expected.iter().any(|(path, _)| path.ends_with("consensus.json")));
    assert_eq!(expected.len(), found.len());
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(expected.0, found.0);
        assert!(expected.1 == found.1, "{} differs", expected.0.display());
    }
}

/// Where a pixel of the image is in the window, computed from the size of the canvas alone.
fn place(page: &Browser, [x, y]: [f64; 2]) -> [f64; 2] {
    let script = "const box = document.getElementById('main').getBoundingClientRect(); return [box.left, box.top, box.width, box.height]";
    let found = page.script(script, &json!([]));
    let [left, top, width, height] = [0, 1, 2, 3].map(|at| found[at].as_f64().unwrap());
    let scale = (width / 256.0).min(height / 256.0);
    [left + (width - 256.0 * scale) / 2.0 + (x + 0.5) * scale, top + (height - 256.0 * scale) / 2.0 + (y + 0.5) * scale]
}

fn told(page: &Browser) -> Value {
    page.script("return fetch('/api' + location.pathname).then((reply) => reply.json())", &json!([]))
}

/// Waits until so many changes hold on the server, and returns what it tells.
fn wait_for_changes(page: &Browser, count: u64) -> Value {
    for _ in 0..400 {
        let drawing = told(page);
        if drawing["position"] == count {
            return drawing;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("there are {} changes, not {count}: {}", told(page)["position"], page.text("#notice"));
}

fn ready(page: &Browser, number: usize) {
    page.wait(&format!(
        "return location.pathname === '/annotate/{number}' && document.documentElement.dataset.ready === 'yes'"
    ));
}

fn area(drawing: &Value) -> f64 {
    let points: Vec<[f64; 2]> = drawing["outline"]["polygon"].as_array().unwrap().iter().map(point).collect();
    let sides = points.iter().zip(points.iter().cycle().skip(1));
    (sides.map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0).abs()
}

fn point(value: &Value) -> [f64; 2] {
    [value[0].as_f64().unwrap(), value[1].as_f64().unwrap()]
}

/// Draws a round line with the pointer.
fn draw(page: &Browser, centre: [f64; 2], radius: f64) {
    let at = |step: i32| f64::from(step) / 32.0 * std::f64::consts::TAU;
    let path: Vec<[f64; 2]> = (0..32)
        .map(|step| place(page, [centre[0] + radius * at(step).sin(), centre[1] - radius * at(step).cos()]))
        .collect();
    page.drag(&path, Ends::Released);
}

/// The name of the image that is shown, which the page does not know: by its pixels.
fn shown_image(page: &Browser, work: &Path) -> String {
    let script = "return fetch(`/api${location.pathname}/picture`).then((reply) => reply.arrayBuffer())
        .then((bytes) => Array.from(new Uint16Array(bytes), (value) => value / 257))";
    let shown = page.script(script, &json!([]));
    let shown: Vec<u64> = shown.as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect();
    let mut images = fs::read_dir(work.join("images")).unwrap().map(|entry| entry.unwrap().path());
    let same = images.find(|path| {
        bloodpool_files::read_png_u8(path).unwrap().iter().map(|&grey| u64::from(grey)).eq(shown.iter().copied())
    });
    same.unwrap().file_stem().unwrap().to_string_lossy().into_owned()
}

/// The LabelMe files of a rater.
fn files(work: &Path, rater: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(work.join("raters").join(rater)) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn a_rater_draws_in_a_browser() {
    if !there_is_a_browser() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    simulated(folder.path(), "3", "1");
    let work = folder.path().join("work");
    let arguments = ["--annotate", "work", "--raters", "anna,ben", "--second-reading", "30"].map(Path::new);
    let mut server = Server::start(folder.path(), &arguments);
    let anna = server.line().strip_prefix("anna: ").unwrap().to_owned();
    let driver = Driver::start();
    let page = driver.browser("en");

    // The token is exchanged, and gone from the address; it works once.
    page.open(&anna);
    ready(&page, 1);
    assert_eq!(page.url(), server.url("/annotate/1"));
    let other = driver.browser("en");
    other.open(&anna);
    other.wait_text("#message", "was used or is too old");
    page.screenshot("rater-empty");

    // An outline that a simulated rater drew with LabelMe, drawn by the pointer, is saved as LabelMe would have saved it.
    let image = shown_image(&page, &work);
    let own = folder.path().join("sim/raters/rater-01-students").join(format!("{image}.json"));
    let own = LabelMeFile::read(&own).unwrap();
    let path: Vec<[f64; 2]> = own.shapes[0].points.iter().map(|at| place(&page, at.map(|value| value - 0.5))).collect();
    page.drag(&path, Ends::Released);
    page.wait_text("#saved", "Saved");
    page.wait_text("#done-text", "1 of 16 drawn");
    wait_for_changes(&page, 1);
    let first = files(&work, "anna");
    assert_eq!(first, [work.join("raters/anna").join(format!("{image}.json"))]);
    let [drawn, given] = [&LabelMeFile::read(&first[0]).unwrap(), &own].map(|file| file.mask("LV").unwrap());
    let dice = bloodpool_stats::overlap(&drawn, &given).unwrap().dice;
    assert!(dice > 0.97, "Dice {dice}");
    page.screenshot("rater");

    // The tools of the study page.
    draw(&page, [120.0, 130.0], 34.0);
    let drawn = wait_for_changes(&page, 2);
    let circle = std::f64::consts::PI * 34.0 * 34.0;
    assert!((area(&drawn) / circle - 1.0).abs() < 0.03, "{}", area(&drawn) / circle);
    page.keys(&["v"]);
    page.drag(&[[154.0, 130.0], [160.0, 130.0], [166.0, 130.0]].map(|at| place(&page, at)), Ends::Held);
    page.screenshot("rater-drag");
    page.release();
    let dragged = wait_for_changes(&page, 3);
    let vertices = dragged["outline"]["vertices"].as_array().unwrap().iter().map(point);
    assert!(vertices.map(|[x, y]| (x - 166.0).hypot(y - 130.0)).fold(f64::MAX, f64::min) < 0.5);
    page.keys(&["n"]);
    page.drag(&[[86.0, 130.0], [80.0, 130.0]].map(|at| place(&page, at)), Ends::Released);
    wait_for_changes(&page, 4);
    page.keys(&["b"]);
    page.drag(&[[120.0, 130.0], [120.0, 90.0]].map(|at| place(&page, at)), Ends::Released);
    let brushed = wait_for_changes(&page, 5);
    assert!(area(&brushed) > area(&dragged));
    page.keys(&["m"]);
    page.drag(&[[120.0, 130.0], [123.0, 132.0]].map(|at| place(&page, at)), Ends::Released);
    wait_for_changes(&page, 6);
    page.keys(&["s"]);
    let smooth = wait_for_changes(&page, 7);
    page.keys(&["g"]);
    page.drag(&[place(&page, [120.0, 130.0])], Ends::Released);
    page.wait("return !document.getElementById('preview-bar').hidden");
    page.keys(&["Escape"]);
    page.wait("return document.getElementById('preview-bar').hidden");
    page.keys(&["x"]);
    wait_for_changes(&page, 8);
    page.wait_text("#done-text", "0 of 16 drawn");
    assert!(files(&work, "anna").is_empty(), "nothing is drawn, and there is no file");
    page.keys(&["u"]);
    assert_eq!(wait_for_changes(&page, 7)["outline"], smooth["outline"]);
    page.keys(&["u"; 5]);
    assert_eq!(wait_for_changes(&page, 2)["outline"], drawn["outline"]);
    page.keys(&["y"; 5]);
    assert_eq!(wait_for_changes(&page, 7)["outline"], smooth["outline"]);

    // On to the next image, which is drawn on without a pointer: the crosshair goes round with the tool held.
    page.keys(&["j"]);
    ready(&page, 2);
    page.keys(&["d", "Shift+ArrowUp", "Enter"]);
    for (key, count) in [("Shift+ArrowRight", 15), ("Shift+ArrowDown", 15), ("Shift+ArrowLeft", 15)] {
        page.keys(&vec![key; count]);
    }
    page.keys(&["Enter"]);
    let by_keys = wait_for_changes(&page, 1);
    assert!((area(&by_keys) - 900.0).abs() < 60.0, "{}", area(&by_keys));
    page.wait_text("#done-text", "2 of 16 drawn");

    // Reloaded, and restarted: what was saved is there, and the history goes on.
    page.open(&page.url());
    ready(&page, 2);
    assert_eq!(told(&page)["outline"], by_keys["outline"]);
    assert_eq!(files(&work, "anna").len(), 2);
    server.stop();
    let server = Server::start(folder.path(), &arguments);
    page.open(&server.url("/"));
    ready(&page, 3);
    page.keys(&["ArrowLeft"]);
    ready(&page, 2);
    page.keys(&["u"]);
    assert_eq!(wait_for_changes(&page, 0)["outline"], Value::Null);
    page.keys(&["y"]);
    assert_eq!(wait_for_changes(&page, 1)["outline"], by_keys["outline"]);

    // A file of another program is kept, and the page says so.
    page.keys(&["ArrowLeft"]);
    ready(&page, 1);
    let theirs = fs::read_to_string(&first[0]).unwrap().replace("\"LV\"", "\"lv\"");
    fs::write(&first[0], &theirs).unwrap();
    draw(&page, [100.0, 100.0], 20.0);
    page.wait_text("#notice", "a file that this program did not write");
    assert_eq!(fs::read_to_string(&first[0]).unwrap(), theirs);
    assert!(page.has("#places a.stopped[aria-current]") && page.has("[data-tool=redraw]:disabled"));
    page.screenshot("rater-stopped");
    page.keys(&["?"]);
    page.wait("return document.getElementById('keys').open");
    page.screenshot("rater-keys");

    // The owner sees how far they are, and makes a link for another rater, who works in Korean and sees none of it.
    let other = driver.browser("ko");
    let owner = driver.browser("en");
    owner.open(&server.link);
    owner.wait("return location.pathname === '/annotate/progress'");
    owner.wait_text("#raters", "1 / 12");
    owner.wait_text("#raters", "extract.json");
    owner.click("[data-rater=ben]");
    let link = owner.wait("return document.querySelector('#message code')?.textContent");
    owner.screenshot("rater-progress");
    other.open(link.as_str().unwrap());
    ready(&other, 1);
    assert_eq!(told(&other)["outline"], Value::Null);
    other.wait_text("h1", "영상 1 / 16");
    draw(&other, [125.0, 125.0], 28.0);
    other.wait_text("#saved", "저장됨");
    other.screenshot("rater-ko");
    server.stop();
}
