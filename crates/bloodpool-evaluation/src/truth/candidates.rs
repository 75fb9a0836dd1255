//! The protocols that `background_image` is chosen among: margins, smoothing and mixtures.

use bloodpool_core::Protocol;
use bloodpool_core::protocol::Estimator;

const MARGINS_MM: [f64; 5] = [0.0, 4.0, 8.0, 12.0, 16.0];
const SMOOTHING_MM: [f64; 3] = [0.0, 6.0, 12.0];
const MIXTURES: [f64; 3] = [0.0, 0.15, 0.3];

/// Every combination.
pub fn candidates() -> Vec<Protocol> {
    let mut all = Vec::new();
    for margin_mm in MARGINS_MM {
        for smoothing_mm in SMOOTHING_MM {
            for mixture in MIXTURES {
                let mut protocol = Protocol::background_image();
                if let Estimator::BackgroundImage(choices) = &mut protocol.estimator {
                    choices.roi_margin_mm = margin_mm;
                    choices.smoothing_mm = smoothing_mm;
                    choices.mixture = mixture;
                }
                protocol.name = format!("margin {margin_mm} mm, smoothing {smoothing_mm} mm, mixture {mixture}");
                all.push(protocol);
            }
        }
    }
    all
}
