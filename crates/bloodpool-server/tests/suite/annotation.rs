//! Raters who draw: what the page answers them and what it refuses, and what is on disk after a restart.

use std::path::Path;

use bloodpool_core::GatedStudy;
use bloodpool_dataset::extracted::{CaseToExtract, EXTRACT_SCHEMA};
use bloodpool_dataset::{ExtractManifest, FrameOrigin, LabelMeFile, find_raters};
use bloodpool_files::IfExists;
use ndarray::Array3;
use serde_json::{Value, json};

use crate::page::{self, Page, Visitor};
use crate::support;

/// Whose heart it is; it is in names of files, which must reach nobody.
const PATIENT: &str = "KIM^HANA";

/// A folder of images as `dataset extract` writes it.
fn extracted(work: &Path) {
    let case = |index: usize| {
        let counts = Array3::from_shape_fn((8, 32, 32), |(frame, row, column)| {
            let far = (row as f64 - 15.0).hypot(column as f64 - 14.0);
            if far < 7.0 - frame as f64 / 4.0 { 90.0 } else { (10 + index) as f32 }
        });
        let study = GatedStudy::new(counts, Some([6.4, 6.4])).unwrap();
        let (case, patient) = (format!("{PATIENT}-{index}"), format!("ID-{PATIENT}-{index}"));
        let extracted = CaseToExtract {
            case: &case,
            patient: &patient,
            source: None,
            study: &study,
            end_diastole_frame: 1,
            end_systole_frame: 5,
            frames_from: FrameOrigin::Automatic,
        };
        extracted.write(work, IfExists::Refuse).unwrap()
    };
    for folder in ["images", "counts"] {
        std::fs::create_dir_all(work.join(folder)).unwrap();
    }
    let (schema, software) = (EXTRACT_SCHEMA.to_owned(), "test".to_owned());
    let cases = (0..3).map(case).collect();
    let manifest = ExtractManifest { schema, software, pseudonymised: false, cases, set_aside: Vec::new() };
    manifest.write(work, IfExists::Refuse).unwrap();
}

fn round(radius: f64) -> Vec<[f64; 2]> {
    let at = |step: i32| f64::from(step) / 40.0 * std::f64::consts::TAU;
    (0..40).map(|step| [115.0 + radius * at(step).sin(), 123.0 - radius * at(step).cos()]).collect()
}

fn redraw(revision: u64, radius: f64) -> Value {
    json!({ "revision": revision, "edit": { "tool": "redraw", "path": round(radius) } })
}

