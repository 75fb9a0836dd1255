//! Storage commitment with Orthanc, which reports by an association of its own, and has lost one of the instances before.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bloodpool_config::SettingsFile;
use bloodpool_server::{CommitmentState, DeliveryState, Service, ServiceSettings};

use crate::support::{Copies, study};

/// Ends with the test.
struct Orthanc {
    process: Child,
    port: u16,
    http: u16,
}

impl Drop for Orthanc {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(90);
    while !holds() {
        assert!(Instant::now() < until, "{what}: not within 90 s");
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl Orthanc {
    /// `None` where Debian's package `orthanc` is not installed, which is an error where all tests must run.
    fn start(folder: &Path, peer_port: u16) -> Option<Self> {
        let (port, http) = (free_port(), free_port());
        let storage = folder.join("orthanc");
        let configuration = serde_json::json!({
            "StorageDirectory": storage, "IndexDirectory": storage, "DicomAet": "ORTHANC", "DicomPort": port, "HttpPort": http,
            "RemoteAccessAllowed": false, "AuthenticationEnabled": false, "DicomCheckModalityHost": true,
            "DicomModalities": { "bloodpool": { "AET": "BLOODPOOL", "Host": "127.0.0.1", "Port": peer_port } },
        });
        let file = folder.join("orthanc.json");
        std::fs::write(&file, configuration.to_string()).unwrap();
        let log = std::fs::File::create(folder.join("orthanc.log")).unwrap();
        let mut command = Command::new("Orthanc");
        let spawned = command.arg(&file).stdout(Stdio::null()).stderr(log).spawn();
        let Ok(process) = spawned else {
            assert!(std::env::var_os("CI").is_none(), "Orthanc is not installed");
            eprintln!("not run: Orthanc is not installed");
            return None;
        };
        let orthanc = Self { process, port, http };
        wait_until("Orthanc answers", || TcpStream::connect(("127.0.0.1", http)).is_ok());
        Some(orthanc)
    }

    /// The body of the answer to a request of its REST interface.
    fn rest(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.http)).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().next().unwrap().contains(" 200"), "{method} {path}: {head}");
        body.to_owned()
    }

    /// Its name of the instance with this SOP Instance UID.
    fn instance(&self, sop_instance_uid: &str) -> Option<String> {
        let found: serde_json::Value =
            serde_json::from_str(&self.rest("POST", "/tools/lookup", sop_instance_uid)).unwrap();
        found.as_array()?.first()?["ID"].as_str().map(str::to_owned)
    }
}

#[test]
fn orthanc_keeps_what_it_has_and_gets_what_it_lost_once_more() {
    let scratch = tempfile::tempdir().unwrap();
    let own_port = free_port();
    let Some(orthanc) = Orthanc::start(scratch.path(), own_port) else { return };
    let text = format!(
        "[listen]\ndata = {:?}\naddress = \"127.0.0.1\"\nport = {own_port}\nallow = [\"ORTHANC@127.0.0.1\"]\nobjects = [\"sr\"]\n\
        commitment_after_seconds = 5\nreserve_mib = 1\n\
        [[listen.destination]]\nto = \"ORTHANC@127.0.0.1:{}\"\nstorage_commitment = true\n",
        scratch.path().join("data"),
        orthanc.port
    );
    let section = SettingsFile::from_toml(&text).unwrap().listen.unwrap();
    let settings = ServiceSettings::of_section(&section, "test").unwrap();
    let service = Service::start(settings, Arc::new(Copies), Vec::new()).unwrap();
    for number in [1, 2] {
        service.inbox().receive(&mut &study(number, 32)[..], "test").unwrap();
    }
    let reader = service.store().reader().unwrap();
    wait_until("both are delivered", || reader.deliveries(Some(DeliveryState::Delivered), 10).unwrap().len() == 2);
    let lost = orthanc.instance("1.2.1002").unwrap();
    orthanc.rest("DELETE", &format!("/instances/{lost}"), "");
    assert_eq!(orthanc.instance("1.2.1002"), None);
    let committed = || reader.commitment_counts().unwrap()[2];
    wait_until("both are committed", || committed() == (CommitmentState::Committed, 2));
    assert!(orthanc.instance("1.2.1002").is_some(), "it was sent again");
    let rows = reader.deliveries(None, 10).unwrap();
    let requests = |uid: &str| {
        let row = rows.iter().find(|row| row.sop_instance_uid.as_deref() == Some(uid)).unwrap();
        row.commitment.as_ref().unwrap().attempts
    };
    assert_eq!((requests("1.2.1001"), requests("1.2.1002")), (1, 2), "{rows:?}");
    service.stop();
}
