//! Square blocks of pixels as channels, and back.

use burn::tensor::Tensor;

/// Images `[n, h, w, c * block²]` to `[n, h * block, w * block, c]`: each pixel gives the pixels of a block.
pub(super) fn join_blocks(images: Tensor<4>, block: usize) -> Tensor<4> {
    let [n, h, w, channels] = images.dims();
    let c = channels / (block * block);
    images.reshape([n, h, w, c, block, block]).permute([0, 1, 4, 2, 5, 3]).reshape([n, h * block, w * block, c])
}

/// `[n, c, h, w]` to `[n, h / block, w / block, c * block²]`.
pub(super) fn blocks_to_channels(x: Tensor<4>, block: usize) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h / block, block, w / block, block]).permute([0, 2, 4, 1, 3, 5]).reshape([
        n,
        h / block,
        w / block,
        c * block * block,
    ])
}

/// `[n, h, w, c * block²]` to `[n, c, h * block, w * block]`.
pub(super) fn channels_to_blocks(x: Tensor<4>, block: usize) -> Tensor<4> {
    join_blocks(x, block).permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn blocks_and_channels_are_inverse() {
        let device = Device::flex();
        let values: Vec<f32> = (0..2 * 3 * 4 * 4).map(|v| v as f32).collect();
        let x = Tensor::<4>::from_data(TensorData::new(values.clone(), [2, 3, 4, 4]), &device);
        let folded = blocks_to_channels(x, 2);
        assert_eq!(folded.dims(), [2, 2, 2, 12]);
        let back = channels_to_blocks(folded, 2).into_data();
        assert_eq!(back.as_slice::<f32>().unwrap(), values.as_slice());
    }
}
