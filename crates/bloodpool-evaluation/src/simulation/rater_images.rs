//! What raters see and draw: ED, ED+2, ES and ES+2 of a study as 256 x 256 images, LabelMe files on them, the truth.

use std::path::Path;

use bloodpool_core::FrameIndex;
use bloodpool_core::measure::drop_off::DropOff;
use bloodpool_dataset::consensus::grey_of;
use bloodpool_dataset::labelme::polygon_on_image;
use bloodpool_dataset::rated_images::SIDE;
use bloodpool_dataset::{LabelMeFile, RatedImages, image_name, rated_frames};
use bloodpool_files::{IfExists, make_folder_of, write_png_u8, write_with_folders};
use bloodpool_phantom::{Rater, SimulatedStudy};

use crate::EvaluationError;

/// Label of the left ventricle.
const LABEL: &str = "LV";

/// Writes `images/NAME-PHASE.png`, the true silhouette on it as `truth/silhouettes/NAME-PHASE.png`, and
/// `raters/RATER/NAME-PHASE.json` for every rater.
pub(super) fn write(
    out: &Path,
    name: &str,
    simulated: &SimulatedStudy,
    raters: &[Rater],
) -> Result<(), EvaluationError> {
    let study = &simulated.labelled.study;
    let truth = &simulated.truth;
    let shown = RatedImages::new(study);
    // Where the true ED frame lost counts at the end of the cycle, the nearest whole one is drawn on, as it is extracted.
    let whole = |number: usize| {
        FrameIndex::from_number(number).map_or(number, |frame| DropOff::of(study).nearest_whole(frame).number())
    };
    for rated in rated_frames(whole(truth.end_diastole_frame), truth.end_systole_frame, study.frames()) {
        let image = image_name(name, rated.phase);
        let png = shown.png(rated.frame, &image)?;
        write_with_folders(&out.join("images").join(format!("{image}.png")), &png, IfExists::Replace)?;
        write_silhouette(&out.join(format!("truth/silhouettes/{image}.png")), simulated, rated.frame - 1)?;
        for rater in raters {
            let contour = rater.draw(simulated, rated.frame - 1);
            let polygon = polygon_on_image(&contour, (study.rows(), study.columns()), (SIDE, SIDE));
            let file = LabelMeFile::new(&format!("../../images/{image}.png"), SIDE, SIDE, LABEL, vec![polygon]);
            let path = out.join("raters").join(folder(rater)).join(format!("{image}.json"));
            make_folder_of(&path)?;
            file.write(&path, IfExists::Replace)?;
        }
    }
    Ok(())
}

/// The LV's true silhouette on a frame (from 0), 255 inside, drawn on the grid of the images: the study's own masks are
/// coarser than what raters could have seen.
fn write_silhouette(path: &Path, simulated: &SimulatedStudy, frame: usize) -> Result<(), EvaluationError> {
    let Some(silhouette) = simulated.silhouette(frame, SIDE) else { return Ok(()) };
    make_folder_of(path)?;
    Ok(write_png_u8(path, &grey_of(&silhouette), IfExists::Replace)?)
}

/// `raters.csv`: each rater's folder and group.
pub(super) fn rater_table(raters: &[Rater]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["rater", "group"])?;
    for rater in raters {
        table.write_record([folder(rater).as_str(), &rater.group])?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

fn folder(rater: &Rater) -> String {
    format!("rater-{:02}-{}", rater.number, rater.group)
}
