//! Accounts and tokens: what a token may do, and changes from the command line while a process owns the data folder.

use std::path::Path;
use std::time::Duration;

use bloodpool_dicom::{Acquisition, Selection, encode_study, read_study};
use bloodpool_server::{
    AccountAct, ChangeError, PersonRole, SecretKind, Store, UtcTime, change_accounts, read_kept_heads,
};
use serde_json::json;

use crate::served::{Client, PASSWORD, Served, example};

const RELATED: &str = "multipart/related; type=\"application/dicom\"; boundary=b0";

fn change(data: &Path, act: AccountAct) -> Result<Option<String>, ChangeError> {
    change_accounts(data, "second 1", &act).map(|token| token.map(|token| token.secret))
}

fn add_token(data: &Path, name: &str, role: PersonRole) -> String {
    change(data, AccountAct::AddToken { name: name.into(), role, days: 7 }).unwrap().unwrap()
}

/// A program: neither origin nor cookie.
fn program(served: &Served, token: &str) -> Client {
    served.client().with(&[("Origin", ""), ("Authorization", &format!("Bearer {token}"))])
}

fn stow(client: &Client, file: &[u8]) -> u16 {
    let body = [b"--b0\r\nContent-Type: application/dicom\r\n\r\n", file, b"\r\n--b0--\r\n"].concat();
    client.send("POST", "/dicom-web/studies", RELATED, &body).unwrap().status
}

#[test]
fn a_token_sends_and_reads_and_nothing_else() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let served = Served::plain(&data);
    served.person("doctor", PersonRole::Physician);
    let sender = add_token(&data, "scanner", PersonRole::Technologist);
    let reader = add_token(&data, "dashboard", PersonRole::Administrator);
    for role in [PersonRole::Physician, PersonRole::Rater, PersonRole::Local] {
        let refused = change(&data, AccountAct::AddToken { name: "x".into(), role, days: 7 }).unwrap_err();
        assert!(refused.to_string().contains("a token has the role technologist"), "{refused}");
    }
    for days in [0, 367] {
        let role = PersonRole::Technologist;
        let refused = change(&data, AccountAct::AddToken { name: "x".into(), role, days }).unwrap_err();
        assert_eq!(refused.to_string(), "a token is valid for 1 to 366 days");
    }

    let bytes = std::fs::read(example()).unwrap();
    let (sends, reads) = (program(&served, &sender), program(&served, &reader));
    assert_eq!(stow(&reads, &bytes), 403, "one that reads sends nothing");
    assert_eq!(stow(&sends, &bytes), 200);
    let study = served.take(&example_again(scratch.path()));
    for client in [&sends, &reads] {
        assert_eq!(client.get(&format!("/api/study/{study}")).status, 200);
        assert_eq!(client.get("/metrics").status, 200);
        for act in ["preview", "edit", "undo", "redo", "accept", "sign"] {
            let reply =
                client.post(&format!("/api/study/{study}/{act}"), &json!({ "revision": 0, "password": PASSWORD }));
            assert_eq!((reply.status, &*reply.code()), (403, "not_by_token"), "{act}");
        }
    }
    // It is no cookie, and no account that anybody can log in to or give a password.
    let mut browser = served.client();
    browser.cookie = Some(format!("bloodpool-session={sender}"));
    assert_eq!(browser.get("/studies").status, 303);
    for name in ["scanner", "token:scanner"] {
        assert_eq!(served.client().log_in(name, PASSWORD), 401);
        let reset = AccountAct::ResetPassword { name: name.into(), password: PASSWORD.into() };
        assert_eq!(change(&data, reset).unwrap_err().to_string(), "there is no account of this name");
    }
    assert!(served.service().store().reader().unwrap().people().unwrap().iter().all(|person| !person.is_token()));

    // Shown once: the folder has its hash alone.
    for file in ["bloodpool.sqlite", "bloodpool.sqlite-wal"] {
        let bytes = std::fs::read(data.join(file)).unwrap();
        assert!(!bytes.windows(sender.len()).any(|found| found == sender.as_bytes()), "{file}");
    }
    // Each act is in the trail.
    let store = served.service().store();
    let rows = store.reader().unwrap().audit(0, 1000).unwrap();
    let of =
        |person: &str, action: &str| rows.iter().filter(|row| row.person == person && row.action == action).count();
    assert_eq!((of("token:scanner", "receive"), of("token:dashboard", "receive")), (1, 0));
    assert_eq!((of("token:scanner", "read"), of("token:dashboard", "read")), (1, 1));
    let made = rows.iter().find(|row| row.action == "token_add").unwrap();
    assert_eq!((&*made.person, &*made.subject), ("command line", "token:scanner"));

    let tokens = store.reader().unwrap().tokens(UtcTime::now()).unwrap();
    assert_eq!(tokens.iter().map(|token| &*token.name).collect::<Vec<_>>(), ["dashboard", "scanner"]);
    change(&data, AccountAct::RevokeToken { name: "scanner".into() }).unwrap();
    assert_eq!(sends.get("/metrics").status, 401, "at once");
    let again = change(&data, AccountAct::RevokeToken { name: "scanner".into() }).unwrap_err();
    assert_eq!(again.to_string(), "there is no token of this name");
    // The name may be used again, by another secret.
    let other = add_token(&data, "scanner", PersonRole::Administrator);
    assert_ne!(other, sender);
    assert_eq!((sends.get("/metrics").status, program(&served, &other).get("/metrics").status), (401, 200));
    let twice = AccountAct::AddToken { name: "Scanner".into(), role: PersonRole::Administrator, days: 1 };
    assert!(change(&data, twice).unwrap_err().to_string().contains("there is a token of this name already"));
    // It ends.
    let database = rusqlite::Connection::open(data.join("bloodpool.sqlite")).unwrap();
    database.execute("UPDATE secret SET expires_ms = 1 WHERE label = 'dashboard'", []).unwrap();
    assert_eq!(reads.get("/metrics").status, 401);
    served.stop();
}

