//! The right ventricle, marked as experimental: RVEF, the ratio of stroke counts, and when it beats.

use bloodpool_core::function::{Estimate, Outcome, Quantity, RightVentricularFunction, VentricularFunction};
use maud::{Markup, html};

use super::function_table::{ranges_with_sources, text};
use super::range_plot::range_plot;
use crate::figures;

/// The section of the right ventricle.
pub(super) fn section(function: &VentricularFunction) -> Markup {
    html! {
        section.right-ventricle aria-labelledby="rv-heading" {
            h2 #rv-heading { "Right ventricle" span.experimental { "experimental" } }
            @match &function.right_ventricle {
                Outcome::Value(found) => (table(found)),
                Outcome::Refused(refusal) => p { "Not given: " (refusal) "." },
            }
        }
    }
}

fn table(found: &RightVentricularFunction) -> Markup {
    let estimate = Estimate { value: found.rvef_percent, low: found.rvef_percent, high: found.rvef_percent };
    html! {
        table.quantities {
            thead { tr {
                th scope="col" { "Quantity" }
                th.number scope="col" { "Value" }
                th.plot scope="col" { "Value in the published range" }
                th scope="col" { "Published range at rest, with another program" }
            } }
            tbody {
                tr {
                    th scope="row" { "RVEF" span.what { (Quantity::Rvef.definition()) ", frames " (found.end_diastole) " and " (found.end_systole) } }
                    td.number { strong { (text(Quantity::Rvef, found.rvef_percent)) } " % \u{b1} "
                        (format!("{:.1}", found.counting_error_points)) span.who { " counting noise (SE)" } }
                    td.plot { (range_plot(Quantity::Rvef, &estimate, false)) }
                    td.ranges { (ranges_with_sources(Quantity::Rvef)) }
                }
                tr {
                    th scope="row" { "LV over RV stroke counts" span.what { "about 1 without regurgitation or shunt" } }
                    @match &found.left_over_right_stroke_counts {
                        Outcome::Value(ratio) => td.number { strong { (format!("{ratio:.2}")) } },
                        Outcome::Refused(refusal) => td.reason { "Not given: " (refusal) "." },
                    }
                    td {}
                    td.ranges { span.missing { "none shown" } }
                }
                tr {
                    th scope="row" { "Net counts at ED and ES" }
                    td.number { (figures::counts(found.counts.ed_net_counts)) ", " (figures::counts(found.counts.es_net_counts)) }
                    td {} td {}
                }
            }
        }
        p.note { "In LAO the right atrium lies behind part of the right ventricle and fills while this empties: RVEF and its stroke counts read low, and the \
            ratio high. How far has not been measured on patients." }
    }
}
