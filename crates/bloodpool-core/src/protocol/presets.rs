//! The named protocols: `background_image`, `standard`, `paper` and `unmixed`, each with its title and status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ASSUMED_FIELD_MM, BackgroundFrame, BackgroundImageChoices, BackgroundRegion, Element, Estimator, FrameChoice, Grid,
    Protocol, Rim, RoiChoices,
};
use crate::Segmentation;

/// What a preset, or a number beside the LVEF, is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresetStatus {
    /// Used unless another is named, where the segmenter gives an LV fraction.
    Default,
    /// Used unless another is named, where it gives none.
    DefaultWithoutFraction,
    /// As published; for comparison with the publication.
    Published,
    /// Not meant to be read by itself.
    Experimental,
    /// For comparison with another program.
    Comparison,
}

/// A named protocol with what people read about it.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Its name, which is also its key among the LVEF of a study.
    pub name: &'static str,
    /// A short title.
    pub title: &'static str,
    /// What is counted and what is subtracted, in one sentence without a full stop.
    pub description: &'static str,
    /// What it is meant for.
    pub status: PresetStatus,
    make: fn() -> Protocol,
}

impl Preset {
    /// Every preset, in the order in which they are shown.
    pub const ALL: [Self; 4] = [
        Self {
            name: "background_image",
            title: "Background image",
            description: "counts in each frame's grown ROI, less the background image that the network sees there",
            status: PresetStatus::Default,
            make: Protocol::background_image,
        },
        Self {
            name: "standard",
            title: "ROI with background beside it",
            description: "counts in each frame's ROI, less background from an arc beside it and the rim round it",
            status: PresetStatus::DefaultWithoutFraction,
            make: Protocol::standard,
        },
        Self {
            name: "paper",
            title: "Oh et al. 2022, Eq. 5 and 6",
            description: "counts in each frame's ROI on the 256 grid, less the mean of a ring round the ES ROI",
            status: PresetStatus::Published,
            make: Protocol::paper,
        },
        Self {
            name: "unmixed",
            title: "LV fraction",
            description: "LV fraction of every pixel times its counts, over the whole field; outlines do not count",
            status: PresetStatus::Experimental,
            make: Protocol::unmixed,
        },
    ];

    /// The preset of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name == name)
    }

    /// The protocol itself.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        (self.make)()
    }
}

impl RoiChoices {
    /// Those of the preset `standard`.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            grid: Grid::Study,
            roi_margin_mm: 0.0,
            background: BackgroundRegion::Arc {
                from_clock: 1.0,
                to_clock: 6.0,
                gap_mm: 7.5,
                width_mm: 12.5,
                assumed_field_mm: ASSUMED_FIELD_MM,
                hot_pixel_mads: 3.0,
                coolest_fraction: 1.0,
            },
            background_frame: BackgroundFrame::AroundEndSystole,
            rim: Some(Rim { width_mm: 8.0, weight: 0.5, factor: 0.82 }),
        }
    }
}

impl Protocol {
    /// The names of the presets, in the order in which they are shown.
    pub const NAMES: [&'static str; Preset::ALL.len()] =
        [Preset::ALL[0].name, Preset::ALL[1].name, Preset::ALL[2].name, Preset::ALL[3].name];

    /// A preset by name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Preset::by_name(name).map(|preset| preset.protocol())
    }

    /// What a study is measured by unless a protocol is named: `background_image` where the segmenter gives an LV
    /// fraction, else `standard` (masks drawn by hand, or by a segmenter without fractions).
    ///
    /// `segmentation` is as the segmenter gave it. Where it found no LV on any frame, `standard` too: a fraction without an
    /// outline could not move with one that is drawn.
    #[must_use]
    pub fn default_for(segmentation: &Segmentation) -> Self {
        let found = segmentation.masks.iter().any(|mask| !mask.is_empty());
        if found && segmentation.lv_fraction.is_some() { Self::background_image() } else { Self::standard() }
    }

    /// Whether every choice is the same, but for ED and ES set by hand and the name.
    #[must_use]
    pub fn same_choices(&self, other: &Self) -> bool {
        let mut like = other.clone();
        like.name.clone_from(&self.name);
        like.frames.ed_override = self.frames.ed_override;
        like.frames.es_override = self.frames.es_override;
        *self == like
    }

