//! `AcquisitionRecord`: what was injected and when, how the camera stood, and why the study was made, as a file records it.

use std::fmt;

use super::calendar::day_number;

/// Activities, MBq, that a person can have been given for a blood pool study: from an infant to twice the adult dose.
///
/// Adults get 555 to 1,110 MBq, children 7 to 15 MBq per kg and at least 70 to 150 MBq (SNMMI procedure standard for gated equilibrium
/// radionuclide ventriculography 3.0, 2002). Below 50, a number is more likely in mCi (15 to 30), and above 2,000 in another unit.
const PLAUSIBLE_MBQ: std::ops::RangeInclusive<f64> = 50.0..=2000.0;
/// Bq in one MBq.
const BQ_PER_MBQ: f64 = 1e6;
/// The longest time from injection to acquisition that is taken as it is recorded, minutes: two half-lives of Tc-99m.
const LONGEST_MINUTES: f64 = 720.0;
/// Minutes of a day.
const DAY_MINUTES: f64 = 1440.0;

/// A number that a file records.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// What it means is clear.
    Clear(f64),
    /// It cannot mean what it should; the text as it is recorded.
    Unclear(String),
}

impl Recorded {
    /// The number, where its meaning is clear.
    #[must_use]
    pub fn clear(&self) -> Option<f64> {
        match self {
            Self::Clear(number) => Some(*number),
            Self::Unclear(_) => None,
        }
    }

    /// The recorded text, where its meaning is unclear.
    #[must_use]
    pub fn unclear(&self) -> Option<&str> {
        match self {
            Self::Clear(_) => None,
            Self::Unclear(text) => Some(text),
        }
    }

    /// `number`, or where there is none the text that was recorded.
    #[must_use]
    pub fn or_text(number: Option<f64>, text: &str) -> Self {
        number.map_or_else(|| Self::Unclear(text.to_owned()), Self::Clear)
    }
}

/// One radiopharmaceutical that the patient was given. What is not recorded is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Radiopharmaceutical {
    /// Its name, as the department writes it or as it is coded.
    pub name: Option<String>,
    /// Its radionuclide, for example `Technetium-99m`.
    pub radionuclide: Option<String>,
    /// The administered activity, MBq.
    pub activity_mbq: Option<Recorded>,
    /// Time from the injection to the start of the acquisition, minutes.
    pub minutes_from_injection: Option<Recorded>,
}

impl Radiopharmaceutical {
    /// Whether nothing of it is recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a study was acquired beyond its gating, as a file records it.
///
/// `Debug` prints of the indication only whether it is recorded: it is free text about a patient.
#[derive(Clone, Default, PartialEq)]
pub struct AcquisitionRecord {
    /// What the patient was given.
    pub radiopharmaceuticals: Vec<Radiopharmaceutical>,
    /// Where the camera stood: degrees from the patient's back over the left side (90) and the front (180), 0 to 360.
    pub camera_angle_degrees: Option<Recorded>,
    /// Name or type of the collimator.
    pub collimator: Option<String>,
    /// Why the study was requested.
    pub indication: Option<String>,
}

impl AcquisitionRecord {
    /// Whether nothing is recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for AcquisitionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every field is named, so that a new one does not compile before it is decided whether it may be printed.
        let Self { radiopharmaceuticals, camera_angle_degrees, collimator, indication } = self;
        f.debug_struct("AcquisitionRecord")
            .field("radiopharmaceuticals", radiopharmaceuticals)
            .field("camera_angle_degrees", camera_angle_degrees)
            .field("collimator", collimator)
            .field("indication", &indication.as_ref().map(|_| ".."))
            .finish()
    }
}

/// The activity, MBq, that a number of unknown unit means: MBq, or Bq where only that is possible. `None` where neither is, for example
/// for a number in mCi.
#[must_use]
pub fn activity_mbq(recorded: f64) -> Option<f64> {
    let candidates = [recorded, recorded / BQ_PER_MBQ];
    candidates.into_iter().find(|mbq| PLAUSIBLE_MBQ.contains(mbq))
}

