//! `bloodpool serve`, `user`, `token` and `audit` as an administrator meets them: while the server runs, over TLS, after kills.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::browser::http;
use crate::browser::server::Server;
use crate::program::bloodpool;

const PASSWORD: &str = "a long enough password";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/normal.dcm")
}

fn add_user(folder: &Path, name: &str, role: &str) -> assert_cmd::assert::Assert {
    let arguments = ["user", "add", name, "--role", role, "--data", "data"];
    bloodpool(folder).args(arguments).write_stdin(format!("{PASSWORD}\n")).assert()
}

/// A request with headers, each ended by a line's end; status, head and body.
fn request(port: u16, method: &str, path: &str, head: &str, body: &str) -> (u16, String, String) {
    let host = format!("127.0.0.1:{port}");
    let length = body.len();
    http(
        port,
        &format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: close\r\n\
            Content-Type: application/json\r\nContent-Length: {length}\r\n{head}\r\n{body}"
        ),
    )
}

/// The cookie of somebody who has logged in, as a header.
fn log_in(port: u16, name: &str) -> Result<String, u16> {
    let body = json!({ "name": name, "password": PASSWORD }).to_string();
    let (status, head, _) = request(port, "POST", "/login", "", &body);
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).ok_or(status)?;
    Ok(format!("Cookie: {}\r\n", cookie.split(';').next().unwrap()))
}

/// The id of the study in the list, when it is there.
fn study(port: u16, session: &str) -> String {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let (_, _, page) = request(port, "GET", "/studies", session, "");
        if let Some(rest) = page.split("data-href=\"/study/").nth(1) {
            return rest.split('"').next().unwrap().to_owned();
        }
        assert!(Instant::now() < until, "the study did not come into the list: {page}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn accounts_tokens_and_the_trail_are_managed_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    add_user(at, "doctor", "physician").success();
    let heads = at.join("other-disk.jsonl");
    let server =
        Server::start(at, &[&example(), Path::new("--data"), Path::new("data"), Path::new("--audit-heads"), &heads]);
    add_user(at, "tech", "technologist").success().stdout("tech: technologist\n");
    add_user(at, "tech", "technologist").code(2).stderr(contains("there is an account of this name already"));
    let tech = log_in(server.port, "tech").unwrap();
    let id = study(server.port, &tech);
    let user = |verb: &str, name: &str| {
        bloodpool(at).args(["user", verb, name, "--data", "data"]).write_stdin("another long password\n").assert()
    };
    user("disable", "nobody").code(2).stderr(contains("there is no account of this name"));
    user("disable", "tech").success();
    assert_eq!(request(server.port, "GET", "/studies", &tech, "").0, 303);
    assert_eq!(log_in(server.port, "tech"), Err(401));
    user("reset", "doctor").success();
    assert_eq!(log_in(server.port, "doctor"), Err(401));

    let token = |arguments: &[&str]| bloodpool(at).arg("token").args(arguments).args(["--data", "data"]).assert();
    let made = token(&["add", "viewer", "--role", "administrator", "--days", "3"]).success();
    let secret = String::from_utf8(made.get_output().stdout.clone()).unwrap().trim().to_owned();
    assert_eq!(secret.len(), 43, "256 bits");
    token(&["add", "signer", "--role", "physician"])
        .code(2)
        .stderr(contains("possible values: technologist, administrator"));
    token(&["list"]).success().stdout(contains("viewer").and(contains("administrator")).and(contains(&*secret).not()));
    let bearer = format!("Authorization: Bearer {secret}\r\n");
    assert_eq!(request(server.port, "GET", &format!("/api/study/{id}"), &bearer, "").0, 200);
    let body = json!({ "revision": 0, "password": PASSWORD }).to_string();
    assert_eq!(request(server.port, "POST", &format!("/api/study/{id}/sign"), &bearer, &body).0, 403);
    token(&["revoke", "viewer"]).success();
    assert_eq!(request(server.port, "GET", &format!("/api/study/{id}"), &bearer, "").0, 401);
    server.stop();

    // What was kept at the end is in the trail, and a trail that was cut is not whole any longer.
    let verify = |more: &[&str]| bloodpool(at).args(["audit", "verify", "--data", "data"]).args(more).assert();
    let heads = ["--heads", "other-disk.jsonl"];
    verify(&heads).success().stdout(contains("2 kept heads are in it"));
    cut(&at.join("data/bloodpool.sqlite"));
    verify(&[]).success();
    verify(&heads).code(1).stdout(contains("its end was removed, or all of it was written anew"));
    verify(&["--heads", "missing.jsonl"]).code(2).stderr(contains("missing.jsonl"));
}

/// Removes the last row of the trail, as somebody does who has the file: by the program that Debian has for it, or not at all.
fn cut(database: &Path) {
    let sql = "DROP TRIGGER audit_kept_from_removal; DELETE FROM audit WHERE id = (SELECT max(id) FROM audit);";
    let python = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])";
    assert!(Command::new("python3").args(["-c", python]).arg(database).arg(sql).status().unwrap().success());
}

