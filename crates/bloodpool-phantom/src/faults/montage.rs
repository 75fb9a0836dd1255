//! temp
use super::*;
use rand::SeedableRng;
#[test]
fn dump() {
    use std::io::Write;
    let mut times = Vec::new();
    for (n, kind) in Kind::ALL.into_iter().enumerate() {
        for seed in 0..6u64 {
            let mut rng = ChaCha8Rng::seed_from_u64(1000 + seed);
            let t = std::time::Instant::now();
            let made = make(kind, &mut rng, &toy::family, None);
            let dt = t.elapsed().as_secs_f64();
            let s = made.into_study(&mut rng, (1, seed), 1.0).unwrap();
            times.push((dt, kind.name(), s.side));
            let c = s.labelled.study.counts().clone();
            let (f, r, _) = c.dim();
            let mut out =
                std::fs::File::create(format!("/tmp/bad_montage/{n:02}_{}_{seed}_{f}_{r}.f32", kind.name())).unwrap();
            let bytes: Vec<u8> = c.iter().flat_map(|v| v.to_le_bytes()).collect();
            out.write_all(&bytes).unwrap();
        }
    }
    times.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{:?}", &times[..12]);
}
