//! Elementwise functions on numbers done by hand.

use super::*;
use crate::counts::{Ops, Overflow};
use crate::op::{Operator, Reference};
use crate::shape::Shape;
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
    for exp in [ops(&Exponential {}), ops(&Logarithm {}), ops(&SquareRoot {}), ops(&Sine {}), ops(&Cosine {})]
    {
        assert_eq!(exp, Ops { exp: 1, ..none });
    }
    assert_eq!(ops(&InverseRoot {}), Ops { div: 1, exp: 1, ..none });
    assert_eq!(ops(&Absolute {}), Ops { cmp: 1, ..none });
    assert_eq!(ops(&Softplus::default()), Ops { mul: 1, add: 1, div: 1, cmp: 1, exp: 2 });
    assert_eq!(ops(&Selu {}), Ops { mul: 2, ..ops(&Elu::default()) });
    assert_eq!(ops(&Celu::default()), Ops { div: 1, ..ops(&Elu::default()) });
}

/// As PyTorch's kernel has it: these powers without a logarithm, and all others with one.
#[test]
fn powers_cost_what_they_take() {
    let none = Ops::default();
    for (exponent, expected) in [
        (0.0, none),
        (1.0, none),
        (2.0, Ops { mul: 1, ..none }),
        (3.0, Ops { mul: 2, ..none }),
        (-1.0, Ops { div: 1, ..none }),
        (-2.0, Ops { mul: 1, div: 1, ..none }),
        (0.5, Ops { exp: 1, ..none }),
        (-0.5, Ops { div: 1, exp: 1, ..none }),
        (4.0, Ops { exp: 1, ..none }),
        (1.5, Ops { exp: 1, ..none }),
    ] {
        assert_eq!(ops(&Power { exponent }), expected, "{exponent}");
    }
    assert!(toml::from_str::<Power>("").unwrap_err().message().contains("exponent"));
}

#[test]
fn what_is_cut_off_has_a_bound_at_least() {
    let clamp = |settings| toml::from_str::<Clamp>(settings).unwrap();
    let flat = [Shape::new(vec![3]).unwrap()];
    let one = Ops { cmp: 1, ..Ops::default() };
    assert_eq!([ops(&clamp("min = -1")), ops(&clamp("max = 2"))], [one; 2]);
    assert_eq!(ops(&clamp("min = 0\nmax = 2")), Ops { cmp: 2, ..one });
    assert_eq!(clamp("").output(&flat).unwrap_err().to_string(), "has neither `min` nor `max`");
    assert!(clamp("max = 0").output(&flat).is_ok());
    assert!(toml::from_str::<Clamp>("min = -inf").is_err());
}

#[test]
fn nothing_is_divided_by_zero() {
    let flat = [Shape::new(vec![3]).unwrap()];
    let reason = Softplus { beta: 0.0, threshold: 20.0 }.output(&flat).unwrap_err();
    assert_eq!((reason.to_string().as_str(), reason.setting), ("`beta` must not be 0", Some("beta")));
    assert_eq!(Celu { alpha: -0.0 }.output(&flat).unwrap_err().setting, Some("alpha"));
    assert!(Celu { alpha: -1.0 }.output(&flat).is_ok());
}

/// e^−20 by itself: 1 + e^−20 is 1 in 32 bits.
#[test]
fn a_softplus_is_exact_at_both_ends() {
    let near = |softplus: &Softplus, x, expected: f32| {
        let found = at(softplus, x);
        assert!((found - expected).abs() <= 1e-5 * expected.abs(), "{found} at {x} instead of {expected}");
    };
    let plain = Softplus::default();
    near(&plain, -20.0, 2.061_153_6e-9);
    near(&plain, 0.0, std::f32::consts::LN_2);
    near(&plain, 1e30, 1e30);
    near(&plain, -1e30, 0.0);
    // By hand: ln(1 + e^1)/2.
    near(&Softplus { beta: 2.0, threshold: 20.0 }, 0.5, 0.656_630_8);
    near(&Softplus { beta: 2.0, threshold: 0.9 }, 0.5, 0.5);
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
    let read = |settings| toml::from_str::<LeakyRelu>(settings).map_err(|error| error.message().to_owned());
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
