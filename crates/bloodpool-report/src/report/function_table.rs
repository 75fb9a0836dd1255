//! The table of ventricular function: each quantity with its interval beside the published normal ranges.

use bloodpool_core::Analysis;
use bloodpool_core::function::normal_ranges::{NORMAL_RANGES, NormalRange, normal_ranges_of};
use bloodpool_core::function::{CurveFunction, Estimate, Outcome, Quantity, Refusal, VentricularFunction};
use maud::{Markup, html};

use super::drawing::Drawing;
use super::range_plot::range_plot;
use crate::Language;

/// A row in words: the quantity, its value with interval, or why there is none, and the published ranges.
#[derive(Debug)]
pub(super) struct QuantityRow {
    pub(super) title: &'static str,
    pub(super) definition: Option<String>,
    pub(super) value: Result<QuantityValue, String>,
    pub(super) ranges: Vec<PublishedRange>,
    /// For those who cannot see the drawing.
    pub(super) alt: String,
}

/// A value in words.
#[derive(Debug)]
pub(super) struct QuantityValue {
    pub(super) value: String,
    /// With a space before it, where the language has one.
    pub(super) unit: String,
    pub(super) interval: Option<String>,
    /// The value in the published ranges; `None` where none is published.
    pub(super) plot: Option<Drawing>,
}

/// A published range in words.
#[derive(Debug)]
pub(super) struct PublishedRange {
    pub(super) value: String,
    /// Number and age of its subjects.
    pub(super) who: String,
    /// Number of its source, from 1.
    pub(super) source: Option<usize>,
}

/// The table in words.
#[derive(Debug)]
pub(super) struct QuantityTable {
    pub(super) rows: Vec<QuantityRow>,
    /// The one reason why nothing is read from the curve.
    pub(super) all_refused: Option<String>,
    /// What a reader of the rates must know.
    pub(super) warnings: Vec<String>,
    /// What the symbols mean.
    pub(super) notes: Option<String>,
    /// Number of each source that the rows name, and the source in words.
    pub(super) sources: Vec<(usize, String)>,
}

/// A row: the quantity, and its value with interval, or why there is none.
struct Row {
    quantity: Quantity,
    value: Result<Estimate, Refusal>,
    /// Whether the ends of the estimate are an interval, or the value again.
    has_interval: bool,
}

impl QuantityTable {
    /// Of one study.
    pub(super) fn of(analysis: &Analysis, function: &VentricularFunction, language: Language) -> Self {
        let mut rows = rows(analysis, function);
        // One reason for all of the curve is said once.
        let refused = rows.iter().rev().map(|row| row.value.as_ref().err()).take(Quantity::OF_CURVE.len());
        let refused = refused.reduce(|first, other| if first == other { first } else { None }).flatten().cloned();
        if refused.is_some() {
            rows.retain(|row| row.quantity == Quantity::Lvef);
        }
        let sources = sources();
        let named = sources.iter().enumerate().filter(|(_, source)| rows.iter().any(|row| is_of(row.quantity, source)));
        let named = named.map(|(at, source)| (at + 1, format!("{} ({source})", population(source, language))));
        let curve = function.curve.value().filter(|_| refused.is_none());
        Self {
            warnings: curve.into_iter().flat_map(|curve| &curve.warnings).map(|w| language.curve_warning(w)).collect(),
            notes: curve.map(|curve| notes(curve, language)),
            sources: named.collect(),
            all_refused: refused.map(|refusal| language.not_given(&refusal)),
            rows: rows.iter().map(|row| in_words(row, &sources, language)).collect(),
        }
    }
}

fn in_words(row: &Row, sources: &[&str], language: Language) -> QuantityRow {
    let quantity = row.quantity;
    let value = row.value.as_ref().map(|estimate| QuantityValue {
        value: text(quantity, estimate.value),
        unit: unit(quantity, language),
        interval: row
            .has_interval
            .then(|| format!("{}\u{2013}{}", text(quantity, estimate.low), text(quantity, estimate.high))),
        plot: range_plot(quantity, estimate, row.has_interval),
    });
    QuantityRow {
        title: language.quantity_title(quantity),
        definition: language.quantity_definition(quantity),
        value: value.map_err(|refusal| language.not_given(refusal)),
        ranges: published_ranges(quantity, sources, language),
        alt: language.within_range_alt(quantity),
    }
}

/// The published ranges of a quantity, each with a mark of its source where it is one of `sources`.
pub(super) fn published_ranges(quantity: Quantity, sources: &[&str], language: Language) -> Vec<PublishedRange> {
    let range = |range: &NormalRange| {
        let limit = range.lower_limit.map_or_else(String::new, |limit| language.limit(&text(quantity, limit)));
        let unit = unit(quantity, language);
        PublishedRange {
            value: format!("{} \u{b1} {}{unit}{limit}", text(quantity, range.mean), text(quantity, range.sd)),
            who: language.subjects(range),
            source: sources.iter().position(|source| *source == range.source).map(|at| at + 1),
        }
    };
    normal_ranges_of(quantity).map(range).collect()
}

