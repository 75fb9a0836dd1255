//! Any sequence of edits can be undone to the bytes of its beginning and redone to those of its end.

use std::sync::OnceLock;

use bloodpool_core::outline::OutlineEdit;
use bloodpool_core::{FrameIndex, GatedStudy, Segmentation};
use bloodpool_phantom::{Family, Population};
use bloodpool_server::{History, ReviewAct, ReviewState};
use proptest::prelude::*;

fn study() -> &'static (GatedStudy, Segmentation) {
    static STUDY: OnceLock<(GatedStudy, Segmentation)> = OnceLock::new();
    STUDY.get_or_init(|| {
        let mut source = Population::ordinary(Family::Own, 5);
        source.matrix = Some(64);
        let labelled = source.study(3).unwrap().labelled;
        let segmentation = labelled.perfect_segmentation();
        (labelled.study, segmentation)
    })
}

fn place() -> impl Strategy<Value = [f64; 2]> {
    [(0.0..64.0), (0.0..64.0)]
}

fn edit() -> impl Strategy<Value = OutlineEdit> {
    prop_oneof![
        (0_usize..34, place()).prop_map(|(index, to)| OutlineEdit::Vertex { index, to }),
        (place(), place(), 1.0..50.0).prop_map(|(from, to, radius_mm)| OutlineEdit::Nudge { from, to, radius_mm }),
        (proptest::collection::vec(place(), 1..4), 1.0..20.0)
            .prop_map(|(path, radius_mm)| OutlineEdit::Brush { path, radius_mm }),
        ([-9.0..9.0, -9.0..9.0], 0.5..1.6, -90.0..90.0).prop_map(|(shift, scale, degrees)| OutlineEdit::Transform {
            shift,
            scale,
            degrees
        }),
        proptest::collection::vec(place(), 3..8).prop_map(|path| OutlineEdit::Redraw { path }),
        Just(OutlineEdit::Smooth),
        (place(), 0.3..0.9).prop_map(|(at, level)| OutlineEdit::Grow { at, level }),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Act(ReviewAct),
    Undo,
    Redo,
}

fn step() -> impl Strategy<Value = Step> {
    let frame = || (0_usize..24).prop_map(FrameIndex::new);
    prop_oneof![
        6 => (frame(), 0_usize..5, edit()).prop_map(|(frame, reach, edit)| ReviewAct::Outline { frame, reach, edit }).prop_map(Step::Act),
        1 => frame().prop_map(|frame| Step::Act(ReviewAct::ResetFrame { frame })),
        1 => frame().prop_map(|frame| Step::Act(ReviewAct::ResetAll { frame })),
        1 => (frame(), frame()).prop_map(|(frame, from)| Step::Act(ReviewAct::CopyFrom { frame, from })),
        1 => frame().prop_map(|frame| Step::Act(ReviewAct::EndDiastole { frame })),
        1 => frame().prop_map(|frame| Step::Act(ReviewAct::EndSystole { frame })),
        1 => (frame(), proptest::collection::vec([10.0..54.0, 10.0..54.0], 0..6))
            .prop_map(|(frame, polygon)| Step::Act(ReviewAct::Background { frame, polygon })),
        2 => Just(Step::Undo),
        1 => Just(Step::Redo),
    ]
}

fn bytes(state: &ReviewState) -> Vec<u8> {
    serde_json::to_vec(state).unwrap()
}

proptest! {
    // `EDIT_SEQUENCES=10000 cargo test --release -p bloodpool-server --test suite -- history::`
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("EDIT_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(150)
    ))]

    #[test]
    fn undoing_all_gives_the_beginning_and_redoing_all_the_end(steps in proptest::collection::vec(step(), 1..14)) {
        let (study, segmentation) = study();
        let mut history = History::new(study.frames());
        let beginning = bytes(history.state());
        for step in &steps {
            match step {
                Step::Act(act) => {
                    if let Ok(change) = act.change(study, segmentation, history.state()) {
                        prop_assert!(change.frame.index() < study.frames());
                        history.push(change);
                    }
                }
                Step::Undo => { history.undo(); }
                Step::Redo => { history.redo(); }
            }
        }
        while history.redo().is_some() {}
        let end = bytes(history.state());
        let number = history.changes().len();
        // A restart of the server reads what was recorded.
        let text = serde_json::to_string(history.changes()).unwrap();
        let reread = History::recorded(study.frames(), serde_json::from_str(&text).unwrap(), number);
        prop_assert_eq!(&bytes(reread.state()), &end);
        let mut undone = 0;
        while history.undo().is_some() { undone += 1; }
        prop_assert_eq!(undone, number);
        prop_assert_eq!(&bytes(history.state()), &beginning);
        prop_assert!(history.state().is_untouched());
        while history.redo().is_some() {}
        prop_assert_eq!(&bytes(history.state()), &end);
        // No frame is left without a pixel, and none leaves the matrix.
        for outline in history.state().outlines.iter().flatten() {
            prop_assert!(!outline.mask(study.rows(), study.columns()).is_empty());
        }
    }
}
