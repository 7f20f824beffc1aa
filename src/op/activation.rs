//! Elementwise functions, as `torch.nn.ReLU` and the like: one table, one entry for each.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{finite, finite_if_any};
use super::{Definition, Reason};
use crate::counts::Kind::{Add, Cmp, Div, Exp, Mul};
use crate::text;
use crate::working::Factor;

#[macro_use]
mod elementwise;
mod functions;
#[cfg(test)]
mod tests;
#[cfg(feature = "run")]
mod value;

#[cfg(feature = "run")]
use elementwise::Computed;
pub(super) use elementwise::per_element;
use elementwise::{Elementwise, Steps};
pub use functions::{
    ArcCosine, ArcSine, ArcTangent, Ceiling, ErrorFunction, Floor, HyperbolicCosine, HyperbolicSine,
    InverseHyperbolicCosine, InverseHyperbolicSine, InverseHyperbolicTangent, LogicalNot, Negative,
    Reciprocal, Round, Sign, Softsign, Tangent, Threshold,
};

activations! {
    /// Rectified linear unit: max(x, 0).
    #[schemars(extend("x-zh" = "修正线性单元:max(x, 0)"))]
    "relu" => Relu {},
    counts |_| &[(Cmp, &[Factor::Positive])],
    computes |_, x| x.relu();

    /// Rectified linear unit cut off at 6: min(max(x, 0), 6).
    #[schemars(extend("x-zh" = "上限为 6 的修正线性单元:min(max(x, 0), 6)"))]
    "relu6" => Relu6 {},
    counts |_| &[(Cmp, &[Factor::FromBelow, Factor::FromAbove])],
    computes |_, x| x.clamp(0f32, 6f32),
    holding 1;

    /// Rectified linear unit that leaks: x if positive, otherwise a share of x.
    #[schemars(extend("x-zh" = "带泄漏的修正线性单元:x 为正时取 x,否则取 x 的一部分"))]
    "leaky_relu" => LeakyRelu {
        /// What a negative x is multiplied by.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "x 为负时所乘的系数"))]
        negative_slope: f64 = 0.01,
    },
    counts |_| &[(Mul, &[Factor::Slope]), (Cmp, &[Factor::Positive])],
    computes |settings, x| candle_nn::ops::leaky_relu(x, settings.negative_slope),
    holding 3;

    /// Exponential linear unit: x if positive, otherwise alpha · (e^x − 1).
    #[schemars(extend("x-zh" = "指数线性单元:x 为正时取 x,否则取 alpha · (e^x − 1)"))]
    "elu" => Elu {
        /// How far below zero it goes: its limit is −alpha.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "零以下的幅度:极限为 −alpha"))]
        alpha: f64 = 1.0,
    },
    counts |_| &[(Mul, &[Factor::Alpha]), (Add, &[Factor::ExpLessOne]), (Cmp, &[Factor::Positive]), (Exp, &[Factor::Exp])],
    computes |settings, x| x.elu(settings.alpha);

    /// Sigmoid linear unit, also called swish: x · sigmoid(x).
    #[schemars(extend("x-zh" = "Sigmoid 线性单元,又称 swish:x · sigmoid(x)"))]
    "silu" => Silu {},
    counts |_| &[(Mul, &[Factor::Product]), (Add, &[Factor::OnePlusExpOfNegative]), (Div, &[Factor::Sigmoid]), (Exp, &[Factor::ExpOfNegative])],
    computes |_, x| x.silu();

    /// Gaussian error linear unit: x · Φ(x), Φ being the standard normal distribution function.
    #[schemars(extend("x-zh" = "高斯误差线性单元:x · Φ(x),Φ 为标准正态分布函数"))]
    "gelu" => Gelu {
        /// How Φ is computed.
        #[schemars(extend("x-zh" = "Φ 的计算方式"))]
        approximate: Approximate = Approximate::None,
    },
    counts |settings| match settings.approximate {
        Approximate::None => &[(Mul, &[Factor::Argument, Factor::Half, Factor::Product]), (Add, &[Factor::OnePlusErf]), (Exp, &[Factor::Erf])],
        Approximate::Tanh => &[(Mul, &[Factor::Square, Factor::Cube, Factor::FactorOfCube, Factor::Argument, Factor::Half, Factor::Product]), (Add, &[Factor::Argument, Factor::OneMore]), (Exp, &[Factor::Tanh])],
    },
    computes |settings, x| match settings.approximate {
        Approximate::None => x.gelu_erf(),
        Approximate::Tanh => x.gelu(),
    };

    /// Smooth like silu and gelu: x · tanh(ln(1 + e^x)).
    #[schemars(extend("x-zh" = "与 silu、gelu 一样平滑:x · tanh(ln(1 + e^x))"))]
    "mish" => Mish {},
    counts |_| &[(Mul, &[Factor::Product]), (Add, &[Factor::OnePlusExp]), (Exp, &[Factor::Exponential, Factor::Logarithm, Factor::Tanh])],
    computes |_, x| value::mish(x),
    holding 3;

    /// Logistic function: 1 / (1 + e^−x).
    #[schemars(extend("x-zh" = "逻辑函数:1 / (1 + e^−x)"))]
    "sigmoid" => Sigmoid {},
    counts |_| &[(Add, &[Factor::OnePlusExpOfNegative]), (Div, &[Factor::Sigmoid]), (Exp, &[Factor::ExpOfNegative])],
    computes |_, x| candle_nn::ops::sigmoid(x);

    /// Hyperbolic tangent.
    #[schemars(extend("x-zh" = "双曲正切"))]
    "tanh" => Tanh {},
    counts |_| &[(Exp, &[Factor::Tanh])],
    computes |_, x| x.tanh();

    /// Straight pieces in place of a hyperbolic tangent: min(max(x, min_val), max_val).
    #[schemars(extend("x-zh" = "以分段直线代替双曲正切:min(max(x, min_val), max_val)"))]
    "hard_tanh" => HardTanh {
        /// The least value.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "最小值"))]
        min_val: f64 = -1.0,
        /// The greatest value, above the least.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "最大值,须大于最小值"))]
        max_val: f64 = 1.0,
    },
    counts |_| &[(Cmp, &[Factor::FromBelow, Factor::FromAbove])],
    computes |settings, x| x.clamp(settings.min_val, settings.max_val),
    holding 1,
    requires |settings| settings.ordered();

    /// Straight pieces in place of a sigmoid: min(max(x/6 + 1/2, 0), 1).
    #[schemars(extend("x-zh" = "以分段直线代替 sigmoid:min(max(x/6 + 1/2, 0), 1)"))]
    "hard_sigmoid" => HardSigmoid {},
    counts |_| &[(Mul, &[Factor::Sixth]), (Add, &[Factor::Half]), (Cmp, &[Factor::FromBelow, Factor::FromAbove])],
    computes |_, x| candle_nn::ops::hard_sigmoid(x),
    holding 2;

    /// x · hard_sigmoid(x), in place of silu.
    #[schemars(extend("x-zh" = "x · hard_sigmoid(x),用以代替 silu"))]
    "hard_swish" => HardSwish {},
    counts |_| &[(Mul, &[Factor::Sixth, Factor::Product]), (Add, &[Factor::Half]), (Cmp, &[Factor::FromBelow, Factor::FromAbove])],
    computes |_, x| x * candle_nn::ops::hard_sigmoid(x)?,
    holding 2;

    /// The exponential function: e^x.
    #[schemars(extend("x-zh" = "指数函数:e^x"))]
    "exp" => Exponential {},
    counts |_| &[(Exp, &[Factor::Exp])],
    computes |_, x| x.exp();

    /// The natural logarithm.
    #[schemars(extend("x-zh" = "自然对数"))]
    "log" => Logarithm {},
    counts |_| &[(Exp, &[Factor::Logarithm])],
    computes |_, x| x.log();

    /// The square root: √x.
    #[schemars(extend("x-zh" = "平方根:√x"))]
    "sqrt" => SquareRoot {},
    counts |_| &[(Exp, &[Factor::Root])],
    computes |_, x| x.sqrt();

    /// One over the square root: 1/√x.
    #[schemars(extend("x-zh" = "平方根的倒数:1/√x"))]
    "rsqrt" => InverseRoot {},
    counts |_| &[(Div, &[Factor::InverseRoot]), (Exp, &[Factor::Root])],
    computes |_, x| x.sqrt()?.recip(),
    holding 1;

    /// The absolute value: |x|.
    #[schemars(extend("x-zh" = "绝对值:|x|"))]
    "abs" => Absolute {},
    counts |_| &[(Cmp, &[Factor::Positive])],
    computes |_, x| x.abs();

    /// A power: x^exponent. Counted as it is computed at best: 2 and 3 by multiplying, 1/2 by a root, what is negative by a division
    /// more, 0 and 1 not at all, and any other as one transcendental function.
    #[schemars(extend("x-zh" = "幂:x^exponent。按最省的算法计数:2 和 3 用乘法,1/2 用开方,负指数再加一次除法,0 和 1 无运算,其余计一次超越函数"))]
    "pow" => Power {
        /// The power that each element is raised to.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "每个元素的指数"))]
        exponent: f64,
    },
    example ", exponent = 3",
    counts |settings| settings.steps(),
    computes |settings, x| value::pow(x, settings.exponent);

    /// Cut off below, above or both: min(max(x, min), max).
    #[schemars(extend("x-zh" = "截断下限、上限或两者:min(max(x, min), max)"))]
    "clamp" => Clamp {
        /// The least value; none, unless it is set.
        #[serde(deserialize_with = "finite_if_any", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "f64")]
        #[schemars(extend("x-zh" = "最小值;不设则没有下限"))]
        min: Option<f64> = None,
        /// The greatest value; none, unless it is set. Where it is below the least, everything becomes it.
        #[serde(deserialize_with = "finite_if_any", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "f64")]
        #[schemars(extend("x-zh" = "最大值;不设则没有上限。若它小于最小值,则结果全部为它"))]
        max: Option<f64> = None,
    },
    example ", min = 0, max = 6",
    counts |settings| match (settings.min, settings.max) {
        (Some(_), Some(_)) => &[(Cmp, &[Factor::FromBelow, Factor::FromAbove])],
        (Some(_), None) => &[(Cmp, &[Factor::FromBelow])],
        (None, _) => &[(Cmp, &[Factor::FromAbove])],
    },
    computes |settings, x| value::clamp(x, settings.min, settings.max),
    holding 1,
    requires |settings| settings.bounded();

    /// The sine, of an angle in radians.
    #[schemars(extend("x-zh" = "正弦,角度以弧度计"))]
    "sin" => Sine {},
    counts |_| &[(Exp, &[Factor::Sine])],
    computes |_, x| x.sin();

    /// The cosine, of an angle in radians.
    #[schemars(extend("x-zh" = "余弦,角度以弧度计"))]
    "cos" => Cosine {},
    counts |_| &[(Exp, &[Factor::Cosine])],
    computes |_, x| x.cos();

    /// A smooth rectified linear unit: ln(1 + e^(beta · x))/beta.
    #[schemars(extend("x-zh" = "平滑的修正线性单元:ln(1 + e^(beta · x))/beta"))]
    "softplus" => Softplus {
        /// How sharply it bends at zero.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "在零处弯折的锐度"))]
        beta: f64 = 1.0,
        /// Where beta · x is above this, x itself is taken.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "beta · x 大于此值时,直接取 x"))]
        threshold: f64 = 20.0,
    },
    counts |_| &[(Mul, &[Factor::Beta]), (Add, &[Factor::OnePlusExp]), (Div, &[Factor::Beta]), (Cmp, &[Factor::Threshold]), (Exp, &[Factor::Exponential, Factor::Logarithm])],
    computes |settings, x| value::softplus(x, settings.beta, settings.threshold),
    holding 6,
    requires |settings| not_zero("beta", settings.beta);

    /// Scaled exponential linear unit: 1.0507 · elu(x) with an alpha of 1.67326, which keep mean 0 and variance 1.
    #[schemars(extend("x-zh" = "缩放指数线性单元:1.0507 · elu(x),alpha 为 1.67326,使均值保持 0、方差保持 1"))]
    "selu" => Selu {},
    counts |_| &[(Mul, &[Factor::Alpha, Factor::ScaleFactor]), (Add, &[Factor::ExpLessOne]), (Cmp, &[Factor::Positive]), (Exp, &[Factor::Exp])],
    computes |_, x| x.elu(SELU_ALPHA)?.affine(SELU_SCALE, 0.0),
    holding 1;

    /// Exponential linear unit that is smooth for any alpha: x if positive, otherwise alpha · (e^(x/alpha) − 1).
    #[schemars(extend("x-zh" = "对任意 alpha 都平滑的指数线性单元:x 为正时取 x,否则取 alpha · (e^(x/alpha) − 1)"))]
    "celu" => Celu {
        /// How far below zero it goes: its limit is −alpha.
        #[serde(deserialize_with = "finite")]
        #[schemars(extend("x-zh" = "零以下的幅度:极限为 −alpha"))]
        alpha: f64 = 1.0,
    },
    counts |_| &[(Mul, &[Factor::Alpha]), (Add, &[Factor::ExpLessOne]), (Div, &[Factor::Alpha]), (Cmp, &[Factor::Positive]), (Exp, &[Factor::Exp])],
    computes |settings, x| value::celu(x, settings.alpha),
    holding 3,
    requires |settings| not_zero("alpha", settings.alpha);
}

