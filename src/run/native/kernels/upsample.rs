//! Images of another height and width, whose pixels are weighted means of pixels along each axis.

use pulp::{Simd, WithSimd};

use crate::pieces::{self, Cut, Samples};
use crate::vector::multiply_add;
use crate::{Isa, Layout, rows};

/// One of the positions along an axis that each position of the output is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// Where it is, for each position of the output.
    pub positions: Vec<u32>,
    /// How much of it there is; `None` where it is all.
    pub weights: Option<Vec<f32>>,
}

/// The sizes of images that become larger or smaller. Those of the output are those of the tables of positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpsampleShape {
    /// Samples.
    pub batch: usize,
    /// Channels of a sample.
    pub channels: usize,
    /// Height and width of the input; 1 and its length where there is one axis.
    pub input: [usize; 2],
    /// Numbers from one sample of the input to the next.
    pub input_sample: usize,
    /// The same of the output.
    pub output_sample: usize,
}

/// Images of another height and width.
#[derive(Clone, Debug)]
pub struct Upsample {
    isa: Isa,
    shape: UpsampleShape,
    layout: Layout,
    rows: Axis,
    columns: Axis,
    input: Samples,
    output: Samples,
}

/// What the positions along an axis of the output are made from: as many for each.
#[derive(Clone, Debug)]
struct Axis {
    size: usize,
    taps: usize,
    /// For each position its taps.
    positions: Vec<usize>,
    weights: Vec<f32>,
    /// Whether there is one tap for each position, of which there is all.
    is_picked: bool,
}

impl Upsample {
    /// One whose output is made along each axis from these positions of the input.
    ///
    /// # Panics
    ///
    /// If an axis has other than one, two or four taps, a table is not as long as the first one, a position is outside the input, or samples
    /// of the output overlap.
    pub fn new(
        isa: Isa,
        shape: &UpsampleShape,
        layout: Layout,
        rows: &[Weighted],
        columns: &[Weighted],
    ) -> Self {
        let &UpsampleShape { batch, channels, input, input_sample, output_sample } = shape;
        let (rows, columns) = (Axis::new(rows, input[0]), Axis::new(columns, input[1]));
        let samples = |distance, positions| {
            let numbers = layout.numbers(channels, positions, isa.block());
            Samples { batch, distance, numbers }
        };
        let of_input = samples(input_sample, input[0] * input[1]);
        let output = samples(output_sample, rows.size * columns.size);
        output.assert_apart();
        Self { isa, shape: shape.clone(), layout, rows, columns, input: of_input, output }
    }

    /// Numbers that it holds.
    pub fn held(&self) -> usize {
        [&self.rows, &self.columns].map(|axis| 3 * axis.weights.len()).iter().sum()
    }

    /// Computes `output` of `input`.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        assert!(input.len() >= self.input.span(), "an input has its samples");
        let width = self.columns.size * self.pixel();
        pieces::run(output, self.output, Cut::Rows(width), |sample, start, piece| {
            let input = &input[sample * self.input.distance..][..self.input.numbers];
            self.isa.run(Images { upsample: self, input, start, piece });
        });
    }

    /// Numbers of a pixel that lie side by side.
    fn pixel(&self) -> usize {
        match self.layout {
            Layout::Planar => 1,
            Layout::Blocked => self.isa.block(),
        }
    }
}

impl Axis {
    fn new(taps: &[Weighted], from: usize) -> Self {
        assert!([1, 2, 4].contains(&taps.len()), "one, two or four positions");
        let size = taps[0].positions.len();
        for tap in taps {
            assert!(tap.positions.len() == size, "a position for each");
            assert!(tap.weights.as_ref().is_none_or(|weights| weights.len() == size), "a weight for each");
            assert!(
                tap.positions.iter().all(|&position| (position as usize) < from),
                "positions of the input"
            );
        }
        let each = || (0..size).flat_map(|index| taps.iter().map(move |tap| (index, tap)));
        Self {
            size,
            taps: taps.len(),
            positions: each().map(|(index, tap)| tap.positions[index] as usize).collect(),
            weights: each().map(|(index, tap)| tap.weights.as_ref().map_or(1.0, |w| w[index])).collect(),
            is_picked: taps.len() == 1 && taps[0].weights.is_none(),
        }
    }

