//! Regional function: the ED contour over ES, regional EF as an image and by sector, and wall motion.

use bloodpool_core::function::{Outcome, RadialMotion, RegionFunction, SectorResults, VentricularFunction};
use maud::{Markup, html};

use super::colour_scale::{CHANGE, REGIONAL_EF};
use super::drawing::{Anchor, Drawing, RingPart, Shape, Text};
use super::function_images::FunctionPictures;
use super::images::data_address;
use super::phase_section::map;
use crate::Language;

/// Side of the sector picture, and where its rings lie.
const SIDE: f64 = 360.0;
const OUTER: f64 = 112.0;
const INNER: f64 = 34.0;
/// Colour of a sector without EF.
const NO_EF: [u8; 3] = [0xe3, 0xe7, 0xea];

/// The section of regional function.
pub(super) fn section(function: &VentricularFunction, pictures: &FunctionPictures, language: Language) -> Markup {
    html! {
        section.regional aria-labelledby="regional-heading" {
            h2 #regional-heading { (language.regional_function()) span.sub { (language.sectors_meaning()) } }
            div.maps {
                figure.map {
                    img src=(data_address(&pictures.overlay)) alt=(language.ed_on_es_alt());
                    p.legend { span.key.lv { (language.ed_contour()) } span.key.es { (language.es_contour()) } }
                    figcaption { (language.ed_on_es()) span.sub { (language.on_es_frame()) } }
                }
                @if let Outcome::Value(found) = &function.sectors {
                    figure.map {
                        (picture(found, language).svg(Some("sectors"), language.ef_by_sector_alt()))
                        (REGIONAL_EF.bar().svg(Some("bar"), &REGIONAL_EF.bar_alt(language)))
                        figcaption { (language.ef_by_sector()) span.sub { "%" } }
                    }
                }
                @if let Some(images) = &pictures.parametric { (map(language.ef_by_pixel(), &images.regional_ef, &REGIONAL_EF, language)) }
            }
            @match &function.sectors {
                Outcome::Value(found) => (table(found, language)),
                Outcome::Refused(refusal) => p { (language.sectors_not_given(&language.refusal(refusal))) },
            }
        }
        @if let Some(images) = &pictures.parametric {
            section.regional aria-label=(language.stroke_and_paradox()) {
                div.maps {
                    (map(language.stroke_image(), &images.stroke, &CHANGE, language))
                    @match &images.paradox {
                        Some(paradox) => (map(language.paradox_image(), paradox, &CHANGE, language)),
                        None => p { (language.no_paradox()) },
                    }
                }
            }
        }
    }
}

/// A part of the ring; `clockwise`: the direction in which sectors are numbered.
fn part(from_degrees: f64, to_degrees: f64, clockwise: bool, fill: [u8; 3]) -> RingPart {
    RingPart { centre: [SIDE / 2.0; 2], inner: INNER, outer: OUTER, from_degrees, to_degrees, clockwise, fill }
}

/// The middle of a part.
fn middle(part: &RingPart) -> f64 {
    part.from_degrees + if part.clockwise { 0.5 } else { -0.5 } * part.width_degrees()
}

/// The sectors as parts of a ring, as the camera sees them.
pub(super) fn picture(found: &SectorResults, language: Language) -> Drawing {
    let plane = found.sectors.valve_plane;
    let count = found.ejection_fractions.len();
    let mut drawing = Drawing::new(SIDE, SIDE);
    for sector in &found.ejection_fractions {
        let ef = sector.outcome.value().map(|region| region.ef_percent);
        let fill = ef.map_or(NO_EF, |ef| REGIONAL_EF.colour(ef).0);
        let part = part(sector.sector.from_degrees, sector.sector.to_degrees, plane.clockwise, fill);
        drawing.shapes.push(Shape::RingPart(part));
        let class = if ef.is_some_and(|ef| REGIONAL_EF.is_dark(ef)) { "ef light" } else { "ef" };
        let [x, y] = part.place(middle(&part), 0.56 * (OUTER + INNER));
        drawing.text(class, [x, y + 5.0], Anchor::Middle, ef.map_or_else(|| "\u{2013}".to_owned(), whole));
        let [x, y] = part.place(middle(&part), OUTER + 9.0);
        drawing.text("number", [x, y + 4.0], Anchor::Middle, sector.sector.number.to_string());
    }
    let valve = part(plane.septal_degrees, plane.lateral_degrees, plane.clockwise, NO_EF);
    drawing.shapes.push(Shape::Text(Text {
        class: "valve",
        at: valve.place(middle(&valve), 0.55 * (OUTER + INNER)),
        anchor: Anchor::Middle,
        text: language.valve().to_owned(),
        below: Some(language.plane().to_owned()),
        upwards: false,
    }));
    let walls = [
        (language.lateral(), count / 4, 20.0),
        (language.apex(), count / 2, 26.0),
        (language.septal(), 3 * count / 4, 20.0),
    ];
    for (name, index, beyond) in walls {
        if let Some(found) = found.ejection_fractions.get(index) {
            let [x, y] = valve.place(found.sector.from_degrees, OUTER + beyond);
            drawing.text("wall", [x, y + 4.0], anchor(x), name);
        }
    }
    drawing
}

