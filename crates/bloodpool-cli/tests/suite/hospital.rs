//! Between hospital systems: objects of a result, sent by hand, and a listener that receives, analyses and sends back.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use bloodpool_core::GatedStudy;
use bloodpool_dicom::{Acquisition, Selection, WriteOptions, read_study, write_study};
use serde_json::{Value, json};

use crate::browser::http;
use crate::browser::server::Server;
use crate::program::{bloodpool, documents};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/{name}.dcm"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A listener of the real program, on a free port of this machine. It is killed when it is dropped.
struct Listener {
    child: Child,
    log: PathBuf,
    port: u64,
}

impl Listener {
    fn start(folder: &Path, data: &str, arguments: &[&str]) -> Self {
        let log = folder.join(format!("{data}.log"));
        let before = lines(&log).len();
        let mut command = std::process::Command::new(bloodpool(folder).get_program());
        command.current_dir(folder).args(["listen", "--data", data, "--address", "127.0.0.1", "--port", "0", "--log"]);
        command.arg(&log).args(arguments).env_remove("RUST_LOG").stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let started = wait_for(|| {
            if child.try_wait().unwrap().is_some() {
                let mut said = String::new();
                child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                panic!("the listener ended: {said}");
            }
            lines(&log).into_iter().skip(before).find(|line| line["event"] == "listening")
        });
        let port = started["port"].as_u64().unwrap();
        Self { child, log, port }
    }

    fn address(&self) -> String {
        format!("BLOODPOOL@127.0.0.1:{}", self.port)
    }

    /// Waits for so many events of a name.
    fn wait(&self, event: &str, count: usize) -> Vec<Value> {
        wait_for(|| {
            let found: Vec<Value> = lines(&self.log).into_iter().filter(|line| line["event"] == event).collect();
            (found.len() >= count).then_some(found)
        })
    }

