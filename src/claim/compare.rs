//! How two sides of a statement compare, and how a figure is the number that is written.

use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Signed};

use super::statement::{Comparison, Literal, Misread, Statement, TermKind};
use super::{Reading, Value};
use crate::read::expression::Rational;
use crate::text;
use crate::text::Text;

/// Whether two sides compare as the statement says, and how.
pub(super) fn compare(
    statement: &Statement,
    left: &Value,
    right: &Value,
    within: Option<&Literal>,
) -> Result<Option<Reading>, Misread> {
    let misread = |message: Text| Misread {
        span: statement.left.span.start..statement.right.span.end,
        failure: message.into(),
    };
    let (a, b) = match (left, right) {
        (Value::Number(a), Value::Number(b)) => (a, b),
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => return Ok(None),
        (Value::Sizes(a), Value::Sizes(b)) => match statement.comparison {
            Comparison::Equal => return Ok((a == b).then_some(Reading::Plain)),
            Comparison::NotEqual => return Ok((a != b).then_some(Reading::Plain)),
            Comparison::Less
            | Comparison::AtMost
            | Comparison::More
            | Comparison::AtLeast
            | Comparison::About => {
                return Err(misread(text!(
                    "sizes are equal or not, nothing else",
                    "尺寸列表只能比较相等或不等"
                )));
            }
        },
        (Value::Truth(a), Value::Truth(b)) if statement.comparison == Comparison::Equal => {
            return Ok((a == b).then_some(Reading::Plain));
        }
        (Value::Truth(_), _) | (_, Value::Truth(_)) => {
            return Err(misread(text!(
                "this is true or not: it stands alone, as in `t4.fits` or `not t4.fits`",
                "这只能为真或为假:应单独书写,例如 `t4.fits` 或 `not t4.fits`"
            )));
        }
        (Value::Number(_), Value::Sizes(_)) | (Value::Sizes(_), Value::Number(_)) => {
            return Err(misread(text!(
                "a number cannot be compared with a list of sizes",
                "数不能与尺寸列表比较"
            )));
        }
    };
    if let Some(within) = within
        && matches!(statement.comparison, Comparison::Equal | Comparison::About)
    {
        let most = within.value.checked_mul(&b.abs());
        let apart = a.checked_sub(b).filter(|apart| *apart.numer() != i128::MIN);
        let (Some(apart), Some(most)) = (apart.map(|apart| apart.abs()), most) else {
            return Err(misread(text!("what is allowed does not fit 127 bits", "允许的误差超出 127 位")));
        };
        let holds = apart <= most;
        return Ok(holds.then_some(if a == b { Reading::Exactly } else { Reading::Within }));
    }
    let plain = |holds: bool| Ok(holds.then_some(Reading::Plain));
    match statement.comparison {
        Comparison::Equal => plain(a == b),
        Comparison::NotEqual => plain(a != b),
        Comparison::Less => plain(a < b),
        Comparison::AtMost => plain(a <= b),
        Comparison::More => plain(a > b),
        Comparison::AtLeast => plain(a >= b),
        Comparison::About => match (&statement.left.kind, &statement.right.kind) {
            (_, TermKind::Literal(literal)) => Ok(read_as(a, literal)),
            (TermKind::Literal(literal), _) => Ok(read_as(b, literal)),
            _ => Err(misread(text!(
                "`~` compares a figure with a number as it is written, as in `macs ~ 4.1G`",
                "`~` 把指标与书写的数比较,例如 `macs ~ 4.1G`"
            ))),
        },
    }
}

/// How `figure` is the number that is written, if it is.
fn read_as(figure: &Rational, literal: &Literal) -> Option<Reading> {
    let Literal { value, last_digit, .. } = literal;
    if figure == value {
        return Some(Reading::Exactly);
    }
    let steps = figure.abs().checked_div(last_digit)?;
    let written = value.abs().checked_div(last_digit)?;
    if figure.is_negative() != value.is_negative() {
        None
    } else if steps.checked_add(&Rational::new(1, 2))?.floor() == written {
        Some(Reading::Rounded)
    } else {
        (steps.floor() == written).then_some(Reading::Cut)
    }
}
