//! The images of the page: a cine with the LV contour, ED and ES beside it, and all frames on one sheet.

use bloodpool_core::FrameIndex;
use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::images::{data_address, pixel_shape, sheet_columns};
use super::{Pictures, Report};
use crate::Language;

const SCRIPT: &str = include_str!("cine.js");

/// The script that plays the cine; the page's only script.
pub(super) fn script(language: Language) -> String {
    let quoted = |text: &str| format!("\"{text}\"");
    let english = Language::English;
    SCRIPT
        .replace(&quoted(english.play()), &quoted(language.play()))
        .replace(&quoted(english.pause()), &quoted(language.pause()))
}

/// Cine, ED and ES, side by side.
pub(super) fn section(report: &Report<'_>, pictures: &Pictures, language: Language) -> Markup {
    let (study, analysis) = (report.study, report.analysis);
    let (ed, es) = (analysis.end_diastole.frame, analysis.end_systole.frame);
    let background = analysis.background.as_ref();
    html! {
        section.pictures aria-label=(language.images()) {
            figure.cine {
                div.screens {
                    canvas #cine width="640" height=(canvas_height(report, pictures)) role="img" aria-label=(language.cine_with_contour()) {}
                    canvas #cine-whole width="160" height=(whole_height(report)) role="img" aria-label=(language.cine_whole()) {}
                }
                div.controls {
                    button #cine-play type="button" { (language.play()) }
                    input #cine-frame type="range" min="1" max=(study.frames()) value=(ed) step="1" aria-label=(language.frame());
                    output #cine-number for="cine-frame" { (ed) "/" (study.frames()) }
                    label { input #cine-contour type="checkbox" checked; " " (language.lv_contour()) }
                    label { input #cine-raw type="checkbox"; " " (language.raw_counts()) }
                    label { (language.speed()) " " select #cine-speed aria-label=(language.speed()) {
                        option value="1" selected { "1" } option value="0.5" { "1/2" } option value="0.25" { "1/4" }
                    } }
                }
                figcaption { (language.cine_smoothed()) noscript { " " (language.needs_scripts()) } }
                img #cine-sheet hidden alt="" src=(data_address(&pictures.sheet));
                img #cine-smooth-sheet hidden alt="" src=(data_address(&pictures.smooth_sheet));
                script #cine-data type="application/json" { (PreEscaped(cine_data(report, pictures))) }
            }
            (still(language.end_diastole(), ed, &pictures.end_diastole, false, language))
            (still(language.end_systole(), es, &pictures.end_systole, background.is_some(), language))
        }
        p.legend {
            span.key.lv { (language.contour_meaning(&analysis.protocol.estimator)) }
            @if let Some(background) = background {
                span.key.background { (language.background_legend(background.frame, &analysis.protocol.estimator)) }
            }
        }
    }
}

/// The background images of ED and ES, where the protocol subtracts one.
pub(super) fn background_images(report: &Report<'_>, pictures: &Pictures, language: Language) -> Markup {
    let analysis = report.analysis;
    let phases = [(language.end_diastole(), &analysis.end_diastole), (language.end_systole(), &analysis.end_systole)];
    html! {
        @if let Some(images) = &pictures.background {
            details.background-images {
                summary { (language.background_images()) }
                @for ((phase, at), png) in phases.iter().zip(images) {
                    figure {
                        img src=(data_address(png)) alt=(language.background_alt(phase));
                        figcaption { (language.phase_frame(phase, at.frame)) }
                    }
                }
            }
        }
    }
}

/// Every frame with its contour.
pub(super) fn all_frames(report: &Report<'_>, pictures: &Pictures, language: Language) -> Markup {
    html! {
        details.all-frames {
            summary { (language.all_frames(report.study.frames())) }
            img src=(data_address(&pictures.frames)) alt=(language.every_frame_alt());
        }
    }
}

fn still(phase: &str, frame: FrameIndex, png: &[u8], with_background: bool, language: Language) -> Markup {
    html! {
        figure {
            img src=(data_address(png)) alt=(language.still_alt(phase, frame, with_background));
            figcaption { (language.phase_frame(phase, frame)) }
        }
    }
}

fn canvas_height(report: &Report<'_>, pictures: &Pictures) -> usize {
    let crop = pictures.crop;
    (640.0 * pixel_shape(report.study) * crop.rows as f64 / crop.columns as f64).round() as usize
}

/// Height of the small picture of the whole field, whose width is 160.
fn whole_height(report: &Report<'_>) -> usize {
    let study = report.study;
    let height = 160.0 * pixel_shape(study) * study.rows() as f64 / study.columns() as f64;
    (height.round() as usize).clamp(20, 640)
}

/// What the script needs: numbers alone, so that nothing in it can close the element it stands in.
fn cine_data(report: &Report<'_>, pictures: &Pictures) -> String {
    json!({
        "frames": report.study.frames(),
        "rows": report.study.rows(),
        "columns": report.study.columns(),
        "sheetColumns": sheet_columns(report.study),
        "pixelShape": pixel_shape(report.study),
        "crop": pictures.crop,
        "frameMs": report.analysis.curve.frame_time_ms,
        "endDiastole": report.analysis.end_diastole.frame,
        "contours": report.analysis.contours,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_speaks_the_language() {
        assert_eq!(script(Language::English), SCRIPT);
        let korean = script(Language::Korean);
        assert!(korean.contains("\"재생\"") && korean.contains("\"정지\"") && !korean.contains("\"Play\""));
    }
}
