//! LV masks as one array: `uint8`, frames x rows x columns, 1 inside.

use anyhow::ensure;
use bloodpool_core::Mask;
use ndarray::Array3;

/// Stacks one mask a frame.
pub(crate) fn stack(masks: &[Mask]) -> anyhow::Result<Array3<u8>> {
    let (rows, columns) = masks.first().map_or((0, 0), Mask::dim);
    ensure!(masks.iter().all(|mask| mask.dim() == (rows, columns)), "the masks of one study differ in size");
    Ok(Array3::from_shape_fn((masks.len(), rows, columns), |(frame, row, column)| {
        u8::from(masks[frame].contains(row, column))
    }))
}
