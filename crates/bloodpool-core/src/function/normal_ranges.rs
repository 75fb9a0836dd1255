//! Published normal ranges, each with its source, number of subjects and age.

use schemars::JsonSchema;
use serde::Serialize;

use super::quantity::Quantity;

/// What stands above every table of normal ranges.
pub const HEADING: &str = "Published with other programs, not validated for this one";
/// What stands where no range is given, for example for the SD of phases.
pub const NO_AGREED_RANGE: &str = "no agreed range";

/// Two-sided 95 % of a normal distribution.
const TWO_SIDED: f64 = 1.96;

/// A published normal range at rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct NormalRange {
    /// The quantity, in its unit.
    pub quantity: Quantity,
    /// Mean of the subjects.
    pub mean: f64,
    /// Their standard deviation.
    pub sd: f64,
    /// Lower limit of normal, where the source states one.
    pub lower_limit: Option<f64>,
    /// Number of subjects.
    pub subjects: u32,
    /// Their mean age in years; `None` where the source's abstract does not state it.
    pub mean_age_years: Option<f64>,
    /// Who the subjects were.
    pub population: &'static str,
    /// Where it was published.
    pub source: &'static str,
}

impl NormalRange {
    /// The band, lower and upper end: the source's own lower limit where it states one, otherwise mean - 1.96 SD; mean + 1.96 SD.
    #[must_use]
    pub fn band(&self) -> [f64; 2] {
        let reach = TWO_SIDED * self.sd;
        [self.lower_limit.unwrap_or(self.mean - reach), self.mean + reach]
    }
}

const PFISTERER: &str = "Pfisterer et al., Eur Heart J 1985;6:647";
const MUNTINGA: &str = "Muntinga et al., Int J Card Imaging 1997;13:165";
const BLOEMER: &str =
    "Bloemer et al., equilibrium radionuclide ventriculography at rest and during supine bicycle exercise";
const POOLED: &str = "normal subjects of 28 centres";
const CATHETERISED: &str = "patients with normal coronary angiogram and left ventriculogram, 40 to 76 years old";
const CHEST_PAIN: &str = "patients with chest pain and no evidence of heart disease";

/// Every published range that is shown, in the order of tables. A quantity can have several.
pub const NORMAL_RANGES: [NormalRange; 7] = [
    NormalRange {
        quantity: Quantity::Lvef,
        mean: 62.3,
        sd: 6.1,
        lower_limit: Some(50.0),
        subjects: 1200,
        mean_age_years: None,
        population: POOLED,
        source: PFISTERER,
    },
    NormalRange {
        quantity: Quantity::Rvef,
        mean: 52.3,
        sd: 6.2,
        lower_limit: Some(40.0),
        // Of the 1,200; the abstract states "RVEF 52.3 +/- 6.2 % (N = 365)".
        subjects: 365,
        mean_age_years: None,
        population: POOLED,
        source: PFISTERER,
    },
    NormalRange {
        quantity: Quantity::PeakEjectionRate,
        mean: 3.3,
        sd: 0.6,
        lower_limit: None,
        subjects: 31,
        mean_age_years: Some(45.0),
        population: CHEST_PAIN,
        source: BLOEMER,
    },
    NormalRange {
        quantity: Quantity::PeakFillingRate,
        mean: 2.2,
        sd: 0.6,
        lower_limit: None,
        subjects: 20,
        mean_age_years: Some(57.0),
        population: CATHETERISED,
        source: MUNTINGA,
    },
    NormalRange {
        quantity: Quantity::PeakFillingRate,
        mean: 2.8,
        sd: 0.6,
        lower_limit: None,
        subjects: 31,
        mean_age_years: Some(45.0),
        population: CHEST_PAIN,
        source: BLOEMER,
    },
    NormalRange {
        quantity: Quantity::TimeToPeakFilling,
        mean: 198.0,
        sd: 22.0,
        lower_limit: None,
        subjects: 20,
        mean_age_years: Some(57.0),
        population: CATHETERISED,
        source: MUNTINGA,
    },
    NormalRange {
        quantity: Quantity::AtrialContribution,
        mean: 31.0,
        sd: 11.0,
        lower_limit: None,
        subjects: 20,
        mean_age_years: Some(57.0),
        population: CATHETERISED,
        source: MUNTINGA,
    },
];

/// The published ranges of one quantity; none where there is no agreed one.
pub fn normal_ranges_of(quantity: Quantity) -> impl Iterator<Item = &'static NormalRange> {
    NORMAL_RANGES.iter().filter(move |range| range.quantity == quantity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_those_worked_out_by_hand() {
        let lvef = normal_ranges_of(Quantity::Lvef).next().unwrap();
        // 62.3 + 1.96 x 6.1 = 74.256.
        assert_eq!(lvef.band()[0], 50.0);
        assert!((lvef.band()[1] - 74.256).abs() < 1e-9);
        let filling: Vec<[f64; 2]> = normal_ranges_of(Quantity::PeakFillingRate).map(NormalRange::band).collect();
        assert!(filling.len() == 2 && (filling[0][0] - 1.024).abs() < 1e-9 && (filling[1][1] - 3.976).abs() < 1e-9);
        assert_eq!(normal_ranges_of(Quantity::FirstThirdFilling).count(), 0);
    }

    #[test]
    fn every_range_says_where_it_is_from() {
        for range in NORMAL_RANGES {
            assert!(range.source.len() > 20 && range.population.len() > 10 && range.subjects >= 20);
            assert!(range.sd > 0.0 && range.band()[0] < range.mean && range.mean < range.band()[1]);
        }
        let text = serde_json::to_string(&NORMAL_RANGES[6]).unwrap();
        assert!(
            text.starts_with(r#"{"quantity":"atrial_contribution","mean":31.0,"sd":11.0,"lower_limit":null"#),
            "{text}"
        );
    }
}
