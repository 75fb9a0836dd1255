//! The readings of a crossed design, summed up by study and by rater, and the fit for given ratios of variances.

use std::collections::BTreeMap;

use crate::AgreementError;

/// One reading of one study by one rater.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Index of the study, from 0.
    pub study: usize,
    /// Index of the rater, from 0.
    pub rater: usize,
    /// What was read, in any unit.
    pub value: f64,
}

/// Most columns of the fixed effects with the values: mean, second group, value.
const COLUMNS: usize = 3;

/// One row of sums: of the columns of fixed effects, then of the values.
type Sums = [f64; COLUMNS];

/// A design: everything that a fit needs of the readings.
pub(super) struct Design {
    /// Fixed effects, 1 or 2; the values stand in the column after them.
    effects: usize,
    readings: usize,
    /// Raters as they were numbered.
    number_of_raters: usize,
    /// The number of each rater that has readings.
    rater_numbers: Vec<usize>,
    /// The mean of all values, which is subtracted.
    centre: f64,
    /// For each study: its readings, and how many of them are of each rater.
    by_study: Vec<(f64, Vec<(usize, f64)>)>,
    study_sums: Vec<Sums>,
    /// The readings of each rater.
    by_rater: Vec<f64>,
    rater_sums: Vec<Sums>,
    /// Cross products of the columns.
    products: [Sums; COLUMNS],
}

/// A fit for given ratios of variances.
pub(super) struct Fitted {
    pub(super) criterion: f64,
    pub(super) residual_variance: f64,
    /// Each fixed effect with its standard error; the mean is of centred values.
    pub(super) effects: Vec<(f64, f64)>,
    /// In the order of the raters with readings.
    pub(super) rater_effects: Vec<f64>,
}

