//! Raters' folders and the groups that raters belong to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::prelabel_record::PRELABELS_FILE;
use crate::table::{Table, TableError};
use bloodpool_files::composed;
use bloodpool_files::whole_file::FileError;

/// Name of the table of groups that is looked for beside raters' folders.
const GROUPS_FILE: &str = "raters.csv";
/// Name of the folder, within that of a rater, of what the rater drew a second time.
pub const REPEAT_FOLDER: &str = "repeat-2";

/// One rater's folder of annotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaterFolder {
    /// The rater: the folder's name.
    pub name: String,
    /// The folder.
    pub path: PathBuf,
    /// Its `.json` files, sorted.
    pub files: Vec<PathBuf>,
    /// The `.json` files in its [`REPEAT_FOLDER`], sorted: the same rater's second drawings.
    pub repeats: Vec<PathBuf>,
}

/// Why the raters or their groups could not be determined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RatersError {
    /// A folder could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The table of groups could not be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A folder without annotations.
    #[error("{} contains no .json file, and neither does a folder in it; name the folder of a rater or of several raters", .0.display())]
    NoRater(PathBuf),
    /// Two folders with the same name.
    #[error("{} and {} would both be rater `{name}`; rename one", first.display(), second.display())]
    SameName {
        /// The name.
        name: String,
        /// A folder.
        first: PathBuf,
        /// Another.
        second: PathBuf,
    },
    /// A rater that the table names twice, in different groups.
    #[error("{} has rater `{rater}` in the groups `{first}` and `{second}`", path.display())]
    TwoGroups {
        /// The table.
        path: PathBuf,
        /// The rater.
        rater: String,
        /// A group.
        first: String,
        /// Another.
        second: String,
    },
}

/// The raters in `folders`: each a rater's own folder, which contains `.json` files, or a folder of such folders.
/// Sorted by name; hidden files and folders are left out.
///
/// # Errors
/// [`RatersError`] when a folder cannot be read or contains no rater, or two raters have the same name.
pub fn find_raters(folders: &[PathBuf]) -> Result<Vec<RaterFolder>, RatersError> {
    let mut raters: BTreeMap<String, RaterFolder> = BTreeMap::new();
    for folder in folders {
        let (files, below) = entries(folder)?;
        let mut found = Vec::new();
        if !files.is_empty() {
            found.push(rater(folder, files)?);
        } else {
            for path in below.into_iter().filter(|path| !path.ends_with(REPEAT_FOLDER)) {
                let (files, _) = entries(&path)?;
                if !files.is_empty() {
                    found.push(rater(&path, files)?);
                }
            }
        }
        if found.is_empty() {
            return Err(RatersError::NoRater(folder.clone()));
        }
        for rater in found {
            let same = |known: &RaterFolder| known.path.canonicalize().ok() == rater.path.canonicalize().ok();
            let name = composed(&rater.name).into_owned();
            match raters.get(&name) {
                // Named twice, for example by `raters/` and `raters/a`.
                Some(known) if same(known) => {}
                Some(known) => {
                    let (name, first, second) = (rater.name, known.path.clone(), rater.path);
                    return Err(RatersError::SameName { name, first, second });
                }
                None => drop(raters.insert(name, rater)),
            }
        }
    }
    Ok(raters.into_values().collect())
}

/// The group of each rater by name, both composed ([`composed()`]), from a table with the columns `rater` and `group`; others are
/// ignored.
///
/// # Errors
/// [`RatersError`] when the table cannot be read, lacks a column, or has a rater in two groups.
pub fn read_groups(path: &Path) -> Result<BTreeMap<String, String>, RatersError> {
    let table = Table::read(path)?;
    let (rater, group) = (table.column("rater")?, table.column("group")?);
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    for row in table.rows() {
        let (rater, group) = (composed(row.field(rater)).into_owned(), composed(row.field(group)).into_owned());
        if rater.is_empty() || group.is_empty() {
            continue;
        }
        if let Some(first) = groups.insert(rater.clone(), group.clone())
            && first != group
        {
            return Err(RatersError::TwoGroups { path: path.to_owned(), rater, first, second: group });
        }
    }
    Ok(groups)
}

/// The table of groups that stands beside the raters' folders, or beside the folder that holds them.
#[must_use]
pub fn groups_beside(raters: &[RaterFolder]) -> Option<PathBuf> {
    let near = |rater: &RaterFolder| {
        let path = rater.path.canonicalize().ok()?;
        let beside = path.parent()?.to_owned();
        let above = beside.parent().map(Path::to_owned);
        [Some(beside), above].into_iter().flatten().map(|folder| folder.join(GROUPS_FILE)).find(|table| table.is_file())
    };
    raters.iter().find_map(near)
}

