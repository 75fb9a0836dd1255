//! How many raters each image has: which images are rated, and what a reader should know of small, even panels.

use std::collections::BTreeMap;

use super::error::ConsensusError;
use super::options::ConsensusOptions;
use super::rated_image::RatedImage;
use super::record::{ConsensusRule, LeftOutImage};
use crate::annotations::RaterDrawings;
use crate::extracted::{ExtractManifest, ExtractedImage};

/// Fewest raters of which an even number is no cause for a warning.
const LARGE_PANEL: usize = 10;

/// The images with enough raters, in the order of the manifest, and those that are left out.
///
/// # Errors
/// [`ConsensusError::TooFewRaters`] where images may not be left out, or none would remain.
pub(super) fn enough_raters<'a>(
    options: &ConsensusOptions<'_>,
    extract: &'a ExtractManifest,
    raters: &[&RaterDrawings],
) -> Result<(Vec<RatedImage<'a>>, Vec<LeftOutImage>), ConsensusError> {
    let fewest = options.at_least.unwrap_or(options.min_raters).max(1);
    let drawn =
        |image: &ExtractedImage| raters.iter().filter(|rater| rater.drawings.contains_key(image.name())).count();
    let (mut rated, mut left_out) = (Vec::new(), Vec::new());
    for case in &extract.cases {
        for image in &case.images {
            let (name, phase, raters) = (image.name(), image.phase, drawn(image));
            if raters >= fewest {
                rated.push(RatedImage { name, phase, case: &case.case, patient: &case.patient });
            } else {
                left_out.push(LeftOutImage { case: case.case.clone(), image: name.to_owned(), phase, raters });
            }
        }
    }
    if left_out.is_empty() || options.at_least.is_some() && !rated.is_empty() {
        return Ok((rated, left_out));
    }
    let images = left_out.iter().map(|image| format!("{} ({})", image.image, image.raters)).collect();
    Err(ConsensusError::TooFewRaters { min_raters: fewest, images })
}

/// How many images have each number of raters: `4 on 12 images, 5 on 3`.
pub(super) fn sizes(raters: &[usize]) -> String {
    let mut images: BTreeMap<usize, usize> = BTreeMap::new();
    raters.iter().for_each(|&raters| *images.entry(raters).or_default() += 1);
    let sizes = images.iter().enumerate().map(|(index, (raters, images))| match (index, images) {
        (0, 1) => format!("{raters} on 1 image"),
        (0, images) => format!("{raters} on {images} images"),
        (_, images) => format!("{raters} on {images}"),
    });
    sizes.collect::<Vec<_>>().join(", ")
}

/// A warning where images have a small, even number of raters: more than half of them is then a stricter rule than of an odd number,
/// and the consensus is too small. `raters`: their number for each image.
pub(super) fn even_panels(rule: ConsensusRule, raters: &[usize]) -> Option<String> {
    let even: Vec<usize> = raters.iter().copied().filter(|raters| raters % 2 == 0 && *raters < LARGE_PANEL).collect();
    if rule != ConsensusRule::Majority || even.is_empty() {
        return None;
    }
    let (fewest, most) = (even.iter().min()?, even.iter().max()?);
    let panels = if fewest == most { fewest.to_string() } else { sizes(&even) };
    Some(format!(
        "{} of {} images have an even number of raters ({panels}): a pixel that exactly half of them drew is outside the consensus \
         (Eq. 1, strictly more than 0.5), so that its area is too small, by about 6 to 7 % with 2 raters, 3 % with 4 and 2 % with 6 or \
         8. An odd number of raters has no ties",
        even.len(),
        raters.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_even_panels_are_warned_of() {
        let warning = even_panels(ConsensusRule::Majority, &[3, 4, 2, 5, 4]).unwrap();
        assert!(warning.starts_with("3 of 5 images have an even number of raters (2 on 1 image, 4 on 2)"), "{warning}");
        assert!(even_panels(ConsensusRule::Majority, &[4, 4]).unwrap().contains("(4)"));
        for odd_or_large in [&[3, 5][..], &[14, 10], &[]] {
            assert_eq!(even_panels(ConsensusRule::Majority, odd_or_large), None);
        }
        assert_eq!(even_panels(ConsensusRule::Staple, &[2]), None);
        assert_eq!(sizes(&[3, 3, 5]), "3 on 2 images, 5 on 1");
    }
}