fn json_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn a_rater_draws_and_what_is_drawn_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    extracted(&work);
    let page = Page::start(&work, &["anna", "ben"], |settings| settings.second_reading_percent = Some(34.0));
    let anna = page.enter("anna");
    let first = anna.get("/api/annotate/1");
    assert_eq!((&first["places"], &first["outline"], &first["revision"]), (&json!(16), &Value::Null, &json!(0)));
    assert_eq!(anna.bytes("/api/annotate/1/picture").len(), 2 * 256 * 256);

    // A preview keeps nothing; an edit is on disk when it is answered.
    let preview = anna.post("/api/annotate/1/preview", &redraw(0, 30.0));
    assert_eq!(preview.0, 200);
    let own = work.join("raters/anna");
    assert!(json_files(&own).is_empty());
    let (status, drawn) = anna.post("/api/annotate/1/edit", &redraw(0, 30.0));
    assert_eq!((status, &drawn["revision"], &drawn["drawn_places"]), (200, &json!(1), &json!(1)));
    let files = json_files(&own);
    assert_eq!(files.len(), 1);
    let written = LabelMeFile::read(&files[0]).unwrap();
    let expected: Vec<[f64; 2]> = round(30.0).iter().map(|point| point.map(|value| value + 0.5)).collect();
    assert_eq!((&written.shapes[0].points, written.shapes[0].label.as_str()), (&expected, "LV"));
    assert!(own.join(&written.image_path).is_file(), "{} leads to the image", written.image_path);

    // Tools change it; another window, which does not know, changes nothing.
    let nudge = json!({ "tool": "nudge", "from": [145.0, 123.0], "to": [150.0, 123.0], "radius_mm": 20.0 });
    let (status, nudged) = anna.post("/api/annotate/1/edit", &json!({ "revision": 1, "edit": nudge }));
    assert_eq!((status, nudged["outline"]["vertices"].as_array().map(Vec::len)), (200, Some(32)));
    let (status, refused) = anna.post("/api/annotate/1/edit", &redraw(1, 20.0));
    assert_eq!((status, &refused["code"]), (409, &json!("changed_in_window")));
    let (_, undone) = anna.post("/api/annotate/1/undo", &json!({ "revision": 2 }));
    assert_eq!((&undone["outline"], &undone["position"]), (&drawn["outline"], &json!(1)));
    assert_eq!(anna.post("/api/annotate/1/undo", &json!({ "revision": 2 })).0, 409);
    let (_, again) = anna.post("/api/annotate/1/redo", &json!({ "revision": 3 }));
    assert_eq!(again["outline"], nudged["outline"]);
    assert_eq!(anna.post("/api/annotate/1/redo", &json!({ "revision": 4 })).1["code"], "nothing_to_redo");

    // Killed in the middle of a save: the history is written, the file is not. The session is still valid.
    let before = std::fs::read(&files[0]).unwrap();
    let (_, last) = anna.post("/api/annotate/1/edit", &redraw(4, 25.0));
    let after = std::fs::read(&files[0]).unwrap();
    // A second drawing goes where a consensus looks for it.
    assert_eq!(anna.post("/api/annotate/16/edit", &redraw(0, 28.0)).0, 200);
    assert_eq!(json_files(&own.join("repeat-2")).len(), 1);
    let session = anna.session.clone();
    page.stop();
    std::fs::write(&files[0], before).unwrap();
    let page = Page::start(&work, &["anna", "ben"], |settings| settings.second_reading_percent = Some(34.0));
    assert_eq!(std::fs::read(&files[0]).unwrap(), after, "the save was completed at the start");
    let anna = Visitor { session, ..page.visitor() };
    let there = anna.get("/api/annotate/1");
    assert_eq!((&there["outline"], &there["changes"]), (&last["outline"], &last["changes"]));
    let (_, undone) = anna.post("/api/annotate/1/undo", &json!({ "revision": 5 }));
    assert_eq!(undone["outline"], nudged["outline"]);

    // Cleared: no file, and nothing is counted; undone, both are there again.
    let (_, cleared) = anna.post("/api/annotate/1/edit", &json!({ "revision": 6, "edit": { "tool": "clear" } }));
    assert_eq!(
        (&cleared["outline"], cleared["drawn_places"].as_u64(), files[0].exists()),
        (&Value::Null, Some(1), false)
    );
    assert_eq!(anna.post("/api/annotate/1/undo", &json!({ "revision": 7 })).1["outline"], nudged["outline"]);

    // What a consensus finds: one rater with one drawing and one repeat, and no history among them.
    let raters = find_raters(&[work.join("raters")]).unwrap();
    let found: Vec<_> =
        raters.iter().map(|rater| (rater.name.as_str(), rater.files.len(), rater.repeats.len())).collect();
    assert_eq!(found, [("anna", 1, 1)]);
    let next = anna.get("/api/annotate/next/1");
    assert_eq!(next["place"], 2);
    page.stop();
}

