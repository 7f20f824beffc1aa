//! What is counted: scalar operations by kind, multiply–accumulates, parameters, numbers moved. They add up, exactly or not
//! at all.
//!
//! Counts are for one forward pass in inference mode. The conventions:
//!
//! - A **MAC** is a multiplication with its addition inside a contraction (convolution, linear, matrix product), what the
//!   literature calls a multiply–add. It is one [`Kind::Mul`] and one [`Kind::Add`]: the accumulator starts at 0.
//! - **FLOPs** are the sum of all kinds: 2 per MAC, 1 for every other operation.
//! - A **parameter** is a trained number; a batch norm's running mean and variance are buffers and counted apart.
//! - **Nominal** counts take every position of a window, padding too, as papers do. **Padding-exact** counts leave out
//!   what falls on padding.
//!
//! Parameters are there once, and work is done for each sample of a batch, but once for all of it where it is done to parameters
//! and constants alone: [`Rates`] hold for any batch, and are [`Counts`] of one.

use std::ops::Index;

use crate::shape::{Element, ElementType};

mod linear;

pub use linear::{Capped, Linear, Overflow, Tally};

/// Bytes of the widest number that a network may be stored in.
const WIDEST_ELEMENT: u64 = 8;

/// Defines a record of counts that is summed field by field.
macro_rules! tally {
    ($(#[$about:meta])* $Name:ident { $($(#[$field_about:meta])* $field:ident: $Type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $Name { $($(#[$field_about])* pub $field: $Type,)* }

        impl Tally for $Name {
            fn plus(self, other: Self) -> Result<Self, Overflow> {
                Ok(Self { $($field: self.$field.plus(other.$field)?,)* })
            }

            fn times(self, factor: u64) -> Result<Self, Overflow> {
                Ok(Self { $($field: self.$field.times(factor)?,)* })
            }
        }
    };
}

/// A kind of scalar operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Multiplication.
    Mul,
    /// Addition or subtraction.
    Add,
    /// Division.
    Div,
    /// Comparison, maximum, minimum.
    Cmp,
    /// A transcendental function or a root.
    Exp,
}

impl Kind {
    /// Every kind, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Mul, Self::Add, Self::Div, Self::Cmp, Self::Exp];

    /// The name that stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mul => "mul",
            Self::Add => "add",
            Self::Div => "div",
            Self::Cmp => "cmp",
            Self::Exp => "exp",
        }
    }
}

/// What kind of contraction a MAC belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Contraction {
    /// A convolution, transposed or not.
    Convolution,
    /// A linear layer.
    Linear,
    /// A product of two activations, as in attention.
    Attention,
}

tally! {
    /// Scalar operations by kind; those inside MACs included.
    Ops {
        /// Multiplications.
        mul: u128,
        /// Additions and subtractions.
        add: u128,
        /// Divisions.
        div: u128,
        /// Comparisons.
        cmp: u128,
        /// Transcendental functions and roots.
        exp: u128,
    }
}

tally! {
    /// Multiply–accumulates by contraction.
    Macs {
        /// In convolutions.
        convolution: u128,
        /// In linear layers.
        linear: u128,
        /// In products of two activations.
        attention: u128,
    }
}

tally! {
    /// What is computed: every scalar operation, and which of them are MACs.
    Work {
        /// Multiply–accumulates.
        macs: Macs,
        /// Scalar operations, two for each MAC included.
        ops: Ops,
    }
}

tally! {
    /// Learned numbers, and what is stored beside them.
    Params {
        /// Trained.
        trainable: u128,
        /// Learned once and then left as they are (`frozen = true`).
        frozen: u128,
        /// Stored and not learned: a batch norm's running mean and variance. Not part of [`total`](Self::total).
        buffers: u128,
    }
}

tally! {
    /// Data, whatever a network is stored in: numbers of that type, and what has a type of its own.
    Volume {
        /// Numbers of the network's type.
        numbers: u128,
        /// Bytes of what has another.
        fixed_bytes: u128,
    }
}

tally! {
    /// What goes between memory and the arithmetic, if each input, weight and output goes once.
    Traffic {
        /// Inputs and weights.
        read: Volume,
        /// Outputs.
        written: Volume,
    }
}

tally! {
    /// Everything that is counted, of a node, a block or a network.
    Counts {
        /// Learned numbers; a weight that several nodes share is counted at its owner alone.
        params: Params,
        /// Nominal work: windows count all their positions.
        work: Work,
        /// Work without what falls on padding.
        padding_exact: Work,
        /// What is read and written.
        traffic: Traffic,
    }
}

tally! {
    /// What counts come to for any batch, but for what is [`Capped`].
    Rates {
        /// Learned numbers, for the whole batch.
        params: Params,
        /// Nominal work.
        work: Linear<Work>,
        /// Work without what falls on padding.
        padding_exact: Linear<Work>,
        /// What is read: weights for the whole batch, and inputs for each sample.
        read: Linear<Volume>,
        /// What is written.
        written: Linear<Volume>,
    }
}

impl Rates {
    /// The counts of a batch.
    pub fn at(&self, batch: u64) -> Result<Counts, Overflow> {
        let Self { params, work, padding_exact, read, written } = *self;
        Ok(Counts {
            params,
            work: work.at(batch)?,
            padding_exact: padding_exact.at(batch)?,
            traffic: Traffic { read: read.at(batch)?, written: written.at(batch)? },
        })
    }
}

impl Index<Kind> for Ops {
    type Output = u128;

