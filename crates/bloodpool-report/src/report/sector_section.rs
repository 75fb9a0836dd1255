//! Regional function: the ED contour over ES, regional EF as an image and by sector, and wall motion.

use bloodpool_core::function::{Outcome, SectorFunction, SectorResults, VentricularFunction, Wall, WallMotion};
use maud::{Markup, html};

use super::colour_scale::{CHANGE, REGIONAL_EF};
use super::function_images::FunctionPictures;
use super::images::data_address;
use super::phase_section::map;

/// Side of the sector picture, and where its rings lie.
const SIDE: f64 = 360.0;
const OUTER: f64 = 112.0;
const INNER: f64 = 34.0;

/// The section of regional function.
pub(super) fn section(function: &VentricularFunction, pictures: &FunctionPictures) -> Markup {
    html! {
        section.regional aria-labelledby="regional-heading" {
            h2 #regional-heading { "Regional function" span.sub { "LV sectors about the centre of the ED silhouette, valve plane left out" } }
            div.maps {
                figure.map {
                    img src=(data_address(&pictures.overlay)) alt="End-systolic frame with the contours of end-diastole and end-systole";
                    p.legend { span.key.lv { "ED contour" } span.key.es { "ES contour" } }
                    figcaption { "ED on ES" span.sub { "on the end-systolic frame" } }
                }
                @if let Outcome::Value(found) = &function.sectors {
                    figure.map { (picture(found)) (REGIONAL_EF.bar()) figcaption { "Regional EF by sector" span.sub { "%" } } }
                }
                @if let Some(images) = &pictures.parametric { (map("Regional EF of each pixel", &images.regional_ef, &REGIONAL_EF)) }
            }
            @match &function.sectors {
                Outcome::Value(found) => (table(found)),
                Outcome::Refused(refusal) => p { "Sectors not given: " (refusal) "." },
            }
        }
        @if let Some(images) = &pictures.parametric {
            section.regional aria-label="Stroke volume and paradox images" {
                div.maps {
                    (map("Stroke volume, ED \u{2212} ES", &images.stroke, &CHANGE))
                    @match &images.paradox {
                        Some(paradox) => (map("Paradox, ES \u{2212} ED", paradox, &CHANGE)),
                        None => p { "No pixel holds more counts at ES than at ED." },
                    }
                }
            }
        }
    }
}

/// A place at a distance from the middle in a direction, degrees clockwise from 12 o'clock.
fn place(degrees: f64, distance: f64) -> [f64; 2] {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    [SIDE / 2.0 + distance * sine, SIDE / 2.0 - distance * cosine]
}

/// The middle of a sector, and how wide it is, degrees; `clockwise`: the direction in which sectors are numbered.
fn middle_and_width(from: f64, to: f64, clockwise: bool) -> (f64, f64) {
    let width = if clockwise { to - from } else { from - to }.rem_euclid(360.0);
    (from + if clockwise { 0.5 } else { -0.5 } * width, width)
}

/// The sectors as parts of a ring, as the camera sees them.
fn picture(found: &SectorResults) -> Markup {
    let plane = found.sectors.valve_plane;
    let (valve, _) = middle_and_width(plane.septal_degrees, plane.lateral_degrees, plane.clockwise);
    let count = found.ejection_fractions.len();
    html! {
        svg.sectors viewBox={ "0 0 " (SIDE) " " (SIDE) } role="img" aria-label="Regional EF by sector, as the camera sees the left ventricle" {
            @for sector in &found.ejection_fractions { (part(sector, plane.clockwise)) }
            @let [x, y] = place(valve, 0.55 * (OUTER + INNER));
            text.valve x=(fixed(x)) y=(fixed(y)) text-anchor="middle" { "valve" tspan x=(fixed(x)) dy="13" { "plane" } }
            @for (name, index, beyond) in [("lateral", count / 4, 20.0), ("apex", count / 2, 26.0), ("septal", 3 * count / 4, 20.0)] {
                @if let Some(sector) = found.ejection_fractions.get(index).map(|found| found.sector) {
                    @let [x, y] = place(sector.from_degrees, OUTER + beyond);
                    text.wall x=(fixed(x)) y=(fixed(y + 4.0)) text-anchor=(anchor(x)) { (name) }
                }
            }
        }
    }
}

/// Writing beside the ring leads away from it.
fn anchor(x: f64) -> &'static str {
    match x - SIDE / 2.0 {
        off if off > 0.25 * OUTER => "start",
        off if off < -0.25 * OUTER => "end",
        _ => "middle",
    }
}

