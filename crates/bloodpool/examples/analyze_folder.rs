//! One JSON document per study of a folder: `cargo run --release -p bloodpool --example analyze_folder -- examples`

use std::path::PathBuf;

use bloodpool::{Analyzer, Error, Selection, dicom};

fn main() -> Result<(), Error> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "examples".into());
    let analyzer = Analyzer::embedded()?;
    let plan = dicom::plan(&[PathBuf::from(folder)], &Selection::default());
    for aside in plan.set_aside {
        eprintln!("{}: {}", aside.path.display(), aside.reason);
    }
    for planned in plan.studies {
        // A study that cannot be analysed does not stop the others.
        match planned.map_err(Error::from).and_then(|planned| analyzer.analyze_planned(&planned)) {
            Ok(study) => println!("{}", study.to_json()?),
            Err(error) => eprintln!("{}: {error}", error.code()),
        }
    }
    Ok(())
}
