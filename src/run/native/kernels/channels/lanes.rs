//! Numbers of a block that go to other places of a block, position after position.

use std::any::Any;

use pulp::Simd;

/// The most numbers of a block.
const MOST: usize = 16;

/// Which numbers of a block go where in another.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    /// For each place the one that its number is from; any, where it does not come from this block.
    from: [u32; MOST],
    /// A bit for each place whose number comes from this block.
    places: u16,
    /// The same as pairs of place and origin.
    moves: Vec<(usize, usize)>,
}

impl Lanes {
    /// Pairs of a place and the place of its origin.
    pub(super) fn new(moves: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut lanes = Self { from: [0; MOST], places: 0, moves: moves.collect() };
        for &(place, from) in &lanes.moves {
            assert!(place < MOST && from < MOST, "places of a block");
            lanes.from[place] = u32::try_from(from).expect("less than a block");
            lanes.places |= 1 << place;
        }
        lanes
    }
}

/// Makes blocks of those of some inputs. Places that no input has a number for get any.
#[inline(always)]
pub(super) fn mix<S: Simd, const N: usize>(
    simd: S,
    block: usize,
    inputs: [(&[f32], &Lanes); N],
    output: &mut [f32],
) {
    assert!(inputs.iter().all(|(input, _)| input.len() == output.len()), "as many positions");
    let any: &dyn Any = &simd;
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(&simd) = any.downcast_ref::<pulp::x86::V4>() {
            return x86::mix_sixteen(simd, inputs, output, false);
        }
        if let Some(&simd) = any.downcast_ref::<pulp::x86::V3>() {
            return x86::mix_eight(simd, inputs, output, false);
        }
    }
    let _ = any;
    for input in inputs {
        add_each(block, input, output);
    }
}

/// Puts numbers of an input's blocks at their places, and leaves the others.
#[inline(always)]
pub(super) fn add<S: Simd>(simd: S, block: usize, input: (&[f32], &Lanes), output: &mut [f32]) {
    assert_eq!(input.0.len(), output.len(), "as many positions");
    let any: &dyn Any = &simd;
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(&simd) = any.downcast_ref::<pulp::x86::V4>() {
            return x86::mix_sixteen(simd, [input], output, true);
        }
        if let Some(&simd) = any.downcast_ref::<pulp::x86::V3>() {
            return x86::mix_eight(simd, [input], output, true);
        }
    }
    let _ = any;
    add_each(block, input, output);
}

/// The same, one number after the other.
#[inline(always)]
fn add_each(block: usize, (input, lanes): (&[f32], &Lanes), output: &mut [f32]) {
    for (input, output) in input.chunks_exact(block).zip(output.chunks_exact_mut(block)) {
        for &(place, from) in &lanes.moves {
            output[place] = input[from];
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::{__m256, __m256i, __m512};

    use pulp::bytemuck::cast;
    use pulp::x86::{V3, V4};

    use super::{Lanes, MOST};

    /// Of blocks of 16. Places without a number get any, or are left.
    #[inline(always)]
    pub(super) fn mix_sixteen<const N: usize>(
        simd: V4,
        inputs: [(&[f32], &Lanes); N],
        output: &mut [f32],
        is_left: bool,
    ) {
        let f = simd.avx512f;
        let from = inputs.map(|(_, lanes)| cast(lanes.from));
        let inputs = inputs.map(|(input, lanes)| (input.as_chunks::<16>().0, lanes.places));
        for (position, output) in output.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let mut all: __m512 = if is_left { cast(*output) } else { f._mm512_setzero_ps() };
            for ((input, places), from) in inputs.iter().zip(from) {
                all = f._mm512_mask_permutexvar_ps(all, *places, from, cast(input[position]));
            }
            *output = cast(all);
        }
    }

    /// Of blocks of 8. Places without a number get any, or are left.
    #[inline(always)]
    pub(super) fn mix_eight<const N: usize>(
        simd: V3,
        inputs: [(&[f32], &Lanes); N],
        output: &mut [f32],
        is_left: bool,
    ) {
        let how = inputs.map(|(_, lanes)| {
            let [from, _]: [__m256i; 2] = cast(lanes.from);
            // The sign bit says whether a place's number is from here.
            let masks: [u32; MOST] = std::array::from_fn(|place| u32::from(lanes.places >> place) << 31);
            let [mask, _]: [__m256; 2] = cast(masks);
            (from, mask)
        });
        let inputs = inputs.map(|(input, _)| input.as_chunks::<8>().0);
        for (position, output) in output.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            let mut all: __m256 = if is_left { cast(*output) } else { cast([0.0_f32; 8]) };
            for (input, (from, mask)) in inputs.iter().zip(how) {
                let moved = simd.avx2._mm256_permutevar8x32_ps(cast(input[position]), from);
                all = simd.avx._mm256_blendv_ps(all, moved, mask);
            }
            *output = cast(all);
        }
    }
}
