//! Who is answered: sessions, origins, hosts, limits, malformed and hostile input, and that reading changes nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use bloodpool_core::GatedStudy;
use bloodpool_dicom::{Acquisition, Selection, encode_study, read_study};
use bloodpool_server::{LoginOutcome, PersonRole, ProxySettings, SecretKind, Store, Transport, UtcTime};
use serde_json::json;

use crate::served::{PASSWORD, Served, example};

/// Every route that changes something, of a study.
fn changing(study: &str) -> Vec<String> {
    let acts = ["preview", "edit", "undo", "redo", "accept", "sign"].map(|act| format!("/api/study/{study}/{act}"));
    let others = ["/login", "/enter", "/language/en", "/api/studies", "/dicom-web/studies", "/logout"];
    acts.into_iter().chain(others.map(str::to_owned)).collect()
}

/// Every route that is read.
fn reading(study: &str) -> Vec<String> {
    let of_study =
        ["", "/signed/1", "/signed/1/document.json", "/report.html"].map(|end| format!("/study/{study}{end}"));
    let data = ["", "/revision", "/counts", "/thumbnail.png"].map(|end| format!("/api/study/{study}{end}"));
    let others = ["/", "/studies", "/login", "/enter", "/healthz", "/metrics", "/assets/style.css"];
    let next = format!("/api/next/{study}");
    of_study.into_iter().chain(data).chain(others.map(str::to_owned)).chain([next]).collect()
}

/// Every row of every table but the trail of who read what, and when a session was used last.
fn rows(data: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(data.join("bloodpool.sqlite")).unwrap();
    let mut names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut found = Vec::new();
    for name in names.iter().filter(|name| !["audit", "secret"].contains(&&***name)) {
        let mut table = database.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = table.column_count();
        let mut all = table.query([]).unwrap();
        while let Some(row) = all.next().unwrap() {
            let values: Vec<String> = (0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
            found.push(format!("{name}: {values:?}"));
        }
    }
    found
}

#[test]
fn a_session_that_ended_in_mid_edit_goes_on_after_the_next_login() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let served = Served::plain(&data);
    served.person("tech", PersonRole::Technologist);
    let study = served.take(&example());
    let mut tech = served.logged_in("tech");
    let edit = format!("/api/study/{study}/edit");
    let act =
        |revision: i64, frame: u32| json!({ "revision": revision, "act": { "act": "end_diastole", "frame": frame } });
    assert_eq!(tech.post(&edit, &act(0, 2)).status, 200);
    // An hour without a request passes.
    let database = rusqlite::Connection::open(data.join("bloodpool.sqlite")).unwrap();
    database.execute("UPDATE secret SET used_ms = used_ms - 3600001 WHERE kind = 'session'", []).unwrap();
    let refused = tech.post(&edit, &act(1, 3));
    assert_eq!((refused.status, &*refused.code()), (401, "log_in"));
    assert_eq!(tech.get(&format!("/api/study/{study}")).status, 401);
    assert_eq!(tech.get("/studies").header("location"), Some("/login"));
    let old = tech.cookie.clone();
    assert_eq!(tech.log_in("tech", PASSWORD), 200);
    assert_ne!(tech.cookie, old, "each login has another id");
    let history = tech.get(&format!("/api/study/{study}")).json()["history"].clone();
    assert_eq!((&history["position"], &history["revision"]), (&json!(1), &json!(1)), "what was refused was not saved");
    assert_eq!(tech.post(&edit, &act(1, 3)).status, 200, "the same act on the same revision");
    served.stop();
}

#[test]
fn a_session_ends_when_idle_after_twelve_hours_and_at_logout() {
    let scratch = tempfile::tempdir().unwrap();
    let store = Store::open(&scratch.path().join("data"), "test 0").unwrap();
    let reader = store.reader().unwrap();
    let person = store.add_person("anna", PersonRole::Technologist, PASSWORD, "test").unwrap();
    let start = UtcTime::now();
    let later = |minutes: u64| start.after(Duration::from_secs(60 * minutes));
    let session =
        || store.add_secret(SecretKind::Session, person.id, None, Duration::from_secs(12 * 3600), start).unwrap();
    let known = |secret: &str, at| store.person_of(&reader, SecretKind::Session, secret, at).unwrap().is_some();
    let first = session();
    assert!(known(&first, later(59)));
    assert!(!known(&first, later(120)), "an hour without a request");
    assert!(!known(&first, later(61)), "it does not come back");
    let second = session();
    assert!((1..=14).all(|step| known(&second, later(50 * step))), "used every 50 minutes");
    assert!(!known(&second, later(721)), "twelve hours");
    assert!(!known("", start) && !known("x", start));
    let third = session();
    let as_token = store.person_of(&reader, SecretKind::Token, &third, later(1)).unwrap();
    assert!(as_token.is_none(), "the cookie of a page is no token");
    store.disable_person("anna", "test").unwrap();
    assert!(!known(&third, later(1)));
}

