//! Fills the worklist of a data folder, for trials with many studies: copies of the studies that it holds, with other UIDs and names.
//!
//! `cargo run --release -p bloodpool-server --example fill_worklist DATA_FOLDER STUDIES`
//!
//! The copies are rows of the list. Their files are those of the studies that they were copied from, and no analysis is made.

use std::path::Path;

use bloodpool_server::{NewStudy, ResultKey, Store, StudyQuery, UtcTime};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, wanted] = arguments.as_slice() else {
        return Err("give a data folder and a number of studies".into());
    };
    let store = Store::open(Path::new(folder), "fill_worklist")?;
    let (studies, there) = store.reader()?.studies(&StudyQuery { most: 100, ..StudyQuery::default() })?;
    if studies.is_empty() {
        return Err("the data folder has no study that could be copied".into());
    }
    let wanted: i64 = wanted.parse()?;
    for number in there..wanted {
        let copied = &studies[usize::try_from(number)? % studies.len()];
        let uid = format!("2.25.{}", 1_000_000 + number);
        store.list_study(
            &NewStudy {
                key: ResultKey { input_uid: uid.clone(), ..copied.key.clone() },
                files: copied.files.clone(),
                study_uid: Some(uid),
                patient_name: Some(format!("COPY^{number:05}")),
                patient_id: Some(format!("COPY-{number:05}")),
                study_date: copied.study_date.clone(),
                description: copied.description.clone(),
                lvef_percent: copied.lvef_percent,
                rank: copied.rank.clone(),
                findings: copied.findings.clone(),
            },
            UtcTime::now(),
        )?;
    }
    println!("{} studies in the list", store.reader()?.studies(&StudyQuery::default())?.1);
    Ok(())
}
