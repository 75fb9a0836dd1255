//! A browser that tests drive: the WebDriver protocol (W3C) over plain HTTP, spoken to Debian's chromedriver.
#![allow(dead_code)] // the tests of faults, which need Unix, use some of it alone

pub(crate) mod server;
pub(crate) mod study;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long something may take before a test fails: analyses of other tests share the processor.
const PATIENCE: Duration = Duration::from_secs(60);
/// The key of an element in replies.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Whether there is a browser. Without one a test ends early and says so, but not where `CI` is `true`.
pub(crate) fn there_is_a_browser() -> bool {
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|run| run.status.success());
    if there("chromedriver") && there("chromium") {
        return true;
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "chromium or chromedriver is missing (apt-get install chromium chromium-driver)"
    );
    eprintln!("skipped: chromium or chromedriver is missing (apt-get install chromium chromium-driver)");
    false
}

/// One HTTP request to this machine: status, head and body of the reply.
pub(crate) fn http(port: u16, request: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let status = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    // chromedriver keeps a connection open though it is asked to close it.
    let mut body = vec![0; length.unwrap_or(0)];
    match length {
        Some(_) => reader.read_exact(&mut body).unwrap(),
        None => drop(reader.read_to_end(&mut body).unwrap()),
    }
    (status, head, String::from_utf8_lossy(&body).into_owned())
}

/// A chromedriver of its own, which is killed when it is dropped.
pub(crate) struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = "started successfully on port ";
        let port = lines.map_while(Result::ok).find_map(|line| {
            let rest = line.split(said).nth(1)?.trim_end_matches('.').to_owned();
            rest.parse().ok()
        });
        Self { child, port: port.unwrap() }
    }

    /// A new browser without cookies, with a window of 1280 x 800.
    pub(crate) fn browser(&self, language: &str) -> Browser {
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--force-device-scale-factor=1".to_owned(),
            format!("--lang={language}"),
        ];
        let options = json!({ "args": arguments, "prefs": { "intl.accept_languages": language } });
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome", "goog:chromeOptions": options } } });
        let made = send(self.port, "POST", "/session", Some(&wanted)).unwrap();
        let browser = Browser { port: self.port, session: made["sessionId"].as_str().unwrap().to_owned() };
        // The window is larger than what it shows by frames that differ between versions.
        browser.post("/window/rect", &json!({ "width": 1280, "height": 800 }));
        let inner = browser.script("return [innerWidth, innerHeight]", &json!([]));
        let [width, height] = [0, 1].map(|at| inner[at].as_i64().unwrap());
        browser.post("/window/rect", &json!({ "width": 2560 - width, "height": 1600 - height }));
        browser
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (status, _, text) = http(port, &request);
    let reply: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method} {path}: {status} {text}"));
    let value = reply["value"].clone();
    if status == 200 { Ok(value) } else { Err(format!("{method} {path}: {}: {}", value["error"], value["message"])) }
}

/// A browser with one window.
pub(crate) struct Browser {
    port: u16,
    session: String,
}

/// What a pointer does between two places of the window.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ends {
    /// It is released.
    Released,
    /// It stays pressed.
    Held,
}

impl Browser {
    fn post(&self, path: &str, body: &Value) -> Value {
        let found = send(self.port, "POST", &format!("/session/{}{path}", self.session), Some(body));
        found.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    pub(crate) fn url(&self) -> String {
        let path = format!("/session/{}/url", self.session);
        send(self.port, "GET", &path, None).unwrap().as_str().unwrap().to_owned()
    }

    /// What a script returns; it may return a promise.
    pub(crate) fn script(&self, script: &str, arguments: &Value) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Waits until a script gives something true, and returns it.
    pub(crate) fn wait(&self, script: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            // While a page is being replaced there is none to ask.
            let path = format!("/session/{}/execute/sync", self.session);
            let found = send(self.port, "POST", &path, Some(&json!({ "script": script, "args": [] })));
            match found {
                Ok(value) if !matches!(value, Value::Null | Value::Bool(false)) && value != "" => return value,
                found if Instant::now() > until => panic!("{script}: {found:?} at {}", self.url()),
                _ => std::thread::sleep(Duration::from_millis(40)),
            }
        }
    }

