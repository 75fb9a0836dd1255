//! The images of the page: a cine with the LV contour, ED and ES beside it, and all frames on one sheet.

use bloodpool_core::FrameIndex;
use bloodpool_core::protocol::{BackgroundRegion, Estimator, Rim, RoiChoices};
use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::images::{data_address, pixel_shape, sheet_columns};
use super::{Pictures, Report};

/// The script that plays the cine; the page's only script.
pub(super) const SCRIPT: &str = include_str!("cine.js");

/// Cine, ED and ES, side by side.
pub(super) fn section(report: &Report<'_>, pictures: &Pictures) -> Markup {
    let (study, analysis) = (report.study, report.analysis);
    let (ed, es) = (analysis.end_diastole.frame, analysis.end_systole.frame);
    let background = analysis.background.as_ref();
    html! {
        section.pictures aria-label="Images" {
            figure.cine {
                div.screens {
                    canvas #cine width="640" height=(canvas_height(report, pictures)) role="img" aria-label="Cine of all frames with the LV contour" {}
                    canvas #cine-whole width="160" height=(whole_height(report)) role="img" aria-label="The same cine of the whole field; a frame marks the part that is enlarged" {}
                }
                div.controls {
                    button #cine-play type="button" { "Play" }
                    input #cine-frame type="range" min="1" max=(study.frames()) value=(ed) step="1" aria-label="Frame";
                    output #cine-number for="cine-frame" { (ed) "/" (study.frames()) }
                    label { input #cine-contour type="checkbox" checked; " LV contour" }
                    label { input #cine-raw type="checkbox"; " Raw counts" }
                    label { "Speed " select #cine-speed aria-label="Speed" {
                        option value="1" selected { "1" } option value="0.5" { "1/2" } option value="0.25" { "1/4" }
                    } }
                }
                figcaption { "Cine, smoothed in space and time for display only" noscript { " (needs scripts; all frames are shown below)" } }
                img #cine-sheet hidden alt="" src=(data_address(&pictures.sheet));
                img #cine-smooth-sheet hidden alt="" src=(data_address(&pictures.smooth_sheet));
                script #cine-data type="application/json" { (PreEscaped(cine_data(report, pictures))) }
            }
            (still("End-diastole", ed, &pictures.end_diastole, false))
            (still("End-systole", es, &pictures.end_systole, background.is_some()))
        }
        p.legend {
            span.key.lv { (contour_meaning(&analysis.protocol.estimator)) }
            @if let Some(background) = background {
                span.key.background { "drawn on the end-systolic frame, placed around frame " (background.frame) ": " (background_meaning(&analysis.protocol.estimator)) }
            }
        }
    }
}

/// The background images of ED and ES, where the protocol subtracts one.
pub(super) fn background_images(report: &Report<'_>, pictures: &Pictures) -> Markup {
    let analysis = report.analysis;
    let phases = [("End-diastole", &analysis.end_diastole), ("End-systole", &analysis.end_systole)];
    html! {
        @if let Some(images) = &pictures.background {
            details.background-images {
                summary { "Background image that was subtracted, in the same grey scale as the frames" }
                @for ((phase, at), png) in phases.iter().zip(images) {
                    figure {
                        img src=(data_address(png)) alt={ "Background image at " (phase) ", with the LV contour" };
                        figcaption { (phase) ", frame " (at.frame) }
                    }
                }
            }
        }
    }
}

/// How the measurement uses the contour.
fn contour_meaning(estimator: &Estimator) -> String {
    match estimator {
        Estimator::BackgroundImage(choices) => {
            format!("LV contour; counted in it grown by {} mm", choices.roi_margin_mm)
        }
        Estimator::Unmixed => "LV contour; this protocol counts the LV share of every pixel instead".to_owned(),
        Estimator::Roi(choices) if choices.roi_margin_mm > 0.0 => {
            format!("LV contour; counted in it grown by {} mm", choices.roi_margin_mm)
        }
        Estimator::Roi(choices) if choices.roi_margin_mm < 0.0 => {
            format!("LV contour; counted in it shrunk by {} mm", -choices.roi_margin_mm)
        }
        Estimator::Roi(_) => "LV contour: the pixels inside are counted".to_owned(),
    }
}

/// What the background pixels are.
fn background_meaning(estimator: &Estimator) -> String {
    if let Estimator::BackgroundImage(choices) = estimator {
        return format!(
            "the grown ROI in which counts less the background image are summed; the image is (1 - LV fraction) x counts, \
             smoothed over {} mm (SD)",
            choices.smoothing_mm
        );
    }
    let Estimator::Roi(RoiChoices { background, rim, .. }) = estimator else { return "background ROI".to_owned() };
    let region = match background {
        BackgroundRegion::Arc { coolest_fraction, .. } if *coolest_fraction < 1.0 => {
            format!("background ROI: the coolest {:.0} % of the pixels of an arc", coolest_fraction * 100.0)
        }
        _ => "background ROI".to_owned(),
    };
    match rim {
        Some(Rim { width_mm, weight, factor }) => format!(
            "{region}; what each pixel loses is {factor} times a blend of its mean ({:.0} %) and that of a rim {width_mm} mm \
             wide round the frame's own contour ({:.0} %)",
            (1.0 - weight) * 100.0,
            weight * 100.0
        ),
        None => region,
    }
}

/// Every frame with its contour.
pub(super) fn all_frames(report: &Report<'_>, pictures: &Pictures) -> Markup {
    html! {
        details.all-frames {
            summary { "All " (report.study.frames()) " frames with the LV contour" }
            img src=(data_address(&pictures.frames)) alt="Every frame of the cycle with the LV contour, numbered from 1";
        }
    }
}

fn still(phase: &str, frame: FrameIndex, png: &[u8], with_background: bool) -> Markup {
    let drawn = if with_background { "LV contour and background ROI" } else { "LV contour" };
    html! {
        figure {
            img src=(data_address(png)) alt={ (phase) ", frame " (frame) ", with " (drawn) };
            figcaption { (phase) ", frame " (frame) }
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
