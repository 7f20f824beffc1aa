//! What measuring costs: ResNet-50 through [`forward`] beside the same calls of candle written out by hand, and its nodes'
//! times beside a pass from end to end.
//!
//! What the harness adds to a pass is the same whatever the size of the image, and far below the noise of a pass on a large
//! one. So it is measured on a small one, and held against a pass on 224×224.
//!
//! `cargo bench --bench overhead`. benches/README.md says what was measured.

use std::process::Command;
use std::slice;
use std::time::{Duration, Instant};

use candle_core::{DType, Device, Result, Tensor};
use cnncost::bench::compare::Difference;
use cnncost::bench::sample::{self, Effort};
use cnncost::bench::statistics::median;
use cnncost::bench::{self, Settings};
use cnncost::graph::Graph;
use cnncost::read::{Description, Options, bundled};
use cnncost::run::{Engine, Weights, forward, random_inputs};
use cnncost::subject::Subject;

/// Longer than a user waits: the difference that is looked for is a hundredth.
const EFFORT: Effort = Effort {
    warmup: sample::Warmup::Steady,
    precision: 0.002,
    min_time: Duration::from_secs(20),
    max_time: Duration::from_secs(60),
    seed: 0,
};

#[expect(clippy::print_stdout, reason = "this is what it measures")]
fn main() {
    // `cargo test` starts it without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (bare, harness) = passes(&subject(32).network.graph);
    let [bare_median, harness_median] = [&bare, &harness].map(|seconds| 1e3 * median(seconds));
    let interval = Difference::between(&bare, &harness, 0).interval;
    let [low, high] = [interval.low, interval.high].map(|ratio| 1e3 * bare_median * (ratio - 1.0));
    let added = 1e3 * (harness_median - bare_median);
    println!(
        "resnet50 on 32×32: {bare_median:.2} ms bare, {added:+.0} µs through the harness ({low:+.0} to {high:+.0} µs)"
    );

    let subject = subject(224);
    let settings = Settings {
        engine: Engine::Candle,
        threads: vec![candle_core::utils::get_num_threads()],
        effort: EFFORT,
        profile: true,
    };
    let program = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cnncost"));
        program.args(["bench", "--serve", "resnet50"]);
        program
    };
    let bench =
        bench::run(slice::from_ref(&subject), &settings, &Device::Cpu, Some(&program), |_| ()).unwrap();
    let case = &bench.cases[0];
    let (whole, nodes) = (1e3 * case.summary.median, 1e3 * case.profile.as_ref().unwrap().seconds());
    let part = |of_whole: f64| 100.0 * of_whole / whole;
    println!(
        "on 224×224: {whole:.1} ms end to end, of which that is {:.2} %; the nodes together {nodes:.1} ms, {:+.2} %",
        part(added / 1e3),
        part(nodes - whole),
    );
}

fn subject(size: u64) -> Subject {
    let (file, variant) = bundled::find("resnet50").unwrap();
    let description = Description::parse(file.name, file.text).unwrap();
    let options = Options { variant, input: Some(vec![3, size, size]), ..Options::default() };
    let network = description.expand(&options).unwrap();
    Subject { label: "resnet50".to_owned(), ..Subject::of(network, 1).unwrap() }
}

/// What passes take in seconds, of the calls by hand and of [`forward`], in turns.
fn passes(graph: &Graph) -> (Vec<f64>, Vec<f64>) {
    let weights = Weights::fresh(graph, 0, &Device::Cpu, DType::F32).unwrap();
    let inputs = random_inputs(graph, 1, 0, &Device::Cpu, DType::F32).unwrap();
    let of_nodes: Vec<&[Tensor]> =
        graph.nodes().map(|(id, _)| weights.of(id)).filter(|weights| !weights.is_empty()).collect();
    let bare = || resnet50(&inputs[0], &mut of_nodes.iter().copied()).unwrap();
    let harness = || forward(graph, inputs.clone(), &weights, |_, _| ()).unwrap();
    let difference = (bare() - &harness()[0].1).unwrap().abs().unwrap().max_all().unwrap();
    assert!(difference.to_scalar::<f32>().unwrap() <= 0.0, "both compute the same, to the bit");

    let take = |case: usize, passes: usize| {
        let start = Instant::now();
        for _ in 0..passes {
            match case {
                0 => drop(bare()),
                _ => drop(harness()),
            }
        }
        Ok::<_, ()>(start.elapsed().as_secs_f64())
    };
    let mut samples = sample::interleaved(2, EFFORT, take, |_, _| ()).unwrap().into_iter();
    let mut next = || samples.next().unwrap().seconds;
    (next(), next())
}

/// ResNet-50 as the bundled description has it, with each node's weights in turn.
fn resnet50<'w>(image: &Tensor, weights: &mut impl Iterator<Item = &'w [Tensor]>) -> Result<Tensor> {
    let mut x = convolution(image, weights, 2, 3)?.relu()?;
    x = max_pool(&x)?;
    for (stage, blocks) in [3, 4, 6, 3].into_iter().enumerate() {
        for block in 0..blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let mut body = convolution(&x, weights, 1, 0)?.relu()?;
            body = convolution(&body, weights, stride, 1)?.relu()?;
            body = convolution(&body, weights, 1, 0)?;
            if block == 0 {
                x = convolution(&x, weights, stride, 0)?;
            }
            x = (body + x)?.relu()?;
        }
    }
    let features = x.flatten_from(2)?.mean(2)?;
    let [weight, bias] = next(weights) else { unreachable!("a linear layer has two weights") };
    features.matmul(&weight.t()?)?.broadcast_add(bias)
}

fn next<'w>(weights: &mut impl Iterator<Item = &'w [Tensor]>) -> &'w [Tensor] {
    weights.next().expect("there is a set of weights for each layer")
}

/// A convolution and its batch norm.
fn convolution<'w>(
    x: &Tensor,
    weights: &mut impl Iterator<Item = &'w [Tensor]>,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    let x = x.conv2d(&next(weights)[0], padding, stride, 1, 1)?;
    let [weight, bias, mean, variance] = next(weights) else { unreachable!("a batch norm has four tensors") };
    let factor = (variance.affine(1.0, 1e-5)?.sqrt()?.recip()? * weight)?;
    let summand = ((mean * &factor)?.neg()? + bias)?;
    let channels = (1, factor.elem_count(), 1, 1);
    x.broadcast_mul(&factor.reshape(channels)?)?.broadcast_add(&summand.reshape(channels)?)
}

/// Of 3×3 windows with stride 2, whose padding is 1 on both sides.
fn max_pool(x: &Tensor) -> Result<Tensor> {
    let mut x = x.clone();
    for dim in [2, 3] {
        let mut dims = x.dims().to_vec();
        dims[dim] = 1;
        let edge = Tensor::full(f32::NEG_INFINITY, dims, &Device::Cpu)?;
        x = Tensor::cat(&[&edge, &x, &edge], dim)?;
    }
    x.max_pool2d_with_stride(3, 2)
}
