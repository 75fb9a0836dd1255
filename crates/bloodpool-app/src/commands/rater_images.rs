//! What raters see and draw: ED, ED+2, ES and ES+2 of a study as 256 x 256 images, LabelMe files on them, the truth.

use std::path::Path;

use anyhow::Context;
use bloodpool::GatedStudy;
use bloodpool::resample::Resampling;
use bloodpool_dataset::labelme::polygon_on_image;
use bloodpool_dataset::{DisplayWindow, IfExists, LabelMeFile, write_png_u8};
use bloodpool_phantom::{Rater, SimulatedStudy};
use ndarray::{Array3, Axis};

use crate::outputs;

/// Side of the images.
const SIDE: usize = 256;
/// Label of the left ventricle.
const LABEL: &str = "LV";

/// Writes `images/NAME-PHASE.png`, the true silhouette on it as `truth/silhouettes/NAME-PHASE.png`, and
/// `raters/RATER/NAME-PHASE.json` for every rater.
pub(super) fn write(out: &Path, name: &str, simulated: &SimulatedStudy, raters: &[Rater]) -> anyhow::Result<()> {
    let study = &simulated.labelled.study;
    let truth = &simulated.truth;
    let enlarged = enlarged(study);
    let window = DisplayWindow::of_study(&enlarged);
    for (tag, frame) in rated_frames(truth.end_diastole_frame, truth.end_systole_frame, study.frames()) {
        let image = format!("{name}-{tag}.png");
        let path = out.join("images").join(&image);
        outputs::make_folder_of(&path)?;
        write_png_u8(&path, &window.grey(enlarged.index_axis(Axis(0), frame - 1)), IfExists::Replace)?;
        write_silhouette(&out.join("truth/silhouettes").join(&image), simulated, frame - 1)?;
        for rater in raters {
            let contour = rater.draw(simulated, frame - 1);
            let polygon = polygon_on_image(&contour, (study.rows(), study.columns()), (SIDE, SIDE));
            let file = LabelMeFile::new(&format!("../../images/{image}"), SIDE, SIDE, LABEL, vec![polygon]);
            let path = out.join("raters").join(folder(rater)).join(format!("{name}-{tag}.json"));
            outputs::make_folder_of(&path)?;
            file.write(&path, IfExists::Replace)?;
        }
    }
    Ok(())
}

/// The LV's true silhouette on a frame (from 0), 255 inside, drawn on the grid of the images: the study's own masks are
/// coarser than what raters could have seen.
fn write_silhouette(path: &Path, simulated: &SimulatedStudy, frame: usize) -> anyhow::Result<()> {
    let silhouette = simulated.silhouette(frame, SIDE).context("the study has no such frame")?;
    outputs::make_folder_of(path)?;
    Ok(write_png_u8(path, &silhouette.pixels().mapv(|inside| u8::from(inside) * 255), IfExists::Replace)?)
}

/// `raters.csv`: each rater's folder and group.
pub(super) fn rater_table(raters: &[Rater]) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["rater", "group"])?;
    for rater in raters {
        table.write_record([folder(rater).as_str(), rater.group])?;
    }
    table.into_inner().context("could not finish raters.csv")
}

fn folder(rater: &Rater) -> String {
    format!("rater-{:02}-{}", rater.number, rater.group)
}

/// ED, ES and the second frame of each: `max(1, round(N / 12))` later, round the cycle. Frames from 1.
fn rated_frames(end_diastole: usize, end_systole: usize, frames: usize) -> [(&'static str, usize); 4] {
    let later = (frames as f64 / 12.0).round().max(1.0) as usize;
    let second = |frame: usize| (frame - 1 + later) % frames + 1;
    [("ed", end_diastole), ("ed-second", second(end_diastole)), ("es", end_systole), ("es-second", second(end_systole))]
}

/// Counts of every frame on the grid of the images.
fn enlarged(study: &GatedStudy) -> Array3<f32> {
    let resampling = Resampling::new((study.rows(), study.columns()), (SIDE, SIDE));
    Array3::from_shape_fn((study.frames(), SIDE, SIDE), |(frame, row, column)| {
        resampling.counts_at(&study.frame(frame), row, column) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_frame_is_a_twelfth_later_and_wraps() {
        assert_eq!(rated_frames(1, 9, 24).map(|(_, frame)| frame), [1, 3, 9, 11]);
        assert_eq!(rated_frames(24, 9, 24)[1].1, 2);
        assert_eq!(rated_frames(1, 4, 8).map(|(_, frame)| frame), [1, 2, 4, 5]);
    }
}
