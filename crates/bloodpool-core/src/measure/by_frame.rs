//! `ByFrame`: what was computed from the mask of each frame, kept until that frame has another mask.

use std::sync::Arc;

use crate::{FrameIndex, Mask};

/// What was computed from the mask of each frame, with that mask.
#[derive(Debug, Clone)]
pub(crate) struct ByFrame<T>(Vec<Option<(Mask, Arc<T>)>>);

// Derived, it would ask for a default of what is kept.
impl<T> Default for ByFrame<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByFrame<T> {
    /// What is kept of a frame with this mask; computed where there is nothing, or the mask is another one.
    pub(crate) fn of(&mut self, frame: FrameIndex, mask: &Mask, compute: impl FnOnce() -> T) -> Arc<T> {
        let known = self.0.get(frame.index()).and_then(Option::as_ref).filter(|(known, _)| known == mask);
        if let Some((_, value)) = known {
            return Arc::clone(value);
        }
        let value = Arc::new(compute());
        if self.0.len() <= frame.index() {
            self.0.resize_with(frame.index() + 1, || None);
        }
        if let Some(place) = self.0.get_mut(frame.index()) {
            *place = Some((mask.clone(), Arc::clone(&value)));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_computed_again_when_its_mask_is_another_one() {
        let (first, second) = (Mask::empty(4, 4), Mask::from_fn(4, 4, |row, _| row == 2));
        let mut kept = ByFrame::default();
        let frame = FrameIndex::new(3);
        assert_eq!(*kept.of(frame, &first, || 1), 1);
        assert_eq!(*kept.of(frame, &first, || unreachable!()), 1);
        assert_eq!(*kept.of(FrameIndex::FIRST, &first, || 2), 2);
        assert_eq!(*kept.of(frame, &second, || 3), 3);
        assert_eq!(*kept.of(frame, &first, || 4), 4);
    }
}
