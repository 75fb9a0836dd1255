//! The review page in a real browser: tools, history, ED and ES by hand, acceptance, signature, two people, and what is refused.
//!
//! Without chromium and chromedriver the tests of the browser end early and say so; where `CI` is `true` they fail.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::browser::server::Server;
use crate::browser::study::{changes, open_study, outline, place, point, told, wait_for_changes};
use crate::browser::{Browser, Driver, Ends, http, there_is_a_browser};
use crate::program::{bloodpool, documents};

const PASSWORD: &str = "a long enough password";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/{name}.dcm"))
}

/// The border of an outline to the right of its centre.
fn right_edge(study: &Value, frame: u64) -> [f64; 2] {
    let (points, centre) = outline(study, frame);
    let beside = points.into_iter().filter(|at| at[0] > centre[0]);
    beside.min_by(|a, b| (a[1] - centre[1]).abs().total_cmp(&(b[1] - centre[1]).abs())).unwrap()
}

fn area(points: &[[f64; 2]]) -> f64 {
    let sides = points.iter().zip(points.iter().cycle().skip(1));
    (sides.map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0).abs()
}

fn percent(value: &Value) -> String {
    format!("{:.1} %", value.as_f64().unwrap())
}

#[test]
fn a_study_is_corrected_in_a_browser() {
    if !there_is_a_browser() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[&example("akinesis"), &example("normal"), &example("cardiotoxic")]);
    let driver = Driver::start();
    let page = driver.browser("en");

    // The token is exchanged, and gone from the address; it works once.
    page.open(&server.link);
    page.wait("return location.pathname === '/studies'");
    assert_eq!(page.url(), server.url("/studies"));
    assert!(page.script("return document.cookie", &json!([])) == "", "no script reads the session");
    page.wait("return document.querySelectorAll('#studies tbody tr').length === 3");
    page.wait("return [...document.images].every((image) => image.complete && image.naturalWidth > 0)");
    page.wait("return document.getElementById('no-studies').hidden");
    page.screenshot("worklist");

    // What is searched for is in no address; it is still there when one comes back.
    page.keys(&["/", "a", "k", "i", "n", "e", "s", "i", "s"]);
    page.wait("return document.querySelectorAll('#studies tbody tr').length === 1");
    assert_eq!(page.url(), server.url("/studies"));
    page.open(&server.url("/studies"));
    page.wait("return document.querySelectorAll('#studies tbody tr').length === 1");
    page.script(
        "const search = document.getElementById('search'); search.value = ''; search.form.requestSubmit()",
        &json!([]),
    );
    page.wait("return document.querySelectorAll('#studies tbody tr').length === 3");
    let other = driver.browser("en");
    other.open(&server.link);
    other.wait_text("#message", "was used or is too old");
    drop(other);

    open_study(&page, "akinesis");
    let first = told(&page);
    let analyzed = bloodpool(folder.path()).args(["analyze", "--json"]).arg(example("akinesis")).output().unwrap();
    let lvef = documents(&analyzed.stdout)[0]["lvef_percent"].clone();
    assert_eq!(first["measured"]["lvef_percent"], lvef, "what is only looked at has the LVEF of `analyze`");
    page.wait_text("#lvef", &percent(&lvef));
    page.screenshot("study");

    // A vertex follows the pointer; LVEF changes while it is dragged, and the server has it afterwards.
    let frame = first["measured"]["end_diastole"].as_u64().unwrap();
    let edge = right_edge(&first, frame);
    let to = [edge[0] + 3.0, edge[1]];
    let [from, onto] = [edge, to].map(|at| place(&page, &first, at));
    let between = [(from[0] + onto[0]) / 2.0, (from[1] + onto[1]) / 2.0];
    page.drag(&[from, between, onto], Ends::Held);
    page.wait(&format!("return document.getElementById('lvef').textContent !== '{}'", percent(&lvef)));
    page.wait_text("#change", "Automatic");
    assert_eq!(changes(&told(&page)), 0, "nothing is kept before the vertex is let go");
    page.screenshot("drag");
    page.release();
    let dragged = wait_for_changes(&page, 1);
    page.wait_text("#saved", "Saved");
    page.wait_text("#lvef", &percent(&dragged["measured"]["lvef_percent"]));
    let edited = dragged["outlines"].as_array().unwrap().iter().find(|one| one["frame"] == frame).unwrap();
    assert_eq!(edited["edited"], true);
    let nearest = edited["vertices"].as_array().unwrap().iter().map(|at| {
        let [x, y] = point(at);
        (x - to[0]).hypot(y - to[1])
    });
    assert!(nearest.fold(f64::MAX, f64::min) < 0.3, "a vertex is where the pointer was let go");
    assert!(dragged["measured"]["one_pixel_percent"].is_array());

    // Nudge: the neighbours of the place move as well. A wheel makes the change reach other frames.
    page.keys(&["n"]);
    let edge = right_edge(&dragged, frame);
    page.wheel(place(&page, &dragged, edge), -100);
    page.wait_text("#reach-value", "1");
    page.drag(&[edge, [edge[0] + 2.0, edge[1] - 1.0]].map(|at| place(&page, &dragged, at)), Ends::Released);
    let nudged = wait_for_changes(&page, 2);
    assert_eq!(nudged["history"]["changes"][1]["frames"], 3);
    page.wheel(place(&page, &dragged, edge), 100);
    page.wait_text("#reach-value", "0");

    // Brush: a stroke that begins inside extends, one that begins outside cuts.
    page.keys(&["b"]);
    let before = outline(&nudged, frame);
    let edge = right_edge(&nudged, frame);
    let outside = [edge[0] + 5.0, edge[1]];
    page.drag(&[before.1, edge, outside].map(|at| place(&page, &nudged, at)), Ends::Released);
    let extended = wait_for_changes(&page, 3);
    assert!(area(&outline(&extended, frame).0) > area(&before.0) + 5.0);
    let far = [outside[0] + 8.0, outside[1]];
    page.drag(&[far, outside, edge].map(|at| place(&page, &extended, at)), Ends::Released);
    let cut = wait_for_changes(&page, 4);
    assert!(area(&outline(&cut, frame).0) < area(&outline(&extended, frame).0) - 5.0);

    // Move, and smooth by its key.
    page.keys(&["m"]);
    page.drag(&[before.1, [before.1[0] + 2.0, before.1[1] + 1.0]].map(|at| place(&page, &cut, at)), Ends::Released);
    wait_for_changes(&page, 5);
    page.keys(&["s"]);
    wait_for_changes(&page, 6);

    // Redraw, and a region that is grown, shown first and then taken.
    page.keys(&["d"]);
    let round = (0..=24).map(|step| {
        let angle = f64::from(step) / 24.0 * std::f64::consts::TAU;
        [before.1[0] + 9.0 * angle.cos(), before.1[1] + 9.0 * angle.sin()]
    });
    let round: Vec<[f64; 2]> = round.map(|at| place(&page, &cut, at)).collect();
    page.drag(&round, Ends::Released);
    let redrawn = wait_for_changes(&page, 7);
    assert!((area(&outline(&redrawn, frame).0) / (81.0 * std::f64::consts::PI) - 1.0).abs() < 0.05);
    page.keys(&["g"]);
    let centre = place(&page, &redrawn, before.1);
    page.drag(&[centre], Ends::Released);
    page.wait("return !document.getElementById('preview-bar').hidden && document.documentElement.dataset.previews");
    assert_eq!(changes(&told(&page)), 7);
    page.screenshot("grow");
    page.keys(&["Enter"]);
    let grown = wait_for_changes(&page, 8);

    // ED and ES by hand: the frame that is shown.
    page.keys(&["ArrowRight", "ArrowRight", "Shift+e"]);
    let set = wait_for_changes(&page, 9);
    assert_eq!(set["set_end_diastole"], (frame - 1 + 2) % set["frames"].as_u64().unwrap() + 1);
    assert_eq!(set["measured"]["end_diastole"], set["set_end_diastole"]);
    page.keys(&["ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Shift+r"]);
    let set = wait_for_changes(&page, 10);
    assert_eq!(set["measured"]["end_systole"], set["set_end_systole"]);

    // All undone by keys pressed as fast as they come: the program's numbers again, and the view is at the first change.
    page.keys(&["u"; 10]);
    let undone = wait_for_changes(&page, 0);
    assert_eq!(undone["measured"], first["measured"]);
    page.wait_text("#lvef", &percent(&lvef));
    page.wait_text("#frame-label", &format!("Frame {frame} /"));
    page.keys(&["y"; 8]);
    let redone = wait_for_changes(&page, 8);
    assert_eq!((&redone["outlines"], &redone["measured"]), (&grown["outlines"], &grown["measured"]));

    let latency = page.script("return document.documentElement.dataset", &json!([]));
    println!(
        "from pointer event to painted LVEF, 95th percentile of {} previews: {} ms",
        latency["previews"], latency["latency"]
    );

    // A reload has what was saved, and goes on from there.
    page.open(&page.url());
    page.wait("return document.documentElement.dataset.ready === 'yes'");
    assert_eq!(told(&page)["history"]["position"], 8);
    page.wait_text("#lvef", &percent(&grown["measured"]["lvef_percent"]));
    page.keys(&["u"]);
    wait_for_changes(&page, 7);
    page.keys(&["Ctrl+y"]);
    wait_for_changes(&page, 8);
    page.screenshot("edited");

    // The list of keys.
    page.keys(&["?"]);
    page.wait("return document.getElementById('keys').open");
    page.screenshot("keys");
    page.keys(&["Escape"]);

    // Accepted, and not signed: nobody has logged in with a password.
    assert!(!page.has("#sign"));
    page.keys(&["a"]);
    page.wait_text("#statements", "Reviewed 1: local");
    page.keys(&["j"]);
    page.wait("return location.pathname.startsWith('/study/') && document.documentElement.dataset.ready === 'yes'");
    page.open(&server.url("/studies?status=reviewed"));
    page.wait("return document.querySelectorAll('#studies tbody tr').length === 1");
    server.stop();
}

