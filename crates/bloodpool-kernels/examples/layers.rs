//! How fast each convolution of DeepLabV3-ResNet50 is: `layers [BATCH] [SIDE]` prints milliseconds, the fastest of five.
//!
//! GFLOP/s count the products with image alone; `padded` says how many there would be with padding, too.

use std::time::Instant;

use bloodpool_kernels::{
    Convolution, Filters, Prepared, Start, forward, input_gradient, keep_freed_memory, weight_gradient,
};

/// Name, input side as a fraction of the image's, channels in and out, taps a side, stride, dilation, how often it occurs.
type Layer = (&'static str, usize, [usize; 2], usize, usize, usize, usize);

const LAYERS: [Layer; 29] = [
    ("first 7x7", 1, [3, 64], 7, 2, 1, 1),
    ("layer1 1x1", 4, [64, 64], 1, 1, 1, 1),
    ("layer1 3x3", 4, [64, 64], 3, 1, 1, 3),
    ("layer1 1x1 out", 4, [64, 256], 1, 1, 1, 4),
    ("layer1 1x1 in", 4, [256, 64], 1, 1, 1, 2),
    ("layer2 1x1 first", 4, [256, 128], 1, 1, 1, 1),
    ("layer2 3x3 strided", 4, [128, 128], 3, 2, 1, 1),
    ("layer2 shortcut", 4, [256, 512], 1, 2, 1, 1),
    ("layer2 3x3", 8, [128, 128], 3, 1, 1, 3),
    ("layer2 1x1 out", 8, [128, 512], 1, 1, 1, 4),
    ("layer2 1x1 in", 8, [512, 128], 1, 1, 1, 3),
    ("layer3 1x1 first", 8, [512, 256], 1, 1, 1, 1),
    ("layer3 3x3 first", 8, [256, 256], 3, 1, 1, 1),
    ("layer3 shortcut", 8, [512, 1024], 1, 1, 1, 1),
    ("layer3 3x3 by 2", 8, [256, 256], 3, 1, 2, 5),
    ("layer3 1x1 out", 8, [256, 1024], 1, 1, 1, 6),
    ("layer3 1x1 in", 8, [1024, 256], 1, 1, 1, 5),
    ("layer4 1x1 first", 8, [1024, 512], 1, 1, 1, 1),
    ("layer4 3x3 by 2", 8, [512, 512], 3, 1, 2, 1),
    ("layer4 shortcut", 8, [1024, 2048], 1, 1, 1, 1),
    ("layer4 3x3 by 4", 8, [512, 512], 3, 1, 4, 2),
    ("layer4 1x1 out", 8, [512, 2048], 1, 1, 1, 3),
    ("layer4 1x1 in", 8, [2048, 512], 1, 1, 1, 2),
    ("pyramid 1x1", 8, [2048, 256], 1, 1, 1, 1),
    ("pyramid by 12", 8, [2048, 256], 3, 1, 12, 1),
    ("pyramid by 24", 8, [2048, 256], 3, 1, 24, 1),
    ("pyramid by 36", 8, [2048, 256], 3, 1, 36, 1),
    ("pyramid project", 8, [1280, 256], 1, 1, 1, 1),
    ("head 3x3", 8, [256, 256], 3, 1, 1, 1),
];

/// Seconds of the fastest of five runs, after one that does not count.
fn fastest<R>(work: impl Fn() -> R) -> f64 {
    let run = |_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed().as_secs_f64()
    };
    (0..6).map(run).skip(1).fold(f64::INFINITY, f64::min)
}

/// Pairs of output and tap, along one side, that read image.
fn pairs(shape: &Convolution, outputs: usize) -> usize {
    let reads = |output: usize, tap: usize| {
        let place = output * shape.stride + tap * shape.dilation;
        place >= shape.padding && place - shape.padding < shape.height
    };
    (0..outputs).map(|output| (0..shape.kernel[0]).filter(|&tap| reads(output, tap)).count()).sum()
}

fn main() {
    keep_freed_memory();
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().unwrap_or(1));
    let (batch, side): (usize, usize) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(256));
    println!("{:?}", bloodpool_kernels::instructions());
    println!("{:20}   times GFLOP padded | direct GFLOP/s | prepared | once | of input | of weights", "layer");
    let mut total = [0.0; 7];
    for (name, fraction, [inputs, outputs], taps, stride, dilation, times) in LAYERS {
        let length = side / fraction;
        let shape = Convolution {
            batch,
            height: length,
            width: length,
            inputs,
            outputs,
            kernel: [taps, taps],
            stride,
            padding: dilation * (taps - 1) / 2,
            dilation,
        };
        let (rows, columns) = shape.output_size();
        let products = |pairs: usize| 2.0 * (pairs * batch * inputs * outputs) as f64 / 1e9;
        let (work, padded) = (products(pairs(&shape, rows).pow(2)), products(rows * columns * taps * taps));
        let (input, weights) = (vec![0.5; shape.input_len()], vec![0.1; shape.filters_len()]);
        let gradient = vec![0.2; shape.output_len()];
        let (filters, prepared) = (Filters::new(&shape, &weights), Prepared::new(&shape, &weights, |_| 1.0));
        let once = fastest(|| Prepared::once(&shape, &weights).forward(&shape, &input, Start::default(), true));
        let direct = fastest(|| forward(&shape, &input, &filters, Start::default(), true));
        let prepared = fastest(|| prepared.forward(&shape, &input, Start::default(), true));
        let of_input = fastest(|| input_gradient(&shape, &gradient, &weights));
        let of_weights = fastest(|| weight_gradient(&shape, &input, &gradient));
        println!(
            "{name:20} x {times}  {work:8.3} {padded:8.3} | {:7.2} {:6.0} | {:7.2} | {:7.2} | {:7.2} | {:7.2}",
            direct * 1e3,
            work / direct,
            prepared * 1e3,
            once * 1e3,
            of_input * 1e3,
            of_weights * 1e3
        );
        for (total, value) in total.iter_mut().zip([work, padded, direct, prepared, once, of_input, of_weights]) {
            *total += value * times as f64;
        }
    }
    let [work, padded, direct, prepared, once, of_input, of_weights] = total;
    println!(
        "all: {work:.1} GFLOP ({padded:.1} with padding); direct {direct:.3} s ({:.0} GFLOP/s), prepared {prepared:.3} s, filters packed each time {once:.3} s, gradients \
         of the inputs {of_input:.3} s, of the weights {of_weights:.3} s",
        work / direct
    );
}
