//! `Population`: an unlimited source of simulated studies of one family of hearts, the same study for the same seed and index.

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use bloodpool_core::{LabelledStudy, SampleError, SampleSource, StudyKey};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::expected::Expected;
use crate::faults::{self, Kind};
use crate::random::{normal, stream};
use crate::request::{Again, Request, drop_off};
use crate::study::SimulatedStudy;
use crate::{anatomy, other};

/// A family of hearts: families share no shape, motion, projection, chest or scatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Measured anatomy, on which models are trained.
    Own,
    /// An independent construction of hearts, chest and camera, on which nothing is trained.
    Other,
}

impl Family {
    fn expected(self, rng: &mut ChaCha8Rng, request: &Request) -> Expected {
        match self {
            Self::Own => anatomy::expected(rng, request),
            Self::Other => other::expected(rng, request),
        }
    }
}

/// An unlimited source of simulated studies: the same seed and index always give the same study.
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
    part: Part,
    pool: Option<Arc<Vec<OnceLock<Expected>>>>,
}

/// Which studies of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Ordinary,
    Training,
    MadeBad,
}

/// Keeps the draws of patients who are acquired again apart from those of studies.
const REPEATED: u64 = 0x6167_6169_6e00;
/// Likewise for patients at two visits.
const VISITS: u64 = 0x7669_7369_7473;
/// Keeps the draws of a pool's hearts apart from those of studies.
const POOL: u64 = 0x706f_6f6c;
/// Share of made-bad studies among those that a model is trained on.
const BAD_IN_TRAINING: f64 = 0.22;

impl Population {
    /// The ordinary population of a family, LVEF 10 to 80 %.
    #[must_use]
    pub fn ordinary(family: Family, seed: u64) -> Self {
        Self { seed, family, lvef_percent: 10.0..=80.0, matrix: None, part: Part::Ordinary, pool: None }
    }

    /// Studies to train on, LVEF 3 to 85 %, broader than the ordinary ones in every respect.
    #[must_use]
    pub fn training(family: Family, seed: u64) -> Self {
        Self { lvef_percent: 3.0..=85.0, part: Part::Training, ..Self::ordinary(family, seed) }
    }

    /// Studies for which no LVEF, or only one with a warning, should be given; index modulo the number of kinds picks
    /// the kind.
    #[must_use]
    pub fn made_bad(family: Family, seed: u64) -> Self {
        Self { part: Part::MadeBad, ..Self::ordinary(family, seed) }
    }

    /// The same source with only so many hearts: study `index` shows heart `index % hearts` again, with other counts,
    /// other losses at the end of the cycle and fresh noise. Hearts are kept in memory once they were made (about 2 MB
    /// each).
    #[must_use]
    pub fn pooled(self, hearts: u64) -> Self {
        let cells = (0..hearts.max(1)).map(|_| OnceLock::new()).collect();
        Self { pool: Some(Arc::new(cells)), ..self }
    }

    fn request(&self, rng: &mut ChaCha8Rng) -> Request {
        match self.part {
            Part::Ordinary | Part::MadeBad => Request::ordinary(rng, &self.lvef_percent, self.matrix),
            Part::Training => Request::training(rng, &self.lvef_percent, self.matrix),
        }
    }

    fn pooled_heart<'a>(&self, pool: &'a [OnceLock<Expected>], index: u64) -> &'a Expected {
        let heart = index % pool.len() as u64;
        pool[heart as usize].get_or_init(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(stream(&[self.seed, self.family as u64, POOL, heart]));
            let request = Request { drop_off: Vec::new(), ..self.request(&mut rng) };
            self.family.expected(&mut rng, &request)
        })
    }

    /// The study of this index.
    ///
    /// # Errors
    /// [`SampleError`] when what was drawn is not a gated study (a frame without a single count).
    pub fn study(&self, index: u64) -> Result<SimulatedStudy, SampleError> {
        let mut rng = ChaCha8Rng::seed_from_u64(stream(&[self.seed, self.family as u64, index]));
        let bad = match self.part {
            Part::Ordinary => None,
            Part::MadeBad => Some(Kind::ALL[(index % Kind::ALL.len() as u64) as usize]),
            Part::Training => rng.random_bool(BAD_IN_TRAINING).then(|| Kind::for_training(&mut rng)),
        };
        if let Some(kind) = bad {
            let hearts = |rng: &mut ChaCha8Rng, request: &Request| match &self.pool {
                Some(pool) if !kind.needs_its_own_heart() => self.pooled_heart(pool, rng.random()).clone(),
                _ => self.family.expected(rng, request),
            };
            let made = faults::make(kind, &mut rng, &hearts, self.matrix);
            return made.into_study(&mut rng, (self.seed, index), 1.0);
        }
        let Some(pool) = &self.pool else {
            let request = self.request(&mut rng);
            let expected = self.family.expected(&mut rng, &request);
            return expected.into_study(&mut rng, (self.seed, index), 1.0);
        };
        let mut expected = self.pooled_heart(pool, index).clone();
        let frames = expected.total.dim().0;
        if rng.random_bool(0.35) {
            expected.lose_counts(&drop_off(&mut rng, frames));
        }
        let now = f64::from(expected.total.sum()) / frames as f64;
        let wanted = rng.random_range(80e3_f64.ln()..550e3_f64.ln()).exp();
        expected.into_study(&mut rng, (self.seed, index), (wanted / now) as f32)
    }
}

