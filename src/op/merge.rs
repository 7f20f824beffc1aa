//! What the operators that join several inputs element by element share.

use super::{Arity, Cost, Reason, Term};
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
    if let Some(sizes) = stretched(first, other) {
        return reason.help(expansion(first, other, &sizes));
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

/// What to do where only sizes of 1 differ, to make both shapes these `sizes`.
fn expansion(first: &Shape, other: &Shape, sizes: &[u64]) -> Text {
    let expand = |shape: &Shape| {
        let sizes = sizes.iter().zip(shape.dims());
        let list = sizes.map(|(to, from)| if to == from { "-1".to_owned() } else { to.to_string() });
        let list = list.collect::<Vec<_>>().join(", ");
        text!(
            "`{{ op = \"expand\", shape = [{list}] }}` behind {shape}",
            "在 {shape} 之后加 `{{ op = \"expand\", shape = [{list}] }}`"
        )
    };
    let (english, chinese): (Vec<_>, Vec<_>) = [first, other]
        .into_iter()
        .filter(|shape| shape.dims() != sizes)
        .map(expand)
        .map(|text| (text.english, text.chinese))
        .unzip();
    let (english, chinese) = (english.join(" and "), chinese.join(","));
    text!("where the repetition is meant, put {english}", "若确实要重复,请{chinese}")
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
        let reason = |dims: &[&[u64]]| two_alike(&shapes(dims)).unwrap_err().to_string();
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
            "where the repetition is meant, put `{ op = \"expand\", shape = [160, -1, -1] }` behind 1×1×1"
        );
        assert_eq!(
            help([64, 1, 1], [1, 28, 28]),
            "where the repetition is meant, put `{ op = \"expand\", shape = [-1, 28, 28] }` behind 64×1×1 and \
             `{ op = \"expand\", shape = [64, -1, -1] }` behind 1×28×28"
        );
    }
}
