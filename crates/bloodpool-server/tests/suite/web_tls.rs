//! TLS and a proxy with real clients: curl and openssl of Debian, and nginx before the page.
//!
//! Without these programs a test ends early and says so; where `CI` is `true` it fails.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bloodpool_dicom::net::TlsIdentity;
use bloodpool_server::{PersonRole, ProxySettings, Transport};

use crate::served::{self, PASSWORD, Served};

const NAME: &str = "review.example";

/// Whether there is such a program.
fn there_is(program: &str) -> bool {
    let found =
        Command::new(program).arg("-v").stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null()).status();
    let found = found.is_ok();
    assert!(found || std::env::var("CI").as_deref() != Ok("true"), "{program} is missing (apt-get install {program})");
    if !found {
        eprintln!("skipped: {program} is missing");
    }
    found
}

/// Status, and head with body, of a request by curl to `NAME` on this port.
fn curl(port: u16, arguments: &[&str]) -> (String, String) {
    let output = Command::new("curl")
        .args([
            "-sS",
            "-i",
            "--noproxy",
            "*",
            "--resolve",
            &format!("{NAME}:{port}:127.0.0.1"),
            "-w",
            "\nstatus %{http_code}",
        ])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let status = text.split("\nstatus ").nth(1).unwrap_or("").lines().next().unwrap_or("").to_owned();
    let status = status.get(..3).unwrap_or("").to_owned();
    (status, text)
}

#[test]
fn a_certificate_of_its_own_is_made_once_and_serves_tls() {
    if !there_is("curl") || !there_is("openssl") {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let served = Served::start(&data, &[NAME], Transport::SelfSignedTls);
    served.person("tech", PersonRole::Technologist);
    let port = served.address.port();
    assert_eq!(served.origin, format!("https://{NAME}:{port}"));
    let pem = data.join("self-signed.pem");
    assert_eq!(std::fs::metadata(&pem).unwrap().permissions().mode() & 0o7777, 0o600);
    let first = std::fs::read(&pem).unwrap();
    let trusted = ["--cacert", pem.to_str().unwrap()];
    let url = |path: &str| format!("https://{NAME}:{port}{path}");

    let (status, text) = curl(port, &[&trusted[..], &[&url("/login")]].concat());
    assert_eq!(status, "200", "{text}");
    assert!(text.to_ascii_lowercase().contains("strict-transport-security: max-age=31536000"), "{text}");
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{port}/login");
        assert_eq!(curl(port, &[&trusted[..], &[&url]].concat()).0, "200", "{host}");
    }
    // Nobody has to take it as it is, and the name must be one of it.
    assert!(curl(port, &[&url("/login")]).1.to_ascii_lowercase().contains("certificate"));
    let other = format!("other.example:{port}:127.0.0.1");
    let to_other = format!("https://other.example:{port}/login");
    let (_, text) = curl(port, &[&trusted[..], &["--resolve", &other, &to_other]].concat());
    assert!(text.contains("other.example") && text.contains("curl: ("), "{text}");
    // Without TLS nothing is answered, and old TLS is not spoken.
    assert_eq!(curl(port, &["-m", "20", &format!("http://{NAME}:{port}/login")]).0, "000");
    let connect = format!("127.0.0.1:{port}");
    let speaks = |version: &str| {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-connect", &connect, version, "-CAfile", pem.to_str().unwrap()]);
        let output = client.args(["-cipher", "ALL:@SECLEVEL=0"]).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.contains("Verify return code: 0 (ok)") && !said.contains("Cipher is (NONE)")
    };
    assert!(speaks("-tls1_3") && speaks("-tls1_2"));
    assert!(!speaks("-tls1_1") && !speaks("-tls1"));

    // The cookie is for this name and for TLS alone; origins have the scheme.
    let body = format!("{{\"name\":\"tech\",\"password\":\"{PASSWORD}\"}}");
    let log_in = |origin: &str| {
        let origin = format!("Origin: {origin}");
        let post = ["-H", "Content-Type: application/json", "-H", &origin, "-d", &body, &url("/login")];
        curl(port, &[&trusted[..], &post].concat())
    };
    assert_eq!(log_in(&format!("http://{NAME}:{port}")).0, "403");
    let (status, text) = log_in(&served.origin);
    assert_eq!(status, "200", "{text}");
    let cookie = text.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.starts_with("__Host-bloodpool=") && cookie.contains("; Path=/;") && cookie.ends_with("; Secure"));
    assert!(cookie.contains("HttpOnly") && !cookie.contains("Domain"), "{cookie}");
    let session = cookie.split(';').next().unwrap();
    let studies = curl(port, &[&trusted[..], &["-b", session, &url("/studies")]].concat());
    assert_eq!(studies.0, "200", "{}", studies.1);
    // A client that connects and says nothing keeps nobody waiting.
    let silent: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(served.address).unwrap()).collect();
    assert_eq!(curl(port, &[&trusted[..], &["-m", "5", &url("/login")]].concat()).0, "200");
    drop(silent);
    served.stop();

    // Kept over a restart; made anew where a name is missing.
    Served::start(&data, &[NAME], Transport::SelfSignedTls).stop();
    assert_eq!(std::fs::read(&pem).unwrap(), first);
    Served::start(&data, &[NAME, "second.example"], Transport::SelfSignedTls).stop();
    assert_ne!(std::fs::read(&pem).unwrap(), first);
    let shown = Command::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(&pem).output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("DNS:second.example") && shown.contains("IP Address:127.0.0.1"), "{shown}");
    assert!(shown.contains("TLS Web Server Authentication"), "{shown}");
}