#[test]
fn the_cine_has_the_rate_of_the_heart() {
    if !there_is_a_browser() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[&example("normal")]);
    let driver = Driver::start();
    let page = driver.browser("ko");
    page.open(&server.link);
    page.wait("return location.pathname === '/studies'");
    open_study(&page, "normal");
    page.screenshot("study-ko");
    let study = told(&page);
    let (frames, time) = (study["frames"].as_f64().unwrap(), study["frame_time_ms"].as_f64().unwrap());
    // Frames that were drawn in two seconds, counted by the browser as the text of the frame changes.
    let script = "return new Promise((done) => {
        let shown = 0, first = null;
        const label = document.getElementById('frame-label');
        const observer = new MutationObserver(() => { shown += 1; first ??= performance.now(); });
        observer.observe(label, { childList: true, characterData: true, subtree: true });
        document.getElementById('play').click();
        setTimeout(() => { observer.disconnect(); done([Number(label.textContent.match(/\\d+/)[0]), shown, performance.now() - first]); }, 2000);
    })";
    let began = study["measured"]["end_diastole"].as_f64().unwrap();
    let found = page.script(script, &json!([]));
    let (shown, spent) = (found[0].as_f64().unwrap(), found[2].as_f64().unwrap());
    // Which frame is shown follows from the time alone, so that frames which the browser leaves out do not slow the heart down.
    let expected = (began - 1.0 + 1.0 + spent / time).rem_euclid(frames) + 1.0;
    let off = (shown - expected + frames / 2.0).rem_euclid(frames) - frames / 2.0;
    println!("{} frames drawn in {spent:.0} ms of {time} ms each", found[1]);
    assert!(off.abs() <= 2.5, "frame {shown} after {spent} ms, expected {expected}");
    server.stop();
}

