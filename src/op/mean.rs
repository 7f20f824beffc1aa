//! `mean`: the mean over whole dimensions, as `torch.mean`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{Dim, one_or_more, one_or_more_schema};
use super::{Along, Class, Cost, Definition, Look, Operator, Reach, Reason, Term, only, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// Mean over whole dimensions; `[2, 3]` is that of each channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "对整个维度取平均;`[2, 3]` 即对每个通道取平均"))]
pub struct Mean {
    /// The dimensions over which the mean is taken; channels are 1, and the last is -1.
    #[serde(deserialize_with = "one_or_more")]
    #[schemars(schema_with = "one_or_more_schema")]
    #[schemars(extend("x-zh" = "取平均的维度;通道为 1,最后一维为 -1"))]
    pub dim: Vec<Dim>,
    /// Whether each of them stays, with a size of 1.
    #[serde(default)]
    #[schemars(extend("x-zh" = "这些维度是否保留为尺寸 1"))]
    pub keepdim: bool,
}

impl Definition for Mean {
    const EXAMPLE: &'static str = r#"{ op = "mean", dim = [2, 3] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[1024, 7, 7]];
}

impl Operator for Mean {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let is_reduced = self.reduced(input)?;
        let sizes = input.dims().iter().zip(is_reduced);
        shape(if self.keepdim {
            sizes.map(|(&size, is_reduced)| if is_reduced { 1 } else { size }).collect()
        } else {
            sizes.filter(|&(_, is_reduced)| !is_reduced).map(|(&size, _)| size).collect()
        })
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let is_reduced = self.reduced(&inputs[0]).expect("`output` has accepted the dimensions");
        let sizes = inputs[0].dims().iter().zip(is_reduced);
        let reduced: Vec<u64> = sizes.filter(|&(_, is_reduced)| is_reduced).map(|(&size, _)| size).collect();
        let elements = Working::elements(Factor::OutputElements, output);
        let sums = elements.clone().by(Working::sizes(Factor::Values, &reduced).less(Working::Number(1)));
        Ok(Cost { terms: vec![Term::ops(Kind::Add, sums), Term::ops(Kind::Div, elements)] })
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let is_reduced = self.reduced(&inputs[0]).expect("`output` has accepted the dimensions");
        let mut left = 0..;
        let along = |is_reduced| Along {
            to: if is_reduced && !self.keepdim { None } else { left.next() },
            look: if is_reduced { Look::All } else { Look::Same },
        };
        Reach::Along(is_reduced.into_iter().map(along).collect())
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl Reference for Mean {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let mut dims: Vec<usize> = self
            .dim
            .iter()
            .map(|dim| candle_core::shape::Dim::to_index(dim, input.shape(), "mean"))
            .collect::<candle_core::Result<_>>()?;
        dims.sort_unstable();
        if self.keepdim { input.mean_keepdim(dims) } else { input.mean(dims) }
    }

    /// The sum, while it is divided, and as much beside.
    fn workspace(&self, _inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::of_sample(2 * elements(output.dims()))
    }
}

impl Mean {
    /// Of each dimension of `input`, whether the mean is taken over it.
    fn reduced(&self, input: &Shape) -> Result<Vec<bool>, Reason> {
        if self.dim.is_empty() {
            let reason = text!("`dim` names no dimension", "`dim` 没有列出任何维度");
            return Err(Reason::new(reason).at("dim").help(text!(
                "`dim = [2, 3]` is the mean over height and width",
                "`dim = [2, 3]` 是对高和宽取平均"
            )));
        }
        let mut reduced = vec![false; input.rank()];
        for &dim in &self.dim {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::working::Notation;

    fn mean(dims: &[i64], keepdim: bool) -> Mean {
        Mean { dim: dims.iter().map(|&dim| Dim(dim)).collect(), keepdim }
    }

    fn output(dims: &[i64], keepdim: bool, input: &[u64]) -> Result<Vec<u64>, Reason> {
        mean(dims, keepdim).output(&[Shape::new(input.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn the_end_of_shufflenet() {
        let inputs = [Shape::new(vec![1024, 7, 7]).unwrap()];
        let mean: Mean = toml::from_str("dim = [2, 3]").unwrap();
        let output = mean.output(&inputs).unwrap();
        assert_eq!(output.dims(), [1024]);
        let cost = mean.cost(&inputs, &output).unwrap();
        let sums = &cost.terms[0].nominal;
        assert_eq!(sums.formula(Notation::Text), "output elements · (values − 1)");
        assert_eq!(sums.substitution(Notation::Text), "1,024·(7² − 1)");
        assert_eq!(cost.work().unwrap().0.ops, Ops { add: 1024 * 48, div: 1024, ..Ops::default() });
    }

    #[test]
    fn dimensions_may_stay() {
        assert_eq!(output(&[-1, 2], true, &[3, 2, 4]), Ok(vec![3, 1, 1]));
        assert_eq!(output(&[1], false, &[3, 2, 4]), Ok(vec![2, 4]));
        assert_eq!(output(&[3, 1, 2], false, &[3, 2, 4]), Ok(vec![]));
    }

    #[test]
    fn dimensions_are_named_once_and_not_the_batch() {
        let reason = |dims: &[i64]| {
            let reason = output(dims, false, &[3, 2, 4]).unwrap_err();
            assert_eq!(reason.setting, Some("dim"));
            reason.to_string()
        };
        assert_eq!(reason(&[3, -1]), "`dim` names dimension 3 of 3×2×4 more than once");
        assert_eq!(reason(&[0, 1]), "dimension 0 is the batch");
        assert_eq!(reason(&[4]), "there is no dimension 4 in 3×2×4");
        assert_eq!(reason(&[]), "`dim` names no dimension");
    }

    #[test]
    fn the_mean_of_one_value_is_only_divided() {
        let inputs = [Shape::new(vec![3, 1]).unwrap()];
        let (work, _) =
            mean(&[2], false).cost(&inputs, &Shape::new(vec![3]).unwrap()).unwrap().work().unwrap();
        assert_eq!((work.ops.add, work.ops.div), (0, 3));
    }
}