#[test]
fn a_rater_sees_nothing_of_others_and_nobody_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    extracted(&work);
    let page = Page::start(&work, &["anna", "ben"], |_| {});
    let (anna, ben, owner) = (page.enter("anna"), page.enter("ben"), page.owner());
    assert_eq!(anna.post("/api/annotate/2/edit", &redraw(0, 30.0)).0, 200);
    assert_eq!(ben.get("/api/annotate/2")["outline"], Value::Null, "a place is the rater's own");

    // The order is the rater's own and stays; all images come once.
    let pictures = |rater: &Visitor| {
        (1..=12).map(|place| rater.bytes(&format!("/api/annotate/{place}/picture"))).collect::<Vec<_>>()
    };
    let (of_anna, of_ben) = (pictures(&anna), pictures(&ben));
    assert!(of_anna == pictures(&anna) && of_anna != of_ben);
    let sorted = |mut all: Vec<Vec<u8>>| {
        all.sort();
        all
    };
    assert_eq!(sorted(of_anna), sorted(of_ben));

    // Links work once; a session of another host or no session gives nothing.
    assert_eq!(page.exchange(page.link("anna")).0, 401);
    let stranger = page.visitor();
    assert_eq!(stranger.status("GET", "/api/annotate/1", ""), 401);
    assert_eq!(stranger.status("GET", "/annotate/1", ""), 303);
    assert_eq!(stranger.status("GET", "/annotate/progress", ""), 303);

    // A rater has no studies, no progress of others and no links; who is not a rater does not draw.
    let refused = ["/studies", "/annotate/progress", "/api/annotate/progress", "/metrics"];
    for path in refused.into_iter().take(3) {
        assert_eq!(anna.status("GET", path, ""), 403, "{path}");
    }
    assert_eq!(anna.status("POST", "/api/annotate/links", "{\"rater\":\"ben\"}"), 403);
    for (method, path) in [("GET", "/api/annotate/1"), ("GET", "/annotate/1"), ("POST", "/api/annotate/1/edit")] {
        assert_eq!(owner.status(method, path, "{}"), 403, "{path}");
    }

    // Places that there are not, ways out of the folder, and requests that mean nothing.
    for place in ["0", "13", "-1", "1.0", "x", "..%2F..%2Fextract.json", "ben", "%00", "18446744073709551617"] {
        for path in
            [format!("/annotate/{place}"), format!("/api/annotate/{place}"), format!("/api/annotate/{place}/picture")]
        {
            assert_eq!(anna.status("GET", &path, ""), 404, "{path}");
        }
        let (status, _) = anna.post(&format!("/api/annotate/{place}/edit"), &redraw(0, 30.0));
        assert_eq!(status, 404, "{place}");
    }
    for (body, status) in [
        ("{", 400),
        ("{\"revision\":0}", 400),
        ("{\"revision\":0,\"edit\":{\"tool\":\"saw\"}}", 400),
        ("{\"revision\":0,\"edit\":{\"tool\":\"redraw\",\"path\":[[1,1],[2,2]]}}", 422),
        ("{\"revision\":0,\"edit\":{\"tool\":\"redraw\",\"path\":[[1,1],[1e999,2],[3,3]]}}", 400),
        ("{\"revision\":0,\"edit\":{\"tool\":\"smooth\"}}", 422),
        ("{\"revision\":0,\"edit\":{\"tool\":\"grow\",\"at\":[999,999],\"level\":0.5}}", 422),
    ] {
        assert_eq!(anna.status("POST", "/api/annotate/1/edit", body), status, "{body}");
    }
    assert_eq!(anna.status("POST", "/api/annotate/1/edit", &" ".repeat(600_000)), 413);
    assert_eq!(anna.foreign("/api/annotate/1/edit", &redraw(0, 30.0)), 403, "another site changes nothing");

    // A new link for a rater whose session has ended.
    let (status, link) = owner.post("/api/annotate/links", &json!({ "rater": "ben" }));
    assert_eq!(status, 200);
    assert_eq!(page.exchange(link["link"].as_str().unwrap()).0, 200);
    assert_eq!(owner.post("/api/annotate/links", &json!({ "rater": "nobody" })).0, 404);
    let progress = owner.get("/api/annotate/progress");
    assert_eq!((&progress["schema"], &progress["images"]), (&json!("bloodpool.annotation-progress/1"), &json!(12)));
    assert_eq!((&progress["raters"][0]["drawn"], &progress["raters"][1]["drawn"]), (&json!(1), &json!(0)));
    assert!(owner.text("/annotate/progress").contains("anna"));

    // No reply of any of them names a patient or an image, or is about another rater.
    let said = page.said();
    assert!(said.len() > 60 && said.iter().any(|reply| reply.contains("polygon")));
    for reply in &said {
        assert!(!reply.contains("KIM") && !reply.contains("HANA"), "{reply}");
    }
    let page_of_anna = anna.text("/annotate/1");
    assert!(page_of_anna.contains("anna") && !page_of_anna.contains("ben<") && page_of_anna.contains("Image 1 of 12"));
    assert!(anna.korean("/annotate/1").contains("영상 1 / 12"));
    page.stop();
}

