//! What adds up, exactly or not at all, and how it grows with the batch.

/// A count that does not fit 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a count does not fit 128 bits")]
pub struct Overflow;

/// Counts that are summed over nodes, blocks and networks.
pub trait Tally: Copy + Default {
    /// The sum, exactly.
    fn plus(self, other: Self) -> Result<Self, Overflow>;

    /// `factor` times as much, exactly.
    fn times(self, factor: u64) -> Result<Self, Overflow>;
}

impl Tally for u128 {
    fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.checked_add(other).ok_or(Overflow)
    }

    fn times(self, factor: u64) -> Result<Self, Overflow> {
        self.checked_mul(factor.into()).ok_or(Overflow)
    }
}

/// So much however large a batch is, and so much more for each of its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Linear<T> {
    /// For the whole batch.
    pub once: T,
    /// For each sample.
    pub each: T,
}

impl<T: Default> Linear<T> {
    /// So much for the whole batch, or for each sample.
    pub fn of(count: T, is_once: bool) -> Self {
        if is_once {
            Self { once: count, each: T::default() }
        } else {
            Self { once: T::default(), each: count }
        }
    }
}

impl<T: Tally> Linear<T> {
    /// For a batch, exactly.
    pub fn at(self, batch: u64) -> Result<T, Overflow> {
        self.once.plus(self.each.times(batch)?)
    }
}

impl<T: Tally> Tally for Linear<T> {
    fn plus(self, other: Self) -> Result<Self, Overflow> {
        Ok(Self { once: self.once.plus(other.once)?, each: self.each.plus(other.each)? })
    }

    fn times(self, factor: u64) -> Result<Self, Overflow> {
        Ok(Self { once: self.once.times(factor)?, each: self.each.times(factor)? })
    }
}

/// What grows with the batch until nothing is left: rows of a table, which are read once however many samples ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capped {
    /// For each sample, as long as there is more.
    pub each: u128,
    /// All there is.
    pub most: u128,
}

impl Capped {
    /// For a batch.
    pub fn at(self, batch: u64) -> u128 {
        self.each.saturating_mul(batch.into()).min(self.most)
    }

    /// The first batch for which it is all there is.
    pub fn used_up_at(self) -> u128 {
        self.most.div_ceil(self.each.max(1)).max(1)
    }
}
