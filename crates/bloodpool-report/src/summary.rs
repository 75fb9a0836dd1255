//! A short summary of one study for a person at a terminal.

use std::fmt::Write;

use bloodpool_core::analysis::{FrameSource, Phase};
use bloodpool_core::{Analysis, GatedStudy};

use crate::Language;
use crate::figures::counts;
use crate::known_bias::KnownBias;

/// The summary in English; `report` says where the page was written, or that it was not; `bold` marks the LVEF for a terminal.
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
    summary_in(Language::English, source, study, analysis, known_bias, report, bold)
}

/// The same in a language; `report` is in that language, too.
///
/// # Errors
/// As [`summary`].
pub fn summary_in(
    language: Language,
    source: &str,
    study: &GatedStudy,
    analysis: &Analysis,
    known_bias: Option<&KnownBias>,
    report: &str,
    bold: bool,
) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let simulated = if study.identity.simulated { format!("   {}", language.simulated_mark()) } else { String::new() };
    writeln!(text, "{source}{simulated}")?;
    let (on, off) = if bold { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let validity = &analysis.validity;
    writeln!(text, "  {on}{} {}{off}", language.summary_validity(), language.validity_in_words(validity))?;
    for reason in validity.reasons() {
        writeln!(text, "  {} {}", padded(&format!("[{}]", language.rank(reason.rank)), 16), language.finding(reason))?;
    }
    writeln!(text, "  {} {}", language.acquisition(), language.at_the_camera(validity))?;
    lvef(&mut text, language, analysis, known_bias, [on, off])?;
    let phases = [
        (language.summary_end_diastole(), &analysis.end_diastole),
        (language.summary_end_systole(), &analysis.end_systole),
    ];
    for (name, measured) in phases {
        let start = language.start_of_frame(measured.frame, study.frames(), analysis.curve.frame_time_ms);
        let start = start.map_or_else(String::new, |start| format!("   {start}"));
        writeln!(text, "  {name}  {}{start}", phase(measured, language))?;
    }
    if analysis.frame_source == FrameSource::Override {
        writeln!(text, "                {}", language.summary_by_hand())?;
    }
    if let Some(background) = &analysis.background {
        let level = language.background_level(background);
        writeln!(text, "  {} {level}", language.summary_background())?;
    }
    let noise = language.noise_points(analysis.counting_error_points);
    writeln!(text, "  {} {noise}", language.summary_noise())?;
    let hash = analysis.model.sha256.get(..12).map(|start| format!(" (sha256 {start}...)")).unwrap_or_default();
    writeln!(text, "  {} {}{hash}", language.summary_model(), analysis.model.name)?;
    if let Some(spread) = analysis.members.as_ref().filter(|_| analysis.usable_lvef_percent().is_some()) {
        writeln!(text, "  {} {}", language.summary_members(), language.member_spread(spread))?;
    }
    writeln!(text, "  {} {report}", language.summary_report())?;
    writeln!(text, "  {}.", language.research_use_only())?;
    Ok(text)
}

/// The LVEF with its interval, what is known of its bias, and the other protocols.
fn lvef(
    text: &mut String,
    language: Language,
    analysis: &Analysis,
    known_bias: Option<&KnownBias>,
    [on, off]: [&str; 2],
) -> std::fmt::Result {
    let protocol = analysis.protocol.name.as_str();
    let (value, rest) = match (analysis.usable_lvef_percent(), &analysis.interval) {
        (Some(lvef), Some(interval)) => {
            (language.percent_within(lvef, interval), language.summary_interval(interval, protocol))
        }
        (Some(lvef), None) => (language.percent(lvef), language.summary_no_interval(protocol)),
        (None, _) => {
            (language.summary_lvef_withheld().to_owned(), language.summary_measured(analysis.lvef_percent, protocol))
        }
    };
    writeln!(text, "\n  {on}LVEF  {value}{off}   {rest}")?;
    if let Some(before) = analysis.uncorrected_lvef_percent.filter(|_| !analysis.validity.withholds()) {
        writeln!(text, "        {}", language.without_correction(before))?;
    }
    if let Some((known, bias)) = known_bias.and_then(|known| Some((known, known.of(protocol)?))) {
        writeln!(text, "        {}", language.summary_bias(&known.data, bias))?;
    }
    match analysis.usable_lvef_percent() {
        Some(_) => writeln!(text, "        {} {}\n", language.summary_beside(), beside(analysis, language)),
        None => writeln!(text, "        {}\n", language.summary_others_withheld()),
    }
}

fn beside(analysis: &Analysis, language: Language) -> String {
    let others = analysis.results.iter().filter(|result| result.key != analysis.protocol.name);
    let words = others.map(|result| {
        let value =
            result.lvef_percent.map_or_else(|| language.not_computed().to_owned(), |lvef| language.percent(lvef));
        format!("{} {value}", language.protocol_name(result))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn phase(phase: &Phase, language: Language) -> String {
    let area = match phase.area_mm2 {
        Some(_) => language.recorded(phase.area_mm2, 0, "mm\u{b2}"),
        None => language.area_on_grid(phase.area_px, phase.grid),
    };
    language.summary_phase(phase.frame, &area, &counts(phase.counts), &counts(phase.net_counts))
}

/// With spaces up to this width on a terminal, where a Hangul syllable takes two columns.
fn padded(text: &str, width: usize) -> String {
    let taken: usize = text.chars().map(|character| if character >= '\u{1100}' { 2 } else { 1 }).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(taken)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::analysis::measure;
    use bloodpool_core::{MemberSpread, ModelIdentity, Protocol};
    use bloodpool_phantom::{Family, Population};

    #[test]
    fn hangul_takes_two_columns() {
        assert_eq!((padded("[참고]", 8), padded("[note]", 8)), ("[참고]  ".to_owned(), "[note]  ".to_owned()));
    }

    #[test]
    fn both_languages_give_the_same_numbers() {
        let simulated = Population::ordinary(Family::Own, 31).study(2).unwrap().labelled;
        let model = ModelIdentity { name: "true outlines".into(), sha256: "0".repeat(64) };
        let outlines = simulated.perfect_segmentation();
        let mut analysis = measure(&simulated.study, outlines, model, &Protocol::background_image()).unwrap();
        let members = vec![Some(58.04), None, Some(61.0)];
        analysis.members = Some(MemberSpread { lvef_percent: members, sd_points: Some(2.09) });
        let text = |language| summary_in(language, "a.dcm", &simulated.study, &analysis, None, "-", false).unwrap();
        let (english, korean) = (text(Language::English), text(Language::Korean));
        let lvef = format!("{:.1}", analysis.lvef_percent);
        let net = counts(analysis.end_diastole.net_counts);
        for number in [lvef.as_str(), net.as_str(), "background_image", "58.0, -, 61.0 %", " 2.1"] {
            assert!(english.contains(number) && korean.contains(number), "{number}\n{korean}");
        }
        assert!(
            korean.contains("[모의 검사]") && korean.contains("연구용") && korean.contains("확장기말(ED)"),
            "{korean}"
        );
        assert_eq!(english.lines().count(), korean.lines().count());
    }
}