/// Writing beside the ring leads away from it.
fn anchor(x: f64) -> Anchor {
    match x - SIDE / 2.0 {
        off if off > 0.25 * OUTER => Anchor::Start,
        off if off < -0.25 * OUTER => Anchor::End,
        _ => Anchor::Middle,
    }
}

/// Number and wall of each sector.
pub(super) fn columns(found: &SectorResults, language: Language) -> Vec<(String, &'static str)> {
    let head = |sector: &bloodpool_core::function::SectorFunction| {
        (sector.sector.number.to_string(), language.wall(sector.sector.wall))
    };
    found.ejection_fractions.iter().map(head).collect()
}

/// Rows of the table: label, and a cell for each sector.
pub(super) fn rows(found: &SectorResults, language: Language) -> Vec<(&'static str, Vec<String>)> {
    let counted = |of: &dyn Fn(&RegionFunction) -> String| {
        let cell = |region: Option<&RegionFunction>| region.map_or_else(|| "\u{2013}".to_owned(), of);
        found.ejection_fractions.iter().map(|sector| cell(sector.outcome.value())).collect::<Vec<_>>()
    };
    let moved = |of: fn(&RadialMotion) -> Option<f64>| {
        let cell = |motion: Option<&RadialMotion>| motion.and_then(of).map_or_else(|| "\u{2013}".to_owned(), whole);
        found.wall_motion.iter().map(|motion| cell(motion.outcome.value())).collect::<Vec<_>>()
    };
    let mut rows = vec![
        (language.regional_ef_row(), counted(&|region| whole(region.ef_percent))),
        (language.counting_noise_row(), counted(&|region| format!("{:.1}", region.counting_error_points))),
        (language.shortening_row(), moved(|motion| Some(motion.shortening_percent))),
    ];
    let in_mm = |motion: &RadialMotion| motion.inward_mm;
    if found.wall_motion.iter().any(|motion| motion.outcome.value().and_then(in_mm).is_some()) {
        rows.push((language.inward_row(), moved(in_mm)));
    }
    rows
}

fn table(found: &SectorResults, language: Language) -> Markup {
    html! {
        table.sector-numbers {
            thead { tr {
                th scope="col" { (language.sector()) }
                @for (number, wall) in columns(found, language) { th.number scope="col" { (number) " " span.who { (wall) } } }
            } }
            tbody {
                @for (label, cells) in rows(found, language) {
                    tr { th scope="row" { (label) } @for cell in &cells { td.number { (cell) } } }
                }
            }
        }
        p.note { (language.sectors_note()) }
        @for refusal in refusals(found, language) { p.note.caution { (refusal) } }
    }
}

/// Why sectors have no number, one sentence each.
pub(super) fn refusals(found: &SectorResults, language: Language) -> Vec<String> {
    let counted = found.ejection_fractions.iter().map(|sector| (sector.sector.number, sector.outcome.refusal()));
    let moved = found.wall_motion.iter().map(|motion| (motion.sector.number, motion.outcome.refusal()));
    let sentence = |(number, refusal)| Some(language.sector_refused(number, &language.refusal(refusal?)));
    counted.chain(moved).filter_map(sentence).collect()
}

/// In whole numbers, with a minus and no hyphen.
fn whole(value: f64) -> String {
    let text = format!("{value:.0}");
    if text == "-0" { "0".to_owned() } else { text.replace('-', "\u{2212}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles_lie_between_the_ends_in_the_direction_of_numbering() {
        let both = |from, to, clockwise| {
            let part = part(from, to, clockwise, NO_EF);
            (middle(&part), part.width_degrees())
        };
        assert_eq!(both(340.0, 20.0, true), (360.0, 40.0));
        assert_eq!(both(20.0, 340.0, false), (0.0, 40.0));
        let ring = part(0.0, 90.0, true, NO_EF);
        let [x, y] = ring.place(90.0, 100.0);
        assert!((x - 280.0).abs() < 1e-9 && (y - 180.0).abs() < 1e-9);
        assert_eq!(
            [90.0, 270.0, 180.0].map(|degrees| anchor(ring.place(degrees, 100.0)[0])),
            [Anchor::Start, Anchor::End, Anchor::Middle]
        );
    }

    #[test]
    fn numbers_have_a_minus_and_no_negative_zero() {
        assert_eq!((whole(-0.3), whole(-7.6), whole(55.4)), ("0".into(), "\u{2212}8".into(), "55".into()));
    }
}
