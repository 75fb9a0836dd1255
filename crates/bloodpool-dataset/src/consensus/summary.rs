//! The summary of a consensus for a terminal: a table of the raters, their LVEF, and their groups.

use std::fmt::Write as _;
use std::path::Path;

use bloodpool_stats::{GroupComparison, GroupDifference};

use super::panels::sizes;
use super::variance::VarianceComponents;
use super::{Agreement, CONSENSUS_FOLDER, ConsensusRule, Formed, LeftOutImage, RaterResult, RepeatFigures, Repeats};

impl Formed {
    /// The summary; `folder`: the folder of the images.
    #[must_use]
    pub fn summary(&self, folder: &Path) -> String {
        summary(folder, self)
    }
}

fn summary(folder: &Path, formed: &Formed) -> String {
    let manifest = &formed.manifest;
    let images: Vec<usize> = manifest.cases.iter().flat_map(|case| &case.images).map(|image| image.raters).collect();
    let (fewest, most) = (images.iter().min().unwrap_or(&0), images.iter().max().unwrap_or(&0));
    let raters = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
    let rule = match manifest.rule {
        ConsensusRule::Majority => "more than half of",
        ConsensusRule::Staple => "STAPLE of",
    };
    let mut text =
        format!("Consensus of {} images of {} studies: {rule} {raters} raters\n", images.len(), manifest.cases.len());
    if fewest != most {
        let _ = writeln!(text, "Raters per image: {}", sizes(&images));
    }
    left_out(&mut text, &manifest.left_out_images, manifest.at_least);
    for warning in &manifest.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    if let Some(agreement) = &formed.manifest.agreement {
        table(&mut text, agreement, &manifest.left_out_as_outliers);
        lvef(&mut text, agreement);
        kappa(&mut text, agreement);
        variance(&mut text, agreement);
        groups(&mut text, agreement);
    }
    if let Some(repeats) = &manifest.repeats {
        repeated(&mut text, repeats);
    }
    let without = manifest.cases.iter().filter(|case| case.lvef_percent.is_none()).count();
    if without > 0 {
        let _ = writeln!(text, "{without} studies have no LVEF by Eq. 5 and 6: consensus.json gives the reasons");
    }
    let _ = write!(text, "Written to {}", folder.join(CONSENSUS_FOLDER).display());
    text
}

fn table(text: &mut String, agreement: &Agreement, left_out: &[String]) {
    let name = |rater: &RaterResult| rater.against_others.rater.chars().count();
    let width = agreement.raters.iter().map(name).max().unwrap_or(0).max(5);
    let _ = writeln!(text, "\n  {:width$}  images   Dice    area  (95 % CI)         EF bias   EF SD", "rater");
    for rater in &agreement.raters {
        let own = &rater.against_others;
        let points = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:+.1}"));
        let sd = rater.ef_sd_points.map_or_else(|| "-".to_owned(), |sd| format!("{sd:.1}"));
        let mut flags = Vec::new();
        if own.dice_outlier {
            flags.push("outlier by Dice");
        }
        if own.area_outlier {
            flags.push("outlier by area");
        }
        if left_out.contains(&own.rater) {
            flags.push("left out");
        }
        let interval = own.area_bias_ci95_percent;
        let interval = interval.map_or_else(String::new, |[low, high]| format!("({low:+.1} to {high:+.1})"));
        let line = format!(
            "  {:width$}  {:>6}  {:.3}  {:>+5.1}%  {interval:<16}  {:>8}  {:>6}  {}",
            own.rater,
            own.images,
            own.mean_dice,
            own.area_bias_percent,
            points(rater.ef_bias_points),
            sd,
            flags.join(", ")
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str("  Area: against the mean area of the other raters; Dice: against their majority, ties as one half; EF: rater - consensus, points.\n");
}

fn lvef(text: &mut String, agreement: &Agreement) {
    let Some(ef) = &agreement.ef else {
        if let Some(problem) = &agreement.ef_problem {
            let _ = writeln!(text, "\nEF of raters cannot be compared: {problem}");
        }
        return;
    };
    let _ = write!(
        text,
        "\nEF by Eq. 5 and 6, {} raters on {} studies: SD between raters {:.2} points",
        ef.raters, ef.cases, ef.inter_rater_sd_points
    );
    if let Some(icc) = &ef.icc {
        let _ = write!(text, ", ICC(2,1) {:.3} ({:.3} to {:.3})", icc.icc, icc.icc_ci95[0], icc.icc_ci95[1]);
    }
    text.push('\n');
}

/// The most images that are named.
const MOST_NAMED: usize = 5;

fn left_out(text: &mut String, images: &[LeftOutImage], at_least: Option<usize>) {
    let Some(at_least) = at_least.filter(|_| !images.is_empty()) else { return };
    let named = images.iter().take(MOST_NAMED).map(|image| format!("{} ({})", image.image, image.raters));
    let more = match images.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let _ = writeln!(
        text,
        "Left out: {} images with fewer than {at_least} raters: {}{more}",
        images.len(),
        named.collect::<Vec<_>>().join(", ")
    );
}

fn kappa(text: &mut String, agreement: &Agreement) {
    let of_phase = agreement.phases.iter().filter_map(|phase| {
        let kappa = phase.kappa.as_ref()?;
        let interval = kappa.kappa_ci95.map_or_else(String::new, |[low, high]| format!(" ({low:.3} to {high:.3})"));
        Some(format!("{} {:.3}{interval}", phase.phase, kappa.kappa))
    });
    let of_phase: Vec<String> = of_phase.collect();
    if !of_phase.is_empty() {
        let _ = writeln!(
            text,
            "Fleiss' kappa over all pixels (95 % CI by bootstrap over patients): {}",
            of_phase.join(", ")
        );
    }
}

fn variance(text: &mut String, agreement: &Agreement) {
    let of = |name: String, of: &VarianceComponents| {
        let model = of.model.as_ref()?;
        let (raters, studies, residuals) = (model.rater_sd, model.study_sd, model.residual_sd);
        Some(format!("{name} {raters:.2}, {studies:.2}, {residuals:.2}"))
    };
    let lvef = agreement.lvef_points.iter().filter_map(|found| of("LVEF (points)".to_owned(), found));
    let areas =
        agreement.phases.iter().filter_map(|found| of(format!("area at {} (%)", found.phase), &found.area_percent));
    let lines: Vec<String> = lvef.chain(areas).collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "SD between raters, between studies, residual (mixed model): {}", lines.join("; "));
    }
}