fn part(found: &SectorFunction, clockwise: bool) -> Markup {
    let (from, to) = (found.sector.from_degrees, found.sector.to_degrees);
    let (middle, width) = middle_and_width(from, to, clockwise);
    let corner = |degrees: f64, distance: f64| {
        let [x, y] = place(degrees, distance);
        format!("{x:.1} {y:.1}")
    };
    let large = u8::from(width > 180.0);
    let sweep = u8::from(clockwise);
    let path = format!(
        "M {} A {OUTER} {OUTER} 0 {large} {sweep} {} L {} A {INNER} {INNER} 0 {large} {} {} Z",
        corner(from, OUTER),
        corner(to, OUTER),
        corner(to, INNER),
        1 - sweep,
        corner(from, INNER)
    );
    let ef = found.outcome.value().map(|region| region.ef_percent);
    let [x, y] = place(middle, 0.56 * (OUTER + INNER));
    html! {
        path d=(path) fill=(ef.map_or_else(|| "#e3e7ea".to_owned(), |ef| REGIONAL_EF.hexadecimal(ef))) {}
        text.ef.light[ef.is_some_and(|ef| REGIONAL_EF.is_dark(ef))] x=(fixed(x)) y=(fixed(y + 5.0)) text-anchor="middle" {
            (ef.map_or_else(|| "\u{2013}".to_owned(), whole))
        }
        @let [x, y] = place(middle, OUTER + 9.0);
        text.number x=(fixed(x)) y=(fixed(y + 4.0)) text-anchor="middle" { (found.sector.number) }
    }
}

fn table(found: &SectorResults) -> Markup {
    let in_mm =
        found.wall_motion.iter().any(|motion| motion.outcome.value().is_some_and(|motion| motion.inward_mm.is_some()));
    html! {
        table.sector-numbers {
            thead { tr {
                th scope="col" { "Sector" }
                @for sector in &found.ejection_fractions { th.number scope="col" { (sector.sector.number) " " span.who { (wall(sector.sector.wall)) } } }
            } }
            tbody {
                tr { th scope="row" { "Regional EF, %" } @for sector in &found.ejection_fractions { (ef_cell(sector)) } }
                tr { th scope="row" { "Counting noise, points (SE)" } @for sector in &found.ejection_fractions { td.number {
                    (sector.outcome.value().map_or_else(|| "\u{2013}".to_owned(), |region| format!("{:.1}", region.counting_error_points)))
                } } }
                tr { th scope="row" { "Radial shortening, %" } @for motion in &found.wall_motion { (motion_cell(motion, |motion| Some(motion.shortening_percent))) } }
                @if in_mm {
                    tr { th scope="row" { "Inward motion, mm" } @for motion in &found.wall_motion { (motion_cell(motion, |motion| motion.inward_mm)) } }
                }
            }
        }
        p.note { "Sectors are numbered from the lateral end of the valve plane round the apex to its septal end. Regional EF: net counts of the same \
            pixels at ED and ES; the pixels stay where they are while the wall moves. No agreed normal range." }
        @for (name, refusal) in refusals(found) { p.note.caution { "Sector " (name) ": " (refusal) "." } }
    }
}

fn refusals(found: &SectorResults) -> Vec<(usize, String)> {
    let counted = found.ejection_fractions.iter().map(|sector| (sector.sector.number, sector.outcome.refusal()));
    let moved = found.wall_motion.iter().map(|motion| (motion.sector.number, motion.outcome.refusal()));
    counted.chain(moved).filter_map(|(number, refusal)| Some((number, refusal?.to_string()))).collect()
}

fn ef_cell(sector: &SectorFunction) -> Markup {
    html! { td.number { (sector.outcome.value().map_or_else(|| "\u{2013}".to_owned(), |region| whole(region.ef_percent))) } }
}

fn motion_cell(motion: &WallMotion, of: fn(&bloodpool_core::function::RadialMotion) -> Option<f64>) -> Markup {
    html! { td.number { (motion.outcome.value().and_then(of).map_or_else(|| "\u{2013}".to_owned(), whole)) } }
}

fn wall(wall: Wall) -> &'static str {
    match wall {
        Wall::Lateral => "lateral",
        Wall::Apical => "apical",
        Wall::Septal => "septal",
    }
}

/// In whole numbers, with a minus and no hyphen.
fn whole(value: f64) -> String {
    let text = format!("{value:.0}");
    if text == "-0" { "0".to_owned() } else { text.replace('-', "\u{2212}") }
}

fn fixed(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles_lie_between_the_ends_in_the_direction_of_numbering() {
        assert_eq!(middle_and_width(340.0, 20.0, true), (360.0, 40.0));
        assert_eq!(middle_and_width(20.0, 340.0, false), (0.0, 40.0));
        let [x, y] = place(90.0, 100.0);
        assert!((x - 280.0).abs() < 1e-9 && (y - 180.0).abs() < 1e-9);
        assert_eq!(
            [place(90.0, 100.0), place(270.0, 100.0), place(180.0, 100.0)].map(|[x, _]| anchor(x)),
            ["start", "end", "middle"]
        );
    }

    #[test]
    fn numbers_have_a_minus_and_no_negative_zero() {
        assert_eq!((whole(-0.3), whole(-7.6), whole(55.4)), ("0".into(), "\u{2212}8".into(), "55".into()));
    }
}
