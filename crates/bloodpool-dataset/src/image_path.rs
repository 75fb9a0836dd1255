//! How an annotation names its image: the path from the folder of the annotation, with `/` between folders.

use std::path::{Component, Path};

use bloodpool_files::whole_file::FileError;

/// The path of `file` as seen from `folder`, for `imagePath` of an annotation in that folder. Both must exist; symbolic links are
/// followed. On another drive, where there is no such path, the whole path of the file.
///
/// # Errors
/// [`FileError::Read`] when one of them does not exist.
pub fn image_path_from(folder: &Path, file: &Path) -> Result<String, FileError> {
    let real = |path: &Path| path.canonicalize().map_err(|source| FileError::Read { path: path.to_owned(), source });
    let (folder, file) = (real(folder)?, real(file)?);
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (folder.components().collect(), file.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return Ok(file.to_string_lossy().replace('\\', "/"));
    }
    let up = from[shared..].iter().map(|_| "..".to_owned());
    let down = to[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_leads_from_the_folder_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["work/images", "raters/a"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let image = folder.path().join("work/images/x.png");
        std::fs::write(&image, "").unwrap();
        let from = |name: &str| image_path_from(&folder.path().join(name), &image);
        assert_eq!(from("raters/a").unwrap(), "../../work/images/x.png");
        assert_eq!(from("work").unwrap(), "images/x.png");
        assert_eq!(from("work/images").unwrap(), "x.png");
        assert_eq!(from("raters/../work/images").unwrap(), "x.png");
        assert!(from("nowhere").unwrap_err().to_string().contains("nowhere"));
    }
}
