//! The mixed model against lme4, statsmodels and another way to compute it, and what it refuses.

use super::*;
use proptest::prelude::*;

/// Diameters of 24 plates (rows) with 6 samples of penicillin, mm: Davies and Goldsmith, Statistical Methods in Research and
/// Production, 1972, Table 6.6, the data `Penicillin` of lme4.
const PENICILLIN: [[u8; 6]; 24] = [
    [27, 23, 26, 23, 23, 21],
    [27, 23, 26, 23, 23, 21],
    [25, 21, 25, 24, 24, 20],
    [26, 23, 25, 23, 23, 20],
    [25, 22, 26, 22, 23, 20],
    [24, 22, 25, 23, 22, 19],
    [24, 20, 23, 21, 22, 19],
    [26, 22, 26, 24, 24, 21],
    [24, 21, 24, 22, 22, 20],
    [24, 21, 24, 23, 22, 19],
    [26, 23, 26, 24, 24, 21],
    [25, 22, 26, 24, 24, 20],
    [26, 24, 26, 24, 25, 22],
    [26, 23, 26, 23, 23, 20],
    [26, 23, 25, 24, 24, 22],
    [25, 22, 25, 23, 23, 20],
    [25, 21, 24, 23, 23, 20],
    [25, 22, 24, 23, 23, 19],
    [24, 21, 23, 21, 21, 19],
    [26, 23, 26, 24, 24, 21],
    [25, 21, 24, 22, 22, 18],
    [25, 22, 25, 22, 22, 20],
    [24, 21, 24, 22, 24, 19],
    [24, 21, 24, 22, 21, 18],
];
/// Samples D, E and F as the second group.
const SECOND: [bool; 6] = [false, false, false, true, true, true];

/// Plates as studies and samples as raters, where `kept`.
fn penicillin(kept: impl Fn(usize, usize) -> bool) -> Vec<Reading> {
    let all = PENICILLIN.iter().enumerate().flat_map(|(study, row)| {
        row.iter().enumerate().map(move |(rater, &value)| Reading { study, rater, value: f64::from(value) })
    });
    all.filter(|reading| kept(reading.study, reading.rater)).collect()
}

/// 82 of the 144 readings: each plate with three or four of the samples.
fn part() -> Vec<Reading> {
    penicillin(|study, rater| (study * 5 + rater * 3) % 7 < 4)
}

#[track_caller]
fn close(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected}");
}

#[track_caller]
fn has(found: &CrossedEffects, [study, rater, residual]: [f64; 3], criterion: f64, effects: &[f64]) {
    close(found.study_sd, study, 1e-5);
    close(found.rater_sd, rater, 1e-5);
    close(found.residual_sd, residual, 1e-6);
    close(found.reml_criterion, criterion, 1e-7);
    for (found, expected) in found.rater_effects.iter().zip(effects) {
        close(found.unwrap(), *expected, 1e-5);
    }
}

#[test]
fn a_complete_design_is_lme4s() {
    let found = crossed_effects(&penicillin(|_, _| true), None).unwrap();
    // lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin): 0.84671, 1.93157, 0.54992, criterion 330.8606, intercept 22.9722
    // with standard error 0.8086 (Bates, lme4: Mixed-effects Modeling with R, section 2.1.1). To more digits, and the effects of the
    // samples: the criterion of dense matrices in NumPy 2.4, minimised by SciPy 1.17.
    has(
        &found,
        [0.846_704_3, 1.931_558_5, 0.549_923_1],
        330.860_588_991_085_9,
        &[2.187_058, -1.010_476, 1.937_899, -0.096_895, -0.013_842, -3.003_744],
    );
    assert_eq!((found.readings, found.studies, found.raters), (144, 24, 6));
    close(found.mean.estimate, 22.972_222_222_222, 1e-9);
    close(found.mean.standard_error, 0.808_573_4, 1e-5);
    // t(0.975, 5) = 2.570581835636314  (SciPy)
    assert_eq!(found.mean.degrees_of_freedom, 5);
    close(found.mean.ci95[1], 22.972_222 + 2.570_582 * 0.808_573, 1e-4);
    assert_eq!(found.group_difference, None);
}