#[test]
fn files_of_other_programs_are_kept_and_the_image_stops() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    extracted(&work);
    let own = work.join("raters/anna");
    std::fs::create_dir_all(&own).unwrap();
    let theirs = own.join(format!("{PATIENT}-1-es.json"));
    std::fs::write(&theirs, "theirs").unwrap();
    let page = Page::start(&work, &["anna"], |_| {});
    let (anna, owner) = (page.enter("anna"), page.owner());
    let stopped: Vec<u64> =
        (1..=12).filter(|place| anna.status("GET", &format!("/api/annotate/{place}"), "") == 409).collect();
    assert_eq!(stopped.len(), 1);
    let at = format!("/api/annotate/{}", stopped[0]);
    assert_eq!(anna.post(&format!("{at}/edit"), &redraw(0, 30.0)).1["code"], "in_the_way");
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");
    let told = owner.get("/api/annotate/progress")["raters"][0]["in_the_way"].clone();
    assert_eq!(told, json!([{ "study": 2, "image": "es", "drawing": 1 }]));
    assert!(owner.text("/annotate/progress").contains("extract.json 2: es"));
    // It is moved away, and the rater goes on.
    std::fs::rename(&theirs, folder.path().join("elsewhere.json")).unwrap();
    assert_eq!(anna.get(&at)["outline"], Value::Null);
    assert_eq!(anna.post(&format!("{at}/edit"), &redraw(0, 30.0)).0, 200);
    // LabelMe changes what the server wrote: it is left, and the drawing stops.
    let changed = std::fs::read_to_string(&theirs).unwrap().replace("\"LV\"", "\"lv\"");
    std::fs::write(&theirs, &changed).unwrap();
    for (path, body) in [("edit", redraw(1, 20.0)), ("undo", json!({ "revision": 1 }))] {
        assert_eq!(anna.post(&format!("{at}/{path}"), &body).1["code"], "in_the_way", "{path}");
    }
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), changed);

    // An image that is changed on disk is not shown.
    for image in json_files(&work.join("images")) {
        std::fs::write(image, "other").unwrap();
    }
    assert_eq!(anna.status("GET", "/api/annotate/1/picture", ""), 422);
    page.stop();
    for reply in page_replies() {
        assert!(!reply.contains("KIM"), "{reply}");
    }
}

fn page_replies() -> Vec<String> {
    page::SAID.lock().unwrap().clone()
}

#[test]
fn an_account_of_another_role_does_not_draw() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    extracted(&work);
    let store = support::open(&work.join("annotation"));
    store.add_person("anna", bloodpool_server::PersonRole::Physician, "a long enough password", "test").unwrap();
    store.add_person("ben", bloodpool_server::PersonRole::Rater, "a long enough password", "test").unwrap();
    let origin = "http://127.0.0.1:1";
    let error = bloodpool_server::rater_links(&store, origin, &["anna".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("\"anna\" cannot draw"), "{error}");
    let links = bloodpool_server::rater_links(&store, origin, &["ben".to_owned(), "cho".to_owned()]).unwrap();
    assert!(links.iter().all(|(_, link)| link.starts_with("http://127.0.0.1:1/enter#")));
    drop(store);
    // A rater whose account has a password logs in, too.
    let page = Page::start(&work, &["ben"], |_| {});
    let (status, _) = page.visitor().post("/login", &json!({ "name": "ben", "password": "a long enough password" }));
    assert_eq!(status, 200);
    page.stop();
}
