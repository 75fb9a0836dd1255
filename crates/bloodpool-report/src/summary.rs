//! A short summary of one study for a person at a terminal.

use std::fmt::Write;

use bloodpool_core::analysis::{FrameSource, Phase};
use bloodpool_core::{Analysis, GatedStudy};

use crate::RESEARCH_ONLY;
use crate::figures::{counts, in_words, percent, percent_within, recorded, start_of_frame};
use crate::known_bias::KnownBias;

/// The summary; `report` says where the page was written, or that it was not; `bold` marks the LVEF for a terminal.
///
/// # Errors
/// Never in practice: writing into memory does not fail.
pub fn summary(
    source: &str,
    study: &GatedStudy,
    analysis: &Analysis,
    known_bias: Option<&KnownBias>,
    report: &str,
    bold: bool,
) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let protocol = analysis.protocol.name.as_str();
    writeln!(text, "{source}{}", if study.identity.simulated { "   [SIMULATED STUDY]" } else { "" })?;
    let (on, off) = if bold { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let validity = &analysis.validity;
    writeln!(text, "  {on}Validity: {}{off}", validity.in_words())?;
    for reason in validity.reasons() {
        writeln!(text, "  {:<16} {}", format!("[{}]", reason.rank.in_words()), reason.message)?;
    }
    writeln!(text, "  Acquisition: {}", validity.at_the_camera().in_words())?;
    match (analysis.usable_lvef_percent(), &analysis.interval) {
        (Some(lvef), Some(interval)) => writeln!(
            text,
            "\n  {on}LVEF  {}{off}   {:.0} % interval, {}; by protocol {protocol}",
            percent_within(lvef, interval),
            interval.level_percent,
            interval.source
        )?,
        (Some(lvef), None) => writeln!(
            text,
            "\n  {on}LVEF  {}{off}   by protocol {protocol}; no interval is known for it with this model",
            percent(lvef)
        )?,
        (None, _) => writeln!(
            text,
            "\n  {on}LVEF  withheld: do not use{off}   measured {}, by protocol {protocol}",
            percent(analysis.lvef_percent)
        )?,
    }
    if let Some(before) = analysis.uncorrected_lvef_percent.filter(|_| !validity.withholds()) {
        writeln!(text, "        {} without the correction of counts", percent(before))?;
    }
    if let Some((known, bias)) = known_bias.and_then(|known| Some((known, known.of(protocol)?))) {
        writeln!(text, "        on {} it read {}", known.data, bias.in_words())?;
    }
    match analysis.usable_lvef_percent() {
        Some(_) => writeln!(text, "        beside it: {}\n", beside(analysis))?,
        None => writeln!(text, "        the other protocols' numbers are withheld, too\n")?,
    }
    for (name, measured) in [("End-diastole", &analysis.end_diastole), ("End-systole ", &analysis.end_systole)] {
        let start = start_of_frame(measured.frame, study.frames(), analysis.curve.frame_time_ms);
        let start = start.map_or_else(String::new, |start| format!("   {start}"));
        writeln!(text, "  {name}  {}{start}", phase(measured))?;
    }
    if analysis.frame_source == FrameSource::Override {
        writeln!(text, "                ED or ES set by hand")?;
    }
    if let Some(background) = &analysis.background {
        let level = background.mean_counts_per_pixel;
        writeln!(
            text,
            "  Background    {level:.2} counts per pixel of the {} grid on frame {}",
            background.grid, background.frame
        )?;
    }
    writeln!(
        text,
        "  Counting noise {:.1} points (standard error), part of the error",
        analysis.counting_error_points
    )?;
    let sha = analysis.model.sha256.get(..12).unwrap_or(&analysis.model.sha256);
    writeln!(text, "  Model         {} (sha256 {sha}...)", analysis.model.name)?;
    writeln!(text, "  Report        {report}")?;
    writeln!(text, "  {RESEARCH_ONLY}.")?;
    Ok(text)
}

fn beside(analysis: &Analysis) -> String {
    let others = analysis.results.iter().filter(|result| result.key != analysis.protocol.name);
    let words = others.map(|result| {
        let name = in_words(result);
        match result.lvef_percent {
            Some(value) => format!("{name} {}", percent(value)),
            None => format!("{name} not computed"),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

fn phase(phase: &Phase) -> String {
    let area = match phase.area_mm2 {
        Some(_) => recorded(phase.area_mm2, 0, "mm\u{b2}"),
        None => format!("{:.0} px on the {} grid", phase.area_px, phase.grid),
    };
    format!(
        "frame {:>2}   area {area}   counts {}   net {}",
        phase.frame,
        counts(phase.counts),
        counts(phase.net_counts)
    )
}