#[test]
fn what_other_machines_reach_needs_tls_and_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |arguments: &[&str]| {
        bloodpool(folder.path()).args(["serve", "--data", "data"]).args(arguments).assert().code(2)
    };
    serve(&["--listen", "0.0.0.0:0"]).stderr(contains("it needs TLS (--tls-certificate FILE --tls-key FILE"));
    serve(&["--listen", "0.0.0.0:0", "--tls-self-signed"]).stderr(contains("needs --host NAME"));
    serve(&["--listen", "8080"]).stderr(contains("invalid"));
    serve(&["--listen", "127.0.0.1:0", "--port", "1"]).stderr(contains("cannot be used with"));
    serve(&["--tls-certificate", "own.pem"]).stderr(contains("--tls-key"));
    serve(&["--tls-certificate", "own.pem", "--tls-key", "own.key"]).stderr(contains("own.key has no private key"));
    serve(&["--behind-proxy", "127.0.0.1"]).stderr(contains("--host"));
    serve(&["--auth-header", "X-User"]).stderr(contains("--behind-proxy"));
    let proxy = ["--behind-proxy", "127.0.0.1", "--host", "a.example"];
    serve(&[&proxy[..], &["--tls-self-signed"]].concat()).stderr(contains("cannot be used with"));
    serve(&[&proxy[..], &["--auth-header", "X User"]].concat()).stderr(contains("must be the name of a header"));
    assert!(!folder.path().join("data").exists(), "nothing was made");
}

#[test]
fn the_program_serves_tls() {
    if Command::new("curl").arg("--version").output().is_err() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "curl is missing (apt-get install curl)");
        return eprintln!("skipped: curl is missing");
    }
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--data", "data", "--listen", "127.0.0.1:0", "--host", "review.example", "--tls-self-signed"];
    let server = Server::start(folder.path(), &arguments.map(Path::new));
    let port = server.port;
    assert!(server.link.starts_with(&format!("https://review.example:{port}/enter#")), "{}", server.link);
    let trusted = folder.path().join("data/self-signed.pem");
    let curl = |more: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--noproxy", "*", "--resolve", &format!("review.example:{port}:127.0.0.1"), "--cacert"]);
        let output = curl.arg(&trusted).args(["-o", "/dev/null", "-w", "%{http_code}"]).args(more).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let url = format!("https://review.example:{port}");
    assert_eq!(curl(&[&format!("{url}/login")]), "200");
    assert_eq!(curl(&["-H", "Host: evil.example", &format!("{url}/login")]), "421");
    let token = format!("{{\"token\":\"{}\"}}", server.link.rsplit('#').next().unwrap());
    let jar = folder.path().join("cookies");
    let jar = jar.to_str().unwrap();
    let origin = format!("Origin: {url}");
    let enter = ["-c", jar, "-H", "Content-Type: application/json", "-H", &origin, "-d", &token];
    assert_eq!(curl(&[&enter[..], &[&format!("{url}/enter")]].concat()), "200");
    assert_eq!(curl(&["-b", jar, &format!("{url}/studies")]), "200");
    server.stop();
}

