//! Roots and logarithms: exact where they are fractions, else cut below at [`PARTS`] parts of 1. So `floor` and `ceil` of them
//! are those of the true value.

use num_traits::{Signed, Zero};

use super::functions::Call;
use super::{Outcome, Rational, Value, fail, too_large};
use crate::text;

/// The parts of 1 at which what is no fraction is cut: fine enough for a float of 32 bits, coarse enough to calculate with.
const PARTS: i128 = 1 << 32;

/// The square root.
pub(super) fn sqrt(call: &Call) -> Outcome {
    let x = call.number(0)?;
    if x.is_negative() {
        let message = text!("a negative number has no root: {x}", "负数没有平方根:{x}");
        return fail(&call.arguments[0].span, message);
    }
    let root = |number: &i128| Some(number.isqrt()).filter(|root| root * root == *number);
    if let (Some(above), Some(below)) = (root(x.numer()), root(x.denom())) {
        return Ok(Value::Number(Rational::new(above, below)));
    }
    // √(n/d) = √(n·d)/d. Of a product that does not fit, the root is some 2^64, and parts of it do not matter.
    let Some(product) = x.numer().checked_mul(*x.denom()) else {
        return fail(call.span, too_large(format!("sqrt({x})")));
    };
    let scaled = product.checked_mul(PARTS * PARTS).map(|scaled| (scaled.isqrt(), PARTS));
    let (root, parts) = scaled.unwrap_or((product.isqrt(), 1));
    Ok(Value::Number(above_whole(Rational::new(root, parts)) / Rational::from_integer(*x.denom())))
}

/// The logarithm to the base 2.
pub(super) fn log2(call: &Call) -> Outcome {
    let x = call.number(0)?;
    if !x.is_positive() {
        let message =
            text!("only a number above 0 has a logarithm, not {x}", "只有大于 0 的数才有对数,这里是 {x}");
        return fail(&call.arguments[0].span, message);
    }
    let power = |exponent: i128| {
        let magnitude =
            u32::try_from(exponent.unsigned_abs()).ok().and_then(|bits| 1i128.checked_shl(bits))?;
        Some(if exponent < 0 { Rational::new(1, magnitude) } else { magnitude.into() })
    };
    let bits = |number: &i128| i128::from(number.ilog2());
    // 2^whole ≤ x < 2^(whole + 1); the difference of the lengths of its parts is at most one too many.
    let guess = bits(x.numer()) - bits(x.denom());
    let Some(below) = power(guess) else { return fail(call.span, too_large(format!("log2({x})"))) };
    let whole = if below <= x { guess } else { guess - 1 };
    if power(whole) == Some(x) {
        return Ok(Value::Number(whole.into()));
    }
    #[expect(clippy::cast_precision_loss, reason = "what is cut at 2^-32 needs no more")]
    let fraction = (*x.numer() as f64).log2() - (*x.denom() as f64).log2() - whole as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is below 2^32")]
    let parts = (fraction * PARTS as f64) as i128;
    Ok(Value::Number(Rational::from(whole) + Rational::new(parts.clamp(1, PARTS - 1), PARTS)))
}

/// A number that was cut to a whole one though it is none, a part above it.
fn above_whole(cut: Rational) -> Rational {
    if cut.is_integer() && !cut.is_zero() { cut + Rational::new(1, PARTS) } else { cut }
}

#[cfg(test)]
mod tests {
    use super::super::{Expression, Failure, Scope, Value};

    struct Nothing;

    impl Scope for Nothing {
        fn name(&self, _: &str) -> Result<Value, Failure> {
            unreachable!("no names")
        }

        fn dim(&self, _: i128) -> Result<u64, Failure> {
            unreachable!("no tensors")
        }
    }

    fn value(text: &str) -> String {
        match Expression::parse(text).unwrap().evaluate(&Nothing) {
            Ok(value) => value.to_string(),
            Err(error) => error.failure.message.to_string(),
        }
    }

    #[test]
    fn exact_where_they_are_fractions() {
        for (text, expected) in [
            ("sqrt(0)", "0"),
            ("sqrt(49)", "7"),
            ("sqrt(9/4)", "3/2"),
            ("1/sqrt(64)", "1/8"),
            ("log2(1)", "0"),
            ("log2(1024)", "10"),
            ("log2(1/8)", "-3"),
            ("sqrt(-1)", "a negative number has no root: -1"),
            ("log2(0)", "only a number above 0 has a logarithm, not 0"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    /// Whole numbers up to 10^5, and beside large powers, against a search by integers.
    #[test]
    fn floor_and_ceil_are_of_the_true_value() {
        let large = [1i128 << 40, 1 << 53, 1 << 60, 3_037_000_499 * 3_037_000_499];
        let near = large.into_iter().flat_map(|n| [n - 1, n, n + 1]);
        for n in (1..2000).chain((2000..100_000).step_by(997)).chain(near) {
            let root = n.isqrt();
            let above = root + i128::from(root * root != n);
            assert_eq!(value(&format!("floor(sqrt({n}))")), root.to_string(), "{n}");
            assert_eq!(value(&format!("ceil(sqrt({n}))")), above.to_string(), "{n}");
            let bits = i128::from(n.ilog2());
            let above = bits + i128::from(1 << bits != n);
            assert_eq!(value(&format!("floor(log2({n}))")), bits.to_string(), "{n}");
            assert_eq!(value(&format!("ceil(log2({n}))")), above.to_string(), "{n}");
            assert_eq!(value(&format!("ceil(log2(1/{n}))")), (-bits).to_string(), "{n}");
        }
    }

    #[test]
    fn others_are_near() {
        let near = |text: &str, expected: f64| {
            let Ok(Value::Number(found)) = Expression::parse(text).unwrap().evaluate(&Nothing) else {
                panic!()
            };
            #[expect(clippy::cast_precision_loss, reason = "near is enough")]
            let found = *found.numer() as f64 / *found.denom() as f64;
            assert!((found - expected).abs() < 1e-9, "{text}: {found}");
        };
        near("sqrt(2)", std::f64::consts::SQRT_2);
        near("1/sqrt(96)", 0.102_062_072_615_966);
        near("log2(192)", 7.584_962_500_721_156);
        near("log2(2/3)", -0.584_962_500_721_156);
    }
}
