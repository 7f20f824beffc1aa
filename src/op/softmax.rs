//! `softmax` and `log_softmax`, as `torch.nn.Softmax` and `torch.nn.LogSoftmax`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Dim;
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term, only};
#[cfg(feature = "run")]
use super::{Reference, Workspace, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// Numbers that sum to 1 along a dimension: e^x over the sum of all e^x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Softmax {
    /// The dimension along which they sum to 1; channels are 1, and the last is -1.
    #[serde(default = "Dim::channels")]
    pub dim: Dim,
}

/// The logarithm of a softmax: x less the logarithm of the sum of all e^x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogSoftmax {
    /// The dimension along which the softmax sums to 1; channels are 1, and the last is -1.
    #[serde(default = "Dim::channels")]
    pub dim: Dim,
}

impl Definition for Softmax {
    const EXAMPLE: &'static str = r#"{ op = "softmax" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[1000]];
}

impl Definition for LogSoftmax {
    const EXAMPLE: &'static str = r#"{ op = "log_softmax" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[1000]];
}

impl Operator for Softmax {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        same_shape(self.dim, inputs)
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let (groups, n) = groups(self.dim, output);
        Ok(cost(groups.as_ref(), &n))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let mixed = inputs[0].axis(self.dim.0);
        Reach::among(&inputs[0], |dim| Some(dim) == mixed)
    }

    fn class(&self) -> Class {
        Class::Softmax
    }
}

#[cfg(feature = "run")]
impl Reference for Softmax {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        candle_nn::ops::softmax(&inputs[0], self.dim)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        workspace(self.dim, &inputs[0])
    }
}

impl Operator for LogSoftmax {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        same_shape(self.dim, inputs)
    }

    /// As [`Softmax`], with the logarithm of the sum subtracted in place of the division: `3n − 1` additions.
    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let (groups, n) = groups(self.dim, output);
        let per_group = [
            (
                Kind::Add,
                Working::Sum(vec![differences(&n), sum(&n), n.clone().called(Factor::LogarithmSubtracted)]),
            ),
            (Kind::Cmp, less_one(n.clone())),
            (Kind::Exp, n.called(Factor::Exponentials).and(Working::named(Factor::Logarithm, 1u64))),
        ];
        Ok(in_all(groups.as_ref(), per_group))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let mixed = inputs[0].axis(self.dim.0);
        Reach::among(&inputs[0], |dim| Some(dim) == mixed)
    }

    fn class(&self) -> Class {
        Class::Softmax
    }
}

#[cfg(feature = "run")]
impl Reference for LogSoftmax {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        candle_nn::ops::log_softmax(&inputs[0], self.dim)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        workspace(self.dim, &inputs[0])
    }
}

fn same_shape(dim: Dim, inputs: &[Shape]) -> Result<Shape, Reason> {
    let input = only(inputs)?;
    dim.axis("dim", input)?;
    Ok(input.clone())
}

/// The subtraction of the largest from each of n.
fn differences(n: &Working) -> Working {
    n.clone().called(Factor::Differences)
}

fn sum(n: &Working) -> Working {
    less_one(n.clone()).called(Factor::Sum)
}

fn less_one(count: Working) -> Working {
    count.less(Working::Number(1))
}

/// A softmax of each of the groups of n numbers. The largest is subtracted beforehand, so that no e^x overflows: `n − 1`
/// comparisons find it, and `n` subtractions and the `n − 1` additions of the sum are `2n − 1`.
pub(super) fn cost(groups: Option<&Working>, n: &Working) -> Cost {
    let per_group = [
        (Kind::Add, differences(n).and(sum(n))),
        (Kind::Div, n.clone()),
        (Kind::Cmp, less_one(n.clone())),
        (Kind::Exp, n.clone()),
    ];
    in_all(groups, per_group)
}

/// The number of groups along `dim`, and the size of each. A single group (`None`) is left out of the working.
fn groups(dim: Dim, shape: &Shape) -> (Option<Working>, Working) {
    let axis = shape.axis(dim.0).expect("`output` has accepted the dimension");
    let mut others = shape.dims().to_vec();
    let size = others.remove(axis);
    if others.is_empty() {
        return (None, Working::named(Factor::OutputElements, size));
    }
    (Some(Working::sizes(Factor::Groups, &others)), Working::named(Factor::GroupSize, size))
}

