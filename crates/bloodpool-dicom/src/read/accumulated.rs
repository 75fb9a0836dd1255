//! Counts Accumulated (0018,0070) compared with the sum of the counts that were read.

use dicom_dictionary_std::tags;

use super::header::Attributes;
use super::note::Note;
use crate::attribute::Attribute;

/// Sums that differ by less are the same: the file may give thousands of counts.
const ROUNDING: f64 = 1e-3;

/// The note where the header gives another sum of counts than the frames hold. `sums` are those that may be meant: of
/// stored values and of counts.
pub(super) fn compare(root: Attributes<'_>, sums: &[f64]) -> Option<Note> {
    let attribute = Attribute(tags::COUNTS_ACCUMULATED);
    let declared = root.positive(tags::COUNTS_ACCUMULATED)?;
    let fits = |sum: &f64| (sum - declared).abs() <= (ROUNDING * declared).max(1.0);
    if sums.iter().any(fits) {
        return None;
    }
    let sum = sums.first()?;
    Some(Note {
        code: "counts_accumulated",
        message: format!(
            "{attribute} is {declared:.0}, and the frames hold {sum:.0} counts: they may have been scaled, clipped or cut since the \
             acquisition"
        ),
    })
}
