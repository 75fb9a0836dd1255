//! `Annotation`: the images, the raters, and what each of them has drawn so far.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bloodpool_dataset::annotations::raters::REPEAT_FOLDER;
use bloodpool_dataset::annotations::{Assignments, Round};
use bloodpool_dataset::{ExtractManifest, ExtractedCase, ExtractedImage};
use bloodpool_files::png::decode_png_u8;
use bloodpool_files::{FileError, FolderLock, composed};
use ndarray::Array2;

use super::drawing_order::{AssignedImage, assigned_images};
use super::error::{AnnotationError, DrawingError};
use super::kept::{DrawingFiles, KeptDrawing};
use super::progress::{AnnotationProgress, InTheWay, PROGRESS_SCHEMA, RaterProgress};
use super::rater_names;
use super::settings::AnnotationSettings;
use crate::time::UtcTime;

/// Folder of the raters in that of the images, unless another one is named.
const RATERS_FOLDER: &str = "raters";
/// Folder, in that of a rater, of the histories: hidden, so that a consensus does not take them for drawings.
const HISTORY_FOLDER: &str = ".bloodpool";
/// Side of the field of view that tools assume where a study records no spacing, mm.
const ASSUMED_FIELD_MM: f64 = 400.0;

/// Raters who draw on the images of a folder. While it is there, no other program of this kind writes into the raters' folders.
pub struct Annotation {
    work: PathBuf,
    manifest: ExtractManifest,
    raters: Vec<RaterWork>,
    _lock: FolderLock,
}

/// The part of one rater.
pub(crate) struct RaterWork {
    pub(crate) name: String,
    folder: PathBuf,
    assigned_images: Vec<AssignedImage>,
    state: Mutex<RaterState>,
}

/// What is known of the drawings of a rater; those on disk decide.
#[derive(Default)]
pub(crate) struct RaterState {
    /// What became of each place, in the order of the assigned images.
    pub(crate) places: Vec<PlaceState>,
    last_saved: Option<UtcTime>,
    /// The drawing that is changed at the moment.
    open: Option<(usize, KeptDrawing)>,
}

/// What became of a place in a rater's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum PlaceState {
    /// Nothing is drawn.
    #[default]
    Empty,
    /// It is drawn and saved.
    Drawn,
    /// A file that this program did not write is there.
    InTheWay,
}

impl Annotation {
    /// Reads what is there: the images, who draws what, and all drawings; a save that was cut off is completed. `program`: program and
    /// version, which others are told that find the folder in use.
    ///
    /// # Errors
    /// [`AnnotationError`].
    pub fn open(settings: &AnnotationSettings, program: &str) -> Result<Self, AnnotationError> {
        let work = settings.work.clone();
        let manifest = ExtractManifest::read(&work)?.document;
        if manifest.cases.iter().all(|case| case.images.is_empty()) {
            return Err(AnnotationError::NoImages(work));
        }
        // An image that is missing or another one is told now, and not to a rater in the middle of the work.
        for image in manifest.cases.iter().flat_map(|case| &case.images) {
            image.record().read(&work)?;
        }
        let table = settings.assignments.as_deref().map(|path| Assignments::read(path, &manifest.cases)).transpose()?;
        let names = match (&settings.raters[..], &table) {
            ([], None) => return Err(AnnotationError::NoRaters),
            ([], Some(table)) => table.raters().map(|(name, _)| name.to_owned()).collect(),
            (named, _) => named.iter().map(|name| composed(name.trim()).into_owned()).collect::<Vec<_>>(),
        };
        rater_names::checked(&names)?;
        let percent = second_reading(settings, table.as_ref(), &names, &manifest)?;
        let folder = settings.raters_folder.clone().unwrap_or_else(|| work.join(RATERS_FOLDER));
        let within: Vec<String> = names
            .iter()
            .flat_map(|name| {
                let below =
                    [REPEAT_FOLDER.to_owned(), HISTORY_FOLDER.to_owned(), format!("{HISTORY_FOLDER}/{REPEAT_FOLDER}")];
                below.into_iter().map(move |part| format!("{name}/{part}")).chain([name.clone()])
            })
            .collect();
        let lock = FolderLock::take(&folder, &within.iter().map(String::as_str).collect::<Vec<_>>(), program)?;
        let mut raters = Vec::new();
        for name in names {
            let assigned_images = assigned_images(&manifest.cases, &name, table.as_ref(), percent);
            if let Some(table) = table.as_ref().filter(|_| assigned_images.is_empty()) {
                return Err(AnnotationError::NothingAssigned { table: table.path().to_owned(), rater: name });
            }
            let folder = folder.join(&name);
            raters.push(RaterWork { name, folder, assigned_images, state: Mutex::default() });
        }
        let annotation = Self { work, manifest, raters, _lock: lock };
        for rater in &annotation.raters {
            annotation.look(rater)?;
        }
        Ok(annotation)
    }