/// An angle of the camera as 0 to less than 360 degrees; `None` where it is more than one turn, or no number.
#[must_use]
pub fn camera_angle_degrees(recorded: f64) -> Option<f64> {
    let turn = (-360.0..=360.0).contains(&recorded);
    // A negative angle of almost nothing would be rounded to 360.
    turn.then(|| recorded.rem_euclid(360.0)).map(|degrees| if degrees < 360.0 { degrees } else { 0.0 })
}

/// The side from which a camera at this angle looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraSide {
    /// `ANT`, `LAO`, `LLAT`, `LPO`, `POST`, `RPO`, `RLAT` or `RAO`.
    pub view: &'static str,
    /// Of an oblique view, the degrees from front (LAO, RAO) or back (LPO, RPO).
    pub degrees: Option<f64>,
}

impl CameraSide {
    /// Of an angle from the back over the left side, degrees.
    #[must_use]
    pub fn of(angle_degrees: f64) -> Self {
        let angle = angle_degrees.rem_euclid(360.0);
        let straight = [(0.0, "POST"), (90.0, "LLAT"), (180.0, "ANT"), (270.0, "RLAT"), (360.0, "POST")];
        if let Some((_, view)) = straight.into_iter().find(|(at, _)| (angle - at).abs() < 0.5) {
            return Self { view, degrees: None };
        }
        let (view, degrees) = match angle {
            angle if angle < 90.0 => ("LPO", angle),
            angle if angle < 180.0 => ("LAO", 180.0 - angle),
            angle if angle < 270.0 => ("RAO", angle - 180.0),
            angle => ("RPO", 360.0 - angle),
        };
        Self { view, degrees: Some(degrees) }
    }

    /// Whether it is left anterior oblique, 10 to 80 degrees from the front.
    #[must_use]
    pub fn is_lao(self) -> bool {
        self.view == "LAO" && self.degrees.is_some_and(|degrees| (10.0..=80.0).contains(&degrees))
    }
}

/// A time of a day, with the day where it is recorded, in the forms of DICOM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment<'a> {
    /// `YYYYMMDD`.
    pub date: Option<&'a str>,
    /// `HHMMSS.FFFFFF`, of which seconds and minutes may be absent.
    pub time: &'a str,
}

/// Minutes from an injection to an acquisition; `None` where a time is none, or they do not fit each other: an injection after the
/// acquisition, or more than 12 hours before it.
///
/// Where the day of one is not recorded, both are taken to be of one day, or of one night where the injection is the later time of day.
#[must_use]
pub fn minutes_from_injection(injected: Moment<'_>, acquired: Moment<'_>) -> Option<f64> {
    let minutes = minute_of_day(acquired.time)? - minute_of_day(injected.time)?;
    let minutes = match (injected.date.and_then(day_number), acquired.date.and_then(day_number)) {
        (Some(from), Some(to)) => minutes + (to - from) as f64 * DAY_MINUTES,
        _ => minutes.rem_euclid(DAY_MINUTES),
    };
    (0.0..=LONGEST_MINUTES).contains(&minutes).then_some(minutes)
}