fn add_user(folder: &Path, name: &str, role: &str) {
    let arguments = ["user", "add", name, "--role", role, "--data", "data"];
    bloodpool(folder).args(arguments).write_stdin(format!("{PASSWORD}\n")).assert().success();
}

fn log_in(page: &Browser, server: &Server, name: &str) {
    page.open(&server.url("/studies"));
    page.wait("return location.pathname === '/login' && document.getElementById('login') !== null");
    page.fill("input[name=name]", name);
    page.fill("input[name=password]", PASSWORD);
    page.click("button[type=submit]");
    page.wait("return location.pathname === '/studies'");
}

#[test]
fn people_sign_and_are_told_of_each_other() {
    if !there_is_a_browser() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new("data");
    add_user(folder.path(), "tech", "technologist");
    add_user(folder.path(), "doctor", "physician");
    let server = Server::start(folder.path(), &[&example("akinesis"), Path::new("--data"), data]);
    assert!(server.link.ends_with("/login"), "with accounts nobody comes in by a link: {}", server.link);
    let driver = Driver::start();
    let [tech, doctor] = [driver.browser("en"), driver.browser("en")];
    tech.open(&server.url("/login"));
    tech.wait("return document.getElementById('login') !== null");
    tech.screenshot("login");
    log_in(&tech, &server, "tech");
    log_in(&doctor, &server, "doctor");
    open_study(&tech, "akinesis");
    open_study(&doctor, "akinesis");
    doctor.wait_text("#notice", "tech has this study open, too.");
    assert!(tech.has("#accept") && !tech.has("#sign"));

    // The second is told, and overwrites nothing.
    let first = told(&tech);
    tech.keys(&["ArrowRight", "Shift+e"]);
    let changed = wait_for_changes(&tech, changes(&first) + 1);
    doctor.keys(&["s"]);
    doctor.wait_text("#notice", "Somebody else changed this study meanwhile.");
    assert_eq!(told(&doctor)["history"], changed["history"]);
    doctor.screenshot("conflict");

    // The signature needs the password again, and says what is signed.
    doctor.click("#sign");
    doctor.wait("return document.getElementById('signing').open");
    let lvef = percent(&changed["measured"]["lvef_percent"]);
    doctor.wait_text("#signing-text", &lvef);
    doctor.fill("#sign-password", "a wrong password indeed");
    doctor.click("#sign-form button[type=submit]");
    doctor.wait_text("#signing-message", "wrong");
    assert!(told(&doctor)["statements"].as_array().unwrap().is_empty());
    doctor.screenshot("sign");
    doctor.fill("#sign-password", PASSWORD);
    doctor.click("#sign-form button[type=submit]");
    doctor.wait_text("#statements", "Signed 1: doctor");
    let signed = told(&doctor)["statements"][0].clone();
    assert_eq!(percent(&signed["lvef_percent"]), lvef);

    // A later change keeps what was signed, and says so; it survives a restart of the server.
    tech.open(&tech.url());
    tech.wait("return document.documentElement.dataset.ready === 'yes'");
    tech.keys(&["s"]);
    let last = wait_for_changes(&tech, changes(&changed) + 1);
    let study = tech.url();
    server.stop();
    let server = Server::start(folder.path(), &[Path::new("--data"), data]);
    let path = format!("/study/{}", study.rsplit('/').next().unwrap());
    doctor.open(&server.url(&path));
    doctor.wait("return document.documentElement.dataset.ready === 'yes'");
    doctor.wait_text("#statements", "changed since");
    assert_eq!(changes(&told(&doctor)), changes(&changed) + 1);
    doctor.open(&server.url("/studies"));
    doctor.wait_text("#studies tbody", "changed since");
    // What the model gave is kept with the review: with nothing set, everything is measured as before the first change.
    doctor.open(&server.url(&path));
    doctor.wait("return document.documentElement.dataset.ready === 'yes'");
    doctor.keys(&["u", "u"]);
    assert_eq!(wait_for_changes(&doctor, 0)["measured"], first["measured"]);
    doctor.keys(&["y", "y"]);
    assert_eq!(wait_for_changes(&doctor, 2)["measured"]["lvef_percent"], last["measured"]["lvef_percent"]);
    doctor.open(&server.url(&format!("{path}/signed/1")));
    doctor.wait_text("main", signed["sha256"].as_str().unwrap());
    doctor.screenshot("signed");
    let document = doctor
        .script(&format!("return fetch('{path}/signed/1/document.json').then((reply) => reply.json())"), &json!([]));
    assert_eq!(
        (&document["schema"], &document["lvef_percent"]),
        (&json!("bloodpool.analysis/1"), &signed["lvef_percent"])
    );
    doctor.open(&server.url(&format!("{path}/report.html")));
    doctor.wait("return document.body && document.body.textContent.includes('doctor')");
    doctor.screenshot("report");

    // What was signed becomes images and outlines of a dataset, while the server runs.
    let add = ["dataset", "add", "--data", "data", "--out"];
    let run = |out: &str| bloodpool(folder.path()).args(add).arg(out).assert();
    let said = String::from_utf8(run("work").success().get_output().stderr.clone()).unwrap();
    assert!(said.contains("work: 1, with 4 outlines; failed: 0"), "{said}");
    run("work").code(2);
    let read = |path: &Path| serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap();
    let work = folder.path().join("work");
    let case = read(&work.join("extract.json"))["cases"][0].clone();
    assert_eq!(case["end_diastole_frame"], document["end_diastole"]["frame"]);
    assert_eq!(case["end_systole_frame"], document["end_systole"]["frame"]);
    let image = Path::new(case["images"][0]["file"].as_str().unwrap()).file_name().unwrap().to_string_lossy();
    let outlined = read(&work.join("raters/confirmed").join(image.replace(".png", ".json")));
    let points = |list: &Value| list.as_array().unwrap().iter().map(point).collect::<Vec<_>>();
    let roi = document["rois"].as_array().unwrap().iter().find(|roi| roi["frame"] == case["end_diastole_frame"]);
    let scale = 256.0 / case["columns"].as_f64().unwrap();
    let [drawn, signed] = [&outlined["shapes"][0]["points"], &roi.unwrap()["contour"]].map(|list| area(&points(list)));
    assert!((drawn / (signed * scale * scale) - 1.0).abs() < 0.06, "{drawn} px on the image, {signed} px in the study");
    bloodpool(folder.path())
        .args(["dataset", "consensus", "work", "--raters", "work/raters/confirmed", "--min-raters", "1"])
        .assert()
        .success();
    server.stop();

    // The trail has every step, and whoever reads it can verify it.
    let audit = bloodpool(folder.path()).args(["audit", "export", "--data", "data"]).output().unwrap();
    let rows = documents(&audit.stdout);
    for action in ["account_add", "login", "open", "edit", "signed"] {
        assert!(rows.iter().any(|row| row["action"] == action && row["schema"] == "bloodpool.audit/1"), "{action}");
    }
    let head = rows.last().unwrap()["hash"].as_str().unwrap();
    let verify =
        |head: &str| bloodpool(folder.path()).args(["audit", "verify", "--data", "data", "--head", head]).assert();
    verify(head).success();
    verify(&rows[0]["hash"].as_str().unwrap().replace('a', "b").replace('0', "1")).code(1);
}

