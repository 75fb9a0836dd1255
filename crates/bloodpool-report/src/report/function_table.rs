//! The table of ventricular function: each quantity with its interval beside the published normal ranges.

use bloodpool_core::Analysis;
use bloodpool_core::function::normal_ranges::{HEADING, NO_AGREED_RANGE, NORMAL_RANGES, NormalRange, normal_ranges_of};
use bloodpool_core::function::{CurveFunction, Estimate, Outcome, Quantity, Refusal, VentricularFunction};
use maud::{Markup, html};

use super::range_plot::range_plot;

/// A row: the quantity, and its value with interval, or why there is none.
struct Row {
    quantity: Quantity,
    value: Result<Estimate, Refusal>,
    /// Whether the ends of the estimate are an interval, or the value again.
    has_interval: bool,
}

/// The section of the table; nothing where the LVEF is withheld.
pub(super) fn section(analysis: &Analysis, function: Option<&VentricularFunction>) -> Markup {
    html! {
        section.function aria-labelledby="function-heading" {
            h2 #function-heading { "Ventricular function" span.sub { "left ventricle, by protocol " (analysis.protocol.name) } }
            @match function {
                Some(function) => (table(analysis, function)),
                None => p { "Not given: the LVEF is withheld, and what makes it unusable makes these numbers unusable, too." },
            }
        }
    }
}

fn table(analysis: &Analysis, function: &VentricularFunction) -> Markup {
    let mut rows = rows(analysis, function);
    // One reason for all of the curve is said once.
    let refused = rows.iter().rev().map(|row| row.value.as_ref().err()).take(Quantity::OF_CURVE.len());
    let refused = refused.reduce(|first, other| if first == other { first } else { None }).flatten().cloned();
    if refused.is_some() {
        rows.retain(|row| row.quantity == Quantity::Lvef);
    }
    let sources = sources();
    let curve = function.curve.value();
    html! {
        table.quantities {
            thead { tr {
                th scope="col" { "Quantity" }
                th.number scope="col" { "Value" }
                th.number scope="col" { "95 % interval" }
                th.plot scope="col" { "Value in the published range" }
                th scope="col" { "Published range at rest" }
            } }
            tbody {
                @for row in &rows {
                    tr {
                        th scope="row" { (row.quantity.title()) @if let Some(definition) = definition(row.quantity) { span.what { (definition) } } }
                        @match &row.value {
                            Ok(estimate) => {
                                td.number { strong { (text(row.quantity, estimate.value)) } (unit(row.quantity)) }
                                td.number { @if row.has_interval {
                                    (text(row.quantity, estimate.low)) "\u{2013}" (text(row.quantity, estimate.high))
                                } }
                                td.plot { (range_plot(row.quantity, estimate, row.has_interval)) }
                            }
                            Err(refusal) => td.reason colspan="3" { "Not given: " (refusal) "." },
                        }
                        td.ranges { (ranges(row.quantity, &sources)) }
                    }
                }
                @if let Some(refusal) = &refused {
                    tr {
                        th scope="row" { "Rates, times and fractions of the curve" }
                        td.reason colspan="4" { "Not given: " (refusal) "." }
                    }
                }
            }
        }
        @if let (Some(curve), None) = (curve, &refused) { (notes(curve)) }
        p.note { strong { (HEADING) "." } " Mean \u{b1} SD of "
            @for (at, source) in sources.iter().enumerate().filter(|(_, source)| rows.iter().any(|row| is_of(row.quantity, source))) {
                @if at > 0 { "; " }
                sup { (at + 1) } " " (population(source)) " (" (source) ")"
            }
            ". The band runs from the stated limit, or from mean \u{2212} 1.96 SD, to mean + 1.96 SD."
        }
    }
}

fn notes(curve: &CurveFunction) -> Markup {
    html! {
        @for warning in &curve.warnings { p.note.caution { (warning) } }
        p.note {
            "V: net LV counts, smoothed by " (curve.curve.harmonics) " harmonics; SV: V at ED less V at ES."
            @if let Some(rate) = curve.heart_rate_per_min { " Heart rate " (format!("{rate:.0}")) " per minute." }
            " Only the LVEF has an interval that was tested. Rates and times repeat less well between acquisitions than the LVEF."
        }
    }
}

