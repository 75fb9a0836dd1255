//! The named protocol: a preset, or a TOML file with every choice.

use std::path::Path;

use bloodpool_config::protocol_from_toml;
use bloodpool_core::Protocol;

use crate::outcome::wrong_usage;

/// A preset by its name, or the protocol in a file whose name ends in `.toml`.
pub(crate) fn by_name_or_file(named: &str) -> anyhow::Result<Protocol> {
    if Path::new(named).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
        return from_file(Path::new(named));
    }
    Protocol::by_name(named).ok_or_else(|| {
        let known = Protocol::NAMES.join(", ");
        wrong_usage(format!("protocol `{named}` is not known; known are {known}, or a file whose name ends in .toml"))
    })
}

fn from_file(path: &Path) -> anyhow::Result<Protocol> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong_usage(format!("cannot read the protocol in {}: {error}", path.display())))?;
    protocol_from_toml(&text)
        .map_err(|error| wrong_usage(format!("{}: {}", path.display(), error.to_string().trim_end())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Protocol, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, text).unwrap();
        by_name_or_file(path.to_str().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_holds_every_choice() {
        let mut own = Protocol { name: "own".into(), ..Protocol::background_image() };
        own.frames.es_to_cycle_fraction = 0.5;
        assert_eq!(read(&toml::to_string(&own).unwrap()).unwrap(), own);
        let error = read("name = \"own\"").unwrap_err();
        assert!(error.contains("own.toml") && error.contains("estimator"), "{error}");
    }

    #[test]
    fn a_preset_keeps_its_name() {
        let same = toml::to_string(&Protocol::standard()).unwrap();
        assert_eq!(read(&same).unwrap(), Protocol::standard());
        let other = toml::to_string(&Protocol { curve_harmonics: None, ..Protocol::standard() }).unwrap();
        assert!(read(&other).unwrap_err().contains("another name"));
        assert!(by_name_or_file("papr").unwrap_err().to_string().contains("standard, paper"));
        assert!(by_name_or_file("nowhere.toml").unwrap_err().to_string().contains("nowhere.toml"));
    }
}
