//! `RightVentricularFunction`: RVEF and the ratio of stroke counts, from RV outlines and the background of each frame.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pixel_background::PixelBackground;
use super::refusal::{Outcome, Refusal};
use crate::measure::curve::{fitted, read, read_variance_factor};
use crate::measure::drop_off::DropOff;
use crate::measure::ejection_fraction::{PhaseCounts, counting_error_points};
use crate::measure::frames::choose;
use crate::protocol::{FrameChoice, PresetStatus};
use crate::validity::limits::NO_BEAT_ERRORS;
use crate::{FrameIndex, GatedStudy, Mask, Measurement};

/// What the numbers of the right ventricle are meant for.
///
/// In LAO the right atrium lies behind part of the RV and fills while this empties, so that stroke counts and RVEF read low: the
/// ratio of stroke counts of 41 patients without valve disease was 1.25 +- 0.18, and 1.05 +- 0.12 after the atrium's counts had
/// been subtracted (Berthout et al., Arch Mal Coeur Vaiss 1984;77:902).
pub const RIGHT_VENTRICLE_STATUS: PresetStatus = PresetStatus::Experimental;

/// Net counts of a ventricle at ED and ES.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrokeCounts {
    /// Net counts at ED.
    pub ed_net_counts: f64,
    /// Net counts at ES.
    pub es_net_counts: f64,
}

impl StrokeCounts {
    /// Those that an LVEF was computed from.
    #[must_use]
    pub fn of(measured: &Measurement) -> Self {
        Self { ed_net_counts: measured.end_diastole.net_counts, es_net_counts: measured.end_systole.net_counts }
    }

    /// Net counts at ED less those at ES.
    #[must_use]
    pub fn stroke(&self) -> f64 {
        self.ed_net_counts - self.es_net_counts
    }
}

/// The right ventricle in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RightVentricularFunction {
    /// What the numbers are meant for: [`RIGHT_VENTRICLE_STATUS`].
    pub status: PresetStatus,
    /// RVEF, percent.
    pub rvef_percent: f64,
    /// Its standard error from counting noise alone, EF points; the background is taken as known.
    pub counting_error_points: f64,
    /// End-diastole of the RV.
    pub end_diastole: FrameIndex,
    /// End-systole of the RV.
    pub end_systole: FrameIndex,
    /// Net RV counts there.
    pub counts: StrokeCounts,
    /// Net RV counts by frame, as counted.
    pub net_counts: Vec<f64>,
    /// Stroke counts of the LV over those of the RV; about 1 without regurgitation or shunt.
    pub left_over_right_stroke_counts: Outcome<f64>,
}

