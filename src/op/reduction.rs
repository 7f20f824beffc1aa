//! Reductions over whole dimensions: `mean`, `sum`, `prod`, `max`, `min`, `logsumexp` and `norm`, as `torch.mean`, `torch.sum`,
//! `torch.prod`, `torch.amax`, `torch.amin`, `torch.logsumexp` and `torch.linalg.vector_norm`. One table, one entry for each.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::argmax::{ArgMax, ArgMin};
use super::settings::{Dim, above_zero, one_or_more, one_or_more_schema};
use super::{Along, Class, Cost, Definition, Look, Op, Operator, Purpose, Reach, Reason, Term, only, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

#[cfg(test)]
mod tests;

/// A table of reductions. An entry says what the reduction is, its name, its type with the settings it has beside `dim` and
/// `keepdim`, what it takes of its values, what it computes over dimensions that stay with a size of 1, and what it holds meanwhile.
macro_rules! reductions {
    ($(
        $(#[$about:meta])*
        $name:literal => $Type:ident {
            $($(#[$setting_about:meta])* $setting:ident: $SettingType:ty,)*
        },
        counts $terms:expr,
        computes $value:expr,
        holding $held:expr;
    )*) => {$(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        $(#[$about])*
        #[serde(deny_unknown_fields)]
        pub struct $Type {
            /// The dimensions that are reduced; channels are 1, and the last is -1.
            #[serde(deserialize_with = "one_or_more")]
            #[schemars(schema_with = "one_or_more_schema")]
            #[schemars(extend("x-zh" = "被归约的维度;通道为 1,最后一维为 -1"))]
            pub dim: Vec<Dim>,
            /// Whether each of them stays, with a size of 1.
            #[serde(default)]
            #[schemars(extend("x-zh" = "这些维度是否保留为尺寸 1"))]
            pub keepdim: bool,
            $($(#[$setting_about])* pub $setting: $SettingType,)*
        }

        impl Definition for $Type {
            const EXAMPLE: &'static str = concat!("{ op = \"", $name, "\", dim = [2, 3] }");
            const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[1024, 7, 7]];
        }

        impl Operator for $Type {
            fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
                output(&self.dim, self.keepdim, only(inputs)?)
            }

            fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
                let terms: fn(&Self, &Parts) -> Vec<Term> = $terms;
                Ok(Cost { terms: terms(self, &Parts::new(&self.dim, &inputs[0], output)) })
            }

            fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
                reach_of(&self.dim, self.keepdim, &inputs[0])
            }

            fn class(&self) -> Class {
                Class::Pooling
            }
        }

        #[cfg(feature = "run")]
        impl Reference for $Type {
            fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
                let value: fn(&Self, &Tensor, &[usize]) -> candle_core::Result<Tensor> = $value;
                let dims = indices(&self.dim, &inputs[0])?;
                let reduced = value(self, &inputs[0], &dims)?;
                if self.keepdim { Ok(reduced) } else { dims.iter().rev().try_fold(reduced, |sum, &dim| sum.squeeze(dim)) }
            }

            fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
                let held: fn(&Self, &Shape, &Shape) -> u128 = $held;
                Workspace::of_sample(held(self, &inputs[0], output))
            }
        }
    )*};
}

reductions! {
    /// Mean over whole dimensions; `[2, 3]` is that of each channel.
    #[schemars(extend("x-zh" = "对整个维度取平均;`[2, 3]` 即对每个通道取平均"))]
    "mean" => Mean {},
    counts |_, parts| vec![parts.all_but_one(Kind::Add, Factor::Values), parts.each_output(Kind::Div)],
    computes |_, x, dims| x.mean_keepdim(dims),
    // The sum, while it is divided, and as much beside.
    holding |_, _, output| 2 * elements(output.dims());

    /// Sum over whole dimensions; `[2, 3]` is that of each channel.
    #[schemars(extend("x-zh" = "对整个维度求和;`[2, 3]` 即对每个通道求和"))]
    "sum" => Sum {},
    counts |_, parts| vec![parts.all_but_one(Kind::Add, Factor::Reduced)],
    computes |_, x, dims| x.sum_keepdim(dims),
    holding |_, _, _| 0;

    /// Largest value over whole dimensions; `[2, 3]` is that of each channel.
    #[schemars(extend("x-zh" = "对整个维度取最大值;`[2, 3]` 即对每个通道取最大值"))]
    "max" => Max {},
    counts |_, parts| vec![parts.all_but_one(Kind::Cmp, Factor::Reduced)],
    computes |_, x, dims| dims.iter().rev().try_fold(x.clone(), |max, &dim| max.max_keepdim(dim)),
    holding |settings, input, _| between(&settings.dim, input);

    /// Smallest value over whole dimensions; `[2, 3]` is that of each channel.
    #[schemars(extend("x-zh" = "对整个维度取最小值;`[2, 3]` 即对每个通道取最小值"))]
    "min" => Min {},
    counts |_, parts| vec![parts.all_but_one(Kind::Cmp, Factor::Reduced)],
    computes |_, x, dims| dims.iter().rev().try_fold(x.clone(), |min, &dim| min.min_keepdim(dim)),
    holding |settings, input, _| between(&settings.dim, input);

    /// Product over whole dimensions; `[2, 3]` is that of each channel.
    #[schemars(extend("x-zh" = "对整个维度求积;`[2, 3]` 即对每个通道求积"))]
    "prod" => Prod {},
    counts |_, parts| vec![parts.all_but_one(Kind::Mul, Factor::Reduced)],
    computes |_, x, dims| dims.iter().try_fold(x.clone(), |rest, &dim| product_along(&rest, dim)),
    holding |_, input, _| 2 * elements(input.dims());

    /// Logarithm of the sum of exponentials over whole dimensions, ln(Σ e^x), computed from the differences to the largest.
    #[schemars(extend("x-zh" = "整个维度上指数之和的对数,ln(Σ e^x),由与最大值之差算出"))]
    "logsumexp" => LogSumExp {},
    // The largest is added again at the end: with it, the additions are as many as the values.
    counts |_, parts| vec![
        parts.each_input_in(Kind::Add, &[Factor::Differences, Factor::Sum]),
        parts.all_but_one(Kind::Cmp, Factor::Reduced),
        parts.each_input(Kind::Exp),
        parts.each_output(Kind::Exp).purpose(Purpose::Logarithm),
    ],
    computes |_, x, dims| {
        let most = dims.iter().rev().try_fold(x.clone(), |max, &dim| max.max_keepdim(dim))?;
        x.broadcast_sub(&most)?.exp()?.sum_keepdim(dims)?.log()? + most
    },
    holding |settings, input, output| {
        between(&settings.dim, input).max(2 * elements(input.dims())) + 3 * elements(output.dims())
    };

    /// The p-norm over whole dimensions, (Σ |x|^p)^(1/p): with p = 2 the length of a vector, with p = 1 the sum of what is
    /// without its sign.
    #[schemars(extend("x-zh" = "整个维度上的 p-范数,(Σ |x|^p)^(1/p):p = 2 时为向量的长度,p = 1 时为绝对值之和"))]
    "norm" => Norm {
        /// The power p, above 0.
        #[serde(default = "two", deserialize_with = "above_zero")]
        #[schemars(extend("exclusiveMinimum" = 0))]
        #[schemars(extend("x-zh" = "幂 p,大于 0"))]
        p: f64,
    },
    counts |settings, parts| {
        let sum = parts.all_but_one(Kind::Add, Factor::Reduced);
        let absolute = || parts.each_input(Kind::Cmp).purpose(Purpose::Absolute);
        let power = |kind| parts.each_input(kind).purpose(Purpose::Power);
        let root = || parts.each_output(Kind::Exp).purpose(Purpose::Root);
        match settings.power() {
            Power::One => vec![sum, absolute()],
            Power::Two => vec![power(Kind::Mul), sum, root()],
            Power::Other => vec![sum, absolute(), power(Kind::Exp), root()],
        }
    },
    computes |settings, x, dims| match settings.power() {
        Power::One => x.abs()?.sum_keepdim(dims),
        Power::Two => x.sqr()?.sum_keepdim(dims)?.sqrt(),
        Power::Other => x.abs()?.powf(settings.p)?.sum_keepdim(dims)?.powf(1.0 / settings.p),
    },
    // The absolute values or the squares; the powers beside what they are taken of; and the sums, while their root is taken.
    holding |settings, input, output| {
        let [input, output] = [input, output].map(|shape| elements(shape.dims()));
        match settings.power() {
            Power::One => input,
            Power::Two => input + output,
            Power::Other => 2 * input + output,
        }
    };
}

/// Whether an operator that is a reduction, or takes something of whole dimensions as these do, keeps the dimensions that it reduces;
/// `None` of any other.
pub fn keeps_reduced(op: &Op) -> Option<bool> {
    if let Op::Mean(Mean { keepdim, .. })
    | Op::Sum(Sum { keepdim, .. })
    | Op::Prod(Prod { keepdim, .. })
    | Op::Max(Max { keepdim, .. })
    | Op::Min(Min { keepdim, .. })
    | Op::LogSumExp(LogSumExp { keepdim, .. })
    | Op::Norm(Norm { keepdim, .. })
    | Op::ArgMax(ArgMax { keepdim, .. })
    | Op::ArgMin(ArgMin { keepdim, .. }) = op
    {
        Some(*keepdim)
    } else {
        matches!(op, Op::TopK(_) | Op::CumSum(_)).then_some(true)
    }
}

/// Which dimensions of an input that it has accepted a reduction reduces; `None` of any other operator.
#[cfg(feature = "run")]
pub(crate) fn dims(op: &Op, input: &Shape) -> Option<Vec<bool>> {
    let (Op::Mean(Mean { dim, .. })
    | Op::Sum(Sum { dim, .. })
    | Op::Prod(Prod { dim, .. })
    | Op::Max(Max { dim, .. })
    | Op::Min(Min { dim, .. })
    | Op::LogSumExp(LogSumExp { dim, .. })
    | Op::Norm(Norm { dim, .. })) = op
    else {
        return None;
    };
    Some(accepted(dim, input))
}

/// What the power of a norm is, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// 1, which needs no powers.
    One,
    /// 2, which needs no absolute values.
    Two,
    /// Any other.
    Other,
}

