//! Labels of other annotation programs as the LabelMe files of one rater: COCO, CVAT, and masks in NIfTI, NRRD or PNG.

mod error;
mod on_image;
mod sources;
mod taken;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use error::{ForeignLabelsError, UnusableLabel};
pub use taken::{TakenLabels, UnknownImage};

use crate::annotations::Labels;
use crate::extracted::{ExtractManifest, ExtractedCase, ExtractedImage};
use crate::image_path::image_path_from;
use crate::labelme::LabelMeFile;
use crate::rated_images::SIDE;
use crate::shape::Shape;
use bloodpool_files::composed;
use bloodpool_files::whole_file::{FileError, IfExists};
use on_image::ImageGrids;
use sources::{ForeignLabel, SourceFiles};

/// Which labels are taken over, and where to.
#[derive(Debug, Clone)]
pub struct ForeignLabels<'a> {
    /// Files of the other program, and folders of such files.
    pub sources: &'a [PathBuf],
    /// The folder with the record of the images.
    pub images: &'a Path,
    /// Labels of the other program that stand for the left ventricle; compared as [`Labels`] does. Masks have no label.
    pub labels: &'a [String],
    /// Label of the shapes that are written.
    pub label: &'a str,
    /// The folder of the rater.
    pub out: &'a Path,
    /// What happens to LabelMe files that already exist there.
    pub if_exists: IfExists,
}

impl ForeignLabels<'_> {
    /// Reads all labels, checks them, and writes one LabelMe file per image that has a label. A shape on an image of 256 x 256
    /// pixels is kept as it is; one on the study's own matrix is enlarged with it. A mask becomes polygons, or a shape of the type
    /// `mask` where polygons would change it.
    ///
    /// # Errors
    /// [`ForeignLabelsError`] with all labels that cannot be used. Nothing was written then unless a file could not be.
    pub fn take(&self) -> Result<TakenLabels, ForeignLabelsError> {
        let manifest = ExtractManifest::read(self.images)?.document;
        let known: BTreeMap<String, (&ExtractedCase, &ExtractedImage)> = (manifest.cases.iter())
            .flat_map(|case| case.images.iter().map(move |image| (composed(image.name()).into_owned(), (case, image))))
            .collect();
        let sources = SourceFiles::find(self.sources)?;
        let labels = Labels::new(self.labels.iter().map(String::as_str));
        let mut collected = Collected::default();
        for path in &sources.files {
            for label in sources::labels_of(path)? {
                self.collect(&known, &labels, path, label, &mut collected)?;
            }
        }
        let Collected { found, unknown, other_labels, unusable } = collected;
        if !unusable.is_empty() {
            return Err(ForeignLabelsError::Unusable(unusable));
        }
        if found.is_empty() {
            let (images, labels) = (self.images.to_owned(), self.labels.to_vec());
            let other_labels = other_labels.into_keys().collect();
            return Err(ForeignLabelsError::Nothing { images, labels, other_labels, unknown });
        }
        let names = || manifest.cases.iter().flat_map(|case| &case.images).map(ExtractedImage::name);
        let place = |name: &str| self.out.join(format!("{name}.json"));
        let exists = |name: &&str| place(name).symlink_metadata().is_ok();
        let (written, without): (Vec<&str>, Vec<&str>) = names().partition(|name| found.contains_key(*name));
        if self.if_exists == IfExists::Refuse
            && let Some(name) = written.iter().find(|name| exists(name))
        {
            return Err(FileError::Exists { path: place(name) }.into());
        }
        std::fs::create_dir_all(self.out).map_err(|source| FileError::Write { path: self.out.to_owned(), source })?;
        for image in manifest.cases.iter().flat_map(|case| &case.images) {
            let Some((_, shapes)) = found.get(image.name()) else { continue };
            let image_path = image_path_from(self.out, &self.images.join(&image.file))?;
            let file = LabelMeFile::new(&image_path, SIDE, SIDE, self.label, Vec::new());
            LabelMeFile { shapes: shapes.clone(), ..file }.write(&place(image.name()), self.if_exists)?;
        }
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Ok(TakenLabels {
            written: owned(&written),
            left: without.iter().filter(|name| exists(name)).map(|&name| name.to_owned()).collect(),
            without_label: owned(&without),
            unknown,
            other_labels,
            not_read: sources.not_read,
        })
    }

    /// Adds the label of one image, or what prevents that.
    fn collect(
        &self,
        known: &BTreeMap<String, (&ExtractedCase, &ExtractedImage)>,
        labels: &Labels,
        path: &Path,
        label: ForeignLabel,
        collected: &mut Collected,
    ) -> Result<(), ForeignLabelsError> {
        for shape in label.shapes().iter().filter(|shape| !labels.has(&shape.label)) {
            *collected.other_labels.entry(composed(shape.label.trim()).into_owned()).or_default() += 1;
        }
        if label.is_drawing() && !label.shapes().iter().any(|shape| labels.has(&shape.label)) {
            return Ok(());
        }
        let Some(&(case, image)) = known.get(&*composed(&label.stem())) else {
            collected.unknown.push(UnknownImage { image: label.image().to_owned(), path: path.to_owned() });
            return Ok(());
        };
        let grids = ImageGrids { path, image: image.name(), own: (case.rows, case.columns), label: self.label };
        let shapes = match label {
            ForeignLabel::Drawing(file) => grids.drawn(&file, labels),
            ForeignLabel::MaskFile { path, .. } => grids.masked(&sources::mask_frames(&path)?),
        };
        match shapes {
            Err(unusable) => collected.unusable.push(unusable),
            // An empty mask is no label.
            Ok(shapes) if shapes.is_empty() => {}
            Ok(shapes) => {
                let name = image.name().to_owned();
                if let Some((first, _)) = collected.found.get(&name) {
                    let (first, second) = (first.clone(), path.to_owned());
                    collected.unusable.push(UnusableLabel::Twice { image: name, first, second });
                } else {
                    collected.found.insert(name, (path.to_owned(), shapes));
                }
            }
        }
        Ok(())
    }
}

/// What the sources hold.
#[derive(Default)]
struct Collected {
    /// The file and the shapes of each image, by its name.
    found: BTreeMap<String, (PathBuf, Vec<Shape>)>,
    unknown: Vec<UnknownImage>,
    other_labels: BTreeMap<String, usize>,
    unusable: Vec<UnusableLabel>,
}
