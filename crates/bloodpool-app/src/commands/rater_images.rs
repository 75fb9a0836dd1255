//! What raters see and draw: ED, ED+2, ES and ES+2 of a study as 256 x 256 images, and LabelMe files on them.

use std::path::Path;

use bloodpool_dataset::labelme::polygon_on_image;
use bloodpool_dataset::rated_images::SIDE;
use bloodpool_dataset::{IfExists, LabelMeFile, RatedImages, image_name, rated_frames};
use bloodpool_phantom::{Rater, SimulatedStudy};

use crate::outputs;

/// Label of the left ventricle.
const LABEL: &str = "LV";

/// Writes `images/NAME-PHASE.png` and `raters/RATER/NAME-PHASE.json` for every rater.
pub(super) fn write(out: &Path, name: &str, simulated: &SimulatedStudy, raters: &[Rater]) -> anyhow::Result<()> {
    let study = &simulated.labelled.study;
    let truth = &simulated.truth;
    let shown = RatedImages::new(study);
    for rated in rated_frames(truth.end_diastole_frame, truth.end_systole_frame, study.frames()) {
        let image = image_name(name, rated.phase);
        let png = shown.png(rated.frame, &image)?;
        outputs::write(&out.join("images").join(format!("{image}.png")), &png, IfExists::Replace)?;
        for rater in raters {
            let contour = rater.draw(simulated, rated.frame - 1);
            let polygon = polygon_on_image(&contour, (study.rows(), study.columns()), (SIDE, SIDE));
            let file = LabelMeFile::new(&format!("../../images/{image}.png"), SIDE, SIDE, LABEL, vec![polygon]);
            let path = out.join("raters").join(folder(rater)).join(format!("{image}.json"));
            outputs::make_folder_of(&path)?;
            file.write(&path, IfExists::Replace)?;
        }
    }
    Ok(())
}

fn folder(rater: &Rater) -> String {
    format!("rater-{:02}-{}", rater.number, rater.group)
}
