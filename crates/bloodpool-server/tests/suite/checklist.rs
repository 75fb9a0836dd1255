//! The checklist of docs/reference/security.md names tests that exist.

use std::path::Path;

#[test]
fn each_test_of_the_checklist_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("../../docs/reference/security.md")).unwrap();
    let mut found = 0;
    for name in text.split('`').skip(1).step_by(2).filter(|name| name.contains("::") && *name != "FILE::TEST") {
        let (file, test) = name.split_once("::").unwrap();
        let path = match file {
            "review_page" | "review_faults" => root.join("../bloodpool-cli/tests/suite").join(format!("{file}.rs")),
            _ if file.starts_with("src/") => root.join(file),
            // Tests that start their own program again are programs of their own.
            "crashes" | "killed" => root.join("tests").join(format!("{file}.rs")),
            _ => root.join("tests/suite").join(format!("{file}.rs")),
        };
        let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            source.contains(&format!("#[test]\nfn {test}()")) || source.contains(&format!("    fn {test}()")),
            "{name}"
        );
        found += 1;
    }
    assert!(found > 30, "{found} tests are named");
}
