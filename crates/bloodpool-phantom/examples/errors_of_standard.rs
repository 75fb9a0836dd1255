//! What protocol `standard` errs by with perfect outlines, term by term: blur out of the ROI, background, noise.
//!
//! `cargo run --release -p bloodpool-phantom --example errors_of_standard -- [STUDIES] [SEED]`

use std::error::Error;

use bloodpool_core::measure::curve::fitted;
use bloodpool_core::protocol::{BackgroundRegion, Estimator};
use bloodpool_core::{ModelIdentity, Protocol, Segmentation, measure_protocol};
use bloodpool_phantom::{Family, Population, SimulatedStudy};

/// What LVEF would be read from, of LV counts and of counts that came from elsewhere.
const TERMS: [&str; 5] = [
    "counts in the ROI less the level: as read",
    "counts in the ROI less their true background",
    "LV counts in the ROI, noise-free",
    "all LV counts, noise-free",
    "all LV counts, and what the level leaves",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let studies: u64 = arguments.next().map_or(Ok(200), |number| number.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(77), |number| number.parse())?;
    let source = Population::ordinary(Family::Own, seed);
    println!("{studies} simulated studies, seed {seed}, perfect masks");
    for protocol in [Protocol::standard(), arc_alone()] {
        let mut errors = vec![Vec::new(); TERMS.len()];
        let mut ratios = [Vec::new(), Vec::new()];
        for index in 0..studies {
            let case = terms(&source.study(index)?, &protocol)?;
            errors.iter_mut().zip(case.errors).for_each(|(all, error)| all.push(error));
            ratios.iter_mut().zip(case.true_over_level).for_each(|(all, ratio)| all.push(ratio));
        }
        println!("\n{}: LVEF less true LVEF, bias and SD in points", protocol.name);
        for (name, errors) in TERMS.iter().zip(&errors) {
            let (bias, sd) = mean_sd(errors);
            println!("  {name:<46}{bias:>+6.2}{sd:>6.2}");
        }
        for (phase, ratios) in ["ED", "ES"].iter().zip(&ratios) {
            let (mean, sd) = mean_sd(ratios);
            println!("  true background over the level at {phase}: {mean:.2}, SD {sd:.2}");
        }
    }
    Ok(())
}

/// `standard` as it was without a rim: the level of the cooler half of the arc.
fn arc_alone() -> Protocol {
    let mut protocol = Protocol { name: "arc alone, its cooler half".into(), ..Protocol::standard() };
    if let Estimator::Roi(choices) = &mut protocol.estimator {
        choices.rim = None;
        if let BackgroundRegion::Arc { coolest_fraction, .. } = &mut choices.background {
            *coolest_fraction = 0.5;
        }
    }
    protocol
}

struct Case {
    /// EF points, as in [`TERMS`].
    errors: [f64; 5],
    /// Counts in the ROI that did not come from the LV, over what was subtracted, at ED and ES.
    true_over_level: [f64; 2],
}

fn terms(study: &SimulatedStudy, protocol: &Protocol) -> Result<Case, Box<dyn Error>> {
    let labelled = &study.labelled;
    let (counts, masks) = (labelled.study.counts(), &labelled.masks);
    let fraction = labelled.lv_fraction.as_ref().ok_or("no LV fraction")?;
    let segmentation = Segmentation { masks: masks.clone(), ..Segmentation::default() };
    let truth = ModelIdentity { name: "truth".into(), sha256: String::new() };
    let read = measure_protocol(&labelled.study, &segmentation, &truth, protocol)?;
    let level = &read.background_sample.as_ref().ok_or("no background")?.by_frame;

    let in_roi = |value: &dyn Fn([usize; 3]) -> f64| -> Vec<f64> {
        let sum =
            |(frame, mask): (usize, &bloodpool_core::Mask)| mask.inside().map(|(y, x)| value([frame, y, x])).sum();
        masks.iter().enumerate().map(sum).collect()
    };
    let gross = in_roi(&|at| f64::from(counts[at]));
    let lv = in_roi(&|at| f64::from(study.lv_counts[at]));
    // The fraction is LV over all expected counts; a pixel of the LV's silhouette always has one.
    let background = in_roi(&|at| f64::from(study.lv_counts[at]) * (1.0 / f64::from(fraction[at]).max(1e-6) - 1.0));
    let all_lv: Vec<f64> = study.lv_counts.outer_iter().map(|frame| f64::from(frame.sum())).collect();
    let subtracted: Vec<f64> = masks.iter().zip(level).map(|(mask, level)| mask.area() as f64 * level).collect();

    let (ed, es) = (read.end_diastole.frame.index(), read.end_systole.frame.index());
    let usable = vec![true; masks.len()];
    let error = |curve: Vec<f64>| {
        let fit = fitted(&curve, &usable, &read.drop_off, protocol.curve_harmonics.unwrap_or(4));
        100.0 * (1.0 - fit[es] / fit[ed]) - study.truth.lvef_percent
    };
    let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
    let left = less(&background, &subtracted);
    Ok(Case {
        errors: [
            read.lvef_percent - study.truth.lvef_percent,
            error(less(&gross, &background)),
            error(lv),
            error(all_lv.clone()),
            error(all_lv.iter().zip(&left).map(|(lv, left)| lv + left).collect()),
        ],
        true_over_level: [ed, es].map(|frame| background[frame] / subtracted[frame]),
    })
}

fn mean_sd(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0)).sqrt())
}
