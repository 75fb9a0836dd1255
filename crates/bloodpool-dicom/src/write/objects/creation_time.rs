//! `CreationTime`: when a result was made, in the time zone of the object that says so.

use super::error::ObjectError;

/// A moment, and the offset from UTC in which it is written.
///
/// Where the source records its offset (Timezone Offset From UTC), results are written in that one, since all dates and
/// times of an instance have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreationTime {
    unix_seconds: i64,
    utc_offset_minutes: i16,
}

/// The last second of the year 9998, so that the year has four digits at every offset.
const LAST: i64 = 253_370_764_799;

impl CreationTime {
    /// `unix_seconds` since 1970-01-01 00:00 UTC; `utc_offset_minutes` is 540 for +09:00.
    ///
    /// # Errors
    /// [`ObjectError::Time`] before 1970 or after the year 9998, or for an offset beyond -12 to +14 hours.
    pub fn new(unix_seconds: i64, utc_offset_minutes: i16) -> Result<Self, ObjectError> {
        let is_offset = (-12 * 60..=14 * 60).contains(&utc_offset_minutes);
        // A day more than 0, so that no offset leads before 1970.
        if !(86_400..=LAST).contains(&unix_seconds) || !is_offset {
            return Err(ObjectError::Time { unix_seconds, utc_offset_minutes });
        }
        Ok(Self { unix_seconds, utc_offset_minutes })
    }

    /// The same moment at another offset.
    pub(super) fn at(self, utc_offset_minutes: i16) -> Self {
        Self { utc_offset_minutes, ..self }
    }

    /// Minutes from UTC.
    pub(super) fn utc_offset_minutes(self) -> i16 {
        self.utc_offset_minutes
    }

    fn local_seconds(self) -> i64 {
        self.unix_seconds + i64::from(self.utc_offset_minutes) * 60
    }

    /// `YYYYMMDD`, by the proleptic Gregorian calendar in eras of 400 years that begin in March.
    pub(super) fn date(self) -> String {
        let days = self.local_seconds().div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        format!("{year:04}{month:02}{day:02}")
    }

    /// `HHMMSS`.
    pub(super) fn time(self) -> String {
        let seconds = self.local_seconds().rem_euclid(86_400);
        format!("{:02}{:02}{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }

    /// `+HHMM` or `-HHMM`.
    pub(super) fn offset(self) -> String {
        let sign = if self.utc_offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.utc_offset_minutes.unsigned_abs();
        format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }

    /// Date, time and offset as one (PS3.5 6.2, DT).
    pub(super) fn date_time(self) -> String {
        self.date() + &self.time() + &self.offset()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of Python: `datetime.fromtimestamp(N, timezone(timedelta(minutes=M)))`.
    #[test]
    fn a_moment_is_written_in_its_offset() {
        for (unix_seconds, minutes, expected) in [
            (1_709_251_200, 0, "20240301000000+0000"),
            (1_709_251_199, 0, "20240229235959+0000"),
            (1_709_251_199, 540, "20240301085959+0900"),
            (1_709_251_200, -210, "20240229203000-0330"),
            (951_782_400, 0, "20000229000000+0000"),
            (4_107_542_400, 0, "21000301000000+0000"),
            (86_400, -720, "19700101120000-1200"),
            (LAST, 840, "99990101135959+1400"),
        ] {
            assert_eq!(CreationTime::new(unix_seconds, minutes).unwrap().date_time(), expected);
        }
        for (unix_seconds, minutes) in [(0, 0), (LAST + 1, 0), (1_709_251_200, 841), (1_709_251_200, -721)] {
            assert!(CreationTime::new(unix_seconds, minutes).is_err(), "{unix_seconds} {minutes}");
        }
        let seoul = CreationTime::new(1_709_251_199, 540).unwrap();
        assert_eq!(seoul.at(0).date_time(), "20240229235959+0000");
    }
}
