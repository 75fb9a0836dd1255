//! That the cohort of Oh et al. 2022, drawn on by panels of 14 and measured by Eq. 5 and 6, looks like its Table 1.

// The example prints more of a study than is asserted here.
#[allow(dead_code)]
#[path = "../../examples/cohort/panel_table.rs"]
mod panel_table;

use bloodpool_phantom::{PaperCohort, panel};
use panel_table::{Case, mean_and_sd, measure};

/// Four panels and ten studies of each, none of them among those that the constants were set on.
fn cases() -> Vec<Case> {
    let threads: Vec<_> = (31..=34)
        .map(|seed| {
            std::thread::spawn(move || {
                let (cohort, raters) = (PaperCohort { seed }, panel(seed, 14));
                // A study whose ring misses the lower right quadrant has no measurement.
                (0..10).map(|index| measure(&cohort, &raters, index).unwrap()).collect::<Vec<_>>()
            })
        })
        .collect();
    threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn consensus_rois_measure_as_in_table_1() {
    let cases = cases();
    let figures = |value: fn(&Case) -> f64| mean_and_sd(&cases.iter().map(value).collect::<Vec<_>>());
    // Three standard errors of 40 studies, and what a panel's mean bias adds.
    let near = |name: &str, (mean, sd): (f64, f64), paper: f64, within: f64, paper_sd: Option<f64>| {
        assert!((mean / paper - 1.0).abs() < within, "{name}: {mean} where the paper has {paper}");
        if let Some(paper_sd) = paper_sd {
            assert!((0.65..1.5).contains(&(sd / paper_sd)), "{name}: SD {sd} where the paper has {paper_sd}");
        }
    };
    near("ED size", figures(|c| c.ed_px), 4173.69, 0.07, Some(488.0));
    near("ES size", figures(|c| c.es_px), 2397.21, 0.10, Some(442.0));
    near("ED pixel value", figures(|c| c.ed_value), 578_067.0, 0.11, None);
    near("ES pixel value", figures(|c| c.es_value), 278_927.0, 0.13, None);
    near("EF", figures(|c| c.ef_percent), 60.37, 0.06, Some(7.32));
    for (phase, plausible) in [(0, 0.94..0.98), (1, 0.91..0.96)] {
        let dice = cases.iter().map(|case| case.rater_dice[phase]).sum::<f64>() / cases.len() as f64;
        assert!(plausible.contains(&dice), "raters agree with each other's consensus by a Dice of {dice}");
    }
}

#[test]
fn silhouettes_are_finer_than_the_studys_own_masks() {
    let study = PaperCohort { seed: 5 }.study(1).unwrap();
    for (frame, mask) in study.labelled.masks.iter().enumerate() {
        assert_eq!(&study.silhouette(frame, 64).unwrap(), mask, "on the study's own grid they are its masks");
        let fine = study.silhouette(frame, 256).unwrap();
        assert!((fine.area() as f64 / 16.0 / mask.area() as f64 - 1.0).abs() < 0.03, "frame {frame}");
        // A border of 256 that ran along that of 64 would only turn at multiples of four.
        let blocks =
            mask.inside().filter(|&(row, column)| (0..16).all(|k| fine.contains(4 * row + k / 4, 4 * column + k % 4)));
        assert!(blocks.count() < mask.area(), "frame {frame} is the coarse mask enlarged");
    }
    let frames = study.labelled.masks.len();
    assert!(study.silhouette(frames, 256).is_none() && study.silhouette(0, 0).is_none());
}
