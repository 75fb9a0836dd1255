//! That drawn hearts look like the measured ones, and that truth and counts agree.

use super::*;
use crate::expected::Expected;
use rand::SeedableRng;

fn request(rng: &mut ChaCha8Rng) -> Request {
    Request::ordinary(rng, &(10.0..=80.0), Some(64))
}

fn drawn(seed: u64) -> Expected {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let request = request(&mut rng);
    expected(&mut rng, &request)
}

#[test]
fn lvef_is_what_was_asked_for() {
    for seed in 0..6 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let request = request(&mut rng);
        let found = expected(&mut rng, &request);
        let lvef = found.lvef.unwrap();
        assert!((lvef.curve - request.lvef_percent).abs() < 0.5, "{lvef:?}");
        assert!((lvef.frames - lvef.curve).abs() < 3.0 && (lvef.counts - lvef.curve).abs() < 12.0, "{lvef:?}");
        assert!(found.total.iter().chain(&found.lv).chain(&found.rv).all(|value| value.is_finite() && *value >= 0.0));
    }
}
