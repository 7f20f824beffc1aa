//! `concat`: tensors end to end along a dimension, as `torch.cat`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::settings::Dim;
use super::{Arity, Class, Definition, Operator, Reach, Reason, shape, size};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::Working;

/// The inputs end to end along one dimension; all other sizes are equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Concat {
    /// The dimension along which they are joined; channels are 1, and the last is -1.
    #[serde(default = "Dim::channels")]
    pub dim: Dim,
}

impl Definition for Concat {
    const EXAMPLE: &'static str = r#"{ op = "concat", from = ["1x1", "3x3", "5x5", "pool"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] =
        &[&[64, 28, 28], &[128, 28, 28], &[32, 28, 28], &[32, 28, 28]];
}

impl Operator for Concat {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [first, rest @ ..] = inputs else {
            return Err(Reason::new(text!("takes at least one input, and gets none", "至少需要一个输入")));
        };
        let axis = self.dim.axis("dim", first)?;
        for (other, number) in rest.iter().zip(2..) {
            check(first, other, number, axis)?;
        }
        let mut dims = first.dims().to_vec();
        dims[axis] = size(inputs.iter().map(|input| u128::from(input.dims()[axis])).sum())?;
        shape(dims)
    }

    fn resized(&self, inputs: &[Shape], output: &Shape) -> Vec<(usize, Working)> {
        match output.axis(self.dim.0) {
            Some(axis) if inputs.len() > 1 => {
                let sizes = inputs.iter().map(|input| Working::Number(input.dims()[axis].into()));
                vec![(axis, Working::Sum(sizes.collect()))]
            }
            Some(_) | None => vec![],
        }
    }

    fn arity(&self) -> Arity {
        Arity { least: 1, ..Arity::SEVERAL }
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (count, dim) = (inputs.len(), self.dim.0);
        Some(if dim == 1 {
            text!("concatenation of {count} tensors", "{count} 个张量的拼接")
        } else {
            text!(
                "concatenation of {count} tensors along dimension {dim}",
                "{count} 个张量沿第 {dim} 维的拼接"
            )
        })
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        // Along the dimension in which they stand behind one another, each has positions of its own.
        let joined = inputs[0].axis(self.dim.0);
        if joined == Some(0) || inputs.len() == 1 {
            Reach::Position
        } else {
            Reach::moving(&inputs[0], |dim| Some(dim) == joined)
        }
    }

    fn class(&self) -> Class {
        Class::Merge
    }
}

#[cfg(feature = "run")]
impl Reference for Concat {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        Tensor::cat(inputs, self.dim)?.contiguous()
    }
}

/// Whether `other`, input number `number`, has the sizes of `first` on all axes but `axis`.
fn check(first: &Shape, other: &Shape, number: usize, axis: usize) -> Result<(), Reason> {
    if first.rank() != other.rank() {
        return Err(Reason::new(text!(
            "inputs 1 and {number} differ in their number of dimensions: {first} and {other}",
            "第 1 个与第 {number} 个输入的维数不同:{first} 与 {other}"
        )));
    }
    let differing: Vec<Text> = (0..first.rank())
        .filter(|&index| index != axis && first.dims()[index] != other.dims()[index])
        .map(|index| difference(first, other, index))
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let list = Text::list(&differing);
    let dim = axis + 1;
    let reason = Reason::new(text!(
        "inputs 1 and {number} differ outside dimension {dim}: {list}",
        "第 1 个与第 {number} 个输入在第 {dim} 维以外不同:{list:#}"
    ));
    Err(match (first.rank(), axis) {
        (3, 0) => reason.help(text!(
            "an odd `kernel_size` at stride 1 keeps height and width with `padding` = (`kernel_size` − 1) / 2",
            "步幅为 1 且 `kernel_size` 为奇数时,取 `padding` = (`kernel_size` − 1) / 2 即可保持高和宽"
        )),
        _ => reason,
    })
}

