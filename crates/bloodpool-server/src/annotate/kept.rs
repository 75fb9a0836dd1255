//! `KeptDrawing`: a drawing with its history, kept beside the LabelMe file that shows its last state.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bloodpool_dataset::image_path_from;
use bloodpool_files::document;
use bloodpool_files::{FileError, IfExists, make_folder_of, sha256, write_whole};
use serde::{Deserialize, Serialize};

use super::drawn::Drawn;
use super::error::DrawingError;

/// Schema of the history; no other program reads it.
const SCHEMA: &str = "bloodpool.drawing-history/1";
/// Most changes that can be undone. A line that is drawn anew may have 100 kB.
const MOST_STEPS: usize = 100;

/// The files of one drawing.
#[derive(Debug, Clone)]
pub(crate) struct DrawingFiles {
    /// The LabelMe file.
    pub(crate) annotation: PathBuf,
    /// The history.
    pub(crate) history: PathBuf,
    /// The image.
    pub(crate) image: PathBuf,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// The tool, or `clear`.
    pub(crate) tool: String,
    /// What is there after it; nothing after `clear`.
    pub(crate) drawn: Option<Drawn>,
}

/// The history as it is written. It is on disk before the LabelMe file is replaced, and names that file before and after, so that a
/// program that is killed between the two finds out, and a file of somebody else is told from its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    schema: String,
    /// How many changes, undo and redo there were.
    revision: u64,
    /// How many of the steps hold.
    position: usize,
    /// What was there before the first step that is kept.
    base: Option<Drawn>,
    steps: Vec<Step>,
    /// SHA-256 of the LabelMe file before the last change; none: no file.
    before: Option<String>,
    /// The same after it.
    after: Option<String>,
}

/// A drawing with its history.
#[derive(Debug, Clone)]
pub(crate) struct KeptDrawing {
    record: Record,
}

impl KeptDrawing {
    /// Reads a drawing; nothing is drawn where there is no history. A LabelMe file that is missing, or that is the one from before a
    /// change that was cut off, is written again.
    ///
    /// # Errors
    /// [`DrawingError::InTheWay`] when the LabelMe file is not this program's; it is left as it is.
    pub(crate) fn open(files: &DrawingFiles) -> Result<Self, DrawingError> {
        let present = sha_of(&files.annotation)?;
        if !files.history.exists() {
            let record = Record {
                schema: SCHEMA.to_owned(),
                revision: 0,
                position: 0,
                base: None,
                steps: Vec::new(),
                before: None,
                after: None,
            };
            return if present.is_none() { Ok(Self { record }) } else { Err(DrawingError::InTheWay) };
        }
        let record: Record = document::read(&files.history, SCHEMA)?.document;
        let kept = Self { record: Record { position: record.position.min(record.steps.len()), ..record } };
        if present != kept.record.after {
            if present.is_some() && present != kept.record.before {
                return Err(DrawingError::InTheWay);
            }
            put(files, kept.text(files)?.as_deref(), present.is_some())?;
        }
        Ok(kept)
    }

    /// What is drawn now.
    pub(crate) fn drawn(&self) -> Option<&Drawn> {
        let Record { position, base, steps, .. } = &self.record;
        match position.checked_sub(1).and_then(|last| steps.get(last)) {
            Some(step) => step.drawn.as_ref(),
            None => base.as_ref(),
        }
    }

    /// Number of changes, undo and redo: a change names the one that it was made on.
    pub(crate) fn revision(&self) -> u64 {
        self.record.revision
    }

    /// The steps, and how many of them hold.
    pub(crate) fn steps(&self) -> (&[Step], usize) {
        (&self.record.steps, self.record.position)
    }

    /// The drawing after a change, which is on disk then.
    ///
    /// # Errors
    /// [`DrawingError`]; when the LabelMe file cannot be written, the next [`KeptDrawing::open`] tries it again.
    pub(crate) fn push(&self, files: &DrawingFiles, tool: &str, drawn: Option<Drawn>) -> Result<Self, DrawingError> {
        if self.drawn() == drawn.as_ref() {
            return Err(DrawingError::Nothing("nothing_changes"));
        }
        let mut record = self.record.clone();
        record.steps.truncate(record.position);
        record.steps.push(Step { tool: tool.to_owned(), drawn });
        while record.steps.len() > MOST_STEPS {
            record.base = record.steps.remove(0).drawn;
        }
        record.position = record.steps.len();
        self.saved(files, record)
    }