/// A request of a program that is no browser of this page.
fn request(server: &Server, method: &str, path: &str, head: &str, body: &str) -> u16 {
    let length = body.len();
    let text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n{body}");
    http(server.port, &text).0
}

#[test]
fn what_does_not_come_from_the_page_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[&example("normal")]);
    let host = format!("Host: 127.0.0.1:{}\r\n", server.port);
    let origin = format!("Origin: http://127.0.0.1:{}\r\n", server.port);
    let json = "Content-Type: application/json\r\n";
    let token = server.link.rsplit('#').next().unwrap();
    let enter = format!("{{\"token\":\"{token}\"}}");

    // A name of another site that leads to this machine, and changes that another site asks for.
    assert_eq!(request(&server, "GET", "/studies", "Host: evil.example\r\n", ""), 421);
    assert_eq!(request(&server, "POST", "/enter", &format!("{host}{json}"), &enter), 403);
    assert_eq!(
        request(&server, "POST", "/enter", &format!("{host}{json}Origin: http://evil.example\r\n"), &enter),
        403
    );
    let cross = format!("{host}{json}{origin}Sec-Fetch-Site: cross-site\r\n");
    assert_eq!(request(&server, "POST", "/enter", &cross, &enter), 403);
    assert_eq!(request(&server, "POST", "/enter", &format!("{host}{origin}Content-Type: text/plain\r\n"), &enter), 415);
    assert_eq!(request(&server, "DELETE", "/studies", &format!("{host}{origin}"), ""), 405);

    // Nobody sees a study without a session; a wrong token and a wrong password give none.
    assert_eq!(request(&server, "GET", "/studies", &host, ""), 303);
    for path in ["/api/study/x", "/api/next/x", "/metrics"] {
        assert_eq!(request(&server, "GET", path, &host, ""), 401, "{path}");
    }
    let wrong = |body: &str, path| request(&server, "POST", path, &format!("{host}{json}{origin}"), body);
    assert_eq!(wrong("{\"token\":\"x\"}", "/enter"), 401);
    assert_eq!(wrong("{\"token\":", "/enter"), 400);
    assert_eq!(wrong("{\"name\":\"local\",\"password\":\"\"}", "/login"), 401);
    assert_eq!(wrong(&" ".repeat(600_000), "/login"), 413);
    for _ in 0..9 {
        wrong("{\"name\":\"local\",\"password\":\"guess\"}", "/login");
    }
    assert_eq!(wrong("{\"name\":\"local\",\"password\":\"guess\"}", "/login"), 429);

    // With a session: ids of others, paths out of the folder, and what is no edit.
    let text = format!(
        "POST /enter HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n{host}{json}{origin}\r\n{enter}",
        enter.len()
    );
    let (status, head, _) = http(server.port, &text);
    assert_eq!(status, 200);
    let cookie = head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let session = format!("Cookie: {}\r\n", cookie.split(": ").nth(1).unwrap().split(';').next().unwrap());
    let with = |method: &str, path: &str, body: &str| {
        request(&server, method, path, &format!("{host}{json}{origin}{session}"), body)
    };
    assert_eq!(with("GET", "/studies", ""), 200);
    for path in ["/study/..%2F..%2Fbloodpool.sqlite", "/assets/..%2Fbloodpool.sqlite", "/study/1", "/nothing"] {
        assert_eq!(with("GET", path, ""), 404, "{path}");
    }
    assert_eq!(
        with("POST", "/api/study/1/edit", "{\"revision\":0,\"act\":{\"act\":\"end_diastole\",\"frame\":1}}"),
        404
    );
    assert_eq!(
        with("POST", "/api/study/1/sign", "{\"revision\":0,\"password\":\"x\"}"),
        403,
        "the local user signs nothing"
    );
    assert_eq!(with("POST", "/logout", ""), 204);
    assert_eq!(with("GET", "/studies", ""), 303);
    server.stop();
}
