//! Bilinear enlargement, as PyTorch's `interpolate(mode="bilinear", align_corners=False)`.

use burn::tensor::{Device, Tensor, TensorData};

/// Images `[image, row, column, channel]` enlarged to a size.
#[must_use]
pub fn upsample(images: Tensor<4>, rows: usize, columns: usize) -> Tensor<4> {
    let [batch, from_rows, from_columns, channels] = images.dims();
    let device = images.device();
    // Few images of few channels: two products with matrices that hold two weights per row.
    let down = weights(from_rows, rows, &device); // [rows, from_rows]
    let across = weights(from_columns, columns, &device);
    let images = images.permute([1, 0, 2, 3]).reshape([from_rows, batch * from_columns * channels]);
    let images = down.matmul(images).reshape([rows * batch, from_columns, channels]);
    let images = images.permute([1, 0, 2]).reshape([from_columns, rows * batch * channels]);
    across.matmul(images).reshape([columns, rows, batch, channels]).permute([2, 1, 0, 3])
}

/// `[to, from]`: the weights of the two pixels nearest to the centre of each new one, those at the edge repeated.
fn weights(from: usize, to: usize, device: &Device) -> Tensor<2> {
    let scale = from as f32 / to as f32;
    let mut values = vec![0.0; to * from];
    for (row, values) in values.chunks_exact_mut(from).enumerate() {
        let place = (scale * (row as f32 + 0.5) - 0.5).max(0.0);
        let first = (place as usize).min(from - 1);
        let part = place - first as f32;
        values[first] += 1.0 - part;
        values[(first + 1).min(from - 1)] += part;
    }
    Tensor::from_data(TensorData::new(values, [to, from]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enlarged_as_pytorch_enlarges() {
        // torch.nn.functional.interpolate(torch.tensor([[[[1., 2.], [3., 5.]]]]), size=(3, 4), mode="bilinear")
        let images = TensorData::new(vec![1.0f32, 2.0, 3.0, 5.0], [1, 2, 2, 1]);
        let enlarged = upsample(Tensor::from_data(images, &Device::flex()), 3, 4);
        assert_eq!(enlarged.dims(), [1, 3, 4, 1]);
        let enlarged = enlarged.into_data();
        let expected = [1.0, 1.25, 1.75, 2.0, 2.0, 2.375, 3.125, 3.5, 3.0, 3.5, 4.5, 5.0];
        for (found, expected) in enlarged.as_slice::<f32>().unwrap().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }
}