/// The same patient acquired several times, each with new noise.
#[derive(Debug, Clone)]
pub struct Repeated {
    /// Twice in exactly the same way.
    pub alike: [SimulatedStudy; 2],
    /// Once more, moved by about 5 mm and turned by about 3 degrees.
    pub moved: SimulatedStudy,
    /// Once more with all that may change between two visits: moved, turned, LAO and tilt by up to 5 degrees,
    /// background by up to 20 %.
    pub revisited: SimulatedStudy,
}

/// A patient at two visits between which the LVEF has changed.
#[derive(Debug, Clone)]
pub struct Visits {
    /// The first visit.
    pub baseline: SimulatedStudy,
    /// The second: the same body and heart with another LVEF, and with all that changes between visits
    /// ([`Repeated::revisited`]).
    pub follow_up: SimulatedStudy,
}

impl Population {
    /// The patient of this index at two visits. The LVEF of the second differs by -25 to +10 points, uniformly, but stays between 10
    /// and 80 %: during cardiotoxic treatment it falls more often than it rises.
    ///
    /// # Errors
    /// As [`Population::study`].
    pub fn visits(&self, index: u64) -> Result<Visits, SampleError> {
        let mut rng = ChaCha8Rng::seed_from_u64(stream(&[self.seed, self.family as u64, VISITS, index]));
        let request = Request { drop_off: Vec::new(), ..self.request(&mut rng) };
        let heart = rng.clone();
        let change = rng.random_range(-25.0..10.0);
        let later = Request {
            lvef_percent: (request.lvef_percent + change).clamp(10.0, 80.0),
            counts_per_frame: rng.random_range(100e3_f64.ln()..500e3_f64.ln()).exp(),
            ..Self::revisited(&request, &mut rng)
        };
        let mut acquire = |request: &Request| {
            let expected = self.family.expected(&mut heart.clone(), request);
            expected.into_study(&mut rng, (self.seed, index), 1.0)
        };
        Ok(Visits { baseline: acquire(&request)?, follow_up: acquire(&later)? })
    }

    /// Another visit: moved, turned, LAO and tilt by up to 5 degrees, background by up to 20 %.
    fn revisited(request: &Request, rng: &mut ChaCha8Rng) -> Request {
        let shift_mm = [normal(rng, 3.5), normal(rng, 3.5)];
        Request {
            turn_degrees: request.turn_degrees + normal(rng, 3.0),
            off_degrees: request.off_degrees + rng.random_range(-5.0..5.0),
            again: Again {
                shift_mm,
                tilt_degrees: rng.random_range(-5.0..5.0),
                background: rng.random_range(0.8..1.2),
            },
            ..request.clone()
        }
    }

    /// The patient of this index, acquired four times.
    ///
    /// # Errors
    /// As [`Population::study`].
    pub fn repeated(&self, index: u64) -> Result<Repeated, SampleError> {
        let mut rng = ChaCha8Rng::seed_from_u64(stream(&[self.seed, self.family as u64, REPEATED, index]));
        let request = Request { drop_off: Vec::new(), ..self.request(&mut rng) };
        let heart = rng.clone();
        let revisited = Self::revisited(&request, &mut rng);
        let moved = Request {
            off_degrees: request.off_degrees,
            again: Again { shift_mm: revisited.again.shift_mm, ..Again::default() },
            ..revisited.clone()
        };
        let mut acquire = |request: &Request| {
            let expected = self.family.expected(&mut heart.clone(), request);
            expected.into_study(&mut rng, (self.seed, index), 1.0)
        };
        Ok(Repeated {
            alike: [acquire(&request)?, acquire(&request)?],
            moved: acquire(&moved)?,
            revisited: acquire(&revisited)?,
        })
    }
}

impl SampleSource for Population {
    fn len(&self) -> Option<u64> {
        None
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        Ok(self.study(index)?.labelled)
    }

    fn keys(&self) -> Option<Vec<StudyKey>> {
        Some(Vec::new())
    }

    fn description(&self) -> String {
        let pool = self.pool.as_ref().map_or_else(String::new, |pool| format!(", a pool of {} hearts", pool.len()));
        format!(
            "bloodpool-phantom {}, simulated, {:?} family, {:?} studies, seed {}, LVEF {} to {} %{pool}",
            env!("CARGO_PKG_VERSION"),
            self.family,
            self.part,
            self.seed,
            self.lvef_percent.start(),
            self.lvef_percent.end(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follow_up_is_the_same_patient_with_another_lvef() {
        let visits = Population::ordinary(Family::Own, 5);
        let both = visits.visits(3).unwrap();
        let [first, second] = [&both.baseline, &both.follow_up].map(|study| study.truth.lvef.unwrap().curve);
        assert!((first - second).abs() > 0.5 && (-25.5..10.5).contains(&(second - first)), "{first} {second}");
        let [first, second] = [&both.baseline, &both.follow_up];
        assert_eq!(first.labelled.study.identity.patient_id, second.labelled.study.identity.patient_id);
        assert_eq!(first.labelled.study.counts().dim(), second.labelled.study.counts().dim());
        // The end-diastolic volume belongs to the heart; it changes with the LVEF, but not to that of another patient.
        let largest = |study: &SimulatedStudy| study.truth.lv_volume_ml.iter().copied().fold(0.0, f64::max);
        let [a, b] = [first, second].map(largest);
        assert!((a / b).ln().abs() < 0.35, "{a} {b}");
        assert_eq!(visits.visits(3).unwrap().follow_up.labelled.study.counts(), second.labelled.study.counts());
    }
}
