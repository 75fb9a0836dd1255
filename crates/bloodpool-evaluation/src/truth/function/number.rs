//! `Number`: each number of ventricular function that is compared with the truth, with its title and unit.

use bloodpool_core::function::{PhaseHistogram, Quantity, SectorFunction};

/// A number of ventricular function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// LVEF, or one that is read from the LV curve.
    Curve(Quantity),
    /// SD of the phases in the LV.
    PhaseSd,
    /// Range that holds 95 % of the phases in the LV.
    PhaseBandwidth,
    /// Entropy of the phases in the LV.
    PhaseEntropy,
    /// Synchrony of the LV.
    PhaseSynchrony,
    /// Mean phase of the septal half less that of the lateral half.
    SeptalLessLateral,
    /// EF of a sector, numbered from 0.
    RegionalEf(usize),
    /// RVEF.
    Rvef,
    /// Stroke counts of the LV over those of the RV.
    StrokeRatio,
}

impl Number {
    /// One of each, in the order in which they are shown; sectors share a row.
    #[must_use]
    pub fn rows() -> Vec<Self> {
        let curve = std::iter::once(Quantity::Lvef).chain(Quantity::OF_CURVE).map(Self::Curve);
        curve
            .chain([
                Self::PhaseSd,
                Self::PhaseBandwidth,
                Self::PhaseEntropy,
                Self::PhaseSynchrony,
                Self::SeptalLessLateral,
                Self::RegionalEf(0),
                Self::Rvef,
                Self::StrokeRatio,
            ])
            .collect()
    }

    /// Whether two numbers are in one row of a table.
    #[must_use]
    pub fn same_row(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::RegionalEf(_), Self::RegionalEf(_)))
    }

    /// Title and unit.
    #[must_use]
    pub fn title(self) -> String {
        let of = |title: &str, unit: &str| {
            if unit.is_empty() { title.to_owned() } else { format!("{title}, {unit}") }
        };
        match self {
            Self::Curve(quantity) => of(quantity.title(), quantity.unit()),
            Self::PhaseSd => of("Phase SD of the LV", "degrees"),
            Self::PhaseBandwidth => of("Phase bandwidth (95 %) of the LV", "degrees"),
            Self::PhaseEntropy => of("Phase entropy of the LV", ""),
            Self::PhaseSynchrony => of("Synchrony of the LV", ""),
            Self::SeptalLessLateral => of("Phase, septal less lateral", "degrees"),
            Self::RegionalEf(_) => of("Regional EF, each sector", "%"),
            Self::Rvef => of("RVEF (experimental)", "%"),
            Self::StrokeRatio => of("LV / RV stroke counts (experimental)", ""),
        }
    }

    /// Decimals that its values are printed with.
    #[must_use]
    pub fn decimals(self) -> usize {
        match self {
            Self::PhaseEntropy | Self::PhaseSynchrony => 3,
            Self::Curve(Quantity::PeakEjectionRate | Quantity::PeakFillingRate | Quantity::FillingOverEjectionRate)
            | Self::StrokeRatio => 2,
            Self::Curve(
                Quantity::TimeToPeakEjection
                | Quantity::TimeToPeakFilling
                | Quantity::EjectionTime
                | Quantity::FillingTime,
            ) => 0,
            _ => 1,
        }
    }
}

/// What a phase histogram of the LV gives.
pub(super) fn of_histogram(lv: &PhaseHistogram) -> [(Number, f64); 4] {
    [
        (Number::PhaseSd, lv.sd_degrees),
        (Number::PhaseBandwidth, lv.bandwidth_95_degrees),
        (Number::PhaseEntropy, lv.entropy),
        (Number::PhaseSynchrony, lv.synchrony),
    ]
}

/// The EF of every sector that has one.
pub(super) fn of_sectors(sectors: &[SectorFunction]) -> impl Iterator<Item = (Number, f64)> + '_ {
    let numbered = sectors.iter().enumerate();
    numbered.filter_map(|(at, sector)| Some((Number::RegionalEf(at), sector.outcome.value()?.ef_percent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_share_a_row_and_titles_differ() {
        assert!(Number::RegionalEf(0).same_row(Number::RegionalEf(5)) && !Number::Rvef.same_row(Number::StrokeRatio));
        let mut titles: Vec<String> = Number::rows().into_iter().map(Number::title).collect();
        assert_eq!(titles[1], "Peak ejection rate, EDV/s");
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), Number::rows().len());
    }
}