#[test]
fn a_partial_design_is_that_of_statsmodels() {
    // smf.mixedlm("y ~ 1", d, groups="one", vc_formula={"s": "0 + C(s)", "r": "0 + C(r)"}).fit(reml=True) with statsmodels 0.15.0 gives
    // 0.829792, 1.957939, 0.541806 and -2 llf 210.541405; to more digits as above.
    let found = crossed_effects(&part(), None).unwrap();
    has(
        &found,
        [0.829_805_4, 1.957_939_3, 0.541_803_2],
        210.541_404_890_170_7,
        &[2.343_074, -0.985_015, 1.855_329, -0.246_491, 0.045_700, -3.012_597],
    );
    close(found.mean.estimate, 22.978_982_5, 1e-5);
    close(found.mean.standard_error, 0.819_317_1, 1e-5);
}

#[test]
fn the_difference_of_groups_is_that_of_statsmodels() {
    // The same with "y ~ 1 + g": complete 24.013889, -2.083333 (1.426369) and 326.290966; partial 24.056343, -2.154657 (1.433097) and
    // 205.859118.
    let found = crossed_effects(&penicillin(|_, _| true), Some(&SECOND)).unwrap();
    has(&found, [0.846_704_3, 1.743_328_2, 0.549_923_1], 326.290_965_718_583, &[1.148_018, -2.047_068]);
    close(found.group_difference.unwrap().estimate, -2.083_333_333_333, 1e-9);
    close(found.group_difference.unwrap().standard_error, 1.426_369_3, 1e-5);
    let found = crossed_effects(&part(), Some(&SECOND)).unwrap();
    has(&found, [0.829_424_9, 1.748_598_6, 0.541_882_4], 205.859_117_565_822_1, &[1.270_061, -2.053_785, 0.783_724]);
    let difference = found.group_difference.unwrap();
    close(difference.estimate, -2.154_657_34, 1e-5);
    close(difference.standard_error, 1.433_097_0, 1e-5);
    // t(0.975, 4) = 2.7764451051977987  (SciPy)
    assert_eq!(difference.degrees_of_freedom, 4);
    close(difference.ci95[0], -2.154_657_34 - 2.776_445_1 * 1.433_097_0, 1e-4);
    close(found.mean.estimate, 24.056_343_3, 1e-5);
}

#[test]
fn a_variance_that_is_not_there_is_0_and_raters_keep_their_numbers() {
    // Two raters who differ by nothing but noise, numbered 3 and 1.
    let noise = [0.3, -0.2, 0.1, -0.4, 0.2, 0.0, -0.1, 0.1];
    let readings: Vec<Reading> = (0..4)
        .flat_map(|study| {
            [(3, noise[2 * study]), (1, noise[2 * study + 1])].map(|(rater, noise)| (study, rater, noise))
        })
        .map(|(study, rater, noise)| Reading { study, rater, value: 50.0 + 8.0 * study as f64 + noise })
        .collect();
    let found = crossed_effects(&readings, None).unwrap();
    assert_eq!(found.rater_effects.len(), 4);
    assert!(found.rater_effects[0].is_none() && found.rater_effects[2].is_none());
    // Analysis of variance: differences between the raters 0.5, 0.5, 0.2, -0.2 have a mean of 0.25 and a variance of 0.11, so that
    // the rater variance is (0.25^2 - 0.11 / 4) / 2 = 0.0175 and that of the residuals 0.055.
    close(found.rater_sd, 0.0175_f64.sqrt(), 1e-5);
    close(found.residual_sd, 0.055_f64.sqrt(), 1e-5);
    // Without a mean difference there is none.
    let mut even = readings;
    for (reading, value) in even.iter_mut().zip([0.1, -0.1, -0.1, 0.1, 0.1, -0.1, -0.1, 0.1]) {
        reading.value = 50.0 + 8.0 * reading.study as f64 + value;
    }
    let found = crossed_effects(&even, None).unwrap();
    assert_eq!((found.rater_sd, found.rater_effects[3]), (0.0, Some(0.0)));
}

