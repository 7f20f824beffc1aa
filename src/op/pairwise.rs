//! Functions of several tensors, element by element, as `torch.maximum`, `torch.where` and the like: one table, one entry for each.
//!
//! Truths are numbers here as everywhere: 1 for what is so, 0 for what is not; and what is not 0 is taken for true.

#[cfg(feature = "run")]
use candle_core::{DType, Device, Result as CandleResult, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Arity, Class, Cost, Definition, Operator, Reach, Reason, merge};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Two inputs.
const TWO: &[&[u64]] = &[&[64, 28, 28], &[64, 28, 28]];

/// A table of functions. An entry says what the function is, its name and that in Chinese, its type, how many inputs it takes and
/// where an example has them from, the kinds of operation that it takes one of, and what it computes of inputs with as many dimensions.
macro_rules! functions {
    ($(
        $(#[$about:meta])*
        $name:literal, $chinese:literal => $Type:ident,
        takes $arity:expr, from $from:literal of $inputs:expr,
        counts $kinds:expr,
        computes $value:expr,
        holding $copies:literal;
    )*) => {$(
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        $(#[$about])*
        #[serde(deny_unknown_fields)]
        pub struct $Type {
            /// Whether shapes that differ are stretched to one, as NumPy does it: from the last on, sizes of 1 are repeated, and so
            /// are those that are missing in front; the batch stays.
            #[serde(default)]
            #[schemars(extend("x-zh" = "形状不同时是否按 NumPy 规则扩展为同一形状:从最后一维起,重复尺寸为 1 的维度及前面缺少的维度;批次维不变"))]
            pub broadcast: bool,
        }

        impl Definition for $Type {
            const EXAMPLE: &'static str = concat!("{ op = \"", $name, "\", from = [", $from, "] }");
            const EXAMPLE_INPUTS: &'static [&'static [u64]] = $inputs;
        }

        impl Operator for $Type {
            fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
                let Arity { least, most } = $arity;
                if !(least..=most).contains(&inputs.len()) {
                    return Err($arity.mismatch(inputs.len()));
                }
                merge::alike(inputs, self.broadcast)
            }

            fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
                Ok(cost($kinds, $arity, inputs, output))
            }

            fn arity(&self) -> Arity {
                $arity
            }

            fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
                merge::reach(&inputs[index], output)
            }

            fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
                let words = text!($name, $chinese);
                Some(if self.broadcast { Text::phrase(&[words, merge::broadcasting()]) } else { words })
            }

            fn class(&self) -> Class {
                Class::Merge
            }
        }

        #[cfg(feature = "run")]
        impl Reference for $Type {
            fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> CandleResult<Tensor> {
                let value: fn(&[Tensor]) -> CandleResult<Tensor> = $value;
                value(&merge::lifted(&alike(inputs)?)?)
            }

            fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
                Workspace::copies($copies, inputs, output)
            }
        }
    )*};
}