    /// The drawing after undo, or redo (`forward`), on disk.
    ///
    /// # Errors
    /// As of [`KeptDrawing::push`].
    pub(crate) fn moved(&self, files: &DrawingFiles, forward: bool) -> Result<Self, DrawingError> {
        let mut record = self.record.clone();
        let code = if forward { "nothing_to_redo" } else { "nothing_to_undo" };
        let position = if forward { record.position.checked_add(1) } else { record.position.checked_sub(1) };
        record.position =
            position.filter(|&position| position <= record.steps.len()).ok_or(DrawingError::Nothing(code))?;
        self.saved(files, record)
    }

    fn saved(&self, files: &DrawingFiles, record: Record) -> Result<Self, DrawingError> {
        let present = sha_of(&files.annotation)?;
        if present.is_some() && present != self.record.after {
            return Err(DrawingError::InTheWay);
        }
        // The path of the image is told from a folder that exists.
        make_folder_of(&files.annotation)?;
        make_folder_of(&files.history)?;
        let mut next = Self { record: Record { revision: record.revision + 1, before: present.clone(), ..record } };
        let text = next.text(files)?;
        next.record.after = text.as_deref().map(sha256);
        let history = serde_json::to_vec(&next.record).map_err(|_| DrawingError::Encoding)?;
        write_whole(&files.history, &history, IfExists::Replace)?;
        put(files, text.as_deref(), present.is_some())?;
        Ok(next)
    }

    /// The LabelMe file; none where nothing is drawn.
    fn text(&self, files: &DrawingFiles) -> Result<Option<Vec<u8>>, DrawingError> {
        let Some(drawn) = self.drawn() else { return Ok(None) };
        let folder = files.annotation.parent().unwrap_or(Path::new("."));
        let file = drawn.annotation(&image_path_from(folder, &files.image)?);
        let mut text = serde_json::to_vec_pretty(&file).map_err(|_| DrawingError::Encoding)?;
        text.push(b'\n');
        Ok(Some(text))
    }
}

/// Puts the LabelMe file there, or removes it. `replaces`: there is one, and it is this program's.
fn put(files: &DrawingFiles, text: Option<&[u8]>, replaces: bool) -> Result<(), DrawingError> {
    match text {
        Some(text) => {
            let if_exists = if replaces { IfExists::Replace } else { IfExists::Refuse };
            match write_whole(&files.annotation, text, if_exists) {
                // Somebody else has written one in this moment.
                Err(FileError::Exists { .. }) => Err(DrawingError::InTheWay),
                done => Ok(done?),
            }
        }
        None if replaces => std::fs::remove_file(&files.annotation)
            .map_err(|source| FileError::Write { path: files.annotation.clone(), source }.into()),
        None => Ok(()),
    }
}