#[test]
fn two_tabs_do_not_overwrite_each_other() {
    let scratch = tempfile::tempdir().unwrap();
    let served = Served::plain(&scratch.path().join("data"));
    served.person("tech", PersonRole::Technologist);
    let study = served.take(&example());
    // Two tabs of one browser have one cookie.
    let (first, second) = (served.logged_in("tech"), served.logged_in("tech"));
    let edit = format!("/api/study/{study}/edit");
    let act =
        |revision: i64, frame: u32| json!({ "revision": revision, "act": { "act": "end_systole", "frame": frame } });
    assert_eq!(first.post(&edit, &act(0, 9)).status, 200);
    for path in ["edit", "preview"] {
        let refused = second.post(&format!("/api/study/{study}/{path}"), &act(0, 11));
        assert_eq!((refused.status, &*refused.code()), (409, "changed_since"), "{path}");
    }
    let refused = second.post(&format!("/api/study/{study}/undo"), &json!({ "revision": 0 }));
    assert_eq!(refused.status, 409);
    assert_eq!(second.post(&format!("/api/study/{study}/accept"), &json!({ "revision": 0 })).status, 409);
    let told = second.get(&format!("/api/study/{study}/revision")).json();
    assert_eq!((&told["revision"], &told["changed_by"]), (&json!(1), &json!("tech")));
    assert_eq!(second.post(&edit, &act(1, 11)).status, 200);
    assert_eq!(second.get(&format!("/api/study/{study}")).json()["set_end_systole"], 11);
    served.stop();
}

#[test]
fn a_change_comes_from_the_page_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let served = Served::plain(&scratch.path().join("data"));
    served.person("doctor", PersonRole::Physician);
    let study = served.take(&example());
    let doctor = served.logged_in("doctor");
    let port = served.address.port();
    let before = rows(&scratch.path().join("data"));
    let https = served.origin.replace("http:", "https:");
    let other_port = format!("http://127.0.0.1:{}", port.wrapping_add(1));
    let own = &*served.origin;
    let wrong: [(&str, &[(&str, &str)]); 9] = [
        ("no origin", &[("Origin", "")]),
        ("null, as of a sandboxed frame", &[("Origin", "null")]),
        ("another site", &[("Origin", "http://evil.example")]),
        ("a name that begins with this one", &[("Origin", &format!("{own}.evil.example"))]),
        ("another scheme", &[("Origin", &https)]),
        ("another port", &[("Origin", &other_port)]),
        ("cross-site", &[("Origin", own), ("Sec-Fetch-Site", "cross-site")]),
        ("same-site", &[("Origin", own), ("Sec-Fetch-Site", "same-site")]),
        ("by hand", &[("Origin", own), ("Sec-Fetch-Site", "none")]),
    ];
    for path in changing(&study) {
        for (what, headers) in wrong {
            let reply = doctor.with(headers).post(&path, &json!({}));
            assert_eq!((reply.status, &*reply.code()), (403, "other_site"), "{path}, {what}");
        }
        // The host is the page's, and the origin another name of the same machine.
        let mixed = doctor.with(&[("Host", &format!("localhost:{port}"))]).post(&path, &json!({}));
        assert_eq!(mixed.status, 403, "{path}");
        // A form of another site can send these types.
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
            let reply = doctor.send("POST", &path, kind, b"{\"revision\":0}").unwrap();
            let takes_no_body = ["/logout", "/language/en"].contains(&&*path);
            assert!(reply.status == 415 || (takes_no_body && reply.status == 204), "{path} {kind}: {reply:?}");
        }
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            assert_eq!(doctor.send(method, &path, "", b"").unwrap().status, 405, "{method} {path}");
        }
    }
    let right = served.logged_in("doctor").with(&[("Sec-Fetch-Site", "same-origin")]);
    assert_eq!(right.post(&format!("/api/study/{study}/accept"), &json!({ "revision": 0 })).status, 200);
    let after = rows(&scratch.path().join("data"));
    let statements = |rows: &[String]| rows.iter().filter(|row| row.starts_with("statement")).count();
    assert_eq!((statements(&before), statements(&after)), (0, 1));
    served.stop();
}

