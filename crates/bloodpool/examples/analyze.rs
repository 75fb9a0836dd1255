//! LVEF of one study: `cargo run --release -p bloodpool --example analyze -- examples/normal.dcm`

use bloodpool::{Analyzer, Error};

fn main() -> Result<(), Error> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "examples/normal.dcm".into());
    let study = Analyzer::embedded()?.analyze_file(path)?;
    match study.lvef_percent() {
        Some(lvef) => println!("LVEF {lvef:.1} %"),
        None => println!("no LVEF that may be used"),
    }
    study.analysis().validity.reasons().iter().for_each(|reason| println!("{}", reason.message));
    Ok(())
}
