//! Two tensors to one, against `f64`.

use proptest::prelude::*;

use super::*;
use crate::testing::{Numbers as Random, close, in_threads};

const SPREADS: [Spread; 4] = [Spread::All, Spread::Channels, Spread::Positions, Spread::One];

const OPERATIONS: [Operation; 6] = [
    Operation::Add,
    Operation::Subtract,
    Operation::Multiply,
    Operation::Divide,
    Operation::Maximum,
    Operation::Minimum,
];

fn by_hand(operation: Operation, left: f64, right: f64) -> f64 {
    let either = |picked: f64| if left.is_nan() || right.is_nan() { f64::NAN } else { picked };
    match operation {
        Operation::Add => left + right,
        Operation::Subtract => left - right,
        Operation::Multiply => left * right,
        Operation::Divide => left / right,
        Operation::Maximum => either(left.max(right)),
        Operation::Minimum => either(left.min(right)),
    }
}

/// Where a number of a side lies that goes with a channel's position.
fn place(
    spread: Spread,
    layout: Layout,
    block: usize,
    positions: usize,
    channel: usize,
    position: usize,
) -> usize {
    match (spread, layout) {
        (Spread::All, Layout::Planar) => channel * positions + position,
        (Spread::All, Layout::Blocked) => (channel / block * positions + position) * block + channel % block,
        (Spread::Channels, _) => channel,
        (Spread::Positions, _) => position,
        (Spread::One, _) => 0,
    }
}

/// A tensor of a side, with its distance of samples; numbers that nobody should look at are not numbers.
fn side(
    random: &mut Random,
    spread: Spread,
    layout: Layout,
    isa: Isa,
    (batch, channels, positions): (usize, usize, usize),
    more: usize,
) -> (Vec<f32>, usize) {
    let sample = more
        + match spread {
            Spread::All => layout.numbers(channels, positions, isa.block()),
            Spread::Channels => channels,
            Spread::Positions => positions,
            Spread::One => 1,
        };
    let mut numbers = vec![f32::NAN; batch * sample - more];
    for index in 0..batch * channels * positions {
        let (of_sample, channel) = (index / (channels * positions), index / positions % channels);
        let at = place(spread, layout, isa.block(), positions, channel, index % positions);
        let number = random.next();
        numbers[of_sample * sample + at] = if number > 0.99 { f32::NAN } else { number + number.signum() };
    }
    (numbers, sample)
}

struct Case {
    sizes: (usize, usize, usize),
    spreads: [Spread; 2],
    more: usize,
    operation: Operation,
    last: Function,
    /// Which side is in the output's place.
    in_place: Option<usize>,
}

fn check(isa: Isa, layout: Layout, case: &Case, seed: u64) -> Result<(), TestCaseError> {
    let &Case { sizes, spreads, more, operation, last, in_place } = case;
    let (batch, channels, positions) = sizes;
    let mut random = Random::new(seed);
    let [left, right] = spreads.map(|spread| side(&mut random, spread, layout, isa, sizes, more));
    let numbers = layout.numbers(channels, positions, isa.block());
    let held = in_place.map(|index| [&left, &right][index].clone());
    let (mut output, output_sample) =
        held.unwrap_or_else(|| (vec![9.0; batch * (numbers + more) - more], numbers + more));
    let sides = [(left.1, spreads[0]), (right.1, spreads[1])].map(|(sample, spread)| Side { sample, spread });
    let [of_left, of_right] = sides;
    let shape = BinaryShape { batch, channels, positions, left: of_left, right: of_right, output_sample };
    let before = output.clone();
    let given = |index: usize, numbers| (in_place != Some(index)).then_some(numbers);
    Binary::new(isa, &shape, layout, operation, last).run(
        given(0, &left.0[..]),
        given(1, &right.0[..]),
        &mut output,
    );
    for sample in 0..batch {
        for index in 0..channels * positions {
            let (channel, position) = (index / positions, index % positions);
            let at = |spread| place(spread, layout, isa.block(), positions, channel, position);
            let of = |(numbers, distance): &(Vec<f32>, usize), spread| {
                f64::from(numbers[sample * distance + at(spread)])
            };
            let wanted = by_hand(operation, of(&left, spreads[0]), of(&right, spreads[1]));
            let wanted = if last == Function::Square {
                wanted * wanted
            } else if wanted.is_nan() {
                wanted
            } else {
                wanted.max(0.0)
            };
            close(output[sample * output_sample + at(Spread::All)], wanted, 1.0)?;
        }
        let between = (sample * output_sample + numbers..(sample + 1) * output_sample)
            .take_while(|&at| at < output.len());
        for at in between {
            prop_assert_eq!(output[at].to_bits(), before[at].to_bits());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn two_to_one_by_hand(
        sizes in (1..4usize, 1..40usize, 1..80usize), spreads: [prop::sample::Index; 2], more in 0..3usize,
        operation: prop::sample::Index, in_place in prop::option::of(0..2usize), is_square: bool,
        seed: u64,
    ) {
        let mut spreads = spreads.map(|spread| SPREADS[spread.index(SPREADS.len())]);
        if let Some(index) = in_place {
            spreads[index] = Spread::All;
        }
        let operation = OPERATIONS[operation.index(OPERATIONS.len())];
        let last = if is_square { Function::Square } else { Function::RELU };
        let case = Case { sizes, spreads, more, operation, last, in_place };
        for isa in Isa::here() {
            check(isa, Layout::Planar, &case, seed)?;
            check(isa, Layout::Blocked, &case, seed)?;
        }
    }
}

#[test]
fn large_ones_in_threads() {
    for isa in Isa::here() {
        for layout in [Layout::Planar, Layout::Blocked] {
            for spread in SPREADS {
                let case = Case {
                    sizes: (2, 19, 2500),
                    spreads: [Spread::All, spread],
                    more: 1,
                    operation: Operation::Multiply,
                    last: Function::RELU,
                    in_place: None,
                };
                in_threads(3, || check(isa, layout, &case, 1)).unwrap();
            }
        }
    }
}
