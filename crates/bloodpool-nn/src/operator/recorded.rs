//! The operators of the processor as steps that burn records, with their gradients.

use std::sync::Arc;

use bloodpool_kernels::{Affine, MaxPool, Sets};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::flex::{
    How, Operators, Packed, convolution, convolved, convolved_in_training, in_order, maxima, moments_of, normalized,
    numbers, own, tensor,
};
use super::{Steps, Windows};

/// What the gradient of a convolution needs.
#[derive(Debug, Clone)]
struct Convolved {
    images: FlexTensor,
    filters: FlexTensor,
    steps: Steps,
}

#[derive(Debug)]
struct Convolve;

impl Backward<Flex, 2> for Convolve {
    type State = Convolved;

    fn backward(self, ops: Ops<Convolved, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = in_order(gradients.consume::<Flex>(&ops.node));
        let Convolved { images, filters, steps } = ops.state;
        let (image_dims, filter_dims) = (images.shape().dims(), filters.shape().dims());
        let shape = convolution(image_dims, filter_dims, steps);
        let [images_node, filters_node] = ops.parents;
        if let Some(node) = filters_node {
            let of_filters = bloodpool_kernels::weight_gradient(&shape, numbers(&images), numbers(&gradient));
            gradients.register::<Flex>(node.id, tensor(of_filters, filter_dims));
        }
        drop(images);
        if let Some(node) = images_node {
            let of_images = bloodpool_kernels::input_gradient(&shape, numbers(&gradient), numbers(&filters));
            gradients.register::<Flex>(node.id, tensor(of_images, image_dims));
        }
    }
}

/// What the gradient of a normalisation needs.
#[derive(Debug, Clone)]
struct Normalized {
    images: FlexTensor,
    output: Option<FlexTensor>, // where it was rectified
    scale: FlexTensor,
    moments: FlexTensor,
    how: How,
}

impl Normalized {
    /// Gradients of images, scale, shift and, where there was one, the residual.
    fn gradients(self, gradient: FlexTensor, with_residual: bool) -> ([FlexTensor; 3], Option<FlexTensor>) {
        let dims = self.images.shape().dims::<4>();
        let mut gradient = own(gradient);
        if let Some(output) = self.output {
            bloodpool_kernels::rectify_gradient(numbers(&output), &mut gradient);
        }
        let of_residual = with_residual.then(|| tensor(gradient.clone(), dims));
        let affine = Affine { scale: numbers(&self.scale), shift: &[], epsilon: self.how.epsilon };
        let (values, moments) = (numbers(&self.images), moments_of(&self.moments));
        let (of_scale, of_shift) =
            bloodpool_kernels::normalize_backward(values, &self.how.sets, &moments, &affine, &mut gradient);
        let channels = of_scale.len();
        ([tensor(gradient, dims), tensor(of_scale, [channels]), tensor(of_shift, [channels])], of_residual)
    }
}

#[derive(Debug)]
struct Normalize;

impl Backward<Flex, 3> for Normalize {
    type State = Normalized;