#[test]
fn a_name_that_somebody_else_gave_this_machine_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let served = Served::plain(&scratch.path().join("data"));
    served.person("tech", PersonRole::Technologist);
    let study = served.take(&example());
    let tech = served.logged_in("tech");
    let port = served.address.port();
    let names = ["evil.example".to_owned(), format!("evil.example:{port}"), format!("127.0.0.1.evil.example:{port}")];
    let others = ["127.0.0.1".to_owned(), format!("127.0.0.1:{}", port.wrapping_add(1)), format!("localhost.:{port}")];
    for host in names.iter().chain(&others) {
        let from = tech.with(&[("Host", host), ("Origin", &format!("http://{host}"))]);
        for path in reading(&study) {
            assert_eq!(from.get(&path).status, 421, "{host} {path}");
        }
        for path in changing(&study) {
            assert_eq!(from.post(&path, &json!({})).status, 421, "{host} {path}");
        }
    }
    assert_eq!(tech.with(&[("Host", &format!("LOCALHOST:{port}"))]).get("/studies").status, 200);
    served.stop();
}

#[test]
fn reading_changes_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let served = Served::plain(&data);
    served.person("doctor", PersonRole::Physician);
    let study = served.take(&example());
    let doctor = served.logged_in("doctor");
    assert_eq!(doctor.post(&format!("/api/study/{study}/accept"), &json!({ "revision": 0 })).status, 200);
    let before = rows(&data);
    for path in reading(&study) {
        for method in ["GET", "HEAD"] {
            let reply = doctor.with(&[("Origin", "")]).send(method, &path, "", b"");
            // A reply to HEAD has the length of a body that does not come.
            assert!(method == "HEAD" || reply.unwrap().status < 400, "{method} {path}");
        }
    }
    for path in changing(&study) {
        let status = doctor.get(&path).status;
        let shown = ["/login", "/enter"].contains(&&*path);
        assert_eq!(status, if shown { 200 } else { 405 }, "{path}");
    }
    assert_eq!(rows(&data), before);
    served.stop();
}

#[test]
fn every_reply_has_the_headers_that_keep_a_browser_safe() {
    let scratch = tempfile::tempdir().unwrap();
    let served = Served::plain(&scratch.path().join("data"));
    served.person("tech", PersonRole::Technologist);
    let study = served.take(&example());
    let tech = served.logged_in("tech");
    let evil = tech.with(&[("Host", "evil.example")]);
    let paths = reading(&study).into_iter().chain(["/nothing".to_owned()]);
    let replies = paths.map(|path| tech.get(&path)).chain([evil.get("/studies"), tech.post("/login", &json!({}))]);
    for reply in replies {
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{reply:?}");
        assert!(!policy.contains("unsafe-eval"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        let kept = reply.header("cache-control").unwrap();
        // A picture of 5 kB without a name is kept by the browser of whoever saw it.
        assert!(["no-store", "no-cache"].contains(&kept) || kept.starts_with("private"), "{reply:?}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
        assert_eq!(reply.header("server"), None);
    }
    assert!(!tech.get("/login").header("content-security-policy").unwrap().contains("unsafe"));
    let cookie = served.client().post("/login", &json!({ "name": "tech", "password": PASSWORD }));
    let cookie = cookie.header("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"));
    served.stop();
}

#[test]
fn a_thousand_logins_of_one_address_keep_nobody_else_out() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let proxy = ProxySettings::new(vec!["127.0.0.1".parse().unwrap()], None).unwrap();
    let served = Served::start(&data, &["review.example"], Transport::BehindProxy(proxy));
    served.person("tech", PersonRole::Technologist);
    let from = |address: &str| {
        let told = [("Host", "review.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", address)];
        served.client().with(&told)
    };
    let began = Instant::now();
    let attempts = |address: &'static str, number: usize| {
        let client = from(address);
        let guess = move |at: usize| {
            client.post("/login", &json!({ "name": format!("name {at}"), "password": "a wrong guess" }))
        };
        (0..number).map(|at| guess(at).status).collect::<Vec<u16>>()
    };
    let replies: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| attempts("192.0.2.66", 125))).collect();
        // Meanwhile somebody comes in from elsewhere.
        let mut other = from("192.0.2.1");
        let until = Instant::now() + Duration::from_secs(60);
        while other.log_in("tech", PASSWORD) != 200 {
            assert!(Instant::now() < until, "the attempts of another address kept a person out");
            std::thread::sleep(Duration::from_millis(50));
        }
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let looked_at = replies.iter().filter(|&&status| status == 401).count();
    assert!((50..=50 + 32).contains(&looked_at), "{looked_at} passwords were looked at");
    assert_eq!(replies.len() - looked_at, replies.iter().filter(|&&status| status == 429).count());
    println!("1000 attempts in {:.1} s, {looked_at} looked at", began.elapsed().as_secs_f64());
    // The address is not answered any longer, not even with the right password; another one is.
    assert_eq!(from("192.0.2.66").log_in("tech", PASSWORD), 429);
    assert_eq!(from("192.0.2.2").log_in("tech", PASSWORD), 200);
    served.stop();
}

