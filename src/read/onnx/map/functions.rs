//! Functions of each element that only attributes set apart.

use crate::op::Op;
use crate::op::activation::{
    Absolute, Approximate, ArcCosine, ArcSine, ArcTangent, Ceiling, Celu, Cosine, Elu, ErrorFunction,
    Exponential, Floor, Gelu, HardSwish, HyperbolicCosine, HyperbolicSine, InverseHyperbolicCosine,
    InverseHyperbolicSine, InverseHyperbolicTangent, LeakyRelu, Logarithm, LogicalNot, Mish, Negative,
    Reciprocal, Relu, Round, Sigmoid, Sign, Silu, Sine, Softplus, Softsign, SquareRoot, Tangent, Tanh,
    Threshold,
};
use crate::read::onnx::call::Call;

/// The function that an operator is; `None` if it is none of these.
#[expect(clippy::float_cmp, reason = "a factor that differs by however little is another function")]
pub(super) fn unary(call: &Call<'_>) -> Option<Op> {
    let alpha = |otherwise| call.float_or("alpha", otherwise);
    Some(match &*call.node.operator {
        "Relu" => Relu {}.into(),
        "LeakyRelu" => LeakyRelu { negative_slope: alpha(0.01) }.into(),
        "ThresholdedRelu" => Threshold { threshold: alpha(1.0), value: 0.0 }.into(),
        "Elu" => Elu { alpha: alpha(1.0) }.into(),
        "Celu" => Celu { alpha: alpha(1.0) }.into(),
        "Sigmoid" => Sigmoid {}.into(),
        "Tanh" => Tanh {}.into(),
        "Softplus" => Softplus::default().into(),
        "Softsign" => Softsign {}.into(),
        "HardSwish" => HardSwish {}.into(),
        "Mish" => Mish {}.into(),
        "Gelu" => {
            let approximate = match call.node.text("approximate") {
                Some("tanh") => Approximate::Tanh,
                _ => Approximate::None,
            };
            Gelu { approximate }.into()
        }
        "Swish" if alpha(1.0) == 1.0 => Silu {}.into(),
        "Exp" => Exponential {}.into(),
        "Log" => Logarithm {}.into(),
        "Sqrt" => SquareRoot {}.into(),
        "Abs" => Absolute {}.into(),
        "Erf" => ErrorFunction {}.into(),
        "Neg" => Negative {}.into(),
        "Reciprocal" => Reciprocal {}.into(),
        "Floor" => Floor {}.into(),
        "Ceil" => Ceiling {}.into(),
        "Round" => Round {}.into(),
        "Sign" => Sign {}.into(),
        "Not" => LogicalNot {}.into(),
        "Sin" => Sine {}.into(),
        "Cos" => Cosine {}.into(),
        "Tan" => Tangent {}.into(),
        "Asin" => ArcSine {}.into(),
        "Acos" => ArcCosine {}.into(),
        "Atan" => ArcTangent {}.into(),
        "Sinh" => HyperbolicSine {}.into(),
        "Cosh" => HyperbolicCosine {}.into(),
        "Asinh" => InverseHyperbolicSine {}.into(),
        "Acosh" => InverseHyperbolicCosine {}.into(),
        "Atanh" => InverseHyperbolicTangent {}.into(),
        _ => return None,
    })
}
