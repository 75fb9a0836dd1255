//! Any values give finite statistics or an error: never a panic, never NaN; and each keeps its symmetries.

use bloodpool_stats::{
    bland_altman, by_patient, concordance, equivalence, icc, inter_rater, mann_whitney, mean_sd, paired_t,
    proportional_bias, regression, wilcoxon,
};
use ndarray::Array2;
use proptest::prelude::*;
use serde::Serialize;

/// Values of every size, many of them equal.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (-8_i32..8).prop_map(f64::from),
        6 => -100.0..100.0_f64,
        1 => prop_oneof![Just(f64::MAX), Just(f64::MIN), Just(1e155), Just(-1e200), Just(1e-300), Just(5e-324)],
        1 => prop::num::f64::ANY,
    ]
}

fn ordinary() -> impl Strategy<Value = f64> {
    prop_oneof![(-8_i32..8).prop_map(f64::from), -100.0..100.0_f64]
}

fn pairs(values: impl Strategy<Value = f64> + Clone, most: usize) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    prop::collection::vec((values.clone(), values), 0..most).prop_map(|pairs| pairs.into_iter().unzip())
}

/// No number of a result is infinite or undefined: `serde_json` writes those as null.
fn finite<T: Serialize, E>(result: Result<T, E>) -> bool {
    result.map_or(true, |found| !serde_json::to_string(&found).expect("plain numbers").contains("null"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_pairs_give_finite_numbers_or_an_error((a, b) in pairs(value().boxed(), 12)) {
        prop_assert!(finite(mean_sd(&a)));
        prop_assert!(finite(bland_altman(&a, &b)));
        prop_assert!(finite(paired_t(&a, &b)));
        prop_assert!(finite(wilcoxon(&a, &b)));
        prop_assert!(finite(mann_whitney(&a, &b)));
        prop_assert!(finite(concordance(&a, &b)));
        prop_assert!(finite(regression(&a, &b)));
        prop_assert!(finite(proportional_bias(&a, &b)));
        prop_assert!(finite(equivalence(&a, &b, 2.0)));
        let patients: Vec<usize> = (0..a.len()).map(|index| index / 2).collect();
        prop_assert!(finite(by_patient(&patients, &a)));
    }

    #[test]
    fn any_table_gives_finite_numbers_or_an_error(
        (rows, columns) in (0_usize..7, 0_usize..5),
        values in prop::collection::vec(value(), 42),
    ) {
        let table = Array2::from_shape_fn((rows, columns), |(row, column)| values[row * columns + column]);
        prop_assert!(finite(icc(table.view())));
        prop_assert!(finite(inter_rater(table.view())));
    }
}

proptest! {
    #[test]
    fn swapping_the_sides_swaps_the_signs_and_nothing_else((a, b) in pairs(ordinary().boxed(), 70)) {
        if let (Ok(there), Ok(back)) = (wilcoxon(&a, &b), wilcoxon(&b, &a)) {
            prop_assert!(there.p > 0.0 && there.p <= 1.0);
            prop_assert!((there.p - back.p).abs() < 1e-12);
            prop_assert_eq!((there.w_plus, there.w_minus), (back.w_minus, back.w_plus));
            let ranks = there.used as f64;
            prop_assert_eq!(there.w_plus + there.w_minus, ranks * (ranks + 1.0) / 2.0);
        }
        if let (Ok(there), Ok(back)) = (mann_whitney(&a, &b), mann_whitney(&b, &a)) {
            prop_assert!(there.p > 0.0 && there.p <= 1.0);
            prop_assert!((there.p - back.p).abs() < 1e-9);
            prop_assert_eq!(there.u + back.u, (a.len() * b.len()) as f64);
            prop_assert!((there.shift + back.shift).abs() < 1e-9);
        }
        if let (Ok(there), Ok(back)) = (paired_t(&a, &b), paired_t(&b, &a)) {
            prop_assert!((there.t + back.t).abs() <= 1e-9 * there.t.abs());
            prop_assert!((there.p - back.p).abs() < 1e-12);
        }
    }

    #[test]
    fn concordance_is_never_better_than_correlation((a, b) in pairs(ordinary().boxed(), 30)) {
        if let Ok(found) = concordance(&a, &b) {
            prop_assert!(found.ccc.abs() <= found.pearson_r.abs() + 1e-12);
            prop_assert!(found.ccc_ci95[0] <= found.ccc + 1e-12 && found.ccc <= found.ccc_ci95[1] + 1e-12);
            prop_assert!(found.ccc_ci95.iter().all(|limit| limit.abs() <= 1.0));
        }
    }

    #[test]
    fn an_icc_lies_within_its_interval(values in prop::collection::vec(ordinary(), 24)) {
        let table = Array2::from_shape_vec((8, 3), values).expect("24 values");
        if let Ok(found) = icc(table.view()) {
            prop_assert!(found.icc <= 1.0 && found.icc_ci95[0] <= found.icc && found.icc <= found.icc_ci95[1]);
        }
    }
}