#[test]
fn an_account_is_not_guessed_from_many_addresses() {
    let scratch = tempfile::tempdir().unwrap();
    let store = Store::open(&scratch.path().join("data"), "test 0").unwrap();
    let reader = store.reader().unwrap();
    store.add_person("anna", PersonRole::Physician, PASSWORD, "test").unwrap();
    let now = UtcTime::now();
    let guess = |at: usize, password: &str, name: &str, when| {
        store.log_in(&reader, name, password, &format!("192.0.2.{at}"), when).unwrap()
    };
    for at in 0..10 {
        assert_eq!(guess(at, "a wrong guess", if at % 2 == 0 { "anna" } else { "ANNA" }, now), LoginOutcome::Refused);
    }
    assert_eq!(guess(11, PASSWORD, "anna", now), LoginOutcome::Limited);
    let later = now.after(Duration::from_secs(15 * 60 + 1));
    assert!(matches!(guess(12, PASSWORD, "anna", later), LoginOutcome::Person(_)));
}

#[test]
fn bodies_over_the_limit_and_wrong_types_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let served = Served::plain(&scratch.path().join("data"));
    served.person("doctor", PersonRole::Physician);
    let study = served.take(&example());
    let doctor = served.logged_in("doctor");
    let large = vec![b' '; 512 * 1024 + 1];
    for act in ["preview", "edit", "undo", "redo", "accept", "sign"] {
        let path = format!("/api/study/{study}/{act}");
        assert_eq!(doctor.send("POST", &path, "application/json", &large).unwrap().status, 413, "{act}");
    }
    for path in ["/login", "/enter"] {
        assert_eq!(doctor.send("POST", path, "application/json", &large).unwrap().status, 413, "{path}");
    }
    let file = vec![0; 160 * 1024 * 1024 + 1];
    let upload = doctor.send("POST", "/api/studies", "application/dicom", &file).unwrap();
    assert_eq!((upload.status, &*upload.code()), (413, "too_large"));
    let related = "multipart/related; type=\"application/dicom\"; boundary=x";
    assert_eq!(doctor.send("POST", "/dicom-web/studies", related, &file).unwrap().status, 413);
    drop(file);
    let edit = format!("/api/study/{study}/edit");
    let acts = [
        "null",
        "[]",
        "7",
        "\"edit\"",
        "{",
        "{}",
        "\u{0}",
        "{\"revision\":0}",
        "{\"revision\":\"0\",\"act\":{}}",
        "{\"revision\":0,\"act\":{\"act\":\"end_diastole\"}}",
        "{\"revision\":0,\"act\":{\"act\":\"end_diastole\",\"frame\":0}}",
        "{\"revision\":0,\"act\":{\"act\":\"end_diastole\",\"frame\":-1}}",
        "{\"revision\":0,\"act\":{\"act\":\"end_diastole\",\"frame\":1.5}}",
        "{\"revision\":0,\"act\":{\"act\":\"end_diastole\",\"frame\":\"1\"}}",
        "{\"revision\":0,\"act\":{\"act\":\"end_diastole\",\"frame\":1e300}}",
        "{\"revision\":0,\"act\":{\"act\":\"end_diastole\",\"frame\":999}}",
        "{\"revision\":0,\"act\":{\"act\":\"drop table\",\"frame\":1}}",
        "{\"revision\":0,\"act\":{\"act\":\"end_diastole\",\"frame\":1},\"role\":\"administrator\"}",
        "{\"revision\":1e99,\"act\":{\"act\":\"end_diastole\",\"frame\":1}}",
    ];
    for body in acts {
        let reply = doctor.send("POST", &edit, "application/json", body.as_bytes()).unwrap();
        assert!([400, 422].contains(&reply.status), "{body}: {reply:?}");
    }
    assert_eq!(doctor.send("POST", &edit, "application/json", &[0xFF, 0xFE, 0x00]).unwrap().status, 400);
    let deep = "[".repeat(200_000);
    assert_eq!(doctor.send("POST", &edit, "application/json", deep.as_bytes()).unwrap().status, 400);
    assert_eq!(doctor.send("POST", "/api/studies", "application/dicom", b"no DICOM").unwrap().status, 415);
    let history = doctor.get(&format!("/api/study/{study}")).json()["history"].clone();
    assert_eq!(history["position"], 0);
    served.stop();
}

