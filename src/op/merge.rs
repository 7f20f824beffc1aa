//! What the operators that join several inputs element by element share.

#[cfg(feature = "run")]
use candle_core::{DType, Tensor};

use super::{Along, Arity, Cost, Look, Reach, Reason, Term, shape};
use crate::counts::Kind;
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// The first input and the others, of which there is at least one.
pub(super) fn several(inputs: &[Shape]) -> Result<(&Shape, &[Shape]), Reason> {
    match inputs {
        [first, rest @ ..] if !rest.is_empty() => Ok((first, rest)),
        _ => Err(Arity::SEVERAL.mismatch(inputs.len())),
    }
}

/// The shape that two inputs share, or are stretched to.
pub(super) fn two(inputs: &[Shape], broadcast: bool) -> Result<Shape, Reason> {
    match inputs {
        [_, _] => alike(inputs, broadcast),
        _ => Err(Arity::TWO.mismatch(inputs.len())),
    }
}

/// The shape that two or more inputs share; if they `broadcast`, the one that all of them are stretched to.
pub(super) fn alike(inputs: &[Shape], broadcast: bool) -> Result<Shape, Reason> {
    let (first, rest) = several(inputs)?;
    if broadcast {
        return rest.iter().try_fold(first.clone(), |so_far, input| stretch(&so_far, input));
    }
    match rest.iter().find(|other| *other != first) {
        Some(other) => Err(unequal(first, other)),
        None => Ok(first.clone()),
    }
}

/// PyTorch stretches sizes of 1 without a word, and what was meant as a shortcut then adds one channel to all.
pub(super) fn unequal(first: &Shape, other: &Shape) -> Reason {
    let message = if stretched(first, other).is_some() {
        text!(
            "{first} and {other} are not the same shape, and PyTorch would silently repeat the sizes of 1",
            "{first} 与 {other} 形状不同,而 PyTorch 会悄悄重复尺寸为 1 的维度"
        )
    } else {
        text!("{first} and {other} are not the same shape", "{first} 与 {other} 形状不同")
    };
    let reason = Reason::new(message);
    if let Ok(shape) = stretch(first, other) {
        return reason.help(meant(&shape));
    }
    match (first.image(), other.image()) {
        (Some(a), Some(b)) => reason.help(shortcut(a, b).or_else(|| shortcut(b, a)).unwrap_or_else(|| {
            text!(
                "a 1×1 `conv2d` with the right `out_channels` and `stride` makes a shortcut fit",
                "在捷径上加一个 1×1 `conv2d`,设好 `out_channels` 和 `stride`,即可使形状一致"
            )
        })),
        (_, _) => reason,
    }
}

/// What to do where shapes differ and are stretched to this one.
pub(super) fn meant(shape: &Shape) -> Text {
    text!(
        "where the repetition is meant, `broadcast = true` stretches both to {shape}",
        "若确实要重复,可用 `broadcast = true` 把两者扩展为 {shape}"
    )
}

/// The shape that two are stretched to by NumPy's rule: sizes are compared from the last on, the batch apart; those of 1, and
/// those that are missing in front, are repeated.
pub(super) fn stretch(a: &Shape, b: &Shape) -> Result<Shape, Reason> {
    let (longer, shorter) = if a.rank() >= b.rank() { (a, b) } else { (b, a) };
    let missing = longer.rank() - shorter.rank();
    let sizes = std::iter::repeat_n(&1, missing).chain(shorter.dims());
    let stretch = |(&a, &b): (&u64, &u64)| (a == b || a == 1 || b == 1).then_some(a.max(b));
    match longer.dims().iter().zip(sizes).map(stretch).collect() {
        Some(sizes) => shape(sizes),
        None => Err(Reason::new(text!(
            "{a} and {b} are not stretched to one shape: from the last on, sizes are equal, or one of them is 1",
            "{a} 与 {b} 无法扩展为同一形状:从最后一维起,尺寸须相同或其一为 1"
        ))),
    }
}

/// How the positions of an output look at those of an input that is stretched to it: of fewer dimensions, it stands at the end.
pub(super) fn reach(input: &Shape, output: &Shape) -> Reach {
    let missing = output.rank() - input.rank();
    if missing == 0 {
        return Reach::Position;
    }
    let sizes = input.dims().iter().zip(&output.dims()[missing..]).enumerate();
    let along = |(dim, (&from, &to)): (usize, (&u64, &u64))| {
        if from == to {
            Along { to: Some(dim + missing), look: Look::Same }
        } else {
            Along { to: None, look: Look::At(0) }
        }
    };
    Reach::Along(sizes.map(along).collect())
}

/// `inputs` with as many dimensions as the one that has the most, sizes of 1 behind the batch; and in the type of what are no
/// indices, where others are.
#[cfg(feature = "run")]
pub(super) fn lifted(inputs: &[Tensor]) -> candle_core::Result<Vec<Tensor>> {
    let most = inputs.iter().map(Tensor::rank).max().unwrap_or(0);
    let dtype = inputs.iter().map(Tensor::dtype).find(DType::is_float);
    let lift = |input: &Tensor| {
        let input = dtype.map_or_else(|| Ok(input.clone()), |dtype| input.to_dtype(dtype))?;
        (input.rank()..most).try_fold(input, |input, _| input.unsqueeze(1))
    };
    inputs.iter().map(lift).collect()
}

/// In words, that shapes are stretched.
pub(super) fn broadcasting() -> Text {
    text!("broadcast", "广播")
}