#[test]
fn a_running_server_says_no_name_in_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (name, patient) = ("Geheimnis", "PATIENT4711");
    let mut read = bloodpool_dicom::read_study(&example(), &bloodpool_dicom::Selection::default()).unwrap();
    read.identity.patient_name = Some(format!("{name}^Anna"));
    read.identity.patient_id = Some(patient.into());
    let file = folder.path().join("named.dcm");
    let bytes = bloodpool_dicom::encode_study(&read, &bloodpool_dicom::Acquisition::original()).unwrap();
    std::fs::write(&file, bytes).unwrap();
    add_user(folder.path(), "tech", "technologist").success();
    let mut command = Command::new(bloodpool(folder.path()).get_program());
    command.current_dir(folder.path()).env_remove("RUST_LOG").args(["serve", "named.dcm", "--data", "data", "-vv"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port: u16 =
        line.trim().split(['/', ':']).nth(5).unwrap_or_default().parse().unwrap_or_else(|_| panic!("{line}"));
    let tech = log_in(port, "tech").unwrap();
    let id = study(port, &tech);
    let (status, _, list) = request(port, "POST", "/studies", &tech, &json!({ "text": name }).to_string());
    assert!(status == 200 && list.contains(name));
    let (_, _, told) = request(port, "GET", &format!("/api/study/{id}"), &tech, "");
    assert!(!id.contains(patient) && told.contains("revision"));
    let wrong = json!({ "name": patient, "password": "geheim und lang genug" }).to_string();
    assert_eq!(request(port, "POST", "/login", "", &wrong).0, 401);
    request(port, "POST", &format!("/api/study/{id}/edit"), &tech, &format!("{{\"{name}\":1}}"));
    request(port, "GET", &format!("/study/{name}/{patient}"), &tech, "");
    request(port, "GET", "/studies", &format!("X: {name}\r\nHost: {name}\r\n"), "");
    std::fs::remove_dir_all(folder.path().join("data/received")).unwrap();
    request(port, "GET", &format!("/study/{id}/report.html"), &tech, "");
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success() && child.wait().unwrap().success());
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("page_served") && log.contains("audit_head"), "{log}");
    for secret in [name, patient, PASSWORD, "geheim", &tech["Cookie: bloodpool-session=".len()..tech.len() - 2]] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let audit = bloodpool(folder.path()).args(["audit", "export", "--data", "data"]).output().unwrap();
    let audit = String::from_utf8(audit.stdout).unwrap();
    assert!(audit.contains("login") && !audit.contains(name) && !audit.contains(patient), "{audit}");
}

#[test]
fn the_program_killed_in_mid_save_has_the_last_acknowledged_edit() {
    let folder = tempfile::tempdir().unwrap();
    add_user(folder.path(), "tech", "technologist").success();
    let data = [Path::new("--data"), Path::new("data")];
    let mut server = Server::start(folder.path(), &[&data[..], &[&example()]].concat());
    let mut acknowledged = 0;
    for round in 0..4_u64 {
        let session = log_in(server.port, "tech").unwrap();
        let id = study(server.port, &session);
        let told = || -> Value {
            serde_json::from_str(&request(server.port, "GET", &format!("/api/study/{id}"), &session, "").2).unwrap()
        };
        let mut revision = told()["history"]["revision"].as_i64().unwrap();
        assert!((acknowledged..=acknowledged + 1).contains(&revision), "{revision} after {acknowledged}");
        let until = Instant::now() + Duration::from_millis(300 + 170 * round);
        let killer = {
            let process = server.process().to_string();
            std::thread::spawn(move || {
                std::thread::sleep(until.saturating_duration_since(Instant::now()));
                Command::new("kill").args(["-KILL", &process]).status().unwrap();
            })
        };
        let (port, edit) = (server.port, format!("/api/study/{id}/edit"));
        loop {
            let act = json!({ "act": "end_diastole", "frame": revision % 16 + 1 });
            let body = json!({ "revision": revision, "act": act }).to_string();
            // A connection that breaks is the end of the server.
            let reply = std::panic::catch_unwind(|| request(port, "POST", &edit, &session, &body).0);
            match reply {
                Ok(200) => revision += 1,
                Ok(0) | Err(_) => break,
                Ok(other) => panic!("{other}"),
            }
        }
        acknowledged = revision;
        killer.join().unwrap();
        server = Server::start(folder.path(), &data);
    }
    assert!(acknowledged > 8, "{acknowledged} edits");
    let session = log_in(server.port, "tech").unwrap();
    let id = study(server.port, &session);
    let (_, _, text) = request(server.port, "GET", &format!("/api/study/{id}"), &session, "");
    let told: Value = serde_json::from_str(&text).unwrap();
    let found = told["history"]["position"].as_i64().unwrap();
    assert!((acknowledged..=acknowledged + 1).contains(&found));
    println!("4 kills, {acknowledged} edits acknowledged, {found} found");
    server.stop();
    bloodpool(folder.path()).args(["audit", "verify", "--data", "data"]).assert().success();
}
