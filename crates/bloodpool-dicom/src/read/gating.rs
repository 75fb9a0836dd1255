//! How the cycle was gated, as the header records it, and what the header says of the gating in words.

use bloodpool_core::study::Gating;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::header::Attributes;
use super::note::Note;
use crate::attribute::Attribute;

/// Heart rates that a patient can have, beats per minute: another number is no rate, or not in this unit.
const HEART_RATES: std::ops::RangeInclusive<f64> = 20.0..=300.0;

/// Timing of the chosen R-R interval (from 1), with notes: from its item of the Data Information Sequence (PS3.3 C.8.4.14),
/// and where that has none from the item around it or from the data set itself, where some cameras write it.
pub(crate) fn gating(root: Attributes<'_>, rr_interval: u32) -> (Gating, Vec<Note>) {
    let mut notes = Vec::new();
    let gated = root.items(tags::GATED_INFORMATION_SEQUENCE);
    let data: Vec<Attributes<'_>> = gated.iter().flat_map(|item| item.items(tags::DATA_INFORMATION_SEQUENCE)).collect();
    let own = if data.len() == 1 { data.first() } else { data.get(rr_interval as usize - 1) };
    let places: Vec<Attributes<'_>> = own.into_iter().chain(gated.first()).chain([&root]).copied().collect();
    let positive = |tag: Tag| places.iter().find_map(|place| place.positive(tag));
    // None rejected is worth recording; none accepted is how 'not recorded' is written.
    let whole = |tag: Tag| places.iter().find_map(|place| place.whole(tag).ok().flatten());
    let accepted = whole(tags::INTERVALS_ACQUIRED).filter(|&beats| beats > 0);
    let rr_interval_ms = positive(tags::NOMINAL_INTERVAL).or_else(|| {
        let rate = positive(tags::HEART_RATE).filter(|rate| HEART_RATES.contains(rate))?;
        let interval_ms = 60_000.0 / rate;
        notes.push(Note {
            code: "rr_interval_by_heart_rate",
            message: format!(
                "{} is not recorded; the R-R interval of {interval_ms:.0} ms is that of {}, {rate:.0} per minute, in which rejected \
                 beats are counted too",
                Attribute(tags::NOMINAL_INTERVAL),
                Attribute(tags::HEART_RATE)
            ),
        });
        Some(interval_ms)
    });
    if places.iter().any(|place| place.text(tags::CARDIAC_FRAMING_TYPE).as_deref() == Some("BACK")) {
        notes.push(Note {
            code: "backward_framing",
            message: format!(
                "{} is BACK: frames were filled backward from the R wave, so that beats of different length are mixed in the \
                 first frames; check the curve and ED",
                Attribute(tags::CARDIAC_FRAMING_TYPE)
            ),
        });
    }
    let gating = Gating {
        frame_time_ms: positive(tags::FRAME_TIME),
        rr_interval_ms,
        rr_low_ms: positive(tags::LOW_RR_VALUE),
        rr_high_ms: positive(tags::HIGH_RR_VALUE),
        beats_accepted: accepted,
        beats_rejected: whole(tags::INTERVALS_REJECTED).filter(|_| accepted.is_some()),
    };
    (gating, notes)
}

/// The note where the acquisition ended because a pixel was full.
pub(super) fn overflow(root: Attributes<'_>) -> Option<Note> {
    let attribute = Attribute(tags::ACQUISITION_TERMINATION_CONDITION);
    let ended = root.text(tags::ACQUISITION_TERMINATION_CONDITION).as_deref() == Some("OVFL");
    ended.then(|| Note {
        code: "ended_by_overflow",
        message: format!(
            "{attribute} is OVFL: the acquisition ended because a pixel was full; it may be shorter than planned, and full \
             pixels may have lost counts"
        ),
    })
}
