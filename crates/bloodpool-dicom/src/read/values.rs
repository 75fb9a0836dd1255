//! What stored pixel values stand for: rescaling, real world values, padding, and palettes (PS3.3 C.7.6.16.2.11, C.7.5.1.1.2).

use dicom_dictionary_std::tags;

use super::error::Problem;
use super::header::{Attributes, quoted};
use super::note::Note;
use crate::attribute::Attribute;

/// From stored values to counts: `stored * slope + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
}

impl Scale {
    const STORED: Self = Self { slope: 1.0, intercept: 0.0 };

    /// Rescale Slope and Intercept, or the Real World Value Mapping in counts where there is one.
    ///
    /// A mapping to another unit is passed over where it is proportional, since an ejection fraction does not depend on
    /// a factor; otherwise stored values are no counts, and the file is refused.
    pub(crate) fn of(root: Attributes<'_>, notes: &mut Vec<Note>) -> Result<Self, Problem> {
        if !root.items(tags::MODALITY_LUT_SEQUENCE).is_empty() {
            return Err(invalid(tags::MODALITY_LUT_SEQUENCE, "a table", COUNTS_UNKNOWN));
        }
        let slope = root.number(tags::RESCALE_SLOPE)?.unwrap_or(1.0);
        if !(slope.is_finite() && slope > 0.0 && slope < 1e6) {
            return Err(invalid(tags::RESCALE_SLOPE, slope, "a positive number"));
        }
        let intercept = root.number(tags::RESCALE_INTERCEPT)?.unwrap_or(0.0);
        if intercept.is_nan() || intercept.abs() > 1e9 {
            return Err(invalid(tags::RESCALE_INTERCEPT, intercept, "a finite number"));
        }
        let rescale = Self { slope, intercept };
        if let Some(scale) = real_world(root, notes)? {
            return Ok(scale);
        }
        if rescale != Self::STORED {
            notes.push(Note {
                code: "rescaled",
                message: format!(
                    "{} {slope} and {} {intercept} were applied; counts are not raw counts",
                    Attribute(tags::RESCALE_SLOPE),
                    Attribute(tags::RESCALE_INTERCEPT),
                ),
            });
        }
        Ok(rescale)
    }
}

const COUNTS_UNKNOWN: &str = "absent or proportional to counts: counts cannot be told; export the images as counts";

/// The one mapping to counts; `None` where there is none that changes the counts.
fn real_world(root: Attributes<'_>, notes: &mut Vec<Note>) -> Result<Option<Scale>, Problem> {
    let tag = tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE;
    let mut scales: Vec<Scale> = Vec::new();
    let mut units = Vec::new();
    for item in root.items(tag) {
        let unit = item.items(tags::MEASUREMENT_UNITS_CODE_SEQUENCE);
        let unit = unit.first().and_then(|unit| unit.text(tags::CODE_VALUE)).unwrap_or_else(|| "no unit".into());
        let slope = item.number(tags::REAL_WORLD_VALUE_SLOPE)?;
        let intercept = item.number(tags::REAL_WORLD_VALUE_INTERCEPT)?.unwrap_or(0.0);
        let Some(slope) = slope.filter(|slope| slope.is_finite() && *slope > 0.0 && *slope < 1e6) else {
            return Err(invalid(tag, "a table, or a line without a positive slope", COUNTS_UNKNOWN));
        };
        if !intercept.is_finite() || intercept.abs() > 1e9 {
            return Err(invalid(tags::REAL_WORLD_VALUE_INTERCEPT, intercept, "a finite number"));
        }
        let scale = Scale { slope, intercept };
        if is_counts(&unit) {
            if !scales.contains(&scale) {
                scales.push(scale);
            }
        } else if intercept != 0.0 {
            let value = format!("{} x stored value + {intercept} in {}", slope, quoted(&unit));
            return Err(invalid(tag, value, COUNTS_UNKNOWN));
        } else if slope != 1.0 {
            units.push(unit);
        }
    }
    let attribute = Attribute(tag);
    match scales[..] {
        [] if units.is_empty() => Ok(None),
        [] => {
            let message = format!("{attribute} gives {} in proportion; stored values were measured", units.join(", "));
            notes.push(Note { code: "real_world_values", message });
            Ok(None)
        }
        [Scale::STORED] => Ok(None),
        [scale] => {
            let Scale { slope, intercept } = scale;
            let message = format!("{attribute} makes counts of stored values: {slope} x stored value + {intercept}");
            notes.push(Note { code: "real_world_values", message });
            Ok(Some(scale))
        }
        _ => Err(invalid(tag, "several lines in counts", "one line: which counts are meant cannot be told")),
    }
}

