//! Where Winograd's convolution is faster than a direct one, by counting what each does.

use super::{Tile, Winograd};
use crate::{ConvShape, Isa};

/// What the transform of a vector of channels costs at a point of a tile, in multiplications of vectors: 8 were measured where the
/// images are in the second cache, and 20 where they are not.
const TRANSFORM: f64 = 18.0;
/// The multiplications of vectors that a thread does while a vector of weights comes from memory.
const FROM_MEMORY: usize = 10;
/// What part of its time a direct convolution multiplies: as was measured of large ones.
const DIRECT: f64 = 0.95;
/// How much faster it must be: less is not worth the weights' memory and the rounding errors.
const GAIN: f64 = 1.15;

impl Winograd {
    /// The tiles by which a convolution is faster than by a direct one, on so many threads; none where it is not, or does not
    /// [fit](Self::fits).
    ///
    /// The estimate counts multiplications of vectors: of a direct convolution, 9 at each position for each input channel and
    /// vector of output channels; of this one, as many as a tile has points, at each tile, and the transforms. Weights come
    /// from memory once at least, which few tiles do not outlast.
    ///
    /// Measured on a core with AVX-512 (Zen 4), one sample, neither images nor weights in the second cache: how many times as fast
    /// as a direct convolution, which runs at 91 to 112 of 117 GFLOP/s.
    ///
    /// | channels, size | tiles of 2 × 2 | of 4 × 4 |
    /// |---|---|---|
    /// | 64 → 64, 224 × 224 | 1.7 | 2.5 |
    /// | 256 → 256, 56 × 56 | 2.0 | 3.2 |
    /// | 64 → 64, 56 × 56 | 1.7 | 2.6 |
    /// | 128 → 32, 56 × 56 | 1.6 | 2.4 |
    /// | 16 → 16, 56 × 56 | 1.1 | 1.5 |
    /// | 512 → 512, 28 × 28 | 2.0 | 3.1 |
    /// | 128 → 128, 28 × 28 | 1.9 | 2.8 |
    /// | 512 → 512, 14 × 14 | 2.0 | 2.6 |
    /// | 256 → 256, 14 × 14 | 1.9 | 2.4 |
    /// | 128 → 32, 14 × 14 | 1.5 | 1.5 |
    /// | 512 → 512, 7 × 7 | 1.8 | 1.9 |
    /// | 512 → 512, 7 × 7, 8 samples | 1.7 | 2.8 |
    /// | 128 → 32, 7 × 7 | 1.2 | 0.9 |
    /// | 3 → 64, 56 × 56 | 0.6 | 0.9 |
    ///
    /// ```
    /// # use cnncost_kernels::{ConvShape, Isa, Tile, Winograd};
    /// # let shape = |batch, channels: usize, size: usize| ConvShape {
    /// #     batch, in_channels: channels, out_channels: channels, groups: 1, input: [size; 2], kernel: [3; 2], stride: [1; 2],
    /// #     dilation: [1; 2], before: [1; 2], output: [size; 2], input_sample: 0, residual_sample: 0, output_sample: 0,
    /// # };
    /// // 28 × 28 in tiles of 4 × 4: a quarter of the multiplications
    /// assert_eq!(Winograd::faster(&shape(1, 128, 28), Isa::Avx512, 1), Some(Tile::Four));
    /// // 7 × 7: the weights of tiles of 2 × 2 are less than half as many, and come from memory before those of 4 × 4
    /// assert_eq!(Winograd::faster(&shape(1, 512, 7), Isa::Avx512, 1), Some(Tile::Two));
    /// assert_eq!(Winograd::faster(&shape(8, 512, 7), Isa::Avx512, 1), Some(Tile::Four));
    /// // 1 × 1: nothing but weights
    /// assert_eq!(Winograd::faster(&shape(1, 512, 1), Isa::Avx512, 1), None);
    /// ```
    pub fn faster(shape: &ConvShape, isa: Isa, threads: usize) -> Option<Tile> {
        if !Self::fits(shape) {
            return None;
        }
        let direct = work(shape, isa, threads, 1, 9, 0.0) / DIRECT;
        [Tile::Two, Tile::Four]
            .map(|tile| (tile, work(shape, isa, threads, tile.side(), tile.points(), TRANSFORM)))
            .into_iter()
            .filter(|(_, work)| work * GAIN < direct)
            .min_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(tile, _)| tile)
    }
}

/// Multiplications of vectors, where tiles of `side` × `side` outputs have so many points, and transforms cost so much.
fn work(shape: &ConvShape, isa: Isa, threads: usize, side: usize, points: usize, transform: f64) -> f64 {
    let vectors = |channels: usize| channels.div_ceil(isa.block()) as f64;
    let (from, to) = (vectors(shape.in_channels), vectors(shape.out_channels));
    let tiles = shape.batch * shape.output.iter().map(|size| size.div_ceil(side)).product::<usize>();
    let multiplied = tiles.max(FROM_MEMORY * threads) as f64 * shape.in_channels as f64 * to;
    points as f64 * (multiplied + tiles as f64 * transform * (from + to))
}