#[test]
fn a_large_partial_design_gives_back_what_was_put_in() {
    // 500 studies with 4 of 50 raters each; effects of about these standard deviations, without random numbers: fractional parts of
    // multiples of the golden ratio are spread evenly, those of a uniform distribution have an SD of 1 / sqrt(12).
    let even = |index: usize, by: f64| ((index as f64 * by).fract() - 0.5) * 12.0_f64.sqrt();
    let mut readings = Vec::new();
    for study in 0..500 {
        for turn in 0..4 {
            let rater = (study * 7 + turn * (11 + study % 5)) % 50;
            let at = readings.len();
            let value = 55.0
                + 9.0 * even(study, 0.618_033_988_749)
                + 3.0 * even(rater, 0.414_213_562_373)
                + 2.0 * even(at * at + 13 * at, 0.732_050_807_568);
            readings.push(Reading { study, rater, value });
        }
    }
    let found = crossed_effects(&readings, None).unwrap();
    assert_eq!((found.readings, found.studies, found.raters), (2000, 500, 50));
    close(found.study_sd, 9.0, 0.5);
    close(found.rater_sd, 3.0, 0.4);
    close(found.residual_sd, 2.0, 0.1);
    close(found.mean.estimate, 55.0, 0.5);
    for (rater, effect) in found.rater_effects.iter().enumerate() {
        close(effect.unwrap(), 3.0 * even(rater, 0.414_213_562_373), 1.5);
    }
}

#[test]
fn what_cannot_be_separated_is_refused() {
    let reading = |study, rater, value| Reading { study, rater, value };
    let of = |readings: &[Reading]| crossed_effects(readings, None);
    // Each study read by one rater: what a study is and what is left cannot be told apart.
    let once = [reading(0, 0, 1.0), reading(1, 0, 2.0), reading(2, 1, 4.0), reading(3, 1, 3.0)];
    let error = of(&once).unwrap_err();
    assert!(error.to_string().contains("do not separate"), "{error}");
    // Each rater with a study of their own, twice.
    let own = [reading(0, 0, 1.0), reading(0, 0, 2.0), reading(1, 1, 4.0), reading(1, 1, 3.0)];
    assert_eq!(of(&own), Err(AgreementError::Inseparable { what: "studies and raters" }));
    assert_eq!(of(&once[..2]), Err(AgreementError::TooFewValues { values: 1, needed: 2 }));
    assert_eq!(of(&[]), Err(AgreementError::TooFewValues { values: 0, needed: 2 }));
    let square = |values: [f64; 4]| [0, 1, 2, 3].map(|at| reading(at / 2, at % 2, values[at]));
    assert_eq!(of(&square([1.0, 2.0, f64::NAN, 4.0])), Err(AgreementError::NotFiniteValue { value: 3 }));
    assert_eq!(of(&square([2.0; 4])), Err(AgreementError::NoSpread { what: "the readings" }));
    assert_eq!(
        of(&square([1.0, 2.0, 4.0, 5.0])),
        Err(AgreementError::NoSpread { what: "the residuals of the readings" })
    );
    assert_eq!(of(&square([1e200, -1e200, 0.0, 3.0])), Err(AgreementError::TooLarge));
    let readings = part();
    let groups = |groups: &[bool]| crossed_effects(&readings, Some(groups)).unwrap_err();
    assert_eq!(groups(&[false; 6]), AgreementError::NoSpread { what: "the groups of the raters" });
    assert_eq!(groups(&[false; 2]), AgreementError::Lengths { left: 2, right: 6 });
    let two = penicillin(|_, rater| rater % 3 == 0);
    let error = crossed_effects(&two, Some(&SECOND)).unwrap_err();
    assert_eq!(error, AgreementError::TooFewValues { values: 2, needed: 3 });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_design_is_fitted_or_refused(
        readings in prop::collection::vec((0_usize..6, 0_usize..5, -50.0..50.0_f64), 0..40),
        second in prop::collection::vec(any::<bool>(), 5),
        shift in -100.0..100.0_f64,
    ) {
        let readings: Vec<Reading> =
            readings.into_iter().map(|(study, rater, value)| Reading { study, rater, value }).collect();
        for groups in [None, Some(&second[..])] {
            if let Ok(found) = crossed_effects(&readings, groups) {
                for value in [found.study_sd, found.rater_sd, found.residual_sd] {
                    prop_assert!(value.is_finite() && value >= 0.0);
                }
                prop_assert!(found.mean.standard_error > 0.0 && found.mean.ci95[0] < found.mean.ci95[1]);
                // A constant moves the mean and nothing else.
                let moved: Vec<Reading> =
                    readings.iter().map(|reading| Reading { value: reading.value + shift, ..*reading }).collect();
                let moved = crossed_effects(&moved, groups).unwrap();
                prop_assert!((moved.mean.estimate - found.mean.estimate - shift).abs() < 1e-3);
                prop_assert!((moved.reml_criterion - found.reml_criterion).abs() < 1e-4);
            }
        }
    }
}
