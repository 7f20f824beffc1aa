//! What an operator holds beside its inputs, weights and output while it computes, measured, against what it says.
//!
//! `cargo test --test workspace -- --nocapture` prints the table.

#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

mod common;

use candle_core::{Device, Tensor};
use cnncost::shape::Shape;
use peak_alloc::PeakAlloc;

use common::cases::{Case, Tensors, sample, strided};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Numbers of the largest tensor of a case, at the least.
const LARGE: u128 = 1 << 17;

/// What is no tensor: shapes, handles, indices, as that many numbers.
const BOOKKEEPING: u128 = LARGE / 16;

/// How the numbers of an input lie in memory.
type Layout = fn(&Tensor) -> Tensor;

/// Numbers held by one forward pass of a batch.
struct Held {
    measured: u128,
    predicted: u128,
    /// What any implementation has to hold.
    inside: u128,
}

/// What a case holds, with the batch repeated until tensors are large, and `layout` on each input; `None` without an input.
fn held(case: &Case, layout: Layout) -> Option<Held> {
    let (operator, Tensors { inputs, weights, .. }) = (case.operator(), case.tensors(&Device::Cpu));
    let shapes: Vec<Shape> = inputs.iter().map(sample).collect();
    let output = operator.output(&shapes).unwrap();
    let largest = shapes.iter().map(Shape::elements).fold(output.elements(), u128::max);
    let batch = inputs.first()?.dim(0).unwrap();
    let times = usize::try_from(LARGE.div_ceil(largest * batch as u128)).unwrap();
    let repeat = |input: &Tensor| layout(&Tensor::cat(&vec![input; times], 0).unwrap());
    let inputs: Vec<Tensor> = inputs.iter().map(repeat).collect();
    let pass = || {
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        drop(operator.reference().forward(&inputs, &weights).unwrap());
        ALLOCATOR.peak_usage().saturating_sub(before)
    };
    // Each thread keeps what its first product of matrices needed, and which pass that is in is chance.
    let threads = rayon::current_num_threads();
    let bytes = (0..=threads).map(|_| pass()).min()? as u128;
    let batch = (times * batch) as u64;
    let own = output.elements() * u128::from(batch);
    // Inputs that lie apart may be put together first, as `run::memory::workspace` says.
    let apart = inputs.iter().filter(|input| !input.is_contiguous()).map(Tensor::elem_count).sum::<usize>();
    let predicted =
        operator.reference().workspace(&shapes, &output, &Device::Cpu).of_batch(batch) + apart as u128;
    let inside = operator.inside(&shapes, &output).evaluate().unwrap() * u128::from(batch);
    Some(Held { measured: (bytes / 4).saturating_sub(own), predicted, inside })
}

/// A single test, so that no other allocates beside it.
#[test]
fn no_operator_holds_more_than_it_says() {
    let mut failures = vec![];
    println!("operator                   measured  predicted");
    let layouts: [(&str, Layout); 2] = [("", Tensor::clone), (" (strided)", strided)];
    for (case, (layout, of)) in Case::all().iter().flat_map(|case| layouts.map(|layout| (case, layout))) {
        let Some(Held { measured, predicted, inside }) = held(case, of) else { continue };
        let (op, oddity) = (&case.op, &case.oddity);
        println!("{op:24} {measured:>10} {predicted:>10}  {oddity}{layout}");
        if inside > predicted || inside > measured + BOOKKEEPING {
            failures.push(format!("{op}, {oddity}{layout}: {measured} numbers held, and {inside} inside"));
        }
        if measured > predicted + BOOKKEEPING {
            failures.push(format!("{op}, {oddity}{layout}: {measured} numbers instead of {predicted}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