/// The same study as another instance.
fn example_again(folder: &Path) -> std::path::PathBuf {
    let mut study = read_study(&example(), &Selection::default()).unwrap();
    study.identity.sop_uid = Some("1.2.826.0.1.3680043.2.1".into());
    let path = folder.join("another.dcm");
    let bytes = encode_study(&study, &Acquisition::original()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn accounts_are_changed_while_the_server_runs() {
    let scratch = tempfile::tempdir().unwrap();
    // Longer than the address of a socket may be.
    let long = scratch.path().join("a folder with a long name ".repeat(6));
    for data in [scratch.path().join("data"), long] {
        let add = |name: &str| AccountAct::AddPerson {
            name: name.into(),
            role: PersonRole::Technologist,
            password: PASSWORD.into(),
        };
        change(&data, add("before")).unwrap();
        let served = Served::plain(&data);
        change(&data, add("anna")).unwrap();
        let mut anna = served.logged_in("anna");
        assert_eq!(served.logged_in("before").get("/studies").status, 200);
        assert_eq!(anna.get("/studies").status, 200);
        let twice = change(&data, add("anna")).unwrap_err();
        assert_eq!(twice.to_string(), "there is an account of this name already");
        let short = AccountAct::AddPerson { name: "b".into(), role: PersonRole::Rater, password: "short".into() };
        assert_eq!(change(&data, short).unwrap_err().to_string(), "a password has 12 characters or more");

        let reset = AccountAct::ResetPassword { name: "anna".into(), password: "another long password".into() };
        change(&data, reset).unwrap();
        assert_eq!(anna.get("/studies").status, 303, "sessions end at once");
        assert_eq!(anna.log_in("anna", PASSWORD), 401);
        assert_eq!(anna.log_in("anna", "another long password"), 200);
        change(&data, AccountAct::DisablePerson { name: "anna".into() }).unwrap();
        assert_eq!(anna.get("/studies").status, 303);
        assert_eq!(anna.log_in("anna", "another long password"), 401);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &str| std::fs::metadata(data.join(path)).unwrap().permissions().mode() & 0o7777;
            assert_eq!((mode("control"), mode("control/socket"), mode("audit-heads.jsonl")), (0o700, 0o600, 0o600));
        }
        served.stop();
        assert!(!data.join("control/socket").exists());
        change(&data, add("after")).unwrap();
        // The head of the trail was kept at the start and at the end.
        let heads = read_kept_heads(&data.join("audit-heads.jsonl")).unwrap();
        assert_eq!(heads.len(), 2, "{heads:?}");
        let (rows, last) = (heads[1].rows, &heads[1].head);
        let store = Store::open(&data, "test 0").unwrap();
        let reader = store.reader().unwrap();
        assert_eq!(&reader.audit(rows - 1, 1).unwrap()[0].hash, last);
        assert_eq!(reader.audit_head().unwrap(), reader.audit(rows, 1).unwrap()[0].hash);
    }
}

#[test]
fn what_is_no_request_changes_nothing_and_stops_nothing() {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let served = Served::plain(&data);
    let sends = |bytes: &[u8]| {
        let mut stream = UnixStream::connect(data.join("control/socket")).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut reply = String::new();
        let _ = stream.read_to_string(&mut reply);
        reply
    };
    assert_eq!(sends(b""), "");
    let mut long = vec![b'a'; 1 << 20];
    long.push(b'\n');
    for wrong in [b"{}\n", &b"nothing\n"[..], b"{\"act\":\"drop\"}\n", &[0xC3, 0x28, b'\n'], b"{\"act\":\"add_person\""]
    {
        let reply = sends(wrong);
        assert!(reply.is_empty() || reply.contains("refused"), "{reply}");
    }
    // It is read no further than a request can be long.
    let mut stream = UnixStream::connect(data.join("control/socket")).unwrap();
    let _ = stream.write_all(&long);
    drop(stream);
    assert!(served.service().store().reader().unwrap().people().unwrap().is_empty());
    change(&data, AccountAct::DisablePerson { name: "nobody".into() }).unwrap_err();
    served.stop();
}

#[test]
fn an_owner_that_takes_no_requests_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let store = Store::open(&data, "backup 3").unwrap();
    let refused = change(&data, AccountAct::DisablePerson { name: "anna".into() }).unwrap_err();
    assert!(matches!(refused, ChangeError::Held(_)), "{refused}");
    assert!(refused.to_string().contains("is in use by backup 3"), "{refused}");
    drop(store);
}

