//! `Quantity`: every number of ventricular function with its title, unit and definition.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number of ventricular function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quantity {
    /// Left ventricular ejection fraction.
    Lvef,
    /// Right ventricular ejection fraction.
    Rvef,
    /// Peak ejection rate.
    PeakEjectionRate,
    /// Peak filling rate.
    PeakFillingRate,
    /// Peak filling rate over peak ejection rate.
    FillingOverEjectionRate,
    /// Time to peak ejection.
    TimeToPeakEjection,
    /// Time to peak filling.
    TimeToPeakFilling,
    /// Ejection time.
    EjectionTime,
    /// Filling time.
    FillingTime,
    /// Ejection fraction of the first third of systole.
    FirstThirdEjection,
    /// Filling fraction of the first third of diastole.
    FirstThirdFilling,
    /// Atrial contribution to filling.
    AtrialContribution,
}

impl Quantity {
    /// Those that are read from the LV curve, in the order in which they are shown.
    pub const OF_CURVE: [Self; 10] = [
        Self::PeakEjectionRate,
        Self::TimeToPeakEjection,
        Self::PeakFillingRate,
        Self::TimeToPeakFilling,
        Self::FillingOverEjectionRate,
        Self::FirstThirdEjection,
        Self::FirstThirdFilling,
        Self::AtrialContribution,
        Self::EjectionTime,
        Self::FillingTime,
    ];

    /// A short title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Lvef => "LVEF",
            Self::Rvef => "RVEF",
            Self::PeakEjectionRate => "Peak ejection rate",
            Self::PeakFillingRate => "Peak filling rate",
            Self::FillingOverEjectionRate => "Peak filling rate over peak ejection rate",
            Self::TimeToPeakEjection => "Time to peak ejection",
            Self::TimeToPeakFilling => "Time to peak filling",
            Self::EjectionTime => "Ejection time",
            Self::FillingTime => "Filling time",
            Self::FirstThirdEjection => "Ejection fraction of the first third of systole",
            Self::FirstThirdFilling => "Filling fraction of the first third of diastole",
            Self::AtrialContribution => "Atrial contribution to filling",
        }
    }

    /// Its unit; empty for a ratio.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Lvef | Self::Rvef | Self::FirstThirdEjection | Self::FirstThirdFilling | Self::AtrialContribution => {
                "%"
            }
            Self::PeakEjectionRate | Self::PeakFillingRate => "EDV/s",
            Self::FillingOverEjectionRate => "",
            Self::TimeToPeakEjection | Self::TimeToPeakFilling | Self::EjectionTime | Self::FillingTime => "ms",
        }
    }

    /// How it is defined here, in one sentence without a full stop. V is the fitted net curve, SV is V(ED) - V(ES).
    ///
    /// Sources: peak rates as extremes of the slope of a Fourier fit, over V(ED) (Bacharach et al., J Nucl Med 1979;20:189 and
    /// 1983;24:1176); the time to peak filling counts from ES (as the normal values of Muntinga et al., Int J Card Imaging
    /// 1997;13:165, do); first-third ejection fraction (Slutsky et al., Radiology 1980;136:197).
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Lvef => "(ED - ES) / ED of the LV's net counts",
            Self::Rvef => "(ED - ES) / ED of the RV's net counts",
            Self::PeakEjectionRate => "steepest fall of V between ED and ES, over V(ED)",
            Self::PeakFillingRate => "steepest rise of V after ES, before atrial contraction, over V(ED)",
            Self::FillingOverEjectionRate => "peak filling rate over peak ejection rate",
            Self::TimeToPeakEjection => "time from the R wave to the steepest fall of V",
            Self::TimeToPeakFilling => "time from ES to the steepest rise of V before atrial contraction",
            Self::EjectionTime => "time from ED to ES",
            Self::FillingTime => "time from ES to the next ED",
            Self::FirstThirdEjection => "V(ED) less V after a third of the ejection time, over V(ED)",
            Self::FirstThirdFilling => "V after a third of the filling time less V(ES), over SV",
            Self::AtrialContribution => {
                "V(ED) less V where filling is slowest between its early and its atrial peak, over SV"
            }
        }
    }

    /// Whether it grows in proportion to the stroke counts, so that an error of the outline that changes LVEF by a tenth
    /// changes it by a tenth. Ratios of such quantities, and times, do not.
    #[must_use]
    pub fn follows_stroke_counts(self) -> bool {
        matches!(
            self,
            Self::Lvef | Self::Rvef | Self::PeakEjectionRate | Self::PeakFillingRate | Self::FirstThirdEjection
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_apart_by_its_key_and_title() {
        let keys: Vec<String> =
            Quantity::OF_CURVE.iter().map(|quantity| serde_json::to_string(quantity).unwrap()).collect();
        assert_eq!((keys[0].as_str(), keys[7].as_str()), (r#""peak_ejection_rate""#, r#""atrial_contribution""#));
        for (k, quantity) in Quantity::OF_CURVE.iter().enumerate() {
            let same =
                |other: &&Quantity| other.title() == quantity.title() || other.definition() == quantity.definition();
            assert_eq!(Quantity::OF_CURVE.iter().filter(same).count(), 1, "{k}");
            assert!(!quantity.definition().ends_with('.'));
        }
    }
}
