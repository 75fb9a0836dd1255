//! The outlines of all raters over the frames of a study, with the consensus as a thick line, as SVG.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bloodpool_core::Mask;

use crate::annotations::{Drawing, ImageToAnnotate, RaterDrawings};
use crate::extracted::ExtractedCase;
use crate::rated_frames::RatedPhase;
use crate::rated_images::SIDE;
use crate::shape::ShapeType;
use bloodpool_files::png::encode_png_u8;
use bloodpool_files::whole_file::FileError;

/// Side of a frame in the picture.
const PANEL: usize = 384;
/// Height of the line above it.
const TITLE: usize = 24;
/// Colours of groups, apart from each other for the colour-blind too (Okabe and Ito).
const COLOURS: [&str; 6] = ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00"];
/// Raters without a group.
const NO_GROUP: &str = "#9ad0f0";

/// The picture of one study: its frames two by two, with a line that names the colours.
pub(super) fn of_case(
    case: &ExtractedCase,
    images: &[ImageToAnnotate],
    raters: &[RaterDrawings],
    consensus: &[(RatedPhase, &Mask)],
    left_out: &[String],
) -> Result<String, FileError> {
    let groups: BTreeSet<&str> = raters.iter().filter_map(|rater| rater.group.as_deref()).collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    let colour = |group: Option<&str>| {
        let index = group.and_then(|group| groups.iter().position(|known| *known == group));
        index.map_or(NO_GROUP, |index| COLOURS[index % COLOURS.len()])
    };
    let (width, height) = (2 * PANEL, 2 * (PANEL + TITLE) + TITLE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#111\"/>\n"
    );
    for (panel, image) in case.images.iter().enumerate() {
        let (left, top) = ((panel % 2) * PANEL, (panel / 2) * (PANEL + TITLE));
        let name = image.name();
        let title = format!("{}: {}, frame {}", case.case, image.phase, image.frame);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" fill=\"#ddd\">{}</text>",
            left + 6,
            top + TITLE - 7,
            escaped(&title)
        );
        let scale = PANEL as f64 / SIDE as f64;
        let _ = writeln!(svg, "<g transform=\"translate({left} {}) scale({scale})\" fill=\"none\">", top + TITLE);
        if let Some(shown) = images.iter().find(|shown| shown.name == name) {
            let png = encode_png_u8(&shown.grey).map_err(|error| FileError::Format {
                path: image.file.clone().into(),
                format: "PNG",
                reason: error.to_string(),
            })?;
            let png = STANDARD.encode(png);
            let _ = writeln!(svg, "<image width=\"{SIDE}\" height=\"{SIDE}\" href=\"data:image/png;base64,{png}\"/>");
        }
        // The consensus first, so that the thin lines of raters stay visible on it.
        if let Some((_, mask)) = consensus.iter().find(|(phase, _)| *phase == image.phase) {
            let outline = closed(&outline_of(mask));
            let _ =
                writeln!(svg, "<path d=\"{outline}\" stroke=\"#ffe600\" stroke-width=\"2\" stroke-opacity=\"0.75\"/>");
        }
        for rater in raters {
            let Some(drawing) = rater.drawings.get(name) else { continue };
            let dashed = if left_out.contains(&rater.rater.name) { " stroke-dasharray=\"2 2\"" } else { "" };
            let _ = writeln!(
                svg,
                "<path d=\"{}\" stroke=\"{}\" stroke-width=\"0.6\"{dashed}><title>{}</title></path>",
                path(drawing),
                colour(rater.group.as_deref()),
                escaped(&rater.rater.name)
            );
        }
        svg.push_str("</g>\n");
    }
    let mut x = 6;
    let named = groups.iter().map(|group| (*group, colour(Some(group))));
    let ungrouped = raters.iter().any(|rater| rater.group.is_none()).then_some(("raters", NO_GROUP));
    for (name, colour) in [("consensus", "#ffe600")].into_iter().chain(named).chain(ungrouped) {
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"{}\" fill=\"{colour}\">{}</text>", height - 7, escaped(name));
        x += 9 * name.chars().count() + 24;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// What one rater drew: polygons as they are, other shapes as the pixels that they hold.
fn path(drawing: &Drawing) -> String {
    let polygons = drawing.shapes.iter().all(|shape| shape.shape_type == ShapeType::Polygon);
    if !polygons {
        return closed(&outline_of(&drawing.mask()));
    }
    drawing.shapes.iter().map(|shape| closed(&shape.points)).collect()
}

/// The outline of a mask on the image, whose whole numbers are pixel corners.
fn outline_of(mask: &Mask) -> Vec<[f64; 2]> {
    mask.contour().0.into_iter().map(|[x, y]| [x + 0.5, y + 0.5]).collect()
}

fn closed(points: &[[f64; 2]]) -> String {
    let mut path = String::new();
    for (index, [x, y]) in points.iter().enumerate() {
        let _ = write!(path, "{}{x:.2} {y:.2}", if index == 0 { "M" } else { "L" });
    }
    if !path.is_empty() {
        path.push('Z');
    }
    path
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
