//! The report on a cohort: one HTML page that loads nothing, with distributions, failures, changes, and drift over time and by camera.

mod plots;
pub mod summary;

use std::path::Path;

use bloodpool_report::report::drawing::Drawing;
use bloodpool_report::report::page_style;
use bloodpool_report::{Language, RESEARCH_ONLY, SOFTWARE};
use bloodpool_stats::bootstrap::quantile;
use bloodpool_stats::mean_sd;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::CohortError;
use summary::{CohortSummary, Group};

/// A change of LVEF that is looked at, EF points: what a change must exceed by Wackers et al., N Engl J Med 1979;301:1199.
const CHANGE_POINTS: f64 = 10.0;
/// Cameras that are shown one by one.
const CAMERAS: usize = 20;

const STYLE: &str = "
.cohort .plots { display: grid; grid-template-columns: 1fr 1fr; gap: 16px 32px; align-items: start; }
.cohort svg { display: block; width: 100%; height: auto; font: 12px system-ui, \"Segoe UI\", \"Noto Sans\", \"Liberation Sans\", Arial, sans-serif; }
.cohort svg text { fill: var(--soft); }
.cohort svg .name { fill: var(--ink); }
.cohort svg .grid { stroke: #e6ebef; }
.cohort svg .axis { stroke: #6b7883; }
.cohort svg .column, .cohort svg .box { fill: #9cc3d5; }
.cohort svg .median, .cohort svg .mark { stroke: var(--accent); stroke-width: 2; }
.cohort svg .mark { stroke: var(--soft); stroke-dasharray: 4 3; stroke-width: 1; }
.cohort svg .median-name { fill: var(--accent); font-weight: 600; }
.cohort svg .band { fill: #cfe2eb; }
.cohort svg .course { fill: none; stroke: var(--accent); stroke-width: 2; }
.cohort svg .dot { fill: var(--accent); }
.cohort svg .whisker { stroke: #6b7883; }
.cohort svg .failed { fill: var(--alarm); }
.cohort svg .withheld { fill: var(--warn-line); }
.cohort figcaption { color: var(--soft); font-size: 13px; font-weight: 400; }
.cohort td.number, .cohort th.number { text-align: right; }
.cohort .key { display: inline-block; width: 11px; height: 11px; margin: 0 4px 0 12px; }
@media (max-width: 760px) { .cohort .plots { grid-template-columns: 1fr; } }
";

/// The page about all rows in a folder and its subfolders.
///
/// # Errors
/// [`CohortError`] when rows cannot be read, or there are none.
pub fn page(folder: &Path) -> Result<String, CohortError> {
    Ok(of(&CohortSummary::read(folder)?).into_string())
}

/// The page about a summary. It names no patient and no file.
#[must_use]
pub fn of(summary: &CohortSummary) -> Markup {
    let style = page_style(Language::English);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Cohort of " (grouped(summary.all.studies)) " studies" }
                style { (PreEscaped(style)) (PreEscaped(STYLE)) }
            }
            body.cohort {
                header.masthead {
                    p.kind { "Cohort of gated blood pool studies" span.sub { "left ventricular function" } }
                    p.research { (RESEARCH_ONLY) }
                }
                @if summary.simulated > 0 {
                    p.simulated role="note" { strong { "Simulated" } " " (share(summary.simulated, summary.all.studies))
                        " of these studies say that they are simulated." }
                }
                main {
                    (overview(summary))
                    (distributions(summary))
                    (failures(summary))
                    (over_time(summary))
                    (cameras(summary))
                    (changes(summary))
                    (provenance(summary))
                }
                footer { p.research { (RESEARCH_ONLY) } p { (SOFTWARE) } }
            }
        }
    }
}

fn overview(summary: &CohortSummary) -> Markup {
    let all = &summary.all;
    let measured = all.studies - all.failed - all.withheld;
    let period = match (summary.by_time.keys().next(), summary.by_time.keys().next_back()) {
        (Some(first), Some(last)) if first == last => first.clone(),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "not recorded".to_owned(),
    };
    let spread = match mean_sd(&all.lvef_percent) {
        Ok(all) => format!("{:.1} \u{b1} {:.1} %", all.mean, all.sd),
        Err(_) => "not enough studies".to_owned(),
    };
    let range = match (quantile(&all.lvef_percent, 0.05), quantile(&all.lvef_percent, 0.95)) {
        (Some(low), Some(high)) => format!("{low:.1} to {high:.1} %"),
        _ => "not enough studies".to_owned(),
    };
    let patients = if summary.patients == 0 { "not kept".to_owned() } else { grouped(summary.patients) };
    let fields = [
        ("Studies", grouped(all.studies)),
        ("With an LVEF", share(measured, all.studies)),
        ("LVEF withheld", share(all.withheld, all.studies)),
        ("Failed", share(all.failed, all.studies)),
        ("LVEF, mean \u{b1} SD", spread),
        ("LVEF, 5 to 95 % of studies", range),
        ("Patients", patients),
        ("Period", period),
    ];
    html! {
        section.identity {
            h1 { (grouped(all.studies)) " studies" }
            dl { @for (name, value) in &fields { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn distributions(summary: &CohortSummary) -> Markup {
    let lvef = plots::histogram(&summary.all.lvef_percent, [0.0, 100.0], 2.5, "LVEF, %", false);
    let widths = &summary.all.interval_width_points;
    let width =
        plots::histogram(widths, [0.0, upper(widths)], upper(widths) / 30.0, "width of the interval, EF points", false);
    let counting = &summary.counting_error_points;
    let error =
        plots::histogram(counting, [0.0, upper(counting)], upper(counting) / 30.0, "counting error, EF points", false);
    let heart =
        plots::histogram(&summary.heart_rate_per_min, [30.0, 150.0], 4.0, "heart rate, beats per minute", false);
    html! {
        section {
            h2 { "Distributions" span.sub { "of studies whose LVEF may be used" } }
            div.plots {
                (figure(&lvef, "Histogram of LVEF", "LVEF by the protocol of the run."))
                (figure(&width, "Histogram of interval widths", "How wide the interval of the LVEF is."))
                (figure(&error, "Histogram of counting errors", "Standard error of the LVEF from counting noise alone, of all measured studies."))
                (figure(&heart, "Histogram of heart rates", "Heart rate, where the frame time is recorded."))
            }
        }
    }
}

/// The upper end of an axis: beyond 99 % of the values, rounded up.
fn upper(sorted: &[f64]) -> f64 {
    quantile(sorted, 0.99).filter(|most| *most > 0.0).map_or(10.0, |most| {
        let step = plots::step(most, 4.0);
        (most / step).ceil() * step
    })
}

fn failures(summary: &CohortSummary) -> Markup {
    html! {
        section {
            h2 { "Failures and findings" span.sub { "codes as in docs/JSON.md" } }
            div.plots {
                (counted("Error", "No study failed.", &summary.errors, summary.all.studies))
                (counted("Finding", "Nothing was found.", &summary.findings, summary.all.studies))
            }
        }
    }
}

fn counted(what: &str, none: &str, counts: &std::collections::BTreeMap<String, usize>, studies: usize) -> Markup {
    let mut sorted: Vec<(&String, &usize)> = counts.iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    html! {
        @if sorted.is_empty() { p.note { (none) } } @else {
            table {
                thead { tr { th { (what) } th.number { "studies" } th.number { "share" } } }
                tbody { @for (code, count) in sorted {
                    tr { td { code { (code) } } td.number { (grouped(*count)) } td.number { (percent(*count, studies)) } }
                } }
            }
        }
    }
}

fn over_time(summary: &CohortSummary) -> Markup {
    let times: Vec<(&str, &Group)> = summary.by_time.iter().map(|(time, group)| (time.as_str(), group)).collect();
    if times.is_empty() {
        return html! { section { h2 { "Over time" } p.note { "No study has a date." } } };
    }
    html! {
        section {
            h2 { "Over time" span.sub { "drift of results and of quality" } }
            div.plots {
                (figure(&plots::course(&times), "LVEF over time", "Median of LVEF, and the middle half of the studies."))
                figure {
                    (plots::shares(&times).svg(None, "Share of failed and withheld studies over time"))
                    figcaption { "Share of studies that " span.key style="background: var(--alarm)" {} "failed, or whose LVEF is "
                        span.key style="background: var(--warn-line)" {} "withheld." }
                }
            }
        }
    }
}

fn cameras(summary: &CohortSummary) -> Markup {
    let mut groups: Vec<(&str, &Group)> =
        summary.by_camera.iter().map(|(name, group)| (name.as_str(), group)).collect();
    groups.sort_by(|a, b| b.1.studies.cmp(&a.1.studies).then(a.0.cmp(b.0)));
    let others = groups.len().saturating_sub(CAMERAS);
    groups.truncate(CAMERAS);
    let median = |values: &[f64]| quantile(values, 0.5).map_or("\u{2013}".to_owned(), |median| format!("{median:.1}"));
    html! {
        section {
            h2 { "By camera" @if others > 0 { span.sub { "the " (CAMERAS) " with most studies; " (grouped(others)) " others are left out" } } }
            div.plots {
                (figure(&plots::boxes(&groups), "LVEF by camera", "Line: 5 to 95 % of the studies; box: the middle half; mark: median."))
                table {
                    thead { tr { th { "Camera" } th.number { "studies" } th.number { "median LVEF, %" } th.number { "median interval, points" }
                        th.number { "withheld" } th.number { "failed" } } }
                    tbody { @for (name, group) in &groups {
                        tr {
                            td { @if name.is_empty() { span.missing { "not recorded" } } @else { (name) } }
                            td.number { (grouped(group.studies)) }
                            td.number { (median(&group.lvef_percent)) }
                            td.number { (median(&group.interval_width_points)) }
                            td.number { (percent(group.withheld, group.studies)) }
                            td.number { (percent(group.failed, group.studies)) }
                        }
                    } }
                }
            }
        }
    }
}

fn changes(summary: &CohortSummary) -> Markup {
    let points: Vec<f64> = summary.changes.iter().map(|change| change.change_points).collect();
    if points.is_empty() {
        let why = if summary.patients == 0 {
            "The rows do not say which studies are of one patient; run with the identity `pseudonym` or `plain`."
        } else {
            "No patient has two studies with a date and an LVEF."
        };
        return html! { section { h2 { "Serial changes" } p.note { (why) } } };
    }
    let fell = points.iter().filter(|change| **change <= -CHANGE_POINTS).count();
    let rose = points.iter().filter(|change| **change >= CHANGE_POINTS).count();
    let mut days: Vec<f64> = summary.changes.iter().map(|change| change.days as f64).collect();
    days.sort_by(f64::total_cmp);
    let between = quantile(&days, 0.5).map_or_else(String::new, |median| format!("{median:.0} days"));
    let fields = [
        ("Pairs of consecutive studies", grouped(points.len())),
        ("Median time between them", between),
        ("Fell by 10 points or more", share(fell, points.len())),
        ("Rose by 10 points or more", share(rose, points.len())),
    ];
    html! {
        section.identity {
            h2 { "Serial changes" span.sub { "from one study of a patient to the next" } }
            dl { @for (name, value) in &fields { div { dt { (name) } dd { (value) } } } }
            div.plots {
                (figure(&plots::histogram(&points, [-40.0, 40.0], 2.0, "change of LVEF, EF points", true), "Histogram of changes",
                    "Later less earlier LVEF. Whether a change of one patient exceeds repeat variation, `bloodpool compare` says."))
            }
        }
    }
}

fn provenance(summary: &CohortSummary) -> Markup {
    let Some(made) = &summary.made_by else { return html! {} };
    let protocols: Vec<String> =
        summary.protocols.iter().map(|(name, count)| format!("{name} ({})", grouped(*count))).collect();
    let short: String = made.choices_sha256.chars().take(12).collect();
    html! {
        details.provenance open {
            summary { "Where these numbers come from" }
            dl.wide {
                div { dt { "Program" } dd { (made.software) } }
                div { dt { "Model" } dd { (made.model) } }
                div { dt { "Protocol" } dd { (protocols.join(", ")) } }
                div { dt { "Choices of the run (SHA-256)" } dd { code { (short) } } }
                @if summary.repeated > 0 {
                    div { dt { "Rows left out" } dd { (grouped(summary.repeated)) " with the key of another row" } }
                }
                @for (other, rows) in &summary.left_out {
                    div { dt { "Rows left out" } dd { (grouped(*rows)) " by " (other.software) ", model " (other.model) ", choices "
                        (other.choices_sha256.chars().take(12).collect::<String>()) } }
                }
            }
        }
    }
}

fn figure(drawing: &Drawing, label: &str, caption: &str) -> Markup {
    html! { figure { (drawing.svg(None, label)) figcaption { (caption) } } }
}

/// `1 234 567`, with narrow spaces.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn percent(count: usize, all: usize) -> String {
    format!("{:.1} %", 100.0 * count as f64 / all.max(1) as f64)
}

fn share(count: usize, all: usize) -> String {
    format!("{} ({})", grouped(count), percent(count, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_few_rows_says_what_is_missing() {
        let mut summary = CohortSummary { repeated: 2, made_by: None, ..CohortSummary::default() };
        summary.all.studies = 1_234;
        summary.by_camera.insert("<b>Maker</b>".into(), summary.all.clone());
        let page = of(&summary).into_string();
        assert!(page.contains("1\u{202f}234 studies") && page.contains("No study has a date"), "{page}");
        assert!(page.contains("&lt;b&gt;Maker") && !page.contains("<b>Maker") && !page.contains("NaN"));
        assert!(page.contains("Research use only"));
    }
}