    /// Names of the raters.
    pub fn raters(&self) -> impl Iterator<Item = &str> {
        self.raters.iter().map(|rater| rater.name.as_str())
    }

    /// How far each rater is.
    #[must_use]
    pub fn progress(&self) -> AnnotationProgress {
        AnnotationProgress {
            schema: PROGRESS_SCHEMA,
            images: self.manifest.cases.iter().map(|case| case.images.len()).sum(),
            raters: self.raters.iter().map(|rater| self.progress_of(rater)).collect(),
        }
    }

    pub(crate) fn rater(&self, name: &str) -> Option<&RaterWork> {
        self.raters.iter().find(|rater| rater.name == name)
    }

    /// The image of a place, from 0, as grey.
    ///
    /// # Errors
    /// [`FileError`] when it is missing or changed.
    pub(crate) fn grey(&self, assigned: AssignedImage) -> Result<Array2<u8>, FileError> {
        let record = self.image(assigned).record();
        decode_png_u8(&self.work.join(&record.file), &record.read(&self.work)?)
    }

    /// Distance between `[rows, columns]` of an assigned image, mm.
    pub(crate) fn spacing_mm(&self, assigned: AssignedImage) -> [f64; 2] {
        let case = self.case(assigned);
        let (rows, columns) = (case.transform.rows_per_pixel, case.transform.columns_per_pixel);
        match case.pixel_spacing_mm {
            Some([row_mm, column_mm]) => [row_mm * rows, column_mm * columns],
            None => [ASSUMED_FIELD_MM / case.transform.grid as f64; 2],
        }
    }

    fn case(&self, assigned: AssignedImage) -> &ExtractedCase {
        &self.manifest.cases[assigned.case]
    }

    fn image(&self, assigned: AssignedImage) -> &ExtractedImage {
        &self.case(assigned).images[assigned.image]
    }

    pub(crate) fn files(&self, rater: &RaterWork, assigned: AssignedImage) -> DrawingFiles {
        let image = self.image(assigned);
        let name = format!("{}.json", image.name());
        let within = |folder: &Path| match assigned.round {
            Round::First => folder.join(&name),
            Round::Repeat => folder.join(REPEAT_FOLDER).join(&name),
        };
        DrawingFiles {
            annotation: within(&rater.folder),
            history: within(&rater.folder.join(HISTORY_FOLDER)),
            image: self.work.join(&image.file),
        }
    }

    /// Looks at all drawings of a rater.
    fn look(&self, rater: &RaterWork) -> Result<(), AnnotationError> {
        let mut state = rater.state();
        for &assigned in &rater.assigned_images {
            let files = self.files(rater, assigned);
            state.places.push(match KeptDrawing::open(&files) {
                Ok(kept) if kept.drawn().is_some() => PlaceState::Drawn,
                Ok(_) => PlaceState::Empty,
                Err(DrawingError::InTheWay) => PlaceState::InTheWay,
                Err(DrawingError::File(error)) => return Err(error.into()),
                Err(DrawingError::Document(error)) => return Err(error.into()),
                // Opening makes no change that could be refused.
                Err(_) => PlaceState::Empty,
            });
            let saved = files.annotation.metadata().and_then(|about| about.modified()).ok().map(UtcTime::from);
            state.last_saved = state.last_saved.max(saved);
        }
        Ok(())
    }

