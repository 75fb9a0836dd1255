//! `LearningCurve`: how good runs are by the number of patients, and of frames per patient, that they were trained on.

use std::collections::BTreeMap;

use bloodpool_report::table::Table;
use bloodpool_report::{RESEARCH_ONLY, SOFTWARE};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AcrossError, Estimate, FIGURES, Finished, Quantity, Summary, by_patient, estimate, population};
use crate::EvaluationError;
use crate::raters::plots::{Area, Figure, drawn_with};
use crate::raters::record::TrainingSize;

/// Schema of the document.
pub const LEARNING_CURVE_SCHEMA: &str = "bloodpool.learning-curve/1";

/// The document `bloodpool.learning-curve/1`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LearningCurve {
    /// [`LEARNING_CURVE_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// That the result is for research alone.
    pub notice: String,
    /// What the studies are, in words.
    pub population: String,
    /// The points, by frames per patient, then by patients.
    pub points: Vec<Point>,
}

/// All runs of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// What the runs were trained on.
    pub trained_on: TrainingSize,
    /// Number of runs.
    pub runs: usize,
    /// Patients that they were evaluated on.
    pub patients: usize,
    /// Every figure, in the order of the table.
    pub figures: Vec<PointFigure>,
}

/// One figure of a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointFigure {
    /// What is measured on a study.
    pub quantity: Quantity,
    /// What is said of it.
    pub summary: Summary,
    /// Over the patients of all runs of the point.
    pub estimate: Estimate,
}

impl LearningCurve {
    /// The curve of some evaluations. All readings of runs of one size are taken together.
    ///
    /// # Errors
    /// [`AcrossError`] where they are not of one dataset, or the size of a run is not known.
    pub fn new(evaluations: &[Finished]) -> Result<Self, AcrossError> {
        Finished::same_dataset(evaluations.iter())?;
        let mut by_size: BTreeMap<(Option<usize>, usize), (TrainingSize, Vec<Finished>)> = BTreeMap::new();
        for one in evaluations {
            let unknown = || AcrossError::UnknownSize { folder: one.folder.clone() };
            let size = one.document.subject.run.trained_on.clone().ok_or_else(unknown)?;
            let key = (size.frames_per_study, size.patients);
            by_size.entry(key).or_insert_with(|| (size, Vec::new())).1.push(one.clone());
        }
        Ok(Self {
            schema: LEARNING_CURVE_SCHEMA.to_owned(),
            software: SOFTWARE.to_owned(),
            notice: RESEARCH_ONLY.to_owned(),
            population: population(&evaluations.iter().collect::<Vec<_>>()),
            points: by_size.into_values().map(|(size, runs)| Point::new(size, &runs)).collect(),
        })
    }

    /// As a table.
    #[must_use]
    pub fn table(&self) -> Table {
        let shown = [0, 1, 2, 3, 4].map(|index| FIGURES[index]);
        let mut columns: Vec<String> =
            ["Training patients", "Frames per study", "Runs", "Evaluated patients"].map(str::to_owned).into();
        columns.extend(shown.map(|(quantity, summary)| format!("{}: {}", quantity.words(), summary.words())));
        let row = |point: &Point| {
            let size = &point.trained_on;
            let mut row = vec![
                size.patients.to_string(),
                size.frames_per_study.map_or_else(|| "all".to_owned(), |frames| frames.to_string()),
                point.runs.to_string(),
                point.patients.to_string(),
            ];
            row.extend(shown.iter().map(|(quantity, summary)| {
                let of = |figure: &&PointFigure| figure.quantity == *quantity && figure.summary == *summary;
                let estimate = point.figures.iter().find(of).map(|figure| figure.estimate);
                let signed = *quantity == Quantity::EfOfConsensus && *summary == Summary::Mean;
                let cell = |estimate: Estimate| if signed { estimate.cell() } else { estimate.plain_cell() };
                estimate.map_or_else(|| "-".to_owned(), cell)
            }));
            row
        };
        Table {
            caption: format!("Results by the size of the training: {}", self.population),
            columns,
            rows: self.points.iter().map(row).collect(),
            notes: vec![
                "95 % intervals: percentiles of 2,000 bootstrap resamples of the evaluated patients; they do not contain what another \
                 choice of training patients would change."
                    .to_owned(),
            ],
        }
    }

    /// Dice and EF error over the number of training patients, as SVG and PDF; one line per number of frames.
    ///
    /// # Errors
    /// [`EvaluationError`] when it cannot be drawn.
    pub fn figure(&self) -> Result<Figure, EvaluationError> {
        let words = format!("{}; bars: 95 % intervals over patients. {RESEARCH_ONLY}.", self.population);
        let dice = [(Quantity::DiceEndDiastole, Summary::Mean, "ED"), (Quantity::DiceEndSystole, Summary::Mean, "ES")];
        let ef = [
            (Quantity::EfOfConsensus, Summary::MeanAbsolute, "mean absolute difference"),
            (Quantity::EfOfConsensus, Summary::Sd, "SD of differences"),
        ];
        drawn_with(&words, (900, 378), |area| {
            let (left, right) = area.split_horizontally(450);
            self.panel(&left, "Dice against the consensus, %", &dice)?;
            self.panel(&right, "EF less EF of the consensus, points", &ef)
        })
    }