/// The differences from the largest and their exponentials, and three numbers for each group.
#[cfg(feature = "run")]
fn workspace(dim: Dim, input: &Shape) -> Workspace {
    let size = input.axis(dim.0).map_or(1, |axis| input.dims()[axis]);
    let numbers = elements(input.dims());
    Workspace::of_sample(2 * numbers + 3 * (numbers / u128::from(size)))
}

/// The operations of one group, times the number of groups.
fn in_all<const N: usize>(groups: Option<&Working>, per_group: [(Kind, Working); N]) -> Cost {
    let term = |(kind, count): (Kind, Working)| {
        Term::ops(kind, groups.map_or(count.clone(), |groups| groups.clone().by(count)))
    };
    Cost { terms: per_group.into_iter().map(term).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::working::Notation;

    fn ops(operator: &impl Operator, dims: &[u64]) -> Ops {
        let shape = Shape::new(dims.to_vec()).unwrap();
        operator.cost(std::slice::from_ref(&shape), &shape).unwrap().work().unwrap().0.ops
    }

    #[test]
    fn the_classifier_of_imagenet() {
        let (softmax, log_softmax) = (Softmax { dim: Dim(1) }, LogSoftmax { dim: Dim(-1) });
        let expected = Ops { mul: 0, add: 1999, div: 1000, cmp: 999, exp: 1000 };
        assert_eq!(ops(&softmax, &[1000]), expected);
        let expected = Ops { mul: 0, add: 2999, div: 0, cmp: 999, exp: 1001 };
        assert_eq!(ops(&log_softmax, &[1000]), expected);
    }

    #[test]
    fn every_position_is_a_group() {
        // Segmentation into 21 classes: 8·8 groups of 21.
        let expected = Ops { mul: 0, add: 64 * 41, div: 64 * 21, cmp: 64 * 20, exp: 64 * 21 };
        assert_eq!(ops(&Softmax { dim: Dim(1) }, &[21, 8, 8]), expected);
        // One class takes no comparison; its only addition is the subtraction of itself.
        assert_eq!(ops(&Softmax { dim: Dim(1) }, &[1]), Ops { mul: 0, add: 1, div: 1, cmp: 0, exp: 1 });
    }

    #[test]
    fn the_working_reads_by_groups() {
        let workings = |operator: &dyn Operator, dims: &[u64]| -> Vec<[String; 2]> {
            let shape = Shape::new(dims.to_vec()).unwrap();
            let cost = operator.cost(std::slice::from_ref(&shape), &shape).unwrap();
            let both =
                |working: &Working| [working.formula(Notation::Text), working.substitution(Notation::Text)];
            cost.terms.iter().map(|term| both(&term.nominal)).collect()
        };
        let add = &workings(&Softmax { dim: Dim(1) }, &[21, 8, 8])[0];
        assert_eq!(add, &["groups · (differences + sum)", "8²·(21 + 21 − 1)"]);
        let add = &workings(&LogSoftmax { dim: Dim(1) }, &[10])[0];
        assert_eq!(add, &["differences + sum + logarithm subtracted", "10 + 10 − 1 + 10"]);
    }

    #[test]
    fn the_batch_is_no_dimension_for_it() {
        let softmax: Softmax = toml::from_str("dim = 0").unwrap();
        let reason = softmax.output(&[Shape::new(vec![10]).unwrap()]).unwrap_err();
        assert_eq!(reason.to_string(), "dimension 0 is the batch");
        assert_eq!(reason.setting, Some("dim"));
    }

    #[test]
    fn counts_that_do_not_fit_are_an_error() {
        let shape = Shape::new(vec![1 << 53, 1 << 53, 1 << 21]).unwrap();
        let cost = LogSoftmax { dim: Dim(1) }.cost(&[], &shape).unwrap();
        assert_eq!(cost.work(), Err(Overflow));
    }
}