/// The time of day (`HHMMSS`) so many minutes before an acquisition; `None` where its time is none.
#[must_use]
pub fn injection_time(minutes: f64, acquired: &str) -> Option<String> {
    let minute = (minute_of_day(acquired)? - minutes).rem_euclid(DAY_MINUTES);
    let seconds = (minute * 60.0).round() as u32 % 86_400;
    minutes.is_finite().then(|| format!("{:02}{:02}{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

/// Minutes after midnight of a time of day as DICOM writes it, also with the colons of its predecessor.
fn minute_of_day(recorded: &str) -> Option<f64> {
    let text: String = recorded.trim().chars().filter(|letter| *letter != ':').collect();
    let whole = text.split('.').next().unwrap_or_default();
    if !matches!(whole.len(), 4 | 6) || !whole.bytes().all(|letter| letter.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| whole.get(at..at + 2).map_or(Some(0.0), |digits| digits.parse::<f64>().ok());
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    (hours < 24.0 && minutes < 60.0 && seconds < 61.0).then(|| hours * 60.0 + minutes + seconds / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_is_in_mbq_or_bq_or_unclear() {
        assert_eq!((activity_mbq(740.0), activity_mbq(74.0)), (Some(740.0), Some(74.0)));
        assert_eq!(activity_mbq(925e6), Some(925.0));
        // mCi, kBq, GBq, and what is no activity.
        for unclear in [25.0, 740_000.0, 0.74, 0.0, -740.0, f64::NAN, f64::INFINITY, f64::MAX] {
            assert_eq!(activity_mbq(unclear), None, "{unclear}");
        }
    }

    #[test]
    fn an_angle_has_a_side() {
        let side = |recorded: f64| {
            let side = CameraSide::of(camera_angle_degrees(recorded).unwrap());
            (side.view, side.degrees, side.is_lao())
        };
        assert_eq!(side(135.0), ("LAO", Some(45.0), true));
        assert_eq!(side(-225.0), ("LAO", Some(45.0), true));
        assert_eq!((side(180.0), side(90.0)), (("ANT", None, false), ("LLAT", None, false)));
        assert_eq!((side(0.0), side(360.0), side(-1e-20)), (("POST", None, false), side(0.0), side(0.0)));
        assert_eq!((side(210.0), side(300.0)), (("RAO", Some(30.0), false), ("RPO", Some(60.0), false)));
        assert_eq!((side(30.0), side(175.0)), (("LPO", Some(30.0), false), ("LAO", Some(5.0), false)));
        for absurd in [720.0, -361.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(camera_angle_degrees(absurd), None, "{absurd}");
        }
    }

    #[test]
    fn the_time_from_injection_fits_or_is_none() {
        let minutes = |injected: (Option<&str>, &str), acquired: (Option<&str>, &str)| {
            let [injected, acquired] = [injected, acquired].map(|(date, time)| Moment { date, time });
            minutes_from_injection(injected, acquired)
        };
        assert_eq!(minutes((None, "0930"), (Some("20240301"), "101500.25")), Some(45.0));
        assert_eq!(minutes((None, "09:30:00"), (None, "10:15:30")), Some(45.5));
        // Over midnight, without and with days.
        assert_eq!(minutes((None, "2350"), (None, "0020")), Some(30.0));
        assert_eq!(minutes((Some("20240229"), "235000"), (Some("20240301"), "002000")), Some(30.0));
        assert_eq!(injection_time(45.5, "10:15:30").as_deref(), Some("093000"));
        assert_eq!(injection_time(30.0, "0020").as_deref(), Some("235000"));
        assert_eq!((injection_time(30.0, "noon"), injection_time(f64::NAN, "0020")), (None, None));
        // After the acquisition, on another day, more than half a day before, and what is no time.
        for (injected, acquired) in [
            ((None, "1030"), (None, "1015")),
            ((Some("20240228"), "0930"), (Some("20240301"), "1015")),
            ((Some("20240301"), "1030"), (Some("20240301"), "1015")),
            ((None, "0800"), (None, "2001")),
            ((None, "25"), (None, "1015")),
            ((None, "2561"), (None, "1015")),
            ((None, "noon"), (None, "1015")),
            ((None, "0930"), (None, "")),
        ] {
            assert_eq!(minutes(injected, acquired), None, "{injected:?} {acquired:?}");
        }
    }

    #[test]
    fn debug_prints_no_indication() {
        let record = AcquisitionRecord { indication: Some("SECRET".into()), ..AcquisitionRecord::default() };
        let printed = format!("{record:?}");
        assert!(printed.contains("indication: Some(\"..\")") && !printed.contains("SECRET"), "{printed}");
        assert!(!record.is_empty() && AcquisitionRecord::default().is_empty());
    }
}