/// What the sizes on axis `index` are called, and both of them.
fn difference(first: &Shape, other: &Shape, index: usize) -> Text {
    let (a, b) = (first.dims()[index], other.dims()[index]);
    match (first.rank(), index) {
        (3, 0) => text!("channels {a} and {b}", "通道 {a} 与 {b}"),
        (3, 1) => text!("height {a} and {b}", "高 {a} 与 {b}"),
        (3, 2) => text!("width {a} and {b}", "宽 {a} 与 {b}"),
        _ => {
            let dim = index + 1;
            text!("dimension {dim} is {a} and {b}", "第 {dim} 维 {a} 与 {b}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;
    use crate::working::Notation;

    fn concat(dim: i64, dims: &[&[u64]]) -> Result<Vec<u64>, Reason> {
        Concat { dim: Dim(dim) }.output(&shapes(dims)).map(|shape| shape.dims().to_vec())
    }

    fn reason(dim: i64, dims: &[&[u64]]) -> String {
        concat(dim, dims).unwrap_err().to_string()
    }

    #[test]
    fn the_end_of_googlenets_3a() {
        let inputs = shapes(Concat::EXAMPLE_INPUTS);
        let concat: Concat = toml::from_str("").unwrap();
        let output = concat.output(&inputs).unwrap();
        assert_eq!(output.dims(), [256, 28, 28]);
        assert_eq!(concat.cost(&inputs, &output).unwrap().terms, []);
        let (axis, working) = &concat.resized(&inputs, &output)[0];
        assert_eq!(*axis, 0);
        assert_eq!(working.substitution(Notation::Text), "64 + 128 + 32 + 32");
    }

    #[test]
    fn any_dimension_but_the_batch() {
        assert_eq!(concat(2, &[&[2, 1, 3], &[2, 4, 3]]), Ok(vec![2, 5, 3]));
        assert_eq!(concat(-1, &[&[2, 3], &[2, 4]]), Ok(vec![2, 7]));
        // As `torch.cat([x])`.
        assert_eq!(concat(1, &[&[2, 3]]), Ok(vec![2, 3]));
        assert_eq!(reason(0, &[&[3], &[4]]), "dimension 0 is the batch");
        assert_eq!(reason(4, &[&[2, 3, 3][..]; 2]), "there is no dimension 4 in 2×3×3");
    }

    #[test]
    fn other_sizes_are_equal() {
        assert_eq!(
            reason(1, &[&[16, 12, 12], &[24, 12, 12], &[24, 8, 8]]),
            "inputs 1 and 3 differ outside dimension 1: height 12 and 8, width 12 and 8"
        );
        let chinese = concat(1, &[&[16, 12, 12], &[24, 8, 8]]).unwrap_err().message.chinese;
        assert_eq!(chinese, "第 1 个与第 2 个输入在第 1 维以外不同:高 12 与 8、宽 12 与 8");
        assert_eq!(
            reason(-1, &[&[16, 12, 12], &[24, 12, 12]]),
            "inputs 1 and 2 differ outside dimension 3: channels 16 and 24"
        );
        assert_eq!(
            reason(1, &[&[197, 768], &[1, 512]]),
            "inputs 1 and 2 differ outside dimension 1: dimension 2 is 768 and 512"
        );
    }

    #[test]
    fn the_number_of_dimensions_is_equal() {
        assert_eq!(
            reason(1, &[&[16, 12, 12], &[24]]),
            "inputs 1 and 2 differ in their number of dimensions: 16×12×12 and 24"
        );
        assert_eq!(reason(1, &[]), "takes at least one input, and gets none");
    }

    #[test]
    fn a_size_that_is_too_large_is_shown_exactly() {
        assert_eq!(reason(1, &[&[1 << 53][..]; 2]), "the size 18014398509481984 is above 2^53");
        assert_eq!(reason(1, &vec![&[1 << 53][..]; 2048]), "the size 18446744073709551616 is above 2^53");
    }
}
