//! The outcome of studies for which no LVEF should be given, by kind, as Markdown.

use std::fmt::Write as _;

use bloodpool_core::validity::Rank;
use bloodpool_phantom::{Class, Fault, Reference};

use super::observation::Observation;

/// An error beyond this many points, with nothing worse than a note, is a silent wrong reading.
const WRONG_POINTS: f64 = 10.0;

/// The outcome of one study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Refused,
    Withheld,
    Look,
    /// An LVEF with a note, or without a finding.
    Passed,
}

fn fate(observation: &Observation) -> Fate {
    match &observation.outcome {
        Err(_) => Fate::Refused,
        Ok(given) => match given.rank {
            Some(Rank::Refused) => Fate::Refused,
            Some(Rank::DoNotUse) => Fate::Withheld,
            Some(Rank::Look) => Fate::Look,
            Some(Rank::Note) | None => Fate::Passed,
        },
    }
}

/// The error of the LVEF, points; `None` where there is no LVEF or no reference.
fn error(observation: &Observation, fault: Fault) -> Option<f64> {
    let given = observation.outcome.as_ref().ok()?;
    let truth = observation.known.lvef?;
    match fault.reference {
        Reference::Images => Some(given.lvef_percent - truth.images),
        Reference::Curve => Some(given.lvef_percent - truth.curve),
        Reference::NoLvef => None,
    }
}

/// Whether a wrong LVEF was given without a warning.
fn silently_wrong(observation: &Observation, fault: Fault) -> bool {
    if fate(observation) != Fate::Passed {
        return false;
    }
    // Any LVEF of a picture without a heart is wrong.
    fault.reference == Reference::NoLvef || error(observation, fault).is_none_or(|error| error.abs() > WRONG_POINTS)
}

#[derive(Default)]
struct Tally {
    studies: usize,
    refused: usize,
    withheld: usize,
    look: usize,
    silent: usize,
    errors: Vec<f64>,
}

impl Tally {
    fn add(&mut self, observation: &Observation, fault: Fault) {
        self.studies += 1;
        match fate(observation) {
            Fate::Refused => self.refused += 1,
            Fate::Withheld => self.withheld += 1,
            Fate::Look => self.look += 1,
            Fate::Passed => {}
        }
        self.silent += usize::from(silently_wrong(observation, fault));
        self.errors.extend(error(observation, fault).map(f64::abs));
    }

    fn row(&self, name: &str) -> String {
        let share = |count: usize| format!("{:.1} %", count as f64 / self.studies.max(1) as f64 * 100.0);
        let error = match self.errors.len() {
            0 => "-".to_owned(),
            n => format!("{:.1}", self.errors.iter().sum::<f64>() / n as f64),
        };
        format!(
            "| {name} | {} | {} | {} | {} | {error} | {} |\n",
            self.studies,
            share(self.refused),
            share(self.withheld),
            share(self.look),
            share(self.silent)
        )
    }
}

/// A table of kinds, then of classes. Faults that images cannot show are reported apart.
pub fn markdown(title: &str, observations: &[Observation]) -> String {
    let mut kinds: Vec<(&str, Class, Tally)> = Vec::new();
    for observation in observations {
        let Some(fault) = observation.known.fault else { continue };
        let place = kinds.iter().position(|(kind, _, _)| *kind == fault.kind).unwrap_or_else(|| {
            kinds.push((fault.kind, fault.class, Tally::default()));
            kinds.len() - 1
        });
        kinds[place].2.add(observation, fault);
    }
    let head = "| | n | refused | withheld | look | mean error | silent wrong |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    let mut text = format!("### {title}\n\n{head}");
    for (kind, _, tally) in &kinds {
        text.push_str(&tally.row(kind));
    }
    let _ = write!(text, "\nBy class:\n\n{head}");
    let classes = [
        (Class::NotHeart, "no heart"),
        (Class::OtherView, "other view"),
        (Class::Orientation, "mirrored or turned"),
        (Class::Gating, "gating"),
        (Class::Geometry, "geometry"),
        (Class::Counts, "counts"),
        (Class::HiddenGating, "gating, not visible in images"),
    ];
    let joined = |keep: &dyn Fn(Class) -> bool| {
        let mut sum = Tally::default();
        for (_, _, tally) in kinds.iter().filter(|(_, class, _)| keep(*class)) {
            sum.studies += tally.studies;
            sum.refused += tally.refused;
            sum.withheld += tally.withheld;
            sum.look += tally.look;
            sum.silent += tally.silent;
            sum.errors.extend(&tally.errors);
        }
        sum
    };
    for (class, name) in classes {
        text.push_str(&joined(&|other| other == class).row(name));
    }
    text.push_str(&joined(&|class| class != Class::HiddenGating).row("**all but the last**"));
    text
}