impl Norm {
    /// What its power is.
    #[expect(clippy::float_cmp, reason = "only exactly 1 and exactly 2 are computed otherwise")]
    pub fn power(&self) -> Power {
        if self.p == 1.0 {
            Power::One
        } else if self.p == 2.0 {
            Power::Two
        } else {
            Power::Other
        }
    }
}

/// What is left of a sample after the first of its dimensions, and after the second, of which one is made of the other; what is
/// left after the last is the output.
#[cfg(feature = "run")]
fn between(dims: &[Dim], input: &Shape) -> u128 {
    let is_reduced = accepted(dims, input);
    let mut sizes = input.dims().to_vec();
    let mut left = vec![];
    for index in (0..sizes.len()).rev().filter(|&index| is_reduced[index]) {
        sizes[index] = 1;
        left.push(elements(&sizes));
    }
    left.pop();
    left.iter().take(2).sum()
}

/// The product along a dimension, which stays with a size of 1: again and again of its two halves.
#[cfg(feature = "run")]
fn product_along(x: &Tensor, dim: usize) -> candle_core::Result<Tensor> {
    let mut rest = x.clone();
    loop {
        let size = rest.dim(dim)?;
        let half = size / 2;
        if half == 0 {
            return rest.contiguous();
        }
        let product = (rest.narrow(dim, 0, half)? * rest.narrow(dim, half, half)?)?;
        rest = if size % 2 == 0 {
            product
        } else {
            Tensor::cat(&[product, rest.narrow(dim, size - 1, 1)?], dim)?
        };
    }
}

