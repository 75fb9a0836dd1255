//! What is true of the function of a simulated heart: from its volumes, and from counts of LV blood alone without noise.

use bloodpool_core::function::{
    BIN_DEGREES, CurveReading, ImageChoices, ImageInput, ParametricImages, PhaseDifference, PhaseHistogram,
    PixelBackground, SECTORS, Sectors, ValvePlane, Wall, known_curve, sector_functions,
};
use bloodpool_core::measure::drop_off::DropOff;
use bloodpool_core::{GatedStudy, Protocol};
use bloodpool_phantom::SimulatedStudy;

use super::number::{Number, of_histogram, of_sectors};

/// Everything that is known; empty without a heart.
///
/// Rates, times and fractions: of the continuous volume curve. RVEF and the ratio of strokes: of the volumes. Phases and sectors: of the
/// noise-free counts of LV blood alone, in the true silhouette at ED, with sectors about its centre and the true valve plane.
pub(super) fn of(simulated: &SimulatedStudy, protocol: &Protocol) -> Vec<(Number, f64)> {
    let mut found = of_volumes(simulated, protocol).unwrap_or_default();
    found.extend(of_counts(simulated, protocol).unwrap_or_default());
    found
}

fn of_volumes(simulated: &SimulatedStudy, protocol: &Protocol) -> Option<Vec<(Number, f64)>> {
    let volumes = simulated.volumes.as_ref()?;
    let study = &simulated.labelled.study;
    let cycle_ms = study.gating.frame_time_ms? * study.frames() as f64;
    let known = known_curve(&volumes.lv_ml, cycle_ms, &protocol.frames).ok()?;
    let mut found: Vec<(Number, f64)> =
        known.into_iter().filter_map(|(quantity, value)| Some((Number::Curve(quantity), value.ok()?))).collect();
    let largest = volumes.lv_ml.iter().copied().fold(0.0, f64::max);
    let smallest = volumes.lv_ml.iter().copied().fold(f64::INFINITY, f64::min);
    let stroke_ml = volumes.rv_ml[0] - volumes.rv_ml[1];
    found.push((Number::Rvef, volumes.rvef_percent()));
    if stroke_ml > 0.0 {
        found.push((Number::StrokeRatio, (largest - smallest) / stroke_ml));
    }
    Some(found)
}

fn of_counts(simulated: &SimulatedStudy, protocol: &Protocol) -> Option<Vec<(Number, f64)>> {
    let labelled = &simulated.labelled;
    let mut alone = GatedStudy::new(simulated.lv_counts.clone(), labelled.study.pixel_spacing_mm()).ok()?;
    alone.gating = labelled.study.gating.clone();
    // What frames lost at the end of the cycle is seen in all counts, not in those of a ventricle that fills.
    let drop_off = DropOff::of(&labelled.study);
    let background = PixelBackground::Levels(vec![0.0; alone.frames()]);
    let (end_diastole, end_systole) = labelled.extremes();
    let silhouette = labelled.masks.get(end_diastole.index())?;
    let input = ImageInput {
        study: &alone,
        drop_off: &drop_off,
        background: &background,
        end_diastole,
        end_systole,
        silhouette,
    };
    let images = ParametricImages::new(input, &ImageChoices::default()).ok()?;
    let mut found: Vec<(Number, f64)> =
        PhaseHistogram::of(&images, silhouette, BIN_DEGREES).map(|lv| of_histogram(&lv).to_vec()).unwrap_or_default();
    let Some(sectors) = sectors(simulated) else { return Some(found) };
    let wall = |wall: Wall| PhaseHistogram::of(&images, &sectors.wall(silhouette, wall), BIN_DEGREES).ok();
    if let Some((septal, lateral)) = wall(Wall::Septal).zip(wall(Wall::Lateral)) {
        found.push((Number::SeptalLessLateral, PhaseDifference::between(&septal, &lateral, None).degrees));
    }
    let harmonics = protocol.curve_harmonics;
    let reading = CurveReading { drop_off: &drop_off, end_diastole, end_systole, harmonics };
    let by_sector = sector_functions(&alone, silhouette, &sectors, &background, reading).ok()?;
    found.extend(of_sectors(&by_sector));
    Some(found)
}

/// Sectors about the centre of the true silhouette at ED.
fn sectors(simulated: &SimulatedStudy) -> Option<Sectors> {
    let labelled = &simulated.labelled;
    let (end_diastole, _) = labelled.extremes();
    let silhouette = labelled.masks.get(end_diastole.index())?;
    let landmarks = labelled.scene.as_ref()?.landmarks.as_ref()?.get(end_diastole.index())?;
    let spacing_mm = labelled.study.pixel_spacing_mm();
    let valve_plane = ValvePlane::of(landmarks, silhouette.centroid()?, spacing_mm.unwrap_or([1.0, 1.0])).ok()?;
    Sectors::about(silhouette, valve_plane, spacing_mm, SECTORS).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::function::Quantity;
    use bloodpool_phantom::{Family, Population};

    #[test]
    fn values_are_those_of_the_heart() {
        for family in [Family::Own, Family::Other] {
            let mut population = Population::ordinary(family, 4);
            population.lvef_percent = 55.0..=65.0;
            for index in 0..3 {
                let simulated = population.study(index).unwrap();
                let found = of(&simulated, &Protocol::background_image());
                let value = |number: Number| found.iter().find(|(other, _)| *other == number).unwrap().1;
                let lvef = simulated.truth.lvef.unwrap();
                assert!((value(Number::Curve(Quantity::Lvef)) - lvef.curve).abs() < 0.5, "{family:?} {index}");
                // Ventricles of adults at rest: 1.5 to 6 EDV/s, and a phase SD below 40 degrees.
                let rate = value(Number::Curve(Quantity::PeakEjectionRate));
                assert!((1.5..6.0).contains(&rate), "{family:?} {index}: {rate}");
                assert!((0.5..40.0).contains(&value(Number::PhaseSd)), "{}", value(Number::PhaseSd));
                // The sectors of a ventricle that empties by 60 % empty by that on average, more or less.
                let sectors: Vec<f64> =
                    found.iter().filter(|(number, _)| number.same_row(Number::RegionalEf(0))).map(|at| at.1).collect();
                let mean = sectors.iter().sum::<f64>() / sectors.len() as f64;
                assert!(sectors.len() >= 6 && (40.0..80.0).contains(&mean), "{family:?} {index}: {sectors:?}");
                assert!((20.0..75.0).contains(&value(Number::Rvef)) && value(Number::StrokeRatio) > 0.4);
            }
        }
    }
}