/// RVEF as (ED - ES) / ED of net counts in the RV outline of each frame, and the ratio of stroke counts (Rigo et al., Circulation
/// 1979;60:306).
///
/// `masks`: one RV outline per frame, in the study's own matrix; `background`: what each pixel loses, for example
/// [`PixelBackground::of_fraction`] of the RV. ED and ES are chosen on the RV's own curve as `choice` says, since conduction delay
/// moves them against those of the LV. `harmonics`: of the fit that counts are read from, `None` for single frames. `left`: the
/// LV's counts by the same kind of sums, or why there are none.
///
/// # Errors
/// [`Refusal`] when shapes differ, no frame has an RV where ED or ES is looked for, net counts at ED are not positive, or the
/// stroke cannot be told from counting noise.
pub fn right_ventricle(
    study: &GatedStudy,
    masks: &[Mask],
    background: &PixelBackground,
    drop_off: &DropOff,
    choice: &FrameChoice,
    harmonics: Option<usize>,
    left: Result<StrokeCounts, Refusal>,
) -> Result<RightVentricularFunction, Refusal> {
    let frames = study.frames();
    let matrix = (study.rows(), study.columns());
    let odd = masks.iter().any(|mask| mask.dim() != matrix);
    if masks.len() != frames || odd || drop_off.kept.len() != frames || !background.fits(study) {
        return Err(Refusal::Shapes);
    }
    let sums = |background: &PixelBackground| -> Vec<f64> {
        FrameIndex::all(frames)
            .zip(masks)
            .map(|(frame, mask)| {
                let net = background.net(study, frame);
                mask.inside().map(|at| net[at]).sum()
            })
            .collect()
    };
    let net_counts = sums(background);
    let gross = match background {
        PixelBackground::Fraction(_) => net_counts.clone(),
        PixelBackground::Levels(_) | PixelBackground::Image(_) => sums(&PixelBackground::Levels(vec![0.0; frames])),
    };
    let usable: Vec<bool> = masks.iter().map(|mask| !mask.is_empty()).collect();
    // Frames set by hand are those of the LV.
    let choice = FrameChoice { ed_override: None, es_override: None, ..choice.clone() };
    let smooth = fitted(&net_counts, &usable, drop_off, choice.harmonics);
    let chosen = choose(&smooth, &usable, drop_off, &choice).map_err(|_| Refusal::NoVentricle)?;
    let curve = read(&net_counts, &usable, drop_off, harmonics);
    let smoothing = read_variance_factor(frames, harmonics);
    let phase = |frame: FrameIndex| PhaseCounts {
        net: curve[frame.index()],
        variance: gross[frame.index()].max(0.0),
        area: 0.0,
    };
    let (ed, es) = (phase(chosen.end_diastole), phase(chosen.end_systole));
    if !(ed.net.is_finite() && es.net.is_finite() && ed.net > 0.0) {
        return Err(Refusal::NoNetCounts { net_counts: if ed.net.is_finite() { ed.net } else { 0.0 } });
    }
    let counts = StrokeCounts { ed_net_counts: ed.net, es_net_counts: es.net };
    let noise_counts = ((ed.variance + es.variance) * smoothing).sqrt();
    if counts.stroke() < NO_BEAT_ERRORS * noise_counts {
        return Err(Refusal::NoBeat { stroke_counts: counts.stroke(), noise_counts });
    }
    let ratio = left.and_then(|left| {
        let ratio = left.stroke() / counts.stroke();
        let refusal = Refusal::NoBeat { stroke_counts: left.stroke(), noise_counts: 0.0 };
        if ratio.is_finite() && ratio > 0.0 { Ok(ratio) } else { Err(refusal) }
    });
    Ok(RightVentricularFunction {
        status: RIGHT_VENTRICLE_STATUS,
        rvef_percent: counts.stroke() / ed.net * 100.0,
        counting_error_points: counting_error_points(ed, es, 0.0, smoothing),
        end_diastole: chosen.end_diastole,
        end_systole: chosen.end_systole,
        counts,
        net_counts,
        left_over_right_stroke_counts: ratio.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    const FRAMES: usize = 16;
    const LEFT: StrokeCounts = StrokeCounts { ed_net_counts: 90_000.0, es_net_counts: 36_000.0 };

    /// Emptied share, largest at frame 7: the RV beats a frame later than the cosine about frame 6 would.
    fn emptied(frame: usize) -> f64 {
        0.5 * (1.0 - (std::f64::consts::TAU * frame as f64 / 14.0).cos()) * f64::from(u8::from(frame < 14))
    }

    /// A square of 10 x 10 pixels whose 500 counts of blood fall to 275, on a background of 80.
    fn case() -> (GatedStudy, Vec<Mask>) {
        let inside = |row: usize, column: usize| (10..20).contains(&row) && (5..15).contains(&column);
        let counts = Array3::from_shape_fn((FRAMES, 32, 32), |(frame, row, column)| {
            (80.0 + if inside(row, column) { 500.0 * (1.0 - 0.45 * emptied(frame)) } else { 0.0 }) as f32
        });
        (GatedStudy::new(counts, None).unwrap(), vec![Mask::from_fn(32, 32, inside); FRAMES])
    }

    fn of(
        masks: &[Mask],
        background: &PixelBackground,
        left: StrokeCounts,
    ) -> Result<RightVentricularFunction, Refusal> {
        let study = case().0;
        right_ventricle(&study, masks, background, &DropOff::of(&study), &FrameChoice::default(), None, Ok(left))
    }

    #[test]
    fn it_has_the_ef_and_ratio_worked_out_by_hand() {
        let (_, masks) = case();
        let found = of(&masks, &PixelBackground::Levels(vec![80.0; FRAMES]), LEFT).unwrap();
        assert!((found.rvef_percent - 45.0).abs() < 1e-3, "{}", found.rvef_percent);
        // Frames 14 to 16 and 1 are equally full.
        assert!([16, 1].contains(&found.end_diastole.number()) && found.end_systole.number() == 8);
        // 100 pixels of 500 counts: 50,000, of which 22,500 leave; the LV ejects 54,000.
        assert!((found.counts.stroke() - 22_500.0).abs() < 1.0);
        assert!((found.left_over_right_stroke_counts.value().unwrap() - 2.4).abs() < 1e-3);
        // By hand: sqrt(35,500 + 0.55^2 x 58,000) / 50,000 = 0.4605 %.
        assert!((found.counting_error_points - 0.460_5).abs() < 1e-3, "{}", found.counting_error_points);
        assert_eq!(found.status, PresetStatus::Experimental);
        // A fraction of 500 / 580 at ED would not be that at ES: the image that each frame loses is.
        let image = PixelBackground::Image(Array3::from_elem((FRAMES, 32, 32), 80.0));
        assert!((of(&masks, &image, LEFT).unwrap().rvef_percent - 45.0).abs() < 1e-3);
        let text = serde_json::to_string(&found).unwrap();
        assert!(text.contains(r#""status":"experimental""#));
        assert_eq!(serde_json::from_str::<RightVentricularFunction>(&text).unwrap(), found);
    }

    #[test]
    fn what_has_no_right_ventricle_is_refused() {
        let (study, masks) = case();
        let level = |level: f64| PixelBackground::Levels(vec![level; FRAMES]);
        assert_eq!(of(&masks[..8], &level(80.0), LEFT), Err(Refusal::Shapes));
        assert_eq!(of(&vec![Mask::empty(32, 32); FRAMES], &level(80.0), LEFT), Err(Refusal::NoVentricle));
        assert!(matches!(of(&masks, &level(700.0), LEFT), Err(Refusal::NoNetCounts { .. })));
        let still = GatedStudy::new(Array3::from_elem((FRAMES, 32, 32), 300.0), None).unwrap();
        let drop_off = DropOff::of(&study);
        let choice = FrameChoice::default();
        let found = right_ventricle(&still, &masks, &level(80.0), &drop_off, &choice, Some(4), Ok(LEFT));
        assert!(matches!(found, Err(Refusal::NoBeat { .. })));
        let none = StrokeCounts { ed_net_counts: 5.0, es_net_counts: 9.0 };
        let found = of(&masks, &level(80.0), none).unwrap();
        assert!(matches!(found.left_over_right_stroke_counts.refusal(), Some(Refusal::NoBeat { .. })));
        let unknown = Err(Refusal::NoLeftCounts);
        let found = right_ventricle(&study, &masks, &level(80.0), &drop_off, &choice, None, unknown).unwrap();
        assert_eq!(found.left_over_right_stroke_counts.refusal(), Some(&Refusal::NoLeftCounts));
        assert!((found.rvef_percent - 45.0).abs() < 1e-3);
    }
}
