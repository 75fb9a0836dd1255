//! Times the making of simulated studies: `cargo run --release -p bloodpool-phantom --example time_population --
//! STUDIES [own|other]`
#![allow(clippy::unwrap_used)]

use bloodpool_phantom::{Family, Population};

fn main() {
    let studies: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20);
    let family = if std::env::args().nth(2).as_deref() == Some("other") { Family::Other } else { Family::Own };
    let source = Population::ordinary(family, 5);
    let start = std::time::Instant::now();
    for index in 0..studies {
        source.study(index).unwrap();
    }
    println!("{:.1} ms per study", start.elapsed().as_secs_f64() * 1000.0 / studies as f64);
    let pool = source.pooled(4);
    (0..4).for_each(|index| drop(pool.study(index)));
    let start = std::time::Instant::now();
    for index in 0..studies {
        pool.study(index).unwrap();
    }
    println!("{:.1} ms per study from a pool", start.elapsed().as_secs_f64() * 1000.0 / studies as f64);
}