fn rows(analysis: &Analysis, function: &VentricularFunction) -> Vec<Row> {
    let lvef = analysis.lvef_percent;
    let interval = analysis.interval.as_ref();
    let lvef = Row {
        quantity: Quantity::Lvef,
        value: Ok(Estimate {
            value: lvef,
            low: interval.map_or(lvef, |interval| interval.low),
            high: interval.map_or(lvef, |interval| interval.high),
        }),
        has_interval: interval.is_some(),
    };
    let of_curve = Quantity::OF_CURVE.into_iter().map(|quantity| {
        let value = match &function.curve {
            Outcome::Refused(refusal) => Err(refusal.clone()),
            Outcome::Value(curve) => match curve.outcome(quantity) {
                Some(Outcome::Value(estimate)) => Ok(*estimate),
                Some(Outcome::Refused(refusal)) => Err(refusal.clone()),
                None => Err(Refusal::NoCurve),
            },
        };
        // How often these intervals hold the truth has not been tested.
        Row { quantity, value, has_interval: false }
    });
    std::iter::once(lvef).chain(of_curve).collect()
}

/// Every source of the table, in the order in which it is named.
fn sources() -> Vec<&'static str> {
    let mut sources = Vec::new();
    for range in &NORMAL_RANGES {
        if !sources.contains(&range.source) {
            sources.push(range.source);
        }
    }
    sources
}

fn is_of(quantity: Quantity, source: &str) -> bool {
    normal_ranges_of(quantity).any(|range| range.source == source)
}

fn population(source: &str) -> &'static str {
    NORMAL_RANGES.iter().find(|range| range.source == source).map_or("", |range| range.population)
}

/// The published ranges of a quantity, each with number and age of its subjects and a mark of its source.
pub(super) fn ranges(quantity: Quantity, sources: &[&str]) -> Markup {
    let published: Vec<&NormalRange> = normal_ranges_of(quantity).collect();
    html! {
        @if published.is_empty() { span.missing { (NO_AGREED_RANGE) } }
        @for range in &published {
            div {
                (text(quantity, range.mean)) " \u{b1} " (text(quantity, range.sd)) (unit(quantity))
                @if let Some(limit) = range.lower_limit { ", limit " (text(quantity, limit)) }
                span.who { " n " (crate::figures::counts(f64::from(range.subjects)))
                    @if let Some(age) = range.mean_age_years { ", age " (format!("{age:.0}")) }
                    @if let Some(at) = sources.iter().position(|source| *source == range.source) { " " sup { (at + 1) } }
                }
            }
        }
    }
}

/// The published ranges of a quantity with their sources written out.
pub(super) fn ranges_with_sources(quantity: Quantity) -> Markup {
    html! {
        (ranges(quantity, &[]))
        @for range in normal_ranges_of(quantity) { div.who { (range.source) } }
    }
}

/// How a quantity is defined, with a minus and no hyphen; nothing where its title says it.
fn definition(quantity: Quantity) -> Option<String> {
    let definition = quantity.definition();
    let said = definition.eq_ignore_ascii_case(quantity.title());
    (!said).then(|| definition.replace(" - ", " \u{2212} "))
}

/// With as many decimals as the quantity deserves.
pub(super) fn text(quantity: Quantity, value: f64) -> String {
    match quantity.unit() {
        "EDV/s" => format!("{value:.1}"),
        "" => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
    // A minus, no hyphen.
    .replace('-', "\u{2212}")
}

/// A space and the unit, or nothing for a ratio.
pub(super) fn unit(quantity: Quantity) -> String {
    match quantity.unit() {
        "" => String::new(),
        unit => format!(" {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_name_subjects_age_and_source() {
        let sources = sources();
        let filling = ranges(Quantity::PeakFillingRate, &sources).into_string();
        assert!(filling.contains("2.2 \u{b1} 0.6 EDV/s") && filling.contains("2.8 \u{b1} 0.6 EDV/s"), "{filling}");
        assert!(filling.contains("n 20, age 57 <sup>3</sup>") && filling.contains("n 31, age 45 <sup>2</sup>"));
        let lvef = ranges(Quantity::Lvef, &sources).into_string();
        assert!(lvef.contains("62 \u{b1} 6 %, limit 50") && lvef.contains("n 1,200 <sup>1</sup>"), "{lvef}");
        assert!(ranges(Quantity::FillingTime, &sources).into_string().contains(NO_AGREED_RANGE));
        assert!(ranges_with_sources(Quantity::Rvef).into_string().contains("Pfisterer et al."));
    }

    #[test]
    fn numbers_have_the_decimals_of_their_unit() {
        assert_eq!(text(Quantity::PeakFillingRate, 2.345), "2.3");
        assert_eq!(text(Quantity::FillingOverEjectionRate, 0.876), "0.88");
        assert_eq!(text(Quantity::AtrialContribution, -3.4), "\u{2212}3");
        assert_eq!(
            (unit(Quantity::FillingOverEjectionRate), unit(Quantity::FillingTime)),
            (String::new(), " ms".into())
        );
    }
}
