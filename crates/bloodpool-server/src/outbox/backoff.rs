//! Times between attempts, spread so that what failed together is not tried again together.

use std::time::Duration;

use bloodpool_dicom::net::RetryPolicy;

/// How long to wait after so many failures, from 1: between half of the delay and the whole of it, as `spread` decides,
/// the same for the same number. `None`: give up.
pub(crate) fn delay(policy: &RetryPolicy, failures: u32, spread: u64) -> Option<Duration> {
    let delay = policy.delay(failures)?;
    // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): neighbouring numbers give unrelated ones.
    let mut mixed = spread.wrapping_add(u64::from(failures) << 32).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let fraction = (mixed >> 11) as f64 / (1u64 << 53) as f64;
    Some(delay.mul_f64(0.5 + 0.5 * fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_a_limit_and_are_spread_over_their_second_half() {
        let policy = RetryPolicy::default();
        for (failures, seconds) in [(1, 10.0), (2, 20.0), (20, 900.0)] {
            let delays: Vec<f64> =
                (0..1000).map(|spread| delay(&policy, failures, spread).unwrap().as_secs_f64()).collect();
            assert!(delays.iter().all(|delay| (0.5 * seconds..=seconds).contains(delay)));
            // The mean of 1,000 uniform numbers has a standard error of 0.0046 of the whole delay.
            let mean = delays.iter().sum::<f64>() / 1000.0 / seconds;
            assert!((mean - 0.75).abs() < 0.02, "{mean}");
        }
        assert_eq!(delay(&RetryPolicy { attempts: Some(2), ..policy }, 2, 0), None);
        assert_eq!(delay(&policy, 3, 7), delay(&policy, 3, 7));
    }
}