    fn panel(&self, area: &Area<'_>, title: &str, shown: &[(Quantity, Summary, &str)]) -> Result<(), EvaluationError> {
        // Okabe and Ito: colours that colour-blind readers can distinguish.
        let colours = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];
        let mut frames: Vec<Option<usize>> =
            self.points.iter().map(|point| point.trained_on.frames_per_study).collect();
        frames.dedup();
        let mut lines = Vec::new();
        for (quantity, summary, name) in shown {
            for of_frames in &frames {
                let points: Vec<(f64, f64, [f64; 2])> = self
                    .points
                    .iter()
                    .filter(|point| point.trained_on.frames_per_study == *of_frames)
                    .filter_map(|point| {
                        let of = |figure: &&PointFigure| figure.quantity == *quantity && figure.summary == *summary;
                        let estimate = point.figures.iter().find(of)?.estimate;
                        let value = estimate.value?;
                        Some((point.trained_on.patients.max(1) as f64, value, estimate.ci95.unwrap_or([value; 2])))
                    })
                    .collect();
                let name = match (frames.len(), of_frames) {
                    (1, _) => (*name).to_owned(),
                    (_, Some(frames)) => format!("{name}, {frames} frames"),
                    (_, None) => format!("{name}, all frames"),
                };
                lines.push((name, points));
            }
        }
        let all = || lines.iter().flat_map(|(_, points)| points);
        let low = all().map(|point| point.2[0]).fold(f64::MAX, f64::min);
        let high = all().map(|point| point.2[1]).fold(f64::MIN, f64::max);
        let [least, most] = [f64::min as fn(f64, f64) -> f64, f64::max]
            .map(|pick| all().map(|point| point.0).reduce(pick).unwrap_or(1.0));
        if low > high {
            return Ok(());
        }
        let mut sizes: Vec<f64> = all().map(|point| point.0.ln()).collect();
        sizes.sort_by(f64::total_cmp);
        // Labels of sizes that are close to each other would overlap.
        sizes.dedup_by(|next, kept| *next - *kept < 0.12);
        let room = (0.08 * (high - low)).max(0.5);
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 17))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(52)
            .build_cartesian_2d((0.85 * least).ln()..(1.18 * most).ln(), low - room..high + room)?;
        chart
            .configure_mesh()
            .x_desc("patients in training (logarithmic)")
            .disable_x_mesh()
            .x_labels(0)
            .y_labels(8)
            .light_line_style(WHITE)
            .bold_line_style(RGBColor(225, 225, 225))
            .draw()?;
        // The sizes that there are, in the place of whole powers.
        let style = ("sans-serif", 12).into_font().color(&BLACK).pos(Pos::new(HPos::Center, VPos::Bottom));
        chart.draw_series(
            sizes.iter().map(|size| Text::new(format!("{:.0}", size.exp()), (*size, low - room), style.clone())),
        )?;
        for (index, (name, points)) in lines.iter().enumerate() {
            let colour = colours[index % colours.len()];
            chart
                .draw_series(LineSeries::new(
                    points.iter().map(|point| (point.0.ln(), point.1)),
                    colour.stroke_width(2),
                ))?
                .label(name.clone())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
            // Bars of several lines stand side by side.
            let beside = 0.025 * index as f64;
            let bars = points.iter().map(|(x, _, ends)| {
                let at = x.ln() + beside;
                PathElement::new([(at, ends[0]), (at, ends[1])], colour.stroke_width(1))
            });
            chart.draw_series(bars)?;
            chart.draw_series(points.iter().map(|point| Circle::new((point.0.ln(), point.1), 4, colour.filled())))?;
        }
        chart
            .configure_series_labels()
            .position(if title.starts_with("Dice") {
                SeriesLabelPosition::UpperLeft
            } else {
                SeriesLabelPosition::UpperRight
            })
            .background_style(WHITE)
            .border_style(WHITE)
            .label_font(("sans-serif", 13))
            .draw()?;
        Ok(())
    }
}

impl Point {
    fn new(trained_on: TrainingSize, runs: &[Finished]) -> Self {
        let mut patients = 0;
        let figures = FIGURES
            .into_iter()
            .map(|(quantity, summary)| {
                let values: Vec<Vec<f64>> = by_patient(runs, quantity).into_values().collect();
                patients = patients.max(values.len());
                let of = |drawn: &[usize]| {
                    let drawn: Vec<f64> = drawn.iter().flat_map(|&patient| values[patient].iter().copied()).collect();
                    summary.of(&drawn)
                };
                PointFigure { quantity, summary, estimate: estimate(values.len(), of) }
            })
            .collect();
        // An evaluation of several folds is of as many runs.
        let of_each = runs.iter().map(|one| one.document.subject.folds.len().max(1));
        Self { trained_on, runs: of_each.sum(), patients, figures }
    }
}
