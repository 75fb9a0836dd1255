//! That a person's edit of the outlines moves LVEF by the background image, the right way and far enough.

use bloodpool_core::analysis::measure;
use bloodpool_core::protocol::Element;
use bloodpool_core::{GatedStudy, Mask, ModelIdentity, Protocol, Segmentation, measure_edited, measure_protocol};
use bloodpool_phantom::{Family, Population, SimulatedStudy};
use ndarray::Array3;

/// Studies of each test; the figures of 60 others chose the way in which fractions move.
const STUDIES: u64 = 40;

fn model() -> ModelIdentity {
    ModelIdentity { name: "truth".into(), sha256: String::new() }
}

fn studies(seed: u64) -> impl Iterator<Item = SimulatedStudy> {
    let source = Population::ordinary(Family::Own, seed);
    (0..STUDIES).map(move |index| source.study(index).unwrap())
}

/// What a bilinear interpolation of `value` gives between pixels.
fn between(value: impl Fn(isize, isize) -> f64, row: f64, column: f64) -> f64 {
    let (top, left) = (row.floor(), column.floor());
    let (down, right) = (row - top, column - left);
    let at = |rows: isize, columns: isize| value(top as isize + rows, left as isize + columns);
    (1.0 - down) * ((1.0 - right) * at(0, 0) + right * at(0, 1)) + down * ((1.0 - right) * at(1, 0) + right * at(1, 1))
}

/// The truth as a network would see it that is off by 8 to 12 mm in some direction and unsure of itself.
fn displaced(study: &SimulatedStudy, index: usize) -> Segmentation {
    let labelled = &study.labelled;
    let [row_mm, column_mm] = labelled.study.pixel_spacing_mm().unwrap();
    let (angle, distance_mm) = (2.4 * index as f64, 8.0 + 4.0 * (index * 7 % 10) as f64 / 9.0);
    let (down, right) = (distance_mm * angle.sin() / row_mm, distance_mm * angle.cos() / column_mm);
    let (frames, rows, columns) = labelled.study.counts().dim();
    let inside =
        |row: isize, column: isize| row >= 0 && column >= 0 && (row as usize) < rows && (column as usize) < columns;
    let mask = |mask: &Mask| {
        let value = |row: isize, column: isize| {
            f64::from(u8::from(inside(row, column) && mask.contains(row as usize, column as usize)))
        };
        Mask::from_fn(rows, columns, |row, column| between(value, row as f64 - down, column as f64 - right) > 0.5)
    };
    let fraction = labelled.lv_fraction.as_ref().unwrap();
    let moved = Array3::from_shape_fn((frames, rows, columns), |(frame, row, column)| {
        let value = |row: isize, column: isize| {
            if inside(row, column) { f64::from(fraction[[frame, row as usize, column as usize]]) } else { 0.0 }
        };
        // Wavy errors of a twentieth, as a network's.
        let wave = 0.05 * ((row as f64 * 0.7 + index as f64).sin() * (column as f64 * 0.9 + frame as f64).cos());
        let seen = between(value, row as f64 - down, column as f64 - right);
        (seen * (1.0 + wave)).clamp(0.0, 1.0) as f32
    });
    let masks = labelled.masks.iter().map(mask).collect();
    Segmentation { masks, lv_fraction: Some(moved), ..Segmentation::default() }
}

fn by(study: &GatedStudy, segmentation: &Segmentation, protocol: &Protocol) -> f64 {
    measure_protocol(study, segmentation, &model(), protocol).unwrap().lvef_percent
}

fn edited(study: &GatedStudy, segmentation: &Segmentation, masks: &[Mask]) -> f64 {
    measure_edited(study, segmentation, masks, model(), &Protocol::background_image()).unwrap().lvef_percent
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn no_edit_gives_the_same_number_to_the_last_bit() {
    for (index, study) in studies(501).take(8).enumerate() {
        let seen = displaced(&study, index);
        for name in Protocol::NAMES {
            let protocol = Protocol::by_name(name).unwrap();
            let plain = measure(&study.labelled.study, seen.clone(), model(), &protocol);
            let same = measure_edited(&study.labelled.study, &seen, &seen.masks, model(), &protocol);
            let (Ok(plain), Ok(same)) = (plain, same) else { continue };
            assert_eq!(plain.lvef_percent.to_bits(), same.lvef_percent.to_bits(), "{name}");
            assert_eq!((plain.results, plain.curve), (same.results, same.curve));
            assert_eq!(plain.background_image, same.background_image);
        }
    }
}

#[test]
fn true_outlines_correct_displaced_ones() {
    for fraction_too in [true, false] {
        let (mut before, mut after, mut standard) = (Vec::new(), Vec::new(), Vec::new());
        for (index, simulated) in studies(502).enumerate() {
            let (study, truth) = (&simulated.labelled.study, simulated.truth.lvef_percent);
            let perfect = simulated.labelled.perfect_segmentation();
            let mut seen = displaced(&simulated, index);
            if !fraction_too {
                seen.lv_fraction.clone_from(&perfect.lv_fraction);
            }
            before.push((by(study, &seen, &Protocol::background_image()) - truth).abs());
            after.push((edited(study, &seen, &perfect.masks) - truth).abs());
            standard.push((by(study, &perfect, &Protocol::standard()) - truth).abs());
        }
        let (before, after, standard) = (mean(&before), mean(&after), mean(&standard));
        println!("fraction displaced too: {fraction_too}; mean |error| {before:.2} before, {after:.2} after the edit");
        println!("standard with true outlines: {standard:.2}");
        assert!(after <= standard, "{before} {after} {standard}");
        // A displaced fraction leaves hardly any error, so that an edit cannot gain much. Beside the true fraction an
        // edit can only harm.
        assert!(!fraction_too || after < before + 0.3, "{before} {after}");
    }
}

#[test]
fn a_pixel_more_or_less_at_end_systole_moves_lvef() {
    let (mut grown, mut grown_standard, mut shrunk, mut shrunk_standard) = (vec![], vec![], vec![], vec![]);
    for simulated in studies(503) {
        let study = &simulated.labelled.study;
        let perfect = simulated.labelled.perfect_segmentation();
        let standard = measure_protocol(study, &perfect, &model(), &Protocol::standard()).unwrap();
        let plain = by(study, &perfect, &Protocol::background_image());
        let end_systole = standard.end_systole.frame.index();
        let changed = |roi: Mask, own: &mut Vec<f64>, other: &mut Vec<f64>| {
            if roi.is_empty() {
                return;
            }
            let mut masks = perfect.masks.clone();
            masks[end_systole] = roi;
            own.push(edited(study, &perfect, &masks) - plain);
            let redrawn = Segmentation { masks, ..perfect.clone() };
            other.push(by(study, &redrawn, &Protocol::standard()) - standard.lvef_percent);
        };
        let roi = &perfect.masks[end_systole];
        changed(roi.dilated(Element::Cross, 1), &mut grown, &mut grown_standard);
        changed(roi.eroded(Element::Cross, 1), &mut shrunk, &mut shrunk_standard);
    }
    for (name, own, standard) in [("grown", &grown, &grown_standard), ("shrunk", &shrunk, &shrunk_standard)] {
        println!("{name} by a pixel: {:+.2} points; standard {:+.2}", mean(own), mean(standard));
        assert!(mean(own) / mean(standard) > 0.5, "{name}: {} {}", mean(own), mean(standard));
        let enough = own.iter().zip(standard.iter()).filter(|(own, standard)| *own / *standard >= 0.5).count();
        assert!(enough * 10 >= own.len() * 8, "{name}: {enough} of {} move half as far", own.len());
    }
}
