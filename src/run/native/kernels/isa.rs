//! Instruction sets: which there are, which this processor has, and code for one of them.

use pulp::{Scalar128b, Simd, WithSimd};

/// Instructions that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isa {
    /// What every processor of the architecture has.
    Scalar,
    /// AVX2 with FMA: 16 registers of 8 numbers.
    Avx2,
    /// AVX-512: 32 registers of 16 numbers.
    Avx512,
    /// NEON: 32 registers of 4 numbers.
    Neon,
}

impl Isa {
    /// All of them, on whatever machine; of those that one has, a later one is faster.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Neon, Self::Avx2, Self::Avx512];

    /// Those that this processor has, the fastest last.
    pub fn here() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.into_iter().filter(|isa| isa.is_here())
    }

    /// The fastest that this processor has.
    pub fn best() -> Self {
        Self::here().next_back().unwrap_or(Self::Scalar)
    }

    /// The name on the command line and in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// Whether this processor has it.
    pub fn is_here(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => pulp::x86::V3::try_new().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => pulp::x86::V4::try_new().is_some(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => pulp::aarch64::Neon::try_new().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
            #[cfg(not(target_arch = "aarch64"))]
            Self::Neon => false,
        }
    }

    /// Channels that lie side by side in the blocked layout: a multiple of the numbers in a register.
    pub fn block(self) -> usize {
        match self {
            Self::Scalar | Self::Avx2 | Self::Neon => 8,
            Self::Avx512 => 16,
        }
    }

    /// Runs `work` compiled for it; for what every processor has, where this one does not have it.
    #[inline]
    pub(crate) fn run<W: WithSimd>(self, work: W) -> W::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                if let Some(simd) = pulp::x86::V3::try_new() {
                    return Simd::vectorize(simd, work);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                if let Some(simd) = pulp::x86::V4::try_new() {
                    return Simd::vectorize(simd, work);
                }
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => {
                if let Some(simd) = pulp::aarch64::Neon::try_new() {
                    return Simd::vectorize(simd, work);
                }
            }
            Self::Scalar => {}
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => {}
            #[cfg(not(target_arch = "aarch64"))]
            Self::Neon => {}
        }
        Simd::vectorize(Scalar128b, work)
    }

    /// The registers that kernels have, where it is this one that is run.
    pub(crate) fn registers(self) -> Registers {
        self.run(Ask)
    }
}

/// Registers of an instruction set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers {
    /// Numbers of each.
    pub(crate) lanes: usize,
    /// How many there are.
    pub(crate) count: usize,
}

/// Asks for the registers.
struct Ask;

impl WithSimd for Ask {
    type Output = Registers;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Registers {
        Registers { lanes: S::F32_LANES, count: S::REGISTER_COUNT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_whole_registers() {
        assert!(Isa::here().eq(Isa::ALL.into_iter().filter(|isa| isa.is_here())));
        for isa in Isa::here() {
            assert_eq!(isa.block() % isa.registers().lanes, 0);
        }
    }
}
