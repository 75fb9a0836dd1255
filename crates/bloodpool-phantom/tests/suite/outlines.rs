//! What an outline loses when it becomes a spline, on simulated studies: Dice, area and LVEF.
//!
//! `OUTLINES=200 cargo test --release -p bloodpool-phantom --test suite -- outlines:: --nocapture` prints the figures of 200 studies.

use bloodpool_core::analysis::measure;
use bloodpool_core::outline::FrameOutline;
use bloodpool_core::{Mask, ModelIdentity, Protocol, measure_edited};
use bloodpool_phantom::{Family, Population};
use bloodpool_stats::overlap;

#[test]
fn an_outline_that_becomes_a_spline_keeps_its_pixels_and_the_lvef() {
    let studies: u64 = std::env::var("OUTLINES").ok().and_then(|count| count.parse().ok()).unwrap_or(10);
    let model = ModelIdentity { name: "true outlines".into(), sha256: String::new() };
    let (mut frames, mut splines, mut least, mut sum) = (0_usize, 0_usize, 1.0_f64, 0.0);
    let (mut largest_change, mut sum_change, mut area_change) = (0.0_f64, 0.0, 0.0_f64);
    let mut seconds = 0.0;
    let mut measured = 0_usize;
    for index in 0..studies {
        let family = if index % 2 == 0 { Family::Own } else { Family::Other };
        let simulated = Population::ordinary(family, 77).study(index).unwrap().labelled;
        let segmentation = simulated.perfect_segmentation();
        let (rows, columns) = (simulated.study.rows(), simulated.study.columns());
        let edited: Vec<Mask> = segmentation
            .masks
            .iter()
            .map(|mask| {
                let outline = FrameOutline::of_mask(mask);
                let drawn = outline.mask(rows, columns);
                frames += 1;
                splines += usize::from(matches!(outline, FrameOutline::Spline(_)));
                let dice = overlap(mask, &drawn).unwrap().dice;
                least = least.min(dice);
                sum += dice;
                area_change = area_change.max((drawn.area() as f64 / mask.area() as f64 - 1.0).abs());
                drawn
            })
            .collect();
        for protocol in [Protocol::default_for(&segmentation), Protocol::standard()] {
            let Ok(before) = measure(&simulated.study, segmentation.clone(), model.clone(), &protocol) else {
                continue;
            };
            let start = std::time::Instant::now();
            let after = measure_edited(&simulated.study, &segmentation, &edited, model.clone(), &protocol).unwrap();
            seconds += start.elapsed().as_secs_f64();
            let change = (after.lvef_percent - before.lvef_percent).abs();
            largest_change = largest_change.max(change);
            sum_change += change;
            measured += 1;
        }
    }
    println!(
        "{studies} studies, {frames} frames, {splines} splines; Dice least {least:.4}, mean {:.5}; area at most {:.2} %; \
         LVEF change at most {largest_change:.3}, mean {:.4} points; {:.1} ms per measurement",
        sum / frames as f64,
        100.0 * area_change,
        sum_change / measured as f64,
        1000.0 * seconds / measured as f64
    );
    assert!(splines as f64 >= 0.98 * frames as f64, "{splines} of {frames} frames are splines");
    assert!(least >= 0.99, "Dice {least}");
    assert!(largest_change <= 0.3, "LVEF changes by {largest_change} points");
}