/// How [`Gelu`] computes the normal distribution function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Approximate {
    /// Exactly, by the error function.
    None,
    /// By a hyperbolic tangent: (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2.
    Tanh,
}

impl HardTanh {
    /// As PyTorch asserts.
    fn ordered(&self) -> Result<(), Reason> {
        let Self { min_val, max_val } = self;
        if max_val > min_val {
            return Ok(());
        }
        let reason = Reason::new(text!(
            "`max_val` must be above `min_val`, and is {max_val} beside {min_val}",
            "`max_val` 必须大于 `min_val`,这里分别是 {max_val} 和 {min_val}"
        ));
        Err(reason.at("max_val"))
    }
}

impl Power {
    /// The powers that PyTorch's kernel does not compute by a logarithm are those that are not counted as one.
    #[expect(clippy::float_cmp, reason = "powers that differ by however little are other functions")]
    fn steps(&self) -> &'static [Steps] {
        let is = |power: f64| self.exponent == power;
        if is(0.0) || is(1.0) {
            &[]
        } else if is(2.0) {
            &[(Mul, &[Factor::Square])]
        } else if is(3.0) {
            &[(Mul, &[Factor::Square, Factor::Cube])]
        } else if is(0.5) {
            &[(Exp, &[Factor::Root])]
        } else if is(-0.5) {
            &[(Div, &[Factor::InverseRoot]), (Exp, &[Factor::Root])]
        } else if is(-1.0) {
            &[(Div, &[Factor::Reciprocal])]
        } else if is(-2.0) {
            &[(Mul, &[Factor::Square]), (Div, &[Factor::Reciprocal])]
        } else {
            &[(Exp, &[Factor::Power])]
        }
    }
}

impl Softplus {
    /// Whether it bends as it does without a factor.
    #[expect(clippy::float_cmp, reason = "only exactly 1 leaves every number as it is")]
    pub fn is_plain(&self) -> bool {
        self.beta == 1.0
    }
}

impl Clamp {
    /// As PyTorch demands.
    fn bounded(&self) -> Result<(), Reason> {
        if self.min.is_some() || self.max.is_some() {
            return Ok(());
        }
        let reason = text!("has neither `min` nor `max`", "`min` 和 `max` 都没有设");
        let help = text!("`min = 0` cuts off what is negative", "`min = 0` 会截去负数");
        Err(Reason::new(reason).help(help))
    }
}

/// What is divided by.
fn not_zero(setting: &'static str, value: f64) -> Result<(), Reason> {
    if value != 0.0 {
        return Ok(());
    }
    Err(Reason::new(text!("`{setting}` must not be 0", "`{setting}` 不能为 0")).at(setting))
}

/// Klambauer et al. 2017, equation 14, with the digits that PyTorch has.
#[cfg(feature = "run")]
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

/// Likewise.
#[cfg(feature = "run")]
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
