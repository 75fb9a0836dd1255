//! The page of an annotation as tests visit it: plain HTTP, with every reply kept.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bloodpool_core::{GatedStudy, ModelIdentity, Segmentation, SegmentationError, Segmenter};
use bloodpool_server::{
    Annotation, AnnotationSettings, InboxSettings, RetentionPolicy, ReviewAnalysis, SenderSettings, Service,
    ServiceSettings, Transport, WebServer, WebSettings, WorkerSettings, first_link, rater_links,
};
use serde_json::Value;

use super::support::Named;

/// Every reply of all pages of this process, as text.
pub(crate) static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// No study is opened here.
struct NoReview;

impl Segmenter for NoReview {
    fn segment(&self, _: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Err(SegmentationError::Failed("nothing is segmented".into()))
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: "none".into(), sha256: String::new() }
    }
}

impl ReviewAnalysis for NoReview {
    fn segmenter(&self) -> &dyn Segmenter {
        self
    }
}

/// A server with an annotation.
pub(crate) struct Page {
    service: Service,
    address: SocketAddr,
    links: Vec<(String, String)>,
    owner: String,
}

/// Somebody with a session, or without.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) address: SocketAddr,
    pub(crate) session: Option<String>,
}

impl Page {
    pub(crate) fn start(work: &Path, raters: &[&str], change: impl Fn(&mut AnnotationSettings)) -> Self {
        let raters: Vec<String> = raters.iter().map(|name| (*name).to_owned()).collect();
        let mut settings =
            AnnotationSettings { work: work.to_owned(), raters: raters.clone(), ..AnnotationSettings::default() };
        change(&mut settings);
        let annotation = Annotation::open(&settings, "test").unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let settings = WebSettings { address, hosts: Vec::new(), transport: Transport::Plain };
        let web = WebServer::bind(Arc::new(NoReview), settings).unwrap().annotating(annotation);
        let (address, origin) = (web.address(), web.origin());
        let settings = ServiceSettings {
            data: work.join("annotation"),
            program: "test".into(),
            listener: None,
            inbox: InboxSettings::default(),
            worker: WorkerSettings::default(),
            workers: 1,
            kinds: Vec::new(),
            destinations: Vec::new(),
            sender: SenderSettings::default(),
            watched: Vec::new(),
            retention: RetentionPolicy::default(),
            audit_heads: None,
            stop_within: Duration::from_secs(1),
        };
        let service = Service::start(settings, Arc::new(Named), vec![Box::new(web)]).unwrap();
        let links = rater_links(service.store(), &origin, &raters).unwrap();
        let owner = first_link(service.store(), &origin).unwrap();
        Self { service, address, links, owner }
    }

    pub(crate) fn link(&self, rater: &str) -> &str {
        &self.links.iter().find(|(name, _)| name == rater).unwrap().1
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor { address: self.address, session: None }
    }

    /// Status and session of a link that is opened.
    pub(crate) fn exchange(&self, link: &str) -> (u16, Option<String>) {
        let token = link.split_once("/enter#").unwrap().1;
        let (status, head, _) =
            self.visitor().request("POST", "/enter", &serde_json::json!({ "token": token }).to_string(), "");
        let cookie = head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie"));
        (status, cookie.map(|line| line.split(": ").nth(1).unwrap().split(';').next().unwrap().to_owned()))
    }

    pub(crate) fn enter(&self, rater: &str) -> Visitor {
        let session = self.exchange(self.link(rater)).1;
        assert!(session.is_some());
        Visitor { session, ..self.visitor() }
    }

    pub(crate) fn owner(&self) -> Visitor {
        Visitor { session: self.exchange(&self.owner).1, ..self.visitor() }
    }

    pub(crate) fn said(&self) -> Vec<String> {
        SAID.lock().unwrap().clone()
    }

    pub(crate) fn stop(self) {
        self.service.stop();
    }
}

impl Visitor {
    pub(crate) fn request(&self, method: &str, path: &str, body: &str, more: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let (host, length) = (self.address, body.len());
        let cookie = self.session.as_ref().map(|session| format!("Cookie: {session}\r\n")).unwrap_or_default();
        let origin = if more.contains("Origin:") { String::new() } else { format!("Origin: http://{host}\r\n") };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{origin}{cookie}{more}\r\n"
        );
        // A body that is too long is refused before it is read to its end.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        let end = reply.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8_lossy(&reply[..end]).into_owned();
        SAID.lock().unwrap().push(String::from_utf8_lossy(&reply).into_owned());
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, head, reply.split_off(end))
    }

    pub(crate) fn status(&self, method: &str, path: &str, body: &str) -> u16 {
        self.request(method, path, body, "").0
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        let (status, _, body) = self.request("GET", path, "", "");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        body
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).unwrap()
    }

    pub(crate) fn korean(&self, path: &str) -> String {
        let (status, _, body) = self.request("GET", path, "", "Accept-Language: ko-KR\r\n");
        assert_eq!(status, 200);
        String::from_utf8(body).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        serde_json::from_slice(&self.bytes(path)).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, reply) = self.request("POST", path, &body.to_string(), "");
        (status, serde_json::from_slice(&reply).unwrap_or_default())
    }

    /// The status of a change that a page of another site asks for.
    pub(crate) fn foreign(&self, path: &str, body: &Value) -> u16 {
        self.request("POST", path, &body.to_string(), "Origin: http://evil.example\r\n").0
    }
}
