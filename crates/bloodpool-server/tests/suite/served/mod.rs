//! The page as a test serves it: a data folder, studies, people, and a client that says exactly what a test wants said.
#![allow(dead_code)] // each test binary uses some of it

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bloodpool_core::Segmenter;
use bloodpool_core::classical::RadialEdges;
use bloodpool_dicom::net::Limits;
use bloodpool_server::{
    Analyse, AnalysisError, AnalysisIdentity, InboxSettings, ObjectKind, PersonRole, Produced, RetentionPolicy,
    ReviewAnalysis, SenderSettings, Service, ServiceSettings, StudyInput, Transport, WebServer, WebSettings,
    WorkerSettings, take_files,
};

pub(crate) const PASSWORD: &str = "a long enough password";
/// How long something may take: other tests share the processor.
const PATIENCE: Duration = Duration::from_secs(60);

/// Finds the LV without a network.
struct Classical(RadialEdges);

impl ReviewAnalysis for Classical {
    fn segmenter(&self) -> &dyn Segmenter {
        &self.0
    }
}

impl Analyse for Classical {
    fn identity(&self) -> AnalysisIdentity {
        AnalysisIdentity { model: "none@0".into(), protocol: "standard".into(), version: "0.1.0".into() }
    }

    fn analyse(&self, study: &StudyInput) -> Result<Vec<Produced>, AnalysisError> {
        let bytes = study.uid.clone().into();
        Ok(vec![Produced { kind: ObjectKind::Document, sop_instance_uid: None, bytes }])
    }
}

/// A simulated study of the repository.
pub(crate) fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/normal.dcm")
}

/// Why a page cannot be served with these settings.
pub(crate) fn refused(settings: WebSettings) -> String {
    let bound = WebServer::bind(Arc::new(Classical(RadialEdges::default())), settings);
    bound.err().map(|error| error.to_string()).unwrap()
}

/// The page, served by this process.
pub(crate) struct Served {
    service: Option<Service>,
    pub(crate) address: SocketAddr,
    pub(crate) origin: String,
}

impl Served {
    /// On a free port of loopback, without TLS.
    pub(crate) fn plain(data: &Path) -> Self {
        Self::start(data, &[], Transport::Plain)
    }

    pub(crate) fn start(data: &Path, hosts: &[&str], transport: Transport) -> Self {
        Self::at(data, 0, hosts, transport)
    }

    /// On this port.
    pub(crate) fn at(data: &Path, port: u16, hosts: &[&str], transport: Transport) -> Self {
        let hosts = hosts.iter().map(|&name| name.to_owned()).collect();
        let settings = WebSettings { address: SocketAddr::from(([127, 0, 0, 1], port)), hosts, transport };
        let program = Arc::new(Classical(RadialEdges::default()));
        let web = WebServer::bind(program.clone(), settings).unwrap();
        let (address, origin) = (web.address(), web.origin());
        let limits = Limits { free_space_reserve_bytes: 0, ..Limits::default() };
        let settings = ServiceSettings {
            data: data.to_owned(),
            program: "test 0".into(),
            listener: None,
            inbox: InboxSettings { quiet_period: Duration::ZERO, limits, ..InboxSettings::default() },
            worker: WorkerSettings { poll: Duration::from_millis(20), ..WorkerSettings::default() },
            workers: 1,
            kinds: Vec::new(),
            destinations: Vec::new(),
            sender: SenderSettings::default(),
            watched: Vec::new(),
            retention: RetentionPolicy::default(),
            audit_heads: None,
            stop_within: Duration::from_secs(10),
        };
        let service = Some(Service::start(settings, program, vec![Box::new(web)]).unwrap());
        Self { service, address, origin }
    }

    pub(crate) fn service(&self) -> &Service {
        self.service.as_ref().unwrap()
    }

    /// Makes an account.
    pub(crate) fn person(&self, name: &str, role: PersonRole) {
        self.service().store().add_person(name, role, PASSWORD, "test").unwrap();
    }

