//! What the tests of kernels share: tensors of odd sizes, in both layouts, with numbers around them that are not to be touched.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

pub(crate) use self::exact::exact;
use crate::{Function, Isa, Layout};

mod exact;

/// What stands where nobody is to write, and where nobody is to read: no result has it.
pub(crate) const GUARD: f32 = 12_345.5;

/// A tensor of `batch` × `channels` × `positions` numbers, as a test has it.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    pub batch: usize,
    pub channels: usize,
    pub positions: usize,
    /// Sample, channel, position.
    pub numbers: Vec<f32>,
}

impl Images {
    /// Numbers from −1 to 1 that look random.
    pub(crate) fn random(batch: usize, channels: usize, positions: usize, seed: u64) -> Self {
        Self { batch, channels, positions, numbers: Numbers::new(seed).some(batch * channels * positions) }
    }

    /// The number of a channel at a position.
    pub(crate) fn at(&self, sample: usize, channel: usize, position: usize) -> f32 {
        self.numbers[(sample * self.channels + channel) * self.positions + position]
    }

    /// The numbers of a sample in memory.
    pub(crate) fn of_sample(&self, layout: Layout, isa: Isa) -> usize {
        layout.numbers(self.channels, self.positions, isa.block())
    }

    /// Where a number is in memory, with samples so far apart.
    fn place(
        &self,
        [sample, channel, position]: [usize; 3],
        apart: usize,
        layout: Layout,
        isa: Isa,
    ) -> usize {
        let block = isa.block();
        sample * apart
            + match layout {
                Layout::Planar => channel * self.positions + position,
                Layout::Blocked => (channel / block * self.positions + position) * block + channel % block,
            }
    }

    /// In memory, with samples so far apart; `other` stands everywhere else.
    pub(crate) fn laid_out(&self, layout: Layout, isa: Isa, apart: usize, other: f32) -> Vec<f32> {
        let mut memory = vec![other; (self.batch - 1) * apart + self.of_sample(layout, isa)];
        self.each(|place, index| memory[self.place(place, apart, layout, isa)] = self.numbers[index]);
        memory
    }

    /// Reads a tensor of the same sizes from memory, after asserting that between the samples there are guards.
    pub(crate) fn read(&self, memory: &[f32], layout: Layout, isa: Isa, apart: usize) -> Vec<f32> {
        let of_sample = self.of_sample(layout, isa);
        for (index, &number) in memory.iter().enumerate() {
            assert!(index % apart < of_sample || number == GUARD, "wrote between the samples, at {index}");
        }
        let mut numbers = vec![0.0; self.numbers.len()];
        self.each(|place, index| numbers[index] = memory[self.place(place, apart, layout, isa)]);
        numbers
    }

    fn each(&self, mut visit: impl FnMut([usize; 3], usize)) {
        for index in 0..self.numbers.len() {
            let (sample, rest) = (index / (self.channels * self.positions), index / self.positions);
            visit([sample, rest % self.channels, index % self.positions], index);
        }
    }
}

/// Some functions: one that costs nothing, one in place, and one that takes many instructions.
pub(crate) fn function() -> impl Strategy<Value = Function> {
    prop_oneof![
        Just(Function::Identity),
        Just(Function::Clamp { low: -0.25, high: 0.5 }),
        Just(Function::Silu),
    ]
}

/// Numbers from −1 to 1 that look random.
pub(crate) struct Numbers(u64);

impl Numbers {
    /// Others for every seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next.
    pub(crate) fn next(&mut self) -> f32 {
        // A linear congruence, of which the upper bits are good.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// The next so many.
    pub(crate) fn some(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// Whether a number is what it should be, where so many terms of about 1 have been added.
pub(crate) fn close(found: f32, wanted: f64, terms: f64) -> Result<(), TestCaseError> {
    let most = 1e-6 * terms.sqrt() * wanted.abs().max(1.0) + 1e-30;
    if (f64::from(found) - wanted).abs() <= most || (found.is_nan() && wanted.is_nan()) {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("{found} instead of {wanted}")))
}

/// Asserts that a number is what it should be, likewise.
pub(crate) fn assert_close(found: f32, wanted: f64, terms: usize, what: impl std::fmt::Debug) {
    if let Err(error) = close(found, wanted, terms as f64) {
        panic!("{what:?}: {error}");
    }
}

/// What something comes to in so many threads.
pub(crate) fn in_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads").install(work)
}
