//! What operators share that join several inputs element by element.

use super::{Cost, Reason, Term};
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