    /// Counts in each frame's ROI, grown by what the camera's blur carries out of it, less the background image that the
    /// segmenter's LV fraction gives, smoothed; read from a fit of four harmonics to the whole curve.
    #[must_use]
    pub fn background_image() -> Self {
        Self {
            name: "background_image".into(),
            estimator: Estimator::BackgroundImage(BackgroundImageChoices {
                roi_margin_mm: 12.0,
                smoothing_mm: 2.0,
                smoothing_cycle_fraction: 0.0,
                mixture: 0.0,
                assumed_field_mm: ASSUMED_FIELD_MM,
            }),
            frames: FrameChoice::default(),
            curve_harmonics: Some(4),
        }
    }

    /// Variable ROIs in the study's own matrix, background half from a posterolateral arc and half
    /// from the rim of each frame's ROI, net counts read from a fit of four harmonics to the whole curve.
    ///
    /// Chosen by measurement among ROI-based candidates on simulated studies (`docs/PROTOCOL.md`).
    #[must_use]
    pub fn standard() -> Self {
        Self {
            name: "standard".into(),
            estimator: Estimator::Roi(RoiChoices::standard()),
            frames: FrameChoice::default(),
            curve_harmonics: Some(4),
        }
    }

    /// The same with a background region that a person drew, in pixels of the study's own matrix: net counts in each frame's ROI
    /// less the mean of that region. A protocol without a background ROI, as `background_image`, becomes `standard` with it, since a
    /// region cannot be part of an image. How far such an LVEF is from the truth depends on the person, so that no calibration holds.
    #[must_use]
    pub fn with_drawn_background(&self, polygon: Vec<[f64; 2]>) -> Self {
        let roi = self.estimator.roi_choices().cloned().unwrap_or_else(RoiChoices::standard);
        let background = BackgroundRegion::Drawn { polygon };
        Self {
            name: "drawn_background".into(),
            estimator: Estimator::Roi(RoiChoices { background, rim: None, ..roi }),
            frames: self.frames.clone(),
            curve_harmonics: self.curve_harmonics,
        }
    }

    /// Oh et al. 2022: Eq. 5 and Eq. 6 on the 256 grid.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            name: "paper".into(),
            estimator: Estimator::Roi(RoiChoices {
                grid: Grid::Square256,
                roi_margin_mm: 0.0,
                background: BackgroundRegion::Ring { inner: 3, outer: 8, element: Element::Square },
                background_frame: BackgroundFrame::EndSystole,
                rim: None,
            }),
            frames: FrameChoice::default(),
            curve_harmonics: None,
        }
    }

    /// LV fraction x counts, no background ROI. Experimental.
    #[must_use]
    pub fn unmixed() -> Self {
        Self {
            name: "unmixed".into(),
            estimator: Estimator::Unmixed,
            frames: FrameChoice::default(),
            curve_harmonics: Some(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_found_by_the_name_that_they_bear() {
        for preset in Preset::ALL {
            assert_eq!(Protocol::by_name(preset.name).unwrap(), preset.protocol());
            assert_eq!(preset.protocol().name, preset.name);
        }
        assert_eq!(Protocol::by_name("papr"), None);
    }

    #[test]
    fn a_protocol_is_read_as_it_is_written() {
        for preset in Preset::ALL {
            let protocol = preset.protocol();
            let written = serde_json::to_string(&protocol).unwrap();
            assert_eq!(serde_json::from_str::<Protocol>(&written).unwrap(), protocol, "{written}");
        }
        let misspelt = serde_json::to_string(&Protocol::background_image()).unwrap().replace("mixture", "mixtur");
        assert!(serde_json::from_str::<Protocol>(&misspelt).is_err());
    }

    #[test]
    fn frames_set_by_hand_and_names_are_no_other_choices() {
        let mut own = Protocol { name: "mine".into(), ..Protocol::standard() };
        own.frames.es_override = Some(crate::FrameIndex::new(8));
        assert!(own.same_choices(&Protocol::standard()));
        own.curve_harmonics = Some(3);
        assert!(!own.same_choices(&Protocol::standard()));
    }

    #[test]
    fn the_default_depends_on_the_fraction() {
        let fraction = ndarray::Array3::zeros((8, 32, 32));
        let masks = vec![crate::Mask::from_fn(32, 32, |row, _| row == 9); 8];
        let with = Segmentation { masks, lv_fraction: Some(fraction), ..Segmentation::default() };
        assert_eq!(Protocol::default_for(&with).name, "background_image");
        let nothing = Segmentation { masks: vec![crate::Mask::empty(32, 32); 8], ..with.clone() };
        assert_eq!(Protocol::default_for(&nothing).name, "standard");
        assert_eq!(Protocol::default_for(&Segmentation { lv_fraction: None, ..with }).name, "standard");
        assert_eq!(Protocol::default_for(&Segmentation::default()).name, "standard");
    }
}
