//! What is measured while a person edits, with what unchanged frames gave kept, is to the last bit what is measured anew.

use std::sync::OnceLock;

use bloodpool_core::outline::OutlineEdit;
use bloodpool_core::{
    FrameIndex, GatedStudy, LabelledStudy, ModelIdentity, Protocol, Segmentation, SegmentationError, Segmenter,
};
use bloodpool_phantom::{Family, Population};
use bloodpool_server::{OpenedStudy, ReviewAct, ReviewAnalysis, ReviewState};
use proptest::prelude::*;

struct Known;

impl Segmenter for Known {
    fn segment(&self, _: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Err(SegmentationError::Failed("the outlines are known".into()))
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

/// A simulated study, with or without pixel spacing, measured by a preset; frame 5 without an outline where asked for.
fn opened(preset: &str, spacing: bool, gap: bool) -> OpenedStudy {
    static STUDY: OnceLock<LabelledStudy> = OnceLock::new();
    let labelled = STUDY.get_or_init(|| {
        let mut source = Population::ordinary(Family::Own, 5);
        source.matrix = Some(64);
        source.study(7).unwrap().labelled
    });
    let mut segmentation = labelled.perfect_segmentation();
    if gap {
        segmentation.masks[4] = bloodpool_core::Mask::empty(64, 64);
    }
    let study = if spacing {
        labelled.study.clone()
    } else {
        let mut without = GatedStudy::new(labelled.study.counts().clone(), None).unwrap();
        without.gating = labelled.study.gating.clone();
        without
    };
    OpenedStudy::new(study, segmentation, Known.identity(), Protocol::by_name(preset).unwrap(), Vec::new())
}

fn edit() -> impl Strategy<Value = OutlineEdit> {
    let place = || [(20.0..48.0), (20.0..48.0)];
    prop_oneof![
        (0_usize..32, place()).prop_map(|(index, to)| OutlineEdit::Vertex { index, to }),
        (place(), place(), 1.0..50.0).prop_map(|(from, to, radius_mm)| OutlineEdit::Nudge { from, to, radius_mm }),
        (proptest::collection::vec(place(), 1..4), 1.0..20.0)
            .prop_map(|(path, radius_mm)| OutlineEdit::Brush { path, radius_mm }),
        ([-4.0..4.0, -4.0..4.0], 0.7..1.4, -40.0..40.0).prop_map(|(shift, scale, degrees)| OutlineEdit::Transform {
            shift,
            scale,
            degrees
        }),
        Just(OutlineEdit::Smooth),
    ]
}

fn act() -> impl Strategy<Value = ReviewAct> {
    // ED, ES and frames near them more often: what depends on the choice of these is kept, too.
    let frame = || prop_oneof![Just(0_usize), 7_usize..12, 0_usize..24].prop_map(FrameIndex::new);
    prop_oneof![
        8 => (frame(), 0_usize..3, edit()).prop_map(|(frame, reach, edit)| ReviewAct::Outline { frame, reach, edit }),
        1 => frame().prop_map(|frame| ReviewAct::ResetFrame { frame }),
        1 => frame().prop_map(|frame| ReviewAct::EndDiastole { frame }),
        1 => frame().prop_map(|frame| ReviewAct::EndSystole { frame }),
        1 => (frame(), proptest::collection::vec([10.0..54.0, 10.0..54.0], 3..6))
            .prop_map(|(frame, polygon)| ReviewAct::Background { frame, polygon }),
    ]
}

proptest! {
    // `EDIT_SEQUENCES=10000 cargo test --release -p bloodpool-server --test suite -- previews::`
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("EDIT_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(60)
    ))]

    #[test]
    fn what_is_kept_changes_no_bit(
        preset in prop_oneof![Just("background_image"), Just("standard"), Just("paper"), Just("unmixed")],
        (spacing, gap) in (any::<bool>(), any::<bool>()),
        acts in proptest::collection::vec(act(), 1..8),
    ) {
        let study = opened(preset, spacing, gap);
        let mut state = ReviewState::untouched(study.study.frames());
        for act in &acts {
            let Ok(change) = act.change(&study.study, &study.segmentation, &state) else { continue };
            state.apply(&change);
            let again = study.measured(&state, &Known);
            // Nothing is kept of a study that was just opened.
            let fresh = opened(preset, spacing, gap).measured(&state, &Known);
            let (again, fresh) = match (again, fresh) {
                (Ok(again), Ok(fresh)) => (again, fresh),
                (again, fresh) => {
                    prop_assert_eq!(again.err().map(|error| error.to_string()), fresh.err().map(|error| error.to_string()));
                    continue;
                }
            };
            prop_assert_eq!(again.lvef_percent.to_bits(), fresh.lvef_percent.to_bits());
            prop_assert_eq!(&again.results, &fresh.results);
            prop_assert_eq!(&again.curve, &fresh.curve);
            prop_assert_eq!(&again.unmixed_curve, &fresh.unmixed_curve);
            prop_assert_eq!(&again.background, &fresh.background);
            prop_assert_eq!(&again.background_image, &fresh.background_image);
            prop_assert_eq!(again.counting_error_points.to_bits(), fresh.counting_error_points.to_bits());
            prop_assert_eq!((&again.end_diastole, &again.end_systole), (&fresh.end_diastole, &fresh.end_systole));
            prop_assert_eq!(&again.warnings, &fresh.warnings);
            prop_assert_eq!(study.one_pixel(&state, &again), opened(preset, spacing, gap).one_pixel(&state, &fresh));
        }
    }
}