impl Design {
    /// Sums up the readings.
    ///
    /// # Errors
    /// [`AgreementError`] as [`super::crossed_effects`] has it, but for the values.
    pub(super) fn new(readings: &[Reading], in_second_group: Option<&[bool]>) -> Result<Self, AgreementError> {
        let numbered = |index: fn(&Reading) -> usize| {
            let mut numbers: Vec<usize> = readings.iter().map(index).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let (studies, raters) = (numbered(|reading| reading.study), numbered(|reading| reading.rater));
        let most = raters.last().map_or(0, |last| last + 1);
        if let Some(groups) = in_second_group.filter(|groups| groups.len() < most) {
            return Err(AgreementError::Lengths { left: groups.len(), right: most });
        }
        let second: Vec<bool> =
            raters.iter().map(|&rater| in_second_group.is_some_and(|groups| groups[rater])).collect();
        let effects = if in_second_group.is_some() { 2 } else { 1 };
        if effects == 2 && second.iter().all(|of| *of == second[0]) {
            return Err(AgreementError::NoSpread { what: "the groups of the raters" });
        }
        let index_of = |numbers: &[usize]| -> BTreeMap<usize, usize> {
            numbers.iter().enumerate().map(|(index, &number)| (number, index)).collect()
        };
        let (study_of, rater_of) = (index_of(&studies), index_of(&raters));
        let centre = readings.iter().map(|reading| reading.value).sum::<f64>() / readings.len() as f64;
        let mut design = Self {
            effects,
            readings: readings.len(),
            number_of_raters: in_second_group.map_or(most, <[bool]>::len),
            rater_numbers: raters,
            centre,
            by_study: vec![(0.0, Vec::new()); studies.len()],
            study_sums: vec![[0.0; COLUMNS]; studies.len()],
            by_rater: vec![0.0; second.len()],
            rater_sums: vec![[0.0; COLUMNS]; second.len()],
            products: [[0.0; COLUMNS]; COLUMNS],
        };
        for reading in readings {
            let (study, rater) = (study_of[&reading.study], rater_of[&reading.rater]);
            let mut row = [0.0; COLUMNS];
            row[0] = 1.0;
            row[1] = f64::from(second[rater]);
            // Without groups the values are in the second column.
            row[effects] = reading.value - centre;
            design.by_rater[rater] += 1.0;
            let (count, of_raters) = &mut design.by_study[study];
            *count += 1.0;
            match of_raters.iter_mut().find(|(known, _)| *known == rater) {
                Some((_, count)) => *count += 1.0,
                None => of_raters.push((rater, 1.0)),
            }
            for column in 0..=effects {
                design.study_sums[study][column] += row[column];
                design.rater_sums[rater][column] += row[column];
                for other in 0..=effects {
                    design.products[column][other] += row[column] * row[other];
                }
            }
        }
        design.check()?;
        Ok(design)
    }

    /// Whether studies, raters and residuals can be told apart: each must have a degree of freedom of its own.
    fn check(&self) -> Result<(), AgreementError> {
        let (studies, raters) = (self.by_study.len(), self.by_rater.len());
        if studies < 2 || raters < 1 + self.effects {
            let (values, needed) = if studies < 2 { (studies, 2) } else { (raters, 1 + self.effects) };
            return Err(AgreementError::TooFewValues { values, needed });
        }
        let parts = self.unconnected_parts();
        let (of_studies, of_raters) = (studies - parts, raters - parts);
        let of_residuals = (self.readings + parts).saturating_sub(studies + raters);
        match (of_studies, of_raters, of_residuals) {
            (0, ..) => Err(AgreementError::Inseparable { what: "studies and raters" }),
            (_, of_raters, _) if of_raters < self.effects => {
                Err(AgreementError::Inseparable { what: "raters and studies" })
            }
            (_, _, 0) => Err(AgreementError::Inseparable { what: "studies or raters and residuals" }),
            _ => Ok(()),
        }
    }

    /// Into how many parts the design falls that share no study and no rater.
    fn unconnected_parts(&self) -> usize {
        let studies = self.by_study.len();
        let mut leads_to: Vec<usize> = (0..studies + self.by_rater.len()).collect();
        fn root(leads_to: &mut [usize], mut of: usize) -> usize {
            while leads_to[of] != of {
                leads_to[of] = leads_to[leads_to[of]];
                of = leads_to[of];
            }
            of
        }
        for (study, (_, raters)) in self.by_study.iter().enumerate() {
            for (rater, _) in raters {
                let (a, b) = (root(&mut leads_to, study), root(&mut leads_to, studies + rater));
                leads_to[a] = b;
            }
        }
        (0..leads_to.len()).filter(|&index| leads_to[index] == index).count()
    }

    pub(super) fn readings(&self) -> usize {
        self.readings
    }

    pub(super) fn studies(&self) -> usize {
        self.by_study.len()
    }

    pub(super) fn raters(&self) -> usize {
        self.by_rater.len()
    }

    pub(super) fn centre(&self) -> f64 {
        self.centre
    }

    /// Of the centred values.
    pub(super) fn sum_of_squares(&self) -> f64 {
        self.products[self.effects][self.effects]
    }

    /// The effects of the raters by their numbers.
    pub(super) fn in_order(&self, effects: &[f64]) -> Vec<Option<f64>> {
        let mut ordered = vec![None; self.number_of_raters];
        for (&number, &effect) in self.rater_numbers.iter().zip(effects) {
            ordered[number] = Some(effect);
        }
        ordered
    }

    /// The fit for standard deviations of studies and raters relative to that of the residuals. With `Z` for which study and rater
    /// each reading has, scaled by these, `Z'Z + 1` is factored: its block of studies is diagonal, so that only a matrix of the size
    /// of the raters remains. `None` where the residuals vanish.
    pub(super) fn fit(&self, [study_sd, rater_sd]: [f64; 2]) -> Option<Fitted> {
        let (raters, columns) = (self.by_rater.len(), self.effects + 1);
        let mut logarithm = 0.0;
        let mut block = vec![vec![0.0; raters]; raters];
        let mut right: Vec<Sums> = self.rater_sums.iter().map(|sums| sums.map(|sum| rater_sd * sum)).collect();
        let mut products = self.products;
        for (row, readings) in
            block.iter_mut().zip(&self.by_rater).enumerate().map(|(at, (row, of))| (&mut row[at], of))
        {
            *row = 1.0 + rater_sd * rater_sd * readings;
        }
        for ((readings, of_raters), sums) in self.by_study.iter().zip(&self.study_sums) {
            let diagonal = 1.0 + study_sd * study_sd * readings;
            logarithm += diagonal.ln();
            let sums = sums.map(|sum| study_sd * sum);
            for &(rater, count) in of_raters {
                let shared = study_sd * rater_sd * count / diagonal;
                for &(other, other_count) in of_raters {
                    block[rater][other] -= shared * study_sd * rater_sd * other_count;
                }
                (0..columns).for_each(|column| right[rater][column] -= shared * sums[column]);
            }
            for column in 0..columns {
                (0..columns).for_each(|other| products[column][other] -= sums[column] * sums[other] / diagonal);
            }
        }
        factor(&mut block)?;
        logarithm += 2.0 * (0..raters).map(|at| block[at][at].ln()).sum::<f64>();
        let solved: Vec<Vec<f64>> =
            (0..columns).map(|column| solve_lower(&block, right.iter().map(|sums| sums[column]).collect())).collect();
        for column in 0..columns {
            for other in 0..columns {
                let product: f64 = solved[column].iter().zip(&solved[other]).map(|(a, b)| a * b).sum();
                products[column][other] -= product;
            }
        }
        let values = self.effects;
        let (inverse, determinant) = inverse(&products, self.effects)?;
        let effects: Vec<f64> = (0..values)
            .map(|effect| (0..values).map(|other| inverse[effect][other] * products[other][values]).sum())
            .collect();
        let explained: f64 = effects.iter().enumerate().map(|(at, effect)| effect * products[at][values]).sum();
        let squares = products[values][values] - explained;
        let degrees = (self.readings - values) as f64;
        let residual_variance = squares / degrees;
        let criterion =
            logarithm + determinant.ln() + degrees * (1.0 + (std::f64::consts::TAU * residual_variance).ln());
        if !(residual_variance > 0.0 && criterion.is_finite()) {
            return None;
        }
        let of_residuals = (0..raters)
            .map(|rater| {
                let fixed: f64 = effects.iter().enumerate().map(|(at, effect)| effect * solved[at][rater]).sum();
                solved[values][rater] - fixed
            })
            .collect();
        let rater_effects = solve_upper(&block, of_residuals).into_iter().map(|effect| rater_sd * effect).collect();
        let error = |at: usize| (residual_variance * inverse[at][at]).sqrt();
        let effects = effects.iter().enumerate().map(|(at, &effect)| (effect, error(at))).collect();
        Some(Fitted { criterion, residual_variance, effects, rater_effects })
    }
}

/// Replaces a symmetric matrix by its lower Cholesky factor; `None` where it is not positive definite.
fn factor(matrix: &mut [Vec<f64>]) -> Option<()> {
    for row in 0..matrix.len() {
        let (above, rest) = matrix.split_at_mut(row);
        let own = &mut rest[0];
        for (column, other) in above.iter().enumerate() {
            let known: f64 = own[..column].iter().zip(other).map(|(a, b)| a * b).sum();
            own[column] = (own[column] - known) / other[column];
        }
        let left = own[row] - own[..row].iter().map(|value| value * value).sum::<f64>();
        own[row] = (left > 0.0).then(|| left.sqrt())?;
    }
    Some(())
}

/// The solution of `L x = right` for a lower factor.
fn solve_lower(factor: &[Vec<f64>], mut right: Vec<f64>) -> Vec<f64> {
    for row in 0..right.len() {
        let known: f64 = factor[row][..row].iter().zip(&right).map(|(a, b)| a * b).sum();
        right[row] = (right[row] - known) / factor[row][row];
    }
    right
}

/// The solution of `L' x = right` for a lower factor.
fn solve_upper(factor: &[Vec<f64>], mut right: Vec<f64>) -> Vec<f64> {
    for row in (0..right.len()).rev() {
        let known: f64 = (row + 1..right.len()).map(|below| factor[below][row] * right[below]).sum();
        right[row] = (right[row] - known) / factor[row][row];
    }
    right
}

/// The inverse and the determinant of the first one or two rows and columns; `None` where the determinant is not positive.
fn inverse(products: &[Sums; COLUMNS], size: usize) -> Option<([[f64; 2]; 2], f64)> {
    let [[a, b, _], [_, d, _], _] = *products;
    let determinant = if size == 1 { a } else { a * d - b * b };
    if !(determinant > 0.0 && determinant.is_finite()) {
        return None;
    }
    let inverse = if size == 1 {
        [[1.0 / a, 0.0], [0.0, 0.0]]
    } else {
        [[d / determinant, -b / determinant], [-b / determinant, a / determinant]]
    };
    Some((inverse, determinant))
}
