//! How long the parts of a training step take: `cargo run --release -p bloodpool-nn --example time_training -- CONFIG.toml
//! [STEPS] [SIDE]`. Studies come from memory, so that simulating them does not count.

use std::time::Instant;

use bloodpool_core::{GatedStudy, LabelledStudy, Landmarks, Mask, Orientation, RightVentricle, Scene, Shown, View};
use bloodpool_nn::TrainingConfig;
use bloodpool_nn::device;
use bloodpool_nn::learner::Learner;
use bloodpool_nn::training_view::draw_view;
use ndarray::Array3;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    bloodpool_nn::keep_freed_memory();
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a configuration, for example models/compact.toml")?;
    let steps: usize = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let side: usize = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let config = TrainingConfig::from_toml(&std::fs::read_to_string(path)?)?;
    let samples: Vec<LabelledStudy> = (0..8).map(|index| sample(side, index)).collect::<Result<_, _>>()?;
    let mut learner = Learner::new(&config, &device::by_name("cpu")?)?;
    let (mut drawing, mut learning) = (Vec::new(), Vec::new());
    for step in 0..steps {
        let begun = Instant::now();
        let mut rng = ChaCha8Rng::seed_from_u64(step as u64);
        let views: Vec<_> = (0..config.studies_per_step * config.views_per_study)
            .map(|view| {
                let sample = &samples[view % samples.len()];
                draw_view(sample, &config.augmentation, config.frames_per_view, config.network.layout(), &mut rng)
            })
            .collect();
        drawing.push(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let terms = learner.step(step, &views, &config).ok_or("the loss is not finite")?;
        learning.push(begun.elapsed().as_secs_f64());
        println!("step {step}: views {:.3} s, learning {:.3} s, {terms:?}", drawing[step], learning[step]);
    }
    let fastest = |seconds: &[f64]| seconds.iter().copied().fold(f64::MAX, f64::min);
    println!("fastest: views {:.3} s on one thread, learning {:.3} s", fastest(&drawing), fastest(&learning));
    Ok(())
}

/// Two discs that shrink and grow again, LV and RV, in 24 frames.
fn sample(side: usize, index: usize) -> Result<LabelledStudy, bloodpool_core::study::StudyError> {
    let unit = side as f64 / 64.0;
    let disc = |frame: usize, x: f64, y: f64| {
        let wave = 0.5 + 0.5 * (std::f64::consts::TAU * frame as f64 / 24.0).cos();
        let radius = (6.0 + 2.5 * wave) * unit;
        Mask::from_fn(side, side, |row, column| (row as f64 - y * unit).hypot(column as f64 - x * unit) < radius)
    };
    let lv: Vec<Mask> = (0..24).map(|frame| disc(frame, 40.0 - index as f64, 32.0)).collect();
    let rv: Vec<Mask> = (0..24).map(|frame| disc(frame, 22.0 - index as f64, 30.0)).collect();
    let share = |masks: &[Mask], value: f32| {
        Array3::from_shape_fn(
            (24, side, side),
            |(frame, row, column)| {
                if masks[frame].contains(row, column) { value } else { 0.0 }
            },
        )
    };
    let counts = 20.0 + share(&lv, 60.0) + share(&rv, 60.0);
    let landmarks = Landmarks { apex: [40.0 * unit, 40.0 * unit], valve_plane: [[36.0 * unit, 26.0 * unit]; 2] };
    let shown = Shown {
        heart: true,
        view: Some(View::LeftAnteriorOblique),
        orientation: Some(Orientation::default()),
        gating_sound: Some(true),
    };
    Ok(LabelledStudy {
        study: GatedStudy::new(counts, None)?,
        annotated: None,
        lv_fraction: Some(share(&lv, 0.75)),
        masks: lv,
        lv_volume_ml: None,
        lvef_percent: Some(50.0),
        scene: Some(Scene {
            shown,
            rv: Some(RightVentricle { fraction: share(&rv, 0.75), masks: rv }),
            landmarks: Some(vec![landmarks; 24]),
            lvef_counts_percent: None,
            lvef_images_percent: None,
        }),
        reference: None,
    })
}
