//! `Population`: an endless source of simulated studies of one family of hearts, the same study for the same seed and index.

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use bloodpool::{LabelledStudy, SampleError, SampleSource};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::expected::Expected;
use crate::request::{Request, drop_off};
use crate::study::SimulatedStudy;
use crate::{anatomy, stream};

/// A family of hearts: families share no shape, motion, projection, chest or scatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Measured anatomy; what models are trained on.
    Own,
}

/// A source of simulated studies without end: the same seed and index give the same study, always.
#[derive(Debug, Clone)]
pub struct Population {
    /// Seed of the whole source.
    pub seed: u64,
    /// The hearts.
    pub family: Family,
    /// True LVEF is drawn uniformly from this range, percent.
    pub lvef_percent: RangeInclusive<f64>,
    /// Matrix side; `None` draws 64 or 128.
    pub matrix: Option<usize>,
    pool: Option<Arc<Vec<OnceLock<Expected>>>>,
}

impl Population {
    /// The ordinary population of a family, LVEF 10 to 80 %.
    #[must_use]
    pub fn ordinary(family: Family, seed: u64) -> Self {
        Self { seed, family, lvef_percent: 10.0..=80.0, matrix: None, pool: None }
    }

    /// The same source with only so many hearts: study `index` shows heart `index % hearts` again, with other counts, other
    /// losses at the end of the cycle and fresh noise. Hearts are kept in memory once they were made (about 2 MB each).
    #[must_use]
    pub fn pooled(self, hearts: u64) -> Self {
        let cells = (0..hearts.max(1)).map(|_| OnceLock::new()).collect();
        Self { pool: Some(Arc::new(cells)), ..self }
    }

    fn expected(&self, rng: &mut ChaCha8Rng) -> Expected {
        let request = Request::ordinary(rng, &self.lvef_percent, self.matrix);
        match self.family {
            Family::Own => anatomy::expected(rng, &request),
        }
    }

    /// The study of this index.
    ///
    /// # Errors
    /// [`SampleError`] when what was drawn is not a gated study (a frame without a single count).
    pub fn study(&self, index: u64) -> Result<SimulatedStudy, SampleError> {
        let mut rng = ChaCha8Rng::seed_from_u64(stream(&[self.seed, self.family as u64, index]));
        let Some(pool) = &self.pool else {
            let expected = self.expected(&mut rng);
            return expected.into_study(&mut rng, (self.seed, index), 1.0);
        };
        let heart = index % pool.len() as u64;
        let kept = pool[heart as usize].get_or_init(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(stream(&[self.seed, self.family as u64, heart]));
            let mut request = Request::ordinary(&mut rng, &self.lvef_percent, self.matrix);
            request.drop_off.clear();
            match self.family {
                Family::Own => anatomy::expected(&mut rng, &request),
            }
        });
        let mut expected = kept.clone();
        let frames = expected.total.dim().0;
        if rng.random_bool(0.35) {
            expected.lose_counts(&drop_off(&mut rng, frames));
        }
        let now = f64::from(expected.total.sum()) / frames as f64;
        let wanted = rng.random_range(80e3_f64.ln()..550e3_f64.ln()).exp();
        expected.into_study(&mut rng, (self.seed, index), (wanted / now) as f32)
    }
}

impl SampleSource for Population {
    fn len(&self) -> Option<u64> {
        None
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        Ok(self.study(index)?.labelled)
    }

    fn description(&self) -> String {
        let pool = self.pool.as_ref().map_or_else(String::new, |pool| format!(", a pool of {} hearts", pool.len()));
        format!(
            "bloodpool-phantom {}, simulated, {:?} family, seed {}, LVEF {} to {} %{pool}",
            env!("CARGO_PKG_VERSION"),
            self.family,
            self.seed,
            self.lvef_percent.start(),
            self.lvef_percent.end(),
        )
    }
}