    /// Waits until an element has a text that contains this.
    pub(crate) fn wait_text(&self, css: &str, part: &str) -> String {
        let [css, part] = [css, part].map(|text| Value::from(text).to_string());
        let script = format!(
            "const e = document.querySelector({css}); return e && e.textContent.includes({part}) && e.textContent"
        );
        self.wait(&script).as_str().unwrap().to_owned()
    }

    pub(crate) fn text(&self, css: &str) -> String {
        let found = self.script("return document.querySelector(arguments[0])?.textContent ?? ''", &json!([css]));
        found.as_str().unwrap().to_owned()
    }

    pub(crate) fn has(&self, css: &str) -> bool {
        self.script("return document.querySelector(arguments[0]) !== null", &json!([css])) == true
    }

    fn element(&self, css: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Clicks as a person does: what covers the element gets the click.
    pub(crate) fn click(&self, css: &str) {
        self.post(&format!("/element/{}/click", self.element(css)), &json!({}));
    }

    pub(crate) fn fill(&self, css: &str, text: &str) {
        self.post(&format!("/element/{}/value", self.element(css)), &json!({ "text": text }));
    }

    /// Presses keys one after the other; `Shift+e` holds Shift. Names are those of DOM, for example `ArrowRight`.
    pub(crate) fn keys(&self, keys: &[&str]) {
        let value = |name: &str| match name {
            "Shift" => "\u{E008}".to_owned(),
            "Ctrl" => "\u{E009}".to_owned(),
            "Enter" => "\u{E007}".to_owned(),
            "Escape" => "\u{E00C}".to_owned(),
            "ArrowLeft" => "\u{E012}".to_owned(),
            "ArrowUp" => "\u{E013}".to_owned(),
            "ArrowRight" => "\u{E014}".to_owned(),
            "ArrowDown" => "\u{E015}".to_owned(),
            other => other.to_owned(),
        };
        let mut actions = Vec::new();
        for key in keys {
            let parts: Vec<String> = key.split('+').map(value).collect();
            actions.extend(parts.iter().map(|key| json!({ "type": "keyDown", "value": key })));
            actions.extend(parts.iter().rev().map(|key| json!({ "type": "keyUp", "value": key })));
        }
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
    }

    /// Presses at the first place of the window, and moves through the others.
    pub(crate) fn drag(&self, path: &[[f64; 2]], ends: Ends) {
        let place = |at: &[f64; 2], duration: u32| {
            let [x, y] = at.map(f64::round);
            json!({ "type": "pointerMove", "duration": duration, "origin": "viewport", "x": x, "y": y })
        };
        let mut actions = vec![place(&path[0], 0), json!({ "type": "pointerDown", "button": 0 })];
        actions.extend(path[1..].iter().map(|at| place(at, 60)));
        if matches!(ends, Ends::Released) {
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        self.pointer(&actions);
    }

    /// Lets go of what [`Browser::drag`] held.
    pub(crate) fn release(&self) {
        self.pointer(&[json!({ "type": "pointerUp", "button": 0 })]);
    }

    fn pointer(&self, actions: &[Value]) {
        let parameters = json!({ "pointerType": "mouse" });
        let mouse = json!({ "type": "pointer", "id": "mouse", "parameters": parameters, "actions": actions });
        self.post("/actions", &json!({ "actions": [mouse] }));
    }

    /// Turns the wheel over a place of the window by so many pixels.
    pub(crate) fn wheel(&self, [x, y]: [f64; 2], by: i32) {
        // It takes whole numbers alone.
        let [x, y] = [x, y].map(|at| at.round() as i64);
        let scroll = json!({
            "type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": by, "duration": 0, "origin": "viewport",
        });
        self.post("/actions", &json!({ "actions": [{ "type": "wheel", "id": "wheel", "actions": [scroll] }] }));
    }

    /// Writes what the window shows into `$SCREENSHOTS/NAME.png`, where that variable names a folder.
    pub(crate) fn screenshot(&self, name: &str) {
        use base64::Engine;
        let Some(folder) = std::env::var_os("SCREENSHOTS") else { return };
        let shot = send(self.port, "GET", &format!("/session/{}/screenshot", self.session), None).unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(shot.as_str().unwrap()).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = send(self.port, "DELETE", &format!("/session/{}", self.session), None);
    }
}