/// The 1×1 convolution that makes the image `from` fit `to`, as in ResNet, where one does: with fewer positions or more channels.
fn shortcut(to: [u64; 3], from: [u64; 3]) -> Option<Text> {
    let [(channels, height, width), (_, from_height, from_width)] = [to, from].map(|[c, h, w]| (c, h, w));
    let stride = from_height.div_ceil(height);
    // Further steps would skip what no shortcut is meant to.
    let is_step = stride <= 4;
    let fits = is_step && from_height.div_ceil(stride) == height && from_width.div_ceil(stride) == width;
    let grows = stride > 1 || channels > from[0];
    let strided = if stride > 1 { format!(", stride = {stride}") } else { String::new() };
    let ([c, h, w], settings) = (from, format!("out_channels = {channels}, kernel_size = 1{strided}"));
    (fits && grows).then(|| {
        text!(
            "a `conv2d` with `{settings}` makes {c}×{h}×{w} fit",
            "用 `conv2d`(`{settings}`)可使 {c}×{h}×{w} 与之一致"
        )
    })
}

/// The sizes that both shapes stretch to when sizes of 1 are repeated; `None` if there are none.
pub(super) fn stretched(a: &Shape, b: &Shape) -> Option<Vec<u64>> {
    let stretch = |(&a, &b): (&u64, &u64)| (a == b || a == 1 || b == 1).then_some(a.max(b));
    (a.rank() == b.rank()).then(|| a.dims().iter().zip(b.dims()).map(stretch).collect()).flatten()
}

/// For each element of the output, one operation fewer than there are inputs.
pub(super) fn cost(kind: Kind, inputs: &[Shape], output: &Shape) -> Cost {
    let elements = Working::elements(Factor::OutputElements, output);
    let count = match inputs.len() {
        2 => elements,
        n => Working::named(Factor::Inputs, n as u128).less(Working::Number(1)).by(elements),
    };
    Cost { terms: vec![Term::ops(kind, count)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    #[test]
    fn two_shapes_must_be_equal() {
        let reason = |dims: &[&[u64]]| two(&shapes(dims), false).unwrap_err().to_string();
        assert_eq!(reason(&[&[6]]), "takes two inputs, and gets 1");
        assert_eq!(reason(&[&[6], &[6], &[6]]), "takes two inputs, and gets 3");
        assert_eq!(reason(&[&[6], &[2, 3]]), "6 and 2×3 are not the same shape");
        assert_eq!(
            reason(&[&[6, 1], &[6, 4]]),
            "6×1 and 6×4 are not the same shape, and PyTorch would silently repeat the sizes of 1"
        );
    }

    #[test]
    fn the_convolution_of_a_shortcut_is_named() {
        let help = |first: [u64; 3], other: [u64; 3]| {
            let [first, other] = [first, other].map(|dims| Shape::new(dims.to_vec()).unwrap());
            unequal(&first, &other).help.unwrap().english
        };
        let strided = "a `conv2d` with `out_channels = 128, kernel_size = 1, stride = 2` makes 64×56×56 fit";
        assert_eq!(help([128, 28, 28], [64, 56, 56]), strided);
        assert_eq!(help([64, 56, 56], [128, 28, 28]), strided);
        assert_eq!(
            help([64, 56, 56], [256, 56, 56]),
            "a `conv2d` with `out_channels = 256, kernel_size = 1` makes 64×56×56 fit"
        );
        // 28 windows with stride 2 need 55 or 56 positions.
        assert!(help([64, 28, 28], [64, 54, 54]).starts_with("a 1×1 `conv2d` with the right"));
        assert!(help([64, 28, 28], [32, 1, 1]).starts_with("a 1×1 `conv2d` with the right"));
        // Where only sizes of 1 differ, no convolution is meant.
        assert_eq!(
            help([160, 1, 1], [1, 1, 1]),
            "where the repetition is meant, `broadcast = true` stretches both to 160×1×1"
        );
        assert!(help([64, 1, 1], [1, 28, 28]).ends_with("to 64×28×28"));
    }

    /// NumPy's documentation of broadcasting has these.
    #[test]
    fn shapes_are_stretched_from_the_last_size_on() {
        let stretched = |a: &[u64], b: &[u64]| {
            let [a, b] = [a, b].map(|dims| Shape::new(dims.to_vec()).unwrap());
            assert_eq!(stretch(&a, &b), stretch(&b, &a).map_err(|_| stretch(&a, &b).unwrap_err()));
            stretch(&a, &b).map(|shape| shape.dims().to_vec()).map_err(|reason| reason.to_string())
        };
        assert_eq!(stretched(&[256, 256, 3], &[3]), Ok(vec![256, 256, 3]));
        assert_eq!(stretched(&[8, 1, 6, 1], &[7, 1, 5]), Ok(vec![8, 7, 6, 5]));
        assert_eq!(stretched(&[15, 3, 5], &[15, 1, 5]), Ok(vec![15, 3, 5]));
        assert_eq!(stretched(&[], &[2, 3]), Ok(vec![2, 3]));
        let message =
            "3 and 4 are not stretched to one shape: from the last on, sizes are equal, or one of them is 1";
        assert_eq!(stretched(&[3], &[4]), Err(message.to_owned()));
        assert!(stretched(&[2, 1], &[8, 4, 3]).is_err());
        let most = crate::shape::LARGEST_SIZE;
        assert!(
            stretched(&[most, 1, 1], &[1, most, 1]).is_ok()
                && stretched(&[most, most, 1], &[1, 1, most]).is_err()
        );
    }
}