fn rater(path: &Path, files: Vec<PathBuf>) -> Result<RaterFolder, FileError> {
    // `.` and `..` have no name of their own.
    let named = path.file_name().map(ToOwned::to_owned);
    let named = named.or_else(|| path.canonicalize().ok()?.file_name().map(ToOwned::to_owned));
    let name = named.map_or_else(|| "rater".to_owned(), |name| name.to_string_lossy().into_owned());
    let repeats = path.join(REPEAT_FOLDER);
    let repeats = if repeats.is_dir() { entries(&repeats)?.0 } else { Vec::new() };
    Ok(RaterFolder { name, path: path.to_owned(), files, repeats })
}

/// The `.json` files and the folders in a folder, sorted. A record of prelabels that was copied with them is no annotation.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), FileError> {
    let failed = |source| FileError::Read { path: folder.to_owned(), source };
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden || path.ends_with(PRELABELS_FILE) {
            continue;
        }
        if path.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) {
            files.push(path);
        }
    }
    files.sort();
    folders.sort();
    Ok((files, folders))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{}").unwrap();
    }

    #[test]
    fn a_folder_is_a_rater_or_holds_raters() {
        let folder = tempfile::tempdir().unwrap();
        let raters = folder.path().join("raters");
        for name in [
            "b/x.json",
            "a/y.JSON",
            "a/x.json",
            "a/x.png",
            "a/repeat-2/x.json",
            "a/other/z.json",
            "empty/readme.txt",
            ".hidden/x.json",
        ] {
            touch(&raters.join(name));
        }
        let names = |folders: &[PathBuf]| find_raters(folders).unwrap().into_iter().map(|r| (r.name, r.files.len()));
        let all: Vec<_> = names(std::slice::from_ref(&raters)).collect();
        assert_eq!(all, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        let first = &find_raters(std::slice::from_ref(&raters)).unwrap()[0];
        assert_eq!(first.repeats, [raters.join("a/repeat-2/x.json")]);
        // One named by itself as well counts once.
        assert_eq!(names(&[raters.clone(), raters.join("a")]).count(), 2);
        assert!(matches!(find_raters(&[raters.join("empty")]), Err(RatersError::NoRater(_))));
        touch(&folder.path().join("more/a/z.json"));
        let error = find_raters(&[raters, folder.path().join("more")]).unwrap_err().to_string();
        assert!(error.contains("both be rater `a`"), "{error}");
        assert!(find_raters(&[folder.path().join("nowhere")]).unwrap_err().to_string().contains("nowhere"));
    }

    #[test]
    fn groups_stand_beside_the_raters() {
        let folder = tempfile::tempdir().unwrap();
        touch(&folder.path().join("raters/a/x.json"));
        let raters = find_raters(&[folder.path().join("raters")]).unwrap();
        assert_eq!(groups_beside(&raters), None);
        let table = folder.path().join("raters.csv");
        std::fs::write(&table, "rater,group,age\na,students,20\nb,technologists,40\nc,,\n").unwrap();
        let found = groups_beside(&raters).unwrap();
        let groups = read_groups(&found).unwrap();
        assert_eq!(groups.get("a").map(String::as_str), Some("students"));
        assert_eq!(groups.len(), 2);
        // As macOS writes a name, and as a person types it.
        std::fs::write(&table, "Rater;Group\n\u{1112}\u{1161}\u{11ab};\u{1112}\u{1161}\u{11ab}\nb;한\n;\n").unwrap();
        let groups = read_groups(&table).unwrap();
        assert_eq!(groups.get("한").map(String::as_str), Some("한"));
        assert_eq!(groups["b"], groups["한"]);
        std::fs::write(&table, "rater,group\na,x\na,y\n").unwrap();
        assert!(read_groups(&table).unwrap_err().to_string().contains("`x` and `y`"));
        std::fs::write(&table, "rater\na\n").unwrap();
        assert!(read_groups(&table).unwrap_err().to_string().contains("no column `group`"));
    }

    #[test]
    fn a_copied_record_of_prelabels_is_no_annotation() {
        let folder = tempfile::tempdir().unwrap();
        touch(&folder.path().join("a/x.json"));
        touch(&folder.path().join("a").join(PRELABELS_FILE));
        let raters = find_raters(&[folder.path().join("a")]).unwrap();
        assert_eq!(raters[0].files, [folder.path().join("a/x.json")]);
    }
}