    fn index(&self, kind: Kind) -> &u128 {
        match kind {
            Kind::Mul => &self.mul,
            Kind::Add => &self.add,
            Kind::Div => &self.div,
            Kind::Cmp => &self.cmp,
            Kind::Exp => &self.exp,
        }
    }
}

impl Ops {
    /// `count` operations of one kind.
    pub fn of(kind: Kind, count: u128) -> Self {
        let mut ops = Self::default();
        match kind {
            Kind::Mul => ops.mul = count,
            Kind::Add => ops.add = count,
            Kind::Div => ops.div = count,
            Kind::Cmp => ops.cmp = count,
            Kind::Exp => ops.exp = count,
        }
        ops
    }

    /// FLOPs: operations of all kinds, if they fit.
    pub fn checked_flops(&self) -> Result<u128, Overflow> {
        Kind::ALL.iter().try_fold(0u128, |sum, &kind| sum.plus(self[kind]))
    }

    /// FLOPs: operations of all kinds.
    ///
    /// # Panics
    /// If they do not fit 128 bits, which [`analyze`](fn@crate::analyze) has ruled out for every count it gives.
    pub fn flops(&self) -> u128 {
        self.checked_flops().expect("an analysis holds no counts whose sum overflows")
    }
}

impl Macs {
    /// `count` MACs of one contraction.
    pub fn of(contraction: Contraction, count: u128) -> Self {
        let mut macs = Self::default();
        match contraction {
            Contraction::Convolution => macs.convolution = count,
            Contraction::Linear => macs.linear = count,
            Contraction::Attention => macs.attention = count,
        }
        macs
    }

    /// MACs of every contraction: no more than there are multiplications.
    pub fn total(&self) -> u128 {
        self.convolution + self.linear + self.attention
    }
}

impl Counts {
    /// Whether every sum over these counts fits too: FLOPs, MACs, parameters, and the bytes of all that is stored or moved.
    pub fn check(&self) -> Result<(), Overflow> {
        self.work.ops.checked_flops()?;
        self.traffic.read.plus(self.traffic.written)?.check()?;
        let Params { trainable, frozen, buffers } = self.params;
        Volume::numbers(trainable.plus(frozen)?.plus(buffers)?).check()
    }
}

impl Traffic {
    /// Read and written. [`Counts::check`] has shown that it fits.
    pub fn total(&self) -> Volume {
        Volume {
            numbers: self.read.numbers + self.written.numbers,
            fixed_bytes: self.read.fixed_bytes + self.written.fixed_bytes,
        }
    }
}

impl Volume {
    /// So many numbers of the network's type.
    pub fn numbers(numbers: u128) -> Self {
        Self { numbers, fixed_bytes: 0 }
    }

    /// So many elements of a tensor.
    pub fn of(elements: u128, element: Element) -> Result<Self, Overflow> {
        match element {
            Element::Network => Ok(Self::numbers(elements)),
            Element::Fixed(element) => {
                let fixed_bytes = elements.checked_mul(element.bytes()).ok_or(Overflow)?;
                Ok(Self { numbers: 0, fixed_bytes })
            }
        }
    }

    /// Its bytes in a network that is stored so: exactly if [`check`](Self::check) finds nothing wrong, and else no fewer than
    /// can be said.
    pub fn bytes(self, element: ElementType) -> u128 {
        self.numbers.saturating_mul(element.bytes()).saturating_add(self.fixed_bytes)
    }

    /// Whether its bytes fit, in whatever the network is stored.
    pub fn check(self) -> Result<(), Overflow> {
        self.numbers.times(WIDEST_ELEMENT)?.plus(self.fixed_bytes).map(|_| ())
    }

    /// Without a part of it.
    pub(crate) fn less(self, part: Self) -> Self {
        Self { numbers: self.numbers - part.numbers, fixed_bytes: self.fixed_bytes - part.fixed_bytes }
    }

    /// As much as either of two at the least.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            numbers: self.numbers.max(other.numbers),
            fixed_bytes: self.fixed_bytes.max(other.fixed_bytes),
        }
    }
}

impl Params {
    /// Trainable and frozen parameters, without buffers. [`Counts::check`] has shown that they fit.
    pub fn total(&self) -> u128 {
        self.trainable + self.frozen
    }

    /// Everything that is stored: parameters and buffers, likewise.
    pub fn stored(&self) -> Volume {
        Volume::numbers(self.total() + self.buffers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_or_refused() {
        let ops = Ops::of(Kind::Cmp, u128::MAX);
        assert_eq!(ops.flops(), u128::MAX);
        assert_eq!(ops.plus(Ops::of(Kind::Cmp, 1)), Err(Overflow));
        assert_eq!(ops.plus(Ops::of(Kind::Mul, 1)).unwrap().checked_flops(), Err(Overflow));
        assert_eq!(ops.times(2), Err(Overflow));
        assert_eq!(Macs::of(Contraction::Linear, 3).times(4).unwrap().total(), 12);
    }
    #[test]
    fn what_is_stored_fits_in_bytes() {
        let check = |params| Counts { params, ..Counts::default() }.check();
        let half = u128::MAX / 2 + 1;
        assert_eq!(check(Params { trainable: half, buffers: half, ..Params::default() }), Err(Overflow));
        assert_eq!(check(Params { trainable: half, ..Params::default() }), Err(Overflow));
        assert_eq!(check(Params { trainable: u128::MAX / 16, ..Params::default() }), Ok(()));
    }
}
