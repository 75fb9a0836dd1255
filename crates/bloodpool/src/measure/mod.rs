//! What is computed from counts and ROIs.
