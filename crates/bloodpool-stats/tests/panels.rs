//! Simulated panels of raters with a known bias: which rule gives it back, whatever the number of raters.

#![allow(clippy::unwrap_used)]

use bloodpool_stats::{Mask, RaterMasks, consensus, rate};

const SIDE: usize = 64;
/// One image each.
const PATIENTS: usize = 24;
const PANELS: u64 = 20;

/// Random numbers after Steele, Lea and Flood (SplitMix64), OOPSLA 2014.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of mean 0 and standard deviation 1, nearly normal.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// What a rater draws whose areas are this much too large: the radius varies by 2 %, the outline by some 4 % of it.
fn drawn(draws: &mut Draws, radius: f64, area_bias: f64) -> Mask {
    let size = radius * (1.0 + area_bias).sqrt() * (1.0 + 0.02 * draws.normal());
    let waves: Vec<[f64; 2]> = (0..4).map(|_| [0.02, 0.02].map(|sd| sd * draws.normal())).collect();
    let middle = SIDE as f64 / 2.0 - 0.5;
    Mask::from_fn(SIDE, SIDE, |row, column| {
        let (y, x) = (row as f64 - middle, column as f64 - middle);
        // Far from the outline no wave matters.
        match x.hypot(y) / size {
            inside if inside < 0.7 => return true,
            outside if outside > 1.3 => return false,
            _ => {}
        }
        let angle = y.atan2(x);
        let wave = (1..).zip(&waves).map(|(times, [cosine, sine])| {
            let (s, c) = (f64::from(times) * angle).sin_cos();
            cosine * c + sine * s
        });
        x.hypot(y) <= size * (1.0 + wave.sum::<f64>())
    })
}

/// A panel of so many raters, of whom the first draws too large by `area_bias`.
fn panel(seed: u64, raters: usize, area_bias: f64) -> Vec<RaterMasks> {
    let mut draws = Draws(seed);
    let radii: Vec<f64> = (0..PATIENTS).map(|_| 15.0 + 6.0 * draws.uniform()).collect();
    let mut of_rater = |number: usize| RaterMasks {
        rater: number.to_string(),
        group: None,
        masks: radii
            .iter()
            .map(|&radius| Some(drawn(&mut draws, radius, if number == 0 { area_bias } else { 0.0 })))
            .collect(),
    };
    (0..raters).map(&mut of_rater).collect()
}

/// Mean area bias of the first rater against pixels that strictly more than half of the others have, percent.
fn against_majority(panel: &[RaterMasks]) -> f64 {
    let of_image = |image: usize| {
        let others: Vec<&Mask> = panel[1..].iter().map(|rater| rater.masks[image].as_ref().unwrap()).collect();
        let area = consensus(&others).unwrap().area() as f64;
        100.0 * (panel[0].masks[image].as_ref().unwrap().area() as f64 - area) / area
    };
    (0..PATIENTS).map(of_image).sum::<f64>() / PATIENTS as f64
}

#[test]
fn added_area_biases_are_recovered_in_panels_of_every_size() {
    let patients: Vec<usize> = (0..PATIENTS).collect();
    let (mut covered, mut all) = (0, 0);
    let mut of_majority = Vec::new();
    for raters in [3, 4, 5, 14] {
        for added in [-10.0, 10.0] {
            let (mut errors, mut majority) = (Vec::new(), Vec::new());
            for seed in 0..PANELS {
                let panel = panel(1000 * raters as u64 + seed, raters, added / 100.0);
                let found = &rate(&panel, &patients).unwrap()[0];
                let [low, high] = found.area_bias_ci95_percent.unwrap();
                covered += usize::from((low..=high).contains(&added));
                all += 1;
                errors.push(found.area_bias_percent - added);
                majority.push(against_majority(&panel) - added);
            }
            let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
            assert!(mean(&errors).abs() < 0.8, "{raters} raters, {added} %: off by {:.2}", mean(&errors));
            of_majority.push((raters, mean(&majority)));
        }
    }
    let share = covered as f64 / all as f64;
    assert!((0.9..=0.99).contains(&share), "{covered} of {all} intervals hold the bias");
    // What the rule is there for: a strict majority of an even number of others is too small.
    for (raters, error) in of_majority {
        match raters {
            3 => assert!(error > 3.0, "{raters} raters: {error:.2}"),
            5 => assert!(error > 1.0, "{raters} raters: {error:.2}"),
            _ => assert!(error.abs() < 1.0, "{raters} raters: {error:.2}"),
        }
    }
}

#[test]
fn dice_against_the_others_does_not_depend_on_parity() {
    let patients: Vec<usize> = (0..PATIENTS).collect();
    let mean_dice = |raters: usize| {
        let panels = (0..PANELS).map(|seed| rate(&panel(seed, raters, 0.0), &patients).unwrap());
        let dice: Vec<f64> = panels.flatten().map(|rater| rater.mean_dice).collect();
        dice.iter().sum::<f64>() / dice.len() as f64
    };
    let found: Vec<f64> = (2..=7).map(mean_dice).collect();
    // More others make a better consensus: Dice grows from size to size, odd or even.
    assert!(found.windows(2).all(|pair| pair[1] > pair[0] - 0.0015), "{found:?}");
}
