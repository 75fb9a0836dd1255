//! The page in a process that is killed (SIGKILL) at random moments of many saves, and on a disk that is full.
//!
//! `KILLS` sets how often it is killed.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "suite/served/mod.rs"]
mod served;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bloodpool_server::PersonRole;
use serde_json::{Value, json};
use served::{Client, Served, example};

/// The folder in which a child process works.
const CHILD: &str = "KILLED_CHILD";
const FULL: &str = "KILLED_FULL_DISK";
const DEFAULT_KILLS: usize = 8;

/// Serves what is in the folder until it is killed; prints its port and the study.
fn child(folder: &Path) -> ! {
    let served = Served::plain(&folder.join("data"));
    let reader = served.service().store().reader().unwrap();
    let query = bloodpool_server::StudyQuery { most: 1, ..bloodpool_server::StudyQuery::default() };
    let (studies, _) = reader.studies(&query).unwrap();
    let study = match studies.first() {
        Some(study) => study.public_id.clone(),
        None => {
            served.person("tech", PersonRole::Technologist);
            served.take(&example())
        }
    };
    println!("serving {} {study}", served.address);
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// A served page in another process, killed when it is dropped.
struct Other {
    child: Child,
    client: Client,
    study: String,
}

impl Other {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "after_kills_in_mid_save_the_last_acknowledged_edit_is_there", "--nocapture"])
            .env(CHILD, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The name of the test stands before it on the same line.
        let found =
            lines.map_while(Result::ok).find_map(|line| line.split("serving ").nth(1).map(str::to_owned)).unwrap();
        let (address, study) = found.split_once(' ').unwrap();
        let origin = format!("http://{address}");
        let mut client = Client {
            address: address.parse().unwrap(),
            from: None,
            head: vec![("Origin".into(), origin)],
            cookie: None,
        };
        assert_eq!(client.log_in("tech", served::PASSWORD), 200);
        Self { child, client, study: study.to_owned() }
    }

    fn told(&self) -> Value {
        self.client.get(&format!("/api/study/{}", self.study)).json()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The edit that makes this revision: an outline moved to and fro, or another ED.
fn act(revision: i64) -> Value {
    let frame = revision % 16 + 1;
    if revision % 3 == 0 {
        return json!({ "act": "end_diastole", "frame": frame });
    }
    // Back again in the next round, so that no outline leaves the matrix.
    let shift = if revision / 16 % 2 == 0 { 1.0 } else { -1.0 };
    json!({
        "act": "outline", "frame": frame, "reach": 2,
        "edit": { "tool": "transform", "shift": [shift, 0.0], "scale": 1.0, "degrees": 0.0 },
    })
}

#[test]
fn after_kills_in_mid_save_the_last_acknowledged_edit_is_there() {
    if let Some(folder) = std::env::var_os(CHILD) {
        child(Path::new(&folder));
    }
    let kills = std::env::var("KILLS").map_or(DEFAULT_KILLS, |number| number.parse().unwrap());
    let scratch = tempfile::tempdir().unwrap();
    // Revision, outlines and measurement as they were acknowledged last.
    let mut acknowledged: Option<(i64, Value)> = None;
    let (mut random, mut unacknowledged, mut edits) = (11_u64, 0, 0);
    for _ in 0..kills {
        let mut other = Other::start(scratch.path());
        let told = other.told();
        let mut revision = told["history"]["revision"].as_i64().unwrap();
        if let Some((last, lvef)) = &acknowledged {
            assert!((*last..=last + 1).contains(&revision), "revision {revision} after {last} was acknowledged");
            assert_eq!(told["history"]["position"].as_i64().unwrap(), revision, "each edit is one step");
            assert_eq!(told["history"]["changes"].as_array().unwrap().len() as i64, revision);
            if revision == *last {
                assert_eq!(&told["measured"]["lvef_percent"], lvef, "what was acknowledged is what is there");
            } else {
                unacknowledged += 1;
            }
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis(200 + (random >> 33) % 800);
        let (client, edit) = (other.client.clone(), format!("/api/study/{}/edit", other.study));
        let saver = std::thread::spawn(move || {
            let mut saved = None;
            loop {
                let body = json!({ "revision": revision, "act": act(revision) }).to_string();
                let Ok(reply) = client.send("POST", &edit, "application/json", body.as_bytes()) else { return saved };
                assert_eq!(reply.status, 200, "{reply:?}");
                revision += 1;
                saved = Some((revision, reply.json()["measured"]["lvef_percent"].clone()));
            }
        });
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        other.child.kill().unwrap();
        other.child.wait().unwrap();
        if let Some(saved) = saver.join().unwrap() {
            edits = saved.0;
            acknowledged = Some(saved);
        }
    }
    assert!(edits >= kills as i64, "{edits} edits");
    // All of it can be undone, to what the program gave.
    let other = Other::start(scratch.path());
    let mut revision = other.told()["history"]["revision"].as_i64().unwrap();
    let mut left = revision;
    while left > 0 {
        let reply = other.client.post(&format!("/api/study/{}/undo", other.study), &json!({ "revision": revision }));
        assert_eq!(reply.status, 200, "{reply:?}");
        (revision, left) = (revision + 1, left - 1);
    }
    let told = other.told();
    assert_eq!(told["measured"]["lvef_percent"], told["automatic"]["lvef_percent"]);
    assert!(told["outlines"].as_array().unwrap().iter().all(|outline| outline["edited"] == false));
    drop(other);
    let database = rusqlite::Connection::open(scratch.path().join("data/bloodpool.sqlite")).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    println!(
        "{kills} kills, {edits} edits acknowledged, {unacknowledged} more found that were not acknowledged in time"
    );
}

/// Saves until the disk is full, and on when it has space again.
fn full(folder: &Path) {
    let ballast = folder.join("ballast");
    let data = folder.join("data");
    std::fs::write(&ballast, vec![1; 8 << 20]).unwrap();
    let served = Served::plain(&data);
    served.person("tech", PersonRole::Technologist);
    let study = served.take(&example());
    let tech = served.logged_in("tech");
    let edit = format!("/api/study/{study}/edit");
    let save = |revision: i64| tech.post(&edit, &json!({ "revision": revision, "act": act(revision) }));
    assert_eq!(save(0).status, 200);
    // All that is left.
    let filled = folder.join("filled");
    let mut file = std::fs::File::create(&filled).unwrap();
    let filler = vec![1; 4096];
    while std::io::Write::write_all(&mut file, &filler).is_ok() {}
    drop(file);
    let mut saved = 1;
    let refused = loop {
        let reply = save(saved);
        match reply.status {
            200 => saved += 1,
            _ => break reply,
        }
        assert!(saved < 5000, "the disk is not full");
    };
    assert_eq!((refused.status, &*refused.code()), (507, "disk_full"), "{refused:?}");
    assert!(refused.json()["message"].as_str().unwrap().contains("what was saved before is kept"));
    assert_eq!(save(saved).status, 507, "again");
    std::fs::remove_file(&filled).unwrap();
    std::fs::remove_file(&ballast).unwrap();
    let told = tech.get(&format!("/api/study/{study}")).json();
    assert_eq!(told["history"]["revision"].as_i64().unwrap(), saved);
    assert_eq!(save(saved).status, 200, "with space again");
    served.stop();
    // And over a restart.
    let served = Served::plain(&data);
    let told = served.logged_in("tech").get(&format!("/api/study/{study}")).json();
    assert_eq!(told["history"]["position"].as_i64().unwrap(), saved + 1);
    served.stop();
    println!("full at {saved} edits");
}

#[test]
fn a_full_disk_is_said_and_loses_no_edit() {
    if let Some(folder) = std::env::var_os(FULL) {
        return full(Path::new(&folder));
    }
    let possible = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    if !possible {
        println!("not run: this system does not allow mount namespaces");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", "mount -t tmpfs -o size=20m tmpfs \"$0\" && exec \"$@\""])
        .arg(scratch.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_is_said_and_loses_no_edit", "--nocapture"])
        .env(FULL, scratch.path())
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("full at"), "{text}");
}