    fn backward(self, ops: Ops<Normalized, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let (of_inputs, _) = ops.state.gradients(gradient, false);
        for (node, gradient) in ops.parents.into_iter().zip(of_inputs) {
            if let Some(node) = node {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct NormalizeOnto;

impl Backward<Flex, 4> for NormalizeOnto {
    type State = Normalized;

    fn backward(self, ops: Ops<Normalized, 4>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let (of_inputs, of_residual) = ops.state.gradients(gradient, ops.parents[3].is_some());
        for (node, gradient) in ops.parents.into_iter().zip(of_inputs.into_iter().chain(of_residual)) {
            if let Some(node) = node {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct Halve;

impl Backward<Flex, 1> for Halve {
    type State = ();

    fn backward(self, ops: Ops<(), 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = <Flex as Operators>::double(gradients.consume::<Flex>(&ops.node));
        if let [Some(node)] = ops.parents {
            gradients.register::<Flex>(node.id, times(gradient, 0.25));
        }
    }
}

#[derive(Debug)]
struct Double;

impl Backward<Flex, 1> for Double {
    type State = ();

    fn backward(self, ops: Ops<(), 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = <Flex as Operators>::halve(gradients.consume::<Flex>(&ops.node));
        if let [Some(node)] = ops.parents {
            gradients.register::<Flex>(node.id, times(gradient, 4.0));
        }
    }
}

fn times(images: FlexTensor, factor: f32) -> FlexTensor {
    let dims = images.shape().dims::<4>();
    let mut values = own(images);
    values.iter_mut().for_each(|value| *value *= factor);
    tensor(values, dims)
}

#[derive(Debug)]
struct Maximum;

impl Backward<Flex, 1> for Maximum {
    type State = (MaxPool, Vec<u32>);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = in_order(gradients.consume::<Flex>(&ops.node));
        let (pool, places) = ops.state;
        if let [Some(node)] = ops.parents {
            let of_images = pool.backward(&places, numbers(&gradient));
            let dims = [pool.batch, pool.height, pool.width, pool.channels];
            gradients.register::<Flex>(node.id, tensor(of_images, dims));
        }
    }
}

impl<C: CheckpointStrategy> Operators for Autodiff<Flex, C> {
    fn convolve(images: FloatTensor<Self>, filters: FloatTensor<Self>, steps: Steps) -> FloatTensor<Self> {
        let prepared = Convolve.prepare::<C>([images.node(), filters.node()]).compute_bound().stateful();
        let (images, filters) = (in_order(images.into_primitive()), in_order(filters.into_primitive()));
        match prepared {
            OpsKind::Tracked(prepared) => {
                let output = convolved_in_training(&images, &filters, steps);
                prepared.finish(Convolved { images, filters, steps }, output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(<Flex as Operators>::convolve(images, filters, steps)),
        }
    }

    fn moments(images: FloatTensor<Self>, sets: Sets) -> FloatTensor<Self> {
        FloatTensor::<Self>::new(<Flex as Operators>::moments(images.into_primitive(), sets))
    }

    fn normalize(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        how: How,
    ) -> FloatTensor<Self> {
        let nodes = [images.node(), scale.node(), shift.node()];
        let prepared = Normalize.prepare::<C>(nodes).compute_bound().stateful();
        let [images, scale, shift, moments] =
            [images, scale, shift, moments].map(|tensor| in_order(tensor.into_primitive()));
        let output = normalized(images.clone(), scale.clone(), shift, None, &moments, how);
        match prepared {
            OpsKind::Tracked(prepared) => {
                let kept = how.rectified.then(|| output.clone());
                prepared.finish(Normalized { images, output: kept, scale, moments, how }, output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn normalize_onto(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        how: How,
    ) -> FloatTensor<Self> {
        let nodes = [images.node(), scale.node(), shift.node(), residual.node()];
        let prepared = NormalizeOnto.prepare::<C>(nodes).compute_bound().stateful();
        let [images, scale, shift, residual, moments] =
            [images, scale, shift, residual, moments].map(|tensor| in_order(tensor.into_primitive()));
        let output = normalized(images.clone(), scale.clone(), shift, Some(residual), &moments, how);
        match prepared {
            OpsKind::Tracked(prepared) => {
                let kept = how.rectified.then(|| output.clone());
                prepared.finish(Normalized { images, output: kept, scale, moments, how }, output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    // What is folded is no longer trained: these two record nothing.
    fn convolve_packed(images: FloatTensor<Self>, packed: Arc<Packed>, rectified: bool) -> FloatTensor<Self> {
        FloatTensor::<Self>::new(convolved(images.into_primitive(), &packed, None, rectified))
    }

    fn convolve_packed_onto(
        images: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        packed: Arc<Packed>,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let residual = Some(residual.into_primitive());
        FloatTensor::<Self>::new(convolved(images.into_primitive(), &packed, residual, rectified))
    }

    fn halve(images: FloatTensor<Self>) -> FloatTensor<Self> {
        let prepared = Halve.prepare::<C>([images.node()]).compute_bound().stateful();
        let output = <Flex as Operators>::halve(images.into_primitive());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn double(images: FloatTensor<Self>) -> FloatTensor<Self> {
        let prepared = Double.prepare::<C>([images.node()]).compute_bound().stateful();
        let output = <Flex as Operators>::double(images.into_primitive());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn max_pool(images: FloatTensor<Self>, windows: Windows) -> FloatTensor<Self> {
        let prepared = Maximum.prepare::<C>([images.node()]).compute_bound().stateful();
        let (output, pool, places) = maxima(images.into_primitive(), windows);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((pool, places), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }
}