    fn progress_of(&self, rater: &RaterWork) -> RaterProgress {
        let state = rater.state();
        let both = || rater.assigned_images.iter().zip(&state.places);
        let count = |round: Round, drawn: bool| {
            both()
                .filter(|(assigned, place)| assigned.round == round && (!drawn || **place == PlaceState::Drawn))
                .count()
        };
        let in_the_way = both().filter(|(_, place)| **place == PlaceState::InTheWay).map(|(assigned, _)| InTheWay {
            study: assigned.case + 1,
            image: self.image(*assigned).phase.tag(),
            drawing: if assigned.round == Round::First { 1 } else { 2 },
        });
        let mut in_the_way: Vec<InTheWay> = in_the_way.collect();
        in_the_way.sort_by_key(|found| (found.study, found.image, found.drawing));
        RaterProgress {
            rater: rater.name.clone(),
            assigned: count(Round::First, false),
            drawn: count(Round::First, true),
            second_assigned: count(Round::Repeat, false),
            second_drawn: count(Round::Repeat, true),
            last_saved: state.last_saved.map(|at| at.to_string()),
            in_the_way,
        }
    }

    /// Does something with the drawing of a place (from 0), after reading it again from disk unless it was the last one. `work` gives
    /// the drawing after it, where that changes.
    ///
    /// # Errors
    /// [`DrawingError`].
    pub(crate) fn at<T>(
        &self,
        rater: &RaterWork,
        (place, assigned): (usize, AssignedImage),
        afresh: bool,
        work: impl FnOnce(&KeptDrawing, &DrawingFiles) -> Result<(Option<KeptDrawing>, T), DrawingError>,
    ) -> Result<T, DrawingError> {
        let mut state = rater.state();
        let files = self.files(rater, assigned);
        let known = state.open.take().filter(|(open, _)| *open == place && !afresh);
        let done = known.map_or_else(|| KeptDrawing::open(&files), |(_, kept)| Ok(kept)).and_then(|kept| {
            let (changed, answer) = match work(&kept, &files) {
                // Of a refused change nothing is left: the drawing is as it was.
                Err(error @ (DrawingError::Edit(_) | DrawingError::ChangedSince | DrawingError::Nothing(_))) => {
                    state.open = Some((place, kept));
                    return Err(error);
                }
                other => other?,
            };
            if changed.is_some() {
                state.last_saved = Some(UtcTime::now());
            }
            let kept = changed.unwrap_or(kept);
            let drawn = if kept.drawn().is_some() { PlaceState::Drawn } else { PlaceState::Empty };
            state.places[place] = drawn;
            state.open = Some((place, kept));
            Ok(answer)
        });
        if matches!(done, Err(DrawingError::InTheWay)) {
            state.places[place] = PlaceState::InTheWay;
        }
        done
    }
}

impl RaterWork {
    /// The image at a place, from 0.
    pub(crate) fn assigned(&self, place: usize) -> Option<AssignedImage> {
        self.assigned_images.get(place).copied()
    }

    /// How many places there are.
    pub(crate) fn count(&self) -> usize {
        self.assigned_images.len()
    }

    /// How many of them are drawn.
    pub(crate) fn drawn(&self) -> usize {
        self.state().places.iter().filter(|place| **place == PlaceState::Drawn).count()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, RaterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next place (from 0) after another one on which nothing is drawn, round the order.
    pub(crate) fn next_empty(&self, after: Option<usize>) -> Option<usize> {
        let state = self.state();
        let count = state.places.len();
        let from = after.map_or(0, |place| place + 1);
        (0..count).map(|step| (from + step) % count).find(|&place| state.places[place] == PlaceState::Empty)
    }
}

/// The share of a second reading, checked.
fn second_reading(
    settings: &AnnotationSettings,
    table: Option<&Assignments>,
    names: &[String],
    manifest: &ExtractManifest,
) -> Result<Option<f64>, AnnotationError> {
    let Some(percent) = settings.second_reading_percent else { return Ok(None) };
    if !(percent > 0.0 && percent <= 100.0) {
        return Err(AnnotationError::SecondReading(percent));
    }
    if let Some(table) = table {
        let images = || manifest.cases.iter().flat_map(|case| &case.images);
        let repeats = |name: &String| images().any(|image| table.has(name, Round::Repeat, image.name()));
        if names.iter().any(repeats) {
            return Err(AnnotationError::RepeatsInTable(table.path().to_owned()));
        }
    }
    Ok(Some(percent))
}

#[cfg(test)]
mod tests {
    use super::super::drawing_order::tests::cases;
    use super::super::drawn::Drawn;
    use super::*;
    use bloodpool_dataset::extracted::EXTRACT_SCHEMA;
    use bloodpool_files::IfExists;

