//! One rater's files, read and checked against the images that they should be for.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ndarray::Array2;

use super::crossing::crossing_sides;
use super::raters::REPEAT_FOLDER;
use super::{AnnotationProblem, Assignments, Drawing, Labels, ProblemKind, RaterDrawings, RaterFolder, Round};
use crate::labelme::LabelMeFile;
use crate::rasterise::rasterise;
use crate::rated_images::SIDE;
use crate::shape::{Shape, ShapeType};
use bloodpool_files::composed;
use bloodpool_files::png::read_png_u8;
use bloodpool_files::text::TextEncoding;

/// LabelMe keeps points on the image; a point that is outside by a rounding error does not mean another image. Pixels.
const OUTSIDE_SLACK: f64 = 1.0;
/// Largest number of missing images, and of other labels, that are named.
const MOST_NAMED: usize = 5;

/// An image that raters should have annotated.
#[derive(Debug, Clone)]
pub struct ImageToAnnotate {
    /// Its name: the file without folder and end.
    pub name: String,
    /// Its pixels, to compare with those that annotations embed.
    pub grey: Array2<u8>,
}

/// Reads all files of one rater. Errors and warnings go into `problems`; files with errors are not in the drawings. Without
/// `assignments` the rater should have drawn on all images once.
pub fn read_rater(
    folder: &RaterFolder,
    images: &[ImageToAnnotate],
    labels: &Labels,
    assignments: Option<&Assignments>,
    problems: &mut Vec<AnnotationProblem>,
) -> RaterDrawings {
    let by_name = images.iter().map(|image| (composed(&image.name).into_owned(), image)).collect();
    let mut checker = Checker { rater: &folder.name, by_name, labels, other_labels: BTreeMap::new(), problems };
    let (drawings, first) = checker.read_all(&folder.files);
    let (repeated, second) = checker.read_all(&folder.repeats);
    let names = || images.iter().map(|image| image.name.as_str());
    let repeats = folder.path.join(REPEAT_FOLDER);
    match assignments {
        None => checker.missing(&folder.path, names(), &first, "images"),
        Some(assignments) => {
            let of = |round| names().filter(move |name| assignments.has(&folder.name, round, name));
            checker.missing(&folder.path, of(Round::First), &first, "assigned images");
            checker.missing(&repeats, of(Round::Repeat), &second, "assigned repeats");
            for (path, round, seen) in [(&folder.path, Round::First, &first), (&repeats, Round::Repeat, &second)] {
                let more =
                    names().filter(|name| seen.contains_key(*name) && !assignments.has(&folder.name, round, name));
                let says = "were drawn and not assigned to this rater; they are used";
                checker.name_images(ProblemKind::NotAssigned, path, &more.collect::<Vec<_>>(), says);
            }
        }
    }
    let alone: Vec<&str> = names().filter(|name| second.contains_key(*name) && !first.contains_key(*name)).collect();
    let says = "were drawn a second time and have no first drawing; they are not used";
    checker.name_images(ProblemKind::RepeatAlone, &repeats, &alone, says);
    checker.name_other_labels(&folder.path);
    RaterDrawings { rater: folder.clone(), group: None, drawings, repeated }
}

struct Checker<'a> {
    rater: &'a str,
    /// The images by their composed names: files that macOS names do not have the names that were given out.
    by_name: HashMap<String, &'a ImageToAnnotate>,
    labels: &'a Labels,
    /// How many shapes of all files have each of the labels that are not used.
    other_labels: BTreeMap<String, usize>,
    problems: &'a mut Vec<AnnotationProblem>,
}

impl<'a> Checker<'a> {
    fn error(&mut self, kind: ProblemKind, path: &Path, message: impl AsRef<str>) {
        self.problems.push(AnnotationProblem::error(kind, self.rater, path, message));
    }

    fn warning(&mut self, kind: ProblemKind, path: &Path, message: impl AsRef<str>) {
        self.problems.push(AnnotationProblem::warning(kind, self.rater, path, message));
    }

    /// What the files hold, by the name of the image, and for which images there are files at all.
    fn read_all(&mut self, files: &[PathBuf]) -> (BTreeMap<String, Drawing>, BTreeMap<String, PathBuf>) {
        let mut seen: BTreeMap<String, PathBuf> = BTreeMap::new();
        let mut drawings = BTreeMap::new();
        for path in files {
            let Some((name, drawing)) = self.read(path) else { continue };
            if let Some(first) = seen.insert(name.clone(), path.clone()) {
                let message = format!("is for the image {name}, as {} is; keep one of them", first.display());
                self.error(ProblemKind::SeveralVersions, path, message);
                drawings.remove(&name);
                continue;
            }
            if let Some(drawing) = drawing {
                drawings.insert(name, drawing);
            }
        }
        (drawings, seen)
    }