/// Units of counts: UCUM annotations, the codes of PET (PS3.16 CID 84), and plain words.
fn is_counts(unit: &str) -> bool {
    let unit = unit.trim_matches(['{', '}', ' ']).to_ascii_uppercase();
    matches!(unit.as_str(), "COUNTS" | "COUNT" | "CNTS" | "CTS")
}

/// Stored values that mark pixels where nothing was measured (PS3.3 C.7.5.1.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Padding {
    least: i64,
    most: i64,
}

impl Padding {
    pub(crate) fn of(root: Attributes<'_>, signed: bool) -> Result<Option<Self>, Problem> {
        // A header in implicit VR does not tell signed from unsigned.
        let value = |tag| {
            let number = root.number(tag)?;
            let whole = |number: f64| match number as i64 {
                value if signed && value > i64::from(i16::MAX) => value - (1 << 16),
                value if !signed && value < 0 => value + (1 << 16),
                value => value,
            };
            Ok::<_, Problem>(number.map(whole))
        };
        let Some(first) = value(tags::PIXEL_PADDING_VALUE)? else { return Ok(None) };
        let last = value(tags::PIXEL_PADDING_RANGE_LIMIT)?.unwrap_or(first);
        Ok(Some(Self { least: first.min(last), most: first.max(last) }))
    }

    pub(crate) fn holds(self, value: i64) -> bool {
        (self.least..=self.most).contains(&value)
    }

    /// Whether padding is what no counts are stored as anyway.
    pub(crate) fn is_zero(self) -> bool {
        self.least == 0 && self.most == 0
    }

    /// The note on `pixels` padded pixels per frame.
    pub(crate) fn note(pixels: usize) -> Note {
        Note {
            code: "pixel_padding",
            message: format!(
                "{} marks {pixels} pixels of every frame as not measured; they were taken as 0 counts",
                Attribute(tags::PIXEL_PADDING_VALUE)
            ),
        }
    }

    /// The error where frames differ in which pixels are padded: then the value is also one of counts.
    pub(crate) fn varies(self) -> Problem {
        let value = if self.least == self.most { self.least.to_string() } else { format!("{self}") };
        invalid(
            tags::PIXEL_PADDING_VALUE,
            value,
            "a value that is no count: pixels hold it on some frames only, and whether they were measured cannot be told",
        )
    }
}

impl std::fmt::Display for Padding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.least, self.most)
    }
}

/// How stored values are shown. `true` for MONOCHROME1, whose values may be inverted.
///
/// The stored values of an original NM image are counts also where a palette colours them (PS3.3 C.8.4.11.1); those of
/// a derived or secondary one are colours.
pub(crate) fn least_is_white(root: Attributes<'_>, notes: &mut Vec<Note>) -> Result<bool, Problem> {
    let tag = tags::PHOTOMETRIC_INTERPRETATION;
    let photometric = root.text(tag).unwrap_or_else(|| "MONOCHROME2".into());
    if photometric.starts_with("MONOCHROME") {
        return Ok(photometric == "MONOCHROME1");
    }
    let kind = root.texts(tags::IMAGE_TYPE);
    if photometric == "PALETTE COLOR" && kind.len() >= 2 && kind[0] == "ORIGINAL" && kind[1] == "PRIMARY" {
        let message = format!("{} is PALETTE COLOR; the stored values were read as counts", Attribute(tag));
        notes.push(Note { code: "palette_color", message });
        return Ok(false);
    }
    Err(invalid(tag, quoted(&photometric), "MONOCHROME2: counts, not colours"))
}

pub(crate) fn invalid(tag: dicom_core::Tag, value: impl ToString, expected: impl Into<String>) -> Problem {
    Problem::Invalid { attribute: Attribute(tag), value: value.to_string(), expected: expected.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_known_by_their_unit() {
        assert!(is_counts("{counts}") && is_counts("CNTS") && is_counts("counts"));
        assert!(!is_counts("Bq/ml") && !is_counts("1") && !is_counts("no unit"));
    }

    #[test]
    fn padding_holds_its_range() {
        let padding = Padding { least: -5, most: 3 };
        assert!(padding.holds(-5) && padding.holds(3) && !padding.holds(4) && !padding.is_zero());
        assert!(padding.varies().to_string().contains("(0028,0120) PixelPaddingValue is -5 to 3; it must be a value"));
    }
}
