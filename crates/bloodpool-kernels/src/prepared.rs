//! `Prepared`: a convolution whose weights stay as they are, in the form that is fastest to use.

use crate::filters::Filters;
use crate::forward::{Start, check, forward};
use crate::shape::Convolution;
use crate::winograd::{self, Transformed};

/// A convolution whose weights no longer change.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    form: Form,
}

#[derive(Debug, Clone, PartialEq)]
enum Form {
    Direct(Filters),
    Winograd(Transformed),
}

impl Prepared {
    /// From weights `[output, input, row, column]`, those of each output times a factor: how a batch norm folds into its
    /// convolution. The size of the images does not matter.
    ///
    /// # Panics
    /// Where there are not as many weights as the sizes say.
    #[must_use]
    pub fn new(shape: &Convolution, weights: &[f32], factor: impl Fn(usize) -> f32 + Sync) -> Self {
        assert_eq!(weights.len(), shape.filters_len(), "weights of {shape:?}");
        let form = if winograd::suits(shape) {
            Form::Winograd(Transformed::new(shape, weights, factor))
        } else {
            Form::Direct(Filters::scaled(shape, weights, factor))
        };
        Self { form }
    }

    /// For one batch of images of the shape's size: what is fast to prepare and to use together.
    ///
    /// # Panics
    /// Where there are not as many weights as the sizes say.
    #[must_use]
    pub fn once(shape: &Convolution, weights: &[f32]) -> Self {
        if winograd::suits_once(shape) {
            return Self::new(shape, weights, |_| 1.0);
        }
        Self { form: Form::Direct(Filters::new(shape, weights)) }
    }

    /// For the gradient of the input of one batch: a convolution of `transposed` with the filters of `shape` turned.
    pub(crate) fn turned(shape: &Convolution, transposed: &Convolution, weights: &[f32]) -> Self {
        assert_eq!(weights.len(), shape.filters_len(), "weights of {shape:?}");
        let form = if winograd::suits_once(transposed) {
            Form::Winograd(Transformed::turned(shape, weights))
        } else {
            Form::Direct(Filters::turned(shape, weights))
        };
        Self { form }
    }

    /// The output `[batch, row, column, output]`, set to 0 where negative if `rectified`. The shape must be that of
    /// [`Prepared::new`], but for the size of the images.
    ///
    /// # Panics
    /// Where a slice is not as long as the sizes say.
    #[must_use]
    pub fn forward(&self, shape: &Convolution, input: &[f32], start: Start, rectified: bool) -> Vec<f32> {
        match &self.form {
            Form::Direct(filters) => forward(shape, input, filters, start, rectified),
            Form::Winograd(filters) => {
                check(shape, input, start);
                winograd::forward(shape, input, filters, start, rectified)
            }
        }
    }
}