functions! {
    /// The larger of two numbers, or the largest of several.
    #[schemars(extend("x-zh" = "两个数中较大者,或多个数中最大者"))]
    "maximum", "逐元素取最大值" => Maximum,
    takes Arity::SEVERAL, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| inputs[1..].iter().try_fold(inputs[0].clone(), |most, input| most.broadcast_maximum(input)),
    holding 1;

    /// The smaller of two numbers, or the smallest of several.
    #[schemars(extend("x-zh" = "两个数中较小者,或多个数中最小者"))]
    "minimum", "逐元素取最小值" => Minimum,
    takes Arity::SEVERAL, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| inputs[1..].iter().try_fold(inputs[0].clone(), |least, input| least.broadcast_minimum(input)),
    holding 1;

    /// The first input to the power of the second, whatever this is: one transcendental function.
    #[schemars(extend("x-zh" = "以第二个输入为指数的幂,计一次超越函数"))]
    "pow_tensor", "逐元素乘方" => PowTensor,
    takes Arity::TWO, from r#""base", "exponent""# of TWO,
    counts &[Kind::Exp],
    computes |inputs| each(inputs, f32::powf),
    holding 4;

    /// What is left when the first input is divided by the second, with the sign of the second: x − y · ⌊x/y⌋.
    #[schemars(extend("x-zh" = "第一个输入除以第二个输入的余数,符号同除数:x − y · ⌊x/y⌋"))]
    "remainder", "余数(符号同除数)" => Remainder,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Mul, Kind::Add, Kind::Div, Kind::Cmp],
    computes |inputs| each(inputs, remainder),
    holding 4;

    /// What is left when the first input is divided by the second, with the sign of the first, as C's `fmod`.
    #[schemars(extend("x-zh" = "第一个输入除以第二个输入的余数,符号同被除数,即 C 的 `fmod`"))]
    "fmod", "余数(符号同被除数)" => Fmod,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Mul, Kind::Add, Kind::Div, Kind::Cmp],
    computes |inputs| each(inputs, |x, y| x % y),
    holding 4;

    /// The second input where the first is true, that is, not 0, and the third elsewhere.
    #[schemars(extend("x-zh" = "第一个输入为真(不为 0)处取第二个输入,否则取第三个输入"))]
    "where", "按条件选取" => Where,
    takes Arity::THREE, from r#""condition", "a", "b""# of &[&[64, 28, 28], &[64, 28, 28], &[64, 28, 28]],
    counts &[Kind::Cmp],
    computes choose,
    holding 1;

    /// Whether two numbers are equal: 1 or 0.
    #[schemars(extend("x-zh" = "两数是否相等:1 或 0"))]
    "eq", "是否相等" => Equal,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&inputs[0].broadcast_eq(&inputs[1])?, inputs),
    holding 1;

    /// Whether two numbers are not equal: 1 or 0.
    #[schemars(extend("x-zh" = "两数是否不等:1 或 0"))]
    "ne", "是否不等" => NotEqual,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&inputs[0].broadcast_ne(&inputs[1])?, inputs),
    holding 1;

    /// Whether the first number is below the second: 1 or 0.
    #[schemars(extend("x-zh" = "第一个数是否小于第二个:1 或 0"))]
    "lt", "是否小于" => Less,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&inputs[0].broadcast_lt(&inputs[1])?, inputs),
    holding 1;

    /// Whether the first number is not above the second: 1 or 0.
    #[schemars(extend("x-zh" = "第一个数是否小于或等于第二个:1 或 0"))]
    "le", "是否小于或等于" => LessEqual,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&inputs[0].broadcast_le(&inputs[1])?, inputs),
    holding 1;

    /// Whether the first number is above the second: 1 or 0.
    #[schemars(extend("x-zh" = "第一个数是否大于第二个:1 或 0"))]
    "gt", "是否大于" => Greater,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&inputs[0].broadcast_gt(&inputs[1])?, inputs),
    holding 1;

    /// Whether the first number is not below the second: 1 or 0.
    #[schemars(extend("x-zh" = "第一个数是否大于或等于第二个:1 或 0"))]
    "ge", "是否大于或等于" => GreaterEqual,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&inputs[0].broadcast_ge(&inputs[1])?, inputs),
    holding 1;

    /// 1 where both inputs are true, that is, not 0, and 0 elsewhere.
    #[schemars(extend("x-zh" = "两个输入均为真(不为 0)处取 1,否则取 0"))]
    "logical_and", "逻辑与" => LogicalAnd,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&truth(&inputs[0])?.broadcast_minimum(&truth(&inputs[1])?)?, inputs),
    holding 1;

    /// 1 where at least one input is true, that is, not 0, and 0 elsewhere.
    #[schemars(extend("x-zh" = "至少一个输入为真(不为 0)处取 1,否则取 0"))]
    "logical_or", "逻辑或" => LogicalOr,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&truth(&inputs[0])?.broadcast_maximum(&truth(&inputs[1])?)?, inputs),
    holding 1;

    /// 1 where exactly one of two inputs is true, that is, not 0, and 0 elsewhere.
    #[schemars(extend("x-zh" = "恰有一个输入为真(不为 0)处取 1,否则取 0"))]
    "logical_xor", "逻辑异或" => LogicalXor,
    takes Arity::TWO, from r#""a", "b""# of TWO,
    counts &[Kind::Cmp],
    computes |inputs| number(&truth(&inputs[0])?.broadcast_ne(&truth(&inputs[1])?)?, inputs),
    holding 1;
}

