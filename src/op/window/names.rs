//! What sizes along each axis are called: alike where they are alike, else each by its axis.

use crate::shape::Shape;
use crate::working::{Factor, Working};

use super::spatial_sizes;

/// What a setting is called that all axes share, and along depth, height and width.
const SETTINGS: [(Factor, [Factor; 3]); 4] = [
    (Factor::Kernel, [Factor::KernelDepth, Factor::KernelHeight, Factor::KernelWidth]),
    (Factor::Stride, [Factor::StrideDepth, Factor::StrideHeight, Factor::StrideWidth]),
    (Factor::Dilation, [Factor::DilationDepth, Factor::DilationHeight, Factor::DilationWidth]),
    (Factor::Padding, [Factor::PaddingDepth, Factor::PaddingHeight, Factor::PaddingWidth]),
];

/// The workings of an output's spatial sizes with what they are called: one for both axes of an image where they are alike.
pub(in crate::op) fn name_sizes(workings: Vec<Working>) -> Vec<(Factor, Working)> {
    let names: &[Factor] = match workings.as_slice() {
        [_] => &[Factor::OutputLength],
        [height, width] if height == width => &[Factor::OutputSquare],
        axes => last(axes.len(), &[Factor::OutputDepth, Factor::OutputHeight, Factor::OutputWidth]),
    };
    names.iter().copied().zip(along_axes(workings)).collect()
}

/// Workings of one axis each: the sizes in them are called by their axis, and settings where these are not the same.
pub(super) fn along_axes(workings: Vec<Working>) -> Vec<Working> {
    let differs = |name: Factor| workings.windows(2).any(|pair| pair[0].under(name) != pair[1].under(name));
    let apart: Vec<_> = SETTINGS.into_iter().filter(|&(shared, _)| differs(shared)).collect();
    let (count, first) = (workings.len(), 3usize.saturating_sub(workings.len()));
    let called = |index: usize, name: Factor| match (name, first + index) {
        (Factor::InSize, _) if count == 1 => Factor::InLength,
        (Factor::OutSize, _) if count == 1 => Factor::OutputLength,
        (Factor::InSize, 0) => Factor::InDepth,
        (Factor::InSize, 1) => Factor::InHeight,
        (Factor::InSize, _) => Factor::InWidth,
        (Factor::OutSize, 0) => Factor::OutputDepth,
        (Factor::OutSize, 1) => Factor::OutputHeight,
        (Factor::OutSize, _) => Factor::OutputWidth,
        (name, axis) => match apart.iter().find(|&&(shared, _)| shared == name) {
            Some((_, of_axes)) => of_axes.get(axis).copied().unwrap_or(name),
            None => name,
        },
    };
    let workings = workings.into_iter().enumerate();
    workings.map(|(index, working)| working.renamed(&|name| called(index, name))).collect()
}

/// The positions of an output as one factor: `output height·width = 28²`.
pub(in crate::op) fn positions(output: &Shape) -> Working {
    let names = [Factor::OutputLength, Factor::OutputArea, Factor::OutputVolume];
    named_positions(names, output)
}

/// The positions of an input as one factor: `input height·width = 28²`.
pub fn input_positions(input: &Shape) -> Working {
    named_positions([Factor::InputLength, Factor::InputArea, Factor::InputVolume], input)
}

fn named_positions([line, area, volume]: [Factor; 3], shape: &Shape) -> Working {
    let sizes = spatial_sizes(shape);
    let name = match sizes.len() {
        1 => line,
        2 => area,
        _ => volume,
    };
    Working::sizes(name, sizes)
}

/// The names of the last `axes` axes of three.
pub(super) fn last(axes: usize, names: &[Factor; 3]) -> &[Factor] {
    &names[names.len().saturating_sub(axes)..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use crate::working::Notation;

    #[test]
    fn what_differs_is_called_by_its_axis() {
        let size = |input: u128, kernel: u128| {
            Working::named(Factor::InSize, input)
                .and(Working::named(Factor::Padding, 0u128))
                .less(Working::named(Factor::Kernel, kernel))
        };
        let written = |workings: Vec<Working>| -> Vec<String> {
            let named = name_sizes(workings).into_iter();
            named.map(|(_, working)| working.in_letters(Language::English, Notation::Text)).collect()
        };
        assert_eq!(written(vec![size(28, 3), size(28, 3)]), ["H_in + P − K"]);
        assert_eq!(written(vec![size(28, 1), size(28, 7)]), ["H_in + P − K_h", "W_in + P − K_w"]);
        assert_eq!(written(vec![size(28, 3)]), ["L_in + P − K"]);
        let volume = written(vec![size(16, 3), size(28, 3), size(28, 3)]);
        assert_eq!(volume, ["Z_in + P − K", "H_in + P − K", "W_in + P − K"]);
    }
}
