//! Two-dimensional convolution on a CPU, forward and backward, on plain slices: what makes the networks fast.
//!
//! Images are `[batch, row, column, channel]`, so that the channels of a pixel are neighbours; filters are
//! `[output, input, row, column]`, as PyTorch stores them. A convolution is a sum of matrix products, one for each tap of
//! the filter, over the pixels where that tap reads image rather than padding: nothing is multiplied by padding, which for
//! the widely dilated filters of an atrous pyramid is most of the work. Every output is summed by one thread in one order,
//! so the same input gives the same bits with any number of threads. Beside it stands what a training step does to the
//! weights themselves.

mod backward;
mod filters;
mod forward;
mod kernel;
mod memory;
mod normalize;
mod pool;
mod prepared;
mod shape;
mod sweep;
mod update;
mod winograd;

pub use backward::{input_gradient, weight_gradient};
pub use filters::Filters;
pub use forward::{Start, forward};
pub use kernel::{Instructions, instructions};
pub use memory::keep_freed_memory;
pub use normalize::{Affine, Moments, Sets, moments, normalize, normalize_backward, rectify_gradient};
pub use pool::{MaxPool, double, halve};
pub use prepared::Prepared;
pub use shape::Convolution;
pub use update::{AdamW, moved_towards};

/// Threads that share the work.
#[must_use]
pub fn threads() -> usize {
    rayon::current_num_threads()
}