    /// Asks it to stop, as a service manager does.
    fn stop(&mut self) -> ExitStatus {
        let asked = std::process::Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Each line of a log is a JSON object.
fn lines(log: &Path) -> Vec<Value> {
    let Ok(file) = std::fs::File::open(log) else { return Vec::new() };
    BufReader::new(file).lines().map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()).collect()
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "it did not happen within 2 minutes");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn objects_are_exported_once_and_never_over_others() {
    let folder = tempfile::tempdir().unwrap();
    let export = |arguments: &[&str]| {
        let mut command = bloodpool(folder.path());
        command
            .arg("export")
            .arg(example("normal"))
            .args(["--out", "objects", "--object"])
            .args(arguments)
            .output()
            .unwrap()
    };
    let made = export(&["sc,cine,sr,seg,pdf"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    for name in ["sc", "cine", "sr", "seg", "pdf"] {
        let bytes = std::fs::read(folder.path().join(format!("objects/{name}.dcm"))).unwrap();
        assert_eq!(&bytes[128..132], b"DICM");
    }
    let again = export(&["sr"]);
    let said = text(&again.stderr);
    assert_eq!(again.status.code(), Some(2));
    assert!(said.contains("sr.dcm exists already; nothing was written") && said.contains("--force"), "{said}");
    let unknown = export(&["sr,xml"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("\"xml\" is no object: choose of sc, cine, key-frames, sr, seg, pdf"));
    // Two studies have a folder each.
    let both = [example("normal"), example("akinesis")];
    let made =
        bloodpool(folder.path()).arg("export").args(&both).args(["--out", "two", "--object", "sr"]).output().unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(folder.path().join("two/normal/sr.dcm").is_file() && folder.path().join("two/akinesis/sr.dcm").is_file());
}

#[test]
fn a_study_that_is_sent_comes_back_as_objects_and_no_log_names_the_patient() {
    let folder = tempfile::tempdir().unwrap();
    // Another listener is the archive: it takes every class, and keeps what it does not analyse.
    std::fs::write(folder.path().join("archive.toml"), "[listen]\naccept = \"all\"\n").unwrap();
    let mut archive = Listener::start(folder.path(), "archive", &["--settings", "archive.toml"]);
    let to = archive.address();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    let mut listener = Listener::start(
        folder.path(),
        "data",
        &["--to", &to, "--object", "sc,cine,sr,seg,pdf", "--allow", "BLOODPOOL@127.0.0.1", "--watch", "in"],
    );
    std::fs::copy(example("akinesis"), folder.path().join("in/akinesis.dcm")).unwrap();
    let sent = bloodpool(folder.path())
        .arg("send")
        .arg(example("normal"))
        .args(["--to", &listener.address()])
        .output()
        .unwrap();
    assert!(sent.status.success(), "{}", text(&sent.stderr));
    assert!(text(&sent.stdout).starts_with("1 delivered to BLOODPOOL@127.0.0.1:"));
    let done = listener.wait("job_done", 2);
    // With a cine, two key frames are made, and not sent where the cine is taken.
    assert!(done.iter().all(|line| line["objects"] == 8 && line["completion"] == "Recorded"), "{done:?}");
    archive.wait("instance_received", 10);
    assert_eq!(listener.wait("delivery", 10).iter().filter(|line| line["state"] == "delivered").count(), 10);

    // It may be asked while it runs, and it may be copied.
    let jobs = bloodpool(folder.path()).args(["jobs", "--data", "data", "--json"]).output().unwrap();
    let jobs = documents(&jobs.stdout);
    assert!(jobs.len() == 2 && jobs.iter().all(|job| job["state"] == "done" && job["schema"] == "bloodpool.job/1"));
    let listed = text(&bloodpool(folder.path()).args(["jobs", "--data", "data"]).output().unwrap().stdout);
    assert!(listed.contains("outbox: 10 delivered, 0 to be sent, 0 failed"), "{listed}");
    let backup = bloodpool(folder.path()).args(["backup", "copy", "--data", "data"]).output().unwrap();
    assert!(backup.status.success(), "{}", text(&backup.stderr));

    assert!(listener.stop().success() && archive.stop().success());
    let stopped = listener.wait("stopped", 1);
    assert_eq!((&stopped[0]["jobs_left"], &stopped[0]["deliveries_left"]), (&Value::from(0), &Value::from(0)));
    let restore = bloodpool(folder.path()).args(["restore", "copy", "--data", "restored"]).output().unwrap();
    assert!(restore.status.success(), "{}", text(&restore.stderr));
    let jobs = bloodpool(folder.path()).args(["jobs", "--data", "restored", "--json"]).output().unwrap();
    assert_eq!(documents(&jobs.stdout).len(), 2);
    let restored = bloodpool(folder.path()).args(["restore", "copy", "--data", "restored"]).output().unwrap();
    assert_eq!(restored.status.code(), Some(2));

    // Names and IDs of both patients, and when they were examined, are in no log.
    let logs = std::fs::read_to_string(&listener.log).unwrap() + &std::fs::read_to_string(&archive.log).unwrap();
    for name in ["normal", "akinesis"] {
        let study = read_study(&example(name), &Selection::default()).unwrap();
        let identity = &study.identity;
        let secrets = [&identity.patient_name, &identity.patient_id, &identity.birth_date, &identity.accession_number];
        for secret in secrets.into_iter().flatten().filter(|secret| secret.len() > 3) {
            assert!(!logs.contains(secret.as_str()), "a log has {secret}");
            for part in secret.split('^').filter(|part| part.len() > 3) {
                assert!(!logs.contains(part), "a log has {part}");
            }
        }
    }
}

/// A request of a person who has logged in: status, head and body.
fn request(port: u16, method: &str, path: &str, cookie: &str, body: &Value) -> (u16, String, String) {
    let (host, body) = (format!("127.0.0.1:{port}"), body.to_string());
    let length = body.len();
    let head = format!("Host: {host}\r\nOrigin: http://{host}\r\nConnection: close\r\nCookie: {cookie}\r\n");
    let kind = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    http(port, &format!("{method} {path} HTTP/1.1\r\n{head}{kind}\r\n{body}"))
}

/// The structured reports that an archive has, as DCMTK prints them, in the order of their content times; `None` without DCMTK.
fn reports(received: &Path) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(received).unwrap() {
        let printed = std::process::Command::new("dcmdump").arg("+L").arg(file.unwrap().path()).output();
        let Ok(printed) = printed else {
            assert!(std::env::var_os("CI").is_none(), "dcmdump of DCMTK is missing");
            return None;
        };
        let printed = text(&printed.stdout);
        if printed.contains("=ComprehensiveSRStorage") {
            found.push(printed);
        }
    }
    found.sort_by_key(|report| u8::from(!report.contains("[UNVERIFIED]")));
    Some(found)
}

#[test]
fn what_is_accepted_and_signed_on_the_page_goes_to_the_archive() {
    const PASSWORD: &str = "a long enough password";
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("archive.toml"), "[listen]\naccept = \"all\"\n").unwrap();
    let mut archive = Listener::start(at, "archive", &["--settings", "archive.toml"]);
    let settings = format!(
        "[listen]\ndata = \"data\"\naddress = \"127.0.0.1\"\nport = 0\norganization = \"Test Hospital\"\nobjects = [\"sc\", \"sr\"]\n\
        [[listen.destination]]\nto = \"{}\"\nobjects = [\"sr\"]\nwhen = [\"reviewed\", \"signed\"]\n",
        archive.address()
    );
    std::fs::write(at.join("bloodpool.toml"), settings).unwrap();
    for (name, role) in [("tech", "technologist"), ("doctor", "physician")] {
        let add = ["user", "add", name, "--role", role, "--data", "data"];
        bloodpool(at).args(add).write_stdin(format!("{PASSWORD}\n")).assert().success();
    }
    let server = Server::start(at, &[&example("normal"), Path::new("--receive")]);
    let port = server.port;
    let log_in = |name: &str| {
        let (_, head, _) = request(port, "POST", "/login", "", &json!({ "name": name, "password": PASSWORD }));
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        cookie.split(';').next().unwrap().to_owned()
    };
    let (tech, doctor) = (log_in("tech"), log_in("doctor"));
    let id = wait_for(|| {
        let (_, _, page) = request(port, "GET", "/studies", &tech, &json!({}));
        Some(page.split("data-href=\"/study/").nth(1)?.split('"').next()?.to_owned())
    });
    let study = format!("/api/study/{id}");
    assert_eq!(request(port, "POST", &format!("{study}/accept"), &tech, &json!({ "revision": 0 })).0, 200);
    archive.wait("instance_received", 1);

    // A changed outline, then the signature.
    let act = json!({ "act": "end_systole", "frame": 11 });
    let (status, _, edited) =
        request(port, "POST", &format!("{study}/edit"), &doctor, &json!({ "revision": 0, "act": act }));
    assert_eq!(status, 200, "{edited}");
    let sign = json!({ "revision": 1, "password": PASSWORD });
    let (status, _, signed) = request(port, "POST", &format!("{study}/sign"), &doctor, &sign);
    assert!(status == 200 && signed.contains("\"version\":2"), "{signed}");
    archive.wait("instance_received", 2);
    server.stop();
    assert!(archive.stop().success());

    let Some(found) = reports(&at.join("archive/received")) else { return };
    let value = |report: &str, keyword: &str| -> Vec<String> {
        let named = |line: &&str| line.trim_end().ends_with(keyword);
        let values = report.lines().filter(named).filter_map(|line| line.split(['[', ']']).nth(1));
        values.map(str::to_owned).collect()
    };
    let [reviewed, signed] = &found[..] else { panic!("{} structured reports", found.len()) };
    assert_eq!(value(reviewed, "VerificationFlag"), ["UNVERIFIED"]);
    assert!(value(reviewed, "PersonName").contains(&"tech".to_owned()), "{reviewed}");
    assert_eq!(value(signed, "VerificationFlag"), ["VERIFIED"]);
    assert_eq!(value(signed, "VerifyingObserverName"), ["doctor"]);
    assert_eq!(value(signed, "VerifyingOrganization"), ["Test Hospital"]);
    // The signed report names the automatic one, which was kept and not sent, and the reviewed one.
    let before: Vec<&str> = signed.split("PredecessorDocumentsSequence").collect();
    assert_eq!(before.len(), 2, "{signed}");
    let own = value(reviewed, "SOPInstanceUID")[0].clone();
    assert!(before[1].contains(&own) || before[0].contains(&own), "{own} is not named by the signed report");
    let jobs = text(&bloodpool(at).args(["jobs"]).output().unwrap().stdout);
    assert!(jobs.contains("outbox: 2 delivered, 0 to be sent, 0 failed"), "{jobs}");
}

#[test]
fn what_is_acknowledged_survives_a_kill_and_a_failed_study_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut listener = Listener::start(folder.path(), "data", &["--object", "sr"]);
    let send = |to: &str, file: &Path| {
        let sent =
            bloodpool(folder.path()).arg("send").arg(file).args(["--to", to, "--attempts", "1"]).output().unwrap();
        (sent.status.code(), text(&sent.stderr))
    };
    assert_eq!(send(&listener.address(), &example("normal")).0, Some(0));
    listener.child.kill().unwrap();
    listener.child.wait().unwrap();
    // Nothing listens there any more.
    let (code, said) = send(&listener.address(), &example("normal"));
    assert!(code == Some(1) && said.contains("cannot be reached"), "{said}");
    let mut listener = Listener::start(folder.path(), "data", &["--object", "sr"]);
    listener.wait("job_done", 1);

    // A gated image without a heart is received, and has no result, for a reason that is listed.
    let empty = GatedStudy::new(ndarray::Array3::from_elem((24, 64, 64), 20.0), Some([6.0, 6.0])).unwrap();
    let path = folder.path().join("empty.dcm");
    write_study(&empty, &Acquisition::original(), &path, &WriteOptions::default()).unwrap();
    assert_eq!(send(&listener.address(), &path).0, Some(0));
    listener.wait("job_failed", 1);
    let failed =
        bloodpool(folder.path()).args(["jobs", "--data", "data", "--state", "failed", "--json"]).output().unwrap();
    let failed = documents(&failed.stdout).remove(0);
    assert!(failed["reason"].as_str().is_some_and(|reason| reason.contains(": ")), "{failed}");
    let job = failed["job"].to_string();
    let retry = |job: &str| {
        let retried = bloodpool(folder.path()).args(["jobs", "--data", "data", "--retry", job]).output().unwrap();
        (retried.status.code(), text(&retried.stderr))
    };
    let (code, said) = retry(&job);
    assert!(code == Some(2) && said.contains("stop the listener first"), "{said}");
    assert!(listener.stop().success());
    let (code, said) = retry("99");
    assert!(code == Some(2) && said.contains("has no failed job 99; nothing was changed"), "{said}");
    assert_eq!(retry(&job), (Some(0), String::new()));
    let listener = Listener::start(folder.path(), "data", &["--object", "sr"]);
    listener.wait("job_failed", 2);
}

#[test]
fn wrong_settings_are_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = bloodpool(folder.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(run(&["listen"]).contains("name the data folder: --data DIR, or `data` in section [listen]"));
    let said = run(&["listen", "--data", "data", "--to", "PACS"]);
    assert!(
        said.contains("--to, or destination.to in section [listen] of the settings: \"PACS\" is not AET@HOST:PORT"),
        "{said}"
    );
    std::fs::write(folder.path().join("bad.toml"), "[listen]\ndata = \"data\"\nprot = 104\n").unwrap();
    assert!(run(&["--settings", "bad.toml", "listen"]).contains("prot"));
    std::fs::write(folder.path().join("bad.toml"), "[listen]\ndata = \"data\"\nothers = \"burn\"\n").unwrap();
    let said = run(&["--settings", "bad.toml", "listen"]);
    assert!(said.contains("others: \"burn\" is not known: choose keep or discard"), "{said}");
    let said = run(&["listen", "--data", "data", "--address", "127.0.0.1", "--port", "0", "--watch", "missing"]);
    assert!(said.contains("the watched folder missing does not exist; create it"), "{said}");
    std::fs::create_dir_all(folder.path().join("data/in")).unwrap();
    let said = run(&["listen", "--data", "data", "--address", "127.0.0.1", "--port", "0", "--watch", "data/in"]);
    assert!(said.contains("the watched folder data/in and the data folder must not lie in each other"), "{said}");
    std::fs::remove_dir(folder.path().join("data/in")).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = run(&["listen", "--data", "data", "--address", "127.0.0.1", "--port", &port]);
    assert!(said.contains("another program uses the port: stop it, or choose another port"), "{said}");
    assert!(run(&["jobs", "--data", "nowhere"]).contains("nowhere is not a data folder"));
}
