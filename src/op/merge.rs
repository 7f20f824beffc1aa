//! What operators share that join several inputs element by element.

use super::{Arity, Cost, Reason, Term};
use crate::counts::Kind;
use crate::shape::Shape;
use crate::text;
use crate::working::Working;

/// The first input and the others, of which there is at least one.
pub(super) fn several(inputs: &[Shape]) -> Result<(&Shape, &[Shape]), Reason> {
    match inputs {
        [first, rest @ ..] if !rest.is_empty() => Ok((first, rest)),
        _ => {
            let count = inputs.len();
            Err(Reason::new(text!(
                "takes two or more inputs, and gets {count}",
                "接受两个或更多输入,却得到 {count} 个"
            )))
        }
    }
}

/// The shape that two inputs share.
pub(super) fn two_alike(inputs: &[Shape]) -> Result<&Shape, Reason> {
    match inputs {
        [first, second] if first == second => Ok(first),
        [first, second] => Err(unequal(first, second)),
        _ => Err(Arity::TWO.mismatch(inputs.len())),
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
    match (first.image(), other.image()) {
        (Some(_), Some(_)) => reason.help(text!(
            "a 1×1 `conv2d` with the right `out_channels` and `stride` makes a shortcut fit",
            "在捷径上加一个 1×1 `conv2d`,设好 `out_channels` 和 `stride`,即可使形状一致"
        )),
        (_, _) => reason,
    }
}

/// The sizes that both shapes stretch to when sizes of 1 are repeated; `None` if there are none.
pub(super) fn stretched(a: &Shape, b: &Shape) -> Option<Vec<u64>> {
    let stretch = |(&a, &b): (&u64, &u64)| (a == b || a == 1 || b == 1).then_some(a.max(b));
    (a.rank() == b.rank()).then(|| a.dims().iter().zip(b.dims()).map(stretch).collect()).flatten()
}

/// One operation between each two of the inputs, for each element of the output.
pub(super) fn cost(kind: Kind, inputs: &[Shape], output: &Shape) -> Cost {
    let elements = Working::elements("output elements", output);
    let count = match inputs.len() {
        2 => elements,
        n => Working::named("inputs", n as u128).less(Working::Number(1)).by(elements),
    };
    Cost { terms: vec![Term::ops(kind, count)] }
}