    /// The taps of a position.
    #[inline(always)]
    fn at<const N: usize>(&self, position: usize) -> ([usize; N], [f32; N]) {
        let start = position * N;
        (
            std::array::from_fn(|tap| self.positions[start + tap]),
            std::array::from_fn(|tap| self.weights[start + tap]),
        )
    }
}

/// Some rows of the output: of a channel, or of a block of them.
struct Images<'a> {
    upsample: &'a Upsample,
    input: &'a [f32],
    start: usize,
    piece: &'a mut [f32],
}

impl WithSimd for Images<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { upsample, input, start, piece } = self;
        let Upsample { shape, rows, columns, .. } = upsample;
        let pixel = upsample.pixel();
        let [height, width] = shape.input;
        let plane = height * width * pixel;
        for (index, _, part) in pieces::rows(piece, start, columns.size * pixel) {
            let row = index % rows.size;
            let input = &input[index / rows.size * plane..][..plane];
            let work = Line { upsample, input, row };
            if rows.is_picked && columns.is_picked {
                work.pick(simd, part);
                continue;
            }
            match rows.taps {
                1 => work.weigh_rows::<S, 1>(simd, part),
                2 => work.weigh_rows::<S, 2>(simd, part),
                _ => work.weigh_rows::<S, 4>(simd, part),
            }
        }
    }
}

/// A row of the output.
struct Line<'a> {
    upsample: &'a Upsample,
    input: &'a [f32],
    row: usize,
}

