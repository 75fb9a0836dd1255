//! The right ventricle, marked as experimental: RVEF, the ratio of stroke counts, and when it beats.

use bloodpool_core::function::{Estimate, Outcome, Quantity, RightVentricularFunction, VentricularFunction};
use maud::{Markup, html};

use super::function_table::{published_ranges, range_sources, ranges, text, unit};
use super::range_plot::range_plot;
use crate::{Language, figures};

/// The numbers of the right ventricle in words.
#[derive(Debug)]
pub(super) struct RightVentricle {
    /// Definition of RVEF, and the frames that it is read from.
    pub(super) definition: String,
    pub(super) rvef: String,
    /// With a space before it, where the language has one.
    pub(super) unit: String,
    /// Standard error from counting noise, points.
    pub(super) noise: String,
    /// LV over RV stroke counts, or why there is no ratio.
    pub(super) ratio: Result<String, String>,
    /// Net counts at ED and ES.
    pub(super) net_counts: String,
}

impl RightVentricle {
    /// Of one study.
    pub(super) fn of(found: &RightVentricularFunction, language: Language) -> Self {
        let definition = language.definition_as_stated(Quantity::Rvef);
        Self {
            definition: format!("{definition}{}", language.on_frames(found.end_diastole, found.end_systole)),
            rvef: text(Quantity::Rvef, found.rvef_percent),
            unit: unit(Quantity::Rvef, language),
            noise: format!("{:.1}", found.counting_error_points),
            ratio: match &found.left_over_right_stroke_counts {
                Outcome::Value(ratio) => Ok(format!("{ratio:.2}")),
                Outcome::Refused(refusal) => Err(language.not_given(refusal)),
            },
            net_counts: format!(
                "{}, {}",
                figures::counts(found.counts.ed_net_counts),
                figures::counts(found.counts.es_net_counts)
            ),
        }
    }
}

/// The section of the right ventricle.
pub(super) fn section(function: &VentricularFunction, language: Language) -> Markup {
    html! {
        section.right-ventricle aria-labelledby="rv-heading" {
            h2 #rv-heading { (language.right_ventricle()) span.experimental { (language.experimental()) } }
            @match &function.right_ventricle {
                Outcome::Value(found) => (table(found, language)),
                Outcome::Refused(refusal) => p { (language.not_given(refusal)) },
            }
        }
    }
}

fn table(found: &RightVentricularFunction, language: Language) -> Markup {
    let content = RightVentricle::of(found, language);
    let estimate = Estimate { value: found.rvef_percent, low: found.rvef_percent, high: found.rvef_percent };
    let plot = range_plot(Quantity::Rvef, &estimate, false);
    html! {
        table.quantities {
            thead { tr {
                th scope="col" { (language.quantity()) }
                th.number scope="col" { (language.value()) }
                th.plot scope="col" { (language.value_in_range()) }
                th scope="col" { (language.published_range_other()) }
            } }
            tbody {
                tr {
                    th scope="row" { (language.rvef()) span.what { (content.definition) } }
                    td.number { strong { (content.rvef) } (content.unit) " \u{b1} " (content.noise) span.who { " " (language.counting_noise_se()) } }
                    td.plot { @if let Some(plot) = &plot { (plot.svg(Some("range"), &language.within_range_alt(Quantity::Rvef))) } }
                    td.ranges {
                        (ranges(&published_ranges(Quantity::Rvef, &[], language), language))
                        @for source in range_sources(Quantity::Rvef) { div.who { (source) } }
                    }
                }
                tr {
                    th scope="row" { (language.stroke_ratio()) span.what { (language.stroke_ratio_meaning()) } }
                    @match &content.ratio {
                        Ok(ratio) => td.number { strong { (ratio) } },
                        Err(reason) => td.reason { (reason) },
                    }
                    td {}
                    td.ranges { span.missing { (language.none_shown()) } }
                }
                tr {
                    th scope="row" { (language.net_counts_ed_es()) }
                    td.number { (content.net_counts) }
                    td {} td {}
                }
            }
        }
        p.note { (language.rv_note()) }
    }
}