fn two() -> f64 {
    2.0
}

/// What the terms of a reduction are made of.
struct Parts {
    /// Elements of the input, each of which is taken once.
    input: Working,
    /// Sizes of the dimensions that are reduced.
    reduced: Vec<u64>,
    /// Elements of the output.
    output: Working,
}

impl Parts {
    fn new(dims: &[Dim], input: &Shape, output: &Shape) -> Self {
        let sizes = input.dims().iter().zip(accepted(dims, input));
        Self {
            input: Working::elements(Factor::InputElements, input),
            reduced: sizes.filter(|&(_, is_reduced)| is_reduced).map(|(&size, _)| size).collect(),
            output: Working::elements(Factor::OutputElements, output),
        }
    }

    fn each_input(&self, kind: Kind) -> Term {
        Term::ops(kind, self.input.clone())
    }

    /// For each element of the input these steps, of one operation each.
    fn each_input_in(&self, kind: Kind, steps: &[Factor]) -> Term {
        let steps: Vec<_> = steps.iter().map(|&step| (step, 1)).collect();
        Term::ops(kind, Working::steps(&steps).by(self.input.clone()))
    }

    fn each_output(&self, kind: Kind) -> Term {
        Term::ops(kind, self.output.clone())
    }

    /// For each element of the output as many as it has values, which are called so, but for one.
    fn all_but_one(&self, kind: Kind, values: Factor) -> Term {
        let steps = Working::sizes(values, &self.reduced).less(Working::Number(1));
        Term::ops(kind, self.output.clone().by(steps))
    }
}

