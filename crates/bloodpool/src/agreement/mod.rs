//! How well two measurements or two masks agree.
