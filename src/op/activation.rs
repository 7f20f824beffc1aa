//! Elementwise functions, as `torch.nn.ReLU` and the like: one table, one entry for each.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::finite;
use super::{Class, Cost, Definition, Operator, Reason, Term, only};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::Kind::{self, Add, Cmp, Div, Exp, Mul};
use crate::counts::Overflow;
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// A table of elementwise functions. An entry says what the function is, its name, its type with its settings and their
/// defaults, its operations for each element, what it computes, how many tensors it holds on the way if these are several, and what
/// its settings must fulfil together, if anything.
macro_rules! activations {
    ($(
        $(#[$about:meta])*
        $name:literal => $Type:ident {
            $($(#[$setting_about:meta])* $setting:ident: $SettingType:ty = $default:expr,)*
        },
        counts $per_element:expr,
        computes $value:expr
        $(, holding $copies:literal)?
        $(, requires $requirement:expr)?;
    )*) => {$(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        $(#[$about])*
        #[serde(default, deny_unknown_fields)]
        pub struct $Type { $($(#[$setting_about])* pub $setting: $SettingType,)* }

        impl Default for $Type {
            fn default() -> Self {
                Self { $($setting: $default,)* }
            }
        }

        impl Definition for $Type {
            const EXAMPLE: &'static str = concat!("{ op = \"", $name, "\" }");
            const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[192, 28, 28]];
        }

        impl Elementwise for $Type {
            const PER_ELEMENT: fn(&Self) -> &'static [Steps] = $per_element;
            $(const REQUIREMENT: fn(&Self) -> Result<(), Reason> = $requirement;)?
        }

        #[cfg(feature = "run")]
        impl Computed for $Type {
            const VALUE: fn(&Self, &Tensor) -> candle_core::Result<Tensor> = $value;
            $(const COPIES: u32 = $copies;)?
        }
    )*};
}

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
    computes |_, x| mish(x),
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

/// tanh(ln(1 + e^x)) is n/(n + 2) with n = e^x · (e^x + 2), which is as exact where e^x is far below 1. From x = 20 on it is
/// 1 in 32 bits; there e^x is held so that n does not overflow.
#[cfg(feature = "run")]
fn mish(x: &Tensor) -> candle_core::Result<Tensor> {
    let e = x.minimum(20f32)?.exp()?;
    let n = (&e * e.affine(1.0, 2.0)?)?;
    x * (&n / n.affine(1.0, 2.0)?)?
}

/// Steps that take one operation of a kind each.
type Steps = (Kind, &'static [Factor]);

/// A function of each element by itself: all that sets one activation apart from another.
trait Elementwise {
    /// Its operations on one element: the steps that take one, for each kind.
    const PER_ELEMENT: fn(&Self) -> &'static [Steps];

    /// What its settings must fulfil together.
    const REQUIREMENT: fn(&Self) -> Result<(), Reason> = |_| Ok(());
}

/// The same as candle computes it.
#[cfg(feature = "run")]
trait Computed: Elementwise {
    /// The function of every element of a tensor.
    const VALUE: fn(&Self, &Tensor) -> candle_core::Result<Tensor>;

    /// Tensors of its size that it holds on the way, at the most.
    const COPIES: u32 = 0;
}

impl<T: Elementwise> Operator for T {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        T::REQUIREMENT(self)?;
        only(inputs).cloned()
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let elements = Working::elements(Factor::OutputElements, output);
        let term = |&(kind, steps): &(Kind, &[Factor])| {
            let elements = elements.clone();
            let steps: Vec<_> = steps.iter().map(|&step| (step, 1)).collect();
            Term::ops(kind, if steps.len() == 1 { elements } else { Working::steps(&steps).by(elements) })
        };
        Ok(Cost { terms: T::PER_ELEMENT(self).iter().map(term).collect() })
    }

    fn class(&self) -> Class {
        Class::Activation
    }
}

#[cfg(feature = "run")]
impl<T: Computed> Reference for T {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        T::VALUE(self, &inputs[0])
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(T::COPIES, inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::working::Notation;

    /// Operations on one element.
    fn ops(operator: &impl Operator) -> Ops {
        operator.cost(&[], &Shape::new(vec![1]).unwrap()).unwrap().work().unwrap().0.ops
    }

    /// The value at `x`.
    fn at(operator: &impl Reference, x: f32) -> f32 {
        let input = Tensor::new(&[[x]], &candle_core::Device::Cpu).unwrap();
        operator.forward(&[input], &[]).unwrap().to_vec2::<f32>().unwrap()[0][0]
    }

    #[test]
    fn the_shape_stays() {
        let shape = Shape::new(vec![192, 28, 28]).unwrap();
        assert_eq!(Relu {}.output(std::slice::from_ref(&shape)), Ok(shape));
        assert_eq!(Relu {}.output(&[]).unwrap_err().to_string(), "takes one input, and gets 0");
    }

    #[test]
    fn operations_are_those_of_the_conventions() {
        let none = Ops::default();
        assert_eq!(ops(&Relu {}), Ops { cmp: 1, ..none });
        assert_eq!(ops(&Relu6 {}), Ops { cmp: 2, ..none });
        assert_eq!(ops(&LeakyRelu::default()), Ops { mul: 1, cmp: 1, ..none });
        assert_eq!(ops(&Elu::default()), Ops { mul: 1, add: 1, cmp: 1, exp: 1, ..none });
        assert_eq!(ops(&Mish {}), Ops { mul: 1, add: 1, exp: 3, ..none });
        assert_eq!(ops(&HardTanh::default()), Ops { cmp: 2, ..none });
        assert_eq!(ops(&Sigmoid {}), Ops { add: 1, div: 1, exp: 1, ..none });
        assert_eq!(ops(&Silu {}), Ops { mul: 1, ..ops(&Sigmoid {}) });
        assert_eq!(ops(&Tanh {}), Ops { exp: 1, ..none });
        assert_eq!(ops(&HardSigmoid {}), Ops { mul: 1, add: 1, cmp: 2, ..none });
        assert_eq!(ops(&HardSwish {}), Ops { mul: 2, ..ops(&HardSigmoid {}) });
        assert_eq!(ops(&Gelu::default()), Ops { mul: 3, add: 1, exp: 1, ..none });
        let tanh = Gelu { approximate: Approximate::Tanh };
        assert_eq!(ops(&tanh), Ops { mul: 6, add: 2, exp: 1, ..none });
    }

    #[test]
    fn the_working_reads_by_elements() {
        let shape = Shape::new(vec![192, 28, 28]).unwrap();
        let working = |operator: &dyn Operator| operator.cost(&[], &shape).unwrap().terms[0].nominal.clone();
        assert_eq!(working(&Relu {}).formula(Notation::Text), "output elements");
        assert_eq!(working(&Relu {}).substitution(Notation::Text), "192·28²");
        assert_eq!(working(&Relu6 {}).formula(Notation::Text), "(from below + from above) · output elements");
        assert_eq!(working(&Relu6 {}).substitution(Notation::Text), "(1 + 1)·192·28²");
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "powers of two are exact")]
    fn a_leak_of_any_slope_is_below_zero_alone() {
        // As a maximum of x and slope · x, both would be wrong.
        for slope in [2f32, -0.5] {
            let leaky = LeakyRelu { negative_slope: slope.into() };
            assert_eq!([at(&leaky, -2.0), at(&leaky, 2.0)], [-2.0 * slope, 2.0]);
        }
    }

    /// By hand: e^−1 − 1 = −0.632121.
    #[test]
    fn elu_goes_down_to_minus_alpha() {
        let elu = Elu { alpha: 2.0 };
        let near = |x, expected: f32| assert!((at(&elu, x) - expected).abs() < 1e-6, "at {x}");
        near(-1.0, -1.264_241);
        near(-100.0, -2.0);
        near(0.0, 0.0);
        near(100.0, 100.0);
    }

    /// By hand: at 0.5, ln(1 + e^0.5) = 0.974077, and its tanh is 0.750492.
    #[test]
    fn mish_is_exact_at_both_ends() {
        let near = |x, expected: f32| {
            let (found, most) = (at(&Mish {}, x), 1e-5 * expected.abs());
            assert!((found - expected).abs() <= most, "{found} at {x} instead of {expected}");
        };
        near(0.5, 0.375_246);
        near(0.0, 0.0);
        near(1e4, 1e4);
        // −20 · e^−20: 1 + e^−20 is 1 in 32 bits.
        near(-20.0, -4.122_307e-8);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "what is cut off is exact")]
    fn a_hard_tanh_has_its_bounds_in_order() {
        let hard = |min_val, max_val| HardTanh { min_val, max_val };
        assert_eq!([-3.0, 0.25, 3.0].map(|x| at(&hard(-2.0, 0.5), x)), [-2.0, 0.25, 0.5]);
        let flat = [Shape::new(vec![3]).unwrap()];
        assert!(hard(0.5, 0.75).output(&flat).is_ok());
        let reason = hard(1.0, -1.0).output(&flat).unwrap_err();
        assert_eq!(reason.to_string(), "`max_val` must be above `min_val`, and is -1 beside 1");
        assert_eq!(reason.setting, Some("max_val"));
        assert!(hard(1.0, 1.0).output(&flat).is_err());
        assert!(toml::from_str::<HardTanh>("min_val = -inf").is_err());
    }

    #[test]
    fn settings_are_checked() {
        let read =
            |settings| toml::from_str::<LeakyRelu>(settings).map_err(|error| error.message().to_owned());
        assert_eq!(read(""), Ok(LeakyRelu { negative_slope: 0.01 }));
        assert_eq!(read("negative_slope = nan"), Err("must be finite, and is NaN".to_owned()));
        assert!(toml::from_str::<Relu>("inplace = true").is_err());
        let gelu = toml::from_str::<Gelu>("approximate = \"tanh\"").unwrap();
        assert_eq!(gelu, Gelu { approximate: Approximate::Tanh });
        assert_eq!(toml::from_str::<Gelu>("approximate = \"none\"").unwrap(), Gelu::default());
    }

    #[test]
    fn counts_that_do_not_fit_are_an_error() {
        let shape = Shape::new(vec![1 << 53, 1 << 53, 1 << 21]).unwrap();
        assert_eq!(Relu6 {}.cost(&[], &shape).unwrap().work(), Err(Overflow));
    }
}