    fn settings(folder: &Path, raters: &[&str]) -> AnnotationSettings {
        let cases = cases(folder, 2);
        let (schema, software) = (EXTRACT_SCHEMA.to_owned(), "test".to_owned());
        let manifest = ExtractManifest { schema, software, pseudonymised: false, cases, set_aside: Vec::new() };
        manifest.write(folder, IfExists::Replace).unwrap();
        let raters = raters.iter().map(|name| (*name).to_owned()).collect();
        AnnotationSettings { work: folder.to_owned(), raters, ..AnnotationSettings::default() }
    }

    fn open(settings: &AnnotationSettings) -> Result<Annotation, AnnotationError> {
        Annotation::open(settings, "test 1")
    }

    #[test]
    fn progress_is_there_after_a_restart_and_one_program_at_a_time_writes() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), &["anna", "ben"]);
        let annotation = open(&settings).unwrap();
        assert!(matches!(open(&settings), Err(AnnotationError::Lock(_))));
        let rater = annotation.rater("anna").unwrap();
        let assigned = rater.assigned(3).unwrap();
        let drawn = Some(Drawn::Line { points: vec![[10.0, 10.0], [90.0, 10.0], [50.0, 70.0]] });
        let push = |kept: &KeptDrawing, files: &DrawingFiles| Ok((Some(kept.push(files, "redraw", drawn)?), ()));
        annotation.at(rater, (3, assigned), false, push).unwrap();
        assert_eq!(rater.next_empty(Some(2)), Some(4));
        drop(annotation);
        let annotation = open(&settings).unwrap();
        let drawn: Vec<_> = annotation.progress().raters.iter().map(|rater| (rater.drawn, rater.assigned)).collect();
        assert_eq!(drawn, [(1, 8), (0, 8)]);
        let progress = serde_json::to_string(&annotation.progress()).unwrap();
        assert!(!progress.contains("KIM") && progress.contains("last_saved\":\"20"), "{progress}");
    }

    #[test]
    fn what_cannot_be_started_is_said_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let sound = settings(folder.path(), &["anna"]);
        let error = |changed: AnnotationSettings| open(&changed).err().unwrap().to_string();
        assert!(error(AnnotationSettings { raters: Vec::new(), ..sound.clone() }).contains("no rater is named"));
        assert!(
            error(AnnotationSettings { raters: vec!["../x".into()], ..sound.clone() }).contains("cannot be the name")
        );
        assert!(error(AnnotationSettings { second_reading_percent: Some(0.0), ..sound.clone() }).contains("no share"));
        let table = folder.path().join("who.csv");
        std::fs::write(&table, "rater,case,repeat\nben,KIM^HANA^000,2\nben,KIM^HANA^001,\n").unwrap();
        let assigned = AnnotationSettings { assignments: Some(table), ..sound.clone() };
        assert!(error(assigned.clone()).contains("assigns no image to rater \"anna\""));
        let twice = AnnotationSettings { raters: Vec::new(), second_reading_percent: Some(10.0), ..assigned.clone() };
        assert!(error(twice).contains("second drawings"));
        let annotation = open(&AnnotationSettings { raters: Vec::new(), ..assigned }).unwrap();
        assert_eq!(annotation.raters().collect::<Vec<_>>(), ["ben"]);
        assert_eq!(annotation.progress().raters[0].second_assigned, 4);
        drop(annotation);
        std::fs::write(folder.path().join("images/KIM^HANA^001-es.png"), "other").unwrap();
        assert!(error(sound.clone()).contains("SHA-256 differs"));
        assert!(error(AnnotationSettings { work: folder.path().join("no"), ..sound }).contains("extract.json"));
    }
}
