//! `calibrate`: a bias and a scale of the shipped interval from reference LVEF obtained without sight of our outline.

use std::path::PathBuf;

use bloodpool::Model;
use bloodpool::reference_table::{self, Row};
use bloodpool_core::analysis::measure;
use bloodpool_core::uncertainty::{Calibration, Features, LocalCalibration, LocalExample, LocalFit};
use bloodpool_dicom::{Selection, plan};
use bloodpool_stats::Proportion;

use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::CalibrateSettings;
use crate::{outputs, progress};

/// Analyses every study of the table, fits, prints what was found and writes the calibration.
pub(crate) fn run(settings: &CalibrateSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    outputs::refuse_existing([settings.out.as_path()], settings.force)?;
    let (rows, refused) = reference_table::read(&settings.table)
        .map_err(|error| wrong_usage(format!("{}: {:#}", settings.table.display(), anyhow::Error::new(error))))?;
    let model = Model::load(&settings.model, &settings.device).map_err(as_usage)?;
    let Some(shipped) = &model.calibration else {
        return Err(wrong_usage(format!(
            "model {} was shipped without an interval that a calibration could scale",
            model.segmenter.identity().name
        )));
    };
    for row in &refused {
        eprintln!("error: line {} of {} {}", row.line, settings.table.display(), row.why);
    }
    let bar = progress::bar(rows.len() as u64, "analysing");
    let (mut examples, mut failed) = (Vec::new(), 0);
    for row in &rows {
        if interrupt.seen() {
            bar.finish_and_clear();
            return Ok(Outcome::Interrupted);
        }
        match example(row, &model, shipped) {
            Ok(example) => examples.push(example),
            Err(error) => {
                failed += 1;
                bar.suspend(|| eprintln!("error: line {} of {}: {error}", row.line, settings.table.display()));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();

    let mut references: Vec<&str> = rows.iter().map(|row| row.reference.as_str()).collect();
    references.sort_unstable();
    references.dedup();
    let local = LocalCalibration::fit(&examples, &references.join(", "), shipped.shipped_for.clone())
        .map_err(|error| wrong_usage(format!("no calibration from {}: {error}", settings.table.display())))?;
    let text = serde_json::to_string_pretty(&local)? + "\n";
    outputs::write(&settings.out, text.as_bytes(), outputs::if_exists(settings.force))?;
    print!("{}", summary(&local, failed, refused.len()));
    println!("\nWritten to {0}. Use it: bloodpool analyze STUDY --calibration {0}", settings.out.display());
    Ok(if failed + refused.len() == 0 { Outcome::Done } else { Outcome::SomeFailed })
}

/// LVEF of a row's study, and how far its shipped interval reaches.
fn example(row: &Row, model: &Model, shipped: &Calibration) -> anyhow::Result<LocalExample> {
    let inputs: [PathBuf; 1] = [row.study.clone()];
    let mut planned = plan(&inputs, &Selection::default()).into_iter();
    let study = match (planned.next(), planned.next()) {
        (Some(study), None) => study?.read()?.study,
        _ => anyhow::bail!("{} holds several studies; name one", row.study.display()),
    };
    let segmentation = model.segmenter.segment(&study)?;
    let analysis = measure(&study, segmentation, model.segmenter.identity(), &shipped.shipped_for.protocol)?;
    anyhow::ensure!(shipped.holds_for(&analysis), "the shipped interval is that of another model");
    let features = Features::of(&study, &analysis);
    let reach = shipped.reach_points(&features);
    Ok(LocalExample {
        lvef_percent: analysis.lvef_percent,
        reach_points: reach.ok_or_else(|| anyhow::anyhow!("its interval came out infinite or undefined"))?,
        reference_percent: row.lvef_percent,
        group: row.group.clone(),
    })
}

/// What was found, in words.
fn summary(local: &LocalCalibration, failed: usize, refused: usize) -> String {
    let mut text = format!(
        "{} studies against {} ({failed} failed, {refused} rows refused)\n{}",
        local.all.studies,
        local.reference,
        in_words(&local.all)
    );
    for group in &local.groups {
        text += &format!("\nGroup {}, {} studies\n{}", group.group, group.fit.studies, in_words(&group.fit));
    }
    text
}

fn in_words(fit: &LocalFit) -> String {
    let coverage = |share: &Proportion| {
        let [low, high] = share.ci95_percent;
        format!("{:.1} % ({} of {}; 95 % range {low:.1} to {high:.1} %)", share.percent, share.having, share.of)
    };
    let side = if fit.bias_points < 0.0 { "below" } else { "above" };
    format!(
        "  Bias                  LVEF reads {:.1} points {side} the reference\n  \
         Scale                 {:.2} times the shipped interval\n  \
         Shipped interval      held {}\n  \
         Local interval        holds {}, each study by the bias and scale of the others\n",
        fit.bias_points.abs(),
        fit.scale,
        coverage(&fit.shipped_coverage),
        coverage(&fit.coverage),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::uncertainty::ShippedFor;
    use bloodpool_core::{ModelIdentity, Protocol};

    #[test]
    fn what_was_found_is_said_with_its_range() {
        let examples: Vec<LocalExample> = (0..200)
            .map(|k| LocalExample {
                lvef_percent: 60.0,
                reach_points: [5.0, 5.0],
                reference_percent: 58.0 + f64::from(k % 9) - 4.0,
                group: None,
            })
            .collect();
        let model = ModelIdentity { name: "m".into(), sha256: "0".into() };
        let shipped_for = ShippedFor { model, protocol: Protocol::standard(), data: "simulated".into() };
        let local = LocalCalibration::fit(&examples, "CMR", shipped_for).unwrap();
        let text = summary(&local, 3, 2);
        for part in ["200 studies against CMR (3 failed, 2 rows refused)", "points above the reference", "95 % range"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
