//! `NotFinite`: a result that is not a finite number, which is an error and is never written.

/// A result that is not a finite number, which is an error and is never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} came out infinite or undefined, so that no result is given")]
pub struct NotFinite {
    field: &'static str,
}

pub(crate) fn finite(field: &'static str, value: f64) -> Result<f64, NotFinite> {
    if value.is_finite() { Ok(value) } else { Err(NotFinite { field }) }
}

pub(crate) fn finite_if_any(field: &'static str, value: Option<f64>) -> Result<Option<f64>, NotFinite> {
    value.map(|value| finite(field, value)).transpose()
}

pub(crate) fn all_finite(field: &'static str, values: &[f64]) -> Result<Vec<f64>, NotFinite> {
    values.iter().map(|&value| finite(field, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_an_error() {
        assert_eq!(finite("LVEF", f64::NAN), Err(NotFinite { field: "LVEF" }));
        assert_eq!(finite("LVEF", f64::INFINITY), Err(NotFinite { field: "LVEF" }));
        assert_eq!(finite("LVEF", 61.25), Ok(61.25));
    }
}
