//! Background: the counts a pixel that do not come from the LV, sampled beside it.

use crate::Mask;
use crate::measure::background_region::{Region, arc, ring, septal_fraction};
use crate::measure::counts::GridCounts;
use crate::measure::spread::{median, scaled_mad};
use crate::protocol::{BackgroundFrame, BackgroundRegion, RoiChoices};

/// Background as it was sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct BackgroundSample {
    /// The pixels it was sampled in, on the protocol's grid.
    pub region: Mask,
    /// Frame whose ROI it lies around, from 0.
    pub frame: usize,
    /// Mean counts a pixel of the grid that each frame loses.
    pub by_frame: Vec<f64>,
    /// Pixels left out because they are hot.
    pub hot_pixels: usize,
    /// Fraction of the region that fell beyond the matrix.
    pub cut_fraction: f64,
    /// Fraction of the region on the septal side of the LV.
    pub septal_fraction: f64,
}

/// Samples background around the ROI of the ES frame (from 0), as the choices say. `rois`: one a frame, on the grid.
///
/// # Errors
/// In words, why the region holds no pixel.
pub fn sample(
    counts: &GridCounts<'_>,
    rois: &[Mask],
    end_systole: usize,
    choices: &RoiChoices,
) -> Result<BackgroundSample, String> {
    let (rows, columns) = counts.dim();
    let empty = Mask::empty(rows, columns);
    let roi = rois.get(end_systole).unwrap_or(&empty);
    let Region { mask: mut region, cut_fraction } = match choices.background {
        BackgroundRegion::Ring { inner, outer, element } => ring(roi, inner, outer, element),
        BackgroundRegion::Arc { from_clock, to_clock, gap_mm, width_mm, assumed_field_mm, .. } => {
            arc(roi, (from_clock, to_clock), gap_mm, width_mm, counts.spacing_mm(assumed_field_mm))
        }
    };
    if region.is_empty() {
        return Err(match choices.background {
            BackgroundRegion::Ring { .. } => {
                "the ring around the ES ROI does not reach the lower right quadrant of the image".into()
            }
            BackgroundRegion::Arc { .. } => "the arc beside the ES ROI lies outside the image or holds no pixel".into(),
        });
    }
    let frames = sampled_frames(choices.background_frame, end_systole, rois.len());
    let mut ventricle = empty.clone();
    frames.iter().filter_map(|&frame| rois.get(frame)).for_each(|roi| ventricle.insert_all(roi));
    region = region.difference(&ventricle);
    let before = region.area();
    if let BackgroundRegion::Arc { hot_pixel_mads, .. } = choices.background {
        region = without_hot_pixels(counts, &region, &frames, hot_pixel_mads);
    }
    let area = region.area();
    if area == 0 {
        return Err("all of the background region lies in the LV ROI of a frame that it is sampled in".into());
    }
    let level = |frame: usize| counts.gross(frame, &region) / area as f64;
    let by_frame = match choices.background_frame {
        BackgroundFrame::EndSystole => vec![level(end_systole); rois.len()],
        BackgroundFrame::EachFrame => frames.iter().map(|&frame| level(frame)).collect(),
        BackgroundFrame::CycleMean => {
            let mean = frames.iter().map(|&frame| level(frame)).sum::<f64>() / frames.len().max(1) as f64;
            vec![mean; rois.len()]
        }
    };
    Ok(BackgroundSample {
        septal_fraction: septal_fraction(&region, roi),
        region,
        frame: end_systole,
        by_frame,
        hot_pixels: before - area,
        cut_fraction,
    })
}

fn sampled_frames(when: BackgroundFrame, end_systole: usize, frames: usize) -> Vec<usize> {
    match when {
        BackgroundFrame::EndSystole => vec![end_systole],
        BackgroundFrame::EachFrame | BackgroundFrame::CycleMean => (0..frames).collect(),
    }
}

/// The region less the pixels that are hotter than `mads` scaled median absolute deviations above its median, in the
/// mean of the frames it is sampled in.
///
/// The deviation is never taken to be less than counting noise: a region of nearly equal counts has no hot pixels.
fn without_hot_pixels(counts: &GridCounts<'_>, region: &Mask, frames: &[usize], mads: f64) -> Mask {
    let pixels: Vec<_> = region.inside().collect();
    let sampled = frames.len().max(1) as f64;
    let values: Vec<f64> =
        pixels.iter().map(|&at| frames.iter().map(|&frame| counts.at(frame, at)).sum::<f64>() / sampled).collect();
    let (Some(centre), Some(deviation)) = (median(&values), scaled_mad(&values)) else {
        return region.clone();
    };
    // Variance of a Poisson count that was multiplied by `scale` and averaged over the frames.
    let noise = (centre.max(0.0) * counts.scale().min(1.0) / sampled).sqrt();
    let limit = centre + mads * deviation.max(noise);
    let mut kept = region.clone();
    pixels.iter().zip(&values).filter(|&(_, &value)| value > limit).for_each(|(&at, _)| kept.set(at, false));
    kept
}
