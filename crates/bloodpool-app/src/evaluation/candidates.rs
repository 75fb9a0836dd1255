//! The protocols that `standard` and `background_image` were chosen among.

use bloodpool::Protocol;
use bloodpool::protocol::{BackgroundFrame, BackgroundImageChoices, BackgroundRegion, Estimator, Rim};

/// What one candidate differs in.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// Hours from and to, gap and width in mm.
    arc: ((f64, f64), f64, f64),
    frame: (BackgroundFrame, &'static str),
    coolest: f64,
    margin_mm: f64,
    rim: Option<Rim>,
    harmonics: Option<usize>,
}

const ARCS: [((f64, f64), f64, f64); 4] =
    [((1.0, 6.0), 7.5, 12.5), ((2.0, 5.0), 7.5, 12.5), ((1.0, 7.0), 7.5, 12.5), ((2.0, 6.0), 7.5, 20.0)];
const COOLEST: [f64; 3] = [1.0, 0.5, 0.2];
const MARGINS_MM: [f64; 3] = [-3.0, 0.0, 3.0];
const RIM_MM: f64 = 8.0;
const RIM_WEIGHTS: [f64; 3] = [0.25, 0.5, 0.75];
const RIM_FACTORS: [f64; 3] = [0.82, 0.9, 1.0];

/// What the others vary: the arc of `standard` before it had a rim.
const START: Candidate = Candidate {
    arc: ARCS[0],
    frame: (BackgroundFrame::AroundEndSystole, "about ES"),
    coolest: 1.0,
    margin_mm: 0.0,
    rim: None,
    harmonics: Some(4),
};

const IMAGE_MARGINS_MM: [f64; 5] = [0.0, 4.0, 8.0, 12.0, 16.0];
const IMAGE_SMOOTHING_MM: [f64; 4] = [0.0, 3.0, 5.0, 8.0];
const IMAGE_MIXTURES: [f64; 3] = [0.0, 0.25, 0.5];
const IMAGE_CYCLE_FRACTIONS: [f64; 2] = [0.04, 0.08];

/// Every combination of ROI margin, smoothing and weight of `standard`; then, at the preset's own, smoothing over frames.
pub(crate) fn image_candidates() -> Vec<Protocol> {
    let preset = Protocol::background_image();
    let Estimator::BackgroundImage(own) = preset.estimator else { return Vec::new() };
    let mut all = Vec::new();
    for roi_margin_mm in IMAGE_MARGINS_MM {
        for smoothing_mm in IMAGE_SMOOTHING_MM {
            for mixture in IMAGE_MIXTURES {
                all.push(BackgroundImageChoices { roi_margin_mm, smoothing_mm, mixture, ..own });
            }
        }
    }
    all.extend(
        IMAGE_CYCLE_FRACTIONS
            .map(|smoothing_cycle_fraction| BackgroundImageChoices { smoothing_cycle_fraction, ..own }),
    );
    let named = |choices: BackgroundImageChoices| Protocol {
        name: format!(
            "image, margin {}, smoothing {}, over {} of the cycle, standard {}",
            choices.roi_margin_mm, choices.smoothing_mm, choices.smoothing_cycle_fraction, choices.mixture
        ),
        estimator: Estimator::BackgroundImage(choices),
        ..Protocol::background_image()
    };
    all.into_iter().map(named).collect()
}

/// Every combination of arc, coolest fraction, ROI margin and rim; then, with and without a rim, other times at which the
/// arc is sampled, the curve as it was counted, and other widths of the rim. Among them `standard` as it was without a
/// rim: the coolest half of the first arc.
pub(crate) fn candidates() -> Vec<Protocol> {
    let rim = |width_mm: f64, weight: f64, factor: f64| Some(Rim { width_mm, weight, factor });
    let weighted = RIM_WEIGHTS.into_iter().flat_map(|weight| RIM_FACTORS.map(|factor| rim(RIM_MM, weight, factor)));
    let rims: Vec<Option<Rim>> = [None].into_iter().chain(weighted).collect();
    let mut all = Vec::new();
    for arc in ARCS {
        for coolest in COOLEST {
            for margin_mm in MARGINS_MM {
                all.extend(rims.iter().map(|&rim| Candidate { arc, coolest, margin_mm, rim, ..START }));
            }
        }
    }
    for (coolest, rim) in [(0.5, None), (1.0, rim(RIM_MM, 0.5, 0.82))] {
        let like = Candidate { coolest, rim, ..START };
        all.push(Candidate { frame: (BackgroundFrame::EndSystole, "ES"), ..like });
        all.push(Candidate { frame: (BackgroundFrame::EachFrame, "each"), ..like });
        all.push(Candidate { frame: (BackgroundFrame::CycleMean, "mean"), ..like });
        all.push(Candidate { harmonics: None, ..like });
    }
    all.extend([5.0, 12.0].map(|width_mm| Candidate { rim: rim(width_mm, 0.5, 0.82), ..START }));
    all.into_iter().filter_map(Candidate::protocol).collect()
}

impl Candidate {
    fn protocol(self) -> Option<Protocol> {
        let mut protocol = Protocol::standard();
        let Estimator::Roi(choices) = &mut protocol.estimator else { return None };
        choices.roi_margin_mm = self.margin_mm;
        choices.background_frame = self.frame.0;
        choices.rim = self.rim;
        if let BackgroundRegion::Arc { from_clock, to_clock, gap_mm, width_mm, coolest_fraction, .. } =
            &mut choices.background
        {
            ((*from_clock, *to_clock), *gap_mm, *width_mm) = self.arc;
            *coolest_fraction = self.coolest;
        }
        protocol.curve_harmonics = self.harmonics;
        protocol.name = self.name();
        Some(protocol)
    }

    fn name(self) -> String {
        let ((from, to), gap, width) = self.arc;
        let rim = self.rim.map_or_else(
            || "no rim".to_owned(),
            |rim| format!("rim {} mm, weight {}, factor {}", rim.width_mm, rim.weight, rim.factor),
        );
        let curve = self.harmonics.map_or_else(|| "raw".to_owned(), |count| format!("{count} harmonics"));
        format!(
            "{from:.0}-{to:.0} h, gap {gap}, width {width}, {}, coolest {}, margin {}, {rim}, {curve}",
            self.frame.1, self.coolest, self.margin_mm
        )
    }
}