#[test]
fn no_path_leads_out_and_no_id_leads_to_another_study() {
    let scratch = tempfile::tempdir().unwrap();
    let served = Served::plain(&scratch.path().join("data"));
    served.person("tech", PersonRole::Technologist);
    let study = served.take(&example());
    let tech = served.logged_in("tech");
    let ways = [
        "..",
        "../",
        "..%2f",
        "..%2F..%2Fbloodpool.sqlite",
        "%2e%2e%2fbloodpool.sqlite",
        "..%5cbloodpool.sqlite",
        "....//bloodpool.sqlite",
        "%00",
        "bloodpool.sqlite",
        "self-signed.pem",
        "%252e%252e%252fbloodpool.sqlite",
        "1",
        "-1",
        "' OR 1=1 --",
        "%27%20OR%201=1%20--",
        "*",
    ];
    for way in ways {
        let way = way.replace(' ', "%20").replace('\'', "%27");
        for start in ["/assets/", "/study/", "/api/study/", "/api/next/", "/study/x/signed/", "/"] {
            let reply = tech.get(&format!("{start}{way}"));
            // The start page leads to the list; after an id that is none comes the first study of the list.
            let allowed = [303, 400, 404].contains(&reply.status) || (start == "/api/next/" && reply.status == 200);
            assert!(allowed, "{start}{way}: {}", reply.status);
            assert!(!reply.body.contains("SQLite"), "{start}{way}");
        }
    }
    // A part of an id is none.
    assert_eq!(tech.get(&format!("/study/{}", &study[..study.len() - 1])).status, 404);
    assert!(study.len() >= 16, "ids are not counted up: {study}");
    served.stop();
}

#[test]
fn scripts_in_names_and_descriptions_are_shown_as_text() {
    let scratch = tempfile::tempdir().unwrap();
    let script = "<script>alert(1)</script>";
    let quoted = "\"><img src=x onerror=alert(2)>";
    let template = "{{7*7}}${7*7}</textarea>'";
    let mut study: GatedStudy = read_study(&example(), &Selection::default()).unwrap();
    study.identity.patient_name = Some(script.into());
    study.identity.patient_id = Some(quoted.into());
    study.identity.series_description = Some(format!("{script}{template}"));
    study.identity.study_description = Some(quoted.into());
    let file = scratch.path().join("hostile.dcm");
    std::fs::write(&file, encode_study(&study, &Acquisition::original()).unwrap()).unwrap();
    let served = Served::plain(&scratch.path().join("data"));
    served.person("tech", PersonRole::Technologist);
    let id = served.take(&file);
    let tech = served.logged_in("tech");
    let query = "/studies?status=%22%3E%3Cscript%3Ealert(3)%3C/script%3E";
    for path in ["/studies", query, &format!("/study/{id}"), &format!("/study/{id}/report.html")] {
        let page = tech.get(path);
        assert_eq!(page.status, 200, "{path}");
        for hostile in ["<script>alert", "<img src=x", "\"><script>a"] {
            let at = page.body.find(hostile);
            assert_eq!(at.map(|at| &page.body[at..at + 40]), None, "{path}");
        }
    }
    assert!(tech.get("/studies").body.contains("&lt;script&gt;alert(1)"), "it is shown");
    let data = tech.get(&format!("/api/study/{id}"));
    assert_eq!(data.header("content-type"), Some("application/json"));
    served.stop();
}