/// A certificate of somebody else's making, as files.
fn certificate(folder: &Path) -> TlsIdentity {
    let (certificate_chain, private_key) = (folder.join("own.pem"), folder.join("own.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", &format!("/CN={NAME}"), "-addext", &format!("subjectAltName=DNS:{NAME}")])
        .arg("-keyout")
        .arg(&private_key)
        .arg("-out")
        .arg(&certificate_chain)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    TlsIdentity { certificate_chain, private_key }
}

#[test]
fn a_given_certificate_is_served_and_one_that_cannot_be_read_is_named() {
    if !there_is("curl") || !there_is("openssl") {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let identity = certificate(scratch.path());
    let served = Served::start(&scratch.path().join("data"), &[NAME], Transport::Tls(identity.clone()));
    let port = served.address.port();
    let url = format!("https://{NAME}:{port}/login");
    let (status, text) = curl(port, &["--cacert", identity.certificate_chain.to_str().unwrap(), &url]);
    assert_eq!(status, "200", "{text}");
    served.stop();
    let refused = |identity: TlsIdentity| {
        let settings = bloodpool_server::WebSettings {
            address: "127.0.0.1:0".parse().unwrap(),
            hosts: vec![NAME.into()],
            transport: Transport::Tls(identity),
        };
        served::refused(settings)
    };
    let missing = TlsIdentity { private_key: scratch.path().join("nothing.key"), ..identity.clone() };
    assert!(refused(missing).contains("nothing.key has no private key in PEM that can be read"));
    let swapped = TlsIdentity { certificate_chain: identity.private_key.clone(), ..identity };
    assert!(refused(swapped).contains("own.key has no certificate in PEM"));
}

#[test]
fn other_machines_get_no_answer_without_tls() {
    let refused = |address: &str, hosts: &[&str], transport: Transport| {
        let hosts = hosts.iter().map(|&name| name.to_owned()).collect();
        served::refused(bloodpool_server::WebSettings { address: address.parse().unwrap(), hosts, transport })
    };
    let error = refused("0.0.0.0:0", &[NAME], Transport::Plain);
    assert!(error.contains("would be served without TLS"), "{error}");
    let error = refused("0.0.0.0:0", &[], Transport::SelfSignedTls);
    assert!(error.contains("name the host that browsers ask for"), "{error}");
    let proxy = ProxySettings::new(vec!["127.0.0.1".parse().unwrap()], None).unwrap();
    let error = refused("127.0.0.1:0", &[], Transport::BehindProxy(proxy));
    assert!(error.contains("name the host that browsers ask for"), "{error}");
    assert!(ProxySettings::new(Vec::new(), Some("X Remote User")).is_none(), "no name of a header");
}

/// nginx, which is killed when it is dropped.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// nginx with TLS on a free port, which asks for names and passwords of its own and hands the name on.
fn nginx(folder: &Path, to: u16) -> (Nginx, u16) {
    let identity = certificate(folder);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let hash = Command::new("openssl").args(["passwd", "-apr1", PASSWORD]).output().unwrap();
    let hash = String::from_utf8(hash.stdout).unwrap();
    std::fs::write(folder.join("people"), format!("anna:{hash}nobody:{hash}")).unwrap();
    let at = folder.display();
    let settings = format!(
        "daemon off; master_process off; pid {at}/nginx.pid; error_log {at}/error.log;
        events {{ }}
        http {{
            access_log off; client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/f;
            uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;
            server {{
                listen 127.0.0.1:{port} ssl;
                server_name {NAME};
                ssl_certificate {}; ssl_certificate_key {};
                client_max_body_size 160m;
                location / {{
                    auth_basic review; auth_basic_user_file {at}/people;
                    proxy_pass http://127.0.0.1:{to};
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-For $remote_addr;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header X-Remote-User $remote_user;
                    proxy_set_header Authorization \"\";
                }}
            }}
        }}",
        identity.certificate_chain.display(),
        identity.private_key.display(),
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, settings).unwrap();
    let child = Command::new("nginx").arg("-c").arg(&file).stderr(Stdio::null()).spawn().unwrap();
    let nginx = Nginx(child);
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return (nginx, port);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{}", std::fs::read_to_string(folder.join("error.log")).unwrap_or_default());
}

#[test]
fn behind_nginx_people_who_logged_in_there_are_known_by_their_account() {
    if !there_is("curl") || !there_is("openssl") || !there_is("nginx") {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    // The port of nginx is a part of the names, and its own port of the settings of nginx.
    let (held, port) = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    };
    drop(held);
    let (nginx, public) = nginx(scratch.path(), port);
    let proxy = ProxySettings::new(vec!["127.0.0.1".parse().unwrap()], Some("X-Remote-User")).unwrap();
    let host = format!("{NAME}:{public}");
    let data = scratch.path().join("data");
    let served = Served::at(&data, port, &[&host], Transport::BehindProxy(proxy));
    served.person("anna", PersonRole::Technologist);
    let pem = scratch.path().join("own.pem");
    let asked = |more: &[&str], path: &str| {
        let url = format!("https://{host}{path}");
        curl(public, &[&["--cacert", pem.to_str().unwrap()], more, &[&url]].concat())
    };
    let known = ["-u", &format!("anna:{PASSWORD}")];
    assert_eq!(asked(&[], "/studies").0, "401", "nginx asks");
    let (status, text) = asked(&known, "/studies");
    assert_eq!(status, "200", "{text}");
    assert!(text.contains("anna"), "the page says who one is");
    // A header of the browser is not the one of the proxy.
    let forged = [&known[..], &["-H", "X-Remote-User: doctor", "-H", "X-Forwarded-For: 6.6.6.6"]].concat();
    let (status, text) = asked(&forged, "/studies");
    assert_eq!(status, "200");
    assert!(text.contains("anna") && !text.contains("doctor"));
    let unknown = format!("nobody:{PASSWORD}");
    let (status, text) = asked(&["-u", &unknown, "-H", "Accept: text/html"], "/studies");
    assert_eq!(status, "403", "an account must exist");
    assert!(text.contains("You have no account here"), "{text}");
    // A change comes from the page of the proxy's name.
    let post = |origin: &str| {
        let origin = format!("Origin: {origin}");
        asked(&[&known[..], &["-X", "POST", "-H", &origin]].concat(), "/logout").0
    };
    assert_eq!(post(&format!("https://{host}")), "204");
    assert_eq!(post(&format!("http://127.0.0.1:{port}")), "403");
    // The address of the browser is the one that limits count by, and logins have the cookie of TLS.
    let body = format!("{{\"name\":\"anna\",\"password\":\"{PASSWORD}\"}}");
    let origin = format!("Origin: https://{host}");
    let log_in = ["-H", "Content-Type: application/json", "-H", &origin, "-d", &body];
    let (status, text) = asked(&[&known[..], &log_in].concat(), "/login");
    assert!(status == "200" && text.contains("__Host-bloodpool="), "{text}");

    // Whoever goes round the proxy is not answered: another address, and the proxy's own without its headers.
    let mut direct = served.client().with(&[
        ("Host", &host),
        ("X-Forwarded-Proto", "https"),
        ("X-Remote-User", "anna"),
        ("X-Forwarded-For", "127.0.0.1"),
    ]);
    direct.from = Some("127.0.0.2".parse().unwrap());
    let refused = direct.get("/studies");
    assert_eq!((refused.status, &*refused.code()), (403, "not_by_proxy"));
    assert_eq!(direct.get("/healthz").status, 403);
    let plain = served.client().with(&[("Host", &host)]).get("/studies");
    assert_eq!((plain.status, &*plain.code()), (403, "not_https"));
    let by_ip = served.client().with(&[("X-Forwarded-Proto", "https")]).get("/studies");
    assert_eq!(by_ip.status, 421, "names are those of the proxy");
    // Accounts that are disabled, and those of no person, are nobody's there either.
    served.service().store().disable_person("anna", "test").unwrap();
    assert_eq!(asked(&known, "/studies").0, "403");
    drop(nginx);
    served.stop();
}
