//! The ROI-based protocols that `standard` was chosen among.

use bloodpool::Protocol;
use bloodpool::protocol::{BackgroundFrame, BackgroundRegion, Estimator};

/// Arcs: hours from and to, gap and width in mm.
const ARCS: [((f64, f64), f64, f64); 7] = [
    ((2.0, 5.0), 5.0, 7.5),
    ((2.0, 5.0), 7.5, 7.5),
    ((2.0, 5.0), 7.5, 12.5),
    ((1.0, 6.0), 7.5, 12.5),
    ((1.0, 6.0), 10.0, 15.0),
    ((1.0, 7.0), 7.5, 12.5),
    ((3.0, 6.0), 7.5, 12.5),
];
/// When background is sampled, and the name of that.
const FRAMES: [(BackgroundFrame, &str); 4] = [
    (BackgroundFrame::EndSystole, "ES"),
    (BackgroundFrame::AroundEndSystole, "about ES"),
    (BackgroundFrame::EachFrame, "each"),
    (BackgroundFrame::CycleMean, "mean"),
];
const COOLEST: [f64; 4] = [1.0, 0.5, 0.2, 0.1];
const MARGINS_MM: [f64; 3] = [-3.0, 0.0, 3.0];
const CURVE_HARMONICS: [Option<usize>; 2] = [None, Some(4)];

/// Every combination of arc, frame, coolest fraction, ROI margin and smoothing of the curve.
pub(crate) fn candidates() -> Vec<Protocol> {
    let mut all = Vec::new();
    for arc in ARCS {
        for frame in FRAMES {
            for coolest in COOLEST {
                for margin_mm in MARGINS_MM {
                    for harmonics in CURVE_HARMONICS {
                        all.extend(candidate(arc, frame, coolest, margin_mm, harmonics));
                    }
                }
            }
        }
    }
    all
}

fn candidate(
    (hours, gap, width): ((f64, f64), f64, f64),
    (frame, frame_name): (BackgroundFrame, &str),
    coolest: f64,
    margin_mm: f64,
    harmonics: Option<usize>,
) -> Option<Protocol> {
    let mut protocol = Protocol::standard();
    let Estimator::Roi(choices) = &mut protocol.estimator else { return None };
    choices.roi_margin_mm = margin_mm;
    choices.background_frame = frame;
    if let BackgroundRegion::Arc { from_clock, to_clock, gap_mm, width_mm, coolest_fraction, .. } =
        &mut choices.background
    {
        (*from_clock, *to_clock) = hours;
        (*gap_mm, *width_mm, *coolest_fraction) = (gap, width, coolest);
    }
    protocol.curve_harmonics = harmonics;
    let curve = harmonics.map_or("raw".to_owned(), |count| format!("{count} harmonics"));
    protocol.name = format!(
        "{:.0}-{:.0} h, gap {gap}, width {width}, {frame_name}, coolest {coolest}, margin {margin_mm}, {curve}",
        hours.0, hours.1
    );
    Some(protocol)
}
