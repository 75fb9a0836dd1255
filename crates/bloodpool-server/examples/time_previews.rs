//! Times what the review page computes while a person drags: milliseconds of each part, on simulated studies.
//!
//! `cargo run --release -p bloodpool-server --example time_previews`

use std::time::Instant;

use bloodpool_core::outline::OutlineEdit;
use bloodpool_core::{FrameIndex, GatedStudy, ModelIdentity, Protocol, Segmentation, SegmentationError, Segmenter};
use bloodpool_phantom::{Family, Population};
use bloodpool_server::{OpenedStudy, ReviewAct, ReviewAnalysis, ReviewState};

/// Previews of one drag.
const PREVIEWS: u32 = 60;

/// Never asked: the example measures outlines that are known.
struct Known;

impl Segmenter for Known {
    fn segment(&self, _: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Ok(Segmentation::default())
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: "truth".into(), sha256: String::new() }
    }
}

impl ReviewAnalysis for Known {
    fn segmenter(&self) -> &dyn Segmenter {
        self
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for side in [64, 128] {
        let mut source = Population::ordinary(Family::Own, 5);
        source.matrix = Some(side);
        let labelled = source.study(3)?.labelled;
        let segmentation = labelled.perfect_segmentation();
        let protocol = Protocol::default_for(&segmentation);
        println!("{side} x {side}, {} frames, {}", labelled.study.frames(), protocol.name);
        let model = Known.identity();
        let opened = OpenedStudy::new(labelled.study, segmentation, model, protocol, Vec::new());
        let mut state = ReviewState::untouched(opened.study.frames());
        for frame in FrameIndex::all(6) {
            let edit = OutlineEdit::Transform { shift: [1.0, 0.0], scale: 1.1, degrees: 0.0 };
            let act = ReviewAct::Outline { frame, reach: 0, edit };
            let change = act.change(&opened.study, &opened.segmentation, &state)?;
            state.apply(&change);
        }
        // Each preview moves the outline of ED to another place, as a drag does.
        let (mut by_edit, mut by_measuring) = (Vec::new(), Vec::new());
        for step in 0..PREVIEWS {
            let edit = OutlineEdit::Transform { shift: [0.0, 0.1 * f64::from(step)], scale: 1.05, degrees: 0.0 };
            let act = ReviewAct::Outline { frame: FrameIndex::FIRST, reach: 0, edit };
            let start = Instant::now();
            let change = act.change(&opened.study, &opened.segmentation, &state)?;
            let mut state = state.clone();
            state.apply(&change);
            by_edit.push(start.elapsed().as_secs_f64() * 1000.0);
            let start = Instant::now();
            std::hint::black_box(opened.measured(&state, &Known)?);
            by_measuring.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        println!("  the first is measured in {:.2} ms", by_measuring[0]);
        for (part, mut spent) in [("the edit", by_edit), ("measured", by_measuring)] {
            spent.sort_by(f64::total_cmp);
            println!(
                "  {part}: median {:.2} ms, 95th percentile {:.2} ms",
                spent[spent.len() / 2],
                spent[spent.len() * 19 / 20]
            );
        }
    }
    Ok(())
}