/// One operation of each kind for each element of the output; of what takes any number of inputs, one fewer than there are.
fn cost(kinds: &[Kind], arity: Arity, inputs: &[Shape], output: &Shape) -> Cost {
    match kinds {
        [kind] if arity == Arity::SEVERAL => merge::cost(*kind, inputs, output),
        kinds => Cost::each(kinds, &Working::elements(Factor::OutputElements, output)),
    }
}

/// The inputs in one type: that of those that are no whole numbers, if they differ.
#[cfg(feature = "run")]
fn alike(inputs: &[Tensor]) -> CandleResult<Vec<Tensor>> {
    let is_float = |input: &&Tensor| input.dtype().is_float();
    let dtype = inputs.iter().find(is_float).map_or(DType::F32, Tensor::dtype);
    inputs.iter().map(|input| input.to_dtype(dtype)).collect()
}

/// Truths as candle has them, as numbers of the type of `inputs`.
#[cfg(feature = "run")]
fn number(truths: &Tensor, inputs: &[Tensor]) -> CandleResult<Tensor> {
    truths.to_dtype(inputs[0].dtype())
}

/// What is not 0, as candle's 8 bits.
#[cfg(feature = "run")]
fn truth(input: &Tensor) -> CandleResult<Tensor> {
    input.ne(0f32)
}

#[cfg(feature = "run")]
fn choose(inputs: &[Tensor]) -> CandleResult<Tensor> {
    let shape = inputs[0].shape().broadcast_shape_binary_op(inputs[1].shape(), "where")?;
    let shape = shape.broadcast_shape_binary_op(inputs[2].shape(), "where")?;
    let condition = truth(&inputs[0])?.broadcast_as(&shape)?;
    condition.where_cond(&inputs[1].broadcast_as(&shape)?, &inputs[2].broadcast_as(&shape)?)
}

/// The remainder that has the sign of what is divided by, as Python's `%`.
#[cfg(feature = "run")]
fn remainder(x: f32, y: f32) -> f32 {
    let rest = x % y;
    if rest != 0.0 && (rest < 0.0) != (y < 0.0) { rest + y } else { rest }
}

/// A function that candle has no kernel for, of each pair of numbers: wherever the tensors lie, it is computed on the CPU.
#[cfg(feature = "run")]
fn each(inputs: &[Tensor], function: fn(f32, f32) -> f32) -> CandleResult<Tensor> {
    let shape = inputs[0].shape().broadcast_shape_binary_op(inputs[1].shape(), "pairwise")?;
    let numbers =
        |input: &Tensor| input.to_dtype(DType::F32)?.broadcast_as(&shape)?.flatten_all()?.to_vec1::<f32>();
    let mut values = numbers(&inputs[0])?;
    values.iter_mut().zip(numbers(&inputs[1])?).for_each(|(x, y)| *x = function(*x, y));
    Tensor::from_vec(values, shape, inputs[0].device())?.to_dtype(inputs[0].dtype())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    #[test]
    fn shapes_are_stretched_where_that_is_meant() {
        let inputs = shapes(&[&[4, 1, 3], &[2, 1], &[3]]);
        let op = Where { broadcast: true };
        let output = op.output(&inputs).unwrap();
        assert_eq!(output.dims(), [4, 2, 3]);
        // One choice for each element, however many inputs there are.
        assert_eq!(op.cost(&inputs, &output).unwrap().work().unwrap().0.ops, Ops::of(Kind::Cmp, 24));
        let most = Maximum { broadcast: true };
        assert_eq!(most.cost(&inputs, &output).unwrap().work().unwrap().0.ops, Ops::of(Kind::Cmp, 48));
        assert!(Where::default().output(&inputs).unwrap_err().help.unwrap().english.contains("broadcast"));
    }

    #[test]
    fn each_has_its_number_of_inputs() {
        let reason =
            |op: &dyn Operator, count| op.output(&vec![shapes(&[&[6]])[0].clone(); count]).unwrap_err();
        assert_eq!(reason(&Where::default(), 2).to_string(), "takes three inputs, and gets 2");
        assert_eq!(reason(&Maximum::default(), 1).to_string(), "takes 2 or more inputs, and gets 1");
        assert_eq!(reason(&Less::default(), 3).to_string(), "takes two inputs, and gets 3");
    }
}