    /// The image that a file is for, and what was drawn on it, if nothing is wrong.
    fn read(&mut self, path: &Path) -> Option<(String, Option<Drawing>)> {
        let (file, encoding) = match LabelMeFile::read_with_encoding(path) {
            Ok(read) => read,
            Err(error) => {
                let why = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
                self.error(ProblemKind::Unreadable, path, format!("is not a LabelMe annotation{why}"));
                return None;
            }
        };
        if encoding == TextEncoding::Cp949 {
            // Text of another code page may be taken for Korean: whoever knows the rater sees it in this message.
            let labels: Vec<&str> = file.shapes.iter().map(|shape| shape.label.as_str()).collect();
            let message = format!(
                "is not UTF-8; it was read as {encoding}, with the labels {labels:?}. Check that they are right"
            );
            self.warning(ProblemKind::Encoding, path, message);
        }
        let image = self.image_of(path, &file)?;
        let name = image.name.clone();
        let right_image = self.check_size(path, &file) && self.check_pixels(path, &file, image);
        let drawing = right_image.then(|| self.draw(path, &file)).flatten();
        Some((name, drawing))
    }

    /// The image that a file is for: that of its own name, which has to be that of `imagePath` too.
    fn image_of(&mut self, path: &Path, file: &LabelMeFile) -> Option<&'a ImageToAnnotate> {
        let own_name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let image_name = stem_of_image(&file.image_path);
        let (by_file, by_path) = (self.find(&own_name), self.find(&image_name));
        match (by_file, by_path) {
            (Some(own), Some(image)) if own.name == image.name => Some(own),
            (Some(own), _) => {
                let message = format!(
                    "annotates {:?}, where by its name it should annotate {}.png; draw again on the right image, or \
                     correct imagePath if only that is wrong",
                    file.image_path, own.name
                );
                self.error(ProblemKind::WrongImage, path, message);
                None
            }
            (None, Some(image)) => {
                let message = format!("is for the image {}, but has another file name", image.name);
                self.warning(ProblemKind::Renamed, path, message);
                Some(image)
            }
            (None, None) => {
                let message = format!("annotates {:?}, which is not an image of this dataset", file.image_path);
                self.error(ProblemKind::UnknownImage, path, message);
                None
            }
        }
    }

    fn find(&self, name: &str) -> Option<&'a ImageToAnnotate> {
        self.by_name.get(&*composed(name)).copied()
    }

    /// Whether the recorded size is that of the images; older files do not record it.
    fn check_size(&mut self, path: &Path, file: &LabelMeFile) -> bool {
        let (height, width) = (file.image_height.unwrap_or(SIDE), file.image_width.unwrap_or(SIDE));
        let right = (height, width) == (SIDE, SIDE);
        if !right {
            let message = format!("is for an image of {width} x {height} pixels; the images are {SIDE} x {SIDE}");
            self.error(ProblemKind::WrongSize, path, message);
        }
        right
    }

    /// Whether the image that was drawn on, embedded or still where the file says, shows what the image does. An
    /// image of the same name may be another frame: the images were extracted again, with other ED and ES.
    fn check_pixels(&mut self, path: &Path, file: &LabelMeFile, image: &ImageToAnnotate) -> bool {
        let Some(data) = file.image_data.as_deref().filter(|data| !data.is_empty()) else {
            let drawn_on = path.parent().unwrap_or(Path::new("")).join(&file.image_path);
            // Often it no longer exists, and then it cannot be compared.
            let same = read_png_u8(&drawn_on).map_or(true, |grey| grey == image.grey);
            if !same {
                let message = format!(
                    "was drawn on {}, which shows something else than {}.png of this folder; extract the same \
                     frames, or draw again on these images",
                    drawn_on.display(),
                    image.name
                );
                self.error(ProblemKind::OtherPixels, path, message);
            }
            return same;
        };
        // What cannot be decoded (a JPEG, say) cannot be compared, and its shapes still count.
        let Ok(bytes) = STANDARD.decode(data) else { return true };
        let Ok(embedded) = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png) else { return true };
        let embedded = embedded.into_luma8();
        let same_size = (embedded.height() as usize, embedded.width() as usize) == image.grey.dim();
        let same = same_size && embedded.as_raw().iter().eq(image.grey.iter());
        if !same {
            let message = format!("embeds (imageData) another image than {}.png; draw again on that one", image.name);
            self.error(ProblemKind::OtherPixels, path, message);
        }
        same
    }

    /// The shapes with the label, if nothing is wrong with any of them.
    fn draw(&mut self, path: &Path, file: &LabelMeFile) -> Option<Drawing> {
        let mut shapes = Vec::new();
        let mut sound = true;
        for shape in file.shapes.iter().filter(|shape| !self.labels.has(&shape.label)) {
            *self.other_labels.entry(composed(shape.label.trim()).into_owned()).or_default() += 1;
        }
        for (index, shape) in file.shapes.iter().enumerate().filter(|(_, shape)| self.labels.has(&shape.label)) {
            if self.is_sound(path, index + 1, shape) {
                shapes.push(shape.clone());
            } else {
                sound = false;
            }
        }
        if sound && shapes.is_empty() {
            let others: Vec<&str> = file.shapes.iter().map(|shape| shape.label.as_str()).collect();
            let message = if others.is_empty() {
                "has no shape; draw the left ventricle".to_owned()
            } else {
                format!("has no shape that is labelled as the left ventricle, only {others:?}")
            };
            self.error(ProblemKind::NoShape, path, message);
            return None;
        }
        sound.then_some(Drawing { shapes })
    }

    /// Whether one shape holds pixels of the image; `number` from 1.
    fn is_sound(&mut self, path: &Path, number: usize, shape: &Shape) -> bool {
        let named = format!("shape {number}, label {:?},", shape.label);
        let mask = match rasterise(shape, SIDE, SIDE) {
            Ok(mask) => mask,
            Err(error) => {
                self.error(ProblemKind::NoRegion, path, format!("{named} has no inside: {error}"));
                return false;
            }
        };
        if let Some([x, y]) = points_of(shape).find(|point| point.iter().any(outside)) {
            let message = format!("{named} has the point ({x:.1}, {y:.1}), outside the image of {SIDE} x {SIDE}");
            self.error(ProblemKind::Outside, path, message);
            return false;
        }
        if mask.is_empty() {
            self.error(ProblemKind::Empty, path, format!("{named} holds no pixel"));
            return false;
        }
        let polygon = matches!(shape.shape_type, ShapeType::Polygon | ShapeType::OrientedRectangle);
        if let Some((one, other)) = crossing_sides(&shape.points).filter(|_| polygon) {
            let message =
                format!("{named} crosses itself: sides {one} and {other}. it was filled as LabelMe fills it; check it");
            self.warning(ProblemKind::SelfCrossing, path, message);
        }
        true
    }

    /// One warning for all shapes that are not used because of their labels, the most frequent labels first.
    fn name_other_labels(&mut self, folder: &Path) {
        let mut labels: Vec<(&String, &usize)> = self.other_labels.iter().collect();
        if labels.is_empty() {
            return;
        }
        labels.sort_by_key(|&(_, count)| std::cmp::Reverse(*count));
        let shown: Vec<String> =
            labels.iter().take(MOST_NAMED).map(|(label, count)| format!("{label:?} ({count})")).collect();
        let more = match labels.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more labels"),
        };
        let shapes = match self.other_labels.values().sum::<usize>() {
            1 => "1 shape has another label and is not used".to_owned(),
            count => format!("{count} shapes have other labels and are not used"),
        };
        let message = format!("{shapes}: {}{more}", shown.join(", "));
        self.warning(ProblemKind::OtherLabels, folder, message);
    }

    /// Compares the images that should have been drawn on with those that were; `what`: what they are called.
    fn missing<'n>(
        &mut self,
        folder: &Path,
        expected: impl Iterator<Item = &'n str>,
        seen: &BTreeMap<String, PathBuf>,
        what: &str,
    ) {
        let mut all = 0;
        let missing: Vec<&str> = expected.inspect(|_| all += 1).filter(|name| !seen.contains_key(*name)).collect();
        if missing.is_empty() {
            return;
        }
        let message = format!("{} of {all} {what} are missing: {}", missing.len(), some(&missing));
        if 2 * missing.len() >= all {
            let advice = format!("{message}. Complete them, or leave this rater out");
            self.error(ProblemKind::HalfMissing, folder, advice);
        } else {
            self.warning(ProblemKind::ImagesMissing, folder, message);
        }
    }

    /// One warning that names images, if there are any; `says`: what is the matter with them.
    fn name_images(&mut self, kind: ProblemKind, folder: &Path, images: &[&str], says: &str) {
        if !images.is_empty() {
            self.warning(kind, folder, format!("{} images {says}: {}", images.len(), some(images)));
        }
    }
}

/// The first few names of many.
fn some(names: &[&str]) -> String {
    let shown = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The points that must lie on the image; a circle's centre and rim may reach beyond it.
fn points_of(shape: &Shape) -> impl Iterator<Item = [f64; 2]> + '_ {
    let circle = shape.shape_type == ShapeType::Circle;
    shape.points.iter().copied().take(if circle { 1 } else { usize::MAX })
}

fn outside(coordinate: &f64) -> bool {
    !(-OUTSIDE_SLACK..=SIDE as f64 + OUTSIDE_SLACK).contains(coordinate)
}

/// The name of an image from a path of any operating system.
pub(crate) fn stem_of_image(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