pub(super) fn output(dims: &[Dim], keepdim: bool, input: &Shape) -> Result<Shape, Reason> {
    let is_reduced = reduced(dims, input)?;
    let sizes = input.dims().iter().zip(is_reduced);
    shape(if keepdim {
        sizes.map(|(&size, is_reduced)| if is_reduced { 1 } else { size }).collect()
    } else {
        sizes.filter(|&(_, is_reduced)| !is_reduced).map(|(&size, _)| size).collect()
    })
}

fn reach(is_reduced: &[bool], keepdim: bool) -> Reach {
    let mut left = 0..;
    let along = |&is_reduced: &bool| Along {
        to: if is_reduced && !keepdim { None } else { left.next() },
        look: if is_reduced { Look::All } else { Look::Same },
    };
    Reach::Along(is_reduced.iter().map(along).collect())
}

/// How what is reduced of an input that has been accepted is looked at.
pub(super) fn reach_of(dims: &[Dim], keepdim: bool, input: &Shape) -> Reach {
    reach(&accepted(dims, input), keepdim)
}

/// Of each dimension of `input`, whether it is reduced.
fn reduced(dims: &[Dim], input: &Shape) -> Result<Vec<bool>, Reason> {
    if dims.is_empty() {
        let reason = text!("`dim` names no dimension", "`dim` 没有列出任何维度");
        return Err(Reason::new(reason)
            .at("dim")
            .help(text!("`dim = [2, 3]` is height and width", "`dim = [2, 3]` 即高和宽")));
    }
    let mut reduced = vec![false; input.rank()];
    for &dim in dims {
        let axis = dim.axis("dim", input)?;
        if std::mem::replace(&mut reduced[axis], true) {
            let number = axis + 1;
            return Err(Reason::new(text!(
                "`dim` names dimension {number} of {input} more than once",
                "`dim` 多次列出了 {input} 的第 {number} 维"
            ))
            .at("dim"));
        }
    }
    Ok(reduced)
}

/// The same of an input that has been accepted.
fn accepted(dims: &[Dim], input: &Shape) -> Vec<bool> {
    reduced(dims, input).expect("`output` has accepted the dimensions")
}

/// The dimensions among those of `input`, batch included, in order.
#[cfg(feature = "run")]
fn indices(dims: &[Dim], input: &Tensor) -> candle_core::Result<Vec<usize>> {
    let index = |dim: &Dim| candle_core::shape::Dim::to_index(dim, input.shape(), "reduction");
    let mut indices: Vec<usize> = dims.iter().map(index).collect::<candle_core::Result<_>>()?;
    indices.sort_unstable();
    Ok(indices)
}