fn groups(text: &mut String, agreement: &Agreement) {
    for comparison in &agreement.groups {
        let [first, second] = &comparison.groups;
        let (dice, area) = (&comparison.dice, &comparison.absolute_area_bias_percent);
        let _ = writeln!(
            text,
            "{first} ({}) against {second} ({}), Mann-Whitney, raters as units:\n  Dice {}\n  absolute area bias, %: {}",
            dice.test.first,
            dice.test.second,
            difference(dice, 3),
            difference(area, 1)
        );
        if let Some(ef) = &comparison.ef_error_points {
            let _ = writeln!(text, "  EF bias, points: {}", difference(ef, 1));
        }
        by_phase(text, agreement, &comparison.groups);
    }
}

/// What two groups differ by at ED and at ES, and in the mixed models.
fn by_phase(text: &mut String, agreement: &Agreement, groups: &[String; 2]) {
    let same = |other: &&GroupComparison| other.groups == *groups;
    for phase in &agreement.phases {
        let Some(comparison) = phase.groups.iter().find(same) else { continue };
        let _ = writeln!(text, "  {}: Dice {}", phase.phase, difference(&comparison.dice, 3));
        if let Some(area) = &comparison.area_bias_percent {
            let _ = writeln!(text, "  {}: area bias, %: {}", phase.phase, difference(area, 1));
        }
    }
    let of = |name: &str, found: &VarianceComponents| {
        let effect = found.group_differences.iter().find(|difference| difference.groups == *groups)?;
        let effect = effect.first_less_second.as_ref()?;
        let [low, high] = effect.ci95;
        Some(format!("{name} {:+.1} ({low:+.1} to {high:+.1})", effect.estimate))
    };
    let lvef = agreement.lvef_points.iter().filter_map(|found| of("LVEF, points:", found));
    let areas =
        agreement.phases.iter().filter_map(|phase| of(&format!("area at {}, %:", phase.phase), &phase.area_percent));
    let effects: Vec<String> = lvef.chain(areas).collect();
    if !effects.is_empty() {
        let _ = writeln!(text, "  mixed model, first less second (95 % CI): {}", effects.join("; "));
    }
}

fn repeated(text: &mut String, repeats: &Repeats) {
    text.push_str("Raters with themselves, second less first drawing (95 % of repeats differ by no more than +-):\n");
    let named = repeats.raters.iter().map(|rater| (rater.rater.as_str(), &rater.figures));
    let all = (repeats.raters.len() > 1).then_some(("all", &repeats.all));
    for (name, figures) in named.chain(all) {
        let _ = writeln!(text, "  {name}: {}", of_repeats(figures));
    }
}

fn of_repeats(figures: &RepeatFigures) -> String {
    let mut parts = vec![format!("{} images", figures.images)];
    for (phase, found) in [("ED", &figures.end_diastole), ("ES", &figures.end_systole)] {
        if let Some(found) = found {
            parts.push(format!(
                "{phase} Dice {:.3}, area {:+.1} +-{:.1} %",
                found.mean_dice, found.area_bias_percent, found.area_repeatability_percent
            ));
        }
    }
    if let Some(lvef) = &figures.lvef {
        parts.push(format!("EF {:+.1} +-{:.1} points", lvef.bias_points, lvef.limit_points));
    }
    parts.join("; ")
}

/// Medians, shift with its interval, and p with the least that groups of these sizes can give.
fn difference(of: &GroupDifference, decimals: usize) -> String {
    let [first, second] = of.medians;
    let test = &of.test;
    let interval = match test.shift_ci95 {
        Some([low, high]) => format!("95 % CI {low:+.decimals$} to {high:+.decimals$}"),
        None => "too few raters for a 95 % interval".to_owned(),
    };
    let least = test.least_p.filter(|least| *least > LEAST_P_SHOWN);
    let least = least.map_or_else(String::new, |least| format!(" (at least {least:.3} with so few raters)"));
    format!(
        "{first:.decimals$} against {second:.decimals$}, shift {:+.decimals$} ({interval}), p = {:.3}{least}",
        test.shift, test.p
    )
}

/// A p above which the least attainable one is worth a reader's attention.
const LEAST_P_SHOWN: f64 = 0.01;

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_stats::mann_whitney;

    #[test]
    fn a_difference_of_small_groups_says_how_small_p_can_be() {
        let of = |first: &[f64], second: &[f64]| {
            let medians = [first[first.len() / 2], second[second.len() / 2]];
            difference(&GroupDifference { medians, test: mann_whitney(first, second).unwrap() }, 1)
        };
        let few = of(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]);
        let said = "2.0 against 5.0, shift -3.0 (too few raters for a 95 % interval), p = 0.100 (at least 0.100 with so few raters)";
        assert_eq!(few, said);
        let more = of(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[11.0, 12.0, 13.0, 14.0, 15.0, 16.0]);
        assert!(more.contains("shift -10.0 (95 % CI -13.0 to -7.0), p = 0.002"), "{more}");
    }
}