#[test]
fn the_first_account_ends_the_session_of_whoever_started_the_program() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let served = Served::plain(&data);
    let store = served.service().store();
    let link = bloodpool_server::first_link(store, &served.origin).unwrap();
    let mut local = served.client();
    let entered = local.post("/enter", &json!({ "token": link.rsplit('#').next().unwrap() }));
    local.cookie = entered.header("set-cookie").and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
    assert_eq!(local.get("/studies").status, 200);
    // A token is no account of a person.
    add_token(&data, "scanner", PersonRole::Technologist);
    assert_eq!(local.get("/studies").status, 200);
    assert!(bloodpool_server::first_link(store, &served.origin).unwrap().contains("/enter#"));
    let reset = AccountAct::ResetPassword { name: "local".into(), password: PASSWORD.into() };
    assert_eq!(change(&data, reset).unwrap_err().to_string(), "there is no account of this name");
    served.person("anna", PersonRole::Technologist);
    assert_eq!(local.get("/studies").status, 303);
    assert_eq!(bloodpool_server::first_link(store, &served.origin).unwrap(), format!("{}/login", served.origin));
    let person = store.local_person().unwrap();
    store.add_secret(SecretKind::Link, person.id, None, Duration::from_secs(60), UtcTime::now()).unwrap();
    served.stop();
}