/// SHA-256 of a file; none where there is no file.
fn sha_of(path: &Path) -> Result<Option<String>, FileError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(sha256(&bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_dataset::LabelMeFile;

    fn files(folder: &Path) -> DrawingFiles {
        let image = folder.join("work/images/x-ed.png");
        std::fs::create_dir_all(image.parent().unwrap()).unwrap();
        std::fs::write(&image, "").unwrap();
        DrawingFiles {
            annotation: folder.join("raters/anna/x-ed.json"),
            history: folder.join("raters/anna/.bloodpool/x-ed.json"),
            image,
        }
    }

    fn line(right: f64) -> Option<Drawn> {
        Some(Drawn::Line { points: vec![[100.0, 100.0], [right, 100.0], [120.0, 140.0]] })
    }

    #[test]
    fn a_drawing_is_there_again_with_its_history() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let kept = KeptDrawing::open(&files).unwrap();
        assert!(kept.drawn().is_none() && !files.annotation.exists());
        let kept = kept.push(&files, "redraw", line(140.0)).unwrap().push(&files, "vertex", line(150.0)).unwrap();
        let written = LabelMeFile::read(&files.annotation).unwrap();
        assert_eq!(
            (written.image_path.as_str(), written.shapes[0].points[1]),
            ("../../work/images/x-ed.png", [150.5, 100.5])
        );
        assert!(matches!(kept.push(&files, "vertex", line(150.0)), Err(DrawingError::Nothing("nothing_changes"))));
        let undone = kept.moved(&files, false).unwrap();
        assert_eq!(LabelMeFile::read(&files.annotation).unwrap().shapes[0].points[1], [140.5, 100.5]);
        assert_eq!(KeptDrawing::open(&files).unwrap().drawn(), line(140.0).as_ref());
        // All undone: nothing is drawn, and there is no file; redo brings both back.
        let empty = undone.moved(&files, false).unwrap();
        assert!(empty.drawn().is_none() && !files.annotation.exists());
        assert!(matches!(empty.moved(&files, false), Err(DrawingError::Nothing("nothing_to_undo"))));
        let back = KeptDrawing::open(&files).unwrap().moved(&files, true).unwrap().moved(&files, true).unwrap();
        assert_eq!((back.drawn(), back.revision()), (line(150.0).as_ref(), 6));
        assert!(matches!(back.moved(&files, true), Err(DrawingError::Nothing("nothing_to_redo"))));
    }

    #[test]
    fn a_file_of_somebody_else_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        std::fs::create_dir_all(files.annotation.parent().unwrap()).unwrap();
        std::fs::write(&files.annotation, "theirs").unwrap();
        assert!(matches!(KeptDrawing::open(&files), Err(DrawingError::InTheWay)));
        std::fs::remove_file(&files.annotation).unwrap();
        let kept = KeptDrawing::open(&files).unwrap();
        // It comes between reading and writing.
        std::fs::write(&files.annotation, "theirs").unwrap();
        assert!(matches!(kept.push(&files, "redraw", line(140.0)), Err(DrawingError::InTheWay)));
        std::fs::remove_file(&files.annotation).unwrap();
        let kept = kept.push(&files, "redraw", line(140.0)).unwrap();
        // The file that was written is changed by another program.
        let own = std::fs::read_to_string(&files.annotation).unwrap();
        std::fs::write(&files.annotation, own.replace("140.5", "141.5")).unwrap();
        assert!(matches!(kept.push(&files, "redraw", line(160.0)), Err(DrawingError::InTheWay)));
        assert!(matches!(kept.moved(&files, false), Err(DrawingError::InTheWay)));
        assert!(matches!(KeptDrawing::open(&files), Err(DrawingError::InTheWay)));
        assert!(std::fs::read_to_string(&files.annotation).unwrap().contains("141.5"));
    }

    #[test]
    fn a_save_that_was_cut_off_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let kept = KeptDrawing::open(&files).unwrap().push(&files, "redraw", line(140.0)).unwrap();
        let first = std::fs::read(&files.annotation).unwrap();
        kept.push(&files, "redraw", line(150.0)).unwrap();
        let second = std::fs::read(&files.annotation).unwrap();
        // Killed after the history was written and before the LabelMe file was.
        std::fs::write(&files.annotation, &first).unwrap();
        assert_eq!(KeptDrawing::open(&files).unwrap().drawn(), line(150.0).as_ref());
        assert_eq!(std::fs::read(&files.annotation).unwrap(), second);
        std::fs::remove_file(&files.annotation).unwrap();
        KeptDrawing::open(&files).unwrap();
        assert_eq!(std::fs::read(&files.annotation).unwrap(), second);
    }

    #[test]
    fn the_last_hundred_changes_can_be_undone() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let mut kept = KeptDrawing::open(&files).unwrap();
        for step in 0..MOST_STEPS + 3 {
            kept = kept.push(&files, "vertex", line(140.0 + step as f64 / 10.0)).unwrap();
        }
        for _ in 0..MOST_STEPS {
            kept = kept.moved(&files, false).unwrap();
        }
        assert_eq!(kept.drawn(), line(140.2).as_ref());
        assert!(kept.moved(&files, false).is_err());
    }
}
