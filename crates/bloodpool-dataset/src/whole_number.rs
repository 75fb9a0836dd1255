//! Whole numbers in JSON that other programs wrote with a decimal point or in quotes: `256`, `256.0`, `"256"`.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Up to here every whole number is exact as a number with a fraction.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number, or `None` for `null`.
///
/// # Errors
/// That of the deserializer when it is anything else, or does not fit.
pub(crate) fn or_null<'de, D: Deserializer<'de>, T: TryFrom<i64>>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(WholeNumber(PhantomData))
}

struct WholeNumber<T>(PhantomData<T>);

impl<T: TryFrom<i64>> Visitor<'_> for WholeNumber<T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        T::try_from(number).map(Some).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let signed = i64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))?;
        self.visit_i64(signed)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        if number.fract() == 0.0 && number.abs() <= LARGEST_EXACT {
            self.visit_i64(number as i64)
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => self.visit_f64(number),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    fn read(text: &str) -> Result<Option<usize>, String> {
        let mut reader = serde_json::Deserializer::from_str(text);
        super::or_null(&mut reader).map_err(|error| error.to_string())
    }

    #[test]
    fn every_way_to_write_a_whole_number_is_read() {
        for text in ["256", "256.0", "2.56e2", "\"256\"", "\" 256.0 \""] {
            assert_eq!(read(text), Ok(Some(256)), "{text}");
        }
        assert_eq!(read("null"), Ok(None));
    }

    #[test]
    fn everything_else_is_named() {
        for (text, named) in [
            ("256.5", "256.5"),
            ("-1", "-1"),
            ("1e300", "1e+300"),
            ("18446744073709551615", "18446744073709551615"),
            ("\"large\"", "\"large\""),
            ("\"nan\"", "\"nan\""),
            ("true", "true"),
            ("[1]", "sequence"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(named) && error.contains("expected a whole number"), "{text}: {error}");
        }
    }
}