/// The section of the table; nothing where the LVEF is withheld.
pub(super) fn section(analysis: &Analysis, function: Option<&VentricularFunction>, language: Language) -> Markup {
    html! {
        section.function aria-labelledby="function-heading" {
            h2 #function-heading { (language.ventricular_function()) span.sub { (language.function_of(&analysis.protocol.name)) } }
            @match function {
                Some(function) => (table(&QuantityTable::of(analysis, function, language), language)),
                None => p { (language.function_withheld()) },
            }
        }
    }
}

fn table(content: &QuantityTable, language: Language) -> Markup {
    html! {
        table.quantities {
            thead { tr {
                th scope="col" { (language.quantity()) }
                th.number scope="col" { (language.value()) }
                th.number scope="col" { (language.interval_95()) }
                th.plot scope="col" { (language.value_in_range()) }
                th scope="col" { (language.published_range()) }
            } }
            tbody {
                @for row in &content.rows {
                    tr {
                        th scope="row" { (row.title) @if let Some(definition) = &row.definition { span.what { (definition) } } }
                        @match &row.value {
                            Ok(value) => {
                                td.number { strong { (value.value) } (value.unit) }
                                td.number { @if let Some(interval) = &value.interval { (interval) } }
                                td.plot { @if let Some(plot) = &value.plot { (plot.svg(Some("range"), &row.alt)) } }
                            }
                            Err(reason) => td.reason colspan="3" { (reason) },
                        }
                        td.ranges { (ranges(&row.ranges, language)) }
                    }
                }
                @if let Some(reason) = &content.all_refused {
                    tr {
                        th scope="row" { (language.rates_of_curve()) }
                        td.reason colspan="4" { (reason) }
                    }
                }
            }
        }
        @for warning in &content.warnings { p.note.caution { (warning) } }
        @if let Some(notes) = &content.notes { p.note { (notes) } }
        p.note { strong { (language.ranges_heading()) "." } " " (language.mean_and_sd_of()) " "
            @for (at, (number, source)) in content.sources.iter().enumerate() {
                @if at > 0 { "; " }
                sup { (number) } " " (source)
            }
            ". " (language.band_meaning())
        }
    }
}

fn notes(curve: &CurveFunction, language: Language) -> String {
    let rate = curve.heart_rate_per_min.map_or_else(String::new, |rate| format!(" {}", language.heart_rate(rate)));
    format!("{}{rate} {}", language.curve_symbols(curve.curve.harmonics), language.only_lvef_interval())
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
        // These intervals hold the truth in 10 to 55 % of simulated studies (docs/FUNCTION.md): they are not shown.
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

fn population(source: &str, language: Language) -> &'static str {
    let range = NORMAL_RANGES.iter().find(|range| range.source == source);
    range.map_or("", |range| language.population(range))
}

/// Published ranges in a cell, one below the other.
pub(super) fn ranges(ranges: &[PublishedRange], language: Language) -> Markup {
    html! {
        @if ranges.is_empty() { span.missing { (language.no_range()) } }
        @for range in ranges {
            div {
                (range.value)
                span.who { " " (range.who) @if let Some(source) = range.source { " " sup { (source) } } }
            }
        }
    }
}

/// Where the ranges of a quantity were published.
pub(super) fn range_sources(quantity: Quantity) -> Vec<&'static str> {
    normal_ranges_of(quantity).map(|range| range.source).collect()
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

/// The unit as it follows a number, or nothing for a ratio.
pub(super) fn unit(quantity: Quantity, language: Language) -> String {
    match (quantity.unit(), language) {
        ("", _) => String::new(),
        ("%", Language::Korean) => "%".to_owned(),
        (unit, _) => format!(" {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Language = Language::English;

    #[test]
    fn ranges_name_subjects_age_and_source() {
        let sources = sources();
        let cell = |quantity| ranges(&published_ranges(quantity, &sources, ENGLISH), ENGLISH).into_string();
        let filling = cell(Quantity::PeakFillingRate);
        assert!(filling.contains("2.2 \u{b1} 0.6 EDV/s") && filling.contains("2.8 \u{b1} 0.6 EDV/s"), "{filling}");
        assert!(filling.contains("n 20, age 57 <sup>3</sup>") && filling.contains("n 31, age 45 <sup>2</sup>"));
        let lvef = cell(Quantity::Lvef);
        assert!(lvef.contains("62 \u{b1} 6 %, limit 50") && lvef.contains("n 1,200 <sup>1</sup>"), "{lvef}");
        assert!(cell(Quantity::FillingTime).contains("no agreed range"));
        assert!(range_sources(Quantity::Rvef)[0].contains("Pfisterer et al."));
        let korean = published_ranges(Quantity::Lvef, &sources, Language::Korean);
        assert_eq!(korean[0].value, "62 \u{b1} 6%, 하한 50");
    }

    #[test]
    fn numbers_have_the_decimals_of_their_unit() {
        assert_eq!(text(Quantity::PeakFillingRate, 2.345), "2.3");
        assert_eq!(text(Quantity::FillingOverEjectionRate, 0.876), "0.88");
        assert_eq!(text(Quantity::AtrialContribution, -3.4), "\u{2212}3");
        assert_eq!(
            (unit(Quantity::FillingOverEjectionRate, ENGLISH), unit(Quantity::FillingTime, ENGLISH)),
            (String::new(), " ms".into())
        );
    }
}
