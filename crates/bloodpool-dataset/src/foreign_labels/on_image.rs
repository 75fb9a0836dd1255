//! The label of one image, on the grid of the images or the study's own, as shapes on the image.

use std::collections::BTreeSet;
use std::path::Path;

use bloodpool_core::Mask;
use bloodpool_stats::overlap::overlap;
use ndarray::{Array3, Axis};

use super::error::UnusableLabel;
use crate::annotations::Labels;
use crate::labelme::LabelMeFile;
use crate::prelabel::{LEAST_DICE, prelabel};
use crate::rasterise::rasterise;
use crate::rated_images::SIDE;
use crate::run_length::mask_shape;
use crate::shape::{Shape, ShapeType};

/// The grids that a label of an image may be on.
pub(super) struct ImageGrids<'a> {
    /// The file of the label.
    pub(super) path: &'a Path,
    /// The image.
    pub(super) image: &'a str,
    /// Rows and columns of the study's own matrix.
    pub(super) own: (usize, usize),
    /// Label of the shapes that are written.
    pub(super) label: &'a str,
}

impl ImageGrids<'_> {
    /// The shapes of a drawing that have one of the labels.
    pub(super) fn drawn(&self, file: &LabelMeFile, labels: &Labels) -> Result<Vec<Shape>, UnusableLabel> {
        let dim = (file.image_height.unwrap_or(SIDE), file.image_width.unwrap_or(SIDE));
        self.check_size(dim)?;
        let mut shapes = Vec::new();
        for (index, shape) in file.shapes.iter().enumerate().filter(|(_, shape)| labels.has(&shape.label)) {
            let no_region = |reason: String| UnusableLabel::NoRegion {
                path: self.path.to_owned(),
                image: self.image.to_owned(),
                shape: index + 1,
                label: shape.label.clone(),
                reason,
            };
            for on_image in self.enlarged(shape, dim).map_err(no_region)? {
                let mask = rasterise(&on_image, SIDE, SIDE).map_err(|error| no_region(error.to_string()))?;
                if mask.is_empty() {
                    return Err(no_region("it holds no pixel of the image".into()));
                }
                shapes.push(on_image);
            }
        }
        Ok(shapes)
    }

    /// A mask as shapes; none where it is empty.
    pub(super) fn masked(&self, frames: &Array3<u8>) -> Result<Vec<Shape>, UnusableLabel> {
        let count = frames.len_of(Axis(0));
        if count != 1 {
            return Err(UnusableLabel::Frames { path: self.path.into(), image: self.image.into(), frames: count });
        }
        let values = frames.index_axis(Axis(0), 0);
        self.check_size(values.dim())?;
        let found: BTreeSet<u8> = values.iter().copied().filter(|&value| value != 0).collect();
        if found.len() > 1 {
            let values = std::iter::once(0).chain(found).collect();
            return Err(UnusableLabel::Values { path: self.path.into(), image: self.image.into(), values });
        }
        Ok(self.shapes_of(&Mask::new(values.mapv(|value| value != 0))))
    }

    fn check_size(&self, found: (usize, usize)) -> Result<(), UnusableLabel> {
        if found == (SIDE, SIDE) || found == self.own {
            return Ok(());
        }
        let (path, image, own) = (self.path.to_owned(), self.image.to_owned(), self.own);
        Err(UnusableLabel::OtherSize { path, image, found, own })
    }

    /// A shape on an image of `dim` rows and columns as shapes on the image of 256 x 256 over the same field of view.
    fn enlarged(&self, shape: &Shape, dim: (usize, usize)) -> Result<Vec<Shape>, String> {
        let named = Shape { label: self.label.to_owned(), ..shape.clone() };
        if dim == (SIDE, SIDE) {
            return Ok(vec![named]);
        }
        if matches!(shape.shape_type, ShapeType::Polygon | ShapeType::Rectangle | ShapeType::OrientedRectangle) {
            // Whole numbers are the corners of pixels on both images, so that no half pixel comes in.
            let (down, across) = (SIDE as f64 / dim.0 as f64, SIDE as f64 / dim.1 as f64);
            let points = shape.points.iter().map(|[x, y]| [x * across, y * down]).collect();
            return Ok(vec![Shape { points, ..named }]);
        }
        let mask = rasterise(shape, dim.0, dim.1).map_err(|error| error.to_string())?;
        Ok(self.shapes_of(&mask))
    }

    /// A mask as polygons, or pixel by pixel where polygons would change it: a hole cannot be drawn.
    fn shapes_of(&self, mask: &Mask) -> Vec<Shape> {
        let on_image = if mask.dim() == (SIDE, SIDE) { mask.clone() } else { mask.resampled(SIDE, SIDE) };
        let file = prelabel(&on_image, "", (SIDE, SIDE), self.label);
        let dice = file.mask(self.label).ok().and_then(|drawn| overlap(&drawn, &on_image).ok());
        if dice.is_some_and(|overlap| overlap.dice >= LEAST_DICE) {
            return file.shapes;
        }
        mask_shape(self.label, &on_image, (0, 0)).ok().flatten().map_or(file.shapes, |shape| vec![shape])
    }
}
