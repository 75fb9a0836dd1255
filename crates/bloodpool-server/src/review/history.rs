//! `History`: all changes of one study in order, how many of them hold, and undo and redo.

use super::state::{Change, ReviewState};

/// All changes of one study. Those after the position were undone and can be redone until another change is made.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    state: ReviewState,
    changes: Vec<Change>,
    position: usize,
}

impl History {
    /// Of a study of so many frames that nobody has changed.
    #[must_use]
    pub fn new(frames: usize) -> Self {
        Self { state: ReviewState::untouched(frames), changes: Vec::new(), position: 0 }
    }

    /// From changes that were recorded, of which so many hold.
    #[must_use]
    pub fn recorded(frames: usize, changes: Vec<Change>, position: usize) -> Self {
        let position = position.min(changes.len());
        let mut state = ReviewState::untouched(frames);
        changes.iter().take(position).for_each(|change| state.apply(change));
        Self { state, changes, position }
    }

    /// What is set now.
    #[must_use]
    pub fn state(&self) -> &ReviewState {
        &self.state
    }

    /// All changes, those that were undone last.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// How many of the changes hold.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Makes a change; changes that were undone are dropped.
    pub fn push(&mut self, change: Change) {
        self.changes.truncate(self.position);
        self.state.apply(&change);
        self.changes.push(change);
        self.position = self.changes.len();
    }

    /// Takes the last change back; `None` where there is none.
    pub fn undo(&mut self) -> Option<&Change> {
        let change = self.changes.get(self.position.checked_sub(1)?)?;
        self.state.revert(change);
        self.position -= 1;
        Some(change)
    }

    /// Makes the change again that was undone last; `None` where there is none.
    pub fn redo(&mut self) -> Option<&Change> {
        let change = self.changes.get(self.position)?;
        self.state.apply(change);
        self.position += 1;
        Some(change)
    }
}
