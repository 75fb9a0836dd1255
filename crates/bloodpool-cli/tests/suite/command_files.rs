//! `command-files` as a release runs it: a manual page for every verb, and completions that a shell takes.

use std::fs;
use std::path::Path;

use predicates::str::contains;

use crate::program::bloodpool;

fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    bloodpool(folder.path()).args(["command-files", "out", "--date", "2026-11-27"]).assert().success();
    folder
}

/// The verbs that the help of a verb lists, each with those below it.
fn verbs(at: &Path, of: &[String]) -> Vec<Vec<String>> {
    let output = bloodpool(at).args(of).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description goes on in lines that are indented further.
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    let found: Vec<Vec<String>> = names.map(|name| [of, &[name.to_owned()]].concat()).collect();
    found.iter().flat_map(|verb| [vec![verb.clone()], verbs(at, verb)].concat()).collect()
}

#[test]
fn every_verb_has_a_manual_page_that_the_page_above_it_names() {
    let folder = written();
    let man = folder.path().join("out/man");
    let verbs = verbs(folder.path(), &[]);
    assert!(verbs.len() > 30 && verbs.contains(&vec!["dataset".into(), "build".into()]), "{verbs:?}");
    for verb in &verbs {
        let read = |words: &[String]| {
            let name = [&["bloodpool".to_owned()][..], words].concat().join("-");
            // roff writes a minus as an escape.
            (fs::read_to_string(man.join(format!("{name}.1"))).unwrap().replace("\\-", "-"), name)
        };
        let (page, name) = read(verb);
        assert!(page.contains(&format!("{name} - ")) && page.contains("2026-11-27"), "{page}");
        assert!(page.contains(".SH \"EXIT STATUS\""), "{page}");
        assert!(!page.contains(".br\n\n"), "{page}");
        let (above, _) = read(&verb[..verb.len() - 1]);
        assert!(above.contains(&format!("{name}(1)")), "{name} is not in {above}");
    }
    assert_eq!(fs::read_dir(&man).unwrap().count(), verbs.len() + 1);
    let analyze = fs::read_to_string(man.join("bloodpool-analyze.1")).unwrap();
    assert!(analyze.contains("\\-\\-protocol") && analyze.contains(".SH EXAMPLES\n.nf\n"), "{analyze}");
}

#[test]
fn nothing_that_exists_is_replaced() {
    let folder = written();
    bloodpool(folder.path()).args(["command-files", "out"]).assert().code(1).stderr(contains("exists"));
}

#[cfg(unix)]
#[test]
fn bash_completes_verbs_flags_and_values() {
    let folder = written();
    let script = folder.path().join("out/completions/bloodpool.bash");
    let offered = |words: &[&str]| -> Vec<String> {
        let last = words.len() - 1;
        let program = format!(
            "source {script:?}\nCOMP_WORDS=({})\nCOMP_CWORD={last}\n_bloodpool bloodpool {:?} {:?}\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" "),
            words[last],
            words[last - 1],
        );
        let output = std::process::Command::new("bash").args(["--norc", "-c", &program]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    };
    assert_eq!(offered(&["bloodpool", "ana"]), ["analyze"]);
    assert_eq!(offered(&["bloodpool", "analyze", "--prot"]), ["--protocol"]);
    assert_eq!(offered(&["bloodpool", "simulate", "--cohort", "pap"]), ["paper"]);
    assert_eq!(offered(&["bloodpool", "dataset", "ext"]), ["extract"]);
    let all = offered(&["bloodpool", ""]);
    assert!(all.contains(&"serve".to_owned()) && !all.contains(&"cohort-worker".to_owned()), "{all:?}");
}
