//! Elementwise functions of mathematics and logic, as `torch.erf` and the like. The table goes on here.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::elementwise::Computed;
use super::elementwise::{Elementwise, Steps};
#[cfg(feature = "run")]
use super::value;
use crate::counts::Kind::{Add, Cmp, Div, Exp};
use crate::op::Definition;
use crate::op::settings::finite;
use crate::working::Factor;

activations! {
    /// The error function: 2/√π · ∫ e^−t² dt from 0 to x.
    #[schemars(extend("x-zh" = "误差函数:2/√π · ∫ e^−t² dt,从 0 到 x"))]
    "erf" => ErrorFunction {},
    counts |_| &[(Exp, &[Factor::Erf])],
    computes |_, x| x.erf();

    /// The number with the other sign: −x, counted as a subtraction.
    #[schemars(extend("x-zh" = "相反数:−x,计一次减法"))]
    "neg" => Negative {},
    counts |_| &[(Add, &[Factor::Function])],
    computes |_, x| x.neg();

    /// One over the number: 1/x.
    #[schemars(extend("x-zh" = "倒数:1/x"))]
    "reciprocal" => Reciprocal {},
    counts |_| &[(Div, &[Factor::Reciprocal])],
    computes |_, x| x.recip();

    /// The largest whole number that is not above x; rounding counts as a comparison.
    #[schemars(extend("x-zh" = "向下取整:不大于 x 的最大整数;取整计一次比较"))]
    "floor" => Floor {},
    counts |_| &[(Cmp, &[Factor::Function])],
    computes |_, x| x.floor();

    /// The smallest whole number that is not below x; rounding counts as a comparison.
    #[schemars(extend("x-zh" = "向上取整:不小于 x 的最小整数;取整计一次比较"))]
    "ceil" => Ceiling {},
    counts |_| &[(Cmp, &[Factor::Function])],
    computes |_, x| x.ceil();

    /// The nearest whole number, the even one of two that are as near; rounding counts as a comparison.
    #[schemars(extend("x-zh" = "取最近的整数,两个同样近时取偶数;取整计一次比较"))]
    "round" => Round {},
    counts |_| &[(Cmp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::round_ties_even),
    holding 1;

    /// The sign: 1 above zero, −1 below, 0 at zero.
    #[schemars(extend("x-zh" = "符号:正数为 1,负数为 −1,零为 0"))]
    "sign" => Sign {},
    counts |_| &[(Cmp, &[Factor::Positive, Factor::BelowZero])],
    computes |_, x| x.sign();

    /// Like a hyperbolic tangent, and slower to its limits: x / (1 + |x|).
    #[schemars(extend("x-zh" = "类似双曲正切,但趋近极限更慢:x / (1 + |x|)"))]
    "softsign" => Softsign {},
    counts |_| &[(Add, &[Factor::OneMore]), (Div, &[Factor::Product]), (Cmp, &[Factor::Positive])],
    computes |_, x| x / x.abs()?.affine(1.0, 1.0)?,
    holding 2;

    /// x where it is above a threshold, otherwise another value.
    #[schemars(extend("x-zh" = "x 大于阈值时取 x,否则取另一值"))]
    "threshold" => Threshold {
        /// What x must be above.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "x 须大于的阈值"))]
        threshold: f64,
        /// What stands in place of the others.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "其余元素所取的值"))]
        value: f64,
    },
    example ", threshold = 0.1, value = 0",
    counts |_| &[(Cmp, &[Factor::Threshold])],
    computes |settings, x| value::threshold(x, settings.threshold, settings.value),
    holding 1;

    /// The tangent, of an angle in radians.
    #[schemars(extend("x-zh" = "正切,角度以弧度计"))]
    "tan" => Tangent {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| x.sin()? / x.cos()?,
    holding 2;

    /// The angle in radians whose sine is x.
    #[schemars(extend("x-zh" = "反正弦:正弦为 x 的角度,以弧度计"))]
    "asin" => ArcSine {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::asin),
    holding 1;

    /// The angle in radians whose cosine is x.
    #[schemars(extend("x-zh" = "反余弦:余弦为 x 的角度,以弧度计"))]
    "acos" => ArcCosine {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::acos),
    holding 1;

    /// The angle in radians whose tangent is x.
    #[schemars(extend("x-zh" = "反正切:正切为 x 的角度,以弧度计"))]
    "atan" => ArcTangent {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::atan),
    holding 1;

    /// The hyperbolic sine: (e^x − e^−x)/2.
    #[schemars(extend("x-zh" = "双曲正弦:(e^x − e^−x)/2"))]
    "sinh" => HyperbolicSine {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::sinh),
    holding 1;

    /// The hyperbolic cosine: (e^x + e^−x)/2.
    #[schemars(extend("x-zh" = "双曲余弦:(e^x + e^−x)/2"))]
    "cosh" => HyperbolicCosine {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::cosh),
    holding 1;

    /// The number whose hyperbolic sine is x.
    #[schemars(extend("x-zh" = "反双曲正弦"))]
    "asinh" => InverseHyperbolicSine {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::asinh),
    holding 1;

    /// The number whose hyperbolic cosine is x.
    #[schemars(extend("x-zh" = "反双曲余弦"))]
    "acosh" => InverseHyperbolicCosine {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::acosh),
    holding 1;

    /// The number whose hyperbolic tangent is x.
    #[schemars(extend("x-zh" = "反双曲正切"))]
    "atanh" => InverseHyperbolicTangent {},
    counts |_| &[(Exp, &[Factor::Function])],
    computes |_, x| value::each(x, f32::atanh),
    holding 1;

    /// 1 where x is 0, and 0 everywhere else: "not", of truths that are 0 and 1.
    #[schemars(extend("x-zh" = "逻辑非:x 为 0 处取 1,其余取 0"))]
    "logical_not" => LogicalNot {},
    counts |_| &[(Cmp, &[Factor::Function])],
    computes |_, x| x.eq(0f32)?.to_dtype(x.dtype()),
    holding 1;
}