    /// Takes a study in, and waits until it is in the list.
    pub(crate) fn take(&self, file: &Path) -> String {
        let before = self.listed();
        assert_eq!(take_files(self.service().inbox(), &[file.to_owned()]).taken, 1);
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(new) = self.listed().into_iter().find(|id| !before.contains(id)) {
                return new;
            }
            assert!(Instant::now() < until, "the study did not come into the list");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn listed(&self) -> Vec<String> {
        let query = bloodpool_server::StudyQuery { most: 1000, ..bloodpool_server::StudyQuery::default() };
        let (studies, _) = self.service().store().reader().unwrap().studies(&query).unwrap();
        studies.into_iter().map(|study| study.public_id).collect()
    }

    pub(crate) fn client(&self) -> Client {
        Client { address: self.address, from: None, head: vec![("Origin".into(), self.origin.clone())], cookie: None }
    }

    /// A client of somebody who has logged in.
    pub(crate) fn logged_in(&self, name: &str) -> Client {
        let mut client = self.client();
        assert_eq!(client.log_in(name, PASSWORD), 200);
        client
    }

    pub(crate) fn stop(self) {}
}

/// A test that failed ends, too.
impl Drop for Served {
    fn drop(&mut self) {
        self.service.take().unwrap().stop();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// With names in lower case.
    pub(crate) head: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends requests, each on a connection of its own.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    /// The address to connect from.
    pub(crate) from: Option<IpAddr>,
    /// Sent with each request; `Host` is the address where it is not among them.
    pub(crate) head: Vec<(String, String)>,
    /// As `NAME=VALUE`.
    pub(crate) cookie: Option<String>,
}

impl Client {
    /// The same, with other headers in place of those of these names; an empty value leaves the header out.
    pub(crate) fn with(&self, headers: &[(&str, &str)]) -> Self {
        let mut other = self.clone();
        for (name, value) in headers {
            other.head.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            if !value.is_empty() {
                other.head.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        other
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "", b"").unwrap()
    }

    pub(crate) fn post(&self, path: &str, json: &serde_json::Value) -> Reply {
        self.send("POST", path, "application/json", json.to_string().as_bytes()).unwrap()
    }

    /// Logs in, and keeps the cookie.
    pub(crate) fn log_in(&mut self, name: &str, password: &str) -> u16 {
        let reply = self.post("/login", &serde_json::json!({ "name": name, "password": password }));
        if let Some(cookie) = reply.header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        reply.status
    }

    pub(crate) fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> std::io::Result<Reply> {
        use std::fmt::Write as _;
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !self.head.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            write!(text, "Host: {}\r\n", self.address).unwrap();
        }
        if !kind.is_empty() {
            write!(text, "Content-Type: {kind}\r\n").unwrap();
        }
        for (name, value) in &self.head {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        if let Some(cookie) = &self.cookie {
            write!(text, "Cookie: {cookie}\r\n").unwrap();
        }
        text.push_str("\r\n");
        let mut stream = connect(self.address, self.from)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(text.as_bytes())?;
        // One that is refused is answered, and may be read no further.
        let _ = stream.write_all(body);
        read(stream)
    }
}

fn connect(to: SocketAddr, from: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let Some(from) = from else { return TcpStream::connect(to) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(from, 0))?;
        let stream = socket.connect(to).await?.into_std()?;
        stream.set_nonblocking(false)?;
        Ok(stream)
    })
}

fn read(stream: TcpStream) -> std::io::Result<Reply> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split_whitespace().nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            head.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }
    let mut body = Vec::new();
    let length = head.iter().find(|(name, _)| name == "content-length").and_then(|(_, text)| text.parse().ok());
    match length {
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
        }
        None => drop(reader.read_to_end(&mut body)?),
    }
    Ok(Reply { status, head, body: String::from_utf8_lossy(&body).into_owned() })
}
