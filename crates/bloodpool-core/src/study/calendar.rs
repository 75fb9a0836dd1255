//! Days between the dates of studies.

/// The number of a day that DICOM writes as `YYYYMMDD`, from 1970-01-01; `None` where the text is no day of the Gregorian calendar.
///
/// Days are counted in years that begin in March, so that the leap day is the last one (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `days_from_civil`).
#[must_use]
pub fn day_number(recorded: &str) -> Option<i64> {
    let text = recorded.trim();
    if text.len() != 8 || !text.bytes().all(|letter| letter.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days_of_month).contains(&day) {
        return None;
    }
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let year = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(146_097 * era + day_of_era - 719_468)
}

/// Days from one date to another; `None` where one is not recorded or no day.
#[must_use]
pub fn days_between(from: Option<&str>, to: Option<&str>) -> Option<i64> {
    Some(day_number(to?)? - day_number(from?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        // Python: (date(y, m, d) - date(1970, 1, 1)).days
        for (text, days) in [
            ("19700101", 0),
            ("19691231", -1),
            ("20000229", 11_016),
            ("20240301", 19_783),
            ("20261127", 20_784),
            ("19000301", -25_508),
        ] {
            assert_eq!(day_number(text), Some(days), "{text}");
        }
        for bad in ["20230229", "19000229", "20241301", "20240431", "20240100", "2024-1-1", "", "2024030"] {
            assert_eq!(day_number(bad), None, "{bad}");
        }
        assert_eq!(days_between(Some("20230105"), Some("20240301")), Some(421));
        assert_eq!(days_between(Some("20240301"), None), None);
    }
}
