//! That drawn hearts look like the measured ones, and that truth and counts agree.

use super::heart::Heart;
use super::*;
use crate::cycle::Cycle;
use crate::expected::Expected;
use rand::SeedableRng;

fn drawn(seed: u64, lvef: std::ops::RangeInclusive<f64>) -> (Request, Expected) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let request = Request::ordinary(&mut rng, &lvef, Some(64));
    let expected = expected(&mut rng, &request);
    (request, expected)
}

fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// Hearts with an LVEF like that of adults without symptoms.
fn healthy(count: u64) -> Vec<Heart> {
    (0..count)
        .map(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut request = Request::ordinary(&mut rng, &(50.0..=78.0), Some(64));
            // Blood without papillary muscles ejects some 4 points more than the cavity, which people's tables hold.
            request.lvef_percent = (67.5 + normal(&mut rng, 6.0)).clamp(52.0, 79.0);
            Heart::draw(&mut rng, &request)
        })
        .collect()
}

#[test]
fn left_ventricles_are_as_in_people() {
    // 1,991 adults without symptoms (MESA): EDV 124 +- 31 ml, EF 63.4 +- 7.1 %, length 87 +- 8 mm, length / largest
    // radius 3.50 +- 0.33 at ED and 3.78 at ES, shortening 21 +- 5 %, base descent 12 to 17 mm in the body, EF of blood
    // above that of the cavity.
    let hearts = healthy(300);
    let values = |value: fn(&Heart) -> f64| mean_and_sd(&hearts.iter().map(value).collect::<Vec<_>>());
    let within = |name: &str, (mean, sd): (f64, f64), means: std::ops::Range<f64>, sds: std::ops::Range<f64>| {
        assert!(means.contains(&mean) && sds.contains(&sd), "{name}: {mean:.2} +- {sd:.2}");
    };
    within("EDV", values(|h| h.lv.cavity_ml(0.0)), 110.0..132.0, 24.0..42.0);
    within("length", values(|h| h.lv.length), 82.0..91.0, 6.5..12.0);
    within("length / radius", values(|h| h.lv.length / h.lv.radius), 3.35..3.6, 0.28..0.48);
    let ratio = |h: &Heart| h.lv.cavity_ml(h.lv.end_systole()) / h.lv.cavity_ml(0.0);
    within(
        "EF of the cavity",
        mean_and_sd(&hearts.iter().map(|h| 100.0 * (1.0 - ratio(h))).collect::<Vec<_>>()),
        60.0..66.0,
        4.5..9.0,
    );
    let moment = |h: &Heart| h.lv.at(h.lv.end_systole());
    let shortened = |h: &Heart| 1.0 - (moment(h).apex - moment(h).base) / h.lv.length;
    within("shortening", mean_and_sd(&hearts.iter().map(shortened).collect::<Vec<_>>()), 0.17..0.24, 0.03..0.075);
    within("descent", values(|h| h.lv.descent(h.lv.end_systole())), 11.0..17.0, 2.5..5.5);
}

#[test]
fn profiles_follow_the_measured_radii() {
    // Equal-area radii at 0, 10, 30, 50, 70, 90 % of the length, mm, ED and ES (n = 1,991), each for its own length.
    let tables = [(0.0, 87.1, [19.5, 22.9, 24.8, 23.7, 20.2, 12.5]), (1.0, 87.1, [17.6, 18.0, 15.9, 15.2, 13.0, 8.2])];
    let hearts: Vec<Heart> = healthy(300).into_iter().filter(|heart| heart.words == "normal").collect();
    for (phase, length, radii) in tables {
        for (level, expected) in [0.0, 0.1, 0.3, 0.5, 0.7, 0.9].into_iter().zip(radii) {
            let of = |heart: &Heart| {
                let moment = heart.lv.at(if phase > 0.5 { heart.lv.end_systole() } else { 0.0 });
                let row = (level * (left_ventricle::LONG - 1) as f64).round() as usize;
                let radii = &moment.inner[row * left_ventricle::ROUND..(row + 1) * left_ventricle::ROUND];
                (radii.iter().map(|r| r * r).sum::<f64>() / left_ventricle::ROUND as f64).sqrt() / heart.lv.length
            };
            let (mean, _) = mean_and_sd(&hearts.iter().map(of).collect::<Vec<_>>());
            let expected: f64 = expected / length;
            assert!(
                (mean / expected - 1.0).abs() < 0.16,
                "phase {phase}, level {level}: {mean:.3} where people have {expected:.3}"
            );
        }
    }
}