impl Line<'_> {
    /// Copies pixels.
    #[inline(always)]
    fn pick<S: Simd>(&self, simd: S, output: &mut [f32]) {
        let Self { upsample: Upsample { shape, rows: lines, columns, .. }, input, row } = *self;
        let (pixel, width) = (self.upsample.pixel(), shape.input[1]);
        let input = &input[lines.positions[row] * width * pixel..][..width * pixel];
        if pixel == 1 {
            for (to, &position) in output.iter_mut().zip(&columns.positions) {
                *to = input[position];
            }
        } else {
            for (to, &position) in output.chunks_exact_mut(pixel).zip(&columns.positions) {
                rows::map(simd, [&input[position * pixel..][..pixel]], to, rows::Same);
            }
        }
    }

    /// Computes weighted means of pixels from so many rows.
    #[inline(always)]
    fn weigh_rows<S: Simd, const ROWS: usize>(&self, simd: S, output: &mut [f32]) {
        let (positions, weights) = self.upsample.rows.at::<ROWS>(self.row);
        let width = self.upsample.shape.input[1] * self.upsample.pixel();
        let rows = positions.map(|position| &self.input[position * width..][..width]);
        match self.upsample.columns.taps {
            1 => self.weigh::<S, ROWS, 1>(simd, (rows, weights), output),
            2 => self.weigh::<S, ROWS, 2>(simd, (rows, weights), output),
            _ => self.weigh::<S, ROWS, 4>(simd, (rows, weights), output),
        }
    }

    /// The same, from so many columns.
    #[inline(always)]
    fn weigh<S: Simd, const ROWS: usize, const COLUMNS: usize>(
        &self,
        simd: S,
        (rows, row_weights): ([&[f32]; ROWS], [f32; ROWS]),
        output: &mut [f32],
    ) {
        let pixel = self.upsample.pixel();
        if pixel == 1 {
            for (column, to) in output.iter_mut().enumerate() {
                let (positions, weights) = self.upsample.columns.at::<COLUMNS>(column);
                let mut sum = 0.0;
                for (position, weight) in positions.into_iter().zip(weights) {
                    let mut of_column = 0.0;
                    for (row, weight) in rows.iter().zip(row_weights) {
                        of_column += weight * row[position];
                    }
                    sum += weight * of_column;
                }
                *to = sum;
            }
            return;
        }
        for (column, to) in output.chunks_exact_mut(pixel).enumerate() {
            let (positions, weights) = self.upsample.columns.at::<COLUMNS>(column);
            for (lanes, to) in S::as_mut_simd_f32s(to).0.iter_mut().enumerate() {
                let mut sum = simd.splat_f32s(0.0);
                for (position, weight) in positions.into_iter().zip(weights) {
                    let mut of_column = simd.splat_f32s(0.0);
                    for (row, weight) in rows.iter().zip(row_weights) {
                        let numbers = S::as_simd_f32s(&row[position * pixel..][..pixel]).0[lanes];
                        of_column = multiply_add(simd, numbers, simd.splat_f32s(weight), of_column);
                    }
                    sum = multiply_add(simd, of_column, simd.splat_f32s(weight), sum);
                }
                *to = sum;
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is not written stays as it is")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Numbers, close, in_threads};

    /// Taps at random positions.
    fn axis(numbers: &mut Numbers, taps: usize, from: usize, to: usize) -> Vec<Weighted> {
        let from = u32::try_from(from).unwrap();
        let tap = |_| Weighted {
            positions: (0..to).map(|_| numbers.next().to_bits() % from).collect(),
            weights: (taps > 1).then(|| numbers.some(to)),
        };
        (0..taps).map(tap).collect()
    }

    fn check(
        isa: Isa,
        layout: Layout,
        shape: &UpsampleShape,
        to: [usize; 2],
        taps: [usize; 2],
    ) -> Result<(), TestCaseError> {
        let mut numbers = Numbers::new(5);
        let [height, width] = shape.input;
        let axes = [axis(&mut numbers, taps[0], height, to[0]), axis(&mut numbers, taps[1], width, to[1])];
        let place = |positions: usize, channel: usize, position: usize| match layout {
            Layout::Planar => channel * positions + position,
            Layout::Blocked => {
                let block = isa.block();
                (channel / block * positions + position) * block + channel % block
            }
        };
        let sizes = |positions| layout.numbers(shape.channels, positions, isa.block());
        let shape = UpsampleShape {
            input_sample: sizes(height * width) + shape.input_sample,
            output_sample: sizes(to[0] * to[1]) + shape.output_sample,
            ..*shape
        };
        let mut input = vec![f32::NAN; shape.batch * shape.input_sample];
        for index in 0..shape.batch * shape.channels * height * width {
            let (image, position) = (index / (height * width), index % (height * width));
            let at = place(height * width, image % shape.channels, position);
            input[image / shape.channels * shape.input_sample + at] = numbers.next();
        }
        let mut output = vec![9.0; shape.batch * shape.output_sample];
        Upsample::new(isa, &shape, layout, &axes[0], &axes[1]).run(&input, &mut output);
        let each = |axis: &[Weighted], at: usize| -> Vec<(usize, f64)> {
            let tap = |tap: &Weighted| {
                (tap.positions[at] as usize, tap.weights.as_ref().map_or(1.0, |weights| weights[at].into()))
            };
            axis.iter().map(tap).collect()
        };
        for (sample, output) in output.chunks_exact(shape.output_sample).enumerate() {
            for index in 0..shape.channels * to[0] * to[1] {
                let (channel, y, x) = (index / (to[0] * to[1]), index / to[1] % to[0], index % to[1]);
                let mut wanted = 0.0;
                for (row, of_row) in each(&axes[0], y) {
                    for (column, of_column) in each(&axes[1], x) {
                        let at = place(height * width, channel, row * width + column);
                        wanted += f64::from(input[sample * shape.input_sample + at]) * of_row * of_column;
                    }
                }
                close(output[place(to[0] * to[1], channel, y * to[1] + x)], wanted, 8.0)?;
            }
            prop_assert!(output[sizes(to[0] * to[1])..].iter().all(|&number| number == 9.0));
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn weighted_means_by_hand(
            batch in 1..3usize, channels in 1..20usize, input in [1..12usize, 1..12usize], to in [1..24usize, 1..24usize],
            apart in 0..2usize, powers in [0..3u32, 0..3u32],
        ) {
            let shape = UpsampleShape { batch, channels, input, input_sample: apart, output_sample: 3 * apart };
            for isa in Isa::here() {
                for layout in [Layout::Planar, Layout::Blocked] {
                    check(isa, layout, &shape, to, powers.map(|power| 1 << power))?;
                }
            }
        }
    }

    #[test]
    fn large_ones_in_threads() {
        let shape =
            UpsampleShape { batch: 2, channels: 17, input: [30, 31], input_sample: 0, output_sample: 0 };
        for isa in Isa::here() {
            for layout in [Layout::Planar, Layout::Blocked] {
                for taps in [[1, 1], [2, 2]] {
                    in_threads(3, || check(isa, layout, &shape, [60, 61], taps)).unwrap();
                }
            }
        }
    }
}
