//! The plots of a cohort: histogram, course over time, and boxes side by side.

use bloodpool_report::report::drawing::{Anchor, Drawing, Shape};
use bloodpool_stats::bootstrap::quantile;

use super::summary::Group;

const WIDTH: f64 = 560.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 44.0;
/// Most labels of times below a plot.
const MOST_LABELS: usize = 8;
/// Height of a box with its label.
const ROW: f64 = 30.0;
/// Room for the names of groups.
const NAMES: f64 = 190.0;
/// Letters of a name that fit there.
const NAME_LETTERS: usize = 30;

/// From a value to a place.
#[derive(Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn at(&self, value: f64) -> f64 {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        self.from + share * (self.to - self.from)
    }
}

/// A step of 1, 2 or 5 times a power of ten that divides a range into about `parts`.
pub(super) fn step(range: f64, parts: f64) -> f64 {
    let rough = (range / parts).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough).unwrap_or(10.0 * power)
}

fn ticks(low: f64, high: f64, step: f64) -> Vec<f64> {
    let count = ((high - low) / step).round().max(1.0) as usize;
    (0..=count).map(|at| low + at as f64 * step).collect()
}

fn label(value: f64, step: f64) -> String {
    if step < 1.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// Numbers of values by bins of one width; `zero`: a line there. What lies beyond the range is in the outer bins.
pub(super) fn histogram(sorted: &[f64], range: [f64; 2], bin: f64, title: &str, zero: bool) -> Drawing {
    let bins = ((range[1] - range[0]) / bin).round().max(1.0) as usize;
    let mut counts = vec![0usize; bins];
    for value in sorted {
        counts[(((value - range[0]) / bin).floor().max(0.0) as usize).min(bins - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or_default().max(1) as f64;
    let by = step(most, 4.0).max(1.0);
    let (height, high) = (240.0, (most / by).ceil() * by);
    let x = Axis { low: range[0], high: range[1], from: LEFT, to: WIDTH - RIGHT };
    let y = Axis { low: 0.0, high, from: height - BOTTOM, to: TOP };
    let mut drawing = Drawing::new(WIDTH, height);
    for tick in ticks(0.0, high, by) {
        drawing.line("grid", [LEFT, y.at(tick)], [WIDTH - RIGHT, y.at(tick)]);
        drawing.text("tick", [LEFT - 8.0, y.at(tick) + 4.0], Anchor::End, label(tick, 1.0));
    }
    for (at, &count) in counts.iter().enumerate() {
        let from = x.at(range[0] + at as f64 * bin);
        let to = x.at(range[0] + (at + 1) as f64 * bin);
        let top = y.at(count as f64);
        drawing.rect("column", [from + 0.5, top], [to - from - 1.0, y.from - top], None);
    }
    drawing.line("axis", [LEFT, y.from], [WIDTH - RIGHT, y.from]);
    let by = step(range[1] - range[0], 8.0).max(bin);
    for tick in ticks(range[0], range[1], by).into_iter().filter(|tick| *tick <= range[1] + 1e-9) {
        drawing.text("tick", [x.at(tick), y.from + 17.0], Anchor::Middle, label(tick, by));
    }
    if zero {
        drawing.line("mark", [x.at(0.0), TOP], [x.at(0.0), y.from]);
    }
    if let Some(median) = quantile(sorted, 0.5) {
        drawing.line("median", [x.at(median), TOP], [x.at(median), y.from]);
        drawing.text("median-name", [x.at(median), TOP - 4.0], Anchor::Middle, format!("median {median:.1}"));
    }
    drawing.text("title", [(LEFT + WIDTH - RIGHT) / 2.0, height - 8.0], Anchor::Middle, title);
    drawing.text("title", [4.0, TOP - 10.0], Anchor::Start, "studies");
    drawing
}

/// Median and middle half of LVEF over time.
pub(super) fn course(times: &[(&str, &Group)]) -> Drawing {
    let height = 260.0;
    let x = Axis { low: 0.0, high: (times.len().max(2) - 1) as f64, from: LEFT + 12.0, to: WIDTH - RIGHT - 12.0 };
    let y = Axis { low: 0.0, high: 100.0, from: height - BOTTOM, to: TOP };
    let mut drawing = Drawing::new(WIDTH, height);
    for tick in ticks(0.0, 100.0, 20.0) {
        drawing.line("grid", [LEFT, y.at(tick)], [WIDTH - RIGHT, y.at(tick)]);
        drawing.text("tick", [LEFT - 8.0, y.at(tick) + 4.0], Anchor::End, label(tick, 1.0));
    }
    let known: Vec<(f64, [f64; 3])> = times
        .iter()
        .enumerate()
        .filter_map(|(at, (_, group))| {
            let of = |level| quantile(&group.lvef_percent, level);
            Some((x.at(at as f64), [y.at(of(0.25)?), y.at(of(0.5)?), y.at(of(0.75)?)]))
        })
        .collect();
    let upper = known.iter().map(|(x, [_, _, high])| [*x, *high]);
    let lower = known.iter().rev().map(|(x, [low, _, _])| [*x, *low]);
    drawing.shapes.push(Shape::Polygon { class: "band", points: upper.chain(lower).collect() });
    let middle: Vec<[f64; 2]> = known.iter().map(|(x, [_, median, _])| [*x, *median]).collect();
    if let [only] = middle.as_slice() {
        drawing.circle("dot", *only, 4.0);
    }
    drawing.shapes.push(Shape::Polyline { class: "course", points: middle });
    time_axis(&mut drawing, times, &x, y.from);
    drawing.text("title", [4.0, TOP - 10.0], Anchor::Start, "LVEF, %");
    drawing
}

/// Shares of failed and of withheld studies over time, percent.
pub(super) fn shares(times: &[(&str, &Group)]) -> Drawing {
    let height = 200.0;
    let percent = |group: &Group, count: usize| 100.0 * count as f64 / group.studies.max(1) as f64;
    let most = times.iter().map(|(_, group)| percent(group, group.failed + group.withheld)).fold(5.0, f64::max);
    let by = step(most, 4.0);
    let high = (most / by).ceil() * by;
    let x = Axis { low: 0.0, high: (times.len().max(2) - 1) as f64, from: LEFT + 12.0, to: WIDTH - RIGHT - 12.0 };
    let y = Axis { low: 0.0, high, from: height - BOTTOM, to: TOP };
    let wide = ((x.to - x.from) / times.len().max(1) as f64 * 0.7).clamp(1.0, 26.0);
    let mut drawing = Drawing::new(WIDTH, height);
    for tick in ticks(0.0, high, by) {
        drawing.line("grid", [LEFT, y.at(tick)], [WIDTH - RIGHT, y.at(tick)]);
        drawing.text("tick", [LEFT - 8.0, y.at(tick) + 4.0], Anchor::End, label(tick, by));
    }
    for (at, (_, group)) in times.iter().enumerate() {
        let from = x.at(at as f64) - wide / 2.0;
        let (failed, both) = (y.at(percent(group, group.failed)), y.at(percent(group, group.failed + group.withheld)));
        drawing.rect("failed", [from, failed], [wide, y.from - failed], None);
        drawing.rect("withheld", [from, both], [wide, failed - both], None);
    }
    time_axis(&mut drawing, times, &x, y.from);
    drawing.text("title", [4.0, TOP - 10.0], Anchor::Start, "% of studies");
    drawing
}

fn time_axis(drawing: &mut Drawing, times: &[(&str, &Group)], x: &Axis, bottom: f64) {
    drawing.line("axis", [LEFT, bottom], [WIDTH - RIGHT, bottom]);
    let every = times.len().div_ceil(MOST_LABELS).max(1);
    for (at, (time, _)) in times.iter().enumerate().filter(|(at, _)| at % every == 0) {
        drawing.text("tick", [x.at(at as f64), bottom + 17.0], Anchor::Middle, *time);
    }
}

/// LVEF of groups side by side: from 5 to 95 % of the studies, the middle half, and the median.
pub(super) fn boxes(groups: &[(&str, &Group)]) -> Drawing {
    let height = TOP + ROW * groups.len() as f64 + BOTTOM;
    let x = Axis { low: 0.0, high: 100.0, from: NAMES, to: WIDTH - RIGHT };
    let bottom = height - BOTTOM;
    let mut drawing = Drawing::new(WIDTH, height);
    for tick in ticks(0.0, 100.0, 20.0) {
        drawing.line("grid", [x.at(tick), TOP], [x.at(tick), bottom]);
        drawing.text("tick", [x.at(tick), bottom + 17.0], Anchor::Middle, label(tick, 1.0));
    }
    for (at, (name, group)) in groups.iter().enumerate() {
        let middle = TOP + ROW * (at as f64 + 0.5);
        drawing.text("name", [NAMES - 10.0, middle + 4.0], Anchor::End, shortened(name));
        let of = |level| quantile(&group.lvef_percent, level).map(|value| x.at(value));
        let (Some(least), Some(low), Some(median), Some(high), Some(most)) =
            (of(0.05), of(0.25), of(0.5), of(0.75), of(0.95))
        else {
            continue;
        };
        drawing.line("whisker", [least, middle], [most, middle]);
        drawing.rect("box", [low, middle - 7.0], [(high - low).max(1.0), 14.0], None);
        drawing.line("median", [median, middle - 9.0], [median, middle + 9.0]);
    }
    drawing.text("title", [(x.from + x.to) / 2.0, height - 8.0], Anchor::Middle, "LVEF, %");
    drawing
}

fn shortened(name: &str) -> String {
    match name.chars().count() {
        0 => "not recorded".to_owned(),
        letters if letters > NAME_LETTERS => name.chars().take(NAME_LETTERS - 1).chain(['\u{2026}']).collect(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(lvef: &[f64]) -> Group {
        Group { lvef_percent: lvef.to_vec(), studies: lvef.len() + 1, failed: 1, ..Group::default() }
    }

    #[test]
    fn steps_are_round_and_axes_hold_all() {
        assert_eq!([step(100.0, 4.0), step(7.0, 4.0), step(0.9, 4.0), step(1e6, 4.0)], [50.0, 2.0, 0.5, 500_000.0]);
        assert_eq!(ticks(0.0, 1.0, 0.5), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn each_value_is_in_a_column() {
        let svg =
            histogram(&[-7.0, 12.0, 13.0, 200.0], [0.0, 100.0], 5.0, "LVEF, %", false).svg(None, "x").into_string();
        assert_eq!(svg.matches("class=\"column\"").count(), 20);
        // Two of four values are in one column, which is the highest.
        assert!(svg.contains("median 12.5") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn plots_of_one_group_and_of_none_are_finite() {
        let some = group(&[40.0, 50.0, 60.0]);
        let long = "A camera whose name does not fit beside its box";
        for groups in [vec![], vec![("2024-01", &some)], vec![("", &some), (long, &some)]] {
            for drawing in [course(&groups), shares(&groups), boxes(&groups)] {
                let svg = drawing.svg(None, "x").into_string();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
        let empty = Group { studies: 3, failed: 3, ..Group::default() };
        assert!(!course(&[("2024", &empty)]).svg(None, "x").into_string().contains("NaN"));
    }
}