#[test]
fn the_right_ventricle_ejects_about_what_the_left_one_does() {
    let hearts = healthy(120);
    let plain: Vec<&Heart> = hearts.iter().filter(|heart| !heart.words.contains("valve disease")).collect();
    for heart in &plain {
        let left = heart.lv.blood_ml(0.0) - heart.lv.blood_ml(heart.lv.end_systole());
        let [largest, smallest] = heart.rv.volumes_ml;
        assert!((0.8..1.16).contains(&((largest - smallest) / left)), "{}", heart.words);
    }
    let (mean, sd) = mean_and_sd(&plain.iter().map(|heart| heart.rv.volumes_ml[0]).collect::<Vec<_>>());
    assert!((125.0..190.0).contains(&mean) && sd < 60.0, "{mean} +- {sd}");
}

#[test]
fn a_heart_that_does_not_beat_stays_as_it_is() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let request = Request {
        still: true,
        drop_off: Vec::new(),
        rr_sd: 0.0,
        ..Request::ordinary(&mut rng, &(10.0..=80.0), Some(64))
    };
    let found = expected(&mut rng, &request);
    assert!(found.lvef.unwrap().curve.abs() < 1e-6);
    let sums: Vec<f32> = found.total.outer_iter().map(|frame| frame.sum()).collect();
    assert!(sums.iter().all(|sum| (sum / sums[0] - 1.0).abs() < 1e-4));
    assert_eq!(Cycle::still().contraction(0.4, 0.1), 0.0);
}

#[test]
fn truth_and_counts_agree() {
    let mut errors = Vec::new();
    for seed in 0..24 {
        let (request, found) = drawn(seed, 10.0..=80.0);
        let lvef = found.lvef.unwrap();
        assert!((lvef.curve - request.lvef_percent).abs() < 0.5, "{lvef:?}");
        errors.push(lvef.counts - lvef.curve);
        assert!(found.total.iter().chain(&found.lv).chain(&found.rv).all(|value| value.is_finite() && *value >= 0.0));
        assert!(found.lv.iter().zip(&found.total).all(|(lv, all)| lv <= &(all * 1.0001)));
        let mean = f64::from(found.total.sum()) / request.frames as f64;
        assert!(mean <= request.counts_per_frame * 1.001 && mean > 0.8 * request.counts_per_frame);
        // Silhouettes lie where the LV's counts are.
        let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
        for ((row, column), &value) in found.lv.index_axis(Axis(0), 0).indexed_iter() {
            let from = |k: usize| (k as f64 - (found.side as f64 - 1.0) / 2.0) * found.pixel_mm;
            sum += f64::from(value);
            x += f64::from(value) * from(column);
            y += f64::from(value) * from(row);
        }
        let centre = found.silhouettes[0].centre;
        assert!((x / sum - centre[0]).hypot(y / sum - centre[1]) < 12.0, "seed {seed}");
        // The visible edge lies near the true one.
        let ratio = found.visible[0].area_mm2() / found.silhouettes[0].area_mm2();
        assert!((0.75..1.05).contains(&ratio), "seed {seed}: {ratio}");
    }
    let (mean, sd) = mean_and_sd(&errors);
    assert!(mean.abs() < 2.5 && sd < 3.5, "counts - volumes: {mean} +- {sd}");
}

#[test]
fn most_counts_in_the_outline_are_the_ventricles() {
    // About a half of the counts inside the outline at ED in real chests.
    let shares: Vec<f64> = (0..24)
        .map(|seed| {
            let (_, found) = drawn(100 + seed, 45.0..=75.0);
            let mask = found.silhouettes[0].mask(found.side, found.pixel_mm);
            let of = |counts: &Array3<f32>| {
                mask.inside().map(|(row, column)| f64::from(counts[[0, row, column]])).sum::<f64>()
            };
            of(&found.lv) / of(&found.total)
        })
        .collect();
    let (mean, sd) = mean_and_sd(&shares);
    assert!((0.42..0.56).contains(&mean) && (0.03..0.13).contains(&sd), "{mean} +- {sd}");
}
